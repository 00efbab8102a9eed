package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// Describe prints every key with its value in force and where that comes from, a line each.
func (c *Config) Describe() string {
	var b strings.Builder
	for _, s := range c.settings() {
		fmt.Fprintf(&b, "%s: %s    # %s\n", s.key, s.text, c.origin(s.key))
	}
	return b.String()
}

// Hash returns the SHA-256 of the values in force, in hexadecimal: runs with equal hashes were configured alike. Where things lie does not count: store and
// out_dir are left out, and paths are taken relative to the file's folder.
func (c *Config) Hash() string {
	alike := *c
	for _, list := range []*[]ListFile{
		&alike.Lists.Companies, &alike.Lists.PECStatus, &alike.Lists.Professionals, &alike.Lists.Directors, &alike.Lists.Pending,
	} {
		*list = slices.Clone(*list)
	}
	for _, list := range []*[]string{&alike.Procedures, &alike.Providers, &alike.Receipts.CAFiles} {
		*list = slices.Clone(*list)
	}
	alike.Store, alike.OutDir = "", ""
	alike.eachPath(func(path *string) {
		if rel, err := filepath.Rel(c.dir, *path); err == nil && filepath.IsLocal(rel) {
			*path = filepath.ToSlash(rel)
		}
	})
	h := sha256.New()
	for _, s := range alike.settings() {
		fmt.Fprintf(h, "%s: %s\n", s.key, s.text)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// A setting is a key with its value as text.
type setting struct{ key, text string }

// settings returns every key with its value, in the order of the struct, the keys of maps sorted; no password is in it.
func (c *Config) settings() []setting {
	shown := *c
	shown.Store = withoutSecret(c.Store)
	return settingsOf(nil, "", reflect.ValueOf(shown))
}

func settingsOf(all []setting, key string, v reflect.Value) []setting {
	below := func(name string) string { return strings.TrimPrefix(key+"."+name, ".") }
	_, leaf := v.Interface().(fmt.Stringer)
	switch {
	case v.Kind() == reflect.Struct && !leaf:
		for i := range v.NumField() {
			if name := v.Type().Field(i).Tag.Get("yaml"); name != "" {
				all = settingsOf(all, below(name), v.Field(i))
			}
		}
		return all
	case v.Kind() == reflect.Map && v.Len() > 0:
		for _, k := range slices.SortedFunc(slices.Values(v.MapKeys()), func(a, b reflect.Value) int { return strings.Compare(a.String(), b.String()) }) {
			all = settingsOf(all, below(k.String()), v.MapIndex(k))
		}
		return all
	}
	return append(all, setting{key, settingText(v)})
}

func settingText(v reflect.Value) string {
	switch value := v.Interface().(type) {
	case string:
		return strconv.Quote(value)
	case ListFile:
		return strings.TrimSuffix(strconv.Quote(value.Path)+" @ "+value.Date.String(), " @ ")
	case fmt.Stringer:
		return value.String()
	}
	switch v.Kind() {
	case reflect.Slice:
		texts := make([]string, v.Len())
		for i := range texts {
			texts[i] = settingText(v.Index(i))
		}
		return "[" + strings.Join(texts, ", ") + "]"
	case reflect.Map:
		return "{}"
	}
	return fmt.Sprint(v.Interface())
}

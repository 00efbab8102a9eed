package main

import (
	"os"
	"path/filepath"
	"strings"

	"pecaudit/reports"
)

// checkOutputs refuses outputs that would take the place of something else: of another output, which would be lost in silence, or of a file that
// is read. Empty paths are not asked for, and what is no regular file (/dev/null) loses nothing.
func checkOutputs(outputs, inputs []string) error {
	taken := map[string]string{}
	for _, path := range inputs {
		if place, ok := placeOf(path); ok && path != "-" {
			taken[place] = "it is read in this run"
		}
	}
	for _, path := range outputs {
		place, ok := placeOf(path)
		if !ok {
			continue
		}
		if why := taken[place]; why != "" {
			return usagef("%s cannot be written: %s; give each output a file of its own", path, why)
		}
		taken[place] = "it is named for two outputs"
	}
	return nil
}

// placeOf returns a path by which equal files can be told; ok is false for what is not and would not be a regular file.
func placeOf(path string) (place string, ok bool) {
	if path == "" {
		return "", false
	}
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return "", false
	}
	place, err := filepath.Abs(path)
	if err != nil {
		place = filepath.Clean(path)
	}
	if whole, err := filepath.EvalSymlinks(place); err == nil {
		return whole, true
	}
	// A file that is not there yet lies in a folder that may be there.
	if dir, err := filepath.EvalSymlinks(filepath.Dir(place)); err == nil {
		place = filepath.Join(dir, filepath.Base(place))
	}
	return place, true
}

// checkOutput refuses the path of a file that is written at the end before the lists are read rather than after.
func checkOutput(flag, path, ending string) error {
	if path == "" {
		return nil
	}
	if !strings.EqualFold(filepath.Ext(path), ending) {
		return usagef("%s %s: the name must end in %s", flag, path, ending)
	}
	f, err := reports.Create(path)
	if err != nil {
		return err
	}
	f.Abort()
	return nil
}

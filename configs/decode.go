package configs

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"
)

// A Document tells where the keys of a YAML file stand, so that what is found wrong with a value later can still be said with line and column.
type Document struct {
	name  string
	nodes map[string]*yaml.Node
}

// Decode reads one YAML document strictly into v: an unknown or repeated key, a value of the wrong kind and a second document are errors, all of
// them reported, each as "name:line:column: what". An empty file leaves v as it is. name is what errors call the file. The Document is never nil.
func Decode(name string, data []byte, v any) (*Document, error) {
	d := &Document{name: name, nodes: make(map[string]*yaml.Node)}
	loader, err := yaml.NewLoader(bytes.NewReader(data))
	if err != nil {
		return d, fmt.Errorf("%s: %w", name, err)
	}
	var root, second yaml.Node
	switch err := loader.Load(&root); {
	case errors.Is(err, io.EOF):
		return d, nil
	case err != nil:
		return d, d.explain(err)
	}
	switch err := loader.Load(&second); {
	case errors.Is(err, io.EOF):
	case err != nil:
		return d, d.explain(err)
	default:
		return d, fmt.Errorf("%s:%d:%d: only one document is read: take away what follows ---", name, second.Line, second.Column)
	}
	if n := root.Content; root.Kind == yaml.DocumentNode && len(n) == 1 && n[0].Tag == "!!null" {
		return d, nil
	}
	d.walk("", &root)
	return d, d.explain(root.Load(v, yaml.WithKnownFields(), yaml.WithUniqueKeys()))
}

// walk files every value under its path: "dns.servers[0]".
func (d *Document) walk(path string, n *yaml.Node) {
	if _, seen := d.nodes[path]; seen {
		return // a repeated key: the decoder reports it
	}
	if n.Kind == yaml.AliasNode && n.Alias != nil {
		if n.Alias.Kind != yaml.ScalarNode {
			return // it can hold itself; none of our files needs one
		}
		n = n.Alias
	}
	if path != "" {
		d.nodes[path] = n
	}
	switch n.Kind {
	case yaml.DocumentNode:
		for _, c := range n.Content {
			d.walk(path, c)
		}
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			key := n.Content[i].Value
			if path != "" {
				key = path + "." + key
			}
			d.walk(key, n.Content[i+1])
		}
	case yaml.SequenceNode:
		for i, c := range n.Content {
			d.walk(path+"["+strconv.Itoa(i)+"]", c)
		}
	}
}

// Has reports whether the file gives a value at the path ("dns.servers[0]"), null included.
func (d *Document) Has(path string) bool { return d.nodes[path] != nil }

// Nulls returns the paths whose value is left empty, sorted.
func (d *Document) Nulls() []string {
	var paths []string
	for path, n := range d.nodes {
		if n.Kind == yaml.ScalarNode && n.Tag == "!!null" {
			paths = append(paths, path)
		}
	}
	slices.Sort(paths)
	return paths
}

// Where returns "name:line:column" of the value at the path, or of the nearest thing around it that the file has.
func (d *Document) Where(path string) string {
	for path != "" {
		if n := d.nodes[path]; n != nil {
			return fmt.Sprintf("%s:%d:%d", d.name, n.Line, n.Column)
		}
		path = path[:max(strings.LastIndexAny(path, ".["), 0)]
	}
	return d.name
}

// Errorf returns an error about the value at the path.
func (d *Document) Errorf(path, format string, args ...any) error {
	return fmt.Errorf("%s: %s: %w", d.Where(path), path, fmt.Errorf(format, args...))
}

// explain says in plain words, and with the file's name, what the decoder has to say.
func (d *Document) explain(err error) error {
	var several *yaml.LoadErrors
	var one *yaml.LoadError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &several):
		errs := make([]error, len(several.Errors))
		for i, e := range several.Errors {
			errs[i] = d.explainOne(e)
		}
		return errors.Join(errs...)
	case errors.As(err, &one):
		return d.explainOne(one)
	}
	return fmt.Errorf("%s: %w", d.name, err)
}

var (
	unknownField = regexp.MustCompile(`(?s)^field (.*) not found in type .*$`)
	wrongKind    = regexp.MustCompile("(?s)^cannot construct !!(\\w+)(?: `(.*)`)? into (.+)$")
)

// kinds says what a Go type wants, for those that the files' structs have.
var kinds = map[string]string{
	"string": "a text", "bool": "true or false", "int": "a whole number", "float64": "a number", "time.Duration": "a length of time such as 72h or 30s",
}

var nodeKinds = map[string]string{"seq": "a list", "map": "a group of keys", "null": "nothing"}

func (d *Document) explainOne(e *yaml.LoadError) error {
	message := strings.TrimPrefix(e.Message, "yaml: ")
	if m := unknownField.FindStringSubmatch(message); m != nil {
		message = fmt.Sprintf("unknown key %q", m[1])
	} else if m := wrongKind.FindStringSubmatch(message); m != nil {
		got, want := nodeKinds[m[1]], kinds[m[3]]
		if got == "" {
			got = strconv.Quote(m[2])
		}
		if want == "" {
			want = "a group of keys"
			if strings.HasPrefix(m[3], "[]") {
				want = "a list"
			}
		}
		message = got + " is not " + want
	}
	if e.Mark.Line == 0 {
		return fmt.Errorf("%s: %s", d.name, message)
	}
	return fmt.Errorf("%s:%d:%d: %s", d.name, e.Mark.Line, e.Mark.Column, message)
}

// required reports an error for every field of the struct v, an entry that stands at the path, that is tagged `required:"true"` and empty.
func (d *Document) required(path string, v any) error {
	var errs []error
	s := reflect.ValueOf(v)
	for i := range s.NumField() {
		f := s.Type().Field(i)
		if _, ok := f.Tag.Lookup("required"); ok && s.Field(i).IsZero() {
			errs = append(errs, d.Errorf(path, "%s is missing", f.Tag.Get("yaml")))
		}
	}
	return errors.Join(errs...)
}

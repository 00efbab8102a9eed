package receipt

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"
)

func TestSplit(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		body string
		want []string
	}{
		"usual":                      {"preamble\r\n--b\r\none\r\n--b\r\ntwo\r\n--b--\r\nepilogue\r\n--b\r\n", []string{"one", "two"}},
		"LF":                         {"--b\none\n--b\ntwo\n--b--\n", []string{"one", "two"}},
		"own line end kept":          {"--b\r\none\r\n\r\n--b\r\n\ntwo\n\n--b--", []string{"one\r\n", "\ntwo\n"}},
		"CR alone is content":        {"--b\r\none\r\r\n--b--", []string{"one\r"}},
		"empty parts":                {"--b\r\n--b\r\n\r\n--b--", []string{"", ""}},
		"white space after":          {"--b \t\r\none\r\n--b-- \r\n", []string{"one"}},
		"longer boundary is another": {"--b\r\none\r\n--bb\r\n--b-\r\n--b--x\r\n --b\r\n--b--\r\n", []string{"one\r\n--bb\r\n--b-\r\n--b--x\r\n --b"}},
		"not closed":                 {"--b\r\none\r\n--b\r\ntwo", []string{"one", "two"}},
		"four parts":                 {"--b\r\n1\r\n--b\r\n2\r\n--b\r\n3\r\n--b\r\n4\r\n--b--", []string{"1", "2", "3"}},
		"no boundary line":           {"one\r\ntwo", nil},
		"closed before it is opened": {"--b--\r\none\r\n--b\r\n", nil},
		"nothing":                    {"", nil},
		"boundary line at the end":   {"--b", []string{""}},
	} {
		var got []string
		for _, part := range split([]byte(test.body), "b", 3) {
			got = append(got, string(part))
		}
		if diff := cmp.Diff(test.want, got, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	if parts := split([]byte("--\r\none\r\n----\r\n"), "", 3); parts != nil {
		t.Errorf("empty boundary: %q", parts)
	}
}

// What was put together comes apart, byte by byte, whatever the parts hold but the boundary.
func TestSplitProperty(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		end := rapid.SampledFrom([]string{"\r\n", "\n"}).Draw(t, "line end")
		piece := rapid.SampledFrom([]string{"\r\n", "\n", "\r", "--", "-", "b", "x", " ", "\t", "\x00", "à"})
		text := func(name string) string {
			s := strings.Join(rapid.SliceOfN(piece, 0, 12).Draw(t, name), "")
			return strings.ReplaceAll(s, "--b", "--x")
		}
		parts := []string{text("one"), text("two")}
		if end == "\n" { // a CR before the boundary's LF would belong to it
			for i := range parts {
				parts[i] = strings.TrimRight(parts[i], "\r")
			}
		}
		body := "--b" + end + parts[0] + end + "--b" + end + parts[1] + end + "--b--" + end + text("epilogue")
		var got []string
		for _, part := range split([]byte(body), "b", 3) {
			got = append(got, string(part))
		}
		if diff := cmp.Diff(parts, got); diff != "" {
			t.Fatalf("%q: %s", body, diff)
		}
	})
}

func TestCanonical(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"": "", "a": "a", "a\r\nb": "a\r\nb", "a\nb": "a\r\nb", "\n": "\r\n", "\n\r\n\n": "\r\n\r\n\r\n", "a\rb\n": "a\rb\r\n", "\r\r\n\n": "\r\r\n\r\n",
	} {
		got, differs := canonical([]byte(text))
		if string(got) != want || differs != (text != want) {
			t.Errorf("canonical(%q) = %q, %t; want %q", text, got, differs, want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		text := []byte(strings.Join(rapid.SliceOf(rapid.SampledFrom([]string{"\r", "\n", "a"})).Draw(t, "text"), ""))
		once, _ := canonical(text)
		if _, differs := canonical(once); differs {
			t.Fatalf("canonical twice differs: %q", text)
		}
		if !bytes.Equal(bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n")), bytes.ReplaceAll(once, []byte("\r\n"), []byte("\n"))) {
			t.Fatalf("canonical changed more than line ends: %q", text)
		}
	})
}

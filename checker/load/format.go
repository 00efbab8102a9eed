package load

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
)

// A format is a way in which a list is packed, told by what the file holds and never by its name.
type format struct {
	is   func(*contents) bool
	open func(*List, context.Context) error
}

// contents is what tells a format.
type contents struct {
	head    []byte
	entries []string // of a zip, in lower case
}

// formats returns the formats that are read; the first that fits opens the file.
func formats() []format {
	return []format{
		{(*contents).workbook, (*List).openWorkbook},
		{(*contents).archive, (*List).openArchive},
		{func(*contents) bool { return true }, (*List).openText},
	}
}

// openFormat opens the source as what it is.
func (l *List) openFormat(ctx context.Context) error {
	if l.source.size == 0 {
		return errors.New("the file is empty")
	}
	head, err := l.source.head(4 << 10)
	if err != nil {
		return err
	}
	c := &contents{head: head}
	if bytes.HasPrefix(head, []byte("PK\x03\x04")) || bytes.HasPrefix(head, []byte("PK\x05\x06")) {
		if c.entries, err = entryNames(l.source); err != nil {
			return err
		}
	}
	if what := c.refused(); what != "" {
		return fmt.Errorf("this is %s: save the list as CSV or XLSX", what)
	}
	for _, f := range formats() {
		if f.is(c) {
			return f.open(l, ctx)
		}
	}
	return nil
}

func (c *contents) archive() bool { return c.entries != nil }

func (c *contents) workbook() bool { return c.holds("[content_types].xml") && c.holds("xl/") }

func (c *contents) holds(prefix string) bool {
	for _, name := range c.entries {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}

// refused names a kind of file that holds no list that could be read, "" if it is none.
func (c *contents) refused() string {
	switch {
	case c.holds("xl/workbook.bin"):
		return "a binary workbook (.xlsb)"
	case c.holds("mimetype") && c.holds("content.xml"):
		return "an OpenDocument file (.ods)"
	case c.holds("[content_types].xml") && !c.holds("xl/"):
		return "an Office document that is no workbook"
	}
	for _, magic := range [...]struct{ head, what string }{
		{"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old workbook (.xls), or one protected by a password"},
		{"%PDF-", "a PDF"},
		{"\x1f\x8b", "a gzip archive"},
		{"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"},
		{"Rar!", "a RAR archive"},
		{"{\\rtf", "a text document (RTF)"},
		{"\x89PNG", "a picture"},
		{"\xff\xd8\xff", "a picture"},
		{"SQLite format 3", "a database"},
	} {
		if bytes.HasPrefix(c.head, []byte(magic.head)) {
			return magic.what
		}
	}
	text := strings.ToLower(strings.TrimLeft(string(c.head[:min(len(c.head), 200)]), "\ufeff \t\r\n"))
	for _, tag := range [...]string{"<html", "<!doctype", "<table", "<?xml", "<meta"} {
		if strings.HasPrefix(text, tag) {
			return "a web page or XML, whatever its name"
		}
	}
	return ""
}

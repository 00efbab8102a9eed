package load

import (
	"archive/zip"
	"bytes"
	"context"
	"strconv"
	"unicode/utf8"
)

// maxShared is how much memory the shared strings may take, in bytes; excelize keeps larger ones in a file.
const maxShared = 256 << 20

// A stringTable is the workbook's table of shared strings: cells tell a text by its place in it.
type stringTable struct {
	text []byte
	ends []uint32 // of each string in text
}

func (t *stringTable) string(i int) []byte {
	begin := uint32(0)
	if i > 0 {
		begin = t.ends[i-1]
	}
	return t.text[begin:t.ends[i]]
}

// table returns the table of shared strings, which is read once; nil when the workbook has none.
func (w *workbook) table(ctx context.Context) (*stringTable, error) {
	if part := w.parts[sharedStrings]; part != nil && w.strings == nil && w.stringsErr == nil {
		w.strings, w.stringsErr = readStrings(ctx, part)
	}
	return w.strings, w.stringsErr
}

func readStrings(ctx context.Context, part *zip.File) (*stringTable, error) {
	r, err := unpackAhead(ctx, part)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	x := newPlainXML(r)
	// Room for what there can be: the table does not grow, and what it does not use is never touched.
	size := min(part.UncompressedSize64, maxShared)
	t := &stringTable{text: make([]byte, 0, size), ends: make([]uint32, 0, size/uint64(len("<si><t></t></si>")))}
	for ok := x.root("sst"); ok && x.child(); {
		if string(x.name) != "si" {
			x.skip()
			continue
		}
		from := len(t.text)
		if text, ok := x.shortcut(t.text, "<t>", "</t></si>"); ok {
			t.text = x.restore(text, from)
		} else {
			t.text = x.item(t.text)
		}
		t.ends = append(t.ends, uint32(len(t.text)))
		if len(t.text)+4*len(t.ends) > maxShared {
			x.fail()
		}
	}
	if x.finish(); x.err != nil {
		return nil, x.err
	}
	return t, nil
}

// item appends the text of the current element, a shared or inline string, to dst and ends the element: one text, or runs in different styles.
// Phonetic runs tell how to pronounce it and are no part of it.
func (x *plainXML) item(dst []byte) []byte {
	from := len(dst)
	for pieces := 0; x.child(); pieces++ {
		switch name := string(x.name); {
		case name == "t" && pieces == 0:
			dst = x.content(dst)
		case name == "r":
			dst = x.run(dst)
		case name == "rPh", name == "phoneticPr":
			x.skip()
		default:
			x.fail()
		}
	}
	return x.restore(dst, from)
}

func (x *plainXML) run(dst []byte) []byte {
	for texts := 0; x.child(); {
		switch name := string(x.name); {
		case name == "rPr":
			x.skip()
		case name == "t" && texts == 0:
			dst = x.content(dst)
			texts++
		default:
			x.fail()
		}
	}
	return dst
}

// restore gives the text from dst[from:] on, in place, the characters that a workbook writes as _xHHHH_: those that XML cannot hold, and the
// underscore before what would look like one (ECMA-376, part 1, 22.9.2.19). Halves of a surrogate pair are not plain.
func (x *plainXML) restore(dst []byte, from int) []byte {
	s, dst := dst[from:], dst[:from]
	for {
		at := bytes.Index(s, []byte("_x"))
		if at < 0 {
			return append(dst, s...)
		}
		dst, s = append(dst, s[:at]...), s[at:]
		if len(s) >= 7 && s[6] == '_' {
			if n, err := strconv.ParseUint(string(s[2:6]), 16, 16); err == nil {
				if !utf8.ValidRune(rune(n)) {
					x.fail()
				}
				dst, s = utf8.AppendRune(dst, rune(n)), s[7:]
				continue
			}
		}
		dst, s = append(dst, '_'), s[1:]
	}
}

package load

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

// The encodings of a list, by the names that reports print.
const (
	encUTF8    = "UTF-8"
	encUTF8BOM = "UTF-8 with BOM"
	encUTF16LE = "UTF-16LE"
	encUTF16BE = "UTF-16BE"
	enc1252    = "Windows-1252"
)

var decoders = map[string]encoding.Encoding{
	encUTF16LE: unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM),
	encUTF16BE: unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM),
	enc1252:    charmap.Windows1252,
}

// encodingOf says how a text is encoded and how long its byte order mark is: as told, else by the mark, else by the NULs of UTF-16, else
// UTF-8 if every byte is, else Windows-1252, in which every byte means something.
func encodingOf(s *source, told string) (name string, mark int, err error) {
	head, err := s.head(64 << 10)
	if err != nil {
		return "", 0, err
	}
	name, mark = markOf(head)
	if name == "" {
		name = utf16WithoutMark(head)
	}
	var wanted string
	switch strings.NewReplacer("-", "", "_", "", " ", "").Replace(strings.ToLower(told)) {
	case "":
		switch {
		case name != "":
		case binary(head):
			return "", 0, errors.New("this is not a text: save the list as CSV or XLSX")
		case s.utf8:
			name = encUTF8
		default:
			name = enc1252
		}
		return name, mark, nil
	case "utf16":
		if name != encUTF16LE && name != encUTF16BE {
			return "", 0, optionError("--encoding %s: this text is not UTF-16", told)
		}
		return name, mark, nil
	case "utf8", "utf8sig", "utf8bom":
		if name == encUTF8BOM {
			return name, mark, nil
		}
		wanted = encUTF8
	case "windows1252", "cp1252", "1252", "latin1", "iso88591":
		wanted = enc1252
	case "utf16le":
		wanted = encUTF16LE
	case "utf16be":
		wanted = encUTF16BE
	default:
		return "", 0, optionError("--encoding %s is not known: use utf-8, windows-1252, utf-16, utf-16le or utf-16be", told)
	}
	if name != wanted {
		mark = 0
	}
	return wanted, mark, nil
}

func markOf(head []byte) (name string, length int) {
	for _, bom := range [...]struct{ mark, name string }{{"\ufeff", encUTF8BOM}, {"\xff\xfe", encUTF16LE}, {"\xfe\xff", encUTF16BE}} {
		if bytes.HasPrefix(head, []byte(bom.mark)) {
			return bom.name, len(bom.mark)
		}
	}
	return "", 0
}

// utf16WithoutMark recognizes UTF-16 by its NULs: in a list most characters are ASCII, so that every other byte is NUL.
func utf16WithoutMark(head []byte) string {
	var nul [2]int
	for i, c := range head {
		if c == 0 {
			nul[i%2]++
		}
	}
	half := len(head) / 2
	switch {
	case half < 4:
	case nul[1] > half/2 && nul[0] < half/10:
		return encUTF16LE
	case nul[0] > half/2 && nul[1] < half/10:
		return encUTF16BE
	}
	return ""
}

// binary reports whether more than a tenth of the bytes are control characters that no text has.
func binary(head []byte) bool {
	n := 0
	for _, c := range head {
		if c < ' ' && c != '\t' && c != '\r' && c != '\n' && c != '\f' {
			n++
		}
	}
	return n > len(head)/10
}

// openText opens a delimited text; what is not UTF-8 is copied into it first.
func (l *List) openText(ctx context.Context) error {
	name, mark, err := encodingOf(l.source, l.o.Encoding)
	if err != nil {
		return err
	}
	l.Encoding = name
	start := int64(mark)
	if decoder, ok := decoders[name]; ok {
		raw := io.NewSectionReader(l.source.file, start, l.source.size-start)
		text, err := spool(l.o, func(w io.Writer) (facts, error) { return survey(ctx, decoder.NewDecoder().Reader(raw), w) })
		if err != nil {
			return fmt.Errorf("read as %s: %w", name, err)
		}
		l.take(text)
		start = 0
	}
	l.fragile = name == encUTF16LE || name == encUTF16BE || !l.source.utf8
	return l.openDelimited(start)
}

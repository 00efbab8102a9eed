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

// encodingOf says how the text is encoded, and how long its byte order mark is: as told, else by the mark, else by the NULs of UTF-16, else UTF-8 if every byte
// of the text is, else Windows-1252, in which every byte means something.
func encodingOf(s *source, told string) (name string, mark int, err error) {
	head, err := s.head(64 << 10)
	if err != nil {
		return "", 0, err
	}
	for _, bom := range []struct{ mark, name string }{{"\ufeff", encUTF8BOM}, {"\xff\xfe", encUTF16LE}, {"\xfe\xff", encUTF16BE}} {
		if bytes.HasPrefix(head, []byte(bom.mark)) {
			name, mark = bom.name, len(bom.mark)
			break
		}
	}
	utf16 := name
	if name != encUTF16LE && name != encUTF16BE {
		utf16 = utf16WithoutMark(head)
	}
	switch strings.NewReplacer("-", "", "_", "", " ", "").Replace(strings.ToLower(told)) {
	case "":
	case "utf8", "utf8sig", "utf8bom":
		if name != encUTF8BOM {
			name, mark = encUTF8, 0
		}
		return name, mark, nil
	case "windows1252", "cp1252", "1252", "latin1", "iso88591", "ansi":
		return enc1252, 0, nil
	case "utf16":
		if utf16 == "" {
			return "", 0, optionError("--encoding %s: this text is not UTF-16", told)
		}
		return utf16, markOf(mark, utf16 == name), nil
	case "utf16le":
		return encUTF16LE, markOf(mark, name == encUTF16LE), nil
	case "utf16be":
		return encUTF16BE, markOf(mark, name == encUTF16BE), nil
	default:
		return "", 0, optionError("--encoding %s is not known: use utf-8, windows-1252, utf-16, utf-16le or utf-16be", told)
	}
	switch {
	case name != "":
		return name, mark, nil
	case utf16 != "":
		return utf16, 0, nil
	case binary(head):
		return "", 0, errors.New("this is not a text: save the list as CSV or XLSX")
	case s.utf8:
		return encUTF8, 0, nil
	}
	return enc1252, 0, nil
}

func markOf(mark int, its bool) int {
	if its {
		return mark
	}
	return 0
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

// openText opens a delimited text.
func (l *List) openText(ctx context.Context, s *source) error {
	name, mark, err := encodingOf(s, l.o.Encoding)
	if err != nil {
		return err
	}
	l.Encoding = name
	text, start := s, int64(mark)
	if decoder, ok := decoders[name]; ok {
		raw := io.NewSectionReader(s.file, int64(mark), s.size-int64(mark))
		text, err = spool(ctx, l.o, func(w io.Writer) (facts, error) { return survey(ctx, decoder.NewDecoder().Reader(raw), w) })
		if err != nil {
			return fmt.Errorf("read as %s: %w", name, err)
		}
		s.Close()
		start = 0
	}
	l.source = text
	l.damaged = name == encUTF16LE || name == encUTF16BE || !text.utf8
	return l.openDelimited(text, start)
}

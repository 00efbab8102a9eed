package reports

import (
	"io"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"
)

// A rowWriter writes the rows of a list sheet. excelize lays the sheet out and we put the rows into it as they are packed, because a register has tens of
// millions of cells: with the rows written by excelize a workbook takes three times as long, and a file beside it to keep them in.
type rowWriter struct {
	w     io.Writer
	buf   []byte
	row   int
	names []string // of the columns: "A", "B", ...
	err   error
}

// rowsAtOnce is about how many bytes of rows go to the writer at once.
const rowsAtOnce = 1 << 16

func newRowWriter(w io.Writer, columns int) *rowWriter {
	rw := &rowWriter{w: w, buf: make([]byte, 0, rowsAtOnce+rowsAtOnce/4)}
	for i := range columns {
		rw.names = append(rw.names, strings.TrimRight(cellName(i+1, 1), "1"))
	}
	return rw
}

// add writes the next row; height 0 leaves it to the program that shows it.
func (rw *rowWriter) add(cells []excelize.Cell, height float64) {
	rw.row++
	row := strconv.Itoa(rw.row)
	b := append(rw.buf, `<row r="`...)
	b = append(b, row...)
	if height > 0 {
		b = append(b, `" ht="`...)
		b = strconv.AppendFloat(b, height, 'f', -1, 64)
		b = append(b, `" customHeight="1`...)
	}
	b = append(b, `">`...)
	for i := range cells {
		b = append(b, `<c r="`...)
		b = append(b, rw.names[i]...)
		b = append(b, row...)
		b = append(b, `" s="`...)
		b = strconv.AppendInt(b, int64(cells[i].StyleID), 10)
		b = appendValue(b, cells[i].Value)
	}
	rw.buf = append(b, `</row>`...)
	if len(rw.buf) >= rowsAtOnce {
		rw.send()
	}
}

func (rw *rowWriter) send() {
	if rw.err == nil {
		_, rw.err = rw.w.Write(rw.buf)
	}
	rw.buf = rw.buf[:0]
}

// flush hands on the last rows, and returns the first error of all.
func (rw *rowWriter) flush() error {
	rw.send()
	return rw.err
}

// appendValue ends a cell that is open behind the number of its style, with a value as book.fill sets it.
func appendValue(b []byte, value any) []byte {
	switch v := value.(type) {
	case string:
		b = append(b, `" t="inlineStr"><is><t`...)
		if strings.Trim(v, "\t\n\r ") != v {
			b = append(b, ` xml:space="preserve"`...)
		}
		b = append(b, '>')
		b = appendText(b, v)
		return append(b, `</t></is></c>`...)
	case int:
		b = append(b, `"><v>`...)
		b = strconv.AppendInt(b, int64(v), 10)
		return append(b, `</v></c>`...)
	case float64:
		b = append(b, `"><v>`...)
		b = strconv.AppendFloat(b, v, 'f', -1, 64)
		return append(b, `</v></c>`...)
	}
	return append(b, `"/>`...)
}

// appendText appends the text of a cell, cut to what a cell holds. What XML cannot say becomes U+FFFD, and what a spreadsheet would take for one of its
// escapes, _x0041_, is escaped itself (ISO/IEC 29500-1, 22.4.2.4).
func appendText(b []byte, s string) []byte {
	s = cut(s, excelize.TotalCellChars)
	from := 0 // of what was not appended yet
	for i := 0; i < len(s); {
		c, size := s[i], 1
		instead := ""
		switch {
		case c == '&':
			instead = "&amp;"
		case c == '<':
			instead = "&lt;"
		case c == '>':
			instead = "&gt;"
		case c == '\t':
			instead = "&#x9;"
		case c == '\r':
			instead = "&#xD;"
		case c == '_' && isEscape(s[i:]):
			instead = "_x005F_"
		case c < ' ' && c != '\n':
			instead = "\uFFFD"
		case c >= utf8.RuneSelf:
			var r rune
			if r, size = utf8.DecodeRuneInString(s[i:]); r == utf8.RuneError || r == 0xFFFE || r == 0xFFFF {
				instead = "\uFFFD"
			}
		}
		i += size
		if instead != "" {
			b = append(b, s[from:i-size]...)
			b = append(b, instead...)
			from = i
		}
	}
	return append(b, s[from:]...)
}

// isEscape reports whether a text begins like _x0041_.
func isEscape(s string) bool {
	if len(s) < 7 || s[1] != 'x' || s[6] != '_' {
		return false
	}
	_, err := strconv.ParseUint(s[2:6], 16, 16)
	return err == nil
}

// cut returns as much of a text as so many UTF-16 units hold.
func cut(s string, units int) string {
	if len(s) <= units {
		return s
	}
	for i, r := range s {
		if units -= utf16.RuneLen(r); units < 0 {
			return s[:i]
		}
	}
	return s
}

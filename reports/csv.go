package reports

import (
	"bufio"
	"io"
	"strings"
)

// CSVText returns a text as the program's CSV files hold it: one that begins with = + - @, a tab or a carriage return gets a leading ', so that a
// spreadsheet shows it and never computes it.
func CSVText(s string) string {
	if s != "" && strings.IndexByte("=+-@\t\r", s[0]) >= 0 {
		return "'" + s
	}
	return s
}

// A CSVWriter writes CSV as a spreadsheet set to Italian opens it: ; between fields, UTF-8 with BOM, CRLF, quotes where needed.
type CSVWriter struct {
	w     *bufio.Writer
	line  []byte
	begun bool
}

// NewCSV returns a writer on w. Nothing is written, the BOM neither, before the first Write or Flush.
func NewCSV(w io.Writer) *CSVWriter { return &CSVWriter{w: bufio.NewWriterSize(w, 64<<10)} }

// Write writes a record. Every field goes through CSVText.
func (c *CSVWriter) Write(fields ...string) error {
	if err := c.begin(); err != nil {
		return err
	}
	line := c.line[:0]
	for i, s := range fields {
		if i > 0 {
			line = append(line, ';')
		}
		s = CSVText(s)
		if !needsQuotes(s) && (s != "" || len(fields) > 1) { // a lone empty field would be an empty line, which is no record
			line = append(line, s...)
			continue
		}
		line = append(line, '"')
		for k := range len(s) {
			if s[k] == '"' {
				line = append(line, '"')
			}
			line = append(line, s[k])
		}
		line = append(line, '"')
	}
	c.line = append(line, "\r\n"...)
	_, err := c.w.Write(c.line)
	return err
}

// Flush hands everything on to the underlying writer. It must be called at the end.
func (c *CSVWriter) Flush() error {
	if err := c.begin(); err != nil {
		return err
	}
	return c.w.Flush()
}

func (c *CSVWriter) begin() error {
	if c.begun {
		return nil
	}
	c.begun = true
	_, err := c.w.WriteString("\ufeff")
	return err
}

// Outer blanks are quoted too: readers differ in whether they keep them bare.
func needsQuotes(s string) bool {
	return strings.ContainsAny(s, ";\"\r\n\t") || s != "" && (s[0] == ' ' || s[len(s)-1] == ' ')
}

package load

import (
	"errors"
	"io"
	"strings"

	"pecaudit/checker"
)

// delimiters are those that are looked for.
const delimiters = ";,\t|~"

// sampleSize is how much of a text is looked at to find its delimiter and header, sampleRows how many records of it.
const (
	sampleSize = 1 << 20
	sampleRows = 200
)

// A draft is the beginning of a text, read with one delimiter.
type draft struct {
	dialect dialect
	rows    [][]string // of each record; nil where it could not be read
	ends    []int      // where each ends
	header  int        // the record that is the header, or -1
	match   match
}

func newDraft(sample string, last bool, d dialect, lay *layout, wanted map[string]string) *draft {
	t := &draft{dialect: d}
	for at := 0; at < len(sample) && len(t.rows) < sampleRows; {
		n, cells, reason := d.cut(sample[at:], last, nil)
		if n == 0 {
			break
		}
		if reason != "" {
			cells = nil
		}
		at += n
		t.rows = append(t.rows, cells)
		t.ends = append(t.ends, at)
	}
	t.header, t.match = lay.find(t.rows, wanted)
	return t
}

// even returns which part of the records that hold something have the width of the header, or without one the most usual width above one.
func (t *draft) even() float64 {
	count, all := map[int]int{}, 0
	for _, row := range t.rows[t.header+1:] {
		if !blank(row) {
			count[len(row)]++
			all++
		}
	}
	same := 0
	if t.header >= 0 {
		same = count[len(t.rows[t.header])]
	} else {
		for width, n := range count {
			if width > 1 {
				same = max(same, n)
			}
		}
	}
	return float64(same) / float64(max(all, 1))
}

func (t *draft) better(than *draft) bool {
	if (t.header < 0) != (than.header < 0) {
		return t.header >= 0
	}
	return t.even() > than.even()
}

// widest returns how many cells a row may have: as many as the header, or more where most rows end in the same superfluous delimiters. Beyond
// that a delimiter stands inside a cell, and nobody knows what is in which column.
func (t *draft) widest() int {
	width := len(t.rows[t.header])
	count, all := map[int]int{}, 0
	for _, row := range t.rows[t.header+1:] {
		if blank(row) {
			continue
		}
		all++
		if len(row) > width && blank(row[width:]) {
			count[len(row)]++
		}
	}
	for n, rows := range count {
		if rows > 1 && rows > all/2 {
			return n
		}
	}
	return width
}

// openDelimited finds delimiter and header of the list's text, which begins at start, and where its rows begin.
func (l *List) openDelimited(start int64) error {
	sample := make([]byte, min(sampleSize, l.source.size-start))
	if _, err := l.source.file.ReadAt(sample, start); err != nil && !errors.Is(err, io.EOF) {
		return cause(err)
	}
	t, err := l.draft(string(sample), start+int64(len(sample)) == l.source.size)
	if err != nil {
		return err
	}
	l.start = start + int64(t.ends[t.header])
	l.dialect = t.dialect
	l.dialect.width = len(t.rows[t.header])
	l.widest = t.widest()
	l.Delimiter = string(t.dialect.delim)
	if t.dialect.delim == '\t' {
		l.Delimiter = "tab"
	}
	return l.accept(t.header+1, t.match)
}

// draft reads the sample with each delimiter and returns the one that gives a header and even rows.
func (l *List) draft(sample string, last bool) (*draft, error) {
	if checker.TrimSpace(sample) == "" {
		return nil, errors.New("the file is empty")
	}
	try, err := l.candidates(sample)
	if err != nil {
		return nil, err
	}
	d := dialect{cr: !strings.Contains(outsideQuotes(sample), "\n"), quoted: maxQuoted}
	var best, equal *draft
	for i := range len(try) {
		d.delim = try[i]
		t := newDraft(sample, last, d, l.layout, l.wanted)
		switch {
		case best == nil || t.better(best):
			best, equal = t, nil
		case t.header >= 0 && !best.better(t):
			equal = t
		}
	}
	switch {
	case best.header < 0:
		return nil, l.layout.refusal(best.rows, l.wanted)
	case equal != nil:
		return nil, optionError("%q and %q separate the columns equally well: say which with --delimiter", best.dialect.delim, equal.dialect.delim)
	}
	return best, nil
}

// candidates returns the delimiters to try: the one told, the one of a sep= line, or all.
func (l *List) candidates(sample string) (string, error) {
	switch told := l.o.Delimiter; {
	case told == "":
	case told == "tab" || told == `\t`:
		return "\t", nil
	case len(told) == 1 && (told == "\t" || told[0] > ' ' && told[0] < 0x7f) && told != `"`:
		return told, nil
	default:
		return "", optionError("--delimiter %q is not one character: use ; , tab | or ~", told)
	}
	line, _, _ := strings.Cut(sample, "\n")
	line = strings.Trim(line, "\"\r \uFEFF")
	if len(line) == len("sep=;") && strings.EqualFold(line[:4], "sep=") {
		return line[4:], nil
	}
	return delimiters, nil
}

// outsideQuotes drops the quoted parts of a text, in which any line end may stand.
func outsideQuotes(s string) string {
	var b strings.Builder
	for quoted := false; s != ""; quoted = !quoted {
		part, rest, _ := strings.Cut(s, `"`)
		if !quoted {
			b.WriteString(part)
		}
		s = rest
	}
	return b.String()
}

// blank reports whether a record holds nothing.
func blank(cells []string) bool {
	for _, cell := range cells {
		if checker.TrimSpace(cell) != "" {
			return false
		}
	}
	return true
}

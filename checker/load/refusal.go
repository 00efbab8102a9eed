package load

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"pecaudit/checker"
)

// maxShown is how many headers an error names.
const maxShown = 60

// refusal says why none of the first rows is a header, and what would help.
func (lay *layout) refusal(rows [][]string, wanted map[string]string) error {
	at, best := lay.nearest(rows[:min(len(rows), headerRows)], wanted)
	if at < 0 {
		return fmt.Errorf("the first %d rows are empty: there is no header", headerRows)
	}
	if len(best.unmapped) > 0 {
		name := best.unmapped[0]
		return optionError("there is no header %q, which --map names for %s%s", wanted[name], name, best.found(rows[at], at+1))
	}
	text := lay.missing(&best) + best.found(rows[at], at+1)
	if slices.ContainsFunc(rows[at], isData) {
		return errors.New(text)
	}
	guesses := lay.guesses(&best, rows[at+1:])
	if len(guesses) == 0 {
		return errors.New(text + "; none resembles what is needed: name the columns with --map FIELD=HEADER")
	}
	return fmt.Errorf("%s; nearest: %s", text, strings.Join(guesses, ", "))
}

// found names the headers, unless the row turns out to be data: nothing of that may be shown.
func (m *match) found(row []string, number int) string {
	if slices.ContainsFunc(row, isData) {
		return fmt.Sprintf("; row %d holds data already: put a row with the names of the columns before it", number)
	}
	var headers []string
	for _, c := range m.columns {
		if c.Header != "" && len(headers) < maxShown {
			headers = append(headers, shortened(c.Header))
		}
	}
	return fmt.Sprintf("; headers found in row %d: %s", number, strings.Join(headers, ", "))
}

// nearest returns the row that is most like a header: one that holds no data, with most known headers, then with most cells.
func (lay *layout) nearest(rows [][]string, wanted map[string]string) (int, match) {
	at, best, most := -1, match{}, 0
	for i, row := range rows {
		m := lay.match(row, wanted)
		known, cells := 0, 0
		for _, c := range m.columns {
			if c.Field != "" {
				known++
			}
			if c.Header != "" {
				cells++
			}
		}
		score := known*maxColumns + cells
		if cells > 1 && !slices.ContainsFunc(row, isData) {
			score += maxColumns * maxColumns
		}
		if score > most {
			at, best, most = i, m, score
		}
	}
	return at, best
}

// missing names what is needed and not there.
func (lay *layout) missing(m *match) string {
	var lacks []string
	for _, group := range lay.needs {
		if !m.any(group) {
			lacks = append(lacks, "no column "+lay.names(group))
		}
	}
	return strings.Join(lacks, " and ")
}

func (lay *layout) names(group []int) string {
	var names []string
	for _, f := range group {
		names = append(names, lay.fields[f].name)
	}
	return strings.Join(names, " or ")
}

func shortened(header string) string {
	if r := []rune(header); len(r) > 40 {
		return string(r[:39]) + "…"
	}
	return header
}

// isData reports whether a cell holds an address or a code: then its row is no header, and nothing of it may be shown.
func isData(cell string) bool {
	c, _, ok := checker.ParseCodiceFiscale(cell)
	return strings.Contains(cell, "@") || ok && (len(c) == 11 || c.Valid())
}

// guesses returns the columns that resemble what is needed, by their header or by their cells, at most three for each need, with the flag
// that would take them.
func (lay *layout) guesses(m *match, rows [][]string) []string {
	var found []string
	for _, group := range lay.needs {
		if m.any(group) {
			continue
		}
		n := 0
		for col, c := range m.columns {
			if c.Field != "" || c.Header == "" || n == 3 {
				continue
			}
			if f := lay.likely(group, m.keys[col], col, rows); f != nil {
				found = append(found, fmt.Sprintf("%s (%s)", shortened(c.Header), mapFlag(f.name, c.Header)))
				n++
			}
		}
	}
	return found
}

// likely returns the field of a group that a column resembles, or nil.
func (lay *layout) likely(group []int, key string, col int, rows [][]string) *field {
	for _, i := range group {
		f := &lay.fields[i]
		if slices.ContainsFunc(f.resembling, func(part string) bool { return strings.Contains(key, part) }) {
			return f
		}
	}
	for _, i := range group {
		f := &lay.fields[i]
		cells, like := 0, 0
		for _, row := range rows {
			if col < len(row) && checker.TrimSpace(row[col]) != "" {
				cells++
				if f.shows(row[col]) {
					like++
				}
			}
		}
		if like > cells/2 {
			return f
		}
	}
	return nil
}

// shows reports whether a cell looks like one of the field's.
func (f *field) shows(cell string) bool {
	switch f.name {
	case pec.name:
		return strings.Contains(cell, "@")
	case codiceFiscale.name:
		c, _, ok := checker.ParseCodiceFiscale(cell)
		return ok && c.Valid()
	}
	return false
}

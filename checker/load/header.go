package load

import (
	"maps"
	"slices"
	"strconv"
	"strings"
)

// headerRows is how many rows the titles before a header and the header may take.
const headerRows = 30

// maxColumns is the width beyond which a row is no header: that of the widest sheet.
const maxColumns = 16384

// A Column tells what became of a column of a list.
type Column struct {
	Header string // on one line
	Field  string // canonical name; "" when the column is not used
	Hint   string // the --map that would take a column that looks like a field and is not used; else ""
}

// A match is a row understood as a header.
type match struct {
	cols     []int    // of each field of the layout: its column, or -1
	columns  []Column // what became of each column
	unmapped []string // fields of --map whose header is not in the row
	twice    error    // two columns have an equal claim to one field
	keys     []string // of the headers
}

// match understands a row as a header. wanted says which header to take for a field, whatever its name.
func (lay *layout) match(row []string, wanted map[string]string) match {
	row = row[:min(len(row), maxColumns)]
	m := match{cols: make([]int, len(lay.fields)), columns: make([]Column, len(row)), keys: make([]string, len(row))}
	for i, cell := range row {
		m.columns[i].Header = headerText(cell)
		m.keys[i] = headerKey(m.columns[i].Header)
	}
	for f := range m.cols {
		m.cols[f] = -1
	}
	for f := range lay.fields {
		if header, ok := wanted[lay.fields[f].name]; ok {
			found := m.named(header)
			if found == nil && lay.strict() {
				m.unmapped = append(m.unmapped, lay.fields[f].name)
			}
			m.take(f, &lay.fields[f], found)
		}
	}
	for f := range lay.fields {
		if _, ok := wanted[lay.fields[f].name]; m.cols[f] >= 0 || ok && lay.strict() {
			continue
		}
		for _, key := range lay.fields[f].keys {
			if found := m.free(key); found != nil && m.means(key) {
				m.take(f, &lay.fields[f], found)
				break
			}
		}
	}
	for i := range m.columns {
		c := &m.columns[i]
		if f, ok := lay.hints[m.keys[i]]; ok && c.Field == "" && m.means(m.keys[i]) {
			c.Hint = mapFlag(lay.fields[f].name, c.Header)
		}
	}
	return m
}

// strict reports whether every header that --map names must be there. The flag is about the companies, and speaks to the other lists of the run only
// where they happen to have that header too.
func (lay *layout) strict() bool { return lay == companyLayout }

// take gives a field its column; it notes when several have an equal claim.
func (m *match) take(f int, field *field, found []int) {
	if len(found) == 0 {
		return
	}
	m.cols[f] = found[0]
	m.columns[found[0]].Field = field.name
	if len(found) == 1 || m.twice != nil {
		return
	}
	var places, flags []string
	for n, col := range found {
		places = append(places, strconv.Itoa(col+1))
		flags = append(flags, mapFlag(field.name, m.columns[found[0]].Header+"#"+strconv.Itoa(n+1)))
	}
	m.twice = optionError("columns %s have the same header %q and both could be %s: say which with %s",
		strings.Join(places, " and "), m.columns[found[0]].Header, field.name, strings.Join(flags, " or "))
}

// means reports whether a key is to be taken for what the table says in this header.
func (m *match) means(key string) bool {
	return key != headerKey(iniPECInput) || slices.Contains(m.keys, headerKey(iniPECAddress))
}

// named returns the columns with a header as --map writes it: the very text, else the same but for what is not compared, else HEADER#2, the second one
// of that name.
func (m *match) named(header string) []int {
	var found []int
	for i, c := range m.columns {
		if c.Header != "" && c.Header == headerText(header) {
			found = append(found, i)
		}
	}
	if found == nil {
		found = m.free(headerKey(header))
	}
	if at := strings.LastIndexByte(header, '#'); at > 0 && found == nil {
		n, err := strconv.Atoi(header[at+1:])
		if all := m.free(headerKey(header[:at])); err == nil && n >= 1 && n <= len(all) {
			return all[n-1 : n]
		}
	}
	return found
}

// free returns the columns with that key that no field has taken.
func (m *match) free(key string) []int {
	var found []int
	for i, k := range m.keys {
		if k == key && k != "" && m.columns[i].Field == "" {
			found = append(found, i)
		}
	}
	return found
}

// mapFlag is the flag that would take a header for a field, as a shell reads it.
func mapFlag(name, header string) string {
	pair := name + "=" + header
	if strings.ContainsAny(header, " \"'&|;<>()$*?#!`\\") {
		pair = "'" + strings.ReplaceAll(pair, "'", `'\''`) + "'"
	}
	return "--map " + pair
}

// complete reports whether the row is a header: it has what is needed, and every header that --map names.
func (lay *layout) complete(m *match) bool {
	return len(m.unmapped) == 0 && !slices.ContainsFunc(lay.needs, func(group []int) bool { return !m.any(group) })
}

func (m *match) any(group []int) bool {
	return slices.ContainsFunc(group, func(f int) bool { return m.cols[f] >= 0 })
}

// find returns the first of the rows that is a header, or -1.
func (lay *layout) find(rows [][]string, wanted map[string]string) (int, match) {
	for i, row := range rows[:min(len(rows), headerRows)] {
		if m := lay.match(row, wanted); lay.complete(&m) {
			return i, m
		}
	}
	return -1, match{}
}

// wanted returns what --map says of this layout's fields. A field that no list has is an error; one of another kind of list is not, since the
// flag speaks to all lists of a run.
func (lay *layout) wanted(flags map[string]string) (map[string]string, error) {
	wanted := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(flags)) {
		switch {
		case lay.has(name):
			wanted[name] = flags[name]
		case !slices.ContainsFunc(layouts, func(l *layout) bool { return l.has(name) }):
			var names []string
			for _, f := range lay.fields {
				names = append(names, f.name)
			}
			return nil, optionError("--map %s=%s: there is no field %s; the fields are %s", name, flags[name], name, strings.Join(names, ", "))
		}
	}
	return wanted, nil
}

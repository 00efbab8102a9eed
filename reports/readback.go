package reports

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"

	"pecaudit/checker"
	"pecaudit/checker/cases"
)

// An Entry is what the office wrote on a row of a workbook.
type Entry struct {
	Sheet         string
	Row           int // as a person counts
	CaseID        string
	CodiceFiscale string // of the row, with its zeros restored
	Outcome       string // the word of Outcomes
	Event         cases.EventKind
	Decision      string // with EventDecided: ordered or rejected
	On            checker.Date
	Protocol      string
	Note          string
}

// same reports whether two entries say the same of the same case, wherever they stand.
func (e Entry) same(o Entry) bool {
	return e.CaseID == o.CaseID && e.Outcome == o.Outcome && e.On == o.On && e.Protocol == o.Protocol && e.Note == o.Note
}

// A Conflict is an entry that is shown and not taken.
type Conflict struct {
	Sheet  string
	Row    int
	CaseID string
	Kind   ConflictKind
	Text   string  // what was written, where it is not understood
	Either []Entry // with ConflictDiffers: the entries that disagree
}

// String tells the conflict in Italian.
func (c Conflict) String() string {
	s := fmt.Sprintf(conflictLine, c.Sheet, c.Row, conflictLabel(c.Kind))
	if c.Text != "" {
		s += fmt.Sprintf(" (%q)", shorten(c.Text, 60))
	}
	return s
}

// Settle returns the one entry of a ConflictDiffers that is not what the store holds already: the other rows of the case were written by the
// program and left as they were. ok is false when there is no such entry, or more than one.
func (c Conflict) Settle(stored func(Entry) bool) (e Entry, ok bool) {
	for _, candidate := range c.Either {
		if stored(candidate) {
			continue
		}
		if ok {
			return Entry{}, false
		}
		e, ok = candidate, true
	}
	return e, ok
}

// Limits on what is read: staff's workbooks are some MB; an archive that unpacks to more is refused before it is unpacked.
const (
	maxUnzipped    = 1 << 30
	maxUnzippedXML = 64 << 20
	maxHeaderRow   = 30
)

// ReadBack reads what the office filled in, whatever staff did to the workbook: sorted or filtered it, took rows away, moved columns, put lines above the
// header, copied sheets, saved it with another program. Every visible or hidden sheet that has the columns of a case is read. A case on several
// sheets gives one entry if all its filled rows agree; a case with any conflict gives none. Entries and conflicts come in the order of the file.
// Whether a date is future and a case known, the caller must see. The error tells that the workbook cannot be read at all.
func ReadBack(path string) (entries []Entry, conflicts []Conflict, err error) {
	// excelize 2.11.0 panics on some crafted workbooks.
	defer func() {
		if e := recover(); e != nil {
			entries, conflicts, err = nil, nil, fmt.Errorf("read %s: the workbook is damaged (%v)", filepath.Base(path), e)
		}
	}()
	f, err := excelize.OpenFile(path, excelize.Options{RawCellValue: true, UnzipSizeLimit: maxUnzipped, UnzipXMLSizeLimit: maxUnzippedXML})
	if err != nil {
		return nil, nil, fmt.Errorf("read %s: not a workbook that can be read: %w; save it again as .xlsx", filepath.Base(path), cause(err))
	}
	defer func() {
		if e := f.Close(); e != nil && err == nil {
			err = fmt.Errorf("read %s: %w", filepath.Base(path), e)
		}
	}()
	epoch1904 := false
	if props, err := f.GetWorkbookProps(); err == nil && props.Date1904 != nil {
		epoch1904 = *props.Date1904
	}
	r := &reader{epoch1904: epoch1904, byCase: map[string][]Entry{}, bad: map[string]bool{}}
	found := false
	for _, sheet := range f.GetSheetList() {
		ok, err := r.sheet(f, sheet)
		if err != nil {
			return nil, nil, fmt.Errorf("read %s, sheet %s: %w", filepath.Base(path), sheet, err)
		}
		found = found || ok
	}
	if !found {
		return nil, nil, fmt.Errorf("read %s: no sheet has the columns %q and %q; sheets: %s", filepath.Base(path), columnCase, columnOutcome,
			strings.Join(f.GetSheetList(), ", "))
	}
	return r.settled(), r.conflicts, nil
}

// A reader gathers the entries of a workbook.
type reader struct {
	epoch1904 bool
	byCase    map[string][]Entry // different entries only
	order     []string           // cases as they come
	bad       map[string]bool    // cases of which some row cannot be taken
	conflicts []Conflict
}

// columnsOf are the places of the columns, from 0; -1 where there is none.
type columnsOf struct{ id, code, outcome, protocol, on, note int }

// sheet reads a sheet; ok is false if it has no columns of a case.
func (r *reader) sheet(f *excelize.File, name string) (ok bool, err error) {
	rows, err := f.Rows(name)
	if err != nil && strings.Contains(err.Error(), "not a worksheet") { // a chart on a sheet of its own
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	var at columnsOf
	for n := 1; rows.Next(); n++ {
		if !ok && n > maxHeaderRow {
			return false, nil
		}
		cells, err := rows.Columns()
		if err != nil {
			return ok, fmt.Errorf("row %d: %w", n, err)
		}
		if !ok {
			at, ok = findColumns(cells)
			continue
		}
		r.row(name, n, cells, at)
	}
	return ok, rows.Error()
}

// findColumns looks for the header: it needs the case and the outcome.
func findColumns(cells []string) (columnsOf, bool) {
	find := func(label string) int {
		return slices.IndexFunc(cells, func(c string) bool { return foldHeader(c) == foldHeader(label) })
	}
	at := columnsOf{find(columnCase), find(columnCode), find(columnOutcome), find(columnProtocol), find(columnOn), find(columnNote)}
	return at, at.id >= 0 && at.outcome >= 0
}

func foldHeader(s string) string { return strings.ToLower(strings.Join(strings.Fields(s), " ")) }

// row reads a row. A row on which nothing is filled in says nothing.
func (r *reader) row(sheet string, n int, cells []string, at columnsOf) {
	cell := func(i int) string {
		if i < 0 || i >= len(cells) {
			return ""
		}
		return checker.TrimSpace(cells[i])
	}
	word, protocol, on, note := cell(at.outcome), cell(at.protocol), cell(at.on), cell(at.note)
	if word == "" && protocol == "" && on == "" && note == "" {
		return
	}
	id := cell(at.id)
	refuse := func(kind ConflictKind, text string) {
		r.conflicts = append(r.conflicts, Conflict{Sheet: sheet, Row: n, CaseID: id, Kind: kind, Text: text})
		r.bad[id] = true
	}
	if id == columnCase {
		return // the header again, as when sheets are pasted below one another
	}
	outcome, known := outcomeOf(word)
	day, dated := r.date(on)
	switch {
	case id == "":
		refuse(ConflictNoCase, "")
	case word == "":
		refuse(ConflictNoWord, "")
	case !known:
		refuse(ConflictWord, word)
	case on == "":
		refuse(ConflictNoDate, "")
	case !dated:
		refuse(ConflictBadDate, on)
	default:
		r.add(Entry{
			Sheet: sheet, Row: n, CaseID: id, CodiceFiscale: restored(cell(at.code)), Outcome: outcome.Label, Event: outcome.Event,
			Decision: outcome.Decision, On: day, Protocol: protocol, Note: note,
		})
	}
}

func (r *reader) add(e Entry) {
	known := r.byCase[e.CaseID]
	if len(known) == 0 {
		r.order = append(r.order, e.CaseID)
	}
	if !slices.ContainsFunc(known, e.same) {
		r.byCase[e.CaseID] = append(known, e)
	}
}

// settled returns the entries of the cases without conflict, and notes those that disagree.
func (r *reader) settled() []Entry {
	var entries []Entry
	for _, id := range r.order {
		switch different := r.byCase[id]; {
		case r.bad[id]:
		case len(different) > 1:
			r.conflicts = append(r.conflicts, Conflict{
				Sheet: different[1].Sheet, Row: different[1].Row, CaseID: id, Kind: ConflictDiffers, Either: different,
			})
		default:
			entries = append(entries, different[0])
		}
	}
	return entries
}

// outcomeOf understands a word of the drop-down, without case and runs of blanks as one.
func outcomeOf(word string) (OfficeOutcome, bool) {
	i := slices.IndexFunc(Outcomes, func(o OfficeOutcome) bool { return strings.EqualFold(foldHeader(o.Label), foldHeader(word)) })
	if i < 0 {
		return OfficeOutcome{}, false
	}
	return Outcomes[i], true
}

// date understands a date cell: a spreadsheet's day number, or a text. No entry is older than the duty itself (2008): an earlier date is a number
// typed in the wrong column, or a year alone.
func (r *reader) date(s string) (checker.Date, bool) {
	d, ok := checker.ParseDate(s)
	if !ok {
		v, err := strconv.ParseFloat(s, 64)
		if err != nil || !(v >= 0 && v <= 2_958_465) { // 31/12/9999
			return checker.Date{}, false
		}
		if r.epoch1904 {
			v += 1462
		}
		d = checker.Date{Year: 1899, Month: 12, Day: 30}.AddDays(int(v))
	}
	return d, d.Year >= 2008
}

// restored gives a code its leading zeros back, which it loses when it is pasted as a number.
func restored(code string) string {
	if cf, _, ok := checker.ParseCodiceFiscale(code); ok {
		return string(cf)
	}
	return code
}

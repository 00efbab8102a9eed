package reports

import (
	"errors"
	"fmt"
	"io"

	"pecaudit/checker"
)

// Write writes the workbook of a month to path, whole or not at all: see Create. Equal months give equal bytes.
func Write(path string, m *Month) error {
	return writeFile(path, func(w io.Writer) error { return WriteTo(w, m) })
}

// WriteTo writes the workbook of a month. Equal months give equal bytes: nothing in it tells when or where it was written.
func WriteTo(w io.Writer, m *Month) error {
	return newView(m).write(w, maxSheetRows)
}

func writeFile(path string, write func(io.Writer) error) error {
	f, err := Create(path)
	if err != nil {
		return err
	}
	defer f.Abort()
	if err := write(f); err != nil {
		return fmt.Errorf("workbook %s: %w", path, err)
	}
	return f.Commit()
}

// A sheet is one tab of a workbook, or several when its rows go over what a sheet holds.
type sheet interface {
	name() string
	size() int // rows of data
	write(*book) error
}

// tabs are the sheets of a month in their order. Each returns nil when it has nothing to show.
var tabs = []func(*view) sheet{
	scheduleSheet, summarySheet, completeSheet,
	groundSheet(SheetInvalid), groundSheet(SheetRevoked), groundSheet(SheetExpired), groundSheet(SheetInactive),
	groundSheet(SheetShared), groundSheet(SheetProfessional), groundSheet(SheetMissing),
	openSheet, lapsedSheet, curedSheet,
	verifySheet, directorsSheet, expiringSheet, changesSheet, rejectedSheet, rulesSheet, sourcesSheet,
}

// A view is a month as its sheets look at it.
type view struct {
	*Month
	breaches, verify, directors, expiring []*Row // in the order of lists
	columns                               []column[Row]
	office                                bool // there are cases: what the office fills in can be read back
	plan                                  []sheet
}

func newView(m *Month) *view {
	cures := make(map[checker.RuleID]string, len(m.Rules))
	for _, r := range m.Rules {
		cures[r.ID] = r.Cure
	}
	v := &view{Month: m, columns: rowColumns(cures)}
	for _, r := range inOrder(m.Rows) {
		v.office = v.office || r.Case != ""
		switch r.Kind {
		case RowBreach:
			v.breaches = append(v.breaches, r)
		case RowVerify:
			v.verify = append(v.verify, r)
		case RowDirector:
			v.directors = append(v.directors, r)
		case RowExpiring:
			v.expiring = append(v.expiring, r)
		}
	}
	for _, tab := range tabs {
		if s := tab(v); s != nil {
			v.plan = append(v.plan, s)
		}
	}
	return v
}

func (v *view) write(w io.Writer, maxRows int) (err error) {
	b, err := newBook(v.heading(), v.AsOf, v.Draft)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	b.maxRows = maxRows
	if err := b.properties(v.title(), v.Version, v.AsOf); err != nil {
		return err
	}
	for _, s := range v.plan {
		if err := s.write(b); err != nil {
			return fmt.Errorf("sheet %s: %w", s.name(), err)
		}
	}
	return b.save(w)
}

// caseTable is a list sheet of rows.
func (v *view) caseTable(name, tab string, rows []*Row, labels []string) *table[Row] {
	columns := pick(v.columns, labels...)
	return &table[Row]{
		sheet: name, title: name, tab: tab, rows: rows, frozen: frozenColumns, scale: listScale, dropDown: true,
		columns: breakBefore(columns, columnCure, columnState, columnSanction, columnRule),
	}
}

package reports

import (
	"errors"
	"fmt"
	"io"
	"slices"

	"pecaudit/checker"
	"pecaudit/checker/cases"
)

// Provisions are what a chamber proposes for cancellation: lapsed cases that were checked again after the term, with the evidence.
type Provisions struct {
	Chamber string        // name
	AsOf    checker.Date  // of the check on which the cases lapsed
	Decider cases.Decider // to whom it goes
	Version string        // of the program
	Rows    []Row
	Rules   []AppliedRule // for their texts; those that no row names are left out
}

// WriteProvisions writes the proposal to path, whole or not at all: a sheet for each ground, class and old province, and the rules with
// their citations. Equal proposals give equal bytes.
func WriteProvisions(path string, p *Provisions) error {
	return writeFile(path, func(w io.Writer) error { return WriteProvisionsTo(w, p) })
}

// WriteProvisionsTo writes the proposal to w: see WriteProvisions. A proposal without rows is an error.
func WriteProvisionsTo(w io.Writer, p *Provisions) (err error) {
	batches := batchesOf(p.Rows)
	if len(batches) == 0 {
		return errNoRows
	}
	b, err := newBook(columnCCIAA+" "+p.Chamber, p.AsOf, false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	b.footer = closingFooter
	if err := b.properties(provisionsTitle(p.Decider), p.Version, p.AsOf); err != nil {
		return err
	}
	columns := []column[numbered]{{label: columnNumber, width: 7, look: lookInt, value: func(r *numbered) any { return r.n }}}
	for _, c := range pick(rowColumns(nil), columnREA, columnCode, columnName, columnForm, columnComune, columnPEC, columnEvidence, columnOthers,
		columnFound, columnPublished, columnNominal, columnSafe, columnChecked, columnSanction, columnRule, columnCase) {
		columns = append(columns, column[numbered]{label: c.label, width: c.width, look: c.look, value: func(r *numbered) any { return c.value(r.Row) }})
	}
	breakBefore(columns, columnEvidence, columnFound)
	for i := range batches {
		t := &table[numbered]{
			sheet: batches[i].sheet, title: provisionsTitle(p.Decider) + "\n" + batches[i].title(), tab: red, rows: batches[i].rows,
			columns: columns, frozen: 4, scale: listScale,
		}
		if err := t.write(b); err != nil {
			return fmt.Errorf("sheet %s: %w", t.sheet, err)
		}
	}
	if s := rulesSheet(&view{Month: &Month{Rules: p.named()}}); s != nil {
		if err := s.write(b); err != nil {
			return fmt.Errorf("sheet %s: %w", s.name(), err)
		}
	}
	return b.save(w)
}

// named returns the rules that some row names.
func (p *Provisions) named() []AppliedRule {
	var rules []AppliedRule
	for _, rule := range p.Rules {
		if slices.ContainsFunc(p.Rows, func(r Row) bool { return slices.Contains(r.Rules, rule.ID) }) {
			rules = append(rules, rule)
		}
	}
	return rules
}

package reports

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"pecaudit/checker"
)

// An Albo is the list that goes out: nothing in it but what its readers need to find their own company.
type Albo struct {
	Act            string // the determination, in the title of every page
	Chamber        string // name
	On             checker.Date
	SoleTraderCode bool // print the codice fiscale of sole traders too
	Rows           []Row
}

// WriteAlbo writes the list to path, whole or not at all: a sheet for each ground, class of legal form and old province, in alphabetical order. Equal
// lists give equal bytes.
func WriteAlbo(path string, a *Albo) error {
	return writeFile(path, func(w io.Writer) error { return WriteAlboTo(w, a) })
}

// WriteAlboTo writes the list to w: see WriteAlbo. A list without rows is an error.
func WriteAlboTo(w io.Writer, a *Albo) (err error) {
	batches := batchesOf(a.Rows)
	if len(batches) == 0 {
		return errNoRows
	}
	b, err := newBook(columnCCIAA+" "+a.Chamber, a.On, false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	if err := b.properties(a.Act, "", a.On); err != nil {
		return err
	}
	for i := range batches {
		batch := &batches[i]
		t := &table[numbered]{
			sheet: batch.sheet, title: strings.TrimLeft(a.Act+"\n"+batch.title(), "\n"), tab: navy, rows: batch.rows,
			columns: []column[numbered]{
				{label: columnNumber, width: 8, look: lookInt, value: func(r *numbered) any { return r.n }},
				{label: columnREA, width: 14, look: lookCode, value: func(r *numbered) any { return r.REA }},
				{label: columnCode, width: 20, look: lookCode, value: func(r *numbered) any { return r.published(a.SoleTraderCode) }},
				{label: columnName, width: 50, look: lookWrap, value: func(r *numbered) any { return r.Name }},
				{label: columnAddress, width: 44, look: lookWrap, value: func(r *numbered) any { return r.PEC }},
				{label: columnComune, width: 26, look: lookWrap, value: func(r *numbered) any { return r.Comune }},
			},
		}
		if err := t.write(b); err != nil {
			return fmt.Errorf("sheet %s: %w", batch.sheet, err)
		}
	}
	return b.save(w)
}

var errNoRows = errors.New("there is nothing to list")

// published is the code as the list shows it: that of a person only if the chamber has decided so.
func (r *Row) published(soleTraders bool) string {
	if !soleTraders && (r.Class == "sole" || checker.CodiceFiscale(r.CodiceFiscale).IsPerson()) {
		return ""
	}
	return r.CodiceFiscale
}

// A numbered is a row with its number on its sheet.
type numbered struct {
	*Row
	n int
}

// A batch is the rows of one ground, class and old province: what one list, one determination is about.
type batch struct {
	ground   checker.Ground
	class    string
	province string
	sheet    string // name, unique in the workbook
	rows     []*numbered
}

func (b *batch) title() string {
	title := GroundLabel(b.ground) + " · " + classLabel(b.class)
	if b.province != "" {
		title += " · " + columnProvince + " " + b.province
	}
	return title
}

// batchesOf divides rows by ground, class and old province, in the order of tables, the rows of each in alphabetical order.
func batchesOf(rows []Row) []batch {
	var batches []batch
	type key struct {
		ground          checker.Ground
		class, province string
	}
	index := map[key]int{}
	for _, r := range inOrder(rows) {
		k := key{r.Ground, classLabels[classOrder(r.Class)].class, ""}
		if p := r.province(); len(p) == 2 {
			k.province = strings.ToUpper(p)
		}
		i, ok := index[k]
		if !ok {
			i = len(batches)
			index[k] = i
			batches = append(batches, batch{ground: k.ground, class: k.class, province: k.province})
		}
		batches[i].rows = append(batches[i].rows, &numbered{r, len(batches[i].rows) + 1})
	}
	slices.SortFunc(batches, func(a, b batch) int {
		return cmp.Or(cmp.Compare(groundOrder(a.ground), groundOrder(b.ground)), strings.Compare(string(a.ground), string(b.ground)),
			cmp.Compare(classOrder(a.class), classOrder(b.class)), strings.Compare(a.province, b.province))
	})
	taken := map[string]bool{}
	for i := range batches {
		b := &batches[i]
		b.sheet = uniqueSheet(strings.TrimSpace(groundTab(b.ground)+" "+classLabels[classOrder(b.class)].short+" "+b.province), taken)
	}
	return batches
}

// uniqueSheet makes a name that a sheet may have: at most 31 characters, none of those that formulas use, no other sheet's whatever the case.
func uniqueSheet(name string, taken map[string]bool) string {
	name = strings.Map(func(r rune) rune {
		if r < ' ' || strings.ContainsRune(`[]:*?/\'`, r) {
			return '-'
		}
		return r
	}, name)
	for n := 1; ; n++ {
		suffix := ""
		if n > 1 {
			suffix = fmt.Sprintf(" %d", n)
		}
		runes := []rune(name)
		candidate := string(runes[:min(len(runes), 31-len(suffix))]) + suffix
		if !taken[strings.ToLower(candidate)] {
			taken[strings.ToLower(candidate)] = true
			return candidate
		}
	}
}

package reports

import (
	"slices"

	"pecaudit/checker"
)

// changesSheet compares the month with another: what is new, worse, the same, solved; in the national workbook a line per chamber.
func changesSheet(v *view) sheet {
	if v.Kind == NationalBook {
		return v.chamberChanges()
	}
	if v.Against == nil {
		return nil
	}
	list := Compare(v.Rows, v.Against.Rows)
	if len(list) == 0 {
		return nil
	}
	slices.SortStableFunc(list, func(a, b Variation) int {
		return slices.Index(changeOrder, a.Change) - slices.Index(changeOrder, b.Change)
	})
	columns := []column[Variation]{
		{label: columnChange, width: 14, look: lookText, value: func(c *Variation) any { return changeLabels[c.Change] }},
	}
	for _, c := range pick(v.columns, columnCCIAA, columnREA, columnCode, columnName, columnPEC, columnGround) {
		columns = append(columns, column[Variation]{
			label: c.label, width: c.width, look: c.look, value: func(r *Variation) any { return c.value(r.Row()) },
		})
	}
	then := func(label string, width float64, f func(*Row) string) column[Variation] {
		return column[Variation]{label: label, width: width, look: lookWrap, value: func(c *Variation) any {
			if c.Then == nil {
				return nil
			}
			return f(c.Then)
		}}
	}
	columns = append(columns,
		then(columnGroundThen, 27, func(r *Row) string { return GroundLabel(r.Ground) }),
		then(columnStateThen, 24, (*Row).stateLabel),
		column[Variation]{label: columnStateNow, width: 24, look: lookWrap, value: func(c *Variation) any {
			if c.Now == nil {
				return textNoLonger
			}
			return c.Now.stateLabel()
		}},
		column[Variation]{label: columnFound, width: 12, look: lookDate, value: func(c *Variation) any { return c.Row().Found }},
		column[Variation]{label: columnCase, width: 16, look: lookCode, value: func(c *Variation) any { return c.Row().Case }},
	)
	return &table[Variation]{
		sheet: SheetChanges, title: changesTitle(v.Against.Month), tab: slate, rows: pointers(list), columns: columns, frozen: 5,
	}
}

func (v *view) chamberChanges() sheet {
	if !slices.ContainsFunc(v.Chambers, func(c ChamberCount) bool { return len(c.Changes) > 0 }) {
		return nil
	}
	columns := []column[ChamberCount]{
		{label: columnChamber, width: 44, look: lookWrap, value: func(c *ChamberCount) any { return chamberName(c.Slug, c.Name) }},
	}
	for _, k := range changeOrder {
		columns = append(columns, column[ChamberCount]{
			label: changePlurals[k], width: 18, look: lookInt, value: func(c *ChamberCount) any { return c.Changes[k] },
		})
	}
	var month checker.Month
	if v.Against != nil {
		month = v.Against.Month
	}
	return &table[ChamberCount]{
		sheet: SheetChanges, title: changesTitle(month), tab: slate, rows: pointers(v.Chambers), columns: columns, frozen: 1,
	}
}

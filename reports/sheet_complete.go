package reports

import (
	"pecaudit/checker"
	"pecaudit/checker/cases"
)

// completeSheet is always there: every case of the month, or every breach of an audit; in the national workbook a line per chamber.
func completeSheet(v *view) sheet {
	if v.Kind == NationalBook && len(v.breaches) == 0 {
		return v.chambersTable()
	}
	return v.caseTable(SheetComplete, navy, v.breaches, completeColumns)
}

func (v *view) chambersTable() *table[ChamberCount] {
	count := func(label string, f func(*checker.Summary) int) column[ChamberCount] {
		return column[ChamberCount]{label: label, width: 13, look: lookInt, value: func(c *ChamberCount) any { return f(&c.Summary) }}
	}
	columns := []column[ChamberCount]{
		{label: columnChamber, width: 38, look: lookWrap, value: func(c *ChamberCount) any { return chamberName(c.Slug, c.Name) }},
		count(columnPositions, func(s *checker.Summary) int { return s.Rows }),
		count(columnCompanies, func(s *checker.Summary) int { return s.Companies }),
		count(verdictLabel(checker.Compliant), func(s *checker.Summary) int { return s.Compliant }),
		count(columnNonCompliant, func(s *checker.Summary) int { return s.NonCompliant }),
		count(verdictLabel(checker.Undetermined), func(s *checker.Summary) int { return s.Undetermined }),
		count(verdictLabel(checker.OutOfScope), func(s *checker.Summary) int { return s.OutOfScope }),
		count(SheetRejected, func(s *checker.Summary) int { return s.Rejected }),
	}
	for _, g := range sortedGrounds(v.groundCounts()) {
		columns = append(columns, column[ChamberCount]{
			label: GroundLabel(g), width: 16, look: lookInt, value: func(c *ChamberCount) any { return c.Grounds[g] },
		})
	}
	states := v.stateCounts()
	for _, s := range stateOrder {
		if states[s] != 0 {
			columns = append(columns, column[ChamberCount]{
				label: StateLabel(s, ""), width: 16, look: lookInt, value: func(c *ChamberCount) any { return c.States[s] },
			})
		}
	}
	return &table[ChamberCount]{
		sheet: SheetComplete, title: titleChambers, tab: navy, rows: pointers(v.Chambers), columns: columns, frozen: 1,
	}
}

// Standing reports whether a row's case still stands; in an audit every breach does.
func (r *Row) Standing() bool {
	switch r.State {
	case cases.Cured, cases.Cleared, cases.Withdrawn, cases.Moved, cases.Executed:
		return false
	}
	return r.Closed.IsZero()
}

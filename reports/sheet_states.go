package reports

import "pecaudit/checker/cases"

// openSheet is what was published and has its window open, or stands still on an opposition, with the three end dates.
func openSheet(v *view) sheet {
	return v.stateSheet(SheetOpen, "C98A00", with(completeColumns, columnNominal, columnShifted), cases.Listed, cases.Opposed)
}

// lapsedSheet is what goes to the judge or the Conservatore, with the consequences.
func lapsedSheet(v *view) sheet {
	labels := with(with(completeColumns, columnNominal, columnShifted), columnDaysLeft, columnSanction)
	return v.stateSheet(SheetLapsed, red, labels, cases.Lapsed, cases.Referred, cases.Decided)
}

// curedSheet is what was closed this month.
func curedSheet(v *view) sheet {
	return v.stateSheet(SheetCured, "2E7D4F", completeColumns, cases.Cured, cases.Cleared, cases.Withdrawn, cases.Moved, cases.Executed)
}

func (v *view) stateSheet(name, tab string, labels []string, states ...cases.State) sheet {
	rows := keep(v.breaches, func(r *Row) bool {
		for _, s := range states {
			if r.State == s {
				return true
			}
		}
		return false
	})
	if len(rows) == 0 {
		return nil
	}
	return v.caseTable(name, tab, rows, labels)
}

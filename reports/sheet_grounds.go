package reports

import (
	"slices"

	"pecaudit/checker"
)

// groundSheets tell which grounds stand on which sheet. A ground that is on none is on Elenco completo only.
var groundSheets = []struct {
	sheet   string
	grounds []checker.Ground
}{
	{SheetInvalid, []checker.Ground{checker.GroundMalformed, checker.GroundCECPAC, checker.GroundOrdinary, checker.GroundUncertified}},
	{SheetRevoked, []checker.Ground{checker.GroundRevoked}},
	{SheetExpired, []checker.Ground{checker.GroundExpired}},
	{SheetInactive, []checker.Ground{checker.GroundInactive, checker.GroundDomain}},
	{SheetShared, []checker.Ground{checker.GroundShared}},
	{SheetProfessional, []checker.Ground{checker.GroundProfessional}},
	{SheetMissing, []checker.Ground{checker.GroundMissing}},
}

// groundSheetOf returns the place of a ground's sheet in groundSheets, -1 if it has none.
func groundSheetOf(g checker.Ground) int {
	for i, s := range groundSheets {
		if slices.Contains(s.grounds, g) {
			return i
		}
	}
	return -1
}

// groundSheet is the list of what stands for the grounds of a sheet, whatever its state.
func groundSheet(name string) func(*view) sheet {
	return func(v *view) sheet {
		rows := keep(v.breaches, func(r *Row) bool {
			i := groundSheetOf(r.Ground)
			return i >= 0 && groundSheets[i].sheet == name && r.Standing()
		})
		if len(rows) == 0 {
			return nil
		}
		labels := completeColumns
		if name == SheetShared {
			labels = with(labels, columnPEC, columnGroup)
		}
		return v.caseTable(name, slate, rows, labels)
	}
}

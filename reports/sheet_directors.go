package reports

// directorsSheet is the directors whose domicile is the company's: it is the director who must change.
func directorsSheet(v *view) sheet {
	if len(v.directors) == 0 {
		return nil
	}
	t := v.caseTable(SheetDirectors, slate, v.directors, []string{
		columnCCIAA, columnREA, columnCode, columnName, columnForm, columnComune, columnPEC, columnDetail, columnCure, columnRule,
		columnFile, columnSheet, columnLine,
	})
	t.scale = 0
	return t
}

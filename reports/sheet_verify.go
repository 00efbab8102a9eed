package reports

import "slices"

// verifySheet is what the program could not tell, what is worth a look, and what fails though the office settled it. Nobody is accused by it.
func verifySheet(v *view) sheet {
	if len(v.verify) == 0 {
		return nil
	}
	labels := []string{
		columnCCIAA, columnREA, columnCode, columnName, columnForm, columnComune, columnPEC, columnProvider, columnGround, columnReason, columnDetail,
		columnOthers, columnSuggestion, columnChecked,
	}
	cased := slices.ContainsFunc(v.verify, func(r *Row) bool { return r.Case != "" })
	if cased {
		labels = append(labels, columnOutcome, columnProtocol, columnOn, columnNote)
	}
	labels = append(labels, columnRule, columnFile, columnSheet, columnLine)
	if cased {
		labels = append(labels, columnCase)
	}
	t := v.caseTable(SheetVerify, amber, v.verify, labels)
	t.columns = breakBefore(t.columns, columnReason, columnChecked)
	t.dropDown = cased
	return t
}

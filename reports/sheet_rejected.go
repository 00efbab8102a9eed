package reports

// rejectedSheet is the rows that could not be read: none is dropped in silence.
func rejectedSheet(v *view) sheet {
	if len(v.Rejected) == 0 {
		return nil
	}
	return &table[Rejected]{
		sheet: SheetRejected, title: SheetRejected, tab: slate, rows: pointers(v.Rejected),
		columns: []column[Rejected]{
			{label: columnFile, width: 34, look: lookWrap, value: func(r *Rejected) any { return baseName(r.File) }},
			{label: columnSheet, width: 18, look: lookWrap, value: func(r *Rejected) any { return r.Sheet }},
			{label: columnLine, width: 9, look: lookInt, value: func(r *Rejected) any { return r.Row }},
			{label: columnColumn, width: 22, look: lookWrap, value: func(r *Rejected) any { return r.Column }},
			{label: columnGround, width: 44, look: lookWrap, value: func(r *Rejected) any { return rejectedReasonLabel(r.Reason) }},
			{label: columnText, width: 80, look: lookWrap, value: func(r *Rejected) any { return r.Text }},
		},
	}
}

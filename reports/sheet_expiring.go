package reports

import "slices"

// expiringSheet is the boxes that expire soon: a phone call spares a case.
func expiringSheet(v *view) sheet {
	if len(v.expiring) == 0 {
		return nil
	}
	columns := append(slices.Clone(v.columns),
		column[Row]{label: columnExpiry, width: 12, look: lookDate, value: func(r *Row) any { return r.Expiry }},
		column[Row]{label: columnDaysToExpiry, width: 11, look: lookInt, value: func(r *Row) any {
			if r.Expiry.IsZero() || v.AsOf.IsZero() {
				return nil
			}
			return daysLeft{days: v.AsOf.DaysUntil(r.Expiry)}
		}})
	return &table[Row]{
		sheet: SheetExpiring, title: SheetExpiring, tab: slate, rows: v.expiring, frozen: frozenColumns,
		columns: pick(columns, columnCCIAA, columnREA, columnCode, columnName, columnComune, columnPEC, columnProvider, columnExpiry, columnDaysToExpiry,
			columnDetail, columnCure, columnRule, columnFile, columnSheet, columnLine),
	}
}

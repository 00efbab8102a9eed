package reports

import "pecaudit/checker"

// rulesSheet is which rule says what, on which authority, since when, and what came of it.
func rulesSheet(v *view) sheet {
	if len(v.Rules) == 0 {
		return nil
	}
	count := func(label string, f func(*AppliedRule) int) column[AppliedRule] {
		return column[AppliedRule]{label: label, width: 11, look: lookInt, value: func(r *AppliedRule) any { return f(r) }}
	}
	day := func(label string, f func(*AppliedRule) checker.Date) column[AppliedRule] {
		return column[AppliedRule]{label: label, width: 12, look: lookDate, value: func(r *AppliedRule) any { return f(r) }}
	}
	return &table[AppliedRule]{
		sheet: SheetRules, title: SheetRules, tab: slate, rows: pointers(v.Rules), frozen: 1,
		columns: []column[AppliedRule]{
			{label: columnRule, width: 10, look: lookCode, value: func(r *AppliedRule) any { return string(r.ID) }},
			{label: columnTitle, width: 44, look: lookWrap, value: func(r *AppliedRule) any { return r.Title }},
			{label: columnForce, width: 13, look: lookText, value: func(r *AppliedRule) any { return forceLabel(r.Binding) }},
			day(columnFrom, func(r *AppliedRule) checker.Date { return r.Period.From }),
			day(columnUntil, func(r *AppliedRule) checker.Date { return lastDay(r.Period) }),
			{label: columnCites, width: 60, look: lookWrap, value: func(r *AppliedRule) any { return citations(r.Cites) }},
			{label: columnCure, width: 56, look: lookWrap, value: func(r *AppliedRule) any { return r.Cure }},
			count(columnFail, func(r *AppliedRule) int { return r.Fail }),
			count(columnUnknown, func(r *AppliedRule) int { return r.Unknown }),
			count(columnNotRun, func(r *AppliedRule) int { return r.NotRun }),
		},
	}
}

// lastDay is the last day on which a rule is in force: a period ends the day after.
func lastDay(p checker.Period) checker.Date { return p.Until.AddDays(-1) }

func citations(list []checker.Citation) string {
	var text string
	for i, c := range list {
		if i > 0 {
			text += "\n"
		}
		text += c.Text
		if c.URL != "" {
			text += " <" + c.URL + ">"
		}
	}
	return text
}

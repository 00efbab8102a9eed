package reports

import (
	"slices"

	"pecaudit/checker"
	"pecaudit/checker/cases"
)

// A Deadline is a line of Scadenzario: what a client must do, by when and why.
type Deadline struct {
	Name          string       `json:"name,omitempty"`
	CodiceFiscale string       `json:"cf,omitempty"`
	CCIAA         string       `json:"cciaa,omitempty"`
	PEC           string       `json:"pec,omitempty"`
	Provider      string       `json:"provider,omitempty"`
	Problem       string       `json:"problem"`
	Cure          string       `json:"cure,omitempty"`
	ActBy         checker.Date `json:"act_by"`
	Why           string       `json:"why"`
	Consequence   string       `json:"consequence"`
	Reachable     bool         `json:"reachable,omitempty"` // a certified message to the address would arrive
}

// workingDaysBeforeExpiry is how long before its expiry a box should be renewed.
const workingDaysBeforeExpiry = 7

// NewSchedule returns what the companies of a month must do, ordered by the day by which they must: the nominal end of the window if the list went out
// on the day published, or if the case has one; the day before the next possible list for what is irregular and not published; the expiry less seven
// working days for a box that expires. A ground that the procedure never publishes was due on the day of the audit.
func NewSchedule(m *Month, p *cases.Procedure, published checker.Date) []Deadline {
	cures := make(map[checker.RuleID]string, len(m.Rules))
	for _, r := range m.Rules {
		cures[r.ID] = r.Cure
	}
	var list []Deadline
	for _, r := range inOrder(m.Rows) {
		d := Deadline{
			Name: r.Name, CodiceFiscale: r.CodiceFiscale, CCIAA: r.CCIAA, PEC: r.PEC, Provider: r.Provider,
			Problem: GroundLabel(r.Ground), Cure: r.cure(cures), Reachable: reachable(r.Ground),
		}
		switch {
		case r.Kind == RowExpiring && !r.Expiry.IsZero():
			d.ActBy, d.Why, d.Consequence = workingDaysBefore(r.Expiry, workingDaysBeforeExpiry), whyExpiring(r.Expiry), consequenceExpiring
		case r.Kind != RowBreach || !r.Standing():
			continue
		case !r.Term.Nominal.IsZero():
			d.ActBy, d.Why, d.Consequence = r.Term.Nominal, whyPublished(r.Term.Published), consequence(p.Decider)
		case !p.Names(r.Ground):
			d.ActBy, d.Why, d.Consequence = m.AsOf, whyDue, consequenceDue
		case !published.IsZero():
			d.ActBy, d.Why, d.Consequence = p.Term(published).Nominal, whyGivenList(published), consequence(p.Decider)
		default:
			next := nextList(m.AsOf, p)
			d.ActBy, d.Why, d.Consequence = next.AddDays(-1), whyNextList(next), consequence(p.Decider)
		}
		list = append(list, d)
	}
	slices.SortStableFunc(list, func(a, b Deadline) int { return a.ActBy.Compare(b.ActBy) })
	return list
}

// nextList is the first day after asOf on which a list may go out: the first of a month that has lists.
func nextList(asOf checker.Date, p *cases.Procedure) checker.Date {
	m := asOf.In().Add(1)
	for range 12 {
		if !slices.Contains(p.NoListIn, m.Month) {
			break
		}
		m = m.Add(1)
	}
	return m.First()
}

// workingDaysBefore counts n working days back from d, d itself left out.
func workingDaysBefore(d checker.Date, n int) checker.Date {
	for n > 0 {
		d = d.AddDays(-1)
		if cases.WorkingDay(d) {
			n--
		}
	}
	return d
}

// scheduleSheet is the accountant's view, and stands first: who must do what by when.
func scheduleSheet(v *view) sheet {
	if len(v.Schedule) == 0 {
		return nil
	}
	text := func(label string, width float64, l look, f func(*Deadline) string) column[Deadline] {
		return column[Deadline]{label: label, width: width, look: l, value: func(d *Deadline) any { return f(d) }}
	}
	return &table[Deadline]{
		sheet: SheetSchedule, title: SheetSchedule, tab: amber, rows: pointers(v.Schedule), frozen: 1,
		columns: []column[Deadline]{
			text(columnClient, 28, lookWrap, func(d *Deadline) string { return d.Name }),
			text(columnCode, 18, lookCode, func(d *Deadline) string { return d.CodiceFiscale }),
			text(columnCCIAA, 7, lookCode, func(d *Deadline) string { return d.CCIAA }),
			text(columnPEC, 30, lookWrap, func(d *Deadline) string { return d.PEC }),
			text(columnProvider, 15, lookWrap, func(d *Deadline) string { return d.Provider }),
			text(columnProblem, 22, lookWrap, func(d *Deadline) string { return d.Problem }),
			text(columnCure, 36, lookWrap, func(d *Deadline) string { return d.Cure }),
			{label: columnActBy, width: 11, look: lookDate, value: func(d *Deadline) any { return d.ActBy }},
			text(columnWhy, 26, lookWrap, func(d *Deadline) string { return d.Why }),
			text(columnSanction, 36, lookWrap, func(d *Deadline) string { return d.Consequence }),
			text(columnDone, 7, lookFill, func(*Deadline) string { return "" }),
			text(columnNote, 20, lookFill, func(*Deadline) string { return "" }),
		},
	}
}

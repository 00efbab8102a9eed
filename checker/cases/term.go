package cases

import (
	"time"

	"pecaudit/checker"
)

// Term returns the window of a list published on a day, which is always part of the calendar but need not be one on which the procedure
// publishes. The day of publication is not counted unless the procedure says so, the last one is, holidays inside are (art. 155 c.p.c.,
// art. 2963 c.c.). Whatever the chamber prints, Safe is past Saturdays and holidays.
func (p *Procedure) Term(published checker.Date) Term {
	start := published
	if p.From == FromEnd {
		start = start.AddDays(p.PublicationDays)
	}
	days := p.Days
	if p.CountFirstDay {
		days--
	}
	t := Term{Procedure: p.ID, Published: published, Nominal: start.AddDays(days)}
	t.Shifted = rolled(t.Nominal, festive)
	t.Safe = rolled(t.Nominal, idle)
	switch p.Roll {
	case RollHolidays:
		t.Nominal = t.Shifted
	case RollSaturdays:
		t.Nominal, t.Shifted = t.Safe, t.Safe
	}
	return t
}

// AppealEnd returns the last day for a remedy against an order that was communicated on a day, past Saturdays and holidays; ok is false when
// the procedure states no time for it.
func (p *Procedure) AppealEnd(communicated checker.Date) (last checker.Date, ok bool) {
	if p.Appeal.Days == 0 || communicated.IsZero() {
		return checker.Date{}, false
	}
	d := communicated
	for left := p.Appeal.Days; left > 0; {
		d = d.AddDays(1)
		if !p.Appeal.SkipAugust || d.Month != time.August {
			left--
		}
	}
	return rolled(d, idle), true
}

func idle(d checker.Date) bool { return !WorkingDay(d) }

// rolled returns the first day from d on that is not to be skipped.
func rolled(d checker.Date, skip func(checker.Date) bool) checker.Date {
	if d.IsZero() {
		return d
	}
	for skip(d) {
		d = d.AddDays(1)
	}
	return d
}

// DaysLeft returns how many days the window that the chamber printed is still open: 0 on its last day, less after it. It is nil unless the
// case is listed.
func (c *Case) DaysLeft(asOf checker.Date) *int {
	if c.State != Listed {
		return nil
	}
	n := asOf.DaysUntil(c.Term.Nominal)
	return &n
}

// Overdue reports whether the window is surely over and the case is listed still, because nobody could check it since.
func (c *Case) Overdue(asOf checker.Date) bool {
	return c.State == Listed && c.Term.Safe.Before(asOf)
}

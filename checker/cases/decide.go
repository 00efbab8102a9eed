package cases

import (
	"cmp"
	"errors"
	"fmt"
	"iter"
	"reflect"
	"slices"

	"pecaudit/checker"
)

// DecideInput is what Decide knows of the run beside what it saw of each position.
type DecideInput struct {
	AsOf checker.Date
	Run  string

	// Pending are the filings sent and not yet processed, of these companies at least. PendingRead says that a list of them was given: a
	// filing that an earlier list held and this one does not has been processed.
	Pending     []Pending
	PendingRead bool

	// HeldRules and HeldChambers are what the brake holds: their cases do not move.
	HeldRules    map[checker.RuleID]bool
	HeldChambers map[string]bool

	// Chambers are those of which the run read at least one position: their lists have arrived.
	Chambers map[string]bool

	// HolderNow tells what became of a holder kept with a shared case. Nil: none was read.
	HolderNow func(company, address string) HolderNow
}

// HolderNow is what the run saw of another company that declared the same address. The zero value: it was not read.
type HolderNow struct {
	Read     bool // in scope or not, with an address or none, or as cancelled
	Declares bool // on a position of it that is not cancelled the address stands still
	Untold   bool // of a position of it the list does not tell the address
}

func (h HolderNow) gone() bool { return h.Read && !h.Declares && !h.Untold }

// A Pending is a filing of a company that is sent and not yet processed.
type Pending struct {
	Company  string // key
	Protocol string
	On       checker.Date
}

// filingHolds is how many days a filing stops lapsing if nobody says that it was processed.
const filingHolds = 60

// Decide compares the newest case of each key with what today's run saw and returns the cases that are new or changed, with their new events
// only, ordered by key and day found. newest and today hold whole companies: all their cases and positions of all chambers, side by side. A case
// without new events changed only in what was last read of it: the days Checked and Failed, the Facts.
//
// Decide changes none of its arguments, and nothing once more when it is asked the same again about what it returned. What is unknown, absent or
// not judged moves nothing. An error means that the arguments contradict each other.
func Decide(newest []Case, today []Sighting, in DecideInput) ([]Case, error) {
	if in.AsOf.IsZero() {
		return nil, errors.New("decide cases: no as-of date")
	}
	d := decision{DecideInput: in, filings: map[string]Pending{}}
	d.changed = make([]Case, 0, len(newest)) // the days of nearly all move each month
	for _, p := range in.Pending {
		if !p.On.After(in.AsOf) && p.On.After(d.filings[p.Company].On) {
			d.filings[p.Company] = p
		}
	}
	rows := map[string][]Sighting{}
	for group := range groups(today, func(s *Sighting) string { return s.Company }) {
		if rows[group[0].Company] != nil {
			return nil, fmt.Errorf("decide cases: the row %d of %s is apart from the other rows of its company", group[0].Facts.Row, group[0].Facts.File)
		}
		rows[group[0].Company] = group
	}
	decided := make(map[string]bool, len(rows))
	for stored := range groups(newest, func(c *Case) string { return c.Company }) {
		company := stored[0].Company
		if decided[company] {
			return nil, fmt.Errorf("decide cases: case %s is apart from the other cases of its company", stored[0].ID)
		}
		decided[company] = true
		if err := d.company(stored, rows[company]); err != nil {
			return nil, fmt.Errorf("decide cases: %w", err)
		}
	}
	for group := range groups(today, func(s *Sighting) string { return s.Company }) {
		if decided[group[0].Company] {
			continue
		}
		if err := d.company(nil, group); err != nil {
			return nil, fmt.Errorf("decide cases: %w", err)
		}
	}
	order := func(a, b Case) int { return cmp.Or(a.Key.Compare(b.Key), a.Found.Compare(b.Found)) }
	if !slices.IsSortedFunc(d.changed, order) { // cases are large: to look costs less than to move
		slices.SortFunc(d.changed, order)
	}
	return d.changed, nil
}

// groups cuts a slice where the company changes.
func groups[T any](all []T, company func(*T) string) iter.Seq[[]T] {
	return func(yield func([]T) bool) {
		for start := 0; start < len(all); {
			end := start + 1
			for end < len(all) && company(&all[end]) == company(&all[start]) {
				end++
			}
			if !yield(all[start:end]) {
				return
			}
			start = end
		}
	}
}

// A decision is one call of Decide.
type decision struct {
	DecideInput
	filings map[string]Pending // newest of each company
	changed []Case
}

// company decides one company: first what became of its cases, then which rows open new ones.
func (d *decision) company(stored []Case, ss []Sighting) error {
	for i := range stored {
		old := &stored[i]
		if caseOf(stored[:i], old.Key) != nil {
			return fmt.Errorf("case %s is not the only newest one of its key", old.ID)
		}
		if !old.Open() || d.AsOf.Before(old.Checked) || d.HeldChambers[old.Chamber] {
			continue
		}
		c := *old
		c.Events = nil
		if err := d.review(&c, stored, read(c.Key, ss, d.HeldChambers)); err != nil {
			return err
		}
		if changed := c.changed(old); changed || c.Seen() != old.Seen() {
			c.Again = !changed
			d.changed = append(d.changed, c)
		}
	}
	var tried []Key
	for i := range ss {
		s := &ss[i]
		for _, check := range s.Checks {
			family, ok := FamilyOf(check.Ground)
			k := Key{s.Company, s.Address, family, s.Chamber}
			if !ok || check.Outcome != failed || !s.Valid || !s.InScope || !s.Told || d.HeldChambers[s.Chamber] {
				continue
			}
			last := caseOf(stored, k)
			if last != nil && last.Open() || slices.Contains(tried, k) {
				continue
			}
			tried = append(tried, k)
			if err := d.open(last, stored, read(k, ss, d.HeldChambers)); err != nil {
				return err
			}
		}
	}
	return nil
}

// caseOf returns the case of the key, nil if there is none.
func caseOf(stored []Case, k Key) *Case {
	for i := range stored {
		if stored[i].Key == k {
			return &stored[i]
		}
	}
	return nil
}

// changed reports whether more than what Seen returns tells c from old.
func (c *Case) changed(old *Case) bool {
	facts := c.Facts
	facts.File, facts.Sheet, facts.Row = old.Facts.File, old.Facts.Sheet, old.Facts.Row
	return len(c.Events) > 0 || c.Filed != old.Filed || !reflect.DeepEqual(facts, old.Facts)
}

// review moves a standing case to where today's reading takes it.
func (d *decision) review(c *Case, stored []Case, r *reading) error {
	if d.held(c.Rules, r) {
		return nil
	}
	if err := d.file(c); err != nil {
		return err
	}
	switch {
	case r.here:
		return d.judge(c, stored, r)
	case r.out != nil:
		return d.end(c, EventCeased, Withdrawn, r.out)
	case d.gone(c, r):
		return d.end(c, EventMoved, Moved, r.away[0])
	}
	return nil
}

// judge is review of a case whose company was read in its chamber, with a duty.
func (d *decision) judge(c *Case, stored []Case, r *reading) error {
	c.Checked = d.AsOf
	if len(r.same) > 0 {
		c.refresh(r, d)
	}
	late := c.State == Referred || c.State == Decided // nothing but the office moves it now, and its ground stays the one that was referred
	if len(r.fails) > 0 {
		c.Failed = d.AsOf
	}
	switch {
	case late:
		return nil
	case len(r.fails) > 0:
		if err := d.restate(c, r); err != nil {
			return err
		}
		return d.lapse(c, stored, r)
	case len(r.same) == 0:
		if s := r.elsewhere(c.Facts.REA); s != nil {
			return d.cure(c, s)
		}
	case r.passes(c):
		return d.cure(c, r.same[0])
	}
	return nil
}

// restate records which rules fail and which ground stands. A rule that did not pass today stays recorded: it must still be seen to
// pass before the case is cured.
func (d *decision) restate(c *Case, r *reading) error {
	var rules []checker.RuleID
	for _, f := range r.fails {
		rules = append(rules, f.Rule)
	}
	for _, id := range c.Rules {
		if !slices.Contains(rules, id) && !r.pass(id) {
			rules = append(rules, id)
		}
	}
	slices.Sort(rules)
	ground := gravest(r.fails)
	if ground == c.Ground && slices.Equal(rules, c.Rules) {
		return nil
	}
	c.Ground, c.Rules = ground, rules
	return c.move(d.event(EventGround, r.first, r.fails), c.State)
}

// lapse ends the window of a listed case: only after its safe day, on a check whose evidence speaks for a later day too.
func (d *decision) lapse(c *Case, stored []Case, r *reading) error {
	if c.State != Listed || !r.failsAfter(c.Term.Safe, d.AsOf) || answer(c.Key, stored, r, d.AsOf) != nil {
		return nil
	}
	if !c.Filed.IsZero() && !d.AsOf.After(c.Filed.AddDays(filingHolds)) {
		return nil
	}
	return c.move(d.event(EventLapsed, r.first, r.fails), Lapsed)
}

// cure closes a case that the row puts right: by another address, or by passing.
func (d *decision) cure(c *Case, s *Sighting) error {
	to, kind := c.cured(), EventCured
	if to == Cleared {
		kind = EventCleared
	}
	return d.end(c, kind, to, s)
}

// end closes a case on the evidence of a row.
func (d *decision) end(c *Case, kind EventKind, to State, s *Sighting) error {
	c.Checked = d.AsOf
	e := d.event(kind, s, nil)
	if s.Address != c.Address {
		e.Evidence.PEC = s.Facts.PEC
	} else {
		for _, check := range s.Checks {
			if slices.Contains(c.Rules, check.Rule) {
				e.Evidence.Checks = append(e.Evidence.Checks, check)
			}
		}
	}
	return c.close(e, to)
}

// file follows the filings of the company.
func (d *decision) file(c *Case) error {
	if c.State != Found && c.State != Listed && c.State != Opposed {
		return nil
	}
	e := Event{At: d.AsOf, By: byProgram, Event: EventFiled, Run: d.Run}
	p, pending := d.filings[c.Company]
	switch {
	case pending && p.On.After(c.Filed):
		c.Filed, e.Protocol = p.On, p.Protocol
	case !pending && d.PendingRead && !c.Filed.IsZero() && c.Office.Event != EventFiled:
		c.Filed, e.Note = checker.Date{}, "no longer among the filings not yet processed"
	default:
		return nil
	}
	return c.move(e, c.State)
}

// gone reports whether the company has gone to another chamber: it was read only there. If the list of its own chamber has not arrived, that it
// was read where it always is read too says nothing.
func (d *decision) gone(c *Case, r *reading) bool {
	for _, s := range r.away {
		if d.Chambers[c.Chamber] || !slices.Contains(c.Facts.Elsewhere, s.Chamber) {
			return true
		}
	}
	return false
}

// held reports whether the brake holds the case: a rule that it records, or one that fails today, is held.
func (d *decision) held(recorded []checker.RuleID, r *reading) bool {
	if len(d.HeldRules) == 0 {
		return false
	}
	return slices.ContainsFunc(recorded, func(id checker.RuleID) bool { return d.HeldRules[id] }) ||
		slices.ContainsFunc(r.fails, func(f Check) bool { return d.HeldRules[f.Rule] })
}

// open begins a new case, unless no row speaks for a day after the last one was closed, or what the office entered holds.
func (d *decision) open(last *Case, stored []Case, r *reading) error {
	if last != nil && !r.speaksAfter(last.Closed, d.AsOf) || d.held(nil, r) || answer(r.Key, stored, r, d.AsOf) != nil {
		return nil
	}
	c := Case{ID: r.Key.ID(d.AsOf), Key: r.Key, Ground: gravest(r.fails), Found: d.AsOf, Checked: d.AsOf, Failed: d.AsOf}
	for _, f := range r.fails {
		c.Rules = append(c.Rules, f.Rule)
	}
	slices.Sort(c.Rules)
	c.refresh(r, d)
	if err := c.move(d.event(EventFound, r.first, r.fails), Found); err != nil {
		return err
	}
	if err := d.file(&c); err != nil {
		return err
	}
	d.changed = append(d.changed, c)
	return nil
}

// event is an event of this run on the evidence of a row.
func (d *decision) event(kind EventKind, s *Sighting, checks []Check) Event {
	return Event{
		At: d.AsOf, By: byProgram, Event: kind, Run: d.Run,
		Evidence: &Evidence{File: s.Facts.File, Sheet: s.Facts.Sheet, Row: s.Facts.Row, Checks: slices.Clone(checks)},
	}
}

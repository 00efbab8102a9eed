package cases

import (
	"slices"
	"strings"

	"pecaudit/checker"
)

// The words of Check.Outcome.
var (
	passed = checker.Pass.String()
	failed = checker.Fail.String()
)

// A reading is what today's run saw of one key.
type reading struct {
	Key
	here  bool        // the company was read in the chamber, with a duty
	same  []*Sighting // of these, rows with the key's address
	rest  []*Sighting // of these, the other rows: another address, none, or not told
	out   *Sighting   // a row of the chamber by which it is cancelled or has no duty
	away  []*Sighting // rows with a duty in other, known chambers
	every []*Sighting // rows with a duty and the key's address, in whatever chamber
	first *Sighting   // the row to show: of same, the first on which a rule of the family fails, else the first
	fails []Check     // of the family, each rule once: any failing position counts
}

// read looks for the key among the rows of its company; those of chambers that the brake holds count for nothing.
func read(k Key, ss []Sighting, held map[string]bool) *reading {
	r := &reading{Key: k}
	for i := range ss {
		s := &ss[i]
		if held[s.Chamber] {
			continue
		}
		declares := s.InScope && s.Told && s.Address == k.Address
		if declares {
			r.every = append(r.every, s)
		}
		switch {
		case s.Chamber == k.Chamber && declares:
			r.here, r.same = true, append(r.same, s)
		case s.Chamber == k.Chamber && s.InScope:
			r.here, r.rest = true, append(r.rest, s)
		case s.Chamber == k.Chamber:
			r.out = s
		case s.InScope && s.Chamber != "":
			r.away = append(r.away, s)
		}
	}
	for _, s := range r.same {
		for _, c := range s.Checks {
			if !r.accuses(c) {
				continue
			}
			if len(r.fails) == 0 {
				r.first = s
			}
			if !slices.ContainsFunc(r.fails, func(f Check) bool { return f.Rule == c.Rule }) {
				r.fails = append(r.fails, c)
			}
		}
	}
	if r.first == nil && len(r.same) > 0 {
		r.first = r.same[0]
	}
	return r
}

// accuses reports whether a check fails a rule of the family.
func (r *reading) accuses(c Check) bool {
	f, ok := FamilyOf(c.Ground)
	return c.Outcome == failed && ok && f == r.Family
}

// failsAfter reports whether a check fails on evidence that speaks for a day after the given one. The row speaks for the day of its list, and
// what decided the rule for a day of its own: an old list or receipt, read late, says nothing of what was done meanwhile.
func (r *reading) failsAfter(day, asOf checker.Date) bool {
	for _, s := range r.same {
		if !s.speaks(asOf).After(day) {
			continue
		}
		for _, c := range s.Checks {
			if r.accuses(c) && (c.On.IsZero() || c.On.After(day)) {
				return true
			}
		}
	}
	return false
}

// speaks returns the day for which the row speaks, as-of at the latest.
func (s *Sighting) speaks(asOf checker.Date) checker.Date {
	if s.Reference.IsZero() || s.Reference.After(asOf) {
		return asOf
	}
	return s.Reference
}

// speaksAfter reports whether a row on which a rule of the family fails speaks for a day after the given one.
func (r *reading) speaksAfter(day, asOf checker.Date) bool {
	return slices.ContainsFunc(r.same, func(s *Sighting) bool {
		return s.speaks(asOf).After(day) && slices.ContainsFunc(s.Checks, r.accuses)
	})
}

// pass reports whether the rule passes on a row with the address and on none fails or is unknown. To take no part is no pass.
func (r *reading) pass(id checker.RuleID) bool {
	ok := false
	for _, s := range r.same {
		for _, c := range s.Checks {
			if c.Rule != id {
				continue
			}
			if c.Outcome != passed {
				return false
			}
			ok = true
		}
	}
	return ok
}

// passes reports whether the address, on which no rule of the family fails, was seen to be right: every rule that the case records passes,
// and the other holders of a shared address are gone. Of those that are kept only as a number nobody can say that.
func (r *reading) passes(c *Case) bool {
	for _, id := range c.Rules {
		if !r.pass(id) {
			return false
		}
	}
	if c.Family == FamilyShared && (c.Facts.MoreHolders > 0 || slices.ContainsFunc(c.Facts.Holders, func(h Holder) bool { return !h.Gone })) {
		return false
	}
	return len(c.Rules) > 0
}

// elsewhere returns the row by which the company now has another address here, or none. The position of the case speaks for itself where it was
// read: that another position of the company has another address says nothing of one that is not told.
func (r *reading) elsewhere(rea string) *Sighting {
	var told, own *Sighting
	for _, s := range r.rest {
		if rea != "" && s.Facts.REA == rea && (own == nil || !own.Told) {
			own = s
		}
		if s.Told && told == nil {
			told = s
		}
	}
	if own == nil {
		return told
	}
	if own.Told {
		return own
	}
	return nil
}

// refresh takes over what the newest row says of the position. Where nothing fails, the detail of the last failure stays.
func (c *Case) refresh(r *reading, d *decision) {
	kept := c.Facts
	c.Facts = r.first.Facts
	c.Facts.Detail = kept.Detail
	var details []string
	for _, f := range r.fails {
		if f.Detail != "" {
			details = append(details, f.Detail)
		}
	}
	if len(details) > 0 {
		c.Facts.Detail = strings.Join(details, " · ")
	}
	c.Facts.Holders, c.Facts.MoreHolders = nil, 0
	if c.Family == FamilyShared {
		for _, s := range r.same {
			c.Facts.MoreHolders = max(c.Facts.MoreHolders, s.Facts.MoreHolders)
		}
		c.Facts.Holders = d.holders(c.Address, kept.Holders, r.same, c.Facts.MoreHolders > 0)
		if len(r.fails) == 0 { // who left, of those without a name, is not known
			c.Facts.MoreHolders = max(c.Facts.MoreHolders, kept.MoreHolders)
		}
	}
	c.Facts.Elsewhere = nil
	for _, a := range r.away {
		kept.Elsewhere = append(kept.Elsewhere[:len(kept.Elsewhere):len(kept.Elsewhere)], a.Chamber)
	}
	if len(kept.Elsewhere) > 0 {
		c.Facts.Elsewhere = slices.Compact(slices.Sorted(slices.Values(kept.Elsewhere)))
	}
}

// holders joins the holders kept with a case and those of today. One that today's lists do not tell of stays: only one that was read with
// another address, or as cancelled, is gone, and is forgotten when it is not read any more. Where today's are cut, one that was read is left out: it is gone, or
// among those without a name.
func (d *decision) holders(address string, kept []Holder, rows []*Sighting, cut bool) []Holder {
	var all []Holder
	known := func(h Holder) bool {
		return slices.ContainsFunc(all, func(o Holder) bool { return o.Company == h.Company })
	}
	for _, s := range rows {
		for _, h := range s.Facts.Holders {
			if !known(h) {
				h.Gone = false
				all = append(all, h)
			}
		}
	}
	for _, h := range kept {
		if known(h) {
			continue
		}
		var now HolderNow
		if d.HolderNow != nil {
			now = d.HolderNow(h.Company, address)
		}
		if h.Gone && now == (HolderNow{}) || cut && (now.Declares || now.gone()) {
			continue
		}
		h.Gone = now.gone()
		all = append(all, h)
	}
	slices.SortFunc(all, func(a, b Holder) int { return strings.Compare(a.Company, b.Company) })
	return all
}

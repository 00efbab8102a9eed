package reports

import (
	"slices"
	"strings"

	"pecaudit/checker"
	"pecaudit/checker/cases"
)

// A Variation is what became of one position from one month to another.
type Variation struct {
	Change    Change
	Now, Then *Row // Then is nil for a new one; Now for one that is no longer on any list
}

// Row returns the newest row of it.
func (v *Variation) Row() *Row {
	if v.Now != nil {
		return v.Now
	}
	return v.Then
}

// Compare tells what became of the breaches of then in now. A case is followed by its ID; a breach without a case by codice fiscale or REA, address and
// family of the ground. Solved is what stood then and is closed or gone now; worsened what stands still with its case further on, or with the
// address cancelled from the register. The order is that of now, then what is gone, in that of then.
func Compare(now, then []Row) []Variation {
	before := map[string][]*Row{} // several positions of one company may say the same
	for _, r := range inOrder(then) {
		if r.Kind == RowBreach && r.Standing() {
			before[r.follow()] = append(before[r.follow()], r)
		}
	}
	var list []Variation
	for _, r := range inOrder(now) {
		if r.Kind != RowBreach {
			continue
		}
		var old *Row
		if waiting := before[r.follow()]; len(waiting) > 0 {
			old, before[r.follow()] = waiting[0], waiting[1:]
		}
		switch {
		case old == nil && r.Standing():
			list = append(list, Variation{ChangeNew, r, nil})
		case old == nil: // opened and closed in between
		case r.State == cases.Executed, r.Standing() && r.step() > old.step():
			list = append(list, Variation{ChangeWorsened, r, old})
		case r.Standing():
			list = append(list, Variation{ChangePersisting, r, old})
		default:
			list = append(list, Variation{ChangeSolved, r, old})
		}
	}
	for _, r := range inOrder(then) {
		if slices.Contains(before[r.follow()], r) {
			list = append(list, Variation{ChangeSolved, nil, r})
		}
	}
	return list
}

// CountChanges counts variations by change.
func CountChanges(list []Variation) map[Change]int {
	count := map[Change]int{}
	for i := range list {
		count[list[i].Change]++
	}
	return count
}

// follow is what a breach is known by from month to month.
func (r *Row) follow() string {
	if r.Case != "" {
		return r.Case
	}
	company := r.CodiceFiscale
	if company == "" {
		company = r.REA
	}
	family, ok := cases.FamilyOf(r.Ground)
	if !ok {
		family = cases.Family(r.Ground)
	}
	words := checker.DefaultAbsences()
	address, _ := checker.ParseAddress(r.PEC, &words)
	return strings.Join([]string{company, address.CaseKey(), string(family)}, "\x00")
}

// step is how far a case is on the way to the cancellation; an opposition does not move it.
func (r *Row) step() int {
	switch r.State {
	case cases.Listed, cases.Opposed:
		return 1
	case cases.Lapsed:
		return 2
	case cases.Referred:
		return 3
	case cases.Decided:
		return 4
	}
	return 0
}

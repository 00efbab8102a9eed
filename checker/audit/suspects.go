package audit

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"

	"pecaudit/checker"
	"pecaudit/checker/load"
	"pecaudit/checker/rules"
)

// suspects is what the second pass found out, as text, about those whom the roll suspects by hash.
type suspects struct {
	groups    map[string]*group   // by folded address
	companies map[string]*company // by company key
	domains   map[string]struct{} // to be asked about
	addresses map[string]struct{}
}

// ask notes what is to be asked about.
func (s *suspects) ask(c *checker.Company, address bool) {
	if _, known := s.domains[c.PEC.Domain()]; !known {
		s.domains[strings.Clone(c.PEC.Domain())] = struct{}{}
	}
	if _, known := s.addresses[c.PEC.Folded]; address && !known {
		s.addresses[strings.Clone(c.PEC.Folded)] = struct{}{}
	}
}

// gather lets what can be observed be observed.
func (r *run) gather(ctx context.Context) error {
	if r.Gather == nil {
		return nil
	}
	err := r.Gather(ctx, slices.Sorted(maps.Keys(r.suspects.domains)), slices.Sorted(maps.Keys(r.suspects.addresses)))
	if err != nil {
		return err
	}
	return r.begin(ctx)
}

// begin asks which kinds of evidence there are.
func (r *run) begin(ctx context.Context) (err error) {
	if r.Begin != nil {
		r.kinds, err = r.Begin(ctx)
	}
	return err
}

// A group is everybody who declares one address.
type group struct {
	entries []entry        // one a company; once settled, the latest to register first
	places  map[string]int // company key -> place in entries, where there are more than few
}

// few is how many entries are looked through one by one: most groups are two companies, and a map for each would be most of the memory.
const few = 8

// find returns the place of a company, -1 if it is not there.
func (g *group) find(key string) int {
	if len(g.entries) <= few {
		return slices.IndexFunc(g.entries, func(e entry) bool { return e.Key() == key })
	}
	if place, ok := g.places[key]; ok {
		return place
	}
	return -1
}

// number notes the places of the entries from one on.
func (g *group) number(from int) {
	if len(g.entries) <= few {
		return
	}
	if g.places == nil {
		g.places, from = make(map[string]int), 0
	}
	for i := from; i < len(g.entries); i++ {
		g.places[g.entries[i].Key()] = i
	}
}

// An entry is one company of a group while its positions are met.
type entry struct {
	checker.Holder
	undated   bool // a position without a readable date
	localOnly bool // only local units so far: they follow their company and count only where nothing else of it declares the address
}

// A company is one with several positions that differ.
type company struct {
	address   bool     // some position has an address
	addresses []string // folded, distinct, in the order of the input
}

// maxAddresses bounds how many addresses of one company are remembered, maxHolders how many holders a rule is shown.
const (
	maxAddresses = 16
	maxHolders   = 100
)

// inspect is the second pass: only rows that the roll suspects are looked at.
func (r *run) inspect(ctx context.Context) error {
	r.suspects = suspects{groups: map[string]*group{}, companies: map[string]*company{}, domains: map[string]struct{}{}, addresses: map[string]struct{}{}}
	declared := map[string]struct{}{}
	compare := pass{name: "compare", hand: func(_ *worker, _ int, b *load.Batch) error {
		for i := range b.Companies {
			c := &b.Companies[i]
			x := rules.Scope(c, r.AsOf)
			if !counts(c, x) {
				continue
			}
			if r.roll.Split(c.Key()) {
				r.suspects.addCompany(c, x.Cancelled)
			}
			if c.PEC.State != checker.WellFormed || x.Cancelled {
				continue
			}
			if r.roll.Shared(c.PEC.Folded) {
				r.suspects.addHolder(c, x, r.AsOf)
			}
			if r.Gather != nil && !x.Out {
				r.suspects.ask(c, r.GatherAddresses)
			}
			if r.known.professionals.mayHave(r.roll.Hash(c.PEC.Folded)) {
				declared[strings.Clone(c.PEC.Folded)] = struct{}{}
			}
		}
		return nil
	}}
	if r.Gather == nil { // else all are asked about
		compare.want = func(list int) func(row int) bool {
			place := r.places[list]
			return func(row int) bool { return r.roll.Suspect(place + row) }
		}
	}
	if err := r.each(ctx, compare); err != nil {
		return err
	}
	for _, g := range r.suspects.groups {
		g.settle()
	}
	return r.readProfessionals(ctx, declared)
}

// addCompany notes what a position says of its company. What a cancelled one shows is no address of today: it only tells that there is one somewhere.
func (s *suspects) addCompany(c *checker.Company, cancelled bool) {
	known := s.companies[c.Key()]
	if known == nil {
		known = &company{}
		s.companies[strings.Clone(c.Key())] = known
	}
	switch c.PEC.State {
	case checker.WellFormed:
		known.address = true
		// A local unit follows its company: what it declares is no second address of the company.
		if !c.LocalUnit && !cancelled && len(known.addresses) < maxAddresses && !slices.Contains(known.addresses, c.PEC.Folded) {
			known.addresses = append(known.addresses, strings.Clone(c.PEC.Folded))
		}
	case checker.Malformed, checker.Several:
		known.address = true
	}
}

// elsewhere says what the company's other positions declare. A position that has an address itself is not interested in Address.
func (s *suspects) elsewhere(c *checker.Company) checker.Elsewhere {
	known := s.companies[c.Key()]
	if known == nil {
		return checker.Elsewhere{}
	}
	e := checker.Elsewhere{Address: known.address}
	for _, a := range known.addresses {
		if a != c.PEC.Folded {
			e.Different = append(e.Different, a)
		}
	}
	return e
}

// addHolder enters a registered position among those who declare its address. A domicile that a chamber assigned, to whomever, is nobody's to share.
func (s *suspects) addHolder(c *checker.Company, x rules.Exclusion, asOf checker.Date) {
	if c.PEC.Domain() == checker.AssignedDomain {
		return
	}
	g := s.groups[c.PEC.Folded]
	if g == nil {
		g = &group{}
		s.groups[strings.Clone(c.PEC.Folded)] = g
	}
	since := c.Registered
	if since.After(asOf) {
		since = checker.Date{}
	}
	fresh := func() entry {
		e := entry{undated: since.IsZero(), localOnly: c.LocalUnit, Holder: checker.Holder{
			Identity: c.Identity, Origin: c.Origin, Name: c.Name, CCIAA: c.CCIAA, Chamber: c.Chamber, Since: since, InScope: !x.Out,
		}}
		own(append(identityTexts(&e.Identity), &e.Name, &e.CCIAA)...)
		return e
	}
	place := g.find(c.Key())
	if place < 0 {
		g.entries = append(g.entries, fresh())
		g.number(len(g.entries) - 1)
		return
	}
	e := &g.entries[place]
	switch {
	case c.LocalUnit && !e.localOnly:
		e.meet(c.Identity)
	case e.localOnly && !c.LocalUnit: // the seat: it is what staff look for
		units := append([]checker.Identity{e.Identity}, e.Also...)
		*e = fresh()
		for _, id := range units {
			e.meet(id)
		}
	default:
		e.meet(c.Identity)
		e.InScope = e.InScope || !x.Out
		e.undated = e.undated || since.IsZero()
		if since.After(e.Since) {
			e.Since = since
		}
	}
}

// meet joins what another position of the company says of who it is, so that nobody depends on which position came first.
func (e *entry) meet(id checker.Identity) {
	if id == e.Identity || slices.Contains(e.Also, id) {
		return
	}
	id = cloneIdentity(id)
	if !e.CodiceFiscale.Valid() && id.CodiceFiscale.Valid() {
		id, e.Identity = e.Identity, id
	}
	e.Also = append(e.Also, id)
}

// settle takes away the dates of companies with an undated position and puts the latest to register first.
func (g *group) settle() {
	for i := range g.entries {
		if e := &g.entries[i]; e.undated {
			e.Since = checker.Date{}
		}
	}
	slices.SortStableFunc(g.entries, func(a, b entry) int {
		return cmp.Or(b.Since.Compare(a.Since), cmp.Compare(a.List, b.List), cmp.Compare(a.Row, b.Row))
	})
	g.number(0)
}

// others fills in who else declares the subject's address, and what its company's other positions that declare it say.
func (s *suspects) others(subject *checker.Subject) {
	g := s.groups[subject.PEC.Folded]
	if g == nil {
		return
	}
	self := g.find(subject.Key())
	if self >= 0 {
		own := &g.entries[self]
		subject.OwnSince = own.Since
		if len(own.Also) > 0 {
			subject.Also = append([]checker.Identity{own.Identity}, own.Also...)
		}
	}
	if len(g.entries) == 1 && self == 0 {
		return
	}
	subject.Holders = make([]checker.Holder, 0, min(len(g.entries), maxHolders))
	for i := range g.entries {
		if i == self {
			continue
		}
		if len(subject.Holders) == maxHolders {
			subject.MoreHolders++
			continue
		}
		subject.Holders = append(subject.Holders, g.entries[i].Holder)
	}
}

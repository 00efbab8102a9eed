package audit

import (
	"context"
	"math/bits"
	"strings"

	"pecaudit/checker"
	"pecaudit/checker/load"
)

// known is what the lists other than the companies' say.
type known struct {
	given         checker.Kinds
	status        *declarations
	directors     map[string][]checker.Address // by company key
	professionals professionals
}

// professionals keeps the entries of those addresses only that some position declares: each list is read once for the tags of its addresses and, when the
// companies are known, once more for the entries.
type professionals struct {
	lists   []*load.List
	tags    [][]uint32                  // of each list: of the address in each row, 0 where there is none
	filter  []uint64                    // two bits for each tag
	entries map[string][]checker.Holder // by folded address
}

// tagOf is what is kept of an address, as the roll knows it.
func tagOf(hash uint64) uint32 { return max(uint32(hash), 1) }

// bits returns where the filter knows a tag.
func (p *professionals) bits(tag uint32) (first, second uint32) {
	n := uint32(len(p.filter)*64 - 1)
	return tag & n, tag * 0x9e3779b1 >> 5 & n
}

// mayHave reports whether an address with the hash may be in a list; one in a hundred that are not seems to be.
func (p *professionals) mayHave(hash uint64) bool {
	if len(p.filter) == 0 {
		return false
	}
	a, b := p.bits(tagOf(hash))
	return p.filter[a/64]>>(a%64)&1 != 0 && p.filter[b/64]>>(b%64)&1 != 0
}

// seal makes the filter: sixteen bits for an entry, so that few others meet both of its bits.
func (p *professionals) seal() {
	n := 0
	for _, tags := range p.tags {
		n += len(tags)
	}
	if n == 0 {
		return
	}
	p.filter = make([]uint64, 1<<bits.Len(uint(n/4)))
	for _, tags := range p.tags {
		for _, tag := range tags {
			if tag != 0 {
				a, b := p.bits(tag)
				p.filter[a/64] |= 1 << (a % 64)
				p.filter[b/64] |= 1 << (b % 64)
			}
		}
	}
}

func (p *professionals) of(address string) []checker.Holder { return p.entries[address] }

// readKnown reads the lists that say something about companies. The professionals are read again once the companies are known: see
// inspect.
func (r *run) readKnown(ctx context.Context) error {
	r.known.status = newDeclarations()
	r.known.directors = map[string][]checker.Address{}
	for i, path := range r.Status {
		l, err := load.ReadStatus(ctx, path, i, &r.Load, r.addStatus)
		if err != nil {
			return err
		}
		r.result.add("pec-status", l)
		r.known.given |= checker.StatusEvidence
	}
	for i, path := range r.Directors {
		l, err := load.ReadDirectors(ctx, path, i, &r.Load, func(d load.Director) error {
			if d.Address.State != checker.WellFormed {
				return nil
			}
			key := strings.Clone(d.Key())
			r.known.directors[key] = append(r.known.directors[key], cloneAddress(d.Address))
			return nil
		})
		if err != nil {
			return err
		}
		r.result.add("directors", l)
		r.known.given |= checker.DirectorEvidence
	}
	for i, path := range r.Pending {
		l, err := load.ReadPending(ctx, path, i, &r.Load, func(p load.Pending) error {
			r.result.Filings = append(r.result.Filings, clonePending(p))
			return nil
		})
		if err != nil {
			return err
		}
		r.result.add("pending", l)
	}
	return r.tagProfessionals(ctx)
}

// addStatus enters what a status list says, but for what was not known yet on the day of the audit.
func (r *run) addStatus(a checker.Address, e checker.StatusEntry) error {
	if a.State == checker.WellFormed && !e.Reference.After(r.AsOf) {
		r.known.status.add(a.Folded, e)
	}
	return nil
}

// tagProfessionals is the first reading of the professionals.
func (r *run) tagProfessionals(ctx context.Context) error {
	p := &r.known.professionals
	for i, path := range r.Professionals {
		l, err := load.OpenProfessionals(ctx, path, i, &r.Load)
		if err != nil {
			return err
		}
		r.result.add("professionals", l)
		r.known.given |= checker.ProfessionalEvidence
		var tags []uint32
		err = l.Professionals(ctx, nil, func(e *load.Professional) error {
			tags = append(tags, make([]uint32, max(0, e.Row+1-len(tags)))...)
			tags[e.Row] = tagOf(r.roll.Hash(e.Address.Folded))
			return nil
		})
		if err != nil {
			return err
		}
		p.lists, p.tags = append(p.lists, l), append(p.tags, tags)
	}
	p.seal()
	return nil
}

// readProfessionals is the second: the entries of the addresses that some position declares, compared as text.
func (r *run) readProfessionals(ctx context.Context, declared map[string]struct{}) error {
	p := &r.known.professionals
	p.entries = map[string][]checker.Holder{}
	wanted := map[uint32]struct{}{}
	for address := range declared {
		wanted[tagOf(r.roll.Hash(address))] = struct{}{}
	}
	for i, l := range p.lists {
		want := func(row int) bool {
			if row >= len(p.tags[i]) {
				return false
			}
			_, ok := wanted[p.tags[i][row]]
			return ok
		}
		err := l.Professionals(ctx, want, func(e *load.Professional) error {
			if _, ok := declared[e.Address.Folded]; ok {
				key := strings.Clone(e.Address.Folded)
				p.entries[key] = append(p.entries[key], checker.Holder{Identity: cloneIdentity(e.Identity), Origin: e.Origin})
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	p.tags, p.filter = nil, nil
	return nil
}

func cloneIdentity(id checker.Identity) checker.Identity {
	own(identityTexts(&id)...)
	return id
}

func identityTexts(id *checker.Identity) []*string {
	return []*string{(*string)(&id.CodiceFiscale), &id.PartitaIVA, &id.REA}
}

// own copies texts out of the buffer of a batch, all into one piece: a register has them by the million, and each piece is work for the collector.
func own(texts ...*string) {
	n := 0
	for _, t := range texts {
		n += len(*t)
	}
	var b strings.Builder
	b.Grow(n)
	for _, t := range texts {
		b.WriteString(*t)
	}
	all := b.String()
	for _, t := range texts {
		*t, all = all[:len(*t)], all[len(*t):]
	}
}

// cloneAddress keeps of a well-formed address what it means.
func cloneAddress(a checker.Address) checker.Address {
	a.Folded = strings.Clone(a.Folded)
	a.Raw = a.Folded
	return a
}

func clonePending(p load.Pending) load.Pending {
	p.Identity, p.Protocol = cloneIdentity(p.Identity), strings.Clone(p.Protocol)
	return p
}

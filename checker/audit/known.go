package audit

import (
	"context"
	"slices"
	"strings"

	"pecaudit/checker"
	"pecaudit/checker/load"
)

// known is what the lists other than the companies' say.
type known struct {
	given         checker.Kinds
	status        map[string]checker.StatusEntry // by folded address
	directors     map[string][]checker.Address   // by company key
	professionals professionals
}

// professionals keeps the entries of those addresses only that some position declares: the list is read once for its hashes and, when the companies are known,
// once more for the entries.
type professionals struct {
	hashes  []uint64                    // of all addresses, as the roll knows them, sorted
	starts  []uint32                    // where in hashes those begin that have equal top bits
	entries map[string][]checker.Holder // by folded address
}

// hashBits is how many bits lead straight to a few hashes.
const hashBits = 16

// mayHave reports whether an address with the hash may be in the list.
func (p *professionals) mayHave(hash uint64) bool {
	if len(p.hashes) == 0 {
		return false
	}
	part := hash >> (64 - hashBits)
	_, found := slices.BinarySearch(p.hashes[p.starts[part]:p.starts[part+1]], hash)
	return found
}

// seal sorts the hashes.
func (p *professionals) seal() {
	slices.Sort(p.hashes)
	p.hashes = slices.Compact(p.hashes)
	p.starts = make([]uint32, 1<<hashBits+1)
	for _, h := range p.hashes {
		p.starts[h>>(64-hashBits)+1]++
	}
	for part := range 1 << hashBits {
		p.starts[part+1] += p.starts[part]
	}
}

func (p *professionals) of(address string) []checker.Holder { return p.entries[address] }

// readKnown reads the lists that say something about companies. The professionals are read again once the companies are known: see
// inspect.
func (r *run) readKnown(ctx context.Context) error {
	r.known.status = map[string]checker.StatusEntry{}
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
	return r.hashProfessionals(ctx)
}

// addStatus keeps what the newest list says of an address. Two entries of one day that contradict each other cancel out: nobody is
// accused on a list that says two things.
func (r *run) addStatus(a checker.Address, e checker.StatusEntry) error {
	if a.State != checker.WellFormed || e.Reference.After(r.AsOf) {
		return nil
	}
	old, ok := r.known.status[a.Folded]
	switch {
	case !ok || old.Reference.Before(e.Reference):
	case e.Reference.Before(old.Reference), old.State == e.State && old.Expiry == e.Expiry:
		return nil
	default:
		e.State, e.Expiry = checker.DeclaredUnknown, checker.Date{}
		e.Word = joinWords(old.Word, e.Word)
	}
	e.Word, e.Provider = strings.Clone(e.Word), strings.Clone(e.Provider)
	r.known.status[strings.Clone(a.Folded)] = e
	return nil
}

// joinWords puts together, each once, the words that a day's entries use.
func joinWords(words, word string) string {
	switch {
	case words == "":
		return word
	case word == "" || slices.Contains(strings.Split(words, " / "), word):
		return words
	}
	return words + " / " + word
}

// hashProfessionals is the first reading of the professionals.
func (r *run) hashProfessionals(ctx context.Context) error {
	p := &r.known.professionals
	for i, path := range r.Professionals {
		l, err := load.ReadProfessionals(ctx, path, i, &r.Load, func(e load.Professional) error {
			if e.Address.State == checker.WellFormed {
				p.hashes = append(p.hashes, r.roll.Hash(e.Address.Folded))
			}
			return nil
		})
		if err != nil {
			return err
		}
		r.result.add("professionals", l)
		r.known.given |= checker.ProfessionalEvidence
	}
	p.seal()
	return nil
}

// readProfessionals is the second: the entries of the addresses that some position declares, compared as text.
func (r *run) readProfessionals(ctx context.Context, declared map[string]struct{}) error {
	p := &r.known.professionals
	p.entries = map[string][]checker.Holder{}
	if len(declared) == 0 {
		return nil
	}
	for i, path := range r.Professionals {
		_, err := load.ReadProfessionals(ctx, path, i, &r.Load, func(e load.Professional) error {
			if _, ok := declared[e.Address.Folded]; ok && e.Address.State == checker.WellFormed {
				key := strings.Clone(e.Address.Folded)
				p.entries[key] = append(p.entries[key], checker.Holder{Identity: cloneIdentity(e.Identity), Origin: e.Origin})
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func cloneIdentity(id checker.Identity) checker.Identity {
	return checker.Identity{
		CodiceFiscale: checker.CodiceFiscale(strings.Clone(string(id.CodiceFiscale))),
		PartitaIVA:    strings.Clone(id.PartitaIVA), REA: strings.Clone(id.REA),
	}
}

func cloneAddress(a checker.Address) checker.Address {
	c, _ := checker.ParseAddress(strings.Clone(a.Folded), &checker.Absences{})
	return c
}

func clonePending(p load.Pending) load.Pending {
	p.Identity, p.Protocol = cloneIdentity(p.Identity), strings.Clone(p.Protocol)
	return p
}

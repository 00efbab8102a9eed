package checker

import (
	"cmp"
	"hash/maphash"
	"slices"
	"sync"
)

// A Roll is all that must be known of every row at once: which addresses may stand on positions of several companies, and which companies may have
// several positions. It holds 24 bytes a row until it is sealed, then a bit, and no text. It only suspects: whoever it names is compared as text before
// anything is said of him, so that equal hashes accuse nobody.
//
// Rows are added, then the Roll is sealed, then asked. Adding is not safe for concurrent use; Entry and asking are.
type Roll struct {
	seed      maphash.Seed
	piles     [rollParts]rollPile // by the top bits of the address
	rows      int
	marked    []uint32
	suspects  []uint64 // a bit for each place
	shared    map[uint64]struct{}
	split     map[uint64]struct{}
	repeated  map[uint64]struct{}
	companies int
}

// A RollEntry is what the Roll knows of a row.
type RollEntry struct {
	address, company uint64
	place            uint32
	Marked           bool // it is a suspect whatever the others are
}

// Address returns the hash of the entry's address, ok false when it has none that counts.
func (e *RollEntry) Address() (hash uint64, ok bool) { return e.address, e.address >= rollFirst }

// rollParts keeps each sort within the second-level cache.
const (
	rollBits  = 8
	rollParts = 1 << rollBits
)

// What stands for an address in a row that has none, or whose address does not count.
const (
	rollNone uint64 = iota
	rollIgnored
	rollFirst
)

// NewRoll returns an empty roll.
func NewRoll() *Roll { return &Roll{seed: maphash.MakeSeed()} }

// Hash returns what the roll knows a text by. It differs from run to run.
func (r *Roll) Hash(s string) uint64 { return max(maphash.String(r.seed, s), rollFirst) }

// Entry describes a position. place is its number among all rows of the run. address is its folded address, "" if it has none; counts is false where the
// address says nothing about who holds it (a cancelled position, a cell that does not tell).
func (r *Roll) Entry(place int, company, address string, counts bool) RollEntry {
	e := RollEntry{address: rollIgnored, company: r.Hash(company), place: uint32(place)}
	if counts {
		e.address = rollNone
		if address != "" {
			e.address = r.Hash(address)
		}
	}
	return e
}

// Add enters positions. Their places must be below 2^32.
func (r *Roll) Add(entries []RollEntry) {
	for _, e := range entries {
		r.piles[e.address>>(64-rollBits)].add(e)
		if e.Marked {
			r.marked = append(r.marked, e.place)
		}
		r.rows = max(r.rows, int(e.place)+1)
	}
}

// A rollPile is a heap of entries in blocks, which neither move nor leave room when it grows.
type rollPile [][]RollEntry

const rollBlock = 256

func (p *rollPile) add(e RollEntry) {
	last := len(*p) - 1
	if last < 0 || len((*p)[last]) == rollBlock {
		*p = append(*p, make([]RollEntry, 0, rollBlock))
		last++
	}
	(*p)[last] = append((*p)[last], e)
}

// Seal ends adding and finds the suspects. The rows' memory is released.
func (r *Roll) Seal() {
	r.shared, r.split, r.repeated = map[uint64]struct{}{}, map[uint64]struct{}{}, map[uint64]struct{}{}
	r.suspects = make([]uint64, (r.rows+63)/64)
	r.suspect(r.marked)
	r.marked = nil

	var byCompany [rollWorkers][rollParts]rollPile
	r.eachPart(func(worker, part int, rows []RollEntry) ([]RollEntry, *rollFound) {
		for _, b := range r.piles[part] {
			rows = append(rows, b...)
		}
		r.piles[part] = nil
		for _, e := range rows {
			byCompany[worker][e.company>>(64-rollBits)].add(e)
		}
		return rows, sharedAmong(rows)
	})
	r.eachPart(func(_, part int, rows []RollEntry) ([]RollEntry, *rollFound) {
		for worker := range byCompany {
			for _, b := range byCompany[worker][part] {
				rows = append(rows, b...)
			}
			byCompany[worker][part] = nil
		}
		return rows, repeatedAmong(rows)
	})
}

// rollFound is what a part of the roll gives away.
type rollFound struct {
	shared, split, repeated []uint64
	suspects                []uint32
	companies               int
}

const rollWorkers = 2

// eachPart runs find on every part, several at a time, and keeps what it finds. find returns the memory that it is given and grows.
func (r *Roll) eachPart(find func(worker, part int, rows []RollEntry) ([]RollEntry, *rollFound)) {
	var wait sync.WaitGroup
	var lock sync.Mutex
	for worker := range rollWorkers {
		wait.Go(func() {
			var rows []RollEntry
			for part := worker; part < rollParts; part += rollWorkers {
				var found *rollFound
				rows, found = find(worker, part, rows[:0])
				lock.Lock()
				enter(r.shared, found.shared)
				enter(r.split, found.split)
				enter(r.repeated, found.repeated)
				r.suspect(found.suspects)
				r.companies += found.companies
				lock.Unlock()
			}
		})
	}
	wait.Wait()
}

func enter(set map[uint64]struct{}, hashes []uint64) {
	for _, h := range hashes {
		set[h] = struct{}{}
	}
}

func (r *Roll) suspect(places []uint32) {
	for _, p := range places {
		r.suspects[p/64] |= 1 << (p % 64)
	}
}

// sharedAmong finds the addresses that several companies declare.
func sharedAmong(rows []RollEntry) *rollFound {
	var found rollFound
	slices.SortFunc(rows, func(a, b RollEntry) int { return cmp.Compare(a.address, b.address) })
	for group := range rollGroups(rows, func(e *RollEntry) uint64 { return e.address }) {
		if group[0].address >= rollFirst && slices.ContainsFunc(group[1:], func(e RollEntry) bool { return e.company != group[0].company }) {
			found.shared = append(found.shared, group[0].address)
			found.name(group)
		}
	}
	return &found
}

// repeatedAmong finds the companies that have several rows, and those of them that declare different addresses.
func repeatedAmong(rows []RollEntry) *rollFound {
	var found rollFound
	slices.SortFunc(rows, func(a, b RollEntry) int { return cmp.Compare(a.company, b.company) })
	for group := range rollGroups(rows, func(e *RollEntry) uint64 { return e.company }) {
		found.companies++
		if len(group) == 1 {
			continue
		}
		found.repeated = append(found.repeated, group[0].company)
		found.name(group)
		counted := slices.DeleteFunc(group, func(e RollEntry) bool { return e.address == rollIgnored })
		if len(counted) > 1 && slices.ContainsFunc(counted[1:], func(e RollEntry) bool { return e.address != counted[0].address }) {
			found.split = append(found.split, counted[0].company)
		}
	}
	return &found
}

func (f *rollFound) name(group []RollEntry) {
	for _, e := range group {
		f.suspects = append(f.suspects, e.place)
	}
}

// rollGroups yields the runs of rows with equal keys.
func rollGroups(rows []RollEntry, key func(*RollEntry) uint64) func(func([]RollEntry) bool) {
	return func(yield func([]RollEntry) bool) {
		for start := 0; start < len(rows); {
			end := start + 1
			for end < len(rows) && key(&rows[end]) == key(&rows[start]) {
				end++
			}
			if !yield(rows[start:end]) {
				return
			}
			start = end
		}
	}
}

// Companies returns how many companies the rows belong to, by company key.
func (r *Roll) Companies() int { return r.companies }

// Suspect reports whether the row at a place is marked, or the roll suspects its address or its company. What is asked about any other row need not be
// asked: nobody else declares its address, and its company has no other row.
func (r *Roll) Suspect(place int) bool {
	return place/64 >= len(r.suspects) || r.suspects[place/64]>>(place%64)&1 != 0
}

// Shared reports whether the folded address may stand on positions of several companies.
func (r *Roll) Shared(address string) bool { return has(r.shared, r.Hash(address)) }

// Split reports whether the company may have positions with different addresses, or with and without one.
func (r *Roll) Split(company string) bool { return has(r.split, r.Hash(company)) }

// Repeated reports whether the company may have several rows.
func (r *Roll) Repeated(company string) bool { return has(r.repeated, r.Hash(company)) }

func has(set map[uint64]struct{}, h uint64) bool {
	_, ok := set[h]
	return ok
}

package checker

import (
	"hash/maphash"
	"math/bits"
	"slices"
	"sync"
)

// A Roll is all that must be known of every row at once: which addresses may stand on positions of several companies, and which companies may have
// several positions. It holds 20 bytes a row until it is sealed, then a bit, and no text. It only suspects: whoever it names is compared as text before
// anything is said of him, so that equal hashes accuse nobody.
//
// Rows are added to its sheets, then the Roll is sealed, then asked. Making a sheet is not safe for concurrent use; Entry and asking are.
type Roll struct {
	seed      maphash.Seed
	sheets    []*RollSheet
	suspects  []uint64 // a bit for each place
	shared    map[uint64]struct{}
	split     map[uint64]struct{}
	repeated  map[uint64]struct{}
	companies int
}

// A RollEntry is what the Roll knows of a row.
type RollEntry struct {
	address, company halves
	place            uint32
}

// Address returns the hash of the entry's address, ok false when it has none that counts.
func (e *RollEntry) Address() (hash uint64, ok bool) {
	hash = e.address.whole()
	return hash, hash >= rollFirst
}

// halves is a hash that may lie at any multiple of four bytes: as one number it would make 24 bytes of an entry's 20.
type halves [2]uint32

func halve(h uint64) halves { return halves{uint32(h), uint32(h >> 32)} }

func (h halves) whole() uint64 { return uint64(h[1])<<32 | uint64(h[0]) }

// rollParts keeps each table within the second-level cache.
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
	known := rollIgnored
	if counts {
		known = rollNone
		if address != "" {
			known = r.Hash(address)
		}
	}
	return RollEntry{halve(known), halve(r.Hash(company)), uint32(place)}
}

// A RollSheet takes the entries of one goroutine: if several wrote into one heap, they would wait for each other's cache at every row.
type RollSheet struct {
	piles  [rollParts]rollPile // by the top bits of the address
	rows   int
	marked []uint32
}

// Sheet returns a new sheet of the roll.
func (r *Roll) Sheet() *RollSheet {
	s := &RollSheet{}
	r.sheets = append(r.sheets, s)
	return s
}

// Add enters positions. Their places must be below 2^32.
func (s *RollSheet) Add(entries []RollEntry) {
	var none [][]RollEntry
	for _, e := range entries {
		s.piles[e.address.whole()>>(64-rollBits)].add(e, &none)
		s.rows = max(s.rows, int(e.place)+1)
	}
}

// Mark makes the row at a place a suspect whatever the others are.
func (s *RollSheet) Mark(place int) { s.marked = append(s.marked, uint32(place)) }

// A rollPile is a heap of entries in blocks, which neither move nor leave room when it grows.
type rollPile [][]RollEntry

const rollBlock = 256

// add enters a row; spare holds blocks that are not used any more.
func (p *rollPile) add(e RollEntry, spare *[][]RollEntry) {
	last := len(*p) - 1
	if last < 0 || len((*p)[last]) == rollBlock {
		var block []RollEntry
		if n := len(*spare); n > 0 {
			block, *spare = (*spare)[n-1], (*spare)[:n-1]
		} else {
			block = make([]RollEntry, 0, rollBlock)
		}
		*p = append(*p, block)
		last++
	}
	(*p)[last] = append((*p)[last], e)
}

// Seal ends adding and finds the suspects. The rows' memory is released.
func (r *Roll) Seal() {
	r.shared, r.split, r.repeated = map[uint64]struct{}{}, map[uint64]struct{}{}, map[uint64]struct{}{}
	rows := 0
	for _, s := range r.sheets {
		rows = max(rows, s.rows)
	}
	r.suspects = make([]uint64, (rows+63)/64)
	for _, s := range r.sheets {
		r.suspect(s.marked)
	}
	var finders [rollWorkers]rollFinder
	r.eachPart(&finders, func(f *rollFinder, part int) {
		for _, sheet := range r.sheets {
			f.take(&sheet.piles[part])
		}
		for _, e := range f.rows {
			f.byCompany[e.company.whole()>>(64-rollBits)].add(e, &f.spare)
		}
		f.findShared()
	})
	r.eachPart(&finders, func(f *rollFinder, part int) {
		for i := range finders {
			f.take(&finders[i].byCompany[part])
		}
		f.findRepeated()
	})
	r.sheets = nil
}

const rollWorkers = 2

// eachPart runs find on every part, several at a time, and keeps what it finds.
func (r *Roll) eachPart(finders *[rollWorkers]rollFinder, find func(f *rollFinder, part int)) {
	var wait sync.WaitGroup
	var lock sync.Mutex
	for worker := range finders {
		wait.Go(func() {
			f := &finders[worker]
			for part := worker; part < rollParts; part += rollWorkers {
				find(f, part)
				lock.Lock()
				enter(r.shared, f.shared)
				enter(r.split, f.split)
				enter(r.repeated, f.repeated)
				r.suspect(f.suspects)
				r.companies += f.companies
				lock.Unlock()
				f.forget()
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

// A rollFinder finds the rows of a part that have equal hashes. Its memory is used again for the next part.
type rollFinder struct {
	rows      []RollEntry
	spare     [][]RollEntry
	byCompany [rollParts]rollPile

	table []uint32 // open addressing: the number of a row, from 1, by its hash
	first []uint32 // of each row, the number of the first row with the same hash
	marks []uint8  // of each first row

	// What the part gives away.
	shared, split, repeated []uint64
	suspects                []uint32
	companies               int
}

const (
	rollSeveral = 1 << iota // rows
	rollDiffer              // in what is compared
)

// take moves a pile to the rows.
func (f *rollFinder) take(p *rollPile) {
	for _, b := range *p {
		f.rows = append(f.rows, b...)
		f.spare = append(f.spare, b[:0])
	}
	*p = nil
}

func (f *rollFinder) forget() {
	f.rows, f.shared, f.split, f.repeated, f.suspects, f.companies = f.rows[:0], f.shared[:0], f.split[:0], f.repeated[:0], f.suspects[:0], 0
}

// group finds for each row the first one with the same key, and calls meet for each row that has one before it. Rows whose key is below rollFirst are let be.
func (f *rollFinder) group(key func(*RollEntry) uint64, meet func(first, row int)) {
	n := len(f.rows)
	size := 1 << bits.Len(uint(2*n))
	f.table = slices.Grow(f.table[:0], size)[:size]
	f.first = slices.Grow(f.first[:0], n)[:n]
	f.marks = slices.Grow(f.marks[:0], n)[:n]
	clear(f.table)
	clear(f.marks)
	for i := range f.rows {
		f.first[i] = uint32(i)
		k := key(&f.rows[i])
		if k < rollFirst {
			continue
		}
		at := int(k) & (size - 1)
		for f.table[at] != 0 && key(&f.rows[f.table[at]-1]) != k {
			at = (at + 1) & (size - 1)
		}
		if f.table[at] == 0 {
			f.table[at] = uint32(i + 1)
			continue
		}
		f.first[i] = f.table[at] - 1
		meet(int(f.first[i]), i)
	}
}

// findShared finds the addresses that several companies declare.
func (f *rollFinder) findShared() {
	f.group(func(e *RollEntry) uint64 { return e.address.whole() }, func(first, row int) {
		if f.rows[first].company != f.rows[row].company {
			f.marks[first] |= rollDiffer
		}
	})
	for i, e := range f.rows {
		if first := int(f.first[i]); f.marks[first]&rollDiffer != 0 {
			f.suspects = append(f.suspects, e.place)
			if first == i {
				f.shared = append(f.shared, e.address.whole())
			}
		}
	}
}

// findRepeated finds the companies that have several rows, and those of them that declare different addresses.
func (f *rollFinder) findRepeated() {
	f.companies = len(f.rows)
	f.group(func(e *RollEntry) uint64 { return e.company.whole() }, func(first, row int) {
		f.companies--
		f.marks[first] |= rollSeveral
		known, declared := &f.rows[first].address, f.rows[row].address // known is the first one that counts
		switch {
		case declared == halve(rollIgnored), declared == *known:
		case *known == halve(rollIgnored):
			*known = declared
		default:
			f.marks[first] |= rollDiffer
		}
	})
	for i, e := range f.rows {
		first := int(f.first[i])
		if f.marks[first] == 0 {
			continue
		}
		f.suspects = append(f.suspects, e.place)
		if first == i {
			f.repeated = append(f.repeated, e.company.whole())
			if f.marks[i]&rollDiffer != 0 {
				f.split = append(f.split, e.company.whole())
			}
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

package checker

import (
	"cmp"
	"hash/maphash"
	"slices"
	"sync"
)

// A Roll is all that must be known of every row at once: which addresses may stand on positions of several companies, and which companies may declare several
// addresses. It holds 16 bytes a row, no text. It only suspects: whoever it names is compared as text before anything is said of him, so that equal hashes
// accuse nobody.
//
// Rows are added, then the Roll is sealed, then asked. Adding is not safe for concurrent use; asking is.
type Roll struct {
	seed      maphash.Seed
	rows      [rollParts][]rollRow // by the top bits of the address, later of the company
	shared    map[uint64]struct{}
	split     map[uint64]struct{}
	repeated  map[uint64]struct{}
	companies int
}

type rollRow struct{ address, company uint64 }

// rollParts keeps each sort small enough for the second-level cache and lets two cores work at once.
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

func (r *Roll) hash(s string) uint64 { return max(maphash.String(r.seed, s), rollFirst) }

// Add enters a position. address is its folded address, "" if it has none; counts is false where the address says nothing about who holds it (a
// cancelled position, a cell that does not tell).
func (r *Roll) Add(company, address string, counts bool) {
	row := rollRow{rollIgnored, r.hash(company)}
	if counts {
		row.address = rollNone
		if address != "" {
			row.address = r.hash(address)
		}
	}
	part := row.address >> (64 - rollBits)
	r.rows[part] = append(r.rows[part], row)
}

// Seal ends adding and finds the suspects. The rows' memory is released.
func (r *Roll) Seal() {
	r.shared, r.split, r.repeated = map[uint64]struct{}{}, map[uint64]struct{}{}, map[uint64]struct{}{}
	r.eachPart(func(rows []rollRow) []uint64 {
		slices.SortFunc(rows, func(a, b rollRow) int { return cmp.Compare(a.address, b.address) })
		return suspects(rows, func(x rollRow) uint64 { return x.address }, func(group []rollRow) bool {
			return group[0].address >= rollFirst && differ(group, func(x rollRow) uint64 { return x.company })
		})
	}, r.shared)

	byCompany := [rollParts][]rollRow{}
	for i, rows := range r.rows {
		for _, row := range rows {
			part := row.company >> (64 - rollBits)
			byCompany[part] = append(byCompany[part], row)
		}
		r.rows[i] = nil
	}
	r.rows = byCompany
	r.eachPart(func(rows []rollRow) []uint64 {
		slices.SortFunc(rows, func(a, b rollRow) int {
			return cmp.Or(cmp.Compare(a.company, b.company), cmp.Compare(a.address, b.address))
		})
		return suspects(rows, func(x rollRow) uint64 { return x.company }, func(group []rollRow) bool { return len(group) > 1 })
	}, r.repeated)
	for i, rows := range r.rows {
		r.companies += len(rows)
		for group := range groups(rows, func(x rollRow) uint64 { return x.company }) {
			r.companies -= len(group) - 1
			counted := group[:0]
			for _, row := range group {
				if row.address != rollIgnored {
					counted = append(counted, row)
				}
			}
			if len(counted) > 1 && differ(counted, func(x rollRow) uint64 { return x.address }) {
				r.split[counted[0].company] = struct{}{}
			}
		}
		r.rows[i] = nil
	}
}

// eachPart runs find on every part, two at a time, and puts what it returns into set.
func (r *Roll) eachPart(find func([]rollRow) []uint64, set map[uint64]struct{}) {
	var wait sync.WaitGroup
	var lock sync.Mutex
	const workers = 2
	for w := range workers {
		wait.Go(func() {
			for i := w; i < rollParts; i += workers {
				found := find(r.rows[i])
				lock.Lock()
				for _, h := range found {
					set[h] = struct{}{}
				}
				lock.Unlock()
			}
		})
	}
	wait.Wait()
}

func suspects(rows []rollRow, key func(rollRow) uint64, suspect func([]rollRow) bool) []uint64 {
	var found []uint64
	for group := range groups(rows, key) {
		if suspect(group) {
			found = append(found, key(group[0]))
		}
	}
	return found
}

// groups yields the runs of rows with equal keys.
func groups(rows []rollRow, key func(rollRow) uint64) func(func([]rollRow) bool) {
	return func(yield func([]rollRow) bool) {
		for start := 0; start < len(rows); {
			end := start + 1
			for end < len(rows) && key(rows[end]) == key(rows[start]) {
				end++
			}
			if !yield(rows[start:end]) {
				return
			}
			start = end
		}
	}
}

func differ(group []rollRow, value func(rollRow) uint64) bool {
	for _, row := range group[1:] {
		if value(row) != value(group[0]) {
			return true
		}
	}
	return false
}

// Companies returns how many companies the rows belong to, by company key.
func (r *Roll) Companies() int { return r.companies }

// Shared reports whether the folded address may stand on positions of several companies.
func (r *Roll) Shared(address string) bool {
	return len(r.shared) > 0 && has(r.shared, r.hash(address))
}

// Split reports whether the company may have positions with different addresses, or with and without one.
func (r *Roll) Split(company string) bool { return len(r.split) > 0 && has(r.split, r.hash(company)) }

// Repeated reports whether the company may have several rows.
func (r *Roll) Repeated(company string) bool {
	return len(r.repeated) > 0 && has(r.repeated, r.hash(company))
}

// Suspects reports whether a second look at the rows is needed at all.
func (r *Roll) Suspects() bool { return len(r.shared)+len(r.split) > 0 }

func has(set map[uint64]struct{}, h uint64) bool {
	_, ok := set[h]
	return ok
}

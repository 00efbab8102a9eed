package reports

import (
	"cmp"
	"slices"
	"strings"

	"pecaudit/checker"
)

// A sorted is a row with what it is compared by, folded once.
type sorted struct {
	key   string
	row   *Row
	place int // before it was sorted
}

// Sort puts rows in the order of every list: name (checker.SortKey), then codice fiscale, REA, address, ground, file, line.
func Sort(rows []Row) {
	order := keyed(rows)
	for i := range order { // rows are large: each goes to its place at once, round and round
		first, to := rows[i], i
		for from := order[to].place; from != i; from = order[to].place {
			rows[to], order[to].place = rows[from], to
			to = from
		}
		rows[to], order[to].place = first, to
	}
}

// inOrder returns the rows in the order of Sort and leaves the slice as it is.
func inOrder(rows []Row) []*Row {
	ordered := make([]*Row, len(rows))
	for i, s := range keyed(rows) {
		ordered[i] = s.row
	}
	return ordered
}

func keyed(rows []Row) []sorted {
	list := make([]sorted, len(rows))
	for i := range rows {
		list[i] = sorted{checker.SortKey(rows[i].Name), &rows[i], i}
	}
	slices.SortStableFunc(list, compareRows)
	return list
}

func compareRows(x, y sorted) int {
	if c := strings.Compare(x.key, y.key); c != 0 {
		return c
	}
	a, b := x.row, y.row
	return cmp.Or(
		strings.Compare(a.CodiceFiscale, b.CodiceFiscale), strings.Compare(a.REA, b.REA), strings.Compare(a.PEC, b.PEC),
		strings.Compare(string(a.Ground), string(b.Ground)), strings.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line),
		strings.Compare(a.Sheet, b.Sheet), strings.Compare(string(a.Kind), string(b.Kind)), strings.Compare(a.Case, b.Case),
	)
}

// keep returns the rows for which ok holds, in their order.
func keep(rows []*Row, ok func(*Row) bool) []*Row {
	var kept []*Row
	for _, r := range rows {
		if ok(r) {
			kept = append(kept, r)
		}
	}
	return kept
}

// pointers returns the elements' addresses.
func pointers[T any](list []T) []*T {
	out := make([]*T, len(list))
	for i := range list {
		out[i] = &list[i]
	}
	return out
}

// sortedGrounds returns the grounds of a count, in the order of tables.
func sortedGrounds(count map[checker.Ground]int) []checker.Ground {
	var list []checker.Ground
	for g, n := range count {
		if n != 0 {
			list = append(list, g)
		}
	}
	slices.SortFunc(list, func(a, b checker.Ground) int {
		if d := groundOrder(a) - groundOrder(b); d != 0 {
			return d
		}
		return strings.Compare(string(a), string(b))
	})
	return list
}

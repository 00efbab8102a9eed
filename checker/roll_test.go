package checker

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"
)

// TestRoll compares the roll with maps of text.
func TestRoll(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		type position struct {
			company, address string
			counts, marked   bool
		}
		rows := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) position {
			return position{
				company: fmt.Sprint("c", rapid.IntRange(0, 40).Draw(t, "company")),
				address: rapid.SampledFrom([]string{"", "a", "b", "c", "d", "e", "f", "g", "h"}).Draw(t, "address"),
				counts:  rapid.IntRange(0, 9).Draw(t, "counts") > 0,
				marked:  rapid.IntRange(0, 19).Draw(t, "marked") == 0,
			}
		}), 0, 60).Draw(t, "rows")

		roll := NewRoll()
		sheets := []*RollSheet{roll.Sheet(), roll.Sheet()}
		holders, addresses, count := map[string]map[string]bool{}, map[string]map[string]bool{}, map[string]int{}
		put := func(sets map[string]map[string]bool, key, value string) {
			if sets[key] == nil {
				sets[key] = map[string]bool{}
			}
			sets[key][value] = true
		}
		for place, p := range rows {
			e := roll.Entry(place, p.company, p.address, p.counts)
			sheet := sheets[rapid.IntRange(0, 1).Draw(t, "sheet")]
			sheet.Add([]RollEntry{e})
			if p.marked {
				sheet.Mark(place)
			}
			count[p.company]++
			if p.counts {
				put(addresses, p.company, p.address)
				if p.address != "" {
					put(holders, p.address, p.company)
				}
			}
		}
		roll.Seal()
		if roll.Companies() != len(count) {
			t.Fatalf("%d companies, not %d", roll.Companies(), len(count))
		}
		for place, p := range rows {
			shared, split, repeated := len(holders[p.address]) > 1, len(addresses[p.company]) > 1, count[p.company] > 1
			if roll.Shared(p.address) != shared || roll.Split(p.company) != split || roll.Repeated(p.company) != repeated {
				t.Fatalf("row %d of %v", place, rows)
			}
			if want := p.marked || repeated || shared && p.counts; roll.Suspect(place) != want {
				t.Fatalf("row %d of %v is suspect: %v", place, rows, !want)
			}
		}
	})
}

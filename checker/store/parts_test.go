package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"pecaudit/checker"
	"pecaudit/checker/cases"
)

// TestSaveParts shows that parts are stored like one list, into an empty store too, while the state before them is read.
func TestSaveParts(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	list := manyCases(10_010)
	s := quick(t)
	part := func(list []cases.Case) Part {
		p := Part{Decide: func(before []cases.Case) ([]cases.Case, error) {
			if len(before) > 0 {
				t.Errorf("%d cases of the transaction are shown", len(before))
			}
			return list, nil
		}}
		for i := range list {
			p.Companies = append(p.Companies, list[i].Company)
		}
		return p
	}
	first := list[0].Company // of which later parts ask once more: they are shown the state before
	for range 2 {            // what the first one stores is not kept
		update(t, s, func(tx *Tx) error {
			return tx.Try(ctx, func() (bool, error) {
				return false, tx.SaveParts(ctx, func(yield func(Part, error) bool) { yield(part(list), nil) })
			})
		})
	}
	update(t, s, func(tx *Tx) error {
		return tx.SaveParts(ctx, func(yield func(Part, error) bool) {
			if !yield(part(nil), nil) {
				return
			}
			for some := range slices.Chunk(list, 500) {
				p := part(some)
				p.Companies = append(p.Companies, first)
				if !yield(p, nil) {
					return
				}
			}
		})
	})
	if diff := cmp.Diff(withoutEvents(list...), newest(t, s), asStored); diff != "" {
		t.Errorf("%.2000s", diff)
	}
	sound(t, s)

	broken := errors.New("broken")
	more := part([]cases.Case{found("99999999999", "alfa", "2026-11-02")})
	undecided := more
	undecided.Decide = func([]cases.Case) ([]cases.Case, error) { return nil, broken }
	mad := more
	mad.Decide = func([]cases.Case) ([]cases.Case, error) { panic("mad") }
	func() {
		defer func() {
			if why := recover(); !strings.Contains(fmt.Sprint(why), "mad") {
				t.Errorf("the panic was lost: %v", why)
			}
		}()
		_ = s.Update(ctx, func(tx *Tx) error {
			return tx.SaveParts(ctx, func(yield func(Part, error) bool) { _ = yield(more, nil) && yield(mad, nil) })
		})
	}()
	for name, parts := range map[string]iter.Seq2[Part, error]{
		"made":    func(yield func(Part, error) bool) { _ = yield(more, nil) && yield(Part{}, broken) },
		"decided": func(yield func(Part, error) bool) { _ = yield(more, nil) && yield(undecided, nil) },
	} {
		err := s.Update(ctx, func(tx *Tx) error { return tx.SaveParts(ctx, parts) })
		if got := newest(t, s); !errors.Is(err, broken) || len(got) != len(list) {
			t.Errorf("%d cases after a part that could not be %s: %v", len(got), name, err)
		}
		if err := s.Update(ctx, func(tx *Tx) error {
			_ = tx.SaveParts(ctx, parts)
			return nil
		}); !errors.Is(err, broken) {
			t.Errorf("what a part that could not be %s left was kept: %v", name, err)
		}
	}
}

// TestCasesOfSome shows that the cases of some of many companies are the same, whether these stand close together or far apart.
func TestCasesOfSome(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := quick(t)
	save(t, s, manyCases(9000)...)
	all := newest(t, s)
	for _, every := range []int{1, 2, 3, 4, 9} {
		var companies []string
		var want []cases.Case
		for i := 0; i < len(all); i += every {
			companies = append(companies, all[i].Company+"x", all[i].Company) // in no order, and with one that nobody knows
			want = append(want, all[i])
		}
		got, err := s.CasesOf(ctx, companies)
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("one in %d: %v %.500s", every, err, diff)
		}
	}
}

// TestTwiceInAList shows that what stands later in a list holds.
func TestTwiceInAList(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	for name, stored := range map[string][]cases.Case{"first cases": nil, "more cases": {found(key(9), "alfa", "2026-11-02")}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := quick(t)
			save(t, s, stored...)
			first := found(key(1), "alfa", "2026-11-02")
			cleared := step(first, cases.EventCleared, cases.Cleared, "2026-11-03")
			other := found(key(2), "alfa", "2026-11-02")
			renamed := func(c cases.Case) cases.Case {
				c.Events, c.Facts.Name = nil, "ALTRA DENOMINAZIONE"
				return c
			}
			save(t, s, first, cleared, renamed(cleared), other, renamed(other))
			for _, want := range []cases.Case{renamed(cleared), renamed(other)} {
				if got, err := s.Case(ctx, want.ID); err != nil || got.State != want.State || got.Facts.Name != want.Facts.Name {
					t.Errorf("%+v, %v", got, err)
				}
			}
			sound(t, s)
		})
	}
}

// TestSeenAgain shows that a case that was only seen again reads as it was seen, that its body is not written for it, that any other change of the case holds
// against it, and that it goes with the case.
func TestSeenAgain(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := quick(t)
	list := []cases.Case{found(key(1), "alfa", "2026-11-02"), found(key(2), "alfa", "2026-11-02"), found(key(3), "beta", "2026-11-02")}
	save(t, s, list...)
	bodies := func() (texts []string) {
		t.Helper()
		if err := s.each(ctx, func(rows *sql.Rows) error {
			var text string
			err := rows.Scan(&text)
			texts = append(texts, text)
			return err
		}, "SELECT body FROM cases ORDER BY seq"); err != nil {
			t.Fatal(err)
		}
		return texts
	}
	// read returns all cases, by every way to them.
	read := func() []cases.Case {
		t.Helper()
		all, err := s.Cases(ctx, Filter{WithEvents: true})
		if err != nil {
			t.Fatal(err)
		}
		for i := range all {
			c, err := s.Case(ctx, all[i].ID)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(&all[i], c); diff != "" {
				t.Errorf("Case: %s", diff)
			}
		}
		if diff := cmp.Diff(withoutEvents(all...), newest(t, s), asStored); diff != "" {
			t.Errorf("CasesOf: %s", diff)
		}
		sound(t, s)
		return newest(t, s)
	}
	again := func(list []cases.Case, on string, row int) []cases.Case {
		for i := range list {
			c := &list[i]
			c.Checked, c.Facts.File, c.Facts.Sheet, c.Facts.Row, c.Again = day(on), "liste/"+on+".csv", "", row, true
		}
		return list
	}
	before := bodies()
	for i, on := range []string{"2026-12-01", "2027-01-01"} {
		want := again(read(), on, 10+i)
		save(t, s, want...)
		if diff := cmp.Diff(withoutEvents(want...), read(), asStored); diff != "" {
			t.Errorf("seen on %s: %s", on, diff)
		}
	}
	if diff := cmp.Diff(before, bodies()); diff != "" {
		t.Errorf("bodies: %s", diff)
	}

	// Something happens to the first, the facts of the second change, the third is seen once more.
	now := again(read(), "2027-02-01", 20)
	now[0] = step(now[0], cases.EventCleared, cases.Cleared, "2027-02-01")
	now[1].Facts.Name, now[1].Again = "ALTRA DENOMINAZIONE", false
	save(t, s, now...)
	got := read()
	if diff := cmp.Diff(withoutEvents(now...), got, asStored); diff != "" {
		t.Errorf("after changes: %s", diff)
	}
	var left int
	if err := s.read.QueryRowContext(ctx, "SELECT COUNT(*) FROM seen").Scan(&left); err != nil || left != 1 {
		t.Errorf("%d cases are told apart from their bodies, not 1: %v", left, err)
	}

	save(t, s, step(got[2], cases.EventCleared, cases.Cleared, "2027-03-01"))
	save(t, s, again(read(), "2027-03-02", 30)...)
	if _, err := s.Purge(ctx, PurgePolicy{EvidenceBefore: day("2040-01-01")}, false); err != nil {
		t.Fatal(err)
	}
	if got := read(); len(got) != 1 || got[0].Company != key(2) {
		t.Errorf("after the purge: %+v", got)
	}
}

// TestSeenAgainIsTheSame shows that whatever happens to cases over months, a store that is told which were only seen again says the same as one that is told
// nothing and keeps every body.
func TestSeenAgainIsTheSame(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	again := 0
	rapid.Check(t, func(rt *rapid.T) {
		told, untold := quick(t), quick(t)
		defer told.Close()
		defer untold.Close()
		both := func(change func(*Store, *Tx) error) {
			for _, s := range []*Store{told, untold} {
				if err := s.Update(ctx, func(tx *Tx) error { return change(s, tx) }); err != nil {
					rt.Fatal(err)
				}
			}
		}
		asOf := day("2026-01-10")
		for range rapid.IntRange(2, 8).Draw(rt, "months") {
			asOf = asOf.AddDays(rapid.IntRange(0, 40).Draw(rt, "days"))
			var today []cases.Sighting
			for i := range 4 {
				if rapid.IntRange(0, 5).Draw(rt, "absent") == 0 {
					continue
				}
				s := cases.Sighting{
					Company: key(i), Valid: true, Chamber: "alfa", Address: rapid.SampledFrom([]string{"a@pec.example", "a@pec.example", "b@pec.example"}).Draw(rt, "address"), Told: true, InScope: true,
					Facts: cases.Facts{Name: rapid.SampledFrom([]string{"ALFA", "ALFA", "ALFA", "BETA"}).Draw(rt, "name"), File: asOf.String() + ".csv", Row: rapid.IntRange(2, 9).Draw(rt, "row")},
				}
				if rapid.Bool().Draw(rt, "workbook") {
					s.Facts.Sheet = "Elenco"
				}
				s.Checks = []cases.Check{{Rule: "EXP-001", Ground: checker.GroundExpired, Outcome: rapid.SampledFrom([]string{"fail", "fail", "fail", "unknown", "pass"}).Draw(rt, "outcome")}}
				today = append(today, s)
			}
			both(func(s *Store, tx *Tx) error {
				return tx.SaveParts(ctx, func(yield func(Part, error) bool) {
					yield(Part{Companies: []string{key(0), key(1), key(2), key(3)}, Decide: func(newest []cases.Case) ([]cases.Case, error) {
						changed, err := cases.Decide(newest, today, cases.DecideInput{AsOf: asOf, Run: asOf.String()})
						for i := range changed {
							changed[i].Again = changed[i].Again && s == told
							if changed[i].Again {
								again++
							}
						}
						return changed, err
					}}, nil)
				})
			})
			if rapid.IntRange(0, 2).Draw(rt, "office") == 0 {
				open, err := told.Cases(ctx, Filter{Open: true})
				if err != nil {
					rt.Fatal(err)
				}
				if len(open) > 0 {
					id := rapid.SampledFrom(open).Draw(rt, "case").ID
					both(func(_ *Store, tx *Tx) error {
						c, err := tx.Case(ctx, id)
						if err == nil {
							*c = step(*c, cases.EventHeld, c.State, asOf.String())
							err = tx.SaveCases(ctx, []cases.Case{*c})
						}
						return err
					})
				}
			}
			var all [2][]cases.Case
			for i, s := range []*Store{told, untold} {
				var err error
				if all[i], err = s.Cases(ctx, Filter{WithEvents: true}); err != nil {
					rt.Fatal(err)
				}
				if problems := check(t, s); len(problems) > 0 {
					rt.Fatal(problems)
				}
			}
			if diff := cmp.Diff(all[1], all[0]); diff != "" {
				rt.Fatal(diff)
			}
			if diff := cmp.Diff(newest(t, untold), newest(t, told)); diff != "" {
				rt.Fatal(diff)
			}
		}
	})
	if again == 0 {
		t.Error("no case was only seen again")
	}
}

// TestTry shows that what is not kept leaves no trace, in the chain neither, and what is kept stays.
func TestTry(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := quick(t)
	a, b := found(key(1), "alfa", "2026-11-02"), found(key(2), "alfa", "2026-11-02")
	for _, keep := range []bool{false, true} {
		update(t, s, func(tx *Tx) error {
			return tx.Try(ctx, func() (bool, error) { return keep, tx.SaveCases(ctx, []cases.Case{a, b}) })
		})
		want := []cases.Case(nil)
		if keep {
			want = withoutEvents(a, b)
		}
		if diff := cmp.Diff(want, newest(t, s), asStored); diff != "" {
			t.Errorf("keep %t: %s", keep, diff)
		}
		n, _, err := s.Head(ctx)
		if err != nil || n != int64(len(want)) {
			t.Errorf("keep %t: the chain has %d entries: %v", keep, n, err)
		}
		sound(t, s)
	}
	broken := errors.New("broken")
	err := s.Update(ctx, func(tx *Tx) error {
		return tx.Try(ctx, func() (bool, error) { return true, broken })
	})
	if !errors.Is(err, broken) {
		t.Errorf("the error of the work is lost: %v", err)
	}
}

// TestCasesSince finds the cases of which something was recorded after a place of the chain.
func TestCasesSince(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := quick(t)
	a, b := found(key(1), "alfa", "2026-11-02"), found(key(2), "alfa", "2026-11-02")
	save(t, s, a, b)
	head, _, err := s.Head(ctx)
	if err != nil {
		t.Fatal(err)
	}
	b = listed(b, "2026-11-03")
	save(t, s, b)
	got, err := s.Cases(ctx, Filter{Since: head})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(withoutEvents(b), got, asStored); diff != "" {
		t.Error(diff)
	}
}

package store

import (
	"context"
	"database/sql"
	"errors"
	"iter"
	"testing"

	"github.com/google/go-cmp/cmp"

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
	for range 2 { // what the first one stores is not kept
		update(t, s, func(tx *Tx) error {
			return tx.Try(ctx, func() (bool, error) {
				return false, tx.SaveParts(ctx, func(yield func(Part, error) bool) { yield(part(list), nil) })
			})
		})
	}
	update(t, s, func(tx *Tx) error {
		return tx.SaveParts(ctx, func(yield func(Part, error) bool) {
			for _, some := range [][]cases.Case{list[:5000], nil, list[5000:]} {
				if !yield(part(some), nil) {
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
	for name, parts := range map[string]iter.Seq2[Part, error]{
		"made":    func(yield func(Part, error) bool) { _ = yield(more, nil) && yield(Part{}, broken) },
		"decided": func(yield func(Part, error) bool) { _ = yield(more, nil) && yield(undecided, nil) },
	} {
		err := s.Update(ctx, func(tx *Tx) error { return tx.SaveParts(ctx, parts) })
		if got := newest(t, s); !errors.Is(err, broken) || len(got) != len(list) {
			t.Errorf("%d cases after a part that could not be %s: %v", len(got), name, err)
		}
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

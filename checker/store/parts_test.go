package store

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"pecaudit/checker/cases"
)

// TestSaveParts shows that parts are stored like one list, into an empty store too, while the state before them is read.
func TestSaveParts(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	list := manyCases(2*bulk + 10)
	s := quick(t)
	update(t, s, func(tx *Tx) error {
		return tx.SaveParts(ctx, func(yield func([]cases.Case, error) bool) {
			for _, part := range [][]cases.Case{list[:bulk], nil, list[bulk:]} {
				if before, err := s.CasesOf(ctx, []string{list[0].Company}); err != nil || len(before) > 0 {
					t.Errorf("the store shows %d cases of the transaction: %v", len(before), err)
				}
				if !yield(part, nil) {
					return
				}
			}
		})
	})
	if diff := cmp.Diff(withoutEvents(list...), newest(t, s), cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("%.2000s", diff)
	}
	sound(t, s)

	broken := errors.New("broken")
	err := s.Update(ctx, func(tx *Tx) error {
		return tx.SaveParts(ctx, func(yield func([]cases.Case, error) bool) {
			_ = yield([]cases.Case{found("99999999999", "alfa", "2026-11-02")}, nil) && yield(nil, broken)
		})
	})
	if got := newest(t, s); !errors.Is(err, broken) || len(got) != len(list) {
		t.Errorf("%d cases after a part that could not be made: %v", len(got), err)
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
		if diff := cmp.Diff(want, newest(t, s), cmpopts.EquateEmpty()); diff != "" {
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
	if diff := cmp.Diff(withoutEvents(b), got, cmpopts.EquateEmpty()); diff != "" {
		t.Error(diff)
	}
}

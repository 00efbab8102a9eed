package store

import (
	"context"
	"errors"
	"maps"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"pecaudit/checker"
	"pecaudit/checker/cases"
)

func TestRuns(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := quick(t)
	if _, ok, err := s.LastRun(ctx); ok || err != nil {
		t.Errorf("a run in an empty store: %v, %v", ok, err)
	}
	if _, ok, err := s.RunOf(ctx, month("2026-11")); ok || err != nil {
		t.Errorf("a run of a month in an empty store: %v, %v", ok, err)
	}
	november := Run{ID: "n", Month: month("2026-11"), AsOf: day("2026-11-02"), Started: noon.Add(-time.Hour), Version: "1.0", Config: "c0ffee", Held: true, Accepted: []string{"UNI-001", "alfa"}}
	late := Run{ID: "l", Month: month("2026-11"), AsOf: day("2026-11-05")}
	october := Run{ID: "o", Month: month("2026-10"), AsOf: day("2026-10-01"), By: "A. Bianchi", Finished: noon}
	for _, r := range []Run{late, november, october, november} { // the last is the same run again
		update(t, s, func(tx *Tx) error { return tx.SaveRun(ctx, r) })
	}
	november.Finished, late.Finished = noon, noon
	last, ok, err := s.LastRun(ctx)
	if diff := cmp.Diff(late, last); diff != "" || !ok || err != nil {
		t.Errorf("the newest as-of: %s %v %v", diff, ok, err)
	}
	last, ok, err = s.RunOf(ctx, month("2026-11"))
	if diff := cmp.Diff(november, last); diff != "" || !ok || err != nil {
		t.Errorf("the last stored of the month: %s %v %v", diff, ok, err)
	}
	last, ok, err = s.RunOf(ctx, month("2026-10"))
	if diff := cmp.Diff(october, last); diff != "" || !ok || err != nil {
		t.Errorf("the only one of the month: %s %v %v", diff, ok, err)
	}
}

func TestChamberAsOf(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := quick(t)
	update(t, s, func(tx *Tx) error {
		return errors.Join(tx.SaveChamberAsOf(ctx, "alfa", day("2026-11-02")), tx.SaveChamberAsOf(ctx, "beta", day("2026-11-02")),
			tx.SaveChamberAsOf(ctx, "alfa", day("2026-11-05")), tx.SaveChamberAsOf(ctx, "beta", day("2026-10-01")), tx.SaveChamberAsOf(ctx, "", day("2026-11-02")))
	})
	got, err := s.ChamberAsOf(ctx)
	if want := map[string]checker.Date{"alfa": day("2026-11-05"), "beta": day("2026-11-02"), "": day("2026-11-02")}; err != nil || !maps.Equal(got, want) {
		t.Errorf("as-of %v, %v, want %v", got, err, want)
	}
}

func TestMonths(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := quick(t)
	november, october := month("2026-11"), month("2026-10")
	if _, ok, err := s.Month(ctx, november, "alfa"); ok || err != nil {
		t.Errorf("an unknown month: %v, %v", ok, err)
	}
	update(t, s, func(tx *Tx) error {
		return errors.Join(tx.SaveMonth(ctx, november, "beta", Pack([]byte(`{}`))), tx.SaveMonth(ctx, november, "alfa", Pack([]byte(`{"rows":1}`))),
			tx.SaveMonth(ctx, october, "alfa", Pack(nil)), tx.SaveMonth(ctx, november, "alfa", Pack([]byte(`{"rows":2}`))))
	})
	if body, ok, err := s.Month(ctx, november, "alfa"); body != `{"rows":2}` || !ok || err != nil {
		t.Errorf("month %s, %v, %v", body, ok, err)
	}
	if body, ok, err := s.Month(ctx, october, "alfa"); len(body) != 0 || !ok || err != nil {
		t.Errorf("month %s, %v, %v", body, ok, err)
	}
	slugs, err := s.MonthSlugs(ctx, november)
	if diff := cmp.Diff([]string{"alfa", "beta"}, slugs); diff != "" || err != nil {
		t.Error(diff, err)
	}
	if slugs, err := s.MonthSlugs(ctx, month("2026-09")); len(slugs) != 0 || err != nil {
		t.Error(slugs, err)
	}
	months, err := s.Months(ctx)
	if diff := cmp.Diff([]checker.Month{october, november}, months); diff != "" || err != nil {
		t.Error(diff, err)
	}
}

func TestCounts(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := quick(t)
	count := func(m string, n int) cases.MonthCount {
		return cases.MonthCount{Month: month(m), NewFailures: map[checker.RuleID]int{"EXP-001": n}, Positions: map[string]int{"alfa": 100 * n, "": 1}}
	}
	for _, c := range []cases.MonthCount{count("2026-08", 1), count("2026-10", 2), count("2026-09", 3), count("2026-10", 4), count("2026-11", 5)} {
		update(t, s, func(tx *Tx) error { return tx.SaveCounts(ctx, c) })
	}
	got, err := s.Counts(ctx, month("2026-11"), 2)
	if diff := cmp.Diff([]cases.MonthCount{count("2026-09", 3), count("2026-10", 4)}, got); diff != "" || err != nil {
		t.Error(diff, err)
	}
}

func TestFiles(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := quick(t)
	a := File{Kind: "albo", Month: month("2026-11"), Slug: "alfa", SHA256: "aa", Name: "alfa.xlsx"}
	b := a
	b.SHA256 = "bb"
	update(t, s, func(tx *Tx) error {
		return errors.Join(tx.SaveFile(ctx, a), tx.SaveFile(ctx, b), tx.SaveFile(ctx, a))
	})
	a.Saved, b.Saved = noon, noon
	got, err := s.Files(ctx, month("2026-11"))
	if diff := cmp.Diff([]File{a, b}, got); diff != "" || err != nil {
		t.Error(diff, err)
	}
}

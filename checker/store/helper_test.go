package store

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"pecaudit/checker"
	"pecaudit/checker/cases"
)

// noon is the clock of tests.
var noon = time.Date(2026, time.November, 2, 12, 0, 0, 0, time.UTC)

func day(s string) checker.Date {
	d, err := checker.ParseISODate(s)
	if err != nil {
		panic(err)
	}
	return d
}

func month(s string) checker.Month { return day(s + "-01").In() }

func tempPath(t testing.TB) string { return filepath.Join(t.TempDir(), "test.db") }

// fresh is the file of a new store: to copy it is faster than to make it.
var fresh = sync.OnceValue(func() []byte {
	dir, err := os.MkdirTemp("", "store")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "fresh.db")
	s, err := Open(context.Background(), path, Options{Write: true})
	if err != nil {
		panic(err)
	}
	if err := s.Close(); err != nil {
		panic(err)
	}
	file, err := os.ReadFile(path)
	if err != nil {
		panic(err)
	}
	return file
})

// quick opens a new store until the test ends.
func quick(t testing.TB) *Store {
	t.Helper()
	path := tempPath(t)
	if err := os.WriteFile(path, fresh(), 0o600); err != nil {
		t.Fatal(err)
	}
	return open(t, path)
}

// open opens or makes a store for writing until the test ends.
func open(t testing.TB, path string) *Store {
	t.Helper()
	s, err := Open(context.Background(), path, Options{Write: true, Holder: "a test", Now: func() time.Time { return noon }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func update(t testing.TB, s *Store, change func(*Tx) error) {
	t.Helper()
	if err := s.Update(context.Background(), change); err != nil {
		t.Fatal(err)
	}
}

func save(t testing.TB, s *Store, list ...cases.Case) {
	t.Helper()
	update(t, s, func(tx *Tx) error { return tx.SaveCases(context.Background(), list) })
}

// found makes a case that was just found.
func found(company, chamber, on string) cases.Case {
	c := cases.Case{
		Key:    cases.Key{Company: company, Address: "pec" + company + "@pec.example", Family: cases.FamilyInactive, Chamber: chamber},
		Ground: checker.GroundExpired, Rules: []checker.RuleID{"EXP-001"}, Found: day(on), Checked: day(on), Failed: day(on),
		Facts: cases.Facts{CodiceFiscale: company, REA: "XX-" + company[5:], Name: "PROVA " + company + " S.R.L.", PEC: "PEC" + company + "@pec.example", File: "elenco.csv", Row: 2},
	}
	c.ID = c.Key.ID(c.Found)
	return step(c, cases.EventFound, cases.Found, on)
}

// step returns the case after one more event, which is then its only new one.
func step(c cases.Case, event cases.EventKind, to cases.State, on string) cases.Case {
	c.Events = []cases.Event{{At: day(on), By: "pecaudit", Event: event, From: c.State, To: to, Run: "run-" + on, Evidence: &cases.Evidence{File: "elenco.csv", Row: 2}}}
	c.State = to
	switch to {
	case cases.Cured, cases.Cleared, cases.Withdrawn, cases.Executed, cases.Moved:
		c.Closed = day(on)
	}
	return c
}

// listed returns the case as published on a day.
func listed(c cases.Case, on string) cases.Case {
	c = step(c, cases.EventListed, cases.Listed, on)
	c.Term = cases.Term{Procedure: "giudice-45", Published: day(on), Nominal: day(on).AddDays(45), Shifted: day(on).AddDays(46), Safe: day(on).AddDays(47)}
	c.Act = "Determinazione 1/2026"
	return c
}

// key makes a company key: 11 digits.
func key(n int) string { return fmt.Sprintf("%011d", n) }

func newest(t testing.TB, s *Store) []cases.Case {
	t.Helper()
	ctx := context.Background()
	var companies []string
	if err := s.Companies(ctx, func(company string, _ bool) error {
		companies = append(companies, company)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	list, err := s.CasesOf(ctx, companies)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func check(t testing.TB, s *Store) []Problem {
	t.Helper()
	problems, err := s.Check(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return problems
}

func sound(t testing.TB, s *Store) {
	t.Helper()
	for _, p := range check(t, s) {
		t.Errorf("the store is not sound: %s", p)
	}
}

// asStored compares cases with what the store returns of them: where it keeps them is its own.
var asStored = cmp.Options{cmpopts.EquateEmpty(), cmpopts.IgnoreFields(cases.Case{}, "Place", "Again")}

// withoutEvents strips what reading does not load.
func withoutEvents(list ...cases.Case) []cases.Case {
	out := make([]cases.Case, len(list))
	for i, c := range list {
		c.Events = nil
		out[i] = c
	}
	return out
}

func byKey(a, b cases.Case) int { return compareCases(&a, &b) }

package store

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"pecaudit/checker"
	"pecaudit/checker/cases"
)

// retention is CONTRACT section 6 on 2 November 2026: 30 months and 10 years.
var retention = PurgePolicy{EvidenceBefore: day("2024-05-02"), MonthsBefore: day("2024-05-02"), CasesBefore: day("2016-11-02")}

func TestPurge(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	path := tempPath(t)
	s := open(t, path)

	n := 0
	life := func(chamber, foundOn, listedOn, closedOn string, office cases.EventKind) cases.Case {
		t.Helper()
		n++
		c := found(key(n), chamber, foundOn)
		c.Office.Event = office
		save(t, s, c)
		if listedOn != "" {
			c = listed(c, listedOn)
			save(t, s, c)
		}
		if closedOn != "" {
			to := cases.Cleared
			if listedOn != "" {
				to = cases.Cured
			}
			c = step(c, cases.EventKind(to), to, closedOn)
			save(t, s, c)
		}
		return c
	}
	goes := []cases.Case{
		life("alfa", "2016-01-04", "2016-01-05", "2016-11-01", ""),         // published, ended more than 10 years ago
		life("alfa", "2024-03-01", "", "2024-05-01", ""),                   // never published, ended more than 30 months ago
		life("alfa", "2015-03-01", "", "2016-05-01", cases.EventWithdrawn), // the office's word, 10 years ago
	}
	stays := []cases.Case{
		life("alfa", "2016-01-04", "2016-01-05", "2016-11-02", ""),         // published, ended 10 years ago to the day
		life("alfa", "2024-03-01", "", "2024-05-02", ""),                   // never published, ended 30 months ago to the day
		life("beta", "2015-01-02", "", "", ""),                             // never published, stands
		life("beta", "2015-01-02", "2015-02-02", "", ""),                   // published, stands
		life("alfa", "2020-03-01", "", "2020-05-01", cases.EventWithdrawn), // the office's word holds against the lists
	}
	for _, m := range []string{"2015-01", "2015-02", "2016-02", "2016-11", "2016-12", "2024-04", "2024-05"} {
		update(t, s, func(tx *Tx) error {
			for _, slug := range []string{"alfa", "beta", "gamma", "nazionale"} {
				if err := tx.SaveMonth(ctx, month(m), slug, Pack([]byte(m))); err != nil {
					return err
				}
			}
			return nil
		})
	}
	receipt := func(c cases.Case, on string) Observation {
		return ObservationOfReceipt(c.Address, day(on).Time(), "Gestore Uno", checker.ProofDead, []byte("geheim "+c.Address+on))
	}
	smtp := func(address, on string) Observation {
		return ObservationOfSMTP(address, checker.SMTPReply{Observed: checker.Observed{At: day(on).Time().Add(time.Hour), By: "h"}}, time.Time{})
	}
	keptReceipt, goneReceipt, recentReceipt := receipt(stays[0], "2016-11-02"), receipt(goes[0], "2016-10-01"), receipt(goes[0], "2024-05-02")
	observe(t, s,
		keptReceipt, goneReceipt, recentReceipt,
		receipt(stays[1], "2024-04-01"), // its case was never published
		receipt(stays[0], "2016-11-03"), // after the end of the case
		smtp(stays[3].Address, "2024-01-01"), smtp("nobody@pec.example", "2024-05-01"), smtp("nobody@pec.example", "2024-05-02"),
		observed1(day("2019-01-01").Time()), // the domain of stays[3]
		ObservationOfMX("other.example", checker.MXAnswer{Observed: checker.Observed{At: day("2019-01-01").Time()}, Kind: checker.MXNull}),
	)
	sound(t, s)

	want := PurgeReport{Cases: 3, Events: 7, Observations: 5, Messages: 3, Months: 16}
	monthsBefore := allMonths(t, s)
	dry, err := s.Purge(ctx, retention, true)
	if diff := cmp.Diff(want, dry); diff != "" || err != nil {
		t.Errorf("dry run: %s, %v", diff, err)
	}
	if diff := cmp.Diff(monthsBefore, allMonths(t, s)); diff != "" {
		t.Errorf("a dry run changed the store: %s", diff)
	}
	done, err := s.Purge(ctx, retention, false)
	if diff := cmp.Diff(want, done); diff != "" || err != nil {
		t.Fatalf("%s, %v", diff, err)
	}
	sound(t, s)

	got, err := s.Cases(ctx, Filter{})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(withoutEvents(slices.SortedFunc(slices.Values(stays), byKey)...), got, asStored); diff != "" {
		t.Errorf("cases: %s", diff)
	}
	wantMonths := []string{
		"2015-01 beta", "2015-02 beta", "2016-02 alfa", "2016-02 beta", "2016-11 alfa", "2016-11 beta", "2016-12 beta", "2024-04 beta",
		"2024-05 alfa", "2024-05 beta", "2024-05 gamma", "2024-05 nazionale",
	}
	if diff := cmp.Diff(wantMonths, allMonths(t, s)); diff != "" {
		t.Errorf("months: %s", diff)
	}
	for _, test := range []struct {
		o    Observation
		kept bool
	}{{keptReceipt, true}, {goneReceipt, false}, {recentReceipt, true}} {
		if _, ok, err := s.Message(ctx, test.o.SHA256); ok != test.kept || err != nil {
			t.Errorf("message of %s is kept: %v, %v", test.o.At, ok, err)
		}
	}
	if known := recall(t, s, MX, time.Time{}, "pec.example", "other.example"); len(known) != 1 || known["pec.example"].Answer.At.IsZero() {
		t.Errorf("known of domains: %v", known)
	}

	again, err := s.Purge(ctx, retention, false)
	if again != (PurgeReport{}) || err != nil {
		t.Errorf("a second purge: %+v, %v", again, err)
	}
	save(t, s, found(key(99), "alfa", "2026-11-02")) // the chain goes on
	sound(t, s)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{goes[0].Facts.Name, "geheim " + goes[0].Address + "2016-10-01"} {
		if strings.Contains(string(file), secret) {
			t.Errorf("the file still holds %q", secret)
		}
	}
}

func allMonths(t *testing.T, s *Store) []string {
	t.Helper()
	ctx := context.Background()
	var list []string
	months, err := s.Months(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range months {
		slugs, err := s.MonthSlugs(ctx, m)
		if err != nil {
			t.Fatal(err)
		}
		for _, slug := range slugs {
			list = append(list, m.String()+" "+slug)
		}
	}
	return list
}

// TestEmptiedBesidePurged shows that a purge covers only the events that it names.
func TestEmptiedBesidePurged(t *testing.T) {
	t.Parallel()
	for _, n := range []int{1, 3, 4} { // case 2, whose events are 2 and 5, is purged; the entry that says so is 6
		s, _ := told(t)
		if _, err := s.Purge(context.Background(), PurgePolicy{EvidenceBefore: day("2027-01-01")}, false); err != nil {
			t.Fatal(err)
		}
		sound(t, s)
		tamper(t, s, fmt.Sprintf("UPDATE events SET body = '', case_seq = NULL WHERE n = %d", n))
		want := Problem{Event: int64(n), What: "it was emptied, and no purge says so"}
		if problems := check(t, s); !slices.Contains(problems, want) {
			t.Errorf("event %d: problems %v", n, problems)
		}
	}
}

// TestPurgeNothing shows that days that are not set delete nothing.
func TestPurgeNothing(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s, _ := told(t)
	observe(t, s, observed1(noon))
	update(t, s, func(tx *Tx) error { return tx.SaveMonth(ctx, month("2014-01"), "alfa", Pack(nil)) })
	n, head, err := s.Head(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if r, err := s.Purge(ctx, PurgePolicy{}, false); r != (PurgeReport{}) || err != nil {
		t.Errorf("%+v, %v", r, err)
	}
	if n2, head2, err := s.Head(ctx); n2 != n || head2 != head || err != nil {
		t.Errorf("the chain went from %d to %d, %v", n, n2, err)
	}
}

func TestSpans(t *testing.T) {
	t.Parallel()
	got := spans([]int64{9, 1, 2, 3, 7, 6})
	if diff := cmp.Diff([]span{{1, 3}, {6, 7}, {9, 9}}, got); diff != "" {
		t.Error(diff)
	}
	if spans(nil) != nil {
		t.Error("spans of nothing")
	}
}

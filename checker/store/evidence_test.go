package store

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"pecaudit/checker"
)

func observed1(at time.Time) Observation {
	return ObservationOfMX("pec.example", checker.MXAnswer{Observed: checker.Observed{At: at, By: "127.0.0.1:53"}, Kind: checker.MXNoDomain, Raw: "NXDOMAIN"})
}

func observe(t testing.TB, s *Store, list ...Observation) {
	t.Helper()
	update(t, s, func(tx *Tx) error { return tx.Observe(context.Background(), list) })
}

func recall(t testing.TB, s *Store, kind Kind, notAfter time.Time, subjects ...string) map[string]Memory {
	t.Helper()
	known, err := s.Recall(context.Background(), kind, subjects, notAfter)
	if err != nil {
		t.Fatal(err)
	}
	return known
}

func TestAnswersRoundTrip(t *testing.T) {
	t.Parallel()
	s := quick(t)
	fault := &checker.Fault{Reason: checker.ReasonTimeout, Text: "i/o timeout"}
	at := noon
	for kind := checker.MXHosts; kind <= checker.MXUnusable; kind++ {
		for exchangers := checker.UnknownProvider; exchangers <= checker.MixedProviders; exchangers++ {
			at = at.Add(time.Second)
			want := checker.MXAnswer{Observed: checker.Observed{At: at, By: "r"}, Kind: kind, Exchangers: exchangers, Hosts: []string{"b.example", "a.example"}, Raw: "x <y>"}
			observe(t, s, ObservationOfMX("pec.example", want))
			o := recall(t, s, MX, at, "pec.example")["pec.example"].Answer
			got, err := o.MX()
			if want.Since = got.Since; err != nil || got.Since.IsZero() {
				t.Fatal(got.Since, err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		}
	}
	for class := checker.ReplyUnclear; class <= checker.ReplyTemporary; class++ {
		at = at.Add(time.Second)
		want := checker.SMTPReply{Observed: checker.Observed{At: at, By: "h", Since: at}, Class: class, Host: "mx.example", Code: 550, Enhanced: "5.1.1", Text: "550 5.1.1 no", RefusesImpossible: class%2 == 0, TookAnother: class%3 == 0}
		observe(t, s, ObservationOfSMTP("a@pec.example", want, noon))
		o := recall(t, s, SMTP, at, "a@pec.example")["a@pec.example"].Answer
		got, err := o.SMTP()
		if diff := cmp.Diff(want, got); diff != "" || err != nil || !o.NotBefore.IsZero() {
			t.Error(diff, err, o.NotBefore)
		}
	}
	at = at.Add(time.Second)
	later := at.Add(30 * time.Minute)
	failed := checker.SMTPReply{Observed: checker.Observed{At: at, By: "h", Fault: fault}}
	observe(t, s, ObservationOfSMTP("a@pec.example", failed, later))
	m := recall(t, s, SMTP, at, "a@pec.example")["a@pec.example"]
	got, err := m.Failed.SMTP()
	if diff := cmp.Diff(failed, got); diff != "" || err != nil || !m.Failed.NotBefore.Equal(later) {
		t.Error(diff, err, m.Failed.NotBefore)
	}
	for proof := checker.ProofDelivered; proof <= checker.ProofFailed; proof++ {
		o := ObservationOfReceipt("a@pec.example", noon, "Gestore Uno", proof, []byte(proof.String()))
		if got, err := o.Proof(); got != proof || err != nil {
			t.Errorf("proof %s, want %s, %v", got, proof, err)
		}
	}
}

// TestSenses shows which answers are the same.
func TestSenses(t *testing.T) {
	t.Parallel()
	mx := func(kind checker.MXKind, hosts ...string) string {
		return ObservationOfMX("pec.example", checker.MXAnswer{Observed: checker.Observed{At: noon}, Kind: kind, Hosts: hosts}).Sense
	}
	none := mx(checker.MXNoDomain)
	for _, kind := range []checker.MXKind{checker.MXNull, checker.MXNothing} {
		if mx(kind) != none {
			t.Errorf("%q is not %q: the domain takes no mail either way", mx(kind), none)
		}
	}
	if mx(checker.MXHosts, "a.example", "b.example") != mx(checker.MXHosts, "b.example", "a.example") {
		t.Error("the order of exchangers makes another answer")
	}
	different := []string{
		none, mx(checker.MXImplicit), mx(checker.MXUnusable), mx(checker.MXHosts, "a.example"), mx(checker.MXHosts, "b.example"), mx(checker.MXHosts, "a.example", "b.example"),
	}
	if slices.Sort(different); len(slices.Compact(different)) != 6 {
		t.Errorf("different answers are the same: %q", different)
	}
}

// TestSince compares what Observe keeps with the meaning of Since, worked out on the whole history.
func TestSince(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		s := quick(t)
		defer s.Close()
		subjects := []string{"a.example", "b.example"}
		history := map[string][]Observation{}
		at := noon
		for range rapid.IntRange(1, 4).Draw(rt, "runs") {
			var list []Observation
			for range rapid.IntRange(1, 6).Draw(rt, "observations") {
				at = at.Add(time.Duration(rapid.IntRange(1, 3).Draw(rt, "hours")) * time.Hour)
				a := checker.MXAnswer{Observed: checker.Observed{At: at, By: "r"}}
				switch rapid.IntRange(0, 4).Draw(rt, "answer") {
				case 0:
					a.Kind = checker.MXNoDomain
				case 1:
					a.Kind = checker.MXNull // the same answer: no mail
				case 2:
					a.Kind, a.Hosts = checker.MXHosts, []string{"x.example", "y.example"}
				case 3:
					a.Kind, a.Hosts = checker.MXHosts, []string{"y.example", "x.example"} // the same answer in another order
				case 4:
					a.Fault = &checker.Fault{Reason: checker.ReasonTimeout}
				}
				subject := rapid.SampledFrom(subjects).Draw(rt, "subject")
				o := ObservationOfMX(subject, a)
				list = append(list, o)
				history[subject] = append(history[subject], o)
			}
			slices.Reverse(list) // Observe puts them into order
			observe(t, s, list...)
		}
		notAfter := noon.Add(time.Duration(rapid.IntRange(0, 80).Draw(rt, "until")) * time.Hour)
		want := map[string]Memory{}
		for subject, list := range history {
			var m Memory
			since, sense := time.Time{}, "none"
			for _, o := range list {
				if o.At.After(notAfter) {
					break
				}
				if o.Fault != nil {
					m.Failed = o
					continue
				}
				if o.Sense != sense {
					since, sense = o.At, o.Sense
				}
				o.Since = since
				m = Memory{Answer: o}
			}
			if !m.Answer.At.IsZero() || !m.Failed.At.IsZero() {
				want[subject] = m
			}
		}
		if diff := cmp.Diff(want, recall(t, s, MX, notAfter, append(subjects, "never.example")...), cmpopts.EquateEmpty()); diff != "" {
			rt.Error(diff)
		}
	})
}

func TestReceipts(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := quick(t)
	raw := []byte("From: posta-certificata@gestore.example\r\n\r\n")
	other := []byte("another")
	first, second := ObservationOfReceipt("a@pec.example", noon.AddDate(0, 0, -20), "Gestore Uno", checker.ProofDead, raw), ObservationOfReceipt("a@pec.example", noon.AddDate(0, 0, -5), "Gestore Uno", checker.ProofDead, other)
	both := ObservationOfReceipt("b@pec.example", first.At, "Gestore Uno", checker.ProofDead, raw) // one message may speak of two boxes
	observe(t, s, second, both)
	observe(t, s, first, second, first) // again, and an older one later
	known, err := s.Receipts(ctx, []string{"b@pec.example", "a@pec.example", "c@pec.example"}, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, address := range slices.Sorted(maps.Keys(known)) {
		for _, o := range known[address] {
			proof, err := o.Proof()
			got = append(got, fmt.Sprint(address, " ", o.At.Format(time.DateOnly), " ", proof, " ", o.By, " ", o.SHA256[:4], " ", err))
		}
	}
	want := []string{
		"a@pec.example 2026-10-13 dead Gestore Uno " + first.SHA256[:4] + " <nil>",
		"a@pec.example 2026-10-28 dead Gestore Uno " + second.SHA256[:4] + " <nil>",
		"b@pec.example 2026-10-13 dead Gestore Uno " + first.SHA256[:4] + " <nil>",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if known, err = s.Receipts(ctx, []string{"a@pec.example"}, noon.AddDate(0, 0, -10)); err != nil || len(known["a@pec.example"]) != 1 {
		t.Errorf("%d receipts up to a day, %v", len(known["a@pec.example"]), err)
	}
	if kept, ok, err := s.Message(ctx, first.SHA256); string(kept) != string(raw) || !ok || err != nil {
		t.Errorf("message %q, %v, %v", kept, ok, err)
	}
	if _, ok, err := s.Message(ctx, "none"); ok || err != nil {
		t.Errorf("%v, %v", ok, err)
	}
}

func TestObserveRefuses(t *testing.T) {
	t.Parallel()
	s := quick(t)
	err := s.Update(context.Background(), func(tx *Tx) error {
		return errors.Join(tx.Observe(context.Background(), []Observation{observed1(noon)}), tx.Observe(context.Background(), []Observation{observed1(time.Time{})}))
	})
	if err == nil {
		t.Error("an observation without a time was kept")
	}
	if known := recall(t, s, MX, time.Time{}, "pec.example"); len(known) != 0 {
		t.Errorf("kept: %v", known)
	}
}

// TestManySubjects asks for more than one query holds.
func TestManySubjects(t *testing.T) {
	t.Parallel()
	s := quick(t)
	var list []Observation
	var subjects []string
	for i := range 2*batch + 1 {
		o := observed1(noon)
		o.Subject = fmt.Sprintf("d%d.example", i)
		list, subjects = append(list, o), append(subjects, o.Subject)
	}
	observe(t, s, list...)
	if known := recall(t, s, MX, time.Time{}, subjects...); len(known) != len(subjects) {
		t.Errorf("%d known of %d", len(known), len(subjects))
	}
}

func TestSpend(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := quick(t)
	now := noon
	s.now = func() time.Time { return now }
	spend := func(operator string, n int) {
		update(t, s, func(tx *Tx) error { return tx.Spend(ctx, operator, n) })
	}
	spend("uno", 3)
	spend("due", 1)
	spend("uno", 4)
	if got, err := s.Spent(ctx, day("2026-11-02")); err != nil || !maps.Equal(got, map[string]int{"uno": 7, "due": 1}) {
		t.Errorf("spent %v, %v", got, err)
	}
	now = noon.AddDate(0, 0, 1)
	spend("uno", 5)
	if got, err := s.Spent(ctx, day("2026-11-03")); err != nil || !maps.Equal(got, map[string]int{"uno": 5}) {
		t.Errorf("spent %v, %v", got, err)
	}
}

package checker_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"pecaudit/checker"
)

func TestDecide(t *testing.T) {
	t.Parallel()
	starred := &checker.Rule{ID: "XXX-001", Force: checker.Binding, Undetermines: true}
	binding := &checker.Rule{ID: "XXX-002", Force: checker.Binding}
	advisory := &checker.Rule{ID: "XXX-003", Force: checker.Advisory, Undetermines: true}
	f := func(r *checker.Rule, o checker.Outcome) checker.Finding {
		return checker.Finding{Rule: r, Result: checker.Result{Outcome: o}}
	}
	for _, c := range []struct {
		name     string
		findings []checker.Finding
		want     checker.Verdict
	}{
		{"nothing", nil, checker.Compliant},
		{"passes", []checker.Finding{f(starred, checker.Pass), f(binding, checker.Pass), f(advisory, checker.Pass)}, checker.Compliant},
		{"advisory fails", []checker.Finding{f(advisory, checker.Fail), f(starred, checker.Pass)}, checker.Compliant},
		{"advisory unknown", []checker.Finding{f(advisory, checker.Unknown)}, checker.Compliant},
		{"binding unknown", []checker.Finding{f(binding, checker.Unknown)}, checker.Compliant},
		{"starred unknown", []checker.Finding{f(starred, checker.Unknown), f(binding, checker.Pass)}, checker.Undetermined},
		{"a failure after an unknown", []checker.Finding{f(starred, checker.Unknown), f(binding, checker.Fail)}, checker.NonCompliant},
		{"a failure before an unknown", []checker.Finding{f(binding, checker.Fail), f(starred, checker.Unknown)}, checker.NonCompliant},
	} {
		if got := checker.Decide(c.findings); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

func TestWords(t *testing.T) {
	t.Parallel()
	got := []string{
		checker.Unknown.String(), checker.Pass.String(), checker.Fail.String(),
		checker.Undetermined.String(), checker.Compliant.String(), checker.NonCompliant.String(), checker.OutOfScope.String(),
		checker.Advisory.String(), checker.Binding.String(),
	}
	want := []string{"unknown", "pass", "fail", "undetermined", "compliant", "non-compliant", "out-of-scope", "advisory", "binding"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if (checker.Result{}).Outcome != checker.Unknown || checker.Verdict(0) != checker.Undetermined || checker.Duty(0) != checker.DutyDisputed {
		t.Error("a zero value says something")
	}
}

func TestDefaultPolicy(t *testing.T) {
	t.Parallel()
	want := checker.Policy{
		MaxMissing: 0.3, ExpiryWarningDays: 45, StatusMaxAge: 45, SharedReviewFrom: 5, DNSConfirmAfter: 72 * time.Hour, ReceiptsConfirm: 240 * time.Hour, ReceiptsMaxAge: 45,
	}
	if diff := cmp.Diff(want, checker.DefaultPolicy()); diff != "" {
		t.Error(diff)
	}
}

// at reads an instant that a test writes.
func at(s string) time.Time {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		panic(err)
	}
	return t
}

func TestEvidenceBetween(t *testing.T) {
	t.Parallel()
	seen := func(since, last string) checker.Observed { return checker.Observed{Since: at(since), At: at(last)} }
	full := checker.Evidence{
		Declared: checker.StatusEntry{Known: true, State: checker.DeclaredActive, Reference: on("2026-10-10")},
		MX:       checker.MXAnswer{Observed: seen("2026-10-05T10:00:00Z", "2026-10-10T10:00:00Z"), Kind: checker.MXNull},
		SMTP:     checker.SMTPReply{Observed: seen("2026-10-10T10:00:00Z", "2026-10-10T10:00:00Z"), Class: checker.ReplyAccepted},
		Receipt: checker.ReceiptSeen{
			Observed: seen("2026-10-05T10:00:00Z", "2026-10-10T10:00:00Z"), Proof: checker.ProofDead, Count: 2, Delivered: at("2026-10-01T10:00:00Z"),
		},
	}
	all := checker.StatusEvidence | checker.MXEvidence | checker.SMTPEvidence | checker.ReceiptEvidence
	if got := full.AtHand(); got != all {
		t.Errorf("at hand: %b", got)
	}
	later := full // what is left when the address was registered on the 6th
	later.MX.Since, later.Receipt.Since, later.Receipt.Count, later.Receipt.Delivered = later.MX.At, later.Receipt.At, 1, time.Time{}
	for _, c := range []struct {
		name        string
		first, last checker.Date
		want        checker.Evidence
	}{
		{"no registration date", checker.Date{}, on("2026-11-01"), full},
		{"registered before", on("2026-09-30"), on("2026-10-10"), full},
		{"registered on the day of the first", on("2026-10-01"), on("2026-10-10"), full},
		{"registered in between", on("2026-10-06"), on("2026-10-10"), later},
		{"registered later", on("2026-10-11"), on("2026-11-01"), checker.Evidence{}},
		{"judged before", checker.Date{}, on("2026-10-09"), checker.Evidence{Receipt: checker.ReceiptSeen{Delivered: full.Receipt.Delivered}}},
		{"judged before all", checker.Date{}, on("2026-09-30"), checker.Evidence{}},
	} {
		got := full.Between(c.first, c.last)
		if diff := cmp.Diff(c.want, *got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
	if got := full.Between(checker.Date{}, on("2026-11-01")); got != &full {
		t.Error("evidence that may be read whole was copied")
	}
	if got := full.Between(on("2026-10-11"), on("2026-11-01")); got == &full || full.AtHand() != all {
		t.Error("the evidence itself was changed")
	}
}

func TestSeen(t *testing.T) {
	t.Parallel()
	if (checker.Observed{}).Seen() || (checker.Observed{At: at("2026-10-10T10:00:00Z"), Fault: &checker.Fault{Reason: checker.ReasonTimeout}}).Seen() {
		t.Error("what was not attempted, or not answered, was seen")
	}
	if !(checker.Observed{At: at("2026-10-10T10:00:00Z")}).Seen() {
		t.Error("an answer was not seen")
	}
	if (checker.Observed{}).Tried() || !(checker.Observed{Fault: &checker.Fault{}}).Tried() || !(checker.Observed{At: at("2026-10-10T10:00:00Z")}).Tried() {
		t.Error("an attempt is not what was tried")
	}
	for kind, want := range map[checker.MXKind]bool{
		checker.MXNotAsked: false, checker.MXHosts: false, checker.MXImplicit: false, checker.MXUnusable: false,
		checker.MXNothing: true, checker.MXNull: true, checker.MXNoDomain: true,
	} {
		if kind.NoMail() != want {
			t.Errorf("kind %d: no mail %v", kind, !want)
		}
	}
}

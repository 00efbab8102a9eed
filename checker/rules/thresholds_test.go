package rules_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"pecaudit/checker"
	"pecaudit/checker/rules"
)

// outcome returns what one rule says of a subject: "pass", "fail", "unknown REASON", or "" if it took no part.
func outcome(s *checker.Subject, id checker.RuleID) string {
	for _, f := range rules.Judge(s, nil).Findings {
		if f.Rule.ID == id {
			if f.Outcome == checker.Unknown {
				return "unknown " + string(f.Reason)
			}
			return f.Outcome.String()
		}
	}
	return ""
}

// TestThresholds judges on both sides of each threshold.
func TestThresholds(t *testing.T) {
	t.Parallel()
	missing := func(inScope, without int) func(*checker.Subject) {
		return func(s *checker.Subject) {
			s.PEC = checker.Address{State: checker.NoAddress}
			s.List = &checker.ListFacts{InScope: inScope, WithoutAddress: without}
		}
	}
	listed := func(e checker.StatusEntry) func(*checker.Subject) {
		e.Known = true
		return func(s *checker.Subject) { s.Evidence.Declared = e }
	}
	noMail := func(since, at time.Time, wait time.Duration) func(*checker.Subject) {
		return func(s *checker.Subject) {
			s.Evidence.MX = checker.MXAnswer{Observed: checker.Observed{Since: since, At: at}, Kind: checker.MXNoDomain}
			s.Policy.DNSConfirmAfter = wait
		}
	}
	ordinary := func(s *checker.Subject) {
		s.Domain = &checker.DomainFacts{}
		s.Evidence.MX.Kind, s.Evidence.MX.Exchangers = checker.MXHosts, checker.OrdinaryProvider
	}
	dead := func(since, at time.Time, count int, wait time.Duration) func(*checker.Subject) {
		return func(s *checker.Subject) {
			s.Evidence.Receipt = checker.ReceiptSeen{Observed: checker.Observed{Since: since, At: at}, Proof: checker.ProofDead, Count: count}
			s.Policy.ReceiptsConfirm = wait
		}
	}
	delivered := func(d string) func(*checker.Subject) {
		return func(s *checker.Subject) { s.Evidence.Receipt.Delivered = instant(d) }
	}
	expires := func(d string) func(*checker.Subject) {
		return func(s *checker.Subject) { s.Expiry = day(d) }
	}
	noon := instant("2026-10-20").Add(4 * time.Hour)
	fresh, stale := day("2026-09-17"), day("2026-09-16") // 45 and 46 days before as-of
	for _, c := range []struct {
		name string
		id   checker.RuleID
		s    *checker.Subject
		want string
	}{
		{"30 % of 50 rows", "REG-001", aCompany(missing(50, 15)), "fail"},
		{"more than 30 % of 50 rows", "REG-001", aCompany(missing(50, 16)), "unknown not-exported"},
		{"all of 49 rows", "REG-001", aCompany(missing(49, 49)), "fail"},
		{"a share of one's own", "REG-001", aCompany(missing(50, 16), func(s *checker.Subject) { s.Policy.MaxMissing = 0.5 }), "fail"},

		{"expired yesterday", "EXP-001", aCompany(expires("2026-10-31")), "fail"},
		{"expires today", "EXP-001", aCompany(expires("2026-11-01")), "pass"},
		{"delivered on the day of expiry", "EXP-001", aCompany(expires("2026-10-10"), delivered("2026-10-10")), "fail"},
		{"delivered the day after", "EXP-001", aCompany(expires("2026-10-10"), delivered("2026-10-11")), "pass"},
		{"delivered after as-of", "EXP-001", aCompany(expires("2026-10-10"), delivered("2026-11-02")), "fail"},
		{
			"delivered before the registration", "EXP-001",
			aCompany(expires("2026-10-10"), delivered("2026-10-11"), func(s *checker.Subject) { s.Registered = day("2026-10-12") }), "fail",
		},
		{"a list of 45 days", "EXP-001", aCompany(listed(checker.StatusEntry{State: checker.DeclaredExpired, Reference: fresh})), "fail"},
		{"a list of 46 days", "EXP-001", aCompany(listed(checker.StatusEntry{State: checker.DeclaredExpired, Reference: stale})), "unknown stale"},
		{"a stale list, delivered after it", "EXP-001", aCompany(listed(checker.StatusEntry{State: checker.DeclaredExpired, Reference: stale}), delivered("2026-09-17")), "pass"},
		{"only a date, past", "EXP-001", aCompany(listed(checker.StatusEntry{State: checker.DeclaredNothing, Expiry: day("2026-10-31"), Reference: fresh})), "fail"},
		{"only a date, to come", "EXP-001", aCompany(listed(checker.StatusEntry{State: checker.DeclaredNothing, Expiry: day("2026-11-01"), Reference: fresh})), "pass"},
		{
			"the list before the row", "EXP-001",
			aCompany(expires("2026-10-31"), listed(checker.StatusEntry{State: checker.DeclaredActive, Expiry: day("2027-10-31"), Reference: fresh})), "pass",
		},
		{"a word not understood, no dates", "EXP-001", aCompany(listed(checker.StatusEntry{State: checker.DeclaredUnknown, Word: "?", Reference: fresh})), ""},
		{
			"suspended, the row's date to come", "EXP-001",
			aCompany(expires("2026-11-30"), listed(checker.StatusEntry{State: checker.DeclaredSuspended, Reference: fresh})), "pass",
		},

		{"in 45 days", "EXP-002", aCompany(expires("2026-12-16")), "fail"},
		{"in 46 days", "EXP-002", aCompany(expires("2026-12-17")), "pass"},
		{"with another warning", "EXP-002", aCompany(expires("2026-12-16"), func(s *checker.Subject) { s.Policy.ExpiryWarningDays = 44 }), "pass"},

		{"revoked, a list of 45 days", "PRV-001", aCompany(listed(checker.StatusEntry{State: checker.DeclaredRevoked, Reference: fresh})), "fail"},
		{"revoked, a list of 46 days", "PRV-001", aCompany(listed(checker.StatusEntry{State: checker.DeclaredRevoked, Reference: stale})), "unknown stale"},
		{"revoked, delivered the same day", "PRV-001", aCompany(listed(checker.StatusEntry{State: checker.DeclaredRevoked, Reference: fresh}), delivered("2026-09-17")), "fail"},
		{"ceased, delivered the day after", "PRV-001", aCompany(listed(checker.StatusEntry{State: checker.DeclaredCeased, Reference: fresh}), delivered("2026-09-18")), "pass"},

		{"72 hours apart", "DNS-001", aCompany(noMail(noon.Add(-72*time.Hour), noon, 72*time.Hour)), "fail"},
		{"a second less", "DNS-001", aCompany(noMail(noon.Add(-72*time.Hour+time.Second), noon, 72*time.Hour)), "unknown unconfirmed"},
		{"two hours apart on one day", "DNS-001", aCompany(noMail(noon.Add(-2*time.Hour), noon, time.Hour)), "unknown unconfirmed"},
		{"two hours apart over midnight in Rome", "DNS-001", aCompany(noMail(noon.Add(9*time.Hour), noon.Add(11*time.Hour), time.Hour)), "fail"},
		{"once, nothing to wait for", "DNS-001", aCompany(noMail(noon, noon, 0)), "fail"},
		{"the start of the run is not known", "DNS-001", aCompany(noMail(time.Time{}, noon, 72*time.Hour)), "unknown unconfirmed"},
		{"ordinary exchangers once, nothing to wait for", "PRV-002", aCompany(noMail(noon, noon, 0), ordinary), "fail"},
		{"ordinary exchangers once", "PRV-002", aCompany(noMail(noon, noon, 72*time.Hour), ordinary), "unknown unconfirmed"},

		{"ten days apart", "RCP-001", aCompany(dead(noon.Add(-240*time.Hour), noon, 2, 240*time.Hour)), "fail"},
		{"a second less", "RCP-001", aCompany(dead(noon.Add(-240*time.Hour+time.Second), noon, 2, 240*time.Hour)), "unknown unconfirmed"},
		{"one receipt, nothing to wait for", "RCP-001", aCompany(dead(noon, noon, 1, 0)), "unknown unconfirmed"},
		{"two receipts, nothing to wait for", "RCP-001", aCompany(dead(noon, noon, 2, 0)), "fail"},
		{"45 days old", "RCP-001", aCompany(dead(instant("2026-08-01"), instant("2026-09-17"), 2, 240*time.Hour)), "fail"},
		{"46 days old", "RCP-001", aCompany(dead(instant("2026-08-01"), instant("2026-09-16"), 2, 240*time.Hour)), "unknown stale"},
	} {
		if got := outcome(c.s, c.id); got != c.want {
			t.Errorf("%s, %s: %q, want %q", c.id, c.name, got, c.want)
		}
	}
}

// TestSharedGroups draws companies that share an address and judges each of them: whatever the dates, at most one passes, it is the latest of few, and an
// uncertain holder changes nothing.
func TestSharedGroups(t *testing.T) {
	t.Parallel()
	codes := []checker.CodiceFiscale{
		"09000010109", "09000020108", "09000030107", "09000040106", "09000050105", "09000060104", "09000070103",
	}
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(2, len(codes)).Draw(t, "companies")
		group := make([]checker.Holder, n)
		dated, accusable := 0, 0
		for i := range group {
			group[i] = checker.Holder{Identity: checker.Identity{CodiceFiscale: codes[i]}, InScope: rapid.IntRange(0, 9).Draw(t, "scope") > 0}
			if year := rapid.IntRange(2018, 2022).Draw(t, "year"); year > 2018 {
				group[i].Since = checker.Date{Year: year, Month: 1, Day: 1}
				dated++
			}
			if group[i].InScope {
				accusable++
			}
		}
		stranger := checker.Holder{Identity: checker.Identity{REA: "MI-9"}, InScope: true, Since: checker.Date{Year: 2026, Month: 1, Day: 1}}
		passed := 0
		for i, h := range group {
			if !h.InScope {
				continue
			}
			s := aCompany(func(s *checker.Subject) {
				s.Identity, s.OwnSince = h.Identity, h.Since
				s.Holders = append(append([]checker.Holder{}, group[:i]...), group[i+1:]...)
			})
			got, last := outcome(s, "UNI-001"), outcome(s, "UNI-004")
			later, latest := 0, 0
			for _, o := range s.Holders {
				if o.Since.After(h.Since) {
					later++
				}
				if o.Since == h.Since {
					latest++
				}
			}
			want := "unknown ambiguous"
			switch {
			case accusable == 1: // nobody else could be accused
			case dated == 0, !h.Since.IsZero() && later > 0:
				want = "fail"
			case dated == n && later == 0 && latest == 0 && n < 5:
				want = "pass"
				passed++
			}
			if got != want || (last == "fail") != (want == "pass") {
				t.Fatalf("company %d of %+v: UNI-001 %s, want %s; UNI-004 %s", i, group, got, want, last)
			}
			s.Holders = append(s.Holders, stranger)
			if again := outcome(s, "UNI-001"); again != got {
				t.Fatalf("company %d of %+v: %s, with an uncertain holder %s", i, group, got, again)
			}
			s.MoreHolders = 1
			if again := outcome(s, "UNI-001"); again != got && got != "pass" {
				t.Fatalf("company %d of %+v: %s, with more holders %s", i, group, got, again)
			}
		}
		if passed > 1 {
			t.Fatalf("%d companies of %+v pass", passed, group)
		}
	})
}

func TestSharedReviewFrom(t *testing.T) {
	t.Parallel()
	group := func(n, from int) *checker.Subject {
		return aCompany(func(s *checker.Subject) {
			s.OwnSince, s.Policy.SharedReviewFrom = day("2022-01-01"), from
			for _, code := range []checker.CodiceFiscale{"09000020108", "09000030107", "09000040106", "09000050105"}[:n-1] {
				s.Holders = append(s.Holders, checker.Holder{Identity: checker.Identity{CodiceFiscale: code}, Since: day("2021-01-01"), InScope: true})
			}
		})
	}
	for _, c := range []struct {
		holders, from int
		want          string
	}{{4, 5, "pass"}, {5, 5, "unknown ambiguous"}, {5, 6, "pass"}, {2, 2, "unknown ambiguous"}} {
		if got := outcome(group(c.holders, c.from), "UNI-001"); got != c.want {
			t.Errorf("%d holders, review from %d: %s, want %s", c.holders, c.from, got, c.want)
		}
	}
}

// What has no evidence never says anything: every rule that reads evidence answers with unknown or takes no part when all that came are faults.
func TestFaultsAccuseNobody(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		fault := &checker.Fault{Reason: rapid.SampledFrom([]checker.Reason{
			"", checker.ReasonNoEvidence, checker.ReasonTimeout, checker.ReasonUnreachable, checker.ReasonTemporary, checker.ReasonPolicy,
		}).Draw(t, "reason")}
		seen := checker.Observed{Since: instant("2026-10-01"), At: instant("2026-10-20"), Fault: fault}
		s := aCompany(func(s *checker.Subject) {
			s.Domain = &checker.DomainFacts{}
			s.Evidence = &checker.Evidence{
				MX:      checker.MXAnswer{Observed: seen, Kind: checker.MXKind(rapid.IntRange(0, 6).Draw(t, "mx"))},
				SMTP:    checker.SMTPReply{Observed: seen, Class: checker.ReplyClass(rapid.IntRange(0, 5).Draw(t, "smtp")), RefusesImpossible: true, TookAnother: true},
				Receipt: checker.ReceiptSeen{Observed: seen, Proof: checker.Proof(rapid.IntRange(0, 4).Draw(t, "proof")), Count: 2},
			}
		})
		for _, id := range []checker.RuleID{"DNS-001", "PRV-002", "SMT-001", "RCP-001", "RCP-002"} {
			if got := outcome(s, id); got == "fail" || got == "pass" || got == "unknown " {
				t.Fatalf("%s says %q of a fault", id, got)
			}
		}
	})
}

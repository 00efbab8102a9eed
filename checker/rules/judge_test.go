package rules_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"pecaudit/checker"
	"pecaudit/checker/rules"
)

// The shortest Luhn numbers that look like nobody's.
const (
	codeA checker.CodiceFiscale = "09000010109"
	codeB checker.CodiceFiscale = "09000020108"
	codeC checker.CodiceFiscale = "09000030107"
)

func day(s string) checker.Date {
	d, err := checker.ParseISODate(s)
	if err != nil {
		panic(err)
	}
	return d
}

func instant(s string) time.Time { return day(s).Time().Add(8 * time.Hour) }

// aCompany returns a subject on which every rule passes, changed by the given functions.
func aCompany(changes ...func(*checker.Subject)) *checker.Subject {
	policy := checker.DefaultPolicy()
	s := &checker.Subject{
		Company: &checker.Company{
			Identity: checker.Identity{CodiceFiscale: codeA, REA: "MI-1"}, CCIAA: "MI", Chamber: "milano-monza-brianza-lodi",
			Form: &checker.LegalForm{Code: "SR", Class: checker.CapitalCompany, Duty: checker.DutyYes}, RawForm: "SR",
			RawStatus: "ATTIVA", Status: checker.Active, PEC: checker.ParseMailbox("ditta@pec.example"),
		},
		AsOf: day("2026-11-01"), Policy: &policy, List: &checker.ListFacts{HasStatus: true, Rows: 10, InScope: 10},
		Domain: &checker.DomainFacts{Certified: true}, Evidence: &checker.Evidence{},
	}
	for _, change := range changes {
		change(s)
	}
	return s
}

// everything gives the subject every list and every kind of evidence, all of it bad.
func everything(s *checker.Subject) {
	s.Registered = day("2020-01-01")
	s.Expiry = day("2026-10-01")
	s.Unreadable = []checker.UnreadableDate{{Field: "data_cancellazione", Text: "?"}}
	s.Status, s.RawStatus = checker.StatusUnknown, "?"
	s.Domain = &checker.DomainFacts{Ordinary: true, Ended: day("2020-01-01")}
	s.Holders = []checker.Holder{{Identity: checker.Identity{CodiceFiscale: codeB}, Since: day("2021-01-01"), InScope: true}}
	s.OwnSince = s.Registered
	s.Given = checker.ProfessionalEvidence | checker.DirectorEvidence | checker.StatusEvidence
	s.Professional = []checker.Holder{{Identity: checker.Identity{CodiceFiscale: codeC}}}
	s.Directors = []checker.Address{s.PEC}
	s.Elsewhere.Different = []string{"altra@pec.example"}
	dead := checker.Observed{Since: instant("2026-10-01"), At: instant("2026-10-20")}
	s.Evidence = &checker.Evidence{
		Declared: checker.StatusEntry{Known: true, State: checker.DeclaredRevoked, Expiry: day("2026-10-01"), Reference: day("2026-10-15")},
		MX:       checker.MXAnswer{Observed: dead, Kind: checker.MXNoDomain},
		SMTP:     checker.SMTPReply{Observed: dead, Class: checker.ReplyNoMailbox, RefusesImpossible: true, TookAnother: true},
		Receipt:  checker.ReceiptSeen{Observed: dead, Proof: checker.ProofDead, Count: 2},
	}
}

// say returns what the rules say that is not a pass: "UNI-001 fail", "EXP-001 unknown stale".
func say(j rules.Judgment) []string {
	said := []string{}
	for _, f := range j.Findings {
		if f.Outcome != checker.Pass {
			said = append(said, strings.TrimSpace(string(f.Rule.ID)+" "+f.Outcome.String()+" "+string(f.Reason)))
		}
	}
	return said
}

func withoutEvidence(j rules.Judgment) (ids []checker.RuleID) {
	for _, r := range rules.All() {
		if j.NoEvidence>>r.Place&1 != 0 {
			ids = append(ids, r.ID)
		}
	}
	return ids
}

func TestNothingToSay(t *testing.T) {
	t.Parallel()
	j := rules.Judge(aCompany(), nil)
	if diff := cmp.Diff([]string{}, say(j)); diff != "" || j.Broken {
		t.Error(diff)
	}
	missing := withoutEvidence(j)
	want := []checker.RuleID{"UNI-002", "UNI-003", "EXP-001", "EXP-002", "PRV-001", "PRV-002", "PRV-003", "DNS-001", "SMT-001", "RCP-001", "RCP-002"}
	if diff := cmp.Diff(want, missing); diff != "" {
		t.Errorf("without evidence (-want +got):\n%s", diff)
	}
	if len(j.Findings)+len(missing) != len(rules.All()) {
		t.Errorf("%d findings and %d rules without evidence of %d rules", len(j.Findings), len(missing), len(rules.All()))
	}
}

func TestEverythingAtOnce(t *testing.T) {
	t.Parallel()
	j := rules.Judge(aCompany(everything), nil)
	want := []string{
		"REG-005 fail", "REG-006 unknown ambiguous", "REG-007 fail", "DOM-002 fail", "DOM-003 fail", "UNI-002 fail", // and no UNI-001
		"UNI-003 fail", "EXP-001 fail", "PRV-001 fail", "PRV-004 fail", "DNS-001 fail", "SMT-001 fail", "RCP-001 fail",
	}
	if diff := cmp.Diff(want, say(j)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if !slices.IsSortedFunc(j.Findings, func(a, b checker.Finding) int {
		return slices.Index(rules.All(), a.Rule) - slices.Index(rules.All(), b.Rule)
	}) {
		t.Error("the findings are not in the order of the rules")
	}
}

func TestAssignedDomicilePassesEverything(t *testing.T) {
	t.Parallel()
	assigned := func(s *checker.Subject) { s.PEC = checker.ParseMailbox(string(s.CodiceFiscale) + "@impresa.italia.it") }
	j := rules.Judge(aCompany(assigned, everything), nil)
	if diff := cmp.Diff([]string{}, say(j)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if v := checker.Decide(j.Findings); v != checker.Compliant {
		t.Errorf("verdict %s", v)
	}
	insolvent := func(s *checker.Subject) { s.Status = checker.Insolvent }
	if diff := cmp.Diff([]string{}, say(rules.Judge(aCompany(assigned, everything, insolvent), nil))); diff != "" {
		t.Errorf("in a procedure (-want +got):\n%s", diff)
	}
	others := func(s *checker.Subject) { s.PEC = checker.ParseMailbox(string(codeB) + "@impresa.italia.it") }
	if said := say(rules.Judge(aCompany(others), nil)); !slices.Contains(said, "REG-003 fail") {
		t.Errorf("another company's assigned domicile: %v", said)
	}
}

func TestInsolvency(t *testing.T) {
	t.Parallel()
	want := []string{"REG-001 unknown insolvency", "UNI-001 unknown insolvency", "UNI-002 unknown insolvency", "EXP-001 unknown insolvency", "PRV-001 unknown insolvency"}
	for name, change := range map[string]func(*checker.Subject){
		"registration": func(s *checker.Subject) { s.Status = checker.Insolvent },
		"business":     func(s *checker.Subject) { s.Status, s.Activity = checker.Active, checker.Insolvent },
	} {
		said := say(rules.Judge(aCompany(everything, change), nil))
		got := slices.DeleteFunc(said, func(s string) bool { return !strings.Contains(s, "insolvency") })
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		judged := func(s *checker.Subject) { s.InsolvencyIn = true }
		said = say(rules.Judge(aCompany(everything, change, judged), nil))
		for _, id := range []string{"UNI-002 fail", "EXP-001 fail", "PRV-001 fail"} {
			if !slices.Contains(said, id) {
				t.Errorf("%s, judged like others: %v", name, said)
			}
		}
	}
	// Also without any of the lists that UNI-002, EXP-001 and PRV-001 need: then these take no part.
	alone := aCompany(func(s *checker.Subject) { s.Status = checker.Insolvent })
	if diff := cmp.Diff([]string{"REG-001 unknown insolvency", "UNI-001 unknown insolvency"}, say(rules.Judge(alone, nil))); diff != "" {
		t.Errorf("without lists (-want +got):\n%s", diff)
	}
	// A voluntary liquidation is no insolvency.
	liquidation := aCompany(func(s *checker.Subject) { s.Status = checker.InLiquidation })
	if diff := cmp.Diff([]string{}, say(rules.Judge(liquidation, nil))); diff != "" {
		t.Errorf("in liquidation (-want +got):\n%s", diff)
	}
}

func TestWithoutParsedAddress(t *testing.T) {
	t.Parallel()
	words := checker.DefaultAbsences()
	for cell, want := range map[string][]string{
		"":                                  {"REG-001 fail", "REG-005 fail", "REG-006 unknown ambiguous"},
		"n.d.":                              {"REG-001 unknown not-told", "REG-005 fail", "REG-006 unknown ambiguous"},
		"ditta@@posta.example":              {"REG-005 fail", "REG-006 unknown ambiguous", "SYN-001 fail"},
		"uno@posta.example due@pec.example": {"REG-005 fail", "REG-006 unknown ambiguous", "SYN-002 unknown ambiguous"},
	} {
		j := rules.Judge(aCompany(everything, func(s *checker.Subject) {
			s.PEC, _ = checker.ParseAddress(cell, &words)
			s.Domain = nil
		}), nil)
		if diff := cmp.Diff(want, say(j)); diff != "" || j.Broken {
			t.Errorf("%q (-want +got):\n%s", cell, diff)
		}
	}
}

func TestEvidenceOutOfTime(t *testing.T) {
	t.Parallel()
	live := []checker.RuleID{"EXP-001", "PRV-001", "PRV-003", "DNS-001", "SMT-001", "RCP-001", "RCP-002"}
	for name, change := range map[string]func(*checker.Subject){
		"dated after as-of":                  func(s *checker.Subject) { s.AsOf = day("2026-09-30") },
		"from before the address registered": func(s *checker.Subject) { s.Registered = day("2026-10-21") },
	} {
		s := aCompany(everything, change, func(s *checker.Subject) { s.Expiry = checker.Date{} })
		before := *s.Evidence
		missing := withoutEvidence(rules.Judge(s, nil))
		for _, id := range live {
			if !slices.Contains(missing, id) {
				t.Errorf("%s: %s took part", name, id)
			}
		}
		if diff := cmp.Diff(before, *s.Evidence); diff != "" {
			t.Errorf("%s: the subject was changed:\n%s", name, diff)
		}
	}
}

func TestInForce(t *testing.T) {
	t.Parallel()
	at := func(d string) func(*checker.Subject) {
		return func(s *checker.Subject) {
			s.AsOf = day(d)
			s.Directors = []checker.Address{s.PEC}
		}
	}
	if said := say(rules.Judge(aCompany(at("2025-12-31")), nil)); len(said) != 0 {
		t.Errorf("on 31/12/2025: %v", said)
	}
	if diff := cmp.Diff([]string{"UNI-003 fail"}, say(rules.Judge(aCompany(at("2026-01-01")), nil))); diff != "" {
		t.Errorf("on 1/1/2026 (-want +got):\n%s", diff)
	}
}

// What a rule cannot cope with is unknown, and the other rules go on.
func TestBrokenRule(t *testing.T) {
	t.Parallel()
	j := rules.Judge(aCompany(everything, func(s *checker.Subject) { s.Domain = nil }), nil)
	if !j.Broken {
		t.Error("nothing broke")
	}
	said := say(j)
	for _, want := range []string{"DOM-002 unknown rule-fault", "DOM-003 unknown rule-fault", "PRV-004 unknown rule-fault", "DNS-001 fail", "REG-007 fail"} {
		if !slices.Contains(said, want) {
			t.Errorf("%q is missing in %q", want, said)
		}
	}
}

func TestSources(t *testing.T) {
	t.Parallel()
	type source struct {
		Source checker.Kinds
		On     string
	}
	want := map[checker.RuleID]source{
		"REG-005": {}, "UNI-002": {}, "EXP-001": {checker.StatusEvidence, "2026-10-15"}, "PRV-001": {checker.StatusEvidence, "2026-10-15"},
		"DNS-001": {checker.MXEvidence, "2026-10-20"}, "SMT-001": {checker.SMTPEvidence, "2026-10-20"}, "RCP-001": {checker.ReceiptEvidence, "2026-10-20"},
	}
	for _, f := range rules.Judge(aCompany(everything), nil).Findings {
		if w, ok := want[f.Rule.ID]; ok && w != (source{f.Source, f.On.String()}) {
			t.Errorf("%s: %d of %s, want %+v", f.Rule.ID, f.Source, f.On, w)
		}
	}
	renewed := aCompany(func(s *checker.Subject) {
		s.Expiry = day("2026-10-01")
		s.Evidence.Receipt.Delivered = instant("2026-10-02")
	})
	for _, f := range rules.Judge(renewed, nil).Findings {
		if f.Rule.ID == "EXP-001" && (f.Outcome != checker.Pass || f.Source != checker.ReceiptEvidence || f.On != day("2026-10-02")) {
			t.Errorf("a delivery after the expiry: %+v", f.Result)
		}
	}
}

func TestBufferIsUsed(t *testing.T) {
	s := aCompany()
	buf := make([]checker.Finding, 0, 32)
	if n := testing.AllocsPerRun(100, func() { buf = rules.Judge(s, buf).Findings }); n != 0 {
		t.Errorf("%v allocations on a row that passes", n)
	}
}

func BenchmarkJudge(b *testing.B) {
	for name, s := range map[string]*checker.Subject{"passes": aCompany(), "fails": aCompany(everything)} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			buf := make([]checker.Finding, 0, 32)
			for b.Loop() {
				buf = rules.Judge(s, buf).Findings
			}
		})
	}
}

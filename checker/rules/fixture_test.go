package rules_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"pecaudit/checker"
	"pecaudit/checker/load"
	"pecaudit/checker/rules"
	"pecaudit/configs"
)

var update = flag.Bool("update", false, "write what came out into the fixtures and RULES.md")

const fixtures = "../../fixtures/rules"

// outcomes says what each rule can give; its fixture must show all of it.
var outcomes = map[checker.RuleID]string{
	"REG-001": "pass fail unknown", "REG-002": "pass fail", "REG-003": "pass fail unknown", "REG-005": "pass fail", "REG-006": "pass unknown", "REG-007": "pass fail",
	"SYN-001": "pass fail", "SYN-002": "pass unknown",
	"DOM-001": "pass fail", "DOM-002": "pass fail unknown", "DOM-003": "pass fail",
	"UNI-001": "pass fail unknown", "UNI-002": "pass fail unknown", "UNI-003": "pass fail", "UNI-004": "pass fail",
	"EXP-001": "pass fail unknown", "EXP-002": "pass fail",
	"PRV-001": "pass fail unknown", "PRV-002": "pass fail unknown", "PRV-003": "pass unknown", "PRV-004": "pass fail",
	"DNS-001": "pass fail unknown", "SMT-001": "pass fail unknown", "RCP-001": "pass fail unknown", "RCP-002": "pass fail",
}

// TestFixtures judges the rows of each rule's fixture and compares what the rule says of them. A fixture is a txtar archive: a comment with "as-of DATE" and perhaps
// "insolvency in"; the lists of companies (any other *.csv), pec-status.csv, professionals.csv, directors.csv, the live evidence, and last
// the rule's outcome on each row, which -update writes.
func TestFixtures(t *testing.T) {
	t.Parallel()
	for _, r := range rules.All() {
		t.Run(string(r.ID), func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(fixtures, string(r.ID)+".txtar")
			archive, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatalf("the rule has no fixture: %v", err)
			}
			got, shown := judgeFixture(t, archive, r.ID)
			want := &archive.Files[len(archive.Files)-1]
			if want.Name != "want" {
				t.Fatal("the last file of the fixture is not want")
			}
			if *update {
				want.Data = []byte(got)
				if err := os.WriteFile(path, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if diff := cmp.Diff(string(want.Data), got); diff != "" {
				t.Errorf("%s (-want +got); if that is right: go test ./checker/rules -update\n%s", path, diff)
			}
			for _, outcome := range strings.Fields(outcomes[r.ID]) {
				if !shown[outcome] {
					t.Errorf("the fixture does not show that the rule can give %s", outcome)
				}
				delete(shown, outcome)
			}
			for outcome := range shown {
				t.Errorf("the rule gives %s, which the table of outcomes does not tell", outcome)
			}
		})
	}
}

func TestNoFixtureWithoutRule(t *testing.T) {
	t.Parallel()
	paths, err := filepath.Glob(filepath.Join(fixtures, "*.txtar"))
	if err != nil || len(paths) != len(rules.All()) || len(paths) != len(outcomes) {
		t.Errorf("%d fixtures, %d rules, %d in the table of outcomes; %v", len(paths), len(rules.All()), len(outcomes), err)
	}
	for _, path := range paths {
		if rules.ByID(checker.RuleID(strings.TrimSuffix(filepath.Base(path), ".txtar"))) == nil {
			t.Errorf("%s belongs to no rule", path)
		}
	}
}

// judgeFixture returns a line a row with what the rule says of it, and which outcomes there were.
func judgeFixture(t *testing.T, archive *txtar.Archive, id checker.RuleID) (text string, shown map[string]bool) {
	f := readFixture(t, archive)
	shown = map[string]bool{}
	var b strings.Builder
	for i := range f.rows {
		c := &f.rows[i]
		var verdict, detail string
		said := "not concerned"
		if x := rules.Scope(c, f.asOf); x.Out {
			said, verdict, detail = "out of scope", checker.OutOfScope.String(), x.Why
		} else {
			j := rules.Judge(f.subject(c), nil)
			if j.Broken {
				t.Errorf("%s:%d: a rule broke", c.File, c.Row)
			}
			verdict = checker.Decide(j.Findings).String()
			if slices.Contains(withoutEvidence(j), id) {
				said = "no evidence"
			}
			for _, finding := range j.Findings {
				if passed := finding.Outcome == checker.Pass; passed != (finding.Detail == "") || (finding.Outcome == checker.Unknown) != (finding.Reason != "") {
					t.Errorf("%s:%d: %s: %+v", c.File, c.Row, finding.Rule.ID, finding.Result)
				}
				if finding.Rule.ID == id {
					said, detail = strings.TrimSpace(finding.Outcome.String()+" "+string(finding.Reason)), finding.Detail
					shown[finding.Outcome.String()] = true
				}
			}
		}
		fmt.Fprintf(&b, "%s\n", strings.TrimRight(fmt.Sprintf("%s %2d  %-20s %-14s %s", c.File, c.Row, said, verdict, detail), " "))
	}
	return b.String(), shown
}

// A fixture is what a slow and plain audit knows.
type fixture struct {
	asOf          checker.Date
	insolvencyIn  bool
	policy        checker.Policy
	given         checker.Kinds
	lists         []checker.ListFacts
	rows          []checker.Company
	providers     *checker.Providers
	professionals []load.Professional
	directors     []load.Director
	evidence      map[string]*checker.Evidence // by address; MX by domain
}

func readFixture(t *testing.T, archive *txtar.Archive) *fixture {
	t.Helper()
	f := &fixture{policy: checker.DefaultPolicy(), evidence: map[string]*checker.Evidence{}}
	for line := range strings.Lines(string(archive.Comment)) {
		switch word, rest, _ := strings.Cut(strings.TrimSpace(line), " "); word {
		case "as-of":
			f.asOf = date(t, rest)
		case "insolvency":
			f.insolvencyIn = rest == "in"
		}
	}
	dir := t.TempDir()
	for _, file := range archive.Files {
		if err := os.WriteFile(filepath.Join(dir, file.Name), file.Data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	ctx := context.Background()
	options := f.tables(t)
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, file := range archive.Files {
		path := filepath.Join(dir, file.Name)
		switch file.Name {
		case "want":
		case "evidence":
			for line := range strings.Lines(string(file.Data)) {
				check(f.observe(strings.Fields(line)))
			}
		case "pec-status.csv":
			_, err := load.ReadStatus(ctx, path, 0, options, func(a checker.Address, e checker.StatusEntry) error {
				f.of(a.Folded).Declared = e
				return nil
			})
			check(err)
			f.given |= checker.StatusEvidence
		case "professionals.csv":
			l, err := load.OpenProfessionals(ctx, path, 0, options)
			check(err)
			check(l.Professionals(ctx, nil, func(p *load.Professional) error {
				p.File = file.Name
				f.professionals = append(f.professionals, *p)
				return nil
			}))
			check(l.Close())
			f.given |= checker.ProfessionalEvidence
		case "directors.csv":
			_, err := load.ReadDirectors(ctx, path, 0, options, func(d load.Director) error {
				f.directors = append(f.directors, d)
				return nil
			})
			check(err)
			f.given |= checker.DirectorEvidence
		default:
			f.readList(t, options, path, file.Name)
		}
	}
	return f
}

// tables reads the reference data of the program, and the fixtures' own providers.
func (f *fixture) tables(t *testing.T) *load.Options {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(fixtures, "providers.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	tables, err := configs.Default()
	if err != nil {
		t.Fatal(err)
	}
	providers, neighbors, err := configs.ReadProviders("providers.yaml", data)
	if err != nil {
		t.Fatal(err)
	}
	var errs [3]error
	o := &load.Options{AsOf: f.asOf, Absences: checker.DefaultAbsences()}
	o.Chambers, errs[0] = checker.NewChambers(tables.Chambers, f.asOf)
	o.Forms, errs[1] = checker.NewForms(tables.Forms, f.asOf)
	f.providers, errs[2] = checker.NewProviders(providers, neighbors, f.asOf)
	if err := errors.Join(errs[:]...); err != nil {
		t.Fatal(err)
	}
	return o
}

func (f *fixture) readList(t *testing.T, o *load.Options, path, name string) {
	t.Helper()
	l, err := load.Open(context.Background(), path, len(f.lists), o)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	facts := checker.ListFacts{File: name, Reference: l.Reference, HasStatus: l.HasStatus, HasDirector: l.HasDirector}
	err = l.Read(context.Background(), func(b *load.Batch) error {
		if len(b.Rejected) > 0 {
			t.Errorf("%s: row %d was rejected: %s", name, b.Rejected[0].Row, b.Rejected[0].Reason)
		}
		for i := range b.Companies {
			c := clone(&b.Companies[i])
			c.File = name
			f.rows = append(f.rows, c)
			if !rules.Scope(&c, f.asOf).Out {
				facts.InScope++
				if c.PEC.State == checker.NoAddress {
					facts.WithoutAddress++
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	f.lists = append(f.lists, facts)
}

// clone copies a row out of its batch.
func clone(c *checker.Company) checker.Company {
	d := *c
	d.CodiceFiscale = checker.CodiceFiscale(strings.Clone(string(c.CodiceFiscale)))
	for _, s := range []*string{&d.PartitaIVA, &d.REA, &d.CCIAA, &d.Chamber, &d.Name, &d.Comune, &d.RawForm, &d.RawStatus, &d.RawActivity} {
		*s = strings.Clone(*s)
	}
	words := checker.DefaultAbsences()
	d.PEC, _ = checker.ParseAddress(strings.Clone(c.PEC.Raw), &words)
	d.Director, _ = checker.ParseAddress(strings.Clone(c.Director.Raw), &words)
	d.Unreadable = nil
	for _, u := range c.Unreadable {
		d.Unreadable = append(d.Unreadable, checker.UnreadableDate{Field: strings.Clone(u.Field), Text: strings.Clone(u.Text)})
	}
	return d
}

// of returns the evidence of an address or, for MX, of a domain.
func (f *fixture) of(key string) *checker.Evidence {
	if f.evidence[key] == nil {
		f.evidence[key] = &checker.Evidence{}
	}
	return f.evidence[key]
}

// observe enters a line of the fixture's evidence: kind, domain or address, word=value pairs.
func (f *fixture) observe(line []string) (err error) {
	if len(line) < 2 {
		return nil
	}
	value := map[string]string{}
	for _, word := range line[2:] {
		k, v, _ := strings.Cut(word, "=")
		value[k] = v
	}
	instant := func(k string) time.Time {
		if value[k] == "" {
			return time.Time{}
		}
		at, bad := time.Parse("2006-01-02T15:04", value[k])
		err = errors.Join(err, bad)
		return at
	}
	observed := checker.Observed{At: instant("at"), Since: instant("at")}
	if value["since"] != "" {
		observed.Since = instant("since")
	}
	if value["fault"] != "" {
		observed.Fault = &checker.Fault{Reason: checker.Reason(value["fault"])}
	}
	e := f.of(line[1])
	switch line[0] {
	case "mx":
		e.MX = checker.MXAnswer{Observed: observed, Kind: mxKinds[value["kind"]], Exchangers: providerKinds[value["of"]]}
		if value["hosts"] != "" {
			e.MX.Hosts = strings.Split(value["hosts"], ",")
		}
	case "smtp":
		_, impossible := value["refuses-impossible"]
		_, another := value["took-another"]
		e.SMTP = checker.SMTPReply{
			Observed: observed, Class: replyClasses[value["reply"]], Host: "mx.pec.example", RefusesImpossible: impossible, TookAnother: another,
		}
	case "receipt":
		e.Receipt = checker.ReceiptSeen{Observed: observed, Proof: proofs[value["proof"]], Delivered: instant("delivered"), Count: 1}
		if !observed.Since.Equal(observed.At) {
			e.Receipt.Count = 2
		}
	default:
		return fmt.Errorf("no evidence is called %q", line[0])
	}
	return err
}

var (
	mxKinds = map[string]checker.MXKind{
		"hosts": checker.MXHosts, "implicit": checker.MXImplicit, "nothing": checker.MXNothing, "null": checker.MXNull, "no-domain": checker.MXNoDomain,
		"unusable": checker.MXUnusable,
	}
	providerKinds = map[string]checker.ProviderKind{
		"certified": checker.CertifiedProvider, "ordinary": checker.OrdinaryProvider, "mixed": checker.MixedProviders,
	}
	replyClasses = map[string]checker.ReplyClass{
		"accepted": checker.ReplyAccepted, "no-mailbox": checker.ReplyNoMailbox, "full": checker.ReplyFull, "policy": checker.ReplyPolicy,
		"temporary": checker.ReplyTemporary,
	}
	proofs = map[string]checker.Proof{
		"delivered": checker.ProofDelivered, "dead": checker.ProofDead, "full": checker.ProofFull, "failed": checker.ProofFailed,
	}
)

// subject puts together what is known of a row, by comparing it with every other one.
func (f *fixture) subject(c *checker.Company) *checker.Subject {
	s := &checker.Subject{
		Company: c, AsOf: f.asOf, Policy: &f.policy, List: &f.lists[c.List], Given: f.given, InsolvencyIn: f.insolvencyIn, Evidence: &checker.Evidence{},
	}
	for i := range f.rows {
		o := &f.rows[i]
		if o.Key() == c.Key() && rules.Scope(o, f.asOf).Cancelled { // shows an address of the company, though not one of today
			s.Elsewhere.Address = s.Elsewhere.Address || o.PEC.State >= checker.WellFormed
		}
		if o.Key() != c.Key() || o.Origin == c.Origin || rules.Scope(o, f.asOf).Cancelled {
			continue
		}
		s.Elsewhere.Address = s.Elsewhere.Address || o.PEC.State >= checker.WellFormed
		if o.PEC.State == checker.WellFormed && o.PEC.Folded != c.PEC.Folded && !slices.Contains(s.Elsewhere.Different, o.PEC.Folded) {
			s.Elsewhere.Different = append(s.Elsewhere.Different, o.PEC.Folded)
		}
	}
	if c.Director.State == checker.WellFormed {
		s.Directors = append(s.Directors, c.Director)
	}
	for _, d := range f.directors {
		if d.Key() == c.Key() {
			s.Directors = append(s.Directors, d.Address)
		}
	}
	if c.PEC.State != checker.WellFormed {
		return s
	}
	facts := f.providers.Facts(c.PEC.Domain())
	s.Domain = &facts
	*s.Evidence = *f.of(c.PEC.Folded)
	s.Evidence.MX = f.of(c.PEC.Domain()).MX
	for _, p := range f.professionals {
		if p.Address.Folded == c.PEC.Folded {
			s.Professional = append(s.Professional, checker.Holder{Identity: p.Identity, Origin: p.Origin})
		}
	}
	f.addHolders(s)
	return s
}

// addHolders finds who else declares the address: registered positions, grouped by company key.
func (f *fixture) addHolders(s *checker.Subject) {
	byKey := map[string]int{}
	undated := map[string]bool{}
	for i := range f.rows {
		o := &f.rows[i]
		x := rules.Scope(o, f.asOf)
		if x.Cancelled || o.PEC.Folded != s.PEC.Folded || o.PEC.Domain() == checker.AssignedDomain {
			continue
		}
		place, met := byKey[o.Key()]
		if !met {
			place = len(s.Holders)
			byKey[o.Key()] = place
			s.Holders = append(s.Holders, checker.Holder{Identity: o.Identity, Origin: o.Origin, Name: o.Name, CCIAA: o.CCIAA, Chamber: o.Chamber})
		}
		h := &s.Holders[place]
		h.InScope = h.InScope || !x.Out
		if o.Registered.IsZero() || o.Registered.After(f.asOf) {
			undated[o.Key()] = true
		} else if o.Registered.After(h.Since) {
			h.Since = o.Registered
		}
	}
	for i := range s.Holders {
		if undated[s.Holders[i].Key()] {
			s.Holders[i].Since = checker.Date{}
		}
	}
	s.Holders = slices.DeleteFunc(s.Holders, func(h checker.Holder) bool {
		if h.Key() != s.Key() {
			return false
		}
		s.OwnSince = h.Since
		return true
	})
}

func date(t *testing.T, s string) checker.Date {
	t.Helper()
	d, err := checker.ParseISODate(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

package audit_test

import (
	"bytes"
	"cmp"
	"context"
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/xuri/excelize/v2"
	"pgregory.net/rapid"

	"pecaudit/checker"
	"pecaudit/checker/audit"
	"pecaudit/checker/load"
	"pecaudit/checker/rules"
	"pecaudit/fixtures"
)

// The oracle is the whole audit once more, slow and plain: everything in memory, compared as text, one row after the other. It shares with the
// audit only the plain way of reading a list and the rules themselves.
type oracle struct {
	*audit.Audit
	rows          []*checker.Company
	facts         []checker.ListFacts
	byAddress     map[string][]*checker.Company // that count
	byCompany     map[string][]*checker.Company // also
	shown         map[string]bool               // companies with a cancelled position that shows an address
	professionals map[string][]checker.Holder
	status        map[string][]checker.StatusEntry
	said          []string
}

// ask returns what the oracle finds, a line for each rule that does not pass, each row out of scope and each rejected row.
func ask(ctx context.Context, a *audit.Audit) ([]string, error) {
	o := &oracle{
		Audit: a, byAddress: map[string][]*checker.Company{}, byCompany: map[string][]*checker.Company{}, shown: map[string]bool{},
		professionals: map[string][]checker.Holder{}, status: map[string][]checker.StatusEntry{},
	}
	var lost []checker.RejectedRow
	for i, path := range a.Companies {
		l, err := load.Open(ctx, path, i, &a.Load)
		if err != nil {
			return nil, err
		}
		defer l.Close()
		f := checker.ListFacts{File: l.File, Sheet: l.Sheet, Reference: l.Reference, Presumed: l.Presumed, HasStatus: l.HasStatus, HasDirector: l.HasDirector}
		err = l.Read(ctx, func(b *load.Batch) error {
			for i := range b.Companies {
				c := b.Companies[i]
				o.rows = append(o.rows, &c)
				o.enter(&c, &f)
			}
			lost = append(lost, b.Rejected...)
			return nil
		})
		if err != nil {
			return nil, err
		}
		o.facts = append(o.facts, f)
	}
	for i, path := range a.Professionals {
		l, err := load.OpenProfessionals(ctx, path, i, &a.Load)
		if err != nil {
			return nil, err
		}
		defer l.Close()
		if err := l.Professionals(ctx, nil, func(p *load.Professional) error {
			o.professionals[p.Address.Folded] = append(o.professionals[p.Address.Folded], checker.Holder{Identity: p.Identity, Origin: p.Origin})
			return nil
		}); err != nil {
			return nil, err
		}
	}
	for i, path := range a.Status {
		if _, err := load.ReadStatus(ctx, path, i, &a.Load, func(address checker.Address, e checker.StatusEntry) error {
			o.status[address.Folded] = append(o.status[address.Folded], e)
			return nil
		}); err != nil {
			return nil, err
		}
	}
	for _, c := range o.rows {
		o.judge(c)
	}
	for i := range lost {
		o.said = append(o.said, fmt.Sprintf("%d:%06d rejected %s %q %q", lost[i].List, lost[i].Row, lost[i].Reason, lost[i].Column, lost[i].Text))
	}
	slices.Sort(o.said)
	return o.said, nil
}

func (o *oracle) enter(c *checker.Company, f *checker.ListFacts) {
	x := rules.Scope(c, o.AsOf)
	if !x.Out {
		f.InScope++
		if c.PEC.State == checker.NoAddress {
			f.WithoutAddress++
		}
	}
	if x.Cancelled {
		o.shown[c.Key()] = o.shown[c.Key()] || c.PEC.State >= checker.WellFormed
		return
	}
	if c.PEC.State == checker.NotTold {
		return
	}
	o.byCompany[c.Key()] = append(o.byCompany[c.Key()], c)
	if c.PEC.State == checker.WellFormed && c.PEC.Domain() != checker.AssignedDomain {
		o.byAddress[c.PEC.Folded] = append(o.byAddress[c.PEC.Folded], c)
	}
}

func (o *oracle) judge(c *checker.Company) {
	say := func(format string, args ...any) {
		o.said = append(o.said, fmt.Sprintf("%d:%06d ", c.List, c.Row)+fmt.Sprintf(format, args...))
	}
	if x := rules.Scope(c, o.AsOf); x.Out {
		say("out of scope: %s", x.Why)
		return
	}
	s := &checker.Subject{Company: c, AsOf: o.AsOf, Policy: &o.Policy, List: &o.facts[c.List], Evidence: &checker.Evidence{}}
	if len(o.Professionals) > 0 {
		s.Given |= checker.ProfessionalEvidence
	}
	if len(o.Status) > 0 {
		s.Given |= checker.StatusEvidence
	}
	if c.Director.State == checker.WellFormed {
		s.Directors = []checker.Address{c.Director}
	}
	s.Elsewhere.Address = o.shown[c.Key()]
	for _, other := range o.byCompany[c.Key()] {
		if other.PEC.State != checker.NoAddress {
			s.Elsewhere.Address = true
		}
		if a := other.PEC.Folded; a != "" && a != c.PEC.Folded && !other.LocalUnit && !slices.Contains(s.Elsewhere.Different, a) {
			s.Elsewhere.Different = append(s.Elsewhere.Different, a)
		}
	}
	if c.PEC.State == checker.WellFormed {
		d := o.Providers.Facts(c.PEC.Domain())
		s.Domain = &d
		s.Professional = o.professionals[c.PEC.Folded]
		s.Evidence.Declared = o.declared(c.PEC.Folded)
		o.share(s)
	}
	j := rules.Judge(s, nil)
	for _, f := range j.Findings {
		if f.Outcome != checker.Pass {
			say("%s %s %s %q %s", f.Rule.ID, f.Outcome, f.Reason, f.Detail, checker.Decide(j.Findings))
		}
	}
}

// share finds who declares the subject's address.
func (o *oracle) share(s *checker.Subject) {
	companies := map[string][]*checker.Company{}
	for _, c := range o.byAddress[s.PEC.Folded] {
		companies[c.Key()] = append(companies[c.Key()], c)
	}
	for key, positions := range companies {
		h := o.holder(positions)
		if key == s.Key() {
			s.OwnSince, s.Also = h.Since, append(h.Also, h.Identity)
		} else {
			s.Holders = append(s.Holders, h)
		}
	}
	slices.SortFunc(s.Holders, func(a, b checker.Holder) int {
		return cmp.Or(b.Since.Compare(a.Since), cmp.Compare(a.List, b.List), cmp.Compare(a.Row, b.Row))
	})
	if len(s.Holders) > 100 {
		s.Holders, s.MoreHolders = s.Holders[:100], len(s.Holders)-100
	}
}

// holder puts together the positions of one company that declare an address: its seats, or its local units where there is no seat.
func (o *oracle) holder(positions []*checker.Company) checker.Holder {
	seats := slices.DeleteFunc(slices.Clone(positions), func(c *checker.Company) bool { return c.LocalUnit })
	if len(seats) == 0 {
		seats = positions
	}
	first := seats[0]
	h := checker.Holder{Identity: first.Identity, Origin: first.Origin, Name: first.Name, CCIAA: first.CCIAA, Chamber: first.Chamber}
	for _, c := range positions {
		h.Also = append(h.Also, c.Identity)
		if c.CodiceFiscale.Valid() && !h.CodiceFiscale.Valid() {
			h.Identity = c.Identity
		}
	}
	undated := false
	for _, c := range seats {
		h.InScope = h.InScope || !rules.Scope(c, o.AsOf).Out
		if c.Registered.IsZero() || c.Registered.After(o.AsOf) {
			undated = true
		} else if c.Registered.After(h.Since) {
			h.Since = c.Registered
		}
	}
	if undated {
		h.Since = checker.Date{}
	}
	return h
}

// declared is what the newest status lists say; if they say two things, it is nothing.
func (o *oracle) declared(address string) checker.StatusEntry {
	var newest checker.StatusEntry
	for _, e := range o.status[address] {
		if !e.Reference.After(o.AsOf) && (!newest.Known || e.Reference.After(newest.Reference)) {
			newest = e
		}
	}
	words := []string{newest.Word}
	for _, e := range o.status[address] {
		if e.Reference == newest.Reference && (e.State != newest.State || e.Expiry != newest.Expiry) {
			newest.State, newest.Expiry = checker.DeclaredUnknown, checker.Date{}
			words = append(words, e.Word)
		}
	}
	newest.Word = strings.Join(distinct(words), " / ")
	return newest
}

func distinct(words []string) []string {
	var once []string
	for _, w := range words {
		if w != "" && !slices.Contains(once, w) {
			once = append(once, w)
		}
	}
	return once
}

// run returns what the audit finds, in the oracle's words; every says whether rows that pass are wanted too.
func run(ctx context.Context, a *audit.Audit, every bool) ([]string, *audit.Result, error) {
	var said []string
	rejected := 0
	result, err := a.Run(ctx, audit.Sink{
		EveryRow: every,
		Row: func(row *audit.Row) error {
			say := func(format string, args ...any) {
				said = append(said, fmt.Sprintf("%d:%06d ", row.Origin.List, row.Origin.Row)+fmt.Sprintf(format, args...))
			}
			if row.Exclusion.Out {
				say("out of scope: %s", row.Exclusion.Why)
			}
			for _, f := range row.Findings {
				if f.Outcome != checker.Pass {
					say("%s %s %s %q %s", f.Rule.ID, f.Outcome, f.Reason, f.Detail, row.Verdict)
				}
			}
			return nil
		},
		Rejected: func(_ string, row *checker.RejectedRow) error {
			rejected++
			said = append(said, fmt.Sprintf("%d:%06d rejected %s %q %q", row.List, row.Row, row.Reason, row.Column, row.Text))
			return nil
		},
	})
	if err != nil {
		return nil, nil, err
	}
	if rejected != result.Summary.Rejected {
		return nil, nil, fmt.Errorf("%d rows rejected, %d in the summary", rejected, result.Summary.Rejected)
	}
	slices.Sort(said)
	return said, result, nil
}

// agree compares what the audit finds with the oracle's findings; then with what it finds when nobody wants the rows that pass, most of which are then judged
// in the first pass, and when some of them are watched.
func agree(ctx context.Context, a *audit.Audit) error {
	want, err := ask(ctx, a)
	if err != nil {
		return err
	}
	got, full, err := run(ctx, a, true)
	if err != nil {
		return err
	}
	if diff := gocmp.Diff(want, got); diff != "" {
		return fmt.Errorf("oracle -, audit +\n%.3000s", diff)
	}
	inScope := func(said []string) []string {
		return slices.DeleteFunc(said, func(s string) bool { return strings.Contains(s, " out of scope: ") })
	}
	want = inScope(want)
	watched := *a
	watched.Watched = func(company string) bool { return strings.HasSuffix(company, "4") }
	for _, a := range []*audit.Audit{a, &watched} {
		got, brief, err := run(ctx, a, false)
		if err != nil {
			return err
		}
		if diff := gocmp.Diff(want, inScope(got), cmpopts.EquateEmpty()); diff != "" {
			return fmt.Errorf("oracle -, brief audit +\n%.3000s", diff)
		}
		if diff := gocmp.Diff(full.Summary, brief.Summary); diff != "" {
			return fmt.Errorf("audit -, brief audit +\n%s", diff)
		}
		if diff := gocmp.Diff(full.Chambers, brief.Chambers); diff != "" {
			return fmt.Errorf("audit -, brief audit +\n%s", diff)
		}
	}
	return nil
}

// TestOracleOnRegister asks about a synthetic register.
func TestOracleOnRegister(t *testing.T) {
	t.Parallel()
	if err := agree(t.Context(), writeRegister(t, fixtures.Register{Seed: 7, Rows: 12_345})); err != nil {
		t.Error(err)
	}
}

// TestOracleOnWorkbooks asks about a list in two workbooks and a text. The last row of the first one is longer than what is read at a time.
func TestOracleOnWorkbooks(t *testing.T) {
	t.Parallel()
	a := writeRegister(t, fixtures.Register{Seed: 3, Rows: 2000})
	text, err := os.ReadFile(a.Companies[0])
	if err != nil {
		t.Fatal(err)
	}
	lines := csv.NewReader(bytes.NewReader(text))
	lines.Comma, lines.FieldsPerRecord, lines.LazyQuotes = ';', -1, true
	rows, err := lines.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	column := slices.Index(rows[0], "denominazione")
	book := func(name string, part [][]string) string {
		f := excelize.NewFile()
		defer f.Close()
		for i, cells := range append([][]string{rows[0]}, part...) {
			if i == len(part) && len(cells) > column {
				cells[column] = strings.Repeat("LUNGA ", 20_000/6)
			}
			if err := f.SetSheetRow("Sheet1", fmt.Sprint("A", i+1), &cells); err != nil {
				t.Fatal(err)
			}
		}
		path := filepath.Join(t.TempDir(), name)
		if err := f.SaveAs(path); err != nil {
			t.Fatal(err)
		}
		return path
	}
	a.Companies = append([]string{book("uno.xlsx", rows[1:700]), book("due.xlsx", rows[700:])}, a.Companies...)
	if err := agree(t.Context(), a); err != nil {
		t.Error(err)
	}
}

// TestOracle asks about small lists in which everything meets everything.
func TestOracle(t *testing.T) {
	t.Parallel()
	rapid.Check(t, smallLists(t))
}

func FuzzOracle(f *testing.F) { f.Fuzz(rapid.MakeFuzz(smallLists(f))) }

// smallLists makes lists with few companies, few addresses and all kinds of cells, and asks about them.
func smallLists(t testing.TB) func(t *rapid.T) {
	dir := t.TempDir()
	a := newAudit(t, fixtures.Register{})
	cell := func(t *rapid.T, name string, words ...string) string { return rapid.SampledFrom(words).Draw(t, name) }
	addresses := []string{
		"a@pec-a.example", "a@pec-a.example", "B@pec-a.example ", "c@pec-vecchia.example", "d@postalibera.example", "09143087774@impresa.italia.it", "", "nessuna",
		"n.d.", "due@pec-a.example; a@pec-a.example", "e@@pec-a.example", "f@uno",
	}
	codes := []string{"09143087774", "9143087774", "09143357771", "09144557775", "09144557770", "BCDFGH70A01Z900L", "", "privato"}
	return func(t *rapid.T) {
		put := func(name, header string, row func() []string, most int) string {
			var b strings.Builder
			b.WriteString(header + "\n")
			for range rapid.IntRange(0, most).Draw(t, name) {
				b.WriteString(strings.Join(row(), ";") + cell(t, "end", "\n", "\n", "\r\n"))
			}
			path := filepath.Join(dir, name)
			if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
				t.Fatal(err)
			}
			return path
		}
		company := func() []string {
			row := []string{
				cell(t, "cciaa", "MI", "TO", "FC", ""), cell(t, "rea", "MI-1", "TO-2", "3", "", ""), cell(t, "code", codes...), cell(t, "iva", "", "", "01210827794"),
				cell(t, "name", "ALFA", `"BETA; DI ""B"""`, "\"DUE\nRIGHE\"", `"ROTTA" X`), cell(t, "form", "SR", "DI", "AC", "CO", "", "BOH"),
				cell(t, "stato", "ATTIVA", "ATTIVA", "CANCELLATA", "FALLITA", "", "BOH"), cell(t, "place", "", "", "SEDE", "UL-1"),
				`"` + cell(t, "pec", addresses...) + `"`, cell(t, "registered", "", "10/01/2016", "11/01/2016", "01/01/2030", "31/02/2016"),
				cell(t, "expiry", "", "", "15/03/2026", "05/11/2026"), cell(t, "director", "", "", "a@pec-a.example"),
			}
			return row[:rapid.IntRange(9, len(row)).Draw(t, "cells")]
		}
		const header = "cciaa;rea;codice_fiscale;partita_iva;denominazione;natura_giuridica;stato;localizzazione;pec;data_iscrizione_pec;data_scadenza_pec;pec_amministratore"
		b := *a
		b.Companies = []string{put("uno.csv", header, company, 12), put("due.csv", header, company, 5)}
		b.Professionals = []string{put("professionisti.csv", "pec;codice_fiscale", func() []string {
			return []string{`"` + cell(t, "pec", addresses...) + `"`, cell(t, "code", codes...)}
		}, 3)}
		b.Status = []string{put("stato.csv", "pec;stato;data_scadenza", func() []string {
			return []string{
				`"` + cell(t, "pec", addresses...) + `"`, cell(t, "word", "attiva", "scaduta", "revocata", "sospesa", "boh", ""), cell(t, "expiry", "", "15/03/2026", "31/12/2027"),
			}
		}, 4)}
		if err := agree(context.Background(), &b); err != nil {
			t.Fatal(err)
		}
	}
}

// TestOracleOnSamples asks about real lists where they are.
func TestOracleOnSamples(t *testing.T) {
	t.Parallel()
	const samples = "../../../shared/samples"
	for name, columns := range map[string]map[string]string{
		"pec-lists/ipa_comuni_2021-03-01_1500rows.tsv":          nil,
		"pec-lists/scuole_autonome_2020-21_non_disponibile.csv": {"pec": "INDIRIZZOPECSCUOLA", "rea": "CODICESCUOLA"},
		"pec-lists/ipa_only_pec_2026.csv":                       {"rea": "codice_ipa"},
		"csv-dialects/ministero_interno_excel_guard.csv":        {"pec": "SIGLA", "rea": "CODICE ISTAT"},
	} {
		path := filepath.Join(samples, name)
		if _, err := os.Stat(path); err != nil {
			t.Skip("no samples here")
		}
		a := newAudit(t, fixtures.Register{})
		a.Load.Map = columns
		a.Companies = []string{path}
		if err := agree(t.Context(), a); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		a.Companies = []string{path, path} // everything twice
		if err := agree(t.Context(), a); err != nil {
			t.Errorf("%s, twice: %v", name, err)
		}
	}
}

// TestOracleOnCrowd gives one address to three hundred companies: more than a rule is shown.
func TestOracleOnCrowd(t *testing.T) {
	t.Parallel()
	a := writeRegister(t, fixtures.Register{Seed: 1, Rows: 300})
	list, err := os.ReadFile(a.Companies[0])
	if err != nil {
		t.Fatal(err)
	}
	list = regexp.MustCompile(`[a-z0-9.]+@[a-z0-9.-]+`).ReplaceAll(list, []byte("tutti@pec-a.example"))
	if err := os.WriteFile(a.Companies[0], list, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := agree(t.Context(), a); err != nil {
		t.Error(err)
	}
}

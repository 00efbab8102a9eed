package reports

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"io"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
	"pgregory.net/rapid"

	"pecaudit/checker"
	"pecaudit/checker/cases"
)

func auditMonth() *Month {
	m := sampleMonth()
	m.Kind, m.Chamber, m.Name, m.Procedure, m.Trend = AuditBook, "", "", ProcedureNote{}, nil
	m.Summary.Coverage = "extract"
	for i := range m.Rows {
		r := &m.Rows[i]
		r.State, r.Case, r.Found, r.Term, r.DaysLeft, r.Office, r.OfficeOn, r.Protocol, r.Note, r.Closed, r.Sanction = "", "", checker.Date{}, cases.Term{}, nil, "", checker.Date{}, "", "", checker.Date{}, ""
	}
	return m
}

func nationalMonth() *Month {
	m := sampleMonth()
	count := func(slug, name string, factor int) ChamberCount {
		return ChamberCount{
			Slug: slug, Name: name, Summary: checker.Summary{Rows: 100 * factor, Companies: 99 * factor, Compliant: 90 * factor, NonCompliant: 5 * factor, Undetermined: 3 * factor, OutOfScope: 2 * factor},
			States:  map[cases.State]int{cases.Found: factor, cases.Listed: 2 * factor},
			Grounds: map[checker.Ground]int{checker.GroundExpired: 2 * factor, checker.GroundShared: factor},
			Changes: map[Change]int{ChangeNew: factor, ChangeSolved: 1},
		}
	}
	m.Kind, m.Chamber, m.Name, m.Rows, m.Rejected = NationalBook, "", "", nil, nil
	m.Chambers = []ChamberCount{count("cagliari-oristano", "Cagliari-Oristano", 3), count("sassari", "Sassari", 2), count("", "", 1)}
	m.Summary = checker.Summary{AsOf: m.AsOf, Coverage: "national", Rows: 600, Companies: 594, Compliant: 540, NonCompliant: 30, Undetermined: 18, OutOfScope: 12}
	return m
}

func draftMonth() *Month {
	m := sampleMonth()
	m.Draft, m.Held = true, []string{"La regola EXP-001 dà 812 nuovi casi, oltre tre volte la media degli ultimi tre mesi (95)."}
	m.Rows, m.Chamber, m.Name = m.Rows[:3], "", ""
	return m
}

func studioMonth() *Month {
	m := auditMonth()
	m.Schedule = NewSchedule(m, sampleProcedure(), checker.Date{})
	return m
}

func comparedMonth() *Month {
	m, then := sampleMonth(), sampleMonth()
	then.Month = m.Month.Add(-1)
	then.Rows = then.Rows[1:] // in the order of sampleRows: y c a b w d x e f g h v
	for i := range then.Rows {
		if r := &then.Rows[i]; r.Case == m.Rows[3].Case || r.State == cases.Lapsed || r.State == cases.Cured {
			r.State, r.Closed = cases.Listed, checker.Date{}
		}
	}
	gone := then.Rows[0]
	gone.Case, gone.Name = "ffffffffffff", "Zefiro S.r.l."
	then.Rows = append(slices.Delete(then.Rows, 1, 2), gone)
	m.Against = then
	return m
}

func sampleProcedure() *cases.Procedure {
	return &cases.Procedure{ID: "giudice-45", Days: 45, From: cases.FromPublication, Decider: cases.Judge}
}

func TestGolden(t *testing.T) {
	t.Parallel()
	for name, m := range map[string]*Month{
		"chamber.txt": sampleMonth(), "audit.txt": auditMonth(), "national.txt": nationalMonth(), "draft.txt": draftMonth(), "studio.txt": studioMonth(),
		"compared.txt": comparedMonth(), "empty.txt": {Kind: ChamberBook, AsOf: date("2026-11-01"), Month: date("2026-11-01").In(), Chamber: "sassari", Name: "Sassari"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			golden(t, name, dump(t, write(t, m)))
		})
	}
}

func TestEqualMonthsGiveEqualBytes(t *testing.T) {
	t.Parallel()
	first := write(t, sampleMonth())
	for range 5 {
		m := sampleMonth()
		rand.Shuffle(len(m.Rows), func(i, k int) { m.Rows[i], m.Rows[k] = m.Rows[k], m.Rows[i] })
		stored, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		var read Month
		if err := json.Unmarshal(stored, &read); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(first, write(t, &read)) {
			t.Fatal("the same month, its rows in another order and through the store, gave another file")
		}
	}
}

func TestListSheetsKeepTheirProperties(t *testing.T) {
	t.Parallel()
	f := open(t, write(t, sampleMonth()))
	for sheet, want := range map[string]string{SheetComplete: navy, SheetVerify: amber, SheetRules: slate} {
		got, err := f.GetSheetProps(sheet)
		if err != nil {
			t.Fatal(err)
		}
		if got.TabColorRGB == nil || *got.TabColorRGB != "FF"+want || got.FitToPage == nil || *got.FitToPage != (sheet == SheetRules) {
			t.Errorf("%s: color %v, fit %v", sheet, got.TabColorRGB, got.FitToPage)
		}
		width, err := f.GetColWidth(sheet, "A")
		if err != nil || width < 6 || width > 20 {
			t.Errorf("%s: the first column is %v wide, %v", sheet, width, err)
		}
	}
}

func TestSheetsAndColumnsOfTheContract(t *testing.T) {
	t.Parallel()
	order := []string{
		"Scadenzario", "Riepilogo", "Elenco completo", "PEC non valide", "PEC revocate", "PEC scadute", "PEC inattive", "Multiple tra imprese", "Multiple del professionista",
		"Prive di domicilio digitale", "Termini in corso", "Termine decorso", "Regolarizzate", "Da verificare", "Amministratori", "In scadenza", "Variazioni", "Righe scartate",
		"Regole applicate", "Fonti dei dati",
	}
	columns := strings.Split("CCIAA, N. REA, Codice fiscale, Denominazione, Natura giuridica, Comune, PEC, Gestore, Motivo, Cosa fare, Dettaglio, "+
		"Altre imprese con la stessa PEC, Suggerimento, Stato del procedimento, Rilevata il, Controllata il, Pubblicata il, Termine, Ultimo giorno utile, Giorni residui, Esito istruttoria, "+
		"Protocollo, Data esito, Note, Regola, File, Foglio, Riga, ID procedimento", ", ")
	m := comparedMonth()
	inactive, professional := m.Rows[2], m.Rows[2]
	inactive.Ground, professional.Ground = checker.GroundDomain, checker.GroundProfessional
	m.Rows = append(m.Rows, inactive, professional)
	m.Schedule = NewSchedule(m, sampleProcedure(), checker.Date{})
	f := open(t, write(t, m))
	if diff := cmp.Diff(order, f.GetSheetList()); diff != "" {
		t.Errorf("sheets (-want +got):\n%s", diff)
	}
	rows, err := f.GetRows("Elenco completo")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(columns, rows[0]); diff != "" {
		t.Errorf("columns (-want +got):\n%s", diff)
	}
	summary, err := f.GetRows("Riepilogo")
	if err != nil {
		t.Fatal(err)
	}
	if last := summary[len(summary)-1][0]; last != Closing {
		t.Errorf("Riepilogo ends with %q", last)
	}
	charts := 0
	for _, part := range parts(t, write(t, m)) {
		if strings.HasPrefix(part.Name, "xl/charts/chart") {
			charts++
		}
	}
	if charts != 4 {
		t.Errorf("%d native charts, want 4", charts)
	}
	empty := open(t, write(t, &Month{}))
	if diff := cmp.Diff([]string{"Riepilogo", "Elenco completo", "Fonti dei dati"}, empty.GetSheetList()); diff != "" {
		t.Errorf("sheets of an empty month (-want +got):\n%s", diff)
	}
}

func parts(t *testing.T, data []byte) []*zip.File {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	return z.File
}

// Text of an input is never anything but text: no formula, no link, no macro, in any cell of any sheet.
func TestInputStaysText(t *testing.T) {
	t.Parallel()
	text := rapid.OneOf(
		rapid.SampledFrom([]string{"=1+1", "+39 070 1", "-Rossi & C.", "@SUM(A1)", "\t=A1", "\r=cmd|' /C calc'!A0", "http://x.example", "mailto:a@b.example", "_x0041_", "'", " ", "\x00\x1f", "\ufffe", "a\nb", "00123"}),
		rapid.String(), rapid.StringN(0, 300, 40_000))
	rapid.Check(t, func(rt *rapid.T) {
		s := text.Draw(rt, "text")
		r := Row{
			Kind: RowBreach, CCIAA: s, REA: s, CodiceFiscale: s, Name: s, Form: s, Comune: s, PEC: s, Provider: s, Ground: checker.GroundShared, Detail: s,
			Others: []cases.Holder{{Name: s}}, Suggestion: s, Office: s, Protocol: s, Note: s, File: s, Sheet: s, Case: s, Rules: []checker.RuleID{checker.RuleID(s)},
		}
		m := &Month{Name: s, Chamber: s, Rows: []Row{r}, Rejected: []Rejected{{File: s, Column: s, Reason: s, Text: s}}, Sources: []Source{{File: s, Sheet: s, Mapping: []MappedColumn{{Header: s, Hint: s}}}}}
		var buf bytes.Buffer
		if err := WriteTo(&buf, m); err != nil {
			rt.Fatal(err)
		}
		z, err := zip.NewReader(bytes.NewReader(buf.Bytes()), int64(buf.Len()))
		if err != nil {
			rt.Fatal(err)
		}
		for _, part := range z.File {
			if strings.Contains(part.Name, "vba") || strings.Contains(part.Name, "externalLink") {
				rt.Fatalf("part %s", part.Name)
			}
			if !strings.HasPrefix(part.Name, "xl/worksheets/sheet") {
				continue
			}
			xml := content(rt, part)
			if strings.Contains(xml, "<f>") || strings.Contains(xml, "<f ") || strings.Contains(xml, "<hyperlink") {
				rt.Fatalf("%s holds a formula or a link for %q", part.Name, s)
			}
		}
		f, err := excelize.OpenReader(&buf)
		if err != nil {
			rt.Fatal(err)
		}
		closed(t, f)
		got, err := f.GetCellValue(SheetComplete, "D2")
		if err != nil {
			rt.Fatal(err)
		}
		if want := shown(s); got != want {
			rt.Fatalf("name %q is shown as %q", want, got)
		}
	})
}

// shown is what a cell can hold of a text: XML 1.0 has no control characters, a cell at most 32,767 UTF-16 units.
func shown(s string) string {
	units := 0
	var out strings.Builder
	for _, r := range s {
		n := 1
		if r > 0xffff {
			n = 2
		}
		if units += n; units > excelize.TotalCellChars {
			break
		}
		if r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == 0xfffe || r == 0xffff {
			r = '\ufffd'
		}
		out.WriteRune(r)
	}
	return out.String()
}

func content(t interface {
	Helper()
	Fatal(...any)
}, part *zip.File,
) string {
	t.Helper()
	r, err := part.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	data, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// Readers that trust the dimension, as openpyxl does in its read-only mode, must see every row and column.
func TestDimensions(t *testing.T) {
	t.Parallel()
	data := write(t, sampleMonth())
	f := open(t, data)
	for i, sheet := range f.GetSheetList() {
		if sheet == SheetSummary || sheet == SheetSources {
			continue
		}
		rows, err := f.GetRows(sheet)
		if err != nil {
			t.Fatal(err)
		}
		width := 0
		for _, row := range rows {
			width = max(width, len(row))
		}
		want := `<dimension ref="A1:` + cellName(width, len(rows)) + `"`
		for _, part := range parts(t, data) {
			if part.Name == "xl/worksheets/sheet"+itoa(i+1)+".xml" && !strings.Contains(content(t, part), want) {
				t.Errorf("%s: no %s", sheet, want)
			}
		}
	}
}

func itoa(n int) string { return thousands(n) }

func TestRowsGoOnOnAnotherSheet(t *testing.T) {
	t.Parallel()
	m := sampleMonth()
	var buf bytes.Buffer
	if err := newView(m).write(&buf, 3); err != nil {
		t.Fatal(err)
	}
	f := open(t, buf.Bytes())
	var got []string
	for _, s := range f.GetSheetList() {
		if strings.HasPrefix(s, SheetComplete) {
			rows, err := f.GetRows(s)
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, s)
			for _, r := range rows[1:] {
				got = append(got, r[3])
			}
			if rows[0][0] != "CCIAA" {
				t.Errorf("%s has no header", s)
			}
		}
	}
	want := []string{
		"Elenco completo", "ÀNCORA E MARE S.R.L.", "Bianchi & figli s.n.c.", "-Corallo & C.", "Elenco completo (2)", "=DAMA S.R.L.", "Edilizia Èssere", "Fonte \ufffd Nuova\tS.p.A.",
		"Elenco completo (3)", "Ginestra soc. coop.", "Ibis S.r.l.", "Palma S.r.l.",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	text := dump(t, buf.Bytes())
	for _, said := range []string{"continua nei fogli fino a «Elenco completo (3)»", "Elenco completo (foglio 2 di 3)"} {
		if !strings.Contains(text, said) {
			t.Errorf("nothing says %q", said)
		}
	}
}

// A header has room for 255 characters, whatever the names are.
func TestPrintHeaders(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		b := &book{heading: rapid.String().Draw(rt, "heading"), day: "01/11/2026", draft: rapid.Bool().Draw(rt, "draft")}
		title := rapid.String().Draw(rt, "title")
		h := b.printHeader(title)
		if n := len([]rune(h)) + strings.Count(h, "\U0010ffff"); n > 255 {
			rt.Fatalf("%d characters: %q", n, h)
		}
		f := excelize.NewFile()
		closed(t, f)
		if err := f.SetHeaderFooter("Sheet1", &excelize.HeaderFooterOptions{OddHeader: h, OddFooter: closingFooter}); err != nil {
			rt.Fatal(err)
		}
	})
	b := &book{heading: "2026 & figli", day: "01/11/2026"}
	if h := b.printHeader("90 giorni"); !strings.Contains(h, `&8&"-,Regular"2026 && figli`) || !strings.Contains(h, `&11&"-,Bold"90 giorni`) {
		t.Errorf("digits of a text would be read as a size: %q", h)
	}
}

func TestNothingTellsWhenOrWhere(t *testing.T) {
	t.Parallel()
	for _, part := range parts(t, write(t, sampleMonth())) {
		if got := part.Modified.Format("2006-01-02"); got != "1980-01-01" {
			t.Errorf("%s: %s", part.Name, got)
		}
		if text := content(t, part); strings.Contains(text, "/dati/") || regexp.MustCompile(`202[0-9]-[0-9]{2}-[0-9]{2}T(0[1-9]|1|2)`).MatchString(text) {
			t.Errorf("%s holds a folder of the machine or a time", part.Name)
		}
	}
}

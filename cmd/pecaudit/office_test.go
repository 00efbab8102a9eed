package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
)

// A clerk runs commands in a folder of its own, on a day of its own.
type clerk struct {
	t   *testing.T
	dir string
	now time.Time
}

func newClerk(t *testing.T, files map[string]string) *clerk {
	t.Helper()
	o := &clerk{t: t, dir: t.TempDir(), now: time.Date(2026, 10, 1, 8, 0, 0, 0, time.UTC)}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(o.dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return o
}

func (o *clerk) on(day string) *clerk {
	o.t.Helper()
	now, err := time.Parse(time.RFC3339, day+"T08:00:00Z")
	if err != nil {
		o.t.Fatal(err)
	}
	o.now = now
	return o
}

// try runs a command line; words beginning with @ are files in the office's folder.
func (o *clerk) try(line ...string) (stdout, stderr string, code int) {
	o.t.Helper()
	var out, errs bytes.Buffer
	p := program{stdin: strings.NewReader(""), stdout: &out, stderr: &errs, getenv: func(string) string { return "" }, now: func() time.Time { return o.now }}
	args := slices.Clone(line)
	for i, arg := range args {
		if name, ok := strings.CutPrefix(arg, "@"); ok {
			args[i] = filepath.Join(o.dir, name)
		}
	}
	code = p.run(o.t.Context(), args)
	return out.String(), errs.String(), code
}

func (o *clerk) run(line ...string) string {
	o.t.Helper()
	stdout, stderr, code := o.try(line...)
	if code != 0 {
		o.t.Fatalf("%v: exit code %d\n%s", line, code, stderr)
	}
	return stdout
}

// edit changes a workbook as staff does.
func (o *clerk) edit(name string, change func(f *excelize.File)) {
	o.t.Helper()
	path := filepath.Join(o.dir, name)
	f, err := excelize.OpenFile(path)
	if err != nil {
		o.t.Fatal(err)
	}
	defer f.Close()
	change(f)
	if err := f.Save(); err != nil {
		o.t.Fatal(err)
	}
}

// fill writes what staff knows of a company into a sheet.
func (o *clerk) fill(f *excelize.File, sheet, name string, values map[string]any) {
	o.t.Helper()
	rows, err := f.GetRows(sheet)
	if err != nil {
		o.t.Fatal(err)
	}
	named := slices.Index(rows[0], "Denominazione")
	for i, row := range rows {
		if i == 0 || row[named] != name {
			continue
		}
		for column, value := range values {
			cell, err := excelize.CoordinatesToCellName(slices.Index(rows[0], column)+1, i+1)
			if err != nil {
				o.t.Fatal(err)
			}
			if err := f.SetCellValue(sheet, cell, value); err != nil {
				o.t.Fatal(err)
			}
		}
		return
	}
	o.t.Fatalf("%s does not stand on %s", name, sheet)
}

// shown returns what a sheet shows of a company, by column.
func (o *clerk) shown(name, sheet, company string) map[string]string {
	o.t.Helper()
	f, err := excelize.OpenFile(filepath.Join(o.dir, name))
	if err != nil {
		o.t.Fatal(err)
	}
	defer f.Close()
	rows, err := f.GetRows(sheet)
	if err != nil || len(rows) == 0 {
		return nil
	}
	named := slices.Index(rows[0], "Denominazione")
	for _, row := range rows[1:] {
		if len(row) <= named || row[named] != company {
			continue
		}
		seen := map[string]string{}
		for i, cell := range row {
			seen[rows[0][i]] = cell
		}
		return seen
	}
	return nil
}

const clerkHeader = "cciaa;rea;codice_fiscale;denominazione;natura_giuridica;stato;comune;pec;data_iscrizione_pec;data_scadenza_pec\n"

func clerkFiles() map[string]string {
	list := clerkHeader +
		"TO;TO-1;00001117779;ALFA S.R.L.;SR;ATTIVA;TORINO;alfa@pec-uno.example;;31/08/2026\n" +
		"TO;TO-2;00002227775;BETA S.R.L.;SR;ATTIVA;TORINO;beta@@pec-uno.example;;\n" +
		"TO;TO-3;00003337771;GAMMA S.N.C.;SN;ATTIVA;IVREA;gamma@pec-uno.example;;15/09/2026\n" +
		"TO;TO-4;00004447777;DELTA S.R.L.;SR;ATTIVA;TORINO;delta@pec-uno.example;;31/12/2027\n"
	return map[string]string{
		"2026-10.csv": list, "2026-11.csv": list,
		"pecaudit.yaml": "store: s.db\nout_dir: cartelle\nlists: {companies: [\"{month}.csv\"]}\nprocedure: {default: giudice-45}\n",
	}
}

const october = "cartelle/2026-10/torino.xlsx"

// The six months through workbooks only, in small: what staff writes comes back in, and the next month's file shows it.
func TestWhatStaffWritesComesBackIn(t *testing.T) {
	t.Parallel()
	o := newClerk(t, clerkFiles())
	o.run("run", "--config", "@pecaudit.yaml", "--quiet", "--published", "2026-10-01", "--act", "Determinazione 7/2026", "--by", "A. Bianchi")

	albo := filepath.Join(o.dir, "cartelle/2026-10/albo/torino.xlsx")
	f, err := excelize.OpenFile(albo)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, sheet := range f.GetSheetList() {
		rows, err := f.GetRows(sheet)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{"Progr.", "N. REA", "Codice fiscale", "Denominazione", "Indirizzo PEC", "Comune"}, rows[0]); diff != "" {
			t.Errorf("albo, %s: %s", sheet, diff)
		}
		for _, row := range rows[1:] {
			all = append(all, row[3])
		}
	}
	f.Close()
	slices.Sort(all)
	if diff := cmp.Diff([]string{"ALFA S.R.L.", "BETA S.R.L.", "GAMMA S.N.C."}, all); diff != "" {
		t.Errorf("albo: %s", diff)
	}

	o.on("2026-10-20")
	o.edit(october, func(f *excelize.File) {
		o.fill(f, "Elenco completo", "ALFA S.R.L.", map[string]any{
			"Esito istruttoria": "Casella rinnovata o riattivata", "Data esito": "15/10/2026", "Protocollo": "12/2026", "Note": "telefonato",
		})
		o.fill(f, "PEC non valide", "BETA S.R.L.", map[string]any{"Esito istruttoria": "Boh", "Data esito": "15/10/2026"})
		o.fill(f, "Termini in corso", "GAMMA S.N.C.", map[string]any{"Esito istruttoria": "Opposizione presentata", "Data esito": "25/10/2026"})
	})
	list := func() string { return o.run("cases", "list", "--config", "@pecaudit.yaml", "--json") }
	before := list()
	var r struct {
		Entered   []struct{ Case, Outcome, State, Sheet string }
		Known     int
		Conflicts []struct{ Kind, Sheet string }
	}
	imported := func(flags ...string) {
		t.Helper()
		r.Entered, r.Conflicts, r.Known = nil, nil, 0
		out := o.run(append([]string{"cases", "import", "@" + october, "--config", "@pecaudit.yaml", "--by", "C. Verdi", "--json"}, flags...)...)
		if err := json.Unmarshal([]byte(out), &r); err != nil {
			t.Fatal(err)
		}
	}
	imported("--dry-run")
	if len(r.Entered) != 1 || len(r.Conflicts) != 2 {
		t.Errorf("dry run: %+v", r)
	}
	if after := list(); after != before {
		t.Error("a dry run changed the store")
	}
	imported()
	if len(r.Entered) != 1 || r.Entered[0].State != "cured" || r.Entered[0].Sheet != "Elenco completo" {
		t.Errorf("entered: %+v", r.Entered)
	}
	kinds := []string{}
	for _, c := range r.Conflicts {
		kinds = append(kinds, c.Sheet+": "+c.Kind)
	}
	slices.Sort(kinds)
	if diff := cmp.Diff([]string{"PEC non valide: word", "Termini in corso: future"}, kinds); diff != "" {
		t.Errorf("conflicts: %s", diff)
	}
	show := o.run("cases", "show", r.Entered[0].Case, "--config", "@pecaudit.yaml")
	if !strings.Contains(show, `"by":"C. Verdi"`) || !strings.Contains(show, "torino.xlsx") || !strings.Contains(show, `"protocol":"12/2026"`) {
		t.Errorf("the event does not say who wrote what where: %s", show)
	}
	after := list()
	imported()
	if len(r.Entered) != 0 || r.Known != 1 || list() != after {
		t.Errorf("the same file twice: %+v", r)
	}

	o.on("2026-11-03")
	imported()
	if len(r.Entered) != 1 || r.Entered[0].State != "opposed" {
		t.Errorf("once the day has come: %+v", r)
	}
	o.run("run", "--config", "@pecaudit.yaml", "--quiet")
	november := "cartelle/2026-11/torino.xlsx"
	seen := o.shown(november, "Regolarizzate", "ALFA S.R.L.")
	for column, want := range map[string]string{
		"Esito istruttoria": "Casella rinnovata o riattivata", "Protocollo": "12/2026", "Data esito": "15/10/2026", "Note": "telefonato", "Stato del procedimento": "Regolarizzata",
	} {
		if seen[column] != want {
			t.Errorf("November, ALFA, %s: %q, want %q", column, seen[column], want)
		}
	}
	if seen := o.shown(november, "Termini in corso", "GAMMA S.N.C."); seen["Stato del procedimento"] != "Opposizione in esame" {
		t.Errorf("November, GAMMA: %v", seen)
	}
	if seen := o.shown(november, "Da verificare", "ALFA S.R.L."); seen == nil {
		t.Error("the list still says that ALFA is expired: the office's entry holds, and the row stands nowhere")
	}

	// Comparison with October.
	o.run("report", "--config", "@pecaudit.yaml", "--month", "2026-11", "--against", "2026-10", "--out-dir", "@confronto")
	if seen := o.shown("confronto/2026-11/torino.xlsx", "Variazioni", "ALFA S.R.L."); seen == nil {
		t.Error("Variazioni does not show ALFA")
	}
}

func TestAWorkbookKeepsCasesOffTheList(t *testing.T) {
	t.Parallel()
	o := newClerk(t, clerkFiles())
	o.run("run", "--config", "@pecaudit.yaml", "--quiet")
	o.on("2026-10-02")
	o.edit(october, func(f *excelize.File) {
		o.fill(f, "Elenco completo", "ALFA S.R.L.", map[string]any{"Esito istruttoria": "Non pubblicare", "Data esito": "02/10/2026"})
	})
	publish := []string{"cases", "publish", "--config", "@pecaudit.yaml", "--month", "2026-10", "--on", "2026-10-02", "--act", "Det. 8", "--by", "A. Bianchi", "--from", "@" + october}
	_, stderr, code := o.try(append(publish, "--dry-run")...)
	if code != 0 || !strings.Contains(stderr, "Non pubblicare") {
		t.Errorf("dry run: %d, %s", code, stderr)
	}
	o.run(publish...)
	states := map[string]string{}
	var list []struct{ Denominazione, State string }
	if err := json.Unmarshal([]byte(o.run("cases", "list", "--config", "@pecaudit.yaml", "--json")), &list); err != nil {
		t.Fatal(err)
	}
	for _, c := range list {
		states[c.Denominazione] = c.State
	}
	if diff := cmp.Diff(map[string]string{"ALFA S.R.L.": "found", "BETA S.R.L.": "listed", "GAMMA S.N.C.": "listed"}, states); diff != "" {
		t.Error(diff)
	}

	o.edit(october, func(f *excelize.File) {
		o.fill(f, "Elenco completo", "BETA S.R.L.", map[string]any{"Esito istruttoria": "non so", "Data esito": "02/10/2026"})
	})
	o.on("2026-10-05")
	again := slices.Clone(publish)
	again[slices.Index(again, "2026-10-02")] = "2026-10-05"
	if _, stderr, code := o.try(again...); code != 2 || !strings.Contains(stderr, "riga") {
		t.Errorf("a row that cannot be entered: %d, %s", code, stderr)
	}
}

func TestLettersAndCalendar(t *testing.T) {
	t.Parallel()
	o := newClerk(t, clerkFiles())
	o.run("run", "--config", "@pecaudit.yaml", "--quiet", "--published", "2026-10-01", "--act", "Determinazione 7/2026", "--by", "A. Bianchi")
	o.run("cases", "letters", "--config", "@pecaudit.yaml", "--out", "@lettere.csv")
	letters, err := os.ReadFile(filepath.Join(o.dir, "lettere.csv"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"Recapitabile via PEC", "ALFA S.R.L.", "Determinazione 7/2026", "16/11/2026", "PEC scaduta"} {
		if !strings.Contains(string(letters), want) {
			t.Errorf("the letters do not say %q", want)
		}
	}
	o.run("audit", "@2026-10.csv", "--as-of", "2026-10-01", "--view", "studio", "--published", "2026-10-01", "--out", "@studio.xlsx", "--calendar", "@studio.ics", "--letters", "@clienti.csv", "--quiet")
	f, err := excelize.OpenFile(filepath.Join(o.dir, "studio.xlsx"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if sheets := f.GetSheetList(); sheets[0] != "Scadenzario" || sheets[1] != "Riepilogo" {
		t.Errorf("sheets: %v", sheets)
	}
	rows, err := f.GetRows("Scadenzario")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split("Cliente, Codice fiscale, CCIAA, PEC, Gestore, Problema, Cosa fare, Agire entro, Perché entro, Conseguenze, Fatto, Note", ", "), rows[0]); diff != "" {
		t.Error(diff)
	}
	if len(rows) != 4 {
		t.Errorf("%d clients, want 3", len(rows)-1)
	}
	calendar, err := os.ReadFile(filepath.Join(o.dir, "studio.ics"))
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(calendar), "BEGIN:VEVENT"); n != 3 || !strings.Contains(string(calendar), "DTSTART;VALUE=DATE:20261115") {
		t.Errorf("%d events in the calendar:\n%s", n, calendar)
	}
	clients, err := os.ReadFile(filepath.Join(o.dir, "clienti.csv"))
	if err != nil || !strings.Contains(string(clients), "15/11/2026") {
		t.Errorf("letters to clients: %v\n%s", err, clients)
	}
}

// What staff typed into a workbook is not lost when the month is written again.
func TestAFilledInWorkbookIsKept(t *testing.T) {
	t.Parallel()
	o := newClerk(t, clerkFiles())
	o.run("run", "--config", "@pecaudit.yaml", "--quiet")
	o.edit(october, func(f *excelize.File) {
		o.fill(f, "Elenco completo", "ALFA S.R.L.", map[string]any{"Esito istruttoria": "Opposizione presentata", "Data esito": "01/10/2026"})
	})
	_, stderr, code := o.try("report", "--config", "@pecaudit.yaml", "--month", "2026-10")
	if code != 0 || !strings.Contains(stderr, "torino-compilata-1.xlsx") {
		t.Fatalf("%d: %s", code, stderr)
	}
	if seen := o.shown("cartelle/2026-10/torino-compilata-1.xlsx", "Elenco completo", "ALFA S.R.L."); seen["Esito istruttoria"] != "Opposizione presentata" {
		t.Errorf("kept: %v", seen)
	}
	if seen := o.shown(october, "Elenco completo", "ALFA S.R.L."); seen == nil || seen["Esito istruttoria"] != "" {
		t.Errorf("written again: %v", seen)
	}
	// Nobody wrote in it since: nothing is kept.
	o.run("report", "--config", "@pecaudit.yaml", "--month", "2026-10")
	entries, err := os.ReadDir(filepath.Join(o.dir, "cartelle/2026-10"))
	if err != nil || len(entries) != 3 {
		t.Errorf("%v, %v", entries, err)
	}
}

// The list of a day went out as a file: repeating the publication leaves that file as it is, or writes it if it could not be.
func TestAlboIsWrittenOnce(t *testing.T) {
	t.Parallel()
	o := newClerk(t, clerkFiles())
	run := []string{"run", "--config", "@pecaudit.yaml", "--quiet", "--published", "2026-10-01", "--act", "Det. 7", "--by", "A. Bianchi"}
	o.run(run...)
	path := filepath.Join(o.dir, "cartelle/2026-10/albo/torino.xlsx")
	first, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	o.run(run...)
	again, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(first, again) {
		t.Error("the list was written again with other bytes")
	}
}

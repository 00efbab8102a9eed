package reports

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"pecaudit/checker"
	"pecaudit/checker/cases"
)

// handBack writes the sample month, lets staff change the workbook and reads it back.
func handBack(t *testing.T, staff func(*excelize.File)) ([]Entry, []Conflict) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "cagliari-oristano.xlsx")
	if err := Write(path, sampleMonth()); err != nil {
		t.Fatal(err)
	}
	f, err := excelize.OpenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	closed(t, f)
	staff(f)
	if err := f.Save(); err != nil {
		t.Fatal(err)
	}
	entries, conflicts, err := ReadBack(path)
	if err != nil {
		t.Fatal(err)
	}
	return entries, conflicts
}

// fill writes the office's cells of a case on a sheet.
func fill(t *testing.T, f *excelize.File, sheet, id string, outcome, protocol, on, note any) {
	t.Helper()
	rows, err := f.GetRows(sheet)
	if err != nil {
		t.Fatal(err)
	}
	at := func(label string) int {
		for _, row := range rows {
			if i := slices.Index(row, label); i >= 0 {
				return i
			}
		}
		t.Fatalf("%s has no column %s", sheet, label)
		return -1
	}
	for i, row := range rows {
		if k := at(columnCase); k < len(row) && row[k] == id {
			for label, v := range map[string]any{columnOutcome: outcome, columnProtocol: protocol, columnOn: on, columnNote: note} {
				if err := f.SetCellValue(sheet, cellName(at(label)+1, i+1), v); err != nil {
					t.Fatal(err)
				}
			}
			return
		}
	}
	t.Fatalf("%s has no case %s", sheet, id)
}

const (
	ancora  = "a1b2c3d4e001"
	bianchi = "a1b2c3d4e002"
	corallo = "a1b2c3d4e003"
)

// untouched are the entries that the program itself wrote, and nobody changed.
var untouched = []string{bianchi, "a1b2c3d4e006", "a1b2c3d4e008", "a1b2c3d4e00a"}

func ids(entries []Entry) []string {
	var list []string
	for _, e := range entries {
		list = append(list, e.CaseID)
	}
	return list
}

func TestReadBackUntouched(t *testing.T) {
	t.Parallel()
	entries, conflicts := handBack(t, func(*excelize.File) {})
	if len(conflicts) > 0 {
		t.Errorf("conflicts: %v", conflicts)
	}
	if diff := cmp.Diff(untouched, ids(entries)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	// Each comes back as the month has it.
	for _, e := range entries {
		i := slices.IndexFunc(sampleRows(), func(r Row) bool { return r.Case == e.CaseID })
		r := sampleRows()[i]
		if e.Outcome != r.Office || e.On != r.OfficeOn || e.Protocol != r.Protocol || e.Note != r.Note || e.CodiceFiscale != r.CodiceFiscale {
			t.Errorf("%s came back as %+v", e.CaseID, e)
		}
	}
}

func TestReadBackWhateverStaffDid(t *testing.T) {
	t.Parallel()
	want := Entry{
		CaseID: ancora, CodiceFiscale: "00000000018", Outcome: "Non pubblicare", Event: cases.EventHeld, On: date("2026-11-05"), Protocol: "2026/7", Note: "Sentita",
	}
	for name, staff := range map[string]func(*testing.T, *excelize.File){
		"filled": func(t *testing.T, f *excelize.File) {
			fill(t, f, SheetExpired, ancora, "Non pubblicare", "2026/7", 46331, "Sentita")
		},
		"date as text, words in other case": func(t *testing.T, f *excelize.File) {
			fill(t, f, SheetExpired, ancora, " non  PUBBLICARE ", "2026/7", "5/11/2026", "Sentita")
		},
		"on two sheets alike": func(t *testing.T, f *excelize.File) {
			fill(t, f, SheetExpired, ancora, "Non pubblicare", "2026/7", 46331, "Sentita")
			fill(t, f, SheetComplete, ancora, "Non pubblicare", "2026/7", "2026-11-05", "Sentita")
		},
		"columns moved": func(t *testing.T, f *excelize.File) {
			fill(t, f, SheetComplete, ancora, "Non pubblicare", "2026/7", 46331, "Sentita")
			for range 3 {
				if err := f.InsertCols(SheetComplete, "A", 2); err != nil {
					t.Fatal(err)
				}
			}
			if err := f.RemoveCol(SheetComplete, "K"); err != nil {
				t.Fatal(err)
			}
		},
		"lines above the header, rows deleted": func(t *testing.T, f *excelize.File) {
			fill(t, f, SheetComplete, ancora, "Non pubblicare", "2026/7", 46331, "Sentita")
			for _, s := range []string{SheetExpired, SheetShared, SheetOpen} {
				if err := f.DeleteSheet(s); err != nil {
					t.Fatal(err)
				}
			}
			if err := f.RemoveRow(SheetComplete, 9); err != nil { // Ibis, which stands on Regolarizzate too
				t.Fatal(err)
			}
			if err := f.InsertRows(SheetComplete, 1, 4); err != nil {
				t.Fatal(err)
			}
			if err := f.SetCellValue(SheetComplete, "A1", "Elenco di lavoro di novembre"); err != nil {
				t.Fatal(err)
			}
		},
		"sheet copied and hidden": func(t *testing.T, f *excelize.File) {
			fill(t, f, SheetComplete, ancora, "Non pubblicare", "2026/7", 46331, "Sentita")
			i, err := f.NewSheet("Copia")
			if err != nil {
				t.Fatal(err)
			}
			from, err := f.GetSheetIndex(SheetComplete)
			if err != nil {
				t.Fatal(err)
			}
			if err := f.CopySheet(from, i); err != nil {
				t.Fatal(err)
			}
			if err := f.SetSheetVisible("Copia", false); err != nil {
				t.Fatal(err)
			}
		},
		"code pasted as a number": func(t *testing.T, f *excelize.File) {
			fill(t, f, SheetComplete, ancora, "Non pubblicare", "2026/7", 46331, "Sentita")
			if err := f.SetCellInt(SheetComplete, "C2", 1000000018); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			entries, conflicts := handBack(t, func(f *excelize.File) { staff(t, f) })
			if len(conflicts) > 0 {
				t.Errorf("conflicts: %v", conflicts)
			}
			i := slices.IndexFunc(entries, func(e Entry) bool { return e.CaseID == ancora })
			if i < 0 {
				t.Fatalf("no entry of the case in %+v", entries)
			}
			got := entries[i]
			if got.Row == 0 || got.Sheet == "" {
				t.Errorf("it does not say where it stands: %+v", got)
			}
			got.Sheet, got.Row = "", 0
			wanted := want
			if strings.HasPrefix(name, "code") {
				wanted.CodiceFiscale = "01000000018"
			}
			if diff := cmp.Diff(wanted, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestReadBackEveryWord(t *testing.T) {
	t.Parallel()
	for _, o := range Outcomes {
		t.Run(o.Label, func(t *testing.T) {
			t.Parallel()
			entries, conflicts := handBack(t, func(f *excelize.File) {
				fill(t, f, SheetComplete, ancora, o.Label, "", 46331, "")
			})
			i := slices.IndexFunc(entries, func(e Entry) bool { return e.CaseID == ancora })
			if i < 0 || len(conflicts) > 0 || entries[i].Event != o.Event || entries[i].Decision != o.Decision {
				t.Errorf("%+v, %v", entries, conflicts)
			}
			if OutcomeLabel(o.Event, o.Decision) != o.Label {
				t.Errorf("its event reads %q", OutcomeLabel(o.Event, o.Decision))
			}
		})
	}
}

func TestReadBackConflicts(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		staff func(*testing.T, *excelize.File)
		kind  ConflictKind
		lost  []string // entries that do not come, of those that would
	}{
		"unknown word": {func(t *testing.T, f *excelize.File) { fill(t, f, SheetComplete, ancora, "Boh", "", 46331, "") }, ConflictWord, nil},
		"no date":      {func(t *testing.T, f *excelize.File) { fill(t, f, SheetComplete, ancora, "Non pubblicare", "", nil, "") }, ConflictNoDate, nil},
		"bad date": {func(t *testing.T, f *excelize.File) {
			fill(t, f, SheetComplete, ancora, "Non pubblicare", "", "ieri", "")
		}, ConflictBadDate, nil},
		"a year only": {func(t *testing.T, f *excelize.File) {
			fill(t, f, SheetComplete, ancora, "Non pubblicare", "", 2026, "")
		}, ConflictBadDate, nil},
		"no word": {func(t *testing.T, f *excelize.File) { fill(t, f, SheetComplete, ancora, "", "", nil, "Richiamare") }, ConflictNoWord, nil},
		"no case": {func(t *testing.T, f *excelize.File) {
			fill(t, f, SheetComplete, ancora, "Non pubblicare", "", 46331, "")
			if err := f.SetCellValue(SheetComplete, "AC2", ""); err != nil {
				t.Fatal(err)
			}
		}, ConflictNoCase, nil},
		"two outcomes": {func(t *testing.T, f *excelize.File) {
			fill(t, f, SheetComplete, bianchi, "Opposizione presentata", "", 46331, "")
		}, ConflictDiffers, []string{bianchi}},
		"one row of two is wrong": {func(t *testing.T, f *excelize.File) {
			fill(t, f, SheetComplete, bianchi, "Opposizione", "", 46331, "")
		}, ConflictWord, []string{bianchi}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			entries, conflicts := handBack(t, func(f *excelize.File) { c.staff(t, f) })
			if len(conflicts) != 1 || conflicts[0].Kind != c.kind {
				t.Fatalf("conflicts: %+v", conflicts)
			}
			if s := conflicts[0].String(); !strings.Contains(s, conflicts[0].Sheet+", riga ") || conflictLabel(c.kind) == "" {
				t.Errorf("it reads %q", s)
			}
			want := slices.DeleteFunc(slices.Clone(untouched), func(id string) bool { return slices.Contains(c.lost, id) })
			if diff := cmp.Diff(want, ids(entries)); diff != "" {
				t.Errorf("entries (-want +got):\n%s", diff)
			}
		})
	}
}

// Staff change one sheet; the others still show what the program wrote: only the store can tell which is new.
func TestSettle(t *testing.T) {
	t.Parallel()
	_, conflicts := handBack(t, func(f *excelize.File) {
		fill(t, f, SheetOpen, bianchi, "Opposizione presentata", "2026/9", 46331, "")
	})
	if len(conflicts) != 1 {
		t.Fatalf("conflicts: %+v", conflicts)
	}
	written := func(e Entry) bool { return e.Outcome == "Confermata irregolare" }
	if e, ok := conflicts[0].Settle(written); !ok || e.Event != cases.EventOpposition || e.Sheet != SheetOpen {
		t.Errorf("%+v, %v", e, ok)
	}
	if e, ok := conflicts[0].Settle(func(Entry) bool { return false }); ok {
		t.Errorf("two new entries, and it took %+v", e)
	}
	if e, ok := conflicts[0].Settle(func(Entry) bool { return true }); ok {
		t.Errorf("nothing new, and it took %+v", e)
	}
}

func TestReadBackRefuses(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	other := excelize.NewFile()
	if err := other.SetCellValue("Sheet1", "A1", "Esito istruttoria"); err != nil {
		t.Fatal(err)
	}
	if err := other.SaveAs(filepath.Join(dir, "altro.xlsx")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "testo.xlsx"), []byte("non un foglio"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, says := range map[string]string{"altro.xlsx": "Sheet1", "testo.xlsx": "save it again as .xlsx", "manca.xlsx": "no such file"} {
		if _, _, err := ReadBack(filepath.Join(dir, name)); err == nil || !strings.Contains(err.Error(), says) || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestDates1904(t *testing.T) {
	t.Parallel()
	entries, _ := handBack(t, func(f *excelize.File) {
		yes := true
		if err := f.SetWorkbookProps(&excelize.WorkbookPropsOptions{Date1904: &yes}); err != nil {
			t.Fatal(err)
		}
	})
	if want := date("2026-10-20").AddDays(1462); len(entries) == 0 || entries[0].On != want {
		t.Errorf("the epoch of the workbook does not count: %+v", entries)
	}
	r := reader{epoch1904: true}
	if d, ok := r.date("44869"); !ok || d != date("2026-11-05") {
		t.Errorf("%v, %v", d, ok)
	}
	for _, s := range []string{"", "NaN", "Inf", "-1", "1e300", "60", "0", "99/99/2026"} {
		if d, ok := (&reader{}).date(s); ok {
			t.Errorf("%q is a date: %v", s, d)
		}
	}
	if d, ok := (&reader{}).date("46331.75"); !ok || d != date("2026-11-05") {
		t.Errorf("with an hour: %v, %v", d, ok)
	}
}

func FuzzReadBack(f *testing.F) {
	path := filepath.Join(f.TempDir(), "seme.xlsx")
	m := sampleMonth()
	m.Rows, m.Rules, m.Sources, m.Trend, m.Rejected = m.Rows[1:2], nil, nil, nil, nil
	if err := Write(path, m); err != nil {
		f.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add([]byte("PK\x03\x04"))
	f.Fuzz(func(t *testing.T, data []byte) {
		path := filepath.Join(t.TempDir(), "x.xlsx")
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		entries, _, err := ReadBack(path)
		if err != nil && entries != nil {
			t.Error("entries beside an error")
		}
		for _, e := range entries {
			if e.CaseID == "" || e.Event == "" || e.On == (checker.Date{}) {
				t.Errorf("incomplete: %+v", e)
			}
		}
	})
}

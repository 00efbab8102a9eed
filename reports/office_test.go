package reports

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
)

// Other programs open what is written here: LibreOffice, and openpyxl in its read-only mode, which believes the dimension. They take seconds to start, so
// they are asked only with OFFICE=1, and left out where they are not installed.
func otherProgram(t *testing.T, name string, args ...string) string {
	t.Helper()
	if os.Getenv("OFFICE") == "" {
		t.Skip("OFFICE=1 asks other programs too")
	}
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skip(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	out, err := exec.CommandContext(ctx, path, args...).CombinedOutput()
	if err != nil {
		if strings.Contains(string(out), "No module named 'openpyxl'") {
			t.Skip("openpyxl is not installed")
		}
		t.Fatalf("%s: %v\n%s", name, err, out)
	}
	return string(out)
}

func TestLibreOfficeSavesItAgain(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "mese.xlsx")
	if err := Write(path, sampleMonth()); err != nil {
		t.Fatal(err)
	}
	f, err := excelize.OpenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	closed(t, f)
	fill(t, f, SheetExpired, ancora, "Non pubblicare", "2026/7", 46331, "Sentita")
	if err := f.Save(); err != nil {
		t.Fatal(err)
	}
	want, _, err := ReadBack(path)
	if err != nil {
		t.Fatal(err)
	}
	again := filepath.Join(dir, "again")
	otherProgram(t, "soffice", "-env:UserInstallation=file://"+filepath.Join(dir, "profile"), "--headless", "--convert-to", "xlsx:Calc MS Excel 2007 XML", "--outdir", again, path)
	got, conflicts, err := ReadBack(filepath.Join(again, "mese.xlsx"))
	if err != nil || len(conflicts) > 0 {
		t.Fatalf("%v, %v", err, conflicts)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("saved by LibreOffice (-want +got):\n%s", diff)
	}
	saved, err := excelize.OpenFile(filepath.Join(again, "mese.xlsx"))
	if err != nil {
		t.Fatal(err)
	}
	closed(t, saved)
	if diff := cmp.Diff(f.GetSheetList(), saved.GetSheetList()); diff != "" {
		t.Errorf("sheets (-want +got):\n%s", diff)
	}
	for sheet, cells := range map[string]map[string]string{
		SheetComplete: {"C2": "00000000018", "D5": "=DAMA S.R.L.", "T3": "14", "R3": "15/11/2026"},
		SheetShared:   {"D2": "-Corallo & C."},
	} {
		for cell, want := range cells {
			if got, err := saved.GetCellValue(sheet, cell); err != nil || got != want {
				t.Errorf("%s %s: %q, %v; want %q", sheet, cell, got, err, want)
			}
		}
	}
}

func TestOpenpyxlSeesEveryRow(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "mese.xlsx")
	data := write(t, sampleMonth())
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	out := otherProgram(t, "/usr/bin/python3", "-c", `
import openpyxl, sys
for s in openpyxl.load_workbook(sys.argv[1], read_only=True):
    rows = list(s.iter_rows(values_only=True))
    print(s.title, len(rows), max(map(len, rows)), rows[-1][0], sep="|")
`, path)
	f := open(t, data)
	var want []string
	for _, sheet := range f.GetSheetList() {
		rows, err := f.GetRows(sheet)
		if err != nil {
			t.Fatal(err)
		}
		width := 0
		for _, r := range rows {
			width = max(width, len(r))
		}
		last := "None"
		if r := rows[len(rows)-1]; len(r) > 0 && r[0] != "" {
			last = r[0]
		}
		want = append(want, strings.Join([]string{sheet, itoa(len(rows)), itoa(width), last}, "|"))
	}
	if diff := cmp.Diff(strings.Join(want, "\n"), strings.TrimSpace(out)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

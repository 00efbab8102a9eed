package reports

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
)

var update = flag.Bool("update", false, "rewrite the golden files under fixtures/workbooks")

// dump prints a workbook as text: sheet by sheet, a line a cell with its type and what is shown; then what a person does not see in cells.
func dump(t *testing.T, data []byte) string {
	t.Helper()
	f := open(t, data)
	var out strings.Builder
	for _, sheet := range f.GetSheetList() {
		dimension, err := f.GetSheetDimension(sheet)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&out, "=== %s (%s)\n", sheet, dimension)
		rows, err := f.GetRows(sheet)
		if err != nil {
			t.Fatal(err)
		}
		for i, row := range rows {
			for k, shown := range row {
				if shown == "" {
					continue
				}
				ref := cellName(k+1, i+1)
				kind, err := f.GetCellType(sheet, ref)
				if err != nil {
					t.Fatal(err)
				}
				if formula, _ := f.GetCellFormula(sheet, ref); formula != "" {
					shown = "FORMULA " + formula
				}
				fmt.Fprintf(&out, "%s\t%s\t%s\n", ref, cellKind(kind), strings.ReplaceAll(shown, "\n", "⏎"))
			}
		}
		if h, err := f.GetHeaderFooter(sheet); err == nil && h != nil {
			fmt.Fprintf(&out, "header\t%s\nfooter\t%s\n", strings.ReplaceAll(h.OddHeader, "\n", "⏎"), h.OddFooter)
		}
		if panes, err := f.GetPanes(sheet); err == nil && panes.Freeze {
			fmt.Fprintf(&out, "frozen\t%d columns, %d rows\n", panes.XSplit, panes.YSplit)
		}
		validations, err := f.GetDataValidations(sheet)
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range validations {
			fmt.Fprintf(&out, "validation\t%s\t%s\t%s\n", v.Sqref, v.Type, v.Formula1)
		}
	}
	for _, n := range f.GetDefinedName() {
		fmt.Fprintf(&out, "name\t%s\t%s\t%s\n", n.Name, n.Scope, n.RefersTo)
	}
	return out.String()
}

func cellKind(k excelize.CellType) string {
	switch k {
	case excelize.CellTypeInlineString, excelize.CellTypeSharedString:
		return "text"
	case excelize.CellTypeNumber, excelize.CellTypeUnset:
		return "number"
	}
	return fmt.Sprint(k)
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("..", "fixtures", "workbooks", name)
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v; write it with: go test ./reports -update", err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s differs (-want +got); if that is right, go test ./reports -update and read the diff:\n%s", name, diff)
	}
}

func write(t *testing.T, m *Month) []byte {
	t.Helper()
	var buf bytes.Buffer
	if err := WriteTo(&buf, m); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func open(t *testing.T, data []byte) *excelize.File {
	t.Helper()
	f, err := excelize.OpenReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	closed(t, f)
	return f
}

// closed closes a workbook at the end of the test: it may hold temporary files.
func closed(t *testing.T, f *excelize.File) {
	t.Cleanup(func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	})
}

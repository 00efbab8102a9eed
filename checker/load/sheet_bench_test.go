package load

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"
)

// benchSheetRows is how many rows the workbooks of the benchmarks have; PECAUDIT_BENCH_ROWS=1000000 is the size of the goal.
func benchSheetRows(b *testing.B) int {
	if text := os.Getenv("PECAUDIT_BENCH_ROWS"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil {
			b.Fatal(err)
		}
		return n
	}
	return 100_000
}

// benchBook writes a workbook of ten columns: inline strings as the stream writer has them, or shared ones as Excel has them.
func benchBook(b *testing.B, n int, shared bool) string {
	b.Helper()
	row := func(i int) []any {
		return []any{
			"MI", fmt.Sprintf("MI-%d", 1_000_000+i), numericCode(i), fmt.Sprintf("ALFA & BETA %d S.R.L.", i), "SR", "ATTIVA", "Forlì",
			fmt.Sprintf("alfa.%d@pec-%d.example", i, i%5000), 40_000 + i%5000, "31/12/2027",
		}
	}
	header := []any{"cciaa", "rea", "codice_fiscale", "denominazione", "natura_giuridica", "stato", "comune", "pec", "data_iscrizione_pec", "data_scadenza_pec"}
	path := filepath.Join(b.TempDir(), "list.xlsx")
	if shared {
		return benchShared(b, path, n, header, row)
	}
	f := excelize.NewFile()
	defer f.Close()
	w, err := f.NewStreamWriter("Sheet1")
	for i := 0; err == nil && i <= n; i++ {
		cells := header
		if i > 0 {
			cells = row(i)
		}
		err = w.SetRow(fmt.Sprintf("A%d", i+1), cells)
	}
	if err == nil {
		err = w.Flush()
	}
	if err == nil {
		err = f.SaveAs(path)
	}
	if err != nil {
		b.Fatal(err)
	}
	return path
}

// benchShared writes the workbook with a table of shared strings.
func benchShared(b *testing.B, path string, n int, header []any, row func(int) []any) string {
	var sheet, table []byte
	index := map[string]int{}
	for i := range n {
		sheet = fmt.Appendf(sheet, `<row r="%d" spans="1:10">`, i+2)
		for col, cell := range row(i) {
			ref := fmt.Sprintf("%c%d", 'A'+col, i+2)
			text, ok := cell.(string)
			if !ok {
				sheet = fmt.Appendf(sheet, `<c r=%q s="1"><v>%v</v></c>`, ref, cell)
				continue
			}
			at, ok := index[text]
			if !ok {
				at = len(index)
				index[text] = at
				table = fmt.Appendf(table, "<si><t>%s</t></si>", strings.ReplaceAll(text, "&", "&amp;"))
			}
			sheet = fmt.Appendf(sheet, `<c r=%q t="s"><v>%d</v></c>`, ref, at)
		}
		sheet = append(sheet, "</row>"...)
	}
	p := parts("")
	first := `<row r="1">`
	for col, cell := range header {
		first += inline(fmt.Sprintf("%c1", 'A'+col), cell.(string))
	}
	p["xl/worksheets/sheet1.xml"] = sheetXML(first + "</row>" + string(sheet))
	p["xl/sharedStrings.xml"] = tableXML(string(table))
	return packAt(b, path, p)
}

// BenchmarkWorkbook reads every cell of a workbook, by the quick reader and by excelize in turn, and prints the time of the one in the other's.
func BenchmarkWorkbook(b *testing.B) {
	n := benchSheetRows(b)
	for _, shared := range []bool{false, true} {
		name := "inline"
		if shared {
			name = "shared"
		}
		b.Run(name, func(b *testing.B) {
			path := benchBook(b, n, shared)
			var ratios []float64
			for b.Loop() {
				quick := timed(b, func() int { return countCells(b, path, (*workbook).scanRows) }, 10*(n+1))
				reference := timed(b, func() int { return excelizeCells(b, path) }, 10*(n+1))
				ratios = append(ratios, quick.Seconds()/reference.Seconds())
				b.Logf("%d rows: %v, excelize %v", n, quick.Round(time.Millisecond), reference.Round(time.Millisecond))
			}
			slices.Sort(ratios)
			b.ReportMetric(ratios[len(ratios)/2], "of-excelize")
		})
	}
}

// BenchmarkWorkbookScan is the quick reader alone.
func BenchmarkWorkbookScan(b *testing.B) {
	n := benchSheetRows(b)
	for _, shared := range []bool{false, true} {
		b.Run(fmt.Sprintf("shared=%v", shared), func(b *testing.B) {
			path := benchBook(b, n, shared)
			b.ReportAllocs()
			for b.Loop() {
				countCells(b, path, (*workbook).scanRows)
			}
			b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}

// BenchmarkWorkbookOpen is what a user waits for: to find the list in a workbook and to make its working copy.
func BenchmarkWorkbookOpen(b *testing.B) {
	n := benchSheetRows(b)
	path := benchBook(b, n, true)
	for b.Loop() {
		l, err := Open(b.Context(), path, 0, options(b))
		if err != nil {
			b.Fatal(err)
		}
		l.Close()
	}
	b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}

func timed(b *testing.B, count func() int, want int) time.Duration {
	start := time.Now()
	if got := count(); got != want {
		b.Fatalf("%d cells, not %d", got, want)
	}
	return time.Since(start)
}

func countCells(b *testing.B, path string, read rowsOf) int {
	w, done := openTestBook(b, path)
	defer done()
	n := 0
	err := read(w, b.Context(), &w.sheets[0], extent{lastRow: excelize.TotalRows}, func(r *sheetRow) error {
		n += len(r.cells)
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	return n
}

// excelizeCells reads a workbook with excelize as its manual says.
func excelizeCells(b *testing.B, path string) int {
	f, err := excelize.OpenFile(path, excelize.Options{RawCellValue: true, UnzipSizeLimit: maxUnpacked, UnzipXMLSizeLimit: memoryPart, TmpDir: b.TempDir()})
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	rows, err := f.Rows(f.GetSheetName(0))
	if err != nil {
		b.Fatal(err)
	}
	defer rows.Close()
	n := 0
	for rows.Next() {
		cells, err := rows.Columns()
		if err != nil {
			b.Fatal(err)
		}
		n += len(cells)
	}
	return n
}

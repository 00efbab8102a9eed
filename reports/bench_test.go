package reports

import (
	"fmt"
	"io"
	"testing"

	"github.com/xuri/excelize/v2"

	"pecaudit/checker"
	"pecaudit/checker/cases"
)

func manyRows(n int) []Row {
	rows := make([]Row, n)
	grounds := []checker.Ground{checker.GroundExpired, checker.GroundShared, checker.GroundMalformed, checker.GroundRevoked}
	for i := range rows {
		rows[i] = Row{
			Kind: RowBreach, CCIAA: "CA", REA: fmt.Sprintf("CA-%d", i+1), CodiceFiscale: fmt.Sprintf("%011d", i*7919), Name: fmt.Sprintf("IMPRESA %d S.R.L.", i*7919%n),
			Form: "SR", Class: "capital", Comune: "Cagliari", PEC: fmt.Sprintf("impresa%d@pec-uno.example", i), Provider: "Gestore Uno S.p.A.", Ground: grounds[i%4],
			Detail: "Scaduta il 15/09/2026 secondo l'elenco dei gestori del 28/10/2026.", State: cases.Found, Found: checker.Date{Year: 2026, Month: 11, Day: 1},
			Checked: checker.Date{Year: 2026, Month: 11, Day: 1}, Rules: []checker.RuleID{"EXP-001"}, File: "elenco.csv", Line: i + 2, Case: fmt.Sprintf("%012x", i),
		}
	}
	return rows
}

// BenchmarkWrite writes 100,000 cases: each stands on Elenco completo and on the sheet of its ground, so 200,000 lines of 29 columns.
func BenchmarkWrite(b *testing.B) {
	m := &Month{Kind: ChamberBook, AsOf: checker.Date{Year: 2026, Month: 11, Day: 1}, Rows: manyRows(100_000), Rules: []AppliedRule{{ID: "EXP-001", Cure: "Rinnovare la casella presso il gestore."}}}
	b.ReportAllocs()
	for b.Loop() {
		if err := WriteTo(io.Discard, m); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)*200_000/b.Elapsed().Seconds(), "lines/s")
}

// BenchmarkBareStreamWriter is the reference: the same 200,000 lines with no style, no height, nothing but texts, through excelize alone.
func BenchmarkBareStreamWriter(b *testing.B) {
	rows := inOrder(manyRows(100_000))
	columns := pick(rowColumns(nil), completeColumns...)
	for b.Loop() {
		f := excelize.NewFile()
		for _, sheet := range []string{"Sheet1", "Sheet2"} {
			if _, err := f.NewSheet(sheet); err != nil {
				b.Fatal(err)
			}
			sw, err := f.NewStreamWriter(sheet)
			if err != nil {
				b.Fatal(err)
			}
			line := make([]any, len(columns))
			for i, r := range rows {
				for k := range columns {
					switch v := columns[k].value(r).(type) {
					case checker.Date:
						line[k], _ = serial(v)
					case string:
						line[k] = v
					default:
						line[k] = v
					}
				}
				if err := sw.SetRow(cellName(1, i+1), line); err != nil {
					b.Fatal(err)
				}
			}
			if err := sw.Flush(); err != nil {
				b.Fatal(err)
			}
		}
		if err := f.Write(io.Discard); err != nil {
			b.Fatal(err)
		}
		if err := f.Close(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)*200_000/b.Elapsed().Seconds(), "lines/s")
}

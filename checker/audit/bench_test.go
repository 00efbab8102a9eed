package audit_test

import (
	"os"
	"path/filepath"
	"testing"

	"pecaudit/checker"
	"pecaudit/checker/audit"
	"pecaudit/fixtures"
)

func BenchmarkAudit(b *testing.B) {
	rows := 200_000
	if os.Getenv("FULL") != "" {
		rows = 1_000_000
	}
	a := writeRegister(b, fixtures.Register{Rows: rows})
	a.Status = nil
	b.ReportAllocs()
	for b.Loop() {
		outputs, err := audit.NewOutputs(filepath.Join(b.TempDir(), "f.jsonl"), "", "", true)
		if err != nil {
			b.Fatal(err)
		}
		result, err := a.Run(b.Context(), audit.Sink{Row: outputs.Row, Rejected: func(string, *checker.RejectedRow) error { return nil }})
		if err != nil || result.Summary.Rows != rows {
			b.Fatal(result, err)
		}
		if err := outputs.Commit(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(rows), "ns/row")
}

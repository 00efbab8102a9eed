package audit_test

import (
	"path/filepath"
	"testing"

	"pecaudit/checker"
	"pecaudit/checker/audit"
	"pecaudit/fixtures"
)

func BenchmarkAudit(b *testing.B) {
	const rows = 200_000
	a := writeRegister(b, fixtures.Register{Rows: rows})
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
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/rows, "ns/row")
}

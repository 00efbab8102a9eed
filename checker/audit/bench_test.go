package audit_test

import (
	"os"
	"path/filepath"
	"testing"

	"pecaudit/checker"
	"pecaudit/checker/audit"
	"pecaudit/fixtures"
)

const benchRows = 200_000

// BenchmarkAudit audits a synthetic register with its professionals and writes the binding findings; BenchmarkOracle is the plain way to find them.
func BenchmarkAudit(b *testing.B) {
	a := writeRegister(b, fixtures.Register{Rows: benchRows})
	a.Status = nil
	b.ReportAllocs()
	for b.Loop() {
		outputs, err := audit.NewOutputs(filepath.Join(b.TempDir(), "findings.jsonl"), "", "", true)
		if err != nil {
			b.Fatal(err)
		}
		result, err := a.Run(b.Context(), audit.Sink{Row: outputs.Row, Rejected: func(string, *checker.RejectedRow) error { return nil }})
		if err != nil || result.Summary.Rows != benchRows {
			b.Fatal(result, err)
		}
		if err := outputs.Commit(); err != nil {
			b.Fatal(err)
		}
	}
	perRow(b)
}

// A register that is there already is read from the folder of its lists in PECAUDIT_BENCH_LISTS, so that the process does nothing but ask.
func BenchmarkOracle(b *testing.B) {
	a, dir := newAudit(b, fixtures.Register{}), os.Getenv("PECAUDIT_BENCH_LISTS")
	if dir == "" {
		a = writeRegister(b, fixtures.Register{Rows: benchRows})
		a.Status = nil
	} else {
		a.Companies, a.Professionals = []string{filepath.Join(dir, "imprese.csv")}, []string{filepath.Join(dir, "professionisti.csv")}
	}
	b.ReportAllocs()
	for b.Loop() {
		if said, err := ask(b.Context(), a); err != nil || len(said) == 0 {
			b.Fatal(len(said), err)
		}
	}
	perRow(b)
}

func perRow(b *testing.B) {
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/benchRows, "ns/row")
}

package audit_test

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pecaudit/checker"
	"pecaudit/checker/audit"
	"pecaudit/checker/load"
	"pecaudit/configs"
	"pecaudit/fixtures"
)

// writeRegister writes the lists of a synthetic register and returns an audit of them.
func writeRegister(t testing.TB, r fixtures.Register) *audit.Audit {
	t.Helper()
	dir := t.TempDir()
	put := func(name string, write func(io.Writer) error) string {
		path := filepath.Join(dir, name)
		f, err := os.Create(path)
		if err == nil {
			if err = write(f); err == nil {
				err = f.Close()
			}
		}
		if err != nil {
			t.Fatal(err)
		}
		return path
	}
	a := newAudit(t, r)
	a.Companies = []string{put("imprese.csv", r.WriteCompanies)}
	a.Professionals = []string{put("professionisti.csv", r.WriteProfessionals)}
	a.Status = []string{put("stato-caselle.csv", r.WriteStatus)}
	return a
}

// newAudit returns an audit without lists, under the shipped tables and the register's providers.
func newAudit(t testing.TB, r fixtures.Register) *audit.Audit {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	asOf := r.AsOf()
	tables, err := configs.Default()
	must(err)
	chambers, err := checker.NewChambers(tables.Chambers, asOf)
	must(err)
	forms, err := checker.NewForms(tables.Forms, asOf)
	must(err)
	var text bytes.Buffer
	must(r.WriteProviders(&text))
	invented, _, err := configs.ReadProviders("gestori.yaml", text.Bytes())
	must(err)
	providers, err := checker.NewProviders(append(tables.Providers, invented...), tables.Neighbors, asOf)
	must(err)
	return &audit.Audit{
		AsOf: asOf, Coverage: "national", Policy: checker.DefaultPolicy(), Providers: providers,
		Load: load.Options{AsOf: asOf, Chambers: chambers, Forms: forms, TempDir: t.TempDir()},
	}
}

// TestTruth audits a synthetic register and finds what was planted in it: no more, no less.
func TestTruth(t *testing.T) {
	t.Parallel()
	for month := range 2 {
		r := fixtures.Register{Seed: 42, Rows: 20_000 + 7*month, Month: month}
		a := writeRegister(t, r)
		found := map[int][]string{}
		sink := audit.Sink{
			EveryRow: true,
			Row: func(row *audit.Row) error {
				if row.Verdict == checker.OutOfScope {
					found[row.Origin.Row] = append(found[row.Origin.Row], " out-of-scope")
				}
				for _, f := range row.Findings {
					if f.Outcome != checker.Pass {
						found[row.Origin.Row] = append(found[row.Origin.Row], fmt.Sprint(f.Rule.ID, " ", f.Outcome))
					}
				}
				return nil
			},
			Rejected: func(_ string, row *checker.RejectedRow) error {
				found[row.Row] = append(found[row.Row], " rejected")
				return nil
			},
		}
		result, err := a.Run(t.Context(), sink)
		if err != nil {
			t.Fatal(err)
		}
		if result.Summary.Rows != r.Rows {
			t.Errorf("%d rows were read, %d written", result.Summary.Rows, r.Rows)
		}
		var truth bytes.Buffer
		if err := r.WriteTruth(&truth); err != nil {
			t.Fatal(err)
		}
		lines := csv.NewReader(&truth)
		lines.Comma = ';'
		records, err := lines.ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		expected := map[int][]string{}
		for _, x := range records[1:] {
			row, err := strconv.Atoi(x[0])
			if err != nil {
				t.Fatal(err)
			}
			expected[row] = append(expected[row], x[2]+" "+x[3])
		}
		for _, rows := range []map[int][]string{found, expected} {
			for _, x := range rows {
				slices.Sort(x)
			}
		}
		if diff := cmp.Diff(expected, found); diff != "" {
			t.Errorf("month %d: planted -, found +\n%.4000s", month, diff)
		}
	}
}

package checker_test

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pecaudit/checker"
)

// column reads the named columns of a sample list; the test is skipped where there are no samples. They are not part of the repository.
func column(t *testing.T, name string, comma rune, columns ...string) []string {
	t.Helper()
	f, err := os.Open(filepath.Join("..", "..", "shared", "samples", name))
	if err != nil {
		t.Skip("no samples beside the repository")
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.Comma, r.LazyQuotes = comma, true
	rows, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var cells []string
	for i, header := range rows[0] {
		for _, want := range columns {
			if header == want {
				for _, row := range rows[1:] {
					cells = append(cells, row[i])
				}
			}
		}
	}
	return cells
}

// Real codes of companies: two of them are known to be wrong, and one cell is masked.
func TestSampleCodes(t *testing.T) {
	t.Parallel()
	var wrong []string
	for _, cell := range column(t, "pec-lists/aggiudicatari_ragione_sociale_piva.csv", ',', "cf_aggiudicatario") {
		code, _, ok := checker.ParseCodiceFiscale(cell)
		if !ok || !code.Valid() {
			wrong = append(wrong, cell)
		}
	}
	if diff := cmp.Diff([]string{"03862420549", "99999999999", "****************"}, wrong); diff != "" {
		t.Errorf("wrong codes (-want +got):\n%s", diff)
	}
}

// Real addresses that a register validated: none is malformed.
func TestSampleAddresses(t *testing.T) {
	t.Parallel()
	words := checker.DefaultAbsences()
	states := map[checker.AddressState]int{}
	for _, cell := range column(t, "pec-lists/ipa_comuni_2021-03-01_1500rows.tsv", '\t', "mail1", "mail2", "mail3") {
		a, _ := checker.ParseAddress(cell, &words)
		states[a.State]++
		if a.State > checker.WellFormed {
			t.Errorf("%q: %v", cell, a.Fault)
		}
	}
	if states[checker.WellFormed] < 1500 || states[checker.NoAddress] == 0 {
		t.Errorf("states: %v", states)
	}
}

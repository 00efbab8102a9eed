package load

import (
	"path/filepath"
	"strings"
	"testing"

	"pecaudit/checker"
)

// TestSamples reads real lists where they are.
func TestSamples(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name  string
		flags map[string]string
		rows  int
		state map[checker.AddressState]int
		err   []string
	}{
		{name: "pec-lists/ipa_comuni_2021-03-01_1500rows.tsv", rows: 1500, state: map[checker.AddressState]int{checker.WellFormed: 1500}},
		{
			name: "pec-lists/scuole_autonome_2020-21_non_disponibile.csv", rows: 300, flags: map[string]string{"pec": "INDIRIZZOPECSCUOLA", "rea": "CODICESCUOLA"},
			state: map[checker.AddressState]int{checker.WellFormed: 21, checker.NotTold: 279},
		},
		{
			name: "pec-lists/scuole_autonome_2020-21_non_disponibile.csv",
			err:  []string{"no column pec and no column codice_fiscale or partita_iva or rea", "headers found in row 1: ANNOSCOLASTICO", "--map pec=INDIRIZZOPECSCUOLA"},
		},
		{name: "pec-lists/aggiudicatari_ragione_sociale_piva.csv", err: []string{"no column pec", "headers found in row 1: cf_aggiudicatario, aggiudicatario"}},
		{name: "pec-lists/ipa_only_pec_2026.csv", flags: map[string]string{"rea": "codice_ipa"}, rows: 300},
		{name: "xlsx/ricostruzione_2026-02-02_pivot_sheet_first.xlsx", err: []string{"no list in the sheets looked at: Foglio3 (", "Foglio2 (", "Soggetto Attuatore"}},
		{name: "csv-dialects/istat_multiline_header_utf8.csv", err: []string{"headers found in row 1: Codice Regione"}},
		{name: "csv-dialects/csvnorm/empty_file.csv", err: []string{"the file is empty"}},
		{name: "csv-dialects/ministero_interno_excel_guard.csv", flags: map[string]string{"pec": "SIGLA", "rea": "CODICE ISTAT"}, rows: 400},
	} {
		path := filepath.Join(samples, test.name)
		if found, err := Expand(path); err != nil || len(found) == 0 {
			t.Skip("no samples here")
		}
		o := options(t)
		o.Map = test.flags
		l, err := Open(t.Context(), path, 0, o)
		if err != nil {
			for _, want := range test.err {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%s: no %q in %v", test.name, want, err)
				}
			}
			if test.err == nil {
				t.Errorf("%s: %v", test.name, err)
			}
			continue
		}
		state := map[checker.AddressState]int{}
		err = l.Read(t.Context(), func(b *Batch) error {
			for i := range b.Companies {
				state[b.Companies[i].PEC.State]++
			}
			return nil
		})
		must(t, err)
		if l.Rows != test.rows || test.err != nil {
			t.Errorf("%s: %+v", test.name, l.Counts)
		}
		for s, n := range test.state {
			if state[s] != n {
				t.Errorf("%s: %v, not %v", test.name, state, test.state)
			}
		}
		l.Close()
	}
}

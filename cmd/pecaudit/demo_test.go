package main

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"pecaudit/checker"
	"pecaudit/checker/cases"
	"pecaudit/checker/rules"
	"pecaudit/reports"
)

// call runs one command line inside the test and returns its standard output.
func call(t *testing.T, args ...string) []byte {
	t.Helper()
	var out, errs bytes.Buffer
	p := program{
		stdin: bytes.NewReader(nil), stdout: &out, stderr: &errs, getenv: func(string) string { return "" },
		now: func() time.Time { return time.Date(2026, 11, 21, 11, 0, 0, 0, time.UTC) },
	}
	if code := p.run(t.Context(), args); code != exitDone {
		t.Fatalf("%q ends with %d:\n%s", args, code, &errs)
	}
	return out.Bytes()
}

// The demo shows every state of a case, every rule, every ground of a case, and the sheets that show them.
func TestDemoShowsEverything(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "demo")
	config := filepath.Join(dir, "pecaudit.yaml")
	call(t, "demo", "--dir", dir)

	var list []caseView
	if err := json.Unmarshal(call(t, "cases", "list", "--config", config, "--json"), &list); err != nil {
		t.Fatal(err)
	}
	stand := map[cases.State]bool{}
	for _, c := range list {
		stand[c.State] = true
	}
	for _, state := range cases.States() {
		if !stand[state] {
			t.Errorf("no case is %s", state)
		}
	}

	var summary checker.Summary
	if err := json.Unmarshal(call(t, "run", "--config", config, "--as-of", "2026-11-20", "--json"), &summary); err != nil {
		t.Fatal(err)
	}
	for _, rule := range rules.All() {
		if n := summary.ByRule[rule.ID]; n.Fail+n.Unknown == 0 {
			t.Errorf("no row of November shows %s, %s", rule.ID, rule.Title)
		}
	}

	var tabs []string
	grounds := map[string]bool{}
	for _, chamber := range []string{"torino", "cagliari-oristano"} {
		f, err := excelize.OpenFile(filepath.Join(dir, "cartelle", "2026-11", chamber+".xlsx"))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		for _, tab := range f.GetSheetList() {
			if !slices.Contains(tabs, tab) {
				tabs = append(tabs, tab)
			}
			rows, err := f.GetRows(tab)
			if err != nil {
				t.Fatal(err)
			}
			if at := slices.Index(rows[0], "Motivo"); at >= 0 {
				for _, row := range rows[1:] {
					grounds[row[at]] = true
				}
			}
		}
	}
	for _, ground := range []checker.Ground{
		checker.GroundMissing, checker.GroundMalformed, checker.GroundSeveral, checker.GroundCECPAC, checker.GroundOrdinary, checker.GroundShared,
		checker.GroundProfessional, checker.GroundExpired, checker.GroundRevoked, checker.GroundDomain, checker.GroundUncertified, checker.GroundInactive,
		checker.GroundRefused, checker.GroundFull,
	} {
		if label := reports.GroundLabel(ground); !grounds[label] {
			t.Errorf("no workbook of November shows the ground %q", label)
		}
	}
	slices.Sort(tabs)
	want := []string{
		"Amministratori", "Da verificare", "Elenco completo", "Fonti dei dati", "In scadenza", "Multiple del professionista", "Multiple tra imprese", "PEC inattive", "PEC non valide",
		"PEC revocate", "PEC scadute", "Prive di domicilio digitale", "Regolarizzate", "Regole applicate", "Riepilogo", "Righe scartate", "Termine decorso",
		"Termini in corso",
	}
	if diff := cmp.Diff(want, tabs); diff != "" {
		t.Errorf("sheets of November (-want +got):\n%s", diff)
	}
}

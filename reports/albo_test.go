package reports

import (
	"bytes"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"pecaudit/checker"
	"pecaudit/checker/cases"
)

func sampleAlbo() *Albo {
	return &Albo{Act: "Determinazione n. 12 del 30/10/2026", Chamber: "Cagliari-Oristano", On: date("2026-11-01"), Rows: slices.DeleteFunc(sampleRows(), func(r Row) bool { return r.Kind != RowBreach })}
}

func albo(t *testing.T, a *Albo) []byte {
	t.Helper()
	var buf bytes.Buffer
	if err := WriteAlboTo(&buf, a); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func TestAlbo(t *testing.T) {
	t.Parallel()
	a := sampleAlbo()
	data := albo(t, a)
	golden(t, "albo.txt", dump(t, data))
	slices.Reverse(a.Rows)
	if !bytes.Equal(data, albo(t, a)) {
		t.Error("the same list in another order gave another file")
	}
	for _, part := range parts(t, data) {
		text := content(t, part)
		for _, secret := range []string{"RSSMRA80A01H501U", "ERBA", "a1b2c3d4e", "Gestore Uno", "elenco-ca.csv", "Elementi della verifica"} {
			if strings.Contains(text, secret) {
				t.Errorf("%s tells %q", part.Name, secret)
			}
		}
	}
}

func TestAlboPrintsCodesOfSoleTradersOnlyIfDecided(t *testing.T) {
	t.Parallel()
	a := sampleAlbo()
	a.SoleTraderCode = true
	if !strings.Contains(dump(t, albo(t, a)), "RSSMRA80A01H501U") {
		t.Error("the code is asked for and missing")
	}
	a.SoleTraderCode = false
	for i := range a.Rows {
		a.Rows[i].Class = "other" // the form was not given: the code alone says that it is a person's
	}
	if strings.Contains(dump(t, albo(t, a)), "RSSMRA80A01H501U") {
		t.Error("the code of a person is published")
	}
}

// Every row stands on one sheet, numbered from 1 in alphabetical order; sheets have lawful, different names.
func TestBatches(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		rows := rapid.SliceOfN(rapid.Custom(func(rt *rapid.T) Row {
			return Row{
				Name:   rapid.StringMatching(`[A-Z. ]{0,6}`).Draw(rt, "name"),
				Ground: rapid.SampledFrom([]checker.Ground{"shared", "professional", "uncertified", "a new ground with a very long name", "x/y"}).Draw(rt, "ground"),
				Class:  rapid.SampledFrom([]string{"sole", "cooperative", "consortium-entity", "", "?"}).Draw(rt, "class"),
				CCIAA:  rapid.SampledFrom([]string{"CA", "ca", "", "Sassari", "'*"}).Draw(rt, "cciaa"),
				REA:    rapid.SampledFrom([]string{"OR-1", ""}).Draw(rt, "rea"),
			}
		}), 0, 12).Draw(rt, "rows")
		seen, names := 0, map[string]bool{}
		for _, b := range batchesOf(rows) {
			if n := strings.ToLower(b.sheet); names[n] || len([]rune(n)) > 31 || n == "" || strings.ContainsAny(n, `[]:*?/\'`) {
				rt.Fatalf("sheet %q", b.sheet)
			}
			names[strings.ToLower(b.sheet)] = true
			for i, r := range b.rows {
				seen++
				if r.n != i+1 || r.Ground != b.ground {
					rt.Fatalf("row %d: %+v", i, r)
				}
				if i > 0 && checker.SortKey(b.rows[i-1].Name) > checker.SortKey(r.Name) {
					rt.Fatalf("%q before %q", b.rows[i-1].Name, r.Name)
				}
			}
		}
		if seen != len(rows) {
			rt.Fatalf("%d of %d rows", seen, len(rows))
		}
	})
}

func TestProvisions(t *testing.T) {
	t.Parallel()
	p := &Provisions{
		Chamber: "Cagliari-Oristano", AsOf: date("2026-11-01"), Decider: cases.Judge, Version: "pecaudit 0.0.0-test", Rules: sampleRules,
		Rows: slices.DeleteFunc(sampleRows(), func(r Row) bool { return r.State != cases.Lapsed }),
	}
	var buf bytes.Buffer
	if err := WriteProvisionsTo(&buf, p); err != nil {
		t.Fatal(err)
	}
	golden(t, "provisions.txt", dump(t, buf.Bytes()))
}

func TestNothingToList(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, err := range []error{
		WriteAlbo(filepath.Join(dir, "a.xlsx"), &Albo{}), WriteProvisions(filepath.Join(dir, "p.xlsx"), &Provisions{}),
	} {
		if err == nil || !strings.Contains(err.Error(), ".xlsx") {
			t.Errorf("%v", err)
		}
	}
	if left := only(t, dir); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestSortIsTheOrderOfTheContract(t *testing.T) {
	t.Parallel()
	row := func(name, cf, rea, pec, ground, file string, line int) Row {
		return Row{Name: name, CodiceFiscale: cf, REA: rea, PEC: pec, Ground: checker.Ground(ground), File: file, Line: line}
	}
	want := []Row{
		row("Alfa", "1", "", "", "", "", 0), row("ÀLFA", "2", "A", "", "", "", 0), row("alfa", "2", "B", "a", "", "", 0), row("alfa", "2", "B", "b", "g", "", 0),
		row("alfa", "2", "B", "b", "h", "f", 2), row("alfa", "2", "B", "b", "h", "f", 10), row("alfa", "2", "B", "b", "h", "g", 1), row("-Alfa  Beta", "0", "", "", "", "", 0),
		row("Alfa, Gamma", "0", "", "", "", "", 0), row("Alfaa", "0", "", "", "", "", 0),
	}
	got := slices.Clone(want)
	slices.Reverse(got)
	Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestThousands(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1.000", 1234567: "1.234.567", -1000: "-1.000", -12: "-12"} {
		if got := thousands(n); got != want {
			t.Errorf("%d: %s", n, got)
		}
	}
	if got := fmt.Sprint(plural(1, "riga", "righe"), ", ", plural(2000, "riga", "righe")); got != "1 riga, 2.000 righe" {
		t.Error(got)
	}
}

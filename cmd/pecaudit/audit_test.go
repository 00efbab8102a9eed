package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"pecaudit/checker"
)

// command runs a command line as main does, at a fixed time, and returns its exit code and what it wrote.
func command(ctx context.Context, stdin io.Reader, args ...string) (code int, stdout, stderr string) {
	var out, errs bytes.Buffer
	p := program{
		stdin: stdin, stdout: &out, stderr: &errs, getenv: func(string) string { return "" },
		now: func() time.Time { return time.Date(2026, 11, 21, 11, 0, 0, 0, time.UTC) },
	}
	code = p.run(ctx, args)
	return code, out.String(), errs.String()
}

// CONTRACT 1: Ctrl-C ends a run at once, also one that waits for input that never comes; nothing is left of its outputs.
func TestInterrupted(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	silent, w := io.Pipe()
	defer w.Close()
	ctx, stop := context.WithCancel(context.Background())
	reading := make(chan struct{})
	go func() {
		if _, err := io.WriteString(w, "rea;codice_fiscale;pec\nMI-1;99000010159;a@pec.example\n"); err == nil {
			close(reading)
		}
	}()
	go func() {
		<-reading
		stop()
	}()
	code, stdout, stderr := command(ctx, silent, "audit", "--findings", filepath.Join(dir, "f.csv"), "--out", filepath.Join(dir, "o.xlsx"), "-")
	if code != exitFailed || stdout != "" || !strings.Contains(stderr, "stopped before the end") {
		t.Errorf("exit code %d, standard output %q, standard error %q", code, stdout, stderr)
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
}

// CONTRACT 3: the counts of every summary add up, on every input; otherwise a list is refused, and says which.
func TestSummaryOfHostileLists(t *testing.T) {
	t.Parallel()
	cells := []string{
		"", "MI-1", "99000010159", "99000020158", "TTTVVV70A01H501H", "privato", "a@pec.example", "A@PEC.example", "a@libero.it", "n.d.", "-", "\"", "\"\"", "\"x", "x\"y",
		"\"a;b\"", "\"a\nb\"", "ATTIVA", "CANCELLATA", "31/02/2020", "01/02/2020", "\x00", "\xff\xfe", "=1+1", "'", "è", "\u200b", "\r", "UL", "DI",
	}
	headers := []string{"rea", "codice_fiscale", "partita_iva", "pec", "stato", "natura_giuridica", "data_iscrizione_pec", "localizzazione", "altro"}
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		var list strings.Builder
		fields := rapid.Permutation(headers).Draw(t, "headers")
		list.WriteString(strings.Join(fields, ";") + "\n")
		for _, row := range rapid.SliceOfN(rapid.SliceOfN(rapid.SampledFrom(cells), 0, 11), 0, 12).Draw(t, "rows") {
			list.WriteString(strings.Join(row, ";") + rapid.SampledFrom([]string{"\n", "\r\n", "\n\n"}).Draw(t, "end"))
		}
		rows, rejected := filepath.Join(dir, "r.jsonl"), filepath.Join(dir, "x.csv")
		code, stdout, stderr := command(context.Background(), strings.NewReader(list.String()), "audit", "--json", "--rows", rows, "--rejected", rejected, "-")
		if code == exitFailed && strings.Contains(stderr, "load standard input: ") {
			return
		}
		var s checker.Summary
		if err := json.Unmarshal([]byte(stdout), &s); err != nil || code != exitDone && code != exitUndetermined {
			t.Fatalf("exit code %d: %s (%v)\n%q", code, stderr, err, list.String())
		}
		if err := s.Check(); err != nil {
			t.Fatal(err)
		}
		read, err := os.ReadFile(rows)
		if n := bytes.Count(read, []byte("\n")); err != nil || n != s.Rows-s.Rejected {
			t.Fatalf("--rows holds %d lines of %d rows, %d of them rejected (%v)\n%q", n, s.Rows, s.Rejected, err, list.String())
		}
	})
}

// samples is where a workplace keeps lists as offices publish them. Nothing of them is part of the project, so most places have none.
func samples(t *testing.T, path ...string) string {
	t.Helper()
	name := filepath.Join(append([]string{"..", "..", "..", "shared", "samples"}, path...)...)
	if _, err := os.Stat(name); err != nil {
		t.Skip("no sample lists here")
	}
	return name
}

func summaryOf(t *testing.T, args ...string) checker.Summary {
	t.Helper()
	code, stdout, stderr := command(context.Background(), strings.NewReader(""), append([]string{"audit", "--json", "--as-of", "2026-11-01"}, args...)...)
	var s checker.Summary
	if err := json.Unmarshal([]byte(stdout), &s); err != nil || code != exitDone && code != exitUndetermined {
		t.Fatalf("exit code %d: %s (%v)", code, stderr, err)
	}
	return s
}

func TestSampleOfMunicipalities(t *testing.T) {
	t.Parallel()
	s := summaryOf(t, samples(t, "pec-lists", "ipa_comuni_2021-03-01_1500rows.tsv"))
	if s.Rows != 1500 || s.Rejected != 0 || s.ByRule["SYN-001"] != (checker.RuleCount{}) || s.NonCompliant != 0 {
		t.Errorf("%+v", s)
	}
}

func TestSampleOfSchools(t *testing.T) {
	t.Parallel()
	list := samples(t, "pec-lists", "scuole_autonome_2020-21_non_disponibile.csv")
	code, _, stderr := command(context.Background(), nil, "audit", list)
	if code != exitFailed || !strings.Contains(stderr, "--map pec=INDIRIZZOPECSCUOLA") {
		t.Errorf("as it is: exit code %d, %s", code, stderr)
	}
	s := summaryOf(t, "--map", "pec=INDIRIZZOPECSCUOLA", "--map", "rea=CODICESCUOLA", list)
	if n := s.ByRule["REG-001"]; s.Rows != 300 || s.Rejected != 0 || n.Fail != 0 || n.Unknown == 0 || n.Unknown != s.Undetermined {
		t.Errorf("%+v", s)
	}
}

func TestSamplesThatAreRefused(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ folder, name, says string }{
		{"pec-lists", "aggiudicatari_ragione_sociale_piva.csv", "headers found in row 1: cf_aggiudicatario, aggiudicatario"},
		{"xlsx", "ricostruzione_2026-02-02_pivot_sheet_first.xlsx", "no list in the sheets looked at: Foglio3 "},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			code, stdout, stderr := command(context.Background(), nil, "audit", samples(t, c.folder, c.name))
			if code != exitFailed || stdout != "" || !strings.Contains(stderr, c.name) || !strings.Contains(stderr, c.says) {
				t.Errorf("exit code %d, standard output %q, standard error %q", code, stdout, stderr)
			}
		})
	}
}

//go:build unix

package main

import (
	"bufio"
	"bytes"
	"database/sql"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	_ "modernc.org/sqlite"
)

const (
	processConfig = `out_dir: reports
lists: {companies: [milano.csv]}
procedure: {default: giudice-45}
`
	processHeader = "cciaa;rea;codice_fiscale;denominazione;natura_giuridica;stato;pec;data_scadenza_pec\n"
	processRows   = "MI;MI-990001;09000107772;ALFA S.R.L.;SR;ATTIVA;alfa@pec-uno.example;01/05/2026\n" +
		"MI;MI-990002;09000207770;BRAVO S.R.L.;SR;ATTIVA;bravo@pec-uno.example;01/05/2026\n"
)

// office lays out a folder with a configuration and, where rows are given, a list.
func office(t *testing.T, config, rows string) string {
	t.Helper()
	dir := t.TempDir()
	files := map[string]string{"pecaudit.yaml": config}
	if rows != "" {
		files["milano.csv"] = processHeader + rows
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// pecaudit is a process of the program: TestMain lets the test binary be it. Its clock stands at noon of 21 November 2026.
func pecaudit(dir string, args ...string) *exec.Cmd {
	c := exec.Command("pecaudit", args...)
	c.Dir, c.Env = dir, append(os.Environ(), "NOW=2026-11-21T11:00:00Z")
	return c
}

// must runs a process and returns its standard output.
func must(t *testing.T, dir string, args ...string) string {
	t.Helper()
	c := pecaudit(dir, args...)
	var errs bytes.Buffer
	c.Stderr = &errs
	out, err := c.Output()
	if err != nil {
		t.Fatalf("pecaudit %s: %v\n%s", strings.Join(args, " "), err, &errs)
	}
	return string(out)
}

func states(t *testing.T, dir string) map[string]string {
	t.Helper()
	var list []caseView
	if err := json.Unmarshal([]byte(must(t, dir, "cases", "list", "--config", "pecaudit.yaml", "--json")), &list); err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, c := range list {
		all[c.Denominazione] = string(c.State)
	}
	return all
}

// A run that is killed while it reads leaves the store as it was, and no lock that anybody has to clear. Until then a second writer is told who writes; readers
// do not wait.
func TestKilledRun(t *testing.T) {
	t.Parallel()
	dir := office(t, processConfig, processRows)
	must(t, dir, "run", "--config", "pecaudit.yaml", "--as-of", "2026-11-02", "--quiet")
	before := states(t, dir)
	workbook := filepath.Join(dir, "reports", "2026-11", "milano-monza-brianza-lodi.xlsx")
	old, err := os.ReadFile(workbook)
	if err != nil {
		t.Fatal(err)
	}

	// The list becomes a pipe: the run waits for its end until it is killed.
	list := filepath.Join(dir, "milano.csv")
	if err := os.Remove(list); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(list, 0o600); err != nil {
		t.Skipf("no pipes here: %v", err)
	}
	run := pecaudit(dir, "run", "--config", "pecaudit.yaml", "--quiet")
	if err := run.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = run.Process.Kill() })   // where the test failed before
	pipe, err := os.OpenFile(list, os.O_WRONLY, 0) // returns when the run reads, so after it opened the store
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = pipe.Close() })
	if _, err := io.WriteString(pipe, processHeader+strings.Replace(processRows, "01/05/2026", "01/05/2027", 1)); err != nil {
		t.Fatal(err)
	}

	second := pecaudit(dir, "cases", "record", "0000", "--config", "pecaudit.yaml", "--event", "held", "--on", "2026-11-20", "--by", "B")
	var told bytes.Buffer
	second.Stderr = &told
	if err := second.Run(); err == nil || second.ProcessState.ExitCode() != exitFailed || !strings.Contains(told.String(), "in use by pecaudit run, pid") {
		t.Errorf("a second writer ends with %v and is told: %s", err, &told)
	}
	if got := states(t, dir); len(got) != 2 {
		t.Errorf("a reader sees %v", got)
	}

	if err := run.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := run.Wait(); err == nil {
		t.Fatal("the run ended before it was killed")
	}
	if got := states(t, dir); got["ALFA S.R.L."] != before["ALFA S.R.L."] || got["BRAVO S.R.L."] != before["BRAVO S.R.L."] {
		t.Errorf("the killed run left %v, before it was %v", got, before)
	}
	if now, err := os.ReadFile(workbook); err != nil || !bytes.Equal(now, old) {
		t.Errorf("the killed run changed the workbook (%v)", err)
	}
	must(t, dir, "store", "check", "--config", "pecaudit.yaml")

	// A later run works.
	if err := os.Remove(list); err != nil {
		t.Fatal(err)
	}
	rows := strings.Replace(processRows, "01/05/2026", "01/05/2027", 1)
	if err := os.WriteFile(list, []byte(processHeader+rows), 0o600); err != nil {
		t.Fatal(err)
	}
	must(t, dir, "run", "--config", "pecaudit.yaml", "--quiet")
	if got := states(t, dir); got["ALFA S.R.L."] != "cleared" || got["BRAVO S.R.L."] != "found" {
		t.Errorf("a later run left %v", got)
	}
}

// Whoever edits the file by hand is found out: the events are chained by hash, and every case is where its events lead.
func TestStoreCheckFindsTampering(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, edit, want string }{
		{"an event", `UPDATE events SET body = replace(body, '2026-11-02', '2026-10-02') WHERE n = 1`, "event 1: it is not what was recorded"},
		{"an event and its hash", `UPDATE events SET body = replace(body, '2026-11-02', '2026-10-02'), hash = zeroblob(32) WHERE n = 1`, "event 1"},
		{"an event taken away", `DELETE FROM events WHERE n = 1`, "from 1 to 1 are missing"},
		{"the last event taken away", `DELETE FROM events WHERE n = (SELECT MAX(n) FROM events)`, "events"},
		{"a state", `UPDATE cases SET state = 'cured' WHERE seq = 1`, "columns of its row"},
		{"a case taken away", `DELETE FROM cases WHERE seq = 1`, "case"},
		{"another company", `UPDATE cases SET company = '09000307778' WHERE seq = 1`, "columns of its row"},
	}
	dir := office(t, processConfig, processRows)
	must(t, dir, "run", "--config", "pecaudit.yaml", "--as-of", "2026-11-02", "--quiet")
	if out := must(t, dir, "store", "check", "--config", "pecaudit.yaml"); !strings.Contains(out, "sound") {
		t.Fatalf("the store is not sound: %s", out)
	}
	data, err := os.ReadFile(filepath.Join(dir, "pecaudit.db"))
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "pecaudit.db")
			if err := os.WriteFile(path, data, 0o600); err != nil {
				t.Fatal(err)
			}
			db, err := sql.Open("sqlite", path)
			if err != nil {
				t.Fatal(err)
			}
			// The triggers keep slips of the hand away; whoever means it takes them off first.
			if _, err := db.Exec("DROP TRIGGER events_stay; DROP TRIGGER events_remain"); err != nil {
				t.Fatal(err)
			}
			result, err := db.Exec(test.edit)
			if err != nil {
				t.Fatal(err)
			}
			if n, err := result.RowsAffected(); n != 1 || err != nil {
				t.Fatalf("%d rows edited: %v", n, err)
			}
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
			check := pecaudit(dir, "store", "check", "--store", path)
			out, err := check.Output()
			if check.ProcessState.ExitCode() != exitFailed || !strings.Contains(string(out), test.want) {
				t.Errorf("store check: %v\n%s", err, out)
			}
		})
	}
}

// server starts 'serve' and returns a function that waits for a line of its log.
func startServer(t *testing.T, dir string, args ...string) (c *exec.Cmd, waitFor func(msg string) map[string]any, rest func() string) {
	t.Helper()
	c = pecaudit(dir, append([]string{"serve", "--config", "pecaudit.yaml"}, args...)...)
	log, err := c.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Process.Kill() }) // where the test failed before it ended by itself
	stuck := time.AfterFunc(time.Minute, func() { _ = c.Process.Kill() })
	t.Cleanup(func() { stuck.Stop() })
	lines := bufio.NewScanner(log)
	waitFor = func(msg string) map[string]any {
		t.Helper()
		for lines.Scan() {
			var entry map[string]any
			if json.Unmarshal(lines.Bytes(), &entry) == nil && entry["message"] == msg {
				return entry
			}
		}
		t.Fatalf("the log ended before %q", msg)
		return nil
	}
	rest = func() string {
		var b strings.Builder
		for lines.Scan() {
			b.WriteString(lines.Text() + "\n")
		}
		return b.String()
	}
	return c, waitFor, rest
}

// serve makes up this month's run at its start, once; never publishes; answers /healthz; and ends cleanly on SIGTERM.
func TestServe(t *testing.T) {
	t.Parallel()
	dir := office(t, processConfig, processRows)
	c, waitFor, rest := startServer(t, dir, "--listen", "127.0.0.1:0")
	address, _ := waitFor("answering /healthz")["address"].(string)
	waitFor("this month's run was missed: making it up")
	waitFor("run completed")
	if code := waitFor("waiting for the next run")["exit_code"]; code != float64(exitDone) {
		t.Errorf("the run ended with %v", code)
	}

	answer, err := http.Get("http://" + address + "/healthz")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	var told health
	if err := json.NewDecoder(answer.Body).Decode(&told); err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("/healthz: %s, %v", answer.Status, err)
	}
	if want := time.Date(2026, 12, 1, 5, 0, 0, 0, time.UTC); told.Status != "ok" || told.Month != "2026-11" || !told.Next.Equal(want) {
		t.Errorf("/healthz tells %+v, want ok, 2026-11 and six in Rome on 1 December", told)
	}
	if got := states(t, dir); got["ALFA S.R.L."] != "found" || got["BRAVO S.R.L."] != "found" {
		t.Errorf("serve left %v", got)
	}
	if _, err := os.Stat(filepath.Join(dir, "reports", "2026-11", "nazionale.xlsx")); err != nil {
		t.Error(err)
	}
	if err := c.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	waitFor("stopped")
	rest()
	if err := c.Wait(); err != nil {
		t.Errorf("after SIGTERM: %v", err)
	}

	// Started again in the same month it has nothing to make up.
	c, waitFor, rest = startServer(t, dir)
	waitFor("serving")
	if err := c.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if log := rest(); strings.Contains(log, "making it up") || !strings.Contains(log, "stopped") {
		t.Errorf("started again it logs:\n%s", log)
	}
	if err := c.Wait(); err != nil {
		t.Errorf("after SIGTERM: %v", err)
	}
}

// A run that is under way when SIGTERM comes leaves nothing half done, and the end is clean all the same.
func TestServeStopsDuringRun(t *testing.T) {
	t.Parallel()
	dir := office(t, processConfig, "")
	list := filepath.Join(dir, "milano.csv")
	if err := syscall.Mkfifo(list, 0o600); err != nil {
		t.Skipf("no pipes here: %v", err)
	}
	c, waitFor, rest := startServer(t, dir)
	waitFor("this month's run was missed: making it up")
	pipe, err := os.OpenFile(list, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(pipe, processHeader+processRows); err != nil {
		t.Fatal(err)
	}
	if err := c.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := pipe.Close(); err != nil {
		t.Fatal(err)
	}
	if log := rest(); !strings.Contains(log, "stopped") {
		t.Errorf("the log ends with:\n%s", log)
	}
	if err := c.Wait(); err != nil {
		t.Errorf("after SIGTERM: %v", err)
	}
}

// A run that fails is told, and serve stays up for the next.
func TestServeOutlivesFailure(t *testing.T) {
	t.Parallel()
	dir := office(t, processConfig, "")
	if err := os.WriteFile(filepath.Join(dir, "milano.csv"), []byte("nothing;of;use\n1;2;3\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c, waitFor, rest := startServer(t, dir, "--listen", "127.0.0.1:0")
	address, _ := waitFor("answering /healthz")["address"].(string)
	waitFor("run failed")
	waitFor("waiting for the next run")
	answer, err := http.Get("http://" + address + "/healthz")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("/healthz: %s", answer.Status)
	}
	if err := c.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	rest()
	if err := c.Wait(); err != nil {
		t.Errorf("after SIGTERM: %v", err)
	}
}

package store

import (
	"bufio"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pecaudit/checker/cases"
)

// TestMain lets the test binary play another process: see elsewhere.
func TestMain(m *testing.M) {
	if play := os.Getenv("PECAUDIT_STORE_TEST"); play != "" {
		if err := playElsewhere(play, os.Args[1]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// playElsewhere opens the store in this process, says "ready", and holds it until its input ends, or dies in the middle of a transaction.
func playElsewhere(play, path string) error {
	ctx := context.Background()
	s, err := Open(ctx, path, Options{Write: true, Holder: "pecaudit run"})
	if err != nil {
		return err
	}
	if play == "hold" {
		fmt.Println("ready")
		_, err := io.Copy(io.Discard, os.Stdin)
		return errors.Join(err, s.Close())
	}
	if _, err := s.write.Exec("PRAGMA cache_size = -100"); err != nil { // so that half a transaction is on the disk already
		return err
	}
	return s.Update(ctx, func(tx *Tx) error {
		if err := tx.SaveCases(ctx, manyCases(2000)); err != nil {
			return err
		}
		self, err := os.FindProcess(os.Getpid())
		if err != nil {
			return err
		}
		if err := self.Kill(); err != nil {
			return err
		}
		select {}
	})
}

func elsewhere(t *testing.T, play, path string) *exec.Cmd {
	t.Helper()
	c := exec.Command(os.Args[0], path)
	c.Env = append(os.Environ(), "PECAUDIT_STORE_TEST="+play)
	c.Stderr = os.Stderr
	return c
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	foreign := filepath.Join(dir, "foreign.db")
	db, err := sql.Open("sqlite", foreign)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec("CREATE TABLE t (a)"); err != nil {
		t.Fatal(err)
	}
	db.Close()
	newer := filepath.Join(dir, "newer.db")
	s := open(t, newer)
	if _, err := s.write.Exec("INSERT INTO goose_db_version (version_id, is_applied) VALUES (999, 1)"); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name, dsn, wants string
		write            bool
		notExist         bool
	}{
		{"postgres", "postgres://user:secret@host/db", `a store of kind "postgres" is not supported`, true, false},
		{"empty", "", "no path given", true, false},
		{"folder", filepath.Join(dir, "none", "x.db"), "the folder " + filepath.Join(dir, "none") + " does not exist: create it", true, true},
		{"absent", filepath.Join(dir, "absent.db"), "there is none yet", false, true},
		{"no bytes", write("empty.db", ""), "it is empty", false, true},
		{"a list", write("list.csv", strings.Repeat("codice_fiscale;pec\r\n", 100)), "the file is no SQLite database", true, false},
		{"a list, read", write("list2.csv", strings.Repeat("codice_fiscale;pec\r\n", 100)), "the file is no SQLite database", false, false},
		{"a directory", dir, "it is not a file", true, false},
		{"foreign", foreign, "another program's SQLite database", true, false},
		{"newer", newer, "a newer version of the program wrote it (schema 999", true, false},
		{"newer, read", newer, "a newer version of the program wrote it", false, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			s, err := Open(context.Background(), test.dsn, Options{Write: test.write})
			if err == nil {
				s.Close()
				t.Fatal("opened")
			}
			if !strings.Contains(err.Error(), test.wants) || strings.Contains(err.Error(), "secret") {
				t.Errorf("error %q, want %q in it", err, test.wants)
			}
			if errors.Is(err, fs.ErrNotExist) != test.notExist {
				t.Errorf("errors.Is(%q, fs.ErrNotExist) = %v", err, !test.notExist)
			}
		})
	}
	// Nothing was left beside what is no store, and the foreign database is as it was.
	locks, err := filepath.Glob(filepath.Join(dir, "*.lock"))
	if diff := cmp.Diff([]string{newer + ".lock"}, locks); diff != "" || err != nil {
		t.Error(diff, err)
	}
	db, err = sql.Open("sqlite", foreign)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var mode string
	if err := db.QueryRow("PRAGMA journal_mode").Scan(&mode); err != nil || mode != "delete" {
		t.Errorf("journal mode %q, %v", mode, err)
	}
}

func TestFileModes(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("access lists instead of modes")
	}
	t.Parallel()
	path := filepath.Join(t.TempDir(), "a store?mode=memory#1.db") // what would mean something in a URI is part of the name
	s := open(t, path)
	save(t, s, found(key(1), "alfa", "2026-11-02"))
	for _, suffix := range []string{"", "-wal", "-shm", ".lock"} {
		info, err := os.Stat(path + suffix)
		if err != nil {
			t.Error(err)
		} else if info.Mode().Perm() != 0o600 {
			t.Errorf("mode of %q is %v", suffix, info.Mode())
		}
	}
}

func TestLocked(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	path := tempPath(t)
	other := elsewhere(t, "hold", path)
	in, err := other.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := other.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := other.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "ready\n" {
		t.Fatal(line, err)
	}
	link := filepath.Join(t.TempDir(), "link.db")
	if err := os.Symlink(path, link); err != nil {
		t.Skip(err)
	}
	for _, name := range []string{path, link} {
		_, err = Open(ctx, name, Options{Write: true})
		var locked *LockedError
		if !errors.As(err, &locked) {
			t.Fatalf("error %v, want a *LockedError", err)
		}
		for _, want := range []string{"pecaudit run, pid ", fmt.Sprint(other.Process.Pid), " on host ", " since 20", "try again"} {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("error %q, want %q in it", err, want)
			}
		}
	}
	reading, err := Open(ctx, path, Options{})
	if err != nil {
		t.Fatalf("a reader is kept out: %v", err)
	}
	if err := reading.Close(); err != nil {
		t.Error(err)
	}
	in.Close()
	if err := other.Wait(); err != nil {
		t.Fatal(err)
	}
	open(t, path)
}

func TestLockedInProcess(t *testing.T) {
	t.Parallel()
	path := tempPath(t)
	s := open(t, path)
	_, err := Open(context.Background(), path, Options{Write: true})
	var locked *LockedError
	if !errors.As(err, &locked) || !strings.HasPrefix(locked.Holder, "a test, pid ") || !strings.HasSuffix(locked.Holder, " since 2026-11-02T12:00:00Z") {
		t.Errorf("error %v, holder %+v", err, locked)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	open(t, path)
}

func TestKilledInTransaction(t *testing.T) {
	t.Parallel()
	path := tempPath(t)
	s := open(t, path)
	save(t, s, found(key(1), "alfa", "2026-11-02"))
	want := newest(t, s)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := elsewhere(t, "die", path).Run(); err == nil {
		t.Fatal("the other process was to die")
	}
	if wal, err := os.Stat(path + "-wal"); err != nil || wal.Size() < 1<<20 {
		t.Errorf("the other process left no half transaction: %v, %v", wal, err)
	}
	s = open(t, path) // its lock died with it
	if diff := cmp.Diff(want, newest(t, s), asStored); diff != "" {
		t.Error(diff)
	}
	sound(t, s)
}

func TestUpdateIsAllOrNothing(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := quick(t)
	broken := errors.New("broken")
	write := func(tx *Tx) {
		if err := tx.SaveCases(ctx, []cases.Case{found(key(1), "alfa", "2026-11-02")}); err != nil {
			t.Error(err)
		}
	}
	if err := s.Update(ctx, func(tx *Tx) error { write(tx); return broken }); err != broken {
		t.Errorf("error %v, want the function's own", err)
	}
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic was lost")
			}
		}()
		_ = s.Update(ctx, func(tx *Tx) error { write(tx); panic("broken") })
	}()
	canceled, cancel := context.WithCancel(ctx)
	if err := s.Update(canceled, func(tx *Tx) error { write(tx); cancel(); return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v after the context was canceled", err)
	}
	if got := newest(t, s); len(got) != 0 {
		t.Errorf("%d cases are left of updates that failed", len(got))
	}
	update(t, s, func(tx *Tx) error { write(tx); return nil })
	if got := newest(t, s); len(got) != 1 {
		t.Errorf("%d cases", len(got))
	}
}

func TestReadersSeeTheLastCommit(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	path := tempPath(t)
	s := open(t, path)
	save(t, s, found(key(1), "alfa", "2026-11-02"))
	reading, err := Open(ctx, path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer reading.Close()
	update(t, s, func(tx *Tx) error {
		if err := tx.SaveCases(ctx, []cases.Case{found(key(2), "alfa", "2026-11-02")}); err != nil {
			return err
		}
		inside, err := tx.CasesOf(ctx, []string{key(1), key(2)})
		if err != nil || len(inside) != 2 {
			t.Errorf("the transaction sees %d cases, %v", len(inside), err)
		}
		var readers sync.WaitGroup
		for _, r := range []*Store{s, reading, s, reading} {
			readers.Go(func() {
				if list, err := r.Cases(ctx, Filter{}); err != nil || len(list) != 1 {
					t.Errorf("a reader sees %d cases, %v", len(list), err)
				}
			})
		}
		readers.Wait()
		return nil
	})
	for _, r := range []*Store{s, reading} {
		if got := newest(t, r); len(got) != 2 {
			t.Errorf("%d cases after the commit", len(got))
		}
	}
}

// TestReadOnly shows that a dry run needs no lock: it reads one state and writes nothing.
func TestReadOnly(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	path := tempPath(t)
	s := open(t, path)
	save(t, s, found(key(1), "alfa", "2026-11-02"))
	reading, err := Open(ctx, path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer reading.Close()
	if err := reading.Update(ctx, func(tx *Tx) error {
		first, err := tx.Cases(ctx, Filter{})
		save(t, s, found(key(2), "alfa", "2026-11-02"))
		second, err2 := tx.Cases(ctx, Filter{})
		if len(first) != 1 || len(second) != 1 {
			t.Errorf("%d, then %d cases in one transaction", len(first), len(second))
		}
		return errors.Join(err, err2)
	}); err != nil {
		t.Error(err)
	}
	err = reading.Update(ctx, func(tx *Tx) error { return tx.SaveCases(ctx, []cases.Case{found(key(3), "alfa", "2026-11-02")}) })
	if !errors.Is(err, ErrReadOnly) {
		t.Errorf("error %v, want ErrReadOnly", err)
	}
	if _, err := reading.Purge(ctx, PurgePolicy{}, false); !errors.Is(err, ErrReadOnly) {
		t.Errorf("error %v, want ErrReadOnly", err)
	}
}

// TestOpenInAFolderOfOthers shows that who may read a store but not write beside it is told what to do.
func TestOpenInAFolderOfOthers(t *testing.T) {
	t.Parallel()
	if os.Geteuid() <= 0 {
		t.Skip("whoever runs this may write everywhere, or folders have no such mode")
	}
	path := tempPath(t)
	if err := open(t, path).Close(); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Dir(path)
	if err := os.Chmod(dir, 0o500); err != nil {
		t.Fatal(err)
	}
	defer os.Chmod(dir, 0o700) //nolint:errcheck // the folder goes with the test
	if s, err := Open(context.Background(), path, Options{}); err == nil || !strings.Contains(err.Error(), "copy the store to a folder of yours") {
		t.Errorf("%v, %v", s, err)
	}
}

func TestMigrations(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	schemaOf := func(path string) map[string]string {
		t.Helper()
		db := pool(path)
		defer db.Close()
		schema := map[string]string{}
		err := reader{db}.each(ctx, func(rows *sql.Rows) error {
			var name, text string
			err := rows.Scan(&name, &text)
			schema[name] = text
			return err
		}, "SELECT name, COALESCE(sql, '') FROM sqlite_master")
		if err != nil {
			t.Fatal(err)
		}
		return schema
	}
	made := tempPath(t)
	if err := open(t, made).Close(); err != nil {
		t.Fatal(err)
	}
	files, err := fs.Glob(schemaFiles, "schema/*.sql")
	if err != nil || len(files) != schemaVersion {
		t.Fatalf("%d files in schema, schemaVersion is %d, %v", len(files), schemaVersion, err)
	}
	for version := int64(1); version < schemaVersion; version++ {
		for _, write := range []bool{true, false} {
			t.Run(fmt.Sprintf("from %d, write %v", version, write), func(t *testing.T) {
				t.Parallel()
				path := tempPath(t)
				if err := create(path); err != nil {
					t.Fatal(err)
				}
				db := writingPool(path, 0)
				if _, err := db.Exec(fmt.Sprintf("PRAGMA application_id = %d", applicationID)); err != nil {
					t.Fatal(err)
				}
				steps, err := migrations(db)
				if err != nil {
					t.Fatal(err)
				}
				if _, err := steps.UpTo(ctx, version); err != nil {
					t.Fatal(err)
				}
				if err := db.Close(); err != nil {
					t.Fatal(err)
				}
				s, err := Open(ctx, path, Options{Write: write})
				if err != nil {
					t.Fatal(err)
				}
				sound(t, s)
				if err := s.Close(); err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(schemaOf(made), schemaOf(path)); diff != "" {
					t.Error(diff)
				}
			})
		}
	}
}

// TestDamagedFile shows that damage is reported, whether SQLite notices it at once or only when it looks.
func TestDamagedFile(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	path := tempPath(t)
	s := open(t, path)
	update(t, s, func(tx *Tx) error { return tx.SaveCases(ctx, manyCases(2000)) })
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteAt([]byte(strings.Repeat("damage", 1000)), 40*4096+100); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	s, err = Open(ctx, path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if problems, err := s.Check(ctx); err == nil && len(problems) == 0 {
		t.Error("the damage was not noticed")
	}
}

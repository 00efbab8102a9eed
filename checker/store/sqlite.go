package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/pressly/goose/v3"
	"modernc.org/sqlite"
)

// This file holds all that is SQLite's own; the others keep to SQL that PostgreSQL understands too.

//go:embed schema/*.sql
var schemaFiles embed.FS

// schemaVersion is the number of the newest file in schema.
const schemaVersion = 4

// applicationID marks our files, so that another program's database is never taken for a store: "peca".
const applicationID = 0x70656361

// errEmpty is fs.ErrNotExist to callers: a file without tables is a store that was never written.
var errEmpty = fmt.Errorf("it is empty: 'pecaudit run' makes a store: %w", fs.ErrNotExist)

// resolve returns the one true path of a store, so that two names of it share one lock.
func resolve(path string) (string, error) {
	if path == "" {
		return "", errors.New("no path given")
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	real, err := filepath.EvalSymlinks(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return real, err
	}
	folder, err := filepath.EvalSymlinks(filepath.Dir(path))
	if errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("the folder %s does not exist: create it, or correct the path: %w", filepath.Dir(path), fs.ErrNotExist)
	}
	return filepath.Join(folder, filepath.Base(path)), err
}

// create makes an empty file that only its owner can read, unless there is one: SQLite would make it readable by all, and gives its other files the mode
// of this one. An existing file is not even opened: closing any descriptor of it would take SQLite's locks away from the whole process.
func create(path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return f.Close()
}

func writingPool(path string, busy time.Duration) *sql.DB {
	// FULL: an event that was reported as recorded is on the disk, whatever happens to the power.
	db := pool(path, "_txlock=immediate", pragmas(busy, "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)", "cache_size(-65536)", "journal_size_limit(67108864)"))
	db.SetMaxOpenConns(1)
	return db
}

func readingPool(path string, busy time.Duration) *sql.DB {
	db := pool(path, pragmas(busy, "query_only(1)", "cache_size(-16384)"))
	db.SetMaxOpenConns(4)
	db.SetMaxIdleConns(4)
	return db
}

func pragmas(busy time.Duration, list ...string) string {
	list = append([]string{fmt.Sprintf("busy_timeout(%d)", busy.Milliseconds())}, list...)
	return "_pragma=" + strings.Join(list, "&_pragma=")
}

func pool(path string, parameters ...string) *sql.DB {
	slashed := filepath.ToSlash(path)
	if !strings.HasPrefix(slashed, "/") {
		slashed = "/" + slashed // C:/...
	}
	// rw: a reader creates no file. Double-quoted text is a name, never a value.
	u := url.URL{Scheme: "file", Path: slashed, RawQuery: strings.Join(append(parameters, "mode=rw", "_dqs=0"), "&")}
	db, err := sql.Open("sqlite", u.String())
	if err != nil {
		panic(err) // sql.Open fails only for a driver that is not there
	}
	return db
}

// inspect returns the version of the schema of a file, and refuses what is no store of ours. It changes nothing in it.
func inspect(ctx context.Context, path string, busy time.Duration) (version int, err error) {
	if info, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return 0, fmt.Errorf("there is none yet: 'pecaudit run' makes one: %w", err)
	} else if err != nil {
		return 0, err
	} else if !info.Mode().IsRegular() {
		return 0, errors.New("it is not a file")
	}
	db := pool(path, pragmas(busy, "query_only(1)"))
	defer db.Close()
	var application, tables int
	err = db.QueryRowContext(ctx, "SELECT application_id, (SELECT COUNT(*) FROM sqlite_master) FROM pragma_application_id").Scan(&application, &tables)
	code := errorCode(err)
	switch {
	case code == notADatabase:
		return 0, errors.New("it is not a store: the file is no SQLite database")
	case code == readOnly: // the log of changes and its index stand beside the file, and readers note there what they read
		return 0, errors.New("even to read it, its folder must be one that you may write to: copy the store to a folder of yours, and read the copy")
	case err != nil:
		return 0, err
	case tables == 0:
		return 0, errEmpty
	case application != applicationID:
		return 0, errors.New("it is not a store: the file is another program's SQLite database")
	}
	if err := db.QueryRowContext(ctx, "SELECT COALESCE(MAX(version_id), 0) FROM goose_db_version").Scan(&version); err != nil {
		return 0, err
	}
	if version > schemaVersion {
		return 0, fmt.Errorf("a newer version of the program wrote it (schema %d, this one knows %d): use that one", version, schemaVersion)
	}
	return version, nil
}

// migrate brings the schema up to date, one transaction a step.
func migrate(ctx context.Context, db *sql.DB) error {
	if _, err := db.ExecContext(ctx, fmt.Sprintf("PRAGMA application_id = %d", applicationID)); err != nil {
		return err
	}
	steps, err := migrations(db)
	if err != nil {
		return err
	}
	if _, err := steps.Up(ctx); err != nil {
		return fmt.Errorf("bring the schema up to date: %w", err)
	}
	return nil
}

func migrations(db *sql.DB) (*goose.Provider, error) {
	files, err := fs.Sub(schemaFiles, "schema")
	if err != nil {
		return nil, err
	}
	return goose.NewProvider(goose.DialectSQLite3, db, files)
}

// SQLite's result codes that we tell apart: https://www.sqlite.org/rescode.html.
const (
	readOnly     = 8
	notADatabase = 26
)

func errorCode(err error) int {
	if e := (*sqlite.Error)(nil); errors.As(err, &e) {
		return e.Code() & 0xff
	}
	return 0
}

// checkFile asks SQLite itself: pages, indexes, types, foreign keys.
func (r reader) checkFile(ctx context.Context, p *problems) error {
	err := r.each(ctx, func(rows *sql.Rows) error {
		var text string
		if err := rows.Scan(&text); err != nil {
			return err
		}
		if text != "ok" {
			p.add("", 0, "the file is damaged: %s", text)
		}
		return nil
	}, "PRAGMA integrity_check")
	if err != nil {
		return err
	}
	return r.each(ctx, func(rows *sql.Rows) error {
		var table, parent string
		var row, key sql.NullInt64
		if err := rows.Scan(&table, &row, &parent, &key); err != nil {
			return err
		}
		p.add("", 0, "row %d of table %s refers to a row of %s that is not there", row.Int64, table, parent)
		return nil
	}, "PRAGMA foreign_key_check")
}

// shrink gives the room of deleted rows back to the disk, and leaves none of their bytes in the file.
func (s *Store) shrink(ctx context.Context) error {
	for _, statement := range []string{"VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)"} {
		if _, err := s.write.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("%s: %w", strings.ToLower(statement), err)
		}
	}
	return nil
}

// withoutIndexes runs work while the tables have no indexes and builds them again after it: for a table's first million rows that takes half the time.
func (t *Tx) withoutIndexes(ctx context.Context, work func() error, tables ...string) error {
	var names, definitions []string
	err := t.each(ctx, func(rows *sql.Rows) error {
		var name, definition string
		err := rows.Scan(&name, &definition)
		names, definitions = append(names, name), append(definitions, definition)
		return err
	}, "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL AND tbl_name IN ("+marks(len(tables))+") ORDER BY name", anys(tables)...)
	if err != nil {
		return err
	}
	for _, name := range names {
		if _, err := t.exec(ctx, "DROP INDEX "+name); err != nil {
			return err
		}
	}
	if err := work(); err != nil {
		return err
	}
	for _, definition := range definitions {
		if _, err := t.exec(ctx, definition); err != nil {
			return err
		}
	}
	return nil
}

// Package store remembers: runs, cases and the chain of their events, evidence, and what the workbooks of past months are written from. It is one SQL
// database, SQLite in a file that only its owner can read.
//
// One process writes at a time, and holds a lock file beside the database for as long as it has the store open; any number read, and none of them waits:
// they see what the last committed transaction left. SQLite's shared memory does not reach across machines, so the file belongs on a disk of the machine
// that uses it.
package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"
)

// Options say how a store is opened.
type Options struct {
	Write       bool             // to change it: takes the lock, creates the file where there is none
	Holder      string           // who we are, for those who find the store locked: "pecaudit run"; default: the program's name
	Now         func() time.Time // clock of the recorded instants; default: time.Now
	BusyTimeout time.Duration    // how long a statement waits for another program's transaction; default: 10 s
}

// A Store is an open store. Its methods may be called at the same time; the reading ones see the last committed transaction.
type Store struct {
	reader
	path  string
	read  *sql.DB
	write *sql.DB // nil when opened for reading
	lock  *lock   // nil when opened for reading
	now   func() time.Time
}

// Open opens the store at a path. With Options.Write it creates the file, readable by its owner only, in a folder that must exist, and returns a
// *LockedError when another process is writing. Without it, an error that is fs.ErrNotExist says that there is no store yet. A store of an older schema
// is brought up to date either way, one of a newer schema is refused, and so is a file that is no store. The caller closes it.
func Open(ctx context.Context, dsn string, o Options) (*Store, error) {
	if scheme, _, ok := strings.Cut(dsn, "://"); ok {
		return nil, fmt.Errorf("a store of kind %q is not supported: write the path of a file", scheme)
	}
	if o.Now == nil {
		o.Now = time.Now //nolint:forbidigo // the default of Options.Now
	}
	if o.BusyTimeout == 0 {
		o.BusyTimeout = 10 * time.Second
	}
	path, err := resolve(dsn)
	if err != nil {
		return nil, fmt.Errorf("open store %s: %w", dsn, err)
	}
	s := &Store{path: path, now: o.Now}
	if err := s.open(ctx, o); err != nil {
		return nil, errors.Join(fmt.Errorf("open store %s: %w", dsn, err), s.Close())
	}
	return s, nil
}

func (s *Store) open(ctx context.Context, o Options) error {
	version, err := inspect(ctx, s.path, o.BusyTimeout)
	if err != nil && !(o.Write && errors.Is(err, fs.ErrNotExist)) {
		return err
	}
	if o.Write || version < schemaVersion {
		if err := s.openToWrite(ctx, o); err != nil {
			return err
		}
		if !o.Write { // it was only to be brought up to date
			if err := s.Close(); err != nil {
				return err
			}
			s.write = nil
		}
	}
	s.read = readingPool(s.path, o.BusyTimeout)
	s.reader = reader{s.read}
	return s.read.PingContext(ctx)
}

func (s *Store) openToWrite(ctx context.Context, o Options) error {
	var err error
	if s.lock, err = acquire(s.path, o.Holder, o.Now()); err != nil {
		return err
	}
	if err := create(s.path); err != nil {
		return err
	}
	version, err := inspect(ctx, s.path, o.BusyTimeout) // once more: another may have made it since
	if err != nil && !errors.Is(err, errEmpty) {
		return err
	}
	s.write = writingPool(s.path, o.BusyTimeout)
	if version < schemaVersion {
		return migrate(ctx, s.write)
	}
	return s.write.PingContext(ctx)
}

// Close ends reading and writing and gives the lock back. Closing again does nothing.
func (s *Store) Close() error {
	var errs []error
	if s.read != nil {
		errs = append(errs, s.read.Close())
	}
	if s.write != nil {
		errs = append(errs, s.write.Close())
	}
	if s.lock != nil {
		errs = append(errs, s.lock.release())
		s.lock = nil
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("close store: %w", err)
	}
	return nil
}

// ErrReadOnly is returned by what would change a store that was opened for reading.
var ErrReadOnly = errors.New("the store is open for reading only")

// Update runs change in one transaction: when it returns nil all that it did is kept, on disk; when it returns an error, panics, or the process dies,
// nothing is. Update returns that error as it is. On a store opened for reading change sees one state of the store, and its writes fail with ErrReadOnly.
func (s *Store) Update(ctx context.Context, change func(*Tx) error) error {
	db := s.write
	if db == nil {
		db = s.read
	}
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("store: begin: %w", err)
	}
	defer tx.Rollback() // of no effect after a commit
	t := &Tx{reader: reader{tx}, tx: tx, before: s.reader, readOnly: s.write == nil, now: s.now().UTC().Truncate(time.Second), prepared: map[string]*sql.Stmt{}}
	if err := change(t); err != nil || t.readOnly {
		return err
	}
	if t.failed != nil {
		return fmt.Errorf("store: nothing is kept where saving cases failed: %w", t.failed)
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("store: commit: %w", err)
	}
	return nil
}

// A Tx is a transaction of Update. It reads what it wrote. It belongs to one goroutine, and nothing is written with it while one of its own streams is
// being read: read from the Store instead, which shows the state before.
type Tx struct {
	reader
	tx       *sql.Tx
	before   reader // what the last committed transaction left
	readOnly bool
	failed   error     // of SaveCases or SaveParts: what they left is half of something
	now      time.Time // UTC, whole seconds: what is recorded now
	prepared map[string]*sql.Stmt
}

// Try runs work and takes back what it stored unless it returns true.
func (t *Tx) Try(ctx context.Context, work func() (keep bool, err error)) error {
	if _, err := t.exec(ctx, "SAVEPOINT try"); err != nil {
		return fmt.Errorf("store: try: %w", err)
	}
	keep, err := work()
	if err != nil {
		return err // the whole transaction ends with it
	}
	if !keep {
		if _, err := t.exec(ctx, "ROLLBACK TO try"); err != nil {
			return fmt.Errorf("store: try: %w", err)
		}
	}
	if _, err := t.exec(ctx, "RELEASE try"); err != nil {
		return fmt.Errorf("store: try: %w", err)
	}
	return nil
}

// exec runs a statement that is prepared once a transaction.
func (t *Tx) exec(ctx context.Context, query string, args ...any) (sql.Result, error) {
	stmt, ctx, err := t.prepare(ctx, query) //nolint:sqlclosecheck // the end of the transaction closes it
	if err != nil {
		return nil, err
	}
	return stmt.ExecContext(ctx, args...)
}

// A table collects rows that are to be inserted: many in one statement are a tenth faster when a month's cases are saved. They can be read once they are
// inserted, no sooner.
type table struct {
	into    string // name and columns
	columns int
	then    string // what follows the values
	values  []any  // row after row
}

func (t *table) add(row ...any) { t.values = append(t.values, row...) }

// insertRows inserts the rows that were added, and forgets them.
func (t *Tx) insertRows(ctx context.Context, to *table) error {
	const most = 50 // rows a statement: the rest go one by one, and each number of rows would be a statement to prepare
	row := "(" + marks(to.columns) + ")"
	for rest := to.values; len(rest) > 0; {
		rows := 1
		if len(rest) >= most*to.columns {
			rows = most
		}
		values := strings.TrimSuffix(strings.Repeat(row+",", rows), ",")
		if _, err := t.exec(ctx, "INSERT INTO "+to.into+" VALUES "+values+" "+to.then, rest[:rows*to.columns]...); err != nil {
			return err
		}
		rest = rest[rows*to.columns:]
	}
	clear(to.values)
	to.values = to.values[:0]
	return nil
}

// affect is exec that counts the rows that it changed.
func (t *Tx) affect(ctx context.Context, query string, args ...any) (int64, error) {
	result, err := t.exec(ctx, query, args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// one scans the only row of a query that is prepared once a transaction, and reports whether there is one.
func (t *Tx) one(ctx context.Context, query string, args []any, to ...any) (bool, error) {
	stmt, ctx, err := t.prepare(ctx, query) //nolint:sqlclosecheck // the end of the transaction closes it
	if err != nil {
		return false, err
	}
	return optional(stmt.QueryRowContext(ctx, args...).Scan(to...))
}

func (t *Tx) prepare(ctx context.Context, query string) (*sql.Stmt, context.Context, error) {
	if t.readOnly {
		return nil, nil, ErrReadOnly
	}
	if err := ctx.Err(); err != nil {
		return nil, nil, err
	}
	// The driver starts a goroutine for every statement that could be canceled; that the transaction can be is enough.
	ctx = context.WithoutCancel(ctx)
	stmt := t.prepared[query]
	if stmt == nil {
		var err error
		if stmt, err = t.tx.PrepareContext(ctx, query); err != nil {
			return nil, nil, err
		}
		t.prepared[query] = stmt
	}
	return stmt, ctx, nil
}

// reader has the methods that a Store and a Tx share.
type reader struct{ db querier }

type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// each scans every row of a query with scan.
func (r reader) each(ctx context.Context, scan func(*sql.Rows) error, query string, args ...any) error {
	rows, err := r.db.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// optional reports whether a query for one row found it.
func optional(err error) (bool, error) {
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}

// batch is how many keys one query asks for.
const batch = 500

// marks returns n placeholders for IN.
func marks(n int) string { return strings.TrimSuffix(strings.Repeat("?,", n), ",") }

func anys[T any](list []T) []any {
	out := make([]any, len(list))
	for i, v := range list {
		out[i] = v
	}
	return out
}

const instantFormat = "2006-01-02T15:04:05Z"

func instant(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(instantFormat)
}

func parseInstant(s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	return time.Parse(instantFormat, s)
}

// Package load turns files into companies and says which rows it could not read.
//
// Open finds out how a list is written (encoding, delimiter, sheet, header, columns); then it can be read any number of times, each pass anew from the
// file. Nothing is taken on trust: a header that may mean something else is reported and not used, a row that cannot be read is
// rejected with its reason, and a file that breaks halfway is an error, never a shorter list.
package load

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"runtime"
	"slices"

	"pecaudit/checker"
)

// Options says how to read lists. The zero value finds everything out by itself.
type Options struct {
	Map       map[string]string       // canonical field -> header, of --map; HEADER#2 is the second column with that header
	ListDates map[string]checker.Date // path as given or matched -> date, of --list-date or the configuration
	AsOf      checker.Date            // presumed reference date
	Encoding  string                  // utf-8, windows-1252, utf-16, utf-16le, utf-16be; "": found
	Delimiter string                  // one character or "tab"; "": found
	Sheet     string                  // of workbooks; "": the first visible one that fits
	Absences  checker.Absences        // empty: checker.DefaultAbsences
	Chambers  *checker.Chambers       // nil: no chamber is known
	Forms     *checker.Forms          // nil: no legal form is known
	Stdin     io.Reader               // what the path "-" reads
	TempDir   string                  // of working copies; "": os.TempDir()
}

// ErrOption is in the errors about options that are wrong for a list: what to do is to change the command, not the file.
var ErrOption = errors.New("wrong option")

type optionErr string

func (e optionErr) Error() string        { return string(e) }
func (e optionErr) Is(target error) bool { return target == ErrOption }

func optionError(format string, args ...any) error { return optionErr(fmt.Sprintf(format, args...)) }

// A List is an open list. One goroutine at a time may use it.
type List struct {
	Index       int    // place in the run
	File        string // the path as given or matched, archive.zip/entry, or -
	Sheet       string // "" for text
	Size        int64  // of the file as it was given, in bytes: of the archive, of the workbook
	SHA256      string // of the same bytes, in hexadecimal
	Encoding    string // "" for workbooks
	Delimiter   string // a character or "tab"; "" for workbooks
	HeaderRow   int    // as a person counts
	Mapping     []Column
	Reference   checker.Date // the day for which the list speaks
	Presumed    bool         // nobody said so: it is as-of
	HasStatus   bool         // has a column stato
	HasActivity bool         // has a column stato_attivita
	HasDirector bool         // has a column pec_amministratore
	Counts

	o       *Options
	layout  *layout
	wanted  map[string]string // of Options.Map, what concerns the layout
	source  *source
	start   int64 // of the first row below the header
	dialect dialect
	widest  int  // how many cells a row of a text may have
	packed  bool // in an archive
	sheet   bool // the source is the working copy of a sheet
	fragile bool // its characters may be broken
	cols    []int
	bounds  map[int64][]bound // by the size of stretches: those of the last pass
}

// Counts is what the last complete reading of a list counted.
type Counts struct {
	Rows     int            // read, rejected ones included; empty rows are none
	Rejected int            // of these
	Repaired int            // rows with something taken off or restored
	Repairs  map[string]int // how many rows, by the name of the repair
	// RejectedRows holds the first 1,000 rejected rows of a list that is not of companies; Batch has those of companies.
	RejectedRows []checker.RejectedRow
}

// Open finds encoding, delimiter, sheet, header and columns of a list of companies; path "-" is Options.Stdin, and index the list's place in the
// run. A list without the needed columns is refused with the headers found and the nearest guesses.
func Open(ctx context.Context, path string, index int, o *Options) (*List, error) {
	l, err := open(ctx, path, index, o, companyLayout)
	if err != nil {
		return nil, err
	}
	l.HasStatus = l.cols[fieldStatus] >= 0
	l.HasActivity = l.cols[fieldActivity] >= 0
	l.HasDirector = l.cols[fieldDirector] >= 0
	return l, nil
}

func open(ctx context.Context, path string, index int, o *Options, lay *layout) (*List, error) {
	options := *o
	if options.Absences.None == nil && options.Absences.NotTold == nil {
		options.Absences = checker.DefaultAbsences()
	}
	l := &List{Index: index, File: path, o: &options, layout: lay}
	err := l.prepare(ctx)
	if err != nil {
		err = l.failed(err)
	} else {
		err = l.findReference(ctx, path)
	}
	if err != nil {
		l.Close()
		return nil, err
	}
	return l, nil
}

// prepare finds out all that must be known before a row can be read.
func (l *List) prepare(ctx context.Context) (err error) {
	if l.wanted, err = l.layout.wanted(l.o.Map); err != nil {
		return err
	}
	if l.source, err = openSource(ctx, l.File, l.o); err != nil {
		return err
	}
	l.Size, l.SHA256 = l.source.size, l.source.sha256
	if err := l.openFormat(ctx); err != nil {
		return err
	}
	l.source.unlink()
	return nil
}

// failed says which list an error is about.
func (l *List) failed(err error) error {
	where := l.File
	if where == "-" {
		where = "standard input"
	}
	if l.Sheet != "" {
		where += ", sheet " + l.Sheet
	}
	return fmt.Errorf("load %s: %w", where, err)
}

// accept takes a row as the list's header.
func (l *List) accept(row int, m match) error {
	if m.twice != nil {
		return m.twice
	}
	l.HeaderRow, l.cols, l.Mapping = row, m.cols, m.columns
	return nil
}

// take makes a working copy the list's source.
func (l *List) take(s *source) {
	l.source.Close()
	l.source = s
}

// findReference says for which day the list speaks. A list put together from several speaks for the oldest.
func (l *List) findReference(ctx context.Context, path string) error {
	if field := slices.IndexFunc(l.layout.fields, func(f field) bool { return f.name == reference.name }); l.cols[field] >= 0 {
		sheaves := make([]sheaf, runtime.GOMAXPROCS(0))
		for i := range sheaves {
			sheaves[i] = &oldest{field: field, of: &l.Reference}
		}
		if err := l.relay(ctx, reading{size: stretchSize}, sheaves); err != nil || !l.Reference.IsZero() {
			return err
		}
	}
	for _, given := range slices.Sorted(maps.Keys(l.o.ListDates)) {
		if filepath.Clean(given) == filepath.Clean(path) {
			l.Reference = l.o.ListDates[given]
			return nil
		}
	}
	l.Reference, l.Presumed = l.o.AsOf, true
	return nil
}

// oldest looks for the first day in a column.
type oldest struct {
	field int
	found checker.Date
	of    *checker.Date // of the list
}

func (o *oldest) clear() { o.found = checker.Date{} }

func (o *oldest) take(r *row, _ string) { o.note(&o.found, r.day(o.field)) }

func (o *oldest) note(first *checker.Date, d checker.Date) {
	if !d.IsZero() && (first.IsZero() || d.Before(*first)) {
		*first = d
	}
}

func (o *oldest) renumber(int) {}

func (o *oldest) work(int) error { return nil }

func (o *oldest) hand() error {
	o.note(o.of, o.found)
	return nil
}

// Close removes working copies. The facts stay.
func (l *List) Close() error {
	err := l.source.Close()
	l.source = nil
	if err != nil {
		return l.failed(err)
	}
	return nil
}

// A Batch is a stretch of rows, those read and those rejected both in the order of the file. It is valid until Yield returns; its strings are for longer,
// but each of them keeps the whole stretch of the file.
type Batch struct {
	Companies []checker.Company
	Rejected  []checker.RejectedRow
	Last      int // number of the last row that was looked at
}

// firstNeeded returns the first of the columns that hold what the list needs.
func (l *List) firstNeeded() int {
	first := len(l.Mapping)
	for _, group := range l.layout.needs {
		for _, f := range group {
			if col := l.cols[f]; col >= 0 {
				first = min(first, col)
			}
		}
	}
	return first
}

// A tally counts rows.
type tally struct {
	rows, rejected, repaired int
	repairs                  [8]int
}

func (t *tally) reject() { t.rows, t.rejected = t.rows+1, t.rejected+1 }

func (t *tally) add(r checker.Repairs) {
	t.rows++
	if r == 0 {
		return
	}
	t.repaired++
	for i := range t.repairs {
		t.repairs[i] += int(r>>i) & 1
	}
}

func (t *tally) merge(o *tally) {
	t.rows, t.rejected, t.repaired = t.rows+o.rows, t.rejected+o.rejected, t.repaired+o.repaired
	for i, n := range o.repairs {
		t.repairs[i] += n
	}
}

func (t *tally) counts() Counts {
	c := Counts{Rows: t.rows, Rejected: t.rejected, Repaired: t.repaired, Repairs: map[string]int{}}
	for i, n := range t.repairs {
		if names := checker.Repairs(1 << i).Names(); n > 0 && len(names) == 1 {
			c.Repairs[names[0]] = n
		}
	}
	return c
}

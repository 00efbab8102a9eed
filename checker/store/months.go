package store

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/klauspost/compress/flate"

	"pecaudit/checker"
	"pecaudit/checker/cases"
)

// A Run is one monthly run.
type Run struct {
	ID       string        `json:"id"`
	Month    checker.Month `json:"month"`
	AsOf     checker.Date  `json:"as_of"`
	Started  time.Time     `json:"started,omitzero"`
	Finished time.Time     `json:"finished"` // when it was stored, unless set
	Version  string        `json:"version,omitempty"`
	Config   string        `json:"config,omitempty"` // hash of the configuration
	Held     bool          `json:"held,omitempty"`   // by the brake, in part or as a whole
	Accepted []string      `json:"accepted,omitempty"`
	By       string        `json:"by,omitempty"`
}

// SaveRun keeps a run, in place of an earlier one of the same ID.
func (t *Tx) SaveRun(ctx context.Context, run Run) error {
	if run.Finished.IsZero() {
		run.Finished = t.now
	}
	body, err := json.Marshal(run)
	if err != nil {
		return fmt.Errorf("store: save run: %w", err)
	}
	if _, err := t.exec(ctx, "DELETE FROM runs WHERE id = ?", run.ID); err != nil {
		return fmt.Errorf("store: save run: %w", err)
	}
	if _, err := t.exec(ctx, "INSERT INTO runs (id, month, as_of, body) VALUES (?, ?, ?, ?)", run.ID, run.Month.String(), run.AsOf.String(), string(body)); err != nil {
		return fmt.Errorf("store: save run: %w", err)
	}
	return nil
}

// LastRun returns the run of the newest as-of, of several the one stored last, and whether there is any.
func (r reader) LastRun(ctx context.Context) (Run, bool, error) {
	return r.run(ctx, "SELECT body FROM runs ORDER BY as_of DESC, seq DESC LIMIT 1")
}

// RunOf returns the run of a month that was stored last, and whether there is any.
func (r reader) RunOf(ctx context.Context, month checker.Month) (Run, bool, error) {
	return r.run(ctx, "SELECT body FROM runs WHERE month = ? ORDER BY seq DESC LIMIT 1", month.String())
}

func (r reader) run(ctx context.Context, query string, args ...any) (run Run, ok bool, err error) {
	var body string
	ok, err = optional(r.db.QueryRowContext(ctx, query, args...).Scan(&body))
	if ok {
		err = json.Unmarshal([]byte(body), &run)
	}
	if err != nil {
		return Run{}, false, fmt.Errorf("store: read run: %w", err)
	}
	return run, ok, nil
}

// SaveChamberAsOf notes the newest as-of at which a chamber's positions were read; an older day than the one noted changes nothing.
func (t *Tx) SaveChamberAsOf(ctx context.Context, slug string, asOf checker.Date) error {
	_, err := t.exec(ctx, "INSERT INTO chambers (slug, as_of) VALUES (?, ?) ON CONFLICT (slug) DO UPDATE SET as_of = excluded.as_of WHERE excluded.as_of > chambers.as_of", slug, asOf.String())
	if err != nil {
		return fmt.Errorf("store: save as-of: %w", err)
	}
	return nil
}

// ChamberAsOf returns the newest as-of at which each chamber's positions were read, by slug.
func (r reader) ChamberAsOf(ctx context.Context) (map[string]checker.Date, error) {
	newest := map[string]checker.Date{}
	err := r.each(ctx, func(rows *sql.Rows) error {
		var slug, day string
		if err := rows.Scan(&slug, &day); err != nil {
			return err
		}
		asOf, err := checker.ParseISODate(day)
		newest[slug] = asOf
		return err
	}, "SELECT slug, as_of FROM chambers")
	if err != nil {
		return nil, fmt.Errorf("store: read as-of: %w", err)
	}
	return newest, nil
}

// Packed is what a workbook of a month is written from, deflated: the store keeps much of it.
type Packed []byte

// Pack deflates.
func Pack(body []byte) Packed {
	var packed bytes.Buffer
	w, err := flate.NewWriter(&packed, flate.BestSpeed)
	if err != nil {
		panic(err) // only for a level that there is not
	}
	_, _ = w.Write(body) // a buffer takes everything
	_ = w.Close()
	return packed.Bytes()
}

// SaveMonth keeps what a workbook of a month is written from, in place of what was kept before.
func (t *Tx) SaveMonth(ctx context.Context, month checker.Month, slug string, body Packed) error {
	_, err := t.exec(ctx, "INSERT INTO months (month, slug, body) VALUES (?, ?, ?) ON CONFLICT (month, slug) DO UPDATE SET body = excluded.body", month.String(), slug, []byte(body))
	if err != nil {
		return fmt.Errorf("store: save month %s of %s: %w", month, slug, err)
	}
	return nil
}

// Month returns what was packed for SaveMonth, and whether there is anything.
func (r reader) Month(ctx context.Context, month checker.Month, slug string) (body string, ok bool, err error) {
	var packed []byte
	ok, err = optional(r.db.QueryRowContext(ctx, "SELECT body FROM months WHERE month = ? AND slug = ?", month.String(), slug).Scan(&packed))
	var text strings.Builder // a month may be tens of megabytes: no copy is made of it
	if ok {
		text.Grow(6 * len(packed))
		_, err = io.Copy(&text, flate.NewReader(bytes.NewReader(packed)))
	}
	if err != nil {
		return "", false, fmt.Errorf("store: read month %s of %s: %w", month, slug, err)
	}
	return text.String(), ok, nil
}

// MonthSlugs returns the slugs of the workbooks kept of a month, sorted.
func (r reader) MonthSlugs(ctx context.Context, month checker.Month) ([]string, error) {
	var slugs []string
	err := r.each(ctx, func(rows *sql.Rows) error {
		var slug string
		err := rows.Scan(&slug)
		slugs = append(slugs, slug)
		return err
	}, "SELECT slug FROM months WHERE month = ? ORDER BY slug", month.String())
	if err != nil {
		return nil, fmt.Errorf("store: read month %s: %w", month, err)
	}
	return slugs, nil
}

// Months returns the months of which workbooks are kept, oldest first.
func (r reader) Months(ctx context.Context) ([]checker.Month, error) {
	var months []checker.Month
	err := r.each(ctx, func(rows *sql.Rows) error {
		var text string
		if err := rows.Scan(&text); err != nil {
			return err
		}
		month, err := checker.ParseMonth(text)
		months = append(months, month)
		return err
	}, "SELECT DISTINCT month FROM months ORDER BY month")
	if err != nil {
		return nil, fmt.Errorf("store: read months: %w", err)
	}
	return months, nil
}

// SaveCounts keeps a month's counts, in place of those kept before.
func (t *Tx) SaveCounts(ctx context.Context, counts cases.MonthCount) error {
	body, err := json.Marshal(counts)
	if err == nil {
		_, err = t.exec(ctx, "INSERT INTO counts (month, body) VALUES (?, ?) ON CONFLICT (month) DO UPDATE SET body = excluded.body", counts.Month.String(), string(body))
	}
	if err != nil {
		return fmt.Errorf("store: save counts: %w", err)
	}
	return nil
}

// Counts returns the counts of the newest n months before a month, oldest first; months without counts are not among them.
func (r reader) Counts(ctx context.Context, before checker.Month, n int) ([]cases.MonthCount, error) {
	var list []cases.MonthCount
	err := r.each(ctx, func(rows *sql.Rows) error {
		var body string
		if err := rows.Scan(&body); err != nil {
			return err
		}
		var c cases.MonthCount
		err := json.Unmarshal([]byte(body), &c)
		list = append(list, c)
		return err
	}, "SELECT body FROM counts WHERE month < ? ORDER BY month DESC LIMIT ?", before.String(), n)
	if err != nil {
		return nil, fmt.Errorf("store: read counts: %w", err)
	}
	slices.Reverse(list)
	return list, nil
}

// A File is something that went out to others: it is known again by its SHA-256, in hexadecimal.
type File struct {
	Kind   string // "albo"
	Month  checker.Month
	Slug   string // chamber
	SHA256 string
	Name   string
	Saved  time.Time // UTC
}

// SaveFile keeps the hash of a file, with the time of the transaction. The same bytes again change nothing.
func (t *Tx) SaveFile(ctx context.Context, f File) error {
	_, err := t.exec(ctx, "INSERT INTO files (kind, month, slug, sha256, name, saved) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (kind, month, slug, sha256) DO NOTHING",
		f.Kind, f.Month.String(), f.Slug, f.SHA256, f.Name, instant(t.now))
	if err != nil {
		return fmt.Errorf("store: save file: %w", err)
	}
	return nil
}

// Files returns the files of a month, in the order in which they were kept.
func (r reader) Files(ctx context.Context, month checker.Month) ([]File, error) {
	var list []File
	err := r.each(ctx, func(rows *sql.Rows) error {
		f := File{Month: month}
		var saved string
		if err := rows.Scan(&f.Kind, &f.Slug, &f.SHA256, &f.Name, &saved); err != nil {
			return err
		}
		var err error
		f.Saved, err = parseInstant(saved)
		list = append(list, f)
		return err
	}, "SELECT kind, slug, sha256, name, saved FROM files WHERE month = ? ORDER BY saved, kind, slug, sha256", month.String())
	if err != nil {
		return nil, fmt.Errorf("store: read files: %w", err)
	}
	return list, nil
}

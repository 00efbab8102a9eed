package audit

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"pecaudit/checker"
	"pecaudit/checker/cases"
	"pecaudit/checker/store"
	"pecaudit/reports"
)

// A ReadingBack takes what the office wrote in a workbook into the store.
type ReadingBack struct {
	File   string
	By     string
	Today  checker.Date // the later of the clock's day in Rome and the newest as-of
	DryRun bool
}

// A ReadBackResult says what was entered, and what was not and why.
type ReadBackResult struct {
	Entered   []ReadBackEntry    `json:"entered"`
	Known     int                `json:"known"` // rows that say what the store holds already
	Conflicts []ReadBackConflict `json:"conflicts"`
}

// A ReadBackEntry is a row that became an event.
type ReadBackEntry struct {
	Sheet   string          `json:"sheet"`
	Row     int             `json:"row"`
	Case    string          `json:"case"`
	Outcome string          `json:"outcome"`
	Event   cases.EventKind `json:"event"`
	On      checker.Date    `json:"on"`
	State   cases.State     `json:"state"` // of the case now
}

// A ReadBackConflict is a row that is shown and not entered.
type ReadBackConflict struct {
	Sheet string `json:"sheet"`
	Row   int    `json:"row"`
	Case  string `json:"case"`
	Kind  string `json:"kind"`
	Why   string `json:"why"` // Italian
}

// Run reads the workbook and enters what it may. Each row is entered or refused by itself; the same file twice changes nothing. A file that cannot be read is an
// error, and nothing is entered.
func (b *ReadingBack) Run(ctx context.Context, s *store.Store) (*ReadBackResult, error) {
	entries, conflicts, err := reports.ReadBack(b.File)
	if err != nil {
		return nil, err
	}
	r := &ReadBackResult{Entered: []ReadBackEntry{}, Conflicts: []ReadBackConflict{}}
	err = s.Update(ctx, func(tx *store.Tx) error {
		for _, c := range conflicts {
			settled, ok := c.Settle(func(e reports.Entry) bool {
				known, err := tx.Case(ctx, e.CaseID)
				return err == nil && holdsEntry(known, e)
			})
			if ok {
				entries = append(entries, settled)
				continue
			}
			r.refuse(c)
		}
		slices.SortStableFunc(entries, func(x, y reports.Entry) int { return x.On.Compare(y.On) }) // several entries of a case in the order of the days
		for _, e := range entries {
			if err := b.enter(ctx, tx, e, r); err != nil {
				return err
			}
		}
		return nil
	})
	return r, err
}

func (r *ReadBackResult) refuse(c reports.Conflict) {
	r.Conflicts = append(r.Conflicts, ReadBackConflict{Sheet: c.Sheet, Row: c.Row, Case: c.CaseID, Kind: string(c.Kind), Why: c.String()})
}

// holdsEntry reports whether the case says already what the row says: the program itself wrote it there.
func holdsEntry(c *cases.Case, e reports.Entry) bool {
	return reports.OutcomeLabel(c.Office.Event, c.Office.Outcome) == e.Outcome && c.Office.On == e.On && c.Office.Protocol == e.Protocol && c.Office.Note == e.Note
}

func (b *ReadingBack) enter(ctx context.Context, tx *store.Tx, e reports.Entry, r *ReadBackResult) error {
	conflict := reports.Conflict{Sheet: e.Sheet, Row: e.Row, CaseID: e.CaseID}
	c, err := tx.Case(ctx, e.CaseID)
	switch {
	case errors.Is(err, store.ErrNoCase):
		conflict.Kind = reports.ConflictUnknown
	case err != nil:
		return err
	case e.CodiceFiscale != "" && e.CodiceFiscale != c.Facts.CodiceFiscale:
		conflict.Kind = reports.ConflictMismatch
	case e.On.After(b.Today):
		conflict.Kind = reports.ConflictFuture
	case holdsEntry(c, e):
		r.Known++
		return nil
	}
	if conflict.Kind != "" {
		r.refuse(conflict)
		return nil
	}
	before := len(c.Events)
	err = cases.Record(c, cases.Entry{
		Event: e.Event, On: e.On, By: b.By, Protocol: e.Protocol, Outcome: e.Decision, Note: e.Note, Today: b.Today,
		Evidence: &cases.Evidence{File: b.File, Sheet: e.Sheet, Row: e.Row},
	})
	if refusal := (*cases.Refusal)(nil); errors.As(err, &refusal) {
		conflict.Kind, conflict.Text = reports.ConflictRefused, refusal.Why
		if !c.Open() {
			conflict.Kind = reports.ConflictMovedOn
		}
		r.refuse(conflict)
		return nil
	}
	if err != nil {
		return err
	}
	if len(c.Events) == before {
		r.Known++
		return nil
	}
	r.Entered = append(r.Entered, ReadBackEntry{Sheet: e.Sheet, Row: e.Row, Case: c.ID, Outcome: e.Outcome, Event: e.Event, On: e.On, State: c.State})
	if b.DryRun {
		return nil
	}
	return tx.SaveCases(ctx, []cases.Case{*c})
}

// WriteAlbo writes what goes to the Albo for the list of a day, a file for each chamber, and keeps their hashes: years later it can be shown which file went
// out. A second list of a chamber in one month gets a file of its own. A file that a publication could not write is written when it is repeated; one that is
// there is left as it went out.
func (p *Publishing) WriteAlbo(ctx context.Context, s *store.Store, r *PublishResult, names *checker.Chambers, dir string, soleTraderCode bool) ([]string, error) {
	var written []string
	for _, slug := range append(slices.Clone(r.Slugs), r.Out...) {
		if slug == National {
			continue
		}
		list, err := s.Cases(ctx, store.Filter{Chamber: &slug})
		if err != nil {
			return written, err
		}
		a := &reports.Albo{Act: p.Act, Chamber: slug, On: p.On, SoleTraderCode: soleTraderCode}
		if c, ok := names.BySlug(slug); ok {
			a.Chamber = c.Name
		}
		proc, _ := p.Procedure(slug)
		file := slug + ".xlsx"
		for i := range list {
			switch out := list[i].Term.Published; {
			case out == p.On:
				a.Act = list[i].Act
				a.Rows = append(a.Rows, lineOfCase(&list[i], proc, p.On))
			case !out.IsZero() && out.In() == p.On.In() && out.Before(p.On):
				file = slug + "-" + p.On.String() + ".xlsx"
			}
		}
		path := filepath.Join(dir, p.Month.String(), "albo", file)
		if _, err := os.Stat(path); len(a.Rows) == 0 || err == nil && slices.Contains(r.Out, slug) {
			continue
		}
		if err := reports.WriteAlbo(path, a); err != nil {
			return written, fmt.Errorf("albo of %s: %w", slug, err)
		}
		written = append(written, path)
		if err := keepHash(ctx, s, path, store.File{Kind: kindAlbo, Month: p.Month, Slug: slug, Name: file}); err != nil {
			return written, err
		}
	}
	return written, nil
}

func keepHash(ctx context.Context, s *store.Store, path string, f store.File) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(data)
	f.SHA256 = hex.EncodeToString(sum[:])
	return s.Update(ctx, func(tx *store.Tx) error { return tx.SaveFile(ctx, f) })
}

const kindAlbo = "albo"

// writeProvisions writes what a chamber proposes for cancellation: the cases that lapsed. Without any an earlier file goes, so that nobody takes it for this
// month's.
func writeProvisions(m *reports.Month, dir string) (path string, err error) {
	path = filepath.Join(dir, m.Month.String(), "provvedimenti", slugOf(m.Chamber)+".xlsx")
	p := &reports.Provisions{Chamber: m.Name, AsOf: m.AsOf, Version: m.Version, Rules: m.Rules}
	for _, row := range m.Rows {
		if row.Kind == reports.RowBreach && row.State == cases.Lapsed {
			p.Rows, p.Decider = append(p.Rows, row), cases.Decider(row.Decider)
		}
	}
	if len(p.Rows) == 0 || m.Draft {
		if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
			return "", err
		}
		return "", nil
	}
	return path, reports.WriteProvisions(path, p)
}

// Lines tell each row, entered or not, as staff read it.
func (r *ReadBackResult) Lines() []string {
	var lines []string
	for _, e := range r.Entered {
		lines = append(lines, reports.EnteredLine(e.Sheet, e.Row, e.Outcome, e.On, e.State))
	}
	for _, c := range r.Conflicts {
		lines = append(lines, c.Why)
	}
	return lines
}

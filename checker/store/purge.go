package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	"pecaudit/checker"
	"pecaudit/checker/cases"
)

// A PurgePolicy says what is old enough to be deleted; a zero day deletes nothing.
type PurgePolicy struct {
	EvidenceBefore checker.Date // observations made, and cases that nobody refers to closed, before this day
	MonthsBefore   checker.Date // workbooks of months that ended before this day
	CasesBefore    checker.Date // published cases closed before this day
}

// A PurgeReport counts what was deleted.
type PurgeReport struct {
	Cases        int   `json:"cases"`
	Events       int   `json:"events"`
	Observations int64 `json:"observations"`
	Messages     int64 `json:"messages"`
	Months       int64 `json:"months"`
}

// Purge deletes what retention allows (CONTRACT section 6), or with dryRun only counts it. What a published case refers to stays as long as the case: the
// observations made, up to its end, of its address and of the address's domain, and its chamber's workbooks of the months in which it stood. A case on which the
// office entered something is kept like a published one, because that holds against the lists. Cases go whole, with their events: of these the chain
// keeps the hashes, so that it can still be verified, and an entry that says which were emptied. Afterwards the file is rewritten, so that nothing of what was
// deleted is left in it; that takes as much room on the disk again.
func (s *Store) Purge(ctx context.Context, p PurgePolicy, dryRun bool) (PurgeReport, error) {
	var report PurgeReport
	err := s.Update(ctx, func(tx *Tx) error {
		var err error
		if report, err = s.purge(ctx, tx, p); err == nil && dryRun {
			err = errDryRun
		}
		return err
	})
	switch {
	case errors.Is(err, errDryRun):
		return report, nil
	case err == nil && report != PurgeReport{}:
		err = s.shrink(ctx)
	}
	if err != nil {
		return PurgeReport{}, fmt.Errorf("store: purge: %w", err)
	}
	return report, nil
}

var errDryRun = errors.New("dry run")

// purge reads the state before the transaction from the store, and writes with the transaction.
func (s *Store) purge(ctx context.Context, tx *Tx, p PurgePolicy) (report PurgeReport, err error) {
	if _, err = tx.exec(ctx, "CREATE TEMPORARY TABLE referred (subject TEXT PRIMARY KEY, until TEXT NOT NULL)"); err != nil {
		return report, err
	}
	var goes []int64
	kept := map[standing]bool{}
	err = s.each(ctx, func(rows *sql.Rows) error {
		c := new(cases.Case)
		err := scanCase(rows, c)
		if err != nil {
			return err
		}
		if p.deletes(c) {
			goes = append(goes, c.Place)
			return nil
		}
		if c.Term.Published.IsZero() {
			return nil
		}
		kept[standing{c.Chamber, c.Found.In(), c.Closed.In()}] = true
		return tx.refer(ctx, c)
	}, "SELECT "+caseColumns+" FROM "+casesSeen+" ORDER BY c.seq")
	if err != nil {
		return report, err
	}
	report.Cases = len(goes)
	if report.Events, err = s.purgeCases(ctx, tx, goes); err != nil {
		return report, err
	}
	if !p.EvidenceBefore.IsZero() {
		report.Observations, err = tx.affect(ctx, `DELETE FROM observations WHERE at < ? AND NOT EXISTS (
			SELECT 1 FROM referred WHERE referred.subject = observations.subject AND referred.until >= substr(observations.at, 1, 10))`, p.EvidenceBefore.String())
		if err != nil {
			return report, err
		}
		report.Messages, err = tx.affect(ctx, "DELETE FROM messages WHERE sha256 NOT IN (SELECT sha256 FROM observations)")
		if err != nil {
			return report, err
		}
	}
	if report.Months, err = tx.purgeMonths(ctx, p.MonthsBefore, kept); err != nil {
		return report, err
	}
	_, err = tx.exec(ctx, "DROP TABLE referred")
	return report, err
}

// deletes reports whether a case may go.
func (p *PurgePolicy) deletes(c *cases.Case) bool {
	limit := p.CasesBefore
	if c.Term.Published.IsZero() && c.Office.Event == "" {
		limit = p.EvidenceBefore
	}
	return !c.Closed.IsZero() && c.Closed.Before(limit)
}

// refer notes what a published case refers to.
func (t *Tx) refer(ctx context.Context, c *cases.Case) error {
	until := c.Closed.String()
	if until == "" {
		until = "~" // after every day
	}
	subjects := []string{c.Address}
	if _, domain, ok := strings.Cut(c.Address, "@"); ok {
		subjects = append(subjects, domain)
	}
	for _, subject := range subjects {
		_, err := t.exec(ctx, "INSERT INTO referred (subject, until) VALUES (?, ?) ON CONFLICT (subject) DO UPDATE SET until = excluded.until WHERE excluded.until > referred.until",
			subject, until)
		if err != nil {
			return err
		}
	}
	return nil
}

// purgeCases deletes cases by their rows, empties their events, and says so in the chain.
func (s *Store) purgeCases(ctx context.Context, tx *Tx, seqs []int64) (events int, err error) {
	var entries []int64
	for part := range slices.Chunk(seqs, batch) {
		in := " IN (" + marks(len(part)) + ")"
		err := s.each(ctx, func(rows *sql.Rows) error {
			var n int64
			err := rows.Scan(&n)
			entries = append(entries, n)
			return err
		}, "SELECT n FROM events WHERE case_seq"+in, anys(part)...)
		if err != nil {
			return 0, err
		}
		if _, err := tx.exec(ctx, "UPDATE events SET body = '', case_seq = NULL WHERE case_seq"+in, anys(part)...); err != nil {
			return 0, err
		}
		if _, err := tx.exec(ctx, "DELETE FROM seen WHERE case_seq"+in, anys(part)...); err != nil {
			return 0, err
		}
		if _, err := tx.exec(ctx, "DELETE FROM cases WHERE seq"+in, anys(part)...); err != nil {
			return 0, err
		}
	}
	c, err := tx.chain(ctx)
	if err != nil {
		return 0, err
	}
	for part := range slices.Chunk(spans(entries), 10_000) {
		l := &link{Event: cases.Event{At: checker.RomeDate(tx.now), By: "pecaudit", Event: eventPurged}, Purged: part}
		row, err := c.next(tx.now, nil, l)
		if err == nil {
			_, err = tx.exec(ctx, "INSERT INTO "+eventColumns+" VALUES (?, ?, ?, ?)", row...)
		}
		if err != nil {
			return 0, err
		}
	}
	return len(entries), nil
}

// spans joins places that follow one another.
func spans(places []int64) []span {
	slices.Sort(places)
	var list []span
	for _, n := range places {
		if k := len(list); k > 0 && list[k-1].Last == n-1 {
			list[k-1].Last = n
		} else {
			list = append(list, span{n, n})
		}
	}
	return list
}

// standing is how long published cases that are kept stood in a chamber; until is zero for those that still do.
type standing struct {
	chamber     string
	from, until checker.Month
}

func (s standing) in(m checker.Month, slug string) bool {
	return s.chamber == slug && s.from.Compare(m) <= 0 && (s.until == checker.Month{} || m.Compare(s.until) <= 0)
}

func (t *Tx) purgeMonths(ctx context.Context, before checker.Date, kept map[standing]bool) (deleted int64, err error) {
	if before.IsZero() {
		return 0, nil
	}
	months, err := t.Months(ctx)
	if err != nil {
		return 0, err
	}
	for _, month := range months {
		if !month.Last().Before(before) {
			break
		}
		slugs, err := t.MonthSlugs(ctx, month)
		if err != nil {
			return 0, err
		}
		for _, slug := range slugs {
			needed := false
			for s := range kept {
				needed = needed || s.in(month, slug)
			}
			if needed {
				continue
			}
			n, err := t.affect(ctx, "DELETE FROM months WHERE month = ? AND slug = ?", month.String(), slug)
			if err != nil {
				return 0, err
			}
			deleted += n
		}
	}
	return deleted, nil
}

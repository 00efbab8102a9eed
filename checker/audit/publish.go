package audit

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"pecaudit/checker"
	"pecaudit/checker/cases"
	"pecaudit/checker/store"
	"pecaudit/reports"
)

// A Publishing says which found cases went out in which list.
type Publishing struct {
	cases.Publication
	Chambers []string // none: every chamber that has cases to publish
	// Procedure returns a chamber's procedure, and whether the configuration names it: a list goes out only under one that it names.
	Procedure func(chamber string) (proc *cases.Procedure, named bool)
	DryRun    bool
	KeptBack  map[string]bool // IDs of cases that a workbook says not to publish
}

// A PublishResult says what a publication did, or would do.
type PublishResult struct {
	Listed  []cases.Case
	Skipped map[string]int // why -> how many cases stay found
	Left    []string       // chambers without a list to publish: why
	Out     []string       // chambers whose list of that day went out already: nothing was changed
	Slugs   []string       // workbooks to be written
	counts  []reports.ChamberCount
}

var errDryRun = errors.New("dry run")

// Refuse says why the list may not go out, whatever the cases. checked is the day of the newest check, configured are the chambers that the configuration
// names a procedure for. What it lets pass, Run refuses no more for a chamber that was checked on that day.
func (p *Publishing) Refuse(checked checker.Date, configured []string) error {
	chambers := p.Chambers
	if len(chambers) == 0 {
		chambers = configured
		if _, named := p.Procedure(""); named || len(configured) == 0 {
			chambers = append([]string{""}, configured...)
		}
	}
	for _, chamber := range chambers {
		proc, named := p.Procedure(chamber)
		if !named {
			return &cases.Refusal{Why: unnamed(chamber)}
		}
		if err := p.Check(proc, checked); err != nil {
			return err
		}
	}
	return nil
}

func unnamed(chamber string) string {
	whose, key := "any chamber", "default: ..."
	if chamber != "" {
		whose, key = "the chamber "+chamber, "chambers: {"+chamber+": ...}"
	}
	return fmt.Sprintf("no procedure is configured for %s: a list is published only under one that the office chose; write procedure: {%s} in the configuration", whose, key)
}

// Run publishes: every chamber's list or, on the first refusal, none.
func (p *Publishing) Run(ctx context.Context, s *store.Store) (*PublishResult, error) {
	r := &PublishResult{Skipped: map[string]int{}}
	err := s.Update(ctx, func(tx *store.Tx) error {
		asOf, err := tx.ChamberAsOf(ctx)
		if err != nil {
			return err
		}
		chambers := p.Chambers
		if len(chambers) == 0 {
			chambers = slices.Sorted(maps.Keys(asOf))
		}
		inRun := p.Publication.Run != "" // which refuses nothing any more: Refuse was asked before it read a list
		for _, chamber := range chambers {
			why, err := p.chamber(ctx, tx, chamber, asOf[chamber], r)
			switch {
			case err != nil:
				return err
			case why != "" && len(p.Chambers) > 0 && !inRun:
				return &cases.Refusal{Why: why}
			case why != "":
				r.Left = append(r.Left, why)
			}
		}
		switch {
		case len(r.Left) == len(chambers) && !inRun:
			return &cases.Refusal{Why: fmt.Sprintf("no chamber has a list of %s to publish: %s", p.Month, cmp.Or(strings.Join(r.Left, "; "), "the store holds no run"))}
		case p.DryRun:
			return errDryRun
		case len(r.Slugs) == 0:
			return nil
		}
		r.Slugs = append(r.Slugs, National)
		return saveNational(ctx, tx, p.Month, r.counts)
	})
	if errors.Is(err, errDryRun) {
		err = nil
	}
	return r, err
}

// chamber publishes one chamber's list. why says that it has none to publish.
func (p *Publishing) chamber(ctx context.Context, tx *store.Tx, chamber string, checked checker.Date, r *PublishResult) (why string, err error) {
	if chamber == "" {
		return Unattributed + ": a list is published by a chamber, and these positions are of none that is known", nil
	}
	m, ok, err := loadMonth(ctx, tx, p.Month, chamber)
	switch {
	case err != nil:
		return "", err
	case !ok:
		return fmt.Sprintf("the chamber %s has no run of %s", chamber, p.Month), nil
	case m.Draft:
		return fmt.Sprintf("the run of %s of the chamber %s is held (%s): look at its workbook (BOZZA), and run it again with --accept before publishing",
			p.Month, chamber, strings.Join(m.Held, " ")), nil
	}
	proc, named := p.Procedure(chamber)
	if !named {
		return unnamed(chamber), nil
	}
	list, err := tx.Cases(ctx, store.Filter{Chamber: &chamber})
	if err != nil {
		return "", err
	}
	// The list of a day is one: the same day again changes nothing, not even for cases that were found since.
	if slices.ContainsFunc(list, func(c cases.Case) bool { return c.Term.Published == p.On }) {
		r.Out = append(r.Out, chamber)
		return "", nil
	}
	if err := p.Check(proc, checked); err != nil {
		return "", err
	}
	var changed []cases.Case
	for i := range list {
		c := &list[i]
		if c.State != cases.Found {
			continue
		}
		why := fmt.Sprintf("found after the run of %s: the list of that month cannot hold them", p.Month)
		if p.KeptBack[c.ID] {
			why = "kept off the list in the workbook (Non pubblicare)"
		} else if !c.Found.After(m.AsOf) {
			if why, err = cases.Publish(c, proc, p.Publication); err != nil {
				return "", err
			}
		}
		if why != "" {
			r.Skipped[why]++
			continue
		}
		changed = append(changed, *c)
	}
	r.Listed = append(r.Listed, changed...)
	if p.DryRun || len(changed) == 0 {
		return "", nil
	}
	if err := tx.SaveCases(ctx, changed); err != nil {
		return "", err
	}
	past := history{tx: tx, before: m.Month}
	if err := past.fill(ctx, &m, proc); err != nil {
		return "", err
	}
	count, err := countOf(ctx, tx, &m)
	if err != nil {
		return "", err
	}
	r.Slugs, r.counts = append(r.Slugs, chamber), append(r.counts, count)
	return "", saveMonth(ctx, tx, &m)
}

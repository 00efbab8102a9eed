package audit

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"pecaudit/checker"
	"pecaudit/checker/cases"
	"pecaudit/checker/store"
)

// A Publishing says which found cases went out in which list.
type Publishing struct {
	cases.Publication
	Chambers []string // none: every chamber that has cases to publish
	// Procedure returns a chamber's procedure, and whether the configuration names it: a list goes out only under one that it names.
	Procedure func(chamber string) (proc *cases.Procedure, named bool)
	DryRun    bool
}

// A PublishResult says what a publication did, or would do.
type PublishResult struct {
	Listed  []cases.Case
	Skipped map[string]int // why -> how many cases stay found
	Slugs   []string       // workbooks to be written
}

var errDryRun = errors.New("dry run")

// Refuse says why the list may not go out, as far as it can be told without the cases. checked is the day of the newest check.
func (p *Publishing) Refuse(checked checker.Date, chambers []string) error {
	if len(chambers) == 0 {
		chambers = []string{""}
	}
	for _, chamber := range chambers {
		proc, named := p.Procedure(chamber)
		if !named && (chamber != "" || len(p.Chambers) > 0) {
			return unnamed(chamber)
		}
		if err := p.Check(proc, checked); err != nil {
			return err
		}
	}
	return nil
}

func unnamed(chamber string) error {
	return &cases.Refusal{Why: fmt.Sprintf("no procedure is configured for the chamber %s: a list is published only under a procedure that the office chose; write procedure: {default: ...} or procedure: {chambers: {%s: ...}} in the configuration ('pecaudit check-config' shows it)",
		slugOf(chamber), slugOf(chamber))}
}

// Run publishes: every chamber's list or, on the first refusal, none.
func (p *Publishing) Run(ctx context.Context, s *store.Store) (*PublishResult, error) {
	r := &PublishResult{Skipped: map[string]int{}}
	err := s.Update(ctx, func(tx *store.Tx) error {
		asOf, err := tx.ChamberAsOf(ctx)
		if err != nil {
			return err
		}
		if len(asOf) == 0 {
			return &cases.Refusal{Why: "the store holds no run yet: 'pecaudit run' makes one"}
		}
		for _, chamber := range slices.Sorted(maps.Keys(asOf)) {
			if len(p.Chambers) > 0 && !slices.Contains(p.Chambers, chamber) || chamber == "" {
				continue
			}
			if err := p.chamber(ctx, tx, chamber, asOf[chamber], r); err != nil {
				return err
			}
		}
		if p.DryRun {
			return errDryRun
		}
		if len(r.Slugs) > 0 {
			r.Slugs = append(r.Slugs, National)
			return saveNational(ctx, tx, p.Month)
		}
		return nil
	})
	if errors.Is(err, errDryRun) {
		err = nil
	}
	return r, err
}

// chamber publishes one chamber's list.
func (p *Publishing) chamber(ctx context.Context, tx *store.Tx, chamber string, checked checker.Date, r *PublishResult) error {
	list, err := tx.Cases(ctx, store.Filter{Chamber: &chamber, Open: true})
	if err != nil {
		return err
	}
	// The list of a day is one: the same day again changes nothing, not even for cases that were found since.
	if slices.ContainsFunc(list, func(c cases.Case) bool { return c.Term.Published == p.On }) {
		r.Skipped[fmt.Sprintf("%s: its list of %s went out already", chamber, p.On)]++
		return nil
	}
	list = slices.DeleteFunc(list, func(c cases.Case) bool { return c.State != cases.Found })
	if len(list) == 0 {
		return nil
	}
	proc, named := p.Procedure(chamber)
	if !named {
		return unnamed(chamber)
	}
	if err := p.Check(proc, checked); err != nil {
		return err
	}
	var changed []cases.Case
	for i := range list {
		c := &list[i]
		why, err := cases.Publish(c, proc, p.Publication)
		if err != nil {
			return err
		}
		if why != "" {
			r.Skipped[why]++
			continue
		}
		changed = append(changed, *c)
	}
	r.Listed = append(r.Listed, changed...)
	if p.DryRun {
		return nil
	}
	if err := tx.SaveCases(ctx, changed); err != nil {
		return err
	}
	m, ok, err := loadMonth(ctx, tx, p.Month, slugOf(chamber))
	if err != nil || !ok {
		return errors.Join(err, missingMonth(p.Month, chamber, ok))
	}
	if err := fillCases(ctx, tx, &m, proc); err != nil {
		return err
	}
	r.Slugs = append(r.Slugs, slugOf(chamber))
	return saveMonth(ctx, tx, &m)
}

func missingMonth(month checker.Month, chamber string, ok bool) error {
	if ok {
		return nil
	}
	return &cases.Refusal{Why: fmt.Sprintf("the chamber %s has no run of %s: run that month first", slugOf(chamber), month)}
}

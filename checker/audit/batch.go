package audit

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/rs/zerolog"

	"pecaudit/checker"
	"pecaudit/checker/cases"
	"pecaudit/checker/store"
	"pecaudit/reports"
)

// A Batch is the monthly run: an audit, the cases that follow from it, and what the month's workbooks will show.
type Batch struct {
	Audit
	Month     checker.Month
	Store     *store.Store
	Chambers  []string                              // only these chambers' cases move and get workbooks; none: all that the lists hold
	Register  *checker.Chambers                     // names of chambers
	Procedure func(chamber string) *cases.Procedure // never nil
	Brake     cases.Brake
	Accept    map[string]bool // rules and slugs whose hold a person lifted
	Version   string
	Config    string // hash
	Log       zerolog.Logger
	Output    *Outputs // nil: none
}

// A BatchResult is what a run did.
type BatchResult struct {
	*Result
	Run     string
	Changed int // cases opened or moved
	Holds   []cases.Hold
	Slugs   []string // workbooks to be written, see WriteBooks
}

// Refuse says, before any list is read, why the run may not be: it would speak for a day before one that the store knows already.
func (b *Batch) Refuse(ctx context.Context) error {
	newest, err := b.Store.ChamberAsOf(ctx)
	if err != nil {
		return err
	}
	for _, chamber := range slices.Sorted(maps.Keys(newest)) {
		if b.wants(chamber) && b.AsOf.Before(newest[chamber]) {
			return &cases.Refusal{Why: fmt.Sprintf("the chamber %s was already checked as of %s: a run as of %s would take its cases back in time; use --as-of %s or later, or --chamber for others",
				slugOf(chamber), newest[chamber], b.AsOf, newest[chamber])}
		}
	}
	return nil
}

func (b *Batch) wants(chamber string) bool {
	return len(b.Chambers) == 0 || slices.Contains(b.Chambers, chamber)
}

// A harvest is what is kept of the judged rows, on the disk where it is much.
type harvest struct {
	sightings spool[cases.Sighting] // by company key
	lines     spool[reports.Row]    // by chamber
	rejected  spool[reports.Rejected]
	holders   map[string][]position    // companies that standing shared cases name, as read today
	against   map[string][]reports.Row // by chamber: failures that move no case because what the office entered holds against them
}

// A position is what is kept of a sighting of a company that a shared case of another one names.
type position struct {
	chamber, address string
	told, gone       bool
}

// Run audits, decides and stores; the workbooks are written from the store afterwards.
func (b *Batch) Run(ctx context.Context) (*BatchResult, error) {
	h := &harvest{holders: map[string][]position{}}
	watched := map[string]struct{}{}
	if err := b.Store.Companies(ctx, func(company string, holder bool) error {
		watched[company] = struct{}{}
		if holder {
			h.holders[company] = nil
		}
		return nil
	}); err != nil {
		return nil, err
	}
	b.Watched = func(company string) bool { _, ok := watched[company]; return ok }

	h.sightings.dir, h.lines.dir, h.rejected.dir = b.Load.TempDir, b.Load.TempDir, b.Load.TempDir
	defer h.close()
	result, err := b.Audit.Run(ctx, b.sink(h))
	b.Watched = nil // the cases and the workbooks need the room
	if err != nil {
		return nil, err // a broken rule too: no case moves on a run that did not do what it should
	}
	defer func() { result.dutyIn = nil }() // and with it the roll
	r := &BatchResult{Result: result, Run: b.runID(result)}
	return r, b.Store.Update(ctx, func(tx *store.Tx) error { return b.keep(ctx, tx, h, r) })
}

func (h *harvest) close() {
	_, _, _ = h.sightings.close(), h.lines.close(), h.rejected.close() // only temporary files: what was read from them stands
}

func (b *Batch) sink(h *harvest) Sink {
	s := Sink{
		Row: func(row *Row) error {
			// A local unit follows its company: it is no sighting of it.
			if (row.Watched || breach(row)) && !row.LocalUnit {
				if err := h.see(b.sighting(row)); err != nil {
					return err
				}
			}
			if b.wants(row.Chamber) {
				for _, line := range Lines(row) {
					if err := h.lines.add(row.Chamber, line); err != nil {
						return err
					}
				}
			}
			if b.Output != nil {
				return b.Output.Row(row)
			}
			return nil
		},
		Rejected: func(chamber string, row *checker.RejectedRow) error {
			if err := h.rejected.add(chamber, RejectedLine(row)); err != nil {
				return err
			}
			if b.Output != nil {
				return b.Output.Rejected(row)
			}
			return nil
		},
	}
	s.EveryRow = b.Output != nil && b.Output.EveryRow()
	return s
}

func (h *harvest) see(s cases.Sighting) error {
	if seen, ok := h.holders[s.Company]; ok {
		h.holders[s.Company] = append(seen, position{chamber: s.Chamber, address: s.Address, told: s.Told, gone: s.Gone})
	}
	return h.sightings.add(s.Company, s)
}

func breach(row *Row) bool {
	return slices.ContainsFunc(row.Findings, func(f checker.Finding) bool {
		return f.Rule.Force == checker.Binding && f.Outcome == checker.Fail
	})
}

// sighting is what the cases are told of a row.
func (b *Batch) sighting(row *Row) cases.Sighting {
	c := row.Company
	s := cases.Sighting{
		Company: strings.Clone(row.Key()), Chamber: c.Chamber, Address: strings.Clone(c.PEC.CaseKey()), Told: c.PEC.State != checker.NotTold,
		InScope: !row.Exclusion.Out, Gone: row.Exclusion.Cancelled, Reference: row.List.Reference, Facts: factsOf(row),
	}
	_, province := b.Register.Province(checker.REASigla(c.REA))
	s.Valid = c.CodiceFiscale.Valid() || checker.ValidPartitaIVA(c.PartitaIVA) || province
	for _, f := range row.Findings {
		if f.Rule.Force == checker.Binding {
			s.Checks = append(s.Checks, cases.Check{
				Rule: f.Rule.ID, Ground: f.Rule.Ground, Outcome: f.Outcome.String(), Reason: f.Reason, Detail: strings.Clone(f.Detail),
				Source: f.Source, On: f.On,
			})
		}
	}
	return s
}

// runID names a run by what went into it: the same lists on the same day are the same run.
func (b *Batch) runID(r *Result) string {
	h := sha256.New()
	fmt.Fprintln(h, b.Month, b.AsOf, b.Version, b.Config)
	for i, l := range r.Lists {
		fmt.Fprintln(h, r.Roles[i], l.SHA256)
	}
	return b.AsOf.String() + "-" + hex.EncodeToString(h.Sum(nil))[:8]
}

// keep decides, applies the brake, and stores the month: all of it or nothing.
func (b *Batch) keep(ctx context.Context, tx *store.Tx, h *harvest, r *BatchResult) error {
	in := cases.DecideInput{
		AsOf: b.AsOf, Run: r.Run, PendingRead: len(b.Pending) > 0, HeldChambers: b.others(r), Chambers: map[string]bool{},
	}
	suspect := map[string]bool{} // chambers whose list the brake does not trust
	in.HolderNow = func(company, address string) cases.HolderNow { return h.holderNow(company, address, suspect) }
	for chamber := range r.Result.Chambers {
		in.Chambers[chamber] = true
	}
	for _, p := range r.Filings {
		in.Pending = append(in.Pending, cases.Pending{Company: p.Key(), Protocol: p.Protocol, On: p.On})
	}
	slices.SortStableFunc(in.Pending, func(x, y cases.Pending) int { return strings.Compare(x.Company, y.Company) })

	before, err := b.counted(ctx, tx)
	if err != nil {
		return err
	}
	now := b.monthCount(before, r)
	var counted cases.MonthCount
	err = tx.Try(ctx, func() (bool, error) {
		if counted, err = b.decide(ctx, tx, h, in, now, r); err != nil {
			return false, err
		}
		r.Holds, err = b.brake(ctx, tx, before, counted)
		return len(r.Holds) == 0, err
	})
	if err != nil {
		return err
	}
	if len(r.Holds) > 0 {
		in.HeldRules = map[checker.RuleID]bool{}
		for _, hold := range r.Holds {
			if hold.Rule != "" {
				in.HeldRules[hold.Rule] = true
			} else {
				in.HeldChambers[hold.Chamber], suspect[hold.Chamber] = true, true
				delete(now.Positions, hold.Chamber) // a list that shrank is no measure for the next month
			}
		}
		if counted, err = b.decide(ctx, tx, h, in, now, r); err != nil {
			return err
		}
	}
	if err := tx.SaveCounts(ctx, counted); err != nil {
		return err
	}
	if err := tx.SaveRun(ctx, store.Run{ID: r.Run, Month: b.Month, AsOf: b.AsOf, Version: b.Version, Config: b.Config, Held: len(r.Holds) > 0, Accepted: slices.Sorted(maps.Keys(b.Accept))}); err != nil {
		return err
	}
	return b.saveMonths(ctx, tx, h, r)
}

// others are the chambers whose cases do not move because the run was asked for others only.
func (b *Batch) others(r *BatchResult) map[string]bool {
	held := map[string]bool{}
	for chamber := range r.Result.Chambers {
		if !b.wants(chamber) {
			held[chamber] = true
		}
	}
	return held
}

// sightingsAtOnce is about how many sightings are decided at once.
const sightingsAtOnce = 8000

// decide goes through the companies that were seen, in order, and stores what changes. Of the others the run knows nothing, so nothing of theirs changes. It
// returns the month's counts with what it opened.
func (b *Batch) decide(ctx context.Context, tx *store.Tx, h *harvest, in cases.DecideInput, counted cases.MonthCount, r *BatchResult) (cases.MonthCount, error) {
	r.Changed, h.against = 0, map[string][]reports.Row{}
	seen, err := h.sightings.read()
	if err != nil {
		return counted, err
	}
	err = tx.SaveParts(ctx, func(yield func(store.Part, error) bool) {
		for {
			companies, today, err := r.takeCompanies(seen)
			if err == nil && len(companies) == 0 {
				return
			}
			decide := func(newest []cases.Case) ([]cases.Case, error) {
				changed, err := cases.Decide(newest, today, in)
				if err != nil {
					return nil, err
				}
				counted = counted.With(changed)
				for i := range changed {
					if len(changed[i].Events) > 0 {
						r.Changed++
					}
				}
				b.putAgainst(h, newest, changed, today, in)
				return changed, nil
			}
			if !yield(store.Part{Companies: companies, Decide: decide}, err) || err != nil {
				return
			}
		}
	})
	return counted, err
}

// takeCompanies takes the sightings of the next companies.
func (r *Result) takeCompanies(seen *cursor[cases.Sighting]) (companies []string, today []cases.Sighting, err error) {
	for len(today) < sightingsAtOnce {
		company, ok := seen.key()
		if !ok {
			break
		}
		group, err := seen.take(company)
		if err != nil {
			return nil, nil, err
		}
		companies, today = append(companies, company), append(today, r.complete(company, group)...)
	}
	return companies, today, nil
}

// complete adds the chambers in which a company was read too, on rows that pass and that nobody watched yet: a case that begins today must know them, or it
// would be taken for moved there when its own chamber's list is late.
func (r *Result) complete(company string, seen []cases.Sighting) []cases.Sighting {
	for _, chamber := range r.dutyIn(company) {
		if !slices.ContainsFunc(seen, func(s cases.Sighting) bool { return s.Chamber == chamber }) {
			seen = append(seen, cases.Sighting{Company: company, Chamber: chamber, InScope: true})
		}
	}
	return seen
}

// putAgainst puts on the sheet of what is to be verified the failures that move no case because what the office entered holds against them.
func (b *Batch) putAgainst(h *harvest, newest, changed []cases.Case, today []cases.Sighting, in cases.DecideInput) {
	now := map[string][]cases.Case{} // companies on whose cases the office entered something
	for i := range newest {
		if c := &newest[i]; c.Office.Event != "" {
			now[c.Company] = nil
		}
	}
	for _, list := range [][]cases.Case{changed, newest} { // what changed instead of what it was
		for i := range list {
			c := &list[i]
			if mine, ok := now[c.Company]; ok && !slices.ContainsFunc(mine, func(o cases.Case) bool { return o.Key == c.Key }) {
				now[c.Company] = append(mine, *c)
			}
		}
	}
	for i := range today {
		s := &today[i]
		mine := now[s.Company]
		if len(mine) == 0 || !b.wants(s.Chamber) {
			continue
		}
		for _, held := range cases.HeldAgainst(mine, *s, in) {
			line := lineOfFacts(reports.RowVerify, s.Facts)
			line.Ground, line.Detail, line.Rules = held.Check.Ground, held.Why, []checker.RuleID{held.Check.Rule}
			line.Checked, line.Answered, line.Case, line.State = b.AsOf, true, held.Case, held.State
			h.against[s.Chamber] = append(h.against[s.Chamber], line)
		}
	}
}

// holderNow tells what became today of a company that a shared case names. What a suspect list says of it cures nobody else.
func (h *harvest) holderNow(company, address string, suspect map[string]bool) cases.HolderNow {
	var now cases.HolderNow
	for _, p := range h.holders[company] {
		if suspect[p.chamber] {
			continue
		}
		now.Read = true
		now.Declares = now.Declares || p.told && !p.gone && p.address == address
		now.Untold = now.Untold || !p.told && !p.gone
	}
	return now
}

// counted is what earlier runs of the month let through.
func (b *Batch) counted(ctx context.Context, tx *store.Tx) (cases.MonthCount, error) {
	this, err := tx.Counts(ctx, b.Month.Add(1), 1)
	if err != nil || len(this) == 0 || this[0].Month != b.Month {
		return cases.MonthCount{Month: b.Month}, err
	}
	return this[0], nil
}

// monthCount is what the month counts before its cases are decided: what earlier runs of it opened, and the positions of chambers whose lists came with
// them or come now.
func (b *Batch) monthCount(before cases.MonthCount, r *BatchResult) cases.MonthCount {
	now := cases.MonthCount{Month: b.Month, NewFailures: before.NewFailures, Positions: map[string]int{}}
	maps.Copy(now.Positions, before.Positions)
	for chamber, s := range r.Result.Chambers {
		if b.wants(chamber) {
			now.Positions[chamber] = s.Rows - s.Rejected
		}
	}
	return now
}

// brake tells what this month's figures hold. What an earlier run of the month let through, or a person, is not held again: only more failures, or a shorter
// list, are.
func (b *Batch) brake(ctx context.Context, tx *store.Tx, before, now cases.MonthCount) ([]cases.Hold, error) {
	history, err := tx.Counts(ctx, b.Month, 12)
	if err != nil {
		return nil, err
	}
	accepted := map[string]bool{}
	maps.Copy(accepted, b.Accept)
	for rule, n := range before.NewFailures {
		accepted[string(rule)] = accepted[string(rule)] || now.NewFailures[rule] <= n
	}
	for chamber, n := range before.Positions {
		accepted[chamber] = accepted[chamber] || now.Positions[chamber] >= n
	}
	return b.Brake.Check(history, now, accepted), nil
}

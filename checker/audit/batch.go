package audit

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"path/filepath"
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

// Unattributed and National are the slugs of workbooks that belong to no chamber.
const (
	Unattributed = "da-attribuire"
	National     = "nazionale"
)

func slugOf(chamber string) string { return cmp.Or(chamber, Unattributed) }

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

// harvest is what is kept of the judged rows.
type harvest struct {
	sightings map[string][]cases.Sighting // by company key
	lines     map[string][]reports.Row    // by chamber
	rejected  map[string][]reports.Rejected
}

// Run audits, decides and stores; the workbooks are written from the store afterwards.
func (b *Batch) Run(ctx context.Context) (*BatchResult, error) {
	watched := map[string]struct{}{}
	if err := b.Store.Companies(ctx, func(company string) error {
		watched[company] = struct{}{}
		return nil
	}); err != nil {
		return nil, err
	}
	b.Watched = func(company string) bool { _, ok := watched[company]; return ok }

	h := &harvest{sightings: map[string][]cases.Sighting{}, lines: map[string][]reports.Row{}, rejected: map[string][]reports.Rejected{}}
	result, err := b.Audit.Run(ctx, b.sink(h))
	if err != nil {
		return nil, err // a broken rule too: no case moves on a run that did not do what it should
	}
	r := &BatchResult{Result: result, Run: b.runID(result)}
	return r, b.Store.Update(ctx, func(tx *store.Tx) error { return b.keep(ctx, tx, h, r) })
}

func (b *Batch) sink(h *harvest) Sink {
	s := Sink{
		Row: func(row *Row) error {
			// A local unit follows its company: it is no sighting of it.
			if (row.Watched || breach(row)) && !row.LocalUnit {
				h.sightings[row.Key()] = append(h.sightings[row.Key()], b.sighting(row))
			}
			if b.wants(row.Chamber) {
				h.lines[row.Chamber] = append(h.lines[row.Chamber], Lines(row)...)
			}
			if b.Output != nil {
				return b.Output.Row(row)
			}
			return nil
		},
		Rejected: func(chamber string, row *checker.RejectedRow) error {
			h.rejected[chamber] = append(h.rejected[chamber], RejectedLine(row))
			if b.Output != nil {
				return b.Output.Rejected(row)
			}
			return nil
		},
	}
	s.EveryRow = b.Output != nil && b.Output.EveryRow()
	return s
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
		AsOf: b.AsOf, Run: r.Run, PendingRead: len(b.Pending) > 0, HeldChambers: b.others(h, r), Chambers: map[string]bool{},
		Others: func(company string) []cases.Sighting { return h.sightings[company] },
	}
	for chamber := range r.Result.Chambers {
		in.Chambers[chamber] = true
	}
	for _, p := range r.Filings {
		in.Pending = append(in.Pending, cases.Pending{Company: p.Key(), Protocol: p.Protocol, On: p.On})
	}
	slices.SortStableFunc(in.Pending, func(x, y cases.Pending) int { return strings.Compare(x.Company, y.Company) })

	now, err := b.monthCount(ctx, tx, r)
	if err != nil {
		return err
	}
	changed, err := b.decide(ctx, tx, h, in)
	if err != nil {
		return err
	}
	counted := now.with(changed)
	if r.Holds, err = b.brake(ctx, tx, counted); err != nil {
		return err
	}
	if len(r.Holds) > 0 {
		in.HeldRules = map[checker.RuleID]bool{}
		for _, hold := range r.Holds {
			if hold.Rule != "" {
				in.HeldRules[hold.Rule] = true
			} else {
				in.HeldChambers[hold.Chamber] = true
				delete(now.Positions, hold.Chamber) // a list that shrank is no measure for the next month
			}
		}
		if changed, err = b.decide(ctx, tx, h, in); err != nil {
			return err
		}
		counted = now.with(changed)
	}
	r.Changed = len(changed)
	if err := tx.SaveCases(ctx, changed); err != nil {
		return err
	}
	if err := tx.SaveCounts(ctx, counted); err != nil {
		return err
	}
	if err := b.against(ctx, tx, h); err != nil {
		return err
	}
	if err := tx.SaveRun(ctx, store.Run{ID: r.Run, Month: b.Month, AsOf: b.AsOf, Version: b.Version, Config: b.Config, Held: len(r.Holds) > 0, Accepted: slices.Sorted(maps.Keys(b.Accept))}); err != nil {
		return err
	}
	return b.saveMonths(ctx, tx, h, r)
}

// others are the chambers whose cases do not move because the run was asked for others only.
func (b *Batch) others(h *harvest, r *BatchResult) map[string]bool {
	held := map[string]bool{}
	for chamber := range r.Result.Chambers {
		if !b.wants(chamber) {
			held[chamber] = true
		}
	}
	for _, sightings := range h.sightings {
		for _, s := range sightings {
			if !b.wants(s.Chamber) {
				held[s.Chamber] = true
			}
		}
	}
	return held
}

// companiesAtOnce bounds what is asked of the store at once.
const companiesAtOnce = 2000

// decide goes through the companies that were seen, in order. Of the others the run knows nothing, so nothing of theirs changes.
func (b *Batch) decide(ctx context.Context, tx *store.Tx, h *harvest, in cases.DecideInput) ([]cases.Case, error) {
	var changed []cases.Case
	for companies := range slices.Chunk(slices.Sorted(maps.Keys(h.sightings)), companiesAtOnce) {
		newest, err := tx.CasesOf(ctx, companies)
		if err != nil {
			return nil, err
		}
		var today []cases.Sighting
		for _, company := range companies {
			today = append(today, h.sightings[company]...)
		}
		part, err := cases.Decide(newest, today, in)
		if err != nil {
			return nil, err
		}
		changed = append(changed, part...)
	}
	return changed, nil
}

// against puts on the sheet of what is to be verified the failures that move no case because what the office entered holds against them.
func (b *Batch) against(ctx context.Context, tx *store.Tx, h *harvest) error {
	for companies := range slices.Chunk(slices.Sorted(maps.Keys(h.sightings)), companiesAtOnce) {
		newest, err := tx.CasesOf(ctx, companies)
		if err != nil {
			return err
		}
		for _, company := range companies {
			mine := slices.DeleteFunc(slices.Clone(newest), func(c cases.Case) bool { return c.Company != company })
			for _, s := range h.sightings[company] {
				if !b.wants(s.Chamber) {
					continue
				}
				for _, check := range cases.HeldAgainst(mine, &s, b.AsOf) {
					line := lineOfFacts(reports.RowVerify, s.Facts)
					line.Ground, line.Detail, line.Rules = check.Ground, check.Detail, []checker.RuleID{check.Rule}
					line.Checked, line.Answered = b.AsOf, true
					h.lines[s.Chamber] = append(h.lines[s.Chamber], line)
				}
			}
		}
	}
	return nil
}

// monthCount is what the month counts before this run: what earlier runs of it opened, and the positions of chambers whose lists came
// with them.
func (b *Batch) monthCount(ctx context.Context, tx *store.Tx, r *BatchResult) (monthCount, error) {
	now := monthCount{cases.MonthCount{Month: b.Month, NewFailures: map[checker.RuleID]int{}, Positions: map[string]int{}}}
	this, err := tx.Counts(ctx, b.Month.Add(1), 1)
	if err != nil {
		return now, err
	}
	if len(this) == 1 && this[0].Month == b.Month {
		maps.Copy(now.NewFailures, this[0].NewFailures)
		maps.Copy(now.Positions, this[0].Positions)
	}
	for chamber, s := range r.Result.Chambers {
		if b.wants(chamber) {
			now.Positions[chamber] = s.Rows - s.Rejected
		}
	}
	return now, nil
}

// monthCount is what a month counts, before the cases of a run.
type monthCount struct{ cases.MonthCount }

// with adds the cases that the run opens.
func (m monthCount) with(changed []cases.Case) cases.MonthCount {
	sum := m.MonthCount
	sum.NewFailures = maps.Clone(m.NewFailures)
	for i := range changed {
		for _, e := range changed[i].Events {
			if e.Event == cases.EventFound {
				for _, rule := range changed[i].Rules {
					sum.NewFailures[rule]++
				}
			}
		}
	}
	return sum
}

func (b *Batch) brake(ctx context.Context, tx *store.Tx, now cases.MonthCount) ([]cases.Hold, error) {
	history, err := tx.Counts(ctx, b.Month, 12)
	if err != nil {
		return nil, err
	}
	return b.Brake.Check(history, now, b.Accept), nil
}

// saveMonths stores, for each chamber in the lists, what its workbook shows, and the whole country's.
func (b *Batch) saveMonths(ctx context.Context, tx *store.Tx, h *harvest, r *BatchResult) error {
	for _, chamber := range slices.Sorted(maps.Keys(r.Result.Chambers)) {
		if !b.wants(chamber) {
			continue
		}
		m := &reports.Month{
			Kind: reports.ChamberBook, Month: b.Month, AsOf: b.AsOf, Chamber: chamber, Name: b.name(chamber),
			Procedure: note(b.Procedure(chamber), b.AsOf), Summary: *r.Result.Chambers[chamber],
			Rows: h.lines[chamber], Rejected: h.rejected[chamber], Sources: b.sourcesOf(r, chamber), Version: b.Version, Config: b.Config,
		}
		m.Rules = AppliedRules(&m.Summary)
		for _, hold := range r.Holds {
			if hold.Rule != "" || hold.Chamber == chamber {
				m.Draft = true
				m.Held = append(m.Held, hold.Why)
			}
		}
		m.Summary.Seconds = 0
		if err := b.fill(ctx, tx, m); err != nil {
			return err
		}
		if err := saveMonth(ctx, tx, m); err != nil {
			return err
		}
		if err := tx.SaveChamberAsOf(ctx, chamber, b.AsOf); err != nil {
			return err
		}
		r.Slugs = append(r.Slugs, slugOf(chamber))
	}
	r.Slugs = append(r.Slugs, National)
	return saveNational(ctx, tx, b.Month)
}

func (b *Batch) name(chamber string) string {
	if c, ok := b.Register.BySlug(chamber); ok {
		return c.Name
	}
	return ""
}

// sourcesOf leaves out lists of positions that hold none of the chamber's.
func (b *Batch) sourcesOf(r *BatchResult, chamber string) []reports.Source {
	var sources []reports.Source
	for i, s := range r.Sources() {
		if s.Role != "companies" || r.Result.listHolds(i, chamber) {
			sources = append(sources, s)
		}
	}
	return sources
}

func note(p *cases.Procedure, asOf checker.Date) reports.ProcedureNote {
	n := reports.ProcedureNote{ID: p.ID, Title: p.Title, Warning: p.WarningOn(asOf)}
	for _, c := range p.Cites {
		n.Sources = append(n.Sources, strings.TrimSpace(c.Text+" "+c.URL))
	}
	return n
}

func (b *Batch) fill(ctx context.Context, tx *store.Tx, m *reports.Month) error {
	return fillCases(ctx, tx, m, b.Procedure(m.Chamber))
}

// fillCases puts the chamber's cases, as they stand in the store, into the month, in place of those that it had, and counts the trend anew.
func fillCases(ctx context.Context, tx *store.Tx, m *reports.Month, p *cases.Procedure) error {
	before, hasBefore, err := previousMonth(ctx, tx, m.Month, slugOf(m.Chamber))
	if err != nil {
		return err
	}
	since := m.Month.First()
	if hasBefore && before.AsOf.Before(since) {
		since = before.AsOf // what was closed after the last workbook was written has not been shown yet
	}
	list, err := tx.Cases(ctx, store.Filter{Chamber: &m.Chamber})
	if err != nil {
		return err
	}
	m.Rows = slices.DeleteFunc(m.Rows, func(r reports.Row) bool { return r.Kind == reports.RowBreach })
	trend := reports.TrendMonth{Month: m.Month, Rows: m.Summary.Rows, Grounds: map[checker.Ground]int{}}
	for i := range list {
		c := &list[i]
		if c.Open() {
			trend.Grounds[c.Ground]++
		} else if c.Closed.Before(since) || hasBefore && c.Closed == since && since.Before(m.Month.First()) {
			continue
		}
		m.Rows = append(m.Rows, lineOfCase(c, p, m.AsOf))
	}
	reports.Sort(m.Rows)
	m.Trend = append(before.Trend, trend)
	m.Trend = m.Trend[max(0, len(m.Trend)-12):]
	return nil
}

func lineOfCase(c *cases.Case, p *cases.Procedure, asOf checker.Date) reports.Row {
	line := lineOfFacts(reports.RowBreach, c.Facts)
	line.Ground, line.State, line.Decider = c.Ground, c.State, string(p.Decider)
	line.Found, line.Checked, line.Term, line.Closed = c.Found, c.Checked, c.Term, c.Closed
	line.DaysLeft, line.Overdue = c.DaysLeft(asOf), c.Overdue(asOf)
	line.Late = c.State == cases.Cured && c.Closed.After(c.Term.Safe)
	line.Office, line.Protocol, line.OfficeOn, line.Note = reports.OutcomeLabel(c.Office.Event, c.Office.Outcome), c.Office.Protocol, c.Office.On, c.Office.Note
	line.Rules, line.Case = c.Rules, c.ID
	switch c.State {
	case cases.Lapsed, cases.Referred, cases.Decided, cases.Executed:
		line.Sanction = cases.SanctionFor(c.Facts.Class, asOf).Text
	}
	if c.Family != cases.FamilyShared {
		line.Others = nil
	}
	return line
}

// previousMonth is the newest earlier month of the same workbook; its zero value if there is none.
func previousMonth(ctx context.Context, tx *store.Tx, before checker.Month, slug string) (reports.Month, bool, error) {
	months, err := tx.Months(ctx)
	if err != nil {
		return reports.Month{}, false, err
	}
	for _, m := range slices.Backward(months) {
		if m.Compare(before) >= 0 {
			continue
		}
		if found, ok, err := loadMonth(ctx, tx, m, slug); err != nil || ok {
			return found, ok, err
		}
	}
	return reports.Month{}, false, nil
}

type monthReader interface {
	Month(ctx context.Context, month checker.Month, slug string) ([]byte, bool, error)
}

func loadMonth(ctx context.Context, from monthReader, month checker.Month, slug string) (reports.Month, bool, error) {
	var m reports.Month
	body, ok, err := from.Month(ctx, month, slug)
	if err != nil || !ok {
		return m, false, err
	}
	if err := json.Unmarshal(body, &m); err != nil {
		return m, false, fmt.Errorf("month %s of %s in the store: %w", month, slug, err)
	}
	return m, true, nil
}

func saveMonth(ctx context.Context, tx *store.Tx, m *reports.Month) error {
	body, err := json.Marshal(m)
	if err != nil {
		return err
	}
	slug := slugOf(m.Chamber)
	if m.Kind == reports.NationalBook {
		slug = National
	}
	return tx.SaveMonth(ctx, m.Month, slug, body)
}

// saveNational sums up what the store holds of the month: a row per chamber.
func saveNational(ctx context.Context, tx *store.Tx, month checker.Month) error {
	slugs, err := tx.MonthSlugs(ctx, month)
	if err != nil {
		return err
	}
	n := &reports.Month{Kind: reports.NationalBook, Month: month}
	for _, slug := range slugs {
		if slug == National {
			continue
		}
		m, _, err := loadMonth(ctx, tx, month, slug)
		if err != nil {
			return err
		}
		addChamber(n, &m)
	}
	return saveMonth(ctx, tx, n)
}

// addChamber adds a chamber's month to the country's.
func addChamber(n, m *reports.Month) {
	if len(n.Chambers) == 0 {
		n.Summary = newSummary(m.AsOf, m.Summary.Coverage)
		n.Procedure = m.Procedure
	}
	if m.AsOf.After(n.AsOf) {
		n.AsOf, n.Summary.AsOf, n.Version, n.Config = m.AsOf, m.AsOf, m.Version, m.Config
	}
	n.Draft = n.Draft || m.Draft
	for _, why := range m.Held {
		if !slices.Contains(n.Held, why) {
			n.Held = append(n.Held, why)
		}
	}
	addSummary(&n.Summary, &m.Summary)
	count := reports.ChamberCount{
		Slug: slugOf(m.Chamber), Name: m.Name, Summary: m.Summary, States: map[cases.State]int{}, Grounds: map[checker.Ground]int{},
	}
	for i := range m.Rows {
		if row := &m.Rows[i]; row.Kind == reports.RowBreach {
			count.States[row.State]++
			count.Grounds[row.Ground]++
		}
	}
	n.Chambers = append(n.Chambers, count)
	for _, t := range m.Trend {
		i, found := slices.BinarySearchFunc(n.Trend, t, func(a, b reports.TrendMonth) int { return a.Month.Compare(b.Month) })
		if !found {
			n.Trend = slices.Insert(n.Trend, i, reports.TrendMonth{Month: t.Month, Grounds: map[checker.Ground]int{}})
		}
		n.Trend[i].Rows += t.Rows
		for ground, c := range t.Grounds {
			n.Trend[i].Grounds[ground] += c
		}
	}
	for _, s := range m.Sources {
		if !slices.ContainsFunc(n.Sources, func(o reports.Source) bool { return o.Role == s.Role && o.SHA256 == s.SHA256 && o.File == s.File }) {
			n.Sources = append(n.Sources, s)
		}
	}
	n.Rules = AppliedRules(&n.Summary)
}

func addSummary(to, from *checker.Summary) {
	to.Rows += from.Rows
	to.Companies += from.Companies
	to.Compliant += from.Compliant
	to.NonCompliant += from.NonCompliant
	to.Undetermined += from.Undetermined
	to.OutOfScope += from.OutOfScope
	to.Rejected += from.Rejected
	for id, c := range from.ByRule {
		sum := to.ByRule[id]
		to.ByRule[id] = checker.RuleCount{Fail: sum.Fail + c.Fail, Unknown: sum.Unknown + c.Unknown}
	}
	for id, c := range from.NotRunRows {
		to.NotRunRows[id] += c
	}
	for _, list := range []struct {
		to   *[]string
		from []string
	}{{&to.Assumed, from.Assumed}, {&to.Files, from.Files}} {
		for _, s := range list.from {
			if !slices.Contains(*list.to, s) {
				*list.to = append(*list.to, s)
			}
		}
	}
	// A rule that took part nowhere in one chamber may have elsewhere.
	if to.Rows == from.Rows {
		to.NotRun = slices.Clone(from.NotRun)
		return
	}
	to.NotRun = slices.DeleteFunc(to.NotRun, func(id checker.RuleID) bool { return !slices.Contains(from.NotRun, id) })
}

// WriteBooks writes the workbooks of a month from the store: all of them, or those named.
func WriteBooks(ctx context.Context, s *store.Store, month checker.Month, dir string, slugs []string) ([]string, error) {
	known, err := s.MonthSlugs(ctx, month)
	if err != nil {
		return nil, err
	}
	if len(known) == 0 {
		return nil, &cases.Refusal{Why: fmt.Sprintf("the store holds no run of %s: 'pecaudit run --month %s' makes one", month, month)}
	}
	var written []string
	for _, slug := range known {
		if len(slugs) > 0 && !slices.Contains(slugs, slug) {
			continue
		}
		m, _, err := loadMonth(ctx, s, month, slug)
		if err != nil {
			return written, err
		}
		path := filepath.Join(dir, month.String(), slug+".xlsx")
		if err := reports.Write(path, &m); err != nil {
			return written, err
		}
		written = append(written, path)
	}
	return written, nil
}

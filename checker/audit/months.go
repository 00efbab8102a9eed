package audit

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"pecaudit/checker"
	"pecaudit/checker/cases"
	"pecaudit/checker/store"
	"pecaudit/reports"
)

// Unattributed and National are the slugs of workbooks that belong to no chamber.
const (
	Unattributed = "da-attribuire"
	National     = "nazionale"
)

func slugOf(chamber string) string { return cmp.Or(chamber, Unattributed) }

// saveMonths stores, for each chamber in the lists, what its workbook shows, and the whole country's.
func (b *Batch) saveMonths(ctx context.Context, tx *store.Tx, h *harvest, r *BatchResult) error {
	for _, chamber := range slices.Sorted(maps.Keys(r.Result.Chambers)) {
		if !b.wants(chamber) {
			continue
		}
		m := &reports.Month{
			Kind: reports.ChamberBook, Month: b.Month, AsOf: b.AsOf, Chamber: chamber, Name: b.name(chamber),
			Procedure: Note(b.Procedure(chamber), b.AsOf), Summary: *r.Result.Chambers[chamber],
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
	if len(r.Slugs) == 0 {
		return nil // the lists hold nothing of these chambers: the month is as it was
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

// Note tells which procedure the dates come from.
func Note(p *cases.Procedure, asOf checker.Date) reports.ProcedureNote {
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
	before, _, err := previousMonth(ctx, tx, m.Month, slugOf(m.Chamber))
	if err != nil {
		return err
	}
	// What the last workbook showed as standing must be seen to end, whatever the day on which it ended.
	stood := map[string]bool{}
	for i := range before.Rows {
		stood[before.Rows[i].Case] = before.Rows[i].Standing()
	}
	list, err := tx.Cases(ctx, store.Filter{Chamber: &m.Chamber})
	if err != nil {
		return err
	}
	m.Rows = slices.DeleteFunc(m.Rows, func(r reports.Row) bool { return r.Kind == reports.RowBreach })
	trend := reports.TrendMonth{Month: m.Month, Rows: m.Summary.Rows, Grounds: map[checker.Ground]int{}}
	for i := range list {
		c := &list[i]
		if c.Found.After(m.AsOf) {
			continue // a later month's, where an earlier one is published late
		}
		if c.Open() {
			trend.Grounds[c.Ground]++
		} else if c.Closed.Before(m.Month.First()) && !stood[c.ID] {
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
	line.Late = c.Late
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
			if row.Standing() {
				count.Grounds[row.Ground]++
			}
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

// Books says where workbooks go.
type Books struct {
	Dir     string
	Slugs   []string      // only these; none: all of the month
	Against checker.Month // compare with this month; zero: with none
}

// Write writes the workbooks of a month from the store, and beside them what is proposed for cancellation.
func (b Books) Write(ctx context.Context, s *store.Store, month checker.Month) ([]string, error) {
	known, err := s.MonthSlugs(ctx, month)
	if err != nil {
		return nil, err
	}
	if len(known) == 0 {
		return nil, &cases.Refusal{Why: fmt.Sprintf("the store holds no run of %s: 'pecaudit run --month %s' makes one", month, month)}
	}
	var written []string
	changes := map[string]map[reports.Change]int{} // by slug
	if i := slices.Index(known, National); i >= 0 {
		known = append(slices.Delete(known, i, i+1), National)
	}
	for _, slug := range known {
		if len(b.Slugs) > 0 && !slices.Contains(b.Slugs, slug) {
			continue
		}
		m, _, err := loadMonth(ctx, s, month, slug)
		if err != nil {
			return written, err
		}
		if b.Against != (checker.Month{}) {
			then, ok, err := loadMonth(ctx, s, b.Against, slug)
			if err != nil {
				return written, err
			}
			if ok {
				m.Against = &then
				changes[slug] = reports.CountChanges(reports.Compare(m.Rows, then.Rows))
			}
			for i := range m.Chambers { // of the national workbook, which comes last
				m.Chambers[i].Changes = changes[m.Chambers[i].Slug]
			}
		}
		path := filepath.Join(b.Dir, month.String(), slug+".xlsx")
		if err := reports.Write(path, &m); err != nil {
			return written, err
		}
		written = append(written, path)
		if m.Kind != reports.ChamberBook {
			continue
		}
		if path, err = writeProvisions(&m, b.Dir); err != nil {
			return written, err
		}
		if path != "" {
			written = append(written, path)
		}
	}
	return written, nil
}

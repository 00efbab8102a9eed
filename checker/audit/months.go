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

	"golang.org/x/sync/errgroup"

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
	past := history{tx: tx, before: b.Month}
	var counts []reports.ChamberCount
	lines, err := h.lines.read()
	if err != nil {
		return err
	}
	rejected, err := h.rejected.read()
	if err != nil {
		return err
	}
	p := packer{tx: tx}
	defer p.wait()
	for _, chamber := range slices.Sorted(maps.Keys(r.Result.Chambers)) {
		if !b.wants(chamber) {
			continue
		}
		m := b.newMonth(r, chamber)
		if m.Rows, err = lines.take(chamber); err != nil {
			return err
		}
		m.Rows = append(m.Rows, h.against[chamber]...)
		if m.Rejected, err = rejected.take(chamber); err != nil {
			return err
		}
		if err := past.fill(ctx, m, b.Procedure(chamber)); err != nil {
			return err
		}
		count, err := countOf(ctx, tx, m)
		if err != nil {
			return err
		}
		counts = append(counts, count)
		if err := p.keep(ctx, m); err != nil {
			return err
		}
		if err := tx.SaveChamberAsOf(ctx, chamber, b.AsOf); err != nil {
			return err
		}
		r.Slugs = append(r.Slugs, slugOf(chamber))
	}
	if err := p.end(ctx); err != nil {
		return err
	}
	if len(r.Slugs) == 0 {
		return nil // the lists hold nothing of these chambers: the month is as it was
	}
	r.Slugs = append(r.Slugs, National)
	return saveNational(ctx, tx, b.Month, counts)
}

// newMonth returns what the run says of a chamber as a whole.
func (b *Batch) newMonth(r *BatchResult, chamber string) *reports.Month {
	m := &reports.Month{
		Kind: reports.ChamberBook, Month: b.Month, AsOf: b.AsOf, Chamber: chamber, Name: b.name(chamber),
		Procedure: Note(b.Procedure(chamber), b.AsOf), Summary: *r.Result.Chambers[chamber],
		Sources: b.sourcesOf(r, chamber), Version: b.Version, Config: b.Config,
	}
	m.Summary.Seconds = 0
	m.Rules = AppliedRules(&m.Summary)
	for _, hold := range r.Holds {
		if hold.Rule != "" || hold.Chamber == chamber {
			m.Draft = true
			m.Held = append(m.Held, hold.Why)
		}
	}
	return m
}

// A packer stores months: each is packed while the next one is put together.
type packer struct {
	tx     *store.Tx
	month  *reports.Month // the one being packed; nil: none
	done   chan struct{}
	packed store.Packed
	err    error
}

// keep stores the month before this one. Nobody may change this one any more.
func (p *packer) keep(ctx context.Context, m *reports.Month) error {
	if err := p.end(ctx); err != nil {
		return err
	}
	p.month, p.done = m, make(chan struct{})
	go func() {
		defer close(p.done)
		p.packed, p.err = pack(m)
	}()
	return nil
}

// end stores the last month.
func (p *packer) end(ctx context.Context) error {
	m := p.wait()
	if m == nil || p.err != nil {
		return p.err
	}
	return p.tx.SaveMonth(ctx, m.Month, slugOfMonth(m), p.packed)
}

func (p *packer) wait() *reports.Month {
	m := p.month
	if m != nil {
		<-p.done
		p.month = nil
	}
	return m
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

// A history is what earlier months say, as their national workbooks keep it. It reads each of these once, the newest first, and only as many as are needed.
type history struct {
	tx     *store.Tx
	before checker.Month
	months []checker.Month // not read yet, oldest first
	read   []reports.Month // newest first
	begun  bool
}

// last returns what the newest earlier workbook of a chamber came to, and its month; ok is false if there is none.
func (h *history) last(ctx context.Context, slug string) (c reports.ChamberCount, month checker.Month, ok bool, err error) {
	if !h.begun {
		if h.months, err = h.tx.Months(ctx); err != nil {
			return c, month, false, err
		}
		h.months = slices.DeleteFunc(h.months, func(m checker.Month) bool { return m.Compare(h.before) >= 0 })
		h.begun = true
	}
	for i := 0; ; i++ {
		if i == len(h.read) {
			if len(h.months) == 0 {
				return c, month, false, nil
			}
			newest := h.months[len(h.months)-1]
			h.months = h.months[:len(h.months)-1]
			n, _, err := loadMonth(ctx, h.tx, newest, National)
			if err != nil {
				return c, month, false, err
			}
			n.Month = newest
			h.read = append(h.read, n)
		}
		for _, c := range h.read[i].Chambers {
			if c.Slug == slug {
				return c, h.read[i].Month, true, nil
			}
		}
	}
}

// fill puts the chamber's cases, as they stand in the store, into the month, in place of those that it had, and counts the trend anew.
func (h *history) fill(ctx context.Context, m *reports.Month, p *cases.Procedure) error {
	slug := slugOf(m.Chamber)
	before, last, _, err := h.last(ctx, slug)
	if err != nil {
		return err
	}
	m.Rows = slices.DeleteFunc(m.Rows, func(r reports.Row) bool { return r.Kind == reports.RowBreach })
	trend := reports.TrendMonth{Month: m.Month, Rows: m.Summary.Rows, Grounds: map[checker.Ground]int{}}
	show := func(c *cases.Case) {
		if len(m.Rows) == cap(m.Rows) {
			m.Rows = slices.Grow(m.Rows, len(m.Rows)+1) // rows are large: append would copy each five times
		}
		m.Rows = append(m.Rows, lineOfCase(c, p, m.AsOf))
	}
	var ended []cases.Case // before the month
	err = h.tx.EachCase(ctx, store.Filter{Chamber: &m.Chamber}, func(c *cases.Case) error {
		switch {
		case c.Found.After(m.AsOf): // a later month's, where an earlier one is published late
		case c.Open():
			trend.Grounds[c.Ground]++
			show(c)
		case c.Closed.Before(m.Month.First()):
			ended = append(ended, *c)
		default:
			show(c)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if len(ended) > 0 {
		stood, err := h.stood(ctx, last, m.Chamber, before.Head)
		if err != nil {
			return err
		}
		for i := range ended {
			if stood[ended[i].ID] {
				show(&ended[i])
			}
		}
	}
	m.Trend = append(slices.Clip(before.Trend), trend)
	m.Trend = m.Trend[max(0, len(m.Trend)-12):]
	return nil
}

// stood tells which cases the last workbook showed as standing: they must be seen to end, whatever the day on which they ended. If nothing was recorded of the
// chamber's closed cases since that workbook was stored, none ended since, and it is not read.
func (h *history) stood(ctx context.Context, last checker.Month, chamber string, head int64) (map[string]bool, error) {
	moved, err := h.tx.Cases(ctx, store.Filter{Chamber: &chamber, Since: head})
	if err != nil || !slices.ContainsFunc(moved, func(c cases.Case) bool { return !c.Open() }) {
		return nil, err
	}
	before, _, err := loadMonth(ctx, h.tx, last, slugOf(chamber))
	if err != nil {
		return nil, err
	}
	stood := map[string]bool{}
	for i := range before.Rows {
		stood[before.Rows[i].Case] = before.Rows[i].Standing()
	}
	return stood, nil
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
		line.Others, line.MoreOthers = nil, 0
	}
	return line
}

type monthReader interface {
	Month(ctx context.Context, month checker.Month, slug string) (string, bool, error)
}

func loadMonth(ctx context.Context, from monthReader, month checker.Month, slug string) (reports.Month, bool, error) {
	body, ok, err := from.Month(ctx, month, slug)
	if err != nil || !ok {
		return reports.Month{}, false, err
	}
	m, err := reports.ReadMonth(body)
	if err != nil {
		return m, false, fmt.Errorf("month %s of %s in the store: %w", month, slug, err)
	}
	return m, true, nil
}

func saveMonth(ctx context.Context, tx *store.Tx, m *reports.Month) error {
	packed, err := pack(m)
	if err != nil {
		return err
	}
	return tx.SaveMonth(ctx, m.Month, slugOfMonth(m), packed)
}

// pack sorts a month's rows and makes of it what the store keeps.
func pack(m *reports.Month) (store.Packed, error) {
	reports.Sort(m.Rows)
	body, err := json.Marshal(m)
	if err != nil {
		return nil, err
	}
	return store.Pack(body), nil
}

func slugOfMonth(m *reports.Month) string {
	if m.Kind == reports.NationalBook {
		return National
	}
	return slugOf(m.Chamber)
}

// countOf is what the country keeps of a chamber's month.
func countOf(ctx context.Context, tx *store.Tx, m *reports.Month) (reports.ChamberCount, error) {
	c := reports.ChamberCount{
		Slug: slugOf(m.Chamber), Name: m.Name, Summary: m.Summary, States: map[cases.State]int{}, Grounds: map[checker.Ground]int{},
		AsOf: m.AsOf, Draft: m.Draft, Held: m.Held, Procedure: m.Procedure, Sources: m.Sources, Trend: m.Trend, Version: m.Version, Config: m.Config,
	}
	for i := range m.Rows {
		if row := &m.Rows[i]; row.Kind == reports.RowBreach {
			c.States[row.State]++
			if row.Standing() {
				c.Grounds[row.Ground]++
			}
		}
	}
	var err error
	c.Head, _, err = tx.Head(ctx)
	return c, err
}

// saveNational puts what some chambers' months came to in place of what the country's month had of them, and sums up.
func saveNational(ctx context.Context, tx *store.Tx, month checker.Month, counts []reports.ChamberCount) error {
	stored, _, err := loadMonth(ctx, tx, month, National)
	if err != nil {
		return err
	}
	bySlug := map[string]reports.ChamberCount{}
	for _, c := range slices.Concat(stored.Chambers, counts) {
		bySlug[c.Slug] = c
	}
	n := &reports.Month{Kind: reports.NationalBook, Month: month}
	for _, slug := range slices.Sorted(maps.Keys(bySlug)) {
		addChamber(n, bySlug[slug])
	}
	n.Rules = AppliedRules(&n.Summary)
	return saveMonth(ctx, tx, n)
}

// addChamber adds a chamber to the country's month.
func addChamber(n *reports.Month, c reports.ChamberCount) {
	if len(n.Chambers) == 0 {
		n.Summary = newSummary(c.AsOf, c.Summary.Coverage)
		n.Procedure = c.Procedure
	}
	if c.AsOf.After(n.AsOf) {
		n.AsOf, n.Summary.AsOf, n.Version, n.Config = c.AsOf, c.AsOf, c.Version, c.Config
	}
	n.Draft = n.Draft || c.Draft
	for _, why := range c.Held {
		if !slices.Contains(n.Held, why) {
			n.Held = append(n.Held, why)
		}
	}
	addSummary(&n.Summary, &c.Summary)
	n.Chambers = append(n.Chambers, c)
	for _, t := range c.Trend {
		i, found := slices.BinarySearchFunc(n.Trend, t, func(a, b reports.TrendMonth) int { return a.Month.Compare(b.Month) })
		if !found {
			n.Trend = slices.Insert(n.Trend, i, reports.TrendMonth{Month: t.Month, Grounds: map[checker.Ground]int{}})
		}
		n.Trend[i].Rows += t.Rows
		for ground, count := range t.Grounds {
			n.Trend[i].Grounds[ground] += count
		}
	}
	for _, s := range c.Sources {
		if !slices.ContainsFunc(n.Sources, func(o reports.Source) bool { return o.Role == s.Role && o.SHA256 == s.SHA256 && o.File == s.File }) {
			n.Sources = append(n.Sources, s)
		}
	}
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
	// Kept is told where a workbook went that stood in the place of a new one and that somebody had written in; nil: nobody is told.
	Kept func(path string)
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
	chambers := slices.DeleteFunc(known, func(slug string) bool {
		return slug == National || len(b.Slugs) > 0 && !slices.Contains(b.Slugs, slug)
	})
	books := make([]book, len(chambers)+1)
	two, twoCtx := errgroup.WithContext(ctx)
	two.SetLimit(2)
	for i, slug := range chambers {
		two.Go(func() (err error) {
			books[i], err = b.write(twoCtx, s, month, slug, nil)
			return err
		})
	}
	err = two.Wait()
	if err == nil && (len(b.Slugs) == 0 || slices.Contains(b.Slugs, National)) {
		changes := map[string]map[reports.Change]int{}
		for i, slug := range chambers {
			changes[slug] = books[i].changes
		}
		books[len(chambers)], err = b.write(ctx, s, month, National, changes)
	}
	var written []string
	for _, w := range books {
		written = append(written, w.paths...)
		if w.kept != "" && b.Kept != nil {
			b.Kept(w.kept)
		}
	}
	return written, err
}

// A book is a workbook that was written.
type book struct {
	paths   []string // it, and the file of what is proposed for cancellation, if any
	kept    string   // where the one in its place went, if somebody had written in it
	changes map[reports.Change]int
}

// write writes the workbook of a chamber, or of the country with what changed in each chamber.
func (b Books) write(ctx context.Context, s *store.Store, month checker.Month, slug string, changes map[string]map[reports.Change]int) (w book, err error) {
	m, ok, err := loadMonth(ctx, s, month, slug)
	if err != nil || !ok {
		return w, err
	}
	if b.Against != (checker.Month{}) {
		then, ok, err := loadMonth(ctx, s, b.Against, slug)
		if err != nil {
			return w, err
		}
		if ok {
			m.Against = &then
			w.changes = reports.CountChanges(reports.Compare(m.Rows, then.Rows))
		}
		for i := range m.Chambers {
			m.Chambers[i].Changes = changes[m.Chambers[i].Slug]
		}
	}
	path := filepath.Join(b.Dir, month.String(), slug+".xlsx")
	if w.kept, err = reports.SetAside(path); err != nil {
		return w, err
	}
	if err := reports.Write(path, &m); err != nil {
		return w, err
	}
	w.paths = append(w.paths, path)
	if m.Kind != reports.ChamberBook {
		return w, nil
	}
	if path, err = writeProvisions(&m, b.Dir); path != "" && err == nil {
		w.paths = append(w.paths, path)
	}
	return w, err
}

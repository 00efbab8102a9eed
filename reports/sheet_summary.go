package reports

import (
	"cmp"
	"slices"
	"strings"

	"pecaudit/checker"
	"pecaudit/checker/cases"
)

// summarySheet is Riepilogo, always there: what was checked and what not, what came of it, and how to hand the workbook back.
func summarySheet(v *view) sheet { return &summaryPage{v} }

type summaryPage struct{ *view }

func (s *summaryPage) name() string { return SheetSummary }
func (s *summaryPage) size() int    { return 0 }

func (s *summaryPage) write(b *book) error {
	p := newPage(b, SheetSummary, navy, pageScale, pageWidths)
	s.top(p)
	s.checks(p)
	s.verdicts(p)
	s.grounds(p)
	s.spread(p)
	s.states(p)
	s.windows(p)
	s.trend(p)
	s.changes(p)
	s.contents(p, b)
	s.procedure(p)
	s.outcomes(p, b)
	p.skip(1)
	p.wide(Closing, lookClosing)
	return p.end()
}

func (s *summaryPage) top(p *freePage) {
	p.put(1, p.row, titleWorkbook, lookTitle)
	p.next(1.9)
	p.put(1, p.row, s.subtitle(), lookSubtitle)
	p.next(1.3)
	if s.Draft {
		p.skip(1)
		p.wide(DraftMark, lookDraft)
		p.do(func() error { return p.b.SetRowHeight(p.sheet, p.row-1, 2*rowHeight) })
		for _, why := range s.Held {
			p.wide(why, lookWarning)
		}
	}
}

// checks says what was checked and what was not, and why: before any figure.
func (s *summaryPage) checks(p *freePage) {
	p.section(titleChecks, 8)
	var done, partly, not []AppliedRule
	for _, r := range s.Rules {
		switch {
		case slices.Contains(s.Summary.NotRun, r.ID):
			not = append(not, r)
		case s.Summary.NotRunRows[r.ID] > 0:
			partly = append(partly, r)
		default:
			done = append(done, r)
		}
	}
	ids := make([]string, len(done))
	for i, r := range done {
		ids[i] = string(r.ID)
	}
	p.wide(checksDone(ids, len(s.Rules)), lookPlain)
	if s.Summary.Coverage != "" {
		p.wide(coverageNote(s.Summary.Coverage), lookPlain)
	}
	for _, a := range s.Summary.Assumed {
		p.wide(strings.TrimSpace(label(summaryAssumed, a)), lookPlain)
	}
	s.skipped(p, titleNotDone, not, func(r AppliedRule) string { return notDone(r.Needs) })
	s.skipped(p, titlePartly, partly, func(r AppliedRule) string { return partlyDone(s.Summary.NotRunRows[r.ID], r.Needs) })
}

func (s *summaryPage) skipped(p *freePage, title string, rules []AppliedRule, why func(AppliedRule) string) {
	if len(rules) == 0 {
		return
	}
	p.skip(1)
	p.head(1, title)
	for _, r := range rules {
		p.remark(string(r.ID)+" "+shorten(r.Title, 44), why(r))
	}
}

func (s *summaryPage) verdicts(p *freePage) {
	p.section(titleVerdicts, chartLines)
	p.head(1, columnVerdict, columnPositions, columnShare)
	first := p.row
	share := func(n int) percent {
		if s.Summary.Rows == 0 {
			return 0
		}
		return percent(float64(n) / float64(s.Summary.Rows))
	}
	for _, c := range []struct {
		label string
		n     int
	}{
		{verdictLabel(checker.Compliant), s.Summary.Compliant},
		{verdictLabel(checker.NonCompliant), s.Summary.NonCompliant},
		{verdictLabel(checker.Undetermined), s.Summary.Undetermined},
		{verdictLabel(checker.OutOfScope), s.Summary.OutOfScope},
		{SheetRejected, s.Summary.Rejected},
	} {
		p.line(c.label, c.n, share(c.n))
	}
	if s.Summary.Rows > 0 {
		p.ring(first, p.row-1, titleVerdicts, "2E7D4F", red, "C98A00", "9AA5B1", slate)
	}
	p.total(summaryRows, s.Summary.Rows, share(s.Summary.Rows))
	companies := summaryCompanies
	if s.Kind == NationalBook {
		companies = summaryByChamber
	}
	p.line(companies, s.Summary.Companies)
	if s.Summary.Rows > 0 {
		p.below(first)
	}
}

// groundCounts counts what stands, by ground.
func (v *view) groundCounts() map[checker.Ground]int {
	count := map[checker.Ground]int{}
	for _, r := range v.breaches {
		if r.Standing() {
			count[r.Ground]++
		}
	}
	if len(v.breaches) == 0 {
		for _, c := range v.Chambers {
			for g, n := range c.Grounds {
				count[g] += n
			}
		}
	}
	return count
}

// stateCounts counts cases by state, those closed this month too.
func (v *view) stateCounts() map[cases.State]int {
	count := map[cases.State]int{}
	for _, r := range v.breaches {
		if r.State != "" {
			count[r.State]++
		}
	}
	if len(v.breaches) == 0 {
		for _, c := range v.Chambers {
			for s, n := range c.States {
				count[s] += n
			}
		}
	}
	return count
}

func (s *summaryPage) grounds(p *freePage) {
	count := s.groundCounts()
	p.section(titleGrounds, chartLines)
	if len(count) == 0 {
		p.wide(textNoBreach, lookPlain)
		return
	}
	p.head(1, columnGround, columnPositions)
	first, sum := p.row, 0
	for _, g := range sortedGrounds(count) {
		p.line(GroundLabel(g), count[g])
		sum += count[g]
	}
	p.bars(first, p.row-1, titleGrounds, navy)
	p.total(textTotal, sum)
	p.below(first)
}

// maxProvinces: beyond that many the table of provinces would bury the rest.
const maxProvinces = 12

// spread is grounds by province of the REA and class of legal form.
func (s *summaryPage) spread(p *freePage) {
	type place struct {
		ground   checker.Ground
		province string
	}
	count := map[place]*[7]int{}
	provinces := map[string]bool{}
	for _, r := range s.breaches {
		if r.Standing() {
			provinces[r.province()] = true
		}
	}
	for _, r := range s.breaches {
		if !r.Standing() {
			continue
		}
		at := place{r.Ground, r.province()}
		if len(provinces) > maxProvinces {
			at.province = ""
		}
		if count[at] == nil {
			count[at] = new([7]int)
		}
		count[at][classOrder(r.Class)]++
	}
	if len(count) == 0 {
		return
	}
	p.section(titleSpread, len(count)+3)
	labels := []string{columnGround, columnProvince}
	for _, c := range classLabels {
		labels = append(labels, c.label)
	}
	p.head(2, append(labels, textTotal)...)
	places := make([]place, 0, len(count))
	for at := range count {
		places = append(places, at)
	}
	slices.SortFunc(places, func(a, b place) int {
		return cmp.Or(cmp.Compare(groundOrder(a.ground), groundOrder(b.ground)), strings.Compare(string(a.ground), string(b.ground)),
			strings.Compare(a.province, b.province))
	})
	var sums [7]int
	all := 0
	tableLine := func(write func(...any), title, province string, n *[7]int) {
		values, total := []any{title, province}, 0
		for _, k := range n {
			values = append(values, k)
			total += k
		}
		write(append(values, total)...)
		all += total
	}
	for _, at := range places {
		n := count[at]
		for i, k := range n {
			sums[i] += k
		}
		tableLine(p.line, GroundLabel(at.ground), at.province, n)
	}
	tableLine(p.total, textTotal, "", &sums)
	if len(provinces) > maxProvinces {
		p.wide(manyProvinces(len(provinces)), lookNote)
	}
}

func (s *summaryPage) states(p *freePage) {
	count := s.stateCounts()
	if len(count) == 0 {
		return
	}
	p.section(titleStates, chartLines)
	p.head(1, columnState, columnCases)
	first, sum := p.row, 0
	for _, st := range stateOrder {
		if count[st] > 0 {
			p.line(StateLabel(st, s.decider()), count[st])
			sum += count[st]
		}
	}
	p.bars(first, p.row-1, titleStates, "4F7CAC")
	p.total(textTotal, sum)
	p.below(first)
}

// decider is to whom the referred cases of the month went, "" if to both.
func (v *view) decider() string {
	who := ""
	for _, r := range v.breaches {
		switch {
		case r.State != cases.Referred || r.Decider == who:
		case who == "":
			who = r.Decider
		default:
			return ""
		}
	}
	return who
}

// windows are the published lists whose term runs, by days left.
func (s *summaryPage) windows(p *freePage) {
	type window struct{ listed, overdue int }
	open := map[cases.Term]*window{}
	for _, r := range s.breaches {
		if r.State != cases.Listed {
			continue
		}
		if open[r.Term] == nil {
			open[r.Term] = new(window)
		}
		open[r.Term].listed++
		if r.Overdue {
			open[r.Term].overdue++
		}
	}
	if len(open) == 0 {
		return
	}
	terms := make([]cases.Term, 0, len(open))
	for t := range open {
		terms = append(terms, t)
	}
	slices.SortFunc(terms, func(a, b cases.Term) int {
		return cmp.Or(a.Nominal.Compare(b.Nominal), a.Safe.Compare(b.Safe), a.Published.Compare(b.Published), a.Shifted.Compare(b.Shifted),
			strings.Compare(a.Procedure, b.Procedure))
	})
	p.section(titleWindows, len(terms)+3)
	p.head(1, columnList, columnNominal, columnShifted, columnSafe, columnDaysLeft, columnCases, columnOverdue)
	for _, t := range terms {
		w := open[t]
		p.line(publishedOn(t.Published), t.Nominal, t.Shifted, t.Safe, daysLeft{s.AsOf.DaysUntil(t.Nominal), t.Safe.Before(s.AsOf)}, w.listed, w.overdue)
	}
}

func (s *summaryPage) trend(p *freePage) {
	if len(s.Trend) == 0 {
		return
	}
	p.section(titleTrend, len(s.Trend)+chartLines+4)
	labels := []string{columnMonth, columnPositions}
	for _, g := range groundSheets {
		labels = append(labels, g.sheet)
	}
	head := p.row
	p.head(1, append(labels, columnNonCompliant)...)
	first := p.row
	for _, t := range s.Trend {
		values, sum := make([]any, 2+len(groundSheets)), 0
		values[0], values[1] = monthShort(t.Month), t.Rows
		for i := range groundSheets {
			values[2+i] = 0
		}
		for g, n := range t.Grounds {
			if i := groundSheetOf(g); i >= 0 {
				values[2+i] = values[2+i].(int) + n
			}
			sum += n
		}
		p.line(append(values, sum)...)
	}
	p.skip(1)
	p.stacked(head, first, p.row-2, 3, 2+len(groundSheets), titleTrend)
}

func (s *summaryPage) changes(p *freePage) {
	if s.Against == nil {
		return
	}
	count := CountChanges(Compare(s.Rows, s.Against.Rows))
	for _, c := range s.Chambers {
		for k, n := range c.Changes {
			count[k] += n
		}
	}
	p.section(changesTitle(s.Against.Month), 5)
	p.head(1, columnChange, columnPositions)
	for _, k := range changeOrder {
		p.line(changePlurals[k], count[k])
	}
}

// contents lists the sheets, and says which continue.
func (s *summaryPage) contents(p *freePage, b *book) {
	listed := slices.DeleteFunc(slices.Clone(s.plan), func(sh sheet) bool { return sh.size() == 0 })
	if len(listed) == 0 {
		return
	}
	p.section(titleContents, len(listed)+1)
	p.head(1, columnSheet, columnLines)
	for _, sh := range listed {
		p.put(1, p.row, sh.name(), lookLabel)
		p.put(2, p.row, sh.size(), lookTally)
		if parts := b.parts(sh.size()); parts > 1 {
			p.put(3, p.row, continues(sh.name(), parts), lookOverflow)
		}
		p.next(1)
	}
}

func (s *summaryPage) procedure(p *freePage) {
	for i, f := range s.followed() {
		if i == 0 {
			p.section(titleProcedure, 4)
		}
		p.wide(f.title(), lookPlain)
		for _, source := range f.Sources {
			p.wide(source, lookNote)
		}
		if f.Warning != "" {
			p.wide(f.Warning, lookWarning)
		}
	}
}

// A followed is a procedure and the chambers that follow it, where they follow several.
type followed struct {
	ProcedureNote
	by []string
}

func (f *followed) title() string {
	if len(f.by) == 0 {
		return f.ID + ": " + f.Title
	}
	return f.ID + ": " + f.Title + " (" + strings.Join(f.by, ", ") + ")"
}

// procedures are the procedures of a month in one cell.
func (m *Month) procedures() string {
	var titles []string
	for _, f := range m.followed() {
		titles = append(titles, f.title())
	}
	return strings.Join(titles, "; ")
}

// followed are the procedures that a month's dates come from: one, but the country's chambers may follow several.
func (m *Month) followed() []followed {
	var list []followed
	for i := range m.Chambers {
		c := &m.Chambers[i]
		if c.Procedure.ID == "" {
			continue
		}
		at := slices.IndexFunc(list, func(f followed) bool { return f.ID == c.Procedure.ID })
		if at < 0 {
			at = len(list)
			list = append(list, followed{ProcedureNote: c.Procedure})
		}
		list[at].by = append(list[at].by, chamberName(c.Slug, c.Name))
	}
	switch {
	case len(list) > 1:
		return list
	case len(list) == 1:
		return []followed{{ProcedureNote: list[0].ProcedureNote}}
	case m.Procedure.ID != "":
		return []followed{{ProcedureNote: m.Procedure}}
	}
	return nil
}

// outcomes explains the words of the drop-down, which takes them from here.
func (s *summaryPage) outcomes(p *freePage, b *book) {
	if len(s.breaches) == 0 && len(s.verify) == 0 {
		return
	}
	if s.office {
		p.section(titleHandBack, len(Outcomes)+6)
		p.wide(textHandBack, lookPlain)
	} else {
		p.section(columnOutcome, len(Outcomes)+6)
		p.wide(textNoCases, lookPlain)
	}
	p.head(1, columnOutcome)
	first := p.row
	for _, o := range Outcomes {
		if s.office {
			p.remark(o.Label, o.Effect)
		} else {
			p.line(o.Label)
		}
	}
	b.outcomes = area(SheetSummary, 1, first, 1, p.row-1)
}

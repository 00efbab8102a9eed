// Package audit is the pipeline: one audit of some lists, one month of a register. An audit reads its lists three times: to enter every
// position in the roll, to look at the suspects of the roll as text, and to judge. Nothing but the roll and the suspects is kept in
// memory; whoever wants the rows takes them as they pass.
package audit

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"pecaudit/checker"
	"pecaudit/checker/load"
	"pecaudit/checker/rules"
)

// An Audit says what is audited, and how.
type Audit struct {
	AsOf     checker.Date
	Coverage string // national, chamber or extract: what the lists together hold
	Policy   checker.Policy

	// The lists: paths, already expanded. Companies are positions of the register, the others are what is known about them.
	Companies, Status, Professionals, Directors, Pending []string

	Load      load.Options
	Providers *checker.Providers
	// InsolvencyIn says whether the procedure of a chamber judges companies under insolvency like others; nil: none does.
	InsolvencyIn func(chamber string) bool
	// Watched says whose rows are handed on though they pass, because a case speaks of them; nil: nobody's.
	Watched func(company string) bool
	// Recall fills in what was observed of the addresses of some subjects; nil: nothing was.
	Recall func(ctx context.Context, subjects []*checker.Subject) error
	// Kinds says which kinds of evidence Recall may bring.
	Kinds checker.Kinds
	// Progress is told how far each pass is, in rows; total is 0 while it is not known. nil: nobody listens.
	Progress func(pass string, done, total int)
	// Clock measures how long the audit takes; nil: it is not measured.
	Clock func() time.Time
}

// A Sink takes what an audit finds, in the order of the input. What it is given is valid until it returns.
type Sink struct {
	Row      func(*Row) error // nil: nobody wants rows
	EveryRow bool             // also those that pass and that nobody watches
	// Rejected takes a rejected row with the chamber it is counted with; nil: they are only counted.
	Rejected func(chamber string, row *checker.RejectedRow) error
}

// A Row is a judged position.
type Row struct {
	*checker.Subject
	Exclusion rules.Exclusion
	Verdict   checker.Verdict
	Findings  []checker.Finding // of every rule that took part; none when the position is out of scope
	Watched   bool
}

// Failed returns the rules that fail, in their order.
func (r *Row) Failed() []checker.RuleID {
	failed := []checker.RuleID{}
	for _, f := range r.Findings {
		if f.Outcome == checker.Fail {
			failed = append(failed, f.Rule.ID)
		}
	}
	return failed
}

// Notable reports whether any rule did not pass.
func (r *Row) Notable() bool {
	return slices.ContainsFunc(r.Findings, func(f checker.Finding) bool { return f.Outcome != checker.Pass })
}

// A Result is what an audit says as a whole.
type Result struct {
	Summary checker.Summary
	// Chambers counts each chamber apart, by slug; "" holds the rows of no known chamber, and the rejected rows of lists of several chambers.
	Chambers map[string]*checker.Summary
	Lists    []*load.List // the lists of companies, then the others, as read
	Roles    []string     // of each of Lists: companies, pec-status, professionals, directors, pending
	Filings  []load.Pending
	holds    [][]string // per list of companies: slugs of the chambers it has positions of
}

// listHolds reports whether the list of companies has positions of the chamber.
func (r *Result) listHolds(list int, chamber string) bool {
	return slices.Contains(r.holds[list], chamber)
}

// chamberOf returns the chamber of a list whose positions are all of one, else "". Its rejected rows are that chamber's.
func (r *Result) chamberOf(list int) string {
	if len(r.holds[list]) == 1 {
		return r.holds[list][0]
	}
	return ""
}

// ErrRuleFault says that a rule broke on some row. Its findings are unknown, so nobody is accused; but the run did not do what it
// should.
var ErrRuleFault = errors.New("a rule broke on some rows (reason rule-fault in the findings): this is an error of the program, please report it")

// run is the state of one audit.
type run struct {
	*Audit
	sink     Sink
	lists    []*load.List
	facts    []checker.ListFacts
	roll     *checker.Roll
	known    known
	suspects suspects
	domains  map[string]*checker.DomainFacts
	result   *Result
	rows     int
	chamber  map[string]map[string]struct{} // chamber -> company keys met, of companies with several rows
	broken   bool
}

// Run audits. The error is ours or the user's, never a company's; ErrRuleFault comes with a complete result.
func (a *Audit) Run(ctx context.Context, sink Sink) (*Result, error) {
	started := a.now()
	r := &run{
		Audit: a, sink: sink, roll: checker.NewRoll(), domains: map[string]*checker.DomainFacts{},
		chamber: map[string]map[string]struct{}{},
		result:  &Result{Chambers: map[string]*checker.Summary{}, Summary: newSummary(a.AsOf, a.Coverage)},
	}
	defer r.close()
	if err := r.open(ctx); err != nil {
		return nil, err
	}
	if err := r.index(ctx); err != nil {
		return nil, err
	}
	if err := r.inspect(ctx); err != nil {
		return nil, err
	}
	if err := r.judge(ctx); err != nil {
		return nil, err
	}
	if err := r.count(); err != nil {
		return nil, err
	}
	if a.Clock != nil {
		r.result.Summary.Seconds = a.now().Sub(started).Round(time.Millisecond).Seconds()
	}
	if r.broken {
		return r.result, ErrRuleFault
	}
	return r.result, nil
}

func (a *Audit) now() time.Time {
	if a.Clock == nil {
		return time.Time{}
	}
	return a.Clock()
}

func (a *Audit) progress(pass string, done, total int) {
	if a.Progress != nil {
		a.Progress(pass, done, total)
	}
}

func newSummary(asOf checker.Date, coverage string) checker.Summary {
	return checker.Summary{
		AsOf: asOf, Coverage: coverage, ByRule: map[checker.RuleID]checker.RuleCount{}, NotRun: []checker.RuleID{},
		NotRunRows: map[checker.RuleID]int{}, Assumed: []string{}, Files: []string{},
	}
}

// open opens every list before any is read, so that a wrong one is told at once.
func (r *run) open(ctx context.Context) error {
	for i, path := range r.Companies {
		l, err := load.Open(ctx, path, i, &r.Load)
		if err != nil {
			return err
		}
		r.lists = append(r.lists, l)
		r.facts = append(r.facts, checker.ListFacts{
			File: l.File, Sheet: l.Sheet, Reference: l.Reference, Presumed: l.Presumed, HasStatus: l.HasStatus, HasDirector: l.HasDirector,
		})
		r.result.add("companies", l)
		r.result.Summary.Files = append(r.result.Summary.Files, l.File)
	}
	r.result.holds = make([][]string, len(r.lists))
	return r.readKnown(ctx)
}

func (r *Result) add(role string, l *load.List) {
	r.Lists = append(r.Lists, l)
	r.Roles = append(r.Roles, role)
}

func (r *run) close() {
	for _, l := range r.result.Lists {
		_ = l.Close() // only temporary files: what was read from them stands
	}
}

// each reads all lists of companies once.
func (r *run) each(ctx context.Context, pass string, do func(list int, b *load.Batch) error) error {
	done := 0
	for i, l := range r.lists {
		err := l.Read(ctx, func(b *load.Batch) error {
			done += len(b.Companies) + len(b.Rejected)
			r.progress(pass, done, r.rows)
			return do(i, b)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// index is the first pass: every position enters the roll, and each list counts those without an address.
func (r *run) index(ctx context.Context) error {
	err := r.each(ctx, "index", func(list int, b *load.Batch) error {
		facts := &r.facts[list]
		facts.Rows += len(b.Companies) + len(b.Rejected)
		for i := range b.Companies {
			c := &b.Companies[i]
			x := rules.Scope(c, r.AsOf)
			if !x.Out {
				facts.InScope++
				if c.PEC.State == checker.NoAddress {
					facts.WithoutAddress++
				}
			}
			r.roll.Add(c.Key(), rollAddress(c), counts(c, x))
			// The strings of chambers are the table's own.
			if seen := r.result.holds[list]; len(seen) == 0 || seen[len(seen)-1] != c.Chamber && !slices.Contains(seen, c.Chamber) {
				r.result.holds[list] = append(seen, c.Chamber)
			}
		}
		return nil
	})
	r.rows = 0
	for _, f := range r.facts {
		r.rows += f.Rows
	}
	r.roll.Seal()
	return err
}

// rollAddress is what the roll knows a position's address by; a text that is no address still is one for the company that wrote it.
func rollAddress(c *checker.Company) string {
	switch c.PEC.State {
	case checker.WellFormed:
		return c.PEC.Folded
	case checker.Malformed, checker.Several:
		return c.PEC.Raw
	}
	return ""
}

// counts reports whether the position says who holds its address, or that its company has none.
func counts(c *checker.Company, x rules.Exclusion) bool {
	return !x.Cancelled && c.PEC.State != checker.NotTold
}

// judge is the third pass.
func (r *run) judge(ctx context.Context) error {
	var subjects []checker.Subject
	var pointers []*checker.Subject
	var findings []checker.Finding
	every := r.sink.Row != nil && r.sink.EveryRow
	return r.each(ctx, "judge", func(list int, b *load.Batch) error {
		if len(subjects) < len(b.Companies) {
			subjects = make([]checker.Subject, len(b.Companies))
		}
		evidence := make([]checker.Evidence, 0)
		if r.anyEvidence() {
			evidence = make([]checker.Evidence, len(b.Companies))
		}
		pointers = pointers[:0]
		for i := range b.Companies {
			c := &b.Companies[i]
			s := &subjects[i]
			*s = checker.Subject{
				Company: c, AsOf: r.AsOf, Policy: &r.Policy, List: &r.facts[list], Given: r.known.given, Evidence: &nothing,
				InsolvencyIn: r.InsolvencyIn != nil && r.InsolvencyIn(c.Chamber),
			}
			if len(evidence) > 0 {
				s.Evidence = &evidence[i]
			}
			r.describe(s)
			pointers = append(pointers, s)
		}
		if r.Recall != nil {
			if err := r.Recall(ctx, pointers); err != nil {
				return err
			}
		}
		rejected := b.Rejected
		for i := range b.Companies {
			row := Row{Subject: &subjects[i]}
			for len(rejected) > 0 && rejected[0].Row < row.Row {
				if err := r.reject(list, &rejected[0]); err != nil {
					return err
				}
				rejected = rejected[1:]
			}
			if row.Exclusion = rules.Scope(row.Company, r.AsOf); row.Exclusion.Out {
				row.Verdict = checker.OutOfScope
			} else {
				j := rules.Judge(row.Subject, findings[:0])
				findings, row.Findings = j.Findings, j.Findings
				row.Verdict = checker.Decide(row.Findings)
				r.broken = r.broken || j.Broken
				r.tallyRules(&row, j)
			}
			r.tally(&row)
			if r.sink.Row == nil {
				continue
			}
			row.Watched = r.Watched != nil && r.Watched(row.Key())
			if every || row.Watched || row.Notable() {
				if err := r.sink.Row(&row); err != nil {
					return err
				}
			}
		}
		for i := range rejected {
			if err := r.reject(list, &rejected[i]); err != nil {
				return err
			}
		}
		return nil
	})
}

// nothing is the evidence of who has none; rules only read it.
var nothing checker.Evidence

func (r *run) reject(list int, row *checker.RejectedRow) error {
	chamber := r.result.chamberOf(list)
	for _, s := range []*checker.Summary{&r.result.Summary, r.summaryOf(chamber)} {
		s.Rows++
		s.Rejected++
	}
	if r.sink.Rejected == nil {
		return nil
	}
	return r.sink.Rejected(chamber, row)
}

func (r *run) summaryOf(chamber string) *checker.Summary {
	s := r.result.Chambers[chamber]
	if s == nil {
		fresh := newSummary(r.AsOf, r.Coverage)
		s = &fresh
		r.result.Chambers[chamber] = s
	}
	return s
}

func (r *run) tally(row *Row) {
	chamber := r.summaryOf(row.Chamber)
	for _, s := range [...]*checker.Summary{&r.result.Summary, chamber} {
		s.Rows++
		switch row.Verdict {
		case checker.Compliant:
			s.Compliant++
		case checker.NonCompliant:
			s.NonCompliant++
		case checker.OutOfScope:
			s.OutOfScope++
		default:
			s.Undetermined++
		}
	}
	key := row.Key()
	if !r.roll.Repeated(key) {
		chamber.Companies++
		return
	}
	met := r.chamber[row.Chamber]
	if met == nil {
		met = map[string]struct{}{}
		r.chamber[row.Chamber] = met
	}
	if _, again := met[key]; !again {
		met[strings.Clone(key)] = struct{}{}
		chamber.Companies++
	}
}

func (r *run) tallyRules(row *Row, j rules.Judgment) {
	for _, s := range [...]*checker.Summary{&r.result.Summary, r.summaryOf(row.Chamber)} {
		for _, f := range row.Findings {
			if f.Outcome == checker.Pass {
				continue
			}
			n := s.ByRule[f.Rule.ID]
			if f.Outcome == checker.Fail {
				n.Fail++
			} else {
				n.Unknown++
			}
			s.ByRule[f.Rule.ID] = n
		}
		for id := range j.NoEvidence() {
			s.NotRunRows[id]++
		}
	}
}

// count ends the summaries and checks that they add up: first each by itself, then all chambers together.
func (r *run) count() error {
	total := &r.result.Summary
	total.Companies = r.roll.Companies()
	sum := 0
	for _, chamber := range slices.Sorted(maps.Keys(r.result.Chambers)) {
		s := r.result.Chambers[chamber]
		r.finish(s)
		s.Files = total.Files
		if err := s.Check(); err != nil {
			return err
		}
		sum += s.Rows
	}
	r.finish(total)
	if sum != total.Rows || total.Rows != r.rows {
		return fmt.Errorf("%d rows were read first, %d judged later, %d by chamber: did a list change while it was read? run again", r.rows, total.Rows, sum)
	}
	return total.Check()
}

// finish says which rules took part on no row, and what was taken as given.
func (r *run) finish(s *checker.Summary) {
	inScope := s.Compliant + s.NonCompliant + s.Undetermined
	for _, rule := range rules.All() {
		if rule.InForce.Contains(r.AsOf) && rule.Needs != 0 && r.offered()&rule.Needs == 0 || inScope > 0 && s.NotRunRows[rule.ID] == inScope {
			s.NotRun = append(s.NotRun, rule.ID)
		}
	}
	if slices.ContainsFunc(r.facts, func(f checker.ListFacts) bool { return !f.HasStatus }) {
		s.Assumed = append(s.Assumed, "stato")
	}
	if slices.ContainsFunc(r.facts, func(f checker.ListFacts) bool { return f.Presumed }) {
		s.Assumed = append(s.Assumed, "data_riferimento")
	}
}

// offered returns the kinds of evidence that could have come to any row.
func (r *run) offered() checker.Kinds {
	k := r.known.given | r.Kinds | checker.ExpiryEvidence
	for _, f := range r.facts {
		if f.HasStatus {
			k |= checker.StateEvidence
		}
		if f.HasDirector {
			k |= checker.DirectorEvidence
		}
	}
	return k
}

// anyEvidence reports whether subjects need evidence of their own.
func (r *run) anyEvidence() bool { return r.Recall != nil || len(r.known.status) > 0 }

// describe fills in what is known of a subject beyond its row.
func (r *run) describe(s *checker.Subject) {
	c := s.Company
	if r.roll.Split(c.Key()) {
		s.Elsewhere = r.suspects.elsewhere(c)
	}
	s.Directors = r.directors(c)
	if c.PEC.State != checker.WellFormed {
		return
	}
	s.Domain = r.domain(c.PEC.Domain())
	if r.roll.Shared(c.PEC.Folded) {
		s.Holders, s.MoreHolders, s.OwnSince = r.suspects.others(c)
	} else if !c.Registered.After(r.AsOf) {
		s.OwnSince = c.Registered
	}
	s.Professional = r.known.professionals.of(c.PEC.Folded)
	if e, ok := r.known.status[c.PEC.Folded]; ok {
		s.Evidence.Declared = e
	}
}

func (r *run) directors(c *checker.Company) []checker.Address {
	listed := r.known.directors[c.Key()]
	if c.Director.State != checker.WellFormed {
		return listed
	}
	if len(listed) == 0 {
		return []checker.Address{c.Director}
	}
	return append([]checker.Address{c.Director}, listed...)
}

func (r *run) domain(name string) *checker.DomainFacts {
	if d, ok := r.domains[name]; ok {
		return d
	}
	d := r.Providers.Facts(name)
	r.domains[strings.Clone(name)] = &d
	return &d
}

// sortHolders puts the latest to register first, then in the order of the input.
func sortHolders(h []checker.Holder) {
	slices.SortStableFunc(h, func(a, b checker.Holder) int {
		return cmp.Or(b.Since.Compare(a.Since), cmp.Compare(a.List, b.List), cmp.Compare(a.Row, b.Row))
	})
}

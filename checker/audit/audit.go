// Package audit is the pipeline: one audit of some lists, one month of a register. An audit reads its lists three times: to enter every
// position in the roll and judge it as if it stood alone, to look at the suspects of the roll as text, and to judge those again that do not simply pass.
// Nothing but the roll and the suspects is kept in memory; whoever wants the rows takes them as they pass.
package audit

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"sync"
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
	// Begin is called before the first Recall and after Gather and says which kinds of evidence it may bring; nil: none.
	Begin func(ctx context.Context) (checker.Kinds, error)
	// Gather is given, before anything is judged, the distinct domains of the addresses that have a duty and, if GatherAddresses is set, the addresses; nil:
	// nothing is gathered.
	Gather          func(ctx context.Context, domains, addresses []string) error
	GatherAddresses bool
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
	dutyIn   func(company string) []string
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
	sink    Sink
	lists   []*load.List
	facts   []checker.ListFacts
	headers []checker.ListFacts // what was known of the lists before their rows were counted
	roll    *checker.Roll
	plainRows
	known    known
	suspects suspects
	domains  domains
	workers  []*worker
	result   *Result
	places   []int // of each list: the number, among all rows, of what would be its row 0
	rows     int
	met      map[string]map[uint64]bool // by chamber: companies, by their hash, that have several rows; whether one of these has a duty
	kinds    checker.Kinds              // that Recall may bring
	recall   sync.Mutex
}

// Run audits. The error is ours or the user's, never a company's; ErrRuleFault comes with a complete result.
func (a *Audit) Run(ctx context.Context, sink Sink) (*Result, error) {
	started := a.now()
	r := &run{
		Audit: a, sink: sink, roll: checker.NewRoll(), domains: domains{facts: map[string]*namedFacts{}},
		met:       map[string]map[uint64]bool{},
		plainRows: plainRows{numbers: map[class]uint16{}},
		result:    &Result{Chambers: map[string]*checker.Summary{}, Summary: newSummary(a.AsOf, a.Coverage)},
	}
	for range runtime.GOMAXPROCS(0) {
		r.workers = append(r.workers, &worker{run: r, sheet: r.roll.Sheet(), tallies: map[string]*tally{}})
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
	if err := r.gather(ctx); err != nil {
		return nil, err
	}
	if err := r.judge(ctx); err != nil {
		return nil, err
	}
	if err := r.count(); err != nil {
		return nil, err
	}
	if a.Clock != nil {
		r.result.Summary.Seconds = float64(a.now().Sub(started).Milliseconds()) / 1000 // which prints as written
	}
	if slices.ContainsFunc(r.workers, func(w *worker) bool { return w.broken }) {
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

// A pass is one reading of all lists of companies, see load.Pass. Batches of one worker do not meet, and hand is called in the order of the input.
type pass struct {
	name string
	want func(list int) func(row int) bool // nil: every row is wanted
	work func(w *worker, list int, b *load.Batch) error
	hand func(w *worker, list int, b *load.Batch) error
	done func(list int) // nil: nothing is to be done after a list
}

func (r *run) each(ctx context.Context, p pass) error {
	done := 0
	for i, l := range r.lists {
		lp := load.Pass{Workers: len(r.workers)}
		if p.want != nil {
			lp.Want = p.want(i)
		}
		if p.work != nil {
			lp.Work = func(worker int, b *load.Batch) error { return p.work(r.workers[worker], i, b) }
		}
		last := 0
		lp.Yield = func(worker int, b *load.Batch) error {
			last = b.Last
			at := done + last
			if r.rows > 0 {
				at = min(at, max(r.rows, done))
			}
			r.progress(p.name, at, r.rows)
			return p.hand(r.workers[worker], i, b)
		}
		if err := l.ReadAll(ctx, lp); err != nil {
			return err
		}
		done += last
		if p.done != nil {
			p.done(i)
		}
	}
	return nil
}

// index is the first pass: every position enters the roll, and each list counts those without an address.
func (r *run) index(ctx context.Context) error {
	r.places = make([]int, len(r.lists)+1)
	r.headers = slices.Clone(r.facts)
	if r.Gather == nil { // then it is known by now what was observed
		if err := r.begin(ctx); err != nil {
			return err
		}
	}
	err := r.each(ctx, pass{
		name: "index",
		work: func(w *worker, list int, b *load.Batch) error {
			w.index(list, b)
			return nil
		},
		hand: func(w *worker, list int, b *load.Batch) error {
			facts := &r.facts[list]
			facts.Rows += len(b.Companies) + len(b.Rejected)
			facts.InScope += w.inScope
			facts.WithoutAddress += w.withoutAddress
			for i, number := range w.classes {
				r.put(r.places[list]+b.Companies[i].Row, number)
			}
			r.places[list+1] = r.places[list] + b.Last + 1
			return nil
		},
		done: func(list int) {
			for _, w := range r.workers {
				r.result.holds[list] = append(r.result.holds[list], w.held...)
				w.held = w.held[:0]
			}
			slices.Sort(r.result.holds[list])
			r.result.holds[list] = slices.Compact(r.result.holds[list])
		},
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

// dutyIn returns what says, sorted, in which chambers a company with several rows has a position with a duty. Equal hashes may name one too many. It
// holds on to nothing else of the run.
func dutyIn(roll *checker.Roll, met map[string]map[uint64]bool) func(company string) []string {
	return func(company string) (chambers []string) {
		if !roll.Repeated(company) {
			return nil
		}
		hash := roll.Hash(company)
		for chamber, met := range met {
			if met[hash] {
				chambers = append(chambers, chamber)
			}
		}
		slices.Sort(chambers)
		return chambers
	}
}

// counts reports whether the position says something of its company's address: that it has none, or one. A cancelled position holds nothing any more, but the address
// that it shows tells that the company has, or had, one: whoever says that it has none cannot be sure (REG-001).
func counts(c *checker.Company, x rules.Exclusion) bool {
	return c.PEC.State != checker.NotTold && !(x.Cancelled && c.PEC.State == checker.NoAddress)
}

// count makes the summaries and checks that they add up: first each by itself, then all chambers together.
func (r *run) count() error {
	r.countPlain()
	tallies := map[string]*tally{}
	for _, w := range r.workers {
		for chamber, t := range w.tallies {
			if tallies[chamber] == nil {
				tallies[chamber] = &tally{companies: len(r.met[chamber])}
			}
			tallies[chamber].merge(t)
		}
	}
	var sum tally
	for _, chamber := range slices.Sorted(maps.Keys(tallies)) {
		s := newSummary(r.AsOf, r.Coverage)
		s.Files = r.result.Summary.Files
		r.summarize(&s, tallies[chamber])
		if err := s.Check(); err != nil {
			return err
		}
		r.result.Chambers[chamber] = &s
		sum.merge(tallies[chamber])
	}
	sum.companies = r.roll.Companies()
	r.result.dutyIn = dutyIn(r.roll, r.met)
	r.summarize(&r.result.Summary, &sum)
	if sum.rows != r.rows {
		return fmt.Errorf("%d rows were read first, %d judged later: did a list change while it was read? run again", r.rows, sum.rows)
	}
	return r.result.Summary.Check()
}

// summarize says what was counted, which rules took part on no row for want of a list or evidence, and what was taken as given.
func (r *run) summarize(s *checker.Summary, t *tally) {
	s.Rows, s.Rejected, s.Companies = t.rows, t.rejected, t.companies
	s.Compliant, s.NonCompliant = t.verdicts[checker.Compliant], t.verdicts[checker.NonCompliant]
	s.Undetermined, s.OutOfScope = t.verdicts[checker.Undetermined], t.verdicts[checker.OutOfScope]
	for _, rule := range rules.All() {
		i := rule.Place
		if t.failed[i]+t.unknown[i] > 0 {
			s.ByRule[rule.ID] = checker.RuleCount{Fail: t.failed[i], Unknown: t.unknown[i]}
		}
		if t.noEvidence[i] > 0 {
			s.NotRunRows[rule.ID] = t.noEvidence[i]
		}
		wanting := t.noEvidence[i] > 0 || rule.Needs != 0 && r.offered()&rule.Needs == 0
		if t.judged>>i&1 == 0 && wanting && rule.InForce.Contains(r.AsOf) {
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
	k := r.known.given | r.kinds | checker.ExpiryEvidence
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

// Addresses reads the lists and returns, sorted, the distinct domains and addresses that have a duty: what there is to observe. Nothing is judged.
func (a *Audit) Addresses(ctx context.Context) (domains, addresses []string, err error) {
	r := &run{Audit: a, result: &Result{}, suspects: suspects{domains: map[string]struct{}{}, addresses: map[string]struct{}{}}}
	defer r.close()
	for i, path := range a.Companies {
		l, err := load.Open(ctx, path, i, &a.Load)
		if err != nil {
			return nil, nil, err
		}
		r.lists = append(r.lists, l)
		r.result.add("companies", l)
	}
	for _, l := range r.lists {
		err = errors.Join(err, l.Read(ctx, func(b *load.Batch) error {
			for i := range b.Companies {
				if c := &b.Companies[i]; c.PEC.State == checker.WellFormed && !rules.Scope(c, a.AsOf).Out {
					r.suspects.ask(c, true)
				}
			}
			return nil
		}))
	}
	return slices.Sorted(maps.Keys(r.suspects.domains)), slices.Sorted(maps.Keys(r.suspects.addresses)), err
}

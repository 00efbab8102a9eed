package audit

import (
	"context"
	"math"
	"math/bits"
	"slices"
	"strings"
	"sync"

	"pecaudit/checker"
	"pecaudit/checker/load"
	"pecaudit/checker/rules"
)

// judge is the third pass.
func (r *run) judge(ctx context.Context) error {
	return r.each(ctx, pass{
		name: "judge",
		want: func(list int) func(row int) bool {
			place := r.places[list]
			return func(row int) bool { return !r.plain(place + row) }
		},
		work: func(w *worker, list int, b *load.Batch) error { return w.judge(ctx, list, b) },
		hand: func(w *worker, list int, b *load.Batch) error { return w.hand(list, b.Rejected) },
	})
}

// A worker does what can be done to a batch without regard to the others. Its memory is used again for the next batch.
type worker struct {
	*run
	tallies map[string]*tally // by chamber
	broken  bool
	recent  [1 << 14]*namedFacts // domains, by their hash

	// Of the batch, for the roll.
	sheet                   *checker.RollSheet
	entries                 []checker.RollEntry
	scopes                  []rules.Exclusion // of each of them
	marked                  []bool            // its address may be a professional's
	classes                 []uint16          // see plainRows
	inScope, withoutAddress int
	held                    []string // chambers of the list, each once
	lone                    struct {
		checker.Subject
		checker.Evidence
	}

	// Of the batch, when it is judged.
	subjects []checker.Subject
	evidence []checker.Evidence
	pointers []*checker.Subject
	findings []checker.Finding
	rows     []Row      // that somebody wants
	again    []repeated // rows of companies that have several
}

// repeated is a row of a company that may have several: it is counted once.
type repeated struct {
	chamber string
	company uint64
	inScope bool
}

// judge puts a batch before the rules and keeps the rows that somebody wants.
func (w *worker) judge(ctx context.Context, list int, b *load.Batch) error {
	n := len(b.Companies)
	w.subjects = slices.Grow(w.subjects[:0], n)[:n]
	w.pointers, w.rows, w.again, w.findings = w.pointers[:0], w.rows[:0], w.again[:0], w.findings[:0]
	if w.kinds != 0 {
		w.evidence = make([]checker.Evidence, n)
	}
	for i := range b.Companies {
		c, s := &b.Companies[i], &w.subjects[i]
		*s = w.subject(c, &w.facts[list])
		if w.kinds != 0 {
			s.Evidence = &w.evidence[i]
		}
		w.describe(s, w.roll.Suspect(w.places[list]+c.Row), func() *checker.Evidence { return &checker.Evidence{} })
		w.pointers = append(w.pointers, s)
	}
	if w.kinds != 0 {
		if err := w.remember(ctx); err != nil {
			return err
		}
	}
	for i := range w.subjects {
		w.judgeRow(&w.subjects[i], w.roll.Suspect(w.places[list]+w.subjects[i].Row))
	}
	for range b.Rejected {
		t := w.tallyOf(w.result.chamberOf(list))
		t.rows++
		t.rejected++
	}
	return nil
}

// subject returns what a row tells of itself, without evidence.
func (w *worker) subject(c *checker.Company, list *checker.ListFacts) checker.Subject {
	return checker.Subject{
		Company: c, AsOf: w.AsOf, Policy: &w.Policy, List: list, Given: w.known.given, Evidence: &nothing,
		InsolvencyIn: w.InsolvencyIn != nil && w.InsolvencyIn(c.Chamber),
	}
}

// remember fills in what was observed. The store is asked by one worker at a time.
func (w *worker) remember(ctx context.Context) error {
	w.recall.Lock()
	defer w.recall.Unlock()
	return w.Recall(ctx, w.pointers)
}

func (w *worker) judgeRow(s *checker.Subject, suspect bool) {
	row := Row{Subject: s, Exclusion: rules.Scope(s.Company, w.AsOf), Watched: w.Watched != nil && w.Watched(s.Key())}
	every := row.Watched || w.sink.EveryRow
	t := w.tallyOf(s.Chamber)
	if row.Exclusion.Out {
		row.Verdict = checker.OutOfScope
	} else {
		if cap(w.findings)-len(w.findings) < maxRules {
			w.findings = make([]checker.Finding, 0, max(64*maxRules, cap(w.findings))) // rows of the batch keep what they have
		}
		ask := rules.Brief
		if every {
			ask = rules.Judge
		}
		j := ask(s, w.findings[len(w.findings):])
		row.Findings = slices.Clip(j.Findings)
		row.Verdict = checker.Decide(row.Findings)
		w.broken = w.broken || j.Broken
		t.judge(j)
	}
	t.rows++
	t.verdicts[row.Verdict]++
	switch {
	case !suspect:
		t.companies++
	case w.roll.Repeated(s.Key()):
		w.again = append(w.again, repeated{s.Chamber, w.roll.Hash(s.Key()), !row.Exclusion.Out})
	default:
		t.companies++
	}
	if w.sink.Row != nil && (every || row.Notable()) {
		w.rows = append(w.rows, row)
		w.findings = w.findings[:len(w.findings)+len(row.Findings)]
	}
}

// hand gives a judged batch to the sink, and counts what must be counted in order.
func (w *worker) hand(list int, rejected []checker.RejectedRow) error {
	for _, x := range w.again {
		if w.met[x.chamber] == nil {
			w.met[x.chamber] = map[uint64]bool{}
		}
		w.met[x.chamber][x.company] = w.met[x.chamber][x.company] || x.inScope
	}
	reject := func(before int) error {
		for len(rejected) > 0 && rejected[0].Row < before {
			if w.sink.Rejected != nil {
				if err := w.sink.Rejected(w.result.chamberOf(list), &rejected[0]); err != nil {
					return err
				}
			}
			rejected = rejected[1:]
		}
		return nil
	}
	for i := range w.rows {
		if err := reject(w.rows[i].Row); err != nil {
			return err
		}
		if err := w.sink.Row(&w.rows[i]); err != nil {
			return err
		}
	}
	return reject(math.MaxInt)
}

// nothing is the evidence of who has none; rules only read it.
var nothing checker.Evidence

// A tally counts the rows of one chamber, or of all.
type tally struct {
	rows, rejected, companies int
	verdicts                  [4]int // by checker.Verdict
	judged                    uint64 // rules that took part on some row, by their place
	failed, unknown           [maxRules]int
	noEvidence                [maxRules]int // rows in scope on which the rule took no part for want of a list or evidence
	list                      int           // the last list that it met, from 1
	classes                   []numbered    // of its plain rows
}

// maxRules bounds the places of rules; package rules keeps within it, or the first audit of any test would fail.
const maxRules = 64

func (w *worker) tallyOf(chamber string) *tally {
	t := w.tallies[chamber]
	if t == nil {
		t = &tally{}
		w.tallies[chamber] = t
	}
	return t
}

// judge enters what the rules say of a row.
func (t *tally) judge(j rules.Judgment) {
	t.hear(said{j.Passed, j.NoEvidence}, 1)
	for i := range j.Findings {
		place := j.Findings[i].Rule.Place
		t.judged |= 1 << place
		switch j.Findings[i].Outcome {
		case checker.Fail:
			t.failed[place]++
		case checker.Unknown:
			t.unknown[place]++
		}
	}
}

// hear enters which rules passed on some rows, and which took no part.
func (t *tally) hear(s said, rows int) {
	t.judged |= s.passed
	for missing := s.noEvidence; missing != 0; missing &= missing - 1 {
		t.noEvidence[bits.TrailingZeros64(missing)] += rows
	}
}

func (t *tally) merge(o *tally) {
	t.rows, t.rejected, t.companies = t.rows+o.rows, t.rejected+o.rejected, t.companies+o.companies
	for i, n := range o.verdicts {
		t.verdicts[i] += n
	}
	t.judged |= o.judged
	for i := range maxRules {
		t.failed[i] += o.failed[i]
		t.unknown[i] += o.unknown[i]
		t.noEvidence[i] += o.noEvidence[i]
	}
}

// describe fills in what is known of a subject beyond its row. Only a suspect of the roll can share an address or have other positions. fresh gives
// evidence to a subject that has none.
func (w *worker) describe(s *checker.Subject, suspect bool, fresh func() *checker.Evidence) {
	c := s.Company
	if suspect && w.roll.Split(c.Key()) {
		s.Elsewhere = w.suspects.elsewhere(c)
	}
	s.Directors = w.directors(c)
	if c.PEC.State != checker.WellFormed {
		return
	}
	s.Domain = w.domain(c.PEC.Domain())
	if suspect && w.roll.Shared(c.PEC.Folded) {
		w.suspects.others(s)
	} else if !c.Registered.After(w.AsOf) {
		s.OwnSince = c.Registered
	}
	if suspect {
		s.Professional = w.known.professionals.of(c.PEC.Folded)
	}
	if e, ok := w.known.status.of(c.PEC.Folded); ok {
		if s.Evidence == &nothing {
			s.Evidence = fresh()
		}
		s.Evidence.Declared = e
	}
}

func (w *worker) directors(c *checker.Company) []checker.Address {
	var listed []checker.Address
	if len(w.known.directors) > 0 {
		listed = w.known.directors[c.Key()]
	}
	if c.Director.State != checker.WellFormed {
		return listed
	}
	if len(listed) == 0 {
		return []checker.Address{c.Director}
	}
	return append([]checker.Address{c.Director}, listed...)
}

// domains are the facts of all domains that were met.
type domains struct {
	lock  sync.Mutex
	facts map[string]*namedFacts
}

type namedFacts struct {
	name string
	checker.DomainFacts
}

// domain returns the facts of a domain. Most addresses are at few domains, which a worker remembers by itself.
func (w *worker) domain(name string) *checker.DomainFacts {
	recent := &w.recent[w.roll.Hash(name)%uint64(len(w.recent))]
	if *recent == nil || (*recent).name != name {
		*recent = w.domains.find(name, w.Providers)
	}
	return &(*recent).DomainFacts
}

func (d *domains) find(name string, p *checker.Providers) *namedFacts {
	d.lock.Lock()
	defer d.lock.Unlock()
	f := d.facts[name]
	if f == nil {
		f = &namedFacts{strings.Clone(name), p.Facts(name)}
		d.facts[f.name] = f
	}
	return f
}

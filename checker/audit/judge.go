package audit

import (
	"context"
	"strings"

	"pecaudit/checker"
	"pecaudit/checker/load"
	"pecaudit/checker/rules"
)

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
		if r.kinds != 0 {
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
			var j rules.Judgment
			if row.Exclusion = rules.Scope(row.Company, r.AsOf); row.Exclusion.Out {
				row.Verdict = checker.OutOfScope
			} else {
				j = rules.Judge(row.Subject, findings[:0])
				findings, row.Findings = j.Findings, j.Findings
				row.Verdict = checker.Decide(row.Findings)
				r.broken = r.broken || j.Broken
			}
			chamber := r.tallyOf(row.Chamber)
			r.total.count(&row, j)
			chamber.count(&row, j)
			chamber.countCompany(row.Key(), r.roll.Repeated(row.Key()))
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
	for _, t := range []*tally{&r.total, r.tallyOf(chamber)} {
		t.rows++
		t.rejected++
	}
	if r.sink.Rejected == nil {
		return nil
	}
	return r.sink.Rejected(chamber, row)
}

// A tally counts the rows of the whole audit, or of one chamber.
type tally struct {
	rows, rejected, companies int
	verdicts                  [4]int // by checker.Verdict
	judged, failed, unknown   [maxRules]int
	noEvidence                [maxRules]int       // rows in scope on which the rule took no part for want of a list or evidence
	met                       map[string]struct{} // company keys, of companies with several rows
}

// maxRules bounds the places of rules; package rules keeps within it, or the first audit of any test would fail.
const maxRules = 64

func (r *run) tallyOf(chamber string) *tally {
	t := r.tallies[chamber]
	if t == nil {
		t = &tally{met: map[string]struct{}{}}
		r.tallies[chamber] = t
	}
	return t
}

// count enters a judged row; j is empty for one out of scope.
func (t *tally) count(row *Row, j rules.Judgment) {
	t.rows++
	t.verdicts[row.Verdict]++
	for i := range row.Findings {
		place := row.Findings[i].Rule.Place
		t.judged[place]++
		switch row.Findings[i].Outcome {
		case checker.Fail:
			t.failed[place]++
		case checker.Unknown:
			t.unknown[place]++
		}
	}
	for rule := range j.NoEvidence() {
		t.noEvidence[rule.Place]++
	}
}

// countCompany counts each company once; repeated says that it may have several rows.
func (t *tally) countCompany(key string, repeated bool) {
	if repeated {
		if _, again := t.met[key]; again {
			return
		}
		t.met[strings.Clone(key)] = struct{}{}
	}
	t.companies++
}

// anyEvidence reports whether subjects need evidence of their own.
func (r *run) anyEvidence() bool { return r.kinds != 0 || len(r.known.status) > 0 }

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

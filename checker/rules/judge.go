package rules

import (
	"fmt"
	"iter"
	"math/bits"
	"slices"

	"pecaudit/checker"
)

// A Judgment is what the rules say of one row.
type Judgment struct {
	Findings []checker.Finding // of every rule that took part, passes included, in the order of All
	Broken   bool              // a rule panicked: its finding is unknown, and the run must end with an error
	missing  uint64            // the rules without list or evidence, by their place in All
}

// NoEvidence yields the rules that concern the row and took no part because their list or evidence was not given for it.
func (j Judgment) NoEvidence() iter.Seq[*checker.Rule] {
	return func(yield func(*checker.Rule) bool) {
		for missing := j.missing; missing != 0; missing &= missing - 1 {
			if !yield(all[bits.TrailingZeros64(missing)].Rule) {
				return
			}
		}
	}
}

// Judge asks every rule about a subject in scope (see Scope). The findings are put into buf[:0], which the caller may use again once it is done
// with them; where every rule passes and buf is large enough, nothing is allocated. A rule that panics gives an unknown.
func Judge(s *checker.Subject, buf []checker.Finding) Judgment {
	b := bench{Subject: readable(s), Judgment: Judgment{Findings: slices.Grow(buf[:0], len(all))}}
	b.day = ordinal(s.AsOf)
	b.hand = atHand(b.Subject)
	b.parsed = b.PEC.State == checker.WellFormed
	b.assigned = b.parsed && b.Assigned()
	b.insolvent = insolvent(b.Subject)
	for place := 0; place < len(all); {
		place = b.judgeFrom(place)
	}
	if b.failed {
		b.withdraw()
	}
	return b.Judgment
}

// A bench is a subject before the rules, with what many of them ask.
type bench struct {
	*checker.Subject
	Judgment
	day                         int
	hand                        checker.Kinds
	parsed, assigned, insolvent bool
	failed                      bool
}

// judgeFrom asks the rules from a place on and returns the next place: past the last rule, or past one that panicked.
func (b *bench) judgeFrom(place int) (next int) {
	defer func() {
		if e := recover(); e != nil {
			b.Broken = true
			b.Findings = append(b.Findings, checker.Finding{Rule: all[place].Rule, Result: unknown(checker.ReasonRuleFault,
				fmt.Sprintf("Controllo non riuscito per un errore del programma, da segnalare: %v.", e))})
			next = place + 1
		}
	}()
	for ; place < len(all); place++ {
		r := &all[place]
		if b.day < r.from || b.day >= r.until || r.Parsed && !b.parsed || r.Applies != nil && !r.Applies(b.Subject) {
			continue
		}
		if r.Needs != 0 && r.Needs&b.hand == 0 {
			b.missing |= 1 << place
			continue
		}
		n := len(b.Findings)
		f := &b.Findings[:n+1][n]
		b.ask(r.Rule, f)
		switch {
		case f.Outcome == checker.Unknown && f.Reason == checker.ReasonNoEvidence:
			b.missing |= 1 << place
			continue
		case f.Outcome == checker.Fail:
			b.failed = true
		}
		b.Findings = b.Findings[:n+1]
	}
	return place
}

// ask puts the row to a rule, unless what the row is settles it: the address that the chamber itself assigned passes everything, and a company in
// an insolvency procedure is not accused of what its receiver answers for.
func (b *bench) ask(r *checker.Rule, f *checker.Finding) {
	*f = checker.Finding{Rule: r}
	f.Outcome = checker.Pass // set by itself: a whole Result would be put together elsewhere and moved
	switch {
	case b.assigned:
	case b.insolvent && r.Insolvency:
		f.Result = unknown(checker.ReasonInsolvency, "Impresa in procedura concorsuale: decide l'Ufficio.")
	default:
		// Most rules pass on most rows: moving their results, too, would be most of the work.
		if result := r.Judge(b.Subject); result.Outcome != checker.Pass || result.Source != 0 {
			f.Result = result
		}
	}
}

// withdraw takes out the findings of rules that are not reported where another one fails.
func (b *bench) withdraw() {
	failed := make([]checker.RuleID, 0, 8)
	for i := range b.Findings {
		if b.Findings[i].Outcome == checker.Fail {
			failed = append(failed, b.Findings[i].Rule.ID)
		}
	}
	b.Findings = slices.DeleteFunc(b.Findings, func(f checker.Finding) bool {
		return f.Rule.Unless != "" && slices.Contains(failed, f.Rule.Unless)
	})
}

// readable returns the subject without the evidence that may not be read: dated after the day of the audit, or before the address was
// registered.
func readable(s *checker.Subject) *checker.Subject {
	evidence := s.Evidence.Between(s.Registered, s.AsOf)
	if evidence == s.Evidence {
		return s
	}
	limited := *s
	limited.Evidence = evidence
	return &limited
}

// atHand returns which kinds of evidence and lists there are for the row.
func atHand(s *checker.Subject) checker.Kinds {
	k := s.Evidence.AtHand() | s.Given&checker.ProfessionalEvidence
	if !s.Expiry.IsZero() {
		k |= checker.ExpiryEvidence
	}
	if len(s.Directors) > 0 {
		k |= checker.DirectorEvidence
	}
	if s.List.HasStatus {
		k |= checker.StateEvidence
	}
	return k
}

// insolvent reports whether the row is a company in an insolvency procedure that the chamber does not judge like others.
func insolvent(s *checker.Subject) bool {
	return !s.InsolvencyIn && (s.Status == checker.Insolvent || s.Activity == checker.Insolvent)
}

package rules

import (
	"fmt"
	"math/bits"
	"slices"

	"pecaudit/checker"
)

// A Judgment is what the rules say of one row.
type Judgment struct {
	Findings   []checker.Finding // of every rule that took part, passes included, in the order of All
	Broken     bool              // a rule panicked: its finding is unknown, and the run must end with an error
	Passed     uint64            // the rules that passed on the row itself, a bit for each Place
	NoEvidence uint64            // the rules that concern the row and took no part because their list or evidence was not given for it
}

// Judge asks every rule about a subject in scope (see Scope). The findings are put into buf[:0], which the caller may use again once it is done
// with them; where every rule passes and buf is large enough, nothing is allocated. A rule that panics gives an unknown.
func Judge(s *checker.Subject, buf []checker.Finding) Judgment {
	b := judge(s, buf)
	return b.findings()
}

// Brief is Judge for who does not look at the findings of a row where all rules pass on the row itself, which is nearly every row: it leaves
// them out. Passed tells which they were.
func Brief(s *checker.Subject, buf []checker.Finding) Judgment {
	b := judge(s, buf)
	if len(b.Findings) == 0 {
		return b.Judgment
	}
	return b.findings()
}

// judge asks the rules; Findings holds those that did not simply pass.
func judge(s *checker.Subject, buf []checker.Finding) bench {
	b := bench{Subject: readable(s), Judgment: Judgment{Findings: slices.Grow(buf[:0], len(all))}}
	b.day = s.AsOf.Ordinal()
	b.hand = atHand(b.Subject)
	b.parsed = b.PEC.State == checker.WellFormed
	b.assigned = b.parsed && b.Assigned()
	b.insolvent = insolvent(b.Subject)
	for place := 0; place < len(all); {
		place = b.judgeFrom(place)
	}
	return b
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
		if b.day < r.from || b.day >= r.until || r.parsed && !b.parsed || r.applies != nil && !r.applies(b.Subject) {
			continue
		}
		if r.needs != 0 && r.needs&b.hand == 0 {
			b.NoEvidence |= 1 << place
			continue
		}
		switch {
		case b.assigned: // by the chamber itself: passes everything
			b.Passed |= 1 << place
		case b.insolvent && r.Insolvency: // not accused of what its receiver answers for
			b.say(r.Rule, unknown(checker.ReasonInsolvency, "Impresa in procedura concorsuale: decide l'Ufficio."))
		case r.passes != nil && r.passes(b.Subject):
			b.Passed |= 1 << place
		default:
			// Most rules pass on most rows: a finding for each would be most of the work.
			result := r.Judge(b.Subject)
			switch {
			case result.Outcome == checker.Pass && result.Source == 0:
				b.Passed |= 1 << place
			case result.Outcome == checker.Unknown && result.Reason == checker.ReasonNoEvidence:
				b.NoEvidence |= 1 << place
			default:
				b.say(r.Rule, result)
			}
		}
	}
	return place
}

func (b *bench) say(r *checker.Rule, result checker.Result) {
	b.Findings = append(b.Findings, checker.Finding{Rule: r, Result: result})
	b.failed = b.failed || result.Outcome == checker.Fail
}

// findings puts the passes between what was said, from the last to the first.
func (b *bench) findings() Judgment {
	said := len(b.Findings)
	at := said + bits.OnesCount64(b.Passed)
	b.Findings = b.Findings[:at]
	for place := len(all) - 1; at > said; place-- {
		switch {
		case b.Passed>>place&1 != 0:
			at--
			b.Findings[at] = checker.Finding{Rule: all[place].Rule, Result: pass()}
		case said > 0 && b.Findings[said-1].Rule.Place == place:
			at, said = at-1, said-1
			b.Findings[at] = b.Findings[said]
		}
	}
	if b.failed {
		b.withdraw()
	}
	return b.Judgment
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

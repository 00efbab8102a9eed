// Package rules says what is required of a position of the register: the rules of CONTRACT section 3, one a file. They are pure functions of a subject: no
// clock, no network, no store. judge.go holds what the rules have in common, scope.go who has the duty at all; RULES.md is printed from
// the rules.
package rules

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"pecaudit/checker"
)

// families is the order in which rules are printed and judged; within a family they follow their numbers.
const families = "REG SYN DOM UNI EXP PRV DNS SMT RCP"

// all holds the rules in that order.
var all []entry

// An entry is a rule and, side by side because every row asks for it, what decides whether the rule has anything to say: the days on which it is in
// force, from the first up to but not including the last, and fields of the rule itself.
type entry struct {
	*checker.Rule
	from, until     int
	parsed          bool
	needs           checker.Kinds
	applies, passes func(*checker.Subject) bool
}

// register enters a rule; each rule's file calls it once.
func register(r *checker.Rule) {
	e := entry{r, r.InForce.From.Ordinal(), math.MaxInt, r.Parsed, r.Needs, r.Applies, r.Passes}
	if !r.InForce.Until.IsZero() {
		e.until = r.InForce.Until.Ordinal()
	}
	at, _ := slices.BinarySearchFunc(all, e, func(a, b entry) int {
		return cmp.Or(cmp.Compare(family(a.ID), family(b.ID)), cmp.Compare(a.ID, b.ID))
	})
	all = slices.Insert(all, at, e)
	for place := range all {
		all[place].Place = place
	}
}

func family(id checker.RuleID) int { return strings.Index(families, string(id[:3])) }

// All returns the rules in the order of the contract's table.
func All() []*checker.Rule {
	rules := make([]*checker.Rule, len(all))
	for i, e := range all {
		rules[i] = e.Rule
	}
	return rules
}

// ByID returns the rule of that name, nil if there is none.
func ByID(id checker.RuleID) *checker.Rule {
	for _, e := range all {
		if e.ID == id {
			return e.Rule
		}
	}
	return nil
}

// pass is the usual result: nothing to say, from the row itself.
func pass() checker.Result { return checker.Result{Outcome: checker.Pass} }

func fail(detail string) checker.Result {
	return checker.Result{Outcome: checker.Fail, Detail: detail}
}

func unknown(reason checker.Reason, detail string) checker.Result {
	return checker.Result{Reason: reason, Detail: detail}
}

// noEvidence says that what is at hand does not answer the rule's question.
var noEvidence = checker.Result{Reason: checker.ReasonNoEvidence}

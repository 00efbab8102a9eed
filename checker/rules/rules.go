// Package rules says what is required of a position of the register: the rules of CONTRACT section 3, one a file. They are pure functions of a subject: no
// clock, no network, no store. judge.go holds what the rules have in common, scope.go who has the duty at all; RULES.md is printed from
// the rules.
package rules

import (
	"cmp"
	"slices"
	"strings"

	"pecaudit/checker"
)

// families is the order in which rules are printed and judged; within a family they follow their numbers.
const families = "REG SYN DOM UNI EXP PRV DNS SMT RCP"

// all holds the rules in that order.
var all []*checker.Rule

// register enters a rule; each rule's file calls it once.
func register(r *checker.Rule) {
	at, _ := slices.BinarySearchFunc(all, r, func(a, b *checker.Rule) int {
		return cmp.Or(cmp.Compare(family(a.ID), family(b.ID)), cmp.Compare(a.ID, b.ID))
	})
	all = slices.Insert(all, at, r)
}

func family(id checker.RuleID) int { return strings.Index(families, string(id[:3])) }

// All returns the rules in the order of the contract's table.
func All() []*checker.Rule { return slices.Clone(all) }

// ByID returns the rule of that name, nil if there is none.
func ByID(id checker.RuleID) *checker.Rule {
	for _, r := range all {
		if r.ID == id {
			return r
		}
	}
	return nil
}

// pass is the usual result: nothing to say, from the row itself.
func pass(*checker.Subject) checker.Result { return checker.Result{Outcome: checker.Pass} }

func fail(detail string) checker.Result {
	return checker.Result{Outcome: checker.Fail, Detail: detail}
}

func unknown(reason checker.Reason, detail string) checker.Result {
	return checker.Result{Reason: reason, Detail: detail}
}

// noEvidence says that what is at hand does not answer the rule's question.
var noEvidence = checker.Result{Reason: checker.ReasonNoEvidence}

package cases

import (
	"fmt"
	"maps"
	"slices"

	"pecaudit/checker"
)

// A Brake holds a run whose figures look like an error of a list or of the program rather than of so many companies.
type Brake struct {
	NewFailures float64 // how many times the mean of the last three months a rule's new failures may be
	Min         int     // new failures that never hold a rule
	ListShrinks float64 // part of last month's positions that a chamber's list must have
}

// A MonthCount is what the brake remembers of a month.
type MonthCount struct {
	Month       checker.Month          `json:"month"`
	NewFailures map[checker.RuleID]int `json:"new_failures,omitempty"` // cases found, by rule
	Positions   map[string]int         `json:"positions,omitempty"`    // read, by chamber slug
}

// With returns the count with the cases that were found among the changed ones added.
func (m MonthCount) With(changed []Case) MonthCount {
	m.NewFailures = maps.Clone(m.NewFailures)
	if m.NewFailures == nil {
		m.NewFailures = map[checker.RuleID]int{}
	}
	for i := range changed {
		if c := &changed[i]; len(c.Events) > 0 && c.Events[0].Event == EventFound {
			for _, id := range c.Rules {
				m.NewFailures[id]++
			}
		}
	}
	return m
}

// A Hold is a rule or a chamber whose cases do not move in a run.
type Hold struct {
	Rule    checker.RuleID // "" if a chamber is held
	Chamber string         // slug; "" if a rule is held
	Why     string         // Italian
}

// brakeMonths is how many months of history the brake needs.
const brakeMonths = 3

// Check returns what this month's figures hold, rules first. history may hold any months in any order: those before now count, and without three
// of them nothing is held. accepted are the rules and slugs that a person lifts. A chamber whose list has not arrived has not shrunk.
func (b Brake) Check(history []MonthCount, now MonthCount, accepted map[string]bool) []Hold {
	past := slices.DeleteFunc(slices.Clone(history), func(m MonthCount) bool { return m.Month.Compare(now.Month) >= 0 })
	slices.SortFunc(past, func(a, b MonthCount) int { return b.Month.Compare(a.Month) }) // the newest first
	if len(past) < brakeMonths {
		return nil
	}
	var holds []Hold
	for _, id := range slices.Sorted(maps.Keys(now.NewFailures)) {
		sum := 0
		for _, m := range past[:brakeMonths] {
			sum += m.NewFailures[id]
		}
		n, mean := now.NewFailures[id], float64(sum)/brakeMonths
		if n > b.Min && float64(n) > b.NewFailures*mean && !accepted[string(id)] {
			holds = append(holds, Hold{Rule: id, Why: fmt.Sprintf(
				"Regola %s: %d nuove irregolarità, contro una media di %s negli ultimi %d mesi.", id, n, decimal(mean), brakeMonths)})
		}
	}
	for _, slug := range slices.Sorted(maps.Keys(now.Positions)) {
		n, last := now.Positions[slug], MonthCount{}
		for _, m := range past {
			if m.Positions[slug] > 0 {
				last = m
				break
			}
		}
		if slug != "" && n > 0 && float64(n) < b.ListShrinks*float64(last.Positions[slug]) && !accepted[slug] {
			holds = append(holds, Hold{Chamber: slug, Why: fmt.Sprintf(
				"Camera %s: l'elenco ha %d posizioni, contro le %d di %s.", slug, n, last.Positions[slug], italianMonth(last.Month))})
		}
	}
	return holds
}

func decimal(x float64) string {
	tenths := int(x*10 + 0.5)
	return fmt.Sprintf("%d,%d", tenths/10, tenths%10)
}

func italianMonth(m checker.Month) string { return fmt.Sprintf("%02d/%d", int(m.Month), m.Year) }

package rules

import "pecaudit/checker"

// An Exclusion says that a position has no duty, and why.
type Exclusion struct {
	Out       bool
	Cancelled bool   // no longer on the register: not even a holder of its address
	Why       string // Italian; "" when it is in scope
	Cite      checker.Citation
}

// The reasons to be out of scope, in the order in which they are looked for.
var (
	cancelled = Exclusion{
		Out: true, Cancelled: true, Why: "Posizione cancellata dal registro delle imprese",
		Cite: checker.Citation{Text: "Art. 2495 codice civile; Corte d'appello di Venezia n. 2744/2015: dopo la cancellazione l'obbligo cessa"},
	}
	ceasedTrader = Exclusion{
		Out: true, Cancelled: true, Why: "Impresa individuale cessata",
		Cite: soleTradersDuty,
	}
	localUnit = Exclusion{
		Out: true, Why: "Unità locale: il domicilio digitale è quello della sede",
		Cite: companiesDuty,
	}
	noDuty = Exclusion{
		Out: true, Why: "Forma giuridica senza obbligo di domicilio digitale",
		Cite: companiesDuty,
	}
	inactiveTrader = Exclusion{
		Out: true, Why: "Impresa individuale inattiva o sospesa",
		Cite: soleTradersDuty,
	}
	insolventTrader = Exclusion{
		Out: true, Why: "Impresa individuale soggetta a procedura concorsuale",
		Cite: soleTradersDuty,
	}
)

// Scope says whether a position has the duty at all on the day (CONTRACT section 3, "Out of scope"). Without a column stato a position is taken as
// registered and active.
func Scope(c *checker.Company, asOf checker.Date) Exclusion {
	is := func(status checker.Status) bool { return c.Status == status || c.Activity == status }
	trader := c.SoleTrader()
	switch {
	case c.Status == checker.Cancelled, !c.Cancelled.IsZero() && !c.Cancelled.After(asOf):
		return cancelled
	case trader && c.Activity == checker.Cancelled:
		return ceasedTrader
	case c.LocalUnit:
		return localUnit
	case c.Form != nil && c.Form.Duty == checker.DutyNo:
		return noDuty
	case trader && (is(checker.Inactive) || is(checker.Suspended)):
		return inactiveTrader
	case trader && is(checker.Insolvent):
		return insolventTrader
	}
	return Exclusion{}
}

package cases

import (
	"slices"
	"time"

	"pecaudit/checker"
)

// A Procedure is how a chamber clears its register: how long a list gives, from which day, who decides then. Procedures are data
// (configs/procedures.yaml), dated and with their sources; which one a chamber follows is written in the configuration.
type Procedure struct {
	ID      string
	Title   string         // one line, Italian
	Chamber string         // slug of the chamber whose procedure it is; "" for any
	Period  checker.Period // days of publication for which it holds

	Grounds         []checker.Ground // for which it publishes; empty: every ground but missing
	Days            int              // length of the window
	CountFirstDay   bool             // the first day is one of them; by default it is not (art. 2963 c.c.)
	From            Start
	PublicationDays int // days that a list stays at the Albo: needed with FromEnd, else for the record
	Roll            Roll
	Decider         Decider
	Appeal          Appeal
	NoListIn        []time.Month // months in which no list goes out
	Insolvency      bool         // companies in an insolvency procedure are judged like others

	Cites    []checker.Citation
	Warning  string       // Italian; what to verify before trusting this profile; "" if nothing
	WarnFrom checker.Date // first day for which Warning is given; zero: always
	Practice bool         // a chamber's dated practice, shipped as an example; not a rule of law
}

// Start is the day from which the window counts.
type Start string

// The starts.
const (
	FromPublication Start = "publication" // the day on which the list went out; the default
	FromEnd         Start = "end"         // the last day of the list at the Albo
)

// Roll is how far the chamber itself moves a last day that is no working day: the nominal end is what it prints. Whatever it prints,
// nothing adverse happens before the day after Term.Safe.
type Roll string

// The rolls.
const (
	RollNone      Roll = "none"      // prints the day as counted, Sundays too; the default
	RollHolidays  Roll = "holidays"  // art. 155, c. 4, c.p.c.
	RollSaturdays Roll = "saturdays" // and Saturdays, as for filings at the register
)

// Decider is who orders the cancellation.
type Decider string

// The deciders.
const (
	Judge     Decider = "giudice"      // art. 2191 c.c.
	Registrar Decider = "conservatore" // art. 16, c. 6-ter, D.L. 185/2008
)

// An Appeal is the time for a remedy against the order.
type Appeal struct {
	Days       int  // 0: none stated
	SkipAugust bool // the suspension of L. 742/1969 applies
}

// Names reports whether the procedure publishes the ground: one that it names, or without any named every ground but a missing address,
// which has nothing to cancel.
func (p *Procedure) Names(g checker.Ground) bool {
	if len(p.Grounds) == 0 {
		_, ok := FamilyOf(g)
		return ok && g != checker.GroundMissing
	}
	return slices.Contains(p.Grounds, g)
}

// WarningOn returns the Italian warning that goes with the procedure on a day, "" if none.
func (p *Procedure) WarningOn(d checker.Date) string {
	if !p.WarnFrom.IsZero() && d.Before(p.WarnFrom) {
		return ""
	}
	return p.Warning
}

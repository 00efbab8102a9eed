package cases

import (
	"slices"

	"pecaudit/checker"
)

// A Held is a failing check that opens no case because what the office entered holds against it: to be verified.
type Held struct {
	Check Check
	Case  string // ID of the case on which the office entered
	State State  // of that case
	Why   string // Italian: what the office entered, when, and until when it holds
}

// HeldAgainst returns the failing checks of a row that the office has answered (CONTRACT section 6). stored are the newest cases of the row's
// company as they stand after Decide, in is what Decide was given.
func HeldAgainst(stored []Case, s Sighting, in DecideInput) []Held {
	var held []Held
	for _, check := range s.Checks {
		family, ok := FamilyOf(check.Ground)
		if !ok || check.Outcome != failed || !s.InScope || !s.Told {
			continue
		}
		k := Key{s.Company, s.Address, family, s.Chamber}
		if c := caseOf(stored, k); c != nil && c.Open() {
			continue
		}
		if c := answer(k, stored, read(k, []Sighting{s}, nil), in.AsOf); c != nil {
			held = append(held, Held{check, c.ID, c.State, c.Office.describe()})
		}
	}
	return held
}

// answer returns the case on which the office entered what holds against all that fails for the key today, nil if there is none. A
// declaration, a renewal, a withdrawal or a rejection holds for the company's address in every chamber; that the company ceased, or that the order
// was carried out, only where it was entered.
func answer(k Key, stored []Case, r *reading, asOf checker.Date) *Case {
	for i := range stored {
		c := &stored[i]
		if c.Company != k.Company || c.Address != k.Address || c.Family != k.Family {
			continue
		}
		if c.Office.holds(c.Chamber == k.Chamber, asOf) && !r.newer(c, asOf) {
			return c
		}
	}
	return nil
}

// holds reports whether the entry stands against the lists on a day.
func (e *OfficeEntry) holds(sameChamber bool, asOf checker.Date) bool {
	switch e.Event {
	case EventDeclaration, EventRenewed:
		return e.Until.IsZero() || !asOf.After(e.Until)
	case EventWithdrawn:
		return true
	case EventDecided:
		return e.Outcome == Rejected
	case EventCeased, EventExecuted:
		return sameChamber
	}
	return false
}

// describe says in Italian what holds.
func (e *OfficeEntry) describe() string {
	what := map[EventKind]string{
		EventDeclaration: "dichiarazione di funzionalità e titolarità",
		EventRenewed:     "casella rinnovata o riattivata",
		EventWithdrawn:   "procedimento archiviato dall'ufficio",
		EventDecided:     "cancellazione non accolta",
		EventCeased:      "impresa cancellata, secondo l'ufficio",
		EventExecuted:    "indirizzo già cancellato dal registro",
	}[e.Event]
	s := "Registrato dall'ufficio: " + what + ", " + e.On.Italian()
	if !e.Until.IsZero() {
		s += ", vale fino al " + e.Until.Italian()
	}
	return s
}

// newer reports whether today's rows hold something against the entry on a case that the office could not know: a failing check on evidence of a
// later day, whichever position shows it, or in the chamber of the entry a later failing row with other dates or another holder. A list that
// repeats the row is nothing new.
func (r *reading) newer(c *Case, asOf checker.Date) bool {
	const dated = checker.StatusEvidence | checker.ReceiptEvidence | checker.MXEvidence
	e := &c.Office
	for _, s := range r.every {
		for _, check := range s.Checks {
			if r.accuses(check) && check.Source&dated != 0 && check.On.After(e.On) {
				return true
			}
		}
		if s.Chamber != c.Chamber || !s.speaks(asOf).After(e.On) || !slices.ContainsFunc(s.Checks, r.accuses) {
			continue
		}
		if changed(e.Expiry, s.Facts.Expiry, e.On) || changed(e.Registered, s.Facts.Registered, e.On) {
			return true
		}
		if r.Family == FamilyShared && e.MoreHolders == 0 && slices.ContainsFunc(s.Facts.Holders, func(h Holder) bool { return !slices.Contains(e.Holders, h.Company) }) {
			return true
		}
	}
	return false
}

// changed reports whether a row's date is another one than when the office entered. That a list lacks the date now changes nothing; one that was
// not known then counts only if it is itself later.
func changed(then, now, entered checker.Date) bool {
	if then.IsZero() {
		return now.After(entered)
	}
	return !now.IsZero() && now != then
}

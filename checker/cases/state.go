package cases

import (
	"fmt"
	"slices"

	"pecaudit/checker"
)

// A move is one allowed step of a case. From is "" for the event that opens it.
type move struct {
	event    EventKind
	from, to State
}

// moves are all the allowed steps: what is not here never happens, whoever asks. STATES.md shows them.
var moves = func() []move {
	var all []move
	step := func(e EventKind, to State, from ...State) {
		for _, f := range from {
			all = append(all, move{e, f, to})
		}
	}
	stay := func(e EventKind, states ...State) {
		for _, s := range states {
			all = append(all, move{e, s, s})
		}
	}
	step(EventFound, Found, "")
	step(EventListed, Listed, Found)
	step(EventLapsed, Lapsed, Listed)
	stay(EventGround, Found, Listed, Lapsed, Opposed)

	step(EventCleared, Cleared, Found, Opposed)
	step(EventCured, Cured, Listed, Lapsed, Opposed)
	for _, e := range []EventKind{EventNewAddress, EventDeclaration, EventRenewed} {
		step(e, Cleared, Found, Opposed)
		step(e, Cured, Listed, Lapsed, Opposed)
	}
	step(EventOpposition, Opposed, Found, Listed, Lapsed)
	step(EventCeased, Withdrawn, Found, Listed, Lapsed, Opposed, Referred, Decided)
	step(EventWithdrawn, Withdrawn, Found, Listed, Lapsed, Opposed, Referred, Decided)
	step(EventMoved, Moved, Found, Listed, Lapsed, Opposed, Referred, Decided)

	step(EventReferred, Referred, Listed, Lapsed, Opposed)
	step(EventDecided, Decided, Listed, Lapsed, Opposed, Referred)
	step(EventExecuted, Executed, Decided)

	stay(EventFiled, Found, Listed, Lapsed, Opposed)
	stay(EventHeld, Found, Listed, Lapsed, Opposed)
	stay(EventConfirmed, Found, Listed, Lapsed, Opposed, Referred)
	stay(EventAppealed, Referred, Decided, Executed)
	for _, e := range []EventKind{EventNotified, EventAssigned} {
		stay(e, Found, Listed, Lapsed, Opposed, Referred, Decided, Executed, Cured, Cleared, Withdrawn, Moved)
	}
	return all
}()

// States returns all states, in the order of a case's life.
func States() []State {
	return []State{Found, Listed, Lapsed, Referred, Decided, Executed, Cured, Cleared, Withdrawn, Opposed, Moved}
}

// final reports whether a case ends with the state. One that is decided ends so too if the decision was to leave the address.
func (s State) final() bool {
	switch s {
	case Executed, Cured, Cleared, Withdrawn, Moved:
		return true
	}
	return false
}

// byProgram is who enters what a run sees by itself.
const byProgram = "pecaudit"

// move writes the event down and takes the case where it leads. It refuses a step that is not in moves.
func (c *Case) move(e Event, to State) error {
	if !slices.Contains(moves, move{e.Event, c.State, to}) {
		return fmt.Errorf("case %s is %s: event %s cannot make it %s", c.ID, c.State, e.Event, to)
	}
	e.From, e.To = c.State, to
	c.Late = c.State == Lapsed && to == Cured
	c.State = to
	c.Events = append(c.Events, e)
	return nil
}

// close is move to a state that ends the case on the day of the event.
func (c *Case) close(e Event, to State) error {
	if err := c.move(e, to); err != nil {
		return err
	}
	c.Closed = e.At
	return nil
}

// cured is what a case becomes when it is put right: it is cleared if it never was on a list.
func (c *Case) cured() State {
	if c.Term.Published.IsZero() {
		return Cleared
	}
	return Cured
}

// gravity orders the grounds of a family: the first that fails is the one that stands.
var gravity = []checker.Ground{
	checker.GroundRevoked, checker.GroundExpired, checker.GroundInactive, checker.GroundDomain,
	checker.GroundMalformed, checker.GroundCECPAC, checker.GroundOrdinary, checker.GroundUncertified,
	checker.GroundProfessional, checker.GroundShared,
	checker.GroundMissing,
}

func gravest(fails []Check) checker.Ground {
	return slices.MinFunc(fails, func(a, b Check) int {
		return slices.Index(gravity, a.Ground) - slices.Index(gravity, b.Ground)
	}).Ground
}

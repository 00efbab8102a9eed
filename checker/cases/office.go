package cases

import (
	"fmt"
	"slices"
	"strings"

	"pecaudit/checker"
)

// A Refusal is why something that a person asked for is not done: nothing was changed. Its text says what to do instead.
type Refusal struct{ Why string }

// Error returns the reason.
func (r *Refusal) Error() string { return r.Why }

func refuse(format string, args ...any) error { return &Refusal{fmt.Sprintf(format, args...)} }

// A Publication is a list that went out.
type Publication struct {
	Month  checker.Month // of the run that it comes from
	On     checker.Date  // the day on which it went out
	Act    string        // the determination or other act
	By     string        // who says so
	Today  checker.Date  // the later of the clock's day in Rome and the newest as-of
	MaxAge int           // days that the failing check may be old on the day of publication
	Run    string        // the run that publishes, if one does
}

// Check returns a *Refusal if no list of the procedure can have gone out so: the day is not set, before the newest check, after today, in a month
// without lists or outside the procedure's period, or nobody says by which act.
func (pub Publication) Check(p *Procedure, newestCheck checker.Date) error {
	switch {
	case pub.On.IsZero():
		return refuse("say on which day the list went out: --on YYYY-MM-DD")
	case pub.Act == "":
		return refuse("say by which act the list went out: --act TEXT")
	case pub.By == "":
		return refuse("say who enters the publication: --by NAME")
	case pub.On.After(pub.Today):
		return refuse("a list cannot have gone out on %s, which is after today (%s): publish it when it is out", pub.On, pub.Today)
	case pub.On.Before(newestCheck):
		return refuse("a list that went out on %s cannot hold what was checked on %s: state the day on which it really went out", pub.On, newestCheck)
	case slices.Contains(p.NoListIn, pub.On.Month):
		return refuse("by the procedure %s no list goes out in %s: wait for the next month", p.ID, pub.On.Month)
	case !p.Period.Contains(pub.On):
		return refuse("the procedure %s holds %s, not on %s: write the one in force then in the configuration, under procedure", p.ID, p.Period, pub.On)
	}
	return nil
}

// Publish puts a case that stands found on the list and opens its window. skipped says why the case is not on the list and stays as it is; ""
// when it is listed now. The caller has asked pub.Check before.
func Publish(c *Case, p *Procedure, pub Publication) (skipped string, err error) {
	switch age := c.Failed.DaysUntil(pub.On); {
	case c.State != Found:
		return fmt.Sprintf("already %s", c.State), nil
	case c.KeptBack:
		return "kept off the list by the office (Non pubblicare)", nil
	case !p.Names(c.Ground):
		return fmt.Sprintf("the procedure %s publishes no list for the ground %s", p.ID, c.Ground), nil
	case age < 0:
		return fmt.Sprintf("the failing check of %s is later than the list", c.Failed), nil
	case age > pub.MaxAge:
		return fmt.Sprintf("the failing check of %s is more than %d days older than the list: run the checks again", c.Failed, pub.MaxAge), nil
	}
	err = c.move(Event{
		At: pub.On, By: pub.By, Event: EventListed, Run: pub.Run, Note: pub.Act,
		Evidence: &Evidence{File: c.Facts.File, Sheet: c.Facts.Sheet, Row: c.Facts.Row},
	}, Listed)
	if err != nil {
		return "", err
	}
	c.Term, c.Act = p.Term(pub.On), pub.Act
	return "", nil
}

// An Entry is what the office did or received about a case: a line of `cases record`, a row of `cases import`.
type Entry struct {
	Event    EventKind
	On       checker.Date // the day of the fact
	By       string       // who enters it
	Protocol string
	Outcome  string       // Ordered or Rejected, with EventDecided only
	Until    checker.Date // last day on which a declaration or a renewal holds; zero: 12 months from On
	Note     string
	Today    checker.Date // the later of the clock's day in Rome and the newest as-of
	Run      string
	Evidence *Evidence // where it was written: file, sheet and row of a workbook; nil when it was entered by hand
}

// The outcomes of EventDecided.
const (
	Ordered  = "ordered"  // the cancellation of the address
	Rejected = "rejected" // the address stays, the case is closed
)

// defaultHold is how many months a declaration or a renewal holds if its end is not stated.
const defaultHold = 12

// officeEvents are those that Record takes, in the order in which help prints them.
var officeEvents = []EventKind{
	EventDeclaration, EventNewAddress, EventRenewed, EventFiled, EventOpposition, EventNotified, EventReferred, EventDecided,
	EventAppealed, EventExecuted, EventAssigned, EventHeld, EventConfirmed, EventWithdrawn, EventMoved, EventCeased,
}

// RecordEvents returns the words of the events that Record takes.
func RecordEvents() []string {
	words := make([]string, len(officeEvents))
	for i, e := range officeEvents {
		words[i] = string(e)
	}
	return words
}

// Record enters what the office did or received. An entry that the case holds already, by whomever, changes nothing: c.Office and, where they are
// loaded, c.Events tell. On a *Refusal the case is as it was.
func Record(c *Case, e Entry) error {
	if (e.Event == EventDeclaration || e.Event == EventRenewed) && e.Until.IsZero() {
		e.Until = e.On.AddMonths(defaultHold)
	}
	if err := e.check(); err != nil {
		return err
	}
	if c.has(&e) {
		return nil
	}
	to := c.after(e.Event)
	if err := c.admits(&e, to); err != nil {
		return err
	}
	event := Event{At: e.On, By: e.By, Event: e.Event, Run: e.Run, Note: e.Note, Protocol: e.Protocol, Outcome: e.Outcome, Until: e.Until, Evidence: e.Evidence}
	if err := c.move(event, to); err != nil {
		return err
	}
	switch e.Event {
	case EventFiled:
		c.Filed = e.On
	case EventHeld:
		c.KeptBack = true
	case EventConfirmed:
		c.KeptBack = false
	}
	if says(e.Event) {
		c.Office = c.entry(&e)
		if to.final() || e.Outcome == Rejected {
			c.Closed = e.On
			if e.On.Before(c.Found) { // a fact that the list did not know yet: the case is closed as soon as it is found
				c.Closed = c.Found
			}
		}
	}
	return nil
}

// says reports whether an entry says something of the address. The others are about the proceeding, may follow its end, and leave standing what
// was entered before.
func says(e EventKind) bool { return e != EventNotified && e != EventAppealed && e != EventAssigned }

// after returns the state to which an entry leads.
func (c *Case) after(e EventKind) State {
	switch e {
	case EventNewAddress, EventDeclaration, EventRenewed:
		return c.cured()
	case EventOpposition:
		return Opposed
	case EventWithdrawn, EventCeased:
		return Withdrawn
	case EventMoved:
		return Moved
	case EventReferred:
		return Referred
	case EventDecided:
		return Decided
	case EventExecuted:
		return Executed
	}
	return c.State
}

// check refuses an entry that is wrong whatever the case.
func (e *Entry) check() error {
	decided, holds := e.Event == EventDecided, e.Event == EventDeclaration || e.Event == EventRenewed
	switch {
	case !slices.Contains(officeEvents, e.Event):
		return refuse("%q is no event of the office: use one of %s", e.Event, strings.Join(RecordEvents(), ", "))
	case e.On.IsZero():
		return refuse("say on which day it happened: --on YYYY-MM-DD")
	case e.On.After(e.Today):
		return refuse("%s is after today (%s): enter it when it has happened", e.On, e.Today)
	case e.By == "":
		return refuse("say who enters it: --by NAME")
	case decided && e.Outcome != Ordered && e.Outcome != Rejected:
		return refuse("say what was decided: --outcome %s or --outcome %s", Ordered, Rejected)
	case !decided && e.Outcome != "":
		return refuse("only a decision has an outcome: leave --outcome out, or use --event %s", EventDecided)
	case !holds && !e.Until.IsZero():
		return refuse("only a declaration or a renewal holds until a day: leave --until out")
	case holds && e.Until.Before(e.On):
		return refuse("it would hold until %s, before the day on which it was made (%s): correct --until", e.Until, e.On)
	}
	return nil
}

// has reports whether the entry was made before. One made by hand whose effect another entry of the same day took back is made anew: the last word counts.
func (c *Case) has(e *Entry) bool {
	if e.Evidence == nil && (e.Event == EventHeld && !c.KeptBack || e.Event == EventConfirmed && c.KeptBack) {
		return false
	}
	if o := &c.Office; o.Event == e.Event && o.On == e.On && o.Until == e.Until && o.Outcome == e.Outcome && o.Protocol == e.Protocol && o.Note == e.Note {
		return true
	}
	return slices.ContainsFunc(c.Events, func(v Event) bool {
		return v.Event == e.Event && v.At == e.On && v.Until == e.Until && v.Outcome == e.Outcome && v.Protocol == e.Protocol && v.Note == e.Note && v.By != byProgram
	})
}

// admits refuses an entry that the case cannot take where it stands. Whatever is adverse to the company waits for the end of its window.
func (c *Case) admits(e *Entry, to State) error {
	adverse := e.Event == EventReferred || e.Event == EventExecuted || e.Outcome == Ordered
	switch {
	case !c.Open() && says(e.Event):
		return refuse("case %s was closed on %s (%s) and takes no %s: if the address fails again, a new case opens", c.ID, c.Closed, c.State, e.Event)
	case adverse && c.Term.Published.IsZero():
		return refuse("case %s was never on a list: publish it and wait for the end of its window before %s", c.ID, e.Event)
	case adverse && !e.On.After(c.Term.Safe):
		return refuse("the window of case %s is open until %s: nothing adverse before the day after, and %s is dated %s", c.ID, c.Term.Safe, e.Event, e.On)
	case (c.State == Referred || c.State == Decided) && to != c.State && says(e.Event) && e.On.Before(c.Office.On):
		return refuse("case %s is %s since %s: %s cannot have happened on %s", c.ID, c.State, c.Office.On, e.Event, e.On)
	case to == c.cured() && (c.State == Referred || c.State == Decided):
		return refuse("case %s is %s: what puts it right counts until it is referred; record the decision with --event %s", c.ID, c.State, EventDecided)
	case !slices.Contains(moves, move{e.Event, c.State, to}):
		return refuse("case %s is %s: %s does not apply to it (pecaudit cases show %s tells what it went through)", c.ID, c.State, e.Event, c.ID)
	}
	return nil
}

// entry keeps what the office entered beside what the lists said then: only what differs from it later counts against it.
func (c *Case) entry(e *Entry) OfficeEntry {
	o := OfficeEntry{
		Event: e.Event, On: e.On, Until: e.Until, Outcome: e.Outcome, Protocol: e.Protocol, Note: e.Note, By: e.By,
		Registered: c.Facts.Registered, Expiry: c.Facts.Expiry, MoreHolders: c.Facts.MoreHolders,
	}
	for _, h := range c.Facts.Holders {
		o.Holders = append(o.Holders, h.Company)
	}
	return o
}

// Package cases is the life of a breach: when it opens, is listed, is cured, lapses and is decided; the procedures, their terms and the
// holidays that move them. Everything in it is pure: no clock, no store, no network.
package cases

import "pecaudit/checker"

// State is where a case stands.
type State string

// The states. The first six follow one another; the others end or divert a case.
const (
	Found     State = "found"     // seen, not yet published
	Listed    State = "listed"    // published, the window is open
	Lapsed    State = "lapsed"    // the window is over and the address fails still
	Referred  State = "referred"  // sent to the judge or the Conservatore
	Decided   State = "decided"   // ordered or rejected
	Executed  State = "executed"  // the address is cancelled from the register
	Cured     State = "cured"     // put right after it was listed
	Cleared   State = "cleared"   // passed before it was listed
	Withdrawn State = "withdrawn" // closed by the office, or no longer in scope
	Opposed   State = "opposed"   // an opposition is being examined: the clock stands
	Moved     State = "moved"     // the company went to another chamber
)

// Family groups grounds: a change of ground inside a family moves no date.
type Family string

// The families of CONTRACT section 6.
const (
	FamilyInactive Family = "inactive"
	FamilyInvalid  Family = "invalid"
	FamilyShared   Family = "shared"
	FamilyMissing  Family = "missing"
)

// FamilyOf returns the family of a ground; ok is false for grounds that open no case.
func FamilyOf(g checker.Ground) (f Family, ok bool) {
	switch g {
	case checker.GroundExpired, checker.GroundRevoked, checker.GroundInactive, checker.GroundDomain:
		return FamilyInactive, true
	case checker.GroundMalformed, checker.GroundCECPAC, checker.GroundOrdinary, checker.GroundUncertified:
		return FamilyInvalid, true
	case checker.GroundShared, checker.GroundProfessional:
		return FamilyShared, true
	case checker.GroundMissing:
		return FamilyMissing, true
	}
	return "", false
}

// A Key identifies what a case is about. Cases with equal keys follow one another in time.
type Key struct {
	Company string `json:"company"` // company key: checker.Identity.Key
	Address string `json:"address"` // checker.Address.CaseKey
	Family  Family `json:"family"`
	Chamber string `json:"chamber"` // slug
}

// A Case is one breach of one company, as it stands now.
type Case struct {
	ID string `json:"id"` // Key.ID of the day it was found
	Key

	State  State            `json:"state"`
	Ground checker.Ground   `json:"ground"`          // the ground that stands, the gravest first if several
	Rules  []checker.RuleID `json:"rules,omitempty"` // binding rules of the family that failed and have not passed since, sorted
	Found  checker.Date     `json:"found"`
	// Checked is the newest as-of at which the company was read in this chamber; Failed the newest as-of at which a rule of the family failed:
	// a case is published only on a recent one.
	Checked checker.Date `json:"checked,omitzero"`
	Failed  checker.Date `json:"failed,omitzero"`
	Term    Term         `json:"term,omitzero"`   // zero until listed; kept: later changes of the procedure do not move it
	Act     string       `json:"act,omitempty"`   // of the publication
	Closed  checker.Date `json:"closed,omitzero"` // zero while it stands

	Late     bool         `json:"late,omitempty"`      // cured after it had lapsed
	KeptBack bool         `json:"kept_back,omitempty"` // "Non pubblicare"
	Filed    checker.Date `json:"filed,omitzero"`      // of a filing sent and not yet processed; zero if none
	Office   OfficeEntry  `json:"office,omitzero"`     // newest thing that the office entered; zero if none
	Facts    Facts        `json:"facts,omitzero"`      // the position as last read with this address

	// Events are those not yet stored, in order; the store loads the older ones, in front of them, only where asked.
	Events []Event `json:"-"`
	// Place is where the store that returned the case keeps it; 0 for a new one.
	Place int64 `json:"-"`
	// Again says, of what Decide returns, that the case was only seen again: nothing changed but what Seen returns.
	Again bool `json:"-"`
}

// Seen is the part of a case that every run renews that sees it again. Its JSON, read over that of the case, renews it.
type Seen struct {
	Checked checker.Date `json:"checked"`
	Failed  checker.Date `json:"failed"`
	Facts   struct {
		File  string `json:"file"`
		Sheet string `json:"sheet"`
		Row   int    `json:"row"`
	} `json:"facts"`
}

// Seen returns what the newest run renewed.
func (c *Case) Seen() Seen {
	s := Seen{Checked: c.Checked, Failed: c.Failed}
	s.Facts.File, s.Facts.Sheet, s.Facts.Row = c.Facts.File, c.Facts.Sheet, c.Facts.Row
	return s
}

// Open reports whether the case still stands: nothing has closed it.
func (c *Case) Open() bool {
	switch c.State {
	case Found, Listed, Lapsed, Referred, Opposed:
		return true
	case Decided:
		return c.Closed.IsZero() // ordered, not yet executed
	}
	return false
}

// An OfficeEntry is the newest entry of the office on a case, with what the lists said when it was made: only newer evidence stands against it.
type OfficeEntry struct {
	Event      EventKind    `json:"event,omitempty"`
	On         checker.Date `json:"on,omitzero"`
	Until      checker.Date `json:"until,omitzero"` // last day on which a declaration or renewal holds; zero: without end
	Outcome    string       `json:"outcome,omitempty"`
	Protocol   string       `json:"protocol,omitempty"`
	Note       string       `json:"note,omitempty"`
	By         string       `json:"by,omitempty"`
	Registered checker.Date `json:"registered,omitzero"` // of the address, as the row said then
	Expiry     checker.Date `json:"expiry,omitzero"`
	Holders    []string     `json:"holders,omitempty"` // company keys of the other holders then, sorted
	// MoreHolders are further holders then, not in Holders: whether a later one is new cannot be told.
	MoreHolders int `json:"more_holders,omitempty"`
}

// Facts are what the newest row said of a position: what sheets print. They prove nothing by themselves; the events do.
type Facts struct {
	CodiceFiscale string       `json:"codice_fiscale,omitempty"`
	REA           string       `json:"rea,omitempty"`
	CCIAA         string       `json:"cciaa,omitempty"`
	Name          string       `json:"name,omitempty"`
	Form          string       `json:"form,omitempty"`  // code, or as written
	Class         string       `json:"class,omitempty"` // sole, partnership, capital, cooperative, consortium, consortium-entity, other
	Comune        string       `json:"comune,omitempty"`
	PEC           string       `json:"pec,omitempty"` // as written
	Provider      string       `json:"provider,omitempty"`
	Detail        string       `json:"detail,omitempty"`
	Suggestion    string       `json:"suggestion,omitempty"`
	Registered    checker.Date `json:"registered,omitzero"`
	Expiry        checker.Date `json:"expiry,omitzero"`
	Holders       []Holder     `json:"holders,omitempty"`      // other certainly different companies with the same address, sorted by key
	MoreHolders   int          `json:"more_holders,omitempty"` // further ones, not in Holders, which is cut at MaxHolders
	Elsewhere     []string     `json:"elsewhere,omitempty"`    // slugs of other chambers in which the company was read too, sorted; Decide fills it
	File          string       `json:"file,omitempty"`
	Sheet         string       `json:"sheet,omitempty"`
	Row           int          `json:"row,omitempty"`
}

// MaxHolders is how many holders of one address a row tells by name. An address of hundreds of companies would make each of their cases as large as all of them.
const MaxHolders = 20

// A Holder is another company of a shared address.
type Holder struct {
	Company       string `json:"company"` // key
	CodiceFiscale string `json:"codice_fiscale,omitempty"`
	Name          string `json:"name,omitempty"`
	CCIAA         string `json:"cciaa,omitempty"`
	REA           string `json:"rea,omitempty"`
	Gone          bool   `json:"gone,omitempty"` // in today's run it was read with another address, or as cancelled
}

// A Check is the outcome of one rule, as evidence of an event.
type Check struct {
	Rule    checker.RuleID `json:"rule"`
	Ground  checker.Ground `json:"ground"`
	Outcome string         `json:"outcome"` // checker.Outcome
	Reason  checker.Reason `json:"reason,omitempty"`
	Detail  string         `json:"detail,omitempty"`
	Source  checker.Kinds  `json:"source,omitempty"` // 0: the row itself
	On      checker.Date   `json:"on,omitzero"`      // day for which the evidence speaks
}

// Evidence is why an event happened.
type Evidence struct {
	File   string  `json:"file,omitempty"`
	Sheet  string  `json:"sheet,omitempty"`
	Row    int     `json:"row,omitempty"`
	PEC    string  `json:"pec,omitempty"` // the other address, as written, where one closed the case
	Checks []Check `json:"checks,omitempty"`
}

// EventKind names an event. What the program does by itself: found, ground (another ground or rule of the family), cleared, cured, lapsed,
// moved, ceased, filed (read in a list of filings); what the office does: listed and the events of `cases record`.
type EventKind string

// The events.
const (
	EventFound       EventKind = "found"
	EventGround      EventKind = "ground"
	EventCleared     EventKind = "cleared"
	EventCured       EventKind = "cured"
	EventLapsed      EventKind = "lapsed"
	EventListed      EventKind = "listed"
	EventDeclaration EventKind = "declaration"
	EventNewAddress  EventKind = "new-address"
	EventRenewed     EventKind = "renewed"
	EventFiled       EventKind = "filed"
	EventOpposition  EventKind = "opposition"
	EventNotified    EventKind = "notified"
	EventReferred    EventKind = "referred"
	EventDecided     EventKind = "decided"
	EventAppealed    EventKind = "appealed"
	EventExecuted    EventKind = "executed"
	EventAssigned    EventKind = "assigned"
	EventHeld        EventKind = "held"
	EventConfirmed   EventKind = "confirmed"
	EventWithdrawn   EventKind = "withdrawn"
	EventMoved       EventKind = "moved"
	EventCeased      EventKind = "ceased"
)

// An Event is one change of a case, or one entry about it. Events are append-only.
type Event struct {
	At       checker.Date `json:"at"` // the legal day: as-of of the run, or the day that the office stated
	By       string       `json:"by"` // "pecaudit", or who entered it
	Event    EventKind    `json:"event"`
	From     State        `json:"from"`
	To       State        `json:"to"`
	Evidence *Evidence    `json:"evidence,omitempty"`
	Run      string       `json:"run,omitempty"`
	Note     string       `json:"note,omitempty"`
	Protocol string       `json:"protocol,omitempty"`
	Outcome  string       `json:"outcome,omitempty"`
	Until    checker.Date `json:"until,omitzero"`
}

// A Sighting is what today's run saw of one position of one company. A local unit is no sighting: it says nothing of its company.
type Sighting struct {
	Company   string       // key
	Valid     bool         // the key is a codice fiscale or partita IVA with the right check, or a REA of a known province: only then a case may open
	Chamber   string       // slug; "" when no chamber is known
	Address   string       // checker.Address.CaseKey
	Told      bool         // the row says which address the company has, or that it has none; false for "not told"
	InScope   bool         // false: cancelled, or without the duty
	Gone      bool         // with InScope false: cancelled, not only without the duty
	Reference checker.Date // day for which the list speaks; zero: as-of
	Checks    []Check      // outcome of every binding rule that took part, pass included
	Facts     Facts        // Detail and Elsewhere are left to Decide: they come from the checks and from the company's other rows
}

// A Term is the window of a published case: kept with it.
type Term struct {
	Procedure string       `json:"procedure,omitempty"`
	Published checker.Date `json:"published,omitzero"`
	Nominal   checker.Date `json:"nominal,omitzero"` // what the chamber prints
	Shifted   checker.Date `json:"shifted,omitzero"` // past Sundays and holidays
	Safe      checker.Date `json:"safe,omitzero"`    // past Saturdays too: nothing adverse before the day after
}

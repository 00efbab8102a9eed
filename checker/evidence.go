package checker

import "time"

// Kinds is a set of kinds of evidence.
type Kinds uint16

// The kinds. The first four come from lists, the others are observed.
const (
	StatusEvidence       Kinds = 1 << iota // an entry of a provider's status list for the address
	ExpiryEvidence                         // the row's own expiry
	ProfessionalEvidence                   // a list of professionals was given
	DirectorEvidence                       // the director's domicile is known
	StateEvidence                          // the list has a column stato
	MXEvidence
	SMTPEvidence
	ReceiptEvidence
)

// Evidence is what is known of one address beyond its text. A zero value is "not observed".
type Evidence struct {
	Declared StatusEntry
	MX       MXAnswer
	SMTP     SMTPReply
	Receipt  ReceiptSeen
}

// Observed heads every observation. Its zero value is "not attempted".
type Observed struct {
	At    time.Time // when the answer came, UTC
	Since time.Time // start of the unbroken run of this same answer; faults in between neither confirm nor break it
	By    string    // resolver, local host, mailbox, list
	Fault *Fault    // asked and not answered: says nothing about the company
}

// Tried reports whether there is an answer, or at least the fault of an attempt.
func (o Observed) Tried() bool { return !o.At.IsZero() || o.Fault != nil }

// Seen reports whether there is an answer.
func (o Observed) Seen() bool { return !o.At.IsZero() && o.Fault == nil }

// A Fault says why an observation has no answer. It is never a failure of the company.
type Fault struct {
	Reason Reason
	Text   string // raw, as a witness would tell it
}

// DeclaredState is the word of a provider's status list.
type DeclaredState uint8

// The states of a mailbox in a status list. The zero state is a word that is not understood.
const (
	DeclaredUnknown DeclaredState = iota
	DeclaredActive
	DeclaredExpired
	DeclaredRevoked
	DeclaredCeased
	DeclaredSuspended
	DeclaredNothing // no word, only a date
)

// A StatusEntry is what a status list says of one address. It is taken at its word while the list is fresh.
type StatusEntry struct {
	Known     bool // there is an entry
	State     DeclaredState
	Word      string // as written
	Expiry    Date   // zero when the entry has none
	Provider  string
	Reference Date // the day for which the list speaks
	Origin    Origin
}

// MXKind says how a domain answers when asked who takes its mail.
type MXKind uint8

// The answers of DNS, never mixed up with its failures (which are Faults). The zero kind is no answer.
const (
	MXNotAsked MXKind = iota
	MXHosts           // it names exchangers
	MXImplicit        // no MX, but an address: RFC 5321, 5.1
	MXNothing         // the domain exists, without MX and address
	MXNull            // null MX, RFC 7505
	MXNoDomain        // NXDOMAIN
	MXUnusable        // every MX is an address literal, a CNAME, or a host without address: wrong, but no proof that no mail is taken
)

// NoMail reports whether the answer says that the domain takes no mail.
func (k MXKind) NoMail() bool { return k == MXNothing || k == MXNull || k == MXNoDomain }

// An MXAnswer is what DNS said of a domain.
type MXAnswer struct {
	Observed
	Kind       MXKind
	Hosts      []string     // exchangers by preference, lower case, no final dot
	Exchangers ProviderKind // whose they are, by the providers' table of the day; unknown for every answer without exchangers
	Raw        string       // the answer as text, for the record
}

// ReplyClass is what an exchanger's reply to RCPT TO means.
type ReplyClass uint8

// The classes of reply. The zero class is unclear: unknown.
const (
	ReplyUnclear ReplyClass = iota
	ReplyAccepted
	ReplyNoMailbox // says that the mailbox does not exist
	ReplyFull
	ReplyPolicy    // about us: relay, certified mail only, block list, authentication
	ReplyTemporary // 4xx, greylisting included
)

// An SMTPReply is an exchanger's reply to an ordinary-mail RCPT TO. By itself it proves nothing.
type SMTPReply struct {
	Observed
	Class             ReplyClass
	Host              string // exchanger that answered
	Code              int
	Enhanced          string // "5.1.1", "" if none
	Text              string // raw
	RefusesImpossible bool   // it refuses an impossible mailbox of the same domain too
	TookAnother       bool   // in the same run it took another address of the same operator
}

// Proof is what a certified receipt proves.
type Proof uint8

// The proofs. The zero proof is none.
const (
	ProofNone Proof = iota
	ProofDelivered
	ProofDead
	ProofFull
	ProofFailed
)

// String returns the word of the contract.
func (p Proof) String() string { return [...]string{"none", "delivered", "dead", "full", "failed"}[p] }

// ReceiptSeen is what trusted receipts say of an address: At is the time of the newest, Since that of the first of the unbroken run of
// this same proof.
type ReceiptSeen struct {
	Observed
	Proof     Proof
	Delivered time.Time // the newest trusted delivery, zero if none
	Count     int       // receipts in the unbroken run
	ID        string    // SHA-256 of the newest raw message
}

// AtHand returns the kinds of evidence that are there for the address.
func (e *Evidence) AtHand() Kinds {
	var k Kinds
	if e.Declared.Known {
		k |= StatusEvidence
	}
	if e.MX.Tried() {
		k |= MXEvidence
	}
	if e.SMTP.Tried() {
		k |= SMTPEvidence
	}
	if e.Receipt.Tried() {
		k |= ReceiptEvidence
	}
	return k
}

// Between returns what of the evidence speaks for a day from the first to the last, both included; a zero first is open. What was seen before a
// company registered an address may concern its former holder, and what was seen after the day of a judgment was not known then
// (CONTRACT section 3). A run that began too early counts from its newest observation: the others of it are not known one by one.
// The evidence itself is returned where all of it speaks for such a day.
func (e *Evidence) Between(first, last Date) *Evidence {
	outside := func(day Date) bool { return !day.IsZero() && (day.Before(first) || day.After(last)) }
	var (
		declared     = outside(e.Declared.Reference)
		mx, mxRun    = outside(RomeDate(e.MX.At)), outside(RomeDate(e.MX.Since))
		smtp         = outside(RomeDate(e.SMTP.At))
		receipt, run = outside(RomeDate(e.Receipt.At)), outside(RomeDate(e.Receipt.Since))
		delivered    = outside(RomeDate(e.Receipt.Delivered))
	)
	if !(declared || mx || mxRun || smtp || receipt || run || delivered) {
		return e
	}
	k := *e
	if declared {
		k.Declared = StatusEntry{}
	}
	switch {
	case mx:
		k.MX = MXAnswer{}
	case mxRun:
		k.MX.Since = k.MX.At
	}
	if smtp {
		k.SMTP = SMTPReply{}
	}
	if delivered {
		k.Receipt.Delivered = time.Time{}
	}
	switch {
	case receipt:
		k.Receipt = ReceiptSeen{Delivered: k.Receipt.Delivered}
	case run:
		k.Receipt.Since, k.Receipt.Count = k.Receipt.At, 1
	}
	return &k
}

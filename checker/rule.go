package checker

import (
	"slices"
	"time"
)

// RuleID names a rule, for ever: "UNI-001".
type RuleID string

// Ground is the word for what is irregular, as findings print it.
type Ground string

// The grounds of CONTRACT section 3. Their Italian lives in reports/labels.go.
const (
	GroundMissing        Ground = "missing"
	GroundCode           Ground = "code"
	GroundAssigned       Ground = "assigned"
	GroundUnreadable     Ground = "unreadable"
	GroundStatus         Ground = "status"
	GroundConflicting    Ground = "conflicting"
	GroundMalformed      Ground = "malformed"
	GroundSeveral        Ground = "several"
	GroundCECPAC         Ground = "cec-pac"
	GroundOrdinary       Ground = "ordinary"
	GroundUnlistedDomain Ground = "unlisted-domain"
	GroundShared         Ground = "shared"
	GroundProfessional   Ground = "professional"
	GroundDirector       Ground = "director"
	GroundSharedLast     Ground = "shared-last"
	GroundExpired        Ground = "expired"
	GroundExpiring       Ground = "expiring"
	GroundRevoked        Ground = "revoked"
	GroundUncertified    Ground = "uncertified"
	GroundSuspended      Ground = "suspended"
	GroundDecertified    Ground = "decertified"
	GroundDomain         Ground = "domain"
	GroundRefused        Ground = "refused"
	GroundInactive       Ground = "inactive"
	GroundFull           Ground = "full"
)

// Outcome is what a rule says of a row. Its zero value is Unknown: a failure to observe is never a breach and never a pass.
type Outcome uint8

// The outcomes.
const (
	Unknown Outcome = iota
	Pass
	Fail
)

// String returns the word of the contract.
func (o Outcome) String() string { return [...]string{"unknown", "pass", "fail"}[o] }

// Verdict is what the rules together say of a row.
type Verdict uint8

// The verdicts.
const (
	Undetermined Verdict = iota
	Compliant
	NonCompliant
	OutOfScope
)

// String returns the word of the contract.
func (v Verdict) String() string {
	return [...]string{"undetermined", "compliant", "non-compliant", "out-of-scope"}[v]
}

// Force says whether a failing rule accuses.
type Force uint8

// The forces.
const (
	Advisory Force = iota
	Binding
)

// String returns the word of the contract.
func (f Force) String() string { return [...]string{"advisory", "binding"}[f] }

// Reason says why an outcome is Unknown; it is set only then.
type Reason string

// The reasons.
const (
	ReasonNoEvidence  Reason = "no-evidence"
	ReasonStale       Reason = "stale"
	ReasonTimeout     Reason = "timeout"
	ReasonUnreachable Reason = "unreachable"
	ReasonTemporary   Reason = "temporary"
	ReasonPolicy      Reason = "policy"
	ReasonAmbiguous   Reason = "ambiguous"
	ReasonUnsigned    Reason = "unsigned"
	ReasonUnconfirmed Reason = "unconfirmed"  // seen once, not yet confirmed on another day
	ReasonInsolvency  Reason = "insolvency"   // "procedura concorsuale"
	ReasonNotTold     Reason = "not-told"     // the list does not say
	ReasonNotExported Reason = "not-exported" // the list probably lacks the field
	ReasonElsewhere   Reason = "elsewhere"    // another position of the company has what this one lacks
	ReasonDisputed    Reason = "disputed"     // the law is disputed for this legal form
	ReasonRuleFault   Reason = "rule-fault"   // the rule itself broke: our error
)

// A Citation is a legal or technical source.
type Citation struct {
	Text string // "Lettera-circolare MISE prot. 77684 del 9 maggio 2014"
	URL  string // "" where none is stable
}

// Policy holds the thresholds that the configuration sets.
type Policy struct {
	MaxMissing        float64 // share of a list's rows in scope without address beyond which nobody is accused
	ExpiryWarningDays int
	StatusMaxAge      int // days
	SharedReviewFrom  int // holders
	DNSConfirmAfter   time.Duration
	ReceiptsConfirm   time.Duration
	ReceiptsMaxAge    int // days
}

// DefaultPolicy returns the defaults of CONTRACT section 8.
func DefaultPolicy() Policy {
	return Policy{
		MaxMissing: 0.30, ExpiryWarningDays: 45, StatusMaxAge: 45, SharedReviewFrom: 5,
		DNSConfirmAfter: 72 * time.Hour, ReceiptsConfirm: 240 * time.Hour, ReceiptsMaxAge: 45,
	}
}

// A Subject is all that a rule may look at. The audit fills it; rules change nothing in it.
type Subject struct {
	*Company
	AsOf         Date
	Policy       *Policy
	List         *ListFacts
	Domain       *DomainFacts // nil when the address is not well formed
	Holders      []Holder     // of the same address, this company's own positions left out, the latest to register first; nil when nobody else declares it
	MoreHolders  int          // further holders, not in Holders, which is cut at a hundred
	OwnSince     Date         // when this company registered the address: the latest of its positions that declare it; zero when one has no readable date up to as-of
	Also         []Identity   // what the positions of this company that declare the address say of who it is, where they differ
	Professional []Holder     // entries of the professionals' list for the address
	Directors    []Address    // domiciles of the company's directors: the row's own and the directors' list's
	Elsewhere    Elsewhere    // what the company's other positions in the run declare
	Evidence     *Evidence    // never nil
	Given        Kinds        // lists that were given for the whole run: ProfessionalEvidence, DirectorEvidence, StatusEvidence
	InsolvencyIn bool         // the chamber's procedure judges companies under insolvency like others
}

// Elsewhere is what the other positions of the same company declare.
type Elsewhere struct {
	Address   bool     // at least one of them has an address, well formed or not
	Different []string // folded addresses that differ from this row's, at most a few, in order
}

// A Holder is somebody else who declares the same address.
type Holder struct {
	Identity
	Also []Identity // of its other positions that declare the address, where they say something else
	Origin
	Name    string
	CCIAA   string
	Chamber string
	Since   Date // when the address was registered; zero when not known for one of its positions
	InScope bool // it has the duty, so it could be accused
}

// CertainlyOther reports whether a holder is surely another company than the subject's: the two are certainly different, and no position of the one
// has the REA or partita IVA of a position of the other.
func (s *Subject) CertainlyOther(h *Holder) bool {
	if !CertainlyDifferent(s.Identity, h.Identity) {
		return false
	}
	apart := func(id Identity) bool {
		return !id.shares(h.Identity) && !slices.ContainsFunc(h.Also, id.shares)
	}
	return apart(s.Identity) && !slices.ContainsFunc(s.Also, func(id Identity) bool { return !apart(id) })
}

// A Rule is one requirement: data, and a pure function. The engine in package rules decides whether it concerns a row, is in force and has its
// evidence; Judge is asked only then.
type Rule struct {
	ID           RuleID
	Title        string     // one line, Italian, as staff read it
	Doc          string     // Italian: what it requires, why, and when nobody can tell
	Cure         string     // Italian: what the company must do
	Cites        []Citation // at least one
	InForce      Period     // From is required
	Replaces     RuleID
	Place        int // among the rules, from 0: package rules sets it
	Ground       Ground
	Force        Force
	Undetermines bool                // marked * in the contract: unknown makes an otherwise compliant row undetermined
	Parsed       bool                // judges a parsed address: it takes no part on a row that breaks SYN-* or has no address
	Insolvency   bool                // unknown for a company in an insolvency procedure, unless Subject.InsolvencyIn
	Unless       RuleID              // it is not reported where that rule fails
	Needs        Kinds               // evidence without any of which it does not take part; 0: static
	Uses         Kinds               // evidence that it reads where there is some
	Applies      func(*Subject) bool // nil: it concerns every row
	Passes       func(*Subject) bool // whether the row itself passes at first sight; then Judge is not asked. nil: Judge says so
	// Judge is asked only where Passes does not say yes. It returns an Unknown with ReasonNoEvidence where the evidence at hand says nothing about its
	// question: then it takes no part either.
	Judge func(*Subject) Result
}

// A Result is what a rule's body returns.
type Result struct {
	Outcome Outcome
	Reason  Reason // with Unknown only
	Detail  string // for a person: Italian, with the evidence; never needed to understand the outcome by program
	// Source says which kind of evidence decided, and On for which day that evidence speaks: newer evidence may stand against
	// what the office entered (CONTRACT section 6). Zero for the row itself.
	Source Kinds
	On     Date
}

// A Finding is a rule's outcome on one row.
type Finding struct {
	Rule *Rule
	Result
}

// Decide returns the row's verdict from its findings: non-compliant if a binding rule fails; else undetermined if a binding rule marked * is
// unknown; else compliant.
func Decide(findings []Finding) Verdict {
	v := Compliant
	for _, f := range findings {
		switch {
		case f.Rule.Force != Binding:
		case f.Outcome == Fail:
			return NonCompliant
		case f.Outcome == Unknown && f.Rule.Undetermines:
			v = Undetermined
		}
	}
	return v
}

package receipt

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"time"

	"pecaudit/checker"
)

// The values of tipo that say something of an address (RFC 6109, section 4.4).
const (
	kindDelivered = "avvenuta-consegna"
	kindFailed    = "errore-consegna"
	kindDelayed   = "preavviso-errore-consegna"
)

// statusCode is a code of RFC 3463 at the start of errore-esteso; longer rows of numbers are no code.
var statusCode = regexp.MustCompile(`^\s*([245]\.[0-9]{1,3}\.[0-9]{1,3})(?:[^0-9.]|\.?(?:\s|$))`)

func enhanced(detail string) string {
	if m := statusCode.FindStringSubmatch(detail); m != nil {
		return m[1]
	}
	return ""
}

// prove says what the receipt proves, or why nothing.
func (r *Receipt) prove(unread error) (checker.Proof, string) {
	switch {
	case unread != nil:
		return checker.ProofNone, unread.Error()
	case r.Signature != Valid:
		return checker.ProofNone, "the signature is " + string(r.Signature) + ": " + r.SignatureNote
	}
	return prove(r.Kind, r.Error, r.Enhanced)
}

// prove is CONTRACT section 4. Where two of its clauses meet, a full box wins: what is full exists.
func prove(kind, errore, enhanced string) (checker.Proof, string) {
	switch errore {
	case "nessuno", "no-dest", "no-dominio", "altro":
	case "virus":
		return checker.ProofNone, "the message was refused for a virus: that says nothing of the address"
	default:
		return checker.ProofNone, "errore has a value that RFC 6109 does not know"
	}
	routing := strings.HasPrefix(enhanced, "5.4.")
	switch kind {
	case kindDelivered:
		return checker.ProofDelivered, ""
	case kindFailed:
		switch {
		case enhanced == "5.2.2":
			return checker.ProofFull, ""
		case errore == "no-dest", errore == "no-dominio", errore == "altro" && strings.HasPrefix(enhanced, "5.1."):
			return checker.ProofDead, ""
		case routing:
			return checker.ProofFailed, ""
		}
		return checker.ProofNone, "a failed delivery whose reason does not say that the address is dead"
	case kindDelayed:
		if routing {
			return checker.ProofFailed, ""
		}
		return checker.ProofNone, "a delay: the message may still arrive"
	case "accettazione", "non-accettazione", "presa-in-carico", "posta-certificata", "rilevazione-virus":
		return checker.ProofNone, "a message of kind " + kind + " says nothing of the recipient's address"
	}
	return checker.ProofNone, "tipo has a value that RFC 6109 does not know"
}

// A Proven is what the evidence store keeps of a trusted receipt for one address.
type Proven struct {
	Time   time.Time
	Proof  checker.Proof
	By     string // the provider that signed
	SHA256 string // of the raw message
}

// Proven returns what to keep for each address that the receipt Concerns.
func (r *Receipt) Proven() Proven {
	return Proven{Time: r.Time.UTC(), Proof: r.Proof, By: r.Provider, SHA256: r.SHA256}
}

// Seen folds what trusted receipts prove of one address, in any order, into one observation: the newest proof and its unbroken run. Receipts
// before from or after until are not read; a zero bound is open. One receipt given twice counts once, and proofs none do not count.
//
// A failed delivery says nothing of the box (RFC 3463, X.4: network and routing), so it neither confirms nor breaks a run of dead ones, and
// does not hide it when it is the newest.
func Seen(list []Proven, from, until time.Time) checker.ReceiptSeen {
	kept := make([]Proven, 0, len(list))
	for _, p := range list {
		if p.Proof != checker.ProofNone && !p.Time.Before(from) && (until.IsZero() || !p.Time.After(until)) {
			kept = append(kept, p)
		}
	}
	slices.SortFunc(kept, func(a, b Proven) int {
		return cmp.Or(b.Time.Compare(a.Time), cmp.Compare(a.Proof, b.Proof), cmp.Compare(a.SHA256, b.SHA256))
	})
	// The same receipt saved by two programs differs in bytes, not in what it says.
	kept = slices.CompactFunc(kept, func(a, b Proven) bool { return a.Time.Equal(b.Time) && a.Proof == b.Proof })

	var seen checker.ReceiptSeen
	if i := slices.IndexFunc(kept, func(p Proven) bool { return p.Proof == checker.ProofDelivered }); i >= 0 {
		seen.Delivered = kept[i].Time
	}
	failed := func(p Proven) bool { return p.Proof == checker.ProofFailed }
	if i := slices.IndexFunc(kept, func(p Proven) bool { return !failed(p) }); i >= 0 && kept[i].Proof == checker.ProofDead {
		kept = slices.DeleteFunc(kept, failed)
	}
	for i, p := range kept {
		if i == 0 {
			seen.At, seen.By, seen.Proof, seen.ID = p.Time, p.By, p.Proof, p.SHA256
		}
		if p.Proof != seen.Proof {
			break
		}
		seen.Since = p.Time
		seen.Count++
	}
	return seen
}

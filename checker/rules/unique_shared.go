package rules

import (
	"fmt"
	"strings"

	"pecaudit/checker"
)

func init() {
	register(&checker.Rule{
		ID:    "UNI-001",
		Title: "PEC multipla tra imprese",
		Doc: "L'indirizzo PEC è esclusivo di ciascuna impresa: lo stesso indirizzo su due imprese certamente diverse (codici fiscali validi e diversi, non varianti per omocodia, nessun REA o partita IVA in " +
			"comune) è irregolare per tutte, tranne l'ultima che lo ha iscritto. Con le date di iscrizione: è irregolare chi lo ha iscritto prima di un'altra; l'unica ultima non è segnalata (UNI-004) se tutte le " +
			"imprese sono datate e meno di cinque (soglia modificabile); negli altri casi resta da verificare. Senza alcuna data sono irregolari tutte. Chi non ha " +
			"l'obbligo non è mai segnalato; se è l'unica altra impresa, la posizione resta da verificare.",
		Cure:         "Attivare una casella PEC propria, esclusiva dell'impresa, e comunicare la variazione. La posizione si regolarizza anche se sono le altre imprese a cambiare indirizzo.",
		Cites:        []checker.Citation{exclusiveAddress, univocalAddress, directive2015, {Text: "Art. 2191 codice civile: cancellazione d'ufficio"}},
		InForce:      checker.Period{From: circularSent},
		Ground:       checker.GroundShared,
		Force:        checker.Binding,
		Undetermines: true,
		Parsed:       true,
		Insolvency:   true,
		Unless:       "UNI-002",
		Judge:        judgeShared,
	})
}

func judgeShared(s *checker.Subject) checker.Result {
	if len(s.Holders) == 0 {
		return pass()
	}
	others, rank := rankAmong(s)
	shared := "Stesso indirizzo di " + others.String() + "."
	switch rank {
	case rankLatest:
		return pass()
	case rankAllUndated:
		return fail(shared + " Nessuna data di iscrizione: non si può dire chi lo abbia iscritto per ultimo.")
	case rankEarlier:
		return fail(shared + " Questa impresa lo ha iscritto il " + s.OwnSince.Italian() + ", prima di un'altra.")
	case rankUncertain:
		others.list, others.more = s.Holders, s.MoreHolders
		return unknown(checker.ReasonAmbiguous, "Stesso indirizzo di posizioni che non si possono attribuire con certezza a un'altra impresa: "+others.places()+".")
	case rankNoneAccusable:
		return unknown(checker.ReasonAmbiguous, shared+" Nessun'altra è tenuta al domicilio digitale: caso da verificare.")
	case rankSomeUndated:
		return unknown(checker.ReasonAmbiguous, shared+" Mancano alcune date di iscrizione: non si può dire chi lo abbia iscritto per ultimo.")
	case rankTied:
		return unknown(checker.ReasonAmbiguous, shared+" Più imprese lo hanno iscritto per ultime nello stesso giorno.")
	default:
		return unknown(checker.ReasonAmbiguous, shared+" Questa lo ha iscritto per ultima, ma le imprese sono troppe: caso da verificare.")
	}
}

// A rank is where a company stands among those that declare its address.
type rank uint8

const (
	rankTooMany       rank = iota // the only latest, but of so many that a person must look
	rankUncertain                 // no other holder is certainly another company
	rankNoneAccusable             // the certainly different ones have no duty themselves
	rankAllUndated                // nobody has a date
	rankEarlier                   // somebody registered it later
	rankSomeUndated               // nobody registered it later, as far as the dates go
	rankTied                      // several registered it last
	rankLatest                    // the only latest of all
)

// rankAmong returns the certainly different holders, and where the subject stands among them. Only they and their dates decide.
func rankAmong(s *checker.Subject) (others rivals, r rank) {
	accusable, dated, undated := false, false, false
	var latest checker.Date // of the others
	for i := range s.Holders {
		h := &s.Holders[i]
		if !s.CertainlyOther(h) {
			continue
		}
		others.list = append(others.list, *h)
		accusable = accusable || h.InScope
		dated = dated || !h.Since.IsZero()
		undated = undated || h.Since.IsZero()
		if h.Since.After(latest) {
			latest = h.Since
		}
	}
	others.more = s.MoreHolders
	own := s.OwnSince
	switch {
	case len(others.list) == 0:
		return others, rankUncertain
	case !accusable:
		return others, rankNoneAccusable
	case own.IsZero() && !dated:
		return others, rankAllUndated
	case own.IsZero():
		return others, rankSomeUndated
	case own.Before(latest):
		return others, rankEarlier
	case undated:
		return others, rankSomeUndated
	case own == latest:
		return others, rankTied
	case others.more > 0 || 1+len(others.list) >= s.Policy.SharedReviewFrom:
		return others, rankTooMany
	}
	return others, rankLatest
}

// rivals are the companies that declare the same address, as a detail tells of them.
type rivals struct {
	list []checker.Holder
	more int // further ones, of which nothing is told
}

// maxNamed is how many of them a detail names.
const maxNamed = 5

func (r rivals) String() string {
	if len(r.list) == 1 && r.more == 0 {
		return "un'altra impresa: " + r.places()
	}
	return fmt.Sprintf("altre %d imprese: %s", len(r.list)+r.more, r.places())
}

// places says where the others stand and since when, without their names.
func (r rivals) places() string {
	var b strings.Builder
	for i, h := range r.list[:min(len(r.list), maxNamed)] {
		if i > 0 {
			b.WriteString("; ")
		}
		switch {
		case h.REA != "":
			b.WriteString("REA " + h.REA)
		case h.CCIAA != "":
			b.WriteString("CCIAA " + h.CCIAA)
		default:
			b.WriteString("senza REA")
		}
		since := "senza data di iscrizione"
		if !h.Since.IsZero() {
			since = "iscritto il " + h.Since.Italian()
		}
		b.WriteString(" (" + since + "; " + place(h.Origin) + ")")
	}
	if rest := len(r.list) + r.more - maxNamed; rest > 0 {
		fmt.Fprintf(&b, " e altre %d", rest)
	}
	return b.String()
}

// place says in which file and row something stands, as reports do: the base name only.
func place(o checker.Origin) string {
	name := o.File[strings.LastIndexByte(o.File, '/')+1:]
	if o.Sheet != "" {
		name += ", foglio " + o.Sheet
	}
	return fmt.Sprintf("%s, riga %d", name, o.Row)
}

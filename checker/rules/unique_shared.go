package rules

import (
	"fmt"
	"strconv"
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
		Passes:       func(s *checker.Subject) bool { return len(s.Holders) == 0 },
		Judge:        judgeShared,
	})
}

func judgeShared(s *checker.Subject) checker.Result {
	others, rank := rankAmong(s)
	if rank == rankLatest {
		return pass()
	}
	shared := "Stesso indirizzo di " + others.String() + "."
	switch rank {
	case rankAllUndated:
		return fail(shared + " Nessuna data di iscrizione: non si può dire chi lo abbia iscritto per ultimo.")
	case rankEarlier:
		return fail(shared + " Questa impresa lo ha iscritto il " + s.OwnSince.Italian() + ", prima di un'altra.")
	case rankUncertain:
		return unknown(checker.ReasonAmbiguous, "Stesso indirizzo di posizioni che non si possono attribuire con certezza a un'altra impresa: "+everyHolder(s).places()+".")
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
		others.add(h)
		accusable = accusable || h.InScope
		dated = dated || !h.Since.IsZero()
		undated = undated || h.Since.IsZero()
		if h.Since.After(latest) {
			latest = h.Since
		}
	}
	others.count += s.MoreHolders
	own := s.OwnSince
	switch {
	case others.named == 0:
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
	case s.MoreHolders > 0 || 1+others.count >= s.Policy.SharedReviewFrom:
		return others, rankTooMany
	}
	return others, rankLatest
}

// rivals are the companies that declare the same address, as a detail tells of them: the first few by their places.
type rivals struct {
	first [maxNamed]*checker.Holder
	named int // of first
	count int
}

// maxNamed is how many of them a detail names.
const maxNamed = 5

// everyHolder returns all who declare the subject's address, whoever they are.
func everyHolder(s *checker.Subject) (r rivals) {
	for i := range s.Holders {
		r.add(&s.Holders[i])
	}
	r.count += s.MoreHolders
	return r
}

func (r *rivals) add(h *checker.Holder) {
	r.count++
	if r.named < maxNamed {
		r.first[r.named] = h
		r.named++
	}
}

func (r rivals) String() string {
	if r.count == 1 {
		return "un'altra impresa: " + r.places()
	}
	return fmt.Sprintf("altre %d imprese: %s", r.count, r.places())
}

// places says where the others stand and since when, without their names.
func (r rivals) places() string {
	b := make([]byte, 0, 256)
	for i, h := range r.first[:r.named] {
		if i > 0 {
			b = append(b, "; "...)
		}
		switch {
		case h.REA != "":
			b = append(append(b, "REA "...), h.REA...)
		case h.CCIAA != "":
			b = append(append(b, "CCIAA "...), h.CCIAA...)
		default:
			b = append(b, "senza REA"...)
		}
		b = append(b, " ("...)
		if h.Since.IsZero() {
			b = append(b, "senza data di iscrizione"...)
		} else {
			b = append(append(b, "iscritto il "...), h.Since.Italian()...)
		}
		b = append(appendPlace(append(b, "; "...), h.Origin), ')')
	}
	if rest := r.count - r.named; rest > 0 {
		b = strconv.AppendInt(append(b, " e altre "...), int64(rest), 10)
	}
	return string(b)
}

// place says in which file and row something stands, as reports do: the base name only.
func place(o checker.Origin) string { return string(appendPlace(nil, o)) }

func appendPlace(b []byte, o checker.Origin) []byte {
	b = append(b, o.File[strings.LastIndexByte(o.File, '/')+1:]...)
	if o.Sheet != "" {
		b = append(append(b, ", foglio "...), o.Sheet...)
	}
	return strconv.AppendInt(append(b, ", riga "...), int64(o.Row), 10)
}

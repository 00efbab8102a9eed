package rules

import (
	"fmt"
	"time"

	"pecaudit/checker"
)

func init() {
	register(&checker.Rule{
		ID:    "DNS-001",
		Title: "Dominio inesistente o privo di servizio di posta",
		Doc: "Il dominio dell'indirizzo non riceve posta: non esiste, dichiara di non volerne (null MX), o non ha né server di posta né indirizzo. Un incidente di DNS può durare ore: la risposta deve essersi ripetuta in " +
			"due giorni diversi, a distanza di almeno 72 ore (soglia modificabile). Vista una volta sola, o se il DNS non ha risposto, resta da verificare: un guasto non è mai attribuito all'impresa.",
		Cure:         "Verificare con il gestore o con chi gestisce il dominio perché la posta non è recapitabile; se la casella non esiste più, comunicare un nuovo indirizzo PEC.",
		Cites:        []checker.Citation{companiesDuty, inactiveDomicile, mailRouting, {Text: "RFC 7505: null MX", URL: "https://www.rfc-editor.org/rfc/rfc7505"}},
		InForce:      checker.Period{From: dutyBegan},
		Ground:       checker.GroundDomain,
		Force:        checker.Binding,
		Undetermines: true,
		Parsed:       true,
		Needs:        checker.MXEvidence,
		Judge: func(s *checker.Subject) checker.Result {
			a := &s.Evidence.MX
			switch {
			case a.Fault != nil:
				return answered(s, faulty(a.Fault, "Il DNS non ha dato risposta per il dominio "+s.PEC.Domain()))
			case a.Kind == checker.MXNotAsked:
				return noEvidence
			case a.Kind == checker.MXUnusable:
				return answered(s, unknown(checker.ReasonAmbiguous, "Il dominio indica server di posta in una forma non ammessa: non prova che non riceva."))
			case !a.Kind.NoMail():
				return answered(s, pass())
			case !confirmed(s):
				return answered(s, unconfirmed(s, "Il dominio "+s.PEC.Domain()+" "+noMail[a.Kind]))
			}
			return answered(s, fail("Il dominio "+s.PEC.Domain()+" "+noMail[a.Kind]+" ("+seen(a)+")."))
		},
	})
}

var noMail = map[checker.MXKind]string{
	checker.MXNothing:  "non ha né server di posta né indirizzo",
	checker.MXNull:     "dichiara di non ricevere posta",
	checker.MXNoDomain: "non esiste",
}

// confirmed reports whether the answer of DNS was seen twice, on two days, far enough apart. Without a wait one observation is enough.
func confirmed(s *checker.Subject) bool {
	a, wait := &s.Evidence.MX, s.Policy.DNSConfirmAfter
	return wait == 0 || !a.Since.IsZero() && a.At.Sub(a.Since) >= wait && checker.RomeDate(a.Since) != checker.RomeDate(a.At)
}

// unconfirmed says that a fact was not seen often enough to accuse anybody of it.
func unconfirmed(s *checker.Subject, fact string) checker.Result {
	return unknown(checker.ReasonUnconfirmed, fmt.Sprintf("%s (%s): da confermare in un altro giorno, a distanza di almeno %.0f ore.",
		fact, seen(&s.Evidence.MX), s.Policy.DNSConfirmAfter.Hours()))
}

// seen says on which days an answer of DNS was observed.
func seen(a *checker.MXAnswer) string {
	if checker.RomeDate(a.Since) == checker.RomeDate(a.At) || a.Since.IsZero() {
		return "osservato il " + day(a.At)
	}
	return "osservato il " + day(a.Since) + " e il " + day(a.At)
}

// answered marks a result as decided by the answer of DNS.
func answered(s *checker.Subject, r checker.Result) checker.Result {
	r.Source, r.On = checker.MXEvidence, checker.RomeDate(s.Evidence.MX.At)
	return r
}

// faulty tells that an observation has no answer. That says nothing about the company.
func faulty(f *checker.Fault, what string) checker.Result {
	reason := f.Reason
	if reason == "" || reason == checker.ReasonNoEvidence {
		reason = checker.ReasonUnreachable
	}
	return unknown(reason, what+".")
}

// day returns the day of an instant as staff read it.
func day(t time.Time) string { return checker.RomeDate(t).Italian() }

package rules

import (
	"strings"

	"pecaudit/checker"
)

func init() {
	register(&checker.Rule{
		ID:    "PRV-002",
		Title: "Dominio gestito da operatore di posta ordinaria",
		Doc: "Tutti i server che ricevono la posta del dominio sono di un operatore di posta ordinaria noto, e il dominio non è fra quelli certificati: la casella non può essere PEC. Come per DNS-001 la risposta deve essersi " +
			"ripetuta in due giorni diversi. Se anche un solo server è sconosciuto o di altro tipo resta da verificare.",
		Cure:    "Attivare una casella PEC presso un gestore iscritto nell'elenco AgID e comunicare la variazione.",
		Cites:   []checker.Citation{companiesDuty, certifiedMail, mailRouting},
		InForce: checker.Period{From: dutyBegan},
		Ground:  checker.GroundUncertified,
		Force:   checker.Binding,
		Parsed:  true,
		Needs:   checker.MXEvidence,
		Judge: func(s *checker.Subject) checker.Result {
			a := &s.Evidence.MX
			switch {
			case s.Domain.Certified:
				return pass()
			case a.Fault != nil:
				return answered(s, faulty(a.Fault, "Il DNS non ha dato risposta per il dominio "+s.PEC.Domain()))
			case a.Kind == checker.MXNotAsked || a.Kind.NoMail():
				return noEvidence // there is no exchanger to know: see DNS-001
			case a.Exchangers == checker.CertifiedProvider:
				return answered(s, pass())
			case a.Exchangers != checker.OrdinaryProvider:
				return answered(s, unknown(checker.ReasonAmbiguous, "I server di posta del dominio "+s.PEC.Domain()+" non sono tutti di un operatore noto."))
			}
			ordinary := "La posta di " + s.PEC.Domain() + " è ricevuta solo da server di posta ordinaria: " + strings.Join(a.Hosts, ", ")
			if !confirmed(s) {
				return answered(s, unconfirmed(s, ordinary))
			}
			return answered(s, fail(ordinary+" ("+seen(a)+")."))
		},
	})
}

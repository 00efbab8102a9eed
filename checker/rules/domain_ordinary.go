package rules

import "pecaudit/checker"

func init() {
	register(&checker.Rule{
		ID:    "DOM-002",
		Title: "Casella di posta elettronica ordinaria",
		Doc: "Il dominio è esattamente uno di quelli di un operatore di posta ordinaria nella tabella curata (configs/providers.yaml): nessun gestore accreditato lo serve, quindi non è PEC. " +
			"libero.it è ordinario, pec.libero.it no. Un dominio noto solo da elenchi di terzi di domini gratuiti o temporanei non prova nulla: resta da verificare.",
		Cure:    "Attivare una casella PEC presso un gestore iscritto nell'elenco AgID e comunicare la variazione.",
		Cites:   []checker.Citation{companiesDuty, certifiedMail},
		InForce: checker.Period{From: dutyBegan},
		Ground:  checker.GroundOrdinary,
		Force:   checker.Binding,
		Parsed:  true,
		Passes:  func(s *checker.Subject) bool { return !s.Domain.Ordinary && !s.Domain.Listed },
		Judge: func(s *checker.Subject) checker.Result {
			if s.Domain.Ordinary {
				return fail("Il dominio " + s.PEC.Domain() + " è di posta ordinaria" + ofProvider(s.Domain) + ".")
			}
			return unknown(checker.ReasonAmbiguous, "Il dominio "+s.PEC.Domain()+" compare solo in elenchi di terzi di domini gratuiti o temporanei.")
		},
	})
}

// ofProvider names the provider of a domain at the end of a sentence, if it is known.
func ofProvider(d *checker.DomainFacts) string {
	if d.Provider == nil || d.Provider.Name == "" {
		return ""
	}
	return ", " + d.Provider.Name
}

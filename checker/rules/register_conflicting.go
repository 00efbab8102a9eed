package rules

import (
	"strings"

	"pecaudit/checker"
)

func init() {
	register(&checker.Rule{
		ID:    "REG-007",
		Title: "Indirizzi diversi per la stessa impresa",
		Doc: "Il domicilio digitale è uno per impresa. Negli elenchi esaminati la stessa impresa compare con indirizzi diversi: uno dei due è vecchio, oppure una posizione non fu aggiornata. " +
			"È un avviso: ciascun indirizzo è giudicato per conto suo.",
		Cure:    "Verificare quale indirizzo è quello in uso e comunicare la variazione per la posizione non aggiornata.",
		Cites:   []checker.Citation{companiesDuty},
		InForce: checker.Period{From: dutyBegan},
		Ground:  checker.GroundConflicting,
		Force:   checker.Advisory,
		Parsed:  true,
		Passes:  func(s *checker.Subject) bool { return len(s.Elsewhere.Different) == 0 },
		Judge: func(s *checker.Subject) checker.Result {
			return fail("In altre posizioni la stessa impresa ha: " + strings.Join(s.Elsewhere.Different, ", ") + ".")
		},
	})
}

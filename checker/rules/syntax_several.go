package rules

import "pecaudit/checker"

func init() {
	register(&checker.Rule{
		ID:    "SYN-002",
		Title: "Più indirizzi nello stesso campo",
		Doc: "La cella contiene più testi con la chiocciola, separati da spazi, punto e virgola, virgola o barra, e almeno uno è un indirizzo ben formato. Quale sia il domicilio digitale non si può " +
			"dire: la posizione resta da verificare e nessuno è segnalato.",
		Cure:         "L'Ufficio verifica nel registro quale indirizzo è iscritto; se ne risulta più d'uno, l'impresa ne comunica uno solo.",
		Cites:        []checker.Citation{companiesDuty, mailSyntax},
		InForce:      checker.Period{From: dutyBegan},
		Ground:       checker.GroundSeveral,
		Force:        checker.Binding,
		Undetermines: true,
		Applies:      func(s *checker.Subject) bool { return s.PEC.State >= checker.WellFormed },
		Passes:       func(s *checker.Subject) bool { return s.PEC.State != checker.Several },
		Judge: func(s *checker.Subject) checker.Result {
			return unknown(checker.ReasonAmbiguous, "La cella contiene più indirizzi: non si sa quale sia il domicilio digitale.")
		},
	})
}

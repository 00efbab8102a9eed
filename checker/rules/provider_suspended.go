package rules

import "pecaudit/checker"

func init() {
	register(&checker.Rule{
		ID:    "PRV-003",
		Title: "Stato della casella non risolutivo",
		Doc: "L'elenco dei gestori dice che la casella è sospesa, o usa una parola che il programma non conosce. Una sospensione può essere breve (per esempio un pagamento non ancora accreditato): la posizione resta da " +
			"verificare e nessuno è segnalato.",
		Cure:         "Verificare con il gestore; se la casella è sospesa, chiederne la riattivazione.",
		Cites:        []checker.Citation{companiesDuty, directive2015},
		InForce:      checker.Period{From: dutyBegan},
		Ground:       checker.GroundSuspended,
		Force:        checker.Binding,
		Undetermines: true,
		Parsed:       true,
		Needs:        checker.StatusEvidence,
		Judge: func(s *checker.Subject) checker.Result {
			e := &s.Evidence.Declared
			switch e.State {
			case checker.DeclaredSuspended:
				return declared(s, unknown(checker.ReasonTemporary, "Secondo l'elenco "+theList(e)+" la casella è sospesa."))
			case checker.DeclaredUnknown:
				return declared(s, unknown(checker.ReasonAmbiguous, "L'elenco "+theList(e)+" usa una parola non riconosciuta: «"+shorten(e.Word, 40)+"»."))
			}
			return declared(s, pass())
		},
	})
}

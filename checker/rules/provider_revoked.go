package rules

import "pecaudit/checker"

func init() {
	register(&checker.Rule{
		ID:    "PRV-001",
		Title: "PEC revocata o cessata",
		Doc: "L'elenco dei gestori dice che la casella fu revocata o è cessata. L'elenco è preso in parola finché è recente; se è troppo vecchio non si pronuncia. Una ricevuta di consegna attendibile successiva " +
			"all'elenco prova che la casella riceve.",
		Cure:         "Chiedere al gestore la riattivazione, oppure attivare una nuova casella PEC e comunicare la variazione.",
		Cites:        []checker.Citation{companiesDuty, inactiveDomicile, directive2015},
		InForce:      checker.Period{From: dutyBegan},
		Ground:       checker.GroundRevoked,
		Force:        checker.Binding,
		Undetermines: true,
		Parsed:       true,
		Insolvency:   true,
		Needs:        checker.StatusEvidence,
		Uses:         checker.ReceiptEvidence,
		Judge: func(s *checker.Subject) checker.Result {
			e := &s.Evidence.Declared
			switch e.State {
			case checker.DeclaredRevoked, checker.DeclaredCeased:
				word := "revocata"
				if e.State == checker.DeclaredCeased {
					word = "cessata"
				}
				return overdue(s, e.Reference, declared(s, fresh(s, fail("Secondo l'elenco "+theList(e)+" la casella è "+word+"."))))
			case checker.DeclaredActive, checker.DeclaredExpired:
				return declared(s, fresh(s, pass()))
			}
			return noEvidence // suspended, not understood, only a date: nothing about a revocation
		},
	})
}

package rules

import "pecaudit/checker"

func init() {
	register(&checker.Rule{
		ID:    "REG-006",
		Title: "Stato della posizione non riconosciuto",
		Doc: "Dallo stato dipende se l'impresa è tenuta al domicilio digitale. Se la parola nella colonna stato non è fra quelle note, o se è vuota per un'impresa individuale (tenuta solo se attiva), " +
			"nessuno può dirlo: la posizione resta da verificare. Per una società lo stato vuoto vale attiva.",
		Cure:         "Nessun adempimento dell'impresa: l'Ufficio verifica lo stato nel registro e corregge l'elenco.",
		Cites:        []checker.Citation{soleTradersDuty, companiesDuty},
		InForce:      checker.Period{From: dutyBegan},
		Ground:       checker.GroundStatus,
		Force:        checker.Binding,
		Undetermines: true,
		Needs:        checker.StateEvidence,
		Passes: func(s *checker.Subject) bool {
			return s.Status != checker.StatusUnknown && !(s.Status == checker.StatusEmpty && s.SoleTrader())
		},
		Judge: func(s *checker.Subject) checker.Result {
			if s.Status == checker.StatusUnknown {
				return unknown(checker.ReasonAmbiguous, "Stato non riconosciuto: «"+shorten(s.RawStatus, 40)+"».")
			}
			return unknown(checker.ReasonNotTold, "Stato non indicato: non si sa se l'impresa individuale sia attiva.")
		},
	})
}

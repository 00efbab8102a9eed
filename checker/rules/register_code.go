package rules

import "pecaudit/checker"

func init() {
	register(&checker.Rule{
		ID:    "REG-002",
		Title: "Codice fiscale assente o non valido",
		Doc: "Il codice fiscale identifica l'impresa: 11 cifre con la cifra di controllo, o 16 caratteri con il carattere di controllo (anche nelle varianti per omocodia). Senza un codice valido " +
			"la posizione non può essere confrontata con certezza con le altre.",
		Cure: "Nessun adempimento dell'impresa: l'Ufficio controlla il codice nel registro e corregge l'elenco.",
		Cites: []checker.Citation{{
			Text: "D.M. 23 dicembre 1976: struttura e carattere di controllo del codice fiscale",
		}},
		InForce: checker.Period{From: checker.Date{Year: 1976, Month: 12, Day: 23}},
		Ground:  checker.GroundCode,
		Force:   checker.Advisory,
		Passes:  func(s *checker.Subject) bool { return s.CodiceFiscale.Valid() },
		Judge: func(s *checker.Subject) checker.Result {
			if s.CodiceFiscale == "" {
				return fail("La riga non riporta un codice fiscale.")
			}
			return fail("Il codice fiscale non supera il controllo formale: probabile errore di digitazione.")
		},
	})
}

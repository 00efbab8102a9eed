package rules

import "pecaudit/checker"

func init() {
	register(&checker.Rule{
		ID:    "REG-003",
		Title: "Domicilio digitale assegnato d'ufficio con un altro codice fiscale",
		Doc: "Il domicilio che la Camera assegna d'ufficio ha la forma codicefiscale@" + checker.AssignedDomain + ": la parte prima della chiocciola è il codice fiscale dell'impresa stessa. " +
			"Se è diversa, l'indirizzo fu assegnato ad altri o è trascritto male. Non si pronuncia se la riga non riporta il codice fiscale.",
		Cure: "Nessun adempimento immediato: l'Ufficio verifica nel registro quale domicilio fu assegnato. L'impresa può comunque iscrivere una PEC propria.",
		Cites: []checker.Citation{
			inactiveDomicile,
			{Text: "Art. 16, c. 6-bis, D.L. 185/2008: assegnazione d'ufficio presso il cassetto digitale dell'imprenditore", URL: companiesDuty.URL},
		},
		InForce: checker.Period{From: checker.Date{Year: 2020, Month: 7, Day: 17}},
		Ground:  checker.GroundAssigned,
		Force:   checker.Advisory,
		Parsed:  true,
		Passes:  func(s *checker.Subject) bool { return s.PEC.Domain() != checker.AssignedDomain || s.Assigned() },
		Judge: func(s *checker.Subject) checker.Result {
			if s.CodiceFiscale == "" {
				return unknown(checker.ReasonAmbiguous, "Domicilio assegnato d'ufficio; la riga non riporta il codice fiscale con cui confrontarlo.")
			}
			return fail("Domicilio assegnato d'ufficio che non porta il codice fiscale di questa impresa.")
		},
	})
}

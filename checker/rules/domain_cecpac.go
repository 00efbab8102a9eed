package rules

import "pecaudit/checker"

// cecPAC is the domain of the boxes that citizens had for writing to public administrations only.
const cecPAC = "postacertificata.gov.it"

func init() {
	register(&checker.Rule{
		ID:    "DOM-001",
		Title: "Indirizzo CEC-PAC",
		Doc:   "Le caselle @" + cecPAC + " (CEC-PAC) servivano al dialogo fra cittadino e pubblica amministrazione: non sono domicili digitali utilizzabili da un'impresa.",
		Cure:  "Attivare una casella PEC presso un gestore iscritto nell'elenco AgID e comunicare la variazione.",
		Cites: []checker.Citation{
			companiesDuty,
			{Text: "D.P.C.M. 6 maggio 2009: casella di posta elettronica certificata assegnata ai cittadini per i rapporti con le amministrazioni"},
		},
		InForce: checker.Period{From: checker.Date{Year: 2009, Month: 5, Day: 6}},
		Ground:  checker.GroundCECPAC,
		Force:   checker.Binding,
		Parsed:  true,
		Passes:  func(s *checker.Subject) bool { return s.PEC.Domain() != cecPAC },
		Judge: func(s *checker.Subject) checker.Result {
			return fail("Casella CEC-PAC: riservata ai rapporti fra cittadino e amministrazione.")
		},
	})
}

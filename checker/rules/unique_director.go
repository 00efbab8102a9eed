package rules

import "pecaudit/checker"

func init() {
	register(&checker.Rule{
		ID:    "UNI-003",
		Title: "Domicilio digitale uguale a quello dell'amministratore",
		Doc: "Nelle società di capitali, cooperative e consortili il domicilio digitale dell'amministratore (unico, delegato o, in mancanza, presidente del consiglio) non può coincidere con quello dell'impresa. " +
			"È un avviso: chi deve cambiare è l'amministratore. Lo stesso indirizzo di un amministratore su più imprese non conta come indirizzo comune.",
		Cure:    "L'amministratore iscrive un domicilio digitale proprio, diverso da quello dell'impresa; l'indirizzo dell'impresa resta.",
		Cites:   []checker.Citation{directorsDomicile, {Text: "Nota MIMIT n. 43836 del 12 marzo 2025; nota Unioncamere del 10 novembre 2025"}},
		InForce: checker.Period{From: checker.Date{Year: 2026, Month: 1, Day: 1}},
		Ground:  checker.GroundDirector,
		Force:   checker.Advisory,
		Parsed:  true,
		Needs:   checker.DirectorEvidence,
		Applies: func(s *checker.Subject) bool {
			if s.Form == nil {
				return false
			}
			switch s.Form.Class {
			case checker.CapitalCompany, checker.Cooperative, checker.ConsortiumEntity:
				return true
			}
			return false
		},
		Judge: func(s *checker.Subject) checker.Result {
			for _, d := range s.Directors {
				if d.Folded == s.PEC.Folded {
					return fail("L'amministratore ha lo stesso domicilio digitale dell'impresa: deve cambiare il proprio.")
				}
			}
			return pass()
		},
	})
}

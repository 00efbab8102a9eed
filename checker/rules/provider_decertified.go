package rules

import "pecaudit/checker"

func init() {
	register(&checker.Rule{
		ID:    "PRV-004",
		Title: "Dominio non più certificato",
		Doc: "Secondo la tabella dei gestori il dominio fu certificato e non lo è più (gestore cessato o dominio dismesso). La tabella può essere incompleta: è un avviso, che da solo non prova che la casella " +
			"sia inattiva.",
		Cure:    "Chiedere al gestore se la casella è ancora PEC; in caso contrario attivarne una nuova e comunicare la variazione.",
		Cites:   []checker.Citation{certifiedMail},
		InForce: checker.Period{From: dutyBegan},
		Ground:  checker.GroundDecertified,
		Force:   checker.Advisory,
		Parsed:  true,
		Passes:  func(s *checker.Subject) bool { return s.Domain.Certified || s.Domain.Ended.IsZero() },
		Judge: func(s *checker.Subject) checker.Result {
			return fail("Il dominio " + s.PEC.Domain() + " non è più certificato dal " + s.Domain.Ended.Italian() + ofProvider(s.Domain) + ".")
		},
	})
}

package rules

import "pecaudit/checker"

func init() {
	register(&checker.Rule{
		ID:    "DOM-003",
		Title: "Dominio non presente fra quelli certificati noti",
		Doc: "Non esiste un elenco pubblico completo dei domini PEC, e migliaia di imprese usano un dominio proprio: un dominio sconosciuto è solo un invito a guardare. Se un dominio certificato " +
			"noto dista un solo carattere viene suggerito, mai applicato.",
		Cure:    "Nessun adempimento se la casella è PEC; se l'indirizzo è scritto male, comunicare quello esatto.",
		Cites:   []checker.Citation{certifiedMail},
		InForce: checker.Period{From: dutyBegan},
		Ground:  checker.GroundUnlistedDomain,
		Force:   checker.Advisory,
		Parsed:  true,
		Passes:  func(s *checker.Subject) bool { return s.Domain.Certified },
		Judge: func(s *checker.Subject) checker.Result {
			detail := "Il dominio " + s.PEC.Domain() + " non è fra quelli certificati noti."
			if s.Domain.Suggestion != "" {
				detail += " Forse si intendeva " + s.Domain.Suggestion + "?"
			}
			return fail(detail)
		},
	})
}

package rules

import (
	"fmt"

	"pecaudit/checker"
)

func init() {
	register(&checker.Rule{
		ID:    "EXP-002",
		Title: "PEC in scadenza",
		Doc: "La casella scade nel giorno del controllo o entro il preavviso configurato (45 giorni se non è cambiato). La data è quella su cui giudica EXP-001: della voce dell'elenco dei gestori, altrimenti della riga. È " +
			"un promemoria, non un'irregolarità.",
		Cure:    "Rinnovare la casella prima della scadenza.",
		Cites:   []checker.Citation{companiesDuty},
		InForce: checker.Period{From: dutyBegan},
		Ground:  checker.GroundExpiring,
		Force:   checker.Advisory,
		Parsed:  true,
		Needs:   checker.StatusEvidence | checker.ExpiryEvidence,
		Judge: func(s *checker.Subject) checker.Result {
			expiry, source := s.Expiry, checker.Result{}
			if e := &s.Evidence.Declared; !e.Expiry.IsZero() {
				expiry, source = e.Expiry, declared(s, source)
			}
			if expiry.IsZero() {
				return noEvidence
			}
			source.Outcome = checker.Pass
			if days := s.AsOf.DaysUntil(expiry); days >= 0 && days <= s.Policy.ExpiryWarningDays {
				source.Outcome = checker.Fail
				source.Detail = "La casella scade il " + expiry.Italian() + in(days) + "."
			}
			return source
		},
	})
}

func in(days int) string {
	switch days {
	case 0:
		return ", oggi"
	case 1:
		return ", domani"
	}
	return fmt.Sprintf(", fra %d giorni", days)
}

package rules

import "pecaudit/checker"

func init() {
	register(&checker.Rule{
		ID:    "UNI-002",
		Title: "PEC multipla del professionista",
		Doc: "L'indirizzo compare nell'elenco dei professionisti con il codice fiscale di una persona diversa: non è riferibile in via esclusiva all'impresa. Se fra i professionisti c'è l'impresa stessa (per esempio il " +
			"titolare dell'impresa individuale) non c'è irregolarità; se una voce dell'elenco non ha un codice valido, o potrebbe essere la stessa persona, resta da verificare.",
		Cure:         "Attivare una casella PEC propria, esclusiva dell'impresa e diversa da quella del professionista, e comunicare la variazione.",
		Cites:        []checker.Citation{exclusiveAddress, univocalAddress, directive2015},
		InForce:      checker.Period{From: circularSent},
		Ground:       checker.GroundProfessional,
		Force:        checker.Binding,
		Undetermines: true,
		Parsed:       true,
		Insolvency:   true,
		Needs:        checker.ProfessionalEvidence,
		Passes:       func(s *checker.Subject) bool { return len(s.Professional) == 0 },
		Judge:        judgeProfessional,
	})
}

func judgeProfessional(s *checker.Subject) checker.Result {
	uncertain := false
	for i := range s.Professional {
		entry := &s.Professional[i]
		if entry.CodiceFiscale.Valid() && entry.CodiceFiscale == s.CodiceFiscale {
			return pass()
		}
		uncertain = uncertain || !checker.CertainlyDifferent(s.Identity, entry.Identity)
	}
	if uncertain {
		return unknown(checker.ReasonAmbiguous, "L'indirizzo è nell'elenco dei professionisti ("+place(s.Professional[0].Origin)+
			"), ma non si può dire con certezza che sia di un'altra persona.")
	}
	return fail("L'indirizzo è nell'elenco dei professionisti, riferito a un'altra persona (" + place(s.Professional[0].Origin) + ").")
}

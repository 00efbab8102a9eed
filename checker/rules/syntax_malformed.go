package rules

import "pecaudit/checker"

func init() {
	register(&checker.Rule{
		ID:    "SYN-001",
		Title: "Indirizzo formalmente non valido",
		Doc: "Tolti gli spazi intorno, il prefisso mailto:, una coppia di virgolette o parentesi angolari e la punteggiatura finale, il testo deve essere un solo indirizzo di posta: una parte locale " +
			"di caratteri ASCII (al più 64), la chiocciola, un dominio di almeno due parti (anche internazionale), al più 254 caratteri in tutto. Nient'altro viene corretto: un eventuale " +
			"suggerimento è solo stampato accanto.",
		Cure:         "Iscrivere l'indirizzo PEC esatto con una pratica di variazione.",
		Cites:        []checker.Citation{companiesDuty, mailSyntax, {Text: "RFC 5890: nomi di dominio internazionali", URL: "https://www.rfc-editor.org/rfc/rfc5890"}},
		InForce:      checker.Period{From: dutyBegan},
		Ground:       checker.GroundMalformed,
		Force:        checker.Binding,
		Undetermines: true,
		Applies: func(s *checker.Subject) bool {
			return s.PEC.State == checker.WellFormed || s.PEC.State == checker.Malformed
		},
		Passes: func(s *checker.Subject) bool { return s.PEC.State == checker.WellFormed },
		Judge: func(s *checker.Subject) checker.Result {
			return fail("Non è un indirizzo di posta: " + syntaxFaults[s.PEC.Fault] + ".")
		},
	})
}

var syntaxFaults = [...]string{
	checker.NoFault:                 "forma non riconosciuta",
	checker.FaultNoAt:               "manca la chiocciola",
	checker.FaultTwoAts:             "più di una chiocciola",
	checker.FaultSpace:              "contiene uno spazio",
	checker.FaultLocalEmpty:         "non c'è nulla prima della chiocciola",
	checker.FaultLocalTooLong:       "più di 64 caratteri prima della chiocciola",
	checker.FaultLocalDot:           "punto all'inizio, alla fine o doppio prima della chiocciola",
	checker.FaultLocalCharacter:     "carattere non ammesso prima della chiocciola",
	checker.FaultDomainEmpty:        "non c'è nulla dopo la chiocciola",
	checker.FaultDomainOneLabel:     "il dominio ha una sola parte",
	checker.FaultDomainDot:          "punto all'inizio, alla fine o doppio nel dominio",
	checker.FaultDomainCharacter:    "carattere non ammesso nel dominio",
	checker.FaultDomainHyphen:       "trattino all'inizio o alla fine di una parte del dominio",
	checker.FaultDomainLabelTooLong: "una parte del dominio supera i 63 caratteri",
	checker.FaultTooLong:            "più di 254 caratteri",
}

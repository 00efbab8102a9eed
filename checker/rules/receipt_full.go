package rules

import "pecaudit/checker"

func init() {
	register(&checker.Rule{
		ID:    "RCP-002",
		Title: "Casella piena",
		Doc: "L'ultima ricevuta attendibile dice che la casella è piena: il messaggio non è stato consegnato, ma la casella è attiva. È un avviso: una casella piena non è un domicilio inattivo (vedi anche Cass. SS.UU. n. 28452 del 5 " +
			"novembre 2024).",
		Cure: "Liberare spazio nella casella o ampliarla presso il gestore.",
		Cites: []checker.Citation{
			certifiedReceipts,
			{Text: "Cass. SS.UU. 5 novembre 2024, n. 28452: notifica a mezzo PEC e casella piena"},
			{Text: "RFC 3463, par. 3.3: codice 5.2.2, casella piena", URL: "https://www.rfc-editor.org/rfc/rfc3463#section-3.3"},
		},
		InForce: checker.Period{From: dutyBegan},
		Ground:  checker.GroundFull,
		Force:   checker.Advisory,
		Parsed:  true,
		Needs:   checker.ReceiptEvidence,
		Judge: func(s *checker.Subject) checker.Result {
			r := &s.Evidence.Receipt
			switch {
			case r.Fault != nil || r.Proof == checker.ProofNone:
				return noEvidence
			case r.Proof != checker.ProofFull:
				return received(s, pass())
			}
			return received(s, fail("Il "+day(r.At)+" la consegna non è riuscita perché la casella era piena."))
		},
	})
}

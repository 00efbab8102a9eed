package rules

import (
	"fmt"
	"time"

	"pecaudit/checker"
)

func init() {
	register(&checker.Rule{
		ID:    "RCP-001",
		Title: "PEC inattiva secondo le ricevute",
		Doc: "Due avvisi di mancata consegna firmati, distanti almeno 10 giorni (il più recente di non oltre 45: soglie modificabili), dicono che la casella o il dominio non esiste, e nessuna consegna è riuscita dopo il primo. Uno " +
			"solo non basta. Ricevute non firmate o non attendibili non provano nulla; una casella piena è attiva (RCP-002).",
		Cure:    "Riattivare la casella con il gestore, oppure attivarne una nuova e comunicare la variazione.",
		Cites:   []checker.Citation{companiesDuty, inactiveDomicile, certifiedReceipts},
		InForce: checker.Period{From: dutyBegan},
		Ground:  checker.GroundInactive,
		Force:   checker.Binding,
		Parsed:  true,
		Needs:   checker.ReceiptEvidence,
		Judge:   judgeDead,
	})
}

func judgeDead(s *checker.Subject) checker.Result {
	r := &s.Evidence.Receipt
	switch {
	case r.Fault != nil || r.Proof == checker.ProofNone:
		return noEvidence
	case r.Proof == checker.ProofFailed:
		return received(s, unknown(checker.ReasonUnreachable, "Il "+day(r.At)+" la consegna non è riuscita per un problema di rete o di instradamento: non dice nulla sulla casella."))
	case r.Proof != checker.ProofDead:
		return received(s, pass())
	case r.Delivered.After(r.Since):
		return received(s, unknown(checker.ReasonAmbiguous, "Mancata consegna il "+day(r.At)+", ma una consegna è riuscita il "+day(r.Delivered)+"."))
	case checker.RomeDate(r.At).DaysUntil(s.AsOf) > s.Policy.ReceiptsMaxAge:
		return received(s, unknown(checker.ReasonStale, "L'ultimo avviso di mancata consegna, del "+day(r.At)+", è troppo vecchio per decidere."))
	case r.Count < 2 || r.At.Sub(r.Since) < s.Policy.ReceiptsConfirm:
		return received(s, unknown(checker.ReasonUnconfirmed, fmt.Sprintf(
			"Mancata consegna il %s: serve un secondo avviso a distanza di almeno %d giorni.", day(r.At), s.Policy.ReceiptsConfirm/(24*time.Hour))))
	}
	return received(s, fail("Avvisi di mancata consegna firmati il "+day(r.Since)+" e il "+day(r.At)+": la casella non esiste o non è attiva."))
}

// received marks a result as decided by receipts.
func received(s *checker.Subject, r checker.Result) checker.Result {
	r.Source, r.On = checker.ReceiptEvidence, checker.RomeDate(s.Evidence.Receipt.At)
	return r
}

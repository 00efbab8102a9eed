package rules

import "pecaudit/checker"

func init() {
	register(&checker.Rule{
		ID:    "EXP-001",
		Title: "PEC scaduta",
		Doc: "La casella non rinnovata non è più attiva. Parla per prima la voce dell'elenco dei gestori: \"scaduta\", o una data di scadenza anteriore al giorno del controllo. Senza voce vale la scadenza della riga. Il " +
			"giorno della scadenza è ancora valido. Non si pronuncia se l'elenco è troppo vecchio o si contraddice con la riga; una ricevuta di consegna attendibile successiva alla scadenza prova che la casella " +
			"fu rinnovata.",
		Cure:         "Rinnovare la casella presso il gestore (non occorre alcuna comunicazione) oppure attivarne una nuova e comunicare la variazione.",
		Cites:        []checker.Citation{companiesDuty, inactiveDomicile, directive2015},
		InForce:      checker.Period{From: dutyBegan},
		Ground:       checker.GroundExpired,
		Force:        checker.Binding,
		Undetermines: true,
		Parsed:       true,
		Insolvency:   true,
		Needs:        checker.StatusEvidence | checker.ExpiryEvidence,
		Uses:         checker.ReceiptEvidence,
		Passes: func(s *checker.Subject) bool {
			return !speaks(&s.Evidence.Declared) && !s.Expiry.IsZero() && !ownExpiryPast(s)
		},
		Judge: judgeExpired,
	})
}

func judgeExpired(s *checker.Subject) checker.Result {
	e := &s.Evidence.Declared
	switch {
	case !speaks(e):
		return judgeOwnExpiry(s)
	case !e.Expiry.IsZero() && e.State == checker.DeclaredExpired && !e.Expiry.Before(s.AsOf):
		return declared(s, unknown(checker.ReasonAmbiguous, "Secondo l'elenco "+theList(e)+" la casella è scaduta, ma con scadenza "+e.Expiry.Italian()+": dati in contrasto."))
	case !e.Expiry.IsZero() && e.Expiry.Before(s.AsOf):
		return overdue(s, e.Expiry, declared(s, fresh(s, fail("Secondo l'elenco "+theList(e)+" la casella è scaduta il "+e.Expiry.Italian()+"."))))
	case e.State == checker.DeclaredExpired:
		return overdue(s, e.Reference, declared(s, fresh(s, fail("Secondo l'elenco "+theList(e)+" la casella è scaduta."))))
	case !e.Expiry.IsZero():
		return declared(s, fresh(s, pass()))
	case ownExpiryPast(s):
		return overdue(s, s.Expiry, declared(s, unknown(checker.ReasonAmbiguous,
			"La riga riporta la scadenza "+s.Expiry.Italian()+"; l'elenco "+theList(e)+" dice «"+shorten(e.Word, 40)+"» senza data: da verificare.")))
	case e.State == checker.DeclaredActive:
		return declared(s, fresh(s, pass()))
	}
	return judgeOwnExpiry(s) // revoked, suspended, not understood: nothing about the expiry
}

// judgeOwnExpiry judges by the row's own date.
func judgeOwnExpiry(s *checker.Subject) checker.Result {
	switch {
	case s.Expiry.IsZero():
		return noEvidence
	case ownExpiryPast(s):
		return overdue(s, s.Expiry, fail("La casella risulta scaduta il "+s.Expiry.Italian()+" (data riportata nella riga)."))
	}
	return pass()
}

func ownExpiryPast(s *checker.Subject) bool { return !s.Expiry.IsZero() && s.Expiry.Before(s.AsOf) }

// overdue returns the result, or a pass if a trusted receipt shows that something was delivered to the mailbox after the day.
func overdue(s *checker.Subject, after checker.Date, r checker.Result) checker.Result {
	delivered := checker.RomeDate(s.Evidence.Receipt.Delivered)
	if !delivered.After(after) {
		return r
	}
	return checker.Result{Outcome: checker.Pass, Source: checker.ReceiptEvidence, On: delivered}
}

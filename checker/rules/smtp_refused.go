package rules

import "pecaudit/checker"

func init() {
	register(&checker.Rule{
		ID:    "SMT-001",
		Title: "Casella rifiutata dal server di posta",
		Doc: "Il server del gestore rifiuta la casella come inesistente, rifiuta anche un indirizzo impossibile dello stesso dominio e nella stessa occasione ne accetta un altro dello stesso operatore. La posta " +
			"ordinaria non prova nulla su una casella PEC (molte rifiutano ciò che non è PEC): è un avviso, che serve a scegliere che cosa verificare. Ogni altra risposta che non sia un'accettazione resta da verificare.",
		Cure:    "Verificare con una PEC di prova e con la relativa ricevuta; se la casella non esiste più, comunicare un nuovo indirizzo.",
		Cites:   []checker.Citation{{Text: "RFC 5321, par. 4.2 e RFC 3463: risposte dei server di posta", URL: "https://www.rfc-editor.org/rfc/rfc5321#section-4.2"}},
		InForce: checker.Period{From: dutyBegan},
		Ground:  checker.GroundRefused,
		Force:   checker.Advisory,
		Parsed:  true,
		Needs:   checker.SMTPEvidence,
		Judge: func(s *checker.Subject) checker.Result {
			r := judgeReply(&s.Evidence.SMTP)
			r.Source, r.On = checker.SMTPEvidence, checker.RomeDate(s.Evidence.SMTP.At)
			return r
		},
	})
}

func judgeReply(r *checker.SMTPReply) checker.Result {
	switch {
	case r.Fault != nil:
		return faulty(r.Fault, "Il server di posta non ha dato risposta")
	case r.Class == checker.ReplyAccepted:
		return pass()
	case r.Class == checker.ReplyNoMailbox && r.RefusesImpossible && r.TookAnother:
		return fail("Il " + day(r.At) + " il server " + r.Host + " ha rifiutato la casella come inesistente, mentre ne accettava un'altra dello stesso operatore.")
	case r.Class == checker.ReplyNoMailbox:
		return unknown(checker.ReasonUnconfirmed, "Il server rifiuta la casella, ma mancano le prove di controllo.")
	case r.Class == checker.ReplyTemporary:
		return unknown(checker.ReasonTemporary, "Il server chiede di riprovare più tardi.")
	case r.Class == checker.ReplyFull:
		return unknown(checker.ReasonTemporary, "Il server dice che la casella è piena: esiste, ma al momento non riceve.")
	case r.Class == checker.ReplyPolicy:
		return unknown(checker.ReasonPolicy, "Il server rifiuta chi scrive, non la casella (per esempio perché non è PEC).")
	}
	return unknown(checker.ReasonAmbiguous, "Risposta del server non chiara.")
}

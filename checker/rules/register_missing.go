package rules

import (
	"fmt"

	"pecaudit/checker"
)

func init() {
	register(&checker.Rule{
		ID:    "REG-001",
		Title: "Domicilio digitale mancante",
		Doc: "Ogni impresa tenuta all'obbligo iscrive nel registro un domicilio digitale e lo mantiene fino alla cancellazione. La regola guarda se la posizione, o un'altra " +
			"posizione della stessa impresa negli elenchi esaminati, riporta un indirizzo. Non si pronuncia se l'elenco non dice (\"n.d.\"), se troppe righe sono vuote (colonna " +
			"probabilmente non esportata), se l'obbligo della forma giuridica è discusso o la forma non è riconosciuta.",
		Cure:         "Attivare una casella PEC propria e iscriverla con una pratica di comunicazione del domicilio digitale (esente da bolli e diritti).",
		Cites:        []checker.Citation{companiesDuty, soleTradersDuty},
		InForce:      checker.Period{From: dutyBegan},
		Ground:       checker.GroundMissing,
		Force:        checker.Binding,
		Undetermines: true,
		Insolvency:   true,
		Passes: func(s *checker.Subject) bool {
			return s.PEC.State != checker.NotTold && s.PEC.State != checker.NoAddress
		},
		Judge: judgeMissing,
	})
}

// smallList is the number of rows in scope below which a list full of gaps is taken at its word.
const smallList = 50

func judgeMissing(s *checker.Subject) checker.Result {
	switch {
	case s.PEC.State == checker.NotTold:
		return unknown(checker.ReasonNotTold, "L'elenco non dice quale sia il domicilio digitale.")
	case s.Elsewhere.Address:
		return unknown(checker.ReasonElsewhere, "Indirizzo assente in questa posizione, presente in un'altra posizione della stessa impresa.")
	case s.List.InScope >= smallList && s.List.MissingShare() > s.Policy.MaxMissing:
		return unknown(checker.ReasonNotExported, fmt.Sprintf(
			"L'elenco non riporta l'indirizzo di %d posizioni su %d: probabilmente il campo non è stato esportato.", s.List.WithoutAddress, s.List.InScope))
	case s.Form == nil && checker.TrimSpace(s.RawForm) != "":
		return unknown(checker.ReasonDisputed, "Indirizzo assente; forma giuridica non riconosciuta, quindi obbligo da verificare.")
	case s.Form != nil && s.Form.Duty == checker.DutyDisputed:
		return unknown(checker.ReasonDisputed, "Indirizzo assente; l'obbligo è discusso per questa forma giuridica ("+s.Form.Name+").")
	}
	return fail("La posizione non riporta alcun domicilio digitale.")
}

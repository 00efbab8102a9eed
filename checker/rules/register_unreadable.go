package rules

import (
	"fmt"
	"strings"

	"pecaudit/checker"
)

func init() {
	register(&checker.Rule{
		ID:    "REG-005",
		Title: "Data illeggibile",
		Doc: "Una cella che dovrebbe contenere una data (iscrizione o scadenza della PEC, cancellazione) non è leggibile come tale. Tutte le altre regole la trattano come assente: " +
			"nessuno è segnalato per una data che non si legge.",
		Cure:    "Nessun adempimento dell'impresa: l'Ufficio corregge la data nell'elenco e ripete il controllo.",
		Cites:   []checker.Citation{registerOrder},
		InForce: checker.Period{From: dutyBegan},
		Ground:  checker.GroundUnreadable,
		Force:   checker.Advisory,
		Passes:  func(s *checker.Subject) bool { return len(s.Unreadable) == 0 },
		Judge: func(s *checker.Subject) checker.Result {
			cells := make([]string, len(s.Unreadable))
			for i, d := range s.Unreadable {
				cells[i] = fmt.Sprintf("%s «%s»", d.Field, shorten(d.Text, 40))
			}
			return fail("Data illeggibile: " + strings.Join(cells, ", ") + ".")
		},
	})
}

// shorten returns the first n characters of s, with an ellipsis if there are more.
func shorten(s string, n int) string {
	for i := range s {
		if n == 0 {
			return s[:i] + "…"
		}
		n--
	}
	return s
}

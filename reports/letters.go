package reports

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"pecaudit/checker"
	"pecaudit/checker/cases"
)

// A Letter is a row for a mail merge: whom to write to, and what.
type Letter struct {
	Name, CodiceFiscale, CCIAA, REA, PEC string
	ByPEC                                bool // a certified message to the address would arrive, as far as the ground tells
	Subject, Body                        string
}

var letterColumns = []string{columnName, columnCode, columnCCIAA, columnREA, columnPEC, columnByPEC, columnSubject, columnBody}

// WriteLetters writes letters as CSV in the form of CONTRACT section 1.
func WriteLetters(w io.Writer, letters []Letter) error {
	c := NewCSV(w)
	if err := c.Write(letterColumns...); err != nil {
		return err
	}
	for _, l := range letters {
		byPEC := letterNo
		if l.ByPEC {
			byPEC = letterYes
		}
		if err := c.Write(l.Name, l.CodiceFiscale, l.CCIAA, l.REA, l.PEC, byPEC, l.Subject, l.Body); err != nil {
			return err
		}
	}
	return c.Flush()
}

// ClientLetters are an accountant's letters: one for each line of the schedule.
func ClientLetters(list []Deadline) []Letter {
	letters := make([]Letter, 0, len(list))
	for _, d := range list {
		letters = append(letters, Letter{
			Name: d.Name, CodiceFiscale: d.CodiceFiscale, CCIAA: d.CCIAA, PEC: d.PEC, ByPEC: d.Reachable,
			Subject: fmt.Sprintf(letterClientSubject, d.Problem),
			Body:    fmt.Sprintf(letterClientBody, d.Name, d.PEC, d.Problem, d.Cure, d.ActBy.Italian(), d.Why, d.Consequence),
		})
	}
	return letters
}

// OfficeLetters tell the companies of published cases that the procedure has begun: ground, cure, term. cures holds the rules' cures.
func OfficeLetters(chamber string, list []cases.Case, cures map[checker.RuleID]string) []Letter {
	var letters []Letter
	for i := range list {
		c := &list[i]
		if c.State != cases.Listed {
			continue
		}
		var cure []string
		for _, rule := range c.Rules {
			if text := cures[rule]; text != "" && !slices.Contains(cure, text) {
				cure = append(cure, text)
			}
		}
		letters = append(letters, Letter{
			Name: c.Facts.Name, CodiceFiscale: c.Facts.CodiceFiscale, CCIAA: c.Facts.CCIAA, REA: c.Facts.REA, PEC: c.Facts.PEC, ByPEC: reachable(c.Ground),
			Subject: fmt.Sprintf(letterOfficeSubject, c.Facts.Name, c.Facts.REA),
			Body: fmt.Sprintf(letterOfficeBody, chamber, c.Facts.PEC, GroundLabel(c.Ground), c.Facts.Detail, c.Act, c.Term.Published.Italian(),
				strings.Join(cure, " "), c.Term.Nominal.Italian(), c.Term.Safe.Italian()),
		})
	}
	return letters
}

// reachable reports whether a message to the address would arrive: the grounds of a shared address say that the box works.
func reachable(g checker.Ground) bool {
	switch g {
	case checker.GroundShared, checker.GroundProfessional, checker.GroundExpiring, checker.GroundDirector:
		return true
	}
	return false
}

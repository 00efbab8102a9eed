package main

import (
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"pecaudit/checker"
	"pecaudit/checker/cases"
)

func (p *program) termCommand() *cobra.Command {
	var config, published, procedure string
	c := &cobra.Command{
		Use:   "term --published DATE",
		Short: "Computes the window of a list",
		Long: `Computes the last day to put things right after a list was published: nominal (what the chamber prints), shifted
(past Sundays and holidays) and safe (past Saturdays too). Prints JSON; warnings go to standard error.`,
		Example: "  pecaudit term --published 2026-07-01\n  pecaudit term --published 2026-11-11 --procedure conservatore-30",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			if published == "" {
				return usagef("term needs --published YYYY-MM-DD, the day on which the list went out")
			}
			on, err := checker.ParseISODate(published)
			if err != nil {
				return usagef("--published: %w", err)
			}
			s, err := p.setup(config)
			if err != nil {
				return err
			}
			proc, err := s.procedure(procedure)
			if err != nil {
				return err
			}
			for _, warning := range termWarnings(proc, on) {
				p.warn("%s", warning)
			}
			t := proc.Term(on)
			return p.printJSON(struct {
				Procedure string       `json:"procedure"`
				Published checker.Date `json:"published"`
				Nominal   checker.Date `json:"nominal"`
				Shifted   checker.Date `json:"shifted"`
				Safe      checker.Date `json:"safe"`
			}{proc.ID, t.Published, t.Nominal, t.Shifted, t.Safe})
		},
	}
	c.Flags().StringVar(&published, "published", "", "day of publication at the Albo, `YYYY-MM-DD`")
	c.Flags().StringVar(&procedure, "procedure", "", "`ID` of the procedure (default: the configuration's, else giudice-45)")
	c.Flags().StringVar(&config, "config", "", "configuration `FILE`")
	return c
}

func termWarnings(proc *cases.Procedure, on checker.Date) []string {
	var w []string
	if text := proc.WarningOn(on); text != "" {
		w = append(w, text)
	}
	if !proc.Period.Contains(on) {
		w = append(w, fmt.Sprintf("the procedure %s is described for publications %s, not for %s", proc.ID, proc.Period, on))
	}
	if slices.Contains(proc.NoListIn, on.Month) {
		w = append(w, fmt.Sprintf("the procedure %s publishes no list in %s", proc.ID, on.Month))
	}
	if name, ok := cases.Holiday(on); ok {
		w = append(w, fmt.Sprintf("%s is a holiday (%s): check that the list went out on that day", on, name))
	}
	return w
}

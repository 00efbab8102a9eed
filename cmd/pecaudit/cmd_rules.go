package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"pecaudit/checker"
	"pecaudit/checker/rules"
)

func (p *program) rulesCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "rules [ID]",
		Short:   "Lists the rules, or explains one with its legal source",
		Long:    `Without an argument: one line a rule. With the ID of a rule: its text, citations, period in force and cure.`,
		Example: "  pecaudit rules\n  pecaudit rules UNI-001",
		Args:    cobra.MaximumNArgs(1),
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			var ids []string
			for _, r := range rules.All() {
				ids = append(ids, string(r.ID)+"\t"+r.Title)
			}
			return ids, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				for _, r := range rules.All() {
					fmt.Fprintf(p.stdout, "%s  %-8s  %-15s  %s\n", r.ID, r.Force, r.Ground, r.Title)
				}
				return nil
			}
			r := rules.ByID(checker.RuleID(strings.ToUpper(args[0])))
			if r == nil {
				return usagef("there is no rule %s; 'pecaudit rules' lists them", args[0])
			}
			fmt.Fprintf(p.stdout, "%s  %s\n%s, ground %s, in force %s\n\n%s\n", r.ID, r.Title, r.Force, r.Ground, r.InForce, r.Doc)
			if r.Cure != "" {
				fmt.Fprintf(p.stdout, "\nRimedio: %s\n", r.Cure)
			}
			fmt.Fprintln(p.stdout, "\nFonti:")
			for _, c := range r.Cites {
				fmt.Fprintln(p.stdout, strings.TrimSpace("  - "+c.Text+" "+c.URL))
			}
			if r.Replaces != "" {
				fmt.Fprintln(p.stdout, "\nSostituisce:", r.Replaces)
			}
			return nil
		},
	}
}

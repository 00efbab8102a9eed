package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"pecaudit/checker/store"
)

func (p *program) storeCommand() *cobra.Command {
	return group("store", "Verifies the store, deletes what retention allows", "", p.storeCheckCommand(), p.storePurgeCommand())
}

func (p *program) storeCheckCommand() *cobra.Command {
	var f storeFlags
	c := &cobra.Command{
		Use:     "check",
		Short:   "Verifies the store and its chain of events",
		Long:    "Reads the whole store and verifies the file, the links between tables, and that no event of any case was changed, removed or put in another place. Prints the head of the chain: written down elsewhere (runs log it too) it shows later that nothing was rewritten.",
		Example: "  pecaudit store check --config pecaudit.yaml",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			_, st, err := f.open(c.Context(), p)
			if err != nil {
				return err
			}
			defer st.Close()
			problems, err := st.Check(c.Context())
			if err != nil {
				return err
			}
			for _, problem := range problems {
				fmt.Fprintln(p.stdout, problem)
			}
			if len(problems) > 0 {
				return fmt.Errorf("the store has %d problems: do not publish from it; restore a copy from before they came in", len(problems))
			}
			n, head, err := st.Head(c.Context())
			if err != nil {
				return err
			}
			fmt.Fprintf(p.stdout, "the store is sound: its file, its links and its chain of %d events hold\nhead of the chain: %s\n", n, head)
			return nil
		},
	}
	f.register(c)
	return c
}

func (p *program) storePurgeCommand() *cobra.Command {
	var f storeFlags
	var dryRun bool
	c := &cobra.Command{
		Use:   "purge",
		Short: "Deletes what retention allows",
		Long: `Deletes evidence and months that no published case refers to once they are older than retention.evidence (30 months), and published cases
with all that they refer to retention.cases (10 years) after their end.`,
		Example: "  pecaudit store purge --config pecaudit.yaml --dry-run",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			s, st, err := f.change(c.Context(), p, "store purge", false)
			if err != nil {
				return err
			}
			defer st.Close()
			today := p.today()
			r, err := st.Purge(c.Context(), store.PurgePolicy{
				EvidenceBefore: s.Retention.Evidence.Before(today), MonthsBefore: s.Retention.Evidence.Before(today), CasesBefore: s.Retention.Cases.Before(today),
			}, dryRun)
			if err != nil {
				return err
			}
			return p.printJSON(r)
		},
	}
	f.register(c)
	c.Flags().BoolVar(&dryRun, "dry-run", false, "say what would be deleted, delete nothing")
	return c
}

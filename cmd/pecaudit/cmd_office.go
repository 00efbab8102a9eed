package main

import (
	"context"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"pecaudit/checker"
	"pecaudit/checker/audit"
	"pecaudit/checker/cases"
	"pecaudit/checker/rules"
	"pecaudit/checker/store"
	"pecaudit/reports"
)

func (p *program) casesImportCommand() *cobra.Command {
	var f storeFlags
	var by string
	var dryRun, asJSON bool
	c := &cobra.Command{
		Use:   "import FILE.xlsx --by NAME",
		Short: "Reads back what the office wrote in a workbook",
		Long: `Reads "Esito istruttoria", "Protocollo", "Data esito" and "Note" of each case, whatever was done to the workbook (sorted, filtered, rows deleted, columns
moved, saved by another program), and enters them. The same file twice changes nothing. What cannot be entered is shown with its row and why.`,
		Example: `  pecaudit cases import cartelle/2026-11/torino.xlsx --config pecaudit.yaml --by "A. Bianchi" --dry-run`,
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if by == "" {
				return usagef("say who enters it: --by NAME")
			}
			r, err := p.readBack(c.Context(), &f, args[0], by, dryRun)
			if err != nil {
				return err
			}
			if asJSON {
				return p.printJSON(r)
			}
			return reports.WriteReadBack(p.stdout, r.Lines(), len(r.Entered), r.Known, len(r.Conflicts), dryRun)
		},
	}
	f.register(c)
	c.Flags().StringVar(&by, "by", "", "`NAME` of who enters it")
	c.Flags().BoolVar(&dryRun, "dry-run", false, "say what would happen, change nothing")
	c.Flags().BoolVar(&asJSON, "json", false, "print a JSON object")
	return c
}

// readBack takes a workbook's entries into the store.
func (p *program) readBack(ctx context.Context, f *storeFlags, file, by string, dryRun bool) (*audit.ReadBackResult, error) {
	_, st, err := f.change(ctx, p, "cases import", dryRun)
	if err != nil {
		return nil, err
	}
	defer st.Close()
	newest, err := newestAsOf(ctx, st)
	if err != nil {
		return nil, err
	}
	b := audit.ReadingBack{File: file, By: by, Today: laterOf(p.today(), newest), DryRun: dryRun}
	return b.Run(ctx, st)
}

func (p *program) casesLettersCommand() *cobra.Command {
	var f storeFlags
	var out, month string
	var chambers []string
	c := &cobra.Command{
		Use:   "letters --out FILE.csv",
		Short: "Writes letters to the companies of a list, for mail merge",
		Long: `Writes a CSV with a row for each published case whose window is open: subject and body in Italian (start of the procedure, ground, cure, term), and whether a
certified message would reach the company at all.`,
		Example: "  pecaudit cases letters --config pecaudit.yaml --month 2026-11 --out lettere.csv",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if out == "" {
				return usagef("say where to write: --out FILE.csv")
			}
			return p.letters(c.Context(), &f, out, month, chambers)
		},
	}
	f.register(c)
	c.Flags().StringVar(&out, "out", "", "the file, `FILE.csv`")
	c.Flags().StringVar(&month, "month", "", "only cases published in this month, `YYYY-MM`")
	c.Flags().StringArrayVar(&chambers, "chamber", nil, "only this `CHAMBER`: slug, name or sigla (repeatable)")
	return c
}

func (p *program) letters(ctx context.Context, f *storeFlags, out, month string, chambers []string) error {
	var only checker.Month
	if month != "" {
		var err error
		if only, err = checker.ParseMonth(month); err != nil {
			return usagef("--month: %w", err)
		}
	}
	s, st, err := f.open(ctx, p)
	if err != nil {
		return err
	}
	defer st.Close()
	reg, err := s.register(p.today())
	if err != nil {
		return err
	}
	slugs, err := reg.chamberSlugs(chambers)
	if err != nil {
		return err
	}
	list, err := st.Cases(ctx, store.Filter{State: cases.Listed})
	if err != nil {
		return err
	}
	byChamber := map[string][]cases.Case{}
	asOf, err := newestAsOf(ctx, st)
	if err != nil {
		return err
	}
	for _, c := range list {
		if c.Overdue(asOf) { // its window is over: a letter would state a term that is past
			continue
		}
		if (len(slugs) == 0 || slices.Contains(slugs, c.Chamber)) && (month == "" || c.Term.Published.In() == only) {
			byChamber[c.Chamber] = append(byChamber[c.Chamber], c)
		}
	}
	cures := map[checker.RuleID]string{}
	for _, r := range rules.All() {
		cures[r.ID] = r.Cure
	}
	var letters []reports.Letter
	for _, chamber := range sortedKeys(byChamber) {
		name := chamber
		if c, ok := reg.chambers.BySlug(chamber); ok {
			name = c.Name
		}
		letters = append(letters, reports.OfficeLetters(name, byChamber[chamber], cures)...)
	}
	if err := writeLetters(out, letters); err != nil {
		return err
	}
	p.say("%d letters written to %s", len(letters), out)
	return nil
}

// writeLetters writes letters to a file, whole or not at all.
func writeLetters(path string, letters []reports.Letter) error {
	file, err := reports.Create(path)
	if err != nil {
		return err
	}
	defer file.Abort()
	if err := reports.WriteLetters(file, letters); err != nil {
		return err
	}
	return file.Commit()
}

// keptBack reads a workbook back before a list goes out and returns the cases that it keeps off. A row that could not be entered stops the publication: it may be the
// one that says not to publish.
func (p *program) keptBack(ctx context.Context, st *store.Store, b audit.ReadingBack) (map[string]bool, error) {
	r, err := b.Run(ctx, st)
	if err != nil {
		return nil, err
	}
	for _, line := range r.Lines() {
		p.say("%s", line)
	}
	if len(r.Conflicts) > 0 {
		return nil, &cases.Refusal{Why: fmt.Sprintf("%s has %d rows that cannot be entered: put them right, or publish without --from; nothing was published", b.File, len(r.Conflicts))}
	}
	kept := map[string]bool{}
	for _, e := range r.Entered {
		if e.Event == cases.EventHeld {
			kept[e.Case] = true
		}
	}
	return kept, nil
}

// tellKept says that a workbook was not overwritten because somebody had written in it.
func (p *program) tellKept(path string) {
	p.warn("somebody wrote in the workbook that stood there: it is kept as %s; 'pecaudit cases import' reads it back", path)
}

package main

import (
	"context"
	"errors"
	"slices"

	"github.com/spf13/cobra"

	"pecaudit/checker"
	"pecaudit/checker/audit"
	"pecaudit/checker/cases"
	"pecaudit/reports"
)

// auditFlags are audit's own flags.
type auditFlags struct {
	inputs
	out, view, published, procedure, findings, force, rows, rejected, calendar, letters, store string
}

func (p *program) auditCommand() *cobra.Command {
	var f auditFlags
	c := &cobra.Command{
		Use:   "audit [flags] LIST...",
		Short: "One-off audit of company lists",
		Long: `Judges every position of the lists (CSV, XLSX, or a zip with one of them; - is standard input) and prints a summary that says
which checks were done, and which were not and why. Opens no case. Give all lists at once: whether an address is
shared can only be seen among the lists of one run.`,
		Example: `  pecaudit audit imprese.csv --out verifica.xlsx
  pecaudit audit imprese.xlsx --pec-status gestore.csv --findings rilievi.csv --json
  pecaudit audit clienti.xlsx --view studio --out scadenze.xlsx --calendar scadenze.ics
  pecaudit audit scuole.csv --map pec=INDIRIZZOPECSCUOLA --map rea=CODICESCUOLA`,
		Args: func(_ *cobra.Command, lists []string) error {
			if len(lists) == 0 || slices.Contains(lists, "") {
				return errors.New("name the lists to audit, or - for standard input")
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error { return p.audit(c.Context(), &f, args) },
	}
	f.register(c)
	c.Flags().StringVar(&f.out, "out", "", "write a workbook, `FILE.xlsx`")
	c.Flags().StringVar(&f.findings, "findings", "", "write every rule that did not pass, `FILE.jsonl|FILE.csv`")
	c.Flags().StringVar(&f.force, "findings-force", "all", "which findings: `all|binding`")
	c.Flags().StringVar(&f.rows, "rows", "", "write every row as it was understood, `FILE.jsonl|FILE.csv`")
	c.Flags().StringVar(&f.rejected, "rejected", "", "write the rows that could not be read, `FILE.csv`")
	c.Flags().StringVar(&f.view, "view", "office", "how the workbook is laid out: `office|studio` (studio: who must do what by when, first)")
	c.Flags().StringVar(&f.published, "published", "", "the day on which the chamber's list went out, `YYYY-MM-DD` (dates in the studio view)")
	c.Flags().StringVar(&f.procedure, "procedure", "", "`ID` of the procedure (default: the configuration's, else giudice-45)")
	c.Flags().StringVar(&f.calendar, "calendar", "", "write the deadlines as a calendar, `FILE.ics`")
	c.Flags().StringVar(&f.letters, "letters", "", "write a letter to each client, for mail merge, `FILE.csv`")
	c.Flags().StringVar(&f.store, "store", "", "keep and recall evidence in the store `FILE`")
	return c
}

func (p *program) audit(ctx context.Context, f *auditFlags, lists []string) (err error) {
	asOf, err := date("--as-of", f.asOf, p.today())
	if err != nil {
		return err
	}
	if f.force != "all" && f.force != "binding" {
		return usagef("--findings-force %q: it must be all or binding", f.force)
	}
	if f.view != "office" && f.view != "studio" {
		return usagef("--view %q: it must be office or studio", f.view)
	}
	published, err := date("--published", f.published, checker.Date{})
	if err != nil {
		return err
	}
	s, err := p.setup(f.config)
	if err != nil {
		return err
	}
	if err := f.apply(s.Config); err != nil {
		return err
	}
	proc, err := s.procedure(f.procedure)
	if err != nil {
		return err
	}
	s.Lists.Companies = nil // an audit is of the lists it is given
	for _, path := range lists {
		s.Lists.Companies = append(s.Lists.Companies, ListFile{Path: path})
	}
	a, reg, err := f.prepare(p, s, asOf, asOf.In())
	if err != nil {
		return err
	}
	if f.procedure != "" {
		a.InsolvencyIn = func(string) bool { return proc.Insolvency }
	}
	inputs := slices.Concat(a.Companies, a.Status, a.Professionals, a.Directors, a.Pending, f.receipts, []string{f.config})
	if err := checkOutputs([]string{f.out, f.findings, f.rows, f.rejected, f.calendar, f.letters}, inputs); err != nil {
		return err
	}
	if err := errors.Join(checkOutput("--out", f.out, ".xlsx"), checkOutput("--calendar", f.calendar, ".ics"), checkOutput("--letters", f.letters, ".csv")); err != nil {
		return err
	}
	outputs, err := audit.NewOutputs(f.findings, f.rows, f.rejected, f.force == "binding")
	if errors.Is(err, audit.ErrOutputName) {
		return usageError{err}
	}
	if err != nil {
		return err
	}
	defer outputs.Abort()

	wantsBook := f.out != "" || f.calendar != "" || f.letters != ""
	book := &reports.Month{Kind: reports.AuditBook, Month: asOf.In(), AsOf: asOf, Version: version(), Config: s.Hash()}
	sink := audit.Sink{
		EveryRow: outputs.EveryRow(),
		Row: func(row *audit.Row) error {
			if wantsBook {
				book.Rows = append(append(book.Rows, audit.Breaches(row)...), audit.Lines(row)...)
			}
			return outputs.Row(row)
		},
		Rejected: func(_ string, row *checker.RejectedRow) error {
			if wantsBook {
				book.Rejected = append(book.Rejected, audit.RejectedLine(row))
			}
			return outputs.Rejected(row)
		},
	}
	st, closeStore, err := p.auditStore(ctx, s, f.store, f.receipts)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeStore()) }()
	bars := startProgress(f.progressTo(p))
	a.Progress = bars.step
	if st != nil {
		e := s.evidence(p, st, reg.providers, asOf)
		e.Progress = bars.step
		if err := f.attach(ctx, p, s, e, a); err != nil {
			return err
		}
	}
	result, err := a.Run(ctx, sink)
	bars.wait()
	broken := errors.Is(err, audit.ErrRuleFault) // what was found stands, but the audit did not do what it should
	if err != nil && !broken {
		return err
	}
	for _, l := range result.Lists { // of the other lists: those of companies went by
		for i := range l.RejectedRows {
			if err := sink.Rejected("", &l.RejectedRows[i]); err != nil {
				return err
			}
		}
	}
	if wantsBook {
		book.Summary, book.Rules, book.Sources = result.Summary, audit.AppliedRules(&result.Summary), result.Sources()
		book.Summary.Seconds = 0
		book.Procedure = audit.Note(proc, asOf)
		if err := f.write(book, proc, published); err != nil {
			return err
		}
	}
	// Last, since it is least likely to fail: a run that fails leaves the old files.
	if err := outputs.Commit(); err != nil {
		return err
	}
	if err := f.finish(p, s.Config, result); err != nil {
		return err
	}
	if broken {
		return audit.ErrRuleFault
	}
	return nil
}

// write writes the workbook, the calendar and the letters that were asked for.
func (f *auditFlags) write(book *reports.Month, proc *cases.Procedure, published checker.Date) error {
	reports.Sort(book.Rows)
	schedule := reports.NewSchedule(book, proc, published)
	if f.calendar != "" {
		file, err := reports.Create(f.calendar)
		if err != nil {
			return err
		}
		defer file.Abort()
		if err := reports.WriteCalendar(file, book.AsOf, schedule); err != nil {
			return err
		}
		if err := file.Commit(); err != nil {
			return err
		}
	}
	if f.letters != "" {
		if err := writeLetters(f.letters, reports.ClientLetters(schedule)); err != nil {
			return err
		}
	}
	if f.out == "" {
		return nil
	}
	if f.view == "studio" {
		book.Schedule = schedule
	}
	return reports.Write(f.out, book)
}

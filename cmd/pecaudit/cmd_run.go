package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"pecaudit/checker"
	"pecaudit/checker/audit"
	"pecaudit/checker/cases"
	"pecaudit/checker/rules"
	"pecaudit/checker/store"
)

// storeFlags are the flags of every command that opens the store.
type storeFlags struct{ config, dsn string }

func (f *storeFlags) register(c *cobra.Command) {
	c.Flags().StringVar(&f.config, "config", "", "configuration `FILE`")
	c.Flags().StringVar(&f.dsn, "store", "", "`FILE` of the store (default: the configuration's)")
}

// setup reads the configuration, with the flag's store in front of its own.
func (f *storeFlags) setup(p *program) (*setup, error) {
	s, err := p.setup(f.config)
	if err == nil && f.dsn != "" {
		s.Store = f.dsn
	}
	return s, err
}

// open opens a store that must be there already, to read it.
func (f *storeFlags) open(ctx context.Context, p *program) (*setup, *store.Store, error) {
	s, err := f.setup(p)
	if err != nil {
		return nil, nil, err
	}
	st, err := store.Open(ctx, s.Store, store.Options{Now: p.now})
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil, usageError{s.unconfigured(err)}
	case err != nil:
		return nil, nil, err
	}
	return s, st, nil
}

// change opens for a command a store that must be there already, to change it; a dry run only reads it.
func (f *storeFlags) change(ctx context.Context, p *program, command string, dryRun bool) (*setup, *store.Store, error) {
	s, st, err := f.open(ctx, p)
	if err != nil || dryRun {
		return s, st, err
	}
	if err := st.Close(); err != nil {
		return nil, nil, err
	}
	st, err = s.write(ctx, p, command)
	return s, st, err
}

// write opens the store for a command that changes it, and makes one where there is none.
func (s *setup) write(ctx context.Context, p *program, command string) (*store.Store, error) {
	return store.Open(ctx, s.Store, store.Options{Write: true, Holder: "pecaudit " + command, Now: p.now})
}

// runFlags are run's own flags.
type runFlags struct {
	inputs
	store, month, published, act, by, outDir string
	chambers, accept                         []string
}

func (p *program) runCommand() *cobra.Command {
	var f runFlags
	c := &cobra.Command{
		Use:   "run [flags]",
		Short: "The monthly batch: lists, checks, cases, workbooks",
		Long: `Reads the lists that the configuration names, judges every position, moves the cases in the store and writes one workbook per
chamber and nazionale.xlsx. Running the same month again changes nothing. Lists may arrive late and one chamber at a
time: whoever is not in the lists is not touched.

With --published, --act and --by the month's list is published after the checks, as 'cases publish' does.`,
		Example: `  pecaudit run --config pecaudit.yaml
  pecaudit run --config pecaudit.yaml --month 2026-11 --published 2026-11-02 --act "Determinazione 12/2026" --by "A. Bianchi"
  pecaudit run --config pecaudit.yaml --accept UNI-001`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return p.monthly(c.Context(), &f) },
	}
	f.register(c)
	c.Flags().StringVar(&f.store, "store", "", "`FILE` of the store (default: the configuration's)")
	c.Flags().StringVar(&f.month, "month", "", "the month, `YYYY-MM` (default: that of as-of)")
	c.Flags().StringVar(&f.published, "published", "", "publish the list with this date, `YYYY-MM-DD`")
	c.Flags().StringVar(&f.act, "act", "", "the act that the list belongs to, `TEXT` (with --published)")
	c.Flags().StringVar(&f.by, "by", "", "`NAME` of who publishes it (with --published)")
	c.Flags().StringArrayVar(&f.chambers, "chamber", nil, "only this `CHAMBER`: slug, name or sigla (repeatable)")
	c.Flags().StringArrayVar(&f.accept, "accept", nil, "lift the hold of a rule or chamber, `RULE|SLUG` (repeatable)")
	c.Flags().StringVar(&f.outDir, "out-dir", "", "`FOLDER` of the workbooks (default: the configuration's)")
	return c
}

// monthly is one monthly run.
func (p *program) monthly(ctx context.Context, f *runFlags) error {
	started := p.now()
	collectAt(100) // the cases and workbooks of a run are much garbage: a tenth of the time for a fifth of the memory
	defer collectAt(usualGarbage)
	asOf, err := date("--as-of", f.asOf, p.today())
	if err != nil {
		return err
	}
	month := asOf.In()
	if f.month != "" {
		if month, err = checker.ParseMonth(f.month); err != nil {
			return usagef("--month: %w", err)
		}
	}
	s, err := p.setup(f.config)
	if err != nil {
		return err
	}
	if err := f.apply(s.Config); err != nil {
		return err
	}
	if f.store != "" {
		s.Store = f.store
	}
	if f.outDir != "" {
		s.OutDir = f.outDir
	}
	if len(s.Lists.Companies) == 0 {
		return s.unconfigured(usagef("run needs lists of companies: name them in the configuration (lists: {companies: [...]}), or audit single lists with 'pecaudit audit'"))
	}
	b, publish, err := f.plan(p, s, asOf, month)
	if err != nil {
		return err
	}
	if err := p.refuseEarlier(ctx, s.Store, b); err != nil {
		return err
	}
	a, reg, err := f.prepare(p, s, asOf, month)
	if err != nil {
		return err
	}
	b.Audit = *a
	for _, warning := range s.warnings(asOf) {
		p.warn("%s", warning)
	}
	if f.asOf == "" && month != asOf.In() {
		p.warn("the lists of %s are judged as of today, %s: give --as-of for another day; no later run may speak for an earlier one", month, asOf)
	}

	st, err := s.write(ctx, p, "run")
	if err != nil {
		return err
	}
	defer st.Close()
	b.Store = st
	if err := b.Refuse(ctx); err != nil { // once more: another run may have ended meanwhile
		return err
	}
	bars := startProgress(f.progressTo(p))
	b.Progress = bars.step
	e := s.evidence(p, st, reg.providers, asOf)
	e.Progress = bars.step
	if err := f.attach(ctx, p, s, e, &b.Audit); err != nil {
		return err
	}
	result, err := b.Run(ctx)
	bars.wait()
	if err != nil {
		return err
	}
	if len(result.Holds) > 0 {
		p.worst(exitHeld)
		for _, h := range result.Holds {
			p.warn("held: %s Look at the workbooks (BOZZA); if the figures are right run again with --accept %s", h.Why, cmp.Or(string(h.Rule), h.Chamber))
		}
	}
	slugs := result.Slugs
	for _, chamber := range b.Chambers {
		if slug := cmp.Or(chamber, audit.Unattributed); !slices.Contains(slugs, slug) {
			p.warn("the lists hold no position of %s: nothing of it was changed or written", slug)
		}
	}
	var albo []string
	switch {
	case publish != nil && len(result.Holds) > 0:
		p.warn("nothing was published: the run is held")
	case publish != nil:
		publish.Publication.Run = result.Run
		done, err := publish.Run(ctx, st)
		if err != nil {
			return err
		}
		p.tellPublished(done, false)
		slugs = append(slugs, done.Slugs...)
		if albo, err = publish.WriteAlbo(ctx, st, done, reg.chambers, s.OutDir, s.Albo.SoleTraderCode); err != nil {
			return err
		}
	}
	var written []string
	if len(slugs) > 0 {
		if written, err = (audit.Books{Dir: s.OutDir, Slugs: slugs, Kept: p.tellKept}).Write(ctx, st, month); err != nil {
			return err
		}
	}
	written = append(written, albo...)
	_, head, err := st.Head(ctx)
	if err != nil {
		return err
	}
	p.log.Info().Str("run", result.Run).Str("chain", head).Str("month", month.String()).Int("rows", result.Summary.Rows).Int("rejected", result.Summary.Rejected).
		Int("cases_changed", result.Changed).Int("workbooks", len(written)).Float64("seconds", p.secondsSince(started)).Msg("run completed")
	if err := f.finish(p, s.Config, result.Result); err != nil {
		return err
	}
	if !f.json && !f.quiet {
		for _, path := range written {
			fmt.Fprintln(p.stdout, path)
		}
	}
	return nil
}

// plan turns flags and configuration into a batch whose lists are not looked for yet, and the publication that follows it, nil if none. It refuses what no
// list could make right.
func (f *runFlags) plan(p *program, s *setup, asOf checker.Date, month checker.Month) (b *audit.Batch, publish *audit.Publishing, err error) {
	reg, err := s.register(asOf)
	if err != nil {
		return nil, nil, err
	}
	chambers, err := reg.chamberSlugs(f.chambers)
	if err != nil {
		return nil, nil, err
	}
	b = &audit.Batch{
		Audit: audit.Audit{AsOf: asOf}, Month: month, Chambers: chambers, Register: reg.chambers, Brake: s.brake(), Accept: map[string]bool{},
		Procedure: func(chamber string) *cases.Procedure { proc, _ := s.procedureOf(chamber); return proc },
		Version:   version(), Config: s.Hash(), Log: p.log,
	}
	for _, name := range f.accept {
		if rules.ByID(checker.RuleID(strings.ToUpper(name))) != nil {
			b.Accept[strings.ToUpper(name)] = true
			continue
		}
		slugs, err := reg.chamberSlugs([]string{name})
		if err != nil {
			return nil, nil, usagef("--accept %q is neither a rule ('pecaudit rules' lists them) nor a chamber", name)
		}
		b.Accept[slugs[0]] = true
	}
	if f.published != "" || f.act != "" || f.by != "" {
		if publish, err = p.publishing(s, month, f.published, f.act, f.by, chambers); err != nil {
			return nil, nil, err
		}
		publish.Today = laterOf(p.today(), asOf)
		if err := publish.Refuse(asOf, sortedKeys(s.Procedure.Chambers)); err != nil {
			return nil, nil, err
		}
	}
	return b, publish, nil
}

// refuseEarlier tells a run that may not be before its lists are even looked for.
func (p *program) refuseEarlier(ctx context.Context, dsn string, b *audit.Batch) error {
	st, err := store.Open(ctx, dsn, store.Options{Now: p.now})
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	}
	defer st.Close()
	b.Store = st
	return b.Refuse(ctx)
}

func laterOf(a, b checker.Date) checker.Date {
	if a.Before(b) {
		return b
	}
	return a
}

// warnings are what the procedures in use ask to verify.
func (s *setup) warnings(on checker.Date) []string {
	var w []string
	for _, chamber := range append([]string{""}, sortedKeys(s.Procedure.Chambers)...) {
		proc, _ := s.procedureOf(chamber)
		if text := proc.WarningOn(on); text != "" && !slices.Contains(w, text) {
			w = append(w, text)
		}
	}
	return w
}

package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"pecaudit/checker"
	"pecaudit/checker/audit"
	"pecaudit/checker/cases"
	"pecaudit/checker/store"
	"pecaudit/reports"
)

func (p *program) casesCommand() *cobra.Command {
	return group("cases", "The life of cases", `Lists, finds and shows cases; publishes a month's list; records what the office did, or reads it back from a workbook.`,
		p.casesListCommand(), p.casesFindCommand(), p.casesShowCommand(), p.casesPublishCommand(), p.casesRecordCommand(), p.casesImportCommand(),
		p.casesLettersCommand())
}

// caseView is a case in JSON: CONTRACT section 6. What is not set is null.
type caseView struct {
	ID            string           `json:"id"`
	CodiceFiscale string           `json:"codice_fiscale"`
	Denominazione string           `json:"denominazione"`
	CCIAA         string           `json:"cciaa"`
	REA           string           `json:"rea"`
	Chamber       string           `json:"chamber"`
	PEC           string           `json:"pec"`
	Family        cases.Family     `json:"family"`
	Ground        checker.Ground   `json:"ground"`
	Rules         []checker.RuleID `json:"rules"`
	State         cases.State      `json:"state"`
	Found         *checker.Date    `json:"found"`
	Published     *checker.Date    `json:"published"`
	Nominal       *checker.Date    `json:"nominal"`
	Shifted       *checker.Date    `json:"shifted"`
	Safe          *checker.Date    `json:"safe"`
	DaysLeft      *int             `json:"days_left"`
	Closed        *checker.Date    `json:"closed"`
	Events        []eventView      `json:"events"`
}

// eventView is an event in JSON: what CONTRACT section 6 names is always there, the rest where it says something.
type eventView struct {
	At       checker.Date    `json:"at"`
	By       string          `json:"by"`
	Event    cases.EventKind `json:"event"`
	From     cases.State     `json:"from"`
	To       cases.State     `json:"to"`
	Evidence *cases.Evidence `json:"evidence"`
	Run      string          `json:"run"`
	Note     string          `json:"note"`
	Protocol string          `json:"protocol,omitempty"`
	Outcome  string          `json:"outcome,omitempty"`
	Until    checker.Date    `json:"until,omitzero"`
}

func viewCase(c *cases.Case, asOf checker.Date) caseView {
	rules := c.Rules
	if rules == nil {
		rules = []checker.RuleID{}
	}
	events := make([]eventView, len(c.Events))
	for i, e := range c.Events {
		events[i] = eventView(e)
	}
	return caseView{
		ID: c.ID, CodiceFiscale: c.Facts.CodiceFiscale, Denominazione: c.Facts.Name, CCIAA: c.Facts.CCIAA, REA: c.Facts.REA,
		Chamber: c.Chamber, PEC: c.Address, Family: c.Family, Ground: c.Ground, Rules: rules, State: c.State,
		Found: orNull(c.Found), Published: orNull(c.Term.Published), Nominal: orNull(c.Term.Nominal), Shifted: orNull(c.Term.Shifted),
		Safe: orNull(c.Term.Safe), DaysLeft: c.DaysLeft(asOf), Closed: orNull(c.Closed), Events: events,
	}
}

func orNull(d checker.Date) *checker.Date {
	if d.IsZero() {
		return nil
	}
	return &d
}

// newestAsOf is the day that the store speaks for, over all chambers.
func newestAsOf(ctx context.Context, st *store.Store) (checker.Date, error) {
	chambers, err := st.ChamberAsOf(ctx)
	if err != nil || len(chambers) == 0 {
		return checker.Date{}, err
	}
	return slices.MaxFunc(slices.Collect(maps.Values(chambers)), checker.Date.Compare), nil
}

func (p *program) casesListCommand() *cobra.Command {
	var f storeFlags
	var chamber, state, ground, month, asOf string
	var due int
	var overdue, asJSON bool
	c := &cobra.Command{
		Use:   "list",
		Short: "Lists cases, closed ones included",
		Example: `  pecaudit cases list --config pecaudit.yaml --state listed --due 15
  pecaudit cases list --config pecaudit.yaml --chamber MI --json`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			ctx := c.Context()
			s, st, err := f.open(ctx, p)
			if err != nil {
				return err
			}
			defer st.Close()
			newest, err := newestAsOf(ctx, st)
			if err != nil {
				return err
			}
			on, err := date("--as-of", asOf, newest)
			if err != nil {
				return err
			}
			if _, ok := cases.FamilyOf(checker.Ground(ground)); ground != "" && !ok {
				return usagef("--ground %q: no case stands on it; 'pecaudit rules' shows the grounds of the rules", ground)
			}
			if due < 0 {
				return usagef("--due %d: it is a number of days, 0 or more", due)
			}
			filter := store.Filter{State: cases.State(state), Ground: checker.Ground(ground), Overdue: overdue, AsOf: on, WithEvents: asJSON}
			if state != "" && !slices.Contains(cases.States(), cases.State(state)) {
				return usagef("--state %q: the states are %s", state, joined(cases.States()))
			}
			if chamber != "" {
				reg, err := s.register(p.today())
				if err != nil {
					return err
				}
				slugs, err := reg.chamberSlugs([]string{chamber})
				if err != nil {
					return err
				}
				filter.Chamber = &slugs[0]
			}
			if month != "" {
				if filter.Month, err = checker.ParseMonth(month); err != nil {
					return usagef("--month: %w", err)
				}
			}
			if c.Flags().Changed("due") {
				filter.DueWithin = &due
			}
			return p.printCases(ctx, st, filter, asJSON)
		},
	}
	f.register(c)
	c.Flags().StringVar(&chamber, "chamber", "", "of this `CHAMBER`: slug, name or sigla")
	c.Flags().StringVar(&state, "state", "", "in this `STATE`: found, listed, lapsed, ...")
	c.Flags().StringVar(&ground, "ground", "", "on this `GROUND`: shared, expired, ...")
	c.Flags().IntVar(&due, "due", 0, "listed, with at most this many days left")
	c.Flags().BoolVar(&overdue, "overdue", false, "listed, and the window is over")
	c.Flags().StringVar(&month, "month", "", "found, published or closed in this month, `YYYY-MM`")
	c.Flags().StringVar(&asOf, "as-of", "", "count days from this day, `YYYY-MM-DD` (default: the newest in the store)")
	c.Flags().BoolVar(&asJSON, "json", false, "print a JSON array")
	return c
}

func joined[T ~string](words []T) string {
	s := make([]string, len(words))
	for i, w := range words {
		s[i] = string(w)
	}
	return strings.Join(s, ", ")
}

func (p *program) casesFindCommand() *cobra.Command {
	var f storeFlags
	var asJSON bool
	c := &cobra.Command{
		Use:     "find TEXT",
		Short:   "Finds cases by ID, codice fiscale, REA, denominazione or address",
		Example: "  pecaudit cases find --config pecaudit.yaml \"ROSSI\"\n  pecaudit cases find --config pecaudit.yaml MI-1234567 --json",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			_, st, err := f.open(c.Context(), p)
			if err != nil {
				return err
			}
			defer st.Close()
			return p.printCases(c.Context(), st, store.Filter{Text: args[0], WithEvents: asJSON}, asJSON)
		},
	}
	f.register(c)
	c.Flags().BoolVar(&asJSON, "json", false, "print a JSON array")
	return c
}

func (p *program) printCases(ctx context.Context, st *store.Store, filter store.Filter, asJSON bool) error {
	if filter.AsOf.IsZero() {
		newest, err := newestAsOf(ctx, st)
		if err != nil {
			return err
		}
		filter.AsOf = newest
	}
	if filter.AsOf.IsZero() { // no run read a position yet
		filter.AsOf = p.today()
	}
	list, err := st.Cases(ctx, filter)
	if err != nil {
		return err
	}
	if asJSON {
		views := make([]caseView, len(list))
		for i := range list {
			views[i] = viewCase(&list[i], filter.AsOf)
		}
		return p.printJSON(views)
	}
	t := table.NewWriter()
	t.SetStyle(table.StyleLight)
	header := table.Row{}
	for _, title := range reports.CaseHeader() {
		header = append(header, title)
	}
	t.AppendHeader(header)
	for i := range list {
		c := &list[i]
		days := ""
		if left := c.DaysLeft(filter.AsOf); left != nil {
			days = strconv.Itoa(*left)
		}
		t.AppendRow(table.Row{
			c.ID, c.Facts.CCIAA, c.Facts.CodiceFiscale, c.Facts.Name, reports.GroundLabel(c.Ground), reports.StateLabel(c.State, ""),
			c.Found.Italian(), c.Term.Nominal.Italian(), days,
		})
	}
	fmt.Fprintln(p.stdout, t.Render())
	fmt.Fprintln(p.stdout, reports.CaseCount(len(list), filter.AsOf))
	return nil
}

// wrongID makes an ID that names no case, or several, what it is: a wrong command line.
func wrongID(err error) error {
	if errors.Is(err, store.ErrNoCase) {
		return usageError{err}
	}
	return err
}

func (p *program) casesShowCommand() *cobra.Command {
	var f storeFlags
	c := &cobra.Command{
		Use:     "show ID",
		Short:   "Shows a case with its events and their evidence, as JSON",
		Example: "  pecaudit cases show --config pecaudit.yaml 3f2a9c41d07b5e68",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			ctx := c.Context()
			_, st, err := f.open(ctx, p)
			if err != nil {
				return err
			}
			defer st.Close()
			found, err := st.Case(ctx, args[0])
			if err != nil {
				return wrongID(err)
			}
			asOf, err := newestAsOf(ctx, st)
			if err != nil {
				return err
			}
			return p.printJSON(viewCase(found, asOf))
		},
	}
	f.register(c)
	c.Flags().Bool("json", true, "print JSON: there is no other form")
	return c
}

// publishing makes a publication out of its flags, which go together.
func (p *program) publishing(s *setup, month checker.Month, on, act, by string, chambers []string) (*audit.Publishing, error) {
	if on == "" || strings.TrimSpace(act) == "" || strings.TrimSpace(by) == "" {
		return nil, usagef("a publication needs its date, its act and who publishes it: all three flags")
	}
	day, err := checker.ParseISODate(on)
	if err != nil {
		return nil, usagef("the day of publication: %w", err)
	}
	return &audit.Publishing{
		Publication: cases.Publication{Month: month, On: day, Act: act, By: by, Today: p.today(), MaxAge: s.publishMaxAge()},
		Chambers:    chambers, Procedure: s.procedureOf,
	}, nil
}

func (p *program) casesPublishCommand() *cobra.Command {
	var f storeFlags
	var month, on, act, by, from, outDir string
	var chambers []string
	var dryRun bool
	c := &cobra.Command{
		Use:   "publish --month YYYY-MM --on DATE --act TEXT --by NAME",
		Short: "Says that a month's list went out: the windows open",
		Long: `Moves the found cases to the published list, with the window of the chamber's procedure, and writes the month's workbooks again.
Cases that the office kept back ("Non pubblicare"), and those whose failing check is too old, stay found. The same date
again changes nothing.`,
		Example: `  pecaudit cases publish --config pecaudit.yaml --month 2026-11 --on 2026-11-02 --act "Determinazione 12/2026" --by "A. Bianchi" --dry-run`,
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			ctx := c.Context()
			m, err := checker.ParseMonth(month)
			if err != nil {
				return usagef("--month: %w", err)
			}
			s, st, err := f.change(ctx, p, "cases publish", dryRun)
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
			publish, err := p.publishing(s, m, on, act, by, slugs)
			if err != nil {
				return err
			}
			newest, err := newestAsOf(ctx, st)
			if err != nil {
				return err
			}
			publish.DryRun, publish.Today = dryRun, laterOf(publish.Today, newest)
			if err := publish.Refuse(checker.Date{}, sortedKeys(s.Procedure.Chambers)); err != nil {
				return s.unconfigured(err)
			}
			for _, warning := range s.warnings(publish.On) {
				p.warn("%s", warning)
			}
			if from != "" {
				if publish.KeptBack, err = p.keptBack(ctx, st, audit.ReadingBack{File: from, By: by, Today: publish.Today, DryRun: dryRun}); err != nil {
					return err
				}
			}
			done, err := publish.Run(ctx, st)
			if err != nil {
				return err
			}
			p.tellPublished(done, dryRun)
			if dryRun {
				return nil
			}
			if outDir == "" {
				outDir = s.OutDir
			}
			albo, err := publish.WriteAlbo(ctx, st, done, reg.chambers, outDir, s.Albo.SoleTraderCode)
			if err != nil {
				return err
			}
			written, err := audit.Books{Dir: outDir, Slugs: done.Slugs, Kept: p.tellKept}.Write(ctx, st, m)
			written = append(written, albo...)
			for _, path := range written {
				fmt.Fprintln(p.stdout, path)
			}
			return err
		},
	}
	f.register(c)
	c.Flags().StringVar(&month, "month", "", "the month of the list, `YYYY-MM`")
	c.Flags().StringVar(&on, "on", "", "the day on which it went out, `YYYY-MM-DD`")
	c.Flags().StringVar(&act, "act", "", "the act it belongs to, `TEXT`")
	c.Flags().StringVar(&by, "by", "", "`NAME` of who publishes it")
	c.Flags().StringVar(&from, "from", "", "first read back this workbook, `FILE.xlsx`: what it says not to publish stays off the list")
	c.Flags().StringArrayVar(&chambers, "chamber", nil, "only this `CHAMBER`: slug, name or sigla (repeatable)")
	c.Flags().BoolVar(&dryRun, "dry-run", false, "say what would happen, change nothing")
	c.Flags().StringVar(&outDir, "out-dir", "", "`FOLDER` of the workbooks (default: the configuration's)")
	return c
}

// tellPublished says what went out and what did not, and why.
func (p *program) tellPublished(r *audit.PublishResult, dryRun bool) {
	done, kept := "published", "not published"
	if dryRun {
		done, kept = "would be published", "would not be published"
	}
	p.say("cases %s: %d", done, len(r.Listed))
	for _, why := range sortedKeys(r.Skipped) {
		p.say("cases %s: %d, %s", kept, r.Skipped[why], why)
	}
	for _, chamber := range r.Out {
		p.say("the chamber %s has a list of that day already: nothing was changed", chamber)
	}
	for _, why := range r.Left {
		p.say("left out: %s", why)
	}
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

func (p *program) casesRecordCommand() *cobra.Command {
	var f storeFlags
	var e cases.Entry
	var event, on, until string
	c := &cobra.Command{
		Use:   "record ID --event EVENT --on DATE --by NAME",
		Short: "Records what the office did or received about a case",
		Long: `Events: ` + strings.Join(cases.RecordEvents(), ", ") + `.
"decided" needs --outcome ordered or rejected. "declaration" and "renewed" hold against the lists until --until (default:
12 months).`,
		Example: `  pecaudit cases record 3f2a9c41d07b5e68 --config pecaudit.yaml --event declaration --on 2026-11-12 --by "A. Bianchi" --protocol 4711/2026`,
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			ctx := c.Context()
			var err error
			if e.On, err = date("--on", on, checker.Date{}); err != nil {
				return err
			}
			if e.Until, err = date("--until", until, checker.Date{}); err != nil {
				return err
			}
			e.Event = cases.EventKind(event)
			_, st, err := f.change(ctx, p, "cases record", false)
			if err != nil {
				return err
			}
			defer st.Close()
			newest, err := newestAsOf(ctx, st)
			if err != nil {
				return err
			}
			e.Today = laterOf(p.today(), newest)
			var view caseView
			err = st.Update(ctx, func(tx *store.Tx) error {
				found, err := tx.Case(ctx, args[0])
				if err != nil {
					return wrongID(err)
				}
				old := len(found.Events)
				if err := cases.Record(found, e); err != nil {
					return err
				}
				changed := *found
				changed.Events = found.Events[old:]
				if err := tx.SaveCases(ctx, []cases.Case{changed}); err != nil {
					return err
				}
				view = viewCase(found, newest)
				return nil
			})
			if err != nil {
				return err
			}
			return p.printJSON(view)
		},
	}
	f.register(c)
	c.Flags().StringVar(&event, "event", "", "what happened: an `EVENT` of those above")
	c.Flags().StringVar(&on, "on", "", "the day on which it happened, `YYYY-MM-DD`")
	c.Flags().StringVar(&e.By, "by", "", "`NAME` of who records it")
	c.Flags().StringVar(&e.Protocol, "protocol", "", "protocol `NUMBER`")
	c.Flags().StringVar(&e.Outcome, "outcome", "", "of a decision: `ordered|rejected`")
	c.Flags().StringVar(&until, "until", "", "last day on which a declaration or renewal holds, `YYYY-MM-DD`")
	c.Flags().StringVar(&e.Note, "note", "", "a note, `TEXT`")
	return c
}

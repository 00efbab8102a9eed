package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/rs/zerolog"
	"github.com/spf13/cobra"

	"pecaudit/checker"
	"pecaudit/checker/cases"
	"pecaudit/checker/store"
	"pecaudit/fixtures"
	"pecaudit/reports"
)

func (p *program) demoCommand() *cobra.Command {
	var dir string
	var rows int
	c := &cobra.Command{
		Use:   "demo",
		Short: "A whole procedure on built-in lists: two months of two chambers",
		Long: `Writes invented lists, a configuration and a store into a folder and does with them what an office does: the October run and its list, what the
office receives meanwhile, the November run after the window, the judge, the November list. Then open the workbooks.

An earlier demo in the folder is replaced; a folder with anything else in it is refused.`,
		Example: "  pecaudit demo --dir demo\n  pecaudit demo --rows 200000 --dir registro",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if c.Flags().Changed("rows") {
				return p.demoRegister(rows, dir)
			}
			return p.demo(c.Context(), dir)
		},
	}
	c.Flags().StringVar(&dir, "dir", "demo", "the `FOLDER`")
	c.Flags().IntVar(&rows, "rows", 0, "instead, only write two months of a synthetic register of `N` rows with what an audit must find")
	return c
}

// demo plays the built-in story with a clock of its own, so that it ends the same on every day.
func (p *program) demo(ctx context.Context, dir string) error {
	if err := p.layOut(dir); err != nil {
		return err
	}
	d := *p
	today := checker.Date{}
	d.now = func() time.Time { return time.Date(today.Year, today.Month, today.Day, 9, 0, 0, 0, checker.Rome()) }
	d.log = zerolog.Nop()
	network, err := d.playNetwork(dir)
	if err != nil {
		return err
	}
	defer network.close()
	config := filepath.Join(dir, demoConfig)
	office, err := readOffice(filepath.Join(dir, "ufficio.csv"))
	if err != nil {
		return err
	}
	month := func(asOf, published, act string, live bool) error {
		fmt.Fprintf(p.stdout, "   pecaudit run --config %s --as-of %s", config, asOf)
		f := runFlags{inputs: inputs{config: config, asOf: asOf, quiet: true}}
		if live && network.server != nil {
			f.live, f.dnsServers, f.smtpPort = "dns,smtp", []string{network.server.DNS}, network.server.Port
			fmt.Fprintf(p.stdout, " --live %s --dns-server %s --smtp-port %d", f.live, network.server.DNS, network.server.Port)
		}
		if published != "" {
			f.published, f.act, f.by = published, act, demoClerk
			fmt.Fprintf(p.stdout, " --published %s --act %q --by %q", published, act, f.by)
		}
		fmt.Fprintln(p.stdout)
		return d.monthly(ctx, &f)
	}
	entered := func(from, to string) error { return d.recordOffice(ctx, config, office, from, to) }
	fmt.Fprintf(p.stdout, "Two months of two chambers, on invented data. The lists are in %s; what follows are commands as you would type them.\n", filepath.Join(dir, "liste"))
	for i, step := range []struct {
		on, what string
		do       func() error
	}{
		{
			"2026-10-01", "October: the lists come, every position is checked and every domain and mailbox asked about (on a network played on this machine); each breach becomes a case (found).",
			func() error { return month("2026-10-01", "", "", true) },
		},
		{"2026-10-01", "The office keeps two cases off the list (Non pubblicare).", func() error { return entered("2026-10-01", "2026-10-01") }},
		{
			"2026-10-01", "The list goes out, the windows open (listed): 45 days in Torino, then the judge; 30 in Cagliari-Oristano, then the Conservatore.",
			func() error { return month("2026-10-01", "2026-10-01", "Determinazione 118/2026", false) },
		},
		{
			"2026-11-16", "Companies answer meanwhile: a declaration, a renewal, an opposition; one report was wrong (cured, opposed, withdrawn).",
			func() error { return entered("2026-10-02", "2026-11-16") },
		},
		{
			"2026-11-16", "Certified messages were sent to two doubtful addresses; the providers' signed receipts prove what became of them.",
			func() error { return d.demoReceipts(ctx, config, filepath.Join(dir, "ricevute")) },
		},
		{
			"2026-11-17", "November: new lists. Whoever put things right is cured, whoever did not has lapsed; one company is cancelled, one has moved. What DNS said in October is confirmed.",
			func() error { return month("2026-11-17", "", "", true) },
		},
		{
			"2026-11-20", "What lapsed goes to the judge or the Conservatore (referred), who decide; one address is cancelled (decided, executed).",
			func() error { return entered("2026-11-17", "2026-11-30") },
		},
		{"2026-11-20", "The November list goes out.", func() error { return month("2026-11-20", "2026-11-20", "Determinazione 141/2026", false) }},
	} {
		if today, err = checker.ParseISODate(step.on); err != nil {
			return err
		}
		fmt.Fprintf(p.stdout, "\n%d. %s\n", i+1, step.what)
		if err := step.do(); err != nil {
			return err
		}
	}
	return d.tellDemo(ctx, dir, config)
}

// tellDemo says where every case stands, and what to open.
func (p *program) tellDemo(ctx context.Context, dir, config string) error {
	f := storeFlags{config: config}
	_, st, err := f.open(ctx, p)
	if err != nil {
		return err
	}
	defer st.Close()
	list, err := st.Cases(ctx, store.Filter{})
	if err != nil {
		return err
	}
	count := map[cases.State]int{}
	for i := range list {
		count[list[i].State]++
	}
	fmt.Fprintf(p.stdout, "\nWhere the %d cases stand (pecaudit cases list --config %s --state STATE):\n", len(list), config)
	for _, state := range cases.States() {
		fmt.Fprintf(p.stdout, "   %3d %-9s  %s\n", count[state], state, reports.StateLabel(state, ""))
	}
	fmt.Fprintln(p.stdout, "\nOpen first:")
	books := filepath.Join(dir, "cartelle", "2026-11")
	for _, book := range []struct{ name, what string }{
		{"torino.xlsx", "Riepilogo, then Elenco completo, then a sheet for each ground"},
		{"cagliari-oristano.xlsx", "the same under the Conservatore's procedure"},
		{"nazionale.xlsx", "both chambers in one table"},
	} {
		fmt.Fprintf(p.stdout, "   %-*s  %s\n", len(books)+len("/cagliari-oristano.xlsx"), filepath.Join(books, book.name), book.what)
	}
	fmt.Fprintf(p.stdout, "The month before is in %s.\n", filepath.Join(dir, "cartelle", "2026-10"))
	return nil
}

// demoConfig is the configuration's name in the folder; its first line tells a folder that a demo made. demoClerk enters what the office does.
const (
	demoConfig = "pecaudit.yaml"
	demoClerk  = "Ufficio (demo)"
)

// layOut writes the built-in files into the folder. It replaces an earlier demo, and nothing else: a folder that holds anything that no demo makes is refused.
func (p *program) layOut(dir string) error {
	files := fixtures.Demo()
	entries, err := os.ReadDir(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return usagef("--dir %s: it must be a folder: %w", dir, err)
	case len(entries) > 0:
		made := []string{"pecaudit.db", "pecaudit.db.lock", "pecaudit.db-wal", "pecaudit.db-shm", "cartelle", "ricevute"}
		for _, e := range entries {
			if _, err := fs.Stat(files, e.Name()); err != nil && !slices.Contains(made, e.Name()) {
				return usagef("the folder %s is not empty, and %s in it is no demo's: name another folder with --dir", dir, e.Name())
			}
		}
		old, err := os.ReadFile(filepath.Join(dir, demoConfig))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		own, err := fs.ReadFile(files, demoConfig)
		if err != nil {
			return err
		}
		if mark, _, _ := bytes.Cut(own, []byte("\n")); !bytes.HasPrefix(old, mark) {
			return usagef("the folder %s is not empty, and no demo made it: name another folder with --dir", dir)
		}
		for _, name := range append(made, "liste") {
			if err := os.RemoveAll(filepath.Join(dir, name)); err != nil {
				return err
			}
		}
	}
	return fs.WalkDir(files, ".", func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		to := filepath.Join(dir, filepath.FromSlash(path))
		if e.IsDir() {
			return os.MkdirAll(to, 0o700)
		}
		data, err := fs.ReadFile(files, path)
		if err != nil {
			return err
		}
		return os.WriteFile(to, data, 0o600)
	})
}

// officeEntry is a line of ufficio.csv: what the office did about a company's case.
type officeEntry struct {
	company string
	cases.Entry
}

func readOffice(path string) ([]officeEntry, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.Comma = ';'
	lines, err := r.ReadAll()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	var entries []officeEntry
	for _, l := range lines[1:] {
		on, err := checker.ParseISODate(l[0])
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		entries = append(entries, officeEntry{l[1], cases.Entry{
			Event: cases.EventKind(l[2]), On: on, By: demoClerk, Outcome: l[3], Protocol: l[4], Note: l[5],
		}})
	}
	return entries, nil
}

// recordOffice enters what the office did from one day to another.
func (p *program) recordOffice(ctx context.Context, config string, office []officeEntry, from, to string) error {
	f := storeFlags{config: config}
	_, st, err := f.change(ctx, p, "demo", false)
	if err != nil {
		return err
	}
	defer st.Close()
	for _, e := range office {
		if day := e.On.String(); day < from || day > to {
			continue
		}
		err := st.Update(ctx, func(tx *store.Tx) error {
			list, err := tx.CasesOf(ctx, []string{e.company})
			if err != nil {
				return err
			}
			if len(list) != 1 {
				return fmt.Errorf("the demo's company of %s has %d cases, not one", e.On, len(list))
			}
			c := &list[0]
			e.Today = p.today()
			if err := cases.Record(c, e.Entry); err != nil {
				return err
			}
			fmt.Fprintf(p.stdout, "   pecaudit cases record %s --config %s --event %s --on %s --by %q", c.ID, config, e.Event, e.On, e.By)
			for _, f := range []struct{ flag, value string }{{"outcome", e.Outcome}, {"protocol", e.Protocol}, {"note", e.Note}} {
				if f.value != "" {
					fmt.Fprintf(p.stdout, " --%s %q", f.flag, f.value)
				}
			}
			fmt.Fprintln(p.stdout)
			return tx.SaveCases(ctx, list)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

package main

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"pecaudit/checker"
	"pecaudit/checker/cases"
	"pecaudit/checker/store"
	"pecaudit/fixtures"
)

func (p *program) demoCommand() *cobra.Command {
	var dir string
	c := &cobra.Command{
		Use:   "demo",
		Short: "A whole procedure on built-in lists: two months of two chambers",
		Long: `Writes invented lists, a configuration and a store into a folder and does with them what an office does: the October run and its list, what the
office receives meanwhile, the November run after the window, the judge, the November list. Then open the workbooks.

An earlier demo in the folder is replaced; a folder with anything else in it is refused.`,
		Example: "  pecaudit demo --dir demo",
		Args:    cobra.NoArgs,
		RunE:    func(c *cobra.Command, _ []string) error { return p.demo(c.Context(), dir) },
	}
	c.Flags().StringVar(&dir, "dir", "demo", "the folder")
	return c
}

// demoMark tells a folder that a demo made.
const demoMark = "ufficio.csv"

// demo plays the built-in story with a clock of its own, so that it ends the same on every day.
func (p *program) demo(ctx context.Context, dir string) error {
	if err := p.layOut(dir); err != nil {
		return err
	}
	d := *p
	d.now = func() time.Time { return time.Date(2026, time.November, 20, 9, 0, 0, 0, checker.Rome()) }
	config := filepath.Join(dir, "pecaudit.yaml")
	office, err := readOffice(filepath.Join(dir, demoMark))
	if err != nil {
		return err
	}
	month := func(asOf, published, act string) error {
		fmt.Fprintf(p.stdout, "\n* pecaudit run --config %s --as-of %s", config, asOf)
		f := runFlags{inputs: inputs{config: config, asOf: asOf, quiet: true}}
		if published != "" {
			f.published, f.act, f.by = published, act, "Ufficio (demo)"
			fmt.Fprintf(p.stdout, " --published %s --act %q --by %q", published, act, f.by)
		}
		fmt.Fprintln(p.stdout)
		return d.monthly(ctx, &f)
	}
	steps := []func() error{
		func() error { return month("2026-10-01", "", "") },
		func() error { return d.recordOffice(ctx, config, office, "2026-10-01", "2026-10-01") },
		func() error { return month("2026-10-01", "2026-10-01", "Determinazione 118/2026") },
		func() error { return d.recordOffice(ctx, config, office, "2026-10-02", "2026-11-16") },
		func() error { return month("2026-11-17", "", "") },
		func() error { return d.recordOffice(ctx, config, office, "2026-11-17", "2026-11-30") },
		func() error { return month("2026-11-20", "2026-11-20", "Determinazione 141/2026") },
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	fmt.Fprintf(p.stdout, "\nOpen the workbooks:\n")
	return filepath.WalkDir(filepath.Join(dir, "cartelle"), func(path string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			fmt.Fprintln(p.stdout, "  "+path)
		}
		return err
	})
}

// layOut writes the built-in files into the folder.
func (p *program) layOut(dir string) error {
	entries, err := os.ReadDir(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return err
	case len(entries) > 0:
		if _, err := os.Stat(filepath.Join(dir, demoMark)); err != nil {
			return usagef("the folder %s is not empty and holds no demo: name another one with --dir", dir)
		}
		for _, old := range []string{"pecaudit.db", "pecaudit.db-wal", "pecaudit.db-shm", "cartelle"} {
			if err := os.RemoveAll(filepath.Join(dir, old)); err != nil {
				return err
			}
		}
	}
	files := fixtures.Demo()
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
			Event: cases.EventKind(l[2]), On: on, By: "Ufficio (demo)", Outcome: l[3], Protocol: l[4], Note: l[5],
		}})
	}
	return entries, nil
}

// recordOffice enters what the office did from one day to another.
func (p *program) recordOffice(ctx context.Context, config string, office []officeEntry, from, to string) error {
	f := storeFlags{config: config}
	_, st, err := f.change(ctx, p, "demo")
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
			fmt.Fprintf(p.stdout, "\n* pecaudit cases record %s --config %s --event %s --on %s --by %q\n", c.ID, config, e.Event, e.On, e.By)
			return tx.SaveCases(ctx, list)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

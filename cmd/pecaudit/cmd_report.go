package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"pecaudit/checker"
	"pecaudit/checker/audit"
)

func (p *program) reportCommand() *cobra.Command {
	var f storeFlags
	var month, against, outDir string
	c := &cobra.Command{
		Use:   "report --month YYYY-MM",
		Short: "Writes the workbooks of a month again",
		Long: `Writes the workbooks of a month as they were at the end of its last run or publication. Equal data give equal bytes, with the
same version of the program. With --against each workbook says what changed since another month.`,
		Example: "  pecaudit report --config pecaudit.yaml --month 2026-11\n  pecaudit report --config pecaudit.yaml --month 2026-11 --against 2026-10 --out-dir confronto",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return p.report(c.Context(), &f, month, against, outDir)
		},
	}
	f.register(c)
	c.Flags().StringVar(&month, "month", "", "the month, `YYYY-MM`")
	c.Flags().StringVar(&against, "against", "", "compare with this month, `YYYY-MM`: adds the sheet Variazioni")
	c.Flags().StringVar(&outDir, "out-dir", "", "`FOLDER` of the workbooks (default: the configuration's)")
	return c
}

func (p *program) report(ctx context.Context, f *storeFlags, month, against, outDir string) error {
	m, err := checker.ParseMonth(month)
	if err != nil {
		return usagef("--month: %w", err)
	}
	var than checker.Month
	if against != "" {
		if than, err = checker.ParseMonth(against); err != nil {
			return usagef("--against: %w", err)
		}
	}
	s, st, err := f.open(ctx, p)
	if err != nil {
		return err
	}
	defer st.Close()
	if against != "" {
		if held, err := st.MonthSlugs(ctx, than); err != nil {
			return err
		} else if len(held) == 0 {
			return usagef("--against: the store holds no run of %s", than)
		}
	}
	if outDir == "" {
		outDir = s.OutDir
	}
	written, err := audit.Books{Dir: outDir, Against: than, Kept: p.tellKept}.Write(ctx, st, m)
	for _, path := range written {
		fmt.Fprintln(p.stdout, path)
	}
	return err
}

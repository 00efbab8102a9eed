package main

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"pecaudit/checker/audit"
)

func (p *program) observeCommand() *cobra.Command {
	var in inputs
	var dsn string
	var budget time.Duration
	c := &cobra.Command{
		Use:   "observe [flags]",
		Short: "Gathers missing or stale live evidence, judges nothing",
		Long: `Asks about the addresses in the configured lists whose evidence is missing, stale, or waits to be confirmed on another day, and keeps every
answer in the store as it comes. Made for a daily timer. With --budget it stops when the time is over: the rest is for the
next day. Stopping it loses nothing that was observed.`,
		Example: "  pecaudit observe --config pecaudit.yaml --live dns --budget 2h",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return p.observe(c.Context(), &in, dsn, budget)
		},
	}
	in.register(c)
	c.Flags().StringVar(&dsn, "store", "", "`FILE` of the store (default: the configuration's)")
	c.Flags().DurationVar(&budget, "budget", 0, "how long it may take, for example 2h (default: as long as it takes)")
	return c
}

// observed is what observe says it did.
type observed struct {
	Domains   int             `json:"domains"`
	Addresses int             `json:"addresses"`
	Receipts  *audit.Imported `json:"receipts,omitempty"`
	Complete  bool            `json:"complete"` // false: the budget ended first
	Seconds   float64         `json:"seconds"`
}

func (p *program) observe(ctx context.Context, in *inputs, dsn string, budget time.Duration) error {
	asOf, err := date("--as-of", in.asOf, p.today())
	if err != nil {
		return err
	}
	s, err := p.setup(in.config)
	if err != nil {
		return err
	}
	if in.live == "" && s.Live == "none" {
		s.Live = "dns"
	}
	if err := in.apply(s.Config); err != nil {
		return err
	}
	if dsn != "" {
		s.Store = dsn
	}
	if len(s.Lists.Companies) == 0 {
		return usagef("observe needs lists of companies in the configuration (lists: {companies: [...]})")
	}
	a, reg, err := in.prepare(p, s, asOf, asOf.In())
	if err != nil {
		return err
	}
	st, err := s.write(ctx, p, "observe")
	if err != nil {
		return err
	}
	defer st.Close()
	started := p.now()
	e := s.evidence(p, st, reg.providers, asOf)
	var result observed
	if len(in.receipts) > 0 {
		if result.Receipts, err = p.importReceipts(ctx, s, e, in.receipts, in.quiet); err != nil {
			return err
		}
	}
	bars := startProgress(in.progressTo(p))
	a.Progress, e.Progress = bars.step, bars.step
	domains, addresses, err := a.Addresses(ctx)
	if err == nil {
		result.Domains, result.Addresses = len(domains), len(addresses)
		gathering, stop := ctx, func() {}
		if budget > 0 {
			gathering, stop = context.WithTimeout(ctx, budget)
		}
		err = e.Gather(gathering, domains, addresses)
		result.Complete = gathering.Err() == nil
		stop()
	}
	bars.wait()
	if err != nil {
		return err
	}
	result.Seconds = p.secondsSince(started)
	p.log.Info().Int("domains", result.Domains).Int("addresses", result.Addresses).Bool("complete", result.Complete).Msg("observed")
	if in.quiet {
		return nil
	}
	return p.printJSON(result)
}

package main

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"pecaudit/checker"
	"pecaudit/checker/probe"
	"pecaudit/reports"
)

func (p *program) probeCommand() *cobra.Command {
	var config, live string
	var servers []string
	var port int
	var asJSON bool
	c := &cobra.Command{
		Use:   "probe ADDRESS...",
		Short: "Live check of single addresses, explained; nothing is stored",
		Long: `Asks DNS who takes the mail of each address and, with --live dns,smtp, what the exchanger says to an ordinary RCPT TO. Prints every observation,
what it means and what it does not mean. Nothing is stored and nobody is judged.`,
		Example: "  pecaudit probe impresa@pec.it\n  pecaudit probe impresa@pec.it --live dns,smtp --config pecaudit.yaml",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			s, err := p.setup(config)
			if err != nil {
				return err
			}
			in := inputs{live: live, dnsServers: servers, smtpPort: port}
			if live == "" && s.Live == "none" {
				in.live = "dns"
			}
			if err := in.apply(s.Config); err != nil {
				return err
			}
			if s.Live == "none" {
				return usagef("--live none: a probe asks at least DNS")
			}
			probed, err := p.probeAll(c.Context(), s, args)
			if err != nil {
				return err
			}
			if asJSON {
				return p.printJSON(map[string]any{"probed": probed})
			}
			return reports.WriteProbed(p.stdout, probed)
		},
	}
	c.Flags().StringVar(&config, "config", "", "configuration `FILE`")
	c.Flags().StringVar(&live, "live", "", "what to ask: `dns|dns,smtp` (default: dns)")
	c.Flags().StringArrayVar(&servers, "dns-server", nil, "DNS server, `HOST:PORT` (repeatable; default: the system's)")
	c.Flags().IntVar(&port, "smtp-port", 0, "port of mail exchangers (default 25)")
	c.Flags().BoolVar(&asJSON, "json", false, "print a JSON object")
	return c
}

// probeAll asks about every address, in the order given.
func (p *program) probeAll(ctx context.Context, s *setup, addresses []string) ([]reports.Probed, error) {
	reg, err := s.register(p.today())
	if err != nil {
		return nil, err
	}
	dns, smtp := s.prober(p, reg.providers)
	probed := make([]reports.Probed, len(addresses))
	var domains []string
	for i, text := range addresses {
		a := checker.ParseMailbox(text)
		probed[i] = reports.Probed{Written: text, Address: a.Folded, Fault: a.Fault.String()}
		if a.State == checker.WellFormed {
			facts := reg.providers.Facts(a.Domain())
			probed[i].Domain, probed[i].Certified, probed[i].Ordinary, probed[i].Suggestion = a.Domain(), facts.Certified, facts.Ordinary, facts.Suggestion
			if facts.Provider != nil {
				probed[i].Provider = facts.Provider.Name
			}
			domains = append(domains, a.Domain())
		}
	}
	var targets []probe.Target
	err = dns.MX(ctx, domains, func(domain string, a checker.MXAnswer) {
		a.Exchangers = reg.providers.Exchangers(a.Hosts)
		for i := range probed {
			if probed[i].Domain != domain {
				continue
			}
			probed[i].MX = reports.NewProbedMX(a)
			switch a.Kind {
			case checker.MXHosts:
				targets = append(targets, probe.Target{Address: probed[i].Address, Hosts: a.Hosts})
			case checker.MXImplicit:
				targets = append(targets, probe.Target{Address: probed[i].Address, Hosts: []string{domain}})
			}
		}
	})
	if err != nil || smtp == nil || len(targets) == 0 {
		return probed, err
	}
	err = smtp.Probe(ctx, targets, func(r probe.Reply) {
		for i := range probed {
			if probed[i].Address == r.Address {
				probed[i].SMTP = reports.NewProbedSMTP(r.SMTPReply, r.Operator, r.NotBefore.UTC().Truncate(time.Second))
			}
		}
	})
	return probed, err
}

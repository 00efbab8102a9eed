package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"pecaudit/checker"
	"pecaudit/checker/audit"
	"pecaudit/checker/probe"
	"pecaudit/checker/receipt"
	"pecaudit/checker/store"
)

// prober makes what the configuration says of live evidence into probes; nil where it asks for none.
func (s *setup) prober(p *program, providers *checker.Providers) (dns *probe.DNS, smtp *probe.SMTP) {
	if s.Live == "none" {
		return nil, nil
	}
	dns = &probe.DNS{Servers: s.DNS.Servers, Now: p.now}
	if s.Live != "dns,smtp" {
		return dns, nil
	}
	smtp = &probe.SMTP{
		Helo: s.SMTP.Helo, MailFrom: s.SMTP.MailFrom, Port: s.SMTP.Port, Timeout: s.SMTP.Timeout, RetryAfter: s.SMTP.RetryAfter,
		Limits: map[string]probe.Limit{}, Addresses: dns.Addresses, Now: p.now,
		// Exchangers answer at port 25 and DNS at 53. Other ports are a rehearsal, whose exchangers are on this machine or beside it.
		Private: s.SMTP.Port != 25 || slices.ContainsFunc(s.Config.DNS.Servers, func(server string) bool { return !strings.HasSuffix(server, ":53") }),
		Operator: func(host string) (id, knownGood string) {
			operator := providers.Operator(host)
			if operator == nil {
				return "", ""
			}
			return operator.ID, operator.KnownGood
		},
	}
	for id, l := range s.SMTP.Limits {
		smtp.Limits[id] = probe.Limit{PerSecond: l.PerSecond, Connections: l.Connections, PerDay: l.PerDay}
	}
	return dns, smtp
}

// evidence gathers and recalls over a store.
func (s *setup) evidence(p *program, st *store.Store, providers *checker.Providers, asOf checker.Date) *audit.Evidence {
	dns, smtp := s.prober(p, providers)
	return &audit.Evidence{
		Store: st, Providers: providers, AsOf: asOf, Now: p.now, DNS: dns, SMTP: smtp, ConfirmAfter: s.Config.DNS.ConfirmAfter,
		DNSMaxAge: s.Config.DNS.MaxAge, SMTPMaxAge: s.Config.SMTP.MaxAge,
	}
}

// attach gives an audit the evidence of a store: receipts are imported first, --live is asked before anything is judged.
func (in *inputs) attach(ctx context.Context, p *program, s *setup, e *audit.Evidence, a *audit.Audit) error {
	if e.DNS != nil && a.AsOf.Before(p.today()) {
		p.warn("what is observed today speaks for today: a judgment as of %s does not read it", a.AsOf)
	}
	if len(in.receipts) > 0 {
		if _, err := p.importReceipts(ctx, s, e, in.receipts, in.quiet); err != nil {
			return err
		}
	}
	e.Attach(a)
	return nil
}

// importReceipts imports and says, file by file, what proves nothing and why.
func (p *program) importReceipts(ctx context.Context, s *setup, e *audit.Evidence, paths []string, quiet bool) (*audit.Imported, error) {
	if len(s.Receipts.CAFiles) == 0 {
		p.warn("no receipts.ca_files in the configuration: no receipt can be trusted, so none is evidence; name the files with the providers' authorities")
	}
	roots, err := receipt.LoadRoots(s.Receipts.CAFiles)
	if err != nil {
		return nil, usagef("receipts.ca_files: %w", err)
	}
	const most = 20
	told := 0
	r, err := e.Import(ctx, paths, roots, p.stdin, func(file, why string) {
		if told++; !quiet && told <= most {
			p.warn("%s proves nothing: %s", file, why)
		}
	})
	if told > most && !quiet {
		p.warn("and %d more that prove nothing; 'pecaudit receipts show' says why", told-most)
	}
	return r, err
}

// auditStore opens the store that --store names, or a temporary one where evidence is to be gathered without one; nil where there is none to keep or recall.
func (p *program) auditStore(ctx context.Context, s *setup, dsn string, receipts []string) (st *store.Store, done func() error, err error) {
	if dsn == "" && len(receipts) == 0 && s.Live == "none" {
		return nil, func() error { return nil }, nil
	}
	remove := func() error { return nil }
	if dsn == "" {
		dir, err := os.MkdirTemp("", "pecaudit-")
		if err != nil {
			return nil, nil, err
		}
		dsn, remove = filepath.Join(dir, "evidence.db"), func() error { return os.RemoveAll(dir) }
	}
	st, err = store.Open(ctx, dsn, store.Options{Write: true, Now: p.now, Holder: "pecaudit audit"})
	if err != nil {
		return nil, nil, errors.Join(err, remove())
	}
	return st, func() error { return errors.Join(st.Close(), remove()) }, nil
}

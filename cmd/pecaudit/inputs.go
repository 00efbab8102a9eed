package main

import (
	"io"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"pecaudit/checker"
	"pecaudit/checker/audit"
	"pecaudit/checker/load"
	"pecaudit/reports"
)

// inputs are the flags that audit and run share.
type inputs struct {
	config, asOf                                                            string
	status, professionals, directors, pending, receipts, listDates, mapping []string
	encoding, delimiter, sheet, coverage, live                              string
	dnsServers                                                              []string
	smtpPort                                                                int
	json, quiet, exitCode                                                   bool
}

func (in *inputs) register(c *cobra.Command) {
	f := c.Flags()
	f.SortFlags = false
	f.StringVar(&in.config, "config", "", "configuration `FILE`")
	f.StringVar(&in.asOf, "as-of", "", "the day that the audit speaks for, `YYYY-MM-DD` (default: today in Rome)")
	f.StringArrayVar(&in.status, "pec-status", nil, "list of mailboxes with their state and expiry, `FILE` (repeatable)")
	f.StringArrayVar(&in.professionals, "professionals", nil, "list of professionals with their PEC, `FILE` (repeatable)")
	f.StringArrayVar(&in.directors, "directors", nil, "list of directors with their PEC, `FILE` (repeatable)")
	f.StringArrayVar(&in.pending, "pending", nil, "list of filings sent and not yet processed, `FILE` (repeatable)")
	f.StringArrayVar(&in.receipts, "receipts", nil, "certified receipts, `PATH`: .eml, .mbox, a folder, a Maildir (repeatable)")
	f.StringArrayVar(&in.mapping, "map", nil, "take a column as a field, `FIELD=HEADER` (repeatable)")
	f.StringArrayVar(&in.listDates, "list-date", nil, "the day a list speaks for, `FILE=YYYY-MM-DD` (repeatable)")
	f.StringVar(&in.encoding, "encoding", "", "`ENCODING` of text lists: utf-8, windows-1252, utf-16 (default: found by itself)")
	f.StringVar(&in.delimiter, "delimiter", "", "delimiter of text lists, one `CHARACTER` or tab (default: found by itself)")
	f.StringVar(&in.sheet, "sheet", "", "`NAME` of the sheet of workbooks (default: the first with the needed headers)")
	f.StringVar(&in.coverage, "coverage", "", "what the lists together hold: `national|chamber|extract` (default: the configuration's, else extract)")
	f.StringVar(&in.live, "live", "", "live evidence to gather: `none|dns|dns,smtp` (default: the configuration's, else none)")
	f.StringArrayVar(&in.dnsServers, "dns-server", nil, "DNS server, `HOST:PORT` (repeatable; default: the system's)")
	f.IntVar(&in.smtpPort, "smtp-port", 0, "`PORT` of mail exchangers (default: the configuration's, else 25)")
	f.BoolVar(&in.json, "json", false, "print the summary as JSON")
	f.BoolVar(&in.quiet, "quiet", false, "no progress, no summary")
	f.BoolVar(&in.exitCode, "exit-code", false, "exit with 3 when rows are non-compliant")
}

// apply puts the flags in front of the configuration.
func (in *inputs) apply(cfg *Config) error {
	for _, f := range []struct {
		flag []string
		to   *[]ListFile
	}{{in.status, &cfg.Lists.PECStatus}, {in.professionals, &cfg.Lists.Professionals}, {in.directors, &cfg.Lists.Directors}, {in.pending, &cfg.Lists.Pending}} {
		if len(f.flag) > 0 {
			*f.to = nil
			for _, path := range f.flag {
				*f.to = append(*f.to, ListFile{Path: path})
			}
		}
	}
	if in.coverage != "" {
		cfg.Coverage = in.coverage
	}
	if in.live != "" {
		cfg.Live = in.live
	}
	if len(in.dnsServers) > 0 {
		cfg.DNS.Servers = in.dnsServers
	}
	if in.smtpPort != 0 {
		cfg.SMTP.Port = in.smtpPort
	}
	if err := cfg.Validate(); err != nil {
		return usageError{err}
	}
	return nil
}

// prepare turns flags and configuration into an audit of the given lists.
func (in *inputs) prepare(p *program, s *setup, asOf checker.Date, month checker.Month) (*audit.Audit, *register, error) {
	reg, err := s.register(asOf)
	if err != nil {
		return nil, nil, err
	}
	a := &audit.Audit{
		AsOf: asOf, Coverage: s.Coverage, Policy: s.Policy(), Providers: reg.providers, Clock: p.now,
		InsolvencyIn: func(chamber string) bool {
			proc, _ := s.procedureOf(chamber)
			return proc.Insolvency
		},
		Load: load.Options{
			Map: map[string]string{}, ListDates: map[string]checker.Date{}, AsOf: asOf, Encoding: in.encoding, Delimiter: in.delimiter,
			Sheet: in.sheet, Absences: s.Absences(), Chambers: reg.chambers, Forms: reg.forms, Stdin: p.stdin,
		},
	}
	for _, m := range in.mapping {
		field, header, ok := strings.Cut(m, "=")
		if !ok || field == "" || header == "" {
			return nil, nil, usagef("--map %s: it must be FIELD=HEADER, for example --map pec=\"Indirizzo casella\"", m)
		}
		a.Load.Map[field] = header
	}
	for _, f := range []struct {
		from []ListFile
		to   *[]string
	}{
		{s.Lists.Companies, &a.Companies},
		{s.Lists.PECStatus, &a.Status},
		{s.Lists.Professionals, &a.Professionals},
		{s.Lists.Directors, &a.Directors},
		{s.Lists.Pending, &a.Pending},
	} {
		for _, l := range f.from {
			paths, err := load.Expand(strings.ReplaceAll(l.Path, "{month}", month.String()))
			if err != nil {
				return nil, nil, err
			}
			for _, path := range paths {
				*f.to = append(*f.to, path)
				if !l.Date.IsZero() {
					a.Load.ListDates[path] = l.Date
				}
			}
		}
	}
	given := slices.Concat(a.Companies, a.Status, a.Professionals, a.Directors, a.Pending)
	for _, d := range in.listDates {
		i := strings.LastIndexByte(d, '=')
		if i <= 0 {
			return nil, nil, usagef("--list-date %s: it must be FILE=YYYY-MM-DD", d)
		}
		on, err := date("--list-date", d[i+1:], checker.Date{})
		if err != nil {
			return nil, nil, err
		}
		if !slices.ContainsFunc(given, func(path string) bool { return filepath.Clean(path) == filepath.Clean(d[:i]) }) {
			return nil, nil, usagef("--list-date %s: no list of this run is %s; the lists are %s", d, d[:i], strings.Join(given, ", "))
		}
		a.Load.ListDates[d[:i]] = on
	}
	return a, reg, nil
}

// finish prints the summary and sets the exit code.
func (in *inputs) finish(p *program, cfg *Config, r *audit.Result) error {
	s := &r.Summary
	for i, l := range r.Lists {
		if l.Rejected > 0 && r.Roles[i] != "companies" {
			p.warn("%d of %d rows of %s (%s) cannot be read and say nothing: 'pecaudit audit --rejected FILE.csv' names them",
				l.Rejected, l.Rows, l.File, r.Roles[i])
		}
		for _, c := range l.Mapping {
			if c.Hint != "" && !in.quiet {
				p.warn("%s: the column %q is not used; %s would take it", l.File, c.Header, c.Hint)
			}
		}
	}
	if s.Rows > 0 && float64(s.Undetermined)/float64(s.Rows) > cfg.MaxUndetermined {
		p.worst(exitUndetermined)
		p.warn("%d of %d rows are undetermined, more than max_undetermined (%s): see which checks were not done, and why",
			s.Undetermined, s.Rows, strconv.FormatFloat(cfg.MaxUndetermined, 'g', -1, 64))
	}
	if in.exitCode && s.NonCompliant > 0 {
		p.worst(exitNonCompliant)
	}
	switch {
	case in.json:
		return p.printJSON(s)
	case in.quiet:
		return nil
	}
	return reports.WriteSummary(p.stdout, s, audit.AppliedRules(s))
}

// quietly says whether progress may be shown: only on a terminal.
func (in *inputs) progressTo(p *program) io.Writer {
	if in.quiet || !isTerminal(p.stderr) {
		return nil
	}
	return p.stderr
}

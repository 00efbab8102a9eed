package checker

import (
	"errors"
	"fmt"
	"strings"
)

// Providers is the table of mail providers as it stands on one day: what can be said of a domain or of a mail exchanger without asking
// anybody. It does not change once made, so any number of goroutines may use it. No such table is ever complete: that a domain is not in it
// means nothing.
type Providers struct {
	certified map[string]*Provider // in force
	ordinary  map[string]*Provider // in force, curated
	listed    map[string]*Provider // in force, known from third parties only
	ended     map[string]*Provider // certified until a day up to today: the entry that ended last
	exchanger map[string]*Provider // in force, curated
	ids       map[string]*Provider
	known     map[string]bool     // neighbors that are what they seem
	edits     map[string][]string // a known domain, and it less one byte -> known domains
}

// NewProviders returns the table for a day. Entries whose period has not begun are left out; those that are over only tell since when a
// domain is certified no more. neighbors are domains that look like a misspelt known one and are not. An id used twice, a domain or exchanger in two curated entries
// in force, or one that is not a lower-case domain of two or more labels, is an error. The entries are kept, so the caller must not change them.
func NewProviders(list []Provider, neighbors []string, on Date) (*Providers, error) {
	p := &Providers{
		certified: make(map[string]*Provider), ordinary: make(map[string]*Provider), listed: make(map[string]*Provider),
		ended: make(map[string]*Provider), exchanger: make(map[string]*Provider), ids: make(map[string]*Provider),
		known: make(map[string]bool, len(neighbors)), edits: make(map[string][]string),
	}
	var errs []error
	claim := func(table map[string]*Provider, name string, entry *Provider) {
		if old := table[name]; old != nil && !entry.ThirdParty {
			errs = append(errs, fmt.Errorf("%s is in two entries in force on %s: %s and %s", name, on, old.ID, entry.ID))
			return
		}
		table[name] = entry
	}
	for i := range list {
		entry := &list[i]
		for _, name := range append(entry.Domains[:len(entry.Domains):len(entry.Domains)], entry.MX...) {
			if fault, ascii, upper := scanDomain(name); fault != NoFault || !ascii || upper {
				errs = append(errs, fmt.Errorf("provider %s: %q is not a domain name in lower case", entry.ID, name))
			}
		}
		if p.ids[entry.ID] != nil {
			errs = append(errs, fmt.Errorf("provider %s is there twice", entry.ID))
		}
		p.ids[entry.ID] = entry
		if !entry.Period.Contains(on) {
			if entry.Kind == CertifiedProvider && entry.Period.From.Before(on) {
				for _, domain := range entry.Domains {
					if old := p.ended[domain]; old == nil || old.Period.Until.Before(entry.Period.Until) {
						p.ended[domain] = entry
					}
				}
			}
			continue
		}
		table := p.ordinary
		switch {
		case entry.ThirdParty:
			table = p.listed
		case entry.Kind == CertifiedProvider:
			table = p.certified
		case entry.Kind != OrdinaryProvider:
			errs = append(errs, fmt.Errorf("provider %s is neither certified nor ordinary", entry.ID))
		}
		for _, domain := range entry.Domains {
			claim(table, domain, entry)
		}
		if !entry.ThirdParty {
			for _, host := range entry.MX {
				claim(p.exchanger, host, entry)
			}
		}
	}
	for domain, entry := range p.ordinary {
		if other := p.certified[domain]; other != nil {
			errs = append(errs, fmt.Errorf("%s is certified by %s and ordinary by %s on %s", domain, other.ID, entry.ID, on))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	for _, domain := range neighbors {
		p.known[domain] = true
	}
	for _, table := range [...]map[string]*Provider{p.certified, p.ordinary} {
		for domain := range table {
			p.indexEdits(domain)
		}
	}
	return p, nil
}

// Facts says what the tables know of a folded domain: certified by the longest suffix in force, ordinary by the whole domain only.
func (p *Providers) Facts(domain string) DomainFacts {
	if entry := longestSuffix(p.certified, domain); entry != nil {
		return DomainFacts{Provider: entry, Certified: true}
	}
	var f DomainFacts
	if entry := longestSuffix(p.ended, domain); entry != nil {
		f.Provider, f.Ended = entry, entry.Period.Until
	}
	if entry := p.ordinary[domain]; entry != nil {
		f.Provider, f.Ordinary = entry, true
		return f
	}
	if entry := p.listed[domain]; entry != nil {
		f.Provider, f.Listed = entry, true
		return f
	}
	if f.Provider == nil && !p.known[domain] {
		f.Suggestion = p.suggest(domain)
	}
	return f
}

// Exchangers says who runs a set of mail exchangers: certified or ordinary only if every host is known, by its longest suffix, to be of that
// kind; mixed if both kinds occur, whatever the rest; else unknown.
func (p *Providers) Exchangers(hosts []string) ProviderKind {
	var seen [MixedProviders + 1]bool
	for _, host := range hosts {
		if entry := p.Operator(host); entry != nil {
			seen[entry.Kind] = true
		} else {
			seen[UnknownProvider] = true
		}
	}
	switch {
	case seen[CertifiedProvider] && seen[OrdinaryProvider]:
		return MixedProviders
	case seen[UnknownProvider]:
		return UnknownProvider
	case seen[CertifiedProvider]:
		return CertifiedProvider
	case seen[OrdinaryProvider]:
		return OrdinaryProvider
	}
	return UnknownProvider
}

// Operator returns the curated provider in force that runs the mail exchanger (a host in lower case, without final dot), by the longest
// suffix; nil when it is nobody's.
func (p *Providers) Operator(host string) *Provider { return longestSuffix(p.exchanger, host) }

// ByID returns the entry with that id, in force or not; nil if there is none.
func (p *Providers) ByID(id string) *Provider { return p.ids[id] }

// longestSuffix looks for the domain, then for what follows each of its dots.
func longestSuffix(table map[string]*Provider, domain string) *Provider {
	for {
		if entry := table[domain]; entry != nil {
			return entry
		}
		dot := strings.IndexByte(domain, '.')
		if dot < 0 {
			return nil
		}
		domain = domain[dot+1:]
	}
}

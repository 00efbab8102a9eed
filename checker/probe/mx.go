package probe

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/miekg/dns"
	"golang.org/x/net/idna"

	"pecaudit/checker"
)

// MX asks who takes the mail of each distinct domain and hands every answer over as it comes, in no order. An answer that a domain takes no
// mail is believed only if no other server, where there are several, knows better. The answer's Since is left to whoever keeps
// observations. The error is the context's, or that there is no server to ask; a domain that got no answer has a Fault.
func (d *DNS) MX(ctx context.Context, domains []string, yield func(domain string, a checker.MXAnswer)) error {
	return d.each(ctx, domains, func(ctx context.Context, r *resolver, domain string) (func(), error) {
		a, err := d.mail(ctx, r, domain)
		a.At = d.now()
		return func() { yield(domain, a) }, err
	})
}

// Addresses asks for the addresses of each distinct exchanger, IPv4 first, and hands them over as MX does. A host that does not exist or has
// no address comes back with a Fault, as one that could not be asked does.
func (d *DNS) Addresses(ctx context.Context, hosts []string, yield func(host string, addrs []netip.Addr, f *checker.Fault)) error {
	return d.each(ctx, hosts, func(ctx context.Context, r *resolver, host string) (func(), error) {
		x, err := d.exchanger(ctx, r, host)
		fault := x.fault
		if fault == nil && len(x.addrs) == 0 {
			fault = &checker.Fault{Reason: checker.ReasonUnreachable, Text: host + " " + x.wrong}
		}
		return func() { yield(host, x.addrs, fault) }, err
	})
}

func (d *DNS) each(ctx context.Context, names []string, ask func(context.Context, *resolver, string) (func(), error)) error {
	names = distinct(names)
	if len(names) == 0 {
		return ctx.Err()
	}
	r, err := d.open()
	if err != nil {
		return err
	}
	defer r.close()
	workers := min(orElse(d.InFlight, 1024)*len(r.servers), 2048)
	return spread(ctx, workers, names, func(ctx context.Context, name string) (func(), error) { return ask(ctx, r, name) },
		func(_ string, hand func()) { hand() })
}

func distinct(names []string) []string {
	seen := make(map[string]bool, len(names))
	var found []string
	for _, name := range names {
		if !seen[name] {
			seen[name] = true
			found = append(found, name)
		}
	}
	return found
}

// mail asks who takes a domain's mail; the answer has no time yet.
func (d *DNS) mail(ctx context.Context, r *resolver, domain string) (checker.MXAnswer, error) {
	name, err := ascii(domain)
	if err != nil {
		return checker.MXAnswer{Observed: checker.Observed{Fault: &checker.Fault{Reason: checker.ReasonAmbiguous, Text: err.Error()}}}, nil
	}
	a, err := d.mailAt(ctx, r, name, nil)
	if err != nil || !a.Kind.NoMail() {
		return a, err
	}
	for _, other := range r.servers {
		if other.addr == a.By || !other.alive() {
			continue
		}
		b, err := d.mailAt(ctx, r, name, other)
		if err != nil {
			return b, err
		}
		if b.Fault == nil && !b.Kind.NoMail() {
			text := fmt.Sprintf("the resolvers disagree: %s says %s, %s says %s", a.By, a.Raw, b.By, b.Raw)
			return checker.MXAnswer{Observed: checker.Observed{By: a.By, Fault: &checker.Fault{Reason: checker.ReasonAmbiguous, Text: text}}}, nil
		}
		break
	}
	return a, nil
}

// mailAt reads the MX records of a domain, and its addresses where it has none (RFC 5321, 5.1).
func (d *DNS) mailAt(ctx context.Context, r *resolver, domain string, only *server) (checker.MXAnswer, error) {
	mx, err := r.find(ctx, domain, dns.TypeMX, only)
	if err != nil {
		return checker.MXAnswer{}, err
	}
	a := checker.MXAnswer{Observed: checker.Observed{By: mx.by, Fault: mx.fault}}
	if mx.fault != nil {
		return a, nil
	}
	if len(mx.rrs) > 0 {
		return a, d.weigh(ctx, r, &a, mx.rrs)
	}
	// Asked after NXDOMAIN too: there are servers that say so of every type that they do not serve.
	four, err := r.find(ctx, domain, dns.TypeA, only)
	if err != nil {
		return a, err
	}
	six := found{}
	if len(four.rrs) == 0 && !mx.missing {
		if six, err = r.find(ctx, domain, dns.TypeAAAA, only); err != nil {
			return a, err
		}
	}
	switch addrs := addressesIn(append(four.rrs, six.rrs...)); {
	case len(addrs) > 0:
		a.Kind, a.Hosts, a.Raw = checker.MXImplicit, []string{domain}, "no MX, address "+join(addrs)
	case mx.missing:
		a.Kind, a.Raw = checker.MXNoDomain, "NXDOMAIN"+mx.authority
	case four.fault != nil:
		a.Fault = four.fault
	case six.fault != nil:
		a.Fault = six.fault
	default:
		a.Kind, a.Raw = checker.MXNothing, "no MX, no address"+mx.authority
	}
	return a, nil
}

// mostExchangers of one domain are looked at: a reply may hold thousands.
const mostExchangers = 32

// weigh says what the MX records are worth.
func (d *DNS) weigh(ctx context.Context, r *resolver, a *checker.MXAnswer, rrs []dns.RR) error {
	records := make([]*dns.MX, 0, len(rrs))
	for _, rr := range rrs {
		if mx, ok := rr.(*dns.MX); ok {
			records = append(records, mx)
		}
	}
	slices.SortFunc(records, func(a, b *dns.MX) int {
		if a.Preference != b.Preference {
			return int(a.Preference) - int(b.Preference)
		}
		return strings.Compare(host(a.Mx), host(b.Mx))
	})
	records = slices.CompactFunc(records, func(a, b *dns.MX) bool { return host(a.Mx) == host(b.Mx) })
	if len(records) == 1 && records[0].Mx == "." {
		a.Kind, a.Raw = checker.MXNull, fmt.Sprintf("MX %d .", records[0].Preference)
		return nil
	}
	a.Kind = checker.MXUnusable
	said := make([]string, 0, len(records))
	for _, mx := range records[:min(len(records), mostExchangers)] {
		name, wrong := host(mx.Mx), ""
		switch _, err := netip.ParseAddr(name); {
		case name == "":
			wrong = "is no exchanger beside others (RFC 7505, 3)"
		case err == nil:
			wrong = "is an address, not a name (RFC 5321, 5.1)"
		default:
			a.Hosts = append(a.Hosts, name)
			if a.Kind == checker.MXHosts { // one good exchanger is enough, and not to know is no reproach
				break
			}
			x, err := d.exchanger(ctx, r, name)
			if err != nil {
				return err
			}
			if wrong = x.wrong; wrong == "" {
				a.Kind = checker.MXHosts
			}
		}
		line := fmt.Sprintf("MX %d %s", mx.Preference, orElse(name, "."))
		if wrong != "" {
			line += " (" + wrong + ")"
		}
		said = append(said, line)
	}
	a.Raw = strings.Join(said, ", ")
	return nil
}

// An exchanger is a host that MX records name.
type exchanger struct {
	done  chan struct{} // closed when the rest is known
	addrs []netip.Addr
	wrong string // what disqualifies it for certain, "" if nothing
	fault *checker.Fault
}

// exchanger asks for a host's addresses once: everybody else waits for that answer. Faults are not remembered beyond those who wait.
func (d *DNS) exchanger(ctx context.Context, r *resolver, name string) (*exchanger, error) {
	d.mu.Lock()
	x, ok := d.known[name]
	if ok {
		d.mu.Unlock()
		select {
		case <-x.done:
			return x, nil
		case <-ctx.Done():
			return x, ctx.Err()
		}
	}
	x = &exchanger{done: make(chan struct{})}
	if d.known == nil {
		d.known = map[string]*exchanger{}
	}
	d.known[name] = x
	d.mu.Unlock()

	err := x.ask(ctx, r, name)
	if err != nil {
		x.fault = &checker.Fault{Reason: checker.ReasonNoEvidence, Text: err.Error()}
	}
	if x.fault != nil {
		d.mu.Lock()
		delete(d.known, name)
		d.mu.Unlock()
	}
	close(x.done)
	return x, err
}

func (x *exchanger) ask(ctx context.Context, r *resolver, name string) error {
	four, err := r.find(ctx, name, dns.TypeA, nil)
	if err != nil {
		return err
	}
	var six found
	if !four.missing {
		if six, err = r.find(ctx, name, dns.TypeAAAA, nil); err != nil {
			return err
		}
	}
	x.addrs = append(addressesIn(four.rrs), addressesIn(six.rrs)...)
	x.addrs = x.addrs[:min(len(x.addrs), mostExchangers)]
	switch {
	case four.alias:
		x.wrong = "is an alias (RFC 2181, 10.3)"
	case len(x.addrs) > 0:
	case four.missing:
		x.wrong = "does not exist"
	case four.fault != nil:
		x.fault = four.fault
	case six.fault != nil:
		x.fault = six.fault
	default:
		x.wrong = "has no address"
	}
	return nil
}

// What was found of one name and type, aliases followed. Without a fault, no records and not missing, the name exists without such records.
type found struct {
	rrs       []dns.RR
	missing   bool // NXDOMAIN
	alias     bool // the name itself is an alias
	authority string
	by        string
	fault     *checker.Fault
}

func (r *resolver) find(ctx context.Context, name string, qtype uint16, only *server) (found, error) {
	var f found
	name = dns.Fqdn(name)
	for range 8 {
		res, err := r.ask(ctx, name, qtype, only)
		if err != nil {
			return f, err
		}
		if f.fault = res.fault; f.fault != nil {
			return f, nil
		}
		f.by = res.from.addr
		end, loop := follow(res.msg, name)
		f.alias = f.alias || loop || end != name
		if loop {
			break
		}
		for _, rr := range res.msg.Answer {
			if rr.Header().Rrtype == qtype && strings.EqualFold(rr.Header().Name, end) {
				f.rrs = append(f.rrs, rr)
			}
		}
		soa := authority(res.msg)
		if len(f.rrs) > 0 || res.msg.Rcode == dns.RcodeNameError || soa != "" || res.msg.RecursionAvailable || end == name {
			f.missing = res.msg.Rcode == dns.RcodeNameError && len(f.rrs) == 0
			f.authority = soa
			return f, nil
		}
		name = end // a server that does not follow aliases out of its zones
	}
	f.fault = &checker.Fault{Reason: checker.ReasonAmbiguous, Text: name + " is an alias of itself"}
	return f, nil
}

// follow returns the end of the chain of aliases that begins at a name.
func follow(m *dns.Msg, name string) (end string, loop bool) {
	for range 16 {
		next := ""
		for _, rr := range m.Answer {
			if cname, ok := rr.(*dns.CNAME); ok && strings.EqualFold(cname.Hdr.Name, name) {
				next = cname.Target
			}
		}
		if next == "" {
			return name, false
		}
		name = next
	}
	return name, true
}

// authority names the zone that says no: whether the registry's or the domain's own.
func authority(m *dns.Msg) string {
	for _, rr := range m.Ns {
		if soa, ok := rr.(*dns.SOA); ok {
			return ", says zone " + orElse(host(soa.Hdr.Name), ".")
		}
	}
	return ""
}

// ascii returns a domain as DNS is asked for it.
func ascii(domain string) (string, error) {
	name := strings.ToLower(strings.TrimSuffix(domain, "."))
	if strings.ContainsFunc(name, func(c rune) bool { return c >= 0x80 }) {
		var err error
		if name, err = idna.Lookup.ToASCII(name); err != nil {
			return "", fmt.Errorf("no domain name: %w", err)
		}
	}
	if _, ok := dns.IsDomainName(name); !ok || name == "" || name[0] == '.' || strings.ContainsAny(name, "\\ ") {
		return "", fmt.Errorf("no domain name: %q", domain)
	}
	return name, nil
}

func host(name string) string { return strings.ToLower(strings.TrimSuffix(name, ".")) }

func join(addrs []netip.Addr) string {
	slices.SortFunc(addrs, netip.Addr.Compare)
	var b strings.Builder
	for i, a := range addrs[:min(len(addrs), 4)] {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(a.String())
	}
	return b.String()
}

package probe

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"time"

	"golang.org/x/time/rate"

	"pecaudit/checker"
)

// A route is a sequence of exchangers' addresses, by preference: domains with equal sequences share connections.
type route struct {
	endpoints []*endpoint
	urgent    []*task // the last one comes first
	queue     []*task
}

func (rt *route) len() int { return len(rt.urgent) + len(rt.queue) }

func (rt *route) first(t *task) { rt.urgent = append(rt.urgent, t) }

func (rt *route) next() (t *task) {
	if n := len(rt.urgent); n > 0 {
		t, rt.urgent = rt.urgent[n-1], rt.urgent[:n-1]
		return t
	}
	t, rt.queue = rt.queue[0], rt.queue[1:]
	return t
}

// An endpoint is one address of an exchanger.
type endpoint struct {
	host     string
	addr     netip.Addr
	failures int            // connections lost in a row
	fault    *checker.Fault // why it cannot be had
	until    time.Time
	plain    bool // its TLS does not work
}

func (e *endpoint) String() string { return fmt.Sprintf("%s [%s]", e.host, e.addr) }

// A placement is where a list of exchangers leads.
type placement struct {
	addrs    []netip.Addr
	names    []string // of the exchangers at these addresses
	provider string   // "" if not known
	fault    *checker.Fault
}

// plan finds out who operates the exchangers of each target. Targets whose exchangers have no address that can be asked come back with their fault.
func (s *SMTP) plan(ctx context.Context, targets []Target) ([]*operator, []Reply, error) {
	var hosts []string
	for _, t := range targets {
		hosts = append(hosts, t.Hosts...)
	}
	addrs, faults := map[string][]netip.Addr{}, map[string]*checker.Fault{}
	err := s.Addresses(ctx, distinct(hosts), func(host string, a []netip.Addr, f *checker.Fault) { addrs[host], faults[host] = a, f })
	if err != nil {
		return nil, nil, err
	}
	known := s.providers(hosts)

	var lost []Reply
	placed := map[string]*placement{}
	byAddrs := map[string]*route{}
	routeOf := map[*placement]*route{}
	points := map[netip.Addr]*endpoint{}
	groups := unions{}
	seen := make(map[string]bool, len(targets))
	for _, t := range targets {
		if seen[t.Address] {
			continue
		}
		seen[t.Address] = true
		key := strings.Join(t.Hosts, " ")
		p, ok := placed[key]
		if !ok {
			p = s.place(t.Hosts, addrs, faults, known)
			placed[key] = p
		}
		if p.fault != nil {
			lost = append(lost, Reply{Address: t.Address, NotBefore: s.now().Add(orElse(s.RetryAfter, 30*time.Minute)), SMTPReply: checker.SMTPReply{
				Observed: checker.Observed{At: s.now(), By: s.Helo, Fault: p.fault},
			}})
			continue
		}
		rt := routeOf[p]
		if rt == nil {
			key := joinAll(p.addrs)
			if rt = byAddrs[key]; rt == nil {
				rt = new(route)
				for i, a := range p.addrs {
					if points[a] == nil {
						points[a] = &endpoint{host: p.names[i], addr: a}
					}
					rt.endpoints = append(rt.endpoints, points[a])
					groups.join(p.addrs[0].String(), a.String())
				}
				byAddrs[key] = rt
			}
			if p.provider != "" {
				groups.join(p.addrs[0].String(), providerKey+p.provider)
			}
			routeOf[p] = rt
		}
		rt.queue = append(rt.queue, &task{address: t.Address, names: p.names})
	}
	return s.operators(groups, byAddrs, known), lost, nil
}

// providerKey begins the names of providers among those of addresses.
const providerKey = "provider "

type provider struct{ id, knownGood string }

func (s *SMTP) providers(hosts []string) map[string]provider {
	known := map[string]provider{}
	for _, h := range hosts {
		if _, ok := known[h]; !ok && s.Operator != nil {
			id, good := s.Operator(h)
			known[h] = provider{id, good}
		}
	}
	return known
}

// place takes the addresses of the exchangers, those of one operator only: a backup elsewhere takes everything and knows nothing.
func (s *SMTP) place(hosts []string, addrs map[string][]netip.Addr, faults map[string]*checker.Fault, known map[string]provider) *placement {
	p := new(placement)
	var why []string
	fault := &checker.Fault{Reason: checker.ReasonUnreachable, Text: "no exchanger"}
	for _, h := range hosts {
		if len(p.addrs) > 0 && known[h].id != p.provider {
			continue
		}
		if f := faults[h]; f != nil {
			fault = f
			why = append(why, f.Text)
			continue
		}
		for _, a := range addrs[h] {
			if !s.Private && special(a) {
				fault = &checker.Fault{Reason: checker.ReasonUnreachable}
				why = append(why, h+" is at the private address "+a.String())
				continue
			}
			if !slices.Contains(p.addrs, a) {
				p.addrs, p.names, p.provider = append(p.addrs, a), append(p.names, h), known[h].id
			}
		}
	}
	if len(p.addrs) == 0 {
		p.fault = &checker.Fault{Reason: fault.Reason, Text: cmp.Or(strings.Join(why, "; "), fault.Text)}
	}
	return p
}

// operators makes one of all routes that share a provider or an address, with the strictest of their limits: so a limit holds for each address
// too. They are ordered by the time that they will take, the longest first.
func (s *SMTP) operators(groups unions, routes map[string]*route, known map[string]provider) []*operator {
	members := groups.members()
	good := map[string]string{}
	for _, p := range known {
		if p.knownGood != "" {
			good[p.id] = p.knownGood
		}
	}
	found := map[string]*operator{}
	var all []*operator
	for _, key := range slices.Sorted(maps.Keys(routes)) {
		rt := routes[key]
		top := groups.find(rt.endpoints[0].addr.String())
		op := found[top]
		if op == nil {
			var ids, points []string
			for _, name := range members[top] {
				if id, ok := strings.CutPrefix(name, providerKey); ok {
					ids = append(ids, id)
				} else {
					points = append(points, name)
				}
			}
			op = &operator{smtp: s, batchMax: usualBatch, errorsMax: usualErrors, controls: map[string]*control{}, limit: s.limitOf(ids)}
			if op.id = strings.Join(points, ","); len(ids) > 0 {
				op.id, op.knownGood = strings.Join(ids, "+"), good[ids[0]]
			}
			op.pace, op.allowed = rate.NewLimiter(rate.Limit(op.limit.PerSecond), 1), op.limit.Connections
			if op.day = s.now().Truncate(24 * time.Hour); s.Spent != nil {
				op.spent = s.Spent(op.id)
			}
			found[top] = op
			all = append(all, op)
		}
		op.routes = append(op.routes, rt)
		op.waiting += len(rt.queue)
	}
	slices.SortStableFunc(all, func(a, b *operator) int {
		return cmp.Compare(float64(b.waiting)/b.limit.PerSecond, float64(a.waiting)/a.limit.PerSecond)
	})
	return all
}

// limitOf returns the strictest limit of some providers, field by field; that of nobody in particular if there are none.
func (s *SMTP) limitOf(ids []string) Limit {
	usual := s.Limits["default"].or(cautious)
	if len(ids) == 0 {
		return usual
	}
	l := s.Limits[ids[0]].or(usual)
	for _, id := range ids[1:] {
		m := s.Limits[id].or(usual)
		l = Limit{min(l.PerSecond, m.PerSecond), min(l.Connections, m.Connections), min(l.PerDay, m.PerDay)}
	}
	return l
}

func (l Limit) or(m Limit) Limit {
	return Limit{orElse(l.PerSecond, m.PerSecond), orElse(l.Connections, m.Connections), orElse(l.PerDay, m.PerDay)}
}

// unions groups names that belong together: each points to another of its group, the last to itself.
type unions map[string]string

func (u unions) find(name string) string {
	above, ok := u[name]
	if !ok || above == name {
		return name
	}
	top := u.find(above)
	u[name] = top
	return top
}

func (u unions) join(a, b string) {
	a, b = u.find(a), u.find(b)
	u[a], u[b] = min(a, b), min(a, b)
}

// members returns the names of each group, sorted.
func (u unions) members() map[string][]string {
	groups := map[string][]string{}
	for _, name := range slices.Sorted(maps.Keys(u)) {
		top := u.find(name)
		groups[top] = append(groups[top], name)
	}
	return groups
}

func joinAll(addrs []netip.Addr) string {
	var b strings.Builder
	for _, a := range addrs {
		b.WriteString(a.String())
		b.WriteByte(' ')
	}
	return b.String()
}

// specials are blocks that never hold a public exchanger (IANA special-purpose registries), beside those that netip knows.
var specials = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"), netip.MustParsePrefix("100.64.0.0/10"), netip.MustParsePrefix("192.0.0.0/24"),
	netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("198.18.0.0/15"), netip.MustParsePrefix("198.51.100.0/24"),
	netip.MustParsePrefix("203.0.113.0/24"), netip.MustParsePrefix("240.0.0.0/4"), netip.MustParsePrefix("2001:db8::/32"),
}

func special(a netip.Addr) bool {
	return !a.IsGlobalUnicast() || a.IsPrivate() || slices.ContainsFunc(specials, func(p netip.Prefix) bool { return p.Contains(a) })
}

// Package probe asks the network about addresses and writes down the answer: who takes a domain's mail (DNS), and what the exchanger says to
// an ordinary RCPT TO (SMTP). It judges nothing. Whatever goes wrong on the way, here or in the network, is a checker.Fault inside the
// observation and never a fact about a company; the only error is that of the caller's context, or that nothing could be asked at all.
// Observations are handed over one by one, each as soon as it is known, on the caller's own goroutine.
package probe

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/miekg/dns"

	"pecaudit/checker"
)

// A DNS asks recursive resolvers. The zero value asks the system's. It remembers the addresses of exchangers for as long as it lives: make one a
// run.
type DNS struct {
	Servers  []string         // host:port; empty: the system's resolvers
	Timeout  time.Duration    // first wait for an answer, before round trips are measured; 0: 300 ms
	Tries    int              // packets that a question is worth, at least, before it counts as unanswered; 0: 5
	Patience time.Duration    // time that is waited for it, at least; 0: 5 s
	InFlight int              // most questions under way at one server; 0: 1024
	Now      func() time.Time // nil: time.Now

	mu    sync.Mutex
	known map[string]*exchanger
}

const (
	shortestWait = 50 * time.Millisecond
	longestWait  = 2400 * time.Millisecond
	// A server may answer SERVFAIL or REFUSED for a moment only; it is not asked for ever.
	refusalsTaken = 3
)

func (d *DNS) now() time.Time {
	if d.Now != nil {
		return d.Now().UTC()
	}
	return time.Now().UTC()
}

// A resolver is the servers of one call, with their sockets.
type resolver struct {
	servers  []*server
	tries    int
	patience time.Duration

	heard atomic.Int64 // when any server last said anything, Unix nanoseconds
	mute  atomic.Int32 // questions given up since then
}

func (d *DNS) open() (*resolver, error) {
	names := d.Servers
	if len(names) == 0 {
		system, err := dns.ClientConfigFromFile("/etc/resolv.conf")
		if err != nil || len(system.Servers) == 0 {
			return nil, errors.New("the system names no DNS resolver: name one in the configuration, dns.servers")
		}
		for _, host := range system.Servers {
			names = append(names, net.JoinHostPort(host, system.Port))
		}
	}
	r := &resolver{tries: orElse(d.Tries, 5), patience: orElse(d.Patience, 5*time.Second)}
	r.heard.Store(time.Now().UnixNano())
	for _, name := range names {
		if _, _, err := net.SplitHostPort(name); err != nil {
			return nil, fmt.Errorf("DNS server %q: want host:port", name)
		}
		r.servers = append(r.servers, newServer(name, orElse(d.Timeout, 300*time.Millisecond), orElse(d.InFlight, 1024), r.hear))
	}
	return r, nil
}

// close ends every socket and waits for their readers.
func (r *resolver) close() {
	for _, s := range r.servers {
		s.close()
	}
}

func (r *resolver) hear() {
	r.heard.Store(time.Now().UnixNano())
	r.mute.Store(0)
}

// silent reports whether the network is dead: then waiting for each of many thousand questions helps nobody.
func (r *resolver) silent() bool {
	return r.mute.Load() >= 16 && time.Since(time.Unix(0, r.heard.Load())) > 4*r.patience
}

// pick chooses the server to ask: not the one that just failed, not one that no longer answers, the least busy.
func (r *resolver) pick(failed *server) *server {
	var best *server
	var bestLoad float64
	for _, s := range r.servers {
		load := s.load()
		if s == failed {
			load += 1 << 20
		}
		if best == nil || load < bestLoad {
			best, bestLoad = s, load
		}
	}
	return best
}

// A response is a usable answer (a message with NOERROR or NXDOMAIN), or the fault that came instead.
type response struct {
	msg   *dns.Msg
	from  *server
	fault *checker.Fault
}

// ask puts one question until a server answers it: tries of growing length, another server after two that failed. only restricts it to
// one server. The error is the context's.
func (r *resolver) ask(ctx context.Context, name string, qtype uint16, only *server) (response, error) {
	q := newQuestion(name, qtype)
	defer q.forget()
	at := only
	if at == nil {
		at = r.pick(nil)
	}
	var last *checker.Fault
	var waited time.Duration
	for try, failed, refused := 0, 0, 0; refused < refusalsTaken && (try < r.tries || waited < r.patience) && !r.silent(); try++ {
		if failed == 2 && only == nil {
			at, failed = r.pick(at), 0
		}
		wait := at.wait(try)
		res, err := at.exchange(ctx, q, wait)
		if err != nil {
			return response{}, err
		}
		if res.msg != nil {
			return res, nil
		}
		failed++
		if res.from == nil { // no answer; what a server said before tells more than its silence after
			waited += wait
			if last == nil || last.Reason == checker.ReasonTimeout || last.Reason == checker.ReasonUnreachable {
				last = res.fault
			}
			continue
		}
		refused++
		last = res.fault
		if only == nil && len(r.servers) > 1 {
			failed = 2
		}
		if refused < refusalsTaken {
			if err := sleep(ctx, min(wait, 300*time.Millisecond)); err != nil {
				return response{}, err
			}
		}
	}
	r.mute.Add(1)
	if last == nil {
		last = &checker.Fault{Reason: checker.ReasonTimeout, Text: "no DNS server answers any more"}
	}
	return response{fault: last}, nil
}

// faultIn returns what is wrong with a message as an answer, nil if it is one.
func faultIn(m *dns.Msg, from string) *checker.Fault {
	said := dns.RcodeToString[m.Rcode]
	if opt := m.IsEdns0(); opt != nil {
		for _, o := range opt.Option {
			if ede, ok := o.(*dns.EDNS0_EDE); ok {
				said += ", " + strings.TrimSpace(dns.ExtendedErrorCodeToString[ede.InfoCode]+" "+ede.ExtraText)
			}
		}
	}
	said += " from " + from
	switch {
	case m.Rcode == dns.RcodeNameError:
		return nil
	case m.Rcode == dns.RcodeSuccess && referral(m):
		return &checker.Fault{Reason: checker.ReasonPolicy, Text: "a referral from " + from + ": it does not resolve for us"}
	case m.Rcode == dns.RcodeSuccess:
		return nil
	case m.Rcode == dns.RcodeServerFailure:
		return &checker.Fault{Reason: checker.ReasonTemporary, Text: said}
	}
	return &checker.Fault{Reason: checker.ReasonPolicy, Text: said}
}

// referral reports whether an empty answer only points to other servers. It would look like "no such record" (RFC 2308, 2.2).
func referral(m *dns.Msg) bool {
	if len(m.Answer) > 0 || m.Authoritative {
		return false
	}
	delegates := false
	for _, rr := range m.Ns {
		switch rr.Header().Rrtype {
		case dns.TypeSOA:
			return false
		case dns.TypeNS:
			delegates = true
		}
	}
	return delegates
}

// spread works on the items with some goroutines at a time and hands each result over on the caller's. What was found before the context ended is
// handed over too.
func spread[T, R any](ctx context.Context, workers int, items []T, work func(context.Context, T) (R, error), yield func(T, R)) error {
	type result struct {
		item  T
		found R
	}
	workers = min(workers, len(items))
	results := make(chan result, workers)
	var next atomic.Int64
	var running sync.WaitGroup
	for range workers {
		running.Go(func() {
			for ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= len(items) {
					return
				}
				found, err := work(ctx, items[i])
				if err != nil {
					return
				}
				results <- result{items[i], found}
			}
		})
	}
	go func() {
		running.Wait()
		close(results)
	}()
	done := 0
	for r := range results {
		yield(r.item, r.found)
		done++
	}
	if done < len(items) {
		return ctx.Err()
	}
	return nil
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func orElse[T comparable](v, otherwise T) T {
	var zero T
	if v == zero {
		return otherwise
	}
	return v
}

// addressesIn returns the addresses of records, in order.
func addressesIn(rrs []dns.RR) []netip.Addr {
	var found []netip.Addr
	for _, rr := range rrs {
		var ip net.IP
		switch rr := rr.(type) {
		case *dns.A:
			ip = rr.A
		case *dns.AAAA:
			ip = rr.AAAA
		}
		if a, ok := netip.AddrFromSlice(ip); ok {
			found = append(found, a.Unmap())
		}
	}
	return found
}

package probetest

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"maps"
	"math/big"
	mathrand "math/rand/v2"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/miekg/dns"

	"pecaudit/checker"
)

// A Server plays a scenario. Before Listen it does so in memory only, through Dial and Addresses.
type Server struct {
	DNS  string // host:port, after Listen
	Port int    // of every exchanger, after Listen

	scenario   *Scenario
	exchangers map[netip.Addr]*exchanger
	tls        *tls.Config
	random     *mathrand.Rand

	mu        sync.Mutex
	queries   map[string]int
	asked     int
	left      map[*fault]int // answers that a fault is still for
	firstSeen map[string]time.Time
	mailboxes map[string]int // how often each was asked about
	open      map[net.Conn]*dialog
	closed    chan struct{}

	work      sync.WaitGroup
	listeners []net.Listener
	resolvers []*dns.Server
}

// New returns a server of a scenario that listens nowhere yet.
func New(s *Scenario) (*Server, error) {
	certificate, err := selfSigned()
	if err != nil {
		return nil, fmt.Errorf("certificate of the exchangers: %w", err)
	}
	srv := &Server{
		scenario: s, exchangers: map[netip.Addr]*exchanger{}, random: mathrand.New(mathrand.NewPCG(1, 2)), //nolint:gosec // repeatable on purpose
		tls:     &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12},
		queries: map[string]int{}, left: map[*fault]int{}, firstSeen: map[string]time.Time{}, mailboxes: map[string]int{},
		open: map[net.Conn]*dialog{}, closed: make(chan struct{}),
	}
	for _, faults := range s.faults {
		for i := range faults {
			srv.left[&faults[i]] = faults[i].times
		}
	}
	for name, b := range s.hosts {
		x := &exchanger{behavior: b, server: srv, seen: Exchanger{Commands: map[string]int{}}}
		for _, a := range s.addressesOf(name) {
			srv.exchangers[a] = x
		}
	}
	return srv, nil
}

// Start parses a scenario and plays it on the loopback until Close.
func Start(scenario string) (*Server, error) {
	s, err := Parse(scenario)
	if err != nil {
		return nil, err
	}
	srv, err := New(s)
	if err != nil {
		return nil, err
	}
	return srv, srv.Listen()
}

// Listen opens a DNS server and the exchangers on ports of the system's choice, all exchangers on the same one.
func (s *Server) Listen() error {
	err := s.listenDNS()
	for try := 0; err == nil && try < 20; try++ {
		if err = s.listenSMTP(); err == nil {
			return nil
		}
		if !errors.Is(err, errTaken) {
			break
		}
		err = nil
	}
	_ = s.Close()
	return fmt.Errorf("loopback servers: %w", err)
}

func (s *Server) listenDNS() error {
	var tcp net.Listener
	var udp net.PacketConn
	for try := 0; udp == nil; try++ { // the same port for both
		var err error
		if tcp, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
			return err
		}
		if udp, err = net.ListenPacket("udp", tcp.Addr().String()); err != nil {
			tcp.Close()
			if try == 20 {
				return err
			}
		}
	}
	s.DNS = tcp.Addr().String()
	if c, ok := udp.(*net.UDPConn); ok {
		_ = c.SetReadBuffer(1 << 22)
	}
	for _, d := range []*dns.Server{{Listener: tcp}, {PacketConn: udp}} {
		d.Handler = dns.HandlerFunc(s.answer)
		started := make(chan struct{})
		d.NotifyStartedFunc = func() { close(started) }
		s.resolvers = append(s.resolvers, d)
		s.work.Go(func() { _ = d.ActivateAndServe() })
		<-started
	}
	return nil
}

var errTaken = errors.New("the port is taken at another address")

func (s *Server) listenSMTP() error {
	port := "0"
	var opened []net.Listener
	for _, a := range slices.SortedFunc(maps.Keys(s.exchangers), netip.Addr.Compare) {
		l, err := net.Listen("tcp", net.JoinHostPort(a.String(), port))
		if err != nil {
			for _, l := range opened {
				l.Close()
			}
			if port != "0" && strings.Contains(err.Error(), "in use") {
				return errTaken
			}
			return fmt.Errorf("%w (systems other than Linux have only 127.0.0.1 unless told otherwise)", err)
		}
		opened = append(opened, l)
		_, port, _ = net.SplitHostPort(l.Addr().String())
	}
	s.Port, _ = strconv.Atoi(port)
	s.listeners = opened
	for _, l := range opened {
		a, _ := netip.ParseAddrPort(l.Addr().String())
		s.work.Go(func() {
			for {
				conn, err := l.Accept()
				if err != nil {
					return
				}
				s.serve(a.Addr(), conn)
			}
		})
	}
	return nil
}

// Close ends everything and waits for it.
func (s *Server) Close() error {
	s.mu.Lock()
	select {
	case <-s.closed:
	default:
		close(s.closed)
	}
	for conn := range s.open {
		conn.Close()
	}
	s.mu.Unlock()
	for _, l := range s.listeners {
		l.Close()
	}
	for _, d := range s.resolvers {
		_ = d.Shutdown()
	}
	s.work.Wait()
	return nil
}

// serve starts the conversation with a connection to an exchanger.
func (s *Server) serve(a netip.Addr, conn net.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-s.closed:
		conn.Close()
		return
	default:
	}
	s.open[conn] = nil // until the conversation begins
	s.work.Go(func() {
		s.exchangers[a].converse(conn)
		conn.Close()
		s.mu.Lock()
		delete(s.open, conn)
		s.mu.Unlock()
	})
}

// Dial connects to an exchanger in memory, whatever the port; it is the Dial of a probe.SMTP in a test that has its own time.
func (s *Server) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	a, err := netip.ParseAddrPort(address)
	if err != nil {
		return nil, err
	}
	if s.exchangers[a.Addr()] == nil {
		return nil, &net.OpError{Op: "dial", Net: network, Addr: net.TCPAddrFromAddrPort(a), Err: errors.New("connection refused")}
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	ours, theirs := net.Pipe()
	s.serve(a.Addr(), theirs)
	return &caller{ours, func() {
		s.mu.Lock()
		d := s.open[theirs]
		s.mu.Unlock()
		if d != nil {
			d.end()
		}
	}}, nil
}

// Addresses answers for the hosts of the scenario without any DNS, as (*probe.DNS).Addresses does.
func (s *Server) Addresses(ctx context.Context, hosts []string, yield func(host string, addrs []netip.Addr, f *checker.Fault)) error {
	for _, h := range hosts {
		if addrs := s.scenario.addressesOf(dns.Fqdn(h)); len(addrs) > 0 {
			yield(h, addrs, nil)
		} else {
			yield(h, nil, &checker.Fault{Reason: checker.ReasonUnreachable, Text: h + " does not exist"})
		}
	}
	return ctx.Err()
}

// pause waits, but not beyond the end; it reports whether to go on.
func (s *Server) pause(d time.Duration) bool {
	if d > 0 {
		t := time.NewTimer(d)
		defer t.Stop()
		select {
		case <-t.C:
		case <-s.closed:
			return false
		}
	}
	return true
}

// Seen is what the servers saw so far.
type Seen struct {
	Queries    map[string]int       // by name and type: "pec-uno.example. MX"
	Exchangers map[string]Exchanger // by host
}

// An Exchanger is what one saw.
type Exchanger struct {
	Connections int
	Together    int            // most at once
	Secure      int            // over TLS
	Commands    map[string]int // by verb
	Recipients  []Recipient    // of every RCPT TO, in order
	Helos       []string       // distinct names that clients gave, in order
	Senders     []string       // distinct addresses of MAIL FROM, in order
	Slowed      int            // replies that were slow because of too many errors
	HungUp      int            // connections that the server ended
	Pipelined   int            // commands that did not wait for a reply
}

// A Recipient is one RCPT TO.
type Recipient struct {
	Address string
	At      time.Time
}

// Seen returns a copy of the counts.
func (s *Server) Seen() Seen {
	s.mu.Lock()
	defer s.mu.Unlock()
	seen := Seen{Queries: maps.Clone(s.queries), Exchangers: map[string]Exchanger{}}
	for _, x := range s.exchangers {
		copied := x.seen
		copied.Commands = maps.Clone(copied.Commands)
		copied.Recipients = slices.Clone(copied.Recipients)
		seen.Exchangers[x.host] = copied
	}
	return seen
}

func selfSigned() (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "probetest"},
		NotBefore: time.Unix(0, 0), NotAfter: time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, err
}

package probe

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/miekg/dns"

	"pecaudit/checker"
)

// A question may be under way several times, at several servers: the first usable answer to any of its packets counts, however late.
type question struct {
	name    string
	qtype   uint16
	edns    atomic.Bool
	answers chan response
	sent    []ticket
}

// A ticket is one packet of a question.
type ticket struct {
	socket *socket
	id     uint16
}

func newQuestion(name string, qtype uint16) *question {
	q := &question{name: dns.Fqdn(name), qtype: qtype, answers: make(chan response, 8)}
	q.edns.Store(true)
	return q
}

func (q *question) message(id uint16) *dns.Msg {
	m := new(dns.Msg)
	m.SetQuestion(q.name, q.qtype)
	m.Id = id
	if q.edns.Load() {
		m.SetEdns0(1232, false)
	}
	return m
}

// matches reports whether a message answers this very question (RFC 5452, 9.1).
func (q *question) matches(m *dns.Msg) bool {
	return m.Response && m.Opcode == dns.OpcodeQuery && len(m.Question) == 1 && m.Question[0].Qtype == q.qtype &&
		m.Question[0].Qclass == dns.ClassINET && strings.EqualFold(m.Question[0].Name, q.name)
}

func (q *question) forget() {
	for _, t := range q.sent {
		t.socket.forget(t.id)
	}
}

// A server is one resolver: its sockets, the round trips measured, and how much it can bear.
type server struct {
	addr   string
	first  time.Duration // wait before anything is measured
	heard  func()
	window window

	mu       sync.Mutex
	socket   *socket
	closed   bool
	readers  sync.WaitGroup
	rtt, dev time.Duration // smoothed, RFC 6298
	lost     int           // packets in a row without an answer
}

func newServer(addr string, first time.Duration, most int, heard func()) *server {
	return &server{addr: addr, first: first, heard: heard, window: window{limit: float64(min(128, most)), most: float64(most)}}
}

// wait returns how long the try'th packet of a question is waited for.
func (s *server) wait(try int) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	wait := s.first
	if s.rtt > 0 {
		wait = max(min(shortestWait, s.first), s.rtt+4*s.dev)
	}
	return min(wait<<min(try, 10), longestWait)
}

func (s *server) measured(rtt time.Duration) {
	s.heard()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lost = 0
	if s.rtt == 0 {
		s.rtt, s.dev = rtt, rtt/2
		return
	}
	s.dev += ((s.rtt - rtt).Abs() - s.dev) / 4
	s.rtt += (rtt - s.rtt) / 8
}

// load is how busy the server is, from 0 to 1; far more when it seems to be dead.
func (s *server) load() float64 {
	load := s.window.load()
	if !s.alive() {
		load += 1 << 10
	}
	return load
}

func (s *server) alive() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.lost < 8
}

// exchange sends one packet and waits for an answer to it or to an earlier one. Without an answer the response has no server. The error is
// the context's.
func (s *server) exchange(ctx context.Context, q *question, wait time.Duration) (response, error) {
	round, res, err := s.window.enter(ctx, q.answers)
	switch {
	case err != nil:
		return response{}, err
	case round == 0:
		return res.whole(ctx, q, wait)
	}
	lost := true
	defer func() { s.window.leave(round, lost) }()
	silence := response{fault: &checker.Fault{Reason: checker.ReasonTimeout, Text: "no answer from " + s.addr}}
	if err := s.send(q); err != nil {
		// Waited for all the same: the network may come back.
		silence.fault = &checker.Fault{Reason: checker.ReasonUnreachable, Text: err.Error()}
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case res := <-q.answers:
		lost = false
		return res.whole(ctx, q, wait)
	case <-timer.C:
		s.mu.Lock()
		s.lost++
		s.mu.Unlock()
		return silence, nil
	case <-ctx.Done():
		lost = false
		return response{}, ctx.Err()
	}
}

// whole gets the rest of an answer that did not fit into a packet.
func (r response) whole(ctx context.Context, q *question, wait time.Duration) (response, error) {
	if r.msg == nil || !r.msg.Truncated {
		return r, nil
	}
	return r.from.overTCP(ctx, q, max(4*wait, time.Second))
}

func (s *server) overTCP(ctx context.Context, q *question, wait time.Duration) (response, error) {
	limited, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	m, err := func() (*dns.Msg, error) {
		conn, err := new(net.Dialer).DialContext(limited, "tcp", s.addr)
		if err != nil {
			return nil, err
		}
		defer conn.Close()
		// miekg/dns knows only deadlines.
		defer context.AfterFunc(limited, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })()
		c := dns.Conn{Conn: conn}
		if err := c.WriteMsg(q.message(dns.Id())); err != nil {
			return nil, err
		}
		m, err := c.ReadMsg()
		if err == nil && !q.matches(m) {
			err = errors.New("an answer to another question")
		}
		return m, err
	}()
	switch {
	case ctx.Err() != nil:
		return response{}, ctx.Err()
	case err != nil:
		return response{fault: &checker.Fault{Reason: checker.ReasonUnreachable, Text: fmt.Sprintf("truncated answer from %s, and over TCP: %v", s.addr, err)}}, nil
	}
	s.heard()
	return s.respond(m), nil
}

func (s *server) respond(m *dns.Msg) response {
	if fault := faultIn(m, s.addr); fault != nil {
		return response{from: s, fault: fault}
	}
	return response{from: s, msg: m}
}

// freshAfter questions a socket is replaced, so that its port and the ids under way tell a forger little.
const freshAfter = 8192

func (s *server) send(q *question) error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return net.ErrClosed
	}
	if s.socket == nil || s.socket.spent() {
		conn, err := net.Dial("udp", s.addr)
		if err != nil {
			s.mu.Unlock()
			return err
		}
		if s.socket != nil {
			s.socket.retire()
		}
		_ = conn.(*net.UDPConn).SetReadBuffer(1 << 21) // bursts of answers; the system may grant less
		fresh := &socket{server: s, conn: conn, waiting: map[uint16]packet{}}
		s.socket = fresh
		s.readers.Go(fresh.read)
	}
	sock := s.socket
	s.mu.Unlock()
	return sock.send(q)
}

func (s *server) close() {
	s.mu.Lock()
	s.closed = true
	if s.socket != nil {
		s.socket.retire()
	}
	s.mu.Unlock()
	s.readers.Wait()
}

// A socket is connected to its server: the system drops packets from anybody else.
type socket struct {
	server *server
	conn   net.Conn

	mu      sync.Mutex
	waiting map[uint16]packet
	sent    int
	dead    bool // no more packets are sent on it; closed when nobody waits any longer
}

// A packet is a question on the way.
type packet struct {
	q  *question
	at time.Time
}

func (k *socket) spent() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.dead || k.sent >= freshAfter
}

func (k *socket) retire() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.dead = true
	k.closeIdle()
}

func (k *socket) forget(id uint16) {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.waiting, id)
	k.closeIdle()
}

func (k *socket) closeIdle() {
	if k.dead && len(k.waiting) == 0 {
		k.conn.Close()
	}
}

func (k *socket) send(q *question) error {
	k.mu.Lock()
	id := dns.Id()
	for _, taken := k.waiting[id]; taken; _, taken = k.waiting[id] {
		id = dns.Id()
	}
	k.waiting[id] = packet{q, time.Now()}
	k.sent++
	k.mu.Unlock()
	q.sent = append(q.sent, ticket{k, id})
	wire, err := q.message(id).Pack()
	if err != nil {
		return err
	}
	_, err = k.conn.Write(wire)
	return err
}

// read hands answers to their questions until the socket closes. What answers nothing that is under way is ignored: duplicates, wrong ids,
// forgeries, rubbish.
func (k *socket) read() {
	buf := make([]byte, 1<<16)
	for {
		n, err := k.conn.Read(buf)
		switch {
		case errors.Is(err, syscall.ECONNREFUSED):
			continue // nobody listens at the moment: the question's own timer tells
		case err != nil:
			k.retire()
			return
		case n < 12:
			continue
		}
		id := uint16(buf[0])<<8 | uint16(buf[1])
		k.mu.Lock()
		p, ok := k.waiting[id]
		k.mu.Unlock()
		if !ok {
			continue
		}
		m := new(dns.Msg)
		if err := m.Unpack(buf[:n]); err != nil && !m.Truncated || !p.q.matches(m) {
			continue
		}
		k.mu.Lock()
		delete(k.waiting, id)
		k.closeIdle()
		k.mu.Unlock()
		if m.Rcode == dns.RcodeFormatError || m.Rcode == dns.RcodeNotImplemented || m.Rcode == dns.RcodeBadVers {
			p.q.edns.Store(false) // RFC 6891, 7: asked again without
		}
		k.server.measured(time.Since(p.at))
		res := k.server.respond(m)
		if m.Truncated {
			res = response{from: k.server, msg: m}
		}
		select {
		case p.q.answers <- res:
		default:
		}
	}
}

// A window bounds how many questions are under way at a server. It grows a little while nearly all are answered and halves when losses rise: retries must
// not add to an overload.
type window struct {
	mu          sync.Mutex
	limit, most float64
	inside      int
	queue       []chan int
	cuts        int
	ended, lost int // of those that entered since the last cut, in this turn
}

const (
	fewest       = 8
	lossesBorne  = 0.05
	growth       = 64
	shortestTurn = 64 // outcomes, lest one loss among few looks like many
)

// enter waits for a place and returns the round in which it was got, from 1; 0 when an answer came before there was one.
func (w *window) enter(ctx context.Context, answers <-chan response) (round int, res response, err error) {
	w.mu.Lock()
	if w.inside < int(w.limit) && len(w.queue) == 0 {
		w.inside++
		defer w.mu.Unlock()
		return w.cuts + 1, response{}, nil
	}
	turn := make(chan int, 1)
	w.queue = append(w.queue, turn)
	w.mu.Unlock()
	select {
	case round = <-turn:
		return round, response{}, nil
	case res = <-answers:
	case <-ctx.Done():
		err = ctx.Err()
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if i := slices.Index(w.queue, turn); i >= 0 {
		w.queue = slices.Delete(w.queue, i, i+1)
	} else { // the turn came meanwhile
		w.inside--
		w.admit()
	}
	return 0, res, err
}

// leave gives the place back and tells whether the packet was lost. Packets that were on the way when the window was cut do not cut it again.
func (w *window) leave(round int, lost bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.inside--
	if round == w.cuts+1 {
		w.ended++
		if lost {
			w.lost++
		}
	}
	if w.ended >= max(shortestTurn, int(w.limit)) {
		if float64(w.lost) > lossesBorne*float64(w.ended) {
			w.limit = max(fewest, w.limit/2)
			w.cuts++
		} else {
			w.limit = min(w.most, w.limit+growth)
		}
		w.ended, w.lost = 0, 0
	}
	w.admit()
}

func (w *window) admit() {
	for len(w.queue) > 0 && w.inside < int(w.limit) {
		w.queue[0] <- w.cuts + 1
		w.queue = w.queue[1:]
		w.inside++
	}
}

func (w *window) load() float64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	return float64(w.inside+len(w.queue)) / w.limit
}

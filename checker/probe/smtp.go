package probe

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"pecaudit/checker"
)

// An SMTP asks exchangers about mailboxes with RCPT TO and never sends DATA. Addresses are grouped by the operator of their exchangers, which sees at
// most what its Limit allows, however many domains and addresses of exchangers it has; a connection serves many addresses.
type SMTP struct {
	Helo     string // our own host name: required
	MailFrom string // an address of ours that takes mail: required
	Port     int    // 0: 25
	// Timeout is the longest wait for a connection to become ready, and then for what an exchanger says of one address; 0: 30 s.
	Timeout time.Duration
	// RetryAfter is how long an address that got no answer is left alone; 0: 30 minutes.
	RetryAfter time.Duration
	// Limits by operator; "default" is for the others and for fields that are zero. Without: 1 a second, 2 connections, 5000 a day.
	Limits map[string]Limit
	// Operator returns who runs an exchanger and an address of theirs that is known to exist, "" if not known; nil: never known. Exchangers of nobody known
	// that share an IP address are one operator, named by its addresses.
	Operator func(host string) (id, knownGood string)
	// Addresses returns the IP addresses of exchangers, as (*DNS).Addresses does: required.
	Addresses func(ctx context.Context, hosts []string, yield func(host string, addrs []netip.Addr, f *checker.Fault)) error
	// Spent returns how many addresses an operator was asked about today (UTC) in earlier runs: the sum of their Reply.Cost; nil: none.
	Spent func(operator string) int
	// Private allows exchangers at loopback and private addresses, for tests and rehearsals. Otherwise they are not asked: an
	// MX that points to our own network says nothing about a company.
	Private  bool
	Sessions int                                                                  // most connections at a time to all operators together; 0: 256
	Dial     func(ctx context.Context, network, address string) (net.Conn, error) // nil: the system's
	Now      func() time.Time                                                     // nil: time.Now
}

// A Limit is what an operator is asked to bear. A field that is zero has its default.
type Limit struct {
	PerSecond   float64 // addresses asked about, control addresses included
	Connections int
	PerDay      int
}

var cautious = Limit{PerSecond: 1, Connections: 2, PerDay: 5000}

// A Target is an address to ask about.
type Target struct {
	Address string   // folded
	Hosts   []string // its domain's exchangers by preference
}

// A Reply is what was seen of one address.
type Reply struct {
	Address string
	checker.SMTPReply
	Operator  string
	NotBefore time.Time // with a Fault: do not ask again earlier; else zero
	Deferred  bool      // with a Fault: the operator's allowance for the day was used up before its turn came, so nothing was observed
	Cost      int       // RCPT commands that the operator saw since its previous Reply: control addresses have no reply of their own
}

// Probe asks about each distinct address once and hands every reply over as soon as it is complete, in no order. An address without an
// answer comes back with a Fault that says why, and when it may be asked about again. When the context ends, what was seen is still handed over,
// the rest was not asked and is not handed over, and the error is the context's; any other error comes before anything is asked.
func (s *SMTP) Probe(ctx context.Context, targets []Target, yield func(Reply)) error {
	switch {
	case s.Helo == "":
		return errors.New("SMTP needs our own host name for HELO: set smtp.helo in the configuration")
	case !strings.Contains(s.MailFrom, "@"):
		return errors.New("SMTP needs an address of ours for MAIL FROM: set smtp.mail_from in the configuration")
	case s.Addresses == nil:
		return errors.New("SMTP needs to know the addresses of exchangers")
	}
	for id, l := range s.Limits {
		if l.PerSecond < 0 || l.Connections < 0 || l.PerDay < 0 {
			return fmt.Errorf("SMTP limits of %s: want positive numbers", id)
		}
	}
	operators, lost, err := s.plan(ctx, targets)
	if err != nil {
		return err
	}
	for _, r := range lost {
		yield(r)
	}
	replies := make(chan Reply)
	go func() {
		defer close(replies)
		s.run(ctx, operators, func(r Reply) { replies <- r })
	}()
	for r := range replies {
		yield(r)
	}
	left := 0
	for _, op := range operators {
		left += op.waiting
	}
	if left > 0 && ctx.Err() == nil {
		return fmt.Errorf("%d addresses were lost on the way; this is an error of the program", left)
	}
	if left > 0 {
		return ctx.Err()
	}
	return nil
}

// run works on all operators, the longest work first, one goroutine a connection.
func (s *SMTP) run(ctx context.Context, operators []*operator, emit func(Reply)) {
	var lanes errgroup.Group
	lanes.SetLimit(orElse(s.Sessions, 256))
	for _, op := range operators {
		op.emit = emit
		op.lanes = min(op.limit.Connections, op.waiting, max(1, int(op.limit.PerSecond*longestIdle.Seconds())))
		for range op.lanes {
			lanes.Go(func() error {
				s.serve(ctx, op)
				return nil
			})
		}
	}
	_ = lanes.Wait()
}

// serve is one connection's worth of work for an operator, until nothing is left.
func (s *SMTP) serve(ctx context.Context, op *operator) {
	defer op.leaveLane()
	for ctx.Err() == nil {
		rt := op.claim()
		if rt == nil {
			return
		}
		s.visit(ctx, op, rt)
		op.release()
	}
}

// longestIdle is how long a connection may wait for its next question: servers close idle ones, and count it against us.
const longestIdle = 20 * time.Second

// visit keeps one connection to a route's exchangers until the route has no more work, or the connection is of no more use.
func (s *SMTP) visit(ctx context.Context, op *operator, rt *route) {
	var c *session
	var at int
	for {
		t := op.take(rt)
		if t == nil {
			break
		}
		if d := op.delay(); d > longestIdle {
			if c != nil {
				c.leave(ctx)
				c = nil
			}
			_ = sleep(ctx, d)
		}
		if c == nil && ctx.Err() == nil {
			var fault *checker.Fault
			c, at, fault = s.enter(ctx, op, rt)
			switch {
			case fault != nil:
				op.fail(rt, t, fault)
				return
			case c == nil:
				op.putBack(rt, t)
				_ = sleep(ctx, op.rest(s.timeout()))
				return
			}
		}
		if ctx.Err() != nil {
			op.putBack(rt, t)
			break
		}
		var r reply
		asked := false
		err := c.prepare(ctx, op.batch())
		if err == nil && sleep(ctx, op.turn()) == nil {
			asked = true
			r, err = c.ask(ctx, t.address)
		}
		if ctx.Err() != nil && (err != nil || !asked) {
			op.putBack(rt, t)
			break
		}
		if !op.hear(rt, t, at, c, asked, r, err) {
			break
		}
	}
	if c != nil {
		c.leave(ctx)
	}
	_ = sleep(ctx, op.rest(s.timeout()))
}

// enter connects to the first exchanger of a route that can be had, and returns its place in the route. If there is none it says why; if
// we were asked to slow down it returns neither.
func (s *SMTP) enter(ctx context.Context, op *operator, rt *route) (*session, int, *checker.Fault) {
	var why []string
	var fault *checker.Fault
	for i, at := range rt.endpoints {
		f, plain := op.state(at)
		if f == nil {
			c, err := s.connect(ctx, at.host, at.addr, plain)
			if errors.Is(err, errNoTLS) && ctx.Err() == nil {
				op.withoutTLS(at)
				c, err = s.connect(ctx, at.host, at.addr, true)
			}
			if err == nil {
				return c, i, nil
			}
			if ctx.Err() != nil {
				return nil, 0, nil
			}
			f = faultOf(err)
			if r, ok := errors.AsType[*refusal](err); ok && limiting(r.reply) {
				op.slowDown(f)
				return nil, 0, nil
			}
			op.down(at, f)
		}
		fault = f
		why = append(why, at.String()+": "+f.Text)
	}
	return nil, 0, &checker.Fault{Reason: fault.Reason, Text: strings.Join(why, "; ")}
}

func (s *SMTP) timeout() time.Duration { return orElse(s.Timeout, 30*time.Second) }

func (s *SMTP) port() uint16 { return uint16(orElse(s.Port, 25)) }

func (s *SMTP) now() time.Time {
	if s.Now != nil {
		return s.Now().UTC()
	}
	return time.Now().UTC()
}

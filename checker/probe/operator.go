package probe

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"pecaudit/checker"
)

// An operator runs exchangers. Everything that we ask of it, and everything that it lets us know of its limits, meets here.
type operator struct {
	smtp      *SMTP
	id        string
	limit     Limit
	knownGood string
	routes    []*route
	emit      func(Reply)

	mu        sync.Mutex
	pace      *rate.Limiter
	day       time.Time // to which spent belongs
	spent     int       // addresses asked about on it
	cost      int       // since the last reply
	waiting   int       // targets without a reply
	lanes     int       // goroutines that are not done
	busy      int       // of them, with a connection or about to have one
	out       int       // addresses in their hands
	allowed   int       // connections: the limit, or what was learnt
	batchMax  int       // recipients in a transaction
	visitMax  int       // answers in a connection, 0: no limit known
	errorsMax int       // refusals in a connection
	strikes   int       // requests to slow down since the last answer, when we were alone
	blocks    int       // replies in a row that are about us
	answers   int
	stopped   *checker.Fault      // nothing more is asked in this run
	resume    time.Time           // and when it may be
	deferred  bool                // because the day's allowance is used up
	controls  map[string]*control // by domain
	asking    []*control          // of them, without an answer yet
	refused   []*refusedReply     // that wait for another address to be taken
	took      *task               // the newest address that was
	tookOn    *route
	concluded bool // the last control address was asked about
}

const (
	mostAttempts = 3   // of an address whose connection was lost, or that was put off within the run
	mostStrikes  = 3   // requests to slow down in a row, then it is left alone
	mostBlocks   = 3   // replies in a row that we are not wanted, likewise
	usualBatch   = 100 // RFC 5321, 4.5.3.1.8: so many at least are to be taken
	usualErrors  = 9   // Postfix slows down after 10 refusals and hangs up at 20
	gentleness   = 16  // a pace that was halved comes back in so many steps, of so many answers each
	restTokens   = 4   // turns left out after a request to slow down
)

// A task is an address to ask about: a target, or a control address.
type task struct {
	kind     taskKind
	address  string
	names    []string // of the route's exchangers, as this address's domain calls them
	attempts int
}

type taskKind uint8

const (
	target     taskKind = iota
	impossible          // a mailbox that cannot exist, in the domain of a target that was refused
	another             // one that is known to exist
)

func (t *task) domain() string { return checker.ParseMailbox(t.address).Domain() }

// claim gives a lane the route with most work; nil when there is none for it.
func (op *operator) claim() *route {
	op.mu.Lock()
	defer op.mu.Unlock()
	if op.busy >= op.allowed {
		return nil
	}
	op.conclude()
	rt := op.busiest()
	if rt != nil {
		op.busy++
	}
	return rt
}

func (op *operator) busiest() *route {
	rt := slices.MaxFunc(op.routes, func(a, b *route) int { return a.len() - b.len() })
	if rt.len() == 0 {
		return nil
	}
	return rt
}

func (op *operator) release() {
	op.mu.Lock()
	defer op.mu.Unlock()
	op.busy--
}

// leaveLane ends a goroutine. With the last one everything that was seen is handed over.
func (op *operator) leaveLane() {
	op.mu.Lock()
	defer op.mu.Unlock()
	op.lanes--
	if op.lanes == 0 {
		op.settle()
	}
}

// take returns the next address of a route; nil when there is none, or none today.
func (op *operator) take(rt *route) *task {
	op.mu.Lock()
	defer op.mu.Unlock()
	op.conclude()
	if rt.len() == 0 {
		return nil
	}
	today := op.smtp.now().Truncate(24 * time.Hour)
	if !today.Equal(op.day) {
		op.day, op.spent = today, 0
	}
	if op.spent >= op.limit.PerDay {
		op.deferred = true
		op.stop(&checker.Fault{Reason: checker.ReasonTemporary, Text: fmt.Sprintf("today's allowance of %d addresses is used up", op.limit.PerDay)},
			today.AddDate(0, 0, 1))
		return nil
	}
	op.spent++
	op.out++
	return rt.next()
}

// delay is how long it would be until the next question may go out.
func (op *operator) delay() time.Duration {
	op.mu.Lock()
	defer op.mu.Unlock()
	missing := 1 - op.pace.Tokens()
	return max(0, time.Duration(missing/float64(op.pace.Limit())*float64(time.Second)))
}

// turn takes the next turn to ask and returns how long it is until then. It is taken only when all is ready for the question: a turn that is used late
// would come close to the next one.
func (op *operator) turn() time.Duration {
	op.mu.Lock()
	defer op.mu.Unlock()
	return op.pace.Reserve().Delay()
}

// putBack returns an address that was not asked about.
func (op *operator) putBack(rt *route, t *task) {
	op.mu.Lock()
	defer op.mu.Unlock()
	op.spent--
	op.out--
	op.again(rt, t)
}

func (op *operator) again(rt *route, t *task) {
	if op.stopped != nil {
		op.unanswered(t, op.stopped, op.resume)
		return
	}
	rt.first(t)
}

// fail gives up a route and the address at hand: none of its exchangers can be had.
func (op *operator) fail(rt *route, t *task, f *checker.Fault) {
	op.mu.Lock()
	defer op.mu.Unlock()
	op.spent--
	op.out--
	later := op.later()
	for op.unanswered(t, f, later); rt.len() > 0; {
		op.unanswered(rt.next(), f, later)
	}
}

// stop gives up the operator for this run.
func (op *operator) stop(f *checker.Fault, until time.Time) {
	op.stopped, op.resume = f, until
	for _, rt := range op.routes {
		for rt.len() > 0 {
			op.unanswered(rt.next(), f, until)
		}
	}
}

func (op *operator) later() time.Time {
	return op.smtp.now().Add(orElse(op.smtp.RetryAfter, 30*time.Minute))
}

func (op *operator) batch() int {
	op.mu.Lock()
	defer op.mu.Unlock()
	return op.batchMax
}

// rest is how long to stay away after a request to slow down.
func (op *operator) rest(longest time.Duration) time.Duration {
	op.mu.Lock()
	defer op.mu.Unlock()
	if op.strikes == 0 || op.stopped != nil {
		return 0
	}
	turns := restTokens << (op.strikes - 1)
	return min(longest, time.Duration(float64(turns)/float64(op.pace.Limit())*float64(time.Second)))
}

// slowDown obeys a request to go away before anything was asked. It is never a verdict.
func (op *operator) slowDown(f *checker.Fault) {
	op.mu.Lock()
	defer op.mu.Unlock()
	op.slower()
	if op.busy > 1 {
		op.allowed = op.busy - 1 // perhaps we were too many
		return
	}
	op.strike(f)
}

// slower halves the pace, once for all that was asked at the same pace.
func (op *operator) slower() {
	if full := rate.Limit(op.limit.PerSecond); op.answers > 0 || op.pace.Limit() == full {
		op.pace.SetLimit(max(op.pace.Limit()/2, full/gentleness))
		op.answers = 0
	}
}

func (op *operator) strike(f *checker.Fault) {
	if op.strikes++; op.strikes >= mostStrikes {
		op.stop(&checker.Fault{Reason: checker.ReasonTemporary, Text: f.Text}, op.later())
	}
}

// hear takes what came of asking about one address, or of not being able to, and says whether the connection may go on.
func (op *operator) hear(rt *route, t *task, at int, c *session, asked bool, r reply, err error) (goOn bool) {
	if refusal, ok := errors.AsType[*refusal](err); ok { // of our sender
		f := faultOf(err)
		if limiting(refusal.reply) {
			op.slowDown(f)
		} else {
			op.down(rt.endpoints[at], f)
		}
		op.putBack(rt, t)
		return false
	}
	op.mu.Lock()
	defer op.mu.Unlock()
	op.out--
	if asked {
		op.cost++
	} else {
		op.spent--
	}
	switch {
	case err != nil:
		op.broken(rt, t, rt.endpoints[at], c, faultOf(err))
		return false
	case limiting(r):
		return op.limited(rt, t, c, r)
	}
	rt.endpoints[at].failures, op.strikes = 0, 0
	if op.answers++; op.answers%gentleness == 0 {
		full := rate.Limit(op.limit.PerSecond)
		op.pace.SetLimit(min(full, op.pace.Limit()+full/gentleness))
	}
	c.answered++
	if r.code >= 400 {
		c.refusals++
	}
	op.answered(rt, t, t.names[at], r)
	return c.refusals < op.errorsMax && (op.visitMax == 0 || c.answered < op.visitMax) && !c.full(op.batchMax) && op.stopped == nil
}

// broken deals with a connection that was lost, or that kept us waiting, in the middle.
func (op *operator) broken(rt *route, t *task, at *endpoint, c *session, f *checker.Fault) {
	if at.failures++; at.failures >= mostAttempts {
		at.fault, at.until = f, op.later()
	}
	op.learn(c, f.Reason == checker.ReasonTimeout)
	t.attempts++
	if f.Reason == checker.ReasonTimeout || t.attempts >= mostAttempts {
		op.unanswered(t, &checker.Fault{Reason: f.Reason, Text: at.String() + ": " + f.Text}, op.later())
		return
	}
	op.again(rt, t)
}

// limited deals with a reply that asks us to slow down, and says whether the connection may go on.
func (op *operator) limited(rt *route, t *task, c *session, r reply) (goOn bool) {
	op.slower()
	if before := c.recipients - 1; r.code == 452 && before > 0 {
		// It takes no more in one transaction: the next one will be smaller.
		op.batchMax = min(op.batchMax, before)
		op.again(rt, t)
		return op.stopped == nil
	}
	op.learn(c, r.code == 421)
	f := &checker.Fault{Reason: checker.ReasonTemporary, Text: r.text}
	if t.attempts++; t.attempts >= mostAttempts {
		op.unanswered(t, f, op.later())
	} else {
		op.again(rt, t)
	}
	op.strike(f)
	return false
}

// learn remembers what a connection bore before the server ended it, so that we leave earlier: how many refusals, or, if it was not cut off in
// silence, how many answers.
func (op *operator) learn(c *session, answers bool) {
	switch {
	case c.refusals > 1:
		op.errorsMax = min(op.errorsMax, c.refusals-1)
	case answers && c.answered > 0:
		op.visitMax = c.answered
	}
}

// answered takes a reply that is about the address.
func (op *operator) answered(rt *route, t *task, host string, r reply) {
	m := meaningOf(r.code, r.enhanced, r.text)
	if m.aboutUs {
		if op.blocks++; op.blocks >= mostBlocks {
			op.stop(&checker.Fault{Reason: m.reason, Text: r.text}, op.later())
		}
	} else {
		op.blocks = 0
	}
	switch t.kind {
	case impossible:
		ctl := op.controls[t.domain()]
		ctl.refuses = m.class == checker.ReplyNoMailbox
		op.controlled(ctl)
		return
	case another:
		if m.class == checker.ReplyAccepted {
			op.tookAnother()
		}
		op.settle()
		return
	}
	full := Reply{Address: t.address, SMTPReply: checker.SMTPReply{
		Observed: checker.Observed{At: op.smtp.now(), By: op.smtp.Helo},
		Class:    m.class, Host: host, Code: r.code, Enhanced: r.enhanced, Text: r.text,
	}}
	switch m.class {
	case checker.ReplyTemporary:
		full.Fault = &checker.Fault{Reason: m.reason, Text: r.text}
		full.NotBefore = op.later()
	case checker.ReplyNoMailbox:
		op.doubt(rt, t, full)
		return
	case checker.ReplyAccepted:
		op.took, op.tookOn = t, rt
		op.tookAnother()
	}
	op.hand(full)
}

// unanswered hands over why there is no reply. A control address that gets none controls nothing.
func (op *operator) unanswered(t *task, f *checker.Fault, until time.Time) {
	switch t.kind {
	case impossible:
		op.controlled(op.controls[t.domain()])
	case another:
		op.settle()
	default:
		op.hand(Reply{Address: t.address, NotBefore: until, Deferred: op.deferred && f == op.stopped, SMTPReply: checker.SMTPReply{
			Observed: checker.Observed{At: op.smtp.now(), By: op.smtp.Helo, Fault: f},
		}})
	}
}

func (op *operator) hand(r Reply) {
	r.Operator, r.Cost = op.id, op.cost
	op.cost = 0
	op.waiting--
	op.emit(r)
}

// state returns why an endpoint cannot be had, nil if it can, and whether without TLS.
func (op *operator) state(at *endpoint) (*checker.Fault, bool) {
	op.mu.Lock()
	defer op.mu.Unlock()
	if op.smtp.now().After(at.until) {
		return nil, at.plain
	}
	return at.fault, at.plain
}

func (op *operator) down(at *endpoint, f *checker.Fault) {
	op.mu.Lock()
	defer op.mu.Unlock()
	at.fault, at.until = f, op.later()
}

func (op *operator) withoutTLS(at *endpoint) {
	op.mu.Lock()
	defer op.mu.Unlock()
	at.plain = true
}

package probe

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"math"
	"net"
	"net/netip"
	"net/textproto"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/emersion/go-smtp"

	"pecaudit/checker"
)

// A reply is what the exchanger said, as it said it.
type reply struct {
	code     int
	enhanced string
	text     string
}

// A refusal is a reply that ends more than one address: to the connection, the greeting or MAIL FROM.
type refusal struct {
	to string // connection, EHLO, STARTTLS, MAIL
	reply
}

func (e *refusal) Error() string { return fmt.Sprintf("%s refused: %s", e.to, e.text) }

var (
	errNoTLS = errors.New("STARTTLS is offered and does not work")
	errReply = errors.New("reply too long")
	errCut   = errors.New("reply cut short")
)

// A session is one connection to an exchanger. It asks about many addresses and never sends a message.
type session struct {
	client  *smtp.Client
	conn    net.Conn
	said    *transcript
	helo    string
	from    string
	timeout time.Duration
	most    int // recipients that the exchanger takes in a transaction
	mails   int // transactions that it takes still in this connection

	open       bool // a transaction is open
	recipients int  // asked about in it
	answered   int  // replies about addresses
	refusals   int  // of them
}

// connect opens a connection that is ready for MAIL FROM within the timeout, over TLS if it is offered. A certificate proves nothing
// here and is not checked: encryption is opportunistic (RFC 7435). plain skips TLS.
func (s *SMTP) connect(ctx context.Context, host string, addr netip.Addr, plain bool) (*session, error) {
	timeout := s.timeout()
	dial := s.Dial
	if dial == nil {
		dial = new(net.Dialer).DialContext
	}
	limited, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	conn, err := dial(limited, "tcp", netip.AddrPortFrom(addr, s.port()).String())
	if err != nil {
		if limited.Err() != nil {
			err = limited.Err()
		}
		return nil, err
	}
	c := &session{conn: conn, said: new(transcript), helo: s.Helo, from: s.MailFrom, timeout: timeout, most: 100, mails: math.MaxInt}
	if err := c.within(limited, func(ctx context.Context) error { return c.greet(ctx, host, plain) }); err != nil {
		conn.Close()
		return nil, err
	}
	return c, nil
}

// greet says EHLO, or HELO where that is refused, and once more over TLS.
func (c *session) greet(ctx context.Context, host string, plain bool) error {
	if err := c.hello(c.conn); err != nil {
		return err
	}
	if offered, _ := c.client.Extension("STARTTLS"); offered && !plain {
		if err := c.startTLS(ctx, host); err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			return fmt.Errorf("%w: %w", errNoTLS, err)
		}
	}
	if announced, limits := c.client.Extension("LIMITS"); announced {
		c.obey(limits)
	}
	return nil
}

// obey reads what the exchanger announces of its limits (RFC 9422).
func (c *session) obey(limits string) {
	for limit := range strings.FieldsSeq(limits) {
		name, value, _ := strings.Cut(limit, "=")
		n, err := strconv.Atoi(value)
		switch {
		case err != nil || n <= 0:
		case strings.EqualFold(name, "RCPTMAX"):
			c.most = n
		case strings.EqualFold(name, "MAILMAX"):
			c.mails = n
		}
	}
}

// full reports whether the connection can take no more addresses, in transactions of at most batch.
func (c *session) full(batch int) bool { return c.mails == 0 && c.recipients >= min(batch, c.most) }

func (c *session) hello(conn net.Conn) error {
	c.use(conn)
	err := c.client.Hello(c.helo)
	if r, ok := c.refused(err); ok && r.code >= 500 && c.said.commanded() {
		// RFC 5321, 3.2; the library falls back by itself only after 500 and 502.
		c.use(&regreeted{Conn: conn, helo: true})
		err = c.client.Hello(c.helo)
	}
	if r, ok := c.refused(err); ok {
		to := "connection"
		if c.said.commanded() {
			to = "EHLO"
		}
		return &refusal{to, r}
	}
	return err
}

func (c *session) use(conn net.Conn) {
	c.said.Reset()
	c.client = smtp.NewClient(conn)
	c.client.CommandTimeout = 2 * c.timeout // ours comes first: see within
	c.client.DebugWriter = c.said
}

// startTLS does by hand what the library does only for a client that calls itself localhost.
func (c *session) startTLS(ctx context.Context, host string) error {
	if _, err := fmt.Fprint(c.conn, "STARTTLS\r\n"); err != nil {
		return err
	}
	// Whatever follows the reply in plain text is thrown away with this reader: it would be an injection (CVE-2011-0411).
	if _, _, err := textproto.NewReader(bufio.NewReader(c.conn)).ReadResponse(220); err != nil {
		return err
	}
	secure := tls.Client(c.conn, &tls.Config{ServerName: host, InsecureSkipVerify: true}) //nolint:gosec // see connect
	if err := secure.HandshakeContext(ctx); err != nil {
		return err
	}
	return c.hello(&regreeted{Conn: secure})
}

// prepare opens a transaction of at most batch recipients, unless the open one has room. An error that is a *refusal is about our sender; after
// any other the connection is of no more use. So it is with ask.
func (c *session) prepare(ctx context.Context, batch int) error {
	return c.within(ctx, func(context.Context) error {
		if c.open && c.recipients >= min(batch, c.most) {
			if err := c.reset(); err != nil {
				return err
			}
		}
		if c.open {
			return nil
		}
		c.said.Reset()
		err := c.client.Mail(c.from, nil)
		if r, ok := c.refused(err); ok {
			return &refusal{"MAIL", r}
		}
		if err == nil {
			c.open, c.recipients = true, 0
			c.mails--
		}
		return err
	})
}

// ask returns the reply to one recipient.
func (c *session) ask(ctx context.Context, address string) (r reply, err error) {
	err = c.within(ctx, func(context.Context) error {
		c.said.Reset()
		err := c.client.Rcpt(address, nil)
		if refused, ok := c.refused(err); ok {
			r, err = refused, nil
		} else if err == nil {
			if r = c.said.reply(); !c.said.complete() {
				err = errCut
			}
		}
		return err
	})
	if err == nil {
		c.recipients++
	}
	return r, err
}

// reset ends the transaction without a message.
func (c *session) reset() error {
	c.open = false
	return c.client.Reset()
}

// leave says QUIT and closes. It waits for the answer no longer than a second: nothing depends on it.
func (c *session) leave(ctx context.Context) {
	c.timeout = min(c.timeout, time.Second)
	_ = c.within(ctx, func(context.Context) error { return c.client.Quit() })
	c.conn.Close()
}

// within runs f and closes the connection, which ends f, when the context or the time is over: the library knows no context, and its
// own timeout is one of each command.
func (c *session) within(ctx context.Context, f func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	defer context.AfterFunc(ctx, func() { c.conn.Close() })()
	err := f(ctx)
	if _, refused := errors.AsType[*refusal](err); err != nil && !refused && ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

// refused returns the reply inside an error of the library, unless the connection ended in the middle of it: the half that is missing may
// be the one that takes the other back.
func (c *session) refused(err error) (reply, bool) {
	if e, ok := errors.AsType[*smtp.SMTPError](err); ok && c.said.complete() {
		r := c.said.reply()
		r.code = e.Code
		return r, true
	}
	return reply{}, false
}

// faultOf says why an exchanger could not be asked.
func faultOf(err error) *checker.Fault {
	var timeout net.Error
	switch r, refused := errors.AsType[*refusal](err); {
	case refused && r.code >= 400 && r.code < 500:
		return &checker.Fault{Reason: checker.ReasonTemporary, Text: r.Error()}
	case refused:
		return &checker.Fault{Reason: checker.ReasonPolicy, Text: r.Error()}
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return &checker.Fault{Reason: checker.ReasonTimeout, Text: "no answer in time"}
	}
	return &checker.Fault{Reason: checker.ReasonUnreachable, Text: err.Error()}
}

// A transcript is what went over the connection since the last command. The library drops the text of replies that accept.
type transcript struct{ strings.Builder }

// longestReply is far beyond any honest one.
const longestReply = 64 << 10

// Write implements io.Writer; its error ends the library's reading.
func (t *transcript) Write(p []byte) (int, error) {
	if t.Len()+len(p) > longestReply {
		return 0, errReply
	}
	return t.Builder.Write(p)
}

// complete reports whether the last line has an end: the library takes half a line for a whole one when the connection ends.
func (t *transcript) complete() bool { return strings.HasSuffix(t.String(), "\n") }

// commanded reports whether we have said anything.
func (t *transcript) commanded() bool {
	return strings.Contains(t.String(), "EHLO ") || strings.Contains(t.String(), "HELO ")
}

var replyLine = regexp.MustCompile(`^([2-5][0-9][0-9])(?:[ -]([245]\.[0-9]{1,3}\.[0-9]{1,3})\b|[ -]|$)`)

// reply returns the last reply: all lines that follow our last command.
func (t *transcript) reply() reply {
	lines := strings.Split(strings.TrimRight(t.String(), "\r\n"), "\n")
	first := len(lines)
	for first > 0 && replyLine.MatchString(lines[first-1]) {
		first--
	}
	for i := range lines {
		lines[i] = strings.TrimSuffix(lines[i], "\r")
	}
	r := reply{text: strings.Join(lines[first:], "\n")}
	if m := replyLine.FindStringSubmatch(r.text); m != nil {
		r.code, _ = strconv.Atoi(m[1])
		r.enhanced = m[2]
	}
	return r
}

// regreeted is a connection that begins anew: the library reads the greeting that it waits for, and its EHLO becomes a HELO if need be.
type regreeted struct {
	net.Conn
	helo    bool
	greeted bool
}

// Read implements io.Reader.
func (c *regreeted) Read(p []byte) (int, error) {
	if !c.greeted {
		c.greeted = true
		return copy(p, "220 again\r\n"), nil
	}
	return c.Conn.Read(p)
}

// Write implements io.Writer.
func (c *regreeted) Write(p []byte) (int, error) {
	if c.helo {
		p = []byte(strings.Replace(string(p), "EHLO ", "HELO ", 1))
	}
	return c.Conn.Write(p)
}

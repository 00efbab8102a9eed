package probe

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	gosmtp "github.com/emersion/go-smtp"

	"pecaudit/checker"
)

// A server that others wrote, in the same process.
func TestSMTPOtherServer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := gosmtp.NewServer(gosmtp.BackendFunc(func(*gosmtp.Conn) (gosmtp.Session, error) { return new(inbox), nil }))
		server.Domain, server.MaxRecipients = "mx.a.example", 3
		pipes := make(pipeListener)
		go func() { _ = server.Serve(pipes) }()
		defer server.Close()
		smtp := &SMTP{
			Helo: "checker.cciaa.example", MailFrom: "verifiche@cciaa.example", Private: true,
			Limits: map[string]Limit{"default": {PerSecond: 100}},
			Dial: func(context.Context, string, string) (net.Conn, error) {
				ours, theirs := net.Pipe()
				pipes <- theirs
				return ours, nil
			},
			Addresses: func(_ context.Context, hosts []string, yield func(string, []netip.Addr, *checker.Fault)) error {
				yield(hosts[0], []netip.Addr{netip.MustParseAddr("127.0.0.1")}, nil)
				return nil
			},
		}
		var addresses []string
		for i := range 20 {
			addresses = append(addresses, fmt.Sprintf("ok%d@a.example", i), fmt.Sprintf("gone%d@a.example", i))
		}
		for address, r := range probeAll(t, smtp, at("mx.a.example", addresses...)) {
			if gone := strings.HasPrefix(address, "gone"); !gone && r.Class != checker.ReplyAccepted || gone && !(r.Class == checker.ReplyNoMailbox && r.RefusesImpossible && r.TookAnother) {
				t.Errorf("%+v, fault %+v", r, r.Fault)
			}
		}
	})
}

type inbox struct{}

func (*inbox) Mail(string, *gosmtp.MailOptions) error { return nil }

func (*inbox) Rcpt(to string, _ *gosmtp.RcptOptions) error {
	if strings.HasPrefix(to, "ok") {
		return nil
	}
	return &gosmtp.SMTPError{Code: 550, EnhancedCode: gosmtp.EnhancedCode{5, 1, 1}, Message: "No such user"}
}

func (*inbox) Data(io.Reader) error { return errors.New("nobody may send a message") }
func (*inbox) Reset()               {}
func (*inbox) Logout() error        { return nil }

// A pipeListener accepts the other ends of pipes.
type pipeListener chan net.Conn

func (l pipeListener) Accept() (net.Conn, error) {
	if conn, ok := <-l; ok {
		return conn, nil
	}
	return nil, net.ErrClosed
}

func (l pipeListener) Close() error   { close(l); return nil }
func (l pipeListener) Addr() net.Addr { return &net.TCPAddr{} }

// From a domain to the reply, over the sockets of the system, as the program does it.
func TestOverSockets(t *testing.T) {
	t.Parallel()
	s := start(t, `
$ORIGIN uno.example.
@      MX   10 mx1
@      MX   20 mx2
mx1    A    127.0.0.9     ; nothing listens
mx2    A    127.0.0.2
       SMTP starttls required
due.example.     MX   10 mx.due.example.
mx.due.example.  A    127.0.0.3
                 SMTP silent 1
ok@uno.example   RCPT 250 2.1.5 Ok
`)
	d := hasty(s.DNS)
	hosts := map[string][]string{}
	for domain, a := range mxOf(t, d, "uno.example", "due.example") {
		hosts[domain] = a.Hosts
	}
	smtp := &SMTP{
		Helo: "checker.cciaa.example", MailFrom: "verifiche@cciaa.example", Private: true, Port: s.Port, Addresses: d.Addresses, Timeout: time.Second,
		Limits: map[string]Limit{"default": {PerSecond: 1000}},
	}
	got := probeAll(t, smtp, []Target{{"ok@uno.example", hosts["uno.example"]}, {"gone@uno.example", hosts["uno.example"]}, {"x@due.example", hosts["due.example"]}})
	if r := got["ok@uno.example"]; r.Class != checker.ReplyAccepted || r.Host != "mx2.uno.example" {
		t.Errorf("%+v", r)
	}
	if r := got["gone@uno.example"]; r.Class != checker.ReplyNoMailbox || !r.RefusesImpossible || !r.TookAnother {
		t.Errorf("%+v", r)
	}
	if r := got["x@due.example"]; r.Fault == nil || r.Fault.Reason != checker.ReasonTimeout {
		t.Errorf("%+v", r)
	}
	if s.Seen().Exchangers["mx2.uno.example"].Secure == 0 {
		t.Error("without TLS")
	}
	sane(t, s, false)

	// The end of the context closes the connection at once.
	smtp.Timeout = time.Hour
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	done := make(chan error)
	go func() {
		done <- smtp.Probe(ctx, []Target{{"x@due.example", hosts["due.example"]}}, func(r Reply) { t.Errorf("%+v", r) })
	}()
	for s.Seen().Exchangers["mx.due.example"].Commands["RCPT"] < 2 {
		select {
		case err := <-done:
			t.Fatal(err)
		default:
		}
	}
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

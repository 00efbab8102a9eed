package probetest

import (
	"bufio"
	"fmt"
	"net"
	"net/textproto"
	"strings"
	"testing"

	"github.com/miekg/dns"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestParseErrors(t *testing.T) {
	t.Parallel()
	for scenario, want := range map[string]string{
		"  MX 10 a.example":                                      "line 1: no owner",
		"a.example MX ten b.example":                             "line 1:",
		"\n\na.example WHAT 1":                                   "line 3:",
		"a.example FAULT":                                        "line 1: FAULT of which kind",
		"a.example FAULT sneeze":                                 "no such fault",
		"a.example FAULT drop many":                              "line 1:",
		"a.example FAULT drop x%":                                "line 1:",
		"a.example FAULT delay":                                  "no such fault",
		"a.example FAULT slow 10":                                "no such fault",
		"a.example A 127.0.0.1\na.example SMTP dance":            "line 2: an exchanger cannot",
		"a.example A 127.0.0.1\na.example SMTP greet":            "line 2:",
		"a.example A 127.0.0.1\na.example SMTP soft 1":           "line 2:",
		"a.example A 127.0.0.1\na.example SMTP starttls perhaps": "line 2: starttls",
		"a.example SMTP listen":                                  "the exchanger a.example has no address",
		"a.example A 192.0.2.1\na.example SMTP listen":           "is not on the loopback",
		"a.example A 127.0.0.1\nb.example A 127.0.0.1\na.example SMTP listen\nb.example SMTP listen": "a.example and b.example share 127.0.0.1",
		"a.example RCPT 250 Ok":        "RCPT is for a mailbox",
		"a@a.example RCPT Ok":          "is no reply",
		"a@a.example RCPT \"250 \\q\"": "line 1:",
		"a@a.example RCPT 30m":         "is no reply",
	} {
		_, err := Parse(scenario)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", scenario, err, want)
		}
	}
}

// lookup asks the server as a plain client.
func lookup(t *testing.T, s *Server, network, name string, qtype uint16) *dns.Msg {
	t.Helper()
	m, _, err := (&dns.Client{Net: network}).Exchange(new(dns.Msg).SetQuestion(dns.Fqdn(name), qtype), s.DNS)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestDNS(t *testing.T) {
	t.Parallel()
	s, err := Start(`
; a comment
$ORIGIN uno.example
@        MX    10 mx        ; relative names
         TXT   "a; b"
mx       A     127.0.0.2
alias    CNAME uno.example.
a.b.c    A     127.0.0.3
cut      FAULT truncate
cut      MX    10 mx
down     FAULT servfail 1
`)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for _, test := range []struct {
		network, name string
		qtype         uint16
		rcode         int
		answers       int
		truncated     bool
	}{
		{"udp", "uno.example", dns.TypeMX, dns.RcodeSuccess, 1, false},
		{"tcp", "UNO.example", dns.TypeMX, dns.RcodeSuccess, 1, false},
		{"udp", "uno.example", dns.TypeA, dns.RcodeSuccess, 0, false},
		{"udp", "alias.uno.example", dns.TypeMX, dns.RcodeSuccess, 2, false},
		{"udp", "c.uno.example", dns.TypeA, dns.RcodeSuccess, 0, false}, // an empty non-terminal exists
		{"udp", "none.uno.example", dns.TypeA, dns.RcodeNameError, 0, false},
		{"udp", "cut.uno.example", dns.TypeMX, dns.RcodeSuccess, 0, true},
		{"tcp", "cut.uno.example", dns.TypeMX, dns.RcodeSuccess, 1, false},
		{"udp", "down.uno.example", dns.TypeMX, dns.RcodeServerFailure, 0, false},
		{"udp", "down.uno.example", dns.TypeMX, dns.RcodeSuccess, 0, false},
	} {
		m := lookup(t, s, test.network, test.name, test.qtype)
		if m.Rcode != test.rcode || len(m.Answer) != test.answers || m.Truncated != test.truncated {
			t.Errorf("%v: %v", test, m)
		}
		if test.answers == 0 && test.rcode != dns.RcodeServerFailure && !test.truncated && len(m.Ns) != 1 {
			t.Errorf("%v: no SOA: %v", test, m)
		}
	}
	if n := s.Seen().Queries["uno.example. MX"]; n != 2 {
		t.Errorf("%d queries seen", n)
	}
}

// A conversation as a client of flesh and blood would have it.
func TestSMTP(t *testing.T) {
	t.Parallel()
	s, err := Start(`
mx.a.example   A    127.0.0.2
               SMTP recipients 4
               SMTP hard 6
ok@a.example   RCPT 250 2.1.5 Ok
twice@a.example RCPT 451 4.7.1 Later
twice@a.example RCPT "250 2.1.5 Ok\nfor <%s>"
`)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	conn, err := net.Dial("tcp", net.JoinHostPort("127.0.0.2", fmt.Sprint(s.Port)))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	in := textproto.NewReader(bufio.NewReader(conn))
	for _, line := range []struct{ command, reply string }{
		{"", "220 mx.a.example ESMTP probetest"},
		{"RCPT TO:<ok@a.example>", "503 5.5.1 Need MAIL command"},
		{"EHLO me.example", "250 mx.a.example\nENHANCEDSTATUSCODES\n8BITMIME"},
		{"MAIL FROM:<me@me.example> BODY=8BITMIME", "250 2.1.0 Ok"},
		{"RCPT TO:<OK@a.example>", "250 2.1.5 Ok"},
		{"RCPT TO:<twice@a.example>", "451 4.7.1 Later"},
		{"RCPT TO:<twice@a.example>", "250 2.1.5 Ok\nfor <twice@a.example>"},
		{"RCPT TO:<gone@a.example>", "550 5.1.1 <gone@a.example>: Recipient address rejected: User unknown"},
		{"RCPT TO:<ok@a.example>", "452 4.5.3 Too many recipients"},
		{"RSET", "250 2.0.0 Ok"},
		{"STARTTLS", "503 5.5.1 No TLS here"},
		{"DATA", "421 4.7.0 mx.a.example Error: too many errors"},
	} {
		if line.command != "" {
			if _, err := fmt.Fprintf(conn, "%s\r\n", line.command); err != nil {
				t.Fatal(err)
			}
		}
		code, text, err := in.ReadResponse(0)
		if got := fmt.Sprint(code, " ", text); got != line.reply || err != nil {
			t.Errorf("%s: %q, %v; want %q", line.command, got, err, line.reply)
		}
	}
	x := s.Seen().Exchangers["mx.a.example"]
	if x.Connections != 1 || x.Together != 1 || x.Commands["RCPT"] != 6 || len(x.Recipients) != 5 || x.HungUp != 1 || x.Helos[0] != "me.example" || x.Senders[0] != "me@me.example" {
		t.Errorf("%+v", x)
	}
}

func FuzzParse(f *testing.F) {
	f.Add("$ORIGIN a.example\n@ MX 10 mx\nmx A 127.0.0.2\n SMTP soft 10 1s\n*@a.example RCPT 30m \"250 2.1.5 Ok\\n\"\n. FAULT drop 1%\n")
	f.Fuzz(func(t *testing.T, text string) {
		s, err := Parse(text)
		if err != nil {
			if s != nil && !strings.HasPrefix(err.Error(), "scenario") {
				t.Errorf("no scenario in %v", err)
			}
			return
		}
		if _, err := New(s); err != nil {
			t.Error(err)
		}
	})
}

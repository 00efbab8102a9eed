package probe

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"pecaudit/checker"
	"pecaudit/checker/probe/probetest"
)

// play runs a test in time of its own, with exchangers in memory: a night of tarpits takes no time.
func play(t *testing.T, scenario string, test func(t *testing.T, s *probetest.Server, smtp *SMTP)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		parsed, err := probetest.Parse(scenario)
		if err != nil {
			t.Fatal(err)
		}
		s, err := probetest.New(parsed)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		test(t, s, &SMTP{
			Helo: "checker.cciaa.example", MailFrom: "verifiche@cciaa.example", Private: true, Dial: s.Dial, Addresses: s.Addresses,
			Limits: map[string]Limit{"default": {PerSecond: 10, Connections: 2, PerDay: 1000}},
		})
	})
}

// probeAll asks about all targets and fails the test if one has not exactly one reply.
func probeAll(t *testing.T, smtp *SMTP, targets []Target) map[string]Reply {
	t.Helper()
	got := map[string]Reply{}
	err := smtp.Probe(t.Context(), targets, func(r Reply) {
		if _, twice := got[r.Address]; twice {
			t.Errorf("%s: two replies", r.Address)
		}
		got[r.Address] = r
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, target := range targets {
		if _, ok := got[target.Address]; !ok {
			t.Errorf("%s: lost", target.Address)
		}
	}
	return got
}

// at returns targets of one exchanger.
func at(host string, addresses ...string) []Target {
	var targets []Target
	for _, a := range addresses {
		targets = append(targets, Target{a, []string{host}})
	}
	return targets
}

// Each fault of a server, with the truth that its replies hide: no mailbox is called unknown that is not, every address comes back, and the reason
// is named.
func TestSMTPFaults(t *testing.T) {
	t.Parallel()
	const replies = `
ok@%[1]s      RCPT 250 2.1.5 Ok
other@%[1]s   RCPT 250 2.1.5 Ok
full@%[1]s    RCPT 552 5.2.2 Mailbox full
`
	type want struct {
		class  checker.ReplyClass
		reason checker.Reason // of the fault, "" for an answer
		flags  string         // "impossible", "another"
	}
	ok, unknown := want{class: checker.ReplyAccepted}, want{checker.ReplyNoMailbox, "", "impossible another"}
	policy, unclear := want{class: checker.ReplyPolicy}, want{class: checker.ReplyUnclear}
	fault := func(r checker.Reason) want { return want{reason: r} }
	greylisted := want{class: checker.ReplyTemporary, reason: checker.ReasonTemporary}

	tests := []struct {
		name string
		smtp string          // lines SMTP
		rcpt string          // more lines RCPT, %[1]s is the domain
		want map[string]want // by local part
	}{
		{"plain", "listen", "", map[string]want{"ok": ok, "gone": unknown, "full": {class: checker.ReplyFull}}},
		{
			"greylist", "listen", "grey@%[1]s RCPT 451 4.7.1 Greylisted, come back later\ngrey@%[1]s RCPT 10m 250 2.1.5 Ok\n",
			map[string]want{"ok": ok, "grey": greylisted},
		},
		{"busy", "greet 421 4.3.2 Too busy", "", map[string]want{"ok": fault(checker.ReasonTemporary), "gone": fault(checker.ReasonTemporary)}},
		{"notnow", "greet 450 4.3.2 Not now", "", map[string]want{"ok": fault(checker.ReasonTemporary)}},
		{"nobody", "greet 554 5.7.1 No SMTP service for you", "", map[string]want{"ok": fault(checker.ReasonPolicy), "gone": fault(checker.ReasonPolicy)}},
		{"oneatatime", "together 1", "", map[string]want{"ok": ok, "other": ok, "gone": unknown}},
		{"midbatch", "session 2", "", map[string]want{"ok": ok, "other": ok, "gone": unknown, "full": {class: checker.ReplyFull}, "gone2": unknown}},
		{"smallbatch", "recipients 2", "", map[string]want{"ok": ok, "other": ok, "gone": unknown, "gone2": unknown}},
		{"announced", "ehlo \"LIMITS RCPTMAX=2 MAILMAX=5\"\nSMTP recipients 2", "", map[string]want{"ok": ok, "other": ok, "gone": unknown, "gone2": unknown}},
		{"nostorage", "rcpt 452 4.3.1 Insufficient system storage", "", map[string]want{"ok": fault(checker.ReasonTemporary), "gone": fault(checker.ReasonTemporary)}},
		{"toofast", "rcpt \"450 4.7.1 Error: too many recipients from 192.0.2.1\"", "", map[string]want{"ok": fault(checker.ReasonTemporary)}},
		{"banner", "banner 25s", "", map[string]want{"ok": ok, "gone": unknown}},
		{"tarpit", "banner 45s", "", map[string]want{"ok": fault(checker.ReasonTimeout), "gone": fault(checker.ReasonTimeout)}},
		{"slowloris", "drip 1s", "", map[string]want{"ok": fault(checker.ReasonTimeout)}},
		{"drip", "drip 20ms", "", map[string]want{"ok": ok, "gone": unknown}},
		{"silent", "silent 1", "", map[string]want{"ok": fault(checker.ReasonTimeout), "gone": fault(checker.ReasonTimeout)}},
		{"hangup", "hangup 1", "", map[string]want{"ok": fault(checker.ReasonUnreachable), "gone": fault(checker.ReasonUnreachable)}},
		{"hangup3", "hangup 3", "", map[string]want{"ok": ok, "other": ok, "full": {class: checker.ReplyFull}, "gone": unknown}},
		{"scolds", "soft 10 1s\nSMTP hard 20", "", map[string]want{
			"ok": ok, "g1": unknown, "g2": unknown, "g3": unknown, "g4": unknown, "g5": unknown, "g6": unknown, "g7": unknown, "g8": unknown, "g9": unknown,
			"g10": unknown, "g11": unknown, "g12": unknown, "g13": unknown, "g14": unknown, "g15": unknown, "g16": unknown, "g17": unknown, "g18": unknown, "g19": unknown, "g20": unknown, "g21": unknown,
		}},
		{"impatient", "hard 4", "", map[string]want{"ok": ok, "g1": unknown, "g2": unknown, "g3": unknown, "g4": unknown, "g5": unknown, "g6": unknown}},
		{"catchall", "listen", "*@%[1]s RCPT 250 2.1.5 Ok\n", map[string]want{"ok": ok, "gone": ok}},
		{"lax", "lax", "", map[string]want{"gone": {class: checker.ReplyNoMailbox}}}, // the impossible mailbox is the second recipient, and taken
		{"nobodyhere", "listen", "ok@%[1]s RCPT 550 5.1.1 User unknown\n", map[string]want{"gone": {checker.ReplyNoMailbox, "", "impossible"}}},
		{
			"blocklist", "rcpt \"554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org\"", "",
			map[string]want{"ok": policy, "gone": policy},
		},
		{"certifiedonly", "rcpt 550 5.7.1 Solo posta certificata", "", map[string]want{"ok": policy, "gone": policy}},
		{"relay", "rcpt 554 <%s>: Relay access denied", "", map[string]want{"ok": policy}},
		{
			"merged", "listen", "*@%[1]s RCPT \"554 5.1.1 Messaggio rifiutato dal sistema. Indirizzo destinatario sconosciuto o non abilitato alla ricezione di posta non certificata\"\n",
			map[string]want{"ok": ok, "gone": unclear},
		},
		{
			"cut", "cut 75", "*@%[1]s RCPT \"554 5.1.1 Messaggio rifiutato dal sistema. Indirizzo destinatario sconosciuto o non abilitato alla ricezione di posta non certificata\"\n",
			map[string]want{"gone": fault(checker.ReasonUnreachable)},
		},
		{
			"endless", "listen", "*@%[1]s RCPT \"550 " + strings.Repeat("la casella non esiste\\n", 4000) + "user unknown\"\n",
			map[string]want{"ok": ok, "gone": fault(checker.ReasonUnreachable)},
		},
		{"cutcode", "cut 3", "", map[string]want{"ok": fault(checker.ReasonUnreachable)}},
		{"sender", "mail 550 5.1.8 Sender rejected", "", map[string]want{"ok": fault(checker.ReasonPolicy), "gone": fault(checker.ReasonPolicy)}},
		{"senderlater", "mail 451 4.3.0 Try again", "", map[string]want{"ok": fault(checker.ReasonTemporary)}},
		{"sender421", "mail 421 4.7.0 Slow down", "", map[string]want{"ok": fault(checker.ReasonTemporary), "gone": fault(checker.ReasonTemporary)}},
		{"lines", "listen", "*@%[1]s RCPT \"550 5.1.1 <%%s>: la casella\\n5.1.1 non \\xe8 pi\\xf9 attiva:\\n5.1.1 user unknown\"\n", map[string]want{"ok": ok, "gone": unknown}},
		{"pipelining", "ehlo PIPELINING\nSMTP unpipelined", "", map[string]want{"ok": ok, "gone": unknown}},
		{"noehlo", "noehlo 502 5.5.1 Command not implemented", "", map[string]want{"ok": ok, "gone": unknown}},
		{"noehlo504", "noehlo \"550 5.7.1 What\\n5.7.1 is EHLO?\"", "", map[string]want{"ok": ok, "gone": unknown}},
		{"tls", "starttls", "", map[string]want{"ok": ok, "gone": unknown}},
		{"tlsonly", "starttls required", "", map[string]want{"ok": ok, "gone": unknown}},
		{"tlsbroken", "starttls broken", "", map[string]want{"ok": ok, "gone": unknown}},
	}
	var scenario strings.Builder
	var targets []Target
	for i, test := range tests {
		domain := test.name + ".example"
		fmt.Fprintf(&scenario, "mx.%s A 127.0.1.%d\nmx.%[1]s SMTP %[3]s\n", domain, i+1, strings.ReplaceAll(test.smtp, "\nSMTP", "\nmx."+domain+" SMTP"))
		if test.name != "nobodyhere" {
			fmt.Fprintf(&scenario, replies, domain)
		}
		if test.rcpt != "" {
			fmt.Fprintf(&scenario, test.rcpt, domain)
		}
		for local := range test.want {
			targets = append(targets, Target{local + "@" + domain, []string{"mx." + domain}})
		}
	}
	play(t, scenario.String(), func(t *testing.T, s *probetest.Server, smtp *SMTP) {
		began := time.Now()
		got := probeAll(t, smtp, targets)
		for _, test := range tests {
			for local, want := range test.want {
				r := got[local+"@"+test.name+".example"]
				var reason checker.Reason
				if r.Fault != nil {
					reason = r.Fault.Reason
				}
				var flags []string
				if r.RefusesImpossible {
					flags = append(flags, "impossible")
				}
				if r.TookAnother {
					flags = append(flags, "another")
				}
				if r.Class != want.class || reason != want.reason || want.class == checker.ReplyNoMailbox && strings.Join(flags, " ") != want.flags {
					t.Errorf("%s, %s: class %d, reason %q (%v), controls %v; want %+v", test.name, local, r.Class, reason, r.Fault, flags, want)
				}
				if r.Fault != nil && (r.Fault.Text == "" || r.NotBefore.Before(began.Add(30*time.Minute))) {
					t.Errorf("%s, %s: fault %+v, not before %v", test.name, local, r.Fault, r.NotBefore)
				}
				if r.Fault == nil && (!r.NotBefore.IsZero() || r.Text == "" || r.Code == 0 || r.Host != "mx."+test.name+".example") || r.At.IsZero() || r.By != smtp.Helo {
					t.Errorf("%s, %s: incomplete: %+v", test.name, local, r)
				}
			}
		}
		// A tarpit holds an address for the time-out of the connection and that of the reply at most; those here have two addresses each.
		if took := time.Since(began); took > 4*time.Minute {
			t.Errorf("all took %v", took)
		}
		sane(t, s, true)
		for host, x := range s.Seen().Exchangers {
			if x.Pipelined > 0 || x.Slowed > 0 {
				t.Errorf("%s: %d commands pipelined, %d replies slowed down", host, x.Pipelined, x.Slowed)
			}
		}
		if r := got["gone@lines.example"]; r.Text != "550-5.1.1 <gone@lines.example>: la casella\n550-5.1.1 non \xe8 pi\xf9 attiva:\n550 5.1.1 user unknown" || r.Enhanced != "5.1.1" {
			t.Errorf("not the raw reply: %q, %q", r.Text, r.Enhanced)
		}
		seen := s.Seen().Exchangers
		if seen["mx.tls.example"].Secure == 0 || seen["mx.tlsbroken.example"].Secure != 0 || seen["mx.noehlo504.example"].Commands["HELO"] == 0 {
			t.Error("STARTTLS or HELO is not used as it should be")
		}
		if n := seen["mx.announced.example"].Commands["MAIL"]; n < 3 {
			t.Errorf("LIMITS not obeyed: %d transactions", n)
		}
	})
}

// sane checks what holds whatever the servers do.
func sane(t *testing.T, s *probetest.Server, limited bool) {
	t.Helper()
	for host, x := range s.Seen().Exchangers {
		if x.Commands["DATA"]+x.Commands["BDAT"]+x.Commands["VRFY"]+x.Commands["EXPN"] > 0 {
			t.Errorf("%s was asked for more than RCPT: %v", host, x.Commands)
		}
		if len(x.Helos) > 1 || len(x.Helos) == 1 && x.Helos[0] != "checker.cciaa.example" || len(x.Senders) > 1 || len(x.Senders) == 1 && x.Senders[0] != "verifiche@cciaa.example" {
			t.Errorf("%s met %v and %v", host, x.Helos, x.Senders)
		}
		if x.Together > 2 {
			t.Errorf("%s had %d connections at once, 2 are allowed", host, x.Together)
		}
		if limited {
			perSecond(t, host, x.Recipients, 10)
		}
	}
}

// perSecond fails if any second holds more than the limit.
func perSecond(t testing.TB, who string, seen []probetest.Recipient, limit int) {
	t.Helper()
	times := make([]time.Time, 0, len(seen))
	for _, r := range seen {
		times = append(times, r.At)
	}
	slices.SortFunc(times, time.Time.Compare)
	for i := limit; i < len(times); i++ {
		if times[i].Sub(times[i-limit]) < time.Second-time.Millisecond {
			t.Errorf("%s: more than %d within the second after %v", who, limit, times[i-limit])
			return
		}
	}
}

// Greylisting is not waited for: the address comes back in a later run, and is taken then.
func TestSMTPGreylistLater(t *testing.T) {
	t.Parallel()
	play(t, "mx.a.example A 127.0.0.2\nmx.a.example SMTP listen\ngrey@a.example RCPT 451 4.7.1 Greylisted\ngrey@a.example RCPT 10m 250 2.1.5 Ok\n",
		func(t *testing.T, _ *probetest.Server, smtp *SMTP) {
			targets := at("mx.a.example", "grey@a.example")
			first := probeAll(t, smtp, targets)["grey@a.example"]
			if first.Fault == nil || first.Fault.Reason != checker.ReasonTemporary || first.Code != 451 || first.Cost != 1 {
				t.Fatalf("%+v", first)
			}
			time.Sleep(time.Until(first.NotBefore)) // in the time of the test
			if second := probeAll(t, smtp, targets)["grey@a.example"]; second.Class != checker.ReplyAccepted || second.Fault != nil {
				t.Errorf("%+v", second)
			}
		})
}

// An exchanger that has enough of us for today gets no more connections, and the rest comes back later.
func TestSMTPFewConnections(t *testing.T) {
	t.Parallel()
	play(t, "mx.a.example A 127.0.0.2\nmx.a.example SMTP total 2\nmx.a.example SMTP session 1\n*@a.example RCPT 250 2.1.5 Ok\n",
		func(t *testing.T, s *probetest.Server, smtp *SMTP) {
			answered, later := 0, 0
			for _, r := range probeAll(t, smtp, at("mx.a.example", "a@a.example", "b@a.example", "c@a.example", "d@a.example")) {
				switch {
				case r.Fault == nil && r.Class == checker.ReplyAccepted:
					answered++
				case r.Fault != nil && r.Fault.Reason == checker.ReasonTemporary && !r.NotBefore.IsZero():
					later++
				}
			}
			if n := s.Seen().Exchangers["mx.a.example"].Connections; answered != 2 || later != 2 || n > 2+1+mostStrikes { // one while there was another, then the strikes
				t.Errorf("%d answered, %d later, %d connections", answered, later, n)
			}
		})
}

func TestSMTPNextExchanger(t *testing.T) {
	t.Parallel()
	play(t, `
dead.example       A    127.0.0.2
refuses.example    A    127.0.0.3
refuses.example    SMTP greet 554 5.7.1 Go away
tarpit.example     A    127.0.0.4
tarpit.example     SMTP banner 1h
nosender.example   A    127.0.0.5
nosender.example   SMTP mail 550 5.7.1 Not you
good.example       A    127.0.0.6
good.example       SMTP listen
ok@a.example       RCPT 250 2.1.5 Ok
`, func(t *testing.T, s *probetest.Server, smtp *SMTP) {
		for _, first := range []string{"dead.example", "refuses.example", "tarpit.example", "nosender.example", "missing.example"} {
			targets := []Target{{"ok@a.example", []string{first, "good.example"}}, {"gone@a.example", []string{first, "good.example"}}}
			got := probeAll(t, smtp, targets)
			if got["ok@a.example"].Class != checker.ReplyAccepted || got["gone@a.example"].Class != checker.ReplyNoMailbox || got["ok@a.example"].Host != "good.example" {
				t.Errorf("%s first: %+v", first, got)
			}
			only := probeAll(t, smtp, targets[:1:1])
			if len(only) != 1 {
				t.Error("lost")
			}
		}
		if n := s.Seen().Exchangers["tarpit.example"].Connections; n > 4 {
			t.Errorf("the tarpit was tried %d times", n)
		}
	})
}

// Many domains, few operators: connections are shared, limits are kept whatever the names.
func TestSMTPOperators(t *testing.T) {
	t.Parallel()
	var scenario strings.Builder
	scenario.WriteString("mx1.big.example A 127.0.0.2\nmx1.big.example SMTP listen\nmx2.big.example A 127.0.0.3\nmx2.big.example SMTP listen\n")
	var targets []Target
	for i := range 30 {
		fmt.Fprintf(&scenario, "mail.d%d.example A 127.0.0.%d\n", i, 2+i%2) // names of its own for the same exchangers
		fmt.Fprintf(&scenario, "ok@d%d.example RCPT 250 2.1.5 Ok\n", i)
		targets = append(targets, Target{fmt.Sprintf("ok@d%d.example", i), []string{fmt.Sprintf("mail.d%d.example", i)}})
	}
	targets = append(targets, Target{"x@big.example", []string{"mx1.big.example", "mx2.big.example"}})
	play(t, scenario.String(), func(t *testing.T, s *probetest.Server, smtp *SMTP) {
		smtp.Operator = func(host string) (string, string) {
			if strings.HasSuffix(host, ".big.example") {
				return "big", ""
			}
			return "", ""
		}
		smtp.Limits = map[string]Limit{"big": {PerSecond: 2, Connections: 1}, "default": {PerSecond: 100, Connections: 50, PerDay: 1000}}
		for address, r := range probeAll(t, smtp, targets) {
			if r.Operator != "big" {
				t.Errorf("%s: operator %q", address, r.Operator)
			}
		}
		var all []probetest.Recipient
		connections := 0
		for _, x := range s.Seen().Exchangers {
			all = append(all, x.Recipients...)
			connections += x.Connections
		}
		perSecond(t, "big", all, 2)
		if connections > 4 {
			t.Errorf("%d connections for %d addresses", connections, len(all))
		}
	})
}

func TestSMTPPerDay(t *testing.T) {
	t.Parallel()
	play(t, "mx.a.example A 127.0.0.2\nmx.a.example SMTP listen\n*@a.example RCPT 250 2.1.5 Ok\n", func(t *testing.T, s *probetest.Server, smtp *SMTP) {
		smtp.Limits = map[string]Limit{"default": {PerSecond: 1000, PerDay: 7}}
		spent := map[string]int{"127.0.0.2": 2}
		smtp.Spent = func(operator string) int { return spent[operator] }
		var addresses []string
		for i := range 20 {
			addresses = append(addresses, fmt.Sprintf("a%d@a.example", i))
		}
		answered := 0
		midnight := time.Now().UTC().Truncate(24*time.Hour).AddDate(0, 0, 1)
		for _, r := range probeAll(t, smtp, at("mx.a.example", addresses...)) {
			switch {
			case r.Fault == nil:
				answered++
			case r.Fault.Reason != checker.ReasonTemporary || !r.NotBefore.Equal(midnight) || !r.Deferred:
				t.Errorf("%+v, not before %v", r.Fault, r.NotBefore)
			}
		}
		if asked := len(s.Seen().Exchangers["mx.a.example"].Recipients); answered != 5 || asked != 5 {
			t.Errorf("%d answered, %d asked, want 5", answered, asked)
		}
	})
}

// What points into our own network says nothing about a company.
func TestSMTPPrivate(t *testing.T) {
	t.Parallel()
	hosts := map[string]string{"loop.example": "127.0.0.1", "office.example": "10.1.2.3", "zero.example": "0.0.0.0", "local.example": "fe80::1", "six.example": "::ffff:192.168.0.1"}
	smtp := &SMTP{
		Helo: "checker.cciaa.example", MailFrom: "verifiche@cciaa.example",
		Dial: func(context.Context, string, string) (net.Conn, error) {
			t.Error("asked")
			return nil, errors.New("asked")
		},
		Addresses: func(_ context.Context, names []string, yield func(string, []netip.Addr, *checker.Fault)) error {
			for _, h := range names {
				yield(h, []netip.Addr{netip.MustParseAddr(hosts[h]).Unmap()}, nil)
			}
			return nil
		},
	}
	targets := []Target{{Address: "a@none.example"}}
	for h := range hosts {
		targets = append(targets, Target{"a@" + h, []string{h}})
	}
	for address, r := range probeAll(t, smtp, targets) {
		if r.Fault == nil || r.Fault.Reason != checker.ReasonUnreachable || r.Fault.Text == "" || r.NotBefore.IsZero() {
			t.Errorf("%s: %+v", address, r)
		}
	}
}

// The end of the context ends a tarpit at once, and what was seen is kept.
func TestSMTPCancelled(t *testing.T) {
	t.Parallel()
	play(t, "mx.a.example A 127.0.0.2\nmx.a.example SMTP silent 3\nok@a.example RCPT 250 2.1.5 Ok\n", func(t *testing.T, _ *probetest.Server, smtp *SMTP) {
		smtp.Limits = map[string]Limit{"default": {PerSecond: 10, Connections: 1, PerDay: 100}}
		smtp.Timeout = time.Hour
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		began := time.Now()
		var seen []string
		err := smtp.Probe(ctx, at("mx.a.example", "gone@a.example", "ok@a.example", "never@a.example"), func(r Reply) { seen = append(seen, r.Address) })
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != time.Minute {
			t.Errorf("error %v after %v", err, time.Since(began))
		}
		if diff := cmp.Diff([]string{"gone@a.example"}, seen); diff != "" {
			t.Error(diff)
		}
	})
}

func TestSMTPNotConfigured(t *testing.T) {
	t.Parallel()
	addresses := new(DNS).Addresses
	for name, smtp := range map[string]*SMTP{
		"helo":      {MailFrom: "a@b.example", Addresses: addresses},
		"mail_from": {Helo: "a.example", MailFrom: "a", Addresses: addresses},
		"addresses": {Helo: "a.example", MailFrom: "a@b.example"},
		"limits":    {Helo: "a.example", MailFrom: "a@b.example", Addresses: addresses, Limits: map[string]Limit{"default": {PerSecond: -1}}},
	} {
		if err := smtp.Probe(t.Context(), at("mx.example", "a@b.example"), func(Reply) { t.Error("asked") }); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// A tarpit costs its time-outs once, not once an address.
func TestSMTPTarpitOnce(t *testing.T) {
	t.Parallel()
	var addresses []string
	for i := range 200 {
		addresses = append(addresses, fmt.Sprintf("a%d@a.example", i))
	}
	for _, lines := range []string{"banner 1h", "silent 1", "silent 2", "drip 10s", "delay 29s"} {
		play(t, "mx.a.example A 127.0.0.2\n*@a.example RCPT 250 2.1.5 Ok\nmx.a.example SMTP "+lines+"\n", func(t *testing.T, s *probetest.Server, smtp *SMTP) {
			smtp.Limits = map[string]Limit{"default": {PerSecond: 1000, Connections: 1, PerDay: 1000}}
			began := time.Now()
			faults := 0
			for _, r := range probeAll(t, smtp, at("mx.a.example", addresses...)) {
				if r.Fault != nil {
					faults++
					if r.Fault.Reason != checker.ReasonTimeout {
						t.Errorf("%s: %+v", lines, r.Fault)
					}
				}
			}
			if took := time.Since(began); took > (mostAttempts+1)*smtp.timeout() {
				t.Errorf("%s: %v", lines, took)
			} else if faults == 0 {
				t.Errorf("%s: it answered", lines)
			}
		})
	}
}

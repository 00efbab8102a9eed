package probe

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/miekg/dns"

	"pecaudit/checker"
	"pecaudit/checker/probe/probetest"
)

// hasty asks a server as in real life, but gives up soon.
func hasty(servers ...string) *DNS {
	return &DNS{Servers: servers, Timeout: 100 * time.Millisecond, Tries: 3, Patience: time.Second}
}

// mxOf asks for all domains and fails the test if one is answered twice or not at all.
func mxOf(t *testing.T, d *DNS, domains ...string) map[string]checker.MXAnswer {
	t.Helper()
	got := map[string]checker.MXAnswer{}
	err := d.MX(t.Context(), domains, func(domain string, a checker.MXAnswer) {
		if _, twice := got[domain]; twice {
			t.Errorf("%s: answered twice", domain)
		}
		got[domain] = a
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, domain := range domains {
		if _, ok := got[domain]; !ok {
			t.Errorf("%s: lost", domain)
		}
	}
	return got
}

func TestMXKinds(t *testing.T) {
	t.Parallel()
	s := start(t, `
two.example          MX    20 mx2.two.example
two.example          MX    10 MX1.two.example
mx1.two.example      A     127.0.0.1
mx2.two.example      A     127.0.0.1
alias.example        CNAME two.example
six.example          MX    10 mx6.six.example
mx6.six.example      AAAA  ::1
implicit.example     A     127.0.0.1
implicit6.example    AAAA  ::1
empty.example        TXT   "nothing here"
null.example         MX    0 .
notnull.example      MX    0 .
notnull.example      MX    10 mx1.two.example
literal.example      MX    10 192.0.2.1
viaalias.example     MX    10 www.two.example
www.two.example      CNAME mx1.two.example
oneoftwo.example     MX    10 www.two.example
oneoftwo.example     MX    20 mx1.two.example
dangling.example     MX    10 gone.nowhere.example
noaddress.example    MX    10 empty.example
loop.example         MX    10 a.loop.example
a.loop.example       CNAME b.loop.example
b.loop.example       CNAME a.loop.example
deadalias.example    CNAME gone.nowhere.example
xn--citt-3na.example MX    10 mx1.two.example
unasked.example      MX    10 broken.example
broken.example       FAULT servfail
lying.example        FAULT nxdomain 1
lying.example        A     127.0.0.1
`)
	want := map[string]checker.MXAnswer{
		"two.example":       {Kind: checker.MXHosts, Hosts: []string{"mx1.two.example", "mx2.two.example"}, Raw: "MX 10 mx1.two.example, MX 20 mx2.two.example"},
		"alias.example":     {Kind: checker.MXHosts, Hosts: []string{"mx1.two.example", "mx2.two.example"}, Raw: "MX 10 mx1.two.example, MX 20 mx2.two.example"},
		"six.example":       {Kind: checker.MXHosts, Hosts: []string{"mx6.six.example"}, Raw: "MX 10 mx6.six.example"},
		"implicit.example":  {Kind: checker.MXImplicit, Hosts: []string{"implicit.example"}, Raw: "no MX, address 127.0.0.1"},
		"implicit6.example": {Kind: checker.MXImplicit, Hosts: []string{"implicit6.example"}, Raw: "no MX, address ::1"},
		"empty.example":     {Kind: checker.MXNothing, Raw: "no MX, no address, says zone example"},
		"null.example":      {Kind: checker.MXNull, Raw: "MX 0 ."},
		"notnull.example":   {Kind: checker.MXHosts, Hosts: []string{"mx1.two.example"}, Raw: "MX 0 . (is no exchanger beside others (RFC 7505, 3)), MX 10 mx1.two.example"},
		"literal.example":   {Kind: checker.MXUnusable, Raw: "MX 10 192.0.2.1 (is an address, not a name (RFC 5321, 5.1))"},
		"viaalias.example":  {Kind: checker.MXUnusable, Hosts: []string{"www.two.example"}, Raw: "MX 10 www.two.example (is an alias (RFC 2181, 10.3))"},
		"oneoftwo.example": {
			Kind: checker.MXHosts, Hosts: []string{"www.two.example", "mx1.two.example"},
			Raw: "MX 10 www.two.example (is an alias (RFC 2181, 10.3)), MX 20 mx1.two.example",
		},
		"dangling.example":  {Kind: checker.MXUnusable, Hosts: []string{"gone.nowhere.example"}, Raw: "MX 10 gone.nowhere.example (does not exist)"},
		"noaddress.example": {Kind: checker.MXUnusable, Hosts: []string{"empty.example"}, Raw: "MX 10 empty.example (has no address)"},
		"loop.example":      {Kind: checker.MXUnusable, Hosts: []string{"a.loop.example"}, Raw: "MX 10 a.loop.example (is an alias (RFC 2181, 10.3))"},
		"deadalias.example": {Kind: checker.MXNoDomain, Raw: "NXDOMAIN, says zone example"},
		"missing.example":   {Kind: checker.MXNoDomain, Raw: "NXDOMAIN, says zone example"},
		"città.example":     {Kind: checker.MXHosts, Hosts: []string{"mx1.two.example"}, Raw: "MX 10 mx1.two.example"},
		"unasked.example":   {Kind: checker.MXHosts, Hosts: []string{"broken.example"}, Raw: "MX 10 broken.example"},
		"lying.example":     {Kind: checker.MXImplicit, Hosts: []string{"lying.example"}, Raw: "no MX, address 127.0.0.1"},
	}
	now := time.Date(2026, 11, 1, 6, 0, 0, 0, time.UTC)
	d := hasty(s.DNS)
	d.Now = func() time.Time { return now }
	var domains []string
	for domain, a := range want {
		a.At, a.By = now, s.DNS
		want[domain] = a
		domains = append(domains, domain)
	}
	if diff := cmp.Diff(want, mxOf(t, d, domains...)); diff != "" {
		t.Error(diff)
	}
	if n := s.Seen().Queries["mx1.two.example. A"]; n > 3 { // once, unless the machine is so busy that it is asked again
		t.Errorf("the exchanger of many domains was asked for %d times, want once", n)
	}
}

// Every fault of the server or the network is told apart, and none is an answer.
func TestMXFaults(t *testing.T) {
	t.Parallel()
	s := start(t, `
servfail.example   FAULT servfail
refused.example    FAULT refused
formerr.example    MX    10 mx.example
formerr.example    FAULT formerr
notimp.example     FAULT notimp
silent.example     FAULT drop
referral.example   FAULT referral
once.example       MX    10 mx.example
once.example       FAULT servfail 1
lossy.example      MX    10 mx.example
lossy.example      FAULT drop 2
wrongid.example    FAULT wrongid
question.example   FAULT question
wrongonce.example  MX    10 mx.example
wrongonce.example  FAULT wrongid 1
twice.example      MX    10 mx.example
twice.example      FAULT duplicate
garbage.example    MX    10 mx.example
garbage.example    FAULT garbage
truncated.example  MX    10 mx.example
truncated.example  FAULT truncate
late.example       MX    10 mx.example
late.example       FAULT delay 150ms
half.example       TXT   "an MX could not be had, and neither could an address"
mx.example         A     127.0.0.1
`)
	tests := map[string]struct {
		kind   checker.MXKind
		reason checker.Reason
	}{
		"servfail.example":   {reason: checker.ReasonTemporary},
		"refused.example":    {reason: checker.ReasonPolicy},
		"formerr.example":    {kind: checker.MXHosts},
		"notimp.example":     {reason: checker.ReasonPolicy},
		"silent.example":     {reason: checker.ReasonTimeout},
		"referral.example":   {reason: checker.ReasonPolicy},
		"once.example":       {kind: checker.MXHosts},
		"lossy.example":      {kind: checker.MXHosts},
		"wrongid.example":    {reason: checker.ReasonTimeout},
		"question.example":   {reason: checker.ReasonTimeout},
		"wrongonce.example":  {kind: checker.MXHosts},
		"twice.example":      {kind: checker.MXHosts},
		"garbage.example":    {kind: checker.MXHosts},
		"truncated.example":  {kind: checker.MXHosts},
		"late.example":       {kind: checker.MXHosts},
		"no domain .example": {reason: checker.ReasonAmbiguous},
		"..":                 {reason: checker.ReasonAmbiguous},
	}
	var domains []string
	for domain := range tests {
		domains = append(domains, domain)
	}
	for domain, a := range mxOf(t, hasty(s.DNS), domains...) {
		want := tests[domain]
		if a.Kind != want.kind || a.Fault == nil != (want.reason == "") || a.Fault != nil && a.Fault.Reason != want.reason {
			t.Errorf("%s: kind %d, fault %v; want kind %d, reason %q", domain, a.Kind, a.Fault, want.kind, want.reason)
		}
		if a.At.IsZero() {
			t.Errorf("%s: no time", domain)
		}
	}
}

// A dead server costs its first questions two packets, and none its answer.
func TestMXSecondServer(t *testing.T) {
	t.Parallel()
	dead, err := net.ListenPacket("udp", "127.0.0.1:0") // takes questions and says nothing
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { dead.Close() })
	closed := closedPort(t)
	s := start(t, "a.example MX 10 mx.example\nmx.example A 127.0.0.1\n")
	for name, servers := range map[string][]string{"silent": {dead.LocalAddr().String(), s.DNS}, "closed": {closed, s.DNS}, "second": {s.DNS, closed}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := mxOf(t, hasty(servers...), "a.example", "b.example")
			if got["a.example"].Kind != checker.MXHosts || got["b.example"].Kind != checker.MXNoDomain || got["a.example"].By != s.DNS {
				t.Errorf("%+v", got)
			}
		})
	}
}

func closedPort(t *testing.T) string {
	t.Helper()
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	return c.LocalAddr().String()
}

// One resolver's word that a domain takes no mail is not enough where another knows better.
func TestMXResolversDisagree(t *testing.T) {
	t.Parallel()
	right := start(t, "a.example MX 10 mx.example\nmx.example A 127.0.0.1\nboth.example TXT x\n")
	blind := start(t, "other.example A 127.0.0.1\nboth.example TXT x\n")
	for range 8 {
		got := mxOf(t, hasty(blind.DNS, right.DNS), "a.example", "both.example", "neither.example")
		if a := got["a.example"]; a.Kind.NoMail() {
			t.Fatalf("accused on the word of one of two: %+v", a)
		}
		if got["both.example"].Kind != checker.MXNothing || got["neither.example"].Kind != checker.MXNoDomain {
			t.Errorf("%+v", got)
		}
	}
}

// A truncated answer is none where there is no TCP.
func TestMXTruncatedWithoutTCP(t *testing.T) {
	t.Parallel()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &dns.Server{PacketConn: conn, Handler: dns.HandlerFunc(func(w dns.ResponseWriter, r *dns.Msg) {
		m := new(dns.Msg).SetReply(r)
		m.Truncated = true
		_ = w.WriteMsg(m)
	})}
	done := make(chan struct{})
	go func() { defer close(done); _ = server.ActivateAndServe() }()
	a := mxOf(t, hasty(conn.LocalAddr().String()), "a.example")["a.example"]
	if a.Fault == nil || a.Fault.Reason != checker.ReasonUnreachable || !strings.Contains(a.Fault.Text, "TCP") {
		t.Errorf("%+v, fault %+v", a, a.Fault)
	}
	_ = server.Shutdown()
	<-done
}

// A dead network ends soon, with a fault for every domain.
func TestMXDeadNetwork(t *testing.T) {
	t.Parallel()
	d := &DNS{Servers: []string{closedPort(t)}, Timeout: 5 * time.Millisecond, Tries: 2, Patience: 10 * time.Millisecond, InFlight: 8}
	var domains []string
	for i := range 3000 {
		domains = append(domains, fmt.Sprintf("d%d.example", i))
	}
	for domain, a := range mxOf(t, d, domains...) {
		if a.Fault == nil || a.Kind != checker.MXNotAsked {
			t.Fatalf("%s: %+v", domain, a)
		}
	}
}

func TestMXCancelled(t *testing.T) {
	t.Parallel()
	s := start(t, "a.example MX 10 mx.example\nmx.example A 127.0.0.1\nnever.example FAULT drop\n")
	ctx, cancel := context.WithCancel(t.Context())
	d := &DNS{Servers: []string{s.DNS}}
	seen := 0
	err := d.MX(ctx, []string{"a.example", "never.example"}, func(domain string, a checker.MXAnswer) {
		seen++
		if domain != "a.example" || !a.Seen() {
			t.Errorf("%s: %+v", domain, a)
		}
		cancel()
	})
	if err != context.Canceled || seen != 1 {
		t.Errorf("%d seen, error %v", seen, err)
	}
	if err := d.MX(ctx, []string{"a.example"}, func(string, checker.MXAnswer) { t.Error("asked after the end") }); err != context.Canceled {
		t.Errorf("error %v", err)
	}
}

func TestMXNoServer(t *testing.T) {
	t.Parallel()
	for _, server := range []string{"127.0.0.1", "", ":::"} {
		err := (&DNS{Servers: []string{server}}).MX(t.Context(), []string{"a.example"}, func(string, checker.MXAnswer) { t.Error("asked whom?") })
		if err == nil {
			t.Errorf("server %q: no error", server)
		}
	}
	if err := (&DNS{Servers: []string{"127.0.0.1"}}).MX(t.Context(), nil, nil); err != nil {
		t.Errorf("nothing to ask: %v", err)
	}
}

func TestAddresses(t *testing.T) {
	t.Parallel()
	s := start(t, `
both.example      AAAA  ::1
both.example      A     127.0.0.2
both.example      A     127.0.0.1
alias.example     CNAME both.example
empty.example     TXT   x
broken.example    FAULT servfail
`)
	d := hasty(s.DNS)
	type result struct {
		addrs  []netip.Addr
		reason checker.Reason
	}
	addrs := []netip.Addr{netip.MustParseAddr("127.0.0.2"), netip.MustParseAddr("127.0.0.1"), netip.IPv6Loopback()}
	want := map[string]result{
		"both.example": {addrs: addrs}, "alias.example": {addrs: addrs}, "empty.example": {reason: checker.ReasonUnreachable},
		"missing.example": {reason: checker.ReasonUnreachable}, "broken.example": {reason: checker.ReasonTemporary},
	}
	var first probetest.Seen
	for round := range 2 {
		if round == 1 {
			first = s.Seen()
		}
		got := map[string]result{}
		err := d.Addresses(t.Context(), []string{"both.example", "alias.example", "empty.example", "missing.example", "broken.example", "both.example"},
			func(host string, addrs []netip.Addr, f *checker.Fault) {
				r := result{addrs: addrs}
				if f != nil {
					r.reason = f.Reason
				}
				got[host] = r
			})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(result{}), cmp.Comparer(func(a, b netip.Addr) bool { return a == b })); diff != "" {
			t.Error(diff)
		}
	}
	then, now := first.Queries, s.Seen().Queries
	if now["both.example. A"] != then["both.example. A"] || now["broken.example. A"] <= then["broken.example. A"] {
		t.Errorf("answers are to be remembered, faults are not: %v, then %v", then, now)
	}
}

// From the 1,000th query on the server is slow: nothing is lost, nothing is wrong.
func TestMXSlowFromTheThousandth(t *testing.T) {
	t.Parallel()
	scenario, err := probetest.Parse(". FAULT slow 1000 150ms\n. FAULT drop 1%\nmx.example A 127.0.0.1\n")
	if err != nil {
		t.Fatal(err)
	}
	var domains []string
	for i := range 2000 {
		domain := fmt.Sprintf("d%d.example", i)
		domains = append(domains, domain)
		scenario.Add(mxRecord(domain, "mx.example"))
	}
	s, err := probetest.New(scenario)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Listen(); err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for domain, a := range mxOf(t, &DNS{Servers: []string{s.DNS}}, domains...) {
		if a.Kind != checker.MXHosts {
			t.Errorf("%s: %+v", domain, a)
		}
	}
}

package probe

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pecaudit/checker"
	"pecaudit/checker/probe/probetest"
)

// manyAddresses is n addresses of each of five domains at one exchanger, four in five known, a round trip of 20 ms away.
func manyAddresses(n int) (scenario string, targets []Target) {
	var b strings.Builder
	b.WriteString("mx.big.example A 127.0.0.2\nmx.big.example SMTP delay 20ms\nmx.big.example SMTP soft 10 1s\nmx.big.example SMTP hard 20\n")
	for d := range 5 {
		domain := fmt.Sprintf("d%d.example", d)
		for i := range n {
			address := fmt.Sprintf("a%d@%s", i, domain)
			if i%5 != 0 {
				fmt.Fprintf(&b, "%s RCPT 250 2.1.5 Ok\n", address)
			}
			targets = append(targets, Target{address, []string{"mx.big.example"}})
		}
	}
	return b.String(), targets
}

// share returns which part of the possible replies a second was had, and fails on a wrong reply.
func share(t testing.TB, s *probetest.Server, smtp *SMTP, targets []Target) (float64, time.Duration) {
	t.Helper()
	smtp.Limits = map[string]Limit{"default": {PerSecond: 1e6, Connections: 10, PerDay: 1e6}}
	before := len(s.Seen().Exchangers["mx.big.example"].Recipients)
	began := time.Now()
	err := smtp.Probe(t.Context(), targets, func(r Reply) {
		var i, d int
		_, _ = fmt.Sscanf(r.Address, "a%d@d%d.example", &i, &d)
		if want := map[bool]checker.ReplyClass{true: checker.ReplyAccepted, false: checker.ReplyNoMailbox}[i%5 != 0]; r.Class != want || want == checker.ReplyNoMailbox && !(r.RefusesImpossible && r.TookAnother) {
			t.Errorf("%+v", r)
		}
	})
	took := time.Since(began)
	if err != nil {
		t.Fatal(err)
	}
	seen := s.Seen().Exchangers["mx.big.example"]
	if seen.Together > 10 || seen.Slowed > 0 || seen.HungUp > 0 {
		t.Errorf("%d connections at once, %d replies slowed down, %d hung up", seen.Together, seen.Slowed, seen.HungUp)
	}
	return float64(len(seen.Recipients)-before) / took.Seconds() / (10 / 0.020), took
}

// Ten connections, 20 ms a round trip, one command a round trip: at least 85 % of the possible questions, tarpits avoided.
func TestSMTPUsesConnections(t *testing.T) {
	t.Parallel()
	scenario, targets := manyAddresses(200)
	play(t, scenario, func(t *testing.T, s *probetest.Server, smtp *SMTP) {
		if got, took := share(t, s, smtp, targets); got < 0.85 {
			t.Errorf("%.3f of what is possible, in %v", got, took)
		}
	})
}

func BenchmarkSMTPConnections(b *testing.B) {
	scenario, targets := manyAddresses(1000)
	s := start(b, scenario)
	smtp := &SMTP{Helo: "checker.cciaa.example", MailFrom: "verifiche@cciaa.example", Private: true, Port: s.Port, Addresses: s.Addresses}
	var sum float64
	for b.Loop() {
		got, _ := share(b, s, smtp, targets)
		sum += got
	}
	b.ReportMetric(100*sum/float64(b.N), "%possible")
	b.ReportMetric(float64(s.Seen().Exchangers["mx.big.example"].Connections)/float64(b.N)/5, "connections/1000")
}

// sixteen operators with limits of their own and work for about as many seconds each.
func sixteen(seconds float64) (scenario string, targets []Target, limits map[string]Limit) {
	var b strings.Builder
	limits = map[string]Limit{}
	for i := range 16 {
		host := fmt.Sprintf("mx%d.example", i)
		rate := 5 + 5*float64(i)
		fmt.Fprintf(&b, "%s A 127.0.0.%d\n%[1]s SMTP delay 10ms\n", host, 2+i)
		fmt.Fprintf(&b, "*@o%d.example RCPT 250 2.1.5 Ok\n", i)
		limits[host] = Limit{PerSecond: rate, Connections: 1 + i/4, PerDay: 100000}
		for n := range int(rate * seconds) {
			targets = append(targets, Target{fmt.Sprintf("a%d@o%d.example", n, i), []string{host}})
		}
	}
	return b.String(), targets, limits
}

// allowances returns the worst use of an allowance, and how much longer all took than the slowest operator must take; it fails on a breach.
// The clock that counts is the server's: a packet may be late by a little, and the next one not; jitter is how many more a second that allows.
func allowances(t testing.TB, s *probetest.Server, smtp *SMTP, targets []Target, limits map[string]Limit, jitter int) (used, makespan float64) {
	t.Helper()
	smtp.Limits = limits
	smtp.Operator = func(host string) (string, string) { return host, "" }
	began := time.Now()
	if err := smtp.Probe(t.Context(), targets, func(r Reply) {
		if r.Class != checker.ReplyAccepted {
			t.Errorf("%+v", r)
		}
	}); err != nil {
		t.Fatal(err)
	}
	took := time.Since(began).Seconds()
	used, longest := 1.0, 0.0
	for host, x := range s.Seen().Exchangers {
		l := limits[host]
		times := make([]time.Time, 0, len(x.Recipients))
		for _, r := range x.Recipients {
			times = append(times, r.At)
		}
		span := slices.MaxFunc(times, time.Time.Compare).Sub(slices.MinFunc(times, time.Time.Compare)).Seconds()
		used = min(used, float64(len(times)-1)/(span*l.PerSecond))
		longest = max(longest, float64(len(times))/l.PerSecond)
		if x.Together > l.Connections {
			t.Errorf("%s: %d connections, %d are allowed", host, x.Together, l.Connections)
		}
		perSecond(t, host, x.Recipients, int(l.PerSecond)+jitter)
	}
	return used, took / longest
}

func TestSMTPUsesAllowances(t *testing.T) {
	t.Parallel()
	scenario, targets, limits := sixteen(20)
	play(t, scenario, func(t *testing.T, s *probetest.Server, smtp *SMTP) {
		used, makespan := allowances(t, s, smtp, targets, limits, 0)
		if used < 0.95 || makespan > 1.1 {
			t.Errorf("%.3f of an allowance used, %.3f of the time needed", used, makespan)
		}
	})
}

func BenchmarkSMTPAllowances(b *testing.B) {
	worst, longest := 1.0, 0.0
	for b.Loop() {
		scenario, targets, limits := sixteen(3)
		s := start(b, scenario)
		smtp := &SMTP{Helo: "checker.cciaa.example", MailFrom: "verifiche@cciaa.example", Private: true, Port: s.Port, Addresses: s.Addresses}
		used, makespan := allowances(b, s, smtp, targets, limits, 1)
		worst, longest = min(worst, used), max(longest, makespan)
	}
	b.ReportMetric(100*worst, "%allowance")
	b.ReportMetric(longest, "makespan")
}

package probe

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"pecaudit/checker"
	"pecaudit/checker/probe/probetest"
)

// Whatever servers do, together and at random: every address has one reply, none that exists is refused with its controls, none that does not exist is
// taken by a server that knows, and no limit is exceeded. A run that is cut short hands over nothing that was not asked.
func TestSMTPRandom(t *testing.T) {
	t.Parallel()
	behaviors := []string{
		"banner 5s", "banner 2h", "delay 100ms", "drip 5ms", "drip 20s", "greet 421 4.3.2 Busy", "greet 554 5.7.1 No", "noehlo 502 5.5.1 What", "noehlo 550 5.7.1 No",
		"starttls", "starttls required", "starttls broken", "mail 451 4.3.0 Later", "mail 550 5.7.1 Not you", "mail 421 4.7.0 Later", "rcpt 452 4.3.1 Full", "rcpt 550 5.7.1 No",
		"together 1", "together 2", "total 3", "recipients 1", "recipients 3", "session 1", "session 4", "soft 10 1s", "hard 3", "hard 20", "hangup 1", "hangup 5", "silent 1",
		"silent 4", "cut 12", "cut 30", "lax", "unpipelined", "ehlo LIMITS RCPTMAX=2 MAILMAX=2", "ehlo PIPELINING",
	}
	wordings := []string{
		"550 5.1.1 <%s>: User unknown", "550 No such user", "554 5.7.1 Relay access denied", "451 4.7.1 Greylisted", "450 4.7.1 too many recipients",
		"554 sconosciuto o non abilitato alla ricezione di posta non certificata", "552 5.2.2 Mailbox full",
	}
	for seed := range uint64(150) {
		random := rand.New(rand.NewPCG(seed, 1))
		pick := func(from []string) string { return from[random.IntN(len(from))] }
		var scenario strings.Builder
		hosts := 1 + random.IntN(6)
		for i := range hosts {
			fmt.Fprintf(&scenario, "mx%d.example A 127.0.0.%d\n", i, 2+i)
			if random.IntN(6) > 0 {
				fmt.Fprintf(&scenario, "mx%d.example SMTP listen\n", i)
				for range random.IntN(3) {
					fmt.Fprintf(&scenario, "mx%d.example SMTP %s\n", i, pick(behaviors))
				}
			}
		}
		var targets []Target
		exists := map[string]bool{}
		for d := range 1 + random.IntN(8) {
			domain := fmt.Sprintf("d%d.example", d)
			route := []string{fmt.Sprintf("mx%d.example", random.IntN(hosts))}
			if random.IntN(3) == 0 {
				route = append(route, fmt.Sprintf("mx%d.example", random.IntN(hosts)))
			}
			fmt.Fprintf(&scenario, "*@%s RCPT %s\n", domain, pick(wordings))
			for i := range random.IntN(12) {
				address := fmt.Sprintf("a%d@%s", i, domain)
				if exists[address] = random.IntN(2) == 0; exists[address] {
					fmt.Fprintf(&scenario, "%s RCPT 250 2.1.5 Ok\n", address)
				}
				targets = append(targets, Target{address, route})
			}
		}
		play(t, scenario.String(), func(t *testing.T, s *probetest.Server, smtp *SMTP) {
			defer func() {
				if t.Failed() {
					t.Logf("seed %d:\n%s", seed, scenario.String())
				}
			}()
			if random.IntN(2) == 0 {
				smtp.Operator = func(host string) (string, string) { return "operator of " + host, "" }
			}
			check := func(r Reply) {
				if r.Class == checker.ReplyNoMailbox && r.RefusesImpossible && r.TookAnother && exists[r.Address] {
					t.Errorf("accused: %+v", r)
				}
				if (r.Fault != nil) != !r.NotBefore.IsZero() || r.At.IsZero() {
					t.Errorf("%+v", r)
				}
			}
			if random.IntN(4) == 0 {
				ctx, cancel := context.WithTimeout(t.Context(), time.Duration(random.IntN(60))*time.Second)
				defer cancel()
				seen := map[string]bool{}
				err := smtp.Probe(ctx, targets, func(r Reply) {
					if seen[r.Address] {
						t.Errorf("%s: two replies", r.Address)
					}
					seen[r.Address] = true
					check(r)
				})
				if len(seen) < len(targets) && !errors.Is(err, context.DeadlineExceeded) || len(seen) == len(targets) && err != nil {
					t.Errorf("%d of %d seen, error %v", len(seen), len(targets), err)
				}
			} else {
				for _, r := range probeAll(t, smtp, targets) {
					check(r)
				}
			}
			for host, x := range s.Seen().Exchangers {
				if x.Pipelined > 0 || x.Commands["DATA"] > 0 {
					t.Errorf("%s: %+v", host, x)
				}
				perSecond(t, host, x.Recipients, 10)
			}
		})
	}
}

package probe

import (
	"fmt"
	"strings"
	"testing"

	"pecaudit/checker"
	"pecaudit/checker/probe/probetest"
)

// A refusal counts only beside an address of the same operator that is taken afterwards.
func TestSMTPControls(t *testing.T) {
	t.Parallel()
	const scenario = `
mx.uno.example   A    127.0.0.2
mx.uno.example   SMTP listen
mx.due.example   A    127.0.0.3
mx.due.example   SMTP listen
ok@a.example     RCPT 250 2.1.5 Ok
b.example        A    127.0.0.4
prova@uno.example RCPT 250 2.1.5 Ok
ok@c.example     RCPT 250 2.1.5 Ok
once@d.example   RCPT 250 2.1.5 Ok
once@d.example   RCPT 550 5.1.1 Unknown user
x@b.example      RCPT 550 5.1.1 Unknown user
`
	tests := map[string]struct {
		targets   []Target
		knownGood string
		want      string // of gone@: controls
	}{
		"another of the list": {targets: at("mx.uno.example", "ok@a.example", "gone@a.example"), want: "impossible another"},
		"refused first":       {targets: at("mx.uno.example", "gone@a.example", "ok@a.example"), want: "impossible another"},
		"another domain":      {targets: at("mx.uno.example", "gone@b.example", "ok@a.example"), want: "impossible another"},
		"alone":               {targets: at("mx.uno.example", "gone@b.example"), want: "impossible"},
		"known good":          {targets: at("mx.uno.example", "gone@b.example"), knownGood: "prova@uno.example", want: "impossible another"},
		"known good is gone":  {targets: at("mx.uno.example", "gone@b.example"), knownGood: "ex@uno.example", want: "impossible"},
		"another operator":    {targets: append(at("mx.uno.example", "gone@b.example"), at("mx.due.example", "ok@c.example")...), want: "impossible"},
		"had enough of us":    {targets: at("mx.uno.example", "once@d.example", "gone@b.example"), want: "impossible"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			play(t, scenario, func(t *testing.T, s *probetest.Server, smtp *SMTP) {
				smtp.Limits = map[string]Limit{"default": {PerSecond: 10, Connections: 1, PerDay: 100}}
				if test.knownGood != "" {
					smtp.Operator = func(string) (string, string) { return "gestore-uno", test.knownGood }
				}
				cost := 0
				for address, r := range probeAll(t, smtp, test.targets) {
					cost += r.Cost
					if !strings.HasPrefix(address, "gone@") {
						continue
					}
					got := strings.TrimSpace(map[bool]string{true: "impossible"}[r.RefusesImpossible] + map[bool]string{true: " another"}[r.TookAnother])
					if r.Class != checker.ReplyNoMailbox || got != test.want {
						t.Errorf("class %d, %q, want %q", r.Class, got, test.want)
					}
				}
				asked := 0
				for _, x := range s.Seen().Exchangers {
					asked += len(x.Recipients)
				}
				if cost != asked {
					t.Errorf("cost %d, but %d were asked about", cost, asked)
				}
			})
		})
	}
}

// A control that gets no answer controls nothing, and holds nobody back.
func TestSMTPControlsLost(t *testing.T) {
	t.Parallel()
	for silent, want := range map[int]string{2: "false false", 3: "false false", 4: "true false", 5: "true true"} {
		play(t, fmt.Sprintf("mx.a.example A 127.0.0.2\nmx.a.example SMTP silent %d\nok@a.example RCPT 250 2.1.5 Ok\n", silent),
			func(t *testing.T, _ *probetest.Server, smtp *SMTP) {
				smtp.Limits = map[string]Limit{"default": {PerSecond: 10, Connections: 1}}
				r := probeAll(t, smtp, at("mx.a.example", "ok@a.example", "gone@a.example"))["gone@a.example"]
				if got := fmt.Sprint(r.RefusesImpossible, r.TookAnother); silent > 2 && (r.Class != checker.ReplyNoMailbox || got != want) || silent == 2 && r.Fault == nil {
					t.Errorf("silent at %d: %+v, want %s", silent, r, want)
				}
			})
	}
}

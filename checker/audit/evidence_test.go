package audit_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"pecaudit/checker"
	"pecaudit/checker/audit"
	"pecaudit/checker/load"
	"pecaudit/checker/probe"
	"pecaudit/checker/probe/probetest"
	"pecaudit/checker/receipt"
	"pecaudit/checker/receipt/receipttest"
	"pecaudit/checker/store"
	"pecaudit/configs"
)

// world is what an audit with evidence needs: a store, a network that plays a scenario, a clock.
type world struct {
	t     *testing.T
	store *store.Store
	net   *probetest.Server
	now   time.Time
	list  string
}

func newWorld(t *testing.T, scenario, list string) *world {
	t.Helper()
	w := &world{t: t, now: time.Date(2026, 11, 1, 9, 0, 0, 0, time.UTC)}
	dir := t.TempDir()
	w.list = filepath.Join(dir, "lista.csv")
	if err := os.WriteFile(w.list, []byte(list), 0o600); err != nil {
		t.Fatal(err)
	}
	var err error
	if w.net, err = probetest.Start(scenario); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.net.Close() })
	w.store, err = store.Open(t.Context(), filepath.Join(dir, "store.db"), store.Options{Write: true, Now: func() time.Time { return w.now }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.store.Close() })
	return w
}

func (w *world) evidence(smtp bool) (*audit.Evidence, *audit.Audit) {
	w.t.Helper()
	tables, err := configs.Default()
	if err != nil {
		w.t.Fatal(err)
	}
	asOf := checker.RomeDate(w.now)
	chambers, err := checker.NewChambers(tables.Chambers, asOf)
	if err != nil {
		w.t.Fatal(err)
	}
	forms, err := checker.NewForms(tables.Forms, asOf)
	if err != nil {
		w.t.Fatal(err)
	}
	providers, err := checker.NewProviders([]checker.Provider{
		{ID: "uno", Name: "Gestore Uno", Kind: checker.CertifiedProvider, Domains: []string{"pec-uno.example"}, MX: []string{"mx.pec-uno.example"}},
		{ID: "libera", Name: "Posta Libera", Kind: checker.OrdinaryProvider, Domains: []string{"libera.example"}, MX: []string{"mx.libera.example"}},
	}, nil, asOf)
	if err != nil {
		w.t.Fatal(err)
	}
	clock := func() time.Time { return w.now }
	dns := &probe.DNS{Servers: []string{w.net.DNS}, Now: clock, Timeout: 50 * time.Millisecond, Tries: 2, Patience: 100 * time.Millisecond}
	e := &audit.Evidence{
		Store: w.store, Providers: providers, AsOf: asOf, Now: clock, DNS: dns, ConfirmAfter: 72 * time.Hour, DNSMaxAge: 168 * time.Hour, SMTPMaxAge: 720 * time.Hour,
	}
	if smtp {
		e.SMTP = &probe.SMTP{
			Helo: "verifica.example", MailFrom: "registro@verifica.example", Port: w.net.Port, Timeout: 2 * time.Second, Addresses: dns.Addresses,
			Limits: map[string]probe.Limit{"default": {PerSecond: 1000, Connections: 5, PerDay: 10000}}, Private: true, Now: time.Now,
		}
	}
	a := &audit.Audit{
		AsOf: asOf, Coverage: "extract", Policy: checker.DefaultPolicy(), Companies: []string{w.list}, Providers: providers,
		Load: load.Options{AsOf: asOf, Chambers: chambers, Forms: forms},
	}
	e.Attach(a)
	return e, a
}

// outcomes runs the audit and returns, for each row and live rule that took part, what it says.
func (w *world) outcomes(a *audit.Audit) map[int]string {
	w.t.Helper()
	said := map[int]string{}
	_, err := a.Run(w.t.Context(), audit.Sink{EveryRow: true, Row: func(r *audit.Row) error {
		var words []string
		for _, f := range r.Findings {
			if f.Rule.Needs&(checker.MXEvidence|checker.SMTPEvidence|checker.ReceiptEvidence) != 0 && f.Outcome != checker.Pass {
				words = append(words, strings.TrimSpace(string(f.Rule.ID)+" "+f.Outcome.String()+" "+string(f.Reason)))
			}
		}
		said[r.Company.Row] = strings.Join(words, ", ")
		return nil
	}})
	if err != nil {
		w.t.Fatal(err)
	}
	return said
}

const liveHeader = "cciaa;rea;codice_fiscale;denominazione;natura_giuridica;stato;pec;data_iscrizione_pec\n"

func TestDNSIsConfirmedOnAnotherDay(t *testing.T) {
	t.Parallel()
	w := newWorld(t, `
pec-uno.example     MX    10 mx.pec-uno.example
mx.pec-uno.example  A     127.0.0.2
nullo.example       MX    0 .
muto.example        FAULT servfail
sua.example         MX    10 mx.libera.example
mx.libera.example   A     127.0.0.3
`, liveHeader+
		"MI;MI-1;00001117779;ALFA;SR;ATTIVA;a@pec-uno.example;\n"+
		"MI;MI-2;00002227775;BETA;SR;ATTIVA;b@sparito.example;\n"+
		"MI;MI-3;00003337771;GAMMA;SR;ATTIVA;c@nullo.example;\n"+
		"MI;MI-4;00004447777;DELTA;SR;ATTIVA;d@muto.example;\n"+
		"MI;MI-5;00005557772;EPSILON;SR;ATTIVA;e@sua.example;\n"+
		"MI;MI-6;00006667778;ZETA;SR;ATTIVA;f@sparito.example;02/11/2026\n")
	once := map[int]string{
		2: "", 3: "DNS-001 unknown unconfirmed", 4: "DNS-001 unknown unconfirmed", 5: "PRV-002 unknown temporary, DNS-001 unknown temporary", 6: "PRV-002 unknown unconfirmed",
		7: "", // what was seen before the address was registered is not read
	}
	_, a := w.evidence(false)
	got := w.outcomes(a)
	if diff := cmp.Diff(once, got); diff != "" {
		t.Errorf("first day (-want +got):\n%s", diff)
	}
	asked := len(w.net.Seen().Queries)

	w.now = w.now.Add(24 * time.Hour)
	_, a = w.evidence(false)
	got = w.outcomes(a)
	if got[3] != once[3] || got[6] != once[6] {
		t.Errorf("a day later: %v", got)
	}
	if n := w.net.Seen().Queries["sparito.example. MX"]; n != 1 {
		t.Errorf("a fresh answer was asked for again: %d questions", n)
	}
	if len(w.net.Seen().Queries) != asked {
		t.Errorf("%d names asked about, %d the first day", len(w.net.Seen().Queries), asked)
	}

	w.now = w.now.Add(3 * 24 * time.Hour)
	_, a = w.evidence(false)
	want := map[int]string{
		2: "", 3: "DNS-001 fail", 4: "DNS-001 fail", 5: "PRV-002 unknown temporary, DNS-001 unknown temporary", 6: "PRV-002 fail",
		7: "DNS-001 unknown unconfirmed",
	}
	if diff := cmp.Diff(want, w.outcomes(a)); diff != "" {
		t.Errorf("confirmed (-want +got):\n%s", diff)
	}
}

func TestSMTPRanksAndIsNotRepeated(t *testing.T) {
	t.Parallel()
	w := newWorld(t, `
pec-uno.example       MX   10 mx.pec-uno.example
mx.pec-uno.example    A    127.0.0.2
                      SMTP listen
a@pec-uno.example     RCPT 250 2.1.5 Ok
*@pec-uno.example     RCPT 550 5.1.1 <%s>: User unknown
`, liveHeader+
		"MI;MI-1;00001117779;ALFA;SR;ATTIVA;a@pec-uno.example;\n"+
		"MI;MI-2;00002227775;BETA;SR;ATTIVA;b@pec-uno.example;\n")
	w.now = time.Now() // exchangers are asked at a pace, by a clock that runs
	want := map[int]string{2: "", 3: "SMT-001 fail"}
	_, a := w.evidence(true)
	if diff := cmp.Diff(want, w.outcomes(a)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	asked := len(w.net.Seen().Exchangers["mx.pec-uno.example"].Recipients)
	_, a = w.evidence(true)
	if diff := cmp.Diff(want, w.outcomes(a)); diff != "" {
		t.Errorf("again (-want +got):\n%s", diff)
	}
	if again := len(w.net.Seen().Exchangers["mx.pec-uno.example"].Recipients); again != asked {
		t.Errorf("fresh replies were asked for again: %d recipients, then %d", asked, again)
	}
}

func TestReceiptsAreEvidenceOnlyWhenTrusted(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "pec-uno.example MX 10 mx.pec-uno.example\n", liveHeader+
		"MI;MI-1;00001117779;ALFA;SR;ATTIVA;a@pec-uno.example;\n"+
		"MI;MI-2;00002227775;BETA;SR;ATTIVA;b@pec-uno.example;\n")
	authority, err := receipttest.NewAuthority()
	if err != nil {
		t.Fatal(err)
	}
	stranger, err := receipttest.NewAuthority()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	ca := filepath.Join(dir, "ca.pem")
	if err := os.WriteFile(ca, authority.PEM(), 0o600); err != nil {
		t.Fatal(err)
	}
	roots, err := receipt.LoadRoots([]string{ca})
	if err != nil {
		t.Fatal(err)
	}
	mail := filepath.Join(dir, "ricevute")
	if err := os.Mkdir(mail, 0o700); err != nil {
		t.Fatal(err)
	}
	write := func(name string, from *receipttest.Authority, address string, at time.Time) {
		t.Helper()
		provider, err := from.Provider("Gestore Uno", "pec-uno.example")
		if err != nil {
			t.Fatal(err)
		}
		raw, err := provider.Receipt(receipttest.Message{
			Kind: "errore-consegna", Error: "no-dest", Detail: "5.1.1 - Gestore Uno - indirizzo non valido", Sender: "verifiche@camera.example",
			Recipients: []string{address}, Box: address, Time: at,
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(mail, name), raw, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("1.eml", authority, "a@pec-uno.example", w.now.AddDate(0, 0, -20))
	write("2.eml", authority, "a@pec-uno.example", w.now.AddDate(0, 0, -2))
	write("3.eml", stranger, "b@pec-uno.example", w.now.AddDate(0, 0, -20))
	write("4.eml", stranger, "b@pec-uno.example", w.now.AddDate(0, 0, -2))
	for range 2 { // the second import changes nothing
		e, a := w.evidence(false)
		e.DNS = nil
		a.Gather = nil
		r, err := e.Import(context.Background(), []string{mail}, roots, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		if r.Messages != 4 || r.Kept != 2 || r.Proofs["dead"] != 2 {
			t.Errorf("imported %+v", r)
		}
		if diff := cmp.Diff(map[int]string{2: "RCP-001 fail", 3: ""}, w.outcomes(a)); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
}

func TestAStoppedGatheringKeepsWhatItSaw(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "pec-uno.example MX 10 mx.pec-uno.example\nlento.example FAULT drop\n", liveHeader)
	e, _ := w.evidence(false)
	e.DNS.Patience, e.DNS.Tries = time.Minute, 1000
	ctx, cancel := context.WithCancel(t.Context())
	e.Progress = func(string, int, int) { cancel() } // the first answer has come: stop while the other domain is still silent
	if err := e.Gather(ctx, []string{"lento.example", "pec-uno.example"}, nil); err == nil {
		t.Fatal("a canceled gathering ended without error")
	}
	known, err := w.store.Recall(t.Context(), store.MX, []string{"pec-uno.example", "lento.example"}, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	if known["pec-uno.example"].Answer.At.IsZero() || len(known) != 1 {
		t.Errorf("kept: %v", known)
	}
}

// TestRecalledDomains judges many rows by what was observed of their domains, half of which are no more: nobody is given another domain's answer.
func TestRecalledDomains(t *testing.T) {
	t.Parallel()
	const domains, rows = 400, 30_000
	name := func(k int) string { return fmt.Sprintf("d%04d.example", k) }
	dead := func(k int) bool { return k%2 == 1 }
	r := rand.New(rand.NewPCG(3, 4))
	list, of := []byte(liveHeader), make([]int, rows)
	for i := range of {
		of[i] = min(r.IntN(domains), r.IntN(domains))
		list = fmt.Appendf(list, "MI;MI-%06d;;ALFA;SR;ATTIVA;a%06d@%s;\n", i, i, name(of[i]))
	}
	w := newWorld(t, "x.example A 127.0.0.9\n", string(list))
	e, a := w.evidence(false)
	e.DNS, a.Gather = nil, nil
	var seen []store.Observation
	for k := range domains {
		first := checker.Observed{At: w.now.Add(-96 * time.Hour), Since: w.now.Add(-96 * time.Hour)}
		again := checker.Observed{At: w.now, Since: first.At}
		for _, o := range []checker.Observed{first, again} {
			answer := checker.MXAnswer{Kind: checker.MXHosts, Hosts: []string{"mx.pec-uno.example"}, Observed: o}
			if dead(k) {
				answer = checker.MXAnswer{Kind: checker.MXNoDomain, Observed: o}
			}
			seen = append(seen, store.ObservationOfMX(name(k), answer))
		}
	}
	if err := w.store.Update(t.Context(), func(tx *store.Tx) error { return tx.Observe(t.Context(), seen) }); err != nil {
		t.Fatal(err)
	}
	_, err := a.Run(t.Context(), audit.Sink{EveryRow: true, Row: func(row *audit.Row) error {
		k := of[row.Company.Row-2]
		for _, f := range row.Findings {
			if want := map[bool]checker.Outcome{true: checker.Fail, false: checker.Pass}[dead(k)]; f.Rule.ID == "DNS-001" && f.Outcome != want {
				t.Errorf("row %d: DNS-001 %s, want %s", row.Company.Row, f.Outcome, want)
			}
		}
		if !slices.ContainsFunc(row.Findings, func(f checker.Finding) bool { return f.Rule.ID == "DNS-001" }) {
			t.Errorf("row %d: its domain was not recalled", row.Company.Row)
		}
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
}

package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"pecaudit/checker/probe/probetest"
	"pecaudit/checker/receipt/receipttest"
)

// demoNetwork is the Internet of the demo, on this machine.
type demoNetwork struct{ server *probetest.Server }

// playNetwork starts it. Where a machine does not let it, the demo goes on without live evidence and says so.
func (p *program) playNetwork(dir string) (demoNetwork, error) {
	scenario, err := os.ReadFile(filepath.Join(dir, "rete.txt"))
	if err != nil {
		return demoNetwork{}, err
	}
	server, err := probetest.Start(string(scenario))
	if err != nil {
		fmt.Fprintf(p.stdout, "This machine plays no network (%v): the demo goes on without DNS and SMTP.\n", err)
		return demoNetwork{}, nil
	}
	return demoNetwork{server}, nil
}

func (n demoNetwork) close() {
	if n.server != nil {
		_ = n.server.Close()
	}
}

// demoReceipts makes receipts signed by an invented provider, and imports them: one mailbox does not exist, as two receipts of different days say; one is full.
func (p *program) demoReceipts(ctx context.Context, config, dir string) error {
	authority, err := receipttest.NewAuthority()
	if err != nil {
		return err
	}
	provider, err := authority.Provider("Posta Sicura S.p.A. (esempio)", "postasicura.example")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "autorita.pem"), authority.PEM(), 0o600); err != nil {
		return err
	}
	for i, m := range []struct {
		box, failure, detail string
		on                   int
		month                time.Month
	}{
		{"spenta@postasicura.example", "no-dest", "5.1.1 - Posta Sicura S.p.A. (esempio) - indirizzo non valido", 20, time.October},
		{"spenta@postasicura.example", "no-dest", "5.1.1 - Posta Sicura S.p.A. (esempio) - indirizzo non valido", 10, time.November},
		{"piena@pec-uno.example", "altro", "5.2.2 - Posta Sicura S.p.A. (esempio) - casella piena", 10, time.November},
	} {
		raw, err := provider.Receipt(receipttest.Message{
			Kind: "errore-consegna", Error: m.failure, Detail: m.detail, Sender: "verifiche@camera.example", Recipients: []string{m.box}, Box: m.box,
			MessageID: fmt.Sprintf("<verifica-%d@camera.example>", i+1), Subject: "Verifica domicilio digitale", Time: time.Date(2026, m.month, m.on, 10, 0, 0, 0, time.UTC),
		})
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("ricevuta-%d.eml", i+1)), raw, 0o600); err != nil {
			return err
		}
	}
	fmt.Fprintf(p.stdout, "   pecaudit receipts import %s --config %s\n", dir, config)
	f := storeFlags{config: config}
	s, st, err := f.change(ctx, p, "demo", false)
	if err != nil {
		return err
	}
	defer st.Close()
	reg, err := s.register(p.today())
	if err != nil {
		return err
	}
	r, err := p.importReceipts(ctx, s, s.evidence(p, st, reg.providers, p.today()), []string{dir}, true)
	if err != nil {
		return err
	}
	if r.Kept != 3 {
		return fmt.Errorf("the demo's receipts: %d of 3 prove something: %v", r.Kept, r.Nothing)
	}
	return nil
}

package receipttest_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"pecaudit/checker"
	"pecaudit/checker/receipt"
	"pecaudit/checker/receipt/receipttest"
)

func TestReceipt(t *testing.T) {
	t.Parallel()
	ca, err := receipttest.NewAuthority()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, ca.PEM(), 0o600); err != nil {
		t.Fatal(err)
	}
	roots, err := receipt.LoadRoots([]string{file})
	if err != nil {
		t.Fatal(err)
	}
	p, err := ca.Provider("Gestore <Uno> & C.", "gestore-uno.example")
	if err != nil {
		t.Fatal(err)
	}
	// Every kind of RFC 6109 that a provider sends, at times before, at and after the one at which it is signed.
	for i, kind := range []string{
		"accettazione", "non-accettazione", "presa-in-carico", "avvenuta-consegna", "posta-certificata", "errore-consegna",
		"preavviso-errore-consegna", "rilevazione-virus",
	} {
		at := time.Date(2020+2*i, 3, 29, 2, 30, 0, 0, time.UTC)
		raw, err := p.Receipt(receipttest.Message{
			Kind: kind, Sender: "verifiche@pec-camera.example", Recipients: []string{"ditta@pec.example", "altra@pec.example"},
			Box: "ditta@pec.example", MessageID: "<caso-1@pec-camera.example>", Subject: "Verifica «è» & <1>", Time: at,
		})
		if err != nil {
			t.Fatal(err)
		}
		r, err := receipt.Read(raw, roots)
		if err != nil {
			t.Fatal(err)
		}
		if r.Signature != receipt.Valid || len(r.Conflicts) != 0 {
			t.Errorf("%s: signature %s (%s), conflicts %q", kind, r.Signature, r.SignatureNote, r.Conflicts)
		}
		if r.Kind != kind || r.Provider != p.Name || r.Subject != "Verifica «è» & <1>" || !r.Time.Equal(at) || len(r.Recipients) != 2 {
			t.Errorf("%s is read as %+v", kind, r)
		}
		if (r.Proof == checker.ProofDelivered) != (kind == "avvenuta-consegna") {
			t.Errorf("%s: proof %v", kind, r.Proof)
		}
	}
}

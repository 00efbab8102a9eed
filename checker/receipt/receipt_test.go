package receipt

import (
	"crypto/x509"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"pecaudit/checker/receipt/receipttest"
)

var testCA = sync.OnceValue(func() *receipttest.Authority { return must(receipttest.NewAuthority()) })

var testProvider = sync.OnceValue(func() *receipttest.Provider { return must(testCA().Provider("Gestore Uno", "gestore-uno.example")) })

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func testRoots(t testing.TB) *Roots {
	t.Helper()
	file := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, testCA().PEM(), 0o600); err != nil {
		t.Fatal(err)
	}
	roots, err := LoadRoots([]string{file})
	if err != nil {
		t.Fatal(err)
	}
	return roots
}

// dead is a receipt that proves a dead address: what the tests below spoil.
func dead() receipttest.Message {
	return receipttest.Message{
		Kind: "errore-consegna", Error: "no-dest", Detail: "5.1.1 - Gestore Uno - indirizzo non valido",
		Sender: "verifiche@pec-camera.example", Recipients: []string{"Ditta@PEC.example"}, Box: "Ditta@PEC.example",
		MessageID: "<caso-1@pec-camera.example>", Subject: "Verifica è 1",
		Time: time.Date(2026, 11, 2, 9, 0, 5, 0, time.FixedZone("", 3600)),
	}
}

func read(t testing.TB, raw []byte, roots *Roots) *Receipt {
	t.Helper()
	r, err := Read(raw, roots)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// signed returns the message around a changed part, signed as it then stands.
func signed(t testing.TB, m receipttest.Message, change func(part string) string) []byte {
	t.Helper()
	p := testProvider()
	part, err := p.Part(m)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := p.Sign(m, []byte(change(string(part))))
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// withXML returns a signed message around a document of the test's own.
func withXML(t testing.TB, doc string) []byte {
	t.Helper()
	return signed(t, dead(), func(string) string {
		return strings.ReplaceAll("Content-Type: multipart/mixed; boundary=b\n\n--b\n"+
			"Content-Type: application/xml; name=daticert.xml\n\n"+doc+"\n--b--\n", "\n", "\r\n")
	})
}

func withoutUsage(c *x509.Certificate) { c.ExtKeyUsage = nil }

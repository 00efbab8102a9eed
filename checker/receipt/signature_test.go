package receipt

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/smallstep/pkcs7"

	"pecaudit/checker"
	"pecaudit/checker/receipt/receipttest"
)

// OpenSSL made these: another implementation than the one that reads them.
func TestOpenSSL(t *testing.T) {
	t.Parallel()
	folder := filepath.Join("..", "..", "fixtures", "receipts")
	roots, err := LoadRoots([]string{filepath.Join(folder, "ca.pem")})
	if err != nil {
		t.Fatal(err)
	}
	for file, want := range map[string]struct {
		signature Signature
		note      string
	}{
		"rsa-sha256":     {Valid, ""},
		"rsa-sha1":       {Valid, "it is made with SHA-1, which is weak"},
		"ecdsa":          {Valid, ""},
		"embedded":       {Valid, ""},
		"no-attributes":  {Valid, ""},
		"intermediate":   {Valid, ""},
		"rsa-pss":        {Untrusted, "the signature algorithm is not supported (digest 2.16.840.1.101.3.4.2.1, signature 1.2.840.113549.1.1.10)"},
		"server-usage":   {Untrusted, "the signer's certificate is not for signing mail"},
		"two-signers":    {Untrusted, "it has 2 readable signers, not one"},
		"key-identifier": {Untrusted, "it has 0 readable signers, not one"},
		"no-certificate": {Untrusted, "the signer's certificate is not in the message"},
	} {
		raw, err := os.ReadFile(filepath.Join(folder, file+".eml"))
		if err != nil {
			t.Error(err)
			continue
		}
		r := read(t, raw, roots)
		if r.Signature != want.signature || r.SignatureNote != want.note {
			t.Errorf("%s: %s (%s), want %s (%s)", file, r.Signature, r.SignatureNote, want.signature, want.note)
		}
		if proves := r.Proof == checker.ProofDead; proves != (want.signature == Valid) {
			t.Errorf("%s: proof %v", file, r.Proof)
		}
		tampered := strings.Replace(string(raw), ">ditta@", ">Ditta@", 1)
		if r := read(t, []byte(tampered), roots); r.Signature == Valid || want.signature == Valid && r.Signature != Invalid {
			t.Errorf("%s, tampered with: %s (%s)", file, r.Signature, r.SignatureNote)
		}
	}
}

func TestTrust(t *testing.T) {
	t.Parallel()
	roots := testRoots(t)
	now := time.Now()
	other := must(receipttest.NewAuthority())
	provider := func(changes ...func(*x509.Certificate)) *receipttest.Provider {
		return must(testCA().Provider("Gestore Due", "gestore-due.example", changes...))
	}
	for name, test := range map[string]struct {
		provider *receipttest.Provider
		roots    *Roots
		want     Signature
		note     string
	}{
		"as it should be":         {provider(), roots, Valid, ""},
		"no roots":                {provider(), nil, Untrusted, "no CA file was given to check it with"},
		"zero roots":              {provider(), &Roots{}, Untrusted, "no CA file was given to check it with"},
		"empty roots":             {provider(), must(LoadRoots(nil)), Untrusted, "led to no given root"},
		"another authority":       {must(other.Provider("Gestore Due", "gestore-due.example")), roots, Untrusted, "led to no given root"},
		"no mail usage":           {provider(withoutUsage), roots, Untrusted, "not for signing mail"},
		"server usage":            {provider(func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth} }), roots, Untrusted, "not for signing mail"},
		"key not for signing":     {provider(func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageKeyEncipherment }), roots, Untrusted, "not for signing mail"},
		"key for non-repudiation": {provider(func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageContentCommitment }), roots, Valid, ""},
		"another address":         {provider(func(c *x509.Certificate) { c.EmailAddresses = []string{"posta-certificata@gestore-tre.example"} }), roots, Untrusted, "not the signer's address"},
		"no address":              {provider(func(c *x509.Certificate) { c.EmailAddresses = nil }), roots, Untrusted, "not the signer's address"},
		"one of its addresses":    {provider(func(c *x509.Certificate) { c.EmailAddresses = append(c.EmailAddresses, "a@b.example") }), roots, Valid, ""},
		"expired when it signed":  {provider(func(c *x509.Certificate) { c.NotAfter = now.Add(-time.Hour) }), roots, Untrusted, "not valid at the signing time"},
		"not yet valid":           {provider(func(c *x509.Certificate) { c.NotBefore = now.Add(time.Hour) }), roots, Untrusted, "not valid at the signing time"},
		// dead() says 2 November 2026, the signature today: what was signed with it counts.
		"valid only today": {provider(func(c *x509.Certificate) {
			c.NotBefore, c.NotAfter = now.Add(-time.Hour), now.Add(time.Hour)
		}), roots, Valid, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := read(t, must(test.provider.Receipt(dead())), test.roots)
			if r.Signature != test.want || !strings.Contains(r.SignatureNote, test.note) || test.note == "" && r.SignatureNote != "" {
				t.Errorf("%s (%s), want %s (%s)", r.Signature, r.SignatureNote, test.want, test.note)
			}
			if (r.Proof == checker.ProofDead) != (test.want == Valid) {
				t.Errorf("proof %v", r.Proof)
			}
		})
	}
}

// The time of an expired certificate's signature is the one signed with it; without one, daticert.xml's.
func TestTrustAtWrittenTime(t *testing.T) {
	t.Parallel()
	roots := testRoots(t)
	p := must(testCA().Provider("Gestore Due", "gestore-due.example", func(c *x509.Certificate) {
		c.NotAfter = time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	}))
	for year, want := range map[int]Signature{2019: Valid, 2021: Untrusted} {
		m := dead()
		m.Time = time.Date(year, 6, 1, 12, 0, 0, 0, time.UTC)
		part := must(p.Part(m))
		cms := must(pkcs7.NewSignedData(part))
		cms.SetDigestAlgorithm(pkcs7.OIDDigestAlgorithmSHA256)
		if err := cms.SignWithoutAttr(p.Certificate, p.Key, pkcs7.SignerInfoConfig{}); err != nil {
			t.Fatal(err)
		}
		cms.Detach()
		der := must(cms.Finish())
		if r := read(t, p.Wrap(m, part, der), roots); r.Signature != want {
			t.Errorf("%d: %s (%s), want %s", year, r.Signature, r.SignatureNote, want)
		}
		unreadable := []byte(strings.Replace(string(part), "daticert.xml", "daticert.txt", 2))
		cms = must(pkcs7.NewSignedData(unreadable))
		if err := cms.SignWithoutAttr(p.Certificate, p.Key, pkcs7.SignerInfoConfig{}); err != nil {
			t.Fatal(err)
		}
		cms.Detach()
		if r := read(t, p.Wrap(m, unreadable, must(cms.Finish())), roots); r.Signature != Untrusted || r.SignatureNote != "the signing time is not known" {
			t.Errorf("%d, no time: %s (%s)", year, r.Signature, r.SignatureNote)
		}
	}
}

func TestSignatureOfAnotherMessage(t *testing.T) {
	t.Parallel()
	p := testProvider()
	delivered := dead()
	delivered.Kind, delivered.Error = "avvenuta-consegna", ""
	genuine := must(p.Receipt(delivered))
	raw := p.Wrap(dead(), must(p.Part(dead())), signatureOf(t, genuine))
	if r := read(t, raw, testRoots(t)); r.Signature != Invalid || r.Proof != checker.ProofNone {
		t.Errorf("%s (%s), proof %v", r.Signature, r.SignatureNote, r.Proof)
	}
}

// signatureOf takes the signature out of a message.
func signatureOf(t *testing.T, raw []byte) []byte {
	t.Helper()
	_, body, _ := cutHeader(raw)
	return must(signaturePart(split(body, "firma-di-prova", 3)[1]))
}

func TestHostileSignatures(t *testing.T) {
	t.Parallel()
	p := testProvider()
	part := must(p.Part(dead()))
	der := signatureOf(t, must(p.Receipt(dead())))

	// Each element sticks out of the one around it. Without the check before it, pkcs7 would be busy for a quarter of an hour.
	var overlapping []byte
	for i := 29; i >= 0; i-- {
		overlapping = append(overlapping, 0x30, 2, 0x30, byte(4*i))
	}
	huge := *p.Certificate
	modulus := new(big.Int).SetBit(big.NewInt(1), maxKey, 1)
	hugeDER := must(x509.CreateCertificate(rand.Reader, &huge, testCA().Certificate, &rsa.PublicKey{N: modulus, E: 65537}, testCA().Key))
	hugeCMS := must(pkcs7.NewSignedData(part))
	if err := hugeCMS.AddSigner(must(x509.ParseCertificate(hugeDER)), p.Key, pkcs7.SignerInfoConfig{}); err != nil {
		t.Fatal(err)
	}
	hugeCMS.Detach()
	for name, test := range map[string]struct {
		cms  []byte
		want Signature
	}{
		"as it should be":         {der, Valid},
		"huge key":                {must(hugeCMS.Finish()), Untrusted},
		"indefinite lengths":      {indefinite(der), Valid},
		"bytes after it":          {append(append([]byte{}, der...), 0, 0), Valid}, // OpenSSL and pkcs7 take them too; they sign nothing
		"empty":                   {nil, Invalid},
		"text":                    {[]byte("not a signature"), Invalid},
		"cut off":                 {der[:len(der)-1], Invalid},
		"overlapping elements":    {append([]byte{0x30, byte(len(overlapping))}, overlapping...), Invalid},
		"nested without end":      {[]byte(strings.Repeat("\x30\x80", maxCMS/2)), Invalid},
		"empty indefinite inside": {[]byte{0x30, 6, 0x30, 4, 0x30, 0x80, 0, 0}, Invalid},
		"too large":               {make([]byte, maxCMS+1), Invalid},
		"a certificate":           {testCA().Certificate.Raw, Invalid},
		"certificates only":       {must(pkcs7.DegenerateCertificate(p.Certificate.Raw)), Untrusted},
	} {
		r := read(t, p.Wrap(dead(), part, test.cms), testRoots(t))
		if r.Signature != test.want {
			t.Errorf("%s: %s (%s), want %s", name, r.Signature, r.SignatureNote, test.want)
		}
	}
}

// indefinite writes the outer two elements of a CMS structure with indefinite lengths, as streaming programs do.
func indefinite(der []byte) []byte {
	content := func(b []byte) []byte { // of an element with a two-byte length
		return b[4:]
	}
	inner := content(der)
	oid, wrapper := inner[:11], inner[11:]
	ber := append([]byte{0x30, 0x80}, oid...)
	ber = append(append(ber, 0xa0, 0x80), content(wrapper)...)
	return append(ber, 0, 0, 0, 0)
}

func TestLoadRoots(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	ca := testCA()
	key := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: []byte("x")})
	files := map[string][]byte{
		"ca.pem":      ca.PEM(),
		"several.pem": append(append([]byte("Elenco\n"), must(receipttest.NewAuthority()).PEM()...), append(key, ca.PEM()...)...),
		"ca.der":      ca.Certificate.Raw,
		"leaf.pem":    pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: testProvider().Certificate.Raw}),
		"broken.pem":  append(ca.PEM(), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: []byte("x")})...),
		"key.pem":     key,
		"note.txt":    []byte("nessun certificato"),
		"empty.pem":   nil,
	}
	for name, data := range files {
		if err := os.WriteFile(filepath.Join(folder, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	raw := must(testProvider().Receipt(dead()))
	for _, name := range []string{"ca.pem", "several.pem", "ca.der", "leaf.pem"} {
		roots, err := LoadRoots([]string{filepath.Join(folder, name)})
		if err != nil {
			t.Error(err)
		} else if r := read(t, raw, roots); r.Signature != Valid {
			t.Errorf("%s: %s (%s)", name, r.Signature, r.SignatureNote)
		}
	}
	for name, want := range map[string]string{
		"broken.pem":  "certificate 2 cannot be read",
		"key.pem":     "holds no certificate",
		"note.txt":    "holds no certificate in PEM or DER",
		"empty.pem":   "holds no certificate",
		"missing.pem": "read CA file",
	} {
		file := filepath.Join(folder, name)
		if _, err := LoadRoots([]string{file}); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), file) {
			t.Errorf("%s: error %v, want %q with the file's name", name, err, want)
		}
	}
}

package receipt

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"pecaudit/checker"
)

func TestRead(t *testing.T) {
	t.Parallel()
	r := read(t, must(testProvider().Receipt(dead())), testRoots(t))
	want := &Receipt{
		Kind: "errore-consegna", Error: "no-dest", Enhanced: "5.1.1", Detail: "5.1.1 - Gestore Uno - indirizzo non valido",
		Provider: "Gestore Uno", Sender: "verifiche@pec-camera.example",
		Recipients: []string{"ditta@pec.example"}, Failed: []string{"ditta@pec.example"},
		MessageID: "<caso-1@pec-camera.example>", Identifier: "opec1.20261102090005.posta-certificata@gestore-uno.example",
		Time: time.Date(2026, 11, 2, 8, 0, 5, 0, time.UTC), Subject: "Verifica è 1",
		Signature: Valid, Proof: checker.ProofDead,
	}
	if diff := cmp.Diff(want, r, cmpopts.IgnoreUnexported(Receipt{}), cmpopts.IgnoreFields(Receipt{}, "SHA256")); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"ditta@pec.example"}, r.Concerns()); diff != "" {
		t.Error(diff)
	}
	if want := (Proven{want.Time, checker.ProofDead, "Gestore Uno", r.SHA256}); r.Proven() != want {
		t.Errorf("Proven() = %v, want %v", r.Proven(), want)
	}
}

func TestJSON(t *testing.T) {
	t.Parallel()
	print := func(r *Receipt) string {
		var b strings.Builder
		e := json.NewEncoder(&b)
		e.SetEscapeHTML(false)
		if err := e.Encode(r); err != nil {
			t.Fatal(err)
		}
		return strings.TrimSpace(b.String())
	}
	r := read(t, must(testProvider().Receipt(dead())), testRoots(t))
	r.File = "posta.mbox/1"
	want := `{"file":"posta.mbox/1","kind":"errore-consegna","error":"no-dest","enhanced":"5.1.1","detail":"5.1.1 - Gestore Uno - indirizzo non valido",` +
		`"provider":"Gestore Uno","sender":"verifiche@pec-camera.example","recipients":["ditta@pec.example"],"failed":["ditta@pec.example"],` +
		`"message_id":"<caso-1@pec-camera.example>","identifier":"opec1.20261102090005.posta-certificata@gestore-uno.example",` +
		`"time":"2026-11-02T09:00:05+01:00","subject":"Verifica è 1","signature":"valid","proof":"dead"}`
	if diff := cmp.Diff(want, print(r)); diff != "" {
		t.Error(diff)
	}
	want = `{"file":"","kind":"","error":"","enhanced":"","detail":"","provider":"","sender":"","recipients":[],"failed":[],` +
		`"message_id":"","identifier":"","time":"","subject":"","signature":"missing","proof":"none"}`
	if diff := cmp.Diff(want, print(read(t, []byte("From: a@b.example\n\n"), nil))); diff != "" {
		t.Error(diff)
	}
}

// Whatever is not wholly in order proves nothing, and says why.
func TestReadProvesNothing(t *testing.T) {
	t.Parallel()
	roots := testRoots(t)
	good := string(must(testProvider().Receipt(dead())))
	_, unsigned, _ := strings.Cut(good, "--firma-di-prova\r\n")
	unsigned, _, _ = strings.Cut(unsigned, "\r\n--firma-di-prova")
	envelope := dead()
	envelope.Kind, envelope.Error, envelope.Detail = "posta-certificata", "", ""
	inEnvelope := signed(t, envelope, func(part string) string {
		inner := "--parte-di-prova\r\nContent-Type: message/rfc822; name=\"postacert.eml\"\r\n\r\n" + strings.NewReplacer("firma-di-prova", "altra", "parte-di-prova", "altre").Replace(good) + "\r\n--parte-di-prova--\r\n"
		return strings.Replace(part, "--parte-di-prova--\r\n", inner, 1)
	})
	// A forged daticert.xml deeper down, in a container and not in a message, in an envelope without one of its own.
	deeper := signed(t, envelope, func(part string) string {
		return "Content-Type: multipart/mixed; boundary=fuori\r\n\r\n--fuori\r\n" + part + "\r\n--fuori--\r\n"
	})
	for name, test := range map[string]struct {
		raw       string
		signature Signature
		kind, why string
	}{
		"unsigned": {
			"From: posta-certificata@gestore-uno.example\r\n" + unsigned,
			Missing, "errore-consegna", "the message is not signed",
		},
		"signature cut off": {
			good[:strings.LastIndex(good, "--firma-di-prova\r\nContent-Type")],
			Missing, "errore-consegna", "signature part of the signed message is missing",
		},
		"PGP signature": {
			strings.ReplaceAll(good, "application/x-pkcs7-signature", "application/pgp-signature"),
			Missing, "errore-consegna", "no S/MIME signature",
		},
		"without parts": {
			strings.ReplaceAll(good, "\r\n--firma-di-prova", "\r\n--altra"),
			Missing, "errore-consegna", "",
		},
		"text changed": {
			strings.Replace(good, "Ricevuta di prova.", "Ricevuta di Prova.", 1),
			Invalid, "errore-consegna", "one of them was changed",
		},
		"third part": {
			strings.Replace(good, "--firma-di-prova--", "--firma-di-prova\r\n\r\nuna terza parte\r\n--firma-di-prova--", 1),
			Invalid, "errore-consegna", "more than two parts",
		},
		"other From": {
			strings.Replace(good, "From: posta-certificata@", "From: posta.certificata@", 1),
			Untrusted, "errore-consegna", "not the signer's address",
		},
		"two From": {"From: a@b.example\r\n" + good, Untrusted, "errore-consegna", "exactly one address"},
		"two addresses in From": {
			strings.Replace(good, "From: ", "From: a@b.example, ", 1),
			Untrusted, "errore-consegna", "exactly one address",
		},
		"opaque": {
			"From: posta-certificata@gestore-uno.example\r\nContent-Type: application/pkcs7-mime; smime-type=signed-data\r\n\r\nAAAA\r\n",
			Untrusted, "", "opaque signature is not supported",
		},
		"receipt in an envelope": {string(inEnvelope), Valid, "posta-certificata", "says nothing of the recipient's address"},
		"daticert.xml deeper":    {string(deeper), Valid, "posta-certificata", "no daticert.xml at the outer level"},
		"anomaly": {
			"From: \"Per conto di: a@b.example\" <posta-certificata@gestore-uno.example>\r\nX-Trasporto: errore\r\n\r\n" + good,
			Missing, "anomalia", "no daticert.xml",
		},
		"forwarded as an attachment": {
			"From: a@b.example\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: message/rfc822\r\n\r\n" + good + "\r\n--x--\r\n",
			Missing, "", "no daticert.xml",
		},
		"two daticert.xml": {
			string(signed(t, dead(), func(part string) string {
				i := strings.Index(part, "--parte-di-prova\r\nContent-Type: application/xml")
				return part[:i] + strings.TrimSuffix(part[i:], "--parte-di-prova--\r\n") + part[i:]
			})),
			Valid, "errore-consegna", "more than one daticert.xml",
		},
		"encoding unknown": {
			string(signed(t, dead(), func(part string) string { return strings.Replace(part, "base64", "base65", 1) })),
			Valid, "errore-consegna", "unknown transfer encoding",
		},
		"encoding broken": {
			string(signed(t, dead(), func(part string) string { return strings.Replace(part, "base64\r\n\r\n", "base64\r\n\r\n!", 1) })),
			Valid, "errore-consegna", "cannot be decoded",
		},
		"daticert.xml too large": {
			string(signed(t, dead(), func(part string) string {
				blanks := base64.StdEncoding.EncodeToString(bytes.Repeat([]byte("   "), maxDaticert/3+1))
				return strings.Replace(part, "base64\r\n\r\n", "base64\r\n\r\n"+blanks, 1)
			})),
			Valid, "errore-consegna", "larger than",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := read(t, []byte(test.raw), roots)
			if r.Signature != test.signature || r.Kind != test.kind || r.Proof != checker.ProofNone || r.Concerns() != nil {
				t.Errorf("signature %s, kind %q, proof %v, concerns %v; want %s, %q, none, none", r.Signature, r.Kind, r.Proof, r.Concerns(), test.signature, test.kind)
			}
			if r.ProofNote == "" || !strings.Contains(r.SignatureNote+"\n"+r.ProofNote, test.why) {
				t.Errorf("it says %q and %q, want %q", r.SignatureNote, r.ProofNote, test.why)
			}
		})
	}
}

func TestReadFrom(t *testing.T) {
	t.Parallel()
	roots := testRoots(t)
	good := string(must(testProvider().Receipt(dead())))
	for _, from := range []string{
		"posta-certificata@gestore-uno.example",
		"<Posta-Certificata@GESTORE-UNO.example>",
		`"Per conto di: a@b.example" <posta-certificata@gestore-uno.example>`,
		`Per conto di: a@b.example <posta-certificata@gestore-uno.example>`,
		"=?iso-8859-1?q?Per_conto_di_Perch=E9?= <posta-certificata@gestore-uno.example>",
		"Per conto di\r\n <posta-certificata@gestore-uno.example>",
	} {
		raw := strings.Replace(good, "From: posta-certificata@gestore-uno.example", "From: "+from, 1)
		if r := read(t, []byte(raw), roots); r.Signature != Valid {
			t.Errorf("From: %s: signature %s: %s", from, r.Signature, r.SignatureNote)
		}
	}
}

// The signed document wins over the headers, which anybody can write.
func TestReadConflicts(t *testing.T) {
	t.Parallel()
	roots := testRoots(t)
	good := string(must(testProvider().Receipt(dead())))
	raw := strings.Replace(good, "X-Ricevuta: errore-consegna\r\n", "X-Ricevuta: avvenuta-consegna\r\nX-Trasporto: posta-certificata\r\nX-VerificaSicurezza: errore\r\n", 1)
	raw = strings.Replace(raw, "<caso-1@", "<caso-2@", 1)
	raw = strings.Replace(raw, "Subject: ", "Subject: CONSEGNA: ", 1)
	r := read(t, []byte(raw), roots)
	if r.Kind != "errore-consegna" || r.Proof != checker.ProofDead || r.MessageID != "<caso-1@pec-camera.example>" || r.Subject != "Verifica è 1" {
		t.Errorf("kind %q, proof %v, message %q, subject %q", r.Kind, r.Proof, r.MessageID, r.Subject)
	}
	want := []string{
		"header X-Ricevuta contradicts tipo of daticert.xml",
		"header X-Trasporto contradicts tipo of daticert.xml",
		"header X-VerificaSicurezza contradicts errore of daticert.xml",
		"header X-Riferimento-Message-ID contradicts msgid of daticert.xml",
	}
	if diff := cmp.Diff(want, r.Conflicts); diff != "" {
		t.Error(diff)
	}
	m := dead()
	m.Box = "altra@pec.example"
	r = read(t, must(testProvider().Receipt(m)), roots)
	if diff := cmp.Diff([]string{"consegna of daticert.xml is none of its destinatari"}, r.Conflicts); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"altra@pec.example"}, r.Concerns()); diff != "" {
		t.Error(diff)
	}
	delivered := dead()
	delivered.Kind, delivered.Error, delivered.Detail = "avvenuta-consegna", "", ""
	raw = strings.Replace(string(must(testProvider().Receipt(delivered))), "X-Ricevuta", "X-TipoRicevuta: breve\r\nX-Ricevuta", 1)
	if r = read(t, []byte(raw), roots); len(r.Conflicts) != 0 {
		t.Errorf("conflicts %q without an element ricevuta", r.Conflicts)
	}
}

func TestConcerns(t *testing.T) {
	t.Parallel()
	roots := testRoots(t)
	for name, test := range map[string]struct {
		recipients []string
		box        string
		want       []string
	}{
		"consegna names the box":          {[]string{"a@pec.example", "b@pec.example"}, "B@pec.example", []string{"b@pec.example"}},
		"one recipient, no consegna":      {[]string{"a@pec.example"}, "", []string{"a@pec.example"}},
		"several recipients, no consegna": {[]string{"a@pec.example", "b@pec.example"}, "", nil},
		"no recipient, no consegna":       {nil, "", nil},
		"consegna that is no address":     {[]string{"a@pec.example"}, "Mario Rossi", nil},
		"consegna in brackets":            {[]string{"a@pec.example"}, "<a@pec.example>", []string{"a@pec.example"}},
	} {
		m := dead()
		m.Recipients, m.Box = test.recipients, test.box
		r := read(t, must(testProvider().Receipt(m)), roots)
		if diff := cmp.Diff(test.want, r.Concerns(), cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestReadNotMail(t *testing.T) {
	t.Parallel()
	for name, raw := range map[string]string{
		"empty":            "",
		"text":             "Una nota\nsu due righe.\n",
		"header-like text": "Nota: una riga\n\ne un'altra\n",
		"blank start":      "\n\nFrom: a@b.example\n\n",
		"binary":           "PK\x03\x04\x00\x00From: a@b.example\n\n",
		"endless header":   "From: a@b.example\nX: " + strings.Repeat("a", maxHeader) + "\n\n",
	} {
		if _, err := Read([]byte(raw), nil); !errors.Is(err, ErrNotMail) {
			t.Errorf("%s: error %v, want ErrNotMail", name, err)
		}
	}
}

// Mail kept with bare LF, as Unix does, was signed with CRLF.
func TestReadLineEnds(t *testing.T) {
	t.Parallel()
	good := must(testProvider().Receipt(dead()))
	r := read(t, bytes.ReplaceAll(good, []byte("\r\n"), []byte("\n")), testRoots(t))
	if r.Signature != Valid || r.Proof != checker.ProofDead || !strings.Contains(r.SignatureNote, "bare LF") {
		t.Errorf("signature %s (%s), proof %v", r.Signature, r.SignatureNote, r.Proof)
	}
	tampered := bytes.ReplaceAll(bytes.Replace(good, []byte("prova."), []byte("Prova."), 1), []byte("\r\n"), []byte("\n"))
	if r := read(t, tampered, testRoots(t)); r.Signature != Invalid {
		t.Errorf("tampered: signature %s", r.Signature)
	}
}

// The samples are real messages of others and not part of this repository.
func TestSamples(t *testing.T) {
	t.Parallel()
	folder := filepath.Join("..", "..", "..", "shared", "samples", "pec-receipts")
	if _, err := os.Stat(folder); err != nil {
		t.Skip("no samples beside the repository")
	}
	roots, err := LoadRoots([]string{filepath.Join(folder, "test-ca.pem")})
	if err != nil {
		t.Fatal(err)
	}
	type summary struct {
		Kind, Error, Enhanced string
		Signature             Signature
		Proof                 checker.Proof
		Concerns              string
	}
	for file, want := range map[string]summary{
		"javapec_accettazione.eml":          {"accettazione", "nessuno", "", Missing, checker.ProofNone, ""},
		"javapec_errore-consegna.eml":       {"errore-consegna", "no-dest", "5.1.1", Missing, checker.ProofNone, ""},
		"01_accettazione.eml":               {"accettazione", "nessuno", "", Valid, checker.ProofNone, ""},
		"05_avvenuta-consegna_completa.eml": {"avvenuta-consegna", "nessuno", "", Valid, checker.ProofDelivered, "dest@pec-due.example"},
		"08_errore-consegna_no-dest.eml":    {"errore-consegna", "no-dest", "5.1.1", Valid, checker.ProofDead, "dest@pec-due.example"},
		"12_preavviso_12h.eml":              {"preavviso-errore-consegna", "altro", "4.4.1", Valid, checker.ProofNone, ""},
		"15_posta-certificata.eml":          {"posta-certificata", "nessuno", "", Valid, checker.ProofNone, ""},
		"25_ordinary_dsn.eml":               {"", "", "", Missing, checker.ProofNone, ""},
	} {
		raw, err := os.ReadFile(filepath.Join(folder, file))
		if err != nil {
			t.Error(err)
			continue
		}
		r := read(t, raw, roots)
		if diff := cmp.Diff(want, summary{r.Kind, r.Error, r.Enhanced, r.Signature, r.Proof, strings.Join(r.Concerns(), " ")}); diff != "" {
			t.Errorf("%s (%s, %s): %s", file, r.SignatureNote, r.ProofNote, diff)
		}
	}
}

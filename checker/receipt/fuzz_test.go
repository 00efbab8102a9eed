package receipt

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/smallstep/pkcs7"

	"pecaudit/checker"
)

// No bytes make Read fail in another way than it says, and no change to a signed message makes it prove something else.
func FuzzRead(f *testing.F) {
	folder := filepath.Join("..", "..", "fixtures", "receipts") // equal bytes in every process that fuzzes
	roots, err := LoadRoots([]string{filepath.Join(folder, "ca.pem")})
	if err != nil {
		f.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(folder, "*.eml"))
	if err != nil || len(files) == 0 {
		f.Fatal("no messages in fixtures/receipts", err)
	}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
		f.Add(bytes.ReplaceAll(raw, []byte("\r\n"), []byte("\n")))
	}
	f.Add([]byte("From: a@b.example\n\n"))
	f.Add([]byte("X-Trasporto: errore\nContent-Type: multipart/signed; boundary=\"\"\n\n----\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		r, err := Read(raw, roots)
		if err != nil {
			if r != nil || err != ErrNotMail {
				t.Fatalf("error %v", err)
			}
			return
		}
		if r.Proof != checker.ProofNone && (r.Proof != checker.ProofDead || r.Provider != "Gestore S.p.A." || !slices.Equal(r.Concerns(), []string{"ditta@pec.example"})) {
			t.Fatalf("a forgery proves something: %+v", r)
		}
		if (r.Proof == checker.ProofNone) != (r.ProofNote != "") || (r.Signature != Valid && r.SignatureNote == "") {
			t.Fatalf("no reason: %+v", r)
		}
		if b, err := json.Marshal(r); err != nil || !json.Valid(b) {
			t.Fatalf("JSON %s, error %v", b, err)
		}
	})
}

func FuzzSplit(f *testing.F) {
	f.Add([]byte("x\r\n--b\r\none\r\n--b\ntwo\n--b--\r\n"), "b")
	f.Add([]byte("----\n\n--"), "--")
	f.Fuzz(func(t *testing.T, body []byte, boundary string) {
		parts := split(body, boundary, 3)
		if len(parts) > 3 {
			t.Fatalf("%d parts", len(parts))
		}
		at := 0
		for _, part := range parts {
			// Each is a piece of the body as it stands, after the one before, and holds no boundary line.
			i := bytes.Index(body[at:], part)
			if i < 0 {
				t.Fatalf("%q is not in the rest of %q", part, body)
			}
			at += i + len(part)
			for line := range bytes.Lines(part) {
				if is, _ := isDelimiter(line, boundary); is {
					t.Fatalf("a boundary line is in %q", part)
				}
			}
		}
	})
}

func FuzzDaticert(f *testing.F) {
	f.Add([]byte(testDoc))
	f.Add([]byte(`<!DOCTYPE postacert [<!ENTITY a "b">]><postacert>&a;</postacert>`))
	f.Add([]byte("\xff\xfe<\x00a\x00/\x00>\x00"))
	f.Fuzz(func(t *testing.T, doc []byte) {
		d, err := parseDaticert(doc)
		if err != nil {
			return
		}
		if d.time.Year() < 2000 || d.err == "" {
			t.Fatalf("read without a time or errore: %+v", d)
		}
		if bytes.Contains(doc, []byte("<!DOCTYPE")) && !bytes.Contains(doc, []byte("<![CDATA[")) && !bytes.Contains(doc, []byte("<!--")) {
			t.Fatalf("a document type was read: %q", doc)
		}
	})
}

// What passes the check before it does not keep the library busy, and does not make it panic.
func FuzzCMS(f *testing.F) {
	f.Add(must(pkcs7.DegenerateCertificate(testProvider().Certificate.Raw)))
	f.Add([]byte{0x30, 0x80, 0x30, 2, 0x30, 0, 0, 0})
	f.Add([]byte{0x30, 6, 0x30, 4, 0x30, 0x80, 0, 0})
	f.Add([]byte{0x3f, 0x81, 1, 0x82, 0, 1, 5})
	f.Fuzz(func(t *testing.T, ber []byte) {
		if rest, ok := element(ber, maxNesting); ok && len(rest) > len(ber)-2 {
			t.Fatalf("an element of %d bytes", len(ber)-len(rest))
		}
		cms, err := parseCMS(ber)
		if err == nil && len(cms.Signers) == 1 {
			_ = holds(cms, []byte("content"))
		}
	})
}

// Package receipttest makes signed certified messages of invented providers, for tests and for the demo.
package receipttest

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"encoding/xml"
	"fmt"
	"math/big"
	"mime"
	"time"

	"github.com/smallstep/pkcs7"
)

// An Authority is an invented certification authority.
type Authority struct {
	Certificate *x509.Certificate
	Key         crypto.Signer
}

// NewAuthority makes an authority with a new key. It is valid from 2000 to 2099, like what it issues.
func NewAuthority() (*Authority, error) {
	template := certificate("CA di prova PEC")
	template.IsCA, template.BasicConstraintsValid = true, true
	template.KeyUsage = x509.KeyUsageCertSign | x509.KeyUsageCRLSign
	c, key, err := issue(template, template, nil)
	if err != nil {
		return nil, fmt.Errorf("make a test authority: %w", err)
	}
	return &Authority{c, key}, nil
}

// PEM returns the authority's certificate as a CA file holds it.
func (a *Authority) PEM() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.Certificate.Raw})
}

// A Provider is an invented provider that signs messages.
type Provider struct {
	Name        string
	Address     string // posta-certificata@domain
	Certificate *x509.Certificate
	Key         crypto.Signer
}

// Provider makes a provider of the given domain with a certificate of the authority. The changes, if any, are made to the
// certificate before it is issued: a certificate that is not as it should be.
func (a *Authority) Provider(name, domain string, changes ...func(*x509.Certificate)) (*Provider, error) {
	p := &Provider{Name: name, Address: "posta-certificata@" + domain}
	template := certificate("Posta Certificata " + name)
	template.EmailAddresses = []string{p.Address}
	template.KeyUsage = x509.KeyUsageDigitalSignature
	template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageEmailProtection}
	for _, change := range changes {
		change(template)
	}
	var err error
	if p.Certificate, p.Key, err = issue(template, a.Certificate, a.Key); err != nil {
		return nil, fmt.Errorf("make a test provider: %w", err)
	}
	return p, nil
}

func certificate(name string) *x509.Certificate {
	return &x509.Certificate{
		Subject:   pkix.Name{Country: []string{"IT"}, Organization: []string{"Ente di prova"}, CommonName: name},
		NotBefore: time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC),
		NotAfter:  time.Date(2099, 12, 31, 0, 0, 0, 0, time.UTC),
	}
}

// issue makes a certificate for a new key, signed by the parent's key or by itself.
func issue(template, parent *x509.Certificate, parentKey crypto.Signer) (*x509.Certificate, crypto.Signer, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	if parentKey == nil {
		parentKey = key
	}
	if template.SerialNumber, err = rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120)); err != nil {
		return nil, nil, err
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), parentKey)
	if err != nil {
		return nil, nil, err
	}
	c, err := x509.ParseCertificate(der)
	return c, key, err
}

// A Message is what a certified message says. Zero fields are left out.
type Message struct {
	Kind       string // tipo: "avvenuta-consegna", "errore-consegna", ...
	Error      string // errore; "" is "nessuno"
	Detail     string // errore-esteso: "5.1.1 - Gestore Uno - indirizzo non valido"
	Sender     string
	Recipients []string
	Box        string // consegna
	MessageID  string // of the original message, with its <>
	Subject    string // of the original message
	Time       time.Time
}

// Receipt returns the signed message as an .eml file holds it, with the headers that RFC 6109 asks for. The signing time is now.
func (p *Provider) Receipt(m Message) ([]byte, error) {
	part, err := p.Part(m)
	if err != nil {
		return nil, err
	}
	return p.Sign(m, part)
}

// Part returns what gets signed: a MIME entity with a text and daticert.xml.
func (p *Provider) Part(m Message) ([]byte, error) {
	doc, err := p.daticert(m)
	if err != nil {
		return nil, fmt.Errorf("write daticert.xml: %w", err)
	}
	const boundary = "parte-di-prova"
	var b bytes.Buffer
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\r\n", args...) }
	line(`Content-Type: multipart/mixed; boundary="%s"`, boundary)
	line("MIME-Version: 1.0")
	line("")
	line("--%s", boundary)
	line("Content-Type: text/plain; charset=utf-8")
	line("")
	line("Ricevuta di prova.")
	line("--%s", boundary)
	line(`Content-Type: application/xml; name="daticert.xml"`)
	line(`Content-Disposition: inline; filename="daticert.xml"`)
	line("Content-Transfer-Encoding: base64")
	line("")
	writeBase64(&b, doc)
	line("--%s--", boundary)
	return b.Bytes(), nil
}

// Sign returns a message with the headers of m and the given entity, signed as it stands.
func (p *Provider) Sign(m Message, part []byte) ([]byte, error) {
	signed, err := pkcs7.NewSignedData(part)
	if err != nil {
		return nil, fmt.Errorf("sign a test message: %w", err)
	}
	signed.SetDigestAlgorithm(pkcs7.OIDDigestAlgorithmSHA256)
	if err := signed.AddSigner(p.Certificate, p.Key, pkcs7.SignerInfoConfig{}); err != nil {
		return nil, fmt.Errorf("sign a test message: %w", err)
	}
	signed.Detach()
	cms, err := signed.Finish()
	if err != nil {
		return nil, fmt.Errorf("sign a test message: %w", err)
	}
	return p.Wrap(m, part, cms), nil
}

// Wrap puts an entity and its detached signature together, whether they belong together or not.
func (p *Provider) Wrap(m Message, part, cms []byte) []byte {
	const boundary = "firma-di-prova"
	var b bytes.Buffer
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\r\n", args...) }
	header := "X-Ricevuta"
	if m.Kind == "posta-certificata" {
		header = "X-Trasporto"
	}
	line("From: %s", p.Address)
	line("To: %s", m.Sender)
	line("Subject: %s", mime.QEncoding.Encode("utf-8", subjects[m.Kind]+m.Subject))
	line("Date: %s", m.Time.Format(time.RFC1123Z))
	line("%s: %s", header, m.Kind)
	if m.MessageID != "" {
		line("X-Riferimento-Message-ID: %s", m.MessageID)
	}
	line("MIME-Version: 1.0")
	line(`Content-Type: multipart/signed; protocol="application/x-pkcs7-signature"; micalg="sha-256"; boundary="%s"`, boundary)
	line("")
	line("This is an S/MIME signed message")
	line("")
	line("--%s", boundary)
	b.Write(part)
	line("")
	line("--%s", boundary)
	line(`Content-Type: application/x-pkcs7-signature; name="smime.p7s"`)
	line("Content-Transfer-Encoding: base64")
	line(`Content-Disposition: attachment; filename="smime.p7s"`)
	line("")
	writeBase64(&b, cms)
	line("--%s--", boundary)
	return b.Bytes()
}

var subjects = map[string]string{
	"accettazione":              "ACCETTAZIONE: ",
	"non-accettazione":          "AVVISO DI NON ACCETTAZIONE: ",
	"presa-in-carico":           "PRESA IN CARICO: ",
	"avvenuta-consegna":         "CONSEGNA: ",
	"posta-certificata":         "POSTA CERTIFICATA: ",
	"errore-consegna":           "AVVISO DI MANCATA CONSEGNA: ",
	"preavviso-errore-consegna": "AVVISO DI MANCATA CONSEGNA PER SUP. TEMPO MASSIMO: ",
	"rilevazione-virus":         "PROBLEMA DI SICUREZZA: ",
}

func writeBase64(b *bytes.Buffer, data []byte) {
	text := base64.StdEncoding.EncodeToString(data)
	for len(text) > 76 {
		b.WriteString(text[:76] + "\r\n")
		text = text[76:]
	}
	b.WriteString(text + "\r\n")
}

func (p *Provider) daticert(m Message) ([]byte, error) {
	type recipient struct {
		Type    string `xml:"tipo,attr"`
		Address string `xml:",chardata"`
	}
	var doc struct {
		XMLName xml.Name `xml:"postacert"`
		Kind    string   `xml:"tipo,attr"`
		Error   string   `xml:"errore,attr"`
		Head    struct {
			Sender     string      `xml:"mittente"`
			Recipients []recipient `xml:"destinatari"`
			Replies    string      `xml:"risposte"`
			Subject    string      `xml:"oggetto,omitempty"`
		} `xml:"intestazione"`
		Data struct {
			Provider string `xml:"gestore-emittente"`
			Date     struct {
				Zone string `xml:"zona,attr"`
				Day  string `xml:"giorno"`
				Hour string `xml:"ora"`
			} `xml:"data"`
			Identifier string `xml:"identificativo"`
			MessageID  string `xml:"msgid,omitempty"`
			Box        string `xml:"consegna,omitempty"`
			Detail     string `xml:"errore-esteso,omitempty"`
		} `xml:"dati"`
	}
	doc.Kind, doc.Error = m.Kind, m.Error
	if doc.Error == "" {
		doc.Error = "nessuno"
	}
	doc.Head.Sender, doc.Head.Replies, doc.Head.Subject = m.Sender, m.Sender, m.Subject
	for _, r := range m.Recipients {
		doc.Head.Recipients = append(doc.Head.Recipients, recipient{"certificato", r})
	}
	doc.Data.Provider = p.Name
	doc.Data.Date.Zone = m.Time.Format("-0700")
	doc.Data.Date.Day = m.Time.Format("02/01/2006")
	doc.Data.Date.Hour = m.Time.Format("15:04:05")
	doc.Data.Identifier = "opec1." + m.Time.Format("20060102150405") + "." + p.Address
	doc.Data.MessageID, doc.Data.Box, doc.Data.Detail = m.MessageID, m.Box, m.Detail
	body, err := xml.MarshalIndent(&doc, "", "  ")
	return append([]byte(xml.Header), body...), err
}

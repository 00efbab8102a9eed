package receipt

import (
	"bytes"
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/emersion/go-message"
	"github.com/smallstep/pkcs7"
)

// Signature is the judgment of a message's signature, apart from what the message says.
type Signature string

// The judgments of CONTRACT section 4.
const (
	Valid     Signature = "valid"     // it holds, the signer is who sent it, and the chain led to a given root at the signing time
	Untrusted Signature = "untrusted" // nothing speaks against it, but it could not be checked, or the chain, usage or address is not right
	Invalid   Signature = "invalid"   // it does not hold, or is no signature
	Missing   Signature = "missing"
)

const (
	maxCMS = 128 << 10 // bytes of a detached signature: one with its certificates has less than 10,000
	maxKey = 8192      // bits of an RSA key: the largest that would fit in maxCMS takes a minute to check
)

// Roots are the certificates that a signer's chain may lead to: authorities, or the providers' own. Whoever holds a mail certificate under one of
// them is believed, so only an authority that certifies PEC providers belongs here, never a public one. A nil or zero Roots holds none.
type Roots struct{ pool *x509.CertPool }

// LoadRoots reads certificates from files, each in PEM (any number, other blocks are passed over) or DER.
func LoadRoots(files []string) (*Roots, error) {
	r := &Roots{x509.NewCertPool()}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("read CA file: %w", err)
		}
		certs, err := parseCertificates(data)
		if err != nil {
			return nil, fmt.Errorf("CA file %s: %w", file, err)
		}
		for _, c := range certs {
			r.pool.AddCert(c)
		}
	}
	return r, nil
}

func parseCertificates(data []byte) ([]*x509.Certificate, error) {
	var certs []*x509.Certificate
	rest, isPEM := data, false
	for {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		isPEM = true
		if block.Type != "CERTIFICATE" {
			continue
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("certificate %d cannot be read, take it out or replace it: %w", len(certs)+1, err)
		}
		certs = append(certs, c)
	}
	if !isPEM {
		var err error
		if certs, err = x509.ParseCertificates(data); err != nil {
			return nil, errors.New("it holds no certificate in PEM or DER: export the certificate in one of these forms")
		}
	}
	if len(certs) == 0 {
		return nil, errors.New("it holds no certificate")
	}
	return certs, nil
}

// A seal is a signature whose cryptography has been looked at, but not yet whom it leads to.
type seal struct {
	content []byte // what is signed, in the form that the signature covers
	verdict Signature
	note    string
	cms     *pkcs7.PKCS7 // nil once the verdict is known
}

// openSeal checks the signature over the first of two parts that the second holds.
func openSeal(parts [][]byte) seal {
	var s seal
	if len(parts) > 0 {
		s.content = parts[0]
	}
	fail := func(verdict Signature, format string, args ...any) seal {
		s.verdict, s.note, s.cms = verdict, fmt.Sprintf(format, args...), nil
		return s
	}
	switch len(parts) {
	case 0, 1:
		return fail(Missing, "the signature part of the signed message is missing")
	case 2:
	default:
		return fail(Invalid, "the signed message has more than two parts")
	}
	der, err := signaturePart(parts[1])
	if errors.Is(err, errNoSMIME) {
		return fail(Missing, "%v", err)
	} else if err != nil {
		return fail(Invalid, "%v", err)
	}
	if s.cms, err = parseCMS(der); err != nil {
		return fail(Invalid, "%v", err)
	}
	if n := len(s.cms.Signers); n != 1 {
		return fail(Untrusted, "it has %d readable signers, not one", n)
	}
	if s.cms.GetOnlySigner() == nil {
		return fail(Untrusted, "the signer's certificate is not in the message")
	}
	if a := s.cms.Signers[0]; !supported(a.DigestAlgorithm.Algorithm, digests) || !supported(a.DigestEncryptionAlgorithm.Algorithm, signatures) {
		return fail(Untrusted, "the signature algorithm is not supported (digest %v, signature %v)", a.DigestAlgorithm.Algorithm, a.DigestEncryptionAlgorithm.Algorithm)
	}

	for _, c := range s.cms.Certificates {
		if key, ok := c.PublicKey.(*rsa.PublicKey); ok && key.N.BitLen() > maxKey {
			return fail(Untrusted, "a key of more than %d bits is not supported", maxKey)
		}
	}

	var expired *pkcs7.SigningTimeNotValidError
	fits := func(content []byte) bool {
		err := holds(s.cms, content)
		return err == nil || errors.As(err, &expired)
	}
	if !fits(s.content) {
		// Programs on Unix keep mail with bare LF, while what was signed had CRLF.
		crlf, differs := canonical(s.content)
		if !differs || !fits(crlf) {
			return fail(Invalid, "it does not fit the content: one of them was changed")
		}
		s.content, s.note = crlf, "it holds with CRLF line ends, the file has bare LF"
	}
	if expired != nil {
		return fail(Untrusted, "the signer's certificate was not valid at the signing time")
	}
	return s
}

// trust completes the judgment: the signer must be the sender, hold a certificate for mail, and lead to a root at the time of the signature, which
// is the one signed with it, else the one in daticert.xml.
func (s seal) trust(roots *Roots, from string, written time.Time) (Signature, string) {
	if s.cms == nil {
		return s.verdict, s.note
	}
	at := written
	var signed time.Time
	if s.cms.UnmarshalSignedAttribute(pkcs7.OIDAttributeSigningTime, &signed) == nil {
		at = signed
	}
	signer := s.cms.GetOnlySigner()
	switch {
	case at.IsZero():
		return Untrusted, "the signing time is not known"
	case signer.KeyUsage != 0 && signer.KeyUsage&(x509.KeyUsageDigitalSignature|x509.KeyUsageContentCommitment) == 0,
		!slices.Contains(signer.ExtKeyUsage, x509.ExtKeyUsageEmailProtection):
		return Untrusted, "the signer's certificate is not for signing mail"
	case from == "":
		return Untrusted, "the header From does not hold exactly one address"
	case !slices.ContainsFunc(signer.EmailAddresses, func(a string) bool { return fold(a) == from }):
		return Untrusted, "the header From is not the signer's address"
	case roots == nil || roots.pool == nil: // a nil pool would stand for the system's roots
		return Untrusted, "no CA file was given to check it with"
	}
	chain := x509.VerifyOptions{
		Roots:         roots.pool,
		Intermediates: x509.NewCertPool(),
		CurrentTime:   at,
		KeyUsages:     []x509.ExtKeyUsage{x509.ExtKeyUsageEmailProtection},
	}
	for _, c := range s.cms.Certificates {
		chain.Intermediates.AddCert(c)
	}
	if _, err := signer.Verify(chain); err != nil {
		return Untrusted, "at the signing time the signer's certificate led to no given root: " + err.Error()
	}
	notes := []string{s.note}
	if a := s.cms.Signers[0]; a.DigestAlgorithm.Algorithm.Equal(pkcs7.OIDDigestAlgorithmSHA1) ||
		a.DigestEncryptionAlgorithm.Algorithm.Equal(pkcs7.OIDDigestAlgorithmECDSASHA1) {
		notes = append(notes, "it is made with SHA-1, which is weak")
	}
	return Valid, strings.TrimPrefix(strings.Join(notes, "; "), "; ")
}

// What pkcs7 can check; RSA-PSS, for one, it cannot.
var (
	digests = []asn1.ObjectIdentifier{
		pkcs7.OIDDigestAlgorithmSHA1, pkcs7.OIDDigestAlgorithmSHA256, pkcs7.OIDDigestAlgorithmSHA384, pkcs7.OIDDigestAlgorithmSHA512,
	}
	signatures = []asn1.ObjectIdentifier{
		pkcs7.OIDEncryptionAlgorithmRSA, pkcs7.OIDEncryptionAlgorithmRSASHA1, pkcs7.OIDEncryptionAlgorithmRSASHA256,
		pkcs7.OIDEncryptionAlgorithmRSASHA384, pkcs7.OIDEncryptionAlgorithmRSASHA512,
		pkcs7.OIDDigestAlgorithmECDSASHA1, pkcs7.OIDDigestAlgorithmECDSASHA256, pkcs7.OIDDigestAlgorithmECDSASHA384, pkcs7.OIDDigestAlgorithmECDSASHA512,
		pkcs7.OIDEncryptionAlgorithmECDSAP256, pkcs7.OIDEncryptionAlgorithmECDSAP384, pkcs7.OIDEncryptionAlgorithmECDSAP521,
	}
)

func supported(id asn1.ObjectIdentifier, list []asn1.ObjectIdentifier) bool {
	return slices.ContainsFunc(list, id.Equal)
}

func holds(cms *pkcs7.PKCS7, content []byte) (err error) {
	defer noPanic(&err)
	cms.Content = content
	return cms.VerifyWithChainAtTime(nil, time.Time{})
}

var errNoSMIME = errors.New("the second part of the signed message is no S/MIME signature")

// signaturePart decodes the part that holds the detached signature.
func signaturePart(part []byte) ([]byte, error) {
	entity, err := message.Read(bytes.NewReader(part))
	if entity == nil {
		return nil, errNoSMIME
	}
	switch mediaType, _, _ := entity.Header.ContentType(); strings.ToLower(mediaType) {
	case "application/pkcs7-signature", "application/x-pkcs7-signature":
	default:
		return nil, errNoSMIME
	}
	if message.IsUnknownEncoding(err) {
		return nil, errors.New("the signature has an unknown transfer encoding")
	}
	der, err := io.ReadAll(io.LimitReader(entity.Body, maxCMS+1))
	switch {
	case err != nil:
		return nil, errors.New("the signature cannot be decoded")
	case len(der) > maxCMS:
		return nil, fmt.Errorf("the signature is larger than %d bytes", maxCMS)
	}
	return der, nil
}

// parseCMS reads a signature in BER or DER.
func parseCMS(ber []byte) (cms *pkcs7.PKCS7, err error) {
	defer noPanic(&err)
	if _, ok := element(ber, maxNesting); !ok {
		return nil, errors.New("it is no CMS structure")
	}
	if cms, err = pkcs7.Parse(ber); err != nil {
		return nil, fmt.Errorf("it cannot be read as CMS: %w", err)
	}
	return cms, nil
}

// noPanic turns a panic of a library over hostile bytes into an error: one message must not stop a mailbox.
func noPanic(err *error) {
	if recover() != nil {
		*err = errors.New("it is malformed in a way that cannot be handled")
	}
}

const maxNesting = 64

// element cuts the first element off BER bytes, if all its parts lie inside it and nest no deeper than depth. pkcs7 does not look: it reads a part
// that sticks out of its whole once more for each level, so that 82 bytes keep it busy for a second and each 4 more double that.
func element(b []byte, depth int) (rest []byte, ok bool) {
	if depth == 0 || len(b) < 2 || b[0] == 0 {
		return nil, false
	}
	constructed := b[0]&0x20 != 0
	i := 1
	if b[0]&0x1f == 0x1f { // tag of several bytes
		for i < len(b) && b[i] >= 0x80 {
			i++
		}
		i++
	}
	if i >= len(b) {
		return nil, false
	}
	length, size := int(b[i]), int(b[i]&0x7f)
	i++
	switch {
	case length == 0x80: // indefinite: up to two zero bytes
		rest, ok = b[i:], constructed
		for first := true; ok && (first || !bytes.HasPrefix(rest, []byte{0, 0})); first = false {
			rest, ok = element(rest, depth-1)
		}
		if !ok {
			return nil, false
		}
		return rest[2:], true
	case length > 0x80:
		if size > 4 || i+size > len(b) {
			return nil, false
		}
		length = 0
		for _, c := range b[i : i+size] {
			length = length<<8 | int(c)
		}
		i += size
	}
	if length < 0 || length > len(b)-i {
		return nil, false
	}
	rest = b[i+length:]
	for content := b[i : i+length]; constructed && len(content) > 0; {
		if content, ok = element(content, depth-1); !ok {
			return nil, false
		}
	}
	return rest, true
}

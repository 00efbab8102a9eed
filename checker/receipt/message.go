// Package receipt reads one certified message of the Italian PEC system (RFC 6109) and its signature, and says what it proves of an
// address. It reads files and never the network; certificates that were revoked are not known here.
//
// Only the outermost message counts: a receipt that somebody put inside an envelope is his text, not the provider's.
package receipt

import (
	"bufio"
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/mail"
	"slices"
	"strings"
	"time"

	"github.com/emersion/go-message"
	"github.com/emersion/go-message/textproto"
	"golang.org/x/net/html/charset"

	"pecaudit/checker"
)

// maxHeader bounds a header, in bytes.
const maxHeader = 1 << 18

// ErrNotMail says that the bytes are no Internet mail message (RFC 5322).
var ErrNotMail = errors.New("not a mail message: export it as .eml with all its headers (.msg and .pdf are not read)")

// A Receipt is what a certified message says, whether its signature holds, and what follows. What daticert.xml says is taken from
// there; where it cannot be read, the unsigned headers fill in what they claim, and Proof is none.
type Receipt struct {
	File          string // set by who read it: as printed
	Kind          string // tipo: "avvenuta-consegna", ...; "anomalia" for an envelope of anomaly; "" for ordinary mail
	Error         string // errore: nessuno, no-dest, no-dominio, virus, altro; "" without daticert.xml
	Enhanced      string // status code of RFC 3463 at the start of errore-esteso; "" if none
	Detail        string // errore-esteso
	Provider      string // gestore-emittente
	Sender        string // mittente of the original message
	Recipients    []string
	Failed        []string // consegna of an errore-consegna or preavviso-errore-consegna
	MessageID     string   // of the original message, as written
	Identifier    string   // identificativo
	Time          time.Time
	Subject       string // oggetto of the original message
	Signature     Signature
	SignatureNote string // why it is not valid; of a valid one, what to know about it, or ""
	Proof         checker.Proof
	ProofNote     string   // why it proves nothing; "" otherwise
	Conflicts     []string // where the headers contradict the signed daticert.xml, which wins
	SHA256        string   // of the raw message, hexadecimal

	boxes []string // consegna, whatever the kind
}

// Read reads a raw message and judges its signature by the given roots; nil roots trust nobody. The error is ErrNotMail; whatever is
// unsigned, untrusted, tampered with or malformed is a Receipt that proves nothing and says why.
func Read(raw []byte, roots *Roots) (*Receipt, error) {
	head, body, ok := cutHeader(raw)
	if !ok || !isMail(&head) {
		return nil, ErrNotMail
	}
	sum := sha256.Sum256(raw)
	r := &Receipt{SHA256: hex.EncodeToString(sum[:])}

	content, s := raw, seal{verdict: Missing, note: "the message is not signed"}
	if mediaType, params, _ := head.ContentType(); strings.EqualFold(mediaType, "multipart/signed") {
		s = openSeal(split(body, params["boundary"], 3)) // two, and one that is too many
		content = s.content
	} else if strings.HasSuffix(strings.ToLower(mediaType), "pkcs7-mime") {
		s = seal{verdict: Untrusted, note: "an opaque signature is not supported: RFC 6109 asks for multipart/signed"}
	}

	cert, err := findDaticert(content)
	if err != nil {
		r.claim(&head)
	} else {
		r.fill(cert)
		r.Conflicts = conflicts(&head, cert)
		r.Subject = cmp.Or(r.Subject, text(&head, "Subject"))
	}
	r.Signature, r.SignatureNote = s.trust(roots, sender(&head), cert.time)
	r.Proof, r.ProofNote = r.prove(err)
	return r, nil
}

// fill takes over what daticert.xml says.
func (r *Receipt) fill(d daticert) {
	r.Kind, r.Error = d.kind, d.err
	r.Enhanced, r.Detail = enhanced(d.detail), d.detail
	r.Provider, r.Sender, r.Subject = d.provider, d.sender, d.subject
	r.MessageID, r.Identifier, r.Time = d.messageID, d.identifier, d.time
	r.Recipients, r.boxes = d.recipients, d.boxes
	if r.Kind == kindFailed || r.Kind == kindDelayed {
		r.Failed = d.boxes
	}
}

// claim takes over what the unsigned headers claim of a message without a readable daticert.xml.
func (r *Receipt) claim(h *message.Header) {
	switch h.Get("X-Trasporto") {
	case "posta-certificata":
		r.Kind = "posta-certificata"
	case "errore":
		r.Kind = "anomalia"
	default:
		r.Kind = h.Get("X-Ricevuta")
	}
	r.MessageID = h.Get("X-Riferimento-Message-ID")
	r.Subject = text(h, "Subject")
	if t, err := mail.ParseDate(h.Get("Date")); err == nil {
		r.Time = zoned(t)
	}
}

// conflicts names the headers that contradict the signed text. Values stay out: they may hold addresses.
func conflicts(h *message.Header, d daticert) []string {
	var list []string
	claim := func(header, signed, what string) {
		if v := h.Get(header); v != "" && signed != "" && !strings.EqualFold(v, signed) {
			list = append(list, "header "+header+" contradicts "+what+" of daticert.xml")
		}
	}
	claim("X-Ricevuta", d.kind, "tipo")
	claim("X-Trasporto", d.kind, "tipo")
	claim("X-TipoRicevuta", d.receipt, "ricevuta")
	if h.Get("X-VerificaSicurezza") == "errore" && d.err != "virus" {
		list = append(list, "header X-VerificaSicurezza contradicts errore of daticert.xml")
	}
	if bare := strings.Trim(d.messageID, "<> "); bare != "" {
		if v := strings.Trim(h.Get("X-Riferimento-Message-ID"), "<> "); v != "" && v != bare {
			list = append(list, "header X-Riferimento-Message-ID contradicts msgid of daticert.xml")
		}
	}
	for _, box := range d.boxes {
		if !slices.Contains(d.recipients, box) {
			list = append(list, "consegna of daticert.xml is none of its destinatari")
			break
		}
	}
	return list
}

// Concerns returns the folded addresses of which the receipt proves something: those in consegna; without any, the recipient if the message
// had only one. It is empty when nothing is proven, or when it is not told of whom.
func (r *Receipt) Concerns() []string {
	if r.Proof == checker.ProofNone {
		return nil
	}
	boxes := r.boxes
	if len(boxes) == 0 && len(r.Recipients) == 1 {
		boxes = r.Recipients
	}
	var list []string
	for _, box := range boxes {
		if a := checker.ParseMailbox(box); a.State == checker.WellFormed && !slices.Contains(list, a.Folded) {
			list = append(list, a.Folded)
		}
	}
	return list
}

// MarshalJSON writes the keys of CONTRACT section 4, in its order. time is RFC 3339, "" when not known; lists are never null.
func (r *Receipt) MarshalJSON() ([]byte, error) {
	when := ""
	if !r.Time.IsZero() {
		when = r.Time.Format(time.RFC3339)
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false) // message IDs are written in <>
	err := e.Encode(struct {
		File       string    `json:"file"`
		Kind       string    `json:"kind"`
		Error      string    `json:"error"`
		Enhanced   string    `json:"enhanced"`
		Detail     string    `json:"detail"`
		Provider   string    `json:"provider"`
		Sender     string    `json:"sender"`
		Recipients []string  `json:"recipients"`
		Failed     []string  `json:"failed"`
		MessageID  string    `json:"message_id"`
		Identifier string    `json:"identifier"`
		Time       string    `json:"time"`
		Subject    string    `json:"subject"`
		Signature  Signature `json:"signature"`
		Proof      string    `json:"proof"`
	}{
		r.File, r.Kind, r.Error, r.Enhanced, r.Detail, r.Provider, r.Sender,
		append([]string{}, r.Recipients...), append([]string{}, r.Failed...),
		r.MessageID, r.Identifier, when, r.Subject, r.Signature, r.Proof.String(),
	})
	return b.Bytes(), err
}

// cutHeader cuts an entity where its header ends, exactly: what follows may be signed byte by byte.
func cutHeader(entity []byte) (h message.Header, body []byte, ok bool) {
	head := entity[:min(len(entity), maxHeader)]
	src := bytes.NewReader(head)
	br := bufio.NewReader(src)
	fields, err := textproto.ReadHeader(br)
	end := len(head) - src.Len() - br.Buffered()
	if err != nil || end == maxHeader {
		return message.Header{}, nil, false
	}
	return message.Header{Header: fields}, entity[end:], true
}

// isMail tells a mail message from another text that has a colon in its first line.
func isMail(h *message.Header) bool {
	return slices.ContainsFunc([]string{"From", "Date", "Received", "Return-Path", "Message-Id", "X-Ricevuta", "X-Trasporto"}, h.Has)
}

// sender returns the address in From, folded; "" if there is not exactly one.
func sender(h *message.Header) string {
	values := h.Values("From")
	if len(values) != 1 {
		return ""
	}
	parser := mail.AddressParser{WordDecoder: &words}
	if list, err := parser.ParseList(values[0]); err == nil {
		if len(list) != 1 {
			return ""
		}
		return fold(list[0].Address)
	}
	// Some providers write "Per conto di: name@domain <posta-certificata@...>" without the quotes that the colon and the @ ask for. What is
	// taken here must still be the signer's address.
	_, rest, _ := strings.Cut(values[0], "<")
	address, _, _ := strings.Cut(rest, ">")
	return fold(address)
}

// words decodes RFC 2047 words of any charset.
var words = mime.WordDecoder{CharsetReader: func(label string, r io.Reader) (io.Reader, error) { return charset.NewReaderLabel(label, r) }}

func text(h *message.Header, field string) string {
	raw := h.Get(field)
	if s, err := words.DecodeHeader(raw); err == nil {
		return s
	}
	return raw
}

// fold returns an address in the form in which addresses are compared: folded, or in lower case if it is none.
func fold(address string) string {
	if a := checker.ParseMailbox(address); a.State == checker.WellFormed {
		return a.Folded
	}
	return strings.ToLower(strings.TrimSpace(address))
}

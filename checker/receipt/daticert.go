package receipt

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/emersion/go-message"
	"golang.org/x/net/html/charset"
)

const (
	maxDaticert = 1 << 20 // bytes; real ones have a few thousand
	maxParts    = 20      // parts that are looked at; real messages have three
)

var errNoDaticert = errors.New("there is no daticert.xml at the outer level of the message")

// A daticert is what daticert.xml (RFC 6109, section 4.4) says. Addresses are folded.
type daticert struct {
	kind, err, detail, provider, sender, subject string
	messageID, identifier, receipt               string
	recipients, boxes                            []string
	time                                         time.Time
}

// findDaticert reads the one daticert.xml among the direct parts of a MIME entity. Deeper ones are somebody's attachments.
func findDaticert(entity []byte) (daticert, error) {
	head, body, ok := cutHeader(entity)
	if !ok {
		return daticert{}, errors.New("the header of the signed content cannot be read")
	}
	mediaType, params, _ := head.ContentType()
	if !strings.HasPrefix(strings.ToLower(mediaType), "multipart/") {
		return daticert{}, errNoDaticert
	}
	var doc []byte
	found := 0
	for _, raw := range split(body, params["boundary"], maxParts) {
		part, err := message.ReadWithOptions(bytes.NewReader(raw), &message.ReadOptions{MaxHeaderBytes: maxHeader})
		if part == nil || !named(&part.Header, "daticert.xml") {
			continue
		}
		if message.IsUnknownEncoding(err) {
			return daticert{}, errors.New("daticert.xml has an unknown transfer encoding")
		}
		if found++; found > 1 {
			return daticert{}, errors.New("there is more than one daticert.xml")
		}
		if doc, err = io.ReadAll(io.LimitReader(part.Body, maxDaticert+1)); err != nil {
			return daticert{}, errors.New("daticert.xml cannot be decoded")
		}
	}
	if found == 0 {
		return daticert{}, errNoDaticert
	}
	return parseDaticert(doc)
}

func named(h *message.Header, name string) bool {
	_, disposition, _ := h.ContentDisposition()
	_, contentType, _ := h.ContentType()
	return strings.EqualFold(disposition["filename"], name) || strings.EqualFold(contentType["name"], name)
}

// postacert is the DTD of RFC 6109. Lists stand for elements that may occur once, too: a second one must be seen to be refused, since it could
// come out of a subject that a provider forgot to escape.
type postacert struct {
	XMLName      xml.Name `xml:"postacert"`
	Tipo         string   `xml:"tipo,attr"`
	Errore       string   `xml:"errore,attr"`
	Intestazione []struct {
		Mittente    []string `xml:"mittente"`
		Destinatari []string `xml:"destinatari"`
		Oggetto     []string `xml:"oggetto"`
	} `xml:"intestazione"`
	Dati []struct {
		Gestore []string `xml:"gestore-emittente"`
		Data    []struct {
			Zona   string   `xml:"zona,attr"`
			Giorno []string `xml:"giorno"`
			Ora    []string `xml:"ora"`
		} `xml:"data"`
		Identificativo []string `xml:"identificativo"`
		Msgid          []string `xml:"msgid"`
		Ricevuta       []struct {
			Tipo string `xml:"tipo,attr"`
		} `xml:"ricevuta"`
		Consegna     []string `xml:"consegna"`
		ErroreEsteso []string `xml:"errore-esteso"`
	} `xml:"dati"`
}

// parseDaticert reads the document in whatever encoding it declares. It is lenient about what is absent, as providers are, and strict
// about what could deceive: document types and so entities, anything outside the root, elements and attributes that occur twice, a time that
// cannot be read.
func parseDaticert(doc []byte) (daticert, error) {
	if len(doc) > maxDaticert {
		return daticert{}, fmt.Errorf("daticert.xml is larger than %d bytes", maxDaticert)
	}
	tokens := &strictTokens{d: newXMLDecoder(doc)}
	var p postacert
	if err := xml.NewTokenDecoder(tokens).Decode(&p); err != nil {
		return daticert{}, fmt.Errorf("daticert.xml cannot be read: %w", err)
	}
	for {
		if _, err := tokens.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return daticert{}, fmt.Errorf("daticert.xml cannot be read: %w", err)
		}
	}

	var o once
	head, data := first(&o, "intestazione", p.Intestazione), first(&o, "dati", p.Dati)
	when := first(&o, "data", data.Data)
	d := daticert{
		kind:       p.Tipo,
		err:        p.Errore,
		sender:     fold(o.text("mittente", head.Mittente)),
		recipients: foldAll(head.Destinatari),
		subject:    o.text("oggetto", head.Oggetto),
		provider:   o.text("gestore-emittente", data.Gestore),
		identifier: o.text("identificativo", data.Identificativo),
		messageID:  o.text("msgid", data.Msgid),
		receipt:    first(&o, "ricevuta", data.Ricevuta).Tipo,
		boxes:      foldAll(data.Consegna),
		detail:     o.text("errore-esteso", data.ErroreEsteso),
	}
	if d.err == "" {
		d.err = "nessuno" // default of the DTD
	}
	day, hour := o.text("giorno", when.Giorno), o.text("ora", when.Ora)
	if o.twice != "" {
		return daticert{}, fmt.Errorf("daticert.xml is not as in RFC 6109: %s occurs twice", o.twice)
	}
	t, err := time.Parse("2/1/2006 15:04:05 -0700", day+" "+hour+" "+strings.ReplaceAll(strings.TrimSpace(when.Zona), ":", ""))
	if err != nil || t.Year() < 2000 { // PEC began in 2005
		return daticert{}, errors.New("daticert.xml is not as in RFC 6109: its data cannot be read")
	}
	d.time = zoned(t)
	return d, nil
}

// zoned keeps the offset that was written and drops the zone's name, which depends on the computer's own zone.
func zoned(t time.Time) time.Time {
	_, offset := t.Zone()
	return t.In(time.FixedZone("", offset))
}

// once takes the only element of a list and remembers the name of one that occurs twice.
type once struct{ twice string }

func first[T any](o *once, name string, list []T) (v T) {
	if len(list) > 1 {
		o.twice = name
	}
	if len(list) > 0 {
		v = list[0]
	}
	return v
}

func (o *once) text(name string, list []string) string {
	return strings.TrimSpace(first(o, name, list))
}

func foldAll(list []string) []string {
	var folded []string
	for _, s := range list {
		if s = fold(s); s != "" {
			folded = append(folded, s)
		}
	}
	return folded
}

// newXMLDecoder returns a decoder for a document in UTF-8, in UTF-16 with a byte order mark, or in the encoding that it declares.
func newXMLDecoder(doc []byte) *xml.Decoder {
	var r io.Reader = bytes.NewReader(doc)
	reader := charset.NewReaderLabel
	label := ""
	switch {
	case bytes.HasPrefix(doc, []byte{0xfe, 0xff}):
		label = "utf-16be"
	case bytes.HasPrefix(doc, []byte{0xff, 0xfe}):
		label = "utf-16le"
	}
	if utf8, err := charset.NewReaderLabel(label, r); label != "" && err == nil {
		r = utf8
		reader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil } // decoded already
	}
	d := xml.NewDecoder(r)
	d.CharsetReader = reader
	return d
}

// strictTokens passes the tokens of one XML document and refuses what encoding/xml lets pass in silence.
type strictTokens struct {
	d            *xml.Decoder
	depth, roots int
}

func (s *strictTokens) Token() (xml.Token, error) {
	t, err := s.d.Token()
	if err != nil {
		return nil, err
	}
	switch t := t.(type) {
	case xml.Directive:
		return nil, errors.New("it has a document type: entities are not allowed")
	case xml.StartElement:
		if s.depth == 0 {
			if s.roots++; s.roots > 1 {
				return nil, errors.New("something follows the root element")
			}
		}
		s.depth++
		for i, a := range t.Attr {
			for _, b := range t.Attr[:i] {
				if a.Name.Local == b.Name.Local {
					return nil, errors.New("an attribute occurs twice")
				}
			}
		}
	case xml.EndElement:
		s.depth--
	case xml.CharData:
		if s.depth == 0 && len(bytes.TrimLeft(t, "\ufeff \t\r\n")) > 0 {
			return nil, errors.New("there is text outside the root element")
		}
	case xml.Comment:
		if s.depth == 0 && s.roots > 0 {
			return nil, errors.New("something follows the root element")
		}
	case xml.ProcInst:
		if s.roots > 0 {
			return nil, errors.New("a processing instruction stands after the start") // it could change the encoding
		}
	}
	return t, nil
}

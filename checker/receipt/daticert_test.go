package receipt

import (
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"

	"pecaudit/checker"
)

const testDoc = `<?xml version="1.0" encoding="UTF-8"?>
<postacert tipo="avvenuta-consegna" errore="nessuno">
  <intestazione>
    <mittente>verifiche@pec-camera.example</mittente>
    <destinatari tipo="certificato">Ditta@pec.example</destinatari>
    <destinatari tipo="esterno">altra@mail.example</destinatari>
    <risposte>verifiche@pec-camera.example</risposte>
    <oggetto>Perché &lt;no&gt;?</oggetto>
  </intestazione>
  <dati>
    <gestore-emittente>Gestore Uno S.p.A.</gestore-emittente>
    <data zona="+0200"><giorno>01/09/2026</giorno><ora>09:15:30</ora></data>
    <identificativo>opec1.1@gestore-uno.example</identificativo>
    <msgid>&lt;caso-1@pec-camera.example&gt;</msgid>
    <ricevuta tipo="breve"/>
    <consegna>Ditta@pec.example</consegna>
  </dati>
</postacert>
`

func testDaticert() daticert {
	return daticert{
		kind: "avvenuta-consegna", err: "nessuno", provider: "Gestore Uno S.p.A.", sender: "verifiche@pec-camera.example",
		subject: "Perché <no>?", messageID: "<caso-1@pec-camera.example>", identifier: "opec1.1@gestore-uno.example", receipt: "breve",
		recipients: []string{"ditta@pec.example", "altra@mail.example"}, boxes: []string{"ditta@pec.example"},
		time: time.Date(2026, 9, 1, 7, 15, 30, 0, time.UTC),
	}
}

func TestDaticertEncodings(t *testing.T) {
	t.Parallel()
	wide := func(s, mark string, high, low int) string {
		b := []byte(mark)
		for _, u := range utf16.Encode([]rune(s)) {
			pair := [2]byte{}
			pair[high], pair[low] = byte(u>>8), byte(u)
			b = append(b, pair[0], pair[1])
		}
		return string(b)
	}
	declare := func(name string) string { return strings.Replace(testDoc, "UTF-8", name, 1) }
	for name, doc := range map[string]string{
		"UTF-8":                   testDoc,
		"UTF-8, CRLF":             strings.ReplaceAll(testDoc, "\n", "\r\n"),
		"UTF-8, byte order mark":  "\ufeff" + testDoc,
		"not declared":            testDoc[strings.Index(testDoc, "\n")+1:],
		"ISO-8859-1":              strings.Replace(declare("ISO-8859-1"), "é", "\xe9", 1),
		"ISO-8859-15":             strings.Replace(declare("iso-8859-15"), "é", "\xe9", 1),
		"Windows-1252":            strings.Replace(declare("windows-1252"), "é", "\xe9", 1),
		"UTF-16, little endian":   wide(declare("UTF-16"), "\xff\xfe", 1, 0),
		"UTF-16, big endian":      wide(declare("UTF-16"), "\xfe\xff", 0, 1),
		"white space at the end":  testDoc + "\r\n\t \n",
		"comment before the root": strings.Replace(testDoc, "<postacert", "<!-- PEC --><postacert", 1),
		"attributes single":       strings.ReplaceAll(testDoc, `"`, `'`),
		"white space in elements": strings.NewReplacer("<consegna>", "<consegna>\n  ", "<ora>", "<ora> ").Replace(testDoc),
		"CDATA":                   strings.Replace(testDoc, "Perché &lt;no&gt;?", "<![CDATA[Perché <no>?]]>", 1),
		"unknown elements":        strings.Replace(testDoc, "<dati>", "<dati><nuovo a='1'><consegna>x@y.example</consegna></nuovo>", 1),
		"no errore":               strings.Replace(testDoc, ` errore="nessuno"`, "", 1),
		"colon in the zone":       strings.Replace(testDoc, "+0200", "+02:00", 1),
		"short day and hour":      strings.NewReplacer("01/09/2026", "1/9/2026", "09:15:30", "9:15:30").Replace(testDoc),
	} {
		got, err := parseDaticert([]byte(doc))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if diff := cmp.Diff(testDaticert(), got, cmp.AllowUnexported(daticert{})); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// Nothing is read out of a document in which something could deceive, however well it is signed.
func TestDaticertRefused(t *testing.T) {
	t.Parallel()
	roots := testRoots(t)
	with := func(old, new string) string {
		if !strings.Contains(testDoc, old) {
			t.Fatalf("%q is not in the document", old)
		}
		return strings.Replace(testDoc, old, new, 1)
	}
	const entity = "<!DOCTYPE postacert [<!ENTITY d \"ditta@pec.example\">]>\n<postacert"
	for name, test := range map[string]struct{ doc, why string }{
		"entity":               {strings.Replace(with("<postacert", entity), "<consegna>Ditta@pec.example", "<consegna>&d;", 1), "document type"},
		"external entity":      {with("<postacert", `<!DOCTYPE postacert [<!ENTITY d SYSTEM "file:///etc/passwd">]><postacert`), "document type"},
		"external type":        {with("<postacert", `<!DOCTYPE postacert SYSTEM "http://gestore.example/daticert.dtd"><postacert`), "document type"},
		"unknown entity":       {with("Perché", "&perche;"), "entity"},
		"second root":          {testDoc + "<postacert tipo='errore-consegna'/>", "follows the root"},
		"text after the root":  {testDoc + "errore-consegna", "outside the root"},
		"text before the root": {"x" + testDoc[strings.Index(testDoc, "\n"):], "outside the root"},
		"comment after":        {testDoc + "<!-- -->", "follows the root"},
		"instruction after":    {testDoc + `<?xml version="1.0"?>`, "processing instruction"},
		"instruction inside":   {with("<dati>", `<?xml version="1.0" encoding="ISO-8859-1"?><dati>`), "processing instruction"},
		"tipo twice":           {with(`errore="nessuno"`, `tipo="errore-consegna"`), "attribute occurs twice"},
		"dati twice":           {with("<dati>", "<dati><consegna>x@y.example</consegna></dati><dati>"), "dati occurs twice"},
		"intestazione twice":   {with("<dati>", "<intestazione/><dati>"), "intestazione occurs twice"},
		"errore-esteso twice":  {with("</dati>", "<errore-esteso>5.1.1</errore-esteso><errore-esteso>5.2.2</errore-esteso></dati>"), "errore-esteso occurs twice"},
		"data twice":           {with("</dati>", "<data/></dati>"), "data occurs twice"},
		"giorno twice":         {with("<giorno>", "<giorno>01/01/2020</giorno><giorno>"), "giorno occurs twice"},
		"no data":              {strings.NewReplacer("<data ", "<dato ", "</data>", "</dato>").Replace(testDoc), "data cannot be read"},
		"no zone":              {with(` zona="+0200"`, ""), "data cannot be read"},
		"day that is none":     {with("01/09/2026", "31/09/2026"), "data cannot be read"},
		"before PEC":           {with("01/09/2026", "01/09/1026"), "data cannot be read"},
		"other root":           {strings.ReplaceAll(testDoc, "postacert", "postacerta"), "cannot be read"},
		"cut off":              {testDoc[:len(testDoc)-13], "cannot be read"},
		"not closed":           {with("</dati>", ""), "cannot be read"},
		"not UTF-8":            {with("é", "\xe9"), "cannot be read"},
		"unknown encoding":     {with("UTF-8", "x-gestore"), "cannot be read"},
		"UTF-16 not marked":    {with("UTF-8", "UTF-16"), "cannot be read"},
		"empty":                {"", "cannot be read"},
		"JSON":                 {`{"tipo":"avvenuta-consegna"}`, "cannot be read"},
	} {
		r := read(t, withXML(t, test.doc), roots)
		if r.Signature != Valid || r.Proof != checker.ProofNone || r.Concerns() != nil || !strings.Contains(r.ProofNote, test.why) {
			t.Errorf("%s: signature %s (%s), proof %v (%s), want none and %q", name, r.Signature, r.SignatureNote, r.Proof, r.ProofNote, test.why)
		}
		if r.Kind != "errore-consegna" || r.Error != "" || len(r.Recipients) != 0 {
			t.Errorf("%s: kind %q, error %q, recipients %q: want what the headers claim only", name, r.Kind, r.Error, r.Recipients)
		}
	}
	if r := read(t, withXML(t, testDoc), roots); r.Proof != checker.ProofDelivered {
		t.Errorf("as it should be: proof %v (%s)", r.Proof, r.ProofNote)
	}
}

// A declared encoding holds whatever the MIME header says.
func TestDaticertCharsetOfMIME(t *testing.T) {
	t.Parallel()
	doc := strings.Replace(strings.Replace(testDoc, "UTF-8", "ISO-8859-1", 1), "é", "\xe9", 1)
	raw := signed(t, dead(), func(string) string {
		return "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/xml; charset=iso-8859-1; name=daticert.xml\r\n\r\n" + doc + "\r\n--b--\r\n"
	})
	if r := read(t, raw, testRoots(t)); r.Subject != "Perché <no>?" || r.Proof != checker.ProofDelivered {
		t.Errorf("subject %q, proof %v (%s)", r.Subject, r.Proof, r.ProofNote)
	}
}

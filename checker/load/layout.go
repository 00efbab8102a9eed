package load

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// The kinds of column.
type kind uint8

const (
	words kind = iota
	code       // spreadsheets make numbers of it
	day
)

// A field is what a column may hold.
type field struct {
	name       string
	kind       kind
	also       []string // other headers for it, in the order of preference
	doubtful   []string // headers that may mean it or something else: never taken by themselves
	resembling []string // parts of header keys that are worth a guess when the field is needed and not found

	keys []string // of name and also
}

// A layout is the fields of one kind of list.
type layout struct {
	fields []field
	needs  [][]int        // of each group one at least must be there
	hints  map[string]int // key of every header that is or may be a field's -> the field
}

func newLayout(needs [][]int, fields ...field) *layout {
	lay := &layout{fields: fields, needs: needs, hints: map[string]int{}}
	for i := range fields {
		f := &fields[i]
		for _, header := range append([]string{f.name}, f.also...) {
			f.keys = append(f.keys, headerKey(header))
		}
		for _, header := range f.doubtful {
			lay.hints[headerKey(header)] = i
		}
		for _, key := range f.keys {
			lay.hints[key] = i
		}
	}
	return lay
}

func (lay *layout) has(name string) bool {
	return slices.ContainsFunc(lay.fields, func(f field) bool { return f.name == name })
}

// headerKey is what is compared of a header: neither case, accents (written as an apostrophe too: citta'), blanks, _ . nor -.
func headerKey(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.Is(unicode.Mn, r), unicode.Is(unicode.Cf, r), unicode.IsSpace(r), strings.ContainsRune("_.-'’`´", r):
			return -1
		}
		return unicode.ToLower(r)
	}, norm.NFD.String(s))
}

// headerText is a header as it is shown: on one line.
func headerText(s string) string {
	s, _ = unguard(s, false)
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) }), " ")
}

// The fields of a list of companies, in the order of the contract.
const (
	fieldCCIAA = iota
	fieldREA
	fieldCodiceFiscale
	fieldPartitaIVA
	fieldName
	fieldForm
	fieldStatus
	fieldActivity
	fieldCancelled
	fieldPlace
	fieldComune
	fieldPEC
	fieldRegistered
	fieldExpiry
	fieldDirector
	fieldReference
)

// Fields that several kinds of list have.
var (
	codiceFiscale = field{
		name: "codice_fiscale", kind: code,
		also:       []string{"cf", "cod fiscale", "codfisc", "c fiscale", "codice fiscale impresa", "codice fiscale ente", iniPECInput},
		resembling: []string{"fiscale", "codfis", "cf"},
	}
	pec = field{
		name: "pec",
		also: []string{
			"indirizzo pec", iniPECAddress, "posta elettronica certificata", "indirizzo posta certificata", "domicilio digitale", "mail pec", "email pec",
			"e-mail pec", "mail1",
		},
		resembling: []string{"pec", "mail", "posta", "domicilio"},
	}
	reference = field{name: "data_riferimento", kind: day, also: []string{"data estrazione", "aggiornato al"}}
)

// In the answers of INI-PEC, and nowhere else, a column input holds the tax code: it is taken only beside the other one.
const (
	iniPECInput   = "input"
	iniPECAddress = "pec impresa"
)

var companyLayout = newLayout([][]int{{fieldPEC}, {fieldCodiceFiscale, fieldPartitaIVA, fieldREA}}, []field{
	fieldCCIAA: {
		name: "cciaa", also: []string{"camera", "camera di commercio", "sigla cciaa", "provincia cciaa", "prov", "provincia"}, doubtful: []string{"sigla"},
	},
	fieldREA:           {name: "rea", kind: code, also: []string{"n rea", "nrea", "numero rea", "num rea"}},
	fieldCodiceFiscale: codiceFiscale,
	fieldPartitaIVA:    {name: "partita_iva", kind: code, also: []string{"p iva", "piva", "partita iva"}, resembling: []string{"piva", "partitaiva"}},
	fieldName: {
		name: "denominazione",
		also: []string{
			"ragione sociale", "impresa", "nome impresa", "denominazione ente", "des amm", "aggiudicatario", "cliente", "nominativo", "intestatario",
		},
	},
	fieldForm:       {name: "natura_giuridica", also: []string{"ng", "forma giuridica", "cod natura giuridica", "forma"}},
	fieldStatus:     {name: "stato", also: []string{"stato impresa", "stato posizione"}},
	fieldActivity:   {name: "stato_attivita"},
	fieldCancelled:  {name: "data_cancellazione", kind: day, also: []string{"dt cancellazione"}},
	fieldPlace:      {name: "localizzazione", also: []string{"tipo localizzazione", "tipo sede"}},
	fieldComune:     {name: "comune", also: []string{"citta", "localita"}},
	fieldPEC:        pec,
	fieldRegistered: {name: "data_iscrizione_pec", kind: day, also: []string{"data pec", "dt iscrizione pec"}, doubtful: []string{"data iscrizione"}},
	fieldExpiry:     {name: "data_scadenza_pec", kind: day, also: []string{"scadenza pec"}, doubtful: []string{"scadenza", "data scadenza"}},
	fieldDirector:   {name: "pec_amministratore", also: []string{"pec amministratori", "domicilio digitale amministratore"}},
	fieldReference:  reference,
}...)

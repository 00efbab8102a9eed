package configs

import (
	"encoding/csv"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/unicode/norm"

	"pecaudit/checker"
	"pecaudit/checker/cases"
)

var today = checker.Date{Year: 2026, Month: 11, Day: 1}

func tables(t *testing.T) *Tables {
	t.Helper()
	tables, err := Default()
	if err != nil {
		t.Fatal(err)
	}
	return tables
}

// The sigle under which the business register has kept its provinces: each belongs to one chamber.
const sigle = `AG AL AN AO AP AQ AR AT AV BA BG BI BL BN BO BR BS BZ CA CB CE CH CL CN CO CR CS CT CZ EN FE FG FI FM FO FR GE GO GR IM IS KR LC LE LI LO LT LU MB MC ME MI
	MN MO MS MT NA NO NU OR PA PC PD PE PG PI PN PO PR PS PT PV PZ RA RC RE RG RI RM RN RO SA SI SO SP SR SS SV TA TE TN TO TP TR TS TV UD VA VB VC VE VI VR VT VV`

func TestChambers(t *testing.T) {
	t.Parallel()
	list := tables(t).Chambers
	if len(list) != 62 {
		t.Errorf("%d chambers, want 62", len(list))
	}
	var got []string
	for _, c := range list {
		if want := slug(c.Name); c.Slug != want {
			t.Errorf("chamber %s has the slug %q, want %q", c.Name, c.Slug, want)
		}
		if c.Source == "" {
			t.Errorf("chamber %s has no source", c.Name)
		}
		for _, p := range c.Provinces {
			got = append(got, p.Sigla)
		}
	}
	slices.Sort(got)
	if want := strings.Fields(sigle); len(want) != 105 {
		t.Fatalf("the test has %d sigle", len(want))
	} else if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("sigle of the register (-want +got):\n%s", diff)
	}
}

// slug spells a name in lower-case ASCII with hyphens.
func slug(name string) string {
	plain := strings.Map(func(r rune) rune {
		if r > 0x7f {
			return -1
		}
		return r
	}, norm.NFD.String(strings.ToLower(name)))
	return strings.Trim(regexp.MustCompile(`[^a-z0-9]+`).ReplaceAllString(plain, "-"), "-")
}

func TestChambersFind(t *testing.T) {
	t.Parallel()
	chambers, err := checker.NewChambers(tables(t).Chambers, today)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ cell, rea, slug, sigla string }{
		{"FC", "", "romagna", "FO"},
		{"FO", "", "romagna", "FO"},
		{"PU", "", "marche", "PS"},
		{"Pesaro e Urbino", "", "marche", "PS"},
		{"SU", "", "cagliari-oristano", "CA"},
		{"CI", "", "cagliari-oristano", "CA"},
		{"VS", "", "cagliari-oristano", "CA"},
		{"OT", "", "sassari", "SS"},
		{"OG", "", "nuoro", "NU"},
		{"BT", "BA-12", "bari", "BA"},
		{"BT", "FG-12", "foggia", "FG"},
		{"Barletta-Andria-Trani", "", "", ""},
		{"Monza", "", "milano-monza-brianza-lodi", "MB"},
		{"Valle d'Aosta", "", "chambre-valdotaine", "AO"},
		{"BOLZANO/BOZEN", "", "bolzano", "BZ"},
		{"Reggio Calabria", "", "reggio-calabria", "RC"},
		{"REGGIO NELL'EMILIA", "", "emilia", "RE"},
		{"Umbria", "TR-7", "umbria", "TR"},
		{"NA", "", "napoli", "NA"},
		{"no", "", "monte-rosa-laghi-alto-piemonte", "NO"},
		{"", "SU-12", "cagliari-oristano", "CA"},
		{"Reggio", "", "", ""},
	} {
		slug, sigla, ok := chambers.Find(tt.cell, tt.rea)
		if slug != tt.slug || sigla != tt.sigla || ok != (tt.slug != "") {
			t.Errorf("Find(%q, %q) = %q, %q, %v, want %q, %q", tt.cell, tt.rea, slug, sigla, ok, tt.slug, tt.sigla)
		}
	}
}

func TestForms(t *testing.T) {
	t.Parallel()
	list := tables(t).Forms
	forms, err := checker.NewForms(list, today)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]checker.FormClass{}
	for class, codes := range map[checker.FormClass]string{
		checker.SoleTrader:       "DI",
		checker.Partnership:      "SE SN AS SF SI",
		checker.CapitalCompany:   "SP AU AA SR SU RS RR SA SD SV SS SZ",
		checker.ConsortiumEntity: "AN AE SO SL CN",
		checker.Cooperative:      "SC CL CI PC PS OO OC OS SG",
		checker.Consortium:       "CO CC CF CS CR CM CZ",
		checker.OtherForm:        "GE RC EI EN EL EC ED EP EE EM ER ES FO FI AC AI PA AL AM AP AR AT AZ LL IC ID IR MA SM CE IF PF ST AF XX",
	} {
		for code := range strings.FieldsSeq(codes) {
			want[code] = class
		}
	}
	got := map[string]checker.FormClass{}
	for _, f := range list {
		got[f.Code] = f.Class
		duty := f.Duty
		if f.Source == "" {
			t.Errorf("form %s has no source", f.Code)
		}
		if !f.Period.Contains(today) {
			continue
		}
		switch f.Class {
		case checker.SoleTrader, checker.Partnership, checker.CapitalCompany, checker.ConsortiumEntity, checker.Cooperative:
			if duty != checker.DutyYes || f.Period.From.IsZero() {
				t.Errorf("form %s: the law asks a domicile of it, from a day on", f.Code)
			}
		case checker.Consortium:
			if duty != checker.DutyDisputed {
				t.Errorf("form %s: the duty of consortia is disputed", f.Code)
			}
		default:
			if duty == checker.DutyYes {
				t.Errorf("form %s: no law asks a domicile of it", f.Code)
			}
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("codes and classes (-want +got):\n%s", diff)
	}
	for cell, code := range map[string]string{
		"S.R.L.": "SR", "srl": "SR", "Società a responsabilità limitata": "SR", "SOCIETA' A RESPONSABILITA' LIMITATA": "SR", "s.r.l. semplificata": "RS", "SRLS": "RS",
		"S.r.l. unipersonale": "SU", "SRL a socio unico": "SU", "SPA": "SP", "S.p.A.": "SP", "s.n.c.": "SN", "SAS": "AS", "s.s.": "SE", "S.E.": "SD", "SE": "SE", "SS": "SS",
		"ditta individuale": "DI", "Impresa Individuale": "DI", "Soc. coop. a r.l.": "CL", "Società consortile a responsabilità limitata": "SL", "consorzio": "CO", "GEIE": "GE",
		"Contratto di rete": "RC", "fondazione": "FO", "scarl": "", "S.C.A.R.L.": "", "Società": "",
	} {
		found := ""
		if f := forms.Find(cell); f != nil {
			found = f.Code
		}
		if found != code {
			t.Errorf("Find(%q) = %q, want %q", cell, found, code)
		}
	}
	before, err := checker.NewForms(list, checker.Date{Year: 2012, Month: 10, Day: 19})
	if err != nil {
		t.Fatal(err)
	}
	if f := before.Find("ditta individuale"); f == nil || f.Class != checker.SoleTrader || f.Duty != checker.DutyNo {
		t.Errorf("sole traders before D.L. 179/2012: %+v", f)
	}
	for code, duty := range map[string]checker.Duty{"GE": checker.DutyDisputed, "RC": checker.DutyDisputed, "PF": checker.DutyNo, "AC": checker.DutyNo, "FO": checker.DutyNo} {
		if got := forms.Find(code).Duty; got != duty {
			t.Errorf("duty of %s: %d, want %d", code, got, duty)
		}
	}
}

func TestProviders(t *testing.T) {
	t.Parallel()
	tables := tables(t)
	// On every day on which the table changes: no domain twice in force, none certified and ordinary at once.
	days := map[checker.Date]bool{today: true}
	for _, p := range tables.Providers {
		if p.Source == "" || p.Name == "" {
			t.Errorf("provider %s has no source or no name", p.ID)
		}
		for _, d := range []checker.Date{p.Period.From, p.Period.Until} {
			if !d.IsZero() {
				days[d], days[d.AddDays(-1)] = true, true
			}
		}
	}
	for day := range days {
		if _, err := checker.NewProviders(tables.Providers, tables.Neighbors, day); err != nil {
			t.Errorf("on %s: %v", day, err)
		}
	}
	p, err := checker.NewProviders(tables.Providers, tables.Neighbors, today)
	if err != nil {
		t.Fatal(err)
	}
	for domain := range strings.FieldsSeq(`gmail.com libero.it virgilio.it alice.it tim.it tiscali.it hotmail.it hotmail.com outlook.it outlook.com live.it live.com yahoo.it yahoo.com icloud.com
		googlemail.com tin.it tiscalinet.it inwind.it iol.it msn.com ymail.com me.com fastwebnet.it email.it aruba.it aol.com gmx.com`) {
		if f := p.Facts(domain); !f.Ordinary || f.Certified {
			t.Errorf("%s is not an ordinary provider's", domain)
		}
	}
	for domain := range strings.FieldsSeq(`pec.it legalmail.it cert.legalmail.it ditta.legalmail.it asmepec.it pec.aruba.it pec.libero.it postecert.it pec.poste.it sicurezzapostale.it
		registerpec.it pec.regione.lombardia.it pec.rupar.puglia.it postacertificata.notariato.it ingpec.eu impresa.italia.it`) {
		if f := p.Facts(domain); !f.Certified || f.Ordinary {
			t.Errorf("%s is not in the table of certified domains", domain)
		}
	}
	for domain := range strings.FieldsSeq("comune.peccioli.pi.it concerto.it speciale.it it gov.it mail.libero.it google.com postacertificata.gov.it") {
		if f := p.Facts(domain); f.Certified || f.Ordinary {
			t.Errorf("%s is in a table: %+v", domain, f)
		}
	}
	for domain, want := range map[string]string{
		"pec.ti": "pec.it", "legalmail.ti": "legalmail.it", "egalmail.it": "legalmail.it", "libero.itt": "libero.it", "ibero.it": "libero.it", "gmial.com": "gmail.com",
		"8gmail.com": "gmail.com", "lice.it": "alice.it", "asmpec.it": "asmepec.it", "cert.ruparpemonte.it": "cert.ruparpiemonte.it", "arubapec.ti": "arubapec.it",
		"postcert.it": "", "pcert.it": "", "pec.aeci.it": "", "pec.anci.it": "", "cert.provincia.bt.it": "", "cert.provincia.fe.it": "", "mail.com": "", "pac.it": "", "una-ditta.it": "",
	} {
		if got := p.Facts(domain).Suggestion; got != want {
			t.Errorf("suggestion for %s: %q, want %q", domain, got, want)
		}
	}
	for hosts, want := range map[string]checker.ProviderKind{
		"mx.pec.aruba.it": checker.CertifiedProvider, "mx.cert.legalmail.it": checker.CertifiedProvider, "mailpro.sicurezzapostale.it": checker.CertifiedProvider,
		"server.pec-email.com": checker.CertifiedProvider, "mail.telecompost.it": checker.CertifiedProvider, "mx.aruba.it": checker.OrdinaryProvider,
		"aspmx.l.google.com alt1.aspmx.l.google.com": checker.OrdinaryProvider, "ditta-it.mail.protection.outlook.com": checker.OrdinaryProvider,
		"aspmx.l.google.com mx.pec.aruba.it": checker.MixedProviders, "mx.ditta.example": checker.UnknownProvider, "mail.register.it": checker.OrdinaryProvider,
	} {
		if got := p.Exchangers(strings.Fields(hosts)); got != want {
			t.Errorf("Exchangers(%q) = %d, want %d", hosts, got, want)
		}
	}
	if f := p.Facts("interfreepec.it"); f.Ended.IsZero() || f.Certified {
		t.Errorf("interfreepec.it: %+v, want its end", f)
	}
}

// What the public register has called certified at all times is never ordinary here, and what it never did is certified by no suffix.
func TestProvidersAgainstTheSample(t *testing.T) {
	t.Parallel()
	f, err := os.Open("../../shared/samples/pec-domains/ipa_domains_labelled_A.csv")
	if err != nil {
		t.Skip("the sample is not here")
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	tables := tables(t)
	p, err := checker.NewProviders(tables.Providers, tables.Neighbors, today)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows[1:] {
		facts := p.Facts(row[0])
		if row[1] == "pec" && facts.Ordinary || row[1] == "altro" && facts.Certified {
			t.Errorf("%s is %s in the sample: %+v", row[0], row[1], facts)
		}
		if row[1] == "pec" && facts.Suggestion != "" {
			t.Errorf("%s is certified in the sample, yet %s is suggested", row[0], facts.Suggestion)
		}
	}
}

func TestProcedures(t *testing.T) {
	t.Parallel()
	tables := tables(t)
	chambers, err := checker.NewChambers(tables.Chambers, today)
	if err != nil {
		t.Fatal(err)
	}
	byID := map[string]cases.Procedure{}
	for _, p := range tables.Procedures {
		byID[p.ID] = p
		if len(p.Cites) == 0 {
			t.Errorf("procedure %s cites nothing", p.ID)
		}
		if _, ok := chambers.BySlug(p.Chamber); !ok && p.Chamber != "" {
			t.Errorf("procedure %s is of no known chamber: %q", p.ID, p.Chamber)
		}
		if p.Practice && (p.Chamber == "" || p.Period.From.IsZero()) {
			t.Errorf("procedure %s: a practice has a chamber and a day", p.ID)
		}
		if p.Names(checker.GroundMissing) {
			t.Errorf("procedure %s publishes missing addresses: there is nothing to cancel", p.ID)
		}
	}
	giudice := byID["giudice-45"]
	if giudice.Days != 45 || giudice.Period != (checker.Period{}) || giudice.Decider != cases.Judge || giudice.CountFirstDay || giudice.Insolvency ||
		!slices.Equal(giudice.NoListIn, []time.Month{time.August}) {
		t.Errorf("giudice-45 is %+v", giudice)
	}
	const warning = "Profilo 2016 (Giudice del registro). Dal 17/07/2020 l'art. 16, c. 6-ter, D.L. 185/2008 prevede 30 giorni e la determinazione del Conservatore: verificare la prassi della Camera."
	last := checker.Date{Year: 2020, Month: 7, Day: 16}
	if giudice.WarningOn(last) != "" || giudice.WarningOn(last.AddDays(1)) != warning {
		t.Errorf("the warning of giudice-45 is %q", giudice.WarningOn(today))
	}
	for id, days := range map[string]int{"conservatore-30": 30, "conservatore-45": 45} {
		p := byID[id]
		if p.Days != days || p.Decider != cases.Registrar || p.Period.Contains(last) || !p.Period.Contains(today) {
			t.Errorf("%s is %+v", id, p)
		}
	}
	if got := slices.Sorted(maps.Keys(byID)); len(got) != len(tables.Procedures) {
		t.Errorf("procedures %q: an ID is there twice", got)
	}
}

// A wrong entry is refused with its line, its column and what is wrong.
func TestReadRefuses(t *testing.T) {
	t.Parallel()
	providers := func(text string) error { _, _, err := ReadProviders("p.yaml", []byte(text)); return err }
	procedures := func(text string) error { _, err := ReadProcedures("p.yaml", []byte(text)); return err }
	chambers := func(text string) error { _, err := ReadChambers("p.yaml", []byte(text)); return err }
	forms := func(text string) error { _, err := ReadForms("p.yaml", []byte(text)); return err }
	const provider = "providers:\n  - {id: a, name: A, kind: certified, domains: [a.example], source: s"
	const procedure = "procedures:\n  - {id: a, title: A, days: 30, decider: giudice, cites: [{text: s}]"
	const form = "forms:\n  - {code: XX, name: A, class: other, duty: 'no', source: s"
	for text, read := range map[string]func(string) error{provider: providers, procedure: procedures, form: forms} {
		if err := read(text + "}\n"); err != nil {
			t.Errorf("a right entry is refused: %v", err)
		}
	}
	tests := []struct {
		read       func(string) error
		text, want string
	}{
		{providers, provider + ", domain: x}\n", `p.yaml:2:72: unknown key "domain"`},
		{providers, "providers:\n  - {id: a}\n", "p.yaml:2:5: providers[0]: name is missing"},
		{providers, "providers:\n  - {id: a}\n", "p.yaml:2:5: providers[0]: kind is missing"},
		{providers, "providers:\n  - {id: a}\n", "p.yaml:2:5: providers[0]: source is missing"},
		{providers, "providers:\n  - {id: a}\n", "it names neither domains nor mx"},
		{providers, strings.Replace(provider, "certified", "free", 1) + "}\n", `p.yaml:2:28: providers[0].kind: "free" is none of certified | ordinary`},
		{providers, strings.Replace(provider, "[a.example]", "[a.example, 'B.example']", 1) + "}\n", `p.yaml:2:60: providers[0].domains[1]: "B.example" is not a domain name`},
		{providers, provider + ", mx: [localhost]}\n", `providers[0].mx[0]: "localhost" is not a domain name`},
		{providers, provider + ", from: 2026-01-01, until: 2026-01-01}\n", "providers[0].until: 2026-01-01 is not after 2026-01-01"},
		{providers, provider + ", from: 01/02/2026}\n", `"01/02/2026" is not a date of the form YYYY-MM-DD`},
		{providers, provider + ", known_good: a.example}\n", "providers[0].known_good: it is not a mailbox address"},
		{providers, provider + ", third_party: true}\n", "a third party's list certifies nothing"},
		{providers, provider + "}\n" + provider[len("providers:\n"):] + "}\n", "p.yaml:3:10: providers[1].id: a is there twice"},
		{providers, "neighbors: [x]\n", `p.yaml:1:13: neighbors[0]: "x" is not a domain name`},
		{providers, "providers: yes\n", `p.yaml:1:12: "yes" is not a list`},
		{procedures, procedure + ", day: 30}\n", `unknown key "day"`},
		{procedures, strings.Replace(procedure, "30", "400", 1) + "}\n", "procedures[0].days: 400 is not a number of days"},
		{procedures, strings.Replace(procedure, "days: 30, ", "", 1) + "}\n", "days is missing"},
		{procedures, strings.Replace(procedure, ", cites: [{text: s}]", "", 1) + "}\n", "cites is missing"},
		{procedures, procedure + ", start: end}\n", "publication_days is missing"},
		{procedures, procedure + ", grounds: [shared, ugly]}\n", `procedures[0].grounds[1]: "ugly" is no ground for a list`},
		{procedures, procedure + ", no_list_in: [13]}\n", "procedures[0].no_list_in[0]: 13 is not a month"},
		{procedures, procedure + ", roll: up}\n", `procedures[0].roll: "up" is none of`},
		{procedures, procedure + ", insolvency: maybe}\n", `procedures[0].insolvency: "maybe" is none of`},
		{chambers, "chambers:\n  - {slug: a, name: A, source: s}\n", "chambers[0]: provinces is missing"},
		{chambers, "chambers:\n  - {slug: a, name: A, source: s, provinces: [{sigla: XX}]}\n", "chambers[0].provinces[0]: name is missing"},
		{forms, form + ", words: srl}\n", `"srl" is not a list`},
		{forms, strings.Replace(form, "XX", "XXX", 1) + "}\n", `forms[0].code: "XXX" is not a code of two letters`},
		{forms, strings.Replace(form, "'no'", "never", 1) + "}\n", `forms[0].duty: "never" is none of`},
	}
	for _, tt := range tests {
		if err := tt.read(tt.text); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s\ngot  %v\nwant %s", tt.text, err, tt.want)
		}
	}
}

func FuzzReadProviders(f *testing.F) {
	f.Add(string(providersYAML))
	f.Add("providers:\n  !\n000: #0000")
	f.Add("a: &a [*a]\nproviders: *a\n")
	f.Fuzz(func(t *testing.T, text string) {
		list, neighbors, err := ReadProviders("p.yaml", []byte(text))
		if err != nil {
			if !strings.Contains(err.Error(), "p.yaml") {
				t.Errorf("an error that does not name the file: %v", err)
			}
			return
		}
		for _, p := range list {
			if p.ID == "" || p.Source == "" || p.Kind == checker.UnknownProvider {
				t.Errorf("taken: %+v", p)
			}
		}
		// What is read is fit for a table, but for entries that contradict each other.
		if _, err := checker.NewProviders(list, neighbors, today); err != nil && !strings.Contains(err.Error(), " on ") {
			t.Error(err)
		}
	})
}

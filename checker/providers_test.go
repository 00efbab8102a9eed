package checker

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func providerList() []Provider {
	return []Provider{
		{ID: "uno", Name: "Gestore Uno", Kind: CertifiedProvider, Domains: []string{"pec.example", "legalmail.example", "cert.legalmail.example"}, MX: []string{"mx.uno.example"}},
		{ID: "due", Name: "Gestore Due", Kind: CertifiedProvider, Domains: []string{"speciale.pec.example", "postecert.example", "pec.posta.example"}, MX: []string{"pec.posta.example"}},
		{ID: "past", Name: "Gestore Cessato", Kind: CertifiedProvider, Domains: []string{"ended.example", "again.example"}, Period: Period{Until: Date{2026, 5, 2}}},
		{ID: "past-2", Name: "Gestore Cessato Due", Kind: CertifiedProvider, Domains: []string{"ended.example"}, Period: Period{From: Date{2026, 5, 2}, Until: Date{2026, 11, 1}}},
		{ID: "back", Name: "Gestore Tornato", Kind: CertifiedProvider, Domains: []string{"again.example"}, Period: Period{From: Date{2026, 6, 1}}},
		{ID: "future", Name: "Gestore Futuro", Kind: CertifiedProvider, Domains: []string{"future.example"}, Period: Period{From: Date{2027, 1, 1}}},
		{ID: "posta", Name: "Posta", Kind: OrdinaryProvider, Domains: []string{"posta.example", "freemail.example", "free.pec.example"}, MX: []string{"posta.example"}},
		{ID: "list", Name: "A list", Kind: OrdinaryProvider, ThirdParty: true, Domains: []string{"throwaway.example", "posta.example", "sub.pec.example"}, MX: []string{"mx.throwaway.example"}},
	}
}

func providersOn(t testing.TB, on Date) *Providers {
	t.Helper()
	p, err := NewProviders(providerList(), []string{"postcert.example"}, on)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestProvidersFacts(t *testing.T) {
	t.Parallel()
	p := providersOn(t, Date{2026, 11, 1})
	ended := Date{2026, 11, 1}
	tests := map[string]struct {
		provider string
		want     DomainFacts
	}{
		"pec.example":                {"uno", DomainFacts{Certified: true}},
		"ditta.pec.example":          {"uno", DomainFacts{Certified: true}},
		"a.b.c.pec.example":          {"uno", DomainFacts{Certified: true}},
		"speciale.pec.example":       {"due", DomainFacts{Certified: true}}, // the longest suffix
		"ditta.speciale.pec.example": {"due", DomainFacts{Certified: true}},
		"nospeciale.pec.example":     {"uno", DomainFacts{Certified: true}}, // a suffix is of whole labels
		"nopec.example":              {"", DomainFacts{}},
		"free.pec.example":           {"uno", DomainFacts{Certified: true}}, // in a certified table, so never accused
		"sub.pec.example":            {"uno", DomainFacts{Certified: true}},
		"posta.example":              {"posta", DomainFacts{Ordinary: true}}, // curated, though a third party lists it too
		"pec.posta.example":          {"due", DomainFacts{Certified: true}},
		"mail.posta.example":         {"", DomainFacts{}}, // ordinary domains match whole
		"throwaway.example":          {"list", DomainFacts{Listed: true}},
		"x.throwaway.example":        {"", DomainFacts{}},
		"ended.example":              {"past-2", DomainFacts{Ended: ended}},
		"ditta.ended.example":        {"past-2", DomainFacts{Ended: ended}},
		"again.example":              {"back", DomainFacts{Certified: true}},
		"future.example":             {"", DomainFacts{}},
		"example":                    {"", DomainFacts{}},
		"":                           {"", DomainFacts{}},
	}
	for domain, tt := range tests {
		got, provider := p.Facts(domain), ""
		if got.Provider != nil {
			provider = got.Provider.ID
		}
		got.Provider = nil
		if diff := cmp.Diff(tt.want, got); diff != "" || provider != tt.provider {
			t.Errorf("Facts(%q): provider %q, want %q (-want +got):\n%s", domain, provider, tt.provider, diff)
		}
	}
	// On the last day before it ends it is certified still.
	if f := providersOn(t, Date{2026, 10, 31}).Facts("ended.example"); !f.Certified || !f.Ended.IsZero() {
		t.Errorf("the day before the end: %+v", f)
	}
	if f := providersOn(t, Date{2026, 5, 10}).Facts("again.example"); f.Certified || f.Ended != (Date{2026, 5, 2}) {
		t.Errorf("between two periods: %+v", f)
	}
}

func TestProvidersSuggestion(t *testing.T) {
	t.Parallel()
	list := []Provider{
		{ID: "c", Name: "c", Kind: CertifiedProvider, Domains: []string{"pec.test", "legalmail.test", "cert.legalmail.test", "asmepec.test", "postecert.test", "pec.aci.test", "cert.provincia.bo.test", "pec.libero.test"}},
		{ID: "o", Name: "o", Kind: OrdinaryProvider, Domains: []string{"gmail.test", "libero.test", "alice.test", "ymail.test", "tin.test"}},
	}
	p, err := NewProviders(list, []string{"postcert.test"}, Date{2026, 11, 1})
	if err != nil {
		t.Fatal(err)
	}
	for domain, want := range map[string]string{
		"egalmail.test": "legalmail.test", "leglmail.test": "legalmail.test", "legalmaill.test": "legalmail.test", "legalmial.test": "legalmail.test",
		"legalmajl.test": "legalmail.test", "legalmail.tets": "legalmail.test", "legalmail.tst": "legalmail.test", "legalmail.testt": "legalmail.test",
		"cert.egalmail.test": "cert.legalmail.test", "asmpec.test": "asmepec.test", "gmial.test": "gmail.test", "8gmail.test": "gmail.test",
		"ibero.test": "libero.test", "lice.test": "alice.test", "pec.tset": "pec.test", "pec.tes": "pec.test", "pec.ibero.test": "pec.libero.test",
		"pec.test": "", "legalmail.test": "", "x.legalmail.test": "", // known to exist
		"pac.test": "", "pe.test": "", "ppec.test": "", "cep.test": "", "tim.test": "", "tip.test": "", // short names have honest neighbors
		"pec.aeci.test": "", "pec.anci.test": "", "cert.provincia.bt.test": "", "cert.provincia.fe.test": "",
		"postcert.test":    "", // a neighbor by name
		"legmail.test":     "", // two edits
		"legalmail.tettss": "",
		"mail.test":        "", // gmail or ymail: nobody knows
		"pec.":             "", ".": "", "": "", "test": "",
		strings.Repeat("a", 300): "",
	} {
		if got := p.Facts(domain).Suggestion; got != want {
			t.Errorf("suggestion for %q: %q, want %q", domain, got, want)
		}
	}
}

// The index of edits finds exactly what comparing with every known domain finds.
func TestSuggestionAgainstAScan(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		domains := rapid.SliceOfNDistinct(rapid.StringMatching(`[ab]{4,7}\.[ab]{1,2}`), 1, 8, rapid.ID).Draw(t, "domains")
		typed := rapid.StringMatching(`[ab]{3,8}\.?[ab]{0,3}`).Draw(t, "typed")
		p, err := NewProviders([]Provider{{ID: "c", Kind: CertifiedProvider, Domains: domains}}, nil, Date{2026, 11, 1})
		if err != nil {
			t.Fatal(err)
		}
		want := ""
		for _, d := range domains {
			if d == typed {
				want = ""
				break
			}
			if oneEdit(d, typed) && likelySlip(d, typed) {
				if want != "" {
					want = "several"
				} else {
					want = d
				}
			}
		}
		if strings.HasPrefix(want, "several") || p.Facts(typed).Certified {
			want = ""
		}
		if got := p.Facts(typed).Suggestion; got != want {
			t.Fatalf("suggestion for %q among %q: %q, want %q", typed, domains, got, want)
		}
	})
}

// oneEdit builds every text one edit from a, slowly and plainly.
func oneEdit(a, b string) bool {
	for i := 0; i <= len(a); i++ {
		for _, c := range "ab." {
			if a[:i]+string(c)+a[i:] == b || i < len(a) && a[:i]+string(c)+a[i+1:] == b && a != b {
				return true
			}
		}
		if i < len(a) && a[:i]+a[i+1:] == b {
			return true
		}
		if i+1 < len(a) && a[i] != a[i+1] && a[:i]+a[i+1:i+2]+a[i:i+1]+a[i+2:] == b {
			return true
		}
	}
	return false
}

func TestProvidersExchangers(t *testing.T) {
	t.Parallel()
	p := providersOn(t, Date{2026, 11, 1})
	tests := []struct {
		hosts string
		want  ProviderKind
	}{
		{"", UnknownProvider},
		{"mx.uno.example", CertifiedProvider},
		{"a.mx.uno.example b.mx.uno.example", CertifiedProvider},
		{"mx.uno.example mx.pec.posta.example", CertifiedProvider},
		{"mx.posta.example", OrdinaryProvider},
		{"posta.example mx2.posta.example", OrdinaryProvider},
		{"mx.pec.posta.example", CertifiedProvider}, // the longest suffix
		{"mx.posta.example mx.uno.example", MixedProviders},
		{"mx.posta.example mx.uno.example mx.elsewhere.example", MixedProviders},
		{"mx.posta.example mx.elsewhere.example", UnknownProvider},
		{"mx.uno.example mx.elsewhere.example", UnknownProvider},
		{"mx.elsewhere.example", UnknownProvider},
		{"uno.example", UnknownProvider},
		{"mx.throwaway.example", UnknownProvider}, // a third party's word proves nothing
	}
	for _, tt := range tests {
		if got := p.Exchangers(strings.Fields(tt.hosts)); got != tt.want {
			t.Errorf("Exchangers(%q) = %d, want %d", tt.hosts, got, tt.want)
		}
	}
	if got := p.Operator("a.mx.uno.example"); got == nil || got.ID != "uno" {
		t.Errorf("Operator = %+v, want uno", got)
	}
	if got := p.Operator("mx.elsewhere.example"); got != nil {
		t.Errorf("Operator of an unknown host = %s", got.ID)
	}
	if got := p.ByID("past"); got == nil || got.Name != "Gestore Cessato" || p.ByID("nobody") != nil {
		t.Errorf("ByID(past) = %+v", got)
	}
}

func TestNewProvidersRefuses(t *testing.T) {
	t.Parallel()
	for want, extra := range map[string]Provider{
		"pec.example is in two entries in force":                  {ID: "x", Kind: CertifiedProvider, Domains: []string{"pec.example"}},
		"posta.example is certified by x and ordinary by posta":   {ID: "x", Kind: CertifiedProvider, Domains: []string{"posta.example"}},
		"mx.uno.example is in two entries in force":               {ID: "x", Kind: OrdinaryProvider, MX: []string{"mx.uno.example"}},
		`provider x: "Pec.example" is not a domain name in lower`: {ID: "x", Kind: CertifiedProvider, Domains: []string{"Pec.example"}},
		`provider x: "it" is not a domain name`:                   {ID: "x", Kind: CertifiedProvider, Domains: []string{"it"}},
		`provider x: "" is not a domain name`:                     {ID: "x", Kind: CertifiedProvider, MX: []string{""}},
		`provider x: "pèc.example" is not a domain name`:          {ID: "x", Kind: CertifiedProvider, MX: []string{"pèc.example"}},
		"provider uno is there twice":                             {ID: "uno", Kind: CertifiedProvider, Domains: []string{"x.example"}},
		"provider x is neither certified nor ordinary":            {ID: "x", Domains: []string{"x.example"}},
	} {
		if _, err := NewProviders(append(providerList(), extra), nil, Date{2026, 11, 1}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want an error with %q", err, want)
		}
	}
}

func BenchmarkFacts(b *testing.B) {
	list := providerList()
	for i := range 500 {
		list = append(list, Provider{ID: fmt.Sprint(i), Kind: CertifiedProvider, Domains: []string{fmt.Sprintf("gestore%d.example", i)}})
	}
	p, err := NewProviders(list, nil, Date{2026, 11, 1})
	if err != nil {
		b.Fatal(err)
	}
	for _, domain := range []string{"pec.example", "ditta.speciale.pec.example", "pec.una-ditta-qualunque.example"} {
		b.Run(domain, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				p.Facts(domain)
			}
		})
	}
}

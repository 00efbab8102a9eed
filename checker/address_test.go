package checker_test

import (
	"net/mail"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"pecaudit/checker"
)

// understood is what a cell is taken for.
type understood struct {
	State   checker.AddressState
	Folded  string
	Fault   string
	Repairs []string
}

func parse(cell string) understood {
	words := checker.DefaultAbsences()
	a, repairs := checker.ParseAddress(cell, &words)
	return understood{a.State, a.Folded, a.Fault.String(), repairs.Names()}
}

func well(folded string, repairs ...string) understood {
	return understood{checker.WellFormed, folded, "", append([]string{}, repairs...)}
}

func malformed(fault string, repairs ...string) understood {
	return understood{checker.Malformed, "", fault, append([]string{}, repairs...)}
}

func several(repairs ...string) understood {
	u := malformed("two-ats", repairs...)
	u.State = checker.Several
	return u
}

var (
	none    = understood{State: checker.NoAddress, Repairs: []string{}}
	notTold = understood{State: checker.NotTold, Repairs: []string{}}
)

func TestParseAddress(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a", 64)
	domain190 := strings.Repeat(strings.Repeat("d", 46)+".", 4) + "ab" // 190 bytes
	for _, c := range []struct {
		cell string
		want understood
	}{
		{"ditta@pec.example", well("ditta@pec.example")},
		{"a.b-c_d@pec.uno.example", well("a.b-c_d@pec.uno.example")},
		{"comune.prova.to.it@pec.example", well("comune.prova.to.it@pec.example")}, // looks wrong, is right
		{"o'brien+x!#$%&*/=?^`{|}~@pec.example", well("o'brien+x!#$%&*/=?^`{|}~@pec.example")},
		{"-a-@pec.example", well("-a-@pec.example")},
		{"a@1.2", well("a@1.2")},
		{"a@9-9.example", well("a@9-9.example")},
		{long + "@pec.example", well(long + "@pec.example")},
		{long[1:] + "@" + domain190, well(long[1:] + "@" + domain190)}, // 63 + 1 + 190 = 254

		// Dress.
		{" ditta@pec.example\t", well("ditta@pec.example", "trimmed")},
		{"ditta@pec.example\u00a0", well("ditta@pec.example", "trimmed")},
		{"ditta@pec.example\u200b", well("ditta@pec.example", "trimmed")},
		{"\ufeffditta@pec.example", well("ditta@pec.example", "trimmed")},
		{"\u2068ditta@pec.example\u2069", well("ditta@pec.example", "trimmed")},
		{"\u202aditta@pec.example\u202c\r\n", well("ditta@pec.example", "trimmed")},
		{"mailto:ditta@pec.example", well("ditta@pec.example", "mailto")},
		{"MailTo: ditta@pec.example", well("ditta@pec.example", "trimmed", "mailto")},
		{"<ditta@pec.example>", well("ditta@pec.example", "brackets")},
		{`"ditta@pec.example"`, well("ditta@pec.example", "brackets")},
		{"'ditta@pec.example'", well("ditta@pec.example", "brackets")},
		{"“ditta@pec.example”", well("ditta@pec.example", "brackets")},
		{"<mailto:ditta@pec.example>;", well("ditta@pec.example", "mailto", "brackets", "trailing")},
		{"ditta@pec.example;", well("ditta@pec.example", "trailing")},
		{"ditta@pec.example.", well("ditta@pec.example", "trailing")},
		{"ditta@pec.example,", well("ditta@pec.example", "trailing")},
		{"ditta@pec.example ; .,", well("ditta@pec.example", "trimmed", "trailing")},
		{"DITTA@PEC.Example", well("ditta@pec.example", "lowercased")},
		{" <DITTA@pec.example>.", well("ditta@pec.example", "trimmed", "brackets", "trailing", "lowercased")},
		{"<<ditta@pec.example>>", malformed("local-character", "brackets")}, // one pair, not two
		{"mailto:mailto:a@pec.example", malformed("local-character", "mailto")},

		// IDNA: folded to its ASCII form, upper case too.
		{"ditta@caffè.example", well("ditta@xn--caff-8oa.example")},
		{"Ditta@CAFFÈ.example", well("ditta@xn--caff-8oa.example", "lowercased")},
		{"ditta@xn--caff-8oa.example", well("ditta@xn--caff-8oa.example")},
		{"ditta@pec\uff0eexample", malformed("domain-character")},     // full-width dot: looks right, is not
		{"ditta@pec\u2010uno.example", malformed("domain-character")}, // U+2010 for a hyphen
		{"ditta@pe\u200bc.example", malformed("space-inside")},        // zero-width space inside
		{"ditta@" + strings.Repeat("è", 60) + ".example", malformed("domain-character")},

		// The malformed ones that people type (DATA.md).
		{"uno@pec.example;due@pec.example", several()},
		{"uno@pec.example - due@pec.example", several()},
		{"uno@pec.example,due@pec.example", several()},
		{"uno@pec.example/due@pec.example", several()},
		{"uno@pec.example|due@pec.example", several()},
		{"uno@pec.example due@pec.example", several()},
		{"uno@pec.example\u00a0due@pec.example", several()},
		{"uno@pec.example; due@@pec.example", several()}, // one of them well formed
		{"uno@pec.example (mailto:uno@pec.example)", several()},
		{"uno@@pec.example;due@@pec.example", malformed("two-ats")}, // none well formed
		{"uno@pec.example;due", malformed("domain-character")},      // one piece with an @
		{"uno@pec.example<uno@pec.example>", malformed("two-ats")},  // one piece
		{"ditta.pec.example", malformed("no-at")},
		{"PEC della ditta", malformed("no-at")},
		{"http://www.example", malformed("no-at")},
		{"ditta@pec", malformed("domain-one-label")},
		{"ditta@pec .example", malformed("space-inside")},
		{"ditta @pec.example", malformed("space-inside")},
		{"dit ta@pec.example", malformed("space-inside")},
		{"ditta@ pec.example", malformed("space-inside")},
		{"ditta.@pec.example", malformed("local-dot")},
		{".ditta@pec.example", malformed("local-dot")},
		{"dit..ta@pec.example", malformed("local-dot")},
		{"ditta@pec_uno.example", malformed("domain-character")},
		{"ditta@pec_x005F_uno.example", malformed("domain-character")},
		{"ditta@pec.example+", malformed("domain-character")},
		{"ditta@pec.example(", malformed("domain-character")},
		{"dittaù@pec.example", malformed("local-character")},
		{"ditta(@pec.example", malformed("local-character")},
		{"ditta@.pec.example", malformed("domain-dot")},
		{"ditta@pec..example", malformed("domain-dot")},
		{"ditta@@pec.example", malformed("two-ats")},
		{"ditta@pec@example", malformed("two-ats")},
		{"vedi ditta@pec.example", malformed("space-inside")},
		{"ditta@pec.example http://www.example", malformed("space-inside")},
		{"Ditta S.r.l. <ditta@pec.example>", malformed("space-inside")},
		{"ditta@pec,example", malformed("domain-character")},
		{"@pec.example", malformed("local-empty")},
		{"ditta@", malformed("domain-empty")},
		{"@", malformed("local-empty")},
		{"ditta@-pec.example", malformed("domain-hyphen")},
		{"ditta@pec-.example", malformed("domain-hyphen")},
		{"ditta@[192.0.2.1]", malformed("domain-character")},
		{`"due parole"@pec.example`, malformed("local-character")},
		{"ditta@pec.example\x00x", malformed("space-inside")},
		{"ditta\xff@pec.example", malformed("local-character")},
		{"ditta@pec\xff.example", malformed("domain-character")},
		{long + "a@pec.example", malformed("local-too-long")},
		{long + "@" + domain190, malformed("too-long")}, // 255
		{"a@" + strings.Repeat("d", 64) + ".example", malformed("domain-label-too-long")},
		{";", malformed("no-at", "trailing")},
		{`""`, malformed("no-at")},

		// None, and not told: after white space is off, before the rest of the dress, without case.
		{"", none},
		{" \u00a0\t", none},
		{"-", none},
		{"--", none},
		{"//", none},
		{"/", none},
		{"0", none},
		{"null", none},
		{"NULL", none},
		{"nessuna", none},
		{"Nessuno", none},
		{"assente", none},
		{" Non Presente ", none},
		{"non comunicata", none},
		{"<->", malformed("no-at", "brackets")},
		{"---", malformed("no-at")},
		{"n.d.", notTold},
		{"N.D.", notTold},
		{"nd", notTold},
		{"N/D", notTold},
		{"Non Disponibile", notTold},
		{"non pervenuta", notTold},
		{"da indicare", notTold},
		{"DA_INDICARE", notTold},
		{"privato", notTold},
		{"****************", notTold},
		{"*", notTold},
		{strings.Repeat("*", 100), notTold},
		{"n.d", malformed("no-at")},
	} {
		if diff := cmp.Diff(c.want, parse(c.cell)); diff != "" {
			t.Errorf("%q (-want +got):\n%s", c.cell, diff)
		}
	}
}

func TestAddressParts(t *testing.T) {
	t.Parallel()
	a := checker.ParseMailbox(" Ditta.Uno@PEC.Example; ")
	if a.Local() != "ditta.uno" || a.Domain() != "pec.example" || a.Raw != " Ditta.Uno@PEC.Example; " {
		t.Errorf("local %q, domain %q, raw %q", a.Local(), a.Domain(), a.Raw)
	}
	for _, cell := range []string{"", "n.d.", "a@b", "uno@pec.example due@pec.example"} {
		if a := checker.ParseMailbox(cell); a.State != checker.Malformed || a.Local() != "" || a.Domain() != "" {
			t.Errorf("%q: state %d, local %q, domain %q", cell, a.State, a.Local(), a.Domain())
		}
	}
}

func TestCaseKey(t *testing.T) {
	t.Parallel()
	words := checker.DefaultAbsences()
	for _, c := range []struct{ cell, want string }{
		{" DITTA@pec.example;", "ditta@pec.example"},
		{"", ""},
		{"nessuna", ""},
		{"n.d.", ""},
		{" Vedi \u00a0 Ditta@@PEC.example ;", "vedi ditta@@pec.example"},
		{"UNO@pec.example  due@pec.example", "uno@pec.example due@pec.example"},
	} {
		a, _ := checker.ParseAddress(c.cell, &words)
		if got := a.CaseKey(); got != c.want {
			t.Errorf("%q: got %q, want %q", c.cell, got, c.want)
		}
	}
}

func TestConfiguredAbsences(t *testing.T) {
	t.Parallel()
	words := checker.Absences{None: []string{"manca"}, NotTold: []string{"riservato"}}
	for cell, want := range map[string]checker.AddressState{
		"": checker.NoAddress, " Manca ": checker.NoAddress, "RISERVATO": checker.NotTold, "***": checker.NotTold,
		"nessuna": checker.Malformed, "n.d.": checker.Malformed,
	} {
		if a, _ := checker.ParseAddress(cell, &words); a.State != want {
			t.Errorf("%q: state %d, want %d", cell, a.State, want)
		}
	}
}

// mailbox draws a folded address.
func mailbox() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		local := rapid.StringMatching(`[a-z0-9!#$%&*+/=?^_{|}~-]{1,12}(\.[a-z0-9_-]{1,12}){0,3}`).Draw(t, "local")
		domain := rapid.StringMatching(`([a-z0-9]([a-z0-9-]{0,8}[a-z0-9])?\.){1,3}[a-z0-9]{1,8}`).Draw(t, "domain")
		return local + "@" + domain
	})
}

func TestFoldingIsIdempotent(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		address := mailbox().Draw(t, "address")
		upper := rapid.SliceOfN(rapid.Bool(), len(address), len(address)).Draw(t, "upper")
		cased := strings.Map(func(r rune) rune { return r }, address)
		for i, up := range upper {
			if up {
				cased = cased[:i] + strings.ToUpper(cased[i:i+1]) + cased[i+1:]
			}
		}
		dressed := rapid.SampledFrom([]string{"%", " %\u00a0", "<%>", "mailto:%", "\"%\";", "%.,;", "“%”"}).Draw(t, "dress")
		cell := strings.Replace(dressed, "%", cased, 1)
		once := parse(cell)
		if once.State != checker.WellFormed || once.Folded != address {
			t.Fatalf("%q: %+v", cell, once)
		}
		if diff := cmp.Diff(well(address), parse(once.Folded)); diff != "" {
			t.Fatalf("again (-want +got):\n%s", diff)
		}
	})
}

func TestInnerDirtIsNeverRepaired(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		address := mailbox().Draw(t, "address")
		dirt := rapid.SampledFrom([]string{" ", "\u200b", "\u00a0", "\u2010", "ù", "(", "..", "@", "\t", "\\"}).Draw(t, "dirt")
		at := rapid.IntRange(1, len(address)-1).Draw(t, "at")
		cell := address[:at] + dirt + address[at:]
		got := parse(cell)
		if got.State == checker.WellFormed && (dirt != "ù" || at <= strings.IndexByte(address, '@')) { // ù may stand in a domain: IDNA
			t.Fatalf("%q was taken for %q", cell, got.Folded)
		}
	})
}

func FuzzParseAddress(f *testing.F) {
	for _, s := range []string{
		"ditta@pec.example", " <DITTA@pec.example>;", "a@b.c d@e.f", "n.d.", "ditta@caffè.example", "mailto:", "\"", "<>", "\xff@\xff.\xff", "a@xn--.b",
		"@;@", strings.Repeat("a", 300), "a@" + strings.Repeat("b.", 200) + "c",
	} {
		f.Add(s)
	}
	words := checker.DefaultAbsences()
	f.Fuzz(func(t *testing.T, cell string) {
		a, _ := checker.ParseAddress(cell, &words)
		if a.Raw != cell {
			t.Fatal("the cell was not kept")
		}
		if (a.State == checker.WellFormed) != (a.Folded != "") || (a.Fault != checker.NoFault) != (a.State == checker.Malformed || a.State == checker.Several) {
			t.Fatalf("%q: state %d, folded %q, fault %v", cell, a.State, a.Folded, a.Fault)
		}
		if plain := checker.ParseMailbox(cell); plain != a && (plain.State == checker.WellFormed || a.State == checker.WellFormed) {
			t.Fatalf("%q: %+v at one look, %+v looked through", cell, a, plain)
		}
		if a.State != checker.WellFormed {
			return
		}
		if a.Local()+"@"+a.Domain() != a.Folded || len(a.Local()) > 64 || len(a.Folded) > 254 {
			t.Fatalf("%q: %q", cell, a.Folded)
		}
		for i := range len(a.Folded) {
			if c := a.Folded[i]; c <= ' ' || c >= 0x7f || c >= 'A' && c <= 'Z' {
				t.Fatalf("%q: %q", cell, a.Folded)
			}
		}
		if again := checker.ParseMailbox(a.Folded); again.Folded != a.Folded {
			t.Fatalf("%q folds to %q, that to %q", cell, a.Folded, again.Folded)
		}
		if _, err := mail.ParseAddress(a.Folded); err != nil {
			t.Fatalf("net/mail refuses %q: %v", a.Folded, err)
		}
	})
}

func TestParseAddressDoesNotAllocate(t *testing.T) {
	words := checker.DefaultAbsences()
	for _, cell := range []string{"ditta.individuale@pec.example", " ditta@pec.example;", "", "n.d.", "ditta@@pec.example", "ditta@pec"} {
		if n := testing.AllocsPerRun(100, func() { checker.ParseAddress(cell, &words) }); n != 0 {
			t.Errorf("%q: %v allocations", cell, n)
		}
	}
}

func BenchmarkParseAddress(b *testing.B) {
	words := checker.DefaultAbsences()
	cells := []string{"ditta@pec.example", "studio.associato-rossi@legal.example", "a1b2c3@pec.azienda-di-prova.example", "mario.rossi.1970@postacert.example"}
	b.Run("ours", func(b *testing.B) {
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			checker.ParseAddress(cells[i%len(cells)], &words)
		}
	})
	b.Run("net/mail", func(b *testing.B) {
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			_, _ = mail.ParseAddress(cells[i%len(cells)])
		}
	})
}

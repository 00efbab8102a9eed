package checker_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"pecaudit/checker"
)

// The vectors of DOMAIN section 7; they are the textbook examples of the check characters, not companies' or persons' data.
func TestCodiceFiscaleValid(t *testing.T) {
	t.Parallel()
	for _, code := range []checker.CodiceFiscale{
		"RCCMNL83S18D969H", "CNTCHR83T41D969D", "RSSMRA68A01H501Y", "RSSMRA80A01H501U", "RSSMRA50B17A558W", "MRTMRA83T56A269B", "QTRDRA71P13G388J",
		"CCCFBA85D03L219P", "CCCFBA85D03L21VE", "CCCFBA85D03L2M9A", "CCCFBA85D03L2MVP", "CCCFBAURDLPLNMVU",
		"00743110157", "00159560366", "07643520567", "04233570367", "00488410010", "01234567897",
		"12345678903", // office 890: at most a warning, not an error
	} {
		if !code.Valid() {
			t.Errorf("%s is refused", code)
		}
	}
	for _, code := range []checker.CodiceFiscale{
		"CCCFBA85X03L219P", "CCCFBA85D00L219P", "RCCMNL83S18D969", "RCCMNL83S18D969I", "RSSMRA80A01H501V", "rssmra80a01h501u",
		withCheck("RSSMRA80A32H501"), withCheck("RSSMRA80A72H501"), withCheck("RSSMRA80A40H501"), // days 32, 72, 40
		withCheck("RSSMRA81B29H501"), withCheck("RSSMRA80B30H501"), withCheck("RSSMRA80S31H501"), // 29/2/81, 30/2, 31/11
		withCheck("RSSMR180A01H501"), withCheck("RSSMRA80A01150A"), withCheck("RSSMRA8KA01H501"), // letters and digits out of place
		"00743110158", "01234567890", "00000000000", "", "0123456789", "012345678970", "0123456789A", "PRIVATO", "****************",
	} {
		if code.Valid() {
			t.Errorf("%s is accepted", code)
		}
	}
	for _, code := range []checker.CodiceFiscale{withCheck("RSSMRA80B29H501"), withCheck("RSSMRA00B69H501")} { // leap days
		if !code.Valid() {
			t.Errorf("%s is refused", code)
		}
	}
}

// withCheck adds the check character to 15 characters, by the table as the decree prints it.
func withCheck(s string) checker.CodiceFiscale {
	odd := map[rune]int{
		'0': 1, '1': 0, '2': 5, '3': 7, '4': 9, '5': 13, '6': 15, '7': 17, '8': 19, '9': 21,
		'A': 1, 'B': 0, 'C': 5, 'D': 7, 'E': 9, 'F': 13, 'G': 15, 'H': 17, 'I': 19, 'J': 21, 'K': 2, 'L': 4, 'M': 18,
		'N': 20, 'O': 11, 'P': 3, 'Q': 6, 'R': 8, 'S': 12, 'T': 14, 'U': 16, 'V': 10, 'W': 22, 'X': 25, 'Y': 24, 'Z': 23,
	}
	sum := 0
	for i, c := range s {
		switch {
		case i%2 == 0:
			sum += odd[c]
		case c <= '9':
			sum += int(c - '0')
		default:
			sum += int(c - 'A')
		}
	}
	return checker.CodiceFiscale(s + string(rune('A'+sum%26)))
}

// drawPerson draws the code of a person, in any of its omocodic variants: the 15 characters with digits, and the code.
func drawPerson(t *rapid.T) (base string, code checker.CodiceFiscale) {
	day := rapid.IntRange(1, 28).Draw(t, "day") + 40*rapid.IntRange(0, 1).Draw(t, "woman")
	base = fmt.Sprintf("%s%02d%s%02d%s%03d", rapid.StringMatching("[A-Z]{6}").Draw(t, "name"), rapid.IntRange(0, 99).Draw(t, "year"),
		rapid.SampledFrom(strings.Split("ABCDEHLMPRST", "")).Draw(t, "month"), day, rapid.StringMatching("[A-Z]").Draw(t, "place"), rapid.IntRange(0, 999).Draw(t, "number"))
	return base, vary(base, rapid.IntRange(0, 127).Draw(t, "variant"))
}

// vary puts letters in the omocodic places that the bits of the variant name.
func vary(base string, variant int) checker.CodiceFiscale {
	b := []byte(base)
	for k, i := range []int{6, 7, 9, 10, 12, 13, 14} {
		if variant&(1<<k) != 0 {
			b[i] = "LMNPQRSTUV"[b[i]-'0']
		}
	}
	return withCheck(string(b))
}

func TestOmocodicVariants(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		base, code := drawPerson(t)
		plain := vary(base, 0)
		if !code.Valid() || !code.IsPerson() {
			t.Fatalf("%s is refused", code)
		}
		if code.Base() != plain.Base() {
			t.Fatalf("%s and %s have different bases", code, plain)
		}
		if checker.CertainlyDifferent(checker.Identity{CodiceFiscale: code}, checker.Identity{CodiceFiscale: plain}) {
			t.Fatalf("%s and %s are told apart", code, plain)
		}
		_, other := drawPerson(t)
		if other.Base() != code.Base() && !checker.CertainlyDifferent(checker.Identity{CodiceFiscale: code}, checker.Identity{CodiceFiscale: other}) {
			t.Fatalf("%s and %s are not told apart", code, other)
		}
	})
}

func TestAnyOtherCheckCharacterIsRefused(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		_, code := drawPerson(t)
		for c := 'A'; c <= 'Z'; c++ {
			if wrong := code[:15] + checker.CodiceFiscale(c); wrong != code && wrong.Valid() {
				t.Fatalf("%s and %s are both accepted", code, wrong)
			}
		}
		number := []byte(drawNumber(t))
		at := rapid.IntRange(0, 10).Draw(t, "at")
		digit := byte('0' + rapid.IntRange(0, 9).Draw(t, "digit"))
		if digit == number[at] {
			return
		}
		number[at] = digit // Luhn finds every single wrong digit
		if checker.ValidPartitaIVA(string(number)) {
			t.Fatalf("%s is accepted", number)
		}
	})
}

// drawNumber draws a valid 11-digit code.
func drawNumber(t *rapid.T) string {
	s := rapid.StringMatching("[0-9]{9}[1-9]").Draw(t, "number")
	for c := '0'; c <= '9'; c++ {
		if checker.ValidPartitaIVA(s + string(c)) {
			return s + string(c)
		}
	}
	t.Fatalf("no check digit fits %s", s)
	return ""
}

func TestLostZerosComeBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		number := drawNumber(t)
		cell := strings.TrimLeft(number, "0")
		if len(cell) < 7 {
			t.Skip("too short to be a code")
		}
		code, restored, ok := checker.ParseCodiceFiscale(cell)
		if !ok || string(code) != number || restored != (len(cell) < 11) {
			t.Fatalf("%q: %s, restored %v, ok %v", cell, code, restored, ok)
		}
	})
}

func TestParseCodiceFiscale(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		cell         string
		want         checker.CodiceFiscale
		restored, ok bool
	}{
		{"01234567897", "01234567897", false, true},
		{"1234567897", "01234567897", true, true},
		{"1234567", "00001234567", true, true},
		{"123456", "123456", false, false},
		{"012345678970", "012345678970", false, false},
		{" rss mra 80a01 h501u ", "RSSMRA80A01H501U", false, true},
		{"RSSMRA80A01H501U\u00a0", "RSSMRA80A01H501U", false, true},
		{"rssmra80a01h501ſ", "RSSMRA80A01H501ſ", false, false}, // long s: not an S
		{"****************", "****************", false, false},
		{"privato", "PRIVATO", false, false},
		{"Totale imprese", "TOTALEIMPRESE", false, false},
		{"", "", false, false},
		{"1.234.567.897", "1.234.567.897", false, false},
		{"RSSMRA80A01H501È", "RSSMRA80A01H501È", false, false},
	} {
		got, restored, ok := checker.ParseCodiceFiscale(c.cell)
		if got != c.want || restored != c.restored || ok != c.ok {
			t.Errorf("%q: %q, restored %v, ok %v", c.cell, got, restored, ok)
		}
	}
}

func TestParsePartitaIVA(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		cell, want   string
		restored, ok bool
	}{
		{"01234567897", "01234567897", false, true},
		{"IT 01234567897", "01234567897", false, true},
		{"it01234567897", "01234567897", false, true},
		{"1234567897", "01234567897", true, true},
		{"RSSMRA80A01H501U", "RSSMRA80A01H501U", false, false},
		{"123", "123", false, false},
		{"", "", false, false},
	} {
		got, restored, ok := checker.ParsePartitaIVA(c.cell)
		if got != c.want || restored != c.restored || ok != c.ok {
			t.Errorf("%q: %q, restored %v, ok %v", c.cell, got, restored, ok)
		}
	}
}

func TestParseREA(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		cell, sigla, want string
		ok                bool
	}{
		{"TO-1234567", "", "TO-1234567", true},
		{"TO 1234567", "", "TO-1234567", true},
		{"TO/0123456", "", "TO-123456", true},
		{"TO - 0123456", "MI", "TO-123456", true}, // its own sigla counts
		{"to1234567", "", "TO-1234567", true},
		{"1234567", "TO", "TO-1234567", true},
		{"0001", "to", "TO-1", true},
		{" TO-1 ", "", "TO-1", true},
		{"TO-0000000", "", "TO-0000000", false},
		{"1234567", "", "1234567", false},
		{"TO-12345678", "", "TO-12345678", false},
		{"TOR-123", "", "TOR-123", false},
		{"non iscritta", "TO", "NON ISCRITTA", false},
		{"TO-12A", "", "TO-12A", false},
		{"", "TO", "", false},
	} {
		got, ok := checker.ParseREA(c.cell, c.sigla)
		if got != c.want || ok != c.ok {
			t.Errorf("%q, %q: %q, %v", c.cell, c.sigla, got, ok)
		}
		if again, _ := checker.ParseREA(got, ""); ok && again != got {
			t.Errorf("%q reads back as %q", got, again)
		}
		if sigla := checker.REASigla(got); ok != (sigla != "") || ok && !strings.HasPrefix(got, sigla+"-") {
			t.Errorf("%q: sigla %q", got, sigla)
		}
	}
}

func TestKey(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		id   checker.Identity
		want string
	}{
		{checker.Identity{CodiceFiscale: "RSSMRA80A01H501U", PartitaIVA: "01234567897", REA: "TO-1"}, "RSSMRA80A01H501U"},
		{checker.Identity{CodiceFiscale: "RSSMRA80A01H501X", PartitaIVA: "01234567897", REA: "TO-1"}, "01234567897"},
		{checker.Identity{CodiceFiscale: "01234567890", PartitaIVA: "01234567890", REA: "TO-1"}, "TO-1"},
		{checker.Identity{CodiceFiscale: "01234567890", PartitaIVA: "01234567891", REA: "NON ISCRITTA"}, "01234567890"},
		{checker.Identity{PartitaIVA: "01234567891"}, "01234567891"},
		{checker.Identity{REA: "X/77"}, "X/77"},
		{checker.Identity{}, ""},
	} {
		if got := c.id.Key(); got != c.want {
			t.Errorf("%+v: %q, want %q", c.id, got, c.want)
		}
	}
}

func TestCertainlyDifferent(t *testing.T) {
	t.Parallel()
	alpha := checker.Identity{CodiceFiscale: "01234567897", PartitaIVA: "01234567897", REA: "MI-1"}
	zero := checker.Identity{CodiceFiscale: "01234567897", PartitaIVA: "0"}
	if !checker.CertainlyDifferent(zero, checker.Identity{CodiceFiscale: "00743110157", PartitaIVA: "0"}) {
		t.Error("what stands for no partita IVA is taken for one in common")
	}
	for _, c := range []struct {
		name string
		b    checker.Identity
		want bool
	}{
		{"another valid code", checker.Identity{CodiceFiscale: "00743110157", REA: "MI-2"}, true},
		{"the same code", checker.Identity{CodiceFiscale: "01234567897", REA: "MI-2"}, false},
		{"no code", checker.Identity{REA: "MI-2"}, false},
		{"a wrong code", checker.Identity{CodiceFiscale: "00743110158", REA: "MI-2"}, false},
		{"the same REA", checker.Identity{CodiceFiscale: "00743110157", REA: "MI-1"}, false},
		{"the same partita IVA", checker.Identity{CodiceFiscale: "00743110157", PartitaIVA: "01234567897"}, false},
		{"the partita IVA as code", checker.Identity{CodiceFiscale: "RSSMRA80A01H501U", PartitaIVA: "01234567897"}, false},
		{"nothing else to compare", checker.Identity{CodiceFiscale: "00743110157"}, true},
	} {
		if got := checker.CertainlyDifferent(alpha, c.b); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
		if got := checker.CertainlyDifferent(c.b, alpha); got != c.want {
			t.Errorf("%s, the other way round: %v", c.name, got)
		}
	}
	base := checker.Identity{CodiceFiscale: "CCCFBA85D03L219P"}
	if checker.CertainlyDifferent(base, checker.Identity{CodiceFiscale: "CCCFBA85D03L21VE"}) {
		t.Error("omocodic variants are told apart")
	}
}

func FuzzCodes(f *testing.F) {
	for _, s := range []string{"01234567897", "1234567", "RSSMRA80A01H501U", "CCCFBAURDLPLNMVU", "TO-1234567", "to 1", "IT01234567897", "\xff", "ſſſſſſ80A01H501U"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, cell string) {
		code, _, ok := checker.ParseCodiceFiscale(cell)
		if again, restored, still := checker.ParseCodiceFiscale(string(code)); ok && (again != code || restored || !still) {
			t.Fatalf("%q: %q reads back as %q", cell, code, again)
		}
		if !ok && code.Valid() {
			t.Fatalf("%q is no code, but %q is valid", cell, code)
		}
		number, _, ok := checker.ParsePartitaIVA(cell)
		if again, _, still := checker.ParsePartitaIVA(number); ok && (again != number || !still || len(number) != 11) {
			t.Fatalf("%q: %q reads back as %q", cell, number, again)
		}
		rea, ok := checker.ParseREA(cell, "TO")
		if again, still := checker.ParseREA(rea, ""); ok && (again != rea || !still) {
			t.Fatalf("%q: %q reads back as %q", cell, rea, again)
		}
		id := checker.Identity{CodiceFiscale: code, PartitaIVA: number, REA: rea}
		if checker.CertainlyDifferent(id, id) {
			t.Fatalf("%q: different from itself", cell)
		}
		_ = code.Base()
	})
}

// python-stdnum is an independent reading of the same rules; where it is not installed the vectors above must do.
func TestCodesAgainstStdnum(t *testing.T) {
	t.Parallel()
	const script = `
import sys
from stdnum.it import codicefiscale
for line in sys.stdin:
    print(int(codicefiscale.is_valid(line.strip())))
`
	python := "python3"
	if exec.Command(python, "-c", "import stdnum.it.codicefiscale").Run() != nil {
		python = "/usr/bin/python3" // the system's own, where Debian's package goes
	}
	if exec.Command(python, "-c", "import stdnum.it.codicefiscale").Run() != nil {
		t.Skip("python3-stdnum is not installed")
	}
	random := rand.New(rand.NewPCG(1, 2))
	codes := make([]checker.CodiceFiscale, 10_000)
	for i := range codes {
		base := fmt.Sprintf("ABCDEF%02d%c%02d%c%03d", random.IntN(100), "ABCDEHLMPRST"[random.IntN(12)], random.IntN(80), 'A'+random.IntN(26), random.IntN(1000))
		switch i % 4 {
		case 0:
			codes[i] = vary(base, random.IntN(128))
		case 1: // any check letter
			codes[i] = checker.CodiceFiscale(base + string(rune('A'+random.IntN(26))))
		case 2: // any number of an issuing office that stdnum knows
			codes[i] = checker.CodiceFiscale(fmt.Sprintf("%07d%03d%d", random.IntN(10_000_000), 1+random.IntN(100), random.IntN(10)))
		case 3: // one character changed
			b := []byte(vary(base, 0))
			b[random.IntN(16)] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"[random.IntN(36)]
			codes[i] = checker.CodiceFiscale(b)
		}
	}
	var in, out bytes.Buffer
	for _, code := range codes {
		fmt.Fprintln(&in, code)
	}
	stdnum := exec.Command(python, "-c", script)
	stdnum.Stdin, stdnum.Stdout = &in, &out
	if err := stdnum.Run(); err != nil {
		t.Fatal(err)
	}
	answers := strings.Fields(out.String())
	if len(answers) != len(codes) {
		t.Fatalf("%d answers for %d codes", len(answers), len(codes))
	}
	for i, code := range codes {
		if code.Valid() != (answers[i] == "1") {
			t.Errorf("%s: %v, stdnum says %s", code, code.Valid(), answers[i])
		}
	}
}

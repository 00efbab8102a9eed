package checker

import (
	"strings"
	"time"
)

// A CodiceFiscale is the tax code of a person (16 letters and digits) or of a body (11 digits), as understood: upper case,
// leading zeros restored. It may be wrong: see Valid.
type CodiceFiscale string

// A codeByte is what a byte means in a person's code, D.M. 23 December 1976.
type codeByte struct {
	place uint8 // the kinds of place where it may stand
	digit uint8 // that it is or stands for
	month uint8 // that it stands for, from 1; else 0
	odd   uint8 // what it counts at the 1st, 3rd, ... place
	even  uint8 // what it counts at the others
}

// The kinds of place in a person's code.
const (
	placeLetter = 1 << iota
	placeDigit  // or the letter that stands for it in the code of a namesake
	placeMonth
)

var codeBytes = func() (t [256]codeByte) {
	odd := [26]uint8{1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23}
	for i, value := range odd {
		t['A'+i] = codeByte{place: placeLetter, odd: value, even: uint8(i)}
	}
	for i := range 10 {
		t['0'+i] = codeByte{place: placeDigit, digit: uint8(i), odd: odd[i], even: uint8(i)}
	}
	for i, letter := range []byte("LMNPQRSTUV") {
		t[letter].place |= placeDigit
		t[letter].digit = uint8(i)
	}
	for i, letter := range []byte("ABCDEHLMPRST") {
		t[letter].place |= placeMonth
		t[letter].month = uint8(i + 1)
	}
	return t
}()

// codePlaces says of what kind each place of a person's code is.
var codePlaces = [16]uint8{
	placeLetter, placeLetter, placeLetter, placeLetter, placeLetter, placeLetter, // names
	placeDigit, placeDigit, placeMonth, placeDigit, placeDigit, // birth
	placeLetter, placeDigit, placeDigit, placeDigit, // birthplace
	placeLetter, // check
}

// ParseCodiceFiscale understands a cell of a code column: blanks and guards off, upper case, 7 to 10 digits padded with
// zeros to 11 (a spreadsheet made a number of the code: restored is then true). ok is false when the cell holds no code of 7 to 11
// digits or of 16 letters and digits; the text is then returned without blanks and in upper case.
func ParseCodiceFiscale(cell string) (code CodiceFiscale, restored, ok bool) {
	if len(cell) == 11 && isDigits(cell) || len(cell) == 16 && isAlnum(cell) { // nearly every cell
		return CodiceFiscale(cell), false, true
	}
	s := compactCode(cell)
	switch {
	case len(s) == 16 && isAlnum(s):
		return CodiceFiscale(s), false, true
	case len(s) == 11 && isDigits(s):
		return CodiceFiscale(s), false, true
	case len(s) >= 7 && len(s) <= 10 && isDigits(s):
		return CodiceFiscale("00000000000"[len(s):] + s), true, true
	}
	return CodiceFiscale(s), false, false
}

// ParsePartitaIVA understands a cell of a VAT number column like ParseCodiceFiscale, for 7 to 11 digits, with or without the
// prefix IT.
func ParsePartitaIVA(cell string) (number string, restored, ok bool) {
	if cell == "" {
		return "", false, false
	}
	s := strings.TrimPrefix(compactCode(cell), "IT")
	code, restored, ok := ParseCodiceFiscale(s)
	if !ok || len(code) != 11 {
		return s, false, false
	}
	return string(code), restored, true
}

// compactCode takes the blanks out of a code and folds it to upper case; it allocates only when there is something to do.
func compactCode(s string) string {
	s = TrimSpace(s)
	dirty := false
	for i := 0; i < len(s); i++ {
		if c := s[i]; c <= ' ' || c >= 'a' && c <= 'z' || c >= 0x80 {
			dirty = true
			break
		}
	}
	if !dirty {
		return s
	}
	return strings.Map(func(r rune) rune {
		switch {
		case isSpace(r):
			return -1
		case r >= 'a' && r <= 'z': // ASCII only: other letters with an ASCII upper case are no letters of a code
			return r - 'a' + 'A'
		}
		return r
	}, s)
}

func isDigits(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return len(s) > 0
}

func isAlnum(s string) bool {
	for i := 0; i < len(s); i++ {
		if c := s[i]; (c < '0' || c > '9') && (c < 'A' || c > 'Z') {
			return false
		}
	}
	return len(s) > 0
}

// IsPerson reports whether the code has the length of a person's.
func (c CodiceFiscale) IsPerson() bool { return len(c) == 16 }

// Valid reports whether the code is well formed and its check character is right: Luhn for 11 digits (all zeros are
// refused), the table of D.M. 23 December 1976 for 16 characters, omocodic letters allowed in any of their seven places.
func (c CodiceFiscale) Valid() bool {
	switch len(c) {
	case 11:
		return ValidPartitaIVA(string(c))
	case 16:
		return validPerson(string(c))
	}
	return false
}

// luhn is what a digit counts at an even place of a number of 11 digits, and what shows in the sum for anything else.
var luhn = func() (t [256]uint8) {
	for c := range t {
		t[c] = noDigit
	}
	for d := range 10 {
		t['0'+d] = uint8(2*d/10 + 2*d%10)
	}
	return t
}()

// noDigit is more than any sum of digits.
const noDigit = 128

// ValidPartitaIVA reports whether the 11 digits pass Luhn's test and are not all zeros.
func ValidPartitaIVA(s string) bool {
	if len(s) != 11 {
		return false
	}
	sum := uint(0)
	for i := 0; i < 10; i += 2 {
		d := s[i] - '0'
		if d > 9 {
			return false
		}
		sum += uint(d) + uint(luhn[s[i+1]])
	}
	d := s[10] - '0'
	sum += uint(d)
	return d <= 9 && sum > 0 && sum < noDigit && sum%10 == 0
}

func validPerson(s string) bool {
	if len(s) != len(codePlaces) {
		return false
	}
	sum := 0
	for i := 0; i < 16; i += 2 {
		odd, even := &codeBytes[s[i]], &codeBytes[s[i+1]] // the 1st, 3rd, ... place and the one after it
		if odd.place&codePlaces[i] == 0 || even.place&codePlaces[i+1] == 0 {
			return false
		}
		sum += int(odd.odd) + int(even.even)
	}
	sum -= int(s[15] - 'A') // the check letter does not count itself
	digit := func(i int) int { return int(codeBytes[s[i]].digit) }
	day := digit(9)*10 + digit(10)
	if day > 40 {
		day -= 40 // women
	}
	// The century is not told. Read as 20xx every year has its leap day but 1900, which had none either.
	year := 2000 + digit(6)*10 + digit(7)
	return day >= 1 && day <= daysIn(year, time.Month(codeBytes[s[8]].month)) && s[15] == byte('A'+sum%26)
}

// Base returns a person's code with the digits back in the omocodic places and no check letter: equal for all variants of
// one code. For any other code it is the code itself. Variants are different persons by construction, but one person's code can
// change from one to another, so equal bases are neither merged nor told apart.
func (c CodiceFiscale) Base() string {
	if len(c) != 16 {
		return string(c)
	}
	b := []byte(c[:15])
	for i, place := range codePlaces[:15] {
		if known := &codeBytes[b[i]]; place&known.place&placeDigit != 0 {
			b[i] = '0' + known.digit
		}
	}
	return string(b)
}

// ParseREA understands a REA number in all its spellings (TO-1234567, TO 1234567, TO/0123456, TO1234567, or the number alone
// beside a column with the sigla) and returns it as TO-1234567. ok is false, and the text returned as written in upper case, when it is not a
// sigla and up to seven digits; such a text is still a key if it holds a digit.
func ParseREA(cell, sigla string) (rea string, ok bool) {
	s := TrimSpace(cell)
	if s == "" {
		return "", false
	}
	if normalREA(s) {
		return s, true
	}
	s = strings.ToUpper(s)
	letters := 0
	for letters < len(s) && s[letters] >= 'A' && s[letters] <= 'Z' {
		letters++
	}
	number := strings.TrimLeft(s[letters:], "-/ .\u00a0\t")
	if letters == 2 {
		sigla = s[:2]
	}
	if (letters != 0 && letters != 2) || len(sigla) != 2 || !isDigits(number) {
		return s, false
	}
	number = strings.TrimLeft(number, "0")
	if number == "" || len(number) > 7 {
		return s, false
	}
	return strings.ToUpper(sigla) + "-" + number, true
}

// normalREA recognizes the normal form, which is nearly every row, without allocating.
func normalREA(s string) bool {
	return len(s) >= 4 && len(s) <= 10 && s[2] == '-' && s[3] != '0' && isDigits(s[3:]) &&
		s[0] >= 'A' && s[0] <= 'Z' && s[1] >= 'A' && s[1] <= 'Z'
}

// REASigla returns the two letters of a REA number in normal form, or "".
func REASigla(rea string) string {
	if normalREA(rea) {
		return rea[:2]
	}
	return ""
}

// HasDigit reports whether the text holds an ASCII digit: what tells a REA from a word.
func HasDigit(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] >= '0' && s[i] <= '9' {
			return true
		}
	}
	return false
}

// An Identity is what tells one company from another. Every field may be empty or wrong.
type Identity struct {
	CodiceFiscale CodiceFiscale
	PartitaIVA    string // 11 digits when it is a number at all
	REA           string // normal form when it is understood
}

// Key returns the company key: a valid codice fiscale, else a valid partita IVA, else the REA, else the code as written. It
// is empty only when the row has none of them.
func (id Identity) Key() string {
	switch {
	case id.CodiceFiscale.Valid():
		return string(id.CodiceFiscale)
	case ValidPartitaIVA(id.PartitaIVA):
		return id.PartitaIVA
	case HasDigit(id.REA):
		return id.REA
	case id.CodiceFiscale != "":
		return string(id.CodiceFiscale)
	}
	return id.PartitaIVA
}

// CertainlyDifferent reports whether a and b are surely two companies: both have valid, different codici fiscali that are not omocodic
// variants of one base code, and no equal REA or partita IVA. A partita IVA that one row gives as such and the other as its codice
// fiscale is equal too: an owner and the firm under its VAT number are one.
func CertainlyDifferent(a, b Identity) bool {
	return a.CodiceFiscale.Valid() && b.CodiceFiscale.Valid() && a.CodiceFiscale.Base() != b.CodiceFiscale.Base() && !a.shares(b)
}

// shares reports whether the two have a REA or partita IVA in common. What stands for no number ("0") is none.
func (id Identity) shares(o Identity) bool {
	number := func(x, y string) bool { return x == y && len(x) == 11 }
	return id.REA != "" && id.REA == o.REA || number(id.PartitaIVA, o.PartitaIVA) ||
		number(id.PartitaIVA, string(o.CodiceFiscale)) || number(string(id.CodiceFiscale), o.PartitaIVA)
}

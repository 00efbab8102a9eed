package checker

import (
	"strings"
	"time"
)

// A CodiceFiscale is the tax code of a person (16 letters and digits) or of a body (11 digits), as understood: upper case,
// leading zeros restored. It may be wrong: see Valid.
type CodiceFiscale string

// oddValue is what a character counts at an odd place of a person's code (1st, 3rd, ...), D.M. 23 December 1976.
var oddValue = [36]int{
	1, 0, 5, 7, 9, 13, 15, 17, 19, 21, // 0-9
	1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23, // A-Z
}

// omocodia holds the letters that stand for the digits 0 to 9 in the code of a namesake.
const omocodia = "LMNPQRSTUV"

// monthLetters stand for the months from January on.
const monthLetters = "ABCDEHLMPRST"

// omocodiaPlaces are the seven places that hold digits, from 0.
var omocodiaPlaces = [7]int{6, 7, 9, 10, 12, 13, 14}

// ParseCodiceFiscale understands a cell of a code column: blanks and guards off, upper case, 7 to 10 digits padded with
// zeros to 11 (a spreadsheet made a number of the code: restored is then true). ok is false when the cell holds no code of 7 to 11
// digits or of 16 letters and digits; the text is then returned without blanks and in upper case.
func ParseCodiceFiscale(cell string) (code CodiceFiscale, restored, ok bool) {
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

// ValidPartitaIVA reports whether the 11 digits pass Luhn's test and are not all zeros.
func ValidPartitaIVA(s string) bool {
	if len(s) != 11 || s == "00000000000" {
		return false
	}
	sum := 0
	for i := range 11 {
		d := int(s[i]) - '0'
		if d < 0 || d > 9 {
			return false
		}
		if i%2 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return sum%10 == 0
}

func validPerson(s string) bool {
	for i := range 6 {
		if s[i] < 'A' || s[i] > 'Z' {
			return false
		}
	}
	var digit [7]int
	for k, i := range omocodiaPlaces {
		if digit[k] = digitAt(s[i]); digit[k] < 0 {
			return false
		}
	}
	month := strings.IndexByte(monthLetters, s[8]) + 1
	if month == 0 || s[11] < 'A' || s[11] > 'Z' || s[15] < 'A' || s[15] > 'Z' {
		return false
	}
	day := digit[2]*10 + digit[3]
	if day > 40 {
		day -= 40 // women
	}
	// The century is not told. Read as 20xx every year has its leap day but 1900, which had none either.
	year := 2000 + digit[0]*10 + digit[1]
	return day >= 1 && day <= daysIn(year, time.Month(month)) && s[15] == checkCharacter(s)
}

func checkCharacter(s string) byte {
	sum := 0
	for i := range 15 {
		c := s[i]
		var index int
		if c <= '9' {
			index = int(c - '0')
		} else {
			index = int(c-'A') + 10
		}
		switch {
		case i%2 == 0:
			sum += oddValue[index]
		case index >= 10:
			sum += index - 10
		default:
			sum += index
		}
	}
	return byte('A' + sum%26)
}

func digitAt(c byte) int {
	if c >= '0' && c <= '9' {
		return int(c - '0')
	}
	return strings.IndexByte(omocodia, c)
}

// Base returns a person's code with the digits back in the omocodic places and no check letter: equal for all variants of
// one code. For any other code it is the code itself. Variants are different persons by construction, but one person's code can
// change from one to another, so equal bases are neither merged nor told apart.
func (c CodiceFiscale) Base() string {
	if len(c) != 16 {
		return string(c)
	}
	b := []byte(c[:15])
	for _, i := range omocodiaPlaces {
		if d := digitAt(b[i]); d >= 0 {
			b[i] = byte('0' + d)
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
func HasDigit(s string) bool { return strings.ContainsAny(s, "0123456789") }

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

package checker

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// SortKey returns what an alphabetical list compares, by bytes, in place of a name: canonically decomposed (NFD) without marks, in upper case, every
// run of what is neither letter nor digit as one blank, none at the ends. So "Èsse & C. S.r.l." comes after "ESSE A" and beside "Esse C SRL".
func SortKey(name string) string {
	plain := true
	for i := 0; i < len(name); i++ {
		c := name[i]
		letter := c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
		single := c == ' ' && i > 0 && i < len(name)-1 && name[i-1] != ' '
		if !letter && !single {
			plain = false
			break
		}
	}
	if plain {
		return name
	}
	var key strings.Builder
	key.Grow(len(name))
	gap := false
	for _, r := range norm.NFD.String(name) {
		switch {
		case unicode.Is(unicode.M, r):
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			if gap && key.Len() > 0 {
				key.WriteByte(' ')
			}
			gap = false
			key.WriteRune(unicode.ToUpper(r))
		default:
			gap = true
		}
	}
	return key.String()
}

package checker

import "unicode/utf8"

// appendFolded appends the letters and digits of s to b, in upper case and without accents: what is left to compare when case, accents,
// blanks and punctuation mean nothing ("Forlì - Cesena", "FORLI' CESENA" and "forli-cesena" become FORLICESENA). Letters beyond Latin-1
// are kept as they are. It allocates only if b is too small.
func appendFolded(b []byte, s string) []byte {
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			i++
			switch {
			case c >= 'a' && c <= 'z':
				b = append(b, c-'a'+'A')
			case c >= 'A' && c <= 'Z', c >= '0' && c <= '9':
				b = append(b, c)
			}
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		if base := withoutAccent(r); base != 0 {
			b = append(b, base)
		} else if r > 0xff && !isSpace(r) && !isMark(r) {
			b = append(b, s[i:i+size]...)
		}
		i += size
	}
	return b
}

// withoutAccent returns the upper-case base letter of an accented letter of Latin-1, 0 for everything else.
func withoutAccent(r rune) byte {
	if r >= 0xe0 && r <= 0xfe && r != 0xf7 {
		r -= 0x20 // to upper case
	}
	if r < 0xc0 || r > 0xde {
		return 0
	}
	const letters = "AAAAAAACEEEEIIIIDNOOOOO\x00OUUUUYT"
	return letters[r-0xc0]
}

// isMark reports whether r is a combining accent or one of the dashes and quotes that word processors put for - and '.
func isMark(r rune) bool { return r >= 0x300 && r <= 0x36f || r >= 0x2010 && r <= 0x2027 }

package checker

import (
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestSortKey(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"":                       "",
		"ALFA SRL":               "ALFA SRL",
		"Èsse & C. S.r.l.":       "ESSE C S R L",
		"  -Rossi   e figli ":    "ROSSI E FIGLI",
		"D'ANGELO":               "D ANGELO",
		"D’ANGELO":               "D ANGELO",
		"Cafe\u0301":             "CAFE",
		"CAFÉ":                   "CAFE",
		"\"ALFA\"":               "ALFA",
		"3 G":                    "3 G",
		"A\u00a0B\tC":            "A B C",
		"ALFA ":                  "ALFA",
		"A  B":                   "A B",
		"...":                    "",
		"Straße":                 "STRAßE",
		"\xffALFA":               "ALFA",
		"ΑΛΦΑ Ά":                 "ΑΛΦΑ Α",
		"\u0301\u0301accenti":    "ACCENTI",
		"Società Agricola L'Uva": "SOCIETA AGRICOLA L UVA",
	} {
		if got := SortKey(name); got != want {
			t.Errorf("SortKey(%q) = %q, want %q", name, got, want)
		}
	}
}

func TestSortKeyIsStable(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		s := rapid.OneOf(rapid.String(), rapid.StringMatching(`[A-Z0-9 .]{0,12}`)).Draw(rt, "name")
		key := SortKey(s)
		if again := SortKey(key); again != key {
			rt.Fatalf("SortKey(%q) = %q, and of that %q", s, key, again)
		}
		if !utf8.ValidString(key) {
			rt.Fatalf("%q", key)
		}
	})
}

func BenchmarkSortKey(b *testing.B) {
	for name, s := range map[string]string{"plain": "ALFA BETA GAMMA SRL", "punctuated": "ALFA BETA GAMMA S.R.L.", "accented": "Società Agricola L'Uva S.r.l."} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				SortKey(s)
			}
		})
	}
}

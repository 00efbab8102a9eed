package audit

import (
	"testing"

	"pgregory.net/rapid"

	"pecaudit/checker"
)

// TestAppendJSON compares the findings' own JSON with the package's.
func TestAppendJSON(t *testing.T) {
	t.Parallel()
	text := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{
		"", "ROSSI & C. <S.N.C.>", `"LA NUOVA" \ A`, "è scaduta il 10/05/2026 («…»)", "a\u2028b\u2029", "\xff\xfe", "tab\there", "\x7f",
	}), rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) }))
	rapid.Check(t, func(t *rapid.T) {
		draw := func() string { return text.Draw(t, "cell") }
		l := finding{
			draw(), draw(), rapid.Int().Draw(t, "row"), draw(), draw(), draw(), draw(), draw(), draw(), checker.RuleID(draw()), draw(), draw(),
			checker.Ground(draw()), checker.Reason(draw()), draw(), draw(),
		}
		want, err := marshal(l)
		if err != nil {
			t.Fatal(err)
		}
		if got := l.appendJSON(nil); string(got) != string(want) {
			t.Fatalf("%s\nnot\n%s", got, want)
		}
	})
}

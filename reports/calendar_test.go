package reports

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestCalendar(t *testing.T) {
	t.Parallel()
	var buf bytes.Buffer
	if err := WriteCalendar(&buf, date("2026-11-01"), studioMonth().Schedule); err != nil {
		t.Fatal(err)
	}
	golden(t, "calendar.txt", strings.ReplaceAll(buf.String(), "\r\n", "\n"))
}

// Whatever a text holds, lines are short, whole characters, and unfold to the same text.
func TestCalendarLines(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		d := Deadline{Name: rapid.StringN(0, 200, -1).Draw(rt, "name"), Problem: "PEC scaduta", ActBy: date("2026-11-30")}
		var buf bytes.Buffer
		if err := WriteCalendar(&buf, date("2026-11-01"), []Deadline{d}); err != nil {
			rt.Fatal(err)
		}
		text := buf.String()
		for _, l := range strings.Split(strings.TrimSuffix(text, "\r\n"), "\r\n") {
			if len(l) > 75 || strings.ContainsAny(l, "\r\n") || utf8.ValidString(d.Name) && !utf8.ValidString(l) {
				rt.Fatalf("line %q", l)
			}
		}
		unfolded := strings.ReplaceAll(text, "\r\n ", "")
		if want := "\r\nSUMMARY:" + icalText("PEC scaduta: "+d.Name) + "\r\n"; !strings.Contains(unfolded, want) {
			rt.Fatalf("%q does not hold %q", unfolded, want)
		}
		if strings.Count(unfolded, "BEGIN:VEVENT") != 1+strings.Count(d.Name, "BEGIN:VEVENT") {
			rt.Fatal("a text opened an event")
		}
	})
}

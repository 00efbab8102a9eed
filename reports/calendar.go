package reports

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"strings"
	"unicode/utf8"

	"pecaudit/checker"
)

// WriteCalendar writes the schedule as an iCalendar file (RFC 5545): a whole-day event for each deadline, with the dates of Scadenzario. asOf stands for
// the time of writing, so that equal schedules give equal bytes; a deadline keeps its identity from one audit to the next.
func WriteCalendar(w io.Writer, asOf checker.Date, list []Deadline) error {
	var c calendar
	c.line("BEGIN:VCALENDAR")
	c.line("VERSION:2.0")
	c.line("PRODID:-//pecaudit//" + SheetSchedule + "//IT")
	c.line("CALSCALE:GREGORIAN")
	for i := range list {
		d := &list[i]
		if d.ActBy.IsZero() {
			continue
		}
		c.line("BEGIN:VEVENT")
		c.line("UID:" + d.uid())
		c.line("DTSTAMP:" + compact(asOf) + "T000000Z")
		c.line("DTSTART;VALUE=DATE:" + compact(d.ActBy))
		c.line("SUMMARY:" + icalText(d.Problem+": "+d.Name))
		c.line("DESCRIPTION:" + icalText(strings.Join([]string{d.PEC, d.Cure, d.Why, d.Consequence}, "\n")))
		c.line("TRANSP:TRANSPARENT")
		c.line("END:VEVENT")
	}
	c.line("END:VCALENDAR")
	_, err := io.WriteString(w, c.String())
	return err
}

// uid tells one deadline from all others and does not change when its date does, so that calendars update it.
func (d *Deadline) uid() string {
	sum := sha256.Sum256([]byte(strings.Join([]string{d.CodiceFiscale, d.Name, d.CCIAA, d.PEC, d.Problem}, "\x00")))
	return hex.EncodeToString(sum[:16]) + "@pecaudit"
}

func compact(d checker.Date) string { return strings.ReplaceAll(d.String(), "-", "") }

// icalText escapes a text (RFC 5545, 3.3.11); control characters have no place in it.
func icalText(s string) string {
	return strings.NewReplacer(`\`, `\\`, ";", `\;`, ",", `\,`, "\n", `\n`).Replace(strings.Trim(clean(s), "\n"))
}

type calendar struct{ strings.Builder }

// line adds a content line, folded so that no part has more than 75 octets and no character is cut (RFC 5545, 3.1).
func (c *calendar) line(s string) {
	for room := 75; len(s) > room; room = 74 {
		cut := room
		for !utf8.RuneStart(s[cut]) {
			cut--
		}
		c.WriteString(s[:cut])
		c.WriteString("\r\n ")
		s = s[cut:]
	}
	c.WriteString(s)
	c.WriteString("\r\n")
}

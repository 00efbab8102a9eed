package checker

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"
	_ "time/tzdata" // Europe/Rome on machines without a zone database
)

// A Date is a day of the calendar, without time or zone: what the law counts in. The zero Date is "not set".
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// NewDate returns the day, and whether it exists in the Gregorian calendar between the years 1800 and 9999.
func NewDate(year int, month time.Month, day int) (Date, bool) {
	d := Date{year, month, day}
	ok := year >= 1800 && year <= 9999 && month >= 1 && month <= 12 && day >= 1 && day <= daysIn(year, month)
	return d, ok
}

func daysIn(year int, month time.Month) int {
	switch month {
	case time.April, time.June, time.September, time.November:
		return 30
	case time.February:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	default:
		return 31
	}
}

// DateOf returns the day that t shows on a clock in t's own location.
func DateOf(t time.Time) Date {
	y, m, d := t.Date()
	return Date{y, m, d}
}

// Rome returns the time zone in which the days of the register are counted. It is always there: the zone database is part of the program.
var Rome = sync.OnceValue(func() *time.Location {
	zone, err := time.LoadLocation("Europe/Rome")
	if err != nil {
		panic(err) // cannot be: see the import of time/tzdata
	}
	return zone
})

// RomeDate returns the day of an instant in Europe/Rome, the zero Date for the zero instant.
func RomeDate(t time.Time) Date {
	if t.IsZero() {
		return Date{}
	}
	return DateOf(t.In(Rome()))
}

// ParseISODate reads YYYY-MM-DD, the form of flags, of the configuration and of the store.
func ParseISODate(s string) (Date, error) {
	if len(s) == 10 && s[4] == '-' && s[7] == '-' {
		if d, ok := ParseDate(s); ok {
			return d, nil
		}
	}
	return Date{}, fmt.Errorf("%q is not a date of the form YYYY-MM-DD", s)
}

// ParseDate reads the forms found in lists: DD/MM/YYYY, DD-MM-YYYY, DD.MM.YYYY and YYYY-MM-DD, the last one also
// followed by a time (as spreadsheets and databases export it), which is dropped. It allocates nothing.
func ParseDate(s string) (Date, bool) {
	if len(s) == 10 && s[2] == '/' && s[5] == '/' { // nearly every date of a list
		year, month, day := pair(s[6:])*100+pair(s[8:]), pair(s[3:]), pair(s)
		if d, ok := NewDate(year, time.Month(month), day); ok {
			return d, true
		}
	}
	s = TrimSpace(s)
	if len(s) > 10 && (s[10] == ' ' || s[10] == 'T') && len(s) <= 32 && looksLikeTime(s[11:]) {
		s = s[:10]
	}
	if len(s) < 8 || len(s) > 10 {
		return Date{}, false
	}
	if len(s) == 10 && s[4] == '-' && s[7] == '-' {
		y, ok1 := digits(s[:4])
		m, ok2 := digits(s[5:7])
		d, ok3 := digits(s[8:])
		if !ok1 || !ok2 || !ok3 {
			return Date{}, false
		}
		date, ok := NewDate(y, time.Month(m), d)
		return orZero(date, ok)
	}
	sep := strings.IndexAny(s, "/-.")
	if sep < 1 || sep > 2 {
		return Date{}, false
	}
	rest := s[sep+1:]
	second := strings.IndexByte(rest, s[sep])
	if second < 1 || second > 2 || len(rest)-second-1 != 4 {
		return Date{}, false
	}
	d, ok1 := digits(s[:sep])
	m, ok2 := digits(rest[:second])
	y, ok3 := digits(rest[second+1:])
	if !ok1 || !ok2 || !ok3 {
		return Date{}, false
	}
	date, ok := NewDate(y, time.Month(m), d)
	return orZero(date, ok)
}

// pair returns the number of two digits, and for anything else one that is in no date.
func pair(s string) int {
	tens, units := s[0]-'0', s[1]-'0'
	if tens > 9 || units > 9 {
		return 10_000
	}
	return int(tens)*10 + int(units)
}

func orZero(d Date, ok bool) (Date, bool) {
	if !ok {
		return Date{}, false
	}
	return d, true
}

func looksLikeTime(s string) bool {
	if len(s) < 5 || s[2] != ':' {
		return false
	}
	for i := 0; i < len(s); i++ {
		if (s[i] < '0' || s[i] > '9') && !strings.ContainsRune(":.,+-Z ", rune(s[i])) {
			return false
		}
	}
	return true
}

func digits(s string) (int, bool) {
	n := 0
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
		n = n*10 + int(s[i]-'0')
	}
	return n, len(s) > 0
}

// IsZero reports whether d is "not set".
func (d Date) IsZero() bool { return d == Date{} }

// String returns YYYY-MM-DD, or "" for the zero Date.
func (d Date) String() string {
	if d.IsZero() {
		return ""
	}
	b, _ := d.AppendText(make([]byte, 0, 10))
	return string(b)
}

// Italian returns DD/MM/YYYY, or "" for the zero Date.
func (d Date) Italian() string {
	if d.IsZero() {
		return ""
	}
	b, _ := d.AppendText(make([]byte, 0, 10))
	if len(b) != 10 {
		return fmt.Sprintf("%02d/%02d/%04d", d.Day, int(d.Month), d.Year) // no date
	}
	return string([]byte{b[8], b[9], '/', b[5], b[6], '/', b[0], b[1], b[2], b[3]})
}

// Ordinal returns a number that grows with the day and fits in four bytes; it is not a count of days. The zero Date's is 0. OrdinalDate is its inverse.
func (d Date) Ordinal() int { return (d.Year*16+int(d.Month))*32 + d.Day }

// OrdinalDate returns the day with an ordinal.
func OrdinalDate(n int) Date { return Date{Year: n >> 9, Month: time.Month(n >> 5 & 15), Day: n & 31} }

// Compare orders days; the zero Date comes before every day.
func (d Date) Compare(e Date) int { return cmp.Compare(d.Ordinal(), e.Ordinal()) }

// Before reports whether d is an earlier day than e.
func (d Date) Before(e Date) bool { return d.Ordinal() < e.Ordinal() }

// After reports whether d is a later day than e.
func (d Date) After(e Date) bool { return d.Ordinal() > e.Ordinal() }

// Time returns midnight UTC of the day: for arithmetic and for spreadsheet cells, never for an instant of the law.
func (d Date) Time() time.Time { return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC) }

// AddDays returns the day n days later (earlier if n is negative). The zero Date stays zero.
func (d Date) AddDays(n int) Date {
	if d.IsZero() {
		return d
	}
	return DateOf(time.Date(d.Year, d.Month, d.Day+n, 0, 0, 0, 0, time.UTC))
}

// AddMonths returns the day with the same number n months later, or the last day of that month where it has no such day
// (art. 2963, c. 4-5, codice civile). The zero Date stays zero.
func (d Date) AddMonths(n int) Date {
	if d.IsZero() {
		return d
	}
	m := d.In().Add(n)
	return Date{m.Year, m.Month, min(d.Day, daysIn(m.Year, m.Month))}
}

// DaysUntil returns how many days after d the day e comes; negative if e is earlier.
func (d Date) DaysUntil(e Date) int { return int((e.Time().Unix() - d.Time().Unix()) / (24 * 60 * 60)) }

// Weekday returns the day of the week.
func (d Date) Weekday() time.Weekday { return d.Time().Weekday() }

// In returns the month that holds d.
func (d Date) In() Month { return Month{d.Year, d.Month} }

// MarshalText writes YYYY-MM-DD, or nothing for the zero Date.
func (d Date) MarshalText() ([]byte, error) { return d.AppendText(nil) }

// AppendText appends what MarshalText writes.
func (d Date) AppendText(b []byte) ([]byte, error) {
	switch m := int(d.Month); {
	case d.IsZero():
		return b, nil
	case d.Year < 0 || d.Year > 9999 || m < 0 || m > 99 || d.Day < 0 || d.Day > 99:
		return fmt.Appendf(b, "%04d-%02d-%02d", d.Year, m, d.Day), nil // no date, but no other either
	default: // several times as fast, and a register holds millions
		digit := func(n int) byte { return byte('0' + n%10) }
		return append(b, digit(d.Year/1000), digit(d.Year/100), digit(d.Year/10), digit(d.Year), '-', digit(m/10), digit(m), '-', digit(d.Day/10), digit(d.Day)), nil
	}
}

// UnmarshalText reads YYYY-MM-DD; an empty text is the zero Date.
func (d *Date) UnmarshalText(b []byte) error {
	if len(b) == 0 {
		*d = Date{}
		return nil
	}
	v, err := ParseISODate(string(b))
	if err != nil {
		return err
	}
	*d = v
	return nil
}

// A Month is a month of the calendar: the unit of the lists and of the workbooks.
type Month struct {
	Year  int
	Month time.Month
}

// ParseMonth reads YYYY-MM.
func ParseMonth(s string) (Month, error) {
	if len(s) == 7 && s[4] == '-' {
		if d, ok := ParseDate(s + "-01"); ok {
			return d.In(), nil
		}
	}
	return Month{}, fmt.Errorf("%q is not a month of the form YYYY-MM", s)
}

// String returns YYYY-MM, or "" for the zero Month.
func (m Month) String() string {
	if m == (Month{}) {
		return ""
	}
	return fmt.Sprintf("%04d-%02d", m.Year, int(m.Month))
}

// Add returns the month n months later.
func (m Month) Add(n int) Month {
	i := m.Year*12 + int(m.Month) - 1 + n
	return Month{i / 12, time.Month(i%12 + 1)}
}

// Compare orders months.
func (m Month) Compare(o Month) int {
	return cmp.Or(cmp.Compare(m.Year, o.Year), cmp.Compare(m.Month, o.Month))
}

// First returns the first day of the month.
func (m Month) First() Date { return Date{m.Year, m.Month, 1} }

// Last returns the last day of the month.
func (m Month) Last() Date { return Date{m.Year, m.Month, daysIn(m.Year, m.Month)} }

// MarshalText writes YYYY-MM.
func (m Month) MarshalText() ([]byte, error) { return []byte(m.String()), nil }

// UnmarshalText reads YYYY-MM; an empty text is the zero Month.
func (m *Month) UnmarshalText(b []byte) error {
	if len(b) == 0 {
		*m = Month{}
		return nil
	}
	v, err := ParseMonth(string(b))
	if err != nil {
		return err
	}
	*m = v
	return nil
}

// A Period is a half-open stretch of days, From included and Until not. A zero bound is open.
type Period struct{ From, Until Date }

// Contains reports whether d lies in the period.
func (p Period) Contains(d Date) bool {
	return (p.From.IsZero() || !d.Before(p.From)) && (p.Until.IsZero() || d.Before(p.Until))
}

// String returns "from 2014-05-09", "2012-10-20 to 2020-07-17" or "always".
func (p Period) String() string {
	switch {
	case p.From.IsZero() && p.Until.IsZero():
		return "always"
	case p.Until.IsZero():
		return "from " + p.From.String()
	case p.From.IsZero():
		return "until " + p.Until.String()
	}
	return p.From.String() + " to " + p.Until.String()
}

// A Span is a length of time in calendar months, as retention is written: "30 months", "10 years".
type Span struct{ Months int }

// ParseSpan reads "N months" or "N years", N from 1 to 1200.
func ParseSpan(s string) (Span, error) {
	number, unit, _ := strings.Cut(strings.TrimSpace(s), " ")
	n, err := strconv.Atoi(number)
	unit = strings.TrimSuffix(strings.TrimSpace(unit), "s")
	if err != nil || n < 1 || n > 1200 || (unit != "month" && unit != "year") {
		return Span{}, fmt.Errorf("%q is not a length of time such as \"30 months\" or \"10 years\"", s)
	}
	if unit == "year" {
		n *= 12
	}
	return Span{n}, nil
}

// Before returns the day that lies the span before d.
func (s Span) Before(d Date) Date { return d.AddMonths(-s.Months) }

// String returns "30 months" or "10 years", as ParseSpan reads it.
func (s Span) String() string {
	n, unit := s.Months, "month"
	if n > 0 && n%12 == 0 {
		n, unit = n/12, "year"
	}
	if n != 1 {
		unit += "s"
	}
	return fmt.Sprintf("%d %s", n, unit)
}

// MarshalText writes the span as String does.
func (s Span) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads the span as ParseSpan does.
func (s *Span) UnmarshalText(b []byte) error {
	v, err := ParseSpan(string(b))
	if err != nil {
		return err
	}
	*s = v
	return nil
}

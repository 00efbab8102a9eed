package cases

import (
	"time"

	"pecaudit/checker"
)

// holidays are the national holidays with a fixed day, each with the period in which it is one. L. 54/1977 suppressed several that the amended
// text of art. 2 of L. 260/1949 still seems to list; those that never came back are left out, for no term of a digital domicile began before
// 2008. The feast of a town's patron is no holiday for these terms.
var holidays = []struct {
	name   string
	month  time.Month
	day    int
	period checker.Period
}{
	{"Capodanno", time.January, 1, law260},
	{"Epifania", time.January, 6, checker.Period{From: day(1986, time.January, 1)}},                                                   // D.P.R. 792/1985
	{"150° dell'Unità d'Italia", time.March, 17, checker.Period{From: day(2011, time.January, 1), Until: day(2012, time.January, 1)}}, // D.L. 5/2011
	{"Liberazione", time.April, 25, law260},
	{"Festa del lavoro", time.May, 1, law260},
	{"Festa della Repubblica", time.June, 2, checker.Period{From: day(2001, time.January, 1)}}, // L. 336/2000
	{"Assunzione", time.August, 15, law260},
	{"San Francesco", time.October, 4, checker.Period{From: day(2026, time.January, 1)}}, // L. 151/2025
	{"Ognissanti", time.November, 1, law260},
	{"Immacolata Concezione", time.December, 8, law260},
	{"Natale", time.December, 25, law260},
	{"Santo Stefano", time.December, 26, law260},
}

var law260 = checker.Period{From: day(1949, time.June, 1)}

// Holiday returns the Italian name of the national holiday that d is by law (L. 260/1949 and what amended it), and whether it is one. Sundays,
// which are holidays too, are not told apart here; Easter always is one.
func Holiday(d checker.Date) (name string, ok bool) {
	for i := range holidays {
		if h := &holidays[i]; h.day == d.Day && h.month == d.Month && h.period.Contains(d) {
			return h.name, true
		}
	}
	if d == easter(d.Year).AddDays(1) && law260.Contains(d) {
		return "Lunedì dell'Angelo", true
	}
	return "", false
}

// WorkingDay reports whether d is neither a Saturday nor a Sunday nor a national holiday.
func WorkingDay(d checker.Date) bool {
	return d.Weekday() != time.Saturday && !festive(d)
}

// festive reports whether d is a holiday for the terms of art. 155 c.p.c. and art. 2963 c.c.: Sundays are, Saturdays are not.
func festive(d checker.Date) bool {
	if d.Weekday() == time.Sunday {
		return true
	}
	_, ok := Holiday(d)
	return ok
}

// easter returns Easter Sunday of the Gregorian calendar: the method printed in Nature of 20 April 1876.
func easter(year int) checker.Date {
	a, b, c := year%19, year/100, year%100
	h := (19*a + b - b/4 - (b-(b+8)/25+1)/3 + 15) % 30
	l := (32 + 2*(b%4) + 2*(c/4) - h - c%4) % 7
	m := (a + 11*h + 22*l) / 451
	n := h + l - 7*m + 114
	return checker.Date{Year: year, Month: time.Month(n / 31), Day: n%31 + 1}
}

// day spells a date in a table.
func day(year int, month time.Month, d int) checker.Date {
	return checker.Date{Year: year, Month: month, Day: d}
}

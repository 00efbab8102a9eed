package cases

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"pecaudit/checker"
)

func isoDate(t testing.TB, s string) checker.Date {
	t.Helper()
	d, err := checker.ParseISODate(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// The windows computed by hand: nominal, past holidays, past Saturdays and holidays.
func TestTerm(t *testing.T) {
	t.Parallel()
	type ends struct{ nominal, shifted, safe string }
	for _, tt := range []struct {
		published string
		plus30    ends
		plus45    ends
	}{
		{"2026-01-01", ends{"2026-01-31", "2026-01-31", "2026-02-02"}, ends{"2026-02-15", "2026-02-16", "2026-02-16"}},
		{"2026-02-01", ends{"2026-03-03", "2026-03-03", "2026-03-03"}, ends{"2026-03-18", "2026-03-18", "2026-03-18"}},
		{"2026-03-01", ends{"2026-03-31", "2026-03-31", "2026-03-31"}, ends{"2026-04-15", "2026-04-15", "2026-04-15"}},
		{"2026-04-01", ends{"2026-05-01", "2026-05-02", "2026-05-04"}, ends{"2026-05-16", "2026-05-16", "2026-05-18"}},
		{"2026-05-01", ends{"2026-05-31", "2026-06-01", "2026-06-01"}, ends{"2026-06-15", "2026-06-15", "2026-06-15"}},
		{"2026-06-01", ends{"2026-07-01", "2026-07-01", "2026-07-01"}, ends{"2026-07-16", "2026-07-16", "2026-07-16"}},
		{"2026-07-01", ends{"2026-07-31", "2026-07-31", "2026-07-31"}, ends{"2026-08-15", "2026-08-17", "2026-08-17"}},
		{"2026-09-01", ends{"2026-10-01", "2026-10-01", "2026-10-01"}, ends{"2026-10-16", "2026-10-16", "2026-10-16"}},
		{"2026-10-01", ends{"2026-10-31", "2026-10-31", "2026-11-02"}, ends{"2026-11-15", "2026-11-16", "2026-11-16"}},
		{"2026-11-01", ends{"2026-12-01", "2026-12-01", "2026-12-01"}, ends{"2026-12-16", "2026-12-16", "2026-12-16"}},
		{"2026-12-01", ends{"2026-12-31", "2026-12-31", "2026-12-31"}, ends{"2027-01-15", "2027-01-15", "2027-01-15"}},
		{"2027-01-01", ends{"2027-01-31", "2027-02-01", "2027-02-01"}, ends{"2027-02-15", "2027-02-15", "2027-02-15"}},
		{"2027-04-01", ends{"2027-05-01", "2027-05-03", "2027-05-03"}, ends{"2027-05-16", "2027-05-17", "2027-05-17"}},
		{"2027-07-01", ends{"2027-07-31", "2027-07-31", "2027-08-02"}, ends{"2027-08-15", "2027-08-16", "2027-08-16"}},
		{"2027-09-01", ends{"2027-10-01", "2027-10-01", "2027-10-01"}, ends{"2027-10-16", "2027-10-16", "2027-10-18"}},
		{"2027-10-01", ends{"2027-10-31", "2027-11-02", "2027-11-02"}, ends{"2027-11-15", "2027-11-15", "2027-11-15"}},
		{"2027-12-01", ends{"2027-12-31", "2027-12-31", "2027-12-31"}, ends{"2028-01-15", "2028-01-15", "2028-01-17"}},
	} {
		published := isoDate(t, tt.published)
		for days, want := range map[int]ends{30: tt.plus30, 45: tt.plus45} {
			p := &Procedure{ID: "p", Days: days}
			got := p.Term(published)
			if diff := cmp.Diff(Term{"p", published, isoDate(t, want.nominal), isoDate(t, want.shifted), isoDate(t, want.safe)}, got); diff != "" {
				t.Errorf("%s + %d days (-want +got):\n%s", tt.published, days, diff)
			}
		}
	}
}

// What the pages of chambers printed.
func TestTermAsPrinted(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		published string
		days      int
		nominal   string
	}{
		{"2024-02-12", 45, "2024-03-28"},
		{"2024-02-20", 45, "2024-04-05"},
		{"2024-02-28", 45, "2024-04-13"},
		{"2020-11-11", 30, "2020-12-11"},
		{"2022-05-31", 30, "2022-06-30"},
		{"2020-02-28", 20, "2020-03-19"},
		{"2025-06-23", 40, "2025-08-02"},
		{"2016-07-01", 45, "2016-08-15"},
		{"2016-09-01", 45, "2016-10-16"},
	} {
		p := &Procedure{Days: tt.days}
		if got := p.Term(isoDate(t, tt.published)).Nominal.String(); got != tt.nominal {
			t.Errorf("%s + %d days = %s, want %s", tt.published, tt.days, got, tt.nominal)
		}
	}
}

func TestTermVariants(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		procedure              Procedure
		published              string
		nominal, shifted, safe string
	}{
		"first day counted":            {Procedure{Days: 30, CountFirstDay: true}, "2026-06-01", "2026-06-30", "2026-06-30", "2026-06-30"},
		"from the end of publication":  {Procedure{Days: 30, From: FromEnd, PublicationDays: 30}, "2026-03-02", "2026-05-01", "2026-05-02", "2026-05-04"},
		"the chamber prints holidays":  {Procedure{Days: 30, Roll: RollHolidays}, "2026-04-01", "2026-05-02", "2026-05-02", "2026-05-04"},
		"the chamber prints Saturdays": {Procedure{Days: 30, Roll: RollSaturdays}, "2026-04-01", "2026-05-04", "2026-05-04", "2026-05-04"},
		"the chamber prints as counted": {
			Procedure{Days: 30, Roll: RollNone}, "2026-04-01", "2026-05-01", "2026-05-02", "2026-05-04",
		},
		"Christmas and Saint Stephen":  {Procedure{Days: 10}, "2026-12-15", "2026-12-25", "2026-12-28", "2026-12-28"},
		"Easter Monday":                {Procedure{Days: 10}, "2026-03-26", "2026-04-05", "2026-04-07", "2026-04-07"},
		"Saint Francis, new from 2026": {Procedure{Days: 10}, "2027-09-24", "2027-10-04", "2027-10-05", "2027-10-05"},
		"Saint Francis, not yet":       {Procedure{Days: 10}, "2024-09-24", "2024-10-04", "2024-10-04", "2024-10-04"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := tt.procedure.Term(isoDate(t, tt.published))
			if got.Nominal.String() != tt.nominal || got.Shifted.String() != tt.shifted || got.Safe.String() != tt.safe {
				t.Errorf("got %s / %s / %s, want %s / %s / %s", got.Nominal, got.Shifted, got.Safe, tt.nominal, tt.shifted, tt.safe)
			}
		})
	}
}

func TestTermOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := &Procedure{
			Days: rapid.IntRange(1, 60).Draw(t, "days"), CountFirstDay: rapid.Bool().Draw(t, "first"), Roll: rapid.SampledFrom([]Roll{"", RollNone, RollHolidays, RollSaturdays}).Draw(t, "roll"),
			From: rapid.SampledFrom([]Start{"", FromPublication, FromEnd}).Draw(t, "from"), PublicationDays: rapid.IntRange(0, 60).Draw(t, "stays"),
		}
		published := day(2009, 1, 1).AddDays(rapid.IntRange(0, 15000).Draw(t, "published"))
		term := p.Term(published)
		if term.Nominal.Before(published) || term.Shifted.Before(term.Nominal) || term.Safe.Before(term.Shifted) {
			t.Fatalf("out of order: %+v", term)
		}
		if festive(term.Shifted) || !WorkingDay(term.Safe) {
			t.Fatalf("ends on an idle day: %+v", term)
		}
	})
}

func TestAppealEnd(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		appeal       Appeal
		communicated string
		want         string
	}{
		"fifteen days":       {Appeal{Days: 15}, "2017-10-11", "2017-10-26"},
		"to a holiday":       {Appeal{Days: 15}, "2024-04-10", "2024-04-26"},
		"over August":        {Appeal{Days: 15, SkipAugust: true}, "2026-07-25", "2026-09-09"},
		"from inside August": {Appeal{Days: 8, SkipAugust: true}, "2026-08-10", "2026-09-08"},
		"August counted":     {Appeal{Days: 8}, "2026-07-31", "2026-08-10"},
		"none stated":        {Appeal{}, "2026-07-31", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := &Procedure{Appeal: tt.appeal}
			got, ok := p.AppealEnd(isoDate(t, tt.communicated))
			if got.String() != tt.want || ok != (tt.want != "") {
				t.Errorf("AppealEnd = %s, %v, want %s", got, ok, tt.want)
			}
		})
	}
}

func TestDaysLeft(t *testing.T) {
	t.Parallel()
	term := (&Procedure{Days: 45}).Term(day(2026, 7, 1)) // nominal 15 August, safe 17
	for _, tt := range []struct {
		state   State
		asOf    string
		want    int
		none    bool
		overdue bool
	}{
		{Listed, "2026-07-01", 45, false, false},
		{Listed, "2026-08-15", 0, false, false},
		{Listed, "2026-08-17", -2, false, false},
		{Listed, "2026-08-18", -3, false, true},
		{Lapsed, "2026-08-18", 0, true, false},
		{Found, "2026-08-18", 0, true, false},
		{Opposed, "2026-08-18", 0, true, false},
	} {
		c := &Case{State: tt.state, Term: term}
		got := c.DaysLeft(isoDate(t, tt.asOf))
		if (got == nil) != tt.none || got != nil && *got != tt.want {
			t.Errorf("%s on %s: days left %v, want %d", tt.state, tt.asOf, got, tt.want)
		}
		if c.Overdue(isoDate(t, tt.asOf)) != tt.overdue {
			t.Errorf("%s on %s: overdue %v", tt.state, tt.asOf, !tt.overdue)
		}
	}
}

// The national holidays of seven years as calendars print them; Sundays only where they are holidays besides.
func TestHolidays(t *testing.T) {
	t.Parallel()
	easterMonday := map[int]string{2024: "04-01", 2025: "04-21", 2026: "04-06", 2027: "03-29", 2028: "04-17", 2029: "04-02", 2030: "04-22"}
	fixed := []string{"01-01", "01-06", "04-25", "05-01", "06-02", "08-15", "11-01", "12-08", "12-25", "12-26"}
	for year, monday := range easterMonday {
		want := map[string]bool{monday: true}
		for _, d := range fixed {
			want[d] = true
		}
		want["10-04"] = year >= 2026
		for d := day(year, 1, 1); d.Year == year; d = d.AddDays(1) {
			name, ok := Holiday(d)
			if ok != want[d.String()[5:]] || ok != (name != "") {
				t.Errorf("Holiday(%s) = %q, %v", d, name, ok)
			}
			idle := ok || d.Weekday() == time.Saturday || d.Weekday() == time.Sunday
			if WorkingDay(d) == idle {
				t.Errorf("WorkingDay(%s) = %v", d, !idle)
			}
		}
	}
	for d, want := range map[string]bool{
		"2011-03-17": true, "2012-03-17": false, // once, for 150 years of unity
		"2000-06-02": false, "2001-06-02": true, // L. 336/2000
		"1985-01-06": false, "1986-01-06": true, // D.P.R. 792/1985
		"2025-10-04": false, "2026-10-04": true, // L. 151/2025
		"2026-11-04": false, "2026-03-19": false, "2026-06-29": false, // suppressed by L. 54/1977, still in the text of L. 260/1949
		"2026-06-24": false, "2026-12-07": false, // feasts of patrons
	} {
		if _, ok := Holiday(isoDate(t, d)); ok != want {
			t.Errorf("Holiday(%s) = %v", d, ok)
		}
	}
}

func TestEaster(t *testing.T) {
	t.Parallel()
	for _, want := range []string{
		"1961-04-02", "1981-04-19", "2000-04-23", "2008-03-23", "2011-04-24", "2019-04-21", "2024-03-31", "2025-04-20", "2026-04-05",
		"2027-03-28", "2028-04-16", "2029-04-01", "2030-04-21", "2038-04-25", "2049-04-18", "2076-04-19",
	} {
		d := isoDate(t, want)
		if got := easter(d.Year); got != d {
			t.Errorf("easter(%d) = %s, want %s", d.Year, got, want)
		}
	}
	for year := 1800; year <= 2500; year++ {
		if d := easter(year); d.Weekday() != time.Sunday || d.Before(day(year, 3, 22)) || d.After(day(year, 4, 25)) {
			t.Errorf("easter(%d) = %s", year, d)
		}
	}
}

func TestProcedureNames(t *testing.T) {
	t.Parallel()
	every := &Procedure{}
	some := &Procedure{Grounds: []checker.Ground{checker.GroundShared, checker.GroundMissing}}
	for ground, want := range map[checker.Ground][2]bool{
		checker.GroundExpired: {true, false},
		checker.GroundShared:  {true, true},
		checker.GroundMissing: {false, true},
		checker.GroundSeveral: {false, false},
	} {
		if got := [2]bool{every.Names(ground), some.Names(ground)}; got != want {
			t.Errorf("%s: %v, want %v", ground, got, want)
		}
	}
}

func TestWarningOn(t *testing.T) {
	t.Parallel()
	p := &Procedure{Warning: "verificare", WarnFrom: day(2020, 7, 17)}
	if got := p.WarningOn(day(2020, 7, 16)); got != "" {
		t.Errorf("the day before: %q", got)
	}
	if got := p.WarningOn(day(2020, 7, 17)); got != "verificare" {
		t.Errorf("the day itself: %q", got)
	}
	if got := (&Procedure{Warning: "sempre"}).WarningOn(day(2016, 6, 1)); got != "sempre" {
		t.Errorf("without a first day: %q", got)
	}
}

func TestSanctionFor(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		class, on         string
		min, max, reduced int
		assigned          bool
	}{
		{"capital", "2026-11-01", 206, 2064, 412, true},
		{"partnership", "2020-07-17", 206, 2064, 412, true},
		{"cooperative", "2020-07-16", 103, 1032, 206, false},
		{"consortium-entity", "2011-12-01", 103, 1032, 206, false},
		{"sole", "2026-11-01", 30, 1548, 60, true},
		{"sole", "2019-11-01", 10, 516, 20, false},
		{"sole", "2012-01-01", 0, 0, 0, false},       // no duty yet
		{"consortium", "2026-11-01", 0, 0, 0, false}, // disputed
		{"other", "2026-11-01", 0, 0, 0, false},
		{"", "2026-11-01", 0, 0, 0, false},
	} {
		s := SanctionFor(tt.class, isoDate(t, tt.on))
		if s.Min != tt.min || s.Max != tt.max || s.Reduced != tt.reduced || s.Assigned != tt.assigned {
			t.Errorf("%s on %s: %+v", tt.class, tt.on, s)
		}
		if (s.Text != "") != (tt.max > 0) || (len(s.Cites) > 0) != (tt.max > 0) {
			t.Errorf("%s on %s: text and sources do not go with the amounts: %+v", tt.class, tt.on, s)
		}
		if s.Max > 0 && s.Reduced != min(2*s.Min, s.Max/3) {
			t.Errorf("%s on %s: reduced payment %d is not the lower of %d and %d", tt.class, tt.on, s.Reduced, 2*s.Min, s.Max/3)
		}
	}
}

package checker_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"pecaudit/checker"
)

// on reads a day that a test writes.
func on(s string) checker.Date {
	d, err := checker.ParseISODate(s)
	if err != nil {
		panic(err)
	}
	return d
}

func TestParseDate(t *testing.T) {
	t.Parallel()
	for cell, want := range map[string]string{
		"01/02/2021": "2021-02-01", "1/2/2021": "2021-02-01", "01-02-2021": "2021-02-01", "01.02.2021": "2021-02-01", "2021-02-01": "2021-02-01",
		" 31/12/1999\u00a0": "1999-12-31", "29/02/2024": "2024-02-29", "29/02/2000": "2000-02-29", "01/01/1800": "1800-01-01", "31/12/9999": "9999-12-31",
		"2021-02-01 00:00:00": "2021-02-01", "2021-02-01T23:59:59.123Z": "2021-02-01", "01/02/2021 10:30": "2021-02-01", "2021-02-01T10:00:00+02:00": "2021-02-01",
	} {
		if got, ok := checker.ParseDate(cell); !ok || got.String() != want {
			t.Errorf("%q: %v, %v; want %s", cell, got, ok, want)
		}
	}
	for _, cell := range []string{
		"", "n.d.", "31/02/2021", "29/02/2023", "29/02/1900", "00/01/2021", "01/13/2021", "32/01/2021", "01/02/21", "2021/02/01", "2021-2-1", "01/02-2021", "0/0/0000",
		"00/00/0000", "01/01/1799", "1/2/20211", "+1/02/2021", "01/02/2021x", "2021-02-01 alle 10", "44228", "１/２/2021", "01 02 2021", "01//2021", "-1/2/2021",
	} {
		if got, ok := checker.ParseDate(cell); ok {
			t.Errorf("%q was read as %v", cell, got)
		}
	}
}

func TestParseISODate(t *testing.T) {
	t.Parallel()
	if d, err := checker.ParseISODate("2026-11-01"); err != nil || d != (checker.Date{Year: 2026, Month: time.November, Day: 1}) {
		t.Errorf("%v, %v", d, err)
	}
	for _, s := range []string{"", "01/11/2026", "2026-11-31", "2026-11-1", "2026-11-01T00:00:00", " 2026-11-01"} {
		if d, err := checker.ParseISODate(s); err == nil || !strings.Contains(err.Error(), "YYYY-MM-DD") {
			t.Errorf("%q: %v, %v", s, d, err)
		}
	}
}

// days draws a day.
func days() *rapid.Generator[checker.Date] {
	return rapid.Custom(func(t *rapid.T) checker.Date {
		return checker.DateOf(time.Date(1800, 1, 1+rapid.IntRange(0, 365*300).Draw(t, "day"), 0, 0, 0, 0, time.UTC))
	})
}

func TestDateForms(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := days().Draw(t, "date")
		for _, s := range []string{d.String(), d.Italian(), strings.ReplaceAll(d.Italian(), "/", "-"), strings.ReplaceAll(d.Italian(), "/", ".")} {
			if got, ok := checker.ParseDate(s); !ok || got != d {
				t.Fatalf("%s reads back as %v", s, got)
			}
		}
		var back checker.Date
		b, err := json.Marshal(d)
		if err != nil || json.Unmarshal(b, &back) != nil || back != d {
			t.Fatalf("%s: %s, %v, %v", d, b, back, err)
		}
		m, err := checker.ParseMonth(d.In().String())
		if err != nil || m != d.In() || d.Before(m.First()) || d.After(m.Last()) || m.Add(1).First() != m.Last().AddDays(1) {
			t.Fatalf("%s: month %s, %v", d, m, err)
		}
	})
}

func TestDateArithmetic(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d, e := days().Draw(t, "d"), days().Draw(t, "e")
		if got := d.Compare(e); got != d.Time().Compare(e.Time()) || d.Before(e) != (got < 0) || d.After(e) != (got > 0) {
			t.Fatalf("%s, %s: %d", d, e, got)
		}
		if n := d.DaysUntil(e); d.AddDays(n) != e || e.DaysUntil(d) != -n {
			t.Fatalf("%s to %s: %d days", d, e, n)
		}
		if d.Weekday() != d.AddDays(7).Weekday() {
			t.Fatalf("%s: %s", d, d.Weekday())
		}
		n := rapid.IntRange(0, 600).Draw(t, "months")
		if got := d.AddMonths(n); got.In() != d.In().Add(n) || got.Day > d.Day || got.Day < d.Day && got != got.In().Last() {
			t.Fatalf("%s + %d months: %s", d, n, got)
		}
	})
	for _, c := range []struct {
		from   string
		months int
		want   string
	}{{"2026-01-31", 1, "2026-02-28"}, {"2024-01-31", 1, "2024-02-29"}, {"2026-03-31", -1, "2026-02-28"}, {"2026-11-15", 2, "2027-01-15"}, {"2026-12-31", 12, "2027-12-31"}} {
		if got := on(c.from).AddMonths(c.months).String(); got != c.want {
			t.Errorf("%s + %d months: %s, want %s", c.from, c.months, got, c.want)
		}
	}
	var zero checker.Date
	if !zero.IsZero() || zero.String() != "" || zero.Italian() != "" || !zero.Before(on("1800-01-01")) || !zero.AddDays(3).IsZero() || !zero.AddMonths(3).IsZero() {
		t.Error("the zero date is not \"not set\"")
	}
}

func TestRomeDate(t *testing.T) {
	t.Parallel()
	for instant, want := range map[string]string{
		"2026-10-31T22:59:59Z": "2026-10-31", // winter time began on the 25th
		"2026-10-31T23:00:00Z": "2026-11-01",
		"2026-07-31T21:59:59Z": "2026-07-31",
		"2026-07-31T22:00:00Z": "2026-08-01",
	} {
		at, err := time.Parse(time.RFC3339, instant)
		if err != nil {
			t.Fatal(err)
		}
		if got := checker.RomeDate(at).String(); got != want {
			t.Errorf("%s: %s, want %s", instant, got, want)
		}
	}
	if !checker.RomeDate(time.Time{}).IsZero() {
		t.Error("the zero instant has a day")
	}
}

func TestPeriod(t *testing.T) {
	t.Parallel()
	p := checker.Period{From: on("2014-05-09"), Until: on("2020-07-17")}
	for day, want := range map[string]bool{"2014-05-08": false, "2014-05-09": true, "2020-07-16": true, "2020-07-17": false} {
		if p.Contains(on(day)) != want {
			t.Errorf("%s: %v", day, !want)
		}
	}
	for _, c := range []struct {
		p    checker.Period
		want string
	}{
		{checker.Period{}, "always"}, {checker.Period{From: p.From}, "from 2014-05-09"}, {checker.Period{Until: p.Until}, "until 2020-07-17"}, {p, "2014-05-09 to 2020-07-17"},
	} {
		if c.p.String() != c.want {
			t.Errorf("%q, want %q", c.p.String(), c.want)
		}
	}
	if !(checker.Period{}).Contains(on("1900-01-01")) {
		t.Error("an open period is not always")
	}
}

func TestMonthAndSpan(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"", "2026-13", "2026-1", "11/2026", "2026-11-01"} {
		if m, err := checker.ParseMonth(s); err == nil {
			t.Errorf("%q was read as %v", s, m)
		}
	}
	for s, want := range map[string]int{"30 months": 30, "1 month": 1, "10 years": 120, "1 year": 12, " 2  years ": 24} {
		if span, err := checker.ParseSpan(s); err != nil || span.Months != want {
			t.Errorf("%q: %v, %v", s, span, err)
		}
	}
	for _, s := range []string{"", "30", "months", "0 months", "-1 months", "30 days", "1.5 years", "2000 months"} {
		if span, err := checker.ParseSpan(s); err == nil {
			t.Errorf("%q was read as %v", s, span)
		}
	}
	if got := (checker.Span{Months: 30}).Before(on("2026-11-30")); got != on("2024-05-30") {
		t.Errorf("30 months before 30/11/2026: %s", got)
	}
	var period struct {
		From checker.Date  `json:"from"`
		In   checker.Month `json:"in"`
	}
	if err := json.Unmarshal([]byte(`{"from":"","in":""}`), &period); err != nil || !period.From.IsZero() || period.In != (checker.Month{}) {
		t.Errorf("%+v, %v", period, err)
	}
	if err := json.Unmarshal([]byte(`{"from":"1/2/2026"}`), &period); err == nil {
		t.Error("a date in another form was taken")
	}
}

func FuzzParseDate(f *testing.F) {
	for _, s := range []string{"01/02/2021", "2021-02-01", "1.2.2021", "2021-02-01T10:00:00Z", "31/02/2021", "\u00a001-02-2021", "//2021"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, cell string) {
		d, ok := checker.ParseDate(cell)
		if ok == d.IsZero() {
			t.Fatalf("%q: %v, %v", cell, d, ok)
		}
		if !ok {
			return
		}
		if _, exists := checker.NewDate(d.Year, d.Month, d.Day); !exists || checker.DateOf(d.Time()) != d {
			t.Fatalf("%q: %v does not exist", cell, d)
		}
		if diff := cmp.Diff(d, on(d.String())); diff != "" {
			t.Fatal(diff)
		}
	})
}

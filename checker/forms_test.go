package checker

import (
	"strings"
	"testing"
)

func formList() []LegalForm {
	changed := Date{2027, 1, 1}
	return []LegalForm{
		{Code: "DI", Name: "Impresa individuale", Words: []string{"Ditta individuale"}, Class: SoleTrader, Duty: DutyYes},
		{Code: "SR", Name: "Società a responsabilità limitata", Words: []string{"S.R.L.", "S. a r.l."}, Class: CapitalCompany, Duty: DutyYes},
		{Code: "SE", Name: "Società semplice", Words: []string{"S.S."}, Class: Partnership, Duty: DutyYes},
		{Code: "SD", Name: "Società europea", Words: []string{"S.E."}, Class: CapitalCompany, Duty: DutyYes},
		{Code: "CO", Name: "Consorzio", Class: Consortium, Duty: DutyDisputed, Period: Period{Until: changed}},
		{Code: "CO", Name: "Consorzio", Class: Consortium, Duty: DutyYes, Period: Period{From: changed}},
	}
}

func TestFormsFind(t *testing.T) {
	t.Parallel()
	f, err := NewForms(formList(), Date{2026, 11, 1})
	if err != nil {
		t.Fatal(err)
	}
	for cell, want := range map[string]string{
		"SR": "SR", "sr": "SR", " Sr\u00a0": "SR", "S.R.": "SR", "S.R.L.": "SR", "srl": "SR", "s.r.l": "SR", "S. R. L.": "SR", "SARL": "SR",
		"Società a responsabilità limitata": "SR", "SOCIETA' A RESPONSABILITA' LIMITATA": "SR", "SOCIETÀ A RESPONSABILITÀ LIMITATA": "SR",
		"società’ a responsabilità’ limitata": "SR", "ditta individuale": "DI", "IMPRESA INDIVIDUALE": "DI", "DI": "DI",
		"SE": "SE", "se": "SE", "S.E.": "SD", "s.s.": "SE", "SS": "", "consorzio": "CO",
		"": "", "  ": "", "-": "", "Srl in liquidazione": "", "XY": "", "1": "", strings.Repeat("srl", 50): "",
	} {
		got := ""
		if form := f.Find(cell); form != nil {
			got = form.Code
		}
		if got != want {
			t.Errorf("Find(%q) = %q, want %q", cell, got, want)
		}
	}
}

func TestFormsAreDated(t *testing.T) {
	t.Parallel()
	for on, want := range map[Date]Duty{{2026, 12, 31}: DutyDisputed, {2027, 1, 1}: DutyYes} {
		f, err := NewForms(formList(), on)
		if err != nil {
			t.Fatal(err)
		}
		if got := f.Find("CO").Duty; got != want {
			t.Errorf("duty of a consortium on %s: %d, want %d", on, got, want)
		}
	}
}

func TestNewFormsRefuses(t *testing.T) {
	t.Parallel()
	for want, extra := range map[string]LegalForm{
		`"sr" stands for two legal forms`:         {Code: "sr", Name: "X"},
		`"srl" stands for two legal forms`:        {Code: "XX", Name: "X", Words: []string{"srl"}},
		`"CONSORZIO " stands for two legal forms`: {Code: "XX", Name: "CONSORZIO "},
		`"-" holds no letter`:                     {Code: "XX", Name: "X", Words: []string{"-"}},
	} {
		if _, err := NewForms(append(formList(), extra), Date{2026, 11, 1}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want an error with %q", err, want)
		}
	}
}

func TestFormsFindDoesNotAllocate(t *testing.T) {
	f, err := NewForms(formList(), Date{2026, 11, 1})
	if err != nil {
		t.Fatal(err)
	}
	for _, cell := range []string{"SR", "S.R.L.", "Società a responsabilità limitata", "", "unknown"} {
		if n := testing.AllocsPerRun(100, func() { f.Find(cell) }); n != 0 {
			t.Errorf("Find(%q) allocates %v times", cell, n)
		}
	}
}

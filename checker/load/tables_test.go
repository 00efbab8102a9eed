package load

import (
	"testing"

	"pecaudit/checker"
)

// options returns the options of most tests: a few chambers and legal forms, the first of November 2026.
func options(t testing.TB) *Options {
	t.Helper()
	asOf := checker.Date{Year: 2026, Month: 11, Day: 1}
	chambers, err := checker.NewChambers([]checker.Chamber{
		{Slug: "milano-monza-brianza-lodi", Name: "Milano Monza Brianza Lodi", Provinces: []checker.Province{{Sigla: "MI", Name: "Milano"}, {Sigla: "LO", Name: "Lodi"}}},
		{Slug: "roma", Name: "Roma", Provinces: []checker.Province{{Sigla: "RM", Name: "Roma"}}},
		{Slug: "romagna", Name: "Romagna", Provinces: []checker.Province{{Sigla: "FO", Name: "Forlì-Cesena", Also: []string{"FC"}}, {Sigla: "RN", Name: "Rimini"}}},
		{Slug: "bari", Name: "Bari", Provinces: []checker.Province{{Sigla: "BA", Name: "Bari", Divided: []string{"BT"}}}},
	}, asOf)
	if err != nil {
		t.Fatal(err)
	}
	forms, err := checker.NewForms([]checker.LegalForm{
		{Code: "SR", Name: "Società a responsabilità limitata", Words: []string{"S.R.L."}, Class: checker.CapitalCompany, Duty: checker.DutyYes},
		{Code: "DI", Name: "Impresa individuale", Words: []string{"ditta individuale"}, Class: checker.SoleTrader, Duty: checker.DutyYes},
	}, asOf)
	if err != nil {
		t.Fatal(err)
	}
	return &Options{AsOf: asOf, Chambers: chambers, Forms: forms, TempDir: t.TempDir()}
}

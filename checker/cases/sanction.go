package cases

import (
	"slices"

	"pecaudit/checker"
)

// A Sanction is what the law attaches, on a day, to an address that was not put right: shown with lapsed cases, decided by nobody here.
type Sanction struct {
	Min, Max   int    // of the fine, euro
	Reduced    int    // euro, if paid within 60 days (art. 16 L. 689/1981: the lower of twice the minimum and a third of the maximum)
	Suspension string // of the company's applications to the register; Italian
	Assigned   bool   // the office assigns a digital domicile together with the fine
	Cites      []checker.Citation
	Text       string // all of it in one line; Italian
}

var (
	companyClasses = []string{"partnership", "capital", "cooperative", "consortium-entity"}
	traderClasses  = []string{"sole"}
	law185         = checker.Citation{Text: "Art. 16, c. 6-bis, D.L. 185/2008 (conv. L. 2/2009)"}
	law179         = checker.Citation{Text: "Art. 5, c. 2, D.L. 179/2012 (conv. L. 221/2012)"}
	law76          = checker.Citation{Text: "Art. 37 D.L. 76/2020 (conv. L. 120/2020)"}
	law689         = checker.Citation{Text: "Art. 16 L. 689/1981"}
)

// sanctions are dated: the amounts of a day long ago are those of then.
var sanctions = []struct {
	classes []string
	period  checker.Period
	Sanction
}{
	{companyClasses, checker.Period{From: day(2008, 11, 29), Until: day(2012, 2, 10)}, Sanction{
		Min: 103, Max: 1032, Reduced: 206,
		Cites: []checker.Citation{{Text: "Art. 2630 codice civile"}, law689},
		Text:  "Sanzione da 103 a 1.032 euro (art. 2630 c.c.; in misura ridotta 206 euro).",
	}},
	{companyClasses, checker.Period{From: day(2012, 2, 10), Until: day(2020, 7, 17)}, Sanction{
		Min: 103, Max: 1032, Reduced: 206, Suspension: "per tre mesi",
		Cites: []checker.Citation{law185, {Text: "Art. 37 D.L. 5/2012 (conv. L. 35/2012)"}, {Text: "Art. 2630 codice civile"}, law689},
		Text:  "Domande al registro sospese per tre mesi; sanzione da 103 a 1.032 euro (art. 2630 c.c.; in misura ridotta 206 euro).",
	}},
	{companyClasses, checker.Period{From: day(2020, 7, 17)}, Sanction{
		Min: 206, Max: 2064, Reduced: 412, Suspension: "fino all'integrazione", Assigned: true,
		Cites: []checker.Citation{law185, law76, {Text: "Art. 2630 codice civile, importi raddoppiati"}, law689},
		Text: "Domande al registro sospese fino all'integrazione; sanzione da 206 a 2.064 euro per ciascun legale rappresentante (art. 2630 c.c. " +
			"raddoppiato; in misura ridotta 412 euro) e assegnazione d'ufficio di un domicilio digitale.",
	}},
	{traderClasses, checker.Period{From: day(2012, 10, 20), Until: day(2020, 7, 17)}, Sanction{
		Min: 10, Max: 516, Reduced: 20, Suspension: "per 45 giorni",
		Cites: []checker.Citation{law179, {Text: "Art. 2194 codice civile"}, law689},
		Text:  "Domande al registro sospese per 45 giorni; sanzione da 10 a 516 euro (art. 2194 c.c.; in misura ridotta 20 euro).",
	}},
	{traderClasses, checker.Period{From: day(2020, 7, 17)}, Sanction{
		Min: 30, Max: 1548, Reduced: 60, Suspension: "fino all'integrazione", Assigned: true,
		Cites: []checker.Citation{law179, law76, {Text: "Art. 2194 codice civile, importi triplicati"}, law689},
		Text: "Domande al registro sospese fino all'integrazione; previa diffida di 30 giorni, sanzione da 30 a 1.548 euro a carico del titolare (art. 2194 c.c. " +
			"triplicato; in misura ridotta 60 euro) e assegnazione d'ufficio di un domicilio digitale.",
	}},
}

// SanctionFor returns what the law attaches to a class of company (the words of Facts.Class) on a day: zero before there was a duty, and for
// forms whose duty is disputed or not known, which nobody should read an amount for.
func SanctionFor(class string, on checker.Date) Sanction {
	for i := range sanctions {
		if s := &sanctions[i]; s.period.Contains(on) && slices.Contains(s.classes, class) {
			return s.Sanction
		}
	}
	return Sanction{}
}

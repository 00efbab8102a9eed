package reports

import (
	"fmt"
	"time"

	"pecaudit/checker"
	"pecaudit/checker/cases"
)

// The companies, names and addresses below are invented; codes have right check digits.

func date(s string) checker.Date {
	d, err := checker.ParseISODate(s)
	if err != nil {
		panic(err)
	}
	return d
}

func intp(n int) *int { return &n }

func term(published, nominal, shifted, safe string) cases.Term {
	return cases.Term{Procedure: "giudice-45", Published: date(published), Nominal: date(nominal), Shifted: date(shifted), Safe: date(safe)}
}

// codeOf returns a company's code with a right check digit.
func codeOf(n int) string {
	body := fmt.Sprintf("%010d", n)
	for d := range 10 {
		if code := body + fmt.Sprint(d); checker.ValidPartitaIVA(code) {
			return code
		}
	}
	return ""
}

var sampleRules = []AppliedRule{
	{ID: "REG-001", Title: "Domicilio digitale presente", Cure: "Comunicare al registro un domicilio digitale.", Binding: true, Period: checker.Period{From: date("2008-11-29")}, Cites: []checker.Citation{{Text: "Art. 16, c. 6, D.L. 185/2008"}, {Text: "Art. 5, D.L. 179/2012"}}, Fail: 1},
	{ID: "SYN-001", Title: "Indirizzo scritto in modo valido", Cure: "Iscrivere un indirizzo PEC scritto per intero.", Binding: true, Period: checker.Period{From: date("2008-11-29")}, Cites: []checker.Citation{{Text: "RFC 5321, 4.1.2", URL: "https://www.rfc-editor.org/rfc/rfc5321"}}, Fail: 1},
	{ID: "UNI-001", Title: "Indirizzo esclusivo di una sola impresa", Cure: "Iscrivere un indirizzo PEC di cui l'impresa sia unica titolare.", Binding: true, Period: checker.Period{From: date("2014-05-09")}, Cites: []checker.Citation{{Text: "Lettera-circolare MISE prot. 77684 del 9 maggio 2014"}}, Fail: 2, Unknown: 1},
	{ID: "EXP-001", Title: "Casella non scaduta", Cure: "Rinnovare la casella presso il gestore, o iscrivere un altro indirizzo PEC.", Binding: true, Needs: checker.StatusEvidence | checker.ExpiryEvidence, Period: checker.Period{From: date("2015-04-27")}, Cites: []checker.Citation{{Text: "Direttiva MISE-Giustizia del 27 aprile 2015"}}, Fail: 3, NotRun: 4},
	{ID: "PRV-001", Title: "Casella non revocata né cessata", Cure: "Iscrivere un altro indirizzo PEC.", Binding: true, Needs: checker.StatusEvidence, Period: checker.Period{From: date("2015-04-27")}, Cites: []checker.Citation{{Text: "Direttiva MISE-Giustizia del 27 aprile 2015"}}, Fail: 1},
	{ID: "UNI-003", Title: "Domicilio dell'amministratore distinto da quello dell'impresa", Cure: "L'amministratore deve comunicare un domicilio proprio.", Needs: checker.DirectorEvidence, Period: checker.Period{From: date("2026-01-01")}, Cites: []checker.Citation{{Text: "Art. 13, c. 3, D.L. 159/2025"}}, Fail: 1},
	{ID: "EXP-002", Title: "Casella in scadenza", Cure: "Rinnovare la casella prima della scadenza.", Needs: checker.StatusEvidence | checker.ExpiryEvidence, Period: checker.Period{From: date("2015-04-27")}, Cites: []checker.Citation{{Text: "Direttiva MISE-Giustizia del 27 aprile 2015"}}, Fail: 1},
	{ID: "DNS-001", Title: "Dominio che riceve posta", Binding: true, Needs: checker.MXEvidence, Period: checker.Period{From: date("2015-04-27"), Until: date("2030-01-01")}, Cites: []checker.Citation{{Text: "RFC 5321, 5.1"}}},
}

func sampleRows() []Row {
	base := func(n int, name, pec string, g checker.Ground, rule checker.RuleID, class, form string) Row {
		return Row{
			Kind: RowBreach, CCIAA: "CA", REA: fmt.Sprintf("CA-%d", 200000+n), CodiceFiscale: codeOf(n), Name: name, Form: form, Class: class,
			Comune: "Cagliari", PEC: pec, Provider: "Gestore Uno", Ground: g, Detail: "Elementi della verifica numero " + fmt.Sprint(n) + ".",
			State: cases.Found, Found: date("2026-11-01"), Checked: date("2026-11-01"), Rules: []checker.RuleID{rule},
			File: "elenco-ca.csv", Line: n + 1, Case: fmt.Sprintf("%012x", 0xa1b2c3d4e000+n),
		}
	}
	a := base(1, "ÀNCORA E MARE S.R.L.", "ancora@pec-uno.example", checker.GroundExpired, "EXP-001", "capital", "SR")
	a.Detail = "Scaduta il 15/09/2026 secondo l'elenco dei gestori del 28/10/2026."

	b := base(2, "Bianchi & figli s.n.c.", "bianchi@pec-uno.example", checker.GroundExpired, "EXP-001", "partnership", "SN")
	b.State, b.Term, b.DaysLeft = cases.Listed, term("2026-10-01", "2026-11-15", "2026-11-16", "2026-11-16"), intp(14)
	b.Office, b.OfficeOn, b.Protocol, b.Note = "Confermata irregolare", date("2026-10-20"), "2026/000123", "Sentita per telefono: rinnova."

	c := base(3, "-Corallo & C.", "studio@pec-due.example", checker.GroundShared, "UNI-001", "capital", "SU")
	c.Others = []cases.Holder{{Company: codeOf(4), CodiceFiscale: codeOf(4), Name: "DAMA S.R.L.", CCIAA: "OR", REA: "OR-300004"}, {Company: codeOf(40), Name: "ERBA S.R.L.", Gone: true}}
	c.State, c.Term, c.DaysLeft = cases.Listed, term("2026-11-01", "2026-12-16", "2026-12-16", "2026-12-16"), intp(45)

	d := base(4, "=DAMA S.R.L.", "STUDIO@pec-due.example", checker.GroundShared, "UNI-001", "capital", "SR")
	d.CCIAA, d.REA, d.Comune = "OR", "OR-300004", "Oristano"
	d.Others = []cases.Holder{{Company: codeOf(3), CodiceFiscale: codeOf(3), Name: "-Corallo & C.", CCIAA: "CA", REA: "CA-200003"}}
	d.State, d.Term, d.DaysLeft, d.Overdue = cases.Listed, term("2026-09-01", "2026-10-16", "2026-10-16", "2026-10-16"), intp(-16), true

	e := base(5, "Edilizia Èssere", "edilizia@@pec", checker.GroundMalformed, "SYN-001", "sole", "DI")
	e.CodiceFiscale, e.Suggestion = "RSSMRA80A01H501U", ""
	e.State, e.Term = cases.Lapsed, term("2026-09-01", "2026-10-16", "2026-10-16", "2026-10-16")
	e.Sanction = "Sanzione dell'art. 2194 c.c. triplicata, da 30 a 1.548 euro, dopo diffida; domande di iscrizione sospese."

	f := base(6, "Fonte \x01 Nuova\tS.p.A.", "fonte@pec-tre.example", checker.GroundRevoked, "PRV-001", "capital", "SP")
	f.State, f.Decider, f.Term = cases.Referred, "giudice", term("2026-07-01", "2026-08-15", "2026-08-17", "2026-08-17")
	f.Office, f.OfficeOn, f.Protocol = "Trasmessa al Giudice o al Conservatore", date("2026-10-30"), "2026/000456"

	g := base(7, "Ginestra soc. coop.", "", checker.GroundMissing, "REG-001", "cooperative", "SC")
	g.REA, g.Provider = "", ""

	h := base(8, "Ibis S.r.l.", "ibis@pec-uno.example", checker.GroundExpired, "EXP-001", "capital", "SR")
	h.State, h.Closed, h.Late, h.Term = cases.Cured, date("2026-11-01"), true, term("2026-07-01", "2026-08-15", "2026-08-17", "2026-08-17")
	h.Office, h.OfficeOn = "Casella rinnovata o riattivata", date("2026-10-28")

	u := base(13, "Palma S.r.l.", "palma@pec-uno.example", checker.GroundExpired, "EXP-001", "capital", "SR")
	u.State, u.Closed, u.Term = cases.Executed, date("2026-11-01"), term("2026-07-01", "2026-08-15", "2026-08-17", "2026-08-17")
	u.OfficeOn, u.Protocol = date("2026-10-30"), "2026/000789" // executed: entered by command, there is no word for it

	v := base(9, "Lira S.a.s.", "lira@pec-uno.example", checker.GroundShared, "UNI-001", "partnership", "AS")
	v.Kind, v.Reason, v.State, v.Found, v.Case = RowVerify, checker.ReasonAmbiguous, "", checker.Date{}, ""
	w := base(10, "Mirto S.r.l.", "mirto@pec-uno.example", checker.GroundExpired, "EXP-001", "capital", "SR")
	w.Kind, w.State, w.Office, w.OfficeOn = RowVerify, cases.Cured, "Dichiarazione di funzionalità e titolarità", date("2026-10-05")

	x := base(11, "Nuraghe S.r.l.", "nuraghe@pec-uno.example", checker.GroundDirector, "UNI-003", "capital", "SR")
	x.Kind, x.State, x.Case = RowDirector, "", ""
	y := base(12, "Olivo S.r.l.", "olivo@pec-uno.example", checker.GroundExpiring, "EXP-002", "capital", "SR")
	y.Kind, y.State, y.Case, y.Expiry = RowExpiring, "", "", date("2026-11-20")
	return []Row{y, c, a, b, w, d, x, e, f, g, h, v, u}
}

func sampleMonth() *Month {
	m := &Month{
		Kind: ChamberBook, Month: checker.Month{Year: 2026, Month: time.November}, AsOf: date("2026-11-01"), Chamber: "cagliari-oristano", Name: "Cagliari-Oristano",
		Procedure: ProcedureNote{
			ID: "giudice-45", Title: "Elenchi il primo del mese, 45 giorni, Giudice del registro",
			Sources: []string{"Direttiva MISE-Giustizia del 27 aprile 2015"},
			Warning: "Profilo 2016 (Giudice del registro). Dal 17/07/2020 l'art. 16, c. 6-ter, D.L. 185/2008 prevede 30 giorni e la determinazione del Conservatore: verificare la prassi della Camera.",
		},
		Summary: checker.Summary{
			AsOf: date("2026-11-01"), Coverage: "chamber", Rows: 1240, Companies: 1201, Compliant: 1000, NonCompliant: 8, Undetermined: 30, OutOfScope: 200, Rejected: 2,
			NotRun: []checker.RuleID{"DNS-001"}, NotRunRows: map[checker.RuleID]int{"EXP-001": 4}, Assumed: []string{"stato"}, Files: []string{"/dati/elenco-ca.csv"},
		},
		Rows: sampleRows(), Rules: sampleRules,
		Rejected: []Rejected{
			{File: "/dati/elenco-ca.csv", Row: 17, Reason: "no key", Text: ";;Senza Chiave S.r.l.;x@pec-uno.example"},
			{File: "/dati/arc.zip/elenco-or.xlsx", Sheet: "Foglio1", Row: 902, Column: "pec", Reason: "something new", Text: "=1+1"},
		},
		Sources: []Source{{
			Role: "companies", File: "/dati/elenco-ca.csv", Size: 81234, SHA256: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", Reference: date("2026-10-31"), Rows: 1240,
			Repaired: 12, Rejected: 2, Encoding: "UTF-8", Delimiter: ";", Header: 1, Repairs: map[string]int{"trimmed": 9, "lowercased": 12},
			Mapping: []MappedColumn{{Header: "N. REA", Field: "rea"}, {Header: "PEC\nimpresa", Field: "pec"}, {Header: "Sigla", Hint: "per usarla: --map cciaa=Sigla"}, {Header: "Telefono"}},
		}, {
			Role: "pec-status", File: "stati.csv", Size: 900, SHA256: "60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752", Presumed: true, Reference: date("2026-11-01"), Rows: 20, Delimiter: "\t",
		}},
		Version: "pecaudit 0.0.0-test", Config: "0123456789abcdef",
	}
	for i := range 12 {
		k := checker.Month{Year: 2025, Month: time.December}.Add(i)
		m.Trend = append(m.Trend, TrendMonth{Month: k, Rows: 1100 + 12*i, Grounds: map[checker.Ground]int{
			checker.GroundExpired: 20 - i, checker.GroundShared: 3 + i%4, checker.GroundMalformed: 2, checker.GroundRevoked: i % 3, checker.GroundMissing: 5, checker.GroundDomain: i % 2,
		}})
	}
	return m
}

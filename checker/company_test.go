package checker_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"pecaudit/checker"
)

func TestParseStatus(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		want  checker.Status
		cells []string
	}{
		{checker.StatusEmpty, []string{"", "  ", "\u00a0"}},
		{checker.Active, []string{"ATTIVA", "attiva", " Attiva ", "REGISTRATA", "IN ISCRIZIONE", "IN_ISCRIZIONE", "in  iscrizione"}},
		{checker.Inactive, []string{"INATTIVA"}},
		{checker.Suspended, []string{"SOSPESA"}},
		{checker.InLiquidation, []string{"IN LIQUIDAZIONE", "Liquidata", "SCIOLTA", "LIQUIDAZIONE_VOLONTARIA"}},
		{checker.Insolvent, []string{"FALLITA", "FALLIMENTO", "LIQUIDAZIONE GIUDIZIALE", "LIQUIDAZIONE COATTA", "CONCORDATO", "AMMINISTRAZIONE_STRAORDINARIA"}},
		{checker.Cancelled, []string{"CANCELLATA", "Cessata"}},
		{checker.StatusUnknown, []string{"TRASFERITA", "A", "ATTIVA.", "NON ATTIVA", "LIQUIDAZIONE"}},
	} {
		for _, cell := range c.cells {
			if got := checker.ParseStatus(cell); got != c.want {
				t.Errorf("%q: %d, want %d", cell, got, c.want)
			}
		}
	}
}

func TestSoleTrader(t *testing.T) {
	t.Parallel()
	trader, company := &checker.LegalForm{Code: "DI", Class: checker.SoleTrader}, &checker.LegalForm{Code: "SR", Class: checker.CapitalCompany}
	person, body := checker.Identity{CodiceFiscale: "RSSMRA80A01H501U"}, checker.Identity{CodiceFiscale: "01234567897"}
	for _, c := range []struct {
		name string
		c    checker.Company
		want bool
	}{
		{"DI", checker.Company{Identity: body, Form: trader, RawForm: "DI"}, true},
		{"a person's code without form", checker.Company{Identity: person}, true},
		{"a person's code, form of blanks", checker.Company{Identity: person, RawForm: " "}, true},
		{"a person's code in a company", checker.Company{Identity: person, Form: company, RawForm: "SR"}, false},
		{"a person's code, form not understood", checker.Company{Identity: person, RawForm: "QQ"}, false},
		{"a body's code without form", checker.Company{Identity: body}, false},
	} {
		if got := c.c.SoleTrader(); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}

func TestAssigned(t *testing.T) {
	t.Parallel()
	for cell, want := range map[string]bool{
		"01234567897@impresa.italia.it": true, "01234567897@IMPRESA.ITALIA.IT": true, "1234567897@impresa.italia.it": false, "00743110157@impresa.italia.it": false,
		"01234567897@pec.impresa.italia.it": false, "01234567897@pec.example": false, "": false,
	} {
		c := checker.Company{Identity: checker.Identity{CodiceFiscale: "01234567897"}, PEC: checker.ParseMailbox(cell)}
		if got := c.Assigned(); got != want {
			t.Errorf("%q: %v", cell, got)
		}
	}
	nobody := checker.Company{}
	if nobody.Assigned() {
		t.Error("a row without code and address has an assigned domicile")
	}
}

func TestRepairNames(t *testing.T) {
	t.Parallel()
	want := []string{"trimmed", "mailto", "brackets", "trailing", "lowercased", "zeros-restored", "guard-removed"}
	if diff := cmp.Diff(want, checker.Repairs(0x7f).Names()); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"mailto", "guard-removed"}, (checker.Mailto | checker.GuardRemoved).Names()); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{}, checker.Repairs(0).Names()); diff != "" {
		t.Error(diff)
	}
}

func TestMissingShare(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		list checker.ListFacts
		want float64
	}{{checker.ListFacts{}, 0}, {checker.ListFacts{InScope: 50, WithoutAddress: 15}, 0.3}, {checker.ListFacts{InScope: 4, WithoutAddress: 4}, 1}} {
		if got := c.list.MissingShare(); got != c.want {
			t.Errorf("%+v: %v", c.list, got)
		}
	}
}

func TestSummaryCheck(t *testing.T) {
	t.Parallel()
	s := checker.Summary{Rows: 15, Compliant: 1, NonCompliant: 2, Undetermined: 3, OutOfScope: 4, Rejected: 5}
	if err := s.Check(); err != nil {
		t.Error(err)
	}
	s.Rejected--
	if s.Check() == nil {
		t.Error("a lost row was not noticed")
	}
}

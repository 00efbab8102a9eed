package rules_test

import (
	"testing"

	"pecaudit/checker"
	"pecaudit/checker/rules"
)

func TestScope(t *testing.T) {
	t.Parallel()
	asOf := day("2026-11-01")
	trader := &checker.LegalForm{Code: "DI", Class: checker.SoleTrader, Duty: checker.DutyYes}
	company := &checker.LegalForm{Code: "SR", Class: checker.CapitalCompany, Duty: checker.DutyYes}
	association := &checker.LegalForm{Code: "AC", Duty: checker.DutyNo}
	consortium := &checker.LegalForm{Code: "CO", Class: checker.Consortium, Duty: checker.DutyDisputed}
	person := checker.Identity{CodiceFiscale: "PRVLNE80A41Z999J"}
	const in, out, gone = "in", "out", "gone"
	for _, c := range []struct {
		name string
		c    checker.Company
		want string
	}{
		{"a company, no column stato", checker.Company{Form: company}, in},
		{"nothing but a person's code", checker.Company{Identity: person}, in},
		{"a company without a state", checker.Company{Form: company, Status: checker.StatusEmpty}, in},
		{"a state that is not understood", checker.Company{Form: company, Status: checker.StatusUnknown}, in},
		{"a sole trader's state not understood", checker.Company{Form: trader, Status: checker.StatusUnknown}, in},

		{"cancelled today", checker.Company{Form: company, Cancelled: asOf}, gone},
		{"cancelled tomorrow", checker.Company{Form: company, Cancelled: asOf.AddDays(1)}, in},
		{"CANCELLATA or CESSATA", checker.Company{Form: company, Status: checker.Cancelled}, gone},
		{"a cancelled local unit", checker.Company{Form: company, Status: checker.Cancelled, LocalUnit: true}, gone},
		{"a company whose business ceased", checker.Company{Form: company, Status: checker.Active, Activity: checker.Cancelled}, in},
		{"a sole trader whose business ceased", checker.Company{Form: trader, Status: checker.Active, Activity: checker.Cancelled}, gone},
		{"the same by the code alone", checker.Company{Identity: person, Activity: checker.Cancelled}, gone},

		{"a company inactive", checker.Company{Form: company, Status: checker.Inactive}, in},
		{"a company suspended", checker.Company{Form: company, Status: checker.Suspended}, in},
		{"a company in liquidation", checker.Company{Form: company, Status: checker.InLiquidation}, in},
		{"a company in an insolvency procedure", checker.Company{Form: company, Status: checker.Insolvent}, in},
		{"a sole trader inactive", checker.Company{Form: trader, Status: checker.Inactive}, out},
		{"a sole trader's business inactive", checker.Company{Form: trader, Status: checker.Active, Activity: checker.Inactive}, out},
		{"a sole trader suspended", checker.Company{Form: trader, Activity: checker.Suspended}, out},
		{"a sole trader in an insolvency procedure", checker.Company{Form: trader, Status: checker.Insolvent}, out},
		{"a sole trader in liquidation", checker.Company{Form: trader, Status: checker.InLiquidation}, in},
		{"inactive, by the code alone", checker.Company{Identity: person, Status: checker.Inactive}, out},
		{"inactive, a person's code, form not understood", checker.Company{Identity: person, RawForm: "?", Status: checker.Inactive}, in},

		{"a local unit", checker.Company{Form: company, LocalUnit: true}, out},
		{"an association", checker.Company{Form: association}, out},
		{"a consortium", checker.Company{Form: consortium}, in},
	} {
		x := rules.Scope(&c.c, asOf)
		got := in
		switch {
		case x.Out && x.Cancelled:
			got = gone
		case x.Out:
			got = out
		}
		if got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
		if x.Out != (x.Why != "") || x.Out != (x.Cite.Text != "") {
			t.Errorf("%s: %+v", c.name, x)
		}
	}
}

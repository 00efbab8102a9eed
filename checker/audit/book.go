package audit

import (
	"slices"
	"strings"

	"pecaudit/checker"
	"pecaudit/checker/cases"
	"pecaudit/checker/load"
	"pecaudit/checker/rules"
	"pecaudit/reports"
)

// worthALook are the advisory rules whose failure the office should look at; it stands on the sheet of what is to be verified. The others have a
// sheet of their own, or only help to read another finding.
var worthALook = map[checker.RuleID]bool{
	"REG-002": true, "REG-003": true, "REG-005": true, "REG-007": true, "UNI-004": true, "PRV-004": true, "SMT-001": true, "RCP-002": true,
}

// Lines returns what a workbook shows of a row besides its cases: what is to be verified, directors, boxes that expire soon.
func Lines(row *Row) []reports.Row {
	var lines []reports.Row
	for _, f := range row.Findings {
		kind, shown := lineKind(f)
		if !shown {
			continue
		}
		line := lineOf(row, kind, f)
		// One line a ground: two rules that doubt the same thing are one doubt.
		i := slices.IndexFunc(lines, func(l reports.Row) bool { return l.Kind == kind && l.Ground == line.Ground })
		if i < 0 {
			lines = append(lines, line)
			continue
		}
		lines[i].Rules = append(lines[i].Rules, f.Rule.ID)
		lines[i].Detail = joinDetail(lines[i].Detail, f.Detail)
	}
	return lines
}

func lineKind(f checker.Finding) (reports.RowKind, bool) {
	switch {
	case f.Rule.Ground == checker.GroundDirector:
		return reports.RowDirector, f.Outcome == checker.Fail
	case f.Rule.Ground == checker.GroundExpiring:
		return reports.RowExpiring, f.Outcome == checker.Fail
	case f.Rule.Force == checker.Binding:
		return reports.RowVerify, f.Outcome == checker.Unknown
	}
	return reports.RowVerify, f.Outcome == checker.Fail && worthALook[f.Rule.ID]
}

// Breaches returns the lines of an audit: one for each ground that a binding rule fails.
func Breaches(row *Row) []reports.Row {
	var lines []reports.Row
	for _, f := range row.Findings {
		if f.Rule.Force != checker.Binding || f.Outcome != checker.Fail {
			continue
		}
		i := slices.IndexFunc(lines, func(l reports.Row) bool { return l.Ground == f.Rule.Ground })
		if i < 0 {
			lines = append(lines, lineOf(row, reports.RowBreach, f))
			continue
		}
		lines[i].Rules = append(lines[i].Rules, f.Rule.ID)
		lines[i].Detail = joinDetail(lines[i].Detail, f.Detail)
	}
	return lines
}

func lineOf(row *Row, kind reports.RowKind, f checker.Finding) reports.Row {
	facts := factsOf(row)
	line := lineOfFacts(kind, facts)
	line.Ground, line.Reason, line.Detail = f.Rule.Ground, f.Reason, strings.Clone(f.Detail)
	line.Rules = []checker.RuleID{f.Rule.ID}
	line.Checked = row.AsOf
	if f.Rule.Ground != checker.GroundShared && f.Rule.Ground != checker.GroundSharedLast {
		line.Others, line.MoreOthers = nil, 0
	}
	return line
}

func lineOfFacts(kind reports.RowKind, f cases.Facts) reports.Row {
	return reports.Row{
		Kind: kind, CCIAA: f.CCIAA, REA: f.REA, CodiceFiscale: f.CodiceFiscale, Name: f.Name, Form: f.Form, Class: f.Class, Comune: f.Comune,
		PEC: f.PEC, Provider: f.Provider, Detail: f.Detail, Others: f.Holders, MoreOthers: f.MoreHolders, Suggestion: f.Suggestion, Expiry: f.Expiry,
		File: f.File, Sheet: f.Sheet, Line: f.Row,
	}
}

// Details that belong to one line are shown one after the other.
func joinDetail(a, b string) string {
	switch {
	case a == "" || a == b:
		return strings.Clone(b)
	case b == "":
		return a
	}
	return a + "; " + b
}

// factsOf copies what a case or a line keeps of a row.
func factsOf(row *Row) cases.Facts {
	c := row.Company
	f := cases.Facts{
		CodiceFiscale: strings.Clone(string(c.CodiceFiscale)), REA: strings.Clone(c.REA), CCIAA: strings.Clone(c.CCIAA), Name: strings.Clone(c.Name),
		Form: strings.Clone(c.RawForm), Class: classOf(c), Comune: strings.Clone(c.Comune), PEC: strings.Clone(c.PEC.Raw),
		Registered: c.Registered, Expiry: c.Expiry, File: c.File, Sheet: c.Sheet, Row: c.Row,
	}
	if c.Form != nil {
		f.Form = c.Form.Code
	}
	if f.CodiceFiscale == "" {
		f.CodiceFiscale = strings.Clone(c.PartitaIVA)
	}
	if row.Evidence.Declared.Known && !row.Evidence.Declared.Expiry.IsZero() {
		f.Expiry = row.Evidence.Declared.Expiry
	}
	if row.Domain != nil {
		f.Suggestion = row.Domain.Suggestion
		if row.Domain.Provider != nil {
			f.Provider = row.Domain.Provider.Name
		}
	}
	for i := range row.Holders {
		h := &row.Holders[i]
		if !row.CertainlyOther(h) {
			continue
		}
		f.Holders = append(f.Holders, cases.Holder{
			Company: h.Key(), CodiceFiscale: string(h.CodiceFiscale), Name: h.Name, CCIAA: h.CCIAA, REA: h.REA,
		})
	}
	slices.SortFunc(f.Holders, func(a, b cases.Holder) int { return strings.Compare(a.Company, b.Company) })
	if len(f.Holders) > 0 {
		f.MoreHolders = row.MoreHolders + max(0, len(f.Holders)-cases.MaxHolders)
		f.Holders = slices.Clone(f.Holders[:min(len(f.Holders), cases.MaxHolders)]) // without the room of the others
	}
	return f
}

var classWords = map[checker.FormClass]string{
	checker.SoleTrader: "sole", checker.Partnership: "partnership", checker.CapitalCompany: "capital", checker.Cooperative: "cooperative",
	checker.Consortium: "consortium", checker.ConsortiumEntity: "consortium-entity", checker.OtherForm: "other",
}

func classOf(c *checker.Company) string {
	switch {
	case c.Form != nil:
		return classWords[c.Form.Class]
	case c.SoleTrader():
		return "sole"
	}
	return "other"
}

// AppliedRules tells which rules were in force and what came of them.
func AppliedRules(s *checker.Summary) []reports.AppliedRule {
	var list []reports.AppliedRule
	for _, r := range rules.All() {
		if !r.InForce.Contains(s.AsOf) {
			continue
		}
		n := s.ByRule[r.ID]
		list = append(list, reports.AppliedRule{
			ID: r.ID, Title: r.Title, Cure: r.Cure, Binding: r.Force == checker.Binding, Needs: r.Needs, Period: r.InForce, Cites: r.Cites,
			Fail: n.Fail, Unknown: n.Unknown, NotRun: s.NotRunRows[r.ID],
		})
	}
	return list
}

// Sources tells where the data came from.
func (r *Result) Sources() []reports.Source {
	var sources []reports.Source
	for i, l := range r.Lists {
		sources = append(sources, sourceOf(r.Roles[i], l))
	}
	return sources
}

func sourceOf(role string, l *load.List) reports.Source {
	s := reports.Source{
		Role: role, File: l.File, Sheet: l.Sheet, Size: l.Size, SHA256: l.SHA256, Reference: l.Reference, Presumed: l.Presumed,
		Rows: l.Rows, Rejected: l.Rejected, Repaired: l.Repaired, Encoding: l.Encoding, Delimiter: l.Delimiter, Header: l.HeaderRow,
		Repairs: l.Repairs,
	}
	for _, c := range l.Mapping {
		s.Mapping = append(s.Mapping, reports.MappedColumn{Header: c.Header, Field: c.Field, Hint: c.Hint})
	}
	return s
}

// RejectedLine copies a rejected row.
func RejectedLine(r *checker.RejectedRow) reports.Rejected {
	return reports.Rejected{
		File: r.File, Sheet: r.Sheet, Row: r.Row, Column: strings.Clone(r.Column), Reason: strings.Clone(r.Reason), Text: strings.Clone(r.Text),
	}
}

package reports

import (
	"encoding/json"
	"strconv"
	"strings"

	"pecaudit/checker"
	"pecaudit/checker/cases"
)

// ReadMonth reads a month from its JSON. Nearly all of it are rows: they are scanned, and the rest is left to encoding/json. The texts of the rows share the
// memory of the JSON.
func ReadMonth(body string) (Month, error) {
	var m Month
	rows := make([]Row, 0, strings.Count(body, `{"kind":`)) // about as many as there are, and not ten copies on the way there
	rest := []byte("{")
	s := cases.NewScanner(body)
	s.Object(func(field string) {
		if field == "rows" {
			s.List(func() {
				rows = append(rows, Row{})
				readRow(s, &rows[len(rows)-1])
			})
			return
		}
		if len(rest) > 1 {
			rest = append(rest, ',')
		}
		rest = strconv.AppendQuote(rest, field)
		rest = append(rest, ':')
		rest = append(rest, s.Raw()...)
	})
	if s.Done() && json.Unmarshal(append(rest, '}'), &m) == nil {
		m.Rows = append(m.Rows, rows...)
		return m, nil
	}
	m = Month{}
	err := json.Unmarshal([]byte(body), &m)
	return m, err
}

func readRow(s *cases.Scanner, r *Row) {
	s.Object(func(field string) {
		switch field {
		case "kind":
			r.Kind = RowKind(s.Text())
		case "cciaa":
			r.CCIAA = s.Text()
		case "rea":
			r.REA = s.Text()
		case "cf":
			r.CodiceFiscale = s.Text()
		case "name":
			r.Name = s.Text()
		case "form":
			r.Form = s.Text()
		case "class":
			r.Class = s.Text()
		case "comune":
			r.Comune = s.Text()
		case "pec":
			r.PEC = s.Text()
		case "provider":
			r.Provider = s.Text()
		case "ground":
			r.Ground = checker.Ground(s.Text())
		case "reason":
			r.Reason = checker.Reason(s.Text())
		case "detail":
			r.Detail = s.Text()
		case "others":
			r.Others = s.Holders()
		case "more_others":
			r.MoreOthers = s.Number()
		case "suggestion":
			r.Suggestion = s.Text()
		case "state":
			r.State = cases.State(s.Text())
		case "decider":
			r.Decider = s.Text()
		case "found":
			r.Found = s.Date()
		case "checked":
			r.Checked = s.Date()
		case "term":
			s.Term(&r.Term)
		case "days_left":
			days := s.Number()
			r.DaysLeft = &days
		case "closed":
			r.Closed = s.Date()
		case "answered":
			r.Answered = s.Truth()
		case "late":
			r.Late = s.Truth()
		case "overdue":
			r.Overdue = s.Truth()
		case "sanction":
			r.Sanction = s.Text()
		case "expiry":
			r.Expiry = s.Date()
		case "office":
			r.Office = s.Text()
		case "protocol":
			r.Protocol = s.Text()
		case "office_on":
			r.OfficeOn = s.Date()
		case "note":
			r.Note = s.Text()
		case "rules":
			s.List(func() { r.Rules = append(r.Rules, checker.RuleID(s.Text())) })
		case "file":
			r.File = s.Text()
		case "sheet":
			r.Sheet = s.Text()
		case "line":
			r.Line = s.Number()
		case "case":
			r.Case = s.Text()
		default:
			s.Stop()
		}
	})
}

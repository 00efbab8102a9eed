package reports

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"pecaudit/checker"
	"pecaudit/checker/cases"
)

// anyRow fills every field of a row.
func anyRow(t *rapid.T) Row {
	var r Row
	v := reflect.ValueOf(&r).Elem()
	for i := range v.NumField() {
		f := v.Field(i)
		switch p := f.Addr().Interface().(type) {
		case *checker.Date:
			*p = anyDate(t)
		case *cases.Term:
			*p = cases.Term{Procedure: anyText(t), Published: anyDate(t), Safe: anyDate(t)}
		case *[]cases.Holder:
			*p = rapid.SliceOfN(rapid.Custom(func(t *rapid.T) cases.Holder {
				return cases.Holder{Company: anyText(t), Name: anyText(t), Gone: rapid.Bool().Draw(t, "gone")}
			}), 0, 3).Draw(t, "others")
		case *[]checker.RuleID:
			*p = rapid.SliceOfN(rapid.Custom(func(t *rapid.T) checker.RuleID { return checker.RuleID(anyText(t)) }), 0, 3).Draw(t, "rules")
		case **int:
			if days := rapid.IntRange(-400, 400).Draw(t, "days"); days != 0 {
				*p = &days
			}
		case *bool:
			*p = rapid.Bool().Draw(t, "bool")
		case *int:
			*p = rapid.IntRange(-5, 1e7).Draw(t, "int")
		default:
			if f.Kind() != reflect.String {
				t.Fatalf("field %s is of kind %s: fill it here", v.Type().Field(i).Name, f.Kind())
			}
			f.SetString(anyText(t))
		}
	}
	return r
}

func anyText(t *rapid.T) string {
	return rapid.OneOf(rapid.Just("ROSSI & C. S.A.S. \"L'ORO\""), rapid.String(), rapid.Just(`\`), rapid.Just("a\"},{\n")).Draw(t, "text")
}

func anyDate(t *rapid.T) checker.Date {
	if rapid.Bool().Draw(t, "set") {
		return checker.Date{}
	}
	return checker.Date{Year: 2026, Month: time.February, Day: rapid.IntRange(1, 28).Draw(t, "day")}
}

// TestReadMonth shows that a month comes back from its JSON as encoding/json reads it, and that the scanner knows every field of a row: else everything is
// right, and ten times slower.
func TestReadMonth(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		m := sampleMonth()
		m.Name = anyText(t)
		m.Rows = rapid.SliceOfN(rapid.Custom(anyRow), 0, 4).Draw(t, "rows")
		body, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		var want Month
		if err := json.Unmarshal(body, &want); err != nil {
			t.Fatal(err)
		}
		got, err := ReadMonth(string(body))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
			t.Error(diff)
		}
		for i := range m.Rows {
			text, err := json.Marshal(&m.Rows[i])
			if err != nil {
				t.Fatal(err)
			}
			var row Row
			s := cases.NewScanner(string(text))
			if readRow(s, &row); !s.Done() {
				t.Errorf("the scanner did not read %s", text)
			}
		}
	})
}

func FuzzReadMonth(f *testing.F) {
	body, err := json.Marshal(sampleMonth())
	if err != nil {
		f.Fatal(err)
	}
	for _, s := range []string{string(body), "", "{}", "null", `{"rows":null}`, `{"rows":[{}]}`, `{"rows":[{"line":1}],"kind":"x"}`, `{"kind":"a","rows":[{"days_left":null}]}`, `{"a":[{"\"":1}],"name":"\u00e8"}`, `{"name":}`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, body string) {
		var want Month
		if json.Unmarshal([]byte(body), &want) != nil || strings.Count(body, `"rows"`) > 1 {
			return // the scanner is more patient: it need not refuse what nobody wrote
		}
		got, err := ReadMonth(body)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
			t.Error(diff)
		}
	})
}

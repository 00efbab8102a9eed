package store

import (
	"encoding/json"
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"pecaudit/checker/cases"
)

// TestBodyOfEveryField shows that the scanner and encoding/json agree on whatever a case may hold.
func TestBodyOfEveryField(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		var c cases.Case
		draw(rt, reflect.ValueOf(&c).Elem())
		var e encoder
		text, err := e.encode(nil, c)
		if err != nil {
			rt.Fatal(err)
		}
		body := string(text)
		var got cases.Case
		if err := decodeCase(&got, body, ""); err != nil {
			rt.Fatal(err)
		}
		c.Events, c.Place, c.Again = nil, 0, false
		if diff := cmp.Diff(c, got, cmpopts.EquateEmpty()); diff != "" {
			rt.Error(diff)
		}

		// What was seen since stands in place of the same, and of nothing else.
		again := c
		draw(rt, reflect.ValueOf(&again.Checked).Elem())
		draw(rt, reflect.ValueOf(&again.Failed).Elem())
		draw(rt, reflect.ValueOf(&again.Facts.File).Elem())
		draw(rt, reflect.ValueOf(&again.Facts.Sheet).Elem())
		draw(rt, reflect.ValueOf(&again.Facts.Row).Elem())
		seen, err := e.encode(nil, again.Seen())
		if err != nil {
			rt.Fatal(err)
		}
		if err := decodeCase(&got, body, string(seen)); err != nil {
			rt.Fatal(err)
		}
		if diff := cmp.Diff(again, got, cmpopts.EquateEmpty()); diff != "" {
			rt.Errorf("seen again: %s", diff)
		}
	})
}

// TestUsualBody shows that the bodies that a run writes are read by the scanner: otherwise everything is right, and ten times slower.
func TestUsualBody(t *testing.T) {
	t.Parallel()
	c := listed(found(key(1), "alfa", "2026-11-02"), "2026-11-03")
	c.Late = true
	c.KeptBack, c.Filed = true, day("2026-11-04")
	c.Facts = cases.Facts{
		CodiceFiscale: key(1), REA: "XX-1", CCIAA: "XX", Name: "L'ESEMPIO & C. S.A.S. <caffè>", Form: "AS", Class: "partnership", Comune: "PAESE", PEC: "A@b.example", Provider: "Gestore Uno",
		Detail: "scaduta il 01/10/2026", Suggestion: "a@c.example", Registered: day("2014-01-01"), Expiry: day("2026-10-01"), File: "a.csv", Sheet: "Foglio1", Row: 12,
		Holders:   []cases.Holder{{Company: key(2), CodiceFiscale: key(2), Name: "ALTRA", CCIAA: "YY", REA: "YY-2", Gone: true}, {Company: key(3)}},
		Elsewhere: []string{"beta", "gamma"},
	}
	var e encoder
	body, err := e.encode(nil, c)
	if err != nil {
		t.Fatal(err)
	}
	var got cases.Case
	s := cases.NewScanner(string(body))
	if s.Case(&got); !s.Done() {
		t.Fatal("the scanner did not read all")
	}
	c.Events = nil
	if diff := cmp.Diff(c, got); diff != "" {
		t.Error(diff)
	}
}

func FuzzDecodeCase(f *testing.F) {
	var e encoder
	for _, c := range manyCases(2) {
		body, err := e.encode(nil, c)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(body))
	}
	for _, s := range []string{"", "{}", `{"found":""}`, `{"found":"2026-02-30"}`, `{"rules":null}`, `{"facts":{"row":-0}}`, `{"facts":{"row":01}}`, `{"id":"a","id":"b"}`, `{"ID":"a"}`, `{"kept_back":true,}`, ` {}`, `{"facts":{"holders":[{}]}}`, "{\"id\":\"\xff\"}"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, body string) {
		var got, want cases.Case
		err := decodeCase(&got, body, "")
		if e := json.Unmarshal([]byte(body), &want); e != nil {
			return // the scanner is more patient: it need not refuse what nobody wrote
		}
		if err != nil {
			t.Fatalf("refused: %v", err)
		}
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
			t.Error(diff)
		}
	})
}

package main

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// states FILE NAME=STATE...: these are the cases in the JSON of FILE, by denominazione and state, whatever their order.
func scriptStates(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 {
		ts.Fatalf("usage: states file [NAME=STATE...]")
	}
	got := []string{}
	for _, c := range readCases(ts, args[0]) {
		got = append(got, c.Denominazione+"="+string(c.State))
	}
	slices.Sort(got)
	want := slices.Sorted(slices.Values(args[1:]))
	if !slices.Equal(got, want) {
		ts.Fatalf("the cases are:\n  %s\nwant:\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
}

// caseid FILE NAME VAR [STATE]: VAR becomes the ID of the one case of the company, in that state, in the JSON of FILE.
func scriptCaseID(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 3 {
		ts.Fatalf("usage: caseid file NAME VAR [STATE]")
	}
	list := slices.DeleteFunc(readCases(ts, args[0]), func(c caseView) bool {
		return c.Denominazione != args[1] || len(args) > 3 && string(c.State) != args[3]
	})
	if len(list) != 1 {
		ts.Fatalf("%s has %d such cases, want one", args[1], len(list))
	}
	ts.Setenv(args[2], list[0].ID)
}

func readCases(ts *testscript.TestScript, file string) []caseView {
	var list []caseView
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(file)), &list))
	return list
}

// column FILE SHEET HEADER WANT...: the cells below the header show this, in this order.
func scriptColumn(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) < 3 {
		ts.Fatalf("usage: [!] column file SHEET HEADER [WANT...]")
	}
	f := openBook(ts, args[0])
	defer f.Close()
	rows, err := f.GetRows(args[1])
	ts.Check(err)
	if len(rows) == 0 {
		ts.Fatalf("%s, %s is empty", args[0], args[1])
	}
	at := slices.Index(rows[0], args[2])
	if at < 0 {
		ts.Fatalf("%s, %s has the columns %q", args[0], args[1], rows[0])
	}
	got := []string{}
	for _, row := range rows[1:] {
		value := ""
		if at < len(row) {
			value = row[at]
		}
		got = append(got, value)
	}
	if slices.Equal(got, args[3:]) == neg {
		ts.Fatalf("%s, %s, %s shows %q", args[0], args[1], args[2], got)
	}
}

// [!] says FILE SHEET TEXT: some cell of the sheet holds the text.
func scriptSays(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 3 {
		ts.Fatalf("usage: [!] says file SHEET TEXT")
	}
	f := openBook(ts, args[0])
	defer f.Close()
	rows, err := f.GetRows(args[1])
	ts.Check(err)
	found := slices.ContainsFunc(rows, func(row []string) bool {
		return slices.ContainsFunc(row, func(cell string) bool { return strings.Contains(cell, args[2]) })
	})
	if found == neg {
		ts.Fatalf("%s, %s: %q found: %t", args[0], args[1], args[2], found)
	}
}

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/xuri/excelize/v2"
)

// scriptCommands are what scripts may say beyond testscript's own words.
var scriptCommands = map[string]func(ts *testscript.TestScript, neg bool, args []string){
	"exitcode": scriptExitCode,
	"json":     scriptJSON,
	"sheets":   scriptSheets,
	"cell":     scriptCell,
}

// exitcode N pecaudit ARGS...: the program ends with N.
func scriptExitCode(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exitcode N command [args...]")
	}
	err := ts.Exec(args[1], args[2:]...)
	code := "0"
	if err != nil {
		code = strings.TrimPrefix(err.Error(), "exit status ")
	}
	if code != args[0] {
		ts.Fatalf("exit code %s, want %s", code, args[0])
	}
}

// json FILE PATH WANT: the value at PATH (keys and indices joined by dots; # is a length) of the JSON in FILE (stdout: of the last command) is WANT. A file of
// JSON lines is an array.
func scriptJSON(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 3 {
		ts.Fatalf("usage: [!] json FILE PATH WANT")
	}
	data := []byte(ts.ReadFile(args[0]))
	var value any
	if err := json.Unmarshal(data, &value); err != nil {
		var list []any
		for line := range bytes.Lines(data) {
			var v any
			if err := json.Unmarshal(line, &v); err != nil {
				ts.Fatalf("%s: %v", args[0], err)
			}
			list = append(list, v)
		}
		value = list
	}
	got := jsonAt(value, args[1])
	if (got == args[2]) == neg {
		ts.Fatalf("%s: %s is %s", args[0], args[1], got)
	}
}

func jsonAt(value any, path string) string {
	for _, step := range strings.Split(path, ".") {
		switch v := value.(type) {
		case map[string]any:
			if step == "#" {
				return fmt.Sprint(len(v))
			}
			value = v[step]
		case []any:
			if step == "#" {
				return fmt.Sprint(len(v))
			}
			i := slices.IndexFunc(v, func(any) bool { return false })
			if _, err := fmt.Sscan(step, &i); err != nil || i < 0 || i >= len(v) {
				return "absent"
			}
			value = v[i]
		default:
			return "absent"
		}
	}
	switch v := value.(type) {
	case nil:
		return "null"
	case string:
		return v
	}
	out, err := json.Marshal(value)
	if err != nil {
		return err.Error()
	}
	return string(out)
}

// sheets FILE NAME...: the workbook has these sheets, in this order.
func scriptSheets(ts *testscript.TestScript, neg bool, args []string) {
	f := openBook(ts, args[0])
	defer f.Close()
	if slices.Equal(f.GetSheetList(), args[1:]) == neg {
		ts.Fatalf("%s has the sheets %q", args[0], f.GetSheetList())
	}
}

// cell FILE SHEET CELL WANT: the cell shows WANT.
func scriptCell(ts *testscript.TestScript, neg bool, args []string) {
	f := openBook(ts, args[0])
	defer f.Close()
	got, err := f.GetCellValue(args[1], args[2])
	ts.Check(err)
	if (got == args[3]) == neg {
		ts.Fatalf("%s, %s!%s shows %q", args[0], args[1], args[2], got)
	}
}

func openBook(ts *testscript.TestScript, name string) *excelize.File {
	data, err := os.ReadFile(ts.MkAbs(name))
	ts.Check(err)
	f, err := excelize.OpenReader(bytes.NewReader(data))
	ts.Check(err)
	return f
}

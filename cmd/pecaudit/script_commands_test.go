package main

import (
	"archive/zip"
	"bytes"
	"cmp"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

// scriptCommands are what scripts may say beyond testscript's own words.
var scriptCommands = map[string]func(ts *testscript.TestScript, neg bool, args []string){
	"network":  scriptNetwork,
	"receipt":  scriptReceipt,
	"exitcode": scriptExitCode,
	"json":     scriptJSON,
	"sheets":   scriptSheets,
	"cell":     scriptCell,
	"column":   scriptColumn,
	"states":   scriptStates,
	"caseid":   scriptCaseID,
	"says":     scriptSays,
	"project":  scriptProject,
	"encode":   scriptEncode,
	"pack":     scriptPack,
	"workbook": scriptWorkbook,
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

// project FILE OUT COLUMN...: writes a line for each JSON line or CSV row of FILE into OUT, with these columns, one blank between; "-" for nothing, commas
// in lists, no blanks inside. For cmp with what a person wrote.
func scriptProject(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 3 {
		ts.Fatalf("usage: project FILE OUT COLUMN...")
	}
	data := ts.ReadFile(args[0])
	var out strings.Builder
	line := func(value func(column string) string) {
		for i, column := range args[2:] {
			v := strings.Join(strings.Fields(value(column)), "_")
			out.WriteString(map[bool]string{true: " "}[i > 0] + cmp.Or(v, "-"))
		}
		out.WriteByte('\n')
	}
	if strings.HasSuffix(args[0], ".csv") {
		r := csv.NewReader(strings.NewReader(strings.TrimPrefix(data, "\ufeff")))
		r.Comma = ';'
		rows, err := r.ReadAll()
		ts.Check(err)
		for _, row := range rows[1:] {
			line(func(column string) string { return row[slices.Index(rows[0], column)] })
		}
	} else {
		for text := range strings.Lines(data) {
			var v any
			ts.Check(json.Unmarshal([]byte(text), &v))
			line(func(column string) string {
				value := jsonAt(v, column)
				if strings.HasPrefix(value, "[") {
					value = strings.NewReplacer("[", "", "]", "", `"`, "").Replace(value)
				}
				return value
			})
		}
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(out.String()), 0o600))
}

// encode HOW IN OUT: writes the text of IN into OUT as utf-8-bom, utf-16le, utf-16be, windows-1252, or with the line ends crlf or cr.
func scriptEncode(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: encode HOW IN OUT")
	}
	text := ts.ReadFile(args[1])
	var err error
	switch args[0] {
	case "utf-8-bom":
		text = "\ufeff" + text
	case "utf-16le":
		text, err = unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().String(text)
	case "utf-16be":
		text, err = unicode.UTF16(unicode.BigEndian, unicode.UseBOM).NewEncoder().String(text)
	case "windows-1252":
		text, err = charmap.Windows1252.NewEncoder().String(text)
	case "crlf":
		text = strings.ReplaceAll(text, "\n", "\r\n")
	case "cr":
		text = strings.ReplaceAll(text, "\n", "\r")
	default:
		ts.Fatalf("encode %s is not known", args[0])
	}
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[2]), []byte(text), 0o600))
}

// pack OUT.zip FILE...: makes a zip of the files.
func scriptPack(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: pack OUT.zip FILE...")
	}
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, name := range args[1:] {
		w, err := z.Create(name)
		ts.Check(err)
		_, err = w.Write([]byte(ts.ReadFile(name)))
		ts.Check(err)
	}
	ts.Check(z.Close())
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), b.Bytes(), 0o600))
}

// workbook OUT.xlsx SHEET=FILE.csv...: makes a workbook of lists separated by semicolons. A sheet whose name begins with ~ is hidden; a cell like 2026-11-01
// becomes a date, one of digits only a number.
func scriptWorkbook(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: workbook OUT.xlsx SHEET=FILE.csv...")
	}
	f := excelize.NewFile()
	defer f.Close()
	for i, arg := range args[1:] {
		name, file, _ := strings.Cut(arg, "=")
		name, hidden := strings.CutPrefix(name, "~")
		if i == 0 {
			ts.Check(f.SetSheetName("Sheet1", name))
		} else if _, err := f.NewSheet(name); err != nil {
			ts.Check(err)
		}
		row := 0
		for line := range strings.Lines(ts.ReadFile(file)) {
			row++
			for col, cell := range strings.Split(strings.TrimSuffix(line, "\n"), ";") {
				at, err := excelize.CoordinatesToCellName(col+1, row)
				ts.Check(err)
				var value any = cell
				if day, err := time.Parse(time.DateOnly, cell); err == nil {
					value = day
				} else if n, err := strconv.Atoi(cell); err == nil {
					value = n
				}
				ts.Check(f.SetCellValue(name, at, value))
			}
		}
		ts.Check(f.SetSheetVisible(name, !hidden))
	}
	ts.Check(f.SaveAs(ts.MkAbs(args[0])))
}

package load

import (
	"bytes"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"
	"pgregory.net/rapid"
)

// book writes a workbook made with excelize.
func book(t *testing.T, fill func(f *excelize.File)) string {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	fill(f)
	path := filepath.Join(t.TempDir(), "list.xlsx")
	if err := f.SaveAs(path); err != nil {
		t.Fatal(err)
	}
	return path
}

func setRow(t *testing.T, f *excelize.File, sheet, cell string, values ...any) {
	t.Helper()
	if err := f.SetSheetRow(sheet, cell, &values); err != nil {
		t.Fatal(err)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestWorkbook reads a workbook as offices make them: a hidden sheet and a cover before the list, a title, codes and dates that are numbers, hidden
// and missing rows, text in several styles.
func TestWorkbook(t *testing.T) {
	t.Parallel()
	path := book(t, func(f *excelize.File) {
		must(t, f.SetSheetName("Sheet1", "Copertina"))
		setRow(t, f, "Copertina", "A1", "Elenco")
		for _, name := range []string{"Nascosto", "Grafico", "Elenco"} {
			if _, err := f.NewSheet(name); err != nil {
				t.Fatal(err)
			}
		}
		setRow(t, f, "Nascosto", "A1", "cf", "pec")
		must(t, f.SetSheetVisible("Nascosto", false))
		setRow(t, f, "Elenco", "B2", "Imprese iscritte")
		setRow(t, f, "Elenco", "B4", "N. REA", "Codice\nfiscale", "Denominazione", "PEC", "Data iscrizione PEC", "Scadenza PEC", "CCIAA")
		setRow(t, f, "Elenco", "B5", "MI-1", 1234567897, "ALFA \"UNO\"; S.R.L.", "alfa@pec-uno.example", time.Date(2020, 2, 1, 0, 0, 0, 0, time.UTC), "31/12/2026", "MI")
		setRow(t, f, "Elenco", "B6", 2.0, "00074311010", "BETA\nS.R.L.", "n.d.", 2020, "boh", "RM")
		must(t, f.SetRowVisible("Elenco", 6, false))
		setRow(t, f, "Elenco", "B9", 3, "", "", " Gamma@pec-uno.example", 43862.75, nil, "RM", "una nota senza intestazione")
		must(t, f.SetCellRichText("Elenco", "D9", []excelize.RichTextRun{{Text: "GAM", Font: &excelize.Font{Bold: true}}, {Text: "MA"}}))
		setRow(t, f, "Elenco", "B11", "totale", "privato")
	})
	o := options(t)
	golden(t, "workbook.xlsx", withoutSize(companies(t.Context(), path, o)))
	noneLeft(t, o.TempDir)
}

// withoutSize drops the size, which depends on the compressor.
func withoutSize(dump string) string {
	before, after, _ := strings.Cut(dump, " size=")
	_, after, _ = strings.Cut(after, " ")
	return before + " " + after
}

func TestWorkbookSheet(t *testing.T) {
	t.Parallel()
	path := book(t, func(f *excelize.File) {
		setRow(t, f, "Sheet1", "A1", "nome", "recapito")
		_, err := f.NewSheet("Altro")
		must(t, err)
		setRow(t, f, "Altro", "A1", "cf", "pec")
		setRow(t, f, "Altro", "A2", "01234567897", "x@pec-uno.example")
		must(t, f.SetSheetVisible("Altro", false))
	})
	for _, test := range []struct {
		sheet string
		want  []string
	}{
		{"altro", []string{`sheet="Altro"`, "2:"}},
		{"", []string{"no list in the sheets looked at: Sheet1 (no column pec", "headers found in row 1: nome, recapito"}},
		{"Terzo", []string{`there is no sheet "Terzo"; the sheets are Sheet1, Altro`}},
	} {
		o := options(t)
		o.Sheet = test.sheet
		got := companies(t.Context(), path, o)
		for _, want := range test.want {
			if !strings.Contains(got, want) {
				t.Errorf("%q: no %q in\n%s", test.sheet, want, got)
			}
		}
	}
}

// Dates count from 1904 in workbooks that say so.
func TestDate1904(t *testing.T) {
	t.Parallel()
	for _, date1904 := range []bool{false, true} {
		path := book(t, func(f *excelize.File) {
			must(t, f.SetWorkbookProps(&excelize.WorkbookPropsOptions{Date1904: &date1904}))
			setRow(t, f, "Sheet1", "A1", "cf", "pec", "data pec")
			setRow(t, f, "Sheet1", "A2", "01234567897", "x@pec-uno.example", 44000)
		})
		want := `registered="2020-06-18"`
		if date1904 {
			want = `registered="2024-06-19"`
		}
		if got := companies(t.Context(), path, options(t)); !strings.Contains(got, want) {
			t.Errorf("%v: %s", date1904, got)
		}
	}
}

// Strict workbooks write a date as a time.
func TestStrictDate(t *testing.T) {
	t.Parallel()
	for cell, want := range map[string]string{
		"2020-06-18T00:00:00": "2020-06-18", "2020-06-18T12:30:00.000Z": "2020-06-18", "2020-06-31T00:00:00": "2020-06-31T00:00:00", "2020-06-18": "2020-06-18", "T": "T",
	} {
		if got := serialDate(cell, false); got != want {
			t.Errorf("%q: %q, not %q", cell, got, want)
		}
	}
}

func TestWholeNumber(t *testing.T) {
	t.Parallel()
	for cell, want := range map[string]string{
		"1234567897": "1234567897", "1234567897.0": "1234567897", "1.2345678901E10": "12345678901", "1.23456789E10": "12345678900",
		"1.2345678901E+10": "12345678901", "1.23E+10": "1.23E+10", "12E3": "12E3", "1.5": "1.5", "1.5E400": "1.5E400", "1.25E1": "1.25E1", "": "",
		"MI-1": "MI-1", "1.E10": "1.E10",
	} {
		if got := wholeNumber(cell); got != want {
			t.Errorf("%q: %q, not %q", cell, got, want)
		}
	}
}

// parts are the parts of a small workbook; sheet is the inside of its sheetData.
func parts(sheet string) map[string]string {
	const ns = `xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"`
	const rel = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
	return map[string]string{
		"[Content_Types].xml": `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml" ContentType="application/xml"/>` +
			`<Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>`,
		"_rels/.rels": `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="` + rel +
			`officeDocument" Target="xl/workbook.xml"/></Relationships>`,
		"xl/workbook.xml": `<workbook ` + ns + `><sheets><sheet name="Elenco" sheetId="1" r:id="r1"/></sheets></workbook>`,
		"xl/_rels/workbook.xml.rels": `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="` + rel +
			`worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="r2" Type="` + rel + `sharedStrings" Target="sharedStrings.xml"/></Relationships>`,
		"xl/sharedStrings.xml": `<sst ` + ns + `><si><t>cf</t></si><si><t>pec</t></si><si><t>condivisa@pec-uno.example</t></si></sst>`,
		"xl/worksheets/sheet1.xml": `<worksheet ` + ns + `><sheetData><row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c></row>` +
			sheet + `</sheetData></worksheet>`,
	}
}

// pack writes a zip of parts.
func pack(t testing.TB, name string, parts map[string]string) string {
	t.Helper()
	return packAt(t, filepath.Join(t.TempDir(), name), parts)
}

func inline(ref, text string) string {
	return fmt.Sprintf(`<c r=%q t="inlineStr"><is><t>%s</t></is></c>`, ref, text)
}

func good(row int) string {
	return fmt.Sprintf(`<row r="%d">%s%s</row>`, row, inline(fmt.Sprintf("A%d", row), numericCode(row)), inline(fmt.Sprintf("B%d", row), "x@pec-uno.example"))
}

// A workbook that excelize would read in part, or wrongly, is an error that says where.
func TestDamagedWorkbooks(t *testing.T) {
	t.Parallel()
	const damaged = "the workbook is damaged: open it in a spreadsheet program and save it again"
	for _, test := range []struct {
		name, sheet string
		change      func(map[string]string)
		want        string
	}{
		{name: "sound", sheet: good(2) + `<row r="3"><c r="A3" t="inlineStr"><is><t>00074311010</t></is></c><c r="B3" t="s"><v>2</v></c></row>`, want: "condivisa@pec-uno.example"},
		{name: "gaps and cells without reference", sheet: `<row r="7"><c t="inlineStr"><is><t>01234567897</t></is></c><c t="s"><v>2</v></c></row>`, want: "7: cf"},
		{name: "an unknown entity halfway", sheet: good(2) + `<row r="3">` + inline("A3", "&boh;") + `</row>` + good(4), want: "sheet Elenco: row 3: " + damaged},
		{name: "an unknown entity in the last row", sheet: good(2) + `<row r="3">` + inline("A3", "00074311010") + inline("B3", "&boh;") + `</row>`, want: "row 3: " + damaged},
		{name: "cut", sheet: good(2) + `<row r="3"><c r="A3"`, want: "row 3: " + damaged},
		{name: "cut off", change: func(p map[string]string) {
			p["xl/worksheets/sheet1.xml"], _, _ = strings.Cut(p["xl/worksheets/sheet1.xml"], "</sheetData>")
		}, sheet: good(2) + good(3), want: "row 3: " + damaged},
		{name: "rows out of order", sheet: good(3) + good(2), want: "row 3: " + damaged},
		{name: "cells out of order", sheet: `<row r="2">` + inline("B2", "x@pec-uno.example") + inline("A2", "01234567897") + `</row>`, want: "row 2: " + damaged},
		{name: "cells of another row", sheet: `<row r="2">` + inline("A9", "01234567897") + `</row>`, want: "row 2: " + damaged},
		{name: "a row beyond the last", sheet: `<row r="2000000000"></row>`, want: damaged},
		{name: "no such shared string", sheet: `<row r="40"><c r="A40" t="s"><v>99</v></c></row>`, want: "row 40: " + damaged},
		{name: "a negative shared string", sheet: `<row r="40"><c r="A40" t="s"><v>-1</v></c></row>`, want: "row 40: " + damaged},
		{name: "broken shared strings", sheet: good(2), change: func(p map[string]string) {
			p["xl/sharedStrings.xml"] = strings.Replace(p["xl/sharedStrings.xml"], "</t></si></sst>", "&boh;</t></si></sst>", 1)
		}, want: damaged},
		{name: "no such part", change: func(p map[string]string) { delete(p, "xl/worksheets/sheet1.xml") }, want: damaged},
		{name: "no contents", change: func(p map[string]string) { delete(p, "xl/workbook.xml") }, want: damaged},
		{name: "nested too deep", change: func(p map[string]string) { p["xl/styles.xml"] = strings.Repeat("<a>", 100_000) }, want: damaged},
		{name: "a sheet nested too deep", sheet: strings.Repeat("<a>", 100_000), want: damaged},
		{name: "a formula never calculated", sheet: `<row r="2">` + inline("A2", "01234567897") + `<c r="B2"><f>A1</f><v></v></c></row>`, want: `pec "#FORMULA!": not told`},
		{name: "a formula beyond the cells of its row", sheet: `<row r="2">` + inline("A2", "01234567897") + `<c r="B2"><f>A1</f></c></row>` + good(3), want: `pec "#FORMULA!": not told`},
		{name: "a formula whose value is an empty text", sheet: `<row r="2">` + inline("A2", "01234567897") + `<c r="B2" t="str"><f>A1</f><v></v></c></row>`, want: `pec "": none`},
		{name: "a formula with an error", sheet: `<row r="2">` + inline("A2", "01234567897") + `<c r="B2" t="e"><f>A1</f><v>#N/A</v></c></row>`, want: `pec "#N/A": not told`},
		{name: "a binary workbook", change: func(p map[string]string) { p["xl/workbook.bin"] = "" }, want: "a binary workbook (.xlsb): save the list as CSV or XLSX"},
		{name: "a text document", change: func(p map[string]string) {
			maps.DeleteFunc(p, func(name, _ string) bool { return strings.HasPrefix(name, "xl/") })
		}, want: "an Office document that is no workbook"},
		{name: "an OpenDocument file", change: func(p map[string]string) { p["mimetype"], p["content.xml"] = "", "" }, want: "an OpenDocument file (.ods)"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			p := parts(test.sheet)
			if test.change != nil {
				test.change(p)
			}
			o := options(t)
			got := companies(t.Context(), pack(t, "list.xlsx", p), o)
			if !strings.Contains(got, test.want) {
				t.Errorf("no %q in\n%.2000s", test.want, got)
			}
			noneLeft(t, o.TempDir)
		})
	}
}

// Hostile archives are refused quickly, with little memory, and leave nothing behind.
func TestBombs(t *testing.T) {
	big := strings.Repeat(" ", 20<<20)
	for _, test := range []struct {
		name string
		path string
		want string
	}{
		{"a sheet", pack(t, "list.xlsx", parts(good(2)+big)), "far larger than a list can be"},
		{"shared strings", pack(t, "list.xlsx", with(parts(good(2)), "xl/sharedStrings.xml", big)), "far larger than a list can be"},
		{"a list", pack(t, "list.zip", map[string]string{"list.csv": "cf;pec\n" + big}), "far larger than a list can be"},
		{"a list that lies about its size", lie(t, pack(t, "list.zip", map[string]string{"list.csv": "cf;pec\n" + big})), "this zip is damaged"},
		{"a long text", pack(t, "list.xlsx", parts(`<row r="2">`+inline("A2", noise(6<<20))+`</row>`)), "row 2: the workbook is damaged"},
		{"a long shared string in many cells", pack(t, "list.xlsx", with(parts(`<row r="2">`+strings.Repeat(`<c t="s"><v>0</v></c>`, 10_000)+`</row><!-- -->`),
			"xl/sharedStrings.xml", tableXML(`<si><t>`+noise(400<<10)+`</t></si>`))), "damaged"},
		{"a wide row", pack(t, "list.xlsx", parts(`<row r="2">`+strings.Repeat(`<c><v>1</v></c>`, 20_000)+`</row>`)), "rows=1 rejected=1"},
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		o := options(t)
		start := time.Now()
		got := companies(t.Context(), test.path, o)
		runtime.ReadMemStats(&after)
		if !strings.Contains(got, test.want) {
			t.Errorf("%s: no %q in\n%.1000s", test.name, test.want, got)
		}
		if used := after.TotalAlloc - before.TotalAlloc; used > 100<<20 {
			t.Errorf("%s: %d MiB allocated in %v", test.name, used>>20, time.Since(start))
		}
		noneLeft(t, o.TempDir)
	}
}

func with(p map[string]string, name, text string) map[string]string {
	p[name] = text
	return p
}

// noise is a text that packs badly.
func noise(n int) string {
	random := rand.New(rand.NewPCG(1, 2))
	b := make([]byte, n)
	for i := range b {
		b[i] = "abcdefghijklmnopqrstuvwxyz0123456789"[random.IntN(36)]
	}
	return string(b)
}

// lie makes the directory of a zip say that its first file has a thousand bytes.
func lie(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	must(t, err)
	at := bytes.LastIndex(b, []byte("PK\x01\x02"))
	copy(b[at+24:], []byte{0xe8, 3, 0, 0})
	must(t, os.WriteFile(path, b, 0o600))
	return path
}

func TestArchives(t *testing.T) {
	t.Parallel()
	const list = "cf;pec\n01234567897;x@pec-uno.example\n"
	sheet, err := os.ReadFile(pack(t, "list.xlsx", parts(good(2))))
	must(t, err)
	inner, err := os.ReadFile(pack(t, "list.zip", map[string]string{"list.csv": list}))
	must(t, err)
	for _, test := range []struct {
		name  string
		parts map[string]string
		want  []string
	}{
		{"one list", map[string]string{"Elenco.CSV": list}, []string{"Elenco.CSV", "2:", "rows=1"}},
		{"one file of any name", map[string]string{"elenco": list}, []string{"elenco", "rows=1"}},
		{"a list among others", map[string]string{"lista.csv": list, "leggimi.txt": "x", "__MACOSX/._lista.csv": "x", "cartella/": ""}, []string{"lista.csv", "rows=1"}},
		{"a workbook", map[string]string{"a/lista.xlsx": string(sheet)}, []string{`sheet="Elenco"`, "rows=1"}},
		{"Windows-1252", map[string]string{"lista.csv": "città;cf;pec\nFORL\xcc;01234567897;x@pec-uno.example\n"}, []string{"FORLÌ"}},
		{"several lists", map[string]string{"a.csv": list, "b.csv": list}, []string{"this zip holds several files: a.csv, b.csv"}},
		{"no list", map[string]string{"cartella/": ""}, []string{"this zip holds no file"}},
		{"an empty list", map[string]string{"a.csv": ""}, []string{"the file is empty"}},
		{"a zip inside", map[string]string{"a.zip": string(inner)}, []string{"a zip inside a zip"}},
		{"a path outside", map[string]string{"../../lista.csv": list}, []string{"rows=1"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			o := options(t)
			got := companies(t.Context(), pack(t, "lists.zip", test.parts), o)
			for _, want := range test.want {
				if !strings.Contains(got, want) {
					t.Errorf("no %q in\n%s", want, got)
				}
			}
			noneLeft(t, o.TempDir)
		})
	}
	path := pack(t, "lists.zip", map[string]string{"lista.csv": list})
	l, err := Open(t.Context(), path, 0, options(t))
	must(t, err)
	defer l.Close()
	if l.File != path+"/lista.csv" {
		t.Error(l.File)
	}
	cut, err := os.ReadFile(path)
	must(t, err)
	for _, b := range [][]byte{cut[:len(cut)-10], encrypted(cut), flipped(cut)} {
		if _, err := Open(t.Context(), write(t, "lists.zip", string(b)), 0, options(t)); err == nil || !strings.Contains(err.Error(), "this zip is") {
			t.Error(err)
		}
	}
}

// encrypted sets the flag of encryption of a zip's only file.
func encrypted(b []byte) []byte {
	b = slices.Clone(b)
	b[bytes.LastIndex(b, []byte("PK\x01\x02"))+8] |= 1
	return b
}

// flipped changes the checksum of a zip's only file.
func flipped(b []byte) []byte {
	b = slices.Clone(b)
	b[bytes.LastIndex(b, []byte("PK\x01\x02"))+16] ^= 1
	return b
}

// A list says the same as CSV and as XLSX, but for the rows' texts.
func TestWorkbookLikeText(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		cell := rapid.OneOf(rapid.SampledFrom([]string{"", "01234567897", "privato", "n.d.", "x@pec-uno.example", "31/02/2020", "2020-01-01"}),
			rapid.StringMatching("[A-Za-zàù\"'; \n]{0,8}"))
		rows := rapid.SliceOfN(rapid.SliceOfN(cell, 4, 4), 0, 5).Draw(r, "rows")
		header := []string{"cf", "pec", "data pec", "denominazione"}
		text, f := &strings.Builder{}, excelize.NewFile()
		defer f.Close()
		for i, row := range append([][]string{header}, rows...) {
			var quoted []string
			for col, cell := range row {
				quoted = append(quoted, string(appendQuoted(nil, cell)))
				ref, _ := excelize.CoordinatesToCellName(col+1, i+1)
				must(t, f.SetCellStr("Sheet1", ref, cell))
			}
			text.WriteString(strings.Join(quoted, ",") + "\n")
		}
		path := filepath.Join(t.TempDir(), "list.xlsx")
		must(t, f.SaveAs(path))
		o := options(t)
		if csv, xlsx := understood(t, write(t, "list.csv", text.String()), o), understood(t, path, o); csv != xlsx {
			r.Errorf("%q\n%s\n%s", rows, csv, xlsx)
		}
	})
}

// understood is what was read of the rows.
func understood(t *testing.T, path string, o *Options) string {
	l, err := Open(t.Context(), path, 0, o)
	must(t, err)
	defer l.Close()
	var d dump
	must(t, l.Read(t.Context(), func(b *Batch) error {
		for i := range b.Companies {
			d.company(&b.Companies[i])
		}
		for _, x := range b.Rejected {
			d.line("%d %s %s", x.Row, x.Reason, x.Column)
		}
		return nil
	}))
	d.counts(l.Counts)
	return d.String()
}

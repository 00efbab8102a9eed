package load

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
	"pgregory.net/rapid"
)

// rowsOf is a rowReader as a method expression.
type rowsOf = func(*workbook, context.Context, *sheet, extent, func(*sheetRow) error) error

// A heldRow is what a sheetRow says, kept.
type heldRow struct {
	Cells        []string
	Uncalculated []int
}

// openTestBook opens a workbook that holds some.
func openTestBook(t testing.TB, path string) (_ *workbook, done func()) {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	info, err := file.Stat()
	if err != nil {
		t.Fatal(err)
	}
	w, err := readWorkbook(t.Context(), &source{file: file, facts: facts{size: info.Size()}}, filepath.Dir(path))
	if err != nil {
		file.Close()
		t.Fatal(err)
	}
	return w, func() {
		w.Close()
		file.Close()
	}
}

// heldRows reads the rows of a sheet that hold something.
func heldRows(ctx context.Context, w *workbook, s *sheet, read rowsOf) (map[int]heldRow, error) {
	rows := map[int]heldRow{}
	e := extent{excelize.TotalRows, slices.Repeat([]bool{true}, maxColumns)}
	return rows, read(w, ctx, s, e, keep(rows))
}

func keep(rows map[int]heldRow) func(*sheetRow) error {
	return func(r *sheetRow) error {
		if len(r.cells) > 0 {
			rows[r.number] = heldRow{slices.Clone(r.cells), append([]int(nil), r.uncalculated...)}
		}
		return nil
	}
}

// agree reads a sheet with both readers. What the quick one takes, the other one takes, and both see the same; else plain is false.
func agree(t *testing.T, w *workbook, s *sheet) (plain bool) {
	t.Helper()
	quick, err := heldRows(t.Context(), w, s, (*workbook).scanRows)
	if errors.Is(err, errNotPlain) {
		return false
	}
	must(t, err)
	want, err := heldRows(t.Context(), w, s, (*workbook).excelizeRows)
	if err != nil {
		t.Errorf("sheet %s: only the quick reader took it, excelize: %v", s.name, err)
	}
	if diff := cmp.Diff(want, quick); diff != "" {
		t.Errorf("sheet %s: %s", s.name, diff)
	}
	return true
}

func agreeOnAll(t *testing.T, path string) {
	t.Helper()
	w, done := openTestBook(t, path)
	defer done()
	for i := range w.sheets {
		if !agree(t, w, &w.sheets[i]) {
			t.Errorf("%s, sheet %s: left to excelize", filepath.Base(path), w.sheets[i].name)
		}
	}
}

const testNS = `xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"`

func sheetXML(rows string) string {
	return `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\r\n<worksheet " + testNS + `><sheetData>` + rows + `</sheetData></worksheet>`
}

func tableXML(items string) string { return `<sst ` + testNS + `>` + items + `</sst>` }

// packAt writes a zip of parts to a path.
func packAt(t testing.TB, path string, parts map[string]string) string {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, name := range slices.Sorted(maps.Keys(parts)) {
		w, err := z.Create(name)
		if err == nil {
			_, err = io.WriteString(w, parts[name])
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	err := z.Close()
	if err == nil {
		err = os.WriteFile(path, b.Bytes(), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// TestSheetScan reads sheets as programs write them, and some as nobody does. Where want is nil the quick reader leaves the sheet to excelize.
func TestSheetScan(t *testing.T) {
	t.Parallel()
	row := func(cells ...string) map[int]heldRow { return map[int]heldRow{1: {Cells: cells}} }
	table := tableXML(`<si><t>uno</t></si><si><t xml:space="preserve"> due </t></si><si><r><rPr><b/><sz val="11"/></rPr><t>tr</t></r><r><t>e</t></r>` +
		`<rPh sb="0" eb="1"><t>no</t></rPh><phoneticPr fontId="1"/></si><si/><si><t/></si>`)
	for _, test := range []struct {
		name, sheet string
		want        map[int]heldRow
	}{
		{"nothing", sheetXML(""), map[int]heldRow{}},
		{"no rows", `<worksheet ` + testNS + `><sheetData/></worksheet>`, map[int]heldRow{}},
		{"no sheet data", `<worksheet ` + testNS + `><dimension ref="A1"/></worksheet>`, map[int]heldRow{}},
		{
			"kinds", sheetXML(`<row r="1" spans="1:8" ht="15" hidden="1" x14ac:dyDescent="0.25"><c r="A1"><v>12.50</v></c><c r="B1" t="n" s="3"><v>1E10</v></c><c r="C1" t="b"><v>1</v></c>` +
				`<c r="D1" t="e"><v>#N/D</v></c><c r="E1" t="d"><v>2020-01-02</v></c><c r="F1" t="str"><v> x </v></c><c r="G1" t="inlineStr"><is><t>y</t></is></c><c r="H1" t="inlineStr"><v>z</v></c></row>`),
			row("12.50", "1E10", "1", "#N/D", "2020-01-02", " x ", "y", "z"),
		},
		{"shared strings", sheetXML(`<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c><c r="C1" t="s"><v>2</v></c><c r="D1" t="s"><v>3</v></c><c r="E1" t="s"><v>0</v></c>` +
			`<c r="F1" t="s"><v>4</v></c><c r="G1" t="s"/><c r="H1" t="s"><v></v></c></row>`), row("uno", " due ", "tre", "", "uno")},
		{"an inline string of runs", sheetXML(`<row><c t="inlineStr"><is><r><t>a</t></r><r><rPr/><t xml:space="preserve"> b</t></r><rPh sb="0" eb="1"><t>no</t></rPh></is></c></row>`), row("a b")},
		{
			"gaps", sheetXML(`<row r="3"><c r="B3"><v>1</v></c><c/><c><v>2</v></c><c r="AB3" s="1"/></row><row/><row><c r="A5"><v>3</v></c></row>`),
			map[int]heldRow{3: {Cells: []string{"", "1", "", "2"}}, 5: {Cells: []string{"3"}}},
		},
		{
			"formulas", sheetXML(`<row><c><f>1+1</f><v>2</v></c><c t="str"><f>A1&amp;"x"</f><v>2x</v></c><c><f t="shared" ref="C1:C2" si="0">A1</f></c><c t="str"><f ca="1">""</f><v/></c>` +
				`<c t="str"><f>A1</f></c><c t="e"><f aca="false">1/0</f><v>#DIV/0!</v></c><c t="s"><f>A1</f><v>3</v></c><c><f/><v/></c></row>`),
			map[int]heldRow{1: {Cells: []string{"2", "2x", "", "", "", "#DIV/0!", "", ""}, Uncalculated: []int{2, 4, 7}}},
		},
		{"references", sheetXML(`<row><c t="str"><v>&lt;&gt;&amp;&quot;&apos;&#65;&#x42;&#x1F600;&#13;</v></c></row>`), row("<>&\"'AB😀\r")},
		{"CDATA", sheetXML(`<row><c t="str"><v>a<![CDATA[<&]] >]]>b<![CDATA[]]></v></c></row>`), row("a<&]] >b")},
		{"line ends", sheetXML("<row>\r\n<c t='str' >\r<v\n>a\r\nb\rc\n</v\t></c >\r\n</row>\r\n"), row("a\nb\nc\n")},
		{"escapes", sheetXML(`<row><c t="inlineStr"><is><t>_x000D_a_x005F_x0041__x0041__x_x00e0_</t></is></c><c t="str"><v>_x0041_</v></c></row>`), row("\ra_x0041_A_xà", "_x0041_")},
		{"prefixes", `<x:worksheet xmlns:x="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><x:sheetData><x:row r="1"><x:c r="A1" t="inlineStr"><x:is><x:t>p</x:t></x:is></x:c></x:row></x:sheetData></x:worksheet>`, row("p")},
		{"strict", strict(sheetXML(`<row r="1"><c r="A1" t="s"><v>0</v></c></row>`)), row("uno")},
		{"around the rows", `<worksheet ` + testNS + `><dimension ref="A1"/><sheetViews><sheetView workbookViewId="0"><pane ySplit="1"/></sheetView></sheetViews><cols><col min="1" max="1"/></cols>` +
			`<sheetData><row r="1"><c r="A1"><v>1</v></c></row></sheetData><mergeCells count="1"><mergeCell ref="A1:B1"/></mergeCells><hyperlinks><hyperlink ref="A1" location="a&amp;b>c" display='"'/></hyperlinks>` +
			`<headerFooter><oddHeader>&amp;C Pagina</oddHeader></headerFooter></worksheet>` + "\n", row("1")},
		{"a byte order mark", "\ufeff" + sheetXML(`<row><c><v>1</v></c></row>`), row("1")},

		{"a comment", sheetXML(`<row><!-- --><c><v>1</v></c></row>`), nil},
		{"an instruction", sheetXML(`<row><?a b?><c><v>1</v></c></row>`), nil},
		{"a document type", `<!DOCTYPE worksheet [<!ENTITY e "x">]>` + sheetXML(`<row><c><v>1</v></c></row>`), nil},
		{"Latin 1", "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><worksheet " + testNS + "><sheetData><row><c t=\"str\"><v>\xe0</v></c></row></sheetData></worksheet>", nil},
		{"small letters", sheetXML(`<row r="1"><c r="a1"><v>1</v></c></row>`), nil},
		{"fixed references", sheetXML(`<row r="1"><c r="$A$1"><v>1</v></c></row>`), nil},
		{"text between cells", sheetXML(`<row>x<c><v>1</v></c></row>`), nil},
		{"an unknown kind", sheetXML(`<row><c t="boh"><v>1</v></c></row>`), nil},
		{"text beside a value", sheetXML(`<row><c t="str"><v>1</v><is><t>2</t></is></c></row>`), nil},
		{"two values", sheetXML(`<row><c><v>1</v><v>2</v></c></row>`), nil},
		{"text before runs and after", tableXMLInline(`<r><t>a</t></r><t>b</t>`), nil},
		{"half a character", tableXMLInline(`<t>_xD83D_</t>`), nil},
		{"an extension of a cell", sheetXML(`<row><c><v>1</v><extLst/></c></row>`), nil},
		{"two tables of rows", `<worksheet ` + testNS + `><sheetData/><sheetData><row><c><v>1</v></c></row></sheetData></worksheet>`, nil},
		{"a very wide row", sheetXML(`<row>` + strings.Repeat(`<c><v>1</v></c>`, maxColumns+1) + `</row>`), nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			p := with(with(parts(""), "xl/worksheets/sheet1.xml", test.sheet), "xl/sharedStrings.xml", table)
			w, done := openTestBook(t, pack(t, "list.xlsx", p))
			defer done()
			got, err := heldRows(t.Context(), w, &w.sheets[0], (*workbook).scanRows)
			switch {
			case test.want == nil && !errors.Is(err, errNotPlain):
				t.Errorf("%v %v", got, err)
			case test.want == nil:
				if _, err := heldRows(t.Context(), w, &w.sheets[0], (*workbook).excelizeRows); err != nil {
					t.Error(err)
				}
				return
			case err != nil:
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
			agree(t, w, &w.sheets[0])
		})
	}
}

func tableXMLInline(is string) string {
	return sheetXML(`<row><c t="inlineStr"><is>` + is + `</is></c></row>`)
}

// strict is the sheet in the namespaces of strict OOXML.
func strict(sheet string) string {
	return strings.NewReplacer("http://schemas.openxmlformats.org/spreadsheetml/2006/main", "http://purl.oclc.org/ooxml/spreadsheetml/main",
		"http://schemas.openxmlformats.org/officeDocument/2006/relationships", "http://purl.oclc.org/ooxml/officeDocument/relationships").Replace(sheet)
}

// What is broken is never taken by the quick reader, wherever it is: excelize's check says what is wrong.
func TestSheetScanBroken(t *testing.T) {
	t.Parallel()
	cell := func(v string) string { return sheetXML(`<row r="1"><c r="A1" t="str"><v>` + v + `</v></c></row>`) }
	for _, sheet := range []string{
		"", " ", "<", "<worksheet", "<worksheet/", "<worksheet>", "<worksheet><sheetData></worksheet></sheetData>", "<worksheet/><worksheet/>", "<worksheet/>x", "x<worksheet/>",
		cell("&boh;"), cell("&"), cell("&;"), cell("&#;"), cell("&#x;"), cell("&#0;"), cell("&#xFFFE;"), cell("&#x110000;"), cell("&#-1;"), cell("&#99999999999999999999;"), cell("&#xD800;"),
		cell("]]>"), cell("\x00"), cell("\x1f"), cell("\xff"), cell("\xc3"), cell("\xef\xbf\xbf"), cell("<![CDATA["), cell("<![CDATA[\x01]]>"), cell("<![CDAT[x]]>"), cell("<v>1</v>"), cell("</c>"),
		sheetXML(`<row r=1/>`), sheetXML(`<row r="1/>`), sheetXML(`<row r/>`), sheetXML(`<row r="1"r="2"/>`), sheetXML(`<row r="<"/>`), sheetXML(`<row r="&boh;"/>`),
		sheetXML(`<row r="0"/>`), sheetXML(`<row r=""/>`), sheetXML(`<row r="1048577"/>`), sheetXML(`<row r="2"/><row r="2"/>`), sheetXML(`<row r="1" a:r="2"/>`),
		sheetXML(`<row r="1"><c r="A2"/></row>`), sheetXML(`<row r="1"><c r="B1"/><c r="A1"/></row>`), sheetXML(`<row r="1"><c r="XFE1"/></row>`), sheetXML(`<row r="1"><c r="AAAA1"/></row>`),
		sheetXML(`<row r="1"><c r="1"/></row>`), sheetXML(`<row r="1"><c r=""/></row>`), sheetXML(`<row r="1"><c s="boh"><v>1</v></c></row>`), sheetXML(`<row r="1"><c><f ca="boh">1</f><v>1</v></c></row>`),
		sheetXML(`<row><c t="s"><v>3</v></c></row>`), sheetXML(`<row><c t="s"><v>-1</v></c></row>`), sheetXML(`<row><c t="s"><v> </v></c></row>`),
		strings.TrimSuffix(cell("1"), "</worksheet>"), strings.TrimSuffix(cell("1"), ">"), cell("1") + "<", strings.Replace(cell("1"), "</v>", "</w>", 1),
		strings.Replace(cell("1"), "</sheetData>", "</sheetData>"+strings.Repeat("<a>", maxDepth)+strings.Repeat("</a>", maxDepth), 1),
		cell(strings.Repeat("x", window)),
	} {
		w, done := openTestBook(t, pack(t, "list.xlsx", with(parts(""), "xl/worksheets/sheet1.xml", sheet)))
		if got, err := heldRows(t.Context(), w, &w.sheets[0], (*workbook).scanRows); !errors.Is(err, errNotPlain) {
			t.Errorf("%.300s\n%v %v", sheet, got, err)
		}
		done()
	}
}

// TestSheetScanPlain: what spreadsheet programs write is read by the quick reader, not only by excelize.
func TestSheetScanPlain(t *testing.T) {
	t.Parallel()
	path := book(t, func(f *excelize.File) {
		setRow(t, f, "Sheet1", "B2", "cf", "pec", "data", 1.5, true, "é", time.Date(2020, 2, 1, 12, 0, 0, 0, time.UTC), nil, "a\r\nb", " x ", "_x0041_", "<&>", "\x01")
		must(t, f.SetCellFormula("Sheet1", "B3", `A1&"<"`))
		must(t, f.SetCellRichText("Sheet1", "C9", []excelize.RichTextRun{{Text: "GAM", Font: &excelize.Font{Bold: true, Size: 9, Color: "FF0000"}}, {Text: "MA "}}))
		must(t, f.MergeCell("Sheet1", "B12", "C13"))
		must(t, f.SetCellHyperLink("Sheet1", "B2", "mailto:a@pec-uno.example?x=1&y=2", "External"))
		must(t, f.SetRowVisible("Sheet1", 2, false))
		must(t, f.AutoFilter("Sheet1", "B2:D9", nil))
		v := excelize.NewDataValidation(true)
		v.Sqref = "B3:B9"
		must(t, v.SetDropList([]string{"a&b", "c"}))
		must(t, f.AddDataValidation("Sheet1", v))
		_, err := f.NewSheet("Vuoto")
		must(t, err)
	})
	agreeOnAll(t, path)
	if found, err := filepath.Glob(filepath.Join(samples, "xlsx", "*.xlsx")); err == nil {
		for _, path := range found {
			agreeOnAll(t, path)
		}
	}
	office, err := exec.LookPath("soffice")
	if err != nil || testing.Short() {
		return
	}
	dir := t.TempDir()
	text := write(t, "office.csv", "cf,pec,data,n,testo\n01234567897,x@pec-uno.example,2020-02-01,1.5,\"a\nb & <c>\"\n00074311010,,31/12/2020,=1+1,è\n,,,,\n1E5,TRUE,#N/A, x ,\"q\"\"q\"\n")
	for _, source := range []string{text, path} {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		out, err := exec.CommandContext(ctx, office, "-env:UserInstallation=file://"+dir+"/profile", "--headless", "--convert-to", "xlsx", "--outdir", dir, source).CombinedOutput()
		cancel()
		saved := filepath.Join(dir, strings.TrimSuffix(filepath.Base(source), filepath.Ext(source))+".xlsx")
		if _, missing := os.Stat(saved); err != nil || missing != nil {
			t.Logf("the office program that is here does not convert: %v %s", err, out)
			return
		}
		agreeOnAll(t, saved)
	}
}

// A sheet of many windows is read like a small one.
func TestSheetScanWindows(t *testing.T) {
	t.Parallel()
	var rows, items strings.Builder
	for i := range 20_000 {
		fmt.Fprintf(&rows, `<row r="%d"><c r="A%d" t="s"><v>%d</v></c><c r="C%d" t="inlineStr"><is><t>%s</t></is></c><c r="D%d"><f>A1&amp;B1</f><v>%d</v></c></row>`,
			i+1, i+1, i%1000, i+1, strings.Repeat("è", i%50), i+1, i)
		fmt.Fprintf(&items, "<si><t>n. %d &amp; %s</t></si>", i, strings.Repeat("x", i%70))
	}
	p := with(parts(""), "xl/worksheets/sheet1.xml", sheetXML(rows.String()))
	p["xl/sharedStrings.xml"] = tableXML(items.String())
	if rows.Len() < 5*window || items.Len() < 2*window {
		t.Fatal(rows.Len(), items.Len())
	}
	agreeOnAll(t, pack(t, "list.xlsx", p))
}

// TestSheetScanGenerated: both readers see in generated sheets what was written.
func TestSheetScanGenerated(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		g := sheetGenerator{T: r}
		p := with(parts(""), "xl/worksheets/sheet1.xml", g.sheet())
		p["xl/sharedStrings.xml"] = tableXML(strings.Join(g.items, g.space()))
		w, done := openTestBook(t, pack(t, "list.xlsx", p))
		defer done()
		for name, read := range map[string]rowsOf{"quick": (*workbook).scanRows, "excelize": (*workbook).excelizeRows} {
			got, err := heldRows(t.Context(), w, &w.sheets[0], read)
			if diff := cmp.Diff(g.rows, got); err != nil || diff != "" {
				r.Fatalf("%s: %v %s\n%s\n%s", name, err, diff, p["xl/worksheets/sheet1.xml"], p["xl/sharedStrings.xml"])
			}
		}
		bytewise := &sheetScan{plainXML: newPlainXML(iotest.OneByteReader(strings.NewReader(p["xl/worksheets/sheet1.xml"]))), strings: w.strings, width: maxColumns}
		got := map[int]heldRow{}
		err := bytewise.sheet(excelize.TotalRows, keep(got))
		if diff := cmp.Diff(g.rows, got); err != nil || diff != "" {
			r.Fatalf("byte by byte: %v %s\n%s", err, diff, p["xl/worksheets/sheet1.xml"])
		}
	})
}

// A sheetGenerator writes a sheet in one of the many ways, and remembers what it holds.
type sheetGenerator struct {
	*rapid.T
	prefix string
	items  []string
	rows   map[int]heldRow
}

func (g *sheetGenerator) is(what string) bool { return rapid.Bool().Draw(g.T, what) }

func (g *sheetGenerator) one(of ...string) string { return rapid.SampledFrom(of).Draw(g.T, "one") }

func (g *sheetGenerator) space() string { return g.one("", "", "", " ", "\r\n\t") }

// element writes an element; attributes come in pairs.
func (g *sheetGenerator) element(name, inside string, attributes ...string) string {
	tag := g.prefix + name
	b := "<" + tag
	for i := 0; i < len(attributes); i += 2 {
		quote := g.one(`"`, `'`)
		b += " " + attributes[i] + "=" + quote + attributes[i+1] + quote
	}
	if inside == "" && g.is("empty") {
		return b + g.one("", " ") + "/>"
	}
	return b + g.one("", " ") + ">" + inside + "</" + tag + g.one("", " ") + ">"
}

func (g *sheetGenerator) text() string {
	return rapid.OneOf(rapid.SampledFrom([]string{"", "01234567897", "x@pec-uno.example", "43862.75"}), rapid.StringMatching("[a-zA-Zàù€😀_&<>\"'\\] \r\n;]{0,12}")).Draw(g.T, "text")
}

// xml writes a text in one of the ways of XML.
func (g *sheetGenerator) xml(text string) string {
	if g.is("CDATA") && !strings.ContainsAny(text, "]\r") {
		return "<![CDATA[" + text + "]]>"
	}
	return strings.NewReplacer("&", g.one("&amp;", "&#38;", "&#x26;"), "<", "&lt;", ">", g.one("&gt;", "&#62;"), "\r", "&#xD;", `"`, g.one(`"`, "&quot;")).Replace(text)
}

// item writes the inside of a shared or inline string.
func (g *sheetGenerator) item(text string) string {
	text = strings.ReplaceAll(text, "_x", "_x005F_x")
	if at := strings.IndexByte(text, 'a'); at >= 0 && g.is("runs") {
		return g.element("r", g.element("rPr", g.element("b", "")+g.element("sz", "", "val", "11"))+g.element("t", g.xml(text[:at]))) + g.space() +
			g.element("r", g.element("t", g.xml(text[at:]), "xml:space", "preserve")) + g.element("rPh", g.element("t", "no"), "sb", "0", "eb", "1")
	}
	return g.element("t", g.xml(text))
}

// cell writes a cell and returns what it holds.
func (g *sheetGenerator) cell(ref []string) (xml, text string, formula, known bool) {
	text = g.text()
	attributes := slices.Clone(ref)
	if g.is("styled") {
		attributes = append(attributes, "s", "3")
	}
	if formula = g.is("formula"); formula {
		xml = g.element("f", g.xml(g.text()), g.one("t", "ref"), "x", "ca", g.one("0", "true"))
	}
	kind := g.one("", "n", "str", "s", "inlineStr", "nothing")
	switch kind {
	case "nothing":
		text = ""
	case "inlineStr":
		if formula {
			xml, formula = "", false
		}
		xml += g.element("is", g.item(text))
	case "s":
		known = true
		xml += g.element("v", fmt.Sprint(len(g.items)))
		items := *g
		items.prefix = ""
		g.items = append(g.items, items.element("si", items.item(text)))
	default:
		known = text != "" || kind == "str"
		xml += g.element("v", g.xml(text))
	}
	if kind != "" && kind != "nothing" {
		attributes = append(attributes, "t", kind)
	}
	return g.element("c", xml, attributes...), text, formula, known
}

func (g *sheetGenerator) sheet() string {
	g.prefix = g.one("", "", "x:")
	g.rows = map[int]heldRow{}
	var rows strings.Builder
	number := 0
	for range rapid.IntRange(0, 4).Draw(g.T, "rows") {
		number++
		var attributes []string
		if g.is("told") {
			number += rapid.IntRange(0, 3).Draw(g.T, "gap")
			attributes = []string{"r", fmt.Sprint(number), "x14ac:dyDescent", "0.25", "hidden", "1"}
		}
		var held heldRow
		var cells strings.Builder
		col := -1
		for range rapid.IntRange(0, 4).Draw(g.T, "cells") {
			col++
			var ref []string
			if g.is("told") {
				col += rapid.SampledFrom([]int{0, 1, 30, 800}).Draw(g.T, "gap")
				name, _ := excelize.CoordinatesToCellName(col+1, number)
				ref = []string{"r", name}
			}
			xml, text, formula, known := g.cell(ref)
			cells.WriteString(xml + g.space())
			if text != "" || formula {
				held.Cells = append(append(held.Cells, make([]string, col-len(held.Cells))...), text)
			}
			if formula && !known {
				held.Uncalculated = append(held.Uncalculated, col)
			}
		}
		if held.Cells != nil {
			g.rows[number] = held
		}
		rows.WriteString(g.element("row", g.space()+cells.String(), attributes...) + g.space())
	}
	ns := "xmlns"
	if g.prefix != "" {
		ns = "xmlns:x"
	}
	tail := g.element("mergeCells", g.element("mergeCell", "", "ref", "A1:B2")) + g.element("headerFooter", g.element("oddHeader", "&amp;C"))
	return g.one("", `<?xml version="1.0"?>`, `<?xml version="1.0" encoding="utf-8" standalone="yes" ?>`+"\n") +
		g.element("worksheet", g.element("sheetData", g.space()+rows.String())+tail, ns, "http://schemas.openxmlformats.org/spreadsheetml/2006/main", "xmlns:x14ac", "x")
}

// FuzzSheet reads any text as a sheet: nothing panics, and what the quick reader takes, excelize's check takes too, and both see the same.
func FuzzSheet(f *testing.F) {
	for _, rows := range []string{
		"", `<row r="2"><c r="A2" t="s"><v>1</v></c><c r="C2" t="inlineStr"><is><t>a&amp;b</t></is></c></row>`,
		`<row><c><f>1</f></c><c t="str"><f t="shared" si="0"/><v/></c><c t="e"><v>#N/A</v></c></row><row r="9"/>`,
		`<row><c t="inlineStr"><is><r><t>a</t></r><r><t>_x000D_</t></r><rPh><t>b</t></rPh></is></c><c t="b"><v><![CDATA[1]]></v></c></row>`,
	} {
		f.Add(sheetXML(rows))
	}
	f.Add(`<x:worksheet xmlns:x="a"><x:sheetData><x:row r='3' ><x:c r='D3'><x:v>1&#13;` + "\r\n" + `</x:v></x:c></x:row></x:sheetData><x:a b="c>"/></x:worksheet>`)
	f.Fuzz(func(t *testing.T, sheet string) {
		if len(sheet) > 64<<10 || beyondCompare(sheet) {
			return
		}
		w, done := openTestBook(t, pack(t, "list.xlsx", with(parts(""), "xl/worksheets/sheet1.xml", sheet)))
		defer done()
		agree(t, w, &w.sheets[0])
	})
}

// beyondCompare reports sheets that excelize reads wrongly: rows outside of the rows' element are more rows for it, and texts whose style it does not
// understand are empty.
func beyondCompare(sheet string) bool {
	before, rest, _ := strings.Cut(sheet, "sheetData")
	at := strings.LastIndex(rest, "sheetData")
	return strings.Contains(before, "row") || at >= 0 && strings.Contains(rest[at:], "row") || strings.Contains(sheet, "rPr")
}

// TestSheetScanMutated: after some damage to a generated sheet the quick reader still takes nothing that excelize's check refuses or excelize sees
// otherwise.
func TestSheetScanMutated(t *testing.T) {
	t.Parallel()
	pieces := []string{
		"<", ">", "/", "&", ";", "\"", "'", "]]>", "<![CDATA[", " ", "\r", "\x00", "\xff", "x:", "<c>", "</c>", "<row>", "</row>", "<v>", "</v>", "<is>", "<t>", "<f>", "<sheetData>",
		"</sheetData>", "<c r=\"B1\">", "<row r=\"2\">", " r=\"1\"", " t=\"s\"", " s=\"a\"", " si=\"b\"", "<r>", "</r>", "<rPh>", "_x0041_", "&#65;", "<a/>", "=", "9", "A",
	}
	rapid.Check(t, func(r *rapid.T) {
		g := sheetGenerator{T: r}
		sheet := g.sheet()
		for range rapid.IntRange(1, 3).Draw(r, "mutations") {
			from := rapid.IntRange(0, len(sheet)).Draw(r, "from")
			to := min(len(sheet), from+rapid.IntRange(0, 12).Draw(r, "length"))
			middle := rapid.SampledFrom(append(pieces, "", sheet[from:to]+sheet[from:to])).Draw(r, "piece")
			sheet = sheet[:from] + middle + sheet[to:]
		}
		if beyondCompare(sheet) {
			return
		}
		p := with(parts(""), "xl/worksheets/sheet1.xml", sheet)
		p["xl/sharedStrings.xml"] = tableXML(strings.Join(g.items, ""))
		w, done := openTestBook(t, pack(t, "list.xlsx", p))
		defer done()
		if agree(t, w, &w.sheets[0]); t.Failed() {
			r.Fatalf("%q", sheet)
		}
	})
}

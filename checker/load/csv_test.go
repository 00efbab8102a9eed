package load

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// A record is what the splitter made of a stretch of text.
type record struct {
	Cells  []string
	Reason string
}

// records cuts a text as a whole.
func records(d dialect, text string) []record {
	var all []record
	for at := 0; at < len(text); {
		n, cells, reason := d.cut(text[at:], true, nil)
		if n == 0 {
			panic("no progress")
		}
		if reason != "" {
			cells = nil
		}
		all = append(all, record{cells, reason})
		at += n
	}
	return all
}

func ok(cells ...string) record        { return record{Cells: cells} }
func bad(reason string) record         { return record{Reason: reason} }
func semicolon(width int) dialect      { return dialect{delim: ';', width: width, quoted: maxQuoted} }
func lines(lines ...string) string     { return strings.Join(lines, "\n") }
func long(c string, length int) string { return strings.Repeat(c, length) }

func TestCut(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		d    dialect
		text string
		want []record
	}{
		{"line ends", semicolon(0), "a;b\nc;d\r\ne;f", []record{ok("a", "b"), ok("c", "d"), ok("e", "f")}},
		{"CR at the end of the text", semicolon(0), "a;b\r", []record{ok("a", "b")}},
		{"CR alone is a character where lines end in LF", semicolon(0), "a\rb;c\n", []record{ok("a\rb", "c")}},
		{"CR alone ends a line where no line ends in LF", dialect{delim: ';', cr: true, quoted: maxQuoted}, "a;b\rc;d\r\re;\"f\rg\"\r", []record{ok("a", "b"), ok("c", "d"), ok(""), ok("e", "f\rg")}},
		{"empty lines are records of one empty cell", semicolon(0), "\n\r\na\n", []record{ok(""), ok(""), ok("a")}},
		{"quoted", semicolon(0), `"a;b";"c ""d""";""` + "\n", []record{ok("a;b", `c "d"`, "")}},
		{"quoted line breaks", semicolon(0), "\"a\r\nb\";c\nd;e\n", []record{ok("a\nb", "c"), ok("d", "e")}},
		{"quotes inside an unquoted cell are characters", semicolon(0), `a "b" c;="00123";5"` + "\n", []record{ok(`a "b" c`, `="00123"`, `5"`)}},
		{"a quote that closes in the middle of a cell", semicolon(0), lines(`1;"ALFA" SRL;x`, "2;b;c"), []record{bad(ReasonQuoting), ok("2", "b", "c")}},
		{"a quote that never closes", semicolon(0), lines(`1;"ALFA;x`, "2;b;c", "3;b;c"), []record{bad(ReasonQuoting), ok("2", "b", "c"), ok("3", "b", "c")}},
		{"the row before ends inside the broken one's line", semicolon(0), lines(`1;"a`, `b";"c" d;e`, "2;b;c"), []record{bad(ReasonQuoting), ok("2", "b", "c")}},
		{
			"a quote that another row's quote would close", semicolon(3), lines(`1;"ALFA;x`, "2;b;y", `3;BETA";z`, "4;c;w"),
			[]record{bad(ReasonQuoting), ok("2", "b", "y"), ok("3", `BETA"`, "z"), ok("4", "c", "w")},
		},
		{"the same in the next line", semicolon(3), lines(`1;"ALFA;x`, `2;BETA";y`), []record{bad(ReasonQuoting), ok("2", `BETA"`, "y")}},
		{
			"a note over lines in the last column is no such thing", semicolon(3), lines(`1;x;"see; also`, `this; too"`, "2;b;c"),
			[]record{ok("1", "x", "see; also\nthis; too"), ok("2", "b", "c")},
		},
		{"a name over lines", semicolon(3), lines(`1;"ALFA`, `DI ROSSI; E C.";x`), []record{ok("1", "ALFA\nDI ROSSI; E C.", "x")}},
		{"NUL is a character", semicolon(0), "a\x00;b\n", []record{ok("a\x00", "b")}},
		{"a line too long", semicolon(0), "a;b\n" + long("x", maxRecord) + "\nc;d\n", []record{ok("a", "b"), bad(ReasonTooLong), ok("c", "d")}},
		{"the longest line", semicolon(0), long("x", maxRecord-1) + "\n", []record{ok(long("x", maxRecord-1))}},
		{"the longest quoted cell", semicolon(0), `"` + long("x", maxQuoted) + "\"\na\n", []record{ok(long("x", maxQuoted)), ok("a")}},
		{"a quoted cell too long", semicolon(0), `"` + long("x", maxQuoted+1) + "\"\na\n", []record{bad(ReasonQuoting), ok("a")}},
		{"a record too long for its many lines", semicolon(0), strings.Repeat("\""+long(long("y", 1000)+"\n", 60)+"\";", 20) + "\n", nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got := records(test.d, test.text)
			if test.want == nil { // too many to write down: the first line is given up, and nothing is lost
				if got[0].Reason != ReasonTooLong {
					t.Errorf("the first record is %+v", got[0].Reason)
				}
				return
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// text draws what stresses a splitter.
func drawText(t *rapid.T) string {
	return strings.Join(rapid.SliceOf(rapid.SampledFrom([]string{"a", "b", "à", ";", ";", `"`, `"`, `""`, "\n", "\r\n", "\n", " ", "\x00", "="})).Draw(t, "text"), "")
}

// Where encoding/csv reads a text without error, the records are the same; in between lies only what it skips: empty lines.
func TestCutLikeEncodingCSV(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := drawText(t)
		r := csv.NewReader(strings.NewReader(text))
		r.Comma, r.FieldsPerRecord = ';', -1
		want, err := r.ReadAll()
		if err != nil {
			return
		}
		var got [][]string
		for rest := text; rest != ""; {
			n, cells, reason := semicolonPtr().cut(rest, true, nil)
			if reason != "" {
				t.Fatalf("%q: %s where encoding/csv reads on", rest, reason)
			}
			if line := strings.TrimRight(rest[:n], "\r\n"); line != "" {
				got = append(got, cells)
			}
			rest = rest[n:]
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q: %s", text, diff)
		}
	})
}

// A line without quotes is cut in eights as it is byte by byte.
func TestSplit(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		line := rapid.StringOf(rapid.RuneFrom([]rune{'a', ';', ';', ':', '\x00', '\x7f', '»', '\u00bb', '\ufffd'})).Draw(t, "line")
		if diff := cmp.Diff(strings.Split(line, ";"), semicolonPtr().split(line, nil)); diff != "" {
			t.Errorf("%q: %s", line, diff)
		}
	})
}

// Whoever skips a line that is closed is where cut would be.
func TestClosed(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := drawText(t) + "\n"
		d := dialect{delim: ';', quoted: rapid.IntRange(0, 5).Draw(t, "quoted"), width: rapid.IntRange(0, 4).Draw(t, "width")}
		end := strings.IndexByte(text, '\n')
		if n, _, _ := d.cut(text, true, nil); d.closed(text[:end]) && n != end+1 {
			t.Errorf("%q: %d bytes", text, n)
		}
	})
}

func semicolonPtr() *dialect { d := semicolon(0); return &d }

// A bad row never harms another: what comes after a line with a broken quote is read as if the line were not there.
func TestCutBadLine(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		cell := rapid.StringMatching(`[a-z.@ ]{0,6}`)
		row := func(string) string {
			return cell.Draw(t, "a") + ";" + cell.Draw(t, "b") + ";" + cell.Draw(t, "c")
		}
		var good []string
		for range rapid.IntRange(1, 8).Draw(t, "rows") {
			good = append(good, row("row"))
		}
		at := rapid.IntRange(0, len(good)).Draw(t, "at")
		broken := rapid.SampledFrom([]string{`x;"y" z;w`, `x;"y;w`, `"`, `"x;y;w`, `x;y;"w`}).Draw(t, "broken")
		d := semicolon(3)
		want := records(d, strings.Join(good, "\n")+"\n")
		got := records(d, strings.Join(slices.Insert(slices.Clone(good), at, broken), "\n")+"\n")
		want = slices.Insert(want, at, bad(ReasonQuoting))
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q at %d of %q: %s", broken, at, good, diff)
		}
	})
}

// scanAll reads a text through the scanner, in blocks.
func scanAll(t testing.TB, d dialect, text string, block int) []record {
	s := &scanner{file: bytes.NewReader([]byte(text)), size: int64(len(text)), dialect: d, buf: make([]byte, block)}
	var all []record
	for {
		reason, err := s.next(t.Context())
		if err != nil {
			if err.Error() != "EOF" {
				t.Fatal(err)
			}
			return all
		}
		r := record{Reason: reason}
		if reason == "" {
			r.Cells = slices.Clone(s.cells)
		}
		all = append(all, r)
	}
}

// How the bytes arrive does not matter.
func TestScanInBlocks(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		text := drawText(r)
		for _, d := range []dialect{semicolon(0), semicolon(3), {delim: ';', cr: true, quoted: maxQuoted}, {delim: ';', quoted: 5}} {
			want := records(d, text)
			if diff := cmp.Diff(want, scanAll(t, d, text, rapid.IntRange(1, 40).Draw(r, "block"))); diff != "" {
				r.Errorf("%q: %s", text, diff)
			}
		}
	})
}

func TestScanLongLines(t *testing.T) {
	t.Parallel()
	line := long("y", 1000) + "\n"
	for _, text := range []string{
		"a;b\n" + long("x", 3*maxRecord) + "\nc;d\n",
		long("x", 3*maxRecord),
		long("x", 3*maxRecord) + "\r\nb\r\n",
		"\"" + long(line, 70) + "\nb\n",
		strings.Repeat("\""+long(line, 60)+"\";", 20) + "\nb\n",
	} {
		want := records(semicolon(0), text)
		got := scanAll(t, semicolon(0), text, 1000)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%.40q: %.2000s", text, diff)
		}
	}
}

func FuzzCut(f *testing.F) {
	f.Add("a;b\n\"c\n;d\";e\n", byte(';'), 3)
	f.Add("\"\"\"\r\r\n", byte(','), 0)
	f.Fuzz(func(t *testing.T, text string, delim byte, width int) {
		if strings.IndexByte("\"\r\n", delim) >= 0 {
			return
		}
		for _, cr := range []bool{false, true} {
			d := dialect{delim: delim, cr: cr, width: width, quoted: 50}
			want := records(d, text)
			if diff := cmp.Diff(want, scanAll(t, d, text, 16)); diff != "" {
				t.Errorf("%q: %s", text, diff)
			}
		}
	})
}

const samples = "../../../shared/samples"

// TestSpectrum reads the samples of csv-spectrum where they are.
func TestSpectrum(t *testing.T) {
	t.Parallel()
	files, _ := filepath.Glob(filepath.Join(samples, "csv-dialects/csv-spectrum/csvs/*.csv"))
	if len(files) == 0 {
		t.Skip("no samples here")
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".csv")
		if name == "location_coordinates" {
			continue // its JSON shows other data than its CSV
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(filepath.Join(samples, "csv-dialects/csv-spectrum/json", name+".json"))
		if err != nil {
			t.Fatal(err)
		}
		var want []map[string]string
		if err := json.Unmarshal(bytes.ReplaceAll(b, []byte(`\r\n`), []byte(`\n`)), &want); err != nil {
			t.Fatal(err)
		}
		rows := records(dialect{delim: ',', quoted: maxQuoted}, string(text))
		var got []map[string]string
		for _, row := range rows[1:] {
			m := map[string]string{}
			for i, cell := range row.Cells {
				m[rows[0].Cells[i]] = cell
			}
			got = append(got, m)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

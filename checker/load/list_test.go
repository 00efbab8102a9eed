package load

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"pecaudit/checker"
)

// TestGolden reads every fixture as the kind of list that its name says and compares all that was read with its golden text.
func TestGolden(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(fixture("*.?sv"))
	if err != nil || len(files) < 10 {
		t.Fatal(files, err)
	}
	for _, path := range files {
		name := filepath.Base(path)
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			golden(t, name, readFixture(t.Context(), path, options(t)))
		})
	}
}

func readProfessionals(ctx context.Context, path string, o *Options, yield func(*Professional) error) (*List, error) {
	l, err := OpenProfessionals(ctx, path, 0, o)
	if err != nil {
		return nil, err
	}
	defer l.Close()
	return l, l.Professionals(ctx, nil, yield)
}

func readFixture(ctx context.Context, path string, o *Options) string {
	var d dump
	switch filepath.Base(path) {
	case "status.csv":
		return d.entries(ReadStatus(ctx, path, 0, o, func(a checker.Address, e checker.StatusEntry) error {
			d.line("%d: %s state=%d word=%q expiry=%s provider=%q reference=%s", e.Origin.Row, a.Folded, e.State, e.Word, e.Expiry, e.Provider, e.Reference)
			return nil
		}))
	case "professionals.csv":
		return d.entries(readProfessionals(ctx, path, o, func(p *Professional) error {
			d.line("%d: %s cf=%q", p.Row, p.Address.Folded, p.CodiceFiscale)
			return nil
		}))
	case "directors.csv":
		return d.entries(ReadDirectors(ctx, path, 0, o, func(p Director) error {
			d.line("%d: %s cf=%q role=%q", p.Row, p.Address.Folded, p.CodiceFiscale, p.Role)
			return nil
		}))
	case "pending.csv":
		return d.entries(ReadPending(ctx, path, 0, o, func(p Pending) error {
			d.line("%d: cf=%q protocol=%q on=%s", p.Row, p.CodiceFiscale, p.Protocol, p.On)
			return nil
		}))
	}
	return companies(ctx, path, o)
}

// write puts a text into a file of the test's own.
func write(t testing.TB, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// accented is a list whose only letters beyond ASCII stand in its header and far down, behind what any sample would look at.
func accented() string {
	return "Città;cf;pec;denominazione\r\n" + strings.Repeat("ROMA;01234567897;alfa@pec-uno.example;"+long("A", 1000)+"\r\n", 1100) +
		"FORLÌ;00074311010;beta@pec-uno.example;“BETA” – €\r\n"
}

func encoded(t *testing.T, e encoding.Encoding, text string) string {
	t.Helper()
	s, err := e.NewEncoder().String(text)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestEncodings(t *testing.T) {
	t.Parallel()
	text := accented()
	for _, test := range []struct{ name, bytes, told, want string }{
		{"UTF-8", text, "", encUTF8},
		{"UTF-8 with BOM", "\ufeff" + text, "", encUTF8BOM},
		{"UTF-8 with BOM, told", "\ufeff" + text, "UTF-8", encUTF8BOM},
		{"Windows-1252", encoded(t, charmap.Windows1252, text), "", enc1252},
		{"Windows-1252, told", encoded(t, charmap.Windows1252, text), "cp1252", enc1252},
		{"UTF-16LE with BOM", encoded(t, unicode.UTF16(unicode.LittleEndian, unicode.UseBOM), text), "", encUTF16LE},
		{"UTF-16BE with BOM", encoded(t, unicode.UTF16(unicode.BigEndian, unicode.UseBOM), text), "", encUTF16BE},
		{"UTF-16LE without BOM", encoded(t, unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM), text), "", encUTF16LE},
		{"UTF-16BE without BOM", encoded(t, unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM), text), "utf-16", encUTF16BE},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			o := options(t)
			o.Encoding = test.told
			l, err := Open(t.Context(), write(t, "list.csv", test.bytes), 0, o)
			if err != nil {
				t.Fatal(err)
			}
			var last checker.Company
			rows := 0
			for range 2 { // a list can be read again
				rows = 0
				err = l.Read(t.Context(), func(b *Batch) error {
					rows += len(b.Companies)
					last = b.Companies[len(b.Companies)-1]
					return nil
				})
				if err != nil {
					t.Fatal(err)
				}
			}
			if l.Encoding != test.want || rows != 1101 || last.Comune != "FORLÌ" || last.Name != "“BETA” – €" || last.Row != 1102 {
				t.Errorf("%s: %d rows, the last %+v", l.Encoding, rows, last)
			}
			if l.Size != int64(len(test.bytes)) || l.SHA256 != fmt.Sprintf("%x", sha256.Sum256([]byte(test.bytes))) {
				t.Errorf("size %d, hash %s", l.Size, l.SHA256)
			}
			if err := l.Close(); err != nil {
				t.Error(err)
			}
			noneLeft(t, o.TempDir)
		})
	}
}

// noneLeft checks that no working copy stayed behind.
func noneLeft(t *testing.T, dir string) {
	t.Helper()
	left, err := os.ReadDir(dir)
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
}

// A byte that means nothing in the encoding that was told rejects its row only.
func TestBrokenCharacters(t *testing.T) {
	t.Parallel()
	o := options(t)
	o.Encoding = "utf-8"
	got := companies(t.Context(), write(t, "list.csv", "cf;pec\n01234567897;a@pec-uno.example\n00074311010;b\xe0@pec-uno.example\n"), o)
	if !strings.Contains(got, "3 rejected: broken characters") || !strings.Contains(got, "rows=2 rejected=1") {
		t.Error(got)
	}
	o.Encoding = ""
	text := encoded(t, unicode.UTF16(unicode.LittleEndian, unicode.UseBOM), "cf;pec\n01234567897;a@pec-uno.example\n00074311010;b@pec-uno.example")
	got = companies(t.Context(), write(t, "list.csv", text[:len(text)-1]), o)
	if !strings.Contains(got, "3 rejected: broken characters") || !strings.Contains(got, "rows=2 rejected=1") {
		t.Error(got)
	}
}

// TestTexts reads small lists that each show one thing.
func TestTexts(t *testing.T) {
	t.Parallel()
	const a, b = "01234567897", "00074311010"
	for _, test := range []struct {
		name, text string
		o          Options
		want       []string // must be in the dump, in this order
	}{
		{"comma", "cf,pec\n" + a + ",x@pec-uno.example\n", Options{}, []string{`delimiter=","`, "2:"}},
		{"semicolon in spite of commas", "cf;denominazione;pec\n" + a + ";ROSSI, BIANCHI, VERDI;x@pec-uno.example\n", Options{}, []string{`delimiter=";"`, "ROSSI, BIANCHI, VERDI"}},
		{"tab, told", "cf\tpec\n" + a + "\tx@pec-uno.example\n", Options{Delimiter: `\t`}, []string{`delimiter="tab"`, "2:"}},
		{"another one, told", "cf:pec\n" + a + ":x@pec-uno.example\n", Options{Delimiter: ":"}, []string{`delimiter=":"`, "2:"}},
		{"equally good delimiters", "cf;pec;x|cf|pec\n", Options{}, []string{"error", "separate the columns equally well", "--delimiter"}},
		{"sep=", "sep=,\r\ncf,pec\r\n" + a + ",x@pec-uno.example\r\n", Options{}, []string{`delimiter=","`, "header=2", "3:"}},
		{"CR line ends", "cf;pec\r" + a + ";x@pec-uno.example\r\r" + b + ";y@pec-uno.example\r", Options{}, []string{"2:", "4:", "rows=2"}},
		{"quoted line breaks make no row", "cf;pec;note\n" + a + ";x@pec-uno.example;\"a\nb\nc\"\n" + b + ";y@pec-uno.example;\n", Options{}, []string{"2:", "3:", "rows=2"}},
		{"rows that end in a delimiter", "cf;pec\n" + a + ";x@pec-uno.example;\n" + b + ";y@pec-uno.example;\n", Options{}, []string{"2:", "3:", "rows=2 rejected=0"}},
		{"a delimiter inside a cell", "cf;denominazione;pec\n" + a + ";ROSSI; BIANCHI;\n" + b + ";BETA;y@pec-uno.example\n", Options{}, []string{"3:", "2 rejected: more cells"}},
		{"NBSP and line breaks in headers", "\"Codice\nfiscale \";\u00a0PEC\u00a0\n" + a + ";x@pec-uno.example\n", Options{}, []string{"Codice fiscale -> codice_fiscale", "PEC -> pec", "2:"}},
		{"--map by text", "a;b\n" + a + ";x@pec-uno.example\n", Options{Map: map[string]string{"pec": "B", "rea": "a"}}, []string{"a -> rea", "b -> pec", "rea=\"01234567897\""}},
		{"--map takes a doubtful header", "cf;pec;Scadenza\n" + a + ";x@pec-uno.example;2026-12-31\n", Options{Map: map[string]string{"data_scadenza_pec": "scadenza"}}, []string{"expiry=\"2026-12-31\""}},
		{"--map wins over the names", "cf;pec;mail1\n" + a + ";x@pec-uno.example;y@pec-uno.example\n", Options{Map: map[string]string{"pec": "mail1"}}, []string{"pec ->  --map pec=pec", "mail1 -> pec", "y@pec-uno.example"}},
		{"--map HEADER#2", "cf;pec;pec\n" + a + ";x@pec-uno.example;y@pec-uno.example\n", Options{Map: map[string]string{"pec": "PEC#2"}}, []string{"y@pec-uno.example"}},
		{"--map by the exact text", "cf;pec;PEC\n" + a + ";x@pec-uno.example;y@pec-uno.example\n", Options{Map: map[string]string{"pec": "PEC"}}, []string{"y@pec-uno.example"}},
		{"--map of a header that is not there", "cf;pec\n" + a + ";x@pec-uno.example\n", Options{Map: map[string]string{"rea": "numero"}}, []string{"error", `no header "numero"`, "headers found in row 1: cf, pec"}},
		{"--map of no field", "cf;pec\n", Options{Map: map[string]string{"posta": "pec"}}, []string{"error", "there is no field posta", "codice_fiscale"}},
		{"--map of another list's field", "cf;pec\n" + a + ";x@pec-uno.example\n", Options{Map: map[string]string{"gestore": "x"}}, []string{"2:"}},
		{"input alone is no tax code", "input;pec\n" + a + ";x@pec-uno.example\n", Options{}, []string{"error", "no column codice_fiscale or partita_iva or rea"}},
		{"a header too far down", strings.Repeat("titolo\n", 30) + "cf;pec\n", Options{}, []string{"error", "no column pec"}},
		{"the last row that may be the header", strings.Repeat("titolo\n", 29) + "cf;pec\n", Options{}, []string{"header=30"}},
		{"a field's own name wins", "mail pec;pec;cf\nx@pec-uno.example;y@pec-uno.example;" + a, Options{}, []string{"mail pec ->  --map 'pec=mail pec'", "y@pec-uno.example"}},
		{"else the order of the table", "mail1;pec impresa;cf\nx@pec-uno.example;y@pec-uno.example;" + a, Options{}, []string{"y@pec-uno.example"}},
		{"a header twice that is not used", "cf;pec;mail1;mail1\n" + a + ";x@pec-uno.example;;\n", Options{}, []string{"2:"}},
		{"--list-date", "cf;pec\n", Options{}, []string{"reference=2026-11-01 presumed=true"}},
		{"blanks only", " \n\n \n", Options{}, []string{"error", "the file is empty"}},
		{"no text", "\x00\x01\x02\x03\x04\x05\x06\x07", Options{}, []string{"error", "this is not a text"}},
		{"a PDF", "%PDF-1.7\n", Options{}, []string{"error", "this is a PDF: save the list as CSV or XLSX"}},
		{"a web page", "\ufeff<!DOCTYPE html><table>", Options{}, []string{"error", "a web page"}},
		{"an old workbook", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1....", Options{}, []string{"error", "an old workbook (.xls)"}},
		{"an unknown encoding", "cf;pec\n", Options{Encoding: "ebcdic"}, []string{"error", "--encoding ebcdic is not known"}},
		{"UTF-16 that is none", "cf;pec\n", Options{Encoding: "utf-16"}, []string{"error", "this text is not UTF-16"}},
		{"a delimiter that is none", "cf;pec\n", Options{Delimiter: ";;"}, []string{"error", `--delimiter ";;"`}},
		{"codes of a spreadsheet", "codice fiscale;partita iva;pec\n=\"00074311010\";'74311010;x@pec-uno.example\n", Options{}, []string{`cf="00074311010" iva="00074311010"`, `repairs="zeros-restored|guard-removed"`}},
		{"a formula is no guard", "cf;denominazione;pec\n" + a + ";=\"a\"&\"b\";x@pec-uno.example\n", Options{}, []string{`name="=\"a\"&\"b\""`}},
		{"a rounded number is no code", "cf;pec\n1.23457E+10;x@pec-uno.example\n", Options{}, []string{"2 rejected: no key"}},
		{"REA alone, without sigla", "n. rea;pec\n123456;x@pec-uno.example\n", Options{}, []string{`rea="123456"`}},
		{"a chamber of several provinces", "cciaa;rea;pec\nRomagna;RN-7;x@pec-uno.example\nRomagna;8;x@pec-uno.example\n", Options{}, []string{`rea="RN-7" cciaa="RN" chamber="romagna"`, `rea="8" cciaa="Romagna" chamber="romagna"`}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			o := options(t)
			o.Map, o.Delimiter, o.Encoding = test.o.Map, test.o.Delimiter, test.o.Encoding
			got := companies(t.Context(), write(t, "list.csv", test.text), o)
			rest := got
			for _, want := range test.want {
				_, after, ok := strings.Cut(rest, want)
				if !ok {
					t.Fatalf("no %q in\n%s", want, got)
				}
				rest = after
			}
			noneLeft(t, o.TempDir)
		})
	}
}

// What to change tells the command's exit code: the options or the file.
func TestErrOption(t *testing.T) {
	t.Parallel()
	path := write(t, "list.csv", "cf;pec\n")
	for _, test := range []struct {
		o    Options
		want bool
	}{
		{Options{Delimiter: ";;"}, true},
		{Options{Encoding: "ebcdic"}, true},
		{Options{Map: map[string]string{"posta": "x"}}, true},
		{Options{Map: map[string]string{"rea": "x"}}, true},
		{Options{Delimiter: ","}, false},
	} {
		_, err := Open(t.Context(), path, 0, &test.o)
		if err == nil || errors.Is(err, ErrOption) != test.want {
			t.Errorf("%+v: %v", test.o, err)
		}
	}
}

// --map is about the companies: a list of another kind follows it only where it has that header.
func TestMapOfOtherLists(t *testing.T) {
	t.Parallel()
	o := options(t)
	o.Map = map[string]string{"pec": "recapito", "rea": "numero"}
	for text, want := range map[string]string{
		"cf;indirizzo pec\n01234567897;x@pec-uno.example\n":              "x@pec-uno.example",
		"cf;pec;recapito\n01234567897;x@pec-uno.example;y@pec.example\n": "y@pec.example",
	} {
		_, err := readProfessionals(t.Context(), write(t, "list.csv", text), o, func(p *Professional) error {
			if p.Address.Folded != want {
				t.Errorf("%q: %s", text, p.Address.Folded)
			}
			return nil
		})
		must(t, err)
	}
}

func TestListDate(t *testing.T) {
	t.Parallel()
	path := write(t, "list.csv", "cf;pec\n")
	o := options(t)
	day := checker.Date{Year: 2026, Month: 10, Day: 20}
	o.ListDates = map[string]checker.Date{filepath.Dir(path) + "/./list.csv": day, "other.csv": {Year: 2026, Month: 1, Day: 1}}
	l, err := Open(t.Context(), path, 0, o)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if l.Reference != day || l.Presumed {
		t.Error(l.Reference, l.Presumed)
	}
}

// Standard input is copied, readable by its owner only, and can be read again.
func TestStdin(t *testing.T) {
	t.Parallel()
	o := options(t)
	o.Stdin = iotest.OneByteReader(strings.NewReader(encoded(t, charmap.Windows1252, "città;cf;pec\nFORLÌ;01234567897;x@pec-uno.example\n")))
	l, err := Open(t.Context(), "-", 3, o)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		err = l.Read(t.Context(), func(b *Batch) error {
			if c := b.Companies[0]; c.Comune != "FORLÌ" || c.Origin != (checker.Origin{List: 3, File: "-", Row: 2}) {
				t.Errorf("%+v", c)
			}
			return nil
		})
		if err != nil || l.Rows != 1 {
			t.Fatal(l.Rows, err)
		}
	}
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	noneLeft(t, o.TempDir)
	if err := l.Read(t.Context(), nil); err == nil {
		t.Error("a closed list was read")
	}
	o.Stdin = nil
	if _, err := Open(t.Context(), "-", 0, o); err == nil {
		t.Error("no standard input was read")
	}
}

// A reading ends at once when the context does, and with the error of the one who reads.
func TestReadStops(t *testing.T) {
	t.Parallel()
	path := write(t, "list.csv", string(register(5000)))
	l, err := Open(t.Context(), path, 0, options(t))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	ctx, cancel := context.WithCancel(t.Context())
	batches := 0
	err = l.Read(ctx, func(*Batch) error {
		batches++
		cancel()
		return nil
	})
	if !errors.Is(err, context.Canceled) || batches != 1 {
		t.Error(batches, err)
	}
	stop := errors.New("stop")
	if err := l.Read(t.Context(), func(*Batch) error { return stop }); err != stop {
		t.Error(err)
	}
	if l.Rows != 0 {
		t.Error("counts of a reading that did not end")
	}
}

// A file that is written to between two readings is an error, never a mixture.
func TestChangedFile(t *testing.T) {
	t.Parallel()
	path := write(t, "list.csv", string(register(10)))
	l, err := Open(t.Context(), path, 0, options(t))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for _, text := range [][]byte{register(5), register(20)} {
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := l.Read(t.Context(), func(*Batch) error { return nil }); !errors.Is(err, errChanged) {
			t.Error(err)
		}
	}
}

func TestBatches(t *testing.T) {
	t.Parallel()
	text := strings.Replace(string(register(2500)), "ALFA 1200 S.R.L.", "\"", 1)
	l, err := Open(t.Context(), write(t, "list.csv", text), 0, options(t))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	batches, row := 0, 1
	err = l.Read(t.Context(), func(b *Batch) error {
		batches++
		for _, c := range b.Companies {
			if row++; c.Row == 1203 {
				row++
			}
			if c.Row != row {
				t.Fatalf("row %d for %d", c.Row, row)
			}
		}
		if b.Last != row {
			t.Errorf("%d is not the last row, %d is", b.Last, row)
		}
		return nil
	})
	if want := (len(text) + stretchSize - 1) / stretchSize; err != nil || batches != want || row != 2501 || l.Rows != 2500 || l.Rejected != 1 {
		t.Error(err, batches, row, l.Counts)
	}
}

func TestExpand(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, name := range []string{"b.csv", "a.csv", "c[1].csv", "d.txt"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "folder.csv"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		pattern string
		want    []string
	}{
		{"*.csv", []string{"a.csv", "b.csv", "c[1].csv"}},
		{"c[1].csv", []string{"c[1].csv"}},
		{"d.txt", []string{"d.txt"}},
		{"*.xlsx", nil},
		{"x.csv", nil},
		{"[", nil},
	} {
		got, err := Expand(filepath.Join(dir, test.pattern))
		for i := range got {
			got[i] = filepath.Base(got[i])
		}
		if !slices.Equal(got, test.want) || (err != nil) != (test.want == nil) || err != nil && !strings.Contains(err.Error(), test.pattern) {
			t.Errorf("%s: %v %v", test.pattern, got, err)
		}
	}
	if got, err := Expand("-"); err != nil || !slices.Equal(got, []string{"-"}) {
		t.Error(got, err)
	}
}

// FuzzOpen reads any bytes as any kind of list: no panic, nothing left behind, every row accounted for, and the same twice.
func FuzzOpen(f *testing.F) {
	files, err := filepath.Glob(fixture("*.?sv"))
	if err != nil {
		f.Fatal(err)
	}
	for _, path := range files {
		b, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	o := options(f)
	f.Fuzz(func(t *testing.T, b []byte) {
		path := write(t, "list", string(b))
		first := companies(t.Context(), path, o)
		if second := companies(t.Context(), path, o); first != second {
			t.Errorf("%s\n%s", first, second)
		}
		noneLeft(t, o.TempDir)
	})
}

// FuzzCell gives any text to every column of a row.
func FuzzCell(f *testing.F) {
	for _, s := range []string{"", `="001"`, "'01", "#N/A", "n.d.", "\ufeff", "UL-1", "31/12/2026", "MI-1", "a@b.example", "'"} {
		f.Add(s)
	}
	o := options(f)
	o.Absences = checker.DefaultAbsences()
	f.Fuzz(func(t *testing.T, cell string) {
		r := &row{List: &List{o: o, layout: companyLayout, cols: make([]int, len(companyLayout.fields)), HasStatus: true, HasActivity: true, HasDirector: true}}
		r.cells = []string{cell}
		var c checker.Company
		if reason, _ := r.company(&c); reason != "" {
			return
		}
		if c.Key() == "" {
			t.Errorf("%q: a company without key", cell)
		}
		if c.Unreadable != nil && (!c.Registered.IsZero() || c.Registered != c.Expiry) {
			t.Errorf("%q: read and not read: %+v", cell, c)
		}
	})
}

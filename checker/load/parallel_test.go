package load

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// plainly prints the wanted rows of a list, read as one stretch.
func plainly(t testing.TB, l *List, want func(row int) bool) string {
	t.Helper()
	var d dump
	err := l.readAll(t.Context(), Pass{Workers: 1, Yield: func(_ int, b *Batch) error {
		d.batch(b, want)
		return nil
	}}, reading{size: max(1, l.source.size)})
	d.line("%v", err)
	d.counts(l.Counts)
	return d.String()
}

// batch prints the wanted rows of a batch in the order of the file.
func (d *dump) batch(b *Batch, want func(row int) bool) {
	rejected := b.Rejected
	for i := range b.Companies {
		for len(rejected) > 0 && rejected[0].Row < b.Companies[i].Row {
			if want(rejected[0].Row) {
				d.rejected(rejected[0])
			}
			rejected = rejected[1:]
		}
		if want(b.Companies[i].Row) {
			d.company(&b.Companies[i])
		}
	}
	for _, x := range rejected {
		if want(x.Row) {
			d.rejected(x)
		}
	}
}

// quickly does the same with several workers and stretches of a size, in two passes: the second one knows where the stretches begin and takes one row in three.
func quickly(t testing.TB, l *List, workers int, size int64) (all, some string) {
	t.Helper()
	read := func(want func(int) bool) string {
		var d dump
		sums, last := make([]int, workers), 0
		err := l.readAll(t.Context(), Pass{
			Workers: workers,
			Work: func(worker int, b *Batch) error {
				sums[worker] = len(b.Companies) + len(b.Rejected)
				return nil
			},
			Yield: func(worker int, b *Batch) error {
				if sums[worker] != len(b.Companies)+len(b.Rejected) {
					return errors.New("this is another worker's batch")
				}
				if b.Last < last {
					return fmt.Errorf("row %d comes after row %d", b.Last, last)
				}
				last = b.Last
				d.batch(b, every)
				return nil
			},
		}, reading{size: size, want: want})
		d.line("%v", err)
		d.counts(l.Counts)
		return d.String()
	}
	l.Counts = Counts{}
	return read(nil), read(third)
}

func every(int) bool     { return true }
func third(row int) bool { return row%3 == 0 }

func checkParallel(t *testing.T, path string, workers int, sizes ...int64) {
	t.Helper()
	l, err := Open(t.Context(), path, 0, options(t))
	if err != nil {
		return // a list that is refused has no rows
	}
	defer l.Close()
	all, some := plainly(t, l, every), plainly(t, l, third)
	for _, size := range sizes {
		quickAll, quickSome := quickly(t, l, workers, size)
		if diff := cmp.Diff(all, quickAll); diff != "" {
			t.Fatalf("%s, %d workers, stretches of %d: plain -, parallel +\n%s", path, workers, size, diff)
		}
		if diff := cmp.Diff(some, quickSome); diff != "" {
			t.Fatalf("%s, %d workers, stretches of %d: plain -, some rows +\n%s", path, workers, size, diff)
		}
	}
}

// TestReadAll reads lists in stretches that cut records, quotes and line ends in all places.
func TestReadAll(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(fixture("*.?sv"))
	must(t, err)
	for _, path := range files {
		checkParallel(t, path, 3, 1, 7, 100, 1000, stretchSize)
	}
	dir := t.TempDir()
	r := rand.New(rand.NewPCG(1, 2))
	header := "cciaa;rea;codice_fiscale;denominazione;pec\n"
	pieces := []string{
		"MI;MI-1;00000007773;ALFA;alfa@pec.example\n", "MI;MI-2;;\"BETA\nGAMMA\";beta@pec.example\r\n", "\n", "\"", "\"\"", ";", "\r\n", "\r", "\n",
		"RM;RM-3;;\"a \"\"b\"\"; c\";c@pec.example\n", "corta\n", "FO;FO-9;;" + strings.Repeat("lunga ", 50) + ";d@pec.example\n", "\xff", "@", "MI;",
	}
	for n := range 60 {
		var b strings.Builder
		b.WriteString(header)
		for range r.IntN(40) {
			if k := r.IntN(len(pieces) + 8); k < len(pieces) {
				b.WriteString(pieces[k])
			} else {
				b.WriteString(pieces[0])
			}
		}
		text := b.String()
		if n%5 == 0 {
			text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\n", "\r")
		}
		path := filepath.Join(dir, fmt.Sprint(n, ".csv"))
		must(t, os.WriteFile(path, []byte(text), 0o600))
		checkParallel(t, path, 1+n%3, 1, 16, 41, 333)
	}
}

// A list that is not of companies is the same in stretches of any size, and again for those who want some of its rows.
// TestReadAllOfSheets reads sheets whose cells hold line breaks, quotes and what looks like another row of the working copy.
func TestReadAllOfSheets(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(5, 9))
	cells := []string{"x\n", "a\n\"b\" c", "\n", "\"", "x,y\n7,\"z", "\n12", "5\n\"\n\"6\",", "piana", "", "!3\n!4", strings.Repeat("lunga ", 60)}
	for n := range 20 {
		var sheet strings.Builder
		row := func(number int, cells ...string) {
			fmt.Fprintf(&sheet, `<row r="%d">`, number)
			for i, c := range cells {
				sheet.WriteString(inline(fmt.Sprintf("%c%d", 'A'+i, number), c))
			}
			sheet.WriteString(`</row>`)
		}
		row(1, "cciaa", "rea", "codice_fiscale", "denominazione", "pec")
		for i := range 30 {
			row(i+2, "MI", fmt.Sprint("MI-", i+1), cells[r.IntN(len(cells))], cells[r.IntN(len(cells))], "a@pec-a.example")
		}
		p := parts("")
		p["xl/worksheets/sheet1.xml"] = `<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>` + sheet.String() + `</sheetData></worksheet>`
		checkParallel(t, pack(t, "list.xlsx", p), 1+n%3, 1, 9, 40, 77, 333, 1000)
	}
}

func TestProfessionals(t *testing.T) {
	t.Parallel()
	var text strings.Builder
	text.WriteString("pec;codice fiscale;nota\n")
	for i := range 3 * maxRejected {
		switch i % 5 {
		case 0:
			fmt.Fprintf(&text, "non è un indirizzo %d;;\n", i)
		case 1:
			fmt.Fprintf(&text, "\"studio.%d@pec.example\";%s;\"su più\nrighe\"\r\n", i, numericCode(i))
		case 2:
			fmt.Fprintf(&text, "manca %d\n", i)
		default:
			fmt.Fprintf(&text, "studio.%d@pec.example;%d;\n", i, 1_000_000+i)
		}
	}
	l, err := OpenProfessionals(t.Context(), write(t, "list.csv", text.String()), 2, options(t))
	must(t, err)
	defer l.Close()
	read := func(size int64, want func(row int) bool) string {
		var d dump
		must(t, readEntries(t.Context(), l, professionals, reading{size: size, want: want}, func(p *Professional) error {
			if want != nil || third(p.Row) {
				d.line("%d.%d: %s cf=%q", p.List, p.Row, p.Address.Folded, p.CodiceFiscale)
			}
			return nil
		}))
		for _, x := range l.RejectedRows {
			d.rejected(x)
		}
		d.counts(l.Counts)
		return d.String()
	}
	whole := read(l.source.size, nil)
	if l.Rejected != 1200 || len(l.RejectedRows) != maxRejected || l.Rows != 3*maxRejected {
		t.Errorf("%d rows, %d rejected, %d shown", l.Rows, l.Rejected, len(l.RejectedRows))
	}
	for _, size := range []int64{40, 1000, stretchSize} {
		if diff := cmp.Diff(whole, read(size, nil)); diff != "" {
			t.Errorf("in stretches of %d: %s", size, diff)
		}
		if diff := cmp.Diff(whole, read(size, third)); diff != "" {
			t.Errorf("one row in three, in stretches of %d: %s", size, diff)
		}
	}
}

// TestReadAllEndsAtFirstError makes two batches fail: the one that comes first in the file tells.
func TestReadAllEndsAtFirstError(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "register.csv")
	must(t, os.WriteFile(path, register(5000), 0o600))
	l, err := Open(t.Context(), path, 0, options(t))
	must(t, err)
	defer l.Close()
	early, late := errors.New("early"), errors.New("late")
	handed := 0
	err = l.readAll(t.Context(), Pass{
		Workers: 3,
		Work: func(_ int, b *Batch) error {
			switch row := b.Companies[0].Row; {
			case row > 3000:
				return late
			case row > 2000:
				return early
			}
			return nil
		},
		Yield: func(_ int, b *Batch) error {
			handed += len(b.Companies)
			return nil
		},
	}, reading{size: 10_000})
	if !errors.Is(err, early) || handed < 1900 || handed > 2100 {
		t.Errorf("%v after %d rows", err, handed)
	}
}

func FuzzReadAll(f *testing.F) {
	f.Add("a;b\n\"c\n;d\";e\n", 5)
	f.Add("MI;MI-1;x@pec.example\n\"", 20)
	f.Fuzz(func(t *testing.T, text string, size int) {
		path := filepath.Join(t.TempDir(), "l.csv")
		must(t, os.WriteFile(path, []byte("cciaa;rea;pec\n"+text), 0o600))
		checkParallel(t, path, 2, int64(1+max(size, -size)%500))
	})
}

func BenchmarkReadAll(b *testing.B) {
	text := string(register(benchRows))
	path := write(b, "register.csv", text)
	l, err := Open(b.Context(), path, 0, options(b))
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	for _, test := range []struct {
		name string
		want func(row int) bool
		rows int
	}{
		{"all", nil, benchRows},
		{"one in ten", func(row int) bool { return row%10 == 0 }, benchRows / 10},
		{"none", func(int) bool { return false }, 0},
	} {
		b.Run(test.name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				rows := 0
				err := l.ReadAll(b.Context(), Pass{Workers: 2, Want: test.want, Yield: func(_ int, batch *Batch) error {
					rows += len(batch.Companies)
					return nil
				}})
				if err != nil || rows != test.rows {
					b.Fatal(rows, err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/benchRows, "ns/row")
		})
	}
}

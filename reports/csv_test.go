package reports

import (
	"bytes"
	"encoding/csv"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestCSV(t *testing.T) {
	t.Parallel()
	var buf bytes.Buffer
	w := NewCSV(&buf)
	for _, record := range [][]string{
		{"rule", "pec"}, {"UNI-001", `a"b;c`}, {"=1+1", "+39 070"}, {"-Rossi & C.", "@x"}, {"\ta", "\rb"}, {" a ", ""}, {"two\nlines", "Città"}, {""},
	} {
		if err := w.Write(record...); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	want := "\ufeffrule;pec\r\nUNI-001;\"a\"\"b;c\"\r\n'=1+1;'+39 070\r\n'-Rossi & C.;'@x\r\n\"'\ta\";\"'\rb\"\r\n\" a \";\r\n\"two\nlines\";Città\r\n\"\"\r\n"
	if diff := cmp.Diff(want, buf.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// A CSV reader reads what was written, but for the guard; carriage returns aside, which Go's reader takes for line ends.
func TestCSVReadsBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		field := rapid.OneOf(rapid.String(), rapid.StringMatching(`[=+@;" \n-]{0,6}`))
		records := rapid.SliceOfN(rapid.SliceOfN(field, 3, 3), 0, 5).Draw(rt, "records")
		var buf bytes.Buffer
		w := NewCSV(&buf)
		var want [][]string
		for _, r := range records {
			for i := range r {
				r[i] = strings.ReplaceAll(strings.ToValidUTF8(r[i], ""), "\r", "")
			}
			if err := w.Write(r...); err != nil {
				rt.Fatal(err)
			}
			want = append(want, []string{CSVText(r[0]), CSVText(r[1]), CSVText(r[2])})
		}
		if err := w.Flush(); err != nil {
			rt.Fatal(err)
		}
		r := csv.NewReader(strings.NewReader(strings.TrimPrefix(buf.String(), "\ufeff")))
		r.Comma = ';'
		got, err := r.ReadAll()
		if err != nil {
			rt.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			rt.Fatalf("(-want +got):\n%s", diff)
		}
		for _, record := range got {
			for _, s := range record {
				if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
					rt.Fatalf("a spreadsheet would compute %q", s)
				}
			}
		}
	})
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("disk full") }

func TestCSVTellsErrors(t *testing.T) {
	t.Parallel()
	w := NewCSV(broken{})
	for range 10_000 {
		if err := w.Write("a long enough field to fill the buffer sooner or later"); err != nil {
			return
		}
	}
	if err := w.Flush(); err == nil {
		t.Error("nobody says that the disk is full")
	}
}

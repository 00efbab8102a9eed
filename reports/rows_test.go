package reports

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
	"pgregory.net/rapid"

	"pecaudit/checker"
)

// TestRowsAsExcelizeWritesThem shows that a reader finds in our rows what it finds in those that excelize writes of the same cells.
func TestRowsAsExcelizeWritesThem(t *testing.T) {
	t.Parallel()
	text := rapid.OneOf(
		rapid.String(), rapid.StringOf(rapid.RuneFrom([]rune("_x004fA \t\n\r<&>\"'è\x00\x1f\uFFFE𝄞"))), rapid.Just(" a "), rapid.Just("bad \xff utf-8"),
		rapid.Just(strings.Repeat("𝄞", 20_000)), rapid.Just("=1+1"),
	)
	rapid.Check(t, func(rt *rapid.T) {
		var rows [][]any
		for range rapid.IntRange(1, 3).Draw(rt, "rows") {
			row := make([]any, rapid.IntRange(0, 30).Draw(rt, "columns"))
			for i := range row {
				switch rapid.IntRange(0, 3).Draw(rt, "kind") {
				case 0:
					row[i] = text.Draw(rt, "text")
				case 1:
					row[i] = rapid.IntRange(-1e9, 1e9).Draw(rt, "int")
				case 2:
					row[i] = rapid.Float64Range(-1, 1).Draw(rt, "float")
				}
			}
			rows = append(rows, row)
		}
		want := written(t, rt, func(_ *book, sw *excelize.StreamWriter) {
			for i, row := range rows {
				if err := sw.SetRow(cellName(1, i+1), row, excelize.RowOpts{Height: float64(10 * i)}); err != nil {
					rt.Fatal(err)
				}
			}
		})
		got := written(t, rt, func(b *book, _ *excelize.StreamWriter) {
			b.fillNewest(func(w io.Writer) error {
				rw := newRowWriter(w, 30)
				for i, row := range rows {
					cells := make([]excelize.Cell, len(row))
					for k := range row {
						cells[k].Value = row[k]
					}
					rw.add(cells, float64(10*i))
				}
				return rw.flush()
			})
		})
		if diff := cmp.Diff(want, got); diff != "" {
			rt.Error(diff)
		}
	})
}

// written returns the raw values of a sheet, and the heights of its rows.
func written(t *testing.T, rt *rapid.T, fill func(*book, *excelize.StreamWriter)) any {
	b, err := newBook("", checker.Date{}, false)
	if err != nil {
		rt.Fatal(err)
	}
	closed(t, b.File)
	sw, err := b.NewStreamWriter("Sheet1")
	if err != nil {
		rt.Fatal(err)
	}
	fill(b, sw)
	var out bytes.Buffer
	if err := errors.Join(sw.Flush(), b.save(&out)); err != nil {
		rt.Fatal(err)
	}
	f := open(t, out.Bytes())
	rows, err := f.GetRows("Sheet1", excelize.Options{RawCellValue: true})
	if err != nil {
		rt.Fatal(err)
	}
	var heights []float64
	for i := range rows {
		h, err := f.GetRowHeight("Sheet1", i+1)
		if err != nil {
			rt.Fatal(err)
		}
		heights = append(heights, h)
	}
	return []any{rows, heights}
}

// TestRowsNeedTheirSheet shows that no workbook comes out whose rows found no place.
func TestRowsNeedTheirSheet(t *testing.T) {
	t.Parallel()
	for name, prepare := range map[string]func(*book) error{
		"no sheet":          func(b *book) error { b.SheetCount = 7; return nil },
		"a sheet with rows": func(b *book) error { return b.SetCellStr("Sheet1", "A1", "x") },
		"an error of a row": func(b *book) error { return nil },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, err := newBook("", checker.Date{}, false)
			if err != nil {
				t.Fatal(err)
			}
			closed(t, b.File)
			if err := prepare(b); err != nil {
				t.Fatal(err)
			}
			b.fillNewest(func(io.Writer) error { return errors.New("broken") })
			if err := b.save(io.Discard); err == nil {
				t.Error("it was written")
			}
		})
	}
}

package load

import (
	"archive/zip"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"
)

// excelize 2.11.0 takes the first error in a sheet's XML for the sheet's end, a cell out of its order for one at the end of the row, and an index
// into a broken table of strings for the text itself. Each of these would give a shorter or a wrong list in silence, so what it is to read
// is read once by encoding/xml before.

// excelizeRows is the rowReader for everything that a workbook may be.
func (w *workbook) excelizeRows(ctx context.Context, s *sheet, e extent, visit func(*sheetRow) error) (err error) {
	// It panics on some crafted workbooks; whatever it is, it is the input's fault.
	defer func() {
		if p := recover(); p != nil {
			err = errDamaged
		}
	}()
	uncalculated, err := w.check(ctx, s, e)
	if err != nil {
		return err
	}
	if err := w.openExcelize(); err != nil {
		return err
	}
	rows, err := w.excelize.Rows(s.name)
	if err != nil {
		return errDamaged
	}
	defer rows.Close()
	r := &sheetRow{}
	for r.number = 1; r.number <= e.lastRow && rows.Next(); r.number++ {
		if r.number%256 == 0 {
			if err := ctx.Err(); err != nil {
				return err
			}
		}
		if r.cells, err = rows.Columns(); err != nil {
			return fmt.Errorf("row %d: %w", r.number, errDamaged)
		}
		if e.used != nil {
			r.cells = r.cells[:min(len(r.cells), len(e.used))]
		}
		r.uncalculated = r.uncalculated[:0]
		for len(uncalculated) > 0 && uncalculated[0].row() <= r.number {
			if uncalculated[0].row() == r.number {
				r.uncalculated = append(r.uncalculated, uncalculated[0].col())
			}
			uncalculated = uncalculated[1:]
		}
		if err := visit(r); err != nil {
			return err
		}
	}
	if rows.Error() != nil {
		return errDamaged
	}
	return nil
}

// openExcelize opens the workbook in a folder of its own: excelize leaves temporary files behind when it fails.
func (w *workbook) openExcelize() (err error) {
	if w.excelize != nil {
		return nil
	}
	if w.dir == "" {
		if w.dir, err = os.MkdirTemp(w.tempDir, "pecaudit-*"); err != nil {
			return fmt.Errorf("make a working copy: %w", err)
		}
	}
	w.excelize, err = excelize.OpenFile(w.path, excelize.Options{
		RawCellValue: true, UnzipSizeLimit: maxUnpacked, UnzipXMLSizeLimit: memoryPart, TmpDir: w.dir,
	})
	if err != nil {
		w.excelize = nil
		return errDamaged
	}
	return nil
}

// Close removes what excelize unpacked.
func (w *workbook) Close() error {
	var err error
	if w.excelize != nil {
		err = w.excelize.Close()
	}
	if w.dir != "" {
		err = errors.Join(err, os.RemoveAll(w.dir))
	}
	return err
}

// A place is a cell: row from 1 and column from 0, ordered by row.
type place uint64

func placeOf(row, col int) place { return place(row)<<16 | place(col) }
func (p place) row() int         { return int(p >> 16) }
func (p place) col() int         { return int(p & 0xffff) }

// check reads a sheet to its end, or to the last row wanted, and the shared strings before, and returns the cells of the used columns whose formula was
// never calculated.
func (w *workbook) check(ctx context.Context, s *sheet, e extent) ([]place, error) {
	if err := w.checkStrings(ctx); err != nil {
		return nil, damage(ctx, err, 0)
	}
	c := &sheetCheck{extent: e, checkedStrings: w.checked, rowStart: -1}
	err := c.run(ctx, s.part)
	return c.empty, err
}

// checkedStrings is what is known of a sound table of shared strings.
type checkedStrings struct {
	whole   bool // it was read to its end
	strings int
	longest int64 // bytes of one, with its tags
}

func (w *workbook) checkStrings(ctx context.Context) error {
	part := w.parts[sharedStrings]
	if part == nil || w.checked.whole {
		return nil
	}
	c, start := checkedStrings{whole: true}, int64(0)
	err := elements(ctx, part, func(t xml.Token, open []string, at int64) error {
		if _, ok := t.(xml.StartElement); ok && len(open) == 2 && open[1] == "si" {
			c.strings++
			start = at
		}
		if len(open) > 1 {
			c.longest = max(c.longest, at-start)
		}
		if c.longest > maxItem {
			return errDamaged
		}
		return nil
	})
	if err == nil {
		w.checked = c
	}
	return err
}

// damage makes one error of all that can be wrong with a part, with the row where it shows.
func damage(ctx context.Context, err error, row int) error {
	switch {
	case err == nil, errors.Is(err, errTooLarge):
		return err
	case ctx.Err() != nil:
		return ctx.Err()
	case row > 0:
		return fmt.Errorf("row %d: %w", row, errDamaged)
	}
	return errDamaged
}

// A sheetCheck follows the elements of a sheet.
type sheetCheck struct {
	extent
	checkedStrings
	empty []place

	row, col       int
	rowStart       int64
	rowStrings     int64 // bytes that its shared strings may have: excelize makes a copy for every cell
	kind           string
	index          []byte // of a shared string
	formula, value bool
}

var errEnough = errors.New("enough")

func (c *sheetCheck) run(ctx context.Context, part *zip.File) error {
	err := elements(ctx, part, c.visit)
	if errors.Is(err, errEnough) {
		return nil
	}
	return damage(ctx, err, c.row)
}

func (c *sheetCheck) visit(t xml.Token, open []string, at int64) error {
	if len(open) < 3 || open[1] != "sheetData" {
		return nil
	}
	if at-c.rowStart > maxItem && c.row > 0 {
		return errDamaged
	}
	switch t := t.(type) {
	case xml.StartElement:
		switch {
		case len(open) == 3 && t.Name.Local == "row":
			return c.startRow(t, at)
		case len(open) == 4 && t.Name.Local == "c":
			return c.startCell(t)
		case len(open) == 5 && t.Name.Local == "f":
			c.formula = true
			return sound(t)
		case len(open) == 5 && t.Name.Local == "v":
			c.value = c.kind == "str" // an empty text is a value
		}
	case xml.CharData:
		if len(open) == 5 && open[4] == "v" && len(t) > 0 {
			c.value = true
			if c.kind == "s" {
				c.index = append(c.index, t...)
			}
		}
	case xml.EndElement:
		if len(open) == 4 && t.Name.Local == "c" {
			return c.endCell()
		}
	}
	return nil
}

func attribute(t xml.StartElement, name string) string {
	for _, a := range t.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

func (c *sheetCheck) startRow(t xml.StartElement, at int64) error {
	row := c.row + 1
	if r := attribute(t, "r"); r != "" {
		n, err := strconv.Atoi(r)
		if err != nil || n < row || n > excelize.TotalRows {
			return errDamaged
		}
		row = n
	}
	if row > c.lastRow {
		return errEnough
	}
	c.row, c.col, c.rowStart, c.rowStrings = row, -1, at, 0
	return nil
}

func (c *sheetCheck) startCell(t xml.StartElement) error {
	col := c.col + 1
	if r := attribute(t, "r"); r != "" {
		n, row, err := excelize.CellNameToCoordinates(r)
		if err != nil || row != c.row || n-1 < col {
			return errDamaged
		}
		col = n - 1
	}
	c.col, c.kind, c.formula, c.value, c.index = col, attribute(t, "t"), false, false, c.index[:0]
	return sound(t)
}

// sound reports an element that excelize could not read.
func sound(t xml.StartElement) error {
	for _, a := range t.Attr {
		if losesCell(t.Name.Local, a.Name.Local, a.Value) {
			return errDamaged
		}
	}
	return nil
}

// losesCell reports whether an attribute makes excelize leave the whole cell out in silence: it takes some for numbers and truth values.
func losesCell(element, name, value string) bool {
	var err error
	switch {
	case element == "c" && name == "s", element == "f" && name == "si":
		_, err = strconv.Atoi(value)
	case element == "f" && slices.Contains([]string{"aca", "bx", "ca", "del1", "del2", "dt2D", "dtr"}, name):
		_, err = strconv.ParseBool(value)
	}
	return err != nil
}

func (c *sheetCheck) endCell() error {
	if c.formula && !c.value && c.col < len(c.used) && c.used[c.col] {
		c.empty = append(c.empty, placeOf(c.row, c.col))
	}
	if c.kind == "s" && c.value {
		n, err := strconv.Atoi(strings.TrimSpace(string(c.index)))
		c.rowStrings += c.longest
		if err != nil || n < 0 || n >= c.strings || c.rowStrings > maxRowStrings {
			return errDamaged
		}
	}
	return nil
}

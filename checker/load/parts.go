package load

import (
	"archive/zip"
	"bufio"
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/htmlindex"
)

// excelize 2.11.0 takes the first error in a sheet's XML for the sheet's end, a cell out of its order for one at the end of the row, and an index
// into a broken table of strings for the text itself. Each of these would give a shorter or a wrong list in silence, so every part that matters
// is read once by a plain XML reader before.

const sharedStrings = "xl/sharedstrings.xml" // in lower case, as parts are compared

const (
	maxDepth = 64       // of nested elements: a sheet has less than ten
	maxToken = 4 << 20  // bytes without a tag
	maxItem  = 16 << 20 // bytes of one row or shared string
)

// A place is a cell: row from 1 and column from 0, ordered by row.
type place uint64

func placeOf(row, col int) place { return place(row)<<16 | place(col) }
func (p place) row() int         { return int(p >> 16) }
func (p place) col() int         { return int(p & 0xffff) }

// elements reads an XML part element by element. visit is told of each start and end; path is the stack of the open elements' names, the
// element itself last.
func elements(ctx context.Context, part *zip.File, visit func(t xml.Token, path []string, at int64) error) error {
	r, err := unpack(part)
	if err != nil {
		return err
	}
	defer r.Close()
	d := xml.NewDecoder(bufio.NewReaderSize(&tagReader{r: r}, 64<<10))
	d.CharsetReader = func(label string, r io.Reader) (io.Reader, error) {
		e, err := htmlindex.Get(label)
		if err != nil {
			return nil, err
		}
		return e.NewDecoder().Reader(r), nil
	}
	var open []string
	for n := 0; ; n++ {
		if n%4096 == 0 {
			if err := ctx.Err(); err != nil {
				return err
			}
		}
		t, err := d.Token()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return unpackError(err)
		}
		switch t := t.(type) {
		case xml.StartElement:
			if open = append(open, t.Name.Local); len(open) > maxDepth {
				return errDamaged
			}
			err = visit(t, open, d.InputOffset())
		case xml.EndElement:
			err = visit(t, open, d.InputOffset())
			open = open[:len(open)-1]
		case xml.CharData:
			err = visit(t, open, d.InputOffset())
		}
		if err != nil {
			return err
		}
	}
}

// A tagReader refuses a part with a text too long to be a cell's before it is gathered in memory.
type tagReader struct {
	r     io.Reader
	since int // bytes since the last tag began
}

func (t *tagReader) Read(p []byte) (int, error) {
	n, err := t.r.Read(p)
	if at := bytes.LastIndexByte(p[:n], '<'); at >= 0 {
		t.since = n - at
	} else {
		t.since += n
	}
	if t.since > maxToken {
		return 0, errDamaged
	}
	return n, err
}

// shallow reports a part that cannot be read in bounded memory. Any other fault of it is for excelize to find.
func shallow(ctx context.Context, name string, part *zip.File) error {
	if strings.HasPrefix(name, "xl/worksheets/") || strings.HasPrefix(name, "xl/pivotcache/") || name == sharedStrings ||
		!strings.HasSuffix(name, ".xml") && !strings.HasSuffix(name, ".rels") {
		return nil // checked when it is read, or never read
	}
	err := elements(ctx, part, func(xml.Token, []string, int64) error { return nil })
	if errors.Is(err, errDamaged) || errors.Is(err, errTooLarge) || ctx.Err() != nil {
		return err
	}
	return nil
}

// readContents reads the workbook's table of contents.
func (w *workbook) readContents() error {
	relations := func(of string) (found []relation, err error) {
		dir, base := path.Split(of)
		var list struct {
			All []relation `xml:"Relationship"`
		}
		err = w.decode(dir+"_rels/"+base+".rels", &list)
		for i := range list.All {
			r := &list.All[i]
			if !strings.HasPrefix(r.Target, "/") {
				r.Target = dir + r.Target
			}
			r.Target = path.Clean(partName(r.Target))
		}
		return list.All, err
	}
	root, err := relations("")
	if err != nil {
		return err
	}
	book := "xl/workbook.xml"
	for _, r := range root {
		if strings.HasSuffix(r.Type, "/officeDocument") {
			book = r.Target
		}
	}
	var contents struct {
		Properties struct {
			Date1904 string `xml:"date1904,attr"`
		} `xml:"workbookPr"`
		Sheets []struct {
			Name  string `xml:"name,attr"`
			State string `xml:"state,attr"`
			ID    string `xml:"id,attr"` // of the relation
		} `xml:"sheets>sheet"`
	}
	if err := w.decode(book, &contents); err != nil {
		return err
	}
	parts, err := relations(book)
	if err != nil {
		return err
	}
	w.date1904 = contents.Properties.Date1904 == "1" || contents.Properties.Date1904 == "true"
	names := map[string]bool{}
	for _, s := range contents.Sheets {
		at := slices.IndexFunc(parts, func(r relation) bool { return r.ID == s.ID && strings.HasSuffix(r.Type, "/worksheet") })
		if at < 0 {
			continue // a chart
		}
		part := w.parts[parts[at].Target]
		if name := strings.ToLower(s.Name); part == nil || names[name] || len(names) == maxSheets {
			return errDamaged
		} else {
			names[name] = true
		}
		w.sheets = append(w.sheets, sheet{name: s.Name, hidden: s.State != "" && s.State != "visible", part: part})
	}
	return nil
}

type relation struct {
	ID     string `xml:"Id,attr"`
	Type   string `xml:"Type,attr"`
	Target string `xml:"Target,attr"`
}

func (w *workbook) decode(part string, into any) error {
	f := w.parts[part]
	if f == nil {
		return errDamaged
	}
	r, err := unpack(f)
	if err != nil {
		return err
	}
	defer r.Close()
	if err := xml.NewDecoder(r).Decode(into); err != nil {
		return errDamaged
	}
	return nil
}

// check reads a sheet and the shared strings to their ends and returns the cells of the used columns whose formula was never calculated.
func (w *workbook) check(ctx context.Context, s *sheet, used []bool) ([]place, error) {
	c := &sheetCheck{used: used, lastRow: excelize.TotalRows, rowStart: -1}
	if part := w.parts[sharedStrings]; part != nil {
		start := int64(0)
		err := elements(ctx, part, func(t xml.Token, open []string, at int64) error {
			if _, ok := t.(xml.StartElement); ok && len(open) == 2 && open[1] == "si" {
				c.strings++
				start = at
			}
			if at-start > maxItem && len(open) > 1 {
				return errDamaged
			}
			return nil
		})
		if err != nil {
			return nil, damage(ctx, err, 0)
		}
	}
	err := c.run(ctx, s.part)
	return c.empty, err
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
	used    []bool
	strings int // in the table; < 0: not counted
	lastRow int // where to stop
	empty   []place

	row, col       int
	rowStart       int64
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
	c.row, c.col, c.rowStart = row, -1, at
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
	return nil
}

func (c *sheetCheck) endCell() error {
	if c.formula && !c.value && c.col < len(c.used) && c.used[c.col] {
		c.empty = append(c.empty, placeOf(c.row, c.col))
	}
	if c.kind == "s" && c.value && c.strings >= 0 {
		n, err := strconv.Atoi(strings.TrimSpace(string(c.index)))
		if err != nil || n < 0 || n >= c.strings {
			return errDamaged
		}
	}
	return nil
}

package reports

import (
	"io"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"

	"pecaudit/checker"
)

// A column is one column of a list sheet.
type column[T any] struct {
	label string
	width float64 // in characters
	look  look
	// value returns what the cell shows: a string, an int, a checker.Date, a daysLeft; nil, "" and the zero Date leave it empty. A text is
	// never anything but a text, whatever it begins with.
	value func(*T) any
	page  bool // a new printed page begins here
}

// daysLeft is a cell of "Giorni residui".
type daysLeft struct {
	days    int
	overdue bool // the last useful day is past too
}

// A table is a list sheet: header in row 1, one line a row, no formula.
type table[T any] struct {
	sheet    string
	title    string // in the print header
	tab      string // color of the tab
	columns  []column[T]
	rows     []*T
	frozen   int  // columns that stay in sight while scrolling; the last of them is repeated on every printed page
	scale    uint // of the print, per cent; 0: all columns on one page
	dropDown bool // has the columns of the office
}

func (t *table[T]) name() string { return t.sheet }
func (t *table[T]) size() int    { return len(t.rows) }

// write writes the table; rows beyond what a sheet holds continue on sheets of the same name with a number.
func (t *table[T]) write(b *book) error {
	parts := b.parts(len(t.rows))
	for part := range parts {
		from := part * b.maxRows
		to := min(from+b.maxRows, len(t.rows))
		title := t.title
		if parts > 1 {
			title += partOf(part+1, parts)
		}
		if err := t.writePart(b, partName(t.sheet, part), title, t.rows[from:to]); err != nil {
			return err
		}
	}
	return nil
}

// parts returns on how many sheets so many rows stand.
func (b *book) parts(rows int) int { return max(1, (rows+b.maxRows-1)/b.maxRows) }

// partName returns the sheet's name for the first part, "Elenco completo (2)" for the second.
func partName(sheet string, part int) string {
	if part == 0 {
		return sheet
	}
	return sheet + " (" + strconv.Itoa(part+1) + ")"
}

func (t *table[T]) writePart(b *book, sheet, title string, rows []*T) error {
	if err := b.addSheet(sheet, t.tab); err != nil {
		return err
	}
	last := cellName(len(t.columns), len(rows)+1)
	// The dimension and the sheet's properties are written when the stream begins, panes and widths before its rows.
	if err := b.SetSheetDimension(sheet, "A1:"+last); err != nil {
		return err
	}
	fit := t.scale == 0
	if err := b.SetSheetProps(sheet, &excelize.SheetPropsOptions{FitToPage: &fit}); err != nil {
		return err
	}
	sw, err := b.NewStreamWriter(sheet)
	if err != nil {
		return err
	}
	if err := sw.SetPanes(freeze(t.frozen)); err != nil {
		return err
	}
	for i := len(t.columns) - 1; i >= 0; i-- { // excelize puts each in front of the others, and columns must stand in order
		if err := sw.SetColWidth(i+1, i+1, t.columns[i].width); err != nil {
			return err
		}
	}
	// What stands behind the rows in the file must be set before Flush: later it is lost without a word.
	if err := b.dress(sw, sheet, title, t.frozen, t.scale, last); err != nil {
		return err
	}
	for i, c := range t.columns {
		if c.page {
			if err := sw.InsertPageBreak(cellName(i+1, 1)); err != nil {
				return err
			}
		}
	}
	if t.dropDown && len(rows) > 0 {
		if err := validate(b, sheet, t.columns, len(rows)+1); err != nil {
			return err
		}
	}
	b.fillNewest(func(w io.Writer) error { return writeRows(b, w, t.columns, rows) })
	return sw.Flush()
}

// writeRows writes the header and the rows.
func writeRows[T any](b *book, w io.Writer, columns []column[T], rows []*T) error {
	rw := newRowWriter(w, len(columns))
	cells := make([]excelize.Cell, len(columns))
	for i, c := range columns {
		style := lookHeader
		if c.look == lookFill || c.look == lookFillCode || c.look == lookFillDate {
			style = lookHeaderFill
		}
		cells[i] = excelize.Cell{StyleID: b.style[style], Value: c.label}
	}
	rw.add(cells, 32)
	for _, row := range rows {
		lines := 1
		for k := range columns {
			c := &columns[k]
			b.fill(&cells[k], c.look, c.value(row))
			if text, ok := cells[k].Value.(string); ok && (c.look == lookWrap || c.look == lookFill) {
				lines = max(lines, linesOf(text, int(c.width*1.1)))
			}
		}
		height := 0.0
		if lines > 1 {
			height = listHeight(lines)
		}
		rw.add(cells, height)
	}
	return rw.flush()
}

// listHeight is the height in points of a row of so many lines. Rows of one line have none of their own and grow with what is typed into
// them; LibreOffice does not make a row as high as the text that it reads.
func listHeight(lines int) float64 { return min(3+float64(lines)*13, 300) }

// linesOf estimates on how many lines a text is shown, with so many characters a line.
func linesOf(text string, chars int) int {
	if len(text) <= chars && strings.IndexByte(text, '\n') < 0 {
		return 1
	}
	lines, run := 1, 0
	for _, r := range text {
		if run++; r == '\n' || run > chars {
			lines++
			run = 0
		}
	}
	return lines
}

// fill sets a cell to a value in its look.
func (b *book) fill(cell *excelize.Cell, l look, value any) {
	cell.StyleID, cell.Value = b.style[l], nil
	switch v := value.(type) {
	case string:
		if v != "" {
			cell.Value = v
		}
	case int:
		cell.Value = v
	case percent:
		cell.Value = float64(v)
	case checker.Date:
		if n, ok := serial(v); ok {
			cell.Value = n
		} else if !v.IsZero() {
			cell.Value = v.Italian()
		}
	case daysLeft:
		cell.Value, cell.StyleID = v.days, b.style[v.look()]
	}
}

func (d daysLeft) look() look {
	switch {
	case d.overdue:
		return lookDaysOver
	case d.days <= 7:
		return lookDaysShort
	case d.days <= 14:
		return lookDaysSoon
	}
	return lookDaysFar
}

// dress sets what is the same on every list sheet: filter, printed pages, no green corners on codes.
func (b *book) dress(sw *excelize.StreamWriter, sheet, title string, frozen int, scale uint, last string) error {
	if err := b.AutoFilter(sheet, "A1:"+last, nil); err != nil {
		return err
	}
	if err := b.AddIgnoredErrors(sheet, "A1:"+last, excelize.IgnoredErrorsNumberStoredAsText); err != nil {
		return err
	}
	order, wide, high := "overThenDown", 1, 0
	pages := &excelize.PageLayoutOptions{PageOrder: &order, FitToWidth: &wide, FitToHeight: &high}
	if scale > 0 {
		pages = &excelize.PageLayoutOptions{PageOrder: &order, AdjustTo: &scale}
	}
	if err := b.layout(sheet, title, pages); err != nil {
		return err
	}
	quoted := "'" + sheet + "'!"
	repeat := quoted + "$1:$1"
	if scale > 0 && frozen > 0 {
		col, err := excelize.ColumnNumberToName(frozen)
		if err != nil {
			return err
		}
		repeat = quoted + "$" + col + ":$" + col + "," + repeat
	}
	return b.SetDefinedName(&excelize.DefinedName{Name: "_xlnm.Print_Titles", RefersTo: repeat, Scope: sheet})
}

func freeze(columns int) *excelize.Panes {
	p := &excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}
	if columns > 0 {
		p.XSplit, p.TopLeftCell, p.ActivePane = columns, cellName(columns+1, 2), "bottomRight"
	}
	p.Selection = []excelize.Selection{{SQRef: p.TopLeftCell, ActiveCell: p.TopLeftCell, Pane: p.ActivePane}}
	return p
}

// validate puts the drop-down on the outcome and asks for a date in the date's column.
func validate[T any](b *book, sheet string, columns []column[T], lastRow int) error {
	for i, c := range columns {
		dv := excelize.NewDataValidation(true)
		dv.SetSqref(cellName(i+1, 2) + ":" + cellName(i+1, lastRow))
		switch c.label {
		case columnOutcome:
			if b.outcomes == "" {
				continue
			}
			dv.SetSqrefDropList(b.outcomes)
			dv.SetError(excelize.DataValidationErrorStyleStop, columnOutcome, textPickOutcome)
		case columnOn:
			first, _ := serial(checker.Date{Year: 2000, Month: 1, Day: 1})
			if err := dv.SetRange(first, "", excelize.DataValidationTypeDate, excelize.DataValidationOperatorGreaterThanOrEqual); err != nil {
				return err
			}
			dv.SetError(excelize.DataValidationErrorStyleStop, columnOn, textTypeDate)
		default:
			continue
		}
		if err := b.AddDataValidation(sheet, dv); err != nil {
			return err
		}
	}
	return nil
}

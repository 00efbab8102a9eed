package reports

import (
	"unicode/utf8"

	"github.com/xuri/excelize/v2"

	"pecaudit/checker"
)

// A freePage (Riepilogo, Fonti dei dati) is written top down. The first error stays and ends all writing.
type freePage struct {
	b     *book
	sheet string
	row   int     // where the next line goes
	right int     // last column that was written
	used  float64 // of the printed page, in lines
	err   error
}

// percent is a cell shown as a percentage.
type percent float64

const (
	pageColumns = 10  // A to J: what a text of full width goes over
	pageChars   = 170 // on a line of full width
	rowHeight   = 15  // points
	pageScale   = 80  // per cent
	pageLines   = 41  // on a printed page at that scale
)

// pageWidths are those of Riepilogo, in characters.
var pageWidths = []float64{46, 12.5, 12.5, 12.5, 12.5, 12.5, 12.5, 12.5, 12.5, 12.5}

// newPage begins a page; scale 0 prints all columns on one page.
func newPage(b *book, sheet, tab string, scale uint, widths []float64) *freePage {
	p := &freePage{b: b, sheet: sheet, row: 1}
	p.do(func() error { return b.addSheet(sheet, tab) })
	for i, w := range widths {
		name, _ := excelize.ColumnNumberToName(i + 1)
		p.do(func() error { return b.SetColWidth(sheet, name, name, w) })
	}
	fit, grid, wide, high := scale == 0, false, 1, 0
	p.do(func() error { return b.SetSheetProps(sheet, &excelize.SheetPropsOptions{FitToPage: &fit}) })
	p.do(func() error { return b.SetSheetView(sheet, 0, &excelize.ViewOptions{ShowGridLines: &grid}) })
	p.do(func() error {
		if fit {
			return b.layout(sheet, sheet, &excelize.PageLayoutOptions{FitToWidth: &wide, FitToHeight: &high})
		}
		return b.layout(sheet, sheet, &excelize.PageLayoutOptions{AdjustTo: &scale})
	})
	return p
}

func (p *freePage) do(step func() error) {
	if p.err == nil {
		p.err = step()
	}
}

// put writes a cell.
func (p *freePage) put(col, row int, value any, l look) {
	p.right = max(p.right, col)
	p.do(func() error {
		cell := cellName(col, row)
		var c excelize.Cell
		p.b.fill(&c, l, value)
		if err := p.b.SetCellStyle(p.sheet, cell, cell, c.StyleID); err != nil {
			return err
		}
		switch v := c.Value.(type) {
		case string:
			return p.b.SetCellStr(p.sheet, cell, v)
		case int:
			return p.b.SetCellInt(p.sheet, cell, int64(v))
		case float64:
			return p.b.SetCellFloat(p.sheet, cell, v, -1, 64)
		}
		return nil
	})
}

// next ends a line that is so many lines of text high.
func (p *freePage) next(lines float64) {
	if lines != 1 {
		p.do(func() error { return p.b.SetRowHeight(p.sheet, p.row, lines*rowHeight) })
	}
	p.row++
	p.used += lines
}

// skip leaves lines empty.
func (p *freePage) skip(lines int) {
	p.row += lines
	p.used += float64(lines)
}

// wide writes a text over all columns, as high as it needs.
func (p *freePage) wide(text string, l look) {
	from, to := cellName(1, p.row), cellName(pageColumns, p.row)
	p.put(1, p.row, text, l)
	p.do(func() error { return p.b.MergeCell(p.sheet, from, to) })
	p.do(func() error { return p.b.SetCellStyle(p.sheet, from, to, p.b.style[l]) })
	p.next(float64(linesOf(text, pageChars)))
}

// section begins a part of the page, on a new printed page if its lines would not fit on this one.
func (p *freePage) section(title string, lines int) {
	if p.used+float64(lines)+3 > pageLines && p.row > 1 {
		p.do(func() error { return p.b.InsertPageBreak(p.sheet, cellName(1, p.row+1)) })
		p.skip(1)
		p.used = 0
	} else {
		p.skip(1)
	}
	for col := 2; col <= pageColumns; col++ {
		p.put(col, p.row, nil, lookSection)
	}
	p.put(1, p.row, title, lookSection)
	p.next(1.4)
	p.next(0.3)
}

// head writes the header of a table: the first columns are texts, the others figures.
func (p *freePage) head(texts int, labels ...string) {
	lines := 1
	for i, label := range labels {
		l := lookTableHeadRight
		if i < texts {
			l = lookTableHead
		}
		p.put(i+1, p.row, label, l)
		if i > 0 {
			lines = max(lines, (utf8.RuneCountInString(label)+12)/13)
		}
	}
	p.next(float64(lines) + 0.2)
}

// line writes a line of a table.
func (p *freePage) line(values ...any) { p.values(lookLabel, lookTally, values) }

// total writes the last line of a table.
func (p *freePage) total(values ...any) { p.values(lookLabelStrong, lookTallyStrong, values) }

func (p *freePage) values(text, tally look, values []any) {
	for i, v := range values {
		l := text
		switch v.(type) {
		case int:
			l = tally
		case percent:
			l = lookPercent
		case checker.Date:
			l = lookDay
		}
		p.put(i+1, p.row, v, l)
	}
	p.next(1)
}

// end closes the page: readers that trust the dimension must find all of it.
func (p *freePage) end() error {
	p.do(func() error { return p.b.SetSheetDimension(p.sheet, "A1:"+cellName(p.right, p.row-1)) })
	return p.err
}

// remark writes a line that a label begins and a text runs on from.
func (p *freePage) remark(label string, text any) {
	p.put(1, p.row, label, lookLabel)
	p.put(2, p.row, text, lookOverflow)
	p.next(1)
}

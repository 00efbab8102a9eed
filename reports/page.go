package reports

import (
	"unicode/utf8"

	"github.com/xuri/excelize/v2"

	"pecaudit/checker"
)

// A free page (Riepilogo, Fonti dei dati) is written top down in the columns A to J. The first error stays and ends all writing.
type freePage struct {
	b     *book
	sheet string
	row   int // where the next line goes
	err   error
}

// percent is a cell shown as a percentage.
type percent float64

const (
	pageColumns = 10 // A to J
	pageChars   = 46 + 9*12.5
	rowHeight   = 15.0 // points
)

func newPage(b *book, sheet, tab, title string, widths ...float64) *freePage {
	p := &freePage{b: b, sheet: sheet, row: 1}
	p.do(func() error { return b.addSheet(sheet, tab) })
	for i, w := range widths {
		name, _ := excelize.ColumnNumberToName(i + 1)
		p.do(func() error { return b.SetColWidth(sheet, name, name, w) })
	}
	fit, grid, wide, high := true, false, 1, 0
	p.do(func() error { return b.SetSheetProps(sheet, &excelize.SheetPropsOptions{FitToPage: &fit}) })
	p.do(func() error { return b.SetSheetView(sheet, 0, &excelize.ViewOptions{ShowGridLines: &grid}) })
	p.do(func() error {
		return b.layout(sheet, title, &excelize.PageLayoutOptions{FitToWidth: &wide, FitToHeight: &high})
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
	p.do(func() error {
		cell := cellName(col, row)
		if err := p.b.SetCellStyle(p.sheet, cell, cell, p.b.style[l]); err != nil {
			return err
		}
		var c excelize.Cell
		p.b.fill(&c, l, value)
		switch v := c.Value.(type) {
		case nil:
			return nil
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

// skip leaves lines empty.
func (p *freePage) skip(lines int) { p.row += lines }

// height sets the height of a line, in lines of text.
func (p *freePage) height(row int, lines float64) {
	p.do(func() error { return p.b.SetRowHeight(p.sheet, row, lines*rowHeight) })
}

// wide writes a text over all columns, as high as it needs.
func (p *freePage) wide(text string, l look) {
	p.put(1, p.row, text, l)
	p.do(func() error {
		return p.b.MergeCell(p.sheet, cellName(1, p.row), cellName(pageColumns, p.row))
	})
	p.do(func() error {
		return p.b.SetCellStyle(p.sheet, cellName(1, p.row), cellName(pageColumns, p.row), p.b.style[l])
	})
	p.height(p.row, float64(linesOf(text, pageChars-8)))
	p.row++
}

// linesOf estimates on how many lines a text of so many characters a line is shown: nobody measures merged cells by itself.
func linesOf(text string, chars int) int {
	lines, run := 1, 0
	for _, r := range text {
		if run++; r == '\n' || run > chars {
			lines++
			run = 0
		}
	}
	return lines
}

// section begins a part of the page.
func (p *freePage) section(title string) {
	p.skip(1)
	for col := 1; col <= pageColumns; col++ {
		p.put(col, p.row, nil, lookSection)
	}
	p.put(1, p.row, title, lookSection)
	p.height(p.row, 1.4)
	p.row++
}

// head writes the header of a table; texts are on the left in the first column, elsewhere on the right.
func (p *freePage) head(labels ...string) {
	lines := 1
	for i, text := range labels {
		l := lookTableHeadRight
		if i == 0 {
			l = lookTableHead
		}
		p.put(i+1, p.row, text, l)
		if i > 0 {
			lines = max(lines, (utf8.RuneCountInString(text)+10)/11)
		}
	}
	p.height(p.row, float64(max(lines, 1))+0.2)
	p.row++
}

// line writes a line of a table.
func (p *freePage) line(values ...any) { p.values(lookLabel, lookCount0, values) }

// total writes the last line of a table.
func (p *freePage) total(values ...any) { p.values(lookLabelStrong, lookCountStrong, values) }

func (p *freePage) values(text, count look, values []any) {
	for i, v := range values {
		l := text
		switch v.(type) {
		case int:
			l = count
		case percent:
			l = lookPercent
		case checker.Date:
			l = lookDay
		}
		p.put(i+1, p.row, v, l)
	}
	p.row++
}

// A line is 20 pixels high; a chart beside a table begins in column D.
const (
	chartColumn    = 4
	chartWidth     = 610
	chartWideWidth = 1120
	chartHeight    = 290
	chartLines     = 16
)

// palette colors the series of a chart, distinct in gray too.
var palette = []string{navy, "4F7CAC", "C98A00", red, "2E7D4F", "7A6BA8", "9AA5B1"}

// chart draws a chart with its corner in a cell.
func (p *freePage) chart(col, row, width int, title string, c *excelize.Chart) {
	c.Title = excelize.ChartTitle{Paragraph: []excelize.RichTextRun{{Text: title, Font: font(12, true, navy)}}}
	c.Dimension = excelize.ChartDimension{Width: uint(width), Height: chartHeight}
	c.Format = excelize.GraphicOptions{OffsetX: 12, OffsetY: 6, AltText: title, Positioning: "oneCell"}
	c.XAxis.Font, c.YAxis.Font = *font(9, false, slate), *font(9, false, slate)
	c.Border = excelize.LineOptions{Type: excelize.LineNone}
	p.do(func() error { return p.b.AddChart(p.sheet, cellName(col, row), c) })
}

// bars draws the counts of a table, its first column against its second, as horizontal bars in the order of the table.
func (p *freePage) bars(first, last int, title, color string) {
	vary, gap := false, uint(45)
	p.chart(chartColumn, first-1, chartWidth, title, &excelize.Chart{
		Type: excelize.Bar,
		Series: []excelize.ChartSeries{{
			Categories: area(p.sheet, 1, first, 1, last), Values: area(p.sheet, 2, first, 2, last), Fill: paint(color),
			DataLabel: excelize.ChartDataLabel{Font: *font(9, false, slate)},
		}},
		Legend: excelize.ChartLegend{Position: "none"}, VaryColors: &vary, GapWidth: &gap,
		XAxis: excelize.ChartAxis{ReverseOrder: true}, YAxis: excelize.ChartAxis{None: true},
		PlotArea: excelize.ChartPlotArea{ShowVal: true},
	})
}

// stacked draws the columns from..to of a table as stacked columns, a line of the table a column of the chart; the header names the series.
func (p *freePage) stacked(head, first, last, from, to int, title string) {
	gap, overlap := uint(60), 100
	c := &excelize.Chart{
		Type: excelize.ColStacked, Legend: excelize.ChartLegend{Position: "bottom", Font: font(9, false, slate)}, GapWidth: &gap, Overlap: &overlap,
		YAxis: excelize.ChartAxis{MajorGridLines: true, NumFmt: excelize.ChartNumFmt{CustomNumFmt: countFormat}},
	}
	for col := from; col <= to; col++ {
		c.Series = append(c.Series, excelize.ChartSeries{
			Name: area(p.sheet, col, head, col, head), Categories: area(p.sheet, 1, first, 1, last), Values: area(p.sheet, col, first, col, last),
			Fill: paint(palette[(col-from)%len(palette)]),
		})
	}
	p.chart(1, p.row, chartWideWidth, title, c)
	p.skip(chartLines)
}

// ring draws the second column of a table as shares.
func (p *freePage) ring(first, last int, title string, colors ...string) {
	points := make([]excelize.ChartDataPoint, len(colors))
	for i, color := range colors {
		points[i] = excelize.ChartDataPoint{Index: i, Fill: paint(color)}
	}
	p.chart(chartColumn, first-1, chartWidth, title, &excelize.Chart{
		Type: excelize.Doughnut, HoleSize: 55,
		Series: []excelize.ChartSeries{{
			Categories: area(p.sheet, 1, first, 1, last), Values: area(p.sheet, 2, first, 2, last), DataPoint: points,
		}},
		Legend: excelize.ChartLegend{Position: "right", Font: font(9, false, slate)},
	})
}

// upTo makes room for a chart beside a table that began at a line.
func (p *freePage) upTo(first int) { p.row = max(p.row, first+chartLines) }

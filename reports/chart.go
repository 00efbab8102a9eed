package reports

import "github.com/xuri/excelize/v2"

// Charts refer to the tables of their own page. A chart beside a table begins in column D; sizes are in pixels, of which a line has 20.
const (
	chartColumn    = 4
	chartWidth     = 610
	chartWideWidth = 1130
	chartHeight    = 250
	chartLines     = 13
)

// palette colors the series of a chart, distinct in gray too.
var palette = []string{navy, "6F9BD1", "C98A00", red, "2E7D4F", "8E7CC3", "B8C2CC"}

// chart draws a chart with its corner in a cell.
func (p *freePage) chart(col, row, width int, title string, c *excelize.Chart) {
	c.Title = excelize.ChartTitle{Paragraph: []excelize.RichTextRun{{Text: title, Font: font(11, true, navy)}}}
	c.Dimension = excelize.ChartDimension{Width: uint(width), Height: chartHeight}
	c.Format = excelize.GraphicOptions{OffsetX: 12, OffsetY: 4, AltText: title}
	c.XAxis.Font, c.YAxis.Font = *font(9, false, slate), *font(9, false, slate)
	c.Border = excelize.LineOptions{Type: excelize.LineNone}
	p.do(func() error { return p.b.AddChart(p.sheet, cellName(col, row), c) })
}

// A series needs a name, even where no legend shows it: Excel repairs a chart whose reference to the name is empty. It is the header, which stands on
// the line before the first.

// bars draws the second column of the lines first to last as horizontal bars, in their order.
func (p *freePage) bars(first, last int, title, color string) {
	vary, gap := false, uint(45)
	p.chart(chartColumn, first-1, chartWidth, title, &excelize.Chart{
		Type: excelize.Bar,
		Series: []excelize.ChartSeries{{
			Name: area(p.sheet, 2, first-1, 2, first-1), Categories: area(p.sheet, 1, first, 1, last), Values: area(p.sheet, 2, first, 2, last), Fill: paint(color),
			DataLabel: excelize.ChartDataLabel{Font: *font(9, false, slate)},
		}},
		Legend: excelize.ChartLegend{Position: "none"}, VaryColors: &vary, GapWidth: &gap,
		XAxis: excelize.ChartAxis{ReverseOrder: true}, YAxis: excelize.ChartAxis{None: true},
		PlotArea: excelize.ChartPlotArea{ShowVal: true},
	})
}

// stacked draws the columns from to to of a table below it, a line of the table a column of the chart; the header names the series.
func (p *freePage) stacked(head, first, last, from, to int, title string) {
	gap, overlap := uint(60), 100
	c := &excelize.Chart{
		Type: excelize.ColStacked, Legend: excelize.ChartLegend{Position: "bottom", Font: font(9, false, slate)}, GapWidth: &gap, Overlap: &overlap,
		YAxis: excelize.ChartAxis{MajorGridLines: true, NumFmt: excelize.ChartNumFmt{CustomNumFmt: "#,##0"}},
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

// ring draws the second column of the lines first to last as shares of a whole.
func (p *freePage) ring(first, last int, title string, colors ...string) {
	points := make([]excelize.ChartDataPoint, len(colors))
	for i, color := range colors {
		points[i] = excelize.ChartDataPoint{Index: i, Fill: paint(color)}
	}
	p.chart(chartColumn, first-1, chartWidth, title, &excelize.Chart{
		Type: excelize.Doughnut, HoleSize: 55,
		Series: []excelize.ChartSeries{{
			Name: area(p.sheet, 2, first-1, 2, first-1), Categories: area(p.sheet, 1, first, 1, last), Values: area(p.sheet, 2, first, 2, last), DataPoint: points,
		}},
		Legend: excelize.ChartLegend{Position: "right", Font: font(9, false, slate)},
	})
}

// below goes on below the chart beside a table whose first line was given.
func (p *freePage) below(first int) {
	if end := first + chartLines; p.row < end {
		p.skip(end - p.row)
	}
}

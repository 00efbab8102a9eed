package reports

import "github.com/xuri/excelize/v2"

// A look is how a cell is shown.
type look int

// The looks. Those of lists have a hairline below, so that printed rows can be followed.
const (
	lookText look = iota // a text on one line
	lookCode             // a text that is a number or a code: stays text when somebody edits it
	lookWrap             // a text on several lines
	lookDate             // dd/mm/yyyy
	lookInt              // a count
	lookFill             // to be filled in by the office: a text
	lookFillCode
	lookFillDate
	lookHeader
	lookHeaderFill // header of a column that the office fills in
	lookDaysOver   // days left: the last day is past
	lookDaysShort  // at most a week
	lookDaysSoon   // at most two weeks
	lookDaysFar

	// Riepilogo and other free pages.
	lookTitle
	lookSubtitle
	lookDraft
	lookSection
	lookTableHead
	lookTableHeadRight
	lookLabel
	lookLabelStrong
	lookTally // a count in a table of a page
	lookTallyStrong
	lookPercent
	lookDay
	lookPlain
	lookOverflow // a text that runs on over the empty cells on its right
	lookNote
	lookWarning
	lookClosing

	lookCount
)

const (
	fontName = "Calibri"
	navy     = "1F3B57"
	slate    = "44546A"
	amber    = "8A5A00"
	cream    = "FFF8E6"
	mist     = "EEF2F6"
	line     = "C9D2DC"
	red      = "B42318"
)

var (
	dateFormat    = "dd/mm/yyyy"
	percentFormat = "0.0%"
	tallyFormat   = `#,##0;-#,##0;"–"` // none is a dash
)

var looks = [lookCount]excelize.Style{
	lookText:       ruled(excelize.Style{NumFmt: 49}),
	lookCode:       ruled(excelize.Style{NumFmt: 49}),
	lookWrap:       ruled(excelize.Style{NumFmt: 49, Alignment: &excelize.Alignment{Vertical: "top", WrapText: true}}),
	lookDate:       ruled(excelize.Style{CustomNumFmt: &dateFormat, Alignment: &excelize.Alignment{Vertical: "top", Horizontal: "center"}}),
	lookInt:        ruled(excelize.Style{NumFmt: 1, Alignment: &excelize.Alignment{Vertical: "top", Horizontal: "right", Indent: 1}}),
	lookFill:       ruled(excelize.Style{NumFmt: 49, Fill: paint(cream), Alignment: &excelize.Alignment{Vertical: "top", WrapText: true}}),
	lookFillCode:   ruled(excelize.Style{NumFmt: 49, Fill: paint(cream)}),
	lookFillDate:   ruled(excelize.Style{CustomNumFmt: &dateFormat, Fill: paint(cream), Alignment: &excelize.Alignment{Vertical: "top", Horizontal: "center"}}),
	lookHeader:     header(navy),
	lookHeaderFill: header(amber),
	lookDaysOver:   days("FFFFFF", red),
	lookDaysShort:  days("7A1A10", "F9D0CB"),
	lookDaysSoon:   days("6B4700", "FCE8B8"),
	lookDaysFar:    days("1E5631", "D9EFDF"),

	lookTitle:          {Font: font(18, true, navy), Alignment: &excelize.Alignment{Vertical: "center"}},
	lookSubtitle:       {Font: font(12, false, slate), Alignment: &excelize.Alignment{Vertical: "center"}},
	lookDraft:          {Font: font(16, true, "FFFFFF"), Fill: paint(red), Alignment: &excelize.Alignment{Vertical: "center", Horizontal: "center"}},
	lookSection:        {Font: font(12, true, navy), Border: []excelize.Border{{Type: "bottom", Color: navy, Style: 2}}, Alignment: &excelize.Alignment{Vertical: "bottom"}},
	lookTableHead:      ruled(excelize.Style{Font: font(10, true, navy), Fill: paint(mist), Alignment: &excelize.Alignment{Vertical: "center", WrapText: true}}),
	lookTableHeadRight: ruled(excelize.Style{Font: font(10, true, navy), Fill: paint(mist), Alignment: &excelize.Alignment{Vertical: "center", Horizontal: "right", WrapText: true}}),
	lookLabel:          ruled(excelize.Style{NumFmt: 49, Alignment: &excelize.Alignment{Vertical: "top"}}),
	lookLabelStrong:    ruled(excelize.Style{NumFmt: 49, Font: font(10, true, "000000"), Alignment: &excelize.Alignment{Vertical: "top"}}),
	lookTally:          ruled(excelize.Style{CustomNumFmt: &tallyFormat}),
	lookTallyStrong:    ruled(excelize.Style{CustomNumFmt: &tallyFormat, Font: font(10, true, "000000")}),
	lookPercent:        ruled(excelize.Style{CustomNumFmt: &percentFormat, Font: font(10, false, slate)}),
	lookDay:            ruled(excelize.Style{CustomNumFmt: &dateFormat, Alignment: &excelize.Alignment{Horizontal: "right", Vertical: "top"}}),
	lookPlain:          {NumFmt: 49, Font: font(10, false, "000000"), Alignment: &excelize.Alignment{Vertical: "top", WrapText: true}},
	lookOverflow:       {NumFmt: 49, Font: font(10, false, slate), Alignment: &excelize.Alignment{Vertical: "top", Indent: 1}},
	lookNote:           {NumFmt: 49, Font: font(9, false, slate), Alignment: &excelize.Alignment{Vertical: "top", WrapText: true}},
	lookWarning:        {NumFmt: 49, Font: font(10, true, amber), Fill: paint(cream), Alignment: &excelize.Alignment{Vertical: "center", WrapText: true}},
	lookClosing:        {NumFmt: 49, Font: &excelize.Font{Family: fontName, Size: 10, Italic: true, Color: slate}, Alignment: &excelize.Alignment{Vertical: "top", WrapText: true}},
}

func font(size float64, bold bool, color string) *excelize.Font {
	return &excelize.Font{Family: fontName, Size: size, Bold: bold, Color: color}
}

func paint(color string) excelize.Fill {
	return excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{color}}
}

func ruled(s excelize.Style) excelize.Style {
	if s.Font == nil {
		s.Font = font(10, false, "000000")
	}
	if s.Alignment == nil {
		s.Alignment = &excelize.Alignment{Vertical: "top"}
	}
	s.Border = []excelize.Border{{Type: "bottom", Color: line, Style: 1}}
	return s
}

func header(color string) excelize.Style {
	return excelize.Style{
		Font: font(10, true, "FFFFFF"), Fill: paint(color),
		Border:    []excelize.Border{{Type: "right", Color: "FFFFFF", Style: 1}},
		Alignment: &excelize.Alignment{Vertical: "center", WrapText: true},
	}
}

func days(text, ground string) excelize.Style {
	return ruled(excelize.Style{
		NumFmt: 1, Font: font(10, true, text), Fill: paint(ground), Alignment: &excelize.Alignment{Vertical: "top", Horizontal: "center"},
	})
}

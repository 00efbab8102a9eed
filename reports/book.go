package reports

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf16"

	"github.com/xuri/excelize/v2"

	"pecaudit/checker"
)

// A book is a workbook being written.
type book struct {
	*excelize.File
	heading  string // left in every print header: whose the workbook is
	day      string // right in every print header
	footer   string // of every printed page
	draft    bool
	style    [lookCount]int
	maxRows  int    // rows of data on a sheet, the header left out
	outcomes string // where the words of the drop-down stand; "" when the workbook has none
	archive  archive
}

// maxSheetRows is what a sheet holds below its header.
const maxSheetRows = excelize.TotalRows - 1

func newBook(heading string, day checker.Date, draft bool) (*book, error) {
	b := &book{File: excelize.NewFile(), heading: heading, day: day.Italian(), footer: printFooter, draft: draft, maxRows: maxSheetRows}
	b.archive.lists = map[string]func(io.Writer) error{}
	if err := b.SetDefaultFont(fontName); err != nil {
		return nil, err
	}
	for l := range lookCount {
		s := looks[l]
		id, err := b.NewStyle(&s)
		if err != nil {
			return nil, fmt.Errorf("style %d: %w", l, err)
		}
		b.style[l] = id
	}
	return b, nil
}

// properties writes the document properties: nothing in them but what the data say.
func (b *book) properties(title, version string, day checker.Date) error {
	made := day
	if made.IsZero() {
		made = checker.Date{Year: 2000, Month: 1, Day: 1}
	}
	stamp := made.String() + "T00:00:00Z"
	err := b.SetDocProps(&excelize.DocProperties{
		Title: title, Creator: "pecaudit", LastModifiedBy: "pecaudit", Language: "it-IT", Description: version, Created: stamp, Modified: stamp,
	})
	if err != nil {
		return err
	}
	return b.SetAppProps(&excelize.AppProperties{Application: "pecaudit"})
}

// addSheet makes a sheet behind those that are there.
func (b *book) addSheet(name, tabColor string) error {
	if first := b.GetSheetName(0); b.SheetCount == 1 && first == "Sheet1" {
		if err := b.SetSheetName(first, name); err != nil {
			return err
		}
	} else if _, err := b.NewSheet(name); err != nil {
		return err
	}
	opaque := "FF" + tabColor
	return b.SetSheetProps(name, &excelize.SheetPropsOptions{TabColorRGB: &opaque})
}

// fillNewest says what writes the rows of the newest sheet, which has none: it is called when the workbook is saved.
func (b *book) fillNewest(rows func(io.Writer) error) {
	b.archive.lists["xl/worksheets/sheet"+strconv.Itoa(b.SheetCount)+".xml"] = rows // excelize numbers parts in the order in which sheets are made
}

// layout sets up the printed pages of a sheet: A4 landscape, titles in the header, page x of y in the footer.
func (b *book) layout(sheet, title string, page *excelize.PageLayoutOptions) error {
	size, orientation := 9, "landscape" // 9 is A4
	page.Size, page.Orientation = &size, &orientation
	if err := b.SetPageLayout(sheet, page); err != nil {
		return err
	}
	side, top, bottom, edge := 0.4, 0.75, 0.6, 0.3 // inches
	if err := b.SetPageMargins(sheet, &excelize.PageLayoutMarginsOptions{
		Left: &side, Right: &side, Top: &top, Bottom: &bottom, Header: &edge, Footer: &edge,
	}); err != nil {
		return err
	}
	scale := false // the header stays legible whatever the scale of the sheet
	return b.SetHeaderFooter(sheet, &excelize.HeaderFooterOptions{
		ScaleWithDoc: &scale, OddHeader: b.printHeader(title), OddFooter: b.footer,
	})
}

// printHeader keeps to the 255 characters that a header may have. A font stands after each size, because digits of the text would be read as
// part of the size.
func (b *book) printHeader(title string) string {
	const font, bold = `&"-,Regular"`, `&"-,Bold"`
	room, mark := 140, ""
	if b.draft {
		room, mark = 80, `&12`+bold+`&KC00000`+DraftMark+"\n"+`&K000000`
	}
	return `&L&8` + font + headerText(b.heading, 60) + `&C` + mark + `&11` + bold + headerText(title, room) + `&R&8` + font + headerText(b.day, 10)
}

// headerText escapes a text for a print header and cuts it to so many UTF-16 units.
func headerText(s string, limit int) string {
	var out strings.Builder
	used := 0
	for _, r := range clean(s) {
		n, text := utf16.RuneLen(r), string(r)
		if r == '&' {
			n, text = 2, "&&"
		}
		if used+n > limit {
			break
		}
		used += n
		out.WriteString(text)
	}
	return out.String()
}

// clean takes out what has no place in a header: control characters, but for line breaks.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' || r == 0x7f || r == '\uFFFD' {
			return ' '
		}
		return r
	}, s)
}

// save writes the workbook. Nothing may look at a list sheet any more: its rows are not there.
func (b *book) save(w io.Writer) error {
	// With the first chart excelize declares every kind of picture, in the random order of a map; there is none in our workbooks.
	declared := b.ContentTypes.Defaults
	kept := declared[:0]
	for _, d := range declared {
		if !strings.HasPrefix(d.ContentType, "image/") {
			kept = append(kept, d)
		}
	}
	b.ContentTypes.Defaults = kept
	b.archive.w = w
	b.SetZipWriter(func(io.Writer) excelize.ZipWriter { return &b.archive })
	return b.File.Write(w)
}

// serial is the number that a spreadsheet knows a day by. Days before 1 March 1900 have none that all programs agree on.
func serial(d checker.Date) (days int, ok bool) {
	const first = 61 // 1900-03-01
	n := checker.Date{Year: 1899, Month: 12, Day: 30}.DaysUntil(d)
	return n, n >= first
}

// cellName returns "B7" of column 2, row 7.
func cellName(col, row int) string {
	name, err := excelize.CoordinatesToCellName(col, row)
	if err != nil {
		return "A1" // no sheet of ours comes near the limits
	}
	return name
}

// area returns 'Sheet'!$A$1:$B$2 as formulas, charts and names want it.
func area(sheet string, fromCol, fromRow, toCol, toRow int) string {
	from, _ := excelize.CoordinatesToCellName(fromCol, fromRow, true)
	to, _ := excelize.CoordinatesToCellName(toCol, toRow, true)
	return "'" + strings.ReplaceAll(sheet, "'", "''") + "'!" + from + ":" + to
}

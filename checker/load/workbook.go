package load

import (
	"archive/zip"
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"

	"pecaudit/checker"
)

// The limits of a workbook. Sheets and shared strings larger than memoryPart are unpacked into a file; everything else is held in memory.
const (
	memoryPart  = 16 << 20
	maxInMemory = 256 << 20
	maxSheets   = 1000
)

// errDamaged is what an unreadable workbook is told to be.
var errDamaged = errors.New("the workbook is damaged: open it in a spreadsheet program and save it again")

// A workbook is an open XLSX file.
type workbook struct {
	path     string
	parts    map[string]*zip.File
	sheets   []sheet
	date1904 bool

	strings    *stringTable // once it is read
	stringsErr error        // of reading it

	checked  checkedStrings // by check
	excelize *excelize.File // once it is needed
	tempDir  string
	dir      string // in tempDir, of excelize
}

// A sheet is an entry of the workbook's table of contents.
type sheet struct {
	name   string
	hidden bool
	part   *zip.File
}

// openWorkbook finds the sheet that holds the list and makes a working copy of its rows.
func (l *List) openWorkbook(ctx context.Context) error {
	w, err := readWorkbook(ctx, l.source, l.o.TempDir)
	if err != nil {
		return err
	}
	defer w.Close()
	s, header, m, err := l.findSheet(ctx, w)
	if err != nil {
		return err
	}
	l.Sheet = s.name
	if err := l.accept(header+1, m); err != nil {
		return err
	}
	var copied *source
	err = w.read(func(rows rowReader) (err error) {
		copied, err = spool(l.o, func(out io.Writer) (facts, error) {
			counted := &counter{Writer: out}
			err := l.copyRows(ctx, w, s, rows, counted)
			return facts{size: counted.n, utf8: true}, err
		})
		return err
	})
	if err != nil {
		return err
	}
	l.take(copied)
	l.sheet = true
	l.dialect = dialect{delim: ',', quoted: maxRecord}
	return nil
}

// read calls f with the quick reader of rows and, if that turns out not to know how the sheet is written, again with excelize's: f begins anew then.
func (w *workbook) read(f func(rowReader) error) error {
	err := f(w.scanRows)
	if errors.Is(err, errNotPlain) {
		err = f(w.excelizeRows)
	}
	return err
}

type counter struct {
	io.Writer
	n int64
}

func (c *counter) Write(p []byte) (int, error) {
	n, err := c.Writer.Write(p)
	c.n += int64(n)
	return n, err
}

// readWorkbook opens a workbook after a look at the sizes of its parts, as they say they are; those that lie fail when they are read.
func readWorkbook(ctx context.Context, s *source, tempDir string) (*workbook, error) {
	z, err := openZip(s)
	if err != nil {
		return nil, err
	}
	w := &workbook{path: s.file.Name(), parts: map[string]*zip.File{}, tempDir: tempDir}
	memory := uint64(0)
	for _, f := range z.File {
		name := partName(f.Name)
		if f.UncompressedSize64 > unpackedLimit(f) {
			return nil, errTooLarge
		}
		if f.UncompressedSize64 <= memoryPart || !strings.HasPrefix(name, "xl/worksheets/sheet") && name != sharedStrings {
			memory += f.UncompressedSize64
		}
		w.parts[name] = f
	}
	if memory > maxInMemory {
		return nil, errTooLarge
	}
	for name, f := range w.parts {
		if err := shallow(ctx, name, f); err != nil {
			return nil, err
		}
	}
	if err := w.readContents(); err != nil {
		return nil, err
	}
	return w, nil
}

// findSheet returns the sheet whose first rows hold a header: the one told, or the first visible one that fits.
func (l *List) findSheet(ctx context.Context, w *workbook) (s *sheet, header int, m match, err error) {
	var seen, names []string
	option := true // only the options stand in the way
	for i := range w.sheets {
		s := &w.sheets[i]
		names = append(names, s.name)
		if l.o.Sheet == "" && s.hidden || l.o.Sheet != "" && !strings.EqualFold(strings.TrimSpace(l.o.Sheet), strings.TrimSpace(s.name)) {
			continue
		}
		rows, err := w.head(ctx, s)
		if err != nil {
			return nil, 0, match{}, fmt.Errorf("sheet %s: %w", s.name, err)
		}
		if header, m := l.layout.find(rows, l.wanted); header >= 0 {
			return s, header, m, nil
		}
		refusal := l.layout.refusal(rows, l.wanted)
		option = option && errors.Is(refusal, ErrOption)
		seen = append(seen, fmt.Sprintf("%s (%v)", s.name, refusal))
	}
	switch {
	case len(seen) > 0 && option:
		return nil, 0, match{}, optionError("no list in the sheets looked at: %s", strings.Join(seen, "; "))
	case len(seen) > 0:
		return nil, 0, match{}, fmt.Errorf("no list in the sheets looked at: %s", strings.Join(seen, "; "))
	case l.o.Sheet != "":
		return nil, 0, match{}, optionError("there is no sheet %q; the sheets are %s", l.o.Sheet, strings.Join(names, ", "))
	}
	return nil, 0, match{}, errors.New("the workbook has no visible sheet: name one with --sheet")
}

// head returns the first rows of a sheet.
func (w *workbook) head(ctx context.Context, s *sheet) ([][]string, error) {
	var head [][]string
	err := w.read(func(rows rowReader) error {
		head = nil
		return rows(ctx, s, extent{lastRow: headerRows}, func(r *sheetRow) error {
			for len(head) < r.number-1 {
				head = append(head, nil)
			}
			head = append(head, slices.Clone(r.cells))
			return nil
		})
	})
	return head, err
}

// used returns which columns of the sheet are a field's.
func (l *List) used() []bool {
	used := make([]bool, len(l.Mapping))
	for _, col := range l.cols {
		if col >= 0 {
			used[col] = true
		}
	}
	return used
}

// notCalculated stands for the value of a formula that was never calculated: what the cell holds is not known.
const notCalculated = "#FORMULA!"

// copyRows writes the rows below the header, each with its number first. Numbers become what they are in a text file: codes all their digits, serial
// numbers in date columns their dates.
func (l *List) copyRows(ctx context.Context, w *workbook, s *sheet, rows rowReader, out io.Writer) error {
	buf := bufio.NewWriterSize(out, blockSize)
	kinds := make([]kind, len(l.Mapping))
	for f, col := range l.cols {
		if col >= 0 {
			kinds[col] = l.layout.fields[f].kind
		}
	}
	used := l.used()
	var line []byte
	err := rows(ctx, s, extent{excelize.TotalRows, used}, func(r *sheetRow) error {
		for _, col := range r.uncalculated {
			if used[col] {
				r.cells = append(r.cells, make([]string, max(0, col+1-len(r.cells)))...)
				r.cells[col] = notCalculated
			}
		}
		if r.number <= l.HeaderRow || len(r.cells) == 0 {
			return nil
		}
		line = appendQuoted(line[:0], strconv.Itoa(r.number))
		for i, cell := range r.cells {
			switch kinds[i] {
			case code:
				cell = wholeNumber(cell)
			case day:
				cell = serialDate(cell, w.date1904)
			}
			line = appendQuoted(append(line, ','), cell)
		}
		if len(line) >= maxRecord {
			line = appendQuoted(line[:0], tooLongRow+strconv.Itoa(r.number))
		}
		line = append(line, '\n')
		_, err := buf.Write(line)
		return err
	})
	if err != nil {
		return err
	}
	return buf.Flush()
}

func appendQuoted(b []byte, cell string) []byte {
	b = append(b, '"')
	for {
		before, after, ok := strings.Cut(cell, `"`)
		b = append(b, before...)
		if !ok {
			return append(b, '"')
		}
		b, cell = append(b, `""`...), after
	}
}

// wholeNumber gives a code that a spreadsheet holds as a number all its digits back: 1.234567897E9 is 1234567897. A rounded one (1.23E+10, as it was
// shown somewhere) is left as it is: its digits are lost.
func wholeNumber(cell string) string {
	mantissa, exponent, ok := strings.Cut(strings.ToUpper(cell), "E")
	whole, fraction, _ := strings.Cut(mantissa, ".")
	switch {
	case !digits(whole) || !digits(fraction):
		return cell
	case !ok && strings.Trim(fraction, "0") == "": // 1234567897.0
		return whole
	case !ok:
		return cell
	}
	shown := strings.HasPrefix(exponent, "+")
	n, err := strconv.Atoi(exponent)
	if err != nil || n < len(fraction) || n > 15 || shown && n > len(fraction) {
		return cell
	}
	return whole + fraction + strings.Repeat("0", n-len(fraction))
}

func digits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

// serialDate gives the day that a number, or a time, in a date column stands for.
func serialDate(cell string, date1904 bool) string {
	// A smaller number is a year or a mistake, no day of this century or the last: it stays what it is, and unreadable.
	const first, last = 10_000, 2_958_465                                          // 18 May 1927 and 31 December 9999 in the 1900 epoch
	if day, _, ok := strings.Cut(cell, "T"); ok && len(day) == len("2006-01-02") { // as strict workbooks have it
		if d, ok := checker.ParseDate(day); ok {
			return d.String()
		}
	}
	if cell == "" || cell[0] < '0' || cell[0] > '9' {
		return cell
	}
	n, err := strconv.ParseFloat(cell, 64)
	if err != nil || n < first || n > last {
		return cell
	}
	t, err := excelize.ExcelDateToTime(math.Floor(n), date1904)
	if err != nil {
		return cell
	}
	return checker.DateOf(t).String()
}

package load

import (
	"archive/zip"
	"bytes"
	"context"
	"io"
	"strconv"

	"github.com/xuri/excelize/v2"
)

// A sheetRow is a row of a sheet as a text file would hold it. Its slices are valid until the next row, its strings for ever.
type sheetRow struct {
	number       int      // from 1
	cells        []string // empty ones at the end may be left out
	uncalculated []int    // the columns of formulas whose value the file does not hold
}

// An extent is the part of a sheet that somebody wants.
type extent struct {
	lastRow int
	used    []bool // which columns; nil: all
}

// A rowReader hands over the rows of a sheet in their order; rows without cells may be left out.
type rowReader func(context.Context, *sheet, extent, func(*sheetRow) error) error

// scanRows is the quick rowReader. It ends with errNotPlain, perhaps after some rows, when the sheet holds anything that it does not know.
func (w *workbook) scanRows(ctx context.Context, s *sheet, e extent, visit func(*sheetRow) error) error {
	table, err := w.table(ctx)
	if err != nil {
		return err
	}
	r, err := unpackAhead(ctx, s.part)
	if err != nil {
		return err
	}
	defer r.Close()
	x := &sheetScan{plainXML: newPlainXML(r), strings: table, width: maxColumns}
	if e.used != nil {
		x.width = len(e.used)
	}
	return x.sheet(e.lastRow, visit)
}

// A sheetScan reads the rows of a sheet.
type sheetScan struct {
	*plainXML
	strings *stringTable // nil: there is none
	width   int          // columns that are kept

	current sheetRow
	ref     []byte // the number of the row, as references end
	col     int    // of the last cell
	line    []byte // the texts of the row's cells, one after the other
	ends    []int  // of each cell in line
	index   []byte // of a shared string
}

// sheet reads the rows up to the last one wanted.
func (x *sheetScan) sheet(lastRow int, visit func(*sheetRow) error) error {
	data := false
	for ok := x.root("worksheet"); ok && x.child(); {
		if string(x.name) != "sheetData" {
			x.skip()
			continue
		}
		if data {
			x.fail()
		}
		for data = true; x.child(); {
			row, ok := x.row()
			if !ok {
				break
			}
			if row.number > lastRow {
				return nil
			}
			if err := visit(row); err != nil {
				return err
			}
		}
	}
	x.finish()
	return x.err
}

// row reads the row that has just begun.
func (x *sheetScan) row() (*sheetRow, bool) {
	if string(x.name) != "row" {
		x.fail()
	}
	number := x.current.number + 1
	if r := x.attr("r"); r != nil {
		n, ok := decimal(r)
		if !ok || n < number {
			x.fail()
		}
		number = n
	}
	if number > excelize.TotalRows {
		x.fail()
	}
	x.ref, x.col = strconv.AppendInt(x.ref[:0], int64(number), 10), -1
	x.line, x.ends = x.line[:0], x.ends[:0]
	x.current.number, x.current.cells, x.current.uncalculated = number, x.current.cells[:0], x.current.uncalculated[:0]
	for begin := x.offset(); x.child(); {
		x.cell()
		if x.offset()-begin > maxItem || len(x.line) > maxItem {
			x.fail()
		}
	}
	text, begin := string(x.line), 0 // one for all cells
	for _, end := range x.ends {
		x.current.cells = append(x.current.cells, text[begin:end])
		begin = end
	}
	return &x.current, x.err == nil
}

// cell reads the cell that has just begun.
func (x *sheetScan) cell() {
	if string(x.name) != "c" {
		x.fail()
	}
	col := x.col + 1
	if r := x.attr("r"); r != nil {
		if n := x.column(r); n >= col {
			col = n
		} else {
			x.fail()
		}
	}
	if col >= maxColumns {
		x.fail()
	}
	x.col = col
	if style := x.attr("s"); style != nil && losesCell("c", "s", string(style)) {
		x.fail()
	}
	var kind cellKind
	switch string(x.attr("t")) {
	case "", "n", "b", "e", "d":
	case "s":
		kind = sharedText
	case "str":
		kind = formulaText
	case "inlineStr":
		kind = inlineText
	default:
		x.fail()
	}
	begin := len(x.line)
	formula, known := x.value(kind)
	switch {
	case col >= x.width:
		x.line = x.line[:begin]
		return
	case formula || len(x.line) > begin:
		for len(x.ends) < col {
			x.ends = append(x.ends, begin)
		}
		x.ends = append(x.ends, len(x.line))
	}
	if formula && !known {
		x.current.uncalculated = append(x.current.uncalculated, col)
	}
}

// Where the text of a cell is.
type cellKind uint8

const (
	asWritten   cellKind = iota // numbers, truth values, errors, dates: their text is what a list would hold
	sharedText                  // in the table
	formulaText                 // as written; empty it is a value too
	inlineText                  // in the cell
)

// value appends the text of the current cell to the line and ends the cell. It reports whether there is a formula, and whether its value is known.
func (x *sheetScan) value(kind cellKind) (formula, known bool) {
	var short bool
	switch begin := len(x.line); kind {
	case sharedText:
		if x.index, short = x.shortcut(x.index[:0], "<v>", "</v></c>"); short {
			x.lookUp()
		}
	case inlineText:
		if x.line, short = x.shortcut(x.line, "<is><t>", "</t></is></c>"); short {
			x.line = x.restore(x.line, begin)
		}
	default:
		x.line, short = x.shortcut(x.line, "<v>", "</v></c>")
	}
	if short {
		return false, true
	}
	begin, value := len(x.line), false
	for x.child() {
		switch name := string(x.name); {
		case name == "f" && !formula && !value:
			for _, a := range x.attrs {
				if losesCell("f", string(a.name), string(a.value)) {
					x.fail()
				}
			}
			x.line = x.content(x.line)[:begin]
			formula = true
		case name == "v" && !value && kind == sharedText:
			x.index = x.content(x.index[:0])
			x.lookUp()
			value, known = true, len(x.index) > 0
		case name == "v" && !value:
			x.line = x.content(x.line)
			value, known = true, len(x.line) > begin || kind == formulaText
		case name == "is" && !value && kind == inlineText && !formula:
			x.line = x.item(x.line)
			value = true
		default:
			x.fail()
		}
	}
	return formula, known
}

// lookUp appends the shared string that index tells; no index is an empty text.
func (x *sheetScan) lookUp() {
	if len(x.index) == 0 {
		return
	}
	n, ok := decimal(x.index)
	if !ok || x.strings == nil || n >= len(x.strings.ends) {
		x.fail()
		return
	}
	x.line = append(x.line, x.strings.string(n)...)
}

// column returns the column, from 0, of a reference to a cell of the row, -1 if it is none.
func (x *sheetScan) column(ref []byte) int {
	col, n := 0, 0
	for n < len(ref) && n < 3 && 'A' <= ref[n] && ref[n] <= 'Z' {
		col = 26*col + int(ref[n]-'A') + 1
		n++
	}
	if !bytes.Equal(ref[n:], x.ref) {
		return -1
	}
	return col - 1
}

// decimal reads a number without sign, of at most nine digits.
func decimal(s []byte) (n int, ok bool) {
	for _, c := range s {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = 10*n + int(c-'0')
	}
	return n, 0 < len(s) && len(s) <= 9
}

// unpackAhead opens a part and unpacks it in a goroutine of its own, one block ahead of who reads it. Close waits for that.
func unpackAhead(ctx context.Context, part *zip.File) (io.ReadCloser, error) {
	r, err := unpack(part)
	if err != nil {
		return nil, errNotPlain
	}
	out, in := io.Pipe()
	a := &ahead{PipeReader: out, done: make(chan struct{})}
	go func() {
		defer close(a.done)
		defer r.Close()
		block := make([]byte, 128<<10)
		var err error
		for err == nil {
			n := 0
			for n < len(block) && err == nil {
				var m int
				m, err = r.Read(block[n:])
				n += m
			}
			if err == nil {
				err = ctx.Err()
			}
			if _, closed := in.Write(block[:n]); closed != nil {
				return
			}
		}
		in.CloseWithError(err)
	}()
	return a, nil
}

type ahead struct {
	*io.PipeReader
	done chan struct{}
}

func (a *ahead) Close() error {
	a.PipeReader.Close()
	<-a.done
	return nil
}

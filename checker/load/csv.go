package load

import (
	"math/bits"
	"strings"
)

const (
	maxRecord = 1 << 20  // bytes of one record
	maxQuoted = 64 << 10 // bytes of one quoted field of a user's file
)

// A dialect says how a text is cut into records. Cutting is a pure function of the bytes: it does not depend on how they arrive.
type dialect struct {
	delim  byte
	cr     bool // a lone CR ends a line too: the file has no other line ends
	width  int  // cells of the header; 0 when not known
	quoted int  // longest quoted field
}

// cut takes the first record off s and returns how many bytes it took, and the record's cells in the memory of cells. Where encoding/csv reads a
// text without error, cut reads the same records. A fault does not end the reading: the record is then given up with a
// reason, and n is where the next line begins.
//
// n is 0 when s holds no whole record and is not the last of the text. It never is once s is longer than d.enough bytes.
func (d *dialect) cut(s string, last bool, cells []string) (n int, _ []string, reason string) {
	cells = cells[:0]
	end, next := d.line(s, 0, last)
	if next > maxRecord {
		return next, cells, ReasonTooLong
	}
	if next < 0 {
		return d.incomplete(s, len(strings.TrimSuffix(s, "\r")), cells)
	}
	first := next // where reading resumes if the record turns out too long
	line, i := 0, 0
	quote := -1 // the first one in the line at or after i
	for {
		if quote < i {
			if quote = strings.IndexByte(s[i:end], '"'); quote < 0 {
				return next, d.split(s[i:end], cells), ""
			}
			quote += i
		}
		if quote > i {
			j := strings.IndexByte(s[i:end], d.delim)
			if j < 0 {
				return next, append(cells, s[i:end]), ""
			}
			cells = append(cells, s[i:i+j])
			i += j + 1
			continue
		}
		closing, decided := d.closing(s, i+1, last)
		resume := next // the line after the one in which the quote opens
		switch {
		case !decided:
			return d.incomplete(s, first, cells)
		case closing < 0:
			return resume, cells, ReasonQuoting
		case closing > end: // the field goes on over lines
			opened := line
			line = 1 + strings.LastIndexAny(s[:closing], d.breaks())
			if end, next = d.line(s, closing+1, last); next < 0 {
				return d.incomplete(s, first, cells)
			}
			if next > maxRecord {
				return first, cells, ReasonTooLong
			}
			if d.swallowed(s[opened:end], line-opened) {
				return resume, cells, ReasonQuoting
			}
		}
		after := closing + 1
		if after != end && s[after] != d.delim {
			return resume, cells, ReasonQuoting
		}
		cells = append(cells, unescape(s[i+1:closing]))
		if after == end {
			return next, cells, ""
		}
		i = after + 1
	}
}

// split appends the cells of a line without quotes, as cut would, looking at eight bytes at a time: rows are many short cells, for which a call of
// strings.IndexByte each takes longer.
func (d *dialect) split(line string, cells []string) []string {
	const each, low = 0x0101010101010101, 0x7f7f7f7f7f7f7f7f
	delims, begin, i := uint64(d.delim)*each, 0, 0
	for ; i+8 <= len(line); i += 8 {
		eight := line[i : i+8]
		x := delims ^ (uint64(eight[0]) | uint64(eight[1])<<8 | uint64(eight[2])<<16 | uint64(eight[3])<<24 |
			uint64(eight[4])<<32 | uint64(eight[5])<<40 | uint64(eight[6])<<48 | uint64(eight[7])<<56)
		for found := ^(x&low + low | x | low); found != 0; found &= found - 1 { // the top bits of the bytes of x that are 0
			at := i + bits.TrailingZeros64(found)/8
			cells = append(cells, line[begin:at])
			begin = at + 1
		}
	}
	for ; i < len(line); i++ {
		if line[i] == d.delim {
			cells = append(cells, line[begin:i])
			begin = i + 1
		}
	}
	return append(cells, line[begin:])
}

// enough is the length from which on every record is decided: the longest one, a quoted field that begins at its end, and two bytes to see
// what follows.
func (d *dialect) enough() int { return maxRecord + d.quoted + 2 }

// incomplete asks for more of the text, or gives the record up if there is enough of it.
func (d *dialect) incomplete(s string, resume int, cells []string) (int, []string, string) {
	if len(s) <= d.enough() {
		return 0, cells, ""
	}
	return resume, cells, ReasonTooLong
}

// line returns where the line that begins at from ends and where the next one begins; both are -1 when s does not hold its end.
func (d *dialect) line(s string, from int, last bool) (end, next int) {
	if d.cr {
		if i := strings.IndexAny(s[from:], "\r\n"); i >= 0 {
			end = from + i
			switch {
			case s[end] == '\n':
				return end, end + 1
			case end+1 < len(s) && s[end+1] == '\n':
				return end, end + 2
			case end+1 < len(s) || last:
				return end, end + 1
			}
			return -1, -1 // its LF may be the next byte
		}
	} else if i := strings.IndexByte(s[from:], '\n'); i >= 0 {
		end = from + i
		next = end + 1
		if end > from && s[end-1] == '\r' {
			end--
		}
		return end, next
	}
	if !last {
		return -1, -1
	}
	end = len(s)
	if end > from && s[end-1] == '\r' {
		end--
	}
	return end, len(s)
}

func (d *dialect) breaks() string {
	if d.cr {
		return "\r\n"
	}
	return "\n"
}

// closing returns the place of the quote that closes the field whose text begins at from, or -1 when it has none: then the text or the
// longest field ends before. decided is false when s does not tell.
func (d *dialect) closing(s string, from int, last bool) (at int, decided bool) {
	longest := from + d.quoted + 1
	stop := min(len(s), longest)
	for i := from; i < stop; i += 2 {
		j := strings.IndexByte(s[i:stop], '"')
		if j < 0 {
			break
		}
		i += j
		if i+1 == len(s) {
			return i, last // else it may be the first of two
		}
		if s[i+1] != '"' {
			return i, true
		}
	}
	return -1, last || stop == longest
}

// closed reports whether no field of a line goes on in the next: then the line is a record, or one that cut gives up.
func (d *dialect) closed(line string) bool {
	for i := 0; ; {
		quote := strings.IndexByte(line[i:], '"')
		if quote < 0 {
			return true
		}
		if i += quote; i > 0 && line[i-1] != d.delim { // a character of the cell
			i++
			continue
		}
		closing, _ := d.closing(line, i+1, true)
		if closing < 0 {
			return false
		}
		if i = closing + 1; i < len(line) && line[i] != d.delim {
			return true // closed in the middle of the cell
		}
	}
}

// swallowed reports whether a quote that stands alone swallowed lines that are rows of their own: s is all lines that the field touches, the last
// one beginning at closing. Then a line inside holds as many cells as the header, or the line that opens the quote and the one that
// closes it both do.
func (d *dialect) swallowed(s string, closing int) bool {
	if d.width < 3 {
		return false // two cells are too few to tell a row from a text
	}
	full := func(line string) bool { return strings.Count(line, string(d.delim)) >= d.width-1 }
	opens := false
	for at := 0; at < closing; {
		end, next := d.line(s[:closing], at, true)
		switch row := full(s[at:end]); {
		case at == 0:
			opens = row
		case row:
			return true
		}
		at = next
	}
	return opens && full(s[closing:])
}

// unescape gives the text of a quoted field.
func unescape(s string) string {
	if strings.IndexByte(s, '"') >= 0 {
		s = strings.ReplaceAll(s, `""`, `"`)
	}
	if strings.IndexByte(s, '\r') >= 0 {
		s = strings.ReplaceAll(s, "\r\n", "\n")
	}
	return s
}

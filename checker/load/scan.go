package load

import (
	"context"
	"errors"
	"io"
	"strconv"
	"strings"
	"unsafe"
)

const blockSize = 256 << 10

// A scanner reads the records of a text one after the other. Their cells lie in its buffer, which is then never written to again: a record costs no
// allocation, and no copy, and cells stay valid as long as somebody keeps them.
type scanner struct {
	file     io.ReaderAt
	at, size int64 // of the next byte to read, of the text
	dialect  dialect
	numbered bool // the first cell of each record is its row: a spooled sheet
	sparse   bool // few records are shown

	buf   []byte
	text  string // what of buf was read, in place
	pos   int
	quote int // the first one in the text at or after pos, its length if there is none; before pos: to be looked for
	last  bool
	row   int      // as a person counts
	cells []string // valid until the next record
	raw   string   // the record as it stands in the file

	shown  bool             // somebody may keep cells that lie in buf
	copies *strings.Builder // of records
	spare  []string         // for cells
}

// show is called before anybody sees the record that was just read, with its reason. Where few are seen their cells get memory of their own, so that
// the buffer need not be kept for them.
func (s *scanner) show(reason string) {
	if !s.sparse {
		s.shown = true
		return
	}
	if s.copies == nil || s.copies.Cap()-s.copies.Len() < len(s.raw) {
		s.copies = &strings.Builder{}
		s.copies.Grow(max(copyBlock, len(s.raw)))
	}
	at := s.copies.Len()
	s.copies.WriteString(s.raw)
	raw := s.copies.String()[at:]
	n, cells, again := s.dialect.cut(raw, false, s.spare)
	if n != len(raw) || again != reason { // what follows decides, or it is too long
		s.spare, s.shown = cells, true
		return
	}
	s.raw, s.cells, s.spare = raw, cells, s.cells
}

// copyBlock is how many bytes of records share a block of memory.
const copyBlock = 16 << 10

// offset is the place in the text of the record that next will read.
func (s *scanner) offset() int64 { return s.at - int64(len(s.text)-s.pos) }

// errChanged says that a file got shorter between two readings.
var errChanged = errors.New("the file changed while it was being read: run again")

// next reads a record. A reason says why it could not be read; io.EOF is the end of the text.
func (s *scanner) next(ctx context.Context) (reason string, err error) {
	if end, plain := s.line(); plain {
		s.raw = s.text[s.pos : end+1]
		s.cells = s.dialect.split(strings.TrimSuffix(s.text[s.pos:end], "\r"), s.cells[:0])
		s.pos = end + 1
		s.row++
		if s.numbered {
			return s.number()
		}
		return "", nil
	}
	for {
		if s.pos < len(s.text) {
			n, cells, reason := s.dialect.cut(s.text[s.pos:], s.last, s.cells)
			s.cells = cells
			if n > 0 {
				s.raw = s.text[s.pos : s.pos+n]
				s.pos += n
				s.row++
				if reason == ReasonTooLong && !s.endsLine(s.raw) {
					return reason, s.skipLine(ctx)
				}
				if s.numbered {
					return s.number()
				}
				return reason, nil
			}
		}
		if s.last {
			return "", io.EOF
		}
		if err := s.fill(ctx); err != nil {
			return "", err
		}
	}
}

// skip passes over records that are not wanted and begin before a place of the text, as long as each is seen to be one line. Then it does what next
// would.
func (s *scanner) skip(want func(row int) bool, to int64) {
	if s.numbered {
		return
	}
	for s.offset() < to && !want(s.row+1) {
		end, plain := s.line()
		if end < 0 || !plain && !s.dialect.closed(s.text[s.pos:end]) {
			return
		}
		s.pos = end + 1
		s.row++
	}
}

// line returns where the line ends with which the next record begins, and whether it is plain: without quotes, as nearly all are. It returns -1 when
// that takes a closer look. The text is looked through for quotes once, up to the next one.
func (s *scanner) line() (end int, plain bool) {
	if s.dialect.cr {
		return -1, false
	}
	if end = strings.IndexByte(s.text[s.pos:], '\n'); end < 0 || end >= maxRecord {
		return -1, false
	}
	end += s.pos
	if s.quote < s.pos {
		if s.quote = strings.IndexByte(s.text[s.pos:], '"') + s.pos; s.quote < s.pos {
			s.quote = len(s.text)
		}
	}
	return end, s.quote > end
}

// fill reads on; what is left of the block before comes first. Somebody may keep cells of that block, so that it stays as it is: the next one gets a
// buffer of its own. A buffer used again would save a tenth of an audit's time, and give a company the text of another wherever a copy was forgotten.
func (s *scanner) fill(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	rest := s.text[s.pos:]
	if s.text != "" {
		size := len(s.buf)
		if len(rest) > size/2 {
			size *= 2
		}
		s.buf = make([]byte, size)
	}
	n := copy(s.buf, rest)
	room := s.buf[n:]
	room = room[:min(int64(len(room)), s.size-s.at)]
	m, err := s.file.ReadAt(room, s.at)
	if m < len(room) {
		if err == nil || errors.Is(err, io.EOF) {
			return errChanged
		}
		return err
	}
	s.at += int64(m)
	s.last = s.at == s.size
	s.text, s.pos, s.quote = unsafe.String(unsafe.SliceData(s.buf), n+m), 0, -1
	return nil
}

func (s *scanner) endsLine(raw string) bool {
	return strings.HasSuffix(raw, "\n") || s.dialect.cr && strings.HasSuffix(raw, "\r") || s.last && s.pos == len(s.text)
}

// skipLine drops what is left of a line that is too long to be kept.
func (s *scanner) skipLine(ctx context.Context) error {
	s.raw = strings.Clone(excerpt(s.raw))
	for {
		if _, next := s.dialect.line(s.text, s.pos, s.last); next >= 0 {
			s.pos = next
			return nil
		}
		s.pos = len(strings.TrimSuffix(s.text, "\r"))
		if err := s.fill(ctx); err != nil {
			return err
		}
	}
}

// tooLongRow stands before the number of a row of a sheet that is too long.
const tooLongRow = "!"

var errCopyDamaged = errors.New("the working copy of the sheet is damaged")

// number takes the row's number off a record of a spooled sheet.
func (s *scanner) number() (reason string, err error) {
	if len(s.cells) == 0 { // or a guess was wrong: a stretch that begins within a cell
		return "", errCopyDamaged
	}
	number, long := strings.CutPrefix(s.cells[0], tooLongRow)
	if s.row, err = strconv.Atoi(number); err != nil {
		return "", errCopyDamaged
	}
	s.cells = s.cells[1:]
	_, s.raw, _ = strings.Cut(s.raw, ",")
	if long {
		return ReasonTooLong, nil
	}
	return "", nil
}

// excerpt returns at most the first 200 bytes of a record, without its line end and without half a character at its end.
func excerpt(raw string) string {
	raw = strings.TrimRight(raw, "\r\n")
	if len(raw) <= 200 {
		return raw
	}
	return strings.ToValidUTF8(raw[:200], "")
}

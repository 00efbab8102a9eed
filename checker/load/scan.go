package load

import (
	"context"
	"errors"
	"io"
	"strconv"
	"strings"
)

const blockSize = 256 << 10

// A scanner reads the records of a text one after the other. It turns each block of the file into one string, which all cells of the block
// share: a record costs no allocation, and strings stay valid as long as somebody keeps them.
type scanner struct {
	file     io.ReaderAt
	at, size int64 // of the next byte to read, of the text
	dialect  dialect
	numbered bool // the first cell of each record is its row: a spooled sheet

	buf   []byte
	text  string
	pos   int
	last  bool
	row   int      // as a person counts
	cells []string // valid until the next record
	raw   string   // the record as it stands in the file
}

// offset is the place in the text of the record that next will read.
func (s *scanner) offset() int64 { return s.at - int64(len(s.text)-s.pos) }

// errChanged says that a file got shorter between two readings.
var errChanged = errors.New("the file changed while it was being read: run again")

// next reads a record. A reason says why it could not be read; io.EOF is the end of the text.
func (s *scanner) next(ctx context.Context) (reason string, err error) {
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

// skip passes over the next record if that is easily told: a whole line without quotes. Then it does what next would.
func (s *scanner) skip() bool {
	if s.numbered || s.dialect.cr {
		return false
	}
	line := s.text[s.pos:]
	end := strings.IndexByte(line, '\n')
	if end < 0 || end >= maxRecord || strings.IndexByte(line[:end], '"') >= 0 {
		return false
	}
	s.pos += end + 1
	s.row++
	return true
}

// fill reads on; what is left of the block before comes first.
func (s *scanner) fill(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	rest := s.text[s.pos:]
	if len(rest) > len(s.buf)/2 || s.buf == nil {
		s.buf = make([]byte, max(blockSize, 2*len(s.buf)))
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
	s.text, s.pos = string(s.buf[:n+m]), 0
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

// number takes the row's number off a record of a spooled sheet.
func (s *scanner) number() (reason string, err error) {
	number, long := strings.CutPrefix(s.cells[0], tooLongRow)
	if s.row, err = strconv.Atoi(number); err != nil {
		return "", errors.New("the working copy of the sheet is damaged")
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

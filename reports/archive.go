package reports

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"github.com/klauspost/compress/flate"
)

// archive is the zip writer of a workbook, in place of excelize's, which keeps the whole archive in memory and writes the sheets in the
// random order of a map. Entries are deflated as they come, and written out in one fixed order with one fixed time.
type archive struct {
	w       io.Writer
	deflate *flate.Writer
	entries []*entry
	lists   map[string]func(io.Writer) error // what writes the rows of a sheet that excelize leaves empty, by the name of its part
	err     error                            // the first one of a list: excelize does not look at the errors of all parts
}

// Level 3 packs a sheet in a fifth of the time that the default of compress/flate takes, and a fifth larger.
const deflateLevel = 3

type entry struct {
	name   string
	packed bytes.Buffer
	crc    uint32
	size   uint64
	to     *flate.Writer // nil when closed
}

// Create begins an entry; the one before is complete.
func (a *archive) Create(name string) (io.Writer, error) {
	if err := a.closeEntry(); err != nil {
		return nil, err
	}
	e := &entry{name: name}
	if a.deflate == nil {
		d, err := flate.NewWriter(&e.packed, deflateLevel)
		if err != nil {
			return nil, err
		}
		a.deflate = d
	} else {
		a.deflate.Reset(&e.packed)
	}
	e.to = a.deflate
	a.entries = append(a.entries, e)
	if rows := a.lists[name]; rows != nil {
		delete(a.lists, name)
		return &listEntry{e, a, rows}, nil
	}
	return e, nil
}

// A listEntry is the part of a list sheet: excelize writes it without rows, and they go where they belong.
type listEntry struct {
	*entry
	archive *archive
	rows    func(io.Writer) error
}

// Write takes the part, which excelize hands over as a whole.
func (l *listEntry) Write(p []byte) (int, error) {
	const begin, end = "<sheetData>", "</sheetData>"
	i := bytes.Index(p, []byte(begin+end))
	if i < 0 {
		l.archive.err = fmt.Errorf("part %s is no empty sheet", l.name)
		return 0, l.archive.err
	}
	i += len(begin)
	_, err := l.entry.Write(p[:i])
	if err == nil {
		err = l.rows(l.entry)
	}
	if err == nil {
		_, err = l.entry.Write(p[i:])
	}
	if err != nil {
		l.archive.err = err
		return 0, err
	}
	return len(p), nil
}

// AddFS is asked for by excelize's interface and never called when a workbook is written.
func (a *archive) AddFS(fs.FS) error { return errors.ErrUnsupported }

func (e *entry) Write(p []byte) (int, error) {
	e.crc = crc32.Update(e.crc, crc32.IEEETable, p)
	e.size += uint64(len(p))
	return e.to.Write(p)
}

func (a *archive) closeEntry() error {
	if len(a.entries) == 0 {
		return nil
	}
	e := a.entries[len(a.entries)-1]
	if e.to == nil {
		return nil
	}
	e.to = nil
	return a.deflate.Close()
}

// partDate is 1 January 1980, the first day of the format: a workbook does not say when it was written.
const partDate = 1<<5 | 1

// Close writes the archive. The list of content types comes first, where readers of streams look for it.
func (a *archive) Close() error {
	if err := errors.Join(a.err, a.closeEntry()); err != nil {
		return err
	}
	if len(a.lists) > 0 {
		return fmt.Errorf("no parts %v for the rows of their sheets", slices.Sorted(maps.Keys(a.lists)))
	}
	slices.SortFunc(a.entries, func(x, y *entry) int {
		if first := y.rank() - x.rank(); first != 0 {
			return first
		}
		return strings.Compare(x.name, y.name)
	})
	zw := zip.NewWriter(a.w)
	for _, e := range a.entries {
		w, err := zw.CreateRaw(&zip.FileHeader{
			Name: e.name, Method: zip.Deflate, CRC32: e.crc,
			CompressedSize64: uint64(e.packed.Len()), UncompressedSize64: e.size,
			ModifiedDate: partDate, //nolint:staticcheck // CreateRaw does not look at Modified
		})
		if err != nil {
			return err
		}
		if _, err := e.packed.WriteTo(w); err != nil {
			return err
		}
	}
	return zw.Close()
}

func (e *entry) rank() int {
	if e.name == "[Content_Types].xml" {
		return 1
	}
	return 0
}

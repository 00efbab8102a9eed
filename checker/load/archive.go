package load

import (
	"archive/zip"
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
)

const (
	maxUnpacked = 8 << 30  // bytes of one entry
	maxRatio    = 250      // of unpacked to packed size, for what is larger than smallEntry: a list packs to a tenth, a bomb to a thousandth
	smallEntry  = 16 << 20 // bytes
	maxEntries  = 10_000
)

func openZip(s *source) (*zip.Reader, error) {
	z, err := zip.NewReader(s.file, s.size)
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) { // entry names are never used as paths
		return nil, errors.New("this zip is damaged or not complete: get it again")
	}
	if len(z.File) > maxEntries {
		return nil, fmt.Errorf("this zip holds %d files: no list does", len(z.File))
	}
	return z, nil
}

func entryNames(s *source) ([]string, error) {
	z, err := openZip(s)
	if err != nil {
		return nil, err
	}
	names := make([]string, len(z.File))
	for i, f := range z.File {
		names[i] = partName(f.Name)
	}
	return names, nil
}

// partName is what is compared of an entry's name.
func partName(name string) string {
	return strings.ToLower(strings.TrimPrefix(strings.ReplaceAll(name, `\`, "/"), "/"))
}

// openArchive opens the only list in a zip.
func (l *List) openArchive(ctx context.Context) error {
	if l.packed {
		return errors.New("this is a zip inside a zip: unpack it")
	}
	l.packed = true
	z, err := openZip(l.source)
	if err != nil {
		return err
	}
	entry, err := onlyList(z.File)
	if err != nil {
		return err
	}
	l.File += "/" + entry.Name
	unpacked, err := spool(l.o, func(w io.Writer) (facts, error) {
		r, err := unpack(entry)
		if err != nil {
			return facts{}, err
		}
		defer r.Close()
		f, err := survey(ctx, r, w)
		return f, unpackError(err)
	})
	if err != nil {
		return err
	}
	l.take(unpacked)
	return l.openFormat(ctx)
}

// onlyList returns the one entry that is a list: the only file, or the only one with a list's extension.
func onlyList(entries []*zip.File) (*zip.File, error) {
	var files, lists []*zip.File
	for _, f := range entries {
		base := path.Base(partName(f.Name))
		if strings.HasSuffix(f.Name, "/") || strings.HasPrefix(base, ".") || strings.HasPrefix(f.Name, "__MACOSX/") {
			continue
		}
		files = append(files, f)
		switch path.Ext(base) {
		case ".csv", ".tsv", ".tab", ".xlsx", ".xlsm":
			lists = append(lists, f)
		}
	}
	switch {
	case len(files) == 0:
		return nil, errors.New("this zip holds no file")
	case len(files) == 1:
		return files[0], nil
	case len(lists) == 1:
		return lists[0], nil
	case len(lists) == 0:
		lists = files
	}
	var names []string
	for _, f := range lists[:min(len(lists), 20)] {
		names = append(names, f.Name)
	}
	return nil, fmt.Errorf("this zip holds several files: %s; unpack it and name the lists one by one", strings.Join(names, ", "))
}

// unpack opens an entry, unless it is protected or larger than a list can be, by what it says or by what comes out.
func unpack(f *zip.File) (io.ReadCloser, error) {
	if f.Flags&1 != 0 {
		return nil, errors.New("this zip is protected by a password: unpack it and name the list itself")
	}
	limit := unpackedLimit(f)
	if f.UncompressedSize64 > limit {
		return nil, errTooLarge
	}
	r, err := f.Open()
	if err != nil {
		return nil, unpackError(err)
	}
	return &unpacking{r, limit}, nil
}

func unpackedLimit(f *zip.File) uint64 {
	return min(maxUnpacked, max(smallEntry, maxRatio*min(f.CompressedSize64, maxUnpacked)))
}

var errTooLarge = errors.New("unpacked it is far larger than a list can be")

// unpacking counts what comes out of an entry.
type unpacking struct {
	io.ReadCloser
	left uint64
}

func (u *unpacking) Read(p []byte) (int, error) {
	n, err := u.ReadCloser.Read(p)
	if uint64(n) > u.left {
		return 0, errTooLarge
	}
	u.left -= uint64(n)
	return n, err
}

func unpackError(err error) error {
	switch {
	case errors.Is(err, zip.ErrAlgorithm):
		return errors.New("this zip is packed by a method that is not read: unpack it and name the list itself")
	case errors.Is(err, zip.ErrChecksum), errors.Is(err, zip.ErrFormat), errors.Is(err, io.ErrUnexpectedEOF):
		return errors.New("this zip is damaged: get it again")
	}
	return err
}

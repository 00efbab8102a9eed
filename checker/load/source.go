package load

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"
)

// A source is a file that can be read from any place: the user's own, or a private working copy of what comes from standard input, a pipe or
// an archive.
type source struct {
	file     *os.File
	copy     bool      // a working copy
	remove   string    // path to remove in the end, "" if none
	modified time.Time // of the user's own
	facts
}

// facts is what one reading of all bytes tells.
type facts struct {
	size   int64
	sha256 string
	utf8   bool // every byte of it
}

// openSource opens a file and reads it once for its facts.
func openSource(ctx context.Context, path string, o *Options) (*source, error) {
	if path == "-" {
		if o.Stdin == nil {
			return nil, errors.New("there is no standard input to read")
		}
		return spool(o, func(w io.Writer) (facts, error) { return survey(ctx, o.Stdin, w) })
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, cause(err)
	}
	info, err := file.Stat()
	switch {
	case err != nil:
	case info.IsDir():
		err = fmt.Errorf("this is a folder: name a file in it, or a pattern such as %s", filepath.Join(path, "*.csv"))
	case !info.Mode().IsRegular(): // a pipe can be read once only
		defer file.Close()
		return spool(o, func(w io.Writer) (facts, error) { return survey(ctx, file, w) })
	default:
		s := &source{file: file, modified: info.ModTime()}
		if s.facts, err = survey(ctx, file, io.Discard); err == nil {
			return s, nil
		}
	}
	file.Close()
	return nil, cause(err)
}

// cause drops the operation and the path of a file error: who reads it knows the file.
func cause(err error) error {
	if e, ok := errors.AsType[*os.PathError](err); ok {
		return e.Err
	}
	return err
}

// survey reads everything once, copies it to w, and tells size, hash and whether it is UTF-8. No shorter sample tells: the first accented letter
// may stand in the last row. A block is hashed, which takes longest, while the next one is read and looked at.
func survey(ctx context.Context, r io.Reader, w io.Writer) (facts, error) {
	f := facts{utf8: true}
	hash := sha256.New()
	var hashing sync.WaitGroup
	defer hashing.Wait()
	buf, next := make([]byte, blockSize), []byte(nil)
	half := 0 // bytes of a character cut at the end of the block before
	for {
		if err := ctx.Err(); err != nil {
			return f, err
		}
		n, err := io.ReadFull(r, buf[half:])
		fresh := buf[half : half+n]
		f.size += int64(n)
		if _, err := w.Write(fresh); err != nil {
			return f, err
		}
		block := buf[:half+n]
		end := err == io.EOF || err == io.ErrUnexpectedEOF
		whole := len(block)
		if !end {
			whole = wholeRunes(block)
		}
		f.utf8 = f.utf8 && utf8.Valid(block[:whole])
		hashing.Wait()
		hashing.Go(func() { hash.Write(fresh) })
		if end {
			hashing.Wait()
			f.sha256 = hex.EncodeToString(hash.Sum(nil))
			return f, nil
		}
		if err != nil {
			return f, err
		}
		if next == nil {
			next = make([]byte, blockSize)
		}
		half = copy(next, block[whole:])
		buf, next = next, buf
	}
}

// wholeRunes returns the length of b without a character that is cut at its end.
func wholeRunes(b []byte) int {
	for i := 1; i < utf8.UTFMax && i <= len(b); i++ {
		if at := len(b) - i; utf8.RuneStart(b[at]) {
			if !utf8.FullRune(b[at:]) {
				return at
			}
			break
		}
	}
	return len(b)
}

// spool makes a working copy, readable by its owner only.
func spool(o *Options, fill func(io.Writer) (facts, error)) (*source, error) {
	file, err := os.CreateTemp(o.TempDir, "pecaudit-*")
	if err != nil {
		return nil, fmt.Errorf("make a working copy: %w", err)
	}
	s := &source{file: file, copy: true, remove: file.Name()}
	whole := false
	defer func() {
		if !whole { // also when fill panics
			s.Close()
		}
	}()
	w := bufio.NewWriterSize(file, blockSize)
	if s.facts, err = fill(w); err != nil {
		return nil, err
	}
	if err = w.Flush(); err != nil {
		return nil, fmt.Errorf("write a working copy: %w", err)
	}
	whole = true
	return s, nil
}

// Close closes the file and removes a working copy.
func (s *source) Close() error {
	if s == nil {
		return nil
	}
	err := s.file.Close()
	if s.remove != "" {
		err = errors.Join(err, os.Remove(s.remove))
	}
	return err
}

// unlink takes the name of a working copy away while it is still open, so that nothing stays behind however the program ends. Where the system
// does not allow it, Close does.
func (s *source) unlink() {
	if s.remove != "" && os.Remove(s.remove) == nil {
		s.remove = ""
	}
}

// unchanged returns an error if somebody wrote to the file since it was opened: then a list would be read half from one state, half from another.
func (s *source) unchanged() error {
	if s.copy {
		return nil
	}
	info, err := s.file.Stat()
	if err == nil && (info.Size() != s.size || !info.ModTime().Equal(s.modified)) {
		err = errChanged
	}
	return err
}

// head returns at most the first n bytes.
func (s *source) head(n int) ([]byte, error) {
	b := make([]byte, min(int64(n), s.size))
	if _, err := s.file.ReadAt(b, 0); err != nil && !errors.Is(err, io.EOF) {
		return nil, cause(err)
	}
	return b, nil
}

// Expand returns the files that a path or pattern stands for, sorted; "-" and the path of a file stand for themselves, whatever characters
// they hold. It is an error that names the pattern when there are none.
func Expand(pattern string) ([]string, error) {
	if pattern == "-" {
		return []string{pattern}, nil
	}
	if _, err := os.Stat(pattern); err == nil {
		return []string{pattern}, nil
	}
	found, err := filepath.Glob(pattern)
	if err != nil {
		return nil, fmt.Errorf("%s: not a pattern of file names: %w", pattern, err)
	}
	found = slices.DeleteFunc(found, func(path string) bool {
		info, err := os.Stat(path)
		return err == nil && info.IsDir()
	})
	switch {
	case len(found) > 0:
		slices.Sort(found)
		return found, nil
	case strings.ContainsAny(pattern, "*?["):
		return nil, fmt.Errorf("%s: no file matches this pattern", pattern)
	}
	return nil, fmt.Errorf("%s: there is no such file", pattern)
}

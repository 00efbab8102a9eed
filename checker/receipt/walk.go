package receipt

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// MaxMessage is the size in bytes of the largest message that Walk hands out: twice the 30 MB that a certified message may have, and to spare.
const MaxMessage = 64 << 20

// Walk reads the messages of path one at a time and calls yield with the name to print, and the raw message, which yield may keep, or why
// there is none. path is a file with one message; a mailbox in the mbox form, found by its first line, whose messages are called path/1, path/2
// and so on; a folder, read with all its subfolders in order of names; a Maildir, of which cur and new are read; or "-", which reads
// stdin. What cannot be read goes to yield and stops nothing else. Hidden files are passed over; a symbolic link to a folder is reported and
// not followed.
//
// The result is yield's error, or that of ctx.
func Walk(ctx context.Context, path string, stdin io.Reader, yield func(name string, raw []byte, err error) error) error {
	w := walker{ctx, yield, MaxMessage}
	if path == "-" {
		return w.stream(path, stdin)
	}
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return yield(path, nil, err)
	case info.IsDir():
		return w.folder(path)
	}
	return w.file(path)
}

type walker struct {
	ctx   context.Context
	yield func(name string, raw []byte, err error) error
	limit int
}

func (w *walker) folder(path string) error {
	entries, err := os.ReadDir(path)
	if err != nil {
		return w.yield(path, nil, err)
	}
	isDir := func(name string) bool {
		return slices.ContainsFunc(entries, func(e fs.DirEntry) bool { return e.IsDir() && e.Name() == name })
	}
	maildir := isDir("cur") && isDir("new")
	for _, e := range entries {
		if !e.IsDir() && (maildir || strings.HasPrefix(e.Name(), ".")) {
			continue // what mail programs and systems keep for themselves
		}
		name := filepath.Join(path, e.Name())
		info, err := os.Stat(name) // follows links
		switch {
		case err != nil:
			err = w.yield(name, nil, err)
		case e.IsDir():
			if !maildir || e.Name() != "tmp" { // tmp holds what is still being delivered
				err = w.folder(name)
			}
		case info.IsDir():
			err = w.yield(name, nil, fmt.Errorf("%s: a link to a folder is not followed: give the folder itself", name))
		case !info.Mode().IsRegular():
			err = w.yield(name, nil, fmt.Errorf("%s: not a regular file", name))
		default:
			err = w.file(name)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (w *walker) file(path string) error {
	if err := w.ctx.Err(); err != nil {
		return err
	}
	f, err := os.Open(path)
	if err != nil {
		return w.yield(path, nil, err)
	}
	defer f.Close()
	return w.stream(path, f)
}

// stream reads one message or one mbox.
func (w *walker) stream(name string, r io.Reader) error {
	br := bufio.NewReaderSize(r, 64<<10)
	if start, _ := br.Peek(len(fromLine)); string(start) == fromLine {
		return w.mbox(name, br)
	}
	raw, err := io.ReadAll(io.LimitReader(br, int64(w.limit)+1))
	switch {
	case err != nil:
		return w.yield(name, nil, err)
	case len(raw) == 0:
		return w.yield(name, nil, fmt.Errorf("%s: the file is empty", name))
	case len(raw) > w.limit:
		return w.yield(name, nil, w.tooLarge(name))
	}
	return w.yield(name, raw, nil)
}

func (w *walker) tooLarge(name string) error {
	return fmt.Errorf("%s: larger than %d bytes: no certified message is", name, w.limit)
}

// fromLine begins the line that stands before each message of an mbox. A line of a message that begins so is written with one more ">" before it
// (mboxrd, and mboxo for a line that had none), and that one is taken off. An mboxo line that began with ">From " comes out wrong, and a signature
// over it as invalid.
const fromLine = "From "

// mbox cuts a mailbox at the From lines that stand at its start or after an empty line.
func (w *walker) mbox(name string, br *bufio.Reader) error {
	var (
		msg        []byte
		n          int
		over       bool   // the message in hand is too large: what follows of it is dropped
		start      = true // the next bytes begin a line
		afterBlank = true
	)
	flush := func() error {
		if n == 0 {
			return nil
		}
		if err := w.ctx.Err(); err != nil {
			return err
		}
		name := fmt.Sprintf("%s/%d", name, n)
		if over {
			return w.yield(name, nil, w.tooLarge(name))
		}
		return w.yield(name, msg[:len(msg)-blankEnd(msg)], nil)
	}
	for {
		line, err := br.ReadSlice('\n')
		if start && afterBlank && bytes.HasPrefix(line, []byte(fromLine)) {
			if err := flush(); err != nil {
				return err
			}
			n++
			msg, over = nil, false
		} else if !over {
			if rest := bytes.TrimLeft(line, ">"); start && len(rest) < len(line) && bytes.HasPrefix(rest, []byte(fromLine)) {
				line = line[1:]
			}
			if msg = append(msg, line...); len(msg) > w.limit {
				msg, over = nil, true
			}
		}
		afterBlank = start && len(bytes.Trim(line, "\r\n")) == 0
		start = bytes.HasSuffix(line, []byte("\n"))
		switch {
		case err == io.EOF:
			return flush()
		case err != nil && !errors.Is(err, bufio.ErrBufferFull):
			return w.yield(fmt.Sprintf("%s/%d", name, n), nil, err)
		}
	}
}

// blankEnd returns the length of the empty line at the end of a message, which belongs to the mbox.
func blankEnd(msg []byte) int {
	n := lineEnd(msg)
	if before := msg[:len(msg)-n]; n > 0 && (len(before) == 0 || lineEnd(before) > 0) {
		return n
	}
	return 0
}

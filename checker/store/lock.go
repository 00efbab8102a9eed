package store

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// A LockedError says who is writing to the store: try again when they have ended.
type LockedError struct {
	Path   string
	Holder string // "pecaudit run, pid 4711 on host ufficio since 2026-11-02T06:00:00Z"; "" when it could not be read
}

// Error says who holds the store and what to do.
func (e *LockedError) Error() string {
	return fmt.Sprintf("the store is in use by %s: try again when it has ended", cmp.Or(e.Holder, "another process"))
}

// A lock keeps other writers away from a store: an advisory lock of the operating system on a file beside it, which tells who holds it. The system gives the
// lock back when its holder ends, however it ends, so none is ever stale. The file stays: were it removed, two processes could lock two files of one
// name.
type lock struct{ f *os.File }

func acquire(store, holder string, now time.Time) (*lock, error) {
	path := store + ".lock"
	f, held, err := openLocked(path)
	if err != nil {
		return nil, fmt.Errorf("lock %s: %w", path, err)
	}
	if held {
		text, _ := os.ReadFile(path) // who it is only makes the message better
		return nil, &LockedError{store, strings.TrimSpace(string(text))}
	}
	l := &lock{f}
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	text := fmt.Sprintf("%s, pid %d on host %s since %s\n", cmp.Or(holder, filepath.Base(os.Args[0])), os.Getpid(), host, instant(now))
	if err := l.write(text); err != nil {
		return nil, errors.Join(fmt.Errorf("lock %s: %w", path, err), l.release())
	}
	return l, nil
}

func (l *lock) write(text string) error {
	if err := l.f.Truncate(0); err != nil {
		return err
	}
	if _, err := l.f.Seek(0, io.SeekStart); err != nil {
		return err
	}
	_, err := l.f.WriteString(text)
	return err
}

func (l *lock) release() error {
	return errors.Join(l.write(""), unlock(l.f), l.f.Close())
}

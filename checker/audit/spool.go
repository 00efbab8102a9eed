package audit

import (
	"bufio"
	"cmp"
	"encoding/gob"
	"errors"
	"io"
	"os"
	"slices"
)

// spoolRecords is how many records a spool keeps in memory, and as many again while they are written.
const spoolRecords = 20_000

// A spool sorts more records than memory should hold: what is too much goes, in sorted runs, to temporary files that only their owner can read. Values are written
// with encoding/gob: what they say must be in exported fields; nil and empty slices are one to it, and so are no pointer and one to zero.
type spool[T any] struct {
	dir  string // of the files; "" for the system's
	held []record[T]
	runs []sortedRun

	spilling chan error // of the newest run, while it is being written; nil: none is
}

type record[T any] struct {
	Key   string
	Value T
}

// A sortedRun is a file of sorted records.
type sortedRun struct {
	file   *os.File
	size   int64
	remove string // its path; "" if it is gone already
}

func (s *spool[T]) add(key string, value T) error {
	s.held = append(s.held, record[T]{key, value})
	if len(s.held) < spoolRecords {
		return nil
	}
	if err := s.spilled(); err != nil {
		return err
	}
	full := s.held
	s.held = make([]record[T], 0, spoolRecords)
	s.spilling = make(chan error, 1)
	go func() { s.spilling <- s.spill(full) }()
	return nil
}

// spilled waits until the newest run is written.
func (s *spool[T]) spilled() error {
	if s.spilling == nil {
		return nil
	}
	err := <-s.spilling
	s.spilling = nil
	return err
}

// sorted returns the places of the records in the order of keys, and of one key as they were added. Records are large: to move them takes longer than to
// compare them.
func sorted[T any](held []record[T]) []int32 {
	places := make([]int32, len(held))
	for i := range places {
		places[i] = int32(i) //nolint:gosec // at most spoolRecords
	}
	slices.SortFunc(places, func(a, b int32) int { return cmp.Or(cmp.Compare(held[a].Key, held[b].Key), cmp.Compare(a, b)) })
	return places
}

func (s *spool[T]) spill(held []record[T]) error {
	f, err := os.CreateTemp(s.dir, "pecaudit-*")
	if err != nil {
		return err
	}
	run := sortedRun{file: f, remove: f.Name()}
	if os.Remove(run.remove) == nil { // where an open file can be removed, nothing is left of it even after a kill
		run.remove = ""
	}
	s.runs = append(s.runs, run)
	w := bufio.NewWriterSize(f, 1<<16)
	to := gob.NewEncoder(w)
	for _, i := range sorted(held) {
		if err := to.Encode(&held[i]); err != nil {
			return err
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	s.runs[len(s.runs)-1].size, err = f.Seek(0, io.SeekCurrent)
	return err
}

func (s *spool[T]) close() error {
	errs := []error{s.spilled()}
	for _, r := range s.runs {
		errs = append(errs, r.file.Close())
		if r.remove != "" {
			errs = append(errs, os.Remove(r.remove))
		}
	}
	return errors.Join(errs...)
}

// A cursor reads a spool in the order of keys, and records of one key in the order in which they were added. Nothing is added meanwhile.
type cursor[T any] struct {
	sources []source[T] // the runs, then what is held
}

type source[T any] struct {
	head record[T]
	next func(*record[T]) error // io.EOF at the end
}

func (s *spool[T]) read() (*cursor[T], error) {
	if err := s.spilled(); err != nil {
		return nil, err
	}
	c := &cursor[T]{}
	for _, r := range s.runs {
		from := gob.NewDecoder(bufio.NewReaderSize(io.NewSectionReader(r.file, 0, r.size), 1<<16))
		if err := c.open(func(to *record[T]) error { return from.Decode(to) }); err != nil {
			return nil, err
		}
	}
	places := sorted(s.held)
	return c, c.open(func(to *record[T]) error {
		if len(places) == 0 {
			return io.EOF
		}
		*to, places = s.held[places[0]], places[1:]
		return nil
	})
}

// open adds a source, unless it is empty.
func (c *cursor[T]) open(next func(*record[T]) error) error {
	s := source[T]{next: next}
	err := next(&s.head)
	if errors.Is(err, io.EOF) {
		return nil
	}
	c.sources = append(c.sources, s)
	return err
}

// first is the place of the source with the next record, -1 at the end.
func (c *cursor[T]) first() int {
	first := -1
	for i := range c.sources {
		if first < 0 || c.sources[i].head.Key < c.sources[first].head.Key {
			first = i
		}
	}
	return first
}

// key returns the key of the next record; ok is false at the end.
func (c *cursor[T]) key() (key string, ok bool) {
	i := c.first()
	if i < 0 {
		return "", false
	}
	return c.sources[i].head.Key, true
}

// take returns the values of a key, and leaves behind those of lower keys that nobody took.
func (c *cursor[T]) take(key string) ([]T, error) {
	var values []T
	for {
		i := c.first()
		if i < 0 || c.sources[i].head.Key > key {
			return values, nil
		}
		s := &c.sources[i]
		if s.head.Key == key {
			values = append(values, s.head.Value)
		}
		s.head = record[T]{}
		if err := s.next(&s.head); errors.Is(err, io.EOF) {
			c.sources = slices.Delete(c.sources, i, i+1)
		} else if err != nil {
			return nil, err
		}
	}
}

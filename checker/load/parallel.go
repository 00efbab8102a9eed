package load

import (
	"context"
	"errors"
	"io"
	"sync"

	"pecaudit/checker"
)

// A Pass is one reading of a list of companies by several goroutines. The list is cut into stretches at its line ends; each goroutine takes the next
// stretch, reads it, does the work on it, and waits for its turn to hand it over: what Yield is given comes in the order of the file, whatever the
// timing. The rows are those of Read, to the letter.
type Pass struct {
	Workers int
	// Want says which rows are wanted, by their number; nil: all of them. The list's counts stay those of the last pass without it, after which it is
	// much faster, too.
	Want func(row int) bool
	// Work is called for several batches at once, with the number of the worker, from 0; nil: there is none. The batch's own worker then calls Yield
	// with it, so that what Work keeps by worker is still there. Both may keep nothing of the batch.
	Work, Yield func(worker int, b *Batch) error
}

// stretchSize is how much of a text a worker takes at a time: about a thousand rows, which stay in its core's cache from the first look to the last.
const stretchSize = 128 << 10

// A bound is where the records of a stretch begin, and the row of the record before. A record may reach over several stretches, and a line end
// inside quotes is none, so that it is known for sure only when the stretch before is read.
type bound struct {
	at  int64
	row int
}

// A relay is what the workers of a pass share.
type relay struct {
	*List
	Pass
	size   int64 // of a stretch
	stop   context.CancelFunc
	counts tally // of the worker whose turn it is
	err    error // also

	lock   sync.Mutex
	next   int // stretch to be taken
	begins chan bound
	turn   chan struct{}
	bounds []bound // of stretches, as found
}

// A stretch is what a worker took.
type stretch struct {
	number     int
	from, to   int64 // where records of it may begin
	begins     <-chan bound
	end        chan<- bound
	turn, done chan struct{}
}

// ReadAll reads all rows below the header. It ends at the first error of Work or Yield, in the order of the file, and returns it as it is.
func (l *List) ReadAll(ctx context.Context, p Pass) error { return l.readAll(ctx, p, stretchSize) }

func (l *List) readAll(ctx context.Context, p Pass, size int64) error {
	if l.source == nil {
		return l.failed(errors.New("the list is closed"))
	}
	if err := l.source.unchanged(); err != nil {
		return l.failed(err)
	}
	within, stop := context.WithCancel(ctx)
	defer stop()
	r := &relay{List: l, Pass: p, size: size, stop: stop, begins: make(chan bound, 1), turn: make(chan struct{}, 1)}
	r.begins <- bound{l.start, l.HeaderRow}
	r.turn <- struct{}{}
	var wait sync.WaitGroup
	for worker := range p.Workers {
		wait.Go(func() { r.run(within, worker) })
	}
	wait.Wait()
	if err := ctx.Err(); r.err == nil && err != nil {
		r.err = l.failed(err)
	}
	if r.err != nil {
		return r.err
	}
	if err := l.source.unchanged(); err != nil {
		return l.failed(err)
	}
	l.bounds = map[int64][]bound{size: r.bounds}
	if p.Want == nil {
		l.Counts = r.counts.counts()
	}
	return nil
}

// take gives a worker the next stretch.
func (r *relay) take() (s stretch, ok bool) {
	r.lock.Lock()
	defer r.lock.Unlock()
	from := r.start + int64(r.next)*r.size
	if from >= r.source.size {
		return stretch{}, false
	}
	end, done := make(chan bound, 1), make(chan struct{}, 1)
	s = stretch{number: r.next, from: from, to: min(from+r.size, r.source.size), begins: r.begins, end: end, turn: r.turn, done: done}
	r.begins, r.turn = end, done
	r.next++
	return s, true
}

// run is what a worker does until there is nothing left, or somebody met an error.
func (r *relay) run(ctx context.Context, worker int) {
	reader := &reader{List: r.List, want: r.Want, batch: &Batch{}}
	reader.record.List = r.List
	for {
		s, ok := r.take()
		if !ok || ctx.Err() != nil {
			return
		}
		begins, ok := r.read(ctx, reader, s)
		if !ok {
			return
		}
		err := reader.err
		if err == nil && r.Work != nil {
			err = r.Work(worker, reader.batch)
		}
		select {
		case <-s.turn:
		case <-ctx.Done():
			return
		}
		if err == nil {
			err = r.Yield(worker, reader.batch)
		}
		if err != nil {
			r.err = err
			r.stop()
			return
		}
		r.counts.merge(&reader.counts)
		r.bounds = append(r.bounds, begins)
		s.done <- struct{}{}
	}
}

// read fills the worker's batch. Where the stretch begins is told by an earlier pass; else it is guessed, and read once more if the one before says
// otherwise.
func (r *relay) read(ctx context.Context, reader *reader, s stretch) (begins bound, ok bool) {
	if known := r.List.bounds[r.size]; s.number < len(known) {
		begins = known[s.number]
		s.end <- reader.read(ctx, begins, s.to)
		return begins, true
	}
	guess, end := bound{at: -1}, bound{}
	if s.number > 0 && r.Want == nil { // which must know the numbers of rows
		if guess = reader.guess(ctx, s); guess.at >= 0 {
			end = reader.read(ctx, guess, s.to)
		}
	}
	select {
	case begins = <-s.begins:
	case <-ctx.Done():
		return begins, false
	}
	if guess.at == begins.at {
		end.row = reader.count(begins.row)
	} else {
		end = reader.read(ctx, begins, s.to)
	}
	s.end <- end
	return begins, true
}

// A reader reads stretches, one after the other, into the same batch.
type reader struct {
	*List
	want    func(row int) bool
	scanner scanner
	record  row
	batch   *Batch
	counts  tally
	err     error
}

// guess returns the first line that begins in the stretch.
func (r *reader) guess(ctx context.Context, s stretch) bound {
	r.rewind(s.from-1, s.to)
	if r.scanner.fill(ctx) != nil {
		return bound{at: -1} // whoever reads on will meet it too
	}
	if _, next := r.dialect.line(r.scanner.text, 0, r.scanner.last); next >= 0 {
		return bound{at: s.from - 1 + int64(next)}
	}
	return bound{at: -1}
}

func (r *reader) rewind(at, to int64) {
	buf := r.scanner.buf
	if room := to - at + 4096; int64(len(buf)) < room || len(buf) > blockSize {
		buf = make([]byte, room)
	}
	r.scanner = scanner{file: r.source.file, at: at, size: r.source.size, dialect: r.dialect, numbered: r.sheet, cells: r.scanner.cells, buf: buf}
}

// read reads the records that begin at a place and before another, and returns where the next one begins.
func (r *reader) read(ctx context.Context, from bound, to int64) bound {
	r.batch.Companies, r.batch.Rejected, r.counts, r.err = r.batch.Companies[:0], r.batch.Rejected[:0], tally{}, nil
	if r.batch.Last = from.row; from.at >= to {
		return from
	}
	if s := &r.scanner; s.buf == nil || s.text == "" || s.at-int64(len(s.text)) > from.at || s.at < from.at {
		r.rewind(from.at, to)
	} else { // the guess was read from here
		s.pos = int(from.at - s.at + int64(len(s.text)))
	}
	r.scanner.row = from.row
	r.err = r.records(ctx, &r.scanner, &r.record, to, r.want, func(record *row, reason string) error {
		r.batch.take(record, reason, &r.counts)
		return nil
	})
	r.batch.Last = r.scanner.row
	return bound{r.scanner.offset(), r.scanner.row}
}

// count puts the rows of a batch, which were counted from 0, after the rows before, and returns the number of the last one.
func (r *reader) count(before int) int {
	if r.sheet { // whose rows say their number themselves
		return r.batch.Last
	}
	r.batch.Last += before
	for i := range r.batch.Companies {
		r.batch.Companies[i].Row += before
	}
	for i := range r.batch.Rejected {
		r.batch.Rejected[i].Row += before
	}
	return r.batch.Last
}

// take enters a row into the batch.
func (b *Batch) take(r *row, reason string, counts *tally) {
	field := -1
	if reason == "" {
		n := len(b.Companies)
		b.Companies = append(b.Companies, checker.Company{})
		c := &b.Companies[n]
		if reason, field = r.company(c); reason == "" {
			counts.add(c.Repairs)
			return
		}
		b.Companies = b.Companies[:n]
	}
	counts.reject()
	b.Rejected = append(b.Rejected, r.rejected(reason, field))
}

// records visits what begins before a place of the text. A reason says why a record cannot be read; the row is valid until visit returns.
func (l *List) records(ctx context.Context, s *scanner, r *row, to int64, want func(row int) bool, visit func(r *row, reason string) error) error {
	needed := l.firstNeeded()
	for s.offset() < to {
		if want != nil && !want(s.row+1) && s.skip() {
			continue
		}
		reason, err := s.next(ctx)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return l.failed(err)
		}
		if want != nil && !want(s.row) {
			continue
		}
		r.number, r.cells, r.raw, r.repairs = s.row, s.cells, s.raw, 0
		if reason == "" {
			if blank(r.cells) {
				continue
			}
			reason = r.fault(needed)
		}
		if err := visit(r, reason); err != nil {
			return err
		}
	}
	return nil
}

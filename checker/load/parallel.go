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

// stretchSize is how much of a text a worker takes at a time: about five hundred rows, which stay in its core's cache from the first look to the last.
const stretchSize = 64 << 10

// A sheaf is what a worker makes of the rows of a stretch. Each worker has one, and uses it again for the next stretch; what it holds of the rows
// is valid until then.
type sheaf interface {
	clear()                     // forgets the rows of the stretch before
	take(r *row, reason string) // enters a row, or the reason why it cannot be read
	renumber(before int)        // puts the rows, which were counted from 0, after the rows before
	work(last int) error        // is called for several sheaves at once; last is the number of the last row that was looked at
	hand() error                // is called in the order of the file
}

// A bound is where the records of a stretch begin, and the row of the record before. A record may reach over several stretches, and a line end
// inside quotes is none, so that it is known for sure only when the stretch before is read.
type bound struct {
	at  int64
	row int
}

// A reading says how a list is read.
type reading struct {
	size int64              // of a stretch
	want func(row int) bool // nil: all rows are wanted
}

// A relay is what the workers of a reading share.
type relay struct {
	*List
	reading
	stop context.CancelFunc
	err  error // of the worker whose turn it is

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
func (l *List) ReadAll(ctx context.Context, p Pass) error {
	return l.readAll(ctx, p, reading{size: stretchSize, want: p.Want})
}

// Read reads all rows below the header, by one worker, and hands them over in the order of the file. It ends at the first error of yield and
// returns it as it is.
func (l *List) Read(ctx context.Context, yield func(*Batch) error) error {
	p := Pass{Workers: 1, Yield: func(_ int, b *Batch) error {
		if len(b.Companies)+len(b.Rejected) == 0 {
			return nil
		}
		return yield(b)
	}}
	return l.readAll(ctx, p, reading{size: stretchSize})
}

func (l *List) readAll(ctx context.Context, p Pass, as reading) error {
	var counts tally
	sheaves := make([]sheaf, max(1, p.Workers))
	for worker := range sheaves {
		sheaves[worker] = &positions{Pass: &p, worker: worker, total: &counts}
	}
	if err := l.relay(ctx, as, sheaves); err != nil {
		return err
	}
	if as.want == nil {
		l.Counts = counts.counts()
	}
	return nil
}

// relay reads the list in stretches, by as many workers as there are sheaves.
func (l *List) relay(ctx context.Context, as reading, sheaves []sheaf) error {
	if l.source == nil {
		return l.failed(errors.New("the list is closed"))
	}
	if err := l.source.unchanged(); err != nil {
		return l.failed(err)
	}
	within, stop := context.WithCancel(ctx)
	defer stop()
	r := &relay{List: l, reading: as, stop: stop, begins: make(chan bound, 1), turn: make(chan struct{}, 1)}
	r.begins <- bound{l.start, l.HeaderRow}
	r.turn <- struct{}{}
	var wait sync.WaitGroup
	for _, s := range sheaves {
		wait.Go(func() { r.run(within, s) })
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
	l.bounds = map[int64][]bound{as.size: r.bounds}
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
func (r *relay) run(ctx context.Context, s sheaf) {
	reader := &reader{List: r.List, reading: r.reading, sheaf: s, needed: r.firstNeeded()}
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
		if err == nil {
			err = reader.sheaf.work(reader.last)
		}
		select {
		case <-s.turn:
		case <-ctx.Done():
			return
		}
		if err == nil {
			err = reader.sheaf.hand()
		}
		if err != nil {
			r.err = err
			r.stop()
			return
		}
		r.bounds = append(r.bounds, begins)
		s.done <- struct{}{}
	}
}

// read fills the worker's sheaf. Where the stretch begins is told by an earlier reading; else it is guessed, and read once more if the one before says
// otherwise.
func (r *relay) read(ctx context.Context, reader *reader, s stretch) (begins bound, ok bool) {
	if known := r.List.bounds[r.size]; s.number < len(known) {
		begins = known[s.number]
		s.end <- reader.read(ctx, begins, s.to)
		return begins, true
	}
	guess, end := bound{at: -1}, bound{}
	if s.number > 0 && r.want == nil { // which must know the numbers of rows
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

// A reader reads stretches, one after the other, into the same sheaf.
type reader struct {
	*List
	reading
	needed  int // the first of the needed columns
	scanner scanner
	record  row
	sheaf   sheaf
	last    int // number of the last row that was looked at
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

// lookahead is how much is read beyond a stretch: nearly every record that begins in it ends there.
const lookahead = 4 << 10

// rewind makes the scanner read from a place, into a buffer of which nobody has seen anything.
func (r *reader) rewind(at, to int64) {
	buf := r.scanner.buf
	if room := to - at + lookahead; r.scanner.shown || int64(len(buf)) < room {
		buf = make([]byte, room)
	}
	r.scanner = scanner{
		file: r.source.file, at: at, size: r.source.size, dialect: r.dialect, numbered: r.sheet, sparse: r.want != nil && !r.sheet,
		cells: r.scanner.cells, spare: r.scanner.spare, copies: r.scanner.copies, buf: buf,
	}
}

// read reads the records that begin at a place and before another, and returns where the next one begins.
func (r *reader) read(ctx context.Context, from bound, to int64) bound {
	r.sheaf.clear()
	r.err = nil
	if r.last = from.row; from.at >= to {
		return from
	}
	if s := &r.scanner; s.text == "" || s.at-int64(len(s.text)) > from.at || s.at < from.at {
		r.rewind(from.at, to)
	} else { // the guess was read from here
		s.pos, s.quote = int(from.at-s.at+int64(len(s.text))), -1
	}
	r.scanner.row = from.row
	if err := r.records(ctx, to); err != nil {
		r.err = r.failed(err)
	}
	r.last = r.scanner.row
	return bound{r.scanner.offset(), r.scanner.row}
}

// records takes what begins before a place of the text.
func (r *reader) records(ctx context.Context, to int64) error {
	s, record := &r.scanner, &r.record
	if s.text == "" {
		if err := s.fill(ctx); err != nil {
			return err
		}
	}
	for s.offset() < to {
		if r.want != nil {
			if s.skip(r.want, to); s.offset() >= to {
				break
			}
		}
		reason, err := s.next(ctx)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if r.want != nil && !r.want(s.row) {
			continue
		}
		s.show(reason)
		record.number, record.cells, record.raw, record.repairs = s.row, s.cells, s.raw, 0
		if reason == "" {
			if blank(record.cells) {
				continue
			}
			reason = record.fault(r.needed)
		}
		r.sheaf.take(record, reason)
	}
	return nil
}

// count puts the rows of a stretch, which were counted from 0, after the rows before, and returns the number of the last one.
func (r *reader) count(before int) int {
	if r.sheet { // whose rows say their number themselves; there may be none
		r.last = max(r.last, before)
		return r.last
	}
	r.last += before
	r.sheaf.renumber(before)
	return r.last
}

// positions is a batch in the hands of its worker.
type positions struct {
	Batch
	*Pass
	worker int
	counts tally
	total  *tally // of the list
}

func (c *positions) clear() {
	c.Companies, c.Rejected, c.counts = c.Companies[:0], c.Rejected[:0], tally{}
}

func (c *positions) take(r *row, reason string) {
	field := -1
	if reason == "" {
		n := len(c.Companies)
		c.Companies = append(c.Companies, checker.Company{})
		company := &c.Companies[n]
		if reason, field = r.company(company); reason == "" {
			c.counts.add(company.Repairs)
			return
		}
		c.Companies = c.Companies[:n]
	}
	c.counts.reject()
	c.Rejected = append(c.Rejected, r.rejected(reason, field))
}

func (c *positions) renumber(before int) {
	for i := range c.Companies {
		c.Companies[i].Row += before
	}
	for i := range c.Rejected {
		c.Rejected[i].Row += before
	}
}

func (c *positions) work(last int) error {
	if c.Last = last; c.Work == nil {
		return nil
	}
	return c.Work(c.worker, &c.Batch)
}

func (c *positions) hand() error {
	c.total.merge(&c.counts)
	return c.Yield(c.worker, &c.Batch)
}

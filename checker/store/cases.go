package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"

	"pecaudit/checker/cases"
)

// SaveCases stores cases as they stand now and appends their new events to the chain, recorded at the time of the transaction. A case whose ID the store
// does not know is new. Events that are stored already may stand in front of the new ones, as Case returns them. Sorted by company it is fastest.
//
// A case goes from state to state only by its events: SaveCases returns an error if the first new one does not start from the state in the store, if one
// does not start where the one before ended, or if the last does not end in the case's state.
func (t *Tx) SaveCases(ctx context.Context, list []cases.Case) error {
	return t.SaveParts(ctx, func(yield func([]cases.Case, error) bool) { yield(list, nil) })
}

// SaveParts is SaveCases of more cases than memory should hold at once: part after part, sorted by company they too. Each is asked for while the one before
// is being stored, so whoever makes them reads cases from the Store, as they stood before the transaction, not with the Tx. An error that comes instead of a
// part ends it and is returned.
func (t *Tx) SaveParts(ctx context.Context, parts iter.Seq2[[]cases.Case, error]) error {
	w := caseWriter{Tx: t}
	var err error
	if w.chain, err = t.chain(ctx); err == nil {
		err = t.db.QueryRowContext(ctx, "SELECT COALESCE(MAX(seq), 0) FROM cases").Scan(&w.seq)
	}
	if err != nil {
		return fmt.Errorf("store: save cases: %w", err)
	}
	next, stop := ahead(parts)
	defer stop()
	first, err, ok := next()
	if !ok || err != nil {
		return err
	}
	if w.seq == 0 && w.chain.n == 0 && len(first) >= bulk {
		return t.withoutIndexes(ctx, func() error { return w.saveParts(ctx, first, next) }, "cases", "events")
	}
	return w.saveParts(ctx, first, next)
}

// bulk is how many first cases are worth building the indexes after them.
const bulk = 5000

// saveParts stores a first part and those that next returns after it.
func (w *caseWriter) saveParts(ctx context.Context, part []cases.Case, next func() ([]cases.Case, error, bool)) error {
	empty := w.seq == 0
	for ok := true; ok; {
		if err := w.saveAll(ctx, part, empty); err != nil {
			return fmt.Errorf("store: save cases: %w", err)
		}
		var err error
		if part, err, ok = next(); err != nil {
			return err
		}
	}
	return nil
}

type caseWriter struct {
	*Tx
	seq   int64 // of the last inserted case
	chain *chain
}

// A storedCase is what saving new events of a case needs to know of its row.
type storedCase struct {
	seq   int64
	state cases.State
}

// saveAll stores cases; empty says that the store had none before them.
func (w *caseWriter) saveAll(ctx context.Context, list []cases.Case, empty bool) error {
	next, stop := ahead(bodies(list))
	defer stop()
	for part := range slices.Chunk(list, batch) {
		stored := map[string]storedCase{}
		if !empty {
			var err error
			if stored, err = w.storedCases(ctx, part); err != nil {
				return err
			}
		}
		texts, err, _ := next()
		if err != nil {
			return err
		}
		for i := range part {
			c, body := &part[i], texts[i]
			old, known := stored[c.ID]
			switch {
			case known:
				err = w.update(ctx, c, body, old)
			case len(c.Events) == 0:
				err = w.refresh(ctx, c, body)
			default:
				old, err = w.insert(ctx, c, body)
			}
			if err != nil {
				return fmt.Errorf("case %s: %w", c.ID, err)
			}
			if len(c.Events) > 0 {
				old.state = c.State
				stored[c.ID] = old
			}
		}
	}
	return nil
}

// bodies yields the bodies of each batch of cases.
func bodies(list []cases.Case) iter.Seq2[[]string, error] {
	return func(yield func([]string, error) bool) {
		var e encoder
		for part := range slices.Chunk(list, batch) {
			texts := make([]string, len(part))
			for i := range part {
				text, err := e.encode(nil, &part[i])
				if err != nil {
					yield(nil, fmt.Errorf("case %s: %w", part[i].ID, err))
					return
				}
				texts[i] = string(text)
			}
			if !yield(texts, nil) {
				return
			}
		}
	}
}

// ahead is iter.Pull2 on a goroutine of its own: the next value is made while the one before is in use. stop ends it before its time and waits for it.
func ahead[T any](values iter.Seq2[T, error]) (next func() (T, error, bool), stop func()) {
	type pair struct {
		value T
		err   error
	}
	pairs, enough, done := make(chan pair), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		defer close(pairs)
		for value, err := range values {
			select {
			case pairs <- pair{value, err}:
			case <-enough:
				return
			}
		}
	}()
	next = func() (T, error, bool) {
		p, ok := <-pairs
		return p.value, p.err, ok
	}
	return next, func() {
		close(enough)
		<-done
	}
}

// storedCases returns the rows of those of the cases that have new events and are known.
func (r reader) storedCases(ctx context.Context, list []cases.Case) (map[string]storedCase, error) {
	stored := map[string]storedCase{}
	var ids []any
	for i := range list {
		if len(list[i].Events) > 0 {
			ids = append(ids, list[i].ID)
		}
	}
	if len(ids) == 0 {
		return stored, nil
	}
	err := r.each(ctx, func(rows *sql.Rows) error {
		var id string
		var c storedCase
		if err := rows.Scan(&id, &c.seq, &c.state); err != nil {
			return err
		}
		stored[id] = c
		return nil
	}, "SELECT id, seq, state FROM cases WHERE id IN ("+marks(len(ids))+")", ids...)
	return stored, err
}

func (w *caseWriter) insert(ctx context.Context, c *cases.Case, body string) (storedCase, error) {
	if err := follow("", c.Events, c.State); err != nil {
		return storedCase{}, err
	}
	w.seq++
	_, err := w.exec(ctx, "INSERT INTO cases (seq, id, company, chamber, family, state, last_event, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
		w.seq, c.ID, c.Company, c.Chamber, string(c.Family), string(c.State), w.chain.n+int64(len(c.Events)), body)
	if err != nil {
		return storedCase{}, err
	}
	return storedCase{seq: w.seq}, w.appendEvents(ctx, w.seq, c, c.Events)
}

// refresh stores a case that changed only in what was last read of it.
func (w *caseWriter) refresh(ctx context.Context, c *cases.Case, body string) error {
	n, err := w.affect(ctx, "UPDATE cases SET body = ? WHERE id = ? AND state = ?", body, c.ID, string(c.State))
	if err == nil && n == 0 {
		err = fmt.Errorf("the store has no case of this ID in state %q, and no event leads to it", c.State)
	}
	return err
}

// update stores a case with new events.
func (w *caseWriter) update(ctx context.Context, c *cases.Case, body string, old storedCase) error {
	events := c.Events
	if events[0].From == "" { // with its history in front
		history, err := w.entries(ctx, old.seq)
		if err != nil {
			return err
		}
		if len(events) < len(history) || !sameEvent(&events[len(history)-1], &history[len(history)-1].Event) {
			return errors.New("the store holds other events of it: it was read before they were stored, or another case has its ID")
		}
		if events = events[len(history):]; len(events) == 0 {
			return w.refresh(ctx, c, body)
		}
	}
	if err := follow(old.state, events, c.State); err != nil {
		return err
	}
	_, err := w.exec(ctx, "UPDATE cases SET state = ?, last_event = ?, body = ? WHERE seq = ?", string(c.State), w.chain.n+int64(len(events)), body, old.seq)
	if err != nil {
		return err
	}
	return w.appendEvents(ctx, old.seq, c, events)
}

// follow returns an error unless the events lead from one state to the other.
func follow(from cases.State, events []cases.Event, to cases.State) error {
	for i := range events {
		if events[i].From != from {
			return fmt.Errorf("its event %s starts from state %q, it was in state %q", events[i].Event, events[i].From, from)
		}
		from = events[i].To
	}
	if from != to {
		return fmt.Errorf("it is in state %q, its events lead to %q", to, from)
	}
	return nil
}

func sameEvent(a, b *cases.Event) bool {
	return a.Event == b.Event && a.At == b.At && a.From == b.From && a.To == b.To && a.By == b.By && a.Run == b.Run
}

func (w *caseWriter) appendEvents(ctx context.Context, seq int64, c *cases.Case, events []cases.Event) error {
	for i := range events {
		if err := w.append(ctx, w.chain, seq, &link{Case: c.ID, Event: events[i], Term: c.Term, Act: c.Act}); err != nil {
			return err
		}
	}
	return nil
}

// NewestCases yields the newest case of every key, found last, without events, ordered by company and then by key, all as bytes. It keeps no more than
// one company in memory. An error of yield ends it and is returned.
func (r reader) NewestCases(ctx context.Context, yield func(*cases.Case) error) error {
	return r.newest(ctx, yield, "SELECT body FROM cases ORDER BY company")
}

// CasesOf returns what NewestCases yields of some companies.
func (r reader) CasesOf(ctx context.Context, companies []string) ([]cases.Case, error) {
	companies = slices.Clone(companies)
	slices.Sort(companies)
	companies = slices.Compact(companies)
	var list []cases.Case
	for part := range slices.Chunk(companies, batch) {
		err := r.newest(ctx, func(c *cases.Case) error {
			list = append(list, *c)
			return nil
		}, "SELECT body FROM cases WHERE company IN ("+marks(len(part))+") ORDER BY company", anys(part)...)
		if err != nil {
			return nil, err
		}
	}
	return list, nil
}

// newest yields, of cases that come grouped by company, the newest of each key.
func (r reader) newest(ctx context.Context, yield func(*cases.Case) error, query string, args ...any) error {
	var company []*cases.Case
	flush := func() error {
		slices.SortFunc(company, compareCases)
		for i, c := range company {
			if i+1 < len(company) && c.Key == company[i+1].Key {
				continue
			}
			if err := yield(c); err != nil {
				return err
			}
		}
		company = company[:0]
		return nil
	}
	err := r.each(ctx, func(rows *sql.Rows) error {
		c, err := scanCase(rows)
		if err != nil {
			return err
		}
		if len(company) > 0 && company[0].Company != c.Company {
			if err := flush(); err != nil {
				return err
			}
		}
		company = append(company, c)
		return nil
	}, query, args...)
	if err != nil {
		return fmt.Errorf("store: read cases: %w", err)
	}
	return flush()
}

// compareCases orders cases by key and, of one key, by the day on which they were found. Two cases of one key and day would have one ID.
func compareCases(a, b *cases.Case) int {
	return cmp.Or(a.Key.Compare(b.Key), a.Found.Compare(b.Found))
}

func scanCase(rows *sql.Rows) (*cases.Case, error) {
	var body string
	if err := rows.Scan(&body); err != nil {
		return nil, err
	}
	return decodeCase(body)
}

// Companies yields, in the order of bytes and each once, the key of every company that has a case, and of every other holder that a standing shared
// case names; holder says whether one names it.
func (r reader) Companies(ctx context.Context, yield func(company string, holder bool) error) error {
	var holders []string
	err := r.each(ctx, func(rows *sql.Rows) error {
		c, err := scanCase(rows)
		if err != nil || !c.Open() {
			return err
		}
		for _, h := range c.Facts.Holders {
			holders = append(holders, h.Company)
		}
		return nil
	}, "SELECT body FROM cases WHERE family = ?", string(cases.FamilyShared))
	if err != nil {
		return fmt.Errorf("store: read companies: %w", err)
	}
	slices.Sort(holders)
	holders = slices.Compact(holders)
	before := func(company string) error { // yields the holders that come before a company
		for len(holders) > 0 && (company == "" || holders[0] < company) {
			if err := yield(holders[0], true); err != nil {
				return err
			}
			holders = holders[1:]
		}
		return nil
	}
	err = r.each(ctx, func(rows *sql.Rows) error {
		var company string
		if err := rows.Scan(&company); err != nil {
			return err
		}
		if err := before(company); err != nil {
			return err
		}
		holder := len(holders) > 0 && holders[0] == company
		if holder {
			holders = holders[1:]
		}
		return yield(company, holder)
	}, "SELECT DISTINCT company FROM cases ORDER BY company")
	if err != nil {
		return fmt.Errorf("store: read companies: %w", err)
	}
	return before("")
}

// ErrNoCase is returned when an ID names no case, or the beginning of one names several.
var ErrNoCase = errors.New("no such case")

// Case returns the case of an ID, or of the only ID that begins so, with all its events.
func (r reader) Case(ctx context.Context, id string) (*cases.Case, error) {
	seq, c, err := r.find(ctx, id)
	if err != nil {
		return nil, err
	}
	entries, err := r.entries(ctx, seq)
	if err != nil {
		return nil, err
	}
	for i := range entries {
		c.Events = append(c.Events, entries[i].Event)
	}
	return c, nil
}

// Entries returns the events of a case as they were recorded: the same, in the same order, as Case does for that ID.
func (r reader) Entries(ctx context.Context, id string) ([]Entry, error) {
	seq, _, err := r.find(ctx, id)
	if err != nil {
		return nil, err
	}
	return r.entries(ctx, seq)
}

func (r reader) find(ctx context.Context, id string) (seq int64, c *cases.Case, err error) {
	id = strings.ToLower(strings.TrimSpace(id))
	type row struct {
		seq      int64
		id, body string
	}
	var found []row // an ID comes before the longer ones that begin so
	err = r.each(ctx, func(rows *sql.Rows) error {
		var f row
		err := rows.Scan(&f.seq, &f.id, &f.body)
		found = append(found, f)
		return err
	}, "SELECT seq, id, body FROM cases WHERE id >= ? AND id < ? ORDER BY id LIMIT 2", id, id+"~")
	switch {
	case err != nil:
		return 0, nil, fmt.Errorf("store: read case: %w", err)
	case id == "" || len(found) == 0:
		return 0, nil, fmt.Errorf("%w: no ID begins with %q; 'pecaudit cases find TEXT' finds cases by codice fiscale, REA, denominazione or address", ErrNoCase, id)
	case len(found) > 1 && found[0].id != id:
		return 0, nil, fmt.Errorf("%w: several IDs begin with %q: write more of it", ErrNoCase, id)
	}
	c, err = decodeCase(found[0].body)
	return found[0].seq, c, err
}

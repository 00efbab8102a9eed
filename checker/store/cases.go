package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"runtime/debug"
	"slices"
	"strings"

	"pecaudit/checker/cases"
)

// SaveCases stores cases as they stand now and appends their new events to the chain, recorded at the time of the transaction. A case whose ID the store
// does not know is new. Events that are stored already may stand in front of the new ones, as Case returns them. Of a case that was only seen again, and has
// its Place, no more than that is stored; it stands in the list once. Sorted by company it is fastest.
//
// A case goes from state to state only by its events: SaveCases returns an error if the first new one does not start from the state in the store, if one
// does not start where the one before ended, or if the last does not end in the case's state.
func (t *Tx) SaveCases(ctx context.Context, list []cases.Case) error {
	return t.saveParts(ctx, func(yield func([]cases.Case, error) bool) { yield(list, nil) })
}

// A Part is some companies whose cases are decided together: from the newest case of every key, as CasesOf returns them, Decide makes those to be saved.
type Part struct {
	Companies []string
	Decide    func(newest []cases.Case) ([]cases.Case, error)
}

// SaveParts decides and saves more cases than memory should hold at once: part after part, fastest in the order of companies. While one is being saved the
// next is decided, and the cases of the one after it are read: as they stood before the transaction. So parts are made by one goroutine and decided by another,
// and neither may use the Tx. An error that comes instead of a part ends it and is returned, and so is one of Decide.
func (t *Tx) SaveParts(ctx context.Context, parts iter.Seq2[Part, error]) error {
	type readPart struct {
		Part
		newest []cases.Case
	}
	read := ahead(func(yield func(readPart, error) bool) {
		for p, err := range parts {
			r := readPart{Part: p}
			if err == nil {
				r.newest, err = t.before.CasesOf(ctx, p.Companies)
			}
			if !yield(r, err) || err != nil {
				return
			}
		}
	})
	return t.saveParts(ctx, ahead(func(yield func([]cases.Case, error) bool) {
		for p, err := range read {
			var list []cases.Case
			if err == nil {
				list, err = p.Decide(p.newest)
			}
			if !yield(list, err) || err != nil {
				return
			}
		}
	}))
}

func (t *Tx) saveParts(ctx context.Context, parts iter.Seq2[[]cases.Case, error]) (err error) {
	defer func() { t.failed = errors.Join(t.failed, err) }()
	w := caseWriter{
		Tx:     t,
		cases:  table{into: "cases (seq, id, company, chamber, family, state, last_event, body)", columns: 8},
		events: table{into: eventColumns, columns: 4},
		seen:   table{into: "seen (case_seq, body)", columns: 2, then: "ON CONFLICT (case_seq) DO UPDATE SET body = excluded.body"},
	}
	if w.chain, err = t.chain(ctx); err == nil {
		err = t.db.QueryRowContext(ctx, "SELECT COALESCE(MAX(seq), 0) FROM cases").Scan(&w.seq)
	}
	if err != nil {
		return fmt.Errorf("store: save cases: %w", err)
	}
	w.empty, w.saved = w.seq == 0, w.seq
	save := func() error {
		for list, err := range parts {
			if err != nil {
				return err
			}
			if err := w.saveAll(ctx, list); err != nil {
				return fmt.Errorf("store: save cases: %w", err)
			}
		}
		return nil
	}
	if w.empty && w.chain.n == 0 {
		return t.withoutIndexes(ctx, save, "cases", "events")
	}
	return save()
}

type caseWriter struct {
	*Tx
	empty bool  // the store had no cases
	seq   int64 // of the last new case
	saved int64 // of the last one that is in the database
	chain *chain

	cases, events, seen table // of the batch of cases that is being saved
}

// A storedCase is what saving new events of a case needs to know of its row.
type storedCase struct {
	seq   int64
	state cases.State
}

func (w *caseWriter) saveAll(ctx context.Context, list []cases.Case) error {
	for part, err := range ahead(encodeAll(list)) {
		if err != nil {
			return err
		}
		stored := map[string]storedCase{}
		if !w.empty {
			if stored, err = w.storedCases(ctx, part.list); err != nil {
				return err
			}
		}
		for i := range part.list {
			c, body := &part.list[i], part.texts[i]
			old, known := stored[c.ID]
			switch {
			case onlySeen(c):
				w.seen.add(c.Place, body)
			case known && len(c.Events) > 0:
				err = w.update(ctx, c, body, old)
			case len(c.Events) == 0:
				err = w.refresh(ctx, c, body)
			default:
				old, err = w.insert(c, body)
			}
			if err != nil {
				return fmt.Errorf("case %s: %w", c.ID, err)
			}
			if len(c.Events) > 0 {
				old.state = c.State
				stored[c.ID] = old
			}
		}
		if err := w.flush(ctx); err != nil {
			return err
		}
	}
	return nil
}

func onlySeen(c *cases.Case) bool { return c.Again && c.Place > 0 && len(c.Events) == 0 }

// flush writes what was added to the tables: cases before the events that refer to them.
func (w *caseWriter) flush(ctx context.Context) error {
	for _, to := range []*table{&w.cases, &w.events, &w.seen} {
		if err := w.insertRows(ctx, to); err != nil {
			return err
		}
	}
	w.saved = w.seq
	return nil
}

// encoded are cases with what is to be stored of each: the body, or what was seen again.
type encoded struct {
	list  []cases.Case
	texts []string
}

// encodeAll yields cases in batches.
func encodeAll(list []cases.Case) iter.Seq2[encoded, error] {
	return func(yield func(encoded, error) bool) {
		var e encoder
		for part := range slices.Chunk(list, batch) {
			texts := make([]string, len(part))
			for i := range part {
				var what any = &part[i]
				if onlySeen(&part[i]) {
					what = part[i].Seen()
				}
				text, err := e.encode(nil, what)
				if err != nil {
					yield(encoded{}, fmt.Errorf("case %s: %w", part[i].ID, err))
					return
				}
				texts[i] = string(text)
			}
			if !yield(encoded{part, texts}, nil) {
				return
			}
		}
	}
}

// ahead yields the same values, made by a goroutine of its own: the next one is made while the one before is in use. If that panics, or ends otherwise before
// its end, this one panics.
func ahead[T any](values iter.Seq2[T, error]) iter.Seq2[T, error] {
	type pair struct {
		value T
		err   error
	}
	return func(yield func(T, error) bool) {
		pairs, enough, done := make(chan pair), make(chan struct{}), make(chan struct{})
		ended, why := false, any(nil)
		go func() {
			defer close(done)
			defer close(pairs)
			defer func() {
				if !ended {
					why = fmt.Sprintf("%v\n%s", recover(), debug.Stack())
				}
			}()
			for value, err := range values {
				select {
				case pairs <- pair{value, err}:
				case <-enough:
					ended = true
					return
				}
			}
			ended = true
		}()
		defer func() {
			close(enough)
			<-done
			if !ended {
				panic(why)
			}
		}()
		for p := range pairs {
			if !yield(p.value, p.err) {
				return
			}
		}
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

func (w *caseWriter) insert(c *cases.Case, body string) (storedCase, error) {
	if err := follow("", c.Events, c.State); err != nil {
		return storedCase{}, err
	}
	w.seq++
	w.cases.add(w.seq, c.ID, c.Company, c.Chamber, string(c.Family), string(c.State), w.chain.n+int64(len(c.Events)), body)
	return storedCase{seq: w.seq}, w.addEvents(w.seq, c, c.Events)
}

// refresh stores a case that changed only in what was last read of it.
func (w *caseWriter) refresh(ctx context.Context, c *cases.Case, body string) error {
	if w.saved < w.seq { // it may be among the new ones
		if err := w.flush(ctx); err != nil {
			return err
		}
	}
	n, err := w.affect(ctx, "UPDATE cases SET body = ? WHERE id = ? AND state = ?", body, c.ID, string(c.State))
	if err == nil && n == 0 {
		err = fmt.Errorf("the store has no case of this ID in state %q, and no event leads to it", c.State)
	}
	if err != nil {
		return err
	}
	_, err = w.exec(ctx, "DELETE FROM seen WHERE case_seq = (SELECT seq FROM cases WHERE id = ?)", c.ID)
	return err
}

// update stores a case with new events.
func (w *caseWriter) update(ctx context.Context, c *cases.Case, body string, old storedCase) error {
	events := c.Events
	if old.seq > w.saved || events[0].From == "" {
		if err := w.flush(ctx); err != nil {
			return err
		}
	}
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
	if _, err := w.exec(ctx, "DELETE FROM seen WHERE case_seq = ?", old.seq); err != nil {
		return err
	}
	return w.addEvents(old.seq, c, events)
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

func (w *caseWriter) addEvents(seq int64, c *cases.Case, events []cases.Event) error {
	for i := range events {
		row, err := w.chain.next(w.now, seq, &link{Case: c.ID, Event: events[i], Term: c.Term, Act: c.Act})
		if err != nil {
			return err
		}
		w.events.add(row...)
	}
	return nil
}

// CasesOf returns the newest case of every key of some companies, found last, without events, ordered by company and then by key, all as bytes.
func (r reader) CasesOf(ctx context.Context, companies []string) (list []cases.Case, err error) {
	companies = slices.Clone(companies)
	slices.Sort(companies)
	companies = slices.Compact(companies)
	if len(companies) == 0 {
		return nil, nil
	}
	// Where about every company from the first to the last is asked for, to read them all takes a third of looking for each.
	first, last, most := companies[0], companies[len(companies)-1], 3*len(companies)
	var between int
	err = r.db.QueryRowContext(ctx, "SELECT COUNT(*) FROM (SELECT 1 FROM cases WHERE company BETWEEN ? AND ? LIMIT ?) AS some", first, last, most).Scan(&between)
	if err != nil {
		return nil, fmt.Errorf("store: read cases: %w", err)
	}
	read := func(where string, args ...any) error {
		return r.each(ctx, func(rows *sql.Rows) error {
			list = append(list, cases.Case{}) // cases are large: it is read into its place
			c := &list[len(list)-1]
			err := scanCase(rows, c)
			for len(companies) > 0 && companies[0] < c.Company {
				companies = companies[1:]
			}
			if len(companies) == 0 || companies[0] != c.Company {
				list = list[:len(list)-1]
			}
			return err
		}, "SELECT "+caseColumns+" FROM "+casesSeen+" WHERE c."+where+" ORDER BY c.company", args...)
	}
	if between < most {
		list = make([]cases.Case, 0, between+1)
		err = read("company BETWEEN ? AND ?", first, last)
	} else {
		for part := range slices.Chunk(companies, batch) {
			if err == nil {
				err = read("company IN ("+marks(len(part))+")", anys(part)...)
			}
		}
	}
	if err != nil {
		return nil, fmt.Errorf("store: read cases: %w", err)
	}
	if compare := func(a, b cases.Case) int { return compareCases(&a, &b) }; !slices.IsSortedFunc(list, compare) {
		slices.SortFunc(list, compare)
	}
	n := 0
	for i := range list {
		if i+1 == len(list) || list[i].Key != list[i+1].Key {
			list[n] = list[i]
			n++
		}
	}
	return slices.Delete(list, n, len(list)), nil
}

// compareCases orders cases by key and, of one key, by the day on which they were found. Two cases of one key and day would have one ID.
func compareCases(a, b *cases.Case) int {
	return cmp.Or(a.Key.Compare(b.Key), a.Found.Compare(b.Found))
}

// Companies yields, in the order of bytes and each once, the key of every company that has a case, and of every other holder that a standing shared
// case names; holder says whether one names it.
func (r reader) Companies(ctx context.Context, yield func(company string, holder bool) error) error {
	var holders []string
	err := r.each(ctx, func(rows *sql.Rows) error {
		var c cases.Case
		err := scanCase(rows, &c)
		if err != nil || !c.Open() {
			return err
		}
		for _, h := range c.Facts.Holders {
			holders = append(holders, h.Company)
		}
		return nil
	}, "SELECT "+caseColumns+" FROM "+casesSeen+" WHERE c.family = ?", string(cases.FamilyShared))
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
	c, err := r.find(ctx, id)
	if err != nil {
		return nil, err
	}
	entries, err := r.entries(ctx, c.Place)
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
	c, err := r.find(ctx, id)
	if err != nil {
		return nil, err
	}
	return r.entries(ctx, c.Place)
}

func (r reader) find(ctx context.Context, id string) (c *cases.Case, err error) {
	id = strings.ToLower(strings.TrimSpace(id))
	var found []*cases.Case // an ID comes before the longer ones that begin so
	err = r.each(ctx, func(rows *sql.Rows) error {
		c := new(cases.Case)
		found = append(found, c)
		return scanCase(rows, c)
	}, "SELECT "+caseColumns+" FROM "+casesSeen+" WHERE c.id >= ? AND c.id < ? ORDER BY c.id LIMIT 2", id, id+"~")
	switch {
	case err != nil:
		return nil, fmt.Errorf("store: read case: %w", err)
	case id == "" || len(found) == 0:
		return nil, fmt.Errorf("%w: no ID begins with %q; 'pecaudit cases find TEXT' finds cases by codice fiscale, REA, denominazione or address", ErrNoCase, id)
	case len(found) > 1 && found[0].ID != id:
		return nil, fmt.Errorf("%w: several IDs begin with %q: write more of it", ErrNoCase, id)
	}
	return found[0], nil
}

package store

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"database/sql"
	"fmt"
	"slices"

	"pecaudit/checker/cases"
)

// A Problem is something in the store that is not as the program left it.
type Problem struct {
	Case  string // ID; "" if it is about no case
	Event int64  // place in the chain; 0 if it is about no event
	What  string
}

// String returns the problem as one line.
func (p Problem) String() string {
	switch {
	case p.Case != "" && p.Event != 0:
		return fmt.Sprintf("case %s, event %d: %s", p.Case, p.Event, p.What)
	case p.Case != "":
		return fmt.Sprintf("case %s: %s", p.Case, p.What)
	case p.Event != 0:
		return fmt.Sprintf("event %d: %s", p.Event, p.What)
	}
	return p.What
}

// maxProblems bounds what Check lists: whoever reads the first thousand knows.
const maxProblems = 1000

type problems struct {
	list []Problem
	more int
}

func (p *problems) add(id string, event int64, format string, args ...any) {
	if len(p.list) < maxProblems {
		p.list = append(p.list, Problem{id, event, fmt.Sprintf(format, args...)})
	} else {
		p.more++
	}
}

// Check verifies the whole store in one state of it: the file itself and the links between tables; the chain of events from the first to the last;
// that every case is where its events lead, with the dates that they say; and that the columns that cases are found by say what the cases say. It
// reads everything: some seconds for each million cases.
func (s *Store) Check(ctx context.Context) ([]Problem, error) {
	tx, err := s.read.BeginTx(ctx, nil)
	if err != nil {
		return nil, fmt.Errorf("store: check: %w", err)
	}
	defer tx.Rollback()
	r := reader{tx}
	var p problems
	for _, check := range []func(context.Context, *problems) error{r.checkFile, r.checkChain, r.checkCases} {
		if err := check(ctx, &p); err != nil {
			return nil, fmt.Errorf("store: check: %w", err)
		}
	}
	if p.more > 0 {
		p.list = append(p.list, Problem{What: fmt.Sprintf("and %d more", p.more)})
	}
	return p.list, nil
}

// checkChain computes every hash anew.
func (r reader) checkChain(ctx context.Context, p *problems) error {
	var last int64
	var text, hash []byte
	var emptied []int64
	var purged []span
	err := r.each(ctx, func(rows *sql.Rows) error {
		var n int64
		var body string
		var stored []byte
		var id sql.NullString
		if err := rows.Scan(&n, &body, &stored, &id); err != nil {
			return err
		}
		if n != last+1 {
			p.add("", n, "the entries of the chain from %d to %d are missing", last+1, n-1)
		}
		text = append(append(text[:0], hash...), body...)
		last, hash = n, stored
		if body == "" {
			emptied = append(emptied, n)
			return nil
		}
		if sum := sha256.Sum256(text); !bytes.Equal(sum[:], stored) {
			p.add(id.String, n, "it is not what was recorded: it or the entry before it was changed")
		}
		l, err := decodeLink(body)
		switch {
		case err != nil:
			p.add(id.String, n, "it cannot be read")
		case l.N != n:
			p.add(id.String, n, "it was recorded as entry %d", l.N)
		case l.Case != id.String:
			p.add(id.String, n, "it was recorded for case %s", cmp.Or(l.Case, "none"))
		}
		purged = append(purged, l.Purged...)
		return nil
	}, "SELECT e.n, e.body, e.hash, c.id FROM events e LEFT JOIN cases c ON c.seq = e.case_seq ORDER BY e.n")
	slices.SortFunc(purged, func(a, b span) int { return cmp.Compare(a.First, b.First) })
	for _, n := range emptied {
		for len(purged) > 0 && purged[0].Last < n {
			purged = purged[1:]
		}
		if len(purged) == 0 || n < purged[0].First {
			p.add("", n, "it was emptied, and no purge says so")
		}
	}
	return err
}

// checkCases compares every case with its events and with its columns.
func (r reader) checkCases(ctx context.Context, p *problems) error {
	var c, columns cases.Case
	var read bool // c could be
	var seq, lastEvent, n int64
	var last *link
	finish := func() { // the case before
		if seq == 0 {
			return
		}
		switch {
		case last == nil:
			p.add(columns.ID, 0, "it has no events")
		case n != lastEvent:
			p.add(columns.ID, n, "it is not the last: event %d is missing", lastEvent)
		case !read: // said already
		case last.To != c.State:
			p.add(columns.ID, n, "it leads to state %q, the case is %q", last.To, c.State)
		case last.Term != c.Term || last.Act != c.Act:
			p.add(columns.ID, n, "it says another window or act than the case")
		}
	}
	err := r.each(ctx, func(rows *sql.Rows) error {
		var k cases.Case
		var row, end int64
		var body, seen string
		var place sql.NullInt64
		var event sql.NullString
		if err := rows.Scan(&row, &k.ID, &k.Company, &k.Chamber, &k.Family, &k.State, &end, &body, &seen, &place, &event); err != nil {
			return err
		}
		if row != seq {
			finish()
			seq, lastEvent, n, last, columns = row, end, 0, nil, k
			if read = decodeCase(&c, body, seen) == nil; !read {
				p.add(k.ID, 0, "it cannot be read")
			} else if c.ID != k.ID || c.Company != k.Company || c.Chamber != k.Chamber || c.Family != k.Family || c.State != k.State {
				p.add(k.ID, 0, "the columns of its row say something else than its body")
			} else if c.Key.ID(c.Found) != c.ID {
				p.add(k.ID, 0, "its key or the day on which it was found was changed")
			}
		}
		if !event.Valid {
			return nil
		}
		l, err := decodeLink(event.String)
		if err != nil {
			return nil // checkChain says so
		}
		from := cases.State("")
		if last != nil {
			from = last.To
		}
		if l.From != from {
			p.add(k.ID, place.Int64, "it starts from state %q, the event before leads to %q", l.From, from)
		}
		n, last = place.Int64, &l
		return nil
	}, `SELECT c.seq, c.id, c.company, c.chamber, c.family, c.state, c.last_event, c.body, COALESCE(s.body, ''), e.n, e.body
		FROM `+casesSeen+` LEFT JOIN events e ON e.case_seq = c.seq ORDER BY c.seq, e.n`)
	finish()
	return err
}

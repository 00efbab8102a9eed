package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"pecaudit/checker/cases"
)

// A link is one entry of the chain as it is written: its JSON is what the hash covers.
//
// The chain runs through the events of all cases in the order in which they were recorded: hash(n) = SHA-256(hash(n-1) || body(n)), where body is the text
// in the database, byte for byte, and hash(0) is empty. An edited, inserted, removed or moved event breaks it. Whoever can write the file can also write a
// whole new chain: only a copy of an older Head outside the store tells that, so runs print it.
type link struct {
	N        int64  `json:"n"`
	Case     string `json:"case,omitempty"`
	Recorded string `json:"recorded"` // instant
	cases.Event
	Term   cases.Term `json:"term,omitzero"` // of the case, as the event left it: the dates that count in law are under the hash too
	Act    string     `json:"act,omitempty"`
	Purged []span     `json:"purged,omitempty"` // entries that this one emptied; then there is no case
}

// A span is a run of entries of the chain, both ends included.
type span struct {
	First int64 `json:"first"`
	Last  int64 `json:"last"`
}

// eventPurged is the event of an entry that names emptied entries. It belongs to no case.
const eventPurged cases.EventKind = "purged"

// A chain is its end, to append to.
type chain struct {
	n    int64
	hash []byte
	text encoder
}

func (r reader) chain(ctx context.Context) (*chain, error) {
	c := &chain{}
	_, err := optional(r.db.QueryRowContext(ctx, "SELECT n, hash FROM events ORDER BY n DESC LIMIT 1").Scan(&c.n, &c.hash))
	return c, err
}

const eventColumns = "events (n, case_seq, body, hash)"

// next makes the row of the next entry, which is to be inserted; seq is the row of its case, nil if it has none.
func (c *chain) next(now time.Time, seq any, l *link) (row []any, err error) {
	l.N, l.Recorded = c.n+1, instant(now)
	text, err := c.text.encode(c.hash, l)
	if err != nil {
		return nil, err
	}
	body := string(text[len(c.hash):])
	hash := sha256.Sum256(text)
	c.n, c.hash = l.N, hash[:]
	return []any{l.N, seq, body, hash[:]}, nil
}

// Head returns the place and the hash of the newest entry of the chain: written down outside the store, it proves later that nothing up to it was
// changed. n is 0 while there is none.
func (r reader) Head(ctx context.Context) (n int64, hash string, err error) {
	c, err := r.chain(ctx)
	if err != nil {
		return 0, "", fmt.Errorf("store: read the chain: %w", err)
	}
	return c.n, hex.EncodeToString(c.hash), nil
}

// An Entry is an event as it was recorded.
type Entry struct {
	cases.Event
	N        int64     // place in the chain of the whole store, from 1
	Recorded time.Time // when it was written, UTC, whole seconds; Event.At is the day that counts
	Hash     string    // hexadecimal
}

// entries returns the events of one case.
func (r reader) entries(ctx context.Context, seq int64) ([]Entry, error) {
	var list []Entry
	err := r.each(ctx, func(rows *sql.Rows) error {
		var body string
		var hash []byte
		if err := rows.Scan(&body, &hash); err != nil {
			return err
		}
		l, err := decodeLink(body)
		if err != nil {
			return err
		}
		recorded, err := parseInstant(l.Recorded)
		list = append(list, Entry{l.Event, l.N, recorded, hex.EncodeToString(hash)})
		return err
	}, "SELECT body, hash FROM events WHERE case_seq = ? ORDER BY n", seq)
	if err != nil {
		return nil, fmt.Errorf("store: read events: %w", err)
	}
	return list, nil
}

// loadEvents puts their events into cases.
func (r reader) loadEvents(ctx context.Context, list []cases.Case) error {
	seqs, at := make([]int64, len(list)), make(map[int64]int, len(list))
	for i := range list {
		seqs[i] = list[i].Place
		at[seqs[i]] = i
	}
	for part := range slices.Chunk(seqs, batch) {
		err := r.each(ctx, func(rows *sql.Rows) error {
			var seq int64
			var body string
			if err := rows.Scan(&seq, &body); err != nil {
				return err
			}
			l, err := decodeLink(body)
			c := &list[at[seq]]
			c.Events = append(c.Events, l.Event)
			return err
		}, "SELECT case_seq, body FROM events WHERE case_seq IN ("+marks(len(part))+") ORDER BY n", anys(part)...)
		if err != nil {
			return fmt.Errorf("store: read events: %w", err)
		}
	}
	return nil
}

func decodeLink(body string) (l link, err error) {
	if err := json.Unmarshal([]byte(body), &l); err != nil {
		return l, fmt.Errorf("the body of an event is damaged ('pecaudit store check' says which): %w", err)
	}
	return l, nil
}

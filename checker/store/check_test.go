package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pecaudit/checker/cases"
)

// told makes a store of three cases and five events: 1 to 3 found, 4 listed (case 1), 5 cleared (case 2).
func told(t testing.TB) (*Store, []cases.Case) {
	t.Helper()
	s := quick(t)
	list := []cases.Case{found(key(1), "alfa", "2026-11-02"), found(key(2), "alfa", "2026-11-02"), found(key(3), "beta", "2026-11-02")}
	save(t, s, list...)
	list[0], list[1] = listed(list[0], "2026-11-03"), step(list[1], cases.EventCleared, cases.Cleared, "2026-12-01")
	save(t, s, list[0], list[1])
	sound(t, s)
	return s, list
}

// tamper does what somebody with the file and a SQL shell can do.
func tamper(t testing.TB, s *Store, statements ...string) {
	t.Helper()
	for _, statement := range append([]string{"PRAGMA foreign_keys = 0", "DROP TRIGGER events_stay", "DROP TRIGGER events_remain"}, statements...) {
		if _, err := s.write.Exec(statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
}

func TestCheckFinds(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, wants string
		statements  []string
	}{
		{"edited event", "event 4: it is not what was recorded", []string{`UPDATE events SET body = replace(body, '2026-11-03', '2026-11-01') WHERE n = 4`}},
		{"edited window under the hash", "event 4: it is not what was recorded", []string{`UPDATE events SET body = replace(body, '2026-12-18', '2026-11-18') WHERE n = 4`}},
		{"forged hash", "event 4: it is not what was recorded", []string{`UPDATE events SET hash = zeroblob(32) WHERE n = 4`}},
		{"first event removed", "the entries of the chain from 1 to 1 are missing", []string{`DELETE FROM events WHERE n = 1`}},
		{"middle event removed", "the entries of the chain from 2 to 2 are missing", []string{`DELETE FROM events WHERE n = 2`}},
		{"newest event removed", "it is not the last: event 5 is missing", []string{`DELETE FROM events WHERE n = 5`}},
		{"all events removed", "it has no events", []string{`DELETE FROM events`}},
		{"whole case removed", "the entries of the chain from 2 to 2 are missing", []string{`DELETE FROM events WHERE case_seq = 2`, `DELETE FROM cases WHERE seq = 2`}},
		{"case removed, its events left", "row 2 of table events refers to a row of cases that is not there", []string{`DELETE FROM cases WHERE seq = 2`}},
		{"two events swapped", "event 2: it was recorded as entry 3", []string{`UPDATE events SET n = 99 WHERE n = 2`, `UPDATE events SET n = 2 WHERE n = 3`, `UPDATE events SET n = 3 WHERE n = 99`}},
		{"texts and hashes swapped", "event 2: it was recorded as entry 3", []string{
			`CREATE TABLE swap AS SELECT n, body, hash FROM events`,
			`UPDATE events SET body = (SELECT body FROM swap WHERE swap.n = 5 - events.n), hash = (SELECT hash FROM swap WHERE swap.n = 5 - events.n) WHERE n IN (2, 3)`,
		}},
		{"event given to another case", "event 5: it was recorded for case", []string{`UPDATE events SET case_seq = 3 WHERE n = 5`}},
		{"event added", "event 6: it is not what was recorded", []string{`INSERT INTO events SELECT 6, case_seq, replace(body, '"n":5', '"n":6'), hash FROM events WHERE n = 5`}},
		{"event emptied", "event 5: it was emptied, and no purge says so", []string{`UPDATE events SET body = '', case_seq = NULL WHERE n = 5`}},
		{"unreadable event", "event 5: it cannot be read", []string{`UPDATE events SET body = 'x' WHERE n = 5`}},
		{"edited state", `it leads to state "listed", the case is "lapsed"`, []string{`UPDATE cases SET state = 'lapsed', body = replace(body, '"state":"listed"', '"state":"lapsed"') WHERE seq = 1`}},
		{"edited window", "it says another window or act than the case", []string{`UPDATE cases SET body = replace(body, '2026-12-20', '2026-11-20') WHERE seq = 1`}},
		{"edited act", "it says another window or act than the case", []string{`UPDATE cases SET body = replace(body, 'Determinazione 1', 'Determinazione 2') WHERE seq = 1`}},
		{"edited column", "the columns of its row say something else than its body", []string{`UPDATE cases SET chamber = 'gamma' WHERE seq = 3`}},
		{"edited key", "its key or the day on which it was found was changed", []string{`UPDATE cases SET company = '99999999990', body = replace(body, '"company":"00000000003"', '"company":"99999999990"') WHERE seq = 3`}},
		{"edited day", "its key or the day on which it was found was changed", []string{`UPDATE cases SET body = replace(body, '"found":"2026-11-02"', '"found":"2026-10-02"') WHERE seq = 3`}},
		{"unreadable case", "it cannot be read", []string{`UPDATE cases SET body = '{' WHERE seq = 3`}},
		{"unreadable in what was seen again", "it cannot be read", []string{`INSERT INTO seen VALUES (3, '{')`}},
		{"another state in what was seen again", "the columns of its row say something else", []string{`INSERT INTO seen VALUES (3, '{"state":"cured"}')`}},
		{"seen again, but no case", "refers to a row of cases that is not there", []string{`INSERT INTO seen VALUES (99, '{}')`}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s, _ := told(t)
			tamper(t, s, test.statements...)
			problems := check(t, s)
			if !slices.ContainsFunc(problems, func(p Problem) bool { return strings.Contains(p.String(), test.wants) }) {
				t.Errorf("problems %v, want %q among them", problems, test.wants)
			}
		})
	}
}

// rewriteEnd changes the last entry of the chain of told, hash and all.
func rewriteEnd(t testing.TB, s *Store, old, new string) {
	t.Helper()
	var body string
	var before []byte
	if err := s.read.QueryRow("SELECT body FROM events WHERE n = 5").Scan(&body); err != nil {
		t.Fatal(err)
	}
	if err := s.read.QueryRow("SELECT hash FROM events WHERE n = 4").Scan(&before); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(body, old) {
		t.Fatalf("no %s in %s", old, body)
	}
	body = strings.Replace(body, old, new, 1)
	hash := sha256.Sum256(append(before, body...))
	tamper(t, s)
	if _, err := s.write.Exec("UPDATE events SET body = ?, hash = ? WHERE n = 5", body, hash[:]); err != nil {
		t.Fatal(err)
	}
}

// TestHeadTellsARewrittenChain shows the limit of the chain: whoever writes a new end of it, hashes and all, is found out only by a head that was written down
// elsewhere, unless the story no longer holds together.
func TestHeadTellsARewrittenChain(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s, _ := told(t)
	n, head, err := s.Head(ctx)
	if err != nil || n != 5 {
		t.Fatal(n, err)
	}
	rewriteEnd(t, s, "elenco.csv", "altro.csv")
	sound(t, s)
	if _, now, err := s.Head(ctx); now == head || err != nil {
		t.Errorf("head %s did not change, %v", now, err)
	}

	s, _ = told(t)
	rewriteEnd(t, s, `"from":"found"`, `"from":"listed"`)
	if problems := check(t, s); len(problems) != 1 || !strings.Contains(problems[0].What, `it starts from state "listed", the event before leads to "found"`) {
		t.Errorf("problems %v", problems)
	}
}

// TestEventsAreAppendOnly shows what the database itself refuses.
func TestEventsAreAppendOnly(t *testing.T) {
	t.Parallel()
	s, _ := told(t)
	update(t, s, func(tx *Tx) error { return tx.Observe(context.Background(), []Observation{observed1(noon)}) })
	for _, statement := range []string{
		"DELETE FROM events WHERE n = 5",
		"UPDATE events SET body = 'x' WHERE n = 5",
		"UPDATE events SET hash = zeroblob(32) WHERE n = 5",
		"UPDATE events SET n = 6 WHERE n = 5",
		"UPDATE observations SET at = ''",
	} {
		if _, err := s.write.Exec(statement); err == nil || !strings.Contains(err.Error(), "append-only") {
			t.Errorf("%s: %v", statement, err)
		}
	}
}

func TestTooManyProblems(t *testing.T) {
	t.Parallel()
	s := quick(t)
	save(t, s, manyCases(maxProblems+5)...)
	tamper(t, s, "UPDATE cases SET chamber = 'x'")
	problems := check(t, s)
	if len(problems) != maxProblems+1 || problems[maxProblems].String() != "and 5 more" {
		t.Errorf("%d problems, the last %q", len(problems), problems[len(problems)-1])
	}
}

// TestChainByHand computes the chain as its description says, without the program's own code.
func TestChainByHand(t *testing.T) {
	t.Parallel()
	s, _ := told(t)
	var hash [32]byte
	prefix := []byte{}
	err := s.each(context.Background(), func(rows *sql.Rows) error {
		var body, stored string
		if err := rows.Scan(&body, &stored); err != nil {
			return err
		}
		hash = sha256.Sum256(append(prefix, body...))
		prefix = hash[:]
		if want := fmt.Sprintf("%X", hash); want != stored {
			t.Errorf("hash %s, want %s", stored, want)
		}
		return nil
	}, "SELECT body, hex(hash) FROM events ORDER BY n")
	if err != nil {
		t.Fatal(err)
	}
}

package main

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"fmt"
	"io"
	"os"
	"strconv"

	_ "modernc.org/sqlite" // the naive store's driver

	"pecaudit/checker"
	"pecaudit/checker/cases"
	"pecaudit/checker/store"
)

// cases is what a monthly run does with the cases of the month before, one in twenty changed: it reads them, decides company by company, and stores.
func (b *bench) cases() error {
	n := 720_000
	if b.rows < 6_000_000 {
		n = b.share(1_500_000)
	}
	count := strconv.Itoa(n)
	// again puts a store in place as the first month left it.
	again := func(first, second string) (*side, error) {
		was, is := b.in(first+".db"), b.in(second+".db")
		if err := prepare(b.task(first, was, count)...); err != nil {
			return nil, err
		}
		s := b.itself("", second, is, count)
		s.before = func() error {
			for _, more := range []string{"-wal", "-shm", ".lock"} {
				_ = os.Remove(is + more) // of the run before
			}
			return copyFile(is, was)
		}
		return s, nil
	}
	ours, err := again("first-cases", "second-cases")
	if err != nil {
		return err
	}
	naive, err := again("naive-first", "naive-second")
	if err != nil {
		return err
	}
	ours.name, naive.name = "pecaudit: read, decide, store, with the chain of events", "naive upsert: a row a statement, 20,000 rows a transaction"
	if err := b.race(ours, naive); err != nil {
		return err
	}
	work := fmt.Sprintf("second month of %s cases", grouped(n))
	report(work, ours, naive)
	b.figures = append(b.figures, figure{work, "wall, of the naive upsert's", decimals(ours.in(naive, wall)), "≤ 0.15", "≤ 0.08"})
	return nil
}

func copyFile(to, from string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.Create(to)
	if err != nil {
		return err
	}
	if _, err := io.Copy(out, in); err != nil {
		return err
	}
	if err := out.Sync(); err != nil { // before the clock starts
		return err
	}
	return out.Close()
}

const chambers = 62

// sighting is what a month reads of company i. In the second month one in forty has put it right with a new address, and one in forty fails another rule.
func sighting(i int, second bool) cases.Sighting {
	day := checker.Date{Year: 2026, Month: 10, Day: 1}
	file, rule, ground, outcome := "liste/2026-10/imprese.csv", checker.RuleID("EXP-001"), checker.GroundExpired, checker.Fail
	address := "impresa" + strconv.Itoa(i) + "@pec-a.example"
	if second {
		day.Month, file = 11, "liste/2026-11/imprese.csv"
		switch i % 40 {
		case 0:
			address, outcome = "nuova."+address, checker.Pass
		case 20:
			rule, ground = "PRV-001", checker.GroundRevoked
		}
	}
	key := fmt.Sprintf("%011d", i*11)
	return cases.Sighting{
		Company: key, Valid: true, Chamber: "camera-" + strconv.Itoa(i*31%chambers), Address: address, Told: true, InScope: true, Reference: day,
		Checks: []cases.Check{
			{Rule: rule, Ground: ground, Outcome: outcome.String(), Detail: "La casella risulta scaduta il 15/03/2026 (data riportata nella riga)."},
			{Rule: "SYN-001", Ground: checker.GroundMalformed, Outcome: checker.Pass.String()},
			{Rule: "UNI-001", Ground: checker.GroundShared, Outcome: checker.Pass.String()},
		},
		Facts: cases.Facts{
			CodiceFiscale: key, REA: "MI-" + strconv.Itoa(1_000_000+i), CCIAA: "MI", Name: "BETULLA COSTRUZIONI " + strconv.Itoa(i) + " S.R.L.", Form: "SR", Class: "capital",
			Comune: "CASTEL FITTIZIO", PEC: address, Provider: "Gestore A (esempio)", Registered: checker.Date{Year: 2016, Month: 1, Day: 10},
			Expiry: checker.Date{Year: 2026, Month: 3, Day: 15}, File: file, Row: i + 2,
		},
	}
}

func firstCases(args []string) error  { return decide(args, false) }
func secondCases(args []string) error { return decide(args, true) }

// decide is a month of audit.Batch from the sightings on: store, cases.
func decide(args []string, second bool) error {
	ctx := context.Background()
	n, err := strconv.Atoi(args[1])
	if err != nil {
		return err
	}
	s, err := store.Open(ctx, args[0], store.Options{Write: true, Holder: "bench"})
	if err != nil {
		return err
	}
	in := cases.DecideInput{AsOf: sighting(0, second).Reference, Run: "bench", Chambers: map[string]bool{}}
	for k := range chambers {
		in.Chambers["camera-"+strconv.Itoa(k)] = true
	}
	watched := map[string]struct{}{}
	if err := s.Companies(ctx, func(company string, _ bool) error {
		watched[company] = struct{}{}
		return nil
	}); err != nil {
		return err
	}
	moved := 0
	const atOnce = 8000 // as audit.Batch
	err = s.Update(ctx, func(tx *store.Tx) error {
		return tx.SaveParts(ctx, func(yield func(store.Part, error) bool) {
			for from := 0; from < n; from += atOnce {
				var companies []string
				var today []cases.Sighting
				for i := from; i < min(from+atOnce, n); i++ {
					today = append(today, sighting(i, second))
					companies = append(companies, today[len(today)-1].Company)
				}
				if !yield(store.Part{Companies: companies, Decide: func(newest []cases.Case) ([]cases.Case, error) {
					changed, err := cases.Decide(newest, today, in)
					for i := range changed {
						if len(changed[i].Events) > 0 {
							moved++
						}
					}
					return changed, err
				}}, nil) {
					return
				}
			}
		})
	})
	if err != nil {
		return err
	}
	want := n // each begins a case
	if second {
		want = 2 * ((n + 39) / 40)
	}
	if moved < want-1 || moved > want {
		return fmt.Errorf("%d cases moved, not %d", moved, want)
	}
	return s.Close()
}

func naiveFirst(args []string) error  { return upsert(args, 0) }
func naiveSecond(args []string) error { return upsert(args, 1) }

// upsert stores cases as one would at first: random keys as they come, one row a statement, the index on the deadline there from the start.
func upsert(args []string, version int) (err error) {
	n, err := strconv.Atoi(args[1])
	if err != nil {
		return err
	}
	db, err := sql.Open("sqlite", "file:"+args[0]+"?_pragma=journal_mode(WAL)")
	if err != nil {
		return err
	}
	if _, err := db.Exec("CREATE TABLE IF NOT EXISTS cases (key TEXT PRIMARY KEY, body TEXT NOT NULL, deadline TEXT NOT NULL) WITHOUT ROWID"); err != nil {
		return err
	}
	if _, err := db.Exec("CREATE INDEX IF NOT EXISTS cases_deadline ON cases (deadline)"); err != nil {
		return err
	}
	const inOne = 20_000
	for from := 0; from < n; from += inOne {
		tx, err := db.Begin()
		if err != nil {
			return err
		}
		statement, err := tx.Prepare("INSERT INTO cases (key, body, deadline) VALUES (?, ?, ?) ON CONFLICT (key) DO UPDATE SET body = excluded.body, deadline = excluded.deadline")
		if err != nil {
			return err
		}
		defer statement.Close()
		for i := from; i < min(from+inOne, n); i++ {
			sum := sha256.Sum256(strconv.AppendInt(nil, int64(i), 10))
			changed := version
			if i%20 != 0 {
				changed = 0
			}
			body := fmt.Sprintf("%d %0178d", changed, i) // 180 bytes
			if _, err := statement.Exec(base64.StdEncoding.EncodeToString(sum[:])[:25], body, fmt.Sprintf("2026-%02d-%02d", 1+(i+changed)%12, 1+i%28)); err != nil {
				return err
			}
		}
		if err := tx.Commit(); err != nil {
			return err
		}
	}
	return db.Close()
}

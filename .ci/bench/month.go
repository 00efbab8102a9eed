package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
)

// month is a whole offline month, the first: lists read and judged, cases opened and stored, workbooks written. The reference does a part of it with each
// tool: DuckDB the audit (without the status list), excelize bare workbooks of as many rows as there are cases, a naive upsert of as many.
func (b *bench) month() error {
	if b.duckdb == "" {
		line("a whole offline month", "left out without DuckDB", "", "", "", "", "")
		return nil
	}
	dir, err := b.register(b.rows)
	if err != nil {
		return err
	}
	db, out, plain := b.in("month.db"), b.in("month"), b.in("plain")
	fresh := func() error {
		var errs []error
		for _, more := range []string{"", "-wal", "-shm", ".lock"} {
			errs = append(errs, os.RemoveAll(db+more))
		}
		return errors.Join(append(errs, os.RemoveAll(out), os.RemoveAll(plain), os.Mkdir(plain, 0o700))...)
	}
	ours := alone("pecaudit", b.in("pecaudit"), "run", "--config", filepath.Join(dir, "pecaudit.yaml"), "--as-of", asOf, "--store", db, "--out-dir", out, "--quiet")
	duck, err := b.duck("", dir, b.in("duckdb.csv"))
	if err != nil {
		return err
	}
	var did outcome // how much there is to do for the others is what ours, which runs first, did
	theirs := &side{name: "DuckDB's audit, then a bare StreamWriter, then the naive upsert", steps: func() []step {
		rows := strconv.Itoa(did.Cases)
		return append(duck.steps(), step{argv: b.task("excelize-write", plain, strconv.Itoa(did.Workbooks), rows, "12", "1")},
			step{argv: b.task("naive-first", filepath.Join(plain, "naive.db"), rows)})
	}}
	ours.before = fresh
	theirs.before = func() (err error) {
		did, err = done(ours.log)
		return errors.Join(err, fresh())
	}
	if err := b.race(ours, theirs); err != nil {
		return err
	}
	work := fmt.Sprintf("a whole offline month of %s rows: %s cases, %d workbooks", grouped(b.rows), grouped(did.Cases), did.Workbooks)
	report(work, ours, theirs)
	b.figures = append(b.figures, figure{work, "wall, of DuckDB + excelize + naive SQLite", decimals(ours.in(theirs, wall)), "≤ 0.35", "≤ 0.20"})
	return nil
}

// An outcome is what a run says in its log that it did: the cases that it opened or moved, the workbooks that it wrote.
type outcome struct {
	Cases     int `json:"cases_changed"`
	Workbooks int
}

func done(log []byte) (did outcome, err error) {
	for text := range bytes.Lines(log) {
		if json.Unmarshal(text, &did) == nil && did.Cases > 0 && did.Workbooks > 0 {
			return did, nil
		}
	}
	return did, fmt.Errorf("the run opened no case:\n%s", log)
}

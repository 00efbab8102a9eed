package main

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"pecaudit/checker"
	"pecaudit/checker/rules"
)

const (
	asOf  = "2026-10-01" // of a synthetic register's first month
	month = "2026-10"
)

// register writes a synthetic register, unless it is there.
func (b *bench) register(rows int) (dir string, err error) {
	dir = filepath.Join(b.dir, fmt.Sprintf("register-%d", rows))
	if _, err := os.Stat(dir); err == nil {
		return dir, nil
	}
	if err := prepare(b.in("pecaudit"), "demo", "--rows", fmt.Sprint(rows), "--dir", dir); err != nil {
		return "", err
	}
	// An audit is of the list and the professionals; the status list belongs to the month.
	return dir, os.WriteFile(filepath.Join(dir, "audit.yaml"), []byte("providers: [gestori.yaml]\n"), 0o600)
}

func lists(dir string) string { return filepath.Join(dir, "liste", month) }

// audit is of a register with its professionals: every static rule, binding findings written.
func (b *bench) audit() error {
	dir, err := b.register(b.rows)
	if err != nil {
		return err
	}
	tenth, err := b.register(b.rows / 10)
	if err != nil {
		return err
	}
	auditOf := func(dir string) *side {
		return alone("pecaudit", b.in("pecaudit"), "audit", "--config", filepath.Join(dir, "audit.yaml"), "--as-of", asOf, "--coverage", "national", "--professionals",
			filepath.Join(lists(dir), "professionisti.csv"), "--findings", b.in("findings.jsonl"), "--findings-force", "binding", "--quiet", "--json",
			filepath.Join(lists(dir), "imprese.csv"))
	}
	ours, small := auditOf(dir), auditOf(tenth)
	sides := []*side{ours, small}
	var duck, brief *side
	if b.duckdb != "" {
		if duck, err = b.duck("DuckDB, every static binding rule", dir, b.in("duckdb.csv")); err != nil {
			return err
		}
		if brief, err = b.duck("DuckDB, a reduced query", dir, b.in("brief.csv"), "brief"); err != nil {
			return err
		}
		sides = append(sides, duck, brief)
	}
	// The oracle keeps every row as it is: a million take about two gigabytes.
	beside, asked := ours, dir
	if b.rows > 1_000_000 {
		beside, asked = small, tenth
	}
	plain := alone("the plain Go path, the tests' oracle", b.in("oracle"), "-test.run", "^$", "-test.bench", "^BenchmarkOracle$", "-test.benchtime", "1x")
	if err := os.Setenv("PECAUDIT_BENCH_LISTS", lists(asked)); err != nil {
		return err
	}
	if err := b.race(append(sides, plain)...); err != nil {
		return err
	}
	work := fmt.Sprintf("audit of %s rows with professionals", grouped(b.rows))
	of := map[*side][]*side{beside: {plain}}
	if duck != nil {
		of[ours] = append([]*side{duck, brief}, of[ours]...)
		b.figures = append(b.figures, figure{work, "wall, of DuckDB's", decimals(ours.in(duck, wall)), "≤ 0.33", "≤ 0.20"})
		if err := b.compare(ours.out, b.in("duckdb.csv")); err != nil {
			return err
		}
	}
	report(work, ours, of[ours]...)
	report(grouped(b.rows/10)+" rows", small, of[small]...)
	if b.rows >= 1_000_000 { // fewer say more of the program than of its rows
		b.figures = append(b.figures, figure{"the same", "peak MiB per million rows", whole(ours.peak() * 1e6 / float64(b.rows)), "≤ 60", "≤ 45"})
	}
	b.figures = append(b.figures, figure{
		"growth", fmt.Sprintf("time(%s) / (10 × time(%s))", grouped(b.rows), grouped(b.rows/10)), decimals(ours.in(small, wall) / 10), "≤ 1.05", "≤ 0.9",
	})
	return nil
}

// duck is DuckDB's side of an audit.
func (b *bench) duck(name, dir, out string, more ...string) (*side, error) {
	script, err := filepath.Abs(filepath.Join(".ci", "bench", "audit.mjs"))
	return &side{name: name, steps: func() []step {
		return []step{{argv: append([]string{"node", script, lists(dir), out}, more...), dir: b.duckdb}}
	}}, err
}

// duckVersion tells which DuckDB there is.
func (b *bench) duckVersion() string {
	var pack struct{ Version string }
	text, err := os.ReadFile(filepath.Join(b.duckdb, "node_modules", "@duckdb", "node-api", "package.json"))
	if err != nil || json.Unmarshal(text, &pack) != nil {
		return "without DuckDB"
	}
	return "DuckDB " + pack.Version + ", a thread a core"
}

// compare counts what both found, rule by rule, in every run: a fast wrong answer is worth nothing.
func (b *bench) compare(summaries [][]byte, findings string) error {
	var ours map[checker.RuleID]checker.RuleCount
	for _, summary := range summaries {
		var s checker.Summary
		if err := json.Unmarshal(summary, &s); err != nil {
			return err
		}
		if ours == nil {
			ours = s.ByRule
		}
		if !maps.Equal(ours, s.ByRule) {
			return fmt.Errorf("two runs of pecaudit did not find the same: %v, %v", ours, s.ByRule)
		}
	}
	f, err := os.Open(findings)
	if err != nil {
		return err
	}
	defer f.Close()
	theirs := map[checker.RuleID]checker.RuleCount{}
	lines := csv.NewReader(f)
	lines.Comma, lines.ReuseRecord = ';', true
	header, err := lines.Read()
	if err != nil {
		return err
	}
	rule, outcome := slices.Index(header, "rule"), slices.Index(header, "outcome")
	for {
		cells, err := lines.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		id := checker.RuleID(cells[rule])
		n := theirs[id]
		if cells[outcome] == checker.Fail.String() {
			n.Fail++
		} else {
			n.Unknown++
		}
		theirs[id] = n
	}
	for _, id := range slices.Sorted(maps.Keys(ours)) {
		if rules.ByID(id).Force == checker.Binding {
			b.counts = append(b.counts, [3]string{string(id), fmt.Sprintf("%d, %d", ours[id].Fail, ours[id].Unknown), fmt.Sprintf("%d, %d", theirs[id].Fail, theirs[id].Unknown)})
			b.differ = b.differ || ours[id] != theirs[id]
		}
	}
	return nil
}

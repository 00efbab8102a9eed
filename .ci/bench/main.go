// Bench does each work of pecaudit beside its references, in turn, and prints what they took: the tables of the README. See run, which builds what it
// needs. Every run is a process of its own, so that its memory is its own; what pecaudit has no command for is done by this program, as `bench do`.
package main

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"time"
)

// A bench is one call of the program.
type bench struct {
	rows    int
	rounds  int
	dir     string // temporary
	duckdb  string // folder with node's package of DuckDB; "": it is left out
	figures []figure
	counts  [][3]string // findings by rule
	differ  bool        // some of them are not DuckDB's
}

// A figure is a line of the table of goals.
type figure struct{ work, what, value, goal, beyond string }

// A work is something to be done by pecaudit and by its references.
type work struct {
	name string
	do   func(*bench) error
}

// works are done in this order.
var works = []work{
	{"audit", (*bench).audit}, {"address", (*bench).address}, {"xlsx", (*bench).xlsx}, {"workbooks", (*bench).workbooks}, {"cases", (*bench).cases}, {"month", (*bench).month},
}

// tasks are what this program itself does in a process of its own, by name.
var tasks = map[string]func(args []string) error{
	"addresses":      judgeAddresses,
	"make-sheet":     makeSheet,
	"read-sheet":     readSheet,
	"excelize-read":  excelizeRead,
	"workbooks":      writeWorkbooks,
	"excelize-write": excelizeWrite,
	"first-cases":    firstCases,
	"second-cases":   secondCases,
	"naive-first":    naiveFirst,
	"naive-second":   naiveSecond,
}

func main() {
	err := errors.New("see run, the script beside this program")
	switch {
	case len(os.Args) > 2 && os.Args[1] == "do" && tasks[os.Args[2]] != nil:
		err = tasks[os.Args[2]](os.Args[3:])
	case len(os.Args) > 1 && os.Args[1] != "do":
		err = run()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run() error {
	var b bench
	chosen := flag.String("works", "", "which works, blanks between; all if empty")
	flag.IntVar(&b.rows, "rows", 200_000, "positions of the register")
	flag.IntVar(&b.rounds, "rounds", 3, "how often each side runs, in turn")
	flag.StringVar(&b.dir, "dir", "", "temporary folder, with the binaries: bench, pecaudit, and oracle, the tests of checker/audit")
	flag.StringVar(&b.duckdb, "duckdb", "", "folder with node's package @duckdb/node-api")
	flag.Parse()
	names := strings.Fields(*chosen)
	for _, name := range names {
		if !slices.ContainsFunc(works, func(w work) bool { return w.name == name }) {
			return fmt.Errorf("there is no work %q", name)
		}
	}
	fmt.Println(b.title())
	table("work", "done by", "wall s", "CPU s", "peak MiB", "pecaudit's wall in its", "CPU")
	for _, w := range works {
		if len(names) == 0 || slices.Contains(names, w.name) {
			if err := w.do(&b); err != nil {
				return fmt.Errorf("%s: %w", w.name, err)
			}
		}
	}
	table("work", "figure", "here", "goal", "beyond")
	for _, f := range b.figures {
		line(f.work, f.what, f.value, f.goal, f.beyond)
	}
	if len(b.counts) > 0 {
		table("findings", "pecaudit: fail, unknown", "DuckDB: fail, unknown")
		for _, c := range b.counts {
			line(c[:]...)
		}
	}
	if b.differ {
		return errors.New("pecaudit and DuckDB did not find the same: one of them is wrong")
	}
	return nil
}

// table begins a table, line is a line of it.
func table(heads ...string) {
	fmt.Println()
	line(heads...)
	line(slices.Repeat([]string{"---"}, len(heads))...)
}

func line(cells ...string) { fmt.Println("| " + strings.Join(cells, " | ") + " |") }

// title says what was measured with what.
func (b *bench) title() string {
	parts := []string{
		time.Now().Format(time.DateOnly), fmt.Sprintf("%s rows, medians of %d runs in turn", grouped(b.rows), b.rounds),
		fmt.Sprintf("%s, %d cores", cpuModel(), runtime.NumCPU()), runtime.GOOS + "/" + runtime.GOARCH, runtime.Version(),
	}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, dep := range info.Deps {
			if dep.Path == "github.com/xuri/excelize/v2" || dep.Path == "modernc.org/sqlite" {
				parts = append(parts, filepath.Base(strings.TrimSuffix(dep.Path, "/v2"))+" "+dep.Version)
			}
		}
	}
	return strings.Join(append(parts, b.duckVersion()), "; ")
}

func cpuModel() string {
	text, _ := os.ReadFile("/proc/cpuinfo")
	for line := range strings.Lines(string(text)) {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return "unknown processor"
}

// share is n at the full size of six million rows, and as much less as the register is smaller.
func (b *bench) share(n int) int { return int(int64(n) * int64(b.rows) / 6_000_000) }

// in is a path in the temporary folder.
func (b *bench) in(name string) string { return filepath.Join(b.dir, name) }

// grouped writes a number with commas.
func grouped(n int) string {
	s := fmt.Sprint(n)
	for at := len(s) - 3; at > 0; at -= 3 {
		s = s[:at] + "," + s[at:]
	}
	return s
}

// median is the middle one, the higher of two.
func median[T cmp.Ordered](list []T) T {
	sorted := slices.Sorted(slices.Values(list))
	return sorted[len(sorted)/2]
}

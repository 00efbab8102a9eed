package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"github.com/xuri/excelize/v2"
	"golang.org/x/sync/errgroup"

	"pecaudit/checker"
	"pecaudit/checker/cases"
	"pecaudit/reports"
)

// workbooks are those of a month, of chambers as unequal as they are, two at a time.
func (b *bench) workbooks() error {
	books, rows := "107", 890_000
	if b.rows < 6_000_000 {
		books, rows = "10", b.share(2_490_000)
	}
	total := strconv.Itoa(rows)
	into := func(s *side, dir string) *side {
		s.before = func() error {
			_ = os.RemoveAll(dir) // of the run before
			return os.Mkdir(dir, 0o700)
		}
		return s
	}
	dir := b.in("books")
	ours := into(b.itself("pecaudit, each row on two sheets × 29 columns", "workbooks", dir, books, total), dir)
	same := into(b.itself("excelize's bare StreamWriter, the same cells", "excelize-write", dir, books, total, "29", "2"), dir)
	bare := into(b.itself("excelize's bare StreamWriter, the rows once × 12 columns", "excelize-write", dir, books, total, "12", "1"), dir)
	if err := b.race(ours, same, bare); err != nil {
		return err
	}
	work := fmt.Sprintf("%s workbooks, %s rows", books, grouped(rows))
	report(work, ours, same, bare)
	b.figures = append(b.figures,
		figure{work, "wall, of a bare StreamWriter's of the same cells, two at a time", decimals(ours.in(same, wall)), "≤ 1.1", "≤ 0.9"},
		figure{"the same", "wall, of a bare StreamWriter's of the rows once × 12 columns", decimals(ours.in(bare, wall)), "≤ 1.1", "≤ 0.9"})
	return nil
}

// sizes deals rows to workbooks as unequally as companies are dealt to chambers: the largest of 107 has a fourteenth of all.
func sizes(books, rows int) []int {
	sum := 0.0
	for k := range books {
		sum += 1 / float64(k+4)
	}
	list := make([]int, books)
	left := rows
	for k := range books {
		list[k] = int(float64(rows) / float64(k+4) / sum)
		left -= list[k]
	}
	list[0] += left
	return list
}

// lines are the rows of the largest workbook; a smaller one has the first of them.
func lines(n int) []reports.Row {
	grounds := []struct {
		ground checker.Ground
		rule   checker.RuleID
		detail string
	}{
		{checker.GroundMissing, "REG-001", "La posizione non riporta alcun domicilio digitale."},
		{checker.GroundExpired, "EXP-001", "La casella risulta scaduta il 15/03/2026 (data riportata nella riga)."},
		{checker.GroundShared, "UNI-001", "Stesso indirizzo di un'altra impresa: REA MI-1000013 (iscritto il 11/01/2016; imprese.csv, riga 15). Questa impresa lo ha iscritto il 10/01/2016, prima di un'altra."},
		{checker.GroundMalformed, "SYN-001", "Non è un indirizzo di posta: più di una chiocciola."},
	}
	day := checker.Date{Year: 2026, Month: 10, Day: 1}
	rows := make([]reports.Row, n)
	for i := range rows {
		g := &grounds[i%len(grounds)]
		rows[i] = reports.Row{
			Kind: reports.RowBreach, CCIAA: "MI", REA: fmt.Sprintf("MI-%d", 1_000_000+i), CodiceFiscale: fmt.Sprintf("%011d", i*7919), Form: "SR", Class: "capital",
			Name: fmt.Sprintf("BETULLA COSTRUZIONI %d S.R.L.", i*7919%n), Comune: "CASTEL FITTIZIO", PEC: fmt.Sprintf("betulla.%d@pec-a.example", i), Provider: "Gestore A (esempio)",
			Ground: g.ground, Detail: g.detail, State: cases.Found, Found: day, Checked: day, Rules: []checker.RuleID{g.rule}, File: "liste/2026-10/imprese.csv", Line: i + 2,
			Case: fmt.Sprintf("%016x", i*7919),
		}
		if g.ground == checker.GroundShared {
			rows[i].Others = []cases.Holder{{Company: "00000007773", Name: "ERMELLINO FORNITURE 0 S.R.L.", REA: "MI-1000013"}}
		}
	}
	return rows
}

const cure = "Attivare una casella PEC propria, esclusiva dell'impresa, e comunicare la variazione. La posizione si regolarizza anche se sono le altre imprese a cambiare indirizzo."

// twoAtATime calls write for each workbook of a folder: folder, books, rows.
func twoAtATime(args []string, write func(path string, rows []reports.Row) error) error {
	books, err := strconv.Atoi(args[1])
	if err != nil {
		return err
	}
	rows, err := strconv.Atoi(args[2])
	if err != nil {
		return err
	}
	dealt := sizes(books, rows)
	all := lines(dealt[0])
	var two errgroup.Group
	two.SetLimit(2)
	for k, n := range dealt {
		two.Go(func() error { return write(filepath.Join(args[0], fmt.Sprintf("camera-%03d.xlsx", k)), all[:n]) })
	}
	return two.Wait()
}

// writeWorkbooks writes a month's workbooks as the program does.
func writeWorkbooks(args []string) error {
	m := reports.Month{Kind: reports.ChamberBook, Name: "Camera di prova", Version: "bench"}
	if err := m.Month.UnmarshalText([]byte(month)); err != nil {
		return err
	}
	if err := m.AsOf.UnmarshalText([]byte(asOf)); err != nil {
		return err
	}
	for _, id := range []checker.RuleID{"REG-001", "EXP-001", "UNI-001", "SYN-001"} {
		m.Rules = append(m.Rules, reports.AppliedRule{ID: id, Title: string(id), Cure: cure, Binding: true})
	}
	return twoAtATime(args, func(path string, rows []reports.Row) error {
		book := m
		book.Rows = rows
		return reports.Write(path, &book)
	})
}

// excelizeWrite writes the same rows and nothing else, no styles, no widths: folder, books, rows, columns, sheets.
func excelizeWrite(args []string) error {
	columns, err := strconv.Atoi(args[3])
	if err != nil {
		return err
	}
	return twoAtATime(args, func(path string, rows []reports.Row) error {
		f := excelize.NewFile()
		defer f.Close()
		sheets := []string{"Sheet1", "Sheet2"}
		if args[4] == "1" {
			sheets = sheets[:1]
		}
		for _, sheet := range sheets {
			if _, err := f.NewSheet(sheet); err != nil {
				return err
			}
			w, err := f.NewStreamWriter(sheet)
			if err != nil {
				return err
			}
			for i := range rows {
				if err := w.SetRow("A"+strconv.Itoa(i+1), cells(&rows[i])[:columns]); err != nil {
					return err
				}
			}
			if err := w.Flush(); err != nil {
				return err
			}
		}
		return f.SaveAs(path)
	})
}

// cells are those of Elenco completo, in another order: the first twelve are what a bare list would have.
func cells(r *reports.Row) []any {
	const found = 46296 // as spreadsheets count days
	others := ""
	if len(r.Others) > 0 {
		others = r.Others[0].Name + " (" + r.Others[0].REA + ")"
	}
	return []any{
		r.CCIAA, r.REA, r.CodiceFiscale, r.Name, r.Form, r.Comune, r.PEC, r.Provider, reports.GroundLabel(r.Ground), r.Detail, string(r.Rules[0]), r.Line, cure, others, r.Suggestion,
		reports.StateLabel(r.State, ""), found, found, nil, nil, nil, nil, nil, nil, nil, nil, "imprese.csv", r.Sheet, r.Case,
	}
}

package main

import (
	"archive/zip"
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"strconv"

	"github.com/xuri/excelize/v2"

	"pecaudit/checker"
	"pecaudit/checker/load"
	"pecaudit/configs"
)

// xlsx is a workbook of ten columns, read to the last cell: with the strings in their cells, as libraries write them, and in a table, as Excel does.
func (b *bench) xlsx() error {
	rows := 1_000_000
	if b.rows < 6_000_000 { // excelize takes a minute for a million
		rows = b.share(900_000)
	}
	for _, kind := range []string{"inline", "shared"} {
		path := b.in(kind + ".xlsx")
		if err := prepare(b.task("make-sheet", kind, path, strconv.Itoa(rows))...); err != nil {
			return err
		}
		ours, theirs := b.itself("pecaudit, rows understood as companies", "read-sheet", path), b.itself("excelize Rows, nothing done with the cells", "excelize-read", path)
		if err := b.race(ours, theirs); err != nil {
			return err
		}
		work := fmt.Sprintf("XLSX of %s × 10 read, %s strings", grouped(rows), kind)
		report(work, ours, theirs)
		b.figures = append(b.figures, figure{work, "wall, of excelize's `Rows`", fmt.Sprintf("%.3f", ours.in(theirs, wall)), "≤ 0.15", "≤ 0.05"})
	}
	return nil
}

// makeSheet writes a workbook of positions: kind, path, rows.
func makeSheet(args []string) (err error) {
	shared := args[0] == "shared"
	rows, err := strconv.Atoi(args[2])
	if err != nil {
		return err
	}
	f, err := os.Create(args[1])
	if err != nil {
		return err
	}
	const ns = `xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"`
	const rel, pack, kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/", "http://schemas.openxmlformats.org/package/2006/", "application/vnd.openxmlformats-officedocument.spreadsheetml."
	z := zip.NewWriter(f)
	put := func(name string, write func(w *bufio.Writer)) {
		if err != nil {
			return
		}
		var part io.Writer
		if part, err = z.Create(name); err == nil {
			w := bufio.NewWriterSize(part, 1<<16)
			fmt.Fprint(w, `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>`+"\n")
			write(w)
			err = w.Flush()
		}
	}
	text := func(s string) func(*bufio.Writer) { return func(w *bufio.Writer) { fmt.Fprint(w, s) } }
	put("[Content_Types].xml", text(`<Types xmlns="`+pack+`content-types"><Default Extension="xml" ContentType="application/xml"/>`+
		`<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>`+
		`<Override PartName="/xl/workbook.xml" ContentType="`+kind+`sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="`+kind+`worksheet+xml"/>`+
		`<Override PartName="/xl/sharedStrings.xml" ContentType="`+kind+`sharedStrings+xml"/></Types>`))
	put("_rels/.rels", text(`<Relationships xmlns="`+pack+`relationships"><Relationship Id="r1" Type="`+rel+`officeDocument" Target="xl/workbook.xml"/></Relationships>`))
	put("xl/workbook.xml", text(`<workbook `+ns+`><sheets><sheet name="Elenco" sheetId="1" r:id="r1"/></sheets></workbook>`))
	put("xl/_rels/workbook.xml.rels", text(`<Relationships xmlns="`+pack+`relationships"><Relationship Id="r1" Type="`+rel+`worksheet" Target="worksheets/sheet1.xml"/>`+
		`<Relationship Id="r2" Type="`+rel+`sharedStrings" Target="sharedStrings.xml"/></Relationships>`))
	var table []string
	places := map[string]int{}
	put("xl/worksheets/sheet1.xml", func(w *bufio.Writer) {
		fmt.Fprint(w, `<worksheet `+ns+`><sheetData>`)
		for row := range rows + 1 {
			fmt.Fprintf(w, `<row r="%d" spans="1:10">`, row+1)
			for col, cell := range position(row) {
				switch {
				case !shared:
					fmt.Fprintf(w, `<c r="%c%d" t="inlineStr"><is><t>%s</t></is></c>`, 'A'+col, row+1, cell)
				default:
					at, ok := places[cell]
					if !ok {
						at = len(table)
						places[cell], table = at, append(table, cell)
					}
					fmt.Fprintf(w, `<c r="%c%d" t="s"><v>%d</v></c>`, 'A'+col, row+1, at)
				}
			}
			fmt.Fprint(w, "</row>")
		}
		fmt.Fprint(w, "</sheetData></worksheet>")
	})
	put("xl/sharedStrings.xml", func(w *bufio.Writer) {
		fmt.Fprint(w, `<sst `+ns+`>`)
		for _, s := range table {
			fmt.Fprint(w, "<si><t>"+s+"</t></si>")
		}
		fmt.Fprint(w, "</sst>")
	})
	if err != nil {
		return err
	}
	if err := z.Close(); err != nil {
		return err
	}
	return f.Close()
}

// position returns the cells of a row, escaped for XML; the first is the header.
func position(row int) [10]string {
	if row == 0 {
		return [10]string{"cciaa", "rea", "codice_fiscale", "denominazione", "natura_giuridica", "stato", "comune", "pec", "data_iscrizione_pec", "data_scadenza_pec"}
	}
	return [10]string{
		"MI", fmt.Sprintf("MI-%d", 1_000_000+row), fmt.Sprintf("%011d", row*7919), fmt.Sprintf("ALFA &amp; BETA %d S.R.L.", row), "SR", "ATTIVA", "Forlì",
		fmt.Sprintf("alfa.%d@pec-%d.example", row, row%5000), fmt.Sprintf("%02d/%02d/%d", 1+row%28, 1+row%12, 2013+row%13), "31/12/2027",
	}
}

// readSheet reads a workbook as the program reads its lists.
func readSheet(args []string) error {
	ctx := context.Background()
	on, err := checker.ParseISODate(asOf)
	if err != nil {
		return err
	}
	tables, err := configs.Default()
	if err != nil {
		return err
	}
	o := load.Options{AsOf: on}
	if o.Chambers, err = checker.NewChambers(tables.Chambers, on); err != nil {
		return err
	}
	if o.Forms, err = checker.NewForms(tables.Forms, on); err != nil {
		return err
	}
	l, err := load.Open(ctx, args[0], 0, &o)
	if err != nil {
		return err
	}
	defer l.Close()
	rows := 0
	if err := l.ReadAll(ctx, load.Pass{Workers: 2, Yield: func(_ int, b *load.Batch) error {
		rows += len(b.Companies) + len(b.Rejected)
		return nil
	}}); err != nil {
		return err
	}
	fmt.Println(rows)
	return nil
}

// excelizeRead reads a workbook with excelize as its manual says.
func excelizeRead(args []string) error {
	f, err := excelize.OpenFile(args[0], excelize.Options{RawCellValue: true})
	if err != nil {
		return err
	}
	defer f.Close()
	rows, err := f.Rows(f.GetSheetName(0))
	if err != nil {
		return err
	}
	defer rows.Close()
	n := -1 // less the header
	for rows.Next() {
		if _, err := rows.Columns(); err != nil {
			return err
		}
		n++
	}
	fmt.Println(n)
	return rows.Error()
}

package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"

	"pecaudit/checker"
	"pecaudit/fixtures"
	"pecaudit/reports"
)

// demoRegister writes two months of a synthetic register with its truth into the folder, and says how to audit them.
func (p *program) demoRegister(rows int, dir string) error {
	months := [2]fixtures.Register{{Rows: rows}, {Rows: rows, Month: 1}}
	if err := months[0].Check(); err != nil {
		return usagef("--rows: %v", err)
	}
	config := filepath.Join(dir, "pecaudit.yaml")
	if _, err := os.Stat(dir); err == nil {
		if _, err := os.Stat(config); err != nil {
			return usagef("the folder %s exists and holds no synthetic register: name another one with --dir", dir)
		}
	}
	if err := writeTo(config, func(w io.Writer) error {
		_, err := io.WriteString(w, registerConfig)
		return err
	}); err != nil {
		return err
	}
	if err := writeTo(filepath.Join(dir, "gestori.yaml"), months[0].WriteProviders); err != nil {
		return err
	}
	for _, r := range months {
		month := r.AsOf().In()
		for _, list := range []struct {
			name  string
			write func(io.Writer) error
		}{
			{"imprese.csv", r.WriteCompanies}, {"professionisti.csv", r.WriteProfessionals}, {"stato-caselle.csv", r.WriteStatus}, {"attesi.csv", r.WriteTruth},
		} {
			if err := writeTo(filepath.Join(dir, "liste", month.String(), list.name), list.write); err != nil {
				return err
			}
		}
		p.explainRegister(config, r.AsOf())
	}
	return nil
}

func (p *program) explainRegister(config string, asOf checker.Date) {
	lists := filepath.Join(filepath.Dir(config), "liste", asOf.In().String())
	fmt.Fprintf(p.stdout, "pecaudit run --config %s --as-of %s\n  what it must find: %s\n", config, asOf, filepath.Join(lists, "attesi.csv"))
}

// writeTo writes a file, all of it or nothing.
func writeTo(path string, write func(io.Writer) error) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := reports.Create(path)
	if err != nil {
		return err
	}
	defer f.Abort()
	if err := write(f); err != nil {
		return err
	}
	return f.Commit()
}

const registerConfig = `# Configuration of a synthetic register. See configs/pecaudit.yaml for every key.
store: pecaudit.db
out_dir: cartelle
lists:
  companies: ["liste/{month}/imprese.csv"]
  pec_status: ["liste/{month}/stato-caselle.csv"]
  professionals: ["liste/{month}/professionisti.csv"]
coverage: national
providers: [gestori.yaml]
`

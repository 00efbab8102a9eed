package audit

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"pecaudit/checker"
	"pecaudit/reports"
)

// finding is a line of --findings: CONTRACT section 4.
type finding struct {
	File            string         `json:"file"`
	Sheet           string         `json:"sheet"`
	Row             int            `json:"row"`
	CCIAA           string         `json:"cciaa"`
	REA             string         `json:"rea"`
	CodiceFiscale   string         `json:"codice_fiscale"`
	Denominazione   string         `json:"denominazione"`
	NaturaGiuridica string         `json:"natura_giuridica"`
	PEC             string         `json:"pec"`
	Rule            checker.RuleID `json:"rule"`
	Force           string         `json:"force"`
	Outcome         string         `json:"outcome"`
	Ground          checker.Ground `json:"ground"`
	Reason          checker.Reason `json:"reason"`
	Detail          string         `json:"detail"`
	Verdict         string         `json:"verdict"`
}

// rowLine is a line of --rows: CONTRACT section 4.
type rowLine struct {
	File              string           `json:"file"`
	Sheet             string           `json:"sheet"`
	Row               int              `json:"row"`
	CCIAA             string           `json:"cciaa"`
	REA               string           `json:"rea"`
	CodiceFiscale     string           `json:"codice_fiscale"`
	PartitaIVA        string           `json:"partita_iva"`
	Denominazione     string           `json:"denominazione"`
	NaturaGiuridica   string           `json:"natura_giuridica"`
	Stato             string           `json:"stato"`
	Comune            string           `json:"comune"`
	PECRaw            string           `json:"pec_raw"`
	PEC               string           `json:"pec"`
	DataIscrizionePEC string           `json:"data_iscrizione_pec"`
	DataScadenzaPEC   string           `json:"data_scadenza_pec"`
	PECAmministratore string           `json:"pec_amministratore"`
	Repairs           []string         `json:"repairs"`
	Suggestion        string           `json:"suggestion"`
	Verdict           string           `json:"verdict"`
	Rules             []checker.RuleID `json:"rules"`
}

var findingColumns = strings.Fields("file sheet row cciaa rea codice_fiscale denominazione natura_giuridica pec rule force outcome ground reason detail verdict")

var rowColumns = strings.Fields("file sheet row cciaa rea codice_fiscale partita_iva denominazione natura_giuridica stato comune pec_raw pec " +
	"data_iscrizione_pec data_scadenza_pec pec_amministratore repairs suggestion verdict rules")

var rejectedColumns = strings.Fields("file sheet row column reason text")

// A lineWriter writes JSON lines or CSV, by the ending of the path.
type lineWriter struct {
	file *reports.File
	json *bufio.Writer // nil: CSV
	line []byte
	csv  *reports.CSVWriter
}

// ErrOutputName says that an output's name does not tell its format.
var ErrOutputName = errors.New("the name must end in")

func createLines(path string, columns []string, jsonToo bool) (*lineWriter, error) {
	isJSON := strings.HasSuffix(strings.ToLower(path), ".jsonl")
	if !strings.HasSuffix(strings.ToLower(path), ".csv") && !(isJSON && jsonToo) {
		return nil, fmt.Errorf("%s: %w .csv%s", path, ErrOutputName, map[bool]string{true: " or .jsonl", false: ""}[jsonToo])
	}
	file, err := reports.Create(path)
	if err != nil {
		return nil, err
	}
	w := &lineWriter{file: file}
	if isJSON {
		w.json = bufio.NewWriterSize(file, 1<<16)
		return w, nil
	}
	w.csv = reports.NewCSV(file)
	return w, w.csv.Write(columns...)
}

func (w *lineWriter) commit() error {
	if w.json != nil {
		if err := w.json.Flush(); err != nil {
			return err
		}
	}
	if w.csv != nil {
		if err := w.csv.Flush(); err != nil {
			return err
		}
	}
	return w.file.Commit()
}

// Outputs writes the files that an audit was asked for, each in the order of the input. Nothing is in its place before Commit.
type Outputs struct {
	findings, rows, rejected *lineWriter
	binding                  bool
}

// NewOutputs creates the files; an empty path is not asked for. binding leaves advisory findings out.
func NewOutputs(findings, rows, rejected string, binding bool) (*Outputs, error) {
	o := &Outputs{binding: binding}
	for _, f := range []struct {
		path    string
		to      **lineWriter
		columns []string
		json    bool
	}{{findings, &o.findings, findingColumns, true}, {rows, &o.rows, rowColumns, true}, {rejected, &o.rejected, rejectedColumns, false}} {
		if f.path == "" {
			continue
		}
		w, err := createLines(f.path, f.columns, f.json)
		if err != nil {
			o.Abort()
			return nil, err
		}
		*f.to = w
	}
	return o, nil
}

// EveryRow reports whether rows that pass are wanted too.
func (o *Outputs) EveryRow() bool { return o.rows != nil }

// Row writes a row and its findings.
func (o *Outputs) Row(row *Row) error {
	if o.rows != nil {
		if err := o.writeRow(row); err != nil {
			return err
		}
	}
	if o.findings == nil {
		return nil
	}
	for _, f := range row.Findings {
		if f.Outcome == checker.Pass || o.binding && f.Rule.Force != checker.Binding {
			continue
		}
		if err := o.writeFinding(row, f); err != nil {
			return err
		}
	}
	return nil
}

func (o *Outputs) writeFinding(row *Row, f checker.Finding) error {
	l := finding{
		row.File, row.Sheet, row.Row, row.CCIAA, row.REA, string(row.CodiceFiscale), row.Name, formOf(row.Company), row.PEC.Raw,
		f.Rule.ID, f.Rule.Force.String(), f.Outcome.String(), f.Rule.Ground, f.Reason, f.Detail, row.Verdict.String(),
	}
	if w := o.findings; w.json != nil {
		w.line = append(l.appendJSON(w.line[:0]), '\n')
		_, err := w.json.Write(w.line)
		return err
	}
	return o.findings.csv.Write(l.File, l.Sheet, strconv.Itoa(l.Row), l.CCIAA, l.REA, l.CodiceFiscale, l.Denominazione, l.NaturaGiuridica, l.PEC,
		string(l.Rule), l.Force, l.Outcome, string(l.Ground), string(l.Reason), l.Detail, l.Verdict)
}

// appendJSON appends the finding as marshal writes it. A register has a million of them: the package json would take longer than the audit.
func (l *finding) appendJSON(b []byte) []byte {
	text := func(name, s string) {
		b = append(append(append(b, ',', '"'), name...), '"', ':')
		b = appendText(b, s)
	}
	b = appendText(append(b, `{"file":`...), l.File)
	text("sheet", l.Sheet)
	b = strconv.AppendInt(append(b, `,"row":`...), int64(l.Row), 10)
	text("cciaa", l.CCIAA)
	text("rea", l.REA)
	text("codice_fiscale", l.CodiceFiscale)
	text("denominazione", l.Denominazione)
	text("natura_giuridica", l.NaturaGiuridica)
	text("pec", l.PEC)
	text("rule", string(l.Rule))
	text("force", l.Force)
	text("outcome", l.Outcome)
	text("ground", string(l.Ground))
	text("reason", string(l.Reason))
	text("detail", l.Detail)
	text("verdict", l.Verdict)
	return append(b, '}')
}

// appendText appends a JSON string.
func appendText(b []byte, s string) []byte {
	if plainText(s) {
		return append(append(append(b, '"'), s...), '"')
	}
	quoted, err := marshal(s)
	if err != nil { // cannot be: every string has a JSON form
		return append(b, `""`...)
	}
	return append(b, quoted...)
}

// plainText reports whether a text stands for itself between quotes.
func plainText(s string) bool {
	ascii := true
	for i := range len(s) {
		switch c := s[i]; {
		case c < ' ', c == '"', c == '\\', c == 0xe2: // which begins the two line separators that are escaped
			return false
		case c >= utf8.RuneSelf:
			ascii = false
		}
	}
	return ascii || utf8.ValidString(s)
}

// marshal returns the JSON form of a value, with <, > and & as they are.
func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return bytes.TrimSuffix(b.Bytes(), []byte{'\n'}), err
}

func (o *Outputs) writeRow(row *Row) error {
	l := rowLine{
		File: row.File, Sheet: row.Sheet, Row: row.Row, CCIAA: row.CCIAA, REA: row.REA, CodiceFiscale: string(row.CodiceFiscale),
		PartitaIVA: row.PartitaIVA, Denominazione: row.Name, NaturaGiuridica: formOf(row.Company), Stato: row.RawStatus, Comune: row.Comune,
		PECRaw: row.PEC.Raw, PEC: row.PEC.Folded, DataIscrizionePEC: row.Registered.String(), DataScadenzaPEC: row.Expiry.String(),
		PECAmministratore: row.Director.Folded, Repairs: row.Repairs.Names(), Verdict: row.Verdict.String(), Rules: row.Failed(),
	}
	if row.Domain != nil {
		l.Suggestion = row.Domain.Suggestion
	}
	if w := o.rows; w.json != nil {
		line, err := marshal(l)
		if err == nil {
			_, err = w.json.Write(append(line, '\n'))
		}
		return err
	}
	failed := make([]string, len(l.Rules))
	for i, id := range l.Rules {
		failed[i] = string(id)
	}
	return o.rows.csv.Write(l.File, l.Sheet, strconv.Itoa(l.Row), l.CCIAA, l.REA, l.CodiceFiscale, l.PartitaIVA, l.Denominazione, l.NaturaGiuridica,
		l.Stato, l.Comune, l.PECRaw, l.PEC, l.DataIscrizionePEC, l.DataScadenzaPEC, l.PECAmministratore, strings.Join(l.Repairs, "|"),
		l.Suggestion, l.Verdict, strings.Join(failed, "|"))
}

// formOf is the legal form as understood: its code; as written where it is not.
func formOf(c *checker.Company) string {
	if c.Form != nil {
		return c.Form.Code
	}
	return c.RawForm
}

// Rejected writes a rejected row.
func (o *Outputs) Rejected(r *checker.RejectedRow) error {
	if o.rejected == nil {
		return nil
	}
	return o.rejected.csv.Write(r.File, r.Sheet, strconv.Itoa(r.Row), r.Column, r.Reason, r.Text)
}

// Commit puts the files in their places.
func (o *Outputs) Commit() error {
	for _, w := range []*lineWriter{o.findings, o.rows, o.rejected} {
		if w != nil {
			if err := w.commit(); err != nil {
				return err
			}
		}
	}
	return nil
}

// Abort leaves the old files or none. After Commit it does nothing.
func (o *Outputs) Abort() {
	for _, w := range []*lineWriter{o.findings, o.rows, o.rejected} {
		if w != nil {
			w.file.Abort()
		}
	}
}

package store

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"fmt"

	"pecaudit/checker/cases"
)

// An encoder writes bodies: JSON for people and programs that read the database, with <, > and & as they are. What it returns is valid until the next call.
type encoder struct {
	buffer bytes.Buffer
	json   *json.Encoder
}

// encode returns the JSON text of v behind a prefix.
func (e *encoder) encode(prefix []byte, v any) ([]byte, error) {
	if e.json == nil {
		e.json = json.NewEncoder(&e.buffer)
		e.json.SetEscapeHTML(false)
	}
	e.buffer.Reset()
	e.buffer.Write(prefix)
	if err := e.json.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(e.buffer.Bytes(), []byte("\n")), nil
}

// What a case is read from, see scanCase.
const (
	caseColumns = "c.seq, c.body, COALESCE(s.body, '')"
	casesSeen   = "cases c LEFT JOIN seen s ON s.case_seq = c.seq"
)

// scanCase reads the row of a case that has the caseColumns of casesSeen.
func scanCase(rows *sql.Rows, c *cases.Case) error {
	var place int64
	var body, seen string
	err := rows.Scan(&place, &body, &seen)
	if err == nil {
		err = decodeCase(c, body, seen)
	}
	c.Place = place
	return err
}

// decodeCase reads the body of a case, and over it what was seen of the case since; "" is nothing.
func decodeCase(c *cases.Case, body, seen string) error {
	*c = cases.Case{}
	err := readOver(c, body)
	if err == nil && seen != "" {
		err = readOver(c, seen)
	}
	if err != nil {
		return fmt.Errorf("the body of a case is damaged ('pecaudit store check' says which): %w", err)
	}
	return nil
}

func readOver(c *cases.Case, text string) error {
	before := *c
	s := cases.NewScanner(text)
	if s.Case(c); s.Done() {
		return nil
	}
	*c = before
	return json.Unmarshal([]byte(text), c)
}

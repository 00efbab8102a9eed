package store

import (
	"bytes"
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

// decodeCase reads the body of a case.
func decodeCase(body string) (*cases.Case, error) {
	c := new(cases.Case)
	s := cases.NewScanner(body)
	if s.Case(c); s.Done() {
		return c, nil
	}
	*c = cases.Case{}
	if err := json.Unmarshal([]byte(body), c); err != nil {
		return nil, fmt.Errorf("the body of a case is damaged ('pecaudit store check' says which): %w", err)
	}
	return c, nil
}

package store

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"pecaudit/checker"
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

// decodeCase reads the body of a case. A month begins with reading all of them, so bodies of the usual form, as an encoder writes them, are read by a
// scanner that copies nothing; whatever else JSON allows is left to encoding/json, which takes ten times as long.
func decodeCase(body string) (*cases.Case, error) {
	c := new(cases.Case)
	if strings.IndexByte(body, '\\') < 0 && utf8.ValidString(body) {
		s := scanner{rest: body}
		s.readCase(c)
		if !s.unusual && s.rest == "" {
			return c, nil
		}
		*c = cases.Case{}
	}
	if err := json.Unmarshal([]byte(body), c); err != nil {
		return nil, fmt.Errorf("the body of a case is damaged ('pecaudit store check' says which): %w", err)
	}
	return c, nil
}

func (s *scanner) readCase(c *cases.Case) {
	s.object(func(field string) {
		switch field {
		case "id":
			c.ID = s.text()
		case "company":
			c.Company = s.text()
		case "address":
			c.Address = s.text()
		case "family":
			c.Family = cases.Family(s.text())
		case "chamber":
			c.Chamber = s.text()
		case "state":
			c.State = cases.State(s.text())
		case "ground":
			c.Ground = checker.Ground(s.text())
		case "rules":
			c.Rules = nil
			s.list(func() { c.Rules = append(c.Rules, checker.RuleID(s.text())) })
		case "found":
			c.Found = s.date()
		case "checked":
			c.Checked = s.date()
		case "failed":
			c.Failed = s.date()
		case "term":
			s.readTerm(&c.Term)
		case "act":
			c.Act = s.text()
		case "closed":
			c.Closed = s.date()
		case "kept_back":
			c.KeptBack = s.truth()
		case "late":
			c.Late = s.truth()
		case "filed":
			c.Filed = s.date()
		case "facts":
			s.readFacts(&c.Facts)
		default: // the office's entry too: few cases have one
			s.unusual = true
		}
	})
}

func (s *scanner) readTerm(t *cases.Term) {
	s.object(func(field string) {
		switch field {
		case "procedure":
			t.Procedure = s.text()
		case "published":
			t.Published = s.date()
		case "nominal":
			t.Nominal = s.date()
		case "shifted":
			t.Shifted = s.date()
		case "safe":
			t.Safe = s.date()
		default:
			s.unusual = true
		}
	})
}

func (s *scanner) readFacts(f *cases.Facts) {
	s.object(func(field string) {
		switch field {
		case "codice_fiscale":
			f.CodiceFiscale = s.text()
		case "rea":
			f.REA = s.text()
		case "cciaa":
			f.CCIAA = s.text()
		case "name":
			f.Name = s.text()
		case "form":
			f.Form = s.text()
		case "class":
			f.Class = s.text()
		case "comune":
			f.Comune = s.text()
		case "pec":
			f.PEC = s.text()
		case "provider":
			f.Provider = s.text()
		case "detail":
			f.Detail = s.text()
		case "suggestion":
			f.Suggestion = s.text()
		case "registered":
			f.Registered = s.date()
		case "expiry":
			f.Expiry = s.date()
		case "holders":
			f.Holders = nil
			s.list(func() {
				f.Holders = append(f.Holders, cases.Holder{})
				s.readHolder(&f.Holders[len(f.Holders)-1])
			})
		case "more_holders":
			f.MoreHolders = s.number()
		case "elsewhere":
			f.Elsewhere = nil
			s.list(func() { f.Elsewhere = append(f.Elsewhere, s.text()) })
		case "file":
			f.File = s.text()
		case "sheet":
			f.Sheet = s.text()
		case "row":
			f.Row = s.number()
		default:
			s.unusual = true
		}
	})
}

func (s *scanner) readHolder(h *cases.Holder) {
	s.object(func(field string) {
		switch field {
		case "company":
			h.Company = s.text()
		case "codice_fiscale":
			h.CodiceFiscale = s.text()
		case "name":
			h.Name = s.text()
		case "cciaa":
			h.CCIAA = s.text()
		case "rea":
			h.REA = s.text()
		case "gone":
			h.Gone = s.truth()
		default:
			s.unusual = true
		}
	})
}

// A scanner reads JSON without white space and escapes. At anything else it becomes unusual, and what it read so far is worth nothing. Its texts
// share the memory of the body.
type scanner struct {
	rest    string
	unusual bool
}

func (s *scanner) skip(token string) {
	if !strings.HasPrefix(s.rest, token) {
		s.unusual = true
		return
	}
	s.rest = s.rest[len(token):]
}

// object calls read at the value of each field.
func (s *scanner) object(read func(field string)) {
	s.skip("{")
	for first := true; !s.unusual && !strings.HasPrefix(s.rest, "}"); first = false {
		if !first {
			s.skip(",")
		}
		field := s.text()
		s.skip(":")
		if !s.unusual {
			read(field)
		}
	}
	s.skip("}")
}

// list calls read at each element.
func (s *scanner) list(read func()) {
	s.skip("[")
	for first := true; !s.unusual && !strings.HasPrefix(s.rest, "]"); first = false {
		if !first {
			s.skip(",")
		}
		read()
	}
	s.skip("]")
}

func (s *scanner) text() string {
	s.skip(`"`)
	i := strings.IndexByte(s.rest, '"')
	if i < 0 || s.unusual {
		s.unusual = true
		return ""
	}
	t := s.rest[:i]
	s.rest = s.rest[i+1:]
	return t
}

func (s *scanner) date() checker.Date {
	t := s.text()
	if t == "" {
		return checker.Date{}
	}
	d, err := checker.ParseISODate(t)
	if err != nil {
		s.unusual = true
	}
	return d
}

func (s *scanner) number() int {
	i := 0
	for i < len(s.rest) && (s.rest[i] >= '0' && s.rest[i] <= '9' || s.rest[i] == '-') {
		i++
	}
	n, err := strconv.Atoi(s.rest[:i])
	if err != nil {
		s.unusual = true
	}
	s.rest = s.rest[i:]
	return n
}

func (s *scanner) truth() bool {
	if strings.HasPrefix(s.rest, "true") {
		s.rest = s.rest[4:]
		return true
	}
	s.skip("false")
	return false
}

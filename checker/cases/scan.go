package cases

import (
	"encoding/json"
	"strconv"
	"strings"
	"unicode/utf8"

	"pecaudit/checker"
)

// A Scanner reads JSON as this program writes it: without white space, every field once. A month begins with reading all cases and ends with all rows of its
// workbooks, and encoding/json takes ten times as long. At anything unusual it stops, and what it read so far is worth nothing: see Done. Its texts
// share the memory of the JSON.
type Scanner struct {
	rest    string
	unusual bool
}

// NewScanner returns a scanner of a JSON text.
func NewScanner(text string) *Scanner {
	return &Scanner{rest: text, unusual: !utf8.ValidString(text)}
}

// Done reports whether all of the text was read. If not, encoding/json is to read it.
func (s *Scanner) Done() bool { return !s.unusual && s.rest == "" }

// Stop says that something is unusual: a field that the caller does not know.
func (s *Scanner) Stop() { s.unusual = true }

func (s *Scanner) skip(token string) {
	if !strings.HasPrefix(s.rest, token) {
		s.unusual = true
		return
	}
	s.rest = s.rest[len(token):]
}

// Object calls read at the value of each field.
func (s *Scanner) Object(read func(field string)) {
	s.skip("{")
	for first := true; !s.unusual && !strings.HasPrefix(s.rest, "}"); first = false {
		if !first {
			s.skip(",")
		}
		field := s.Text()
		s.skip(":")
		if !s.unusual {
			read(field)
		}
	}
	s.skip("}")
}

// List calls read at each element.
func (s *Scanner) List(read func()) {
	s.skip("[")
	for first := true; !s.unusual && !strings.HasPrefix(s.rest, "]"); first = false {
		if !first {
			s.skip(",")
		}
		read()
	}
	s.skip("]")
}

// Text reads a string.
func (s *Scanner) Text() string {
	s.skip(`"`)
	i := strings.IndexByte(s.rest, '"')
	if i < 0 || s.unusual {
		s.unusual = true
		return ""
	}
	if t := s.rest[:i]; strings.IndexByte(t, '\\') < 0 {
		s.rest = s.rest[i+1:]
		return t
	}
	for i = 0; i < len(s.rest) && s.rest[i] != '"'; i++ {
		if s.rest[i] == '\\' {
			i++
		}
	}
	var t string
	if i >= len(s.rest) || json.Unmarshal([]byte(`"`+s.rest[:i+1]), &t) != nil {
		s.unusual = true
		return ""
	}
	s.rest = s.rest[i+1:]
	return t
}

// Raw reads a value of any kind and returns it as it is written.
func (s *Scanner) Raw() string {
	all, open := s.rest, 0
	for !s.unusual {
		c := byte(',') // behind all ends what was open before
		if s.rest != "" {
			c = s.rest[0]
		}
		switch c {
		case '"':
			s.Text()
			continue
		case '{', '[':
			open++
		case '}', ']':
			open--
		}
		if open < 0 || open == 0 && c == ',' {
			break
		}
		if s.rest == "" {
			s.unusual = true
			break
		}
		s.rest = s.rest[1:]
	}
	return all[:len(all)-len(s.rest)]
}

// Date reads a day; "" is none.
func (s *Scanner) Date() checker.Date {
	t := s.Text()
	if t == "" {
		return checker.Date{}
	}
	d, err := checker.ParseISODate(t)
	if err != nil {
		s.unusual = true
	}
	return d
}

// Number reads a whole number.
func (s *Scanner) Number() int {
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

// Truth reads true or false.
func (s *Scanner) Truth() bool {
	if strings.HasPrefix(s.rest, "true") {
		s.rest = s.rest[4:]
		return true
	}
	s.skip("false")
	return false
}

// Case reads what stands in the body of a case.
func (s *Scanner) Case(c *Case) {
	s.Object(func(field string) {
		switch field {
		case "id":
			c.ID = s.Text()
		case "company":
			c.Company = s.Text()
		case "address":
			c.Address = s.Text()
		case "family":
			c.Family = Family(s.Text())
		case "chamber":
			c.Chamber = s.Text()
		case "state":
			c.State = State(s.Text())
		case "ground":
			c.Ground = checker.Ground(s.Text())
		case "rules":
			c.Rules = nil
			s.List(func() { c.Rules = append(c.Rules, checker.RuleID(s.Text())) })
		case "found":
			c.Found = s.Date()
		case "checked":
			c.Checked = s.Date()
		case "failed":
			c.Failed = s.Date()
		case "term":
			s.Term(&c.Term)
		case "act":
			c.Act = s.Text()
		case "closed":
			c.Closed = s.Date()
		case "kept_back":
			c.KeptBack = s.Truth()
		case "late":
			c.Late = s.Truth()
		case "filed":
			c.Filed = s.Date()
		case "facts":
			s.facts(&c.Facts)
		default: // the office's entry too: few cases have one
			s.unusual = true
		}
	})
}

// Term reads a Term.
func (s *Scanner) Term(t *Term) {
	s.Object(func(field string) {
		switch field {
		case "procedure":
			t.Procedure = s.Text()
		case "published":
			t.Published = s.Date()
		case "nominal":
			t.Nominal = s.Date()
		case "shifted":
			t.Shifted = s.Date()
		case "safe":
			t.Safe = s.Date()
		default:
			s.unusual = true
		}
	})
}

func (s *Scanner) facts(f *Facts) {
	s.Object(func(field string) {
		switch field {
		case "codice_fiscale":
			f.CodiceFiscale = s.Text()
		case "rea":
			f.REA = s.Text()
		case "cciaa":
			f.CCIAA = s.Text()
		case "name":
			f.Name = s.Text()
		case "form":
			f.Form = s.Text()
		case "class":
			f.Class = s.Text()
		case "comune":
			f.Comune = s.Text()
		case "pec":
			f.PEC = s.Text()
		case "provider":
			f.Provider = s.Text()
		case "detail":
			f.Detail = s.Text()
		case "suggestion":
			f.Suggestion = s.Text()
		case "registered":
			f.Registered = s.Date()
		case "expiry":
			f.Expiry = s.Date()
		case "holders":
			f.Holders = s.Holders()
		case "more_holders":
			f.MoreHolders = s.Number()
		case "elsewhere":
			f.Elsewhere = nil
			s.List(func() { f.Elsewhere = append(f.Elsewhere, s.Text()) })
		case "file":
			f.File = s.Text()
		case "sheet":
			f.Sheet = s.Text()
		case "row":
			f.Row = s.Number()
		default:
			s.unusual = true
		}
	})
}

// Holders reads a list of Holders.
func (s *Scanner) Holders() (list []Holder) {
	s.List(func() {
		list = append(list, Holder{})
		s.holder(&list[len(list)-1])
	})
	return list
}

func (s *Scanner) holder(h *Holder) {
	s.Object(func(field string) {
		switch field {
		case "company":
			h.Company = s.Text()
		case "codice_fiscale":
			h.CodiceFiscale = s.Text()
		case "name":
			h.Name = s.Text()
		case "cciaa":
			h.CCIAA = s.Text()
		case "rea":
			h.REA = s.Text()
		case "gone":
			h.Gone = s.Truth()
		default:
			s.unusual = true
		}
	})
}

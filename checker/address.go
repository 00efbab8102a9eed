package checker

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

// An Address keeps what was written and what it means.
type Address struct {
	Raw    string // the cell as in the input: what reports print
	Folded string // local part, @, domain: lower case, ASCII; empty when Raw is no well-formed address
	at     int    // where the @ is in Folded
	State  AddressState
	Fault  SyntaxFault // why it is not well formed; 0 when it is, or when there is none
}

// AddressState says what the cell holds.
type AddressState uint8

// The states of a cell. The zero state says nothing about the company.
const (
	NotTold    AddressState = iota // the list does not say: "n.d.", "privato", or it has no such column
	NoAddress                      // the list says that there is none: an empty cell, "nessuna", "-"
	WellFormed                     // one mailbox address
	Malformed                      // a text that is no mailbox address (SYN-001)
	Several                        // more than one address in the cell (SYN-002)
)

// Local returns the folded local part, "" when the address is not well formed.
func (a Address) Local() string {
	if a.Folded == "" {
		return ""
	}
	return a.Folded[:a.at]
}

// Domain returns the folded domain, "" when the address is not well formed.
func (a Address) Domain() string {
	if a.Folded == "" {
		return ""
	}
	return a.Folded[a.at+1:]
}

// CaseKey returns what stands for the address in the key of a case: the folded address; if it does not parse, the cell after dress, in lower
// case, runs of blanks as one; "" if there is none.
func (a Address) CaseKey() string {
	switch a.State {
	case WellFormed:
		return a.Folded
	case Malformed, Several:
		s, _ := Undress(a.Raw)
		return strings.Join(strings.FieldsFunc(strings.ToLower(s), isSpace), " ")
	}
	return ""
}

// SyntaxFault says why a text is no mailbox address.
type SyntaxFault uint8

// The faults of syntax, in the order in which they are looked for.
const (
	NoFault SyntaxFault = iota
	FaultNoAt
	FaultTwoAts
	FaultSpace
	FaultLocalEmpty
	FaultLocalTooLong
	FaultLocalDot
	FaultLocalCharacter
	FaultDomainEmpty
	FaultDomainOneLabel
	FaultDomainDot
	FaultDomainCharacter
	FaultDomainHyphen
	FaultDomainLabelTooLong
	FaultTooLong
)

var faultNames = [...]string{
	"", "no-at", "two-ats", "space-inside", "local-empty", "local-too-long", "local-dot", "local-character", "domain-empty",
	"domain-one-label", "domain-dot", "domain-character", "domain-hyphen", "domain-label-too-long", "too-long",
}

// String returns the fault's name as findings print it.
func (f SyntaxFault) String() string { return faultNames[f] }

// Absences are the words that stand for no address (None) and for an address that the list does not tell (NotTold): compared without case
// after outer white space is off. Cells of asterisks only are not told, whatever the words.
type Absences struct{ None, NotTold []string }

// DefaultAbsences returns the words of the contract, section 2.
func DefaultAbsences() Absences {
	return Absences{
		None:    []string{"", "-", "--", "//", "/", "0", "null", "nessuna", "nessuno", "assente", "non presente", "non comunicata"},
		NotTold: []string{"n.d.", "nd", "n/d", "non disponibile", "non pervenuta", "da indicare", "da_indicare", "privato"},
	}
}

func (w *Absences) state(trimmed string) (AddressState, bool) {
	if trimmed == "" {
		return NoAddress, true
	}
	for _, s := range w.None {
		if strings.EqualFold(s, trimmed) {
			return NoAddress, true
		}
	}
	for _, s := range w.NotTold {
		if strings.EqualFold(s, trimmed) {
			return NotTold, true
		}
	}
	if strings.Trim(trimmed, "*") == "" {
		return NotTold, true
	}
	return 0, false
}

// ParseAddress understands a cell of an address column and says what dress it took off. For a plain lower-case address it allocates
// nothing and the result shares the cell's memory. Nothing beyond the dress is ever repaired.
func ParseAddress(cell string, words *Absences) (Address, Repairs) {
	if at := plainMailbox(cell); at > 0 {
		return Address{Raw: cell, Folded: cell, at: at, State: WellFormed}, 0
	}
	if cell == "" {
		return Address{State: NoAddress}, 0
	}
	if strings.IndexByte(cell, '@') < 0 { // no word for an absence holds one
		if state, ok := words.state(TrimSpace(cell)); ok {
			return Address{Raw: cell, State: state}, 0
		}
	}
	a, repairs := parseMailbox(cell)
	if a.State == Malformed && severalIn(cell) {
		a.State = Several
	}
	return a, repairs
}

// ParseMailbox understands a cell that holds one address, with the dress taken off, as ParseAddress does; a list of absences or
// of several addresses has no meaning here. State is WellFormed or Malformed.
func ParseMailbox(cell string) Address {
	a, _ := parseMailbox(cell)
	return a
}

// plainMailbox recognizes nearly every address at one look: a mailbox without dress, in lower case. It returns where its @ is, and 0 where scanMailbox
// has to say what the cell is.
func plainMailbox(s string) (at int) {
	if s == "" || len(s) > 254 || byteClass[s[0]]&classLDH == 0 {
		return 0
	}
	start := 0 // of what stands between dots
	for ; at < len(s); at++ {
		if byteClass[s[at]]&(classAtext|classUpper) == classAtext {
			continue
		}
		if s[at] != '.' || at == start {
			break
		}
		start = at + 1
	}
	if at == len(s) || s[at] != '@' || at == start || at > 64 {
		return 0
	}
	labels := 0
	for start, i := at+1, at+1; i <= len(s); i++ {
		if i < len(s) && byteClass[s[i]]&(classLDH|classUpper) == classLDH {
			continue
		}
		if i < len(s) && s[i] != '.' || i == start || i-start > 63 || s[start] == '-' || s[i-1] == '-' {
			return 0
		}
		labels++
		start = i + 1
	}
	if labels < 2 {
		return 0
	}
	return at
}

func parseMailbox(cell string) (Address, Repairs) {
	s, repairs := Undress(cell)
	at, fault, ascii, upper := scanMailbox(s)
	a := Address{Raw: cell}
	if fault == NoFault && (upper || !ascii) {
		lower := strings.ToLower(s)
		upper = lower != s
		s = lower
	}
	if fault == NoFault && !ascii {
		var domain string
		domain, fault = asciiDomain(s[at+1:])
		s = s[:at+1] + domain
		if fault == NoFault && len(s) > 254 {
			fault = FaultTooLong
		}
	}
	if fault != NoFault {
		a.State, a.Fault = Malformed, fault
		return a, repairs
	}
	if upper {
		repairs |= Lowercased
	}
	a.Folded, a.at, a.State = s, at, WellFormed
	return a, repairs
}

// The classes of bytes in an address.
const (
	classAtext = 1 << iota // RFC 5322, 3.2.3
	classLDH               // RFC 1034, 3.5
	classUpper
)

var byteClass = func() (t [256]uint8) {
	for c := 'a'; c <= 'z'; c++ {
		t[c] = classAtext | classLDH
		t[c-'a'+'A'] = classAtext | classLDH | classUpper
	}
	for c := '0'; c <= '9'; c++ {
		t[c] = classAtext | classLDH
	}
	for _, c := range "!#$%&'*+/=?^_`{|}~" {
		t[c] = classAtext
	}
	t['-'] = classAtext | classLDH
	return t
}()

// scanMailbox judges the syntax in one pass. When the domain holds bytes beyond ASCII it returns ascii false and leaves the domain to
// asciiDomain.
func scanMailbox(s string) (at int, fault SyntaxFault, ascii, upper bool) {
	at = strings.IndexByte(s, '@')
	if at < 0 {
		return 0, FaultNoAt, true, false
	}
	if strings.IndexByte(s[at+1:], '@') >= 0 {
		return at, FaultTwoAts, true, false
	}
	var seen uint8
	dot := true // a dot may not come first, last or twice
	for i := 0; i < at; i++ {
		c := s[i]
		if c == '.' {
			if dot {
				return at, FaultLocalDot, true, false
			}
			dot = true
			continue
		}
		class := byteClass[c]
		if class&classAtext == 0 {
			if r, _ := utf8.DecodeRuneInString(s[i:]); isSpace(r) {
				return at, FaultSpace, true, false
			}
			return at, FaultLocalCharacter, true, false
		}
		seen |= class
		dot = false
	}
	switch {
	case at == 0:
		return at, FaultLocalEmpty, true, false
	case dot:
		return at, FaultLocalDot, true, false
	case at > 64:
		return at, FaultLocalTooLong, true, false
	}
	upper = seen&classUpper != 0
	fault, ascii, domainUpper := scanDomain(s[at+1:])
	if fault == NoFault && ascii && len(s) > 254 {
		fault = FaultTooLong
	}
	return at, fault, ascii, upper || domainUpper
}

func scanDomain(s string) (fault SyntaxFault, ascii, upper bool) {
	if s == "" {
		return FaultDomainEmpty, true, false
	}
	var seen uint8
	labels, start := 1, 0
	for i := 0; i <= len(s); i++ {
		if i < len(s) && s[i] != '.' {
			class := byteClass[s[i]]
			if class&classLDH == 0 {
				r, _ := utf8.DecodeRuneInString(s[i:])
				switch {
				case isSpace(r):
					return FaultSpace, true, false
				case s[i] >= utf8.RuneSelf:
					return NoFault, false, seen&classUpper != 0
				}
				return FaultDomainCharacter, true, false
			}
			seen |= class
			continue
		}
		switch {
		case i == start:
			return FaultDomainDot, true, false
		case i-start > 63:
			return FaultDomainLabelTooLong, true, false
		case s[start] == '-' || s[i-1] == '-':
			return FaultDomainHyphen, true, false
		}
		if i < len(s) {
			labels++
			start = i + 1
		}
	}
	if labels < 2 {
		return FaultDomainOneLabel, true, false
	}
	return NoFault, true, seen&classUpper != 0
}

// registration refuses what a look-up would silently map away (a zero-width space, a full-width dot): that would be a repair.
var registration = idna.New(idna.ValidateForRegistration(), idna.StrictDomainName(true))

// asciiDomain returns the ASCII form of a lower-case domain. Beyond ASCII only letters, their marks and digits may stand in a name (RFC 5892, 4.1,
// but for its few exceptions); the profile alone would let symbols through, such as the hyphens and dashes of word processors.
func asciiDomain(s string) (string, SyntaxFault) {
	for _, r := range s {
		switch {
		case isSpace(r):
			return "", FaultSpace
		case r >= utf8.RuneSelf && !unicode.In(r, unicode.Letter, unicode.Mark, unicode.Nd):
			return "", FaultDomainCharacter
		}
	}
	ascii, err := registration.ToASCII(s)
	if err != nil {
		return "", FaultDomainCharacter
	}
	fault, _, _ := scanDomain(ascii)
	return ascii, fault
}

// severalIn reports whether the cell, cut at white space and ; , / |, gives two or more pieces that each hold an @, at least one of them well
// formed after dress.
func severalIn(cell string) bool {
	if strings.Count(cell, "@") < 2 {
		return false
	}
	pieces, good := 0, false
	for piece := range strings.FieldsFuncSeq(cell, func(r rune) bool {
		return isSpace(r) || r == ';' || r == ',' || r == '/' || r == '|'
	}) {
		if strings.IndexByte(piece, '@') < 0 {
			continue
		}
		pieces++
		if !good {
			a, _ := parseMailbox(piece)
			good = a.State == WellFormed
		}
	}
	return pieces >= 2 && good
}

// Undress takes the dress off a cell: outer white space of every kind, a leading mailto:, one pair of <> or quotes around the whole, trailing
// ; , . It says what it took off. Letter case is folded elsewhere.
func Undress(cell string) (string, Repairs) {
	if n := len(cell); n > 7 && cell[6] != ':' && byteClass[cell[0]]&classLDH != 0 && byteClass[cell[n-1]]&classLDH != 0 {
		return cell, 0 // nearly every cell: it begins and ends with a letter or digit, and not with mailto:
	}
	var done Repairs
	s := cell
	for {
		before := s
		if t := TrimSpace(s); len(t) != len(s) {
			s = t
			done |= Trimmed
		}
		if t := strings.TrimRight(s, ";,."); len(t) != len(s) {
			s = t
			done |= Trailing
		}
		if done&Mailto == 0 && len(s) > 7 && s[6] == ':' && strings.EqualFold(s[:7], "mailto:") {
			s = s[7:]
			done |= Mailto
		}
		if done&Brackets == 0 {
			if t, ok := unwrap(s); ok {
				s = t
				done |= Brackets
			}
		}
		if len(s) == len(before) {
			return s, done
		}
	}
}

func unwrap(s string) (string, bool) {
	if len(s) < 3 || byteClass[s[0]]&classLDH != 0 {
		return s, false
	}
	for _, pair := range [...][2]string{{"<", ">"}, {`"`, `"`}, {"'", "'"}, {"“", "”"}, {"‘", "’"}, {"«", "»"}} {
		if t, ok := strings.CutPrefix(s, pair[0]); ok {
			return strings.CutSuffix(t, pair[1])
		}
	}
	return s, false
}

// TrimSpace takes off outer white space of every kind: Unicode's, no-break and zero-width spaces, byte order marks, control characters.
func TrimSpace(s string) string {
	// The usual cell has nothing to take off: look at its ends first.
	if s == "" || s[0] > ' ' && s[0] < 0x7f && s[len(s)-1] > ' ' && s[len(s)-1] < 0x7f {
		return s
	}
	return strings.TrimFunc(s, isSpace)
}

func isSpace(r rune) bool {
	switch {
	case r <= ' ' || r >= 0x7f && r <= 0xa0:
		return true
	case r < 0x1680:
		return r == 0xad // soft hyphen: seen at the end of pasted cells
	case r >= 0x2000 && r <= 0x200f, r >= 0x2028 && r <= 0x202f, r >= 0x205f && r <= 0x206f:
		return true
	}
	return r == 0x1680 || r == 0x180e || r == 0x3000 || r == 0xfeff
}

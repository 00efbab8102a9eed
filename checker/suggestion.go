package checker

import (
	"slices"
	"strings"
)

// Two texts one edit apart (a byte added, missing or changed, or two neighbors swapped) become equal when at most one byte is taken
// off each. So a known domain is filed under itself and under itself less each byte, and a look-up tries the same of the domain asked for: a few dozen
// look-ups, however many domains are known.

func (p *Providers) indexEdits(domain string) {
	file := func(key string) {
		if !slices.Contains(p.edits[key], domain) {
			p.edits[key] = append(p.edits[key], domain)
		}
	}
	file(domain)
	for i := range domain {
		file(domain[:i] + domain[i+1:])
	}
}

// suggest returns the only known domain that is one likely typing error away, or "".
func (p *Providers) suggest(domain string) string {
	if domain == "" || len(domain) > 253 {
		return ""
	}
	var found string
	several := false
	try := func(key []byte) {
		for _, known := range p.edits[string(key)] {
			if known != found && likelySlip(known, domain) {
				several = several || found != ""
				found = known
			}
		}
	}
	try([]byte(domain))
	var room [253]byte
	key := room[:copy(room[:], domain[:len(domain)-1])]
	for i := len(key); ; i-- { // the domain less its byte i
		try(key)
		if i == 0 {
			break
		}
		key[i-1] = domain[i]
	}
	if several {
		return ""
	}
	return found
}

// leastLabel is the length from which a label is long enough that one edit is more likely a slip than another name: pac.it, pes.it and
// tec.it are no misspelt pec.it. The last label is short, but nobody chooses it freely.
const leastLabel = 5

// likelySlip reports whether typed is known with one edit, in the last label or in one of at least leastLabel bytes.
func likelySlip(known, typed string) bool {
	from := 0
	for from < min(len(known), len(typed)) && known[from] == typed[from] {
		from++
	}
	a, b := known[from:], typed[from:]
	for len(a) > 0 && len(b) > 0 && a[len(a)-1] == b[len(b)-1] {
		a, b = a[:len(a)-1], b[:len(b)-1]
	}
	switch {
	case len(a)+len(b) == 1, len(a) == 1 && len(b) == 1:
	case len(a) == 2 && len(b) == 2 && a[0] == b[1] && a[1] == b[0]:
	default:
		return false
	}
	until := from + len(a)
	start := strings.LastIndexByte(known[:from], '.') + 1
	length := strings.IndexByte(known[until:], '.')
	return length < 0 || until+length-start >= leastLabel
}

package audit

import (
	"hash/maphash"
	"slices"
	"strings"

	"pecaudit/checker"
)

// declarations keeps what the status lists say, the newest of each address, in forty bytes and the address itself: a national list has as
// many entries as the register has positions.
type declarations struct {
	seed  maphash.Seed
	rows  []declaration
	table []uint32 // open addressing: the number of a row, from 1, by the hash of its address
	text  []string // blocks of addresses, one after the other
	block strings.Builder
	words []string // and providers, each once
	known map[string]uint32
	lists []checker.Origin
}

type declaration struct {
	block, at         uint32 // of the address
	hash              uint32
	word, provider    uint32
	expiry, reference uint32 // ordinals of days
	list, row         uint32
	length            uint8
	state             checker.DeclaredState
}

const addressBlock = 64 << 10

func newDeclarations() *declarations {
	return &declarations{seed: maphash.MakeSeed(), known: map[string]uint32{}, table: make([]uint32, 1<<10)}
}

// find returns the place of an address in the table: of its row, or of nothing where its row would be.
func (d *declarations) find(address string) (at int, hash uint32) {
	hash = uint32(maphash.String(d.seed, address))
	for at = int(hash) & (len(d.table) - 1); d.table[at] != 0; at = (at + 1) & (len(d.table) - 1) {
		if r := &d.rows[d.table[at]-1]; r.hash == hash && d.address(r) == address {
			break
		}
	}
	return at, hash
}

func (d *declarations) address(r *declaration) string {
	text := d.text[r.block]
	return text[r.at : int(r.at)+int(r.length)]
}

// of returns what is said of a folded address.
func (d *declarations) of(address string) (e checker.StatusEntry, ok bool) {
	if len(d.rows) == 0 {
		return e, false
	}
	at, _ := d.find(address)
	if d.table[at] == 0 {
		return e, false
	}
	r := &d.rows[d.table[at]-1]
	e = checker.StatusEntry{
		Known: true, State: r.state, Word: d.words[r.word], Provider: d.words[r.provider], Expiry: checker.OrdinalDate(int(r.expiry)), Reference: checker.OrdinalDate(int(r.reference)),
		Origin: d.lists[r.list],
	}
	e.Origin.Row = int(r.row)
	return e, true
}

// add keeps what the newest list says of an address. Two entries of one day that contradict each other cancel out: nobody is
// accused on a list that says two things.
func (d *declarations) add(address string, e checker.StatusEntry) {
	at, hash := d.find(address)
	if n := d.table[at]; n != 0 {
		old := &d.rows[n-1]
		was := checker.OrdinalDate(int(old.reference))
		switch {
		case was.Before(e.Reference):
		case e.Reference.Before(was), old.state == e.State && checker.OrdinalDate(int(old.expiry)) == e.Expiry:
			return
		default:
			e.State, e.Expiry = checker.DeclaredUnknown, checker.Date{}
			e.Word = joinWords(d.words[old.word], e.Word)
		}
		d.fill(old, e)
		return
	}
	r := declaration{hash: hash, length: uint8(len(address))} // an address has at most 254 bytes
	r.block, r.at = d.keep(address)
	d.fill(&r, e)
	d.rows = append(d.rows, r)
	d.table[at] = uint32(len(d.rows))
	if len(d.rows) > len(d.table)/4*3 {
		d.grow()
	}
}

func (d *declarations) fill(r *declaration, e checker.StatusEntry) {
	r.state, r.word, r.provider, r.expiry, r.reference = e.State, d.word(e.Word), d.word(e.Provider), uint32(e.Expiry.Ordinal()), uint32(e.Reference.Ordinal())
	r.row = uint32(e.Origin.Row)
	list := e.Origin
	list.Row = 0
	if len(d.lists) == 0 || d.lists[len(d.lists)-1] != list {
		d.lists = append(d.lists, list) // one is read after the other
	}
	r.list = uint32(len(d.lists) - 1)
}

// keep copies an address.
func (d *declarations) keep(address string) (block, at uint32) {
	if d.block.Cap()-d.block.Len() < len(address) {
		d.block = strings.Builder{}
		d.block.Grow(addressBlock)
		d.text = append(d.text, "")
	}
	at = uint32(d.block.Len())
	d.block.WriteString(address)
	last := len(d.text) - 1
	d.text[last] = d.block.String()
	return uint32(last), at
}

func (d *declarations) word(s string) uint32 {
	n, ok := d.known[s]
	if !ok {
		s = strings.Clone(s)
		n = uint32(len(d.words))
		d.words = append(d.words, s)
		d.known[s] = n
	}
	return n
}

func (d *declarations) grow() {
	d.table = make([]uint32, 2*len(d.table))
	for i := range d.rows {
		at := int(d.rows[i].hash) & (len(d.table) - 1)
		for d.table[at] != 0 {
			at = (at + 1) & (len(d.table) - 1)
		}
		d.table[at] = uint32(i + 1)
	}
}

// joinWords puts together, each once, the words that a day's entries use, as far as anybody reads them.
func joinWords(words, word string) string {
	switch {
	case words == "":
		return word
	case word == "" || len(words) > maxWords || slices.Contains(strings.Split(words, " / "), word):
		return words
	}
	return words + " / " + word
}

const maxWords = 200 // bytes

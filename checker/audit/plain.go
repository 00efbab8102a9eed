package audit

import (
	"slices"
	"sync"

	"pecaudit/checker"
	"pecaudit/checker/load"
	"pecaudit/checker/rules"
)

// Nearly every row is plain: all rules pass on the row itself, nobody else declares its address, its company has no other row, and no case speaks of
// it. The first pass judges each row as if that were so; once the roll is sealed it is known of which rows it is. They are counted by their class,
// and only the others are read again.

// A class is all that is counted of a plain row. A register has a few hundred classes.
type class struct {
	chamber string
	verdict checker.Verdict
	said    said
}

// said is what the rules say of a row where none objects: see rules.Judgment.
type said struct{ passed, noEvidence uint64 }

// plainRows knows the class that each row would be of.
type plainRows struct {
	lock    sync.Mutex
	classes []class
	numbers map[class]uint16      // from 1
	blocks  []*[plainBlock]uint16 // of each place: the number of its class, 0 where the row must be read again whatever the others are
}

const plainBlock = 1 << 14

// number returns the number of a class, 0 if there is none left.
func (p *plainRows) number(c class) uint16 {
	p.lock.Lock()
	defer p.lock.Unlock()
	n, ok := p.numbers[c]
	if !ok && len(p.classes) < 1<<16-1 {
		p.classes = append(p.classes, c)
		n = uint16(len(p.classes))
		p.numbers[c] = n
	}
	return n
}

// put notes the class of a place.
func (p *plainRows) put(place int, number uint16) {
	for len(p.blocks) <= place/plainBlock {
		p.blocks = append(p.blocks, new([plainBlock]uint16))
	}
	p.blocks[place/plainBlock][place%plainBlock] = number
}

// at returns the number of the class of a place.
func (p *plainRows) at(place int) uint16 {
	if place/plainBlock >= len(p.blocks) {
		return 0
	}
	return p.blocks[place/plainBlock][place%plainBlock]
}

// plain reports whether the row at a place is. Once the roll is sealed it is known.
func (r *run) plain(place int) bool { return r.plainRows.at(place) != 0 && !r.roll.Suspect(place) }

// countPlain enters the plain rows into the tallies. Each of them is a company of its own.
func (r *run) countPlain() {
	rows := make([]int, len(r.plainRows.classes)+1)
	for block, numbers := range r.plainRows.blocks {
		for i, n := range numbers {
			if n != 0 && !r.roll.Suspect(block*plainBlock+i) {
				rows[n]++
			}
		}
	}
	for i, c := range r.plainRows.classes {
		n := rows[i+1]
		if n == 0 {
			continue
		}
		t := r.workers[0].tallyOf(c.chamber)
		t.rows += n
		t.companies += n
		t.verdicts[c.verdict] += n
		t.hear(c.said, n)
	}
}

// early reports whether rows can be judged in the first pass: nothing is observed later, and nobody wants the rows that pass.
func (r *run) early() bool { return r.Gather == nil && r.kinds == 0 && !r.sink.EveryRow }

// index enters the rows into the roll and finds the class of each.
func (w *worker) index(list int, b *load.Batch) {
	w.entries, w.scopes, w.inScope, w.withoutAddress = w.entries[:0], w.scopes[:0], 0, 0
	for i := range b.Companies {
		c := &b.Companies[i]
		x := rules.Scope(c, w.AsOf)
		if !x.Out {
			w.inScope++
			if c.PEC.State == checker.NoAddress {
				w.withoutAddress++
			}
		}
		w.scopes = append(w.scopes, x)
		w.entries = append(w.entries, w.roll.Entry(w.places[list]+c.Row, c.Key(), rollAddress(c), counts(c, x)))
	}
	w.sheet.Add(w.entries)

	w.marked = slices.Grow(w.marked[:0], len(w.entries))[:len(w.entries)]
	for i := range w.entries { // each looks into a large table: one after the other they wait for memory together
		address, ok := w.entries[i].Address()
		w.marked[i] = ok && w.known.professionals.mayHave(address)
	}

	w.classes, w.findings = w.classes[:0], slices.Grow(w.findings[:0], maxRules)
	early := w.early()
	for i := range b.Companies {
		c := &b.Companies[i]
		t := w.tallyOf(c.Chamber)
		if t.list != list+1 {
			t.list = list + 1
			w.held = append(w.held, c.Chamber) // the table's own string
		}
		number := uint16(0)
		switch {
		case w.marked[i]:
			w.sheet.Mark(w.places[list] + c.Row)
		case early && (w.Watched == nil || !w.Watched(c.Key())):
			number = w.class(t, list, c, w.scopes[i])
		}
		w.classes = append(w.classes, number)
	}
}

// class judges a row as if it stood alone and returns the number of its class, 0 if some rule objects.
func (w *worker) class(t *tally, list int, c *checker.Company, x rules.Exclusion) uint16 {
	switch {
	case x.Out:
		return w.numberOf(t, class{chamber: c.Chamber, verdict: checker.OutOfScope})
	case c.PEC.State == checker.NoAddress: // whether that counts depends on how many rows of the list have none
		return 0
	}
	w.lone.Subject = w.subject(c, &w.headers[list])
	w.describe(&w.lone.Subject, false, func() *checker.Evidence {
		w.lone.Evidence = checker.Evidence{}
		return &w.lone.Evidence
	})
	j := rules.Brief(&w.lone.Subject, w.findings)
	if len(j.Findings) > 0 || j.Broken {
		return 0
	}
	return w.numberOf(t, class{chamber: c.Chamber, verdict: checker.Compliant, said: said{j.Passed, j.NoEvidence}})
}

// numberOf returns the number of a class. A chamber has few, which a worker remembers by itself.
func (w *worker) numberOf(t *tally, c class) uint16 {
	for _, known := range t.classes {
		if known.class == c {
			return known.number
		}
	}
	n := w.plainRows.number(c)
	t.classes = append(t.classes, numbered{c, n})
	return n
}

// numbered is a class with its number.
type numbered struct {
	class
	number uint16
}

package load

import (
	"context"
	"runtime"
	"slices"
	"strings"

	"pecaudit/checker"
)

// maxRejected is how many rejected rows of a list that is not of companies are kept.
const maxRejected = 1000

// The fields of the lists that are not of companies.
const (
	statusPEC = iota
	statusWord
	statusExpiry
	statusProvider
	statusReference
)

const (
	professionalPEC = iota
	professionalCode
)

const (
	directorCode = iota
	directorPEC
	directorRole
)

const (
	pendingCode = iota
	pendingProtocol
	pendingDay
)

var (
	statusLayout = newLayout([][]int{{statusPEC}, {statusWord, statusExpiry}}, []field{
		statusPEC:       pec,
		statusWord:      {name: "stato"},
		statusExpiry:    {name: "data_scadenza", kind: day, also: []string{"scadenza"}},
		statusProvider:  {name: "gestore"},
		statusReference: reference,
	}...)
	professionalLayout = newLayout([][]int{{professionalPEC}, {professionalCode}}, pec, codiceFiscale, reference)
	directorLayout     = newLayout([][]int{{directorCode}, {directorPEC}}, codiceFiscale, pec, field{name: "carica"}, reference)
	pendingLayout      = newLayout([][]int{{pendingCode}, {pendingProtocol}, {pendingDay}}, codiceFiscale, field{name: "protocollo"},
		field{name: "data", kind: day}, reference)

	layouts = []*layout{companyLayout, statusLayout, professionalLayout, directorLayout, pendingLayout}
)

// A Professional is an entry of a list of professionals' addresses. Its code may be wrong.
type Professional struct {
	checker.Identity
	checker.Origin
	Address checker.Address // well formed
}

// A Director is an entry of a list of directors' domiciles.
type Director struct {
	checker.Identity // of the company
	checker.Origin
	Address checker.Address // well formed
	Role    string
}

// A Pending is a filing that was sent and is not processed yet.
type Pending struct {
	checker.Identity
	checker.Origin
	Protocol string
	On       checker.Date // the list's reference date where the cell is no date: a filing counts though its day cannot be read
}

// ReadStatus reads a status list: what a provider or an authority says of addresses. A row with a data_riferimento of its own speaks for that
// day. A string that is kept keeps a whole stretch of the file: clone it. That holds for the other lists too.
func ReadStatus(ctx context.Context, path string, index int, o *Options, yield func(checker.Address, checker.StatusEntry) error) (*List, error) {
	return read(ctx, path, index, o, statuses, func(s *status) error { return yield(s.address, s.StatusEntry) })
}

// OpenProfessionals opens a list of professionals' addresses for List.Professionals, as Open does a list of companies.
func OpenProfessionals(ctx context.Context, path string, index int, o *Options) (*List, error) {
	return open(ctx, path, index, o, professionalLayout)
}

// Professionals reads the list, which OpenProfessionals opened. want says which rows are wanted, by their number; nil: all of them. The list's counts
// stay those of the last reading without it, after which it is much faster, too. An entry is valid until yield returns.
func (l *List) Professionals(ctx context.Context, want func(row int) bool, yield func(*Professional) error) error {
	return readEntries(ctx, l, professionals, reading{size: stretchSize, want: want}, yield)
}

// ReadDirectors reads a list of the domiciles of companies' directors.
func ReadDirectors(ctx context.Context, path string, index int, o *Options, yield func(Director) error) (*List, error) {
	return read(ctx, path, index, o, directors, func(d *Director) error { return yield(*d) })
}

// ReadPending reads a list of filings that were sent and are not processed yet.
func ReadPending(ctx context.Context, path string, index int, o *Options, yield func(Pending) error) (*List, error) {
	return read(ctx, path, index, o, filings, func(p *Pending) error { return yield(*p) })
}

// A species is how the entries of one kind of list are read.
type species[T any] struct {
	layout *layout
	parse  func(*row, *T) (reason string, field int) // as row.company does; it fills an entry only without a reason
	origin func(*T) *checker.Origin
}

var (
	statuses      = species[status]{statusLayout, (*row).status, func(s *status) *checker.Origin { return &s.Origin }}
	professionals = species[Professional]{professionalLayout, (*row).professional, func(p *Professional) *checker.Origin { return &p.Origin }}
	directors     = species[Director]{directorLayout, (*row).director, func(d *Director) *checker.Origin { return &d.Origin }}
	filings       = species[Pending]{pendingLayout, (*row).pending, func(p *Pending) *checker.Origin { return &p.Origin }}
)

type status struct {
	address checker.Address
	checker.StatusEntry
}

var declaredStates = map[string]checker.DeclaredState{
	"": checker.DeclaredNothing, "ATTIVA": checker.DeclaredActive, "SCADUTA": checker.DeclaredExpired, "REVOCATA": checker.DeclaredRevoked,
	"CESSATA": checker.DeclaredCeased, "SOSPESA": checker.DeclaredSuspended,
}

func (r *row) status(s *status) (reason string, field int) {
	address, reason := r.mailbox(statusPEC)
	if reason != "" {
		return reason, statusPEC
	}
	word, state := r.declared()
	expiry := r.day(statusExpiry)
	if word == "" && expiry.IsZero() {
		return ReasonNoState, r.first(statusExpiry, statusWord)
	}
	*s = status{address, checker.StatusEntry{
		Known: true, State: state, Word: word, Provider: checker.TrimSpace(r.cell(statusProvider)),
		Expiry: expiry, Reference: r.Reference, Origin: r.origin(),
	}}
	if d := r.day(statusReference); !d.IsZero() {
		s.Reference = d
	}
	return "", -1
}

// declared understands the word for the state of an address. Most rows have the word of the row before.
func (r *row) declared() (word string, state checker.DeclaredState) {
	if cell := r.cell(statusWord); cell != r.said.cell || cell == "" {
		r.said.cell = strings.Clone(cell)
		if r.said.word = checker.TrimSpace(r.said.cell); r.absent(r.said.word) {
			r.said.word = ""
		}
		r.said.state = declaredStates[strings.ToUpper(r.said.word)]
	}
	return r.said.word, r.said.state
}

func (r *row) professional(p *Professional) (reason string, field int) {
	address, reason := r.mailbox(professionalPEC)
	if reason != "" {
		return reason, professionalPEC
	}
	id, _ := r.taxCode(professionalCode)
	*p = Professional{Identity: id, Origin: r.origin(), Address: address}
	return "", -1
}

func (r *row) director(d *Director) (reason string, field int) {
	id, ok := r.taxCode(directorCode)
	if !ok {
		return ReasonNoKey, directorCode
	}
	address, reason := r.mailbox(directorPEC)
	if reason != "" {
		return reason, directorPEC
	}
	*d = Director{Identity: id, Origin: r.origin(), Address: address, Role: checker.TrimSpace(r.cell(directorRole))}
	return "", -1
}

func (r *row) pending(p *Pending) (reason string, field int) {
	id, ok := r.taxCode(pendingCode)
	if !ok {
		return ReasonNoKey, pendingCode
	}
	*p = Pending{Identity: id, Origin: r.origin(), Protocol: checker.TrimSpace(r.cell(pendingProtocol)), On: r.day(pendingDay)}
	if p.On.IsZero() {
		p.On = r.Reference
	}
	return "", -1
}

// read reads a list that is not of companies from its first row to its last, and closes it.
func read[T any](ctx context.Context, path string, index int, o *Options, s species[T], yield func(*T) error) (*List, error) {
	l, err := open(ctx, path, index, o, s.layout)
	if err != nil {
		return nil, err
	}
	defer l.Close()
	if err := readEntries(ctx, l, s, reading{size: stretchSize}, yield); err != nil {
		return nil, err
	}
	return l, nil
}

func readEntries[T any](ctx context.Context, l *List, s species[T], as reading, yield func(*T) error) error {
	var total entries[T]
	sheaves := make([]sheaf, runtime.GOMAXPROCS(0))
	for i := range sheaves {
		sheaves[i] = &entries[T]{species: s, yield: yield, total: &total}
	}
	if err := l.relay(ctx, as, sheaves); err != nil {
		return err
	}
	if as.want == nil {
		l.Counts = total.counts.counts()
		l.RejectedRows = total.rejected
	}
	return nil
}

// entries is what a worker read of a list that is not of companies.
type entries[T any] struct {
	species[T]
	yield    func(*T) error
	all      []T
	rejected []checker.RejectedRow
	counts   tally
	total    *entries[T] // of the list, without the entries themselves
}

func (e *entries[T]) clear() { e.all, e.rejected, e.counts = e.all[:0], e.rejected[:0], tally{} }

func (e *entries[T]) take(r *row, reason string) {
	field := -1
	if reason == "" {
		n := len(e.all)
		e.all = slices.Grow(e.all, 1)[:n+1]
		if reason, field = e.parse(r, &e.all[n]); reason == "" {
			e.counts.add(r.repairs)
			return
		}
		e.all = e.all[:n]
	}
	e.counts.reject()
	e.rejected = append(e.rejected, r.rejected(reason, field))
}

func (e *entries[T]) renumber(before int) {
	for i := range e.all {
		e.origin(&e.all[i]).Row += before
	}
	for i := range e.rejected {
		e.rejected[i].Row += before
	}
}

func (e *entries[T]) work(int) error { return nil }

func (e *entries[T]) hand() error {
	for i := range e.all {
		if err := e.yield(&e.all[i]); err != nil {
			return err
		}
	}
	e.total.counts.merge(&e.counts)
	for _, x := range e.rejected[:min(len(e.rejected), maxRejected-len(e.total.rejected))] {
		x.Text = strings.Clone(x.Text)
		e.total.rejected = append(e.total.rejected, x)
	}
	return nil
}

// mailbox reads a cell that must hold one well-formed address.
func (r *row) mailbox(f int) (a checker.Address, reason string) {
	r.repairs |= r.address(f, &a)
	switch a.State {
	case checker.WellFormed:
		return a, ""
	case checker.NoAddress, checker.NotTold:
		return a, ReasonNoAddress
	}
	return a, ReasonBadAddress
}

// taxCode reads a column that identifies somebody by codice fiscale alone; ok is false when it holds none.
func (r *row) taxCode(f int) (id checker.Identity, ok bool) {
	c, zeros, ok := checker.ParseCodiceFiscale(r.cell(f))
	if zeros {
		r.repairs |= checker.ZerosRestored
	}
	if ok || checker.HasDigit(string(c)) {
		id.CodiceFiscale = c
	}
	return id, ok
}

package load

import (
	"context"
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
// day. The strings are valid as long as they are kept, but keep a whole block of the file: clone what is kept for long. That holds for the other
// lists too.
func ReadStatus(ctx context.Context, path string, index int, o *Options, yield func(checker.Address, checker.StatusEntry) error) (*List, error) {
	return read(ctx, path, index, o, statusLayout, func(r *row) (string, int, error) {
		address, reason := r.mailbox(statusPEC)
		if reason != "" {
			return reason, statusPEC, nil
		}
		word := checker.TrimSpace(r.cell(statusWord))
		if r.absent(word) {
			word = ""
		}
		e := checker.StatusEntry{
			Known: true, State: declaredState(word), Word: word, Provider: checker.TrimSpace(r.cell(statusProvider)), Reference: r.Reference, Origin: r.origin(),
		}
		e.Expiry, _ = checker.ParseDate(checker.TrimSpace(r.cell(statusExpiry)))
		if d, ok := checker.ParseDate(checker.TrimSpace(r.cell(statusReference))); ok {
			e.Reference = d
		}
		if word == "" && e.Expiry.IsZero() {
			return ReasonNoState, r.first(statusExpiry, statusWord), nil
		}
		return "", -1, yield(address, e)
	})
}

var declaredStates = map[string]checker.DeclaredState{
	"": checker.DeclaredNothing, "ATTIVA": checker.DeclaredActive, "SCADUTA": checker.DeclaredExpired, "REVOCATA": checker.DeclaredRevoked,
	"CESSATA": checker.DeclaredCeased, "SOSPESA": checker.DeclaredSuspended,
}

func declaredState(word string) checker.DeclaredState { return declaredStates[strings.ToUpper(word)] }

// ReadProfessionals reads a list of professionals' addresses.
func ReadProfessionals(ctx context.Context, path string, index int, o *Options, yield func(Professional) error) (*List, error) {
	return read(ctx, path, index, o, professionalLayout, func(r *row) (string, int, error) {
		address, reason := r.mailbox(professionalPEC)
		if reason != "" {
			return reason, professionalPEC, nil
		}
		id, _ := r.taxCode(professionalCode)
		return "", -1, yield(Professional{Identity: id, Origin: r.origin(), Address: address})
	})
}

// ReadDirectors reads a list of the domiciles of companies' directors.
func ReadDirectors(ctx context.Context, path string, index int, o *Options, yield func(Director) error) (*List, error) {
	return read(ctx, path, index, o, directorLayout, func(r *row) (string, int, error) {
		id, ok := r.taxCode(directorCode)
		if !ok {
			return ReasonNoKey, directorCode, nil
		}
		address, reason := r.mailbox(directorPEC)
		if reason != "" {
			return reason, directorPEC, nil
		}
		return "", -1, yield(Director{Identity: id, Origin: r.origin(), Address: address, Role: checker.TrimSpace(r.cell(directorRole))})
	})
}

// ReadPending reads a list of filings that were sent and are not processed yet.
func ReadPending(ctx context.Context, path string, index int, o *Options, yield func(Pending) error) (*List, error) {
	return read(ctx, path, index, o, pendingLayout, func(r *row) (string, int, error) {
		id, ok := r.taxCode(pendingCode)
		if !ok {
			return ReasonNoKey, pendingCode, nil
		}
		p := Pending{Identity: id, Origin: r.origin(), Protocol: checker.TrimSpace(r.cell(pendingProtocol)), On: r.Reference}
		if d, ok := checker.ParseDate(checker.TrimSpace(r.cell(pendingDay))); ok {
			p.On = d
		}
		return "", -1, yield(p)
	})
}

// read reads a list that is not of companies, row by row, and closes it.
func read(ctx context.Context, path string, index int, o *Options, lay *layout, visit func(*row) (reason string, field int, err error)) (*List, error) {
	l, err := open(ctx, path, index, o, lay)
	if err != nil {
		return nil, err
	}
	defer l.Close()
	var counts tally
	var rejected []checker.RejectedRow
	err = l.each(ctx, func(r *row, reason string) error {
		field := -1
		if reason == "" {
			var err error
			if reason, field, err = visit(r); err != nil {
				return err
			}
		}
		if reason == "" {
			counts.add(r.repairs)
			return nil
		}
		counts.reject()
		if len(rejected) < maxRejected {
			x := r.rejected(reason, field)
			x.Text = strings.Clone(x.Text)
			rejected = append(rejected, x)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	l.Counts = counts.counts()
	l.RejectedRows = rejected
	return l, nil
}

// mailbox reads a cell that must hold one well-formed address.
func (r *row) mailbox(f int) (a checker.Address, reason string) {
	a, repairs := r.address(f)
	r.repairs |= repairs
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

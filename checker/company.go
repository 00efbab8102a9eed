// Package checker is the vocabulary of the program: what a company, an address, a piece of evidence, a rule and a finding are. It
// does no I/O. The packages below it work on these words: load reads lists into companies, rules judge them, probe and
// receipt gather evidence, cases follow breaches, store remembers, audit runs it all in order.
package checker

import "strings"

// A Company is one position of the register, as one row of a list tells it. Its strings may lie in the text of the batch: clone what outlives the
// batch, or it keeps all of that text.
type Company struct {
	Origin
	Identity

	CCIAA       string // the sigla as understood; as written where no chamber is known by it
	Chamber     string // slug of the chamber of today; "" when no chamber is known
	Name        string
	Comune      string
	RawForm     string     // legal form as written
	Form        *LegalForm // nil when not given or not understood
	RawStatus   string     // state of registration as written
	RawActivity string     // state of the business as written
	Status      Status     // of the registration
	Activity    Status     // of the business; NotStated when the list has no such column
	Cancelled   Date       // from the register
	LocalUnit   bool

	PEC        Address
	Registered Date    // of the address: data_iscrizione_pec
	Expiry     Date    // of the address: data_scadenza_pec
	Director   Address // the director's own domicile, where the list has it

	Unreadable []UnreadableDate // usually nil
	Repairs    Repairs
}

// SoleTrader reports whether the position is an impresa individuale: by its form, or by a person's code where no form is
// given.
func (c *Company) SoleTrader() bool {
	if c.Form != nil {
		return c.Form.Class == SoleTrader
	}
	return TrimSpace(c.RawForm) == "" && c.CodiceFiscale.IsPerson()
}

// Assigned reports whether the address is the one that the chamber assigned to this very company: its codice fiscale at
// impresa.italia.it (D.L. 76/2020, art. 37).
func (c *Company) Assigned() bool {
	return c.PEC.Domain() == AssignedDomain && strings.EqualFold(c.PEC.Local(), string(c.CodiceFiscale))
}

// AssignedDomain is the domain of the domiciles that chambers assign.
const AssignedDomain = "impresa.italia.it"

// An Origin says where a row came from.
type Origin struct {
	List  int    // place of the list in the run, from 0
	File  string // the path as given or matched, archive.zip/entry, or -
	Sheet string // "" for text files
	Row   int    // as a person counts lines of a spreadsheet: the first is 1
}

// An UnreadableDate is a date cell that could not be read.
type UnreadableDate struct{ Field, Text string }

// Repairs is the set of what was taken off or restored before a row was judged.
type Repairs uint8

// The repairs, in the order in which they are printed.
const (
	Trimmed Repairs = 1 << iota
	Mailto
	Brackets
	Trailing
	Lowercased
	ZerosRestored
	GuardRemoved
)

var repairNames = [...]string{"trimmed", "mailto", "brackets", "trailing", "lowercased", "zeros-restored", "guard-removed"}

// Names returns the names of the repairs in the set.
func (r Repairs) Names() []string {
	names := []string{}
	for i, name := range repairNames {
		if r&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	return names
}

// Status is the state of a registration or of a business.
type Status uint8

// The states. NotStated means that the list has no such column: the position is then taken as registered and active.
const (
	NotStated Status = iota
	StatusEmpty
	Active
	Inactive
	Suspended
	InLiquidation
	Insolvent // bankruptcy, judicial or compulsory liquidation, composition, extraordinary administration
	Cancelled
	StatusUnknown // a word that is not understood (REG-006)
)

var statusWords = map[string]Status{
	"": StatusEmpty, "ATTIVA": Active, "REGISTRATA": Active, "IN ISCRIZIONE": Active, "INATTIVA": Inactive, "SOSPESA": Suspended,
	"IN LIQUIDAZIONE": InLiquidation, "LIQUIDATA": InLiquidation, "SCIOLTA": InLiquidation, "LIQUIDAZIONE VOLONTARIA": InLiquidation,
	"FALLITA": Insolvent, "FALLIMENTO": Insolvent, "LIQUIDAZIONE GIUDIZIALE": Insolvent, "LIQUIDAZIONE COATTA": Insolvent,
	"CONCORDATO": Insolvent, "AMMINISTRAZIONE STRAORDINARIA": Insolvent, "CANCELLATA": Cancelled, "CESSATA": Cancelled,
}

// ParseStatus understands a cell of a column stato or stato_attivita: without case, _ as blank, runs of blanks as one.
func ParseStatus(cell string) Status {
	if cell == "ATTIVA" {
		return Active // nearly every cell
	}
	if s, ok := statusWords[cell]; ok {
		return s
	}
	word := strings.Join(strings.Fields(strings.ReplaceAll(strings.ToUpper(TrimSpace(cell)), "_", " ")), " ")
	if s, ok := statusWords[word]; ok {
		return s
	}
	return StatusUnknown
}

// A RejectedRow is a row that could not be read. It never harms another row.
type RejectedRow struct {
	Origin
	Column string // the column at fault, where one is; else ""
	Reason string // in English, without data of the row: see reports for the Italian
	Text   string // the row as far as it was read, at most 200 bytes
}

// ListFacts is what holds for all rows of one list.
type ListFacts struct {
	File, Sheet    string
	Reference      Date // the day for which the list speaks
	Presumed       bool // no date was given: it is taken to speak for as-of
	HasStatus      bool // has a column stato
	HasDirector    bool // has a column pec_amministratore
	Rows           int  // read, rejected ones included
	InScope        int  // rows with a duty
	WithoutAddress int  // of these, rows whose cell says that there is none
}

// MissingShare returns which part of the rows in scope has no address.
func (l *ListFacts) MissingShare() float64 {
	if l.InScope == 0 {
		return 0
	}
	return float64(l.WithoutAddress) / float64(l.InScope)
}

// Package reports lays a month out in sheets. A workbook is a function of its Month: equal months give equal bytes. Every
// Italian word that staff read is in labels.go.
package reports

import (
	"pecaudit/checker"
	"pecaudit/checker/cases"
)

// Kind says what a workbook is for.
type Kind string

// The kinds of workbook.
const (
	ChamberBook  Kind = "chamber"  // the month of one chamber
	NationalBook Kind = "national" // a row per chamber
	AuditBook    Kind = "audit"    // a one-off audit
)

// A Month is everything that a workbook shows. It is stored as JSON, so that the workbook of a past month can be written again.
type Month struct {
	Kind      Kind            `json:"kind"`
	Month     checker.Month   `json:"month"`
	AsOf      checker.Date    `json:"as_of"`
	Chamber   string          `json:"chamber,omitempty"` // slug; "" for rows of no known chamber and for audits
	Name      string          `json:"name,omitempty"`    // of the chamber
	Draft     bool            `json:"draft,omitempty"`   // held by the brake: BOZZA - NON PUBBLICARE
	Held      []string        `json:"held,omitempty"`    // why, in Italian
	Procedure ProcedureNote   `json:"procedure"`
	Summary   checker.Summary `json:"summary"` // of this workbook's positions; Seconds is always 0
	Rows      []Row           `json:"rows,omitempty"`
	Rejected  []Rejected      `json:"rejected,omitempty"`
	Rules     []AppliedRule   `json:"rules,omitempty"`
	Sources   []Source        `json:"sources,omitempty"`
	Chambers  []ChamberCount  `json:"chambers,omitempty"` // of nazionale.xlsx
	Trend     []TrendMonth    `json:"trend,omitempty"`    // oldest first, at most 12, this month last
	Version   string          `json:"version"`            // of the program
	Config    string          `json:"config,omitempty"`   // hash of the configuration

	// Schedule puts Scadenzario first (--view studio); see NewSchedule.
	Schedule []Deadline `json:"schedule,omitempty"`
	// Against adds Variazioni: the month that this one is compared with. It is asked for, never part of the month.
	Against *Month `json:"-"`
}

// A ProcedureNote tells which procedure the dates come from.
type ProcedureNote struct {
	ID      string   `json:"id,omitempty"`
	Title   string   `json:"title,omitempty"`
	Sources []string `json:"sources,omitempty"`
	Warning string   `json:"warning,omitempty"`
}

// RowKind says on which sheets a row stands.
type RowKind string

// The kinds of row.
const (
	RowBreach   RowKind = "breach"   // a case; in an audit, a position and ground that a binding rule fails: Elenco completo and the sheet of its ground or state
	RowVerify   RowKind = "verify"   // undetermined, or held by what the office entered: Da verificare
	RowDirector RowKind = "director" // UNI-003: Amministratori
	RowExpiring RowKind = "expiring" // EXP-002: In scadenza
)

// A Row is a line of a list sheet.
type Row struct {
	Kind          RowKind          `json:"kind"`
	CCIAA         string           `json:"cciaa,omitempty"`
	REA           string           `json:"rea,omitempty"`
	CodiceFiscale string           `json:"cf,omitempty"`
	Name          string           `json:"name,omitempty"`
	Form          string           `json:"form,omitempty"`
	Class         string           `json:"class,omitempty"` // as cases.Facts.Class
	Comune        string           `json:"comune,omitempty"`
	PEC           string           `json:"pec,omitempty"`
	Provider      string           `json:"provider,omitempty"`
	Ground        checker.Ground   `json:"ground"`
	Reason        checker.Reason   `json:"reason,omitempty"` // of a RowVerify
	Detail        string           `json:"detail,omitempty"`
	Others        []cases.Holder   `json:"others,omitempty"`
	MoreOthers    int              `json:"more_others,omitempty"` // further ones, not in Others
	Suggestion    string           `json:"suggestion,omitempty"`
	State         cases.State      `json:"state,omitempty"`
	Decider       string           `json:"decider,omitempty"` // giudice | conservatore, for the label of state referred
	Found         checker.Date     `json:"found,omitzero"`
	Checked       checker.Date     `json:"checked,omitzero"`
	Term          cases.Term       `json:"term,omitzero"`
	DaysLeft      *int             `json:"days_left,omitempty"` // only while listed
	Closed        checker.Date     `json:"closed,omitzero"`
	Answered      bool             `json:"answered,omitempty"` // of a RowVerify: it fails, but what the office entered holds against the lists
	Late          bool             `json:"late,omitempty"`     // cured after it had lapsed
	Overdue       bool             `json:"overdue,omitempty"`
	Sanction      string           `json:"sanction,omitempty"` // Italian; only with lapsed cases
	Expiry        checker.Date     `json:"expiry,omitzero"`    // of the mailbox, on In scadenza
	Office        string           `json:"office,omitempty"`   // Esito istruttoria, one of Outcomes
	Protocol      string           `json:"protocol,omitempty"`
	OfficeOn      checker.Date     `json:"office_on,omitzero"`
	Note          string           `json:"note,omitempty"`
	Rules         []checker.RuleID `json:"rules,omitempty"`
	File          string           `json:"file,omitempty"`
	Sheet         string           `json:"sheet,omitempty"`
	Line          int              `json:"line,omitempty"`
	Case          string           `json:"case,omitempty"` // ID
}

// A Rejected is a row that could not be read.
type Rejected struct {
	File   string `json:"file"`
	Sheet  string `json:"sheet,omitempty"`
	Row    int    `json:"row"`
	Column string `json:"column,omitempty"`
	Reason string `json:"reason"` // as checker.RejectedRow
	Text   string `json:"text,omitempty"`
}

// An AppliedRule is a line of Regole applicate.
type AppliedRule struct {
	ID      checker.RuleID     `json:"id"`
	Title   string             `json:"title"`
	Cure    string             `json:"cure,omitempty"`
	Binding bool               `json:"binding"`
	Needs   checker.Kinds      `json:"needs,omitempty"` // as checker.Rule.Needs: tells why a rule was not run
	Period  checker.Period     `json:"period"`
	Cites   []checker.Citation `json:"cites"`
	Fail    int                `json:"fail"`
	Unknown int                `json:"unknown"`
	NotRun  int                `json:"not_run"` // rows in scope on which it took no part for want of a list or evidence
}

// A Source is an input, a line of Fonti dei dati with its mapping below.
type Source struct {
	Role      string         `json:"role"` // companies, pec-status, professionals, directors, pending
	File      string         `json:"file"`
	Sheet     string         `json:"sheet,omitempty"`
	Size      int64          `json:"size"`
	SHA256    string         `json:"sha256"`
	Reference checker.Date   `json:"reference,omitzero"`
	Presumed  bool           `json:"presumed,omitempty"`
	Rows      int            `json:"rows"`
	Repaired  int            `json:"repaired"`
	Rejected  int            `json:"rejected"`
	Encoding  string         `json:"encoding,omitempty"`
	Delimiter string         `json:"delimiter,omitempty"`
	Header    int            `json:"header,omitempty"` // row of the header
	Mapping   []MappedColumn `json:"mapping,omitempty"`
	Repairs   map[string]int `json:"repairs,omitempty"` // by name
}

// A MappedColumn tells what became of a column. Field is "" when it is not used; Hint then says which --map would take it, if it looks like a field.
type MappedColumn struct {
	Header string `json:"header"`
	Field  string `json:"field,omitempty"`
	Hint   string `json:"hint,omitempty"`
}

// A ChamberCount is a row of nazionale.xlsx.
type ChamberCount struct {
	Slug    string                 `json:"slug"`
	Name    string                 `json:"name"`
	Summary checker.Summary        `json:"summary"`
	States  map[cases.State]int    `json:"states,omitempty"`
	Grounds map[checker.Ground]int `json:"grounds,omitempty"`
	Changes map[Change]int         `json:"changes,omitempty"` // of Compare, where the month is compared with another

	// What the country's month is summed up from, and the chamber's next month begins with, without reading the chamber's months again.
	AsOf      checker.Date  `json:"as_of"`
	Draft     bool          `json:"draft,omitempty"`
	Held      []string      `json:"held,omitempty"`
	Procedure ProcedureNote `json:"procedure"`
	Sources   []Source      `json:"sources,omitempty"`
	Trend     []TrendMonth  `json:"trend,omitempty"`
	Version   string        `json:"version"`
	Config    string        `json:"config,omitempty"`
	Head      int64         `json:"head,omitempty"` // place of the newest event in the store when the chamber's month was stored
}

// A TrendMonth is one month of the trend.
type TrendMonth struct {
	Month   checker.Month          `json:"month"`
	Rows    int                    `json:"rows"`
	Grounds map[checker.Ground]int `json:"grounds,omitempty"`
}

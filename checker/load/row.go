package load

import (
	"strings"
	"unicode/utf8"

	"pecaudit/checker"
)

// The reasons for which a row is rejected. They are stable: reports translate them.
const (
	ReasonNoKey      = "no key"                              // neither codice fiscale, partita IVA nor REA
	ReasonQuoting    = "broken quoting"                      // a quote is not closed, or closed in the middle of a cell
	ReasonShort      = "ends before the pec and key columns" // and so tells nothing
	ReasonCells      = "more cells than the header"          // a delimiter inside a cell: what is in which column is not known
	ReasonTooLong    = "too long"                            // more than a mebibyte
	ReasonEncoding   = "broken characters"                   // bytes that mean nothing in the list's encoding
	ReasonNoAddress  = "no address"                          // in a list of addresses
	ReasonBadAddress = "not one well-formed address"         // in a list of addresses
	ReasonNoState    = "neither state nor expiry"            // in a status list
)

// A row is one record under the columns of its list.
type row struct {
	*List
	number  int // as a person counts
	cells   []string
	raw     string          // as it stands in the file
	repairs checker.Repairs // of the cells that were asked for
	said    struct {        // by the last word of a status list
		cell, word string
		state      checker.DeclaredState
	}
}

// fault says why a row cannot be read whatever it holds. needed is the first of the needed columns.
func (r *row) fault(needed int) string {
	switch {
	case r.sheet:
		// A sheet has no delimiters that could be wrong, and no row of it ends: cells are there or not.
	case len(r.cells) <= needed:
		return ReasonShort
	case len(r.cells) > r.widest || len(r.cells) > r.dialect.width && !blank(r.cells[r.dialect.width:]):
		return ReasonCells
	case r.fragile && (!utf8.ValidString(r.raw) || strings.ContainsRune(r.raw, utf8.RuneError)):
		return ReasonEncoding
	}
	return ""
}

// cell returns the text of a field, without guard; "" when the list has no such column or the row ends before it.
func (r *row) cell(f int) string {
	if i := r.cols[f]; uint(i) < uint(len(r.cells)) { // -1 is no column
		if s := r.cells[i]; s == "" || !mayGuard[s[0]] {
			return s
		}
		return r.unguarded(f)
	}
	return ""
}

// mayGuard holds the bytes with which a cell begins that has a guard, or blanks before it.
var mayGuard = func() (t [256]bool) {
	for c := range t {
		t[c] = c < '0' || c == '=' || c >= utf8.RuneSelf
	}
	return t
}()

func (r *row) unguarded(f int) string {
	s, guarded := unguard(r.cells[r.cols[f]], r.layout.fields[f].kind != words)
	if guarded {
		r.repairs |= checker.GuardRemoved
	}
	return s
}

// unguard takes off what keeps a spreadsheet from making a number or a formula of a text: ="00123", and an apostrophe before a code or date or
// before a character that begins a formula.
func unguard(s string, number bool) (string, bool) {
	t := checker.TrimSpace(s)
	if inside, ok := strings.CutPrefix(t, `="`); ok {
		// A quote that is not doubled ends the text: then this is a formula and no guard.
		if inside, ok = strings.CutSuffix(inside, `"`); ok && !strings.Contains(strings.ReplaceAll(inside, `""`, ""), `"`) {
			return strings.ReplaceAll(inside, `""`, `"`), true
		}
		return s, false
	}
	if inside, ok := strings.CutPrefix(t, "'"); ok && inside != "" {
		if number {
			return strings.TrimSuffix(inside, "'"), true
		}
		if strings.IndexByte("=+-@\t\r", inside[0]) >= 0 {
			return inside, true
		}
	}
	return s, false
}

func (r *row) origin() checker.Origin {
	return checker.Origin{List: r.Index, File: r.File, Sheet: r.Sheet, Row: r.number}
}

// rejected describes the row for the list of those that could not be read; field is the one at fault, or -1.
func (r *row) rejected(reason string, field int) checker.RejectedRow {
	x := checker.RejectedRow{Origin: r.origin(), Reason: reason, Text: excerpt(r.raw)}
	col := -1
	switch {
	case reason == ReasonQuoting:
		col = len(r.cells) // the cells before the quote were read
	case field >= 0:
		col = r.cols[field]
	}
	if col >= 0 && col < len(r.Mapping) {
		x.Column = r.Mapping[col].Header
	}
	return x
}

// company understands the row as a position of the register. A reason says why it cannot, and field where.
func (r *row) company(c *checker.Company) (reason string, field int) {
	if !r.identity(c) {
		return ReasonNoKey, r.first(fieldCodiceFiscale, fieldPartitaIVA, fieldREA)
	}
	c.Origin = r.origin()
	c.Name = checker.TrimSpace(r.cell(fieldName))
	c.Comune = checker.TrimSpace(r.cell(fieldComune))
	c.RawForm = checker.TrimSpace(r.cell(fieldForm))
	if c.RawForm != "" && r.o.Forms != nil {
		if c.Form = r.o.Forms.Find(c.RawForm); c.Form == nil && r.absent(c.RawForm) {
			c.RawForm = ""
		}
	}
	if r.HasStatus {
		c.RawStatus = checker.TrimSpace(r.cell(fieldStatus))
		c.Status = checker.ParseStatus(c.RawStatus)
	}
	if r.HasActivity {
		c.RawActivity = checker.TrimSpace(r.cell(fieldActivity))
		c.Activity = checker.ParseStatus(c.RawActivity)
	}
	c.LocalUnit = localUnit(r.cell(fieldPlace))
	c.Cancelled = r.date(fieldCancelled, c)
	c.Registered = r.date(fieldRegistered, c)
	c.Expiry = r.date(fieldExpiry, c)
	r.date(fieldReference, c)

	dress := r.address(fieldPEC, &c.PEC)
	if r.HasDirector {
		r.address(fieldDirector, &c.Director)
	}
	c.Repairs = r.repairs | dress
	return "", -1
}

// identity fills what tells the company from others and reports whether there is a key. A text without any digit in a code column (privato,
// asterisks) is none.
func (r *row) identity(c *checker.Company) bool {
	cf, zeros1, hasCF := checker.ParseCodiceFiscale(r.cell(fieldCodiceFiscale))
	if hasCF || checker.HasDigit(string(cf)) {
		c.CodiceFiscale = cf
	}
	iva, zeros2, hasIVA := checker.ParsePartitaIVA(r.cell(fieldPartitaIVA))
	if hasIVA || checker.HasDigit(iva) {
		c.PartitaIVA = iva
	}
	if zeros1 || zeros2 {
		r.repairs |= checker.ZerosRestored
	}
	cell := r.cell(fieldCCIAA)
	number := r.cell(fieldREA)
	rea, whole := checker.ParseREA(number, "")
	hasREA := whole || checker.HasDigit(rea)
	c.CCIAA = checker.TrimSpace(cell)
	if r.o.Chambers != nil {
		var sigla string
		c.Chamber, sigla, _ = r.o.Chambers.Find(cell, rea)
		if sigla != "" {
			c.CCIAA = sigla
			if hasREA && !whole {
				rea, _ = checker.ParseREA(number, sigla)
			}
		}
	}
	if hasREA {
		c.REA = rea
	}
	return hasCF || hasIVA || hasREA
}

// first returns the first of the fields that has a column and a text, else the first that has a column.
func (r *row) first(fields ...int) int {
	found := -1
	for _, f := range fields {
		switch {
		case r.cols[f] < 0:
		case checker.TrimSpace(r.cell(f)) != "":
			return f
		case found < 0:
			found = f
		}
	}
	return found
}

// address understands a cell of an address column. An error value of a spreadsheet (#N/A, #REF!) is what is left of an address that is not known:
// not told.
func (r *row) address(f int, a *checker.Address) (dress checker.Repairs) {
	cell := r.cell(f)
	if cellError(cell) {
		*a = checker.Address{Raw: cell, State: checker.NotTold}
		return 0
	}
	*a, dress = checker.ParseAddress(cell, &r.o.Absences)
	return dress
}

// cellError reports whether a text is a spreadsheet's error value, in English or Italian, or its sign for a column too narrow to show a number.
func cellError(s string) bool {
	if s == "" || s[0] != '#' {
		return false
	}
	s = checker.TrimSpace(s)
	switch {
	case strings.ContainsAny(s, "@ "):
		return false
	case s == "#N/A", s == "#N/D", strings.Trim(s, "#") == "":
		return true
	}
	return strings.HasSuffix(s, "!") || strings.HasSuffix(s, "?")
}

// date reads a date; one that cannot be read is kept aside, and zero.
func (r *row) date(f int, c *checker.Company) checker.Date {
	cell := r.cell(f)
	if cell == "" {
		return checker.Date{}
	}
	d, ok := checker.ParseDate(cell)
	if ok {
		return d
	}
	if cell = checker.TrimSpace(cell); cell != "" && !r.absent(cell) {
		c.Unreadable = append(c.Unreadable, checker.UnreadableDate{Field: r.layout.fields[f].name, Text: cell})
	}
	return d
}

// day reads a date of a list that is not of companies; one that cannot be read is zero.
func (r *row) day(f int) checker.Date {
	d, _ := checker.ParseDate(r.cell(f))
	return d
}

// absent reports whether a cell holds one of the words for nothing.
func (r *row) absent(cell string) bool {
	a, _ := checker.ParseAddress(cell, &r.o.Absences)
	return a.State == checker.NoAddress || a.State == checker.NotTold
}

// localUnit understands a cell of the column localizzazione: UL, UL-2, unità locale; everything else is a seat.
func localUnit(cell string) bool {
	switch {
	case cell == "" || cell == "SEDE":
		return false
	case cell == "UL" || strings.HasPrefix(cell, "UL-") && strings.Trim(cell[3:], "0123456789") == "":
		return true
	}
	key := headerKey(cell)
	number, ok := strings.CutPrefix(key, "ul")
	return key == "unitalocale" || ok && strings.Trim(number, "0123456789") == ""
}

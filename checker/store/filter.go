package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"pecaudit/checker"
	"pecaudit/checker/cases"
)

// A Filter says which cases are wanted: those that meet all that is set.
type Filter struct {
	Chamber *string        // slug; "" for positions of no known chamber
	State   cases.State    // "" for any
	Ground  checker.Ground // "" for any
	Month   checker.Month  // found, published or closed in it
	Open    bool           // nothing has closed it
	Since   int64          // its newest event has a place in the chain after this one, see Head
	Text    string         // what people know of a case: see below

	// Windows that are open on the day AsOf: with at most DueWithin days left, or Overdue. One whose nominal end is past and whose safe end is not counts
	// as due, so that no open window is in neither.
	DueWithin *int
	Overdue   bool
	AsOf      checker.Date

	WithEvents bool // load the events of each case too
}

// Cases returns the cases that the filter wants, closed ones included, ordered by company, then by key, then by the day on which they were found.
//
// Text is found in the codice fiscale, the company key, the REA, the address and the denominazione, anywhere and without case (in the denominazione also
// without accents, signs and double blanks), and, from four characters on, at the beginning of the ID.
func (r reader) Cases(ctx context.Context, f Filter) ([]cases.Case, error) {
	var list []cases.Case
	err := r.EachCase(ctx, f, func(c *cases.Case) error {
		list = append(list, *c)
		return nil
	})
	if err != nil {
		return nil, err
	}
	if f.WithEvents {
		if err := r.loadEvents(ctx, list); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(list, func(a, b cases.Case) int { return compareCases(&a, &b) })
	return list, nil
}

// EachCase yields what Cases returns, in no order that is told, and without events. An error of yield ends it and is returned.
func (r reader) EachCase(ctx context.Context, f Filter, yield func(*cases.Case) error) error {
	where, args := []string{"1 = 1"}, []any{}
	if f.Chamber != nil {
		where, args = append(where, "c.chamber = ?"), append(args, *f.Chamber)
	}
	if f.State != "" {
		where, args = append(where, "c.state = ?"), append(args, string(f.State))
	}
	if f.Since > 0 {
		where, args = append(where, "c.last_event > ?"), append(args, f.Since)
	}
	wants := f.wants()
	err := r.each(ctx, func(rows *sql.Rows) error {
		c := new(cases.Case)
		err := scanCase(rows, c)
		if err != nil || !wants(c) {
			return err
		}
		return yield(c)
	}, "SELECT "+caseColumns+" FROM "+casesSeen+" WHERE "+strings.Join(where, " AND "), args...)
	if err != nil {
		return fmt.Errorf("store: read cases: %w", err)
	}
	return nil
}

// wants returns the filter as a function.
func (f *Filter) wants() func(*cases.Case) bool {
	text, name := strings.ToLower(checker.TrimSpace(f.Text)), checker.SortKey(f.Text)
	within := func(d checker.Date) bool { return d.In() == f.Month }
	return func(c *cases.Case) bool {
		switch {
		case f.Chamber != nil && c.Chamber != *f.Chamber,
			f.State != "" && c.State != f.State,
			f.Ground != "" && c.Ground != f.Ground,
			f.Open && !c.Open(),
			f.Month != checker.Month{} && !within(c.Found) && !within(c.Term.Published) && !within(c.Closed),
			f.Overdue && !c.Overdue(f.AsOf),
			f.DueWithin != nil && !due(c, f.AsOf, *f.DueWithin):
			return false
		}
		return f.Text == "" || about(c, text, name)
	}
}

func due(c *cases.Case, asOf checker.Date, within int) bool {
	left := c.DaysLeft(asOf)
	return left != nil && *left <= within && !c.Overdue(asOf)
}

func about(c *cases.Case, text, name string) bool {
	if text == "" {
		return false
	}
	for _, field := range []string{c.Company, c.Facts.CodiceFiscale, c.Facts.REA, c.Address, c.Facts.PEC} {
		if strings.Contains(strings.ToLower(field), text) {
			return true
		}
	}
	return len(text) >= 4 && strings.HasPrefix(c.ID, text) || name != "" && strings.Contains(checker.SortKey(c.Facts.Name), name)
}

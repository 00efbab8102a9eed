package rules

import "pecaudit/checker"

// What the rules that read the providers' status list have in common.

// speaks reports whether there is an entry that says anything at all.
func speaks(e *checker.StatusEntry) bool {
	return e.Known && (e.State != checker.DeclaredNothing || !e.Expiry.IsZero())
}

// declared marks a result as decided by the status list.
func declared(s *checker.Subject, r checker.Result) checker.Result {
	r.Source, r.On = checker.StatusEvidence, s.Evidence.Declared.Reference
	return r
}

// fresh returns the result, or an unknown if the status list is too old to decide.
func fresh(s *checker.Subject, r checker.Result) checker.Result {
	e := &s.Evidence.Declared
	if e.Reference.DaysUntil(s.AsOf) <= s.Policy.StatusMaxAge {
		return r
	}
	return unknown(checker.ReasonStale, "L'elenco "+theList(e)+" è troppo vecchio per decidere.")
}

// theList names the status list: whose it is, and of which day.
func theList(e *checker.StatusEntry) string {
	name := "dei gestori"
	if e.Provider != "" {
		name = "di " + e.Provider
	}
	return name + " al " + e.Reference.Italian()
}

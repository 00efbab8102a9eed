package checker

import "fmt"

// A Summary counts one audit. Its JSON is CONTRACT section 5.
type Summary struct {
	AsOf         Date                 `json:"as_of"`
	Coverage     string               `json:"coverage"`
	Rows         int                  `json:"rows"`
	Companies    int                  `json:"companies"`
	Compliant    int                  `json:"compliant"`
	NonCompliant int                  `json:"non_compliant"`
	Undetermined int                  `json:"undetermined"`
	OutOfScope   int                  `json:"out_of_scope"`
	Rejected     int                  `json:"rejected"`
	ByRule       map[RuleID]RuleCount `json:"by_rule"`
	NotRun       []RuleID             `json:"not_run"`
	NotRunRows   map[RuleID]int       `json:"not_run_rows"`
	Assumed      []string             `json:"assumed"`
	Files        []string             `json:"files"`
	Seconds      float64              `json:"seconds"`
}

// A RuleCount counts the rows on which a rule did not pass.
type RuleCount struct {
	Fail    int `json:"fail"`
	Unknown int `json:"unknown"`
}

// Check returns an error if the counts do not add up: then some row was lost or counted twice, and no figure can be trusted.
func (s *Summary) Check() error {
	if sum := s.Compliant + s.NonCompliant + s.Undetermined + s.OutOfScope + s.Rejected; sum != s.Rows {
		return fmt.Errorf("the counts do not add up: %d rows read, %d accounted for; this is an error of the program, do not use its output", s.Rows, sum)
	}
	return nil
}

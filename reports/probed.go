package reports

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"pecaudit/checker"
)

// Probed is what a live check saw of one address.
type Probed struct {
	Written    string      `json:"written"`
	Address    string      `json:"address"`         // folded; "" if it is no mailbox address
	Fault      string      `json:"fault,omitempty"` // why it is none
	Domain     string      `json:"domain,omitempty"`
	Provider   string      `json:"provider,omitempty"`
	Certified  bool        `json:"certified"`
	Ordinary   bool        `json:"ordinary"`
	Suggestion string      `json:"suggestion,omitempty"`
	MX         *ProbedMX   `json:"mx,omitempty"`
	SMTP       *ProbedSMTP `json:"smtp,omitempty"`
}

// ProbedMX is an answer of DNS.
type ProbedMX struct {
	Answer     string    `json:"answer"` // a word of mxLabels, or "fault"
	Hosts      []string  `json:"hosts,omitempty"`
	Exchangers string    `json:"exchangers"` // certified, ordinary, mixed, unknown
	By         string    `json:"by"`
	At         time.Time `json:"at"`
	Reason     string    `json:"reason,omitempty"` // of a fault
	Raw        string    `json:"raw,omitempty"`
}

// ProbedSMTP is an exchanger's reply.
type ProbedSMTP struct {
	Reply             string    `json:"reply"` // a word of replyLabels, or "fault"
	Host              string    `json:"host,omitempty"`
	Operator          string    `json:"operator,omitempty"`
	Code              int       `json:"code,omitempty"`
	Enhanced          string    `json:"enhanced,omitempty"`
	Text              string    `json:"text,omitempty"`
	RefusesImpossible bool      `json:"refuses_impossible"`
	TookAnother       bool      `json:"took_another"`
	At                time.Time `json:"at"`
	Reason            string    `json:"reason,omitempty"`
	NotBefore         time.Time `json:"not_before,omitzero"`
}

// NewProbedMX describes an answer of DNS.
func NewProbedMX(a checker.MXAnswer) *ProbedMX {
	p := &ProbedMX{Answer: mxWords[a.Kind], Hosts: a.Hosts, Exchangers: exchangerWords[a.Exchangers], By: a.By, At: a.At.UTC().Truncate(time.Second), Raw: a.Raw}
	if a.Fault != nil {
		p.Answer, p.Reason, p.Raw = "fault", string(a.Fault.Reason), a.Fault.Text
	}
	return p
}

// NewProbedSMTP describes an exchanger's reply.
func NewProbedSMTP(r checker.SMTPReply, operator string, notBefore time.Time) *ProbedSMTP {
	p := &ProbedSMTP{
		Reply: replyWords[r.Class], Host: r.Host, Operator: operator, Code: r.Code, Enhanced: r.Enhanced, Text: r.Text,
		RefusesImpossible: r.RefusesImpossible, TookAnother: r.TookAnother, At: r.At.UTC().Truncate(time.Second),
	}
	if r.Fault != nil {
		p.Reply, p.Reason, p.Text, p.NotBefore = "fault", string(r.Fault.Reason), r.Fault.Text, notBefore
	}
	return p
}

var (
	mxWords        = [...]string{"not-asked", "hosts", "implicit", "nothing", "null-mx", "no-domain", "unusable"}
	exchangerWords = [...]string{"unknown", "certified", "ordinary", "mixed"}
	replyWords     = [...]string{"unclear", "accepted", "no-mailbox", "full", "policy", "temporary"}
)

// WriteProbed explains live checks to a person: what was seen, what it means, what it does not mean.
func WriteProbed(w io.Writer, list []Probed) error {
	var b strings.Builder
	for i, p := range list {
		if i > 0 {
			b.WriteByte('\n')
		}
		fmt.Fprintln(&b, p.Written)
		if p.Address == "" {
			fmt.Fprintf(&b, "  %s (%s)\n", probedMalformed, p.Fault)
			continue
		}
		switch {
		case p.Certified:
			fmt.Fprintf(&b, "  "+probedCertified+"\n", p.Domain, p.Provider)
		case p.Ordinary:
			fmt.Fprintf(&b, "  "+probedOrdinary+"\n", p.Domain, p.Provider)
		default:
			fmt.Fprintf(&b, "  "+probedUnlisted+"\n", p.Domain)
		}
		if p.Suggestion != "" {
			fmt.Fprintf(&b, "  "+probedSuggestion+"\n", p.Suggestion)
		}
		if p.MX != nil {
			writeMX(&b, p.MX)
		}
		if p.SMTP != nil {
			writeSMTP(&b, p.SMTP)
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func writeMX(b *strings.Builder, m *ProbedMX) {
	fmt.Fprintf(b, "  DNS   %s", label(mxLabels, m.Answer))
	if len(m.Hosts) > 0 {
		fmt.Fprintf(b, ": %s", strings.Join(m.Hosts, ", "))
	}
	if m.Reason != "" {
		fmt.Fprintf(b, ": %s", reasonLabel(checker.Reason(m.Reason)))
	}
	if m.By != "" {
		fmt.Fprintf(b, " (%s)", m.By)
	}
	b.WriteByte('\n')
	fmt.Fprintf(b, "        %s\n", label(mxMeanings, m.Answer))
	if m.Answer == "hosts" {
		fmt.Fprintf(b, "        %s\n", label(exchangerLabels, m.Exchangers))
	}
}

func writeSMTP(b *strings.Builder, s *ProbedSMTP) {
	fmt.Fprintf(b, "  SMTP  %s", label(replyLabels, s.Reply))
	if s.Reason != "" {
		fmt.Fprintf(b, ": %s", reasonLabel(checker.Reason(s.Reason)))
	}
	if s.Host != "" {
		fmt.Fprintf(b, " (%s)", s.Host)
	}
	b.WriteByte('\n')
	if s.Code != 0 {
		text := s.Text // as it came: nearly always with its codes
		if !strings.HasPrefix(text, strconv.Itoa(s.Code)) {
			text = fmt.Sprint(s.Code, " ", text)
		}
		fmt.Fprintf(b, "        %s\n", strings.Join(strings.Fields(text), " "))
	}
	fmt.Fprintf(b, "        %s\n", label(replyMeanings, s.Reply))
	if s.Reply == "no-mailbox" {
		fmt.Fprintf(b, "        %s\n", map[bool]string{true: replyControlled, false: replyUncontrolled}[s.RefusesImpossible && s.TookAnother])
	}
}

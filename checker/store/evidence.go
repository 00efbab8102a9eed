package store

import (
	"cmp"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"pecaudit/checker"
)

// Kind says what was asked.
type Kind string

// The kinds of observation.
const (
	MX      Kind = "mx"      // of a domain, over DNS
	SMTP    Kind = "smtp"    // of an address, RCPT TO
	Receipt Kind = "receipt" // of an address, what a trusted certified receipt proves
)

// An Observation is what one witness saw at one moment. It is never changed.
type Observation struct {
	Kind    Kind
	Subject string // domain of MX, else folded address
	// Observed: At in whole seconds. With a Fault there is no answer. Observe sets Since; for receipts, which arrive in any order, it means nothing:
	// fold them with receipt.Seen.
	checker.Observed
	NotBefore time.Time // with a Fault: when it may be asked again; zero: any time
	Sense     string    // what the answer comes to: equal senses are the same answer
	Answer    string    // JSON
	Raw       []byte    // message, kept once by its hash; Recall and Receipts leave it out: see Message
	SHA256    string    // of Raw, hexadecimal; "" if there is none
}

// ObservationOfMX returns what DNS said of a domain. That a domain takes no mail is one answer, however it is said; otherwise the same exchangers are.
func ObservationOfMX(domain string, a checker.MXAnswer) Observation {
	sense := mxKinds[a.Kind]
	if a.Kind.NoMail() {
		sense = "no-mail"
	}
	hosts := slices.Clone(a.Hosts)
	slices.Sort(hosts)
	return observation(MX, domain, a.Observed, strings.Join(append([]string{sense}, hosts...), " "),
		mxBody{Kind: mxKinds[a.Kind], Hosts: a.Hosts, Exchangers: providerKinds[a.Exchangers], Raw: a.Raw})
}

// ObservationOfSMTP returns an exchanger's reply about an address. notBefore is when it may be asked again after a fault.
func ObservationOfSMTP(address string, r checker.SMTPReply, notBefore time.Time) Observation {
	o := observation(SMTP, address, r.Observed, fmt.Sprint(replyClasses[r.Class], " ", r.RefusesImpossible, " ", r.TookAnother), smtpBody{
		Class: replyClasses[r.Class], Host: r.Host, Code: r.Code, Enhanced: r.Enhanced, Text: r.Text,
		RefusesImpossible: r.RefusesImpossible, TookAnother: r.TookAnother,
	})
	if o.Fault != nil {
		o.NotBefore = notBefore
	}
	return o
}

// ObservationOfReceipt returns what a receipt of a provider proves of an address. A receipt that proves nothing is no observation.
func ObservationOfReceipt(address string, at time.Time, provider string, proof checker.Proof, raw []byte) Observation {
	o := observation(Receipt, address, checker.Observed{At: at, By: provider}, proof.String(), receiptBody{proof.String()})
	sum := sha256.Sum256(raw)
	o.Raw, o.SHA256 = raw, hex.EncodeToString(sum[:])
	return o
}

func observation(kind Kind, subject string, seen checker.Observed, sense string, answer any) Observation {
	o := Observation{Kind: kind, Subject: subject, Observed: seen}
	if seen.Fault == nil {
		text, err := json.Marshal(answer)
		if err != nil {
			panic(err) // the bodies below are texts, numbers and truths
		}
		o.Sense, o.Answer = sense, string(text)
	}
	return o
}

// The bodies of answers. Words, not numbers, so that they outlive the constants.
type (
	mxBody struct {
		Kind       string   `json:"kind"`
		Hosts      []string `json:"hosts,omitempty"`
		Exchangers string   `json:"exchangers,omitempty"`
		Raw        string   `json:"raw,omitempty"`
	}
	smtpBody struct {
		Class             string `json:"class"`
		Host              string `json:"host,omitempty"`
		Code              int    `json:"code,omitempty"`
		Enhanced          string `json:"enhanced,omitempty"`
		Text              string `json:"text,omitempty"`
		RefusesImpossible bool   `json:"refuses_impossible,omitempty"`
		TookAnother       bool   `json:"took_another,omitempty"`
	}
	receiptBody struct {
		Proof string `json:"proof"`
	}
)

var (
	mxKinds       = [...]string{"not-asked", "hosts", "implicit", "nothing", "null", "no-domain", "unusable"}
	providerKinds = [...]string{"", "certified", "ordinary", "mixed"}
	replyClasses  = [...]string{"unclear", "accepted", "no-mailbox", "full", "policy", "temporary"}
	proofs        = [...]string{"none", "delivered", "dead", "full", "failed"}
)

// MX returns the answer or fault of DNS that the observation holds.
func (o *Observation) MX() (a checker.MXAnswer, err error) {
	var b mxBody
	err = o.read(&b)
	a.Observed, a.Hosts, a.Raw = o.Observed, b.Hosts, b.Raw
	a.Kind, a.Exchangers = checker.MXKind(place(mxKinds[:], b.Kind)), checker.ProviderKind(place(providerKinds[:], b.Exchangers))
	return a, err
}

// SMTP returns the reply or fault of an exchanger that the observation holds.
func (o *Observation) SMTP() (r checker.SMTPReply, err error) {
	var b smtpBody
	err = o.read(&b)
	r = checker.SMTPReply{
		Observed: o.Observed, Class: checker.ReplyClass(place(replyClasses[:], b.Class)), Host: b.Host, Code: b.Code, Enhanced: b.Enhanced, Text: b.Text,
		RefusesImpossible: b.RefusesImpossible, TookAnother: b.TookAnother,
	}
	return r, err
}

// Proof returns what the receipt that the observation holds proves.
func (o *Observation) Proof() (checker.Proof, error) {
	var b receiptBody
	err := o.read(&b)
	return checker.Proof(place(proofs[:], b.Proof)), err
}

func (o *Observation) read(body any) error {
	if o.Fault != nil || o.Answer == "" {
		return nil
	}
	if err := json.Unmarshal([]byte(o.Answer), body); err != nil {
		return fmt.Errorf("an observation of kind %s of %s is damaged: %w", o.Kind, instant(o.At), err)
	}
	return nil
}

// place returns where a word stands; 0, which is always unknown, for a word of a newer version.
func place(words []string, word string) int { return max(0, slices.Index(words, word)) }

// Observe keeps observations and sets their Since: the start of the run of answers of the same sense that no other answer has broken; faults neither
// confirm nor break it. A receipt that says of an address what it said before is not kept twice.
func (t *Tx) Observe(ctx context.Context, list []Observation) error {
	sorted := slices.Clone(list)
	slices.SortStableFunc(sorted, func(a, b Observation) int {
		return cmp.Or(strings.Compare(string(a.Kind), string(b.Kind)), strings.Compare(a.Subject, b.Subject), a.At.Compare(b.At))
	})
	for i := range sorted {
		if err := t.observe(ctx, &sorted[i]); err != nil {
			return fmt.Errorf("store: keep observation of kind %s: %w", sorted[i].Kind, err)
		}
	}
	return nil
}

func (t *Tx) observe(ctx context.Context, o *Observation) error {
	if o.At.IsZero() || o.Kind == "" || o.Subject == "" {
		return errors.New("it has no kind, no subject or no time")
	}
	if o.SHA256 != "" {
		var n int64
		kept, err := t.one(ctx, "SELECT n FROM observations WHERE kind = ? AND subject = ? AND sha256 = ? AND sense = ?",
			[]any{string(o.Kind), o.Subject, o.SHA256, o.Sense}, &n)
		if err != nil || kept {
			return err
		}
		if _, err := t.exec(ctx, "INSERT INTO messages (sha256, raw) VALUES (?, ?) ON CONFLICT (sha256) DO NOTHING", o.SHA256, o.Raw); err != nil {
			return err
		}
	}
	reason, since, body := "", o.At, o.Answer
	if o.Fault != nil {
		reason, since, body = cmp.Or(string(o.Fault.Reason), "unknown"), time.Time{}, o.Fault.Text
	} else {
		var sense, start string
		before, err := t.one(ctx, "SELECT sense, since FROM observations WHERE kind = ? AND subject = ? AND reason = '' AND at <= ? ORDER BY at DESC, n DESC LIMIT 1",
			[]any{string(o.Kind), o.Subject, instant(o.At)}, &sense, &start)
		if err != nil {
			return err
		}
		if before && sense == o.Sense {
			if since, err = parseInstant(start); err != nil {
				return err
			}
		}
	}
	_, err := t.exec(ctx, "INSERT INTO observations (kind, subject, at, since, witness, reason, not_before, sense, body, sha256) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		string(o.Kind), o.Subject, instant(o.At), instant(since), o.By, reason, instant(o.NotBefore), o.Sense, body, o.SHA256)
	return err
}

// Kinds returns which kinds of observation the store holds.
func (r reader) Kinds(ctx context.Context) (kinds []Kind, err error) {
	err = r.each(ctx, func(rows *sql.Rows) error {
		var k Kind
		err := rows.Scan(&k)
		kinds = append(kinds, k)
		return err
	}, "SELECT DISTINCT kind FROM observations ORDER BY kind")
	if err != nil {
		return nil, fmt.Errorf("store: read kinds of observation: %w", err)
	}
	return kinds, nil
}

// A Memory is what is known of one subject.
type Memory struct {
	Answer Observation // the newest answer; its At is zero if there is none
	Failed Observation // the newest attempt, if it had no answer; else its At is zero
}

// Recall returns what is known of subjects, reading nothing that was seen after notAfter; a zero notAfter reads all. Subjects that were never asked are not in
// the map.
func (r reader) Recall(ctx context.Context, kind Kind, subjects []string, notAfter time.Time) (map[string]Memory, error) {
	known := map[string]Memory{}
	for part := range slices.Chunk(subjects, batch) {
		until := before(notAfter)
		args := append(anys(part), string(kind), until, string(kind), until)
		err := r.each(ctx, func(rows *sql.Rows) error {
			o, err := scanObservation(rows)
			if err != nil {
				return err
			}
			m := known[o.Subject]
			if o.Fault == nil {
				m.Answer = o
			} else {
				m.Failed = o
			}
			known[o.Subject] = m
			return nil
		}, "WITH asked (subject) AS (VALUES (?)"+strings.Repeat(", (?)", len(part)-1)+`) SELECT `+observed+` FROM asked JOIN observations o ON o.n IN (
			(SELECT a.n FROM observations a WHERE a.kind = ? AND a.subject = asked.subject AND a.at <= ? AND a.reason = '' ORDER BY a.at DESC, a.n DESC LIMIT 1),
			(SELECT a.n FROM observations a WHERE a.kind = ? AND a.subject = asked.subject AND a.at <= ? ORDER BY a.at DESC, a.n DESC LIMIT 1)
		) ORDER BY o.subject, o.at, o.n`, args...)
		if err != nil {
			return nil, fmt.Errorf("store: recall %s: %w", kind, err)
		}
	}
	return known, nil
}

// Receipts returns what receipts prove of addresses, oldest first, reading nothing after notAfter; a zero notAfter reads all.
func (r reader) Receipts(ctx context.Context, addresses []string, notAfter time.Time) (map[string][]Observation, error) {
	known := map[string][]Observation{}
	for part := range slices.Chunk(addresses, batch) {
		args := append([]any{string(Receipt), before(notAfter)}, anys(part)...)
		err := r.each(ctx, func(rows *sql.Rows) error {
			o, err := scanObservation(rows)
			known[o.Subject] = append(known[o.Subject], o)
			return err
		}, "SELECT "+observed+" FROM observations o WHERE o.kind = ? AND o.at <= ? AND o.reason = '' AND o.subject IN ("+marks(len(part))+") ORDER BY o.subject, o.at, o.n", args...)
		if err != nil {
			return nil, fmt.Errorf("store: recall receipts: %w", err)
		}
	}
	return known, nil
}

func before(notAfter time.Time) string {
	if notAfter.IsZero() {
		return "~" // after every instant
	}
	return instant(notAfter)
}

const observed = "o.kind, o.subject, o.at, o.since, o.witness, o.reason, o.not_before, o.sense, o.body, o.sha256"

func scanObservation(rows *sql.Rows) (o Observation, err error) {
	var at, since, reason, notBefore, body string
	if err := rows.Scan(&o.Kind, &o.Subject, &at, &since, &o.By, &reason, &notBefore, &o.Sense, &body, &o.SHA256); err != nil {
		return o, err
	}
	for _, f := range []struct {
		to   *time.Time
		text string
	}{{&o.At, at}, {&o.Since, since}, {&o.NotBefore, notBefore}} {
		if *f.to, err = parseInstant(f.text); err != nil {
			return o, err
		}
	}
	if reason != "" {
		o.Fault = &checker.Fault{Reason: checker.Reason(reason), Text: body}
	} else {
		o.Answer = body
	}
	return o, nil
}

// Message returns a raw message by the SHA-256 of its bytes, in hexadecimal, and whether it is kept.
func (r reader) Message(ctx context.Context, sha256 string) (raw []byte, ok bool, err error) {
	ok, err = optional(r.db.QueryRowContext(ctx, "SELECT raw FROM messages WHERE sha256 = ?", sha256).Scan(&raw))
	if err != nil {
		err = fmt.Errorf("store: read message: %w", err)
	}
	return raw, ok, err
}

// Spend adds to the addresses that an operator was asked about today (UTC, by the clock of the transaction).
func (t *Tx) Spend(ctx context.Context, operator string, addresses int) error {
	today := checker.DateOf(t.now).String()
	if _, err := t.exec(ctx, "DELETE FROM spent WHERE day < ?", today); err != nil {
		return fmt.Errorf("store: count questions: %w", err)
	}
	_, err := t.exec(ctx, "INSERT INTO spent (day, operator, addresses) VALUES (?, ?, ?) ON CONFLICT (day, operator) DO UPDATE SET addresses = spent.addresses + excluded.addresses",
		today, operator, addresses)
	if err != nil {
		return fmt.Errorf("store: count questions: %w", err)
	}
	return nil
}

// Spent returns how many addresses each operator was asked about on a day (UTC). Days before the last on which anybody was asked are forgotten.
func (r reader) Spent(ctx context.Context, day checker.Date) (map[string]int, error) {
	spent := map[string]int{}
	err := r.each(ctx, func(rows *sql.Rows) error {
		var operator string
		var n int
		err := rows.Scan(&operator, &n)
		spent[operator] = n
		return err
	}, "SELECT operator, addresses FROM spent WHERE day = ?", day.String())
	if err != nil {
		return nil, fmt.Errorf("store: read questions asked: %w", err)
	}
	return spent, nil
}

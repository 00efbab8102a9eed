package audit

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"pecaudit/checker"
	"pecaudit/checker/probe"
	"pecaudit/checker/receipt"
	"pecaudit/checker/store"
)

// Evidence gathers what can be observed of addresses, keeps it in a store, and recalls it for a judgment. What was seen stays seen: a gathering that is
// stopped anywhere goes on later without asking again what is fresh.
type Evidence struct {
	Store     *store.Store
	Providers *checker.Providers
	AsOf      checker.Date
	Now       func() time.Time

	DNS          *probe.DNS  // nil: domains are not asked about
	SMTP         *probe.SMTP // nil: mailboxes are not asked about
	ConfirmAfter time.Duration
	DNSMaxAge    time.Duration // an older answer is asked for again, and says nothing
	SMTPMaxAge   time.Duration
	// Progress is told how far a gathering is; nil: nobody listens.
	Progress func(pass string, done, total int)

	kinds   checker.Kinds
	domains map[string]checker.MXAnswer // recalled once a run
}

// kindBits are the kinds of observation as rules call them.
var kindBits = map[store.Kind]checker.Kinds{
	store.MX: checker.MXEvidence, store.SMTP: checker.SMTPEvidence, store.Receipt: checker.ReceiptEvidence,
}

// Attach lets an audit gather, if asked to, and recall.
func (e *Evidence) Attach(a *Audit) {
	if e.DNS != nil {
		a.Gather, a.GatherAddresses = e.Gather, e.SMTP != nil
	}
	a.Begin, a.Recall = e.begin, e.Recall
}

// begin finds out which kinds of evidence there are at all, so that nobody is asked in vain about each row.
func (e *Evidence) begin(ctx context.Context) (checker.Kinds, error) {
	kinds, err := e.Store.Kinds(ctx)
	if err != nil {
		return 0, err
	}
	e.kinds, e.domains = 0, map[string]checker.MXAnswer{}
	for _, k := range kinds {
		e.kinds |= kindBits[k]
	}
	return e.kinds, nil
}

// until is the last instant that the judgment may read.
func (e *Evidence) until() time.Time {
	next := e.AsOf.AddDays(1)
	return time.Date(next.Year, next.Month, next.Day, 0, 0, 0, 0, checker.Rome()).Add(-time.Nanosecond)
}

// Recall fills in what was observed of the subjects' addresses up to the day of the audit.
func (e *Evidence) Recall(ctx context.Context, subjects []*checker.Subject) error {
	if e.kinds == 0 {
		return nil
	}
	var addresses, domains []string
	for _, s := range subjects {
		if s.PEC.State != checker.WellFormed {
			continue
		}
		addresses = append(addresses, s.PEC.Folded)
		if _, known := e.domains[s.PEC.Domain()]; !known {
			domains = append(domains, s.PEC.Domain())
		}
	}
	addresses, domains = distinct(addresses), distinct(domains)
	if e.kinds&checker.MXEvidence != 0 {
		if err := e.recallMX(ctx, domains); err != nil {
			return err
		}
	}
	replies, err := e.recallSMTP(ctx, addresses)
	if err != nil {
		return err
	}
	receipts := map[string][]receipt.Proven{}
	if e.kinds&checker.ReceiptEvidence != 0 {
		if receipts, err = e.recallReceipts(ctx, addresses); err != nil {
			return err
		}
	}
	for _, s := range subjects {
		if s.PEC.State != checker.WellFormed {
			continue
		}
		s.Evidence.MX = e.domains[s.PEC.Domain()]
		s.Evidence.SMTP = replies[s.PEC.Folded]
		if proven := receipts[s.PEC.Folded]; proven != nil {
			// What was proven before the company registered the address may concern its former holder: it is left out before runs are counted.
			s.Evidence.Receipt = receipt.Seen(proven, startOf(s.Registered), e.until())
		}
	}
	return nil
}

func startOf(d checker.Date) time.Time {
	if d.IsZero() {
		return time.Time{}
	}
	return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, checker.Rome())
}

func distinct(list []string) []string {
	slices.Sort(list)
	return slices.Compact(list)
}

// newest chooses what a memory says: the answer while it is fresh, else why the last attempt failed, else nothing.
func newest(m store.Memory, until time.Time, maxAge time.Duration) (store.Observation, bool) {
	fresh := func(at time.Time) bool { return !at.IsZero() && (maxAge <= 0 || until.Sub(at) <= maxAge+24*time.Hour) }
	switch {
	case fresh(m.Answer.At):
		return m.Answer, true
	case fresh(m.Failed.At):
		return m.Failed, true
	}
	return store.Observation{}, false
}

func (e *Evidence) recallMX(ctx context.Context, domains []string) error {
	known, err := e.Store.Recall(ctx, store.MX, domains, e.until())
	if err != nil {
		return err
	}
	for _, domain := range domains {
		var answer checker.MXAnswer
		if o, ok := newest(known[domain], e.until(), e.DNSMaxAge); ok {
			if answer, err = o.MX(); err != nil {
				return err
			}
			answer.Exchangers = e.Providers.Exchangers(answer.Hosts)
		}
		e.domains[strings.Clone(domain)] = answer // which is kept for the whole run, and would keep a stretch of the list
	}
	return nil
}

func (e *Evidence) recallSMTP(ctx context.Context, addresses []string) (map[string]checker.SMTPReply, error) {
	replies := map[string]checker.SMTPReply{}
	if e.kinds&checker.SMTPEvidence == 0 {
		return replies, nil
	}
	known, err := e.Store.Recall(ctx, store.SMTP, addresses, e.until())
	if err != nil {
		return nil, err
	}
	for address, m := range known {
		if o, ok := newest(m, e.until(), e.SMTPMaxAge); ok {
			if replies[address], err = o.SMTP(); err != nil {
				return nil, err
			}
		}
	}
	return replies, nil
}

func (e *Evidence) recallReceipts(ctx context.Context, addresses []string) (map[string][]receipt.Proven, error) {
	known, err := e.Store.Receipts(ctx, addresses, e.until())
	if err != nil {
		return nil, err
	}
	proven := make(map[string][]receipt.Proven, len(known))
	for address, list := range known {
		for i := range list {
			proof, err := list[i].Proof()
			if err != nil {
				return nil, err
			}
			proven[address] = append(proven[address], receipt.Proven{Time: list[i].At, Proof: proof, By: list[i].By, SHA256: list[i].SHA256})
		}
	}
	return proven, nil
}

// Gather asks about every domain whose answer is missing, stale or waits to be confirmed, then about every mailbox. Every answer is kept as it comes.
// When the context's deadline passes, what was seen is kept and the error is nil: the rest is for another day.
func (e *Evidence) Gather(ctx context.Context, domains, addresses []string) error {
	err := e.gatherMX(ctx, domains)
	if err == nil && e.SMTP != nil {
		err = e.gatherSMTP(ctx, addresses)
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return nil
	}
	return err
}

// askAtOnce bounds what is asked of the store at once.
const askAtOnce = 5000

func (e *Evidence) gatherMX(ctx context.Context, domains []string) error {
	var wanted []string
	for part := range slices.Chunk(domains, askAtOnce) {
		known, err := e.Store.Recall(ctx, store.MX, part, time.Time{})
		if err != nil {
			return err
		}
		for _, domain := range part {
			if e.wantsMX(known[domain]) {
				wanted = append(wanted, domain)
			}
		}
	}
	j := journal{Evidence: e, pass: "dns", total: len(wanted)}
	err := e.DNS.MX(ctx, wanted, func(domain string, a checker.MXAnswer) {
		a.Exchangers = e.Providers.Exchangers(a.Hosts)
		j.keep(ctx, store.ObservationOfMX(domain, a), "", 0)
	})
	return errors.Join(j.flush(ctx), err)
}

// wantsMX reports whether a domain is worth asking about: never answered, an answer grown old, or one that would accuse and whose second day has come.
func (e *Evidence) wantsMX(m store.Memory) bool {
	now := e.Now()
	if m.Answer.At.IsZero() || now.Sub(m.Answer.At) > e.DNSMaxAge {
		return true
	}
	answer, err := m.Answer.MX()
	if err != nil {
		return true
	}
	accuses := answer.Kind.NoMail() || e.Providers.Exchangers(answer.Hosts) == checker.OrdinaryProvider
	return accuses && answer.At.Sub(answer.Since) < e.ConfirmAfter && now.Sub(answer.Since) >= e.ConfirmAfter
}

func (e *Evidence) gatherSMTP(ctx context.Context, addresses []string) error {
	var targets []probe.Target
	now := e.Now()
	for part := range slices.Chunk(addresses, askAtOnce) {
		known, err := e.Store.Recall(ctx, store.SMTP, part, time.Time{})
		if err != nil {
			return err
		}
		domains := make([]string, len(part))
		for i, address := range part {
			domains[i] = domainOf(address)
		}
		mx, err := e.Store.Recall(ctx, store.MX, distinct(domains), time.Time{})
		if err != nil {
			return err
		}
		for _, address := range part {
			m := known[address]
			if !m.Answer.At.IsZero() && now.Sub(m.Answer.At) <= e.SMTPMaxAge || now.Before(m.Failed.NotBefore) {
				continue
			}
			o := mx[domainOf(address)].Answer
			answer, err := o.MX()
			if err != nil {
				return err
			}
			switch answer.Kind {
			case checker.MXHosts:
				targets = append(targets, probe.Target{Address: address, Hosts: answer.Hosts})
			case checker.MXImplicit:
				targets = append(targets, probe.Target{Address: address, Hosts: []string{domainOf(address)}})
			}
		}
	}
	spent, err := e.Store.Spent(ctx, checker.DateOf(now.UTC()))
	if err != nil {
		return err
	}
	e.SMTP.Spent = func(operator string) int { return spent[operator] }
	j := journal{Evidence: e, pass: "smtp", total: len(targets)}
	err = e.SMTP.Probe(ctx, targets, func(r probe.Reply) {
		if r.Deferred { // its turn did not come today: nothing was observed
			return
		}
		j.keep(ctx, store.ObservationOfSMTP(r.Address, r.SMTPReply, r.NotBefore), r.Operator, r.Cost)
	})
	return errors.Join(j.flush(ctx), err)
}

// domainOf cuts a folded address, which has been parsed before.
func domainOf(address string) string {
	_, domain, _ := strings.Cut(address, "@")
	return domain
}

// A journal keeps observations as they come, some at a time.
type journal struct {
	*Evidence
	pass        string
	done, total int
	list        []store.Observation
	spent       map[string]int
	written     time.Time
	err         error
}

// What a kill may cost at most: the answers of a moment.
const (
	journalAnswers = 500
	journalPause   = 2 * time.Second
)

func (j *journal) keep(ctx context.Context, o store.Observation, operator string, cost int) {
	j.done++
	if j.Progress != nil {
		j.Progress(j.pass, j.done, j.total)
	}
	j.list = append(j.list, o)
	if cost > 0 {
		if j.spent == nil {
			j.spent = map[string]int{}
		}
		j.spent[operator] += cost
	}
	now := j.Now()
	if j.written.IsZero() {
		j.written = now
	}
	if len(j.list) >= journalAnswers || now.Sub(j.written) >= journalPause {
		j.err = errors.Join(j.err, j.flush(ctx))
		j.written = now
	}
}

// flush writes what was seen, even when the gathering was stopped.
func (j *journal) flush(ctx context.Context) error {
	list, spent := j.list, j.spent
	j.list, j.spent = nil, nil
	failed := j.err
	j.err = nil
	if len(list) == 0 && len(spent) == 0 {
		return failed
	}
	ctx = context.WithoutCancel(ctx)
	return errors.Join(failed, j.Store.Update(ctx, func(tx *store.Tx) error {
		for operator, n := range spent {
			if err := tx.Spend(ctx, operator, n); err != nil {
				return err
			}
		}
		return tx.Observe(ctx, list)
	}))
}

// An Imported counts what an import of receipts found.
type Imported struct {
	Messages int            `json:"messages"`
	Kept     int            `json:"kept"`    // receipts that prove something, new or known
	Proofs   map[string]int `json:"proofs"`  // by proof
	Nothing  map[string]int `json:"nothing"` // why messages prove nothing
}

// Import reads certified receipts into the store. Whatever proves nothing is told to refused, with the reason, and kept nowhere. Importing twice changes
// nothing.
func (e *Evidence) Import(ctx context.Context, paths []string, roots *receipt.Roots, stdin io.Reader, refused func(file, why string)) (*Imported, error) {
	r := &Imported{Proofs: map[string]int{}, Nothing: map[string]int{}}
	tell := func(file, why string) {
		r.Nothing[why]++
		if refused != nil {
			refused(file, why)
		}
	}
	for _, path := range paths {
		err := receipt.Walk(ctx, path, stdin, func(name string, raw []byte, err error) error {
			r.Messages++
			if err != nil {
				tell(name, err.Error())
				return nil
			}
			seen, err := receipt.Read(raw, roots)
			if err != nil {
				tell(name, err.Error())
				return nil
			}
			if e.Progress != nil {
				e.Progress("receipts", r.Messages, 0)
			}
			if seen.Proof == checker.ProofNone {
				tell(name, seen.ProofNote)
				return nil
			}
			about := seen.Concerns()
			if len(about) == 0 {
				tell(name, "it does not say of which address it speaks")
				return nil
			}
			var list []store.Observation
			for _, address := range about {
				list = append(list, store.ObservationOfReceipt(address, seen.Time.UTC(), seen.Provider, seen.Proof, raw))
			}
			r.Kept++
			r.Proofs[seen.Proof.String()]++
			return e.Store.Update(ctx, func(tx *store.Tx) error { return tx.Observe(ctx, list) })
		})
		if err != nil {
			return r, fmt.Errorf("receipts %s: %w", path, err)
		}
	}
	return r, nil
}

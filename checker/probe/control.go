package probe

import (
	"crypto/sha256"
	"fmt"
	"slices"
)

// A refusal as unknown is complete only when the same exchangers have refused an impossible mailbox of the domain too, and have taken another address
// afterwards: a server that has had enough of us begins to refuse everything.

// A refusedReply is one that waits for its controls.
type refusedReply struct {
	Reply
	on      *route
	names   []string
	another bool
}

// A control is what is known of a domain's answer to an impossible mailbox.
type control struct {
	known, refuses bool
	waiting        []*refusedReply
}

// impossibleIn returns a mailbox that cannot exist, the same for a domain each time, and one that an administrator who meets it in a log can look up.
func impossibleIn(domain string) string {
	sum := sha256.Sum256([]byte(domain))
	return fmt.Sprintf("pecaudit-inesistente-%x@%s", sum[:6], domain)
}

// doubt keeps a refusal until its controls have spoken, and asks for the first one.
func (op *operator) doubt(rt *route, t *task, full Reply) {
	ctl := op.controls[t.domain()]
	if ctl == nil {
		ctl = &control{known: op.stopped != nil}
		op.controls[t.domain()] = ctl
		if !ctl.known {
			op.asking = append(op.asking, ctl)
			rt.first(&task{kind: impossible, address: impossibleIn(t.domain()), names: t.names})
		}
	}
	ctl.waiting = append(ctl.waiting, &refusedReply{Reply: full, on: rt, names: t.names})
	if ctl.known {
		op.controlled(ctl)
	}
}

// controlled takes the answer of a control: what is refused like the impossible mailbox waits on, for another address to be taken.
func (op *operator) controlled(ctl *control) {
	op.asking = slices.DeleteFunc(op.asking, func(c *control) bool { return c == ctl })
	ctl.known = true
	for _, r := range ctl.waiting {
		r.RefusesImpossible = ctl.refuses
		if ctl.refuses && !r.another {
			op.refused = append(op.refused, r)
		} else {
			op.complete(r)
		}
	}
	ctl.waiting = nil
}

// tookAnother completes the refusals that waited for an address to be taken.
func (op *operator) tookAnother() {
	for _, ctl := range op.asking {
		for _, r := range ctl.waiting {
			r.another = true
		}
	}
	for _, r := range op.refused {
		r.another = true
		op.complete(r)
	}
	op.refused = nil
}

// settle completes the refusals with what is known: nothing more is to come.
func (op *operator) settle() {
	for _, ctl := range slices.Clone(op.asking) {
		op.controlled(ctl)
	}
	for _, r := range op.refused {
		op.complete(r)
	}
	op.refused = nil
}

func (op *operator) complete(r *refusedReply) {
	r.TookAnother = r.another
	op.hand(r.Reply)
}

// conclude asks the last question when all others are asked and answered: whether addresses are still taken. The configured address is asked about first,
// else the newest that was accepted.
func (op *operator) conclude() {
	if len(op.refused) == 0 || op.concluded || op.stopped != nil || op.out > 0 || op.busiest() != nil {
		return
	}
	op.concluded = true
	if r := op.refused[0]; op.knownGood != "" && op.knownGood != r.Address {
		r.on.first(&task{kind: another, address: op.knownGood, names: r.names})
	} else if op.took != nil {
		op.tookOn.first(&task{kind: another, address: op.took.address, names: op.took.names})
	}
}

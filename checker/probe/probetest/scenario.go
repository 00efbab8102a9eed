// Package probetest plays the Internet on the loopback: a DNS server and mail exchangers that do what a scenario says, faults included, and count
// what they see. It serves tests, rehearsals and the demonstration.
//
// A scenario reads like a zone file, one record a line, comments after a semicolon, $ORIGIN, and an owner left blank is the one above:
//
//	pec-uno.example        MX    10 mx.pec-uno.example
//	mx.pec-uno.example     A     127.0.0.2
//	                       SMTP  starttls
//	ok@pec-uno.example     RCPT  250 2.1.5 Ok
//	*@pec-uno.example      RCPT  550 5.1.1 <%s>: User unknown
//	zoppa.example          FAULT servfail 2
//
// Beside the types of DNS there are three. FAULT says how a name, or the whole server (owner "."), misbehaves; a number at the end means only for so
// many answers:
//
//	servfail  refused  formerr  notimp  nxdomain  referral      that answer
//	drop  drop 1%                                               no answer
//	wrongid  question  duplicate  truncate  garbage             a wrong id, another question, twice, over TCP only, rubbish before the answer
//	delay 20ms  slow 1000 20ms                                  late; late from the 1000th query on
//
// SMTP opens an exchanger at the addresses (in 127.0.0.0/8) of a host and says how it behaves:
//
//	listen                             nothing special
//	greet 421 4.3.2 Busy               the greeting
//	banner 30s  delay 20ms  drip 1s    wait before the greeting, before each reply, before each byte
//	ehlo "LIMITS RCPTMAX=5"            one more extension
//	noehlo 502 5.5.1 What?             EHLO refused
//	starttls  starttls required  starttls broken
//	mail 550 5.7.1 Not you             MAIL FROM refused
//	rcpt 554 5.7.1 Blocked             every RCPT TO refused
//	lax                                from the second recipient of a transaction on, all are taken
//	together 2                         421 to connections beyond so many at once
//	total 5                            421 to connections beyond so many in all
//	recipients 10                      452 to recipients beyond so many in a transaction
//	session 5                          421 to recipients beyond so many in a connection
//	soft 10 1s  hard 20                slow after so many errors; hang up at so many
//	hangup 3                           hang up without a word instead of the third reply to RCPT
//	cut 40                             hang up in the middle of a reply to RCPT, after so many bytes
//	silent 3                           no reply to the third RCPT TO, nor to anything after it
//	unpipelined                        hang up on commands that do not wait for the reply
//
// RCPT is what a mailbox answers; several lines are the answers one after the other, and the last one stays. A line may begin with a time since the
// mailbox was first asked about, as for greylisting: "30m 250 2.1.5 Ok". %s is the address. *@domain is every other mailbox. Without it
// an unlisted mailbox is "550 5.1.1 ... User unknown", and a domain without any RCPT line is "554 5.7.1 ... Relay access denied". A
// text in double quotes may use Go's escapes: \n for replies of several lines, \xe8 for raw bytes.
package probetest

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/miekg/dns"
)

// A Scenario is what the servers play.
type Scenario struct {
	records   map[string]map[uint16][]dns.RR // by name and type
	names     map[string]bool                // that have records at or below them
	faults    map[string][]fault
	hosts     map[string]*behavior // by name, with a final dot
	mailboxes map[string][]answer
	domains   map[string]bool // that have mailboxes
}

// A fault is a line FAULT.
type fault struct {
	kind    string
	times   int     // 0: always
	percent float64 // of the answers, 0: all
	from    int     // query from which on
	delay   time.Duration
}

// A behavior is the lines SMTP of a host.
type behavior struct {
	host                          string
	greeting, mail, rcpt, noEHLO  string
	extensions                    []string
	banner, delay, drip, softWait time.Duration
	starttls                      string // "", "offered", "required", "broken"
	lax, unpipelined              bool
	together, total, recipients   int
	session, soft, hard           int
	hangup, silent, cut           int
}

// An answer is a line RCPT.
type answer struct {
	after time.Duration
	text  string
}

// Parse reads a scenario. An error names the line.
func Parse(text string) (*Scenario, error) {
	s := &Scenario{
		records: map[string]map[uint16][]dns.RR{}, names: map[string]bool{}, faults: map[string][]fault{}, hosts: map[string]*behavior{},
		mailboxes: map[string][]answer{}, domains: map[string]bool{},
	}
	origin, owner := ".", ""
	n := 0
	for line := range strings.Lines(text) {
		n++
		line = strings.TrimRight(uncomment(line), " \t\r\n")
		if strings.TrimSpace(line) == "" {
			continue
		}
		if rest, ok := strings.CutPrefix(line, "$ORIGIN"); ok {
			origin = dns.Fqdn(strings.TrimSpace(rest))
			continue
		}
		if line[0] != ' ' && line[0] != '\t' {
			owner, line, _ = strings.Cut(strings.ReplaceAll(line, "\t", " "), " ")
		}
		if owner == "" {
			return nil, fmt.Errorf("scenario, line %d: no owner yet", n)
		}
		if err := s.add(origin, owner, strings.TrimSpace(line)); err != nil {
			return nil, fmt.Errorf("scenario, line %d: %w", n, err)
		}
	}
	return s, s.check()
}

// uncomment cuts a line at the first semicolon outside quotes that begins a word: replies may hold others.
func uncomment(line string) string {
	quoted := false
	for i := range len(line) {
		switch {
		case line[i] == '"' && (i == 0 || line[i-1] != '\\'):
			quoted = !quoted
		case line[i] == ';' && !quoted && (i == 0 || line[i-1] == ' ' || line[i-1] == '\t'):
			return line[:i]
		}
	}
	return line
}

func (s *Scenario) add(origin, owner, line string) error {
	kind, rest, _ := strings.Cut(line, " ")
	rest = strings.TrimSpace(rest)
	switch kind {
	case "RCPT":
		return s.addMailbox(owner, rest)
	case "SMTP":
		name := absolute(owner, origin)
		if s.hosts[name] == nil {
			s.hosts[name] = &behavior{host: strings.TrimSuffix(name, ".")}
		}
		return s.hosts[name].add(rest)
	case "FAULT":
		f, err := parseFault(rest)
		name := absolute(owner, origin)
		s.faults[name] = append(s.faults[name], f)
		return err
	}
	parser := dns.NewZoneParser(strings.NewReader(absolute(owner, origin)+" "+line+"\n"), origin, "")
	parser.SetDefaultTTL(300)
	rr, ok := parser.Next()
	if err := parser.Err(); err != nil || !ok {
		return fmt.Errorf("%q is no record of DNS, and none of FAULT, SMTP, RCPT", owner+" "+line)
	}
	s.Add(rr)
	return nil
}

// Add adds a record of DNS, for scenarios that are too large to be written.
func (s *Scenario) Add(rr dns.RR) {
	name := strings.ToLower(rr.Header().Name)
	if s.records[name] == nil {
		s.records[name] = map[uint16][]dns.RR{}
	}
	s.records[name][rr.Header().Rrtype] = append(s.records[name][rr.Header().Rrtype], rr)
	for at, end := 0, false; !end; at, end = dns.NextLabel(name, at) {
		s.names[name[at:]] = true
	}
}

func absolute(owner, origin string) string {
	switch {
	case owner == "@":
		return strings.ToLower(origin)
	case strings.HasSuffix(owner, "."):
		return strings.ToLower(owner)
	}
	return strings.ToLower(dns.Fqdn(owner + "." + strings.TrimSuffix(origin, ".")))
}

func parseFault(text string) (fault, error) {
	words := strings.Fields(text)
	if len(words) == 0 {
		return fault{}, fmt.Errorf("FAULT of which kind?")
	}
	f, words := fault{kind: words[0]}, words[1:]
	var err error
	switch f.kind {
	case "delay":
		if len(words) == 1 {
			f.delay, err = time.ParseDuration(words[0])
			return f, err
		}
	case "slow":
		if len(words) == 2 {
			if f.from, err = strconv.Atoi(words[0]); err == nil {
				f.delay, err = time.ParseDuration(words[1])
			}
			return f, err
		}
	case "servfail", "refused", "formerr", "notimp", "nxdomain", "referral", "drop", "wrongid", "question", "duplicate", "truncate", "garbage":
		switch {
		case len(words) == 0:
			return f, nil
		case len(words) == 1 && strings.HasSuffix(words[0], "%"):
			f.percent, err = strconv.ParseFloat(strings.TrimSuffix(words[0], "%"), 64)
			return f, err
		case len(words) == 1:
			f.times, err = strconv.Atoi(words[0])
			return f, err
		}
	}
	return f, fmt.Errorf("no such fault: %s", text)
}

func (b *behavior) add(text string) error {
	kind, rest, _ := strings.Cut(text, " ")
	rest = strings.TrimSpace(rest)
	var err error
	switch kind {
	case "listen":
	case "greet":
		b.greeting, err = replyText(rest)
	case "mail":
		b.mail, err = replyText(rest)
	case "rcpt":
		b.rcpt, err = replyText(rest)
	case "noehlo":
		b.noEHLO, err = replyText(rest)
	case "ehlo":
		var extension string
		extension, err = unquote(rest)
		b.extensions = append(b.extensions, extension)
	case "starttls":
		if b.starttls = "offered"; rest != "" {
			b.starttls = rest
		}
		if !slices.Contains([]string{"offered", "required", "broken"}, b.starttls) {
			err = fmt.Errorf("starttls required, starttls broken or starttls, not %q", text)
		}
	case "lax":
		b.lax = true
	case "unpipelined":
		b.unpipelined = true
	case "banner", "delay", "drip":
		into := map[string]*time.Duration{"banner": &b.banner, "delay": &b.delay, "drip": &b.drip}[kind]
		*into, err = time.ParseDuration(rest)
	case "soft":
		count, wait, _ := strings.Cut(rest, " ")
		if b.soft, err = strconv.Atoi(count); err == nil {
			b.softWait, err = time.ParseDuration(strings.TrimSpace(wait))
		}
	case "together", "total", "recipients", "session", "hard", "hangup", "silent", "cut":
		into := map[string]*int{
			"together": &b.together, "total": &b.total, "recipients": &b.recipients, "session": &b.session, "hard": &b.hard,
			"hangup": &b.hangup, "silent": &b.silent, "cut": &b.cut,
		}[kind]
		*into, err = strconv.Atoi(rest)
	default:
		err = fmt.Errorf("an exchanger cannot %q", text)
	}
	return err
}

func (s *Scenario) addMailbox(owner, text string) error {
	_, domain, ok := strings.Cut(strings.ToLower(owner), "@")
	if !ok {
		return fmt.Errorf("RCPT is for a mailbox, not for %q", owner)
	}
	var a answer
	if first, rest, _ := strings.Cut(text, " "); first != "" {
		if after, err := time.ParseDuration(first); err == nil && first != "0" && strings.ContainsAny(first, "smh") {
			a.after, text = after, strings.TrimSpace(rest)
		}
	}
	var err error
	a.text, err = replyText(text)
	s.mailboxes[strings.ToLower(owner)] = append(s.mailboxes[strings.ToLower(owner)], a)
	s.domains[domain] = true
	return err
}

func unquote(text string) (string, error) {
	if strings.HasPrefix(text, `"`) {
		return strconv.Unquote(text)
	}
	return text, nil
}

// replyText checks that a reply begins with a code.
func replyText(text string) (string, error) {
	text, err := unquote(text)
	if err == nil && (len(text) < 3 || text[0] < '2' || text[0] > '5' || strings.Trim(text[:3], "0123456789") != "") {
		err = fmt.Errorf("%q is no reply: want a code and a text", text)
	}
	return text, err
}

// check gives every exchanger addresses of its own.
func (s *Scenario) check() error {
	owners := map[netip.Addr]string{}
	for name, b := range s.hosts {
		addrs := s.addressesOf(name)
		if len(addrs) == 0 {
			return fmt.Errorf("scenario: the exchanger %s has no address", b.host)
		}
		for _, a := range addrs {
			if !a.IsLoopback() {
				return fmt.Errorf("scenario: the exchanger %s is not on the loopback: %s", b.host, a)
			}
			if other := owners[a]; other != "" {
				return fmt.Errorf("scenario: the exchangers %s and %s share %s", min(b.host, other), max(b.host, other), a)
			}
			owners[a] = b.host
		}
	}
	return nil
}

func (s *Scenario) addressesOf(name string) []netip.Addr {
	var found []netip.Addr
	for _, rr := range s.records[name][dns.TypeA] {
		if a, ok := netip.AddrFromSlice(rr.(*dns.A).A); ok {
			found = append(found, a.Unmap())
		}
	}
	return found
}

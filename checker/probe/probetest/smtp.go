package probetest

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"time"
)

// An exchanger is a host that takes mail.
type exchanger struct {
	*behavior
	server *Server
	seen   Exchanger // under server.mu, like the next
	now    int       // connections
}

// A dialog is one connection to an exchanger.
type dialog struct {
	x    *exchanger
	conn net.Conn
	in   *bufio.Reader

	secure, inMail    bool
	recipients, asked int // in the transaction, in the connection
	errors            int
	ended             bool
}

// converse plays one connection to its end.
func (x *exchanger) converse(conn net.Conn) {
	s := x.server
	d := &dialog{x: x, conn: conn, in: bufio.NewReader(conn)}
	s.mu.Lock()
	s.open[conn] = d
	x.seen.Connections++
	x.now++
	x.seen.Together = max(x.seen.Together, x.now)
	total, together := x.seen.Connections, x.now
	s.mu.Unlock()

	defer d.end()
	if !s.pause(x.banner) {
		return
	}
	greeting := "220 " + x.host + " ESMTP probetest"
	switch {
	case x.greeting != "":
		greeting = x.greeting
	case x.together > 0 && together > x.together, x.total > 0 && total > x.total:
		greeting = "421 4.7.0 " + x.host + " Too many connections"
	}
	if greeting[0] != '2' {
		d.end()
	}
	if !d.say(greeting) || greeting[0] != '2' {
		return
	}
	for {
		line, err := d.in.ReadString('\n')
		if err != nil {
			return
		}
		if d.in.Buffered() > 0 {
			x.count(func(e *Exchanger) { e.Pipelined++ })
			if x.unpipelined {
				return
			}
		}
		if !d.obey(strings.TrimRight(line, "\r\n")) {
			return
		}
	}
}

// end is called before the client can know that the connection is over, lest its next one be counted beside this one.
func (d *dialog) end() {
	d.x.server.mu.Lock()
	defer d.x.server.mu.Unlock()
	if !d.ended {
		d.ended = true
		d.x.now--
	}
}

// A caller is the client's end of a connection in memory. When the client hangs up, the connection is over, however long the server takes to notice.
type caller struct {
	net.Conn
	hangUp func()
}

// Close implements net.Conn.
func (c *caller) Close() error {
	c.hangUp()
	return c.Conn.Close()
}

func (x *exchanger) count(add func(*Exchanger)) {
	x.server.mu.Lock()
	defer x.server.mu.Unlock()
	add(&x.seen)
}

// obey answers one command, and reports whether the connection goes on.
func (d *dialog) obey(line string) bool {
	x := d.x
	verb, argument, _ := strings.Cut(line, " ")
	verb = strings.ToUpper(verb)
	x.count(func(e *Exchanger) { e.Commands[verb]++ })
	switch verb {
	case "EHLO", "HELO":
		d.inMail = false
		x.count(func(e *Exchanger) { e.Helos = once(e.Helos, argument) })
		switch {
		case verb == "HELO":
			return d.say("250 " + x.host)
		case x.noEHLO != "":
			return d.scold(x.noEHLO)
		}
		return d.say("250 " + strings.Join(append([]string{x.host}, d.extensions()...), "\n"))
	case "STARTTLS":
		return d.startTLS()
	case "NOOP":
		return d.say("250 2.0.0 Ok")
	case "RSET":
		d.inMail, d.recipients = false, 0
		return d.say("250 2.0.0 Ok")
	case "QUIT":
		d.end()
		d.say("221 2.0.0 Bye")
		return false
	case "MAIL":
		return d.mail(argument)
	case "RCPT":
		return d.rcpt(argument)
	}
	return d.scold("502 5.5.2 Command not recognized")
}

func (d *dialog) extensions() []string {
	found := slices.Clone(d.x.extensions)
	if d.x.starttls != "" && !d.secure {
		found = append(found, "STARTTLS")
	}
	return append(found, "ENHANCEDSTATUSCODES", "8BITMIME")
}

func (d *dialog) startTLS() bool {
	switch {
	case d.x.starttls == "" || d.secure:
		return d.scold("503 5.5.1 No TLS here")
	case !d.say("220 2.0.0 Go on"):
		return false
	case d.x.starttls == "broken":
		_, _ = d.in.ReadByte()
		d.end()
		_, _ = d.conn.Write([]byte("this is no TLS\r\n"))
		return false
	}
	secure := tls.Server(d.conn, d.x.server.tls)
	if secure.Handshake() != nil {
		return false
	}
	d.conn, d.in, d.secure, d.inMail = secure, bufio.NewReader(secure), true, false
	d.x.count(func(e *Exchanger) { e.Secure++ })
	return true
}

func (d *dialog) mail(argument string) bool {
	x := d.x
	x.count(func(e *Exchanger) { e.Senders = once(e.Senders, path(argument)) })
	switch {
	case d.inMail:
		return d.scold("503 5.5.1 Nested MAIL command")
	case x.starttls == "required" && !d.secure:
		return d.scold("530 5.7.0 Must issue a STARTTLS command first")
	case x.mail != "":
		return d.scold(x.mail)
	}
	d.inMail, d.recipients = true, 0
	return d.say("250 2.1.0 Ok")
}

func (d *dialog) rcpt(argument string) bool {
	x := d.x
	address := strings.ToLower(path(argument))
	if !d.inMail {
		return d.scold("503 5.5.1 Need MAIL command")
	}
	d.asked++
	d.recipients++
	x.count(func(e *Exchanger) { e.Recipients = append(e.Recipients, Recipient{address, time.Now()}) })
	switch {
	case x.silent > 0 && d.asked >= x.silent:
		_, _ = io.Copy(io.Discard, d.in)
		return false
	case x.hangup > 0 && d.asked == x.hangup:
		x.count(func(e *Exchanger) { e.HungUp++ })
		return false
	case x.session > 0 && d.asked > x.session:
		x.count(func(e *Exchanger) { e.HungUp++ })
		d.end()
		d.say("421 4.7.0 " + x.host + " That is enough for one connection")
		return false
	case x.recipients > 0 && d.recipients > x.recipients:
		return d.scold("452 4.5.3 Too many recipients")
	case x.lax && d.recipients > 1:
		return d.say("250 2.1.5 Ok")
	case x.rcpt != "":
		return d.scold(strings.ReplaceAll(x.rcpt, "%s", address))
	}
	reply := strings.ReplaceAll(x.server.mailbox(address), "%s", address)
	if x.cut > 0 {
		x.count(func(e *Exchanger) { e.HungUp++ })
		d.end()
		_, _ = d.conn.Write([]byte(reply[:min(x.cut, len(reply))]))
		return false
	}
	if reply[0] == '2' {
		return d.say(reply)
	}
	return d.scold(reply)
}

// mailbox returns what a mailbox answers this time.
func (s *Server) mailbox(address string) string {
	_, domain, _ := strings.Cut(address, "@")
	lines := s.scenario.mailboxes[address]
	if lines == nil {
		lines = s.scenario.mailboxes["*@"+domain]
	}
	switch {
	case lines == nil && s.scenario.domains[domain]:
		return "550 5.1.1 <%s>: Recipient address rejected: User unknown"
	case lines == nil:
		return "554 5.7.1 <%s>: Relay access denied"
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.firstSeen[address].IsZero() {
		s.firstSeen[address] = time.Now()
	}
	nth, since := s.mailboxes[address], time.Since(s.firstSeen[address])
	s.mailboxes[address]++
	chosen := lines[0]
	for i, line := range lines {
		if line.after > 0 && since >= line.after || line.after == 0 && i <= nth {
			chosen = line
		}
	}
	return chosen.text
}

// scold says something unfriendly, and loses patience as servers do.
func (d *dialog) scold(reply string) bool {
	d.errors++
	x := d.x
	if x.hard > 0 && d.errors >= x.hard {
		x.count(func(e *Exchanger) { e.HungUp++ })
		d.end()
		d.say("421 4.7.0 " + x.host + " Error: too many errors")
		return false
	}
	if x.soft > 0 && d.errors > x.soft {
		x.count(func(e *Exchanger) { e.Slowed++ })
		if !x.server.pause(x.softWait) {
			return false
		}
	}
	if strings.HasPrefix(reply, "421") {
		d.end()
		d.say(reply)
		return false
	}
	return d.say(reply)
}

// say sends a reply of one or more lines.
func (d *dialog) say(reply string) bool {
	if !d.x.server.pause(d.x.delay) {
		return false
	}
	code, text, _ := strings.Cut(reply, " ")
	var wire strings.Builder
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		mark := "-"
		if i == len(lines)-1 {
			mark = " "
		}
		fmt.Fprintf(&wire, "%s%s%s\r\n", code, mark, line)
	}
	if d.x.drip == 0 {
		_, err := d.conn.Write([]byte(wire.String()))
		return err == nil
	}
	for _, b := range []byte(wire.String()) {
		if !d.x.server.pause(d.x.drip) {
			return false
		}
		if _, err := d.conn.Write([]byte{b}); err != nil {
			return false
		}
	}
	return true
}

// path returns the address of "FROM:<a@b> ...".
func path(argument string) string {
	_, after, _ := strings.Cut(argument, "<")
	address, _, _ := strings.Cut(after, ">")
	return address
}

func once(list []string, s string) []string {
	if slices.Contains(list, s) {
		return list
	}
	return append(list, s)
}

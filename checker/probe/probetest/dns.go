package probetest

import (
	"net"
	"strings"
	"time"

	"github.com/miekg/dns"
)

// answer plays the faults of a question's name, then those of the whole server, and answers.
func (s *Server) answer(w dns.ResponseWriter, r *dns.Msg) {
	if len(r.Question) != 1 {
		return
	}
	q := r.Question[0]
	name := strings.ToLower(q.Name)
	faults, wait := s.faultsNow(name, dns.TypeToString[q.Qtype])
	if !s.pause(wait) {
		return
	}
	m := new(dns.Msg).SetReply(r)
	m.RecursionAvailable = true
	s.scenario.fill(m, name, q.Qtype)
	_, overTCP := w.RemoteAddr().(*net.TCPAddr)
	twice := false
	for _, kind := range faults {
		switch kind {
		case "drop":
			return
		case "servfail":
			m = new(dns.Msg).SetRcode(r, dns.RcodeServerFailure)
		case "refused":
			m = new(dns.Msg).SetRcode(r, dns.RcodeRefused)
		case "notimp":
			m = new(dns.Msg).SetRcode(r, dns.RcodeNotImplemented)
		case "formerr": // as old servers do, that know no EDNS
			if r.IsEdns0() != nil {
				m = new(dns.Msg).SetRcode(r, dns.RcodeFormatError)
			}
		case "nxdomain":
			m = new(dns.Msg).SetRcode(r, dns.RcodeNameError)
			m.Ns = []dns.RR{soa(name)}
		case "referral":
			m = new(dns.Msg).SetReply(r)
			m.Ns = []dns.RR{&dns.NS{Hdr: header(".", dns.TypeNS), Ns: "ns.elsewhere.example."}}
		case "wrongid":
			m.Id ^= 0x5555
		case "question":
			m.Question = []dns.Question{{Name: "other.example.", Qtype: q.Qtype, Qclass: q.Qclass}}
		case "duplicate":
			twice = true
		case "truncate":
			if !overTCP {
				m.Truncated, m.Answer = true, nil
			}
		case "garbage":
			_, _ = w.Write([]byte{byte(r.Id >> 8), byte(r.Id), 0x80})
		}
	}
	_ = w.WriteMsg(m)
	if twice {
		_ = w.WriteMsg(m)
	}
}

// faultsNow counts the question and returns what is wrong with its answer.
func (s *Server) faultsNow(name, qtype string) (kinds []string, wait time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked++
	s.queries[name+" "+qtype]++
	for _, owner := range []string{name, "."} {
		for i := range s.scenario.faults[owner] {
			f := &s.scenario.faults[owner][i]
			switch {
			case f.times > 0 && s.left[f] == 0, f.percent > 0 && s.random.Float64()*100 >= f.percent, f.from > 0 && s.asked < f.from:
				continue
			}
			s.left[f]--
			kinds = append(kinds, f.kind)
			wait += f.delay
		}
	}
	return kinds, wait
}

// fill answers like a recursive resolver: aliases followed, and the SOA where there is nothing.
func (s *Scenario) fill(m *dns.Msg, name string, qtype uint16) {
	for range 9 {
		if rrs := s.records[name][qtype]; len(rrs) > 0 {
			m.Answer = append(m.Answer, rrs...)
			return
		}
		alias := s.records[name][dns.TypeCNAME]
		if len(alias) == 0 {
			break
		}
		m.Answer = append(m.Answer, alias...)
		name = strings.ToLower(alias[0].(*dns.CNAME).Target)
	}
	if !s.exists(name) {
		m.Rcode = dns.RcodeNameError
	}
	m.Ns = []dns.RR{soa(name)}
}

// exists reports whether there is a record at or below a name, or a fault of it.
func (s *Scenario) exists(name string) bool { return s.names[name] || s.faults[name] != nil }

// soa stands for the zone above a name.
func soa(name string) dns.RR {
	zone := "."
	if labels := dns.SplitDomainName(name); len(labels) > 0 {
		zone = dns.Fqdn(labels[len(labels)-1])
	}
	return &dns.SOA{Hdr: header(zone, dns.TypeSOA), Ns: "ns." + zone, Mbox: "hostmaster." + zone, Serial: 1, Refresh: 3600, Retry: 600, Expire: 86400, Minttl: 300}
}

func header(name string, rrtype uint16) dns.RR_Header {
	return dns.RR_Header{Name: name, Rrtype: rrtype, Class: dns.ClassINET, Ttl: 300}
}

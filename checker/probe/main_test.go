package probe

import (
	"testing"

	"github.com/miekg/dns"
	"go.uber.org/goleak"

	"pecaudit/checker/probe/probetest"
)

// No test may leave a goroutine behind.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// start plays a scenario for the time of a test.
func start(t testing.TB, scenario string) *probetest.Server {
	t.Helper()
	s, err := probetest.Start(scenario)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func mxRecord(domain, host string) dns.RR {
	return &dns.MX{Hdr: dns.RR_Header{Name: dns.Fqdn(domain), Rrtype: dns.TypeMX, Class: dns.ClassINET, Ttl: 300}, Preference: 10, Mx: dns.Fqdn(host)}
}

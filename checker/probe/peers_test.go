package probe

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"pecaudit/checker"
)

// These tests speak to servers that others wrote: Debian's knot, nsd and postfix, started for the test on ports of the loopback. They are skipped where
// one is not installed.

// A logged collects what a server prints.
type logged struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

// daemon runs a server in the foreground until the end of the test, and waits for its port.
func daemon(t *testing.T, port int, stop func(), name string, args ...string) *logged {
	t.Helper()
	out := new(logged)
	cmd := exec.Command(name, args...)
	cmd.Stdout, cmd.Stderr = out, out
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.WaitDelay = time.Second
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var ended error
	done := make(chan struct{})
	go func() { ended = cmd.Wait(); close(done) }()
	t.Cleanup(func() {
		if stop != nil {
			stop()
		}
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM)
		select {
		case <-done:
		case <-time.After(10 * time.Second):
			_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
			<-done
		}
	})
	for deadline := time.Now().Add(20 * time.Second); ; {
		conn, err := net.DialTimeout("tcp", fmt.Sprintf("127.0.0.1:%d", port), time.Second)
		if err == nil {
			conn.Close()
			return out
		}
		select {
		case <-done:
			t.Fatalf("%s: %v\n%s", name, ended, out)
		case <-time.After(20 * time.Millisecond): // a server of others has no other way to say that it is ready
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s is not ready\n%s", name, out)
		}
	}
}

// program finds a server's program, or skips the test.
func program(t *testing.T, name, debianPackage string) string {
	t.Helper()
	for _, dir := range []string{"/usr/sbin", "/usr/local/sbin", "/usr/bin"} {
		path := filepath.Join(dir, name)
		if _, err := os.Stat(path); err == nil {
			return path
		}
	}
	t.Skipf("%s is not installed: apt-get install %s", name, debianPackage)
	return ""
}

// folder returns a folder that servers' own users may enter.
func folder(t *testing.T, sub ...string) string {
	t.Helper()
	dir := t.TempDir()
	for up := dir; up != os.TempDir() && up != "/"; up = filepath.Dir(up) {
		if err := os.Chmod(up, 0o755); err != nil {
			break // not ours: above the test's own
		}
	}
	for _, s := range sub {
		if err := os.Mkdir(filepath.Join(dir, s), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

const peerZone = `
$ORIGIN pec-test.example.
$TTL 300
@        SOA ns hostmaster 1 3600 600 86400 300
@        NS  ns
ns       A   127.0.0.1
@        MX  10 mx1
@        MX  20 mx2
mx1      A   127.0.0.1
mx2      AAAA ::1
null     MX  0 .
empty    TXT "nothing"
implicit A   127.0.0.1
literal  MX  10 192.0.2.1.
alias    CNAME pec-test.example.
viaalias MX  10 www
www      CNAME mx1
many     MX  10 mx1
`

// authoritative checks the answers of a server of peerZone.
func authoritative(t *testing.T, port int) {
	t.Helper()
	d := &DNS{Servers: []string{fmt.Sprintf("127.0.0.1:%d", port)}}
	got := mxOf(t, d, "pec-test.example", "null.pec-test.example", "empty.pec-test.example", "implicit.pec-test.example", "literal.pec-test.example",
		"alias.pec-test.example", "viaalias.pec-test.example", "missing.pec-test.example", "many.pec-test.example", "elsewhere.test")
	want := map[string]checker.MXKind{
		"pec-test.example": checker.MXHosts, "null.pec-test.example": checker.MXNull, "empty.pec-test.example": checker.MXNothing,
		"implicit.pec-test.example": checker.MXImplicit, "literal.pec-test.example": checker.MXUnusable, "alias.pec-test.example": checker.MXHosts,
		"viaalias.pec-test.example": checker.MXUnusable, "missing.pec-test.example": checker.MXNoDomain, "many.pec-test.example": checker.MXHosts,
	}
	for domain, a := range got {
		if a.Kind != want[domain] || a.Fault == nil != (want[domain] != checker.MXNotAsked) {
			t.Errorf("%s: %+v, fault %+v", domain, a, a.Fault)
		}
	}
	if f := got["elsewhere.test"].Fault; f == nil || f.Reason != checker.ReasonPolicy {
		t.Errorf("a zone that is not served: %+v", f)
	}
	if hosts := got["many.pec-test.example"].Hosts; len(hosts) < 30 {
		t.Errorf("an answer that does not fit into a packet: %d exchangers", len(hosts))
	}
}

// zoneFile adds a name whose answer needs TCP.
func zoneFile() string {
	var b strings.Builder
	b.WriteString(peerZone)
	for i := range 80 {
		fmt.Fprintf(&b, "many MX %d exchanger-with-a-long-name-%d.and.a.long.domain.elsewhere\n", 20+i, i)
	}
	return b.String()
}

func TestPeerKnot(t *testing.T) {
	t.Parallel()
	knot := program(t, "knotd", "knot")
	dir, port := folder(t, "run", "db", "zones"), freePort(t)
	write(t, filepath.Join(dir, "zones/pec-test.example.zone"), zoneFile())
	write(t, filepath.Join(dir, "knot.conf"), fmt.Sprintf(`
server:
    rundir: "%[1]s/run"
    listen: 127.0.0.1@%[2]d
database:
    storage: "%[1]s/db"
log:
  - target: stderr
    any: info
template:
  - id: default
    storage: "%[1]s/zones"
    file: "%%s.zone"
zone:
  - domain: pec-test.example
`, dir, port))
	daemon(t, port, nil, knot, "-c", filepath.Join(dir, "knot.conf"))
	authoritative(t, port)
}

func TestPeerNSD(t *testing.T) {
	t.Parallel()
	nsd := program(t, "nsd", "nsd")
	dir, port := folder(t), freePort(t)
	write(t, filepath.Join(dir, "zone"), zoneFile())
	write(t, filepath.Join(dir, "nsd.conf"), fmt.Sprintf(`
server:
    ip-address: 127.0.0.1
    port: %[2]d
    username: ""
    chroot: ""
    zonesdir: "%[1]s"
    zonelistfile: "%[1]s/zone.list"
    pidfile: ""
    xfrdfile: ""
    database: ""
    rrl-ratelimit: 0
remote-control:
    control-enable: no
zone:
    name: pec-test.example
    zonefile: zone
`, dir, port))
	daemon(t, port, nil, nsd, "-d", "-c", filepath.Join(dir, "nsd.conf"))
	authoritative(t, port)
}

func TestPeerPostfix(t *testing.T) {
	t.Parallel()
	postfix := program(t, "postfix", "postfix")
	owner, err := user.Lookup("postfix")
	if err != nil || os.Geteuid() != 0 {
		t.Skip("postfix starts only as root, and has a user of its own")
	}
	drop, err := user.LookupGroup("postdrop")
	if err != nil {
		t.Skip("postfix has no group postdrop")
	}
	dir, port := folder(t, "etc", "queue", "data"), freePort(t)
	id := func(s string) int { n, _ := strconv.Atoi(s); return n }
	if err := os.Chown(filepath.Join(dir, "data"), id(owner.Uid), id(owner.Gid)); err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(filepath.Join(dir, "queue"), 0, id(drop.Gid)); err != nil {
		t.Fatal(err)
	}
	certificate(t, filepath.Join(dir, "pem"))
	write(t, filepath.Join(dir, "etc/main.cf"), strings.ReplaceAll(`
compatibility_level = 3.6
queue_directory = $D/queue
data_directory = $D/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
maillog_file = /dev/stdout
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 192.0.2.0/24
myhostname = mx.pec-test.example
mydestination =
local_recipient_maps =
alias_maps =
alias_database =
relay_domains =
virtual_mailbox_domains = pec-test.example
virtual_mailbox_maps = texthash:$D/etc/vmailbox
virtual_transport = lmtp:inet:127.0.0.1:9
default_transport = error:no delivery here
smtpd_tls_cert_file = $D/pem
smtpd_tls_key_file = $D/pem
smtpd_tls_security_level = may
smtpd_relay_restrictions = reject_unauth_destination
smtpd_recipient_restrictions = check_recipient_access texthash:$D/etc/access, reject_unauth_destination
`, "$D", dir))
	write(t, filepath.Join(dir, "etc/vmailbox"), "ok@pec-test.example x\nfull@pec-test.example x\ngrey@pec-test.example x\n")
	write(t, filepath.Join(dir, "etc/access"), "full@pec-test.example 552 5.2.2 Mailbox full\ngrey@pec-test.example 451 4.7.1 Greylisted, try again later\n")
	write(t, filepath.Join(dir, "etc/master.cf"), fmt.Sprintf(`127.0.0.1:%d inet n - n - 20 smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
error unix - - n - - error
anvil unix - - n - 1 anvil
proxymap unix - - n - - proxymap
postlog unix-dgram n - n - 1 postlogd
`, port))
	stop := func() { _ = exec.Command(postfix, "-c", filepath.Join(dir, "etc"), "stop").Run() }
	log := daemon(t, port, stop, postfix, "-c", filepath.Join(dir, "etc"), "start-fg")

	smtp := &SMTP{
		Helo: "checker.cciaa.example", MailFrom: "verifiche@cciaa.example", Private: true, Port: port,
		Limits: map[string]Limit{"default": {PerSecond: 1000, Connections: 2, PerDay: 1000}},
		Addresses: func(_ context.Context, hosts []string, yield func(string, []netip.Addr, *checker.Fault)) error {
			for _, h := range hosts {
				yield(h, []netip.Addr{netip.MustParseAddr("127.0.0.1")}, nil)
			}
			return nil
		},
	}
	targets := at("mx.pec-test.example", "ok@pec-test.example", "full@pec-test.example", "grey@pec-test.example", "a@elsewhere.test")
	want := map[string]checker.ReplyClass{
		"ok@pec-test.example": checker.ReplyAccepted, "full@pec-test.example": checker.ReplyFull, "grey@pec-test.example": checker.ReplyTemporary, "a@elsewhere.test": checker.ReplyPolicy,
	}
	for i := range 25 { // more than Postfix bears in one connection
		gone := fmt.Sprintf("gone%d@pec-test.example", i)
		want[gone] = checker.ReplyNoMailbox
		targets = append(targets, Target{gone, []string{"mx.pec-test.example"}})
	}
	for address, r := range probeAll(t, smtp, targets) {
		if r.Class != want[address] || r.Class == checker.ReplyNoMailbox && (!r.RefusesImpossible || !r.TookAnother || r.Enhanced != "5.1.1") {
			t.Errorf("%s: %+v, fault %+v", address, r, r.Fault)
		}
	}
	stop() // so that all is logged
	for _, bad := range []string{"too many errors", "improper command", "non-SMTP"} {
		if strings.Contains(log.String(), bad) {
			t.Errorf("postfix complains of %q:\n%s", bad, log)
		}
	}
}

// certificate writes a self-signed one with its key.
func certificate(t *testing.T, path string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Unix(0, 0), NotAfter: time.Now().AddDate(1, 0, 0), DNSNames: []string{"mx.pec-test.example"}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	write(t, path, string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}))+string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})))
}

package main

import (
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"go.yaml.in/yaml/v4"

	"pecaudit/checker"
	"pecaudit/configs"
)

// fields compares the values of configurations, not where they came from.
var fields = cmpopts.IgnoreUnexported(Config{})

// writeConfig writes a file pecaudit.yaml and returns its path.
func writeConfig(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "pecaudit.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func noEnv(string) string { return "" }

func env(m map[string]string) func(string) string {
	return func(name string) string { return m[name] }
}

func TestShippedConfigHoldsTheDefaults(t *testing.T) {
	t.Parallel()
	var shipped Config
	if _, err := configs.Decode("pecaudit.yaml", configs.PecauditYAML(), &shipped); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(defaultConfig(), &shipped, fields, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("configs/pecaudit.yaml differs from the defaults (-default +file):\n%s", diff)
	}
}

func TestShippedConfigShowsEveryKey(t *testing.T) {
	t.Parallel()
	var tree yaml.Node
	if err := yaml.Load(configs.PecauditYAML(), &tree); err != nil {
		t.Fatal(err)
	}
	var missing func(path string, of reflect.Type, n *yaml.Node) []string
	missing = func(path string, of reflect.Type, n *yaml.Node) (lost []string) {
		for i := range of.NumField() {
			f := of.Field(i)
			key := f.Tag.Get("yaml")
			if key == "" {
				continue
			}
			at := slices.IndexFunc(n.Content, func(c *yaml.Node) bool { return c.Value == key })
			switch {
			case at < 0 || at%2 != 0:
				lost = append(lost, path+key)
			case f.Type.Kind() == reflect.Struct && f.Type != reflect.TypeFor[checker.Span]():
				lost = append(lost, missing(path+key+".", f.Type, n.Content[at+1])...)
			}
		}
		return lost
	}
	if lost := missing("", reflect.TypeFor[Config](), tree.Content[0]); len(lost) > 0 {
		t.Errorf("configs/pecaudit.yaml does not show %q", lost)
	}
}

func TestLoadConfigWithoutFile(t *testing.T) {
	t.Parallel()
	c, err := loadConfig("", noEnv)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(defaultConfig(), c, fields); diff != "" {
		t.Errorf("(-default +loaded):\n%s", diff)
	}
	if diff := cmp.Diff(checker.DefaultPolicy(), c.Policy()); diff != "" {
		t.Errorf("policy (-default +loaded):\n%s", diff)
	}
	if diff := cmp.Diff(checker.DefaultAbsences(), c.Absences()); diff != "" {
		t.Errorf("absences (-default +loaded):\n%s", diff)
	}
}

func TestLoadConfigEmptyFile(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "\n", "# nothing yet\n", "---\n"} {
		c, err := loadConfig(writeConfig(t, text), noEnv)
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		if c.Coverage != "extract" || c.Policy() != checker.DefaultPolicy() {
			t.Errorf("%q does not give the defaults", text)
		}
	}
}

func TestLoadConfigReadsEveryKind(t *testing.T) {
	t.Parallel()
	path := writeConfig(t, `
store: postgres://pec@localhost/pec?sslmode=require
lists:
  companies: ["elenchi/{month}/*.csv", {path: /srv/b.csv, date: 2026-10-31}]
status_max_age: 480h
retention: {evidence: 3 years, cases: 6 months}
procedure: {default: giudice-45, chambers: {verona: verona-2025}}
providers: [gestori.yaml]
absent: {none: [manca]}
dns: {servers: ["192.0.2.53:53", "[2001:db8::1]:53"], confirm_after: 0s}
smtp:
  limits:
    default: {per_second: 3}
    aruba-pec: {per_day: 10}
albo: {sole_trader_code: true}
`)
	c, err := loadConfig(path, noEnv)
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Dir(path)
	want := defaultConfig()
	want.Store, want.OutDir = "postgres://pec@localhost/pec?sslmode=require", filepath.Join(dir, "reports")
	want.Lists.Companies = []ListFile{
		{Path: filepath.Join(dir, "elenchi/{month}/*.csv")}, {Path: "/srv/b.csv", Date: checker.Date{Year: 2026, Month: 10, Day: 31}},
	}
	want.StatusMaxAge = 480 * time.Hour
	want.Retention.Evidence, want.Retention.Cases = checker.Span{Months: 36}, checker.Span{Months: 6}
	want.Procedure.Default, want.Procedure.Chambers = "giudice-45", map[string]string{"verona": "verona-2025"}
	want.Providers = []string{filepath.Join(dir, "gestori.yaml")}
	want.Absent.None = []string{"manca"}
	want.DNS.Servers, want.DNS.ConfirmAfter = []string{"192.0.2.53:53", "[2001:db8::1]:53"}, 0
	want.SMTP.Limits = map[string]Limits{
		"default": {PerSecond: 3, Connections: 2, PerDay: 5000}, "aruba-pec": {PerSecond: 3, Connections: 2, PerDay: 10},
	}
	want.Albo.SoleTraderCode = true
	if diff := cmp.Diff(want, c, fields); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := c.Policy().StatusMaxAge; got != 20 {
		t.Errorf("Policy().StatusMaxAge = %d days, want 20", got)
	}
}

// Every mistake is named with its line and column, all of them at once.
func TestLoadConfigRefuses(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, text string
		want       []string
	}{
		{"unknown key", "store: s.db\nout_dir: r\nlists: {companies: [a.csv]}\nprocedure: {default: giudice-45}\nno_such_key: 1\n", []string{`pecaudit.yaml:5:1: unknown key "no_such_key"`}},
		{"unknown key inside", "brake: {min: 1, max: 2}\n", []string{`pecaudit.yaml:1:17: unknown key "max"`}},
		{"unknown key of a list", "lists: {companies: [{path: a, dat: 2026-01-01}]}\n", []string{`pecaudit.yaml:1:31: unknown key "dat"`}},
		{"twice", "live: dns\nlive: none\n", []string{`pecaudit.yaml:2:1: `, `"live"`}},
		{"other letter case", "Store: s.db\n", []string{`pecaudit.yaml:1:1: unknown key "Store"`}},
		{"wrong kinds", "max_missing: much\nstatus_max_age: 45\nlists: [a.csv]\nshared_review_from: 2.5\n", []string{
			`pecaudit.yaml:1:14: "much" is not a number`, `pecaudit.yaml:2:17: "45" is not a length of time such as 72h`,
			`pecaudit.yaml:3:8: a list is not a group of keys`, `pecaudit.yaml:4:21: "2.5" is not a whole number`,
		}},
		{"wrong kind and wrong value", "max_missing: much\ncoverage: all\n", []string{
			`pecaudit.yaml:1:14: "much" is not a number`, `pecaudit.yaml:2:11: coverage: "all" is none of national | chamber | extract`,
		}},
		{"values", "max_undetermined: 1.5\nlive: smtp\nschedule: hourly\nbrake: {new_failures: 0, list_shrinks: .nan}\n", []string{
			`pecaudit.yaml:1:19: max_undetermined: 1.5 is not a share`, `pecaudit.yaml:2:7: live: "smtp" is none of none | dns | dns,smtp`,
			`pecaudit.yaml:3:11: schedule: it has 1 fields`, `pecaudit.yaml:4:23: brake.new_failures: 0 is not`, `pecaudit.yaml:4:40: brake.list_shrinks: NaN is not a share`,
		}},
		{"no value", "store:\ndns:\n  # servers: []\n", []string{`pecaudit.yaml:1:7: store: it has no value`, `dns: it has no value`}},
		{"empty value", `store: ""`, []string{`pecaudit.yaml:1:8: store: it is empty`}},
		{"span", "retention: {evidence: 30 days}\n", []string{`pecaudit.yaml:1:23: "30 days" is not a length of time such as "30 months" or "10 years"`}},
		{"date", "lists: {companies: [{path: a, date: 2026-02-30}]}\n", []string{`pecaudit.yaml:1:37: "2026-02-30" is not a date`}},
		{"not whole days", "status_max_age: 36h\nreceipts: {fail_max_age: 0s}\n", []string{
			`pecaudit.yaml:1:17: status_max_age: 36h0m0s is not a number of whole days`, `pecaudit.yaml:2:26: receipts.fail_max_age`,
		}},
		{"server", "dns:\n  servers: [\"192.0.2.1:53\", 192.0.2.1]\n", []string{`pecaudit.yaml:2:29: dns.servers[1]: "192.0.2.1" is not HOST:PORT`}},
		{"smtp without names", "live: dns,smtp\n", []string{`default: smtp.helo: `, `default: smtp.mail_from: `}},
		{"limits of an odd name", "smtp: {limits: {a%d: {per_day: -1}}}\n", []string{`smtp.limits.a%d.per_day: -1 is not`}},
		{"limits", "smtp: {limits: {aruba-pec: {per_second: 0}}}\n", []string{`pecaudit.yaml:1:41: smtp.limits.aruba-pec.per_second: 0 is not`}},
		{"password", "store: postgres://pec:hunter2@db.example/pec\n", []string{`pecaudit.yaml:1:8: store: a password does not belong in this file`}},
		{"password as a parameter", "store: postgres://db.example/pec?password=hunter2\n", []string{`pecaudit.yaml:1:8: store: a password does not belong`}},
		{"two documents", "live: none\n---\nlive: dns\n", []string{`pecaudit.yaml:2:1: only one document is read`}},
		{"broken", "lists: [\n", []string{`pecaudit.yaml:2:1: `}},
		{"binary", "store: \x00\n", []string{`pecaudit.yaml: `}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c, err := loadConfig(writeConfig(t, tt.text), noEnv)
			if err == nil {
				t.Fatalf("taken as %s", c.Describe())
			}
			for _, want := range tt.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("the error does not say %q:\n%v", want, err)
				}
			}
			if strings.Contains(err.Error(), "hunter2") || strings.Contains(err.Error(), "main.") {
				t.Errorf("the error says too much:\n%v", err)
			}
		})
	}
}

func TestLoadConfigNoSuchFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "nowhere.yaml")
	if _, err := loadConfig(path, noEnv); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("got %v, want an error that names %s", err, path)
	}
	big := writeConfig(t, "# "+strings.Repeat("x", maxConfigBytes)+"\n")
	if _, err := loadConfig(big, noEnv); err == nil || !strings.Contains(err.Error(), "larger than a configuration") {
		t.Errorf("a file that is no configuration: got %v", err)
	}
}

func TestEnvironmentWinsOverTheFile(t *testing.T) {
	t.Parallel()
	path := writeConfig(t, "store: a.db\nlive: dns\nsmtp: {helo: a.example}\n")
	vars := map[string]string{
		"PECAUDIT_CONFIG": path, "PECAUDIT_STORE": "postgres://pec:secret@db.example/pec", "PECAUDIT_OUT_DIR": "out", "PECAUDIT_COVERAGE": "national",
		"PECAUDIT_LIVE": "dns,smtp", "PECAUDIT_SMTP_HELO": "b.example", "PECAUDIT_SMTP_MAIL_FROM": "prova@b.example",
	}
	c, err := loadConfig("", env(vars))
	if err != nil {
		t.Fatal(err)
	}
	got := []string{c.Store, c.OutDir, c.Coverage, c.Live, c.SMTP.Helo, c.SMTP.MailFrom}
	want := []string{"postgres://pec:secret@db.example/pec", "out", "national", "dns,smtp", "b.example", "prova@b.example"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if text := c.Describe(); strings.Contains(text, "secret") || !strings.Contains(text, "db.example") {
		t.Errorf("Describe must name the store without its password:\n%s", text)
	}
	vars["PECAUDIT_COVERAGE"] = "world"
	if _, err := loadConfig("", env(vars)); err == nil || !strings.Contains(err.Error(), `PECAUDIT_COVERAGE: coverage: "world" is none of`) {
		t.Errorf("a wrong variable: got %v", err)
	}
}

// A value that a flag has changed is not blamed on the file.
func TestErrorfSaysWhereTheValueWasGiven(t *testing.T) {
	t.Parallel()
	c, err := loadConfig(writeConfig(t, "live: dns\nprocedure:\n  chambers: {torino: nowhere}\nschedule: \"0 2 1 * *\"\n"), env(map[string]string{"PECAUDIT_OUT_DIR": "x"}))
	if err != nil {
		t.Fatal(err)
	}
	c.Live = "fax"
	c.DNS.Servers = []string{"x"}
	for key, want := range map[string]string{
		"procedure.chambers.torino": "pecaudit.yaml:3:22: procedure.chambers.torino: ", "schedule": "pecaudit.yaml:4:11: schedule: ", "live": "command line: live: ",
		"dns.servers[0]": "command line: dns.servers[0]: ", "out_dir": "PECAUDIT_OUT_DIR: out_dir: ", "coverage": "default: coverage: ",
	} {
		if got := c.Errorf(key, "no").Error(); !strings.HasSuffix(got, want+"no") {
			t.Errorf("Errorf(%q) = %q, want it to end with %q", key, got, want+"no")
		}
	}
	if err := c.Validate(); err == nil || !strings.Contains(err.Error(), `command line: live: "fax"`) {
		t.Errorf("Validate after the flags: %v", err)
	}
}

func TestHash(t *testing.T) {
	t.Parallel()
	load := func(text string) *Config {
		c, err := loadConfig(writeConfig(t, text), noEnv)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	const text = "lists: {companies: [elenchi/a.csv]}\nstore: a.db\nsmtp: {limits: {a: {per_day: 1}, b: {per_day: 2}, c: {per_day: 3}}}\n"
	base := load(text)
	if h := base.Hash(); len(h) != 64 || h != base.Hash() {
		t.Fatalf("Hash() = %q, want 64 hexadecimal digits, the same each time", h)
	}
	before := base.Describe()
	for what, same := range map[string]string{
		"another folder": text, "another store": strings.Replace(text, "a.db", "b.db", 1), "a comment": "# x\n" + text,
		"a default written out": text + "live: none\nout_dir: elsewhere\n",
	} {
		if load(same).Hash() != base.Hash() {
			t.Errorf("%s changes the hash", what)
		}
	}
	for what, other := range map[string]string{
		"another list": strings.Replace(text, "a.csv", "b.csv", 1), "a threshold": text + "max_missing: 0.31\n", "a limit": strings.Replace(text, "per_day: 2", "per_day: 4", 1),
		"a date": strings.Replace(text, "[elenchi/a.csv]", "[{path: elenchi/a.csv, date: 2026-10-31}]", 1), "a word": text + "absent: {not_told: [boh]}\n",
	} {
		if load(other).Hash() == base.Hash() {
			t.Errorf("%s does not change the hash", what)
		}
	}
	if base.Describe() != before {
		t.Error("Hash changed the configuration")
	}
}

// Every leaf counts: a key that Describe and Hash overlooked would make different configurations look alike.
func TestSettingsCoverEveryKey(t *testing.T) {
	t.Parallel()
	var keys []string
	for _, s := range defaultConfig().settings() {
		keys = append(keys, s.key)
	}
	want := []string{
		"store", "out_dir", "lists.companies", "lists.pec_status", "lists.professionals", "lists.directors", "lists.pending", "coverage", "schedule",
		"max_undetermined", "max_missing", "expiry_warning_days", "status_max_age", "publish_max_age", "shared_review_from", "brake.new_failures", "brake.min",
		"brake.list_shrinks", "retention.evidence", "retention.cases", "procedure.default", "procedure.chambers", "procedures", "providers", "absent.none",
		"absent.not_told", "albo.sole_trader_code", "live", "dns.servers", "dns.confirm_after", "dns.max_age", "smtp.port", "smtp.helo", "smtp.mail_from",
		"smtp.timeout", "smtp.retry_after", "smtp.max_age", "smtp.limits.default.per_second", "smtp.limits.default.connections", "smtp.limits.default.per_day",
		"receipts.ca_files", "receipts.confirm_after", "receipts.fail_max_age",
	}
	if diff := cmp.Diff(want, keys); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestDescribe(t *testing.T) {
	t.Parallel()
	c, err := loadConfig(writeConfig(t, "coverage: chamber\nlists: {pending: [{path: /srv/p.csv, date: 2026-10-31}]}\n"), env(map[string]string{"PECAUDIT_OUT_DIR": "out"}))
	if err != nil {
		t.Fatal(err)
	}
	text := c.Describe()
	for _, want := range []string{
		"pecaudit.yaml:1:11\n", `lists.pending: ["/srv/p.csv" @ 2026-10-31]    # `, "out_dir: \"out\"    # PECAUDIT_OUT_DIR\n", "retention.evidence: 30 months    # default\n",
		"status_max_age: 1080h0m0s    # default\n", "procedure.chambers: {}    # default\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("Describe does not say %q:\n%s", want, text)
		}
	}
}

func FuzzLoadConfig(f *testing.F) {
	f.Add(string(configs.PecauditYAML()))
	f.Add("lists: {companies: [a, {path: b}]}\nsmtp: {limits: {x: {per_day: 1}}}\n")
	f.Add("a: &a [*a]\nstore: *a\n")
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, text string) {
		path := filepath.Join(dir, "pecaudit.yaml")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		c, err := loadConfig(path, noEnv)
		if err != nil {
			return
		}
		if err := c.Validate(); err != nil {
			t.Errorf("taken, and then refused: %v", err)
		}
		if first, again := c.Hash(), c.Hash(); first != again || c.Describe() == "" {
			t.Error("hash or description not stable")
		}
	})
}

package main

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"pecaudit/checker"
	"pecaudit/configs"
)

// Config is the configuration in force; configs/pecaudit.yaml says what every key means. Paths are relative to the working folder or absolute.
type Config struct {
	Store             string        `yaml:"store"`
	OutDir            string        `yaml:"out_dir"`
	Lists             Lists         `yaml:"lists"`
	Coverage          string        `yaml:"coverage"`
	Schedule          string        `yaml:"schedule"`
	MaxUndetermined   float64       `yaml:"max_undetermined"`
	MaxMissing        float64       `yaml:"max_missing"`
	ExpiryWarningDays int           `yaml:"expiry_warning_days"`
	StatusMaxAge      time.Duration `yaml:"status_max_age"`
	PublishMaxAge     time.Duration `yaml:"publish_max_age"`
	SharedReviewFrom  int           `yaml:"shared_review_from"`
	Brake             struct {
		NewFailures float64 `yaml:"new_failures"`
		Min         int     `yaml:"min"`
		ListShrinks float64 `yaml:"list_shrinks"`
	} `yaml:"brake"`
	Retention struct {
		Evidence checker.Span `yaml:"evidence"`
		Cases    checker.Span `yaml:"cases"`
	} `yaml:"retention"`
	Procedure struct {
		Default  string            `yaml:"default"`
		Chambers map[string]string `yaml:"chambers"` // slug -> procedure ID
	} `yaml:"procedure"`
	Procedures []string `yaml:"procedures"`
	Providers  []string `yaml:"providers"`
	Absent     struct {
		None    []string `yaml:"none"`
		NotTold []string `yaml:"not_told"`
	} `yaml:"absent"`
	Albo struct {
		SoleTraderCode bool `yaml:"sole_trader_code"`
	} `yaml:"albo"`
	Live string `yaml:"live"`
	DNS  struct {
		Servers      []string      `yaml:"servers"`
		ConfirmAfter time.Duration `yaml:"confirm_after"`
		MaxAge       time.Duration `yaml:"max_age"`
	} `yaml:"dns"`
	SMTP struct {
		Port       int               `yaml:"port"`
		Helo       string            `yaml:"helo"`
		MailFrom   string            `yaml:"mail_from"`
		Timeout    time.Duration     `yaml:"timeout"`
		RetryAfter time.Duration     `yaml:"retry_after"`
		MaxAge     time.Duration     `yaml:"max_age"`
		Limits     map[string]Limits `yaml:"limits"` // operator ID or "default", which is always there
	} `yaml:"smtp"`
	Receipts struct {
		CAFiles      []string      `yaml:"ca_files"`
		ConfirmAfter time.Duration `yaml:"confirm_after"`
		FailMaxAge   time.Duration `yaml:"fail_max_age"`
	} `yaml:"receipts"`

	dir      string            // that relative paths of the file were relative to
	document *configs.Document // the file; empty without one
	read     bool              // there is a file
	fromEnv  map[string]string // key -> variable that set it
	loaded   []setting         // the values as loadConfig left them
}

// Lists are the lists of a monthly run.
type Lists struct {
	Companies     []ListFile `yaml:"companies"`
	PECStatus     []ListFile `yaml:"pec_status"`
	Professionals []ListFile `yaml:"professionals"`
	Directors     []ListFile `yaml:"directors"`
	Pending       []ListFile `yaml:"pending"`
}

// A ListFile is a path or pattern, {month} in it not yet filled in, and the day for which the list speaks; zero if it is not said here.
type ListFile struct {
	Path string       `yaml:"path"`
	Date checker.Date `yaml:"date"`
}

// UnmarshalYAML takes a path alone too.
func (l *ListFile) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.ScalarNode {
		return n.Load(&l.Path)
	}
	type plain ListFile
	return n.Load((*plain)(l), yaml.WithKnownFields(), yaml.WithUniqueKeys())
}

// Limits are what an operator of mail exchangers may be asked.
type Limits struct {
	PerSecond   float64 `yaml:"per_second"`
	Connections int     `yaml:"connections"`
	PerDay      int     `yaml:"per_day"`
}

// defaultConfig returns the defaults of CONTRACT section 8.
func defaultConfig() *Config {
	policy, absences := checker.DefaultPolicy(), checker.DefaultAbsences()
	c := &Config{
		Store: "pecaudit.db", OutDir: "reports", Coverage: "extract", Schedule: "0 6 1 * *", MaxUndetermined: 0.20, MaxMissing: policy.MaxMissing,
		ExpiryWarningDays: policy.ExpiryWarningDays, StatusMaxAge: days(policy.StatusMaxAge), PublishMaxAge: days(10),
		SharedReviewFrom: policy.SharedReviewFrom, Live: "none", document: &configs.Document{}, fromEnv: map[string]string{},
	}
	c.Brake.NewFailures, c.Brake.Min, c.Brake.ListShrinks = 3.0, 200, 0.90
	c.Retention.Evidence, c.Retention.Cases = checker.Span{Months: 30}, checker.Span{Months: 120}
	c.Absent.None, c.Absent.NotTold = absences.None, absences.NotTold
	c.DNS.ConfirmAfter, c.DNS.MaxAge = policy.DNSConfirmAfter, days(7)
	c.SMTP.Port, c.SMTP.Timeout, c.SMTP.RetryAfter, c.SMTP.MaxAge = 25, 30*time.Second, 30*time.Minute, days(30)
	c.SMTP.Limits = map[string]Limits{"default": {PerSecond: 1, Connections: 2, PerDay: 5000}}
	c.Receipts.ConfirmAfter, c.Receipts.FailMaxAge = policy.ReceiptsConfirm, days(policy.ReceiptsMaxAge)
	return c
}

func days(n int) time.Duration { return time.Duration(n) * 24 * time.Hour }

// loadConfig returns the configuration: the defaults, over them the file at path, over it the environment. Without a path the file is the one that
// PECAUDIT_CONFIG names, or none; a file that merely lies in the working folder is not read. Every mistake is reported, those of the file as "path:line:column:
// what". Flags come later: whoever sets fields must call Validate again.
func loadConfig(path string, getenv func(string) string) (*Config, error) {
	c := defaultConfig()
	if path == "" {
		path = getenv("PECAUDIT_CONFIG")
	}
	var errs []error
	if path != "" {
		data, err := readConfigFile(path)
		if err != nil {
			return nil, err
		}
		c.read = true
		c.document, err = configs.Decode(path, data, c)
		errs = append(errs, err)
		for _, key := range c.document.Nulls() {
			errs = append(errs, c.document.Errorf(key, "it has no value: write one, or leave the line out"))
		}
		if c.dir = filepath.Dir(path); c.dir == "." {
			c.dir = ""
		}
		c.eachPath(c.resolve)
		c.completeLimits()
	}
	for _, v := range []struct {
		name, key string
		to        *string
	}{
		{"PECAUDIT_STORE", "store", &c.Store},
		{"PECAUDIT_OUT_DIR", "out_dir", &c.OutDir},
		{"PECAUDIT_COVERAGE", "coverage", &c.Coverage},
		{"PECAUDIT_LIVE", "live", &c.Live},
		{"PECAUDIT_SMTP_HELO", "smtp.helo", &c.SMTP.Helo},
		{"PECAUDIT_SMTP_MAIL_FROM", "smtp.mail_from", &c.SMTP.MailFrom},
	} {
		if value := getenv(v.name); value != "" {
			*v.to, c.fromEnv[v.key] = value, v.name
		}
	}
	c.loaded = c.settings()
	if len(c.document.Nulls()) == 0 { // a null leaves nothing to judge
		errs = append(errs, c.Validate())
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return c, nil
}

// maxConfigBytes is far more than any configuration: a list named by mistake is refused at once.
const maxConfigBytes = 1 << 20

func readConfigFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read the configuration: %w", err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxConfigBytes+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("read the configuration: %w", err)
	case len(data) > maxConfigBytes:
		return nil, fmt.Errorf("%s is larger than a configuration can be (%d bytes): name the YAML file with --config, and lists as arguments", path, maxConfigBytes)
	}
	return data, nil
}

// eachPath calls f on every path that the configuration holds.
func (c *Config) eachPath(f func(*string)) {
	if !strings.Contains(c.Store, "://") {
		f(&c.Store)
	}
	f(&c.OutDir)
	for _, list := range [][]ListFile{c.Lists.Companies, c.Lists.PECStatus, c.Lists.Professionals, c.Lists.Directors, c.Lists.Pending} {
		for i := range list {
			f(&list[i].Path)
		}
	}
	for _, list := range [][]string{c.Procedures, c.Providers, c.Receipts.CAFiles} {
		for i := range list {
			f(&list[i])
		}
	}
}

func (c *Config) resolve(path *string) {
	if *path != "" && !filepath.IsAbs(*path) {
		*path = filepath.Join(c.dir, *path)
	}
}

// completeLimits fills what an operator's limits leave out from the default limits, and those from the built-in ones.
func (c *Config) completeLimits() {
	builtIn := defaultConfig().SMTP.Limits["default"]
	for _, id := range append([]string{"default"}, slices.Sorted(maps.Keys(c.SMTP.Limits))...) {
		l, from, key := c.SMTP.Limits[id], c.SMTP.Limits["default"], "smtp.limits."+id
		if id == "default" {
			from = builtIn
		}
		if !c.document.Has(key + ".per_second") {
			l.PerSecond = from.PerSecond
		}
		if !c.document.Has(key + ".connections") {
			l.Connections = from.Connections
		}
		if !c.document.Has(key + ".per_day") {
			l.PerDay = from.PerDay
		}
		c.SMTP.Limits[id] = l
	}
}

// Errorf returns an error about the value of a key ("procedure.chambers.torino"), which says where that value was given: in the file with line and
// column, in a variable of the environment, on the command line.
func (c *Config) Errorf(key, format string, args ...any) error {
	return fmt.Errorf("%s: %s: %w", c.origin(key), key, fmt.Errorf(format, args...))
}

// unconfigured adds to an error what is forgotten most often, where no configuration was read.
func (c *Config) unconfigured(err error) error {
	if c.read {
		return err
	}
	return fmt.Errorf("%w; no configuration was read: name yours with --config", err)
}

// origin says where the value of a key, or of a part of it ("dns.servers[0]"), was given.
func (c *Config) origin(key string) string {
	whole, _, _ := strings.Cut(key, "[")
	is := func(s setting) bool { return s.key == whole }
	was, now := slices.IndexFunc(c.loaded, is), c.settings()
	if i := slices.IndexFunc(now, is); i >= 0 && (was < 0 || c.loaded[was] != now[i]) {
		return "command line"
	}
	if name := c.fromEnv[whole]; name != "" {
		return name
	}
	if c.document.Has(whole) {
		return c.document.Where(key)
	}
	return "default"
}

// Validate reports every value that makes no sense. Whether procedures, chambers and the schedule exist as named is for those who know them.
func (c *Config) Validate() error {
	var errs []error
	wrong := func(key, format string, args ...any) { errs = append(errs, c.Errorf(key, format, args...)) }
	filled := func(key, value string) {
		if strings.TrimSpace(value) == "" {
			wrong(key, "it is empty: write a value, or leave the line out")
		}
	}
	word := func(key, value string, of ...string) {
		if !slices.Contains(of, value) {
			wrong(key, "%q is none of %s", value, strings.Join(of, " | "))
		}
	}
	share := func(key string, value float64) {
		if !(value >= 0 && value <= 1) {
			wrong(key, "%v is not a share from 0 to 1", value)
		}
	}
	within := func(key string, value, least, most int) {
		if value < least || value > most {
			wrong(key, "%d is not a number from %d to %d", value, least, most)
		}
	}
	positive := func(key string, value float64) {
		if !(value > 0) || math.IsInf(value, 1) {
			wrong(key, "%v is not a number greater than 0", value)
		}
	}
	lasting := func(key string, value, least time.Duration) {
		if value < least {
			wrong(key, "%s is too short: at least %s", value, least)
		}
	}
	wholeDays := func(key string, value time.Duration) {
		if value < days(1) || value%days(1) != 0 {
			wrong(key, "%s is not a number of whole days: write a multiple of 24h", value)
		}
	}

	filled("store", c.Store)
	if withoutSecret(c.Store) != c.Store && c.document.Has("store") && c.origin("store") == c.document.Where("store") {
		wrong("store", "a password does not belong in this file: give the store in PECAUDIT_STORE")
	}
	filled("out_dir", c.OutDir)
	for _, lists := range []struct {
		name string
		list []ListFile
	}{
		{"companies", c.Lists.Companies},
		{"pec_status", c.Lists.PECStatus},
		{"professionals", c.Lists.Professionals},
		{"directors", c.Lists.Directors},
		{"pending", c.Lists.Pending},
	} {
		for i, l := range lists.list {
			filled(fmt.Sprintf("lists.%s[%d]", lists.name, i), l.Path)
		}
	}
	word("coverage", c.Coverage, "national", "chamber", "extract")
	if n := len(strings.Fields(c.Schedule)); n != 5 {
		wrong("schedule", "it has %d fields, and must have five: minute hour day month weekday", n)
	}
	share("max_undetermined", c.MaxUndetermined)
	share("max_missing", c.MaxMissing)
	within("expiry_warning_days", c.ExpiryWarningDays, 0, 366)
	wholeDays("status_max_age", c.StatusMaxAge)
	wholeDays("publish_max_age", c.PublishMaxAge)
	within("shared_review_from", c.SharedReviewFrom, 2, 1_000_000)
	positive("brake.new_failures", c.Brake.NewFailures)
	within("brake.min", c.Brake.Min, 0, math.MaxInt32)
	share("brake.list_shrinks", c.Brake.ListShrinks)
	word("live", c.Live, "none", "dns", "dns,smtp")
	for i, server := range c.DNS.Servers {
		if host, port, err := net.SplitHostPort(server); err != nil || host == "" || !isPort(port) {
			wrong(fmt.Sprintf("dns.servers[%d]", i), "%q is not HOST:PORT, for example 192.0.2.53:53", server)
		}
	}
	lasting("dns.confirm_after", c.DNS.ConfirmAfter, 0)
	lasting("dns.max_age", c.DNS.MaxAge, 0)
	within("smtp.port", c.SMTP.Port, 1, 65535)
	lasting("smtp.timeout", c.SMTP.Timeout, time.Millisecond)
	lasting("smtp.retry_after", c.SMTP.RetryAfter, 0)
	lasting("smtp.max_age", c.SMTP.MaxAge, 0)
	if strings.Contains(c.Live, "smtp") {
		if a := checker.ParseMailbox("x@" + c.SMTP.Helo); a.State != checker.WellFormed {
			wrong("smtp.helo", "%q is not this host's public name, which live: dns,smtp needs", c.SMTP.Helo)
		}
		if a := checker.ParseMailbox(c.SMTP.MailFrom); a.State != checker.WellFormed {
			wrong("smtp.mail_from", "it is not an address of the office, which live: dns,smtp needs")
		}
	}
	for _, id := range slices.Sorted(maps.Keys(c.SMTP.Limits)) {
		l, key := c.SMTP.Limits[id], "smtp.limits."+id
		positive(key+".per_second", l.PerSecond)
		within(key+".connections", l.Connections, 1, 1000)
		within(key+".per_day", l.PerDay, 1, math.MaxInt32)
	}
	lasting("receipts.confirm_after", c.Receipts.ConfirmAfter, 0)
	wholeDays("receipts.fail_max_age", c.Receipts.FailMaxAge)
	return errors.Join(errs...)
}

func isPort(s string) bool {
	n, err := strconv.Atoi(s)
	return err == nil && n >= 1 && n <= 65535
}

// withoutSecret returns the store's address as it may be shown: a URL's password, which may be a parameter too, is left out.
func withoutSecret(store string) string {
	scheme, _, isURL := strings.Cut(store, "://")
	if !isURL {
		return store
	}
	u, err := url.Parse(store)
	if err != nil {
		return scheme + "://..."
	}
	_, secret := u.User.Password()
	query := u.Query()
	if !secret && !query.Has("password") {
		return store
	}
	u.User = url.User(u.User.Username())
	query.Del("password")
	u.RawQuery = query.Encode()
	return u.String()
}

// Policy returns the thresholds that rules read.
func (c *Config) Policy() checker.Policy {
	return checker.Policy{
		MaxMissing: c.MaxMissing, ExpiryWarningDays: c.ExpiryWarningDays, StatusMaxAge: int(c.StatusMaxAge / days(1)), SharedReviewFrom: c.SharedReviewFrom,
		DNSConfirmAfter: c.DNS.ConfirmAfter, ReceiptsConfirm: c.Receipts.ConfirmAfter, ReceiptsMaxAge: int(c.Receipts.FailMaxAge / days(1)),
	}
}

// Absences returns the words that stand for no address.
func (c *Config) Absences() checker.Absences {
	return checker.Absences{None: c.Absent.None, NotTold: c.Absent.NotTold}
}

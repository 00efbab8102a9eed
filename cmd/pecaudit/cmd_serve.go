package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"
	"github.com/robfig/cron/v3"
	"github.com/rs/zerolog"
	"github.com/spf13/cobra"

	"pecaudit/checker/store"
)

func (p *program) serveCommand() *cobra.Command {
	var f storeFlags
	var listen string
	c := &cobra.Command{
		Use:   "serve --config FILE",
		Short: "Stays up and starts the monthly run by cron",
		Long: `Starts 'run' at the times of the configuration's schedule (five cron fields, Europe/Rome; never between 02:00 and 03:00, an hour that
summer time removes or doubles). If the current month's run was missed, it is made up at once. Never publishes. Ends
cleanly on SIGTERM: a run that is under way leaves nothing half done.`,
		Example: "  pecaudit serve --config /etc/pecaudit/pecaudit.yaml --listen 127.0.0.1:8484",
		Args:    cobra.NoArgs,
		RunE:    func(c *cobra.Command, _ []string) error { return p.serve(c.Context(), &f, listen) },
	}
	f.register(c)
	c.Flags().StringVar(&listen, "listen", "", "answer GET /healthz on this local `ADDRESS`, for example 127.0.0.1:8484")
	return c
}

// parseSchedule reads five cron fields and refuses what the cron library would get wrong.
func parseSchedule(spec string) (schedule cron.Schedule, err error) {
	defer func() {
		if e := recover(); e != nil { // the library panics on some malformed specs
			schedule, err = nil, fmt.Errorf("%q is no schedule: %v", spec, e)
		}
	}()
	fields := strings.Fields(spec)
	if len(fields) != 5 || strings.ContainsAny(fields[0], "=@") {
		return nil, fmt.Errorf("%q is no schedule: it needs five fields (minute hour day month weekday), for example \"0 6 1 * *\"", spec)
	}
	parsed, err := cron.ParseStandard(spec)
	if err != nil {
		return nil, fmt.Errorf("%q is no schedule: %w", spec, err)
	}
	s, ok := parsed.(*cron.SpecSchedule)
	if !ok {
		return nil, fmt.Errorf("%q is no schedule of five fields", spec)
	}
	if s.Hour&(1<<2) != 0 {
		return nil, fmt.Errorf("%q runs between 02:00 and 03:00, an hour that summer time removes or doubles: choose another hour", spec)
	}
	if s.Location, err = time.LoadLocation("Europe/Rome"); err != nil {
		return nil, err
	}
	if s.Next(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)).IsZero() {
		return nil, fmt.Errorf("%q never comes", spec)
	}
	return s, nil
}

// server runs months by the clock.
type server struct {
	*program
	flags    *storeFlags
	schedule cron.Schedule
	lock     sync.Mutex
	health   health
}

// health is what /healthz tells. No name, no code: only how the last run ended.
type health struct {
	Status string    `json:"status"` // ok, running, failed
	Month  string    `json:"month,omitempty"`
	Code   int       `json:"exit_code"`
	Ended  time.Time `json:"ended,omitzero"`
	Next   time.Time `json:"next"`
}

func (p *program) serve(ctx context.Context, f *storeFlags, listen string) error {
	s, err := p.setup(f.config)
	if err != nil {
		return err
	}
	if f.dsn != "" {
		s.Store = f.dsn
	}
	srv := &server{program: p, flags: f, health: health{Status: "ok"}}
	if srv.schedule, err = parseSchedule(s.Schedule); err != nil {
		return usagef("schedule: %w", err)
	}
	if len(s.Lists.Companies) == 0 {
		return usagef("serve needs lists of companies in the configuration (lists: {companies: [...]})")
	}
	stopHealth, err := srv.listen(listen)
	if err != nil {
		return err
	}
	defer stopHealth()

	clock := cron.New(cron.WithLogger(cronLog{p.log}), cron.WithChain(cron.Recover(cronLog{p.log}), cron.SkipIfStillRunning(cronLog{p.log})))
	job := cron.FuncJob(func() { srv.run(ctx) })
	entry := clock.Schedule(srv.schedule, job)
	missed, err := srv.missed(ctx, s)
	if err != nil {
		return err
	}
	p.log.Info().Str("schedule", s.Schedule).Time("next", srv.schedule.Next(p.now())).Msg("serving")
	_, _ = daemon.SdNotify(false, daemon.SdNotifyReady) // only where systemd asked for it
	if missed {
		p.log.Info().Str("month", p.today().In().String()).Msg("this month's run was missed: making it up")
		clock.Entry(entry).WrappedJob.Run() // through the chain: never two at once
	}
	clock.Start()
	<-ctx.Done()
	_, _ = daemon.SdNotify(false, daemon.SdNotifyStopping)
	<-clock.Stop().Done()
	p.log.Info().Msg("stopped")
	return nil
}

// missed reports whether this month's time is past and the store knows no run of it.
func (s *server) missed(ctx context.Context, set *setup) (bool, error) {
	month := s.today().In()
	rome := s.schedule.(*cron.SpecSchedule).Location
	first := time.Date(month.Year, month.Month, 1, 0, 0, 0, 0, rome).Add(-time.Second)
	if due := s.schedule.Next(first); due.After(s.now()) {
		return false, nil
	}
	st, err := store.Open(ctx, set.Store, store.Options{Now: s.now})
	switch {
	case errors.Is(err, fs.ErrNotExist): // the first run makes it
		return true, nil
	case err != nil:
		return false, err
	}
	defer st.Close()
	_, known, err := st.RunOf(ctx, month)
	return !known, err
}

// run is one start of 'run'. What goes wrong is logged and told by /healthz; the next month is tried all the same.
func (s *server) run(ctx context.Context) {
	month := s.today().In()
	s.tell(func(h *health) { h.Status, h.Month = "running", month.String() })
	one := *s.program
	one.code = exitDone
	err := one.monthly(ctx, &runFlags{inputs: inputs{config: s.flags.config, quiet: true}, store: s.flags.dsn})
	status, code := "ok", one.code
	if err != nil {
		status, code = "failed", exitFailed
		if errors.Is(err, context.Canceled) {
			s.log.Info().Msg("run stopped; nothing half done was kept")
		} else {
			s.log.Error().Err(err).Str("month", month.String()).Msg("run failed")
		}
	}
	s.tell(func(h *health) {
		h.Status, h.Code, h.Ended, h.Next = status, code, s.now().UTC().Truncate(time.Second), s.schedule.Next(s.now())
	})
	s.log.Info().Str("status", status).Int("exit_code", code).Time("next", s.schedule.Next(s.now())).Msg("waiting for the next run")
}

func (s *server) tell(change func(*health)) {
	s.lock.Lock()
	defer s.lock.Unlock()
	change(&s.health)
}

// listen answers /healthz. Only a local address is taken: the answer is for the machine's own supervision.
func (s *server) listen(address string) (stop func(), err error) {
	if address == "" {
		return func() {}, nil
	}
	at, err := netip.ParseAddrPort(address)
	if err != nil || !at.Addr().IsLoopback() {
		return nil, usagef("--listen %q: it must be a local address with a port, for example 127.0.0.1:8484", address)
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		s.lock.Lock()
		h := s.health
		s.lock.Unlock()
		if h.Next.IsZero() {
			h.Next = s.schedule.Next(s.now())
		}
		w.Header().Set("Content-Type", "application/json")
		if h.Status == "failed" {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		_ = json.NewEncoder(w).Encode(h) // whoever asked is gone
	})
	web := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := web.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			s.log.Error().Err(err).Msg("healthz")
		}
	}()
	s.log.Info().Str("address", l.Addr().String()).Msg("answering /healthz")
	return func() {
		_ = web.Close()
		<-done
	}, nil
}

// cronLog gives the cron library's few words to the log.
type cronLog struct{ zerolog.Logger }

func (l cronLog) Info(msg string, _ ...any) { l.Debug().Msg("cron: " + msg) }

func (l cronLog) Error(err error, msg string, _ ...any) {
	l.Logger.Error().Err(err).Msg("cron: " + msg)
}

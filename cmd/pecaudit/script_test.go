package main

import (
	"context"
	"flag"
	"os"
	"os/signal"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

var update = flag.Bool("update", false, "rewrite expected outputs")

// TestMain lets scripts run the program inside the test binary. Its clock stands at $NOW, so that scripts say the same every day.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"pecaudit": func() {
			now, err := time.Parse(time.RFC3339, os.Getenv("NOW"))
			if err != nil {
				panic(err)
			}
			ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
			p := program{stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr, getenv: os.Getenv, now: func() time.Time { return now }}
			code := p.run(ctx, os.Args[1:])
			stop()
			os.Exit(code)
		},
	})
}

// Each script in fixtures/script is one thing that a user does. NOW is noon of 21 November 2026 unless the script sets it.
func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir:                 "../../fixtures/script",
		UpdateScripts:       *update,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(e *testscript.Env) error {
			e.Setenv("NOW", "2026-11-21T11:00:00Z")
			return nil
		},
		Cmds: scriptCommands,
	})
}

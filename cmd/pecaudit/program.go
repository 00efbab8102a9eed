package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/rs/zerolog"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"pecaudit/checker"
	"pecaudit/checker/cases"
	"pecaudit/checker/load"
)

// The exit codes of CONTRACT section 1. When several apply, the order is 1, 2, 5, 4, 3.
const (
	exitDone         = 0
	exitFailed       = 1
	exitUsage        = 2
	exitNonCompliant = 3
	exitUndetermined = 4
	exitHeld         = 5
)

// program is what a command needs of the world.
type program struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	getenv         func(string) string
	now            func() time.Time

	log  zerolog.Logger
	code int // of a command that completed
}

// usageError is a wrong command line or configuration: exit 2.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// run runs one command line and returns its exit code.
func (p *program) run(ctx context.Context, args []string) int {
	p.log = zerolog.New(p.stderr).With().Timestamp().Logger()
	if isTerminal(p.stderr) {
		p.log = p.log.Output(zerolog.ConsoleWriter{Out: p.stderr, TimeFormat: time.TimeOnly, NoColor: p.getenv("NO_COLOR") != ""})
	}
	root := p.command()
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return p.code
	}
	if errors.Is(err, context.Canceled) && ctx.Err() != nil {
		err = errors.New("stopped before the end: nothing that was not complete has been written; run it again")
	}
	fmt.Fprintln(p.stderr, "pecaudit:", err)
	if usage, refusal := (usageError{}), (*cases.Refusal)(nil); errors.As(err, &usage) || errors.As(err, &refusal) || errors.Is(err, load.ErrOption) {
		return exitUsage
	}
	return exitFailed
}

// worst keeps the exit code that comes first in the order of the contract.
func (p *program) worst(code int) {
	rank := map[int]int{exitDone: 0, exitNonCompliant: 1, exitUndetermined: 2, exitHeld: 3}
	if rank[code] > rank[p.code] {
		p.code = code
	}
}

// today is the day that it is in Rome.
func (p *program) today() checker.Date { return checker.RomeDate(p.now()) }

// printJSON writes one JSON value on standard output.
func (p *program) printJSON(v any) error {
	e := json.NewEncoder(p.stdout)
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

func isTerminal(w any) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// command builds the tree of commands. One file a command; this is the table.
func (p *program) command() *cobra.Command {
	root := &cobra.Command{
		Use:   "pecaudit",
		Short: "Checks the PEC addresses of the business register",
		Long: `pecaudit reads lists of companies with their PEC address (domicilio digitale), judges every address by rules with
their legal source, follows a case for each irregular one, and writes one workbook per chamber of commerce.

Try it on built-in data:  pecaudit demo`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.NoArgs,
		RunE:          func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	root.SetIn(p.stdin)
	root.SetOut(p.stdout)
	root.SetErr(p.stderr)
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return usagef("%w; see '%s --help'", err, c.CommandPath())
	})
	root.AddCommand(
		p.auditCommand(), p.runCommand(), p.serveCommand(), p.reportCommand(), p.casesCommand(), p.termCommand(), p.rulesCommand(),
		p.storeCommand(), p.demoCommand(), p.checkConfigCommand(), p.versionCommand(),
	)
	for _, c := range root.Commands() {
		dress(c)
	}
	return root
}

// exitCodes ends every help text.
const exitCodes = `Exit codes:
  0 completed, whatever it found      3 completed with non-compliant rows (--exit-code)
  1 did not complete                  4 completed, too many rows undetermined
  2 usage or configuration            5 held by the brake`

// dress gives a command and its subcommands what all have: exit codes in the help, wrong arguments as usage errors.
func dress(c *cobra.Command) {
	c.SetUsageTemplate(c.UsageTemplate() + "\n" + exitCodes + "\n")
	if check := c.Args; check != nil {
		c.Args = func(c *cobra.Command, args []string) error {
			if err := check(c, args); err != nil {
				return usagef("%w; see '%s --help'", err, c.CommandPath())
			}
			return nil
		}
	}
	for _, sub := range c.Commands() {
		dress(sub)
	}
}

// group makes a command that only holds others: without one of them it is a usage error that names them.
func group(use, short, long string, commands ...*cobra.Command) *cobra.Command {
	c := &cobra.Command{Use: use, Short: short, Long: long, Example: "  pecaudit " + use + " " + commands[0].Name() + " --help"}
	c.AddCommand(commands...)
	names := make([]string, len(commands))
	for i, sub := range commands {
		names[i] = sub.Name()
	}
	c.RunE = func(c *cobra.Command, args []string) error {
		if len(args) == 0 {
			return usagef("%s needs one of: %s", c.CommandPath(), strings.Join(names, ", "))
		}
		return usagef("%s has no command %q; it has: %s", c.CommandPath(), args[0], strings.Join(names, ", "))
	}
	return c
}

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
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
	p.stdin = &stoppable{ctx: ctx, from: p.stdin}
	root := p.command()
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return p.code
	}
	if errors.Is(err, context.Canceled) && ctx.Err() != nil {
		err = errors.New("stopped before the end: nothing that was not complete has been written; run it again")
	}
	p.tell(zerolog.ErrorLevel, err.Error())
	if usage, refusal := (usageError{}), (*cases.Refusal)(nil); errors.As(err, &usage) || errors.As(err, &refusal) || errors.Is(err, load.ErrOption) {
		return exitUsage
	}
	return exitFailed
}

// say tells the person who runs the command something, warn something to look at. On a terminal it is a line of text, else a line of the log like all others:
// whoever reads standard error by program finds JSON only.
func (p *program) say(format string, args ...any) {
	p.tell(zerolog.InfoLevel, fmt.Sprintf(format, args...))
}

func (p *program) warn(format string, args ...any) {
	p.tell(zerolog.WarnLevel, fmt.Sprintf(format, args...))
}

func (p *program) tell(level zerolog.Level, text string) {
	if isTerminal(p.stderr) {
		fmt.Fprintln(p.stderr, "pecaudit:", text)
		return
	}
	p.log.WithLevel(level).Msg(text)
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

// secondsSince is what a summary or a log says of how long something took.
func (p *program) secondsSince(started time.Time) float64 {
	return float64(p.now().Sub(started).Milliseconds()) / 1000
}

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
		Example:                    "  pecaudit demo\n  pecaudit audit imprese.csv --out verifica.xlsx",
		SilenceErrors:              true,
		SilenceUsage:               true,
		SuggestionsMinimumDistance: 2,
		Args:                       cobra.ArbitraryArgs,
		CompletionOptions:          cobra.CompletionOptions{DisableDefaultCmd: true},
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				return c.Help()
			}
			hint := ""
			if near := c.SuggestionsFor(args[0]); len(near) > 0 {
				hint = "; did you mean " + strings.Join(near, " or ") + "?"
			}
			return usagef("there is no command %q%s; 'pecaudit --help' lists them", args[0], hint)
		},
	}
	root.SetIn(p.stdin)
	root.SetOut(p.stdout)
	root.SetErr(p.stderr)
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return usagef("%w; see '%s --help'", err, c.CommandPath())
	})
	root.AddCommand(
		p.auditCommand(), p.runCommand(), p.serveCommand(), p.reportCommand(), p.casesCommand(), p.observeCommand(), p.probeCommand(),
		p.receiptsCommand(), p.termCommand(), p.rulesCommand(), p.storeCommand(), p.demoCommand(), p.checkConfigCommand(), p.versionCommand(),
	)
	root.AddCommand(completionCommand(root))
	root.InitDefaultHelpCmd()
	root.SetUsageTemplate(root.UsageTemplate() + "\n" + exitCodes + "\n") // its commands inherit it
	refuseAsUsage(root)
	return root
}

// exitCodes ends every help text.
const exitCodes = `Exit codes:
  0 completed, whatever it found      3 completed with non-compliant rows (--exit-code)
  1 did not complete                  4 completed, too many rows undetermined
  2 usage or configuration            5 held by the brake`

// refuseAsUsage makes usage errors of the wrong arguments of a command and its subcommands.
func refuseAsUsage(c *cobra.Command) {
	if check := c.Args; check != nil {
		c.Args = func(c *cobra.Command, args []string) error {
			switch err := check(c, args); {
			case err == nil:
				return nil
			case len(args) > 0 && strings.HasPrefix(err.Error(), "unknown command"): // what cobra.NoArgs says
				return usagef("%s takes no argument such as %q; see '%s --help'", c.CommandPath(), args[0], c.CommandPath())
			default:
				return usagef("%w; it is used so: %s; see '%s --help'", err, c.UseLine(), c.CommandPath())
			}
		}
	}
	for _, sub := range c.Commands() {
		refuseAsUsage(sub)
	}
}

// completionCommand prints what a shell needs to complete commands, flags and the IDs of rules.
func completionCommand(root *cobra.Command) *cobra.Command {
	shells := map[string]func(io.Writer) error{
		"bash":       func(w io.Writer) error { return root.GenBashCompletionV2(w, true) },
		"zsh":        root.GenZshCompletion,
		"fish":       func(w io.Writer) error { return root.GenFishCompletion(w, true) },
		"powershell": root.GenPowerShellCompletionWithDesc,
	}
	names := slices.Sorted(maps.Keys(shells))
	return &cobra.Command{
		Use:       "completion " + strings.Join(names, "|"),
		Short:     "Prints the completion script of a shell",
		Long:      "Prints the script that lets a shell complete commands, flags and the IDs of rules.",
		Example:   "  source <(pecaudit completion bash)\n  pecaudit completion fish > ~/.config/fish/completions/pecaudit.fish",
		ValidArgs: names,
		Args:      cobra.MatchAll(cobra.ExactArgs(1), cobra.OnlyValidArgs),
		RunE:      func(c *cobra.Command, args []string) error { return shells[args[0]](c.OutOrStdout()) },
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

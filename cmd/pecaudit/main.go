// Command pecaudit checks the certified e-mail addresses (PEC) of the companies of an Italian business register, follows a case for
// each irregular one, and writes monthly workbooks for each chamber of commerce. See the README, and pecaudit --help.
package main

import (
	"context"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
	"time"
	_ "time/tzdata" // days are counted in Rome, on machines without a zone database too
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends what does not hear the first
	collectAt(usualGarbage)
	p := program{stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr, getenv: os.Getenv, now: time.Now}
	os.Exit(p.run(ctx, os.Args[1:])) //nolint:gocritic // stop only resets signals: the process ends here
}

// usualGarbage is for small machines: an audit needs a fifth less memory than with Go's 100, and takes a twentieth longer.
const usualGarbage = 50

// collectAt sets how much is allocated, in percent of what is in use, before the garbage is collected, unless GOGC says it.
func collectAt(percent int) {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(percent)
	}
}

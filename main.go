// Roundsman is a bot in Feishu and WeCom on which field sales check in at
// their customers. This package is its command line and its wiring; it alone
// opens a store by its URL and knows the platforms by name.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"github.com/alecthomas/kong"

	"roundsman/config"
)

// Exit codes.
const (
	exitFailed = 1
	// exitUsage is for a bad command line or configuration.
	exitUsage = 2
)

// cli is the command line.
type cli struct {
	Config string `help:"The configuration file." default:"roundsman.yaml" placeholder:"FILE"`

	Serve   serveCmd   `cmd:"" help:"Run the bot and its jobs."`
	Demo    demoCmd    `cmd:"" help:"Run everything here and now: both platforms emulated, a company with a past, and a chat page."`
	Sandbox sandboxCmd `cmd:"" help:"Run only the emulated platforms, for any client of either."`
	Check   checkCmd   `cmd:"" help:"Check the configuration, the store and the platforms, a line each."`
	Import  importCmd  `cmd:"" help:"Bring in a table of customers, reps, plans, targets, routes or holidays: all rows or none."`
	Export  exportCmd  `cmd:"" help:"Write customers, reps, plans or check-ins as a table."`
	Erase   eraseCmd   `cmd:"" help:"Erase everything that is kept of a person."`
	Verify  verifyCmd  `cmd:"" help:"Recompute the record's hash chain, and name the first record that does not hold."`
	Proof   proofCmd   `cmd:"" help:"Write the proof of a check-in, which holds without the store."`
	Job     jobCmd     `cmd:"" help:"Run or preview a scheduled post once."`
	Backup  backupCmd  `cmd:"" help:"Write the store into a new file, also while the bot serves (SQLite)."`
	Restore restoreCmd `cmd:"" help:"Put a backup in the place of the store (SQLite)."`
	Version versionCmd `cmd:"" help:"Print the version."`

	Healthcheck healthcheckCmd `cmd:"" hidden:"" help:"Ask the serving process whether it is alive."`
}

// runtimeEnv is what every command gets.
type runtimeEnv struct {
	ctx    context.Context
	out    io.Writer
	log    *slog.Logger
	config func() (*config.Config, error)
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Environ(), os.Stdout, os.Stderr))
}

// run is main without the process: it returns the exit code.
func run(ctx context.Context, args, environ []string, stdout, stderr io.Writer) int {
	var c cli
	exited := -1
	parser, err := kong.New(&c, kong.Name("roundsman"),
		kong.Description("A bot in Feishu and WeCom on which field sales check in at their customers."),
		kong.Writers(stdout, stderr), kong.UsageOnError(), kong.Exit(func(code int) { exited = code }))
	if err != nil {
		_, _ = fmt.Fprintln(stderr, err)
		return exitUsage
	}
	parsed, err := parser.Parse(args)
	if exited >= 0 { // --help was printed.
		return exited
	}
	if err != nil {
		_, _ = fmt.Fprintf(stderr, "roundsman: %v\nTry roundsman --help.\n", err)
		return exitUsage
	}
	env := &runtimeEnv{
		ctx: ctx, out: stdout, log: newLogger(stderr),
		config: func() (*config.Config, error) { return config.Load(c.Config, environ) },
	}
	if err := parsed.Run(env); err != nil {
		if ce := (*config.Error)(nil); errors.As(err, &ce) {
			_, _ = fmt.Fprintf(stderr, "The configuration cannot be used:\n%v\n", ce)
			return exitUsage
		}
		_, _ = fmt.Fprintf(stderr, "roundsman: %v\n", err)
		if errors.Is(err, errUsage) {
			return exitUsage
		}
		return exitFailed
	}
	return 0
}

// errUsage marks an error of the command line.
var errUsage = errors.New("bad usage")

// newLogger writes text to a terminal and JSON elsewhere.
func newLogger(w io.Writer) *slog.Logger {
	if f, ok := w.(*os.File); ok {
		if info, err := f.Stat(); err == nil && info.Mode()&os.ModeCharDevice != 0 {
			return slog.New(slog.NewTextHandler(w, nil))
		}
	}
	return slog.New(slog.NewJSONHandler(w, nil))
}

type versionCmd struct{}

// version is set by the build.
var version = "dev"

func (versionCmd) Run(env *runtimeEnv) error {
	revision := ""
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				revision = " " + s.Value
			}
		}
	}
	_, err := fmt.Fprintf(env.out, "roundsman %s%s\n", version, revision)
	return err
}

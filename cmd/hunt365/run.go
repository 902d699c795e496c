package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/hunt365/hunt365/hunt"
	"github.com/hunt365/hunt365/hunt/report"
)

// The exit codes, documented by `hunt365 help exit-codes`.
const (
	exitClean       = 0
	exitFindings    = 1
	exitFailed      = 2
	exitIncomplete  = 3
	exitInterrupted = 130
)

// program is what every command shares: where it reads and writes.
type program struct {
	in       io.Reader
	out, err io.Writer
	tty      bool // err is a terminal: progress may be drawn
	prompted bool // an interrupt ended a query of the prompt, not the program
	fake     *fakeTenant
}

// Run runs the program with args and returns its exit code. Ctrl-c ends what
// runs at once; a second one kills the process.
func Run(args []string, in io.Reader, out, errOut io.Writer) int {
	p := &program{in: in, out: out, err: errOut}
	if f, ok := errOut.(*os.File); ok {
		p.tty = term.IsTerminal(int(f.Fd()))
	}
	return p.run(args)
}

func (p *program) run(args []string) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)
	if len(args) == 0 && isTerminal(p.in) && isTerminal(p.out) {
		args = []string{"tui"}
	}
	root := newRoot(p)
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if ctx.Err() != nil && !p.prompted {
		fmt.Fprintln(p.err, "hunt365: interrupted")
		return exitInterrupted
	}
	return p.exit(err)
}

func newRoot(p *program) *cobra.Command {
	root := &cobra.Command{
		Use:   "hunt365 <command>",
		Short: "Find out whether the mailboxes of a Microsoft 365 tenant are compromised",
		Long: `Hunt365 imports audit exports of a Microsoft 365 tenant into a case, or collects
them through Microsoft Graph, keeps them as hashed evidence, runs detection
queries written in KQL over them, and says who is compromised, by whom and what
was read, with the records that prove it. Only collect, permissions and
exposure --resolve use the network, and they only read.`,
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.SetIn(p.in)
	root.SetOut(p.out)
	root.SetErr(p.err)
	root.AddCommand(
		newImport(p), newHunt(p), newStory(p), newExposure(p), newTimeline(p), newReport(p), newLabel(p), newQuery(p), newCase(p), newRebuild(p), newDemo(p),
		newQueries(p), newTest(p), newCoverage(p), newLists(p), newLint(p), newFmt(p), newSchema(p), newBench(p), newCollect(p), newPermissions(p), newTUI(p), newVersion(p), exitCodesTopic(),
	)
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return hint(err, "see %s --help", cmd.CommandPath())
	})
	return root
}

// exitError carries an exit code and says nothing more: everything was printed.
type exitError int

func (e exitError) Error() string { return fmt.Sprintf("exit %d", int(e)) }

// hintError is an error with advice for the person at the terminal.
type hintError struct {
	err  error
	hint string
}

func (e *hintError) Error() string { return e.err.Error() }
func (e *hintError) Unwrap() error { return e.err }

func hint(err error, format string, args ...any) error {
	return &hintError{err, fmt.Sprintf(format, args...)}
}

// exit prints err, if it says anything, and returns the exit code it stands for.
func (p *program) exit(err error) int {
	var code exitError
	switch {
	case err == nil:
		return exitClean
	case errors.As(err, &code):
		return int(code)
	}
	fmt.Fprintf(p.err, "hunt365: %s\n", safeLines(err.Error()))
	var advice *hintError
	var engine *hunt.EngineError
	switch {
	case errors.As(err, &advice):
		fmt.Fprintf(p.err, "hint: %s\n", advice.hint)
	case errors.As(err, &engine) && engine.Hint != "":
		fmt.Fprintf(p.err, "hint: %s\n", engine.Hint)
	}
	if hunt.OutcomeOf(err) == hunt.Cancelled {
		return exitInterrupted
	}
	return exitFailed
}

// exactly refuses other than n arguments in a sentence that says what is wanted.
func exactly(n int, what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) == n {
			return nil
		}
		return hint(fmt.Errorf("%s wants %s, got %d arguments", cmd.CommandPath(), what, len(args)), "see %s --help", cmd.CommandPath())
	}
}

// safeLines makes each line of a message fit for a terminal.
func safeLines(s string) string {
	var out []byte
	start := 0
	for i := 0; i <= len(s); i++ {
		if i == len(s) || s[i] == '\n' {
			out = append(out, report.Safe(s[start:i])...)
			if i < len(s) {
				out = append(out, '\n')
			}
			start = i + 1
		}
	}
	return string(out)
}

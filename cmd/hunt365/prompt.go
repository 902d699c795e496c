package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/peterh/liner"

	"github.com/hunt365/hunt365/hunt"
	"github.com/hunt365/hunt365/hunt/kql"
	"github.com/hunt365/hunt365/hunt/report"
)

// promptHelp is what .help prints.
const promptHelp = `A query ends with ; or with an empty line. After let the next statement follows.
Tab completes tables, columns, functions and operators; twice lists them.
Ctrl-c cancels the query that runs, or the lines typed so far; ctrl-d leaves.

.tables [all]   tables that hold records, or all
.schema TABLE   columns of a table
.format NAME    print rows as table, json, jsonl or csv
.help           this text
.quit           leave
`

// promptRows is how many rows the prompt shows as a table; the other formats are
// for programs and show all.
const promptRows = 1000

// errLeft ends the prompt.
var errLeft = errors.New("left")

// prompt is `hunt365 query` without a query on a terminal.
type prompt struct {
	*queryOptions
	eng    *engine
	clock  hunt.Clock
	line   *liner.State
	past   *history
	lines  []string // of the statement that is being typed
	killed chan os.Signal
}

// newPrompt takes the terminal over; the caller gives it back with close.
func newPrompt(o *queryOptions, eng *engine, clock hunt.Clock) *prompt {
	p := &prompt{queryOptions: o, eng: eng, clock: clock, line: liner.NewLiner(), killed: make(chan os.Signal, 1)}
	o.prompted = true
	p.line.SetCtrlCAborts(true)
	p.line.SetTabCompletionStyle(liner.TabPrints)
	p.line.SetWordCompleter(p.complete)
	if !o.noHistory {
		p.past = openHistory(p.line)
	}
	signal.Notify(p.killed, syscall.SIGTERM)
	return p
}

func (p *prompt) close() error {
	signal.Stop(p.killed)
	return errors.Join(p.line.Close(), p.past.close())
}

// run answers queries until the user leaves.
func (p *prompt) run(ctx context.Context) error {
	fmt.Fprintln(p.err, "KQL over the case; .help explains, ctrl-d leaves")
	for {
		text, err := p.ask()
		switch {
		case errors.Is(err, liner.ErrPromptAborted):
			p.lines = nil
			continue
		case errors.Is(err, io.EOF):
			fmt.Fprintln(p.err)
			return nil
		case err != nil:
			return fmt.Errorf("read from the terminal: %w", err)
		}
		if p.interruptible(ctx, text) {
			return nil
		}
	}
}

// interruptible takes a line, which ctrl-c ends and not the program. It reports
// whether the user leaves.
func (p *prompt) interruptible(ctx context.Context, line string) bool {
	ctx, stop := signal.NotifyContext(context.WithoutCancel(ctx), os.Interrupt)
	defer stop()
	return errors.Is(p.take(ctx, line), errLeft)
}

// ask reads one line. A kill ends the wait, so that the terminal is given back.
func (p *prompt) ask() (string, error) {
	mark := "kql> "
	if len(p.lines) > 0 {
		mark = "...> "
	}
	type answer struct {
		text string
		err  error
	}
	typed := make(chan answer, 1)
	go func() {
		text, err := p.line.Prompt(mark)
		typed <- answer{text, err}
	}()
	select {
	case a := <-typed:
		return a.text, a.err
	case <-p.killed:
		return "", errors.New("terminated")
	}
}

// take adds a line to the statement, and runs it where that ends it.
func (p *prompt) take(ctx context.Context, line string) error {
	blank := strings.TrimSpace(line) == ""
	if len(p.lines) == 0 {
		if blank {
			return nil
		}
		if strings.HasPrefix(strings.TrimSpace(line), ".") {
			p.remember(strings.TrimSpace(line))
			return p.command(ctx, strings.Fields(line))
		}
	}
	p.lines = append(p.lines, line)
	text := strings.Join(p.lines, "\n")
	if !blank && !strings.HasSuffix(strings.TrimSpace(line), ";") || isPrelude(text) {
		return nil
	}
	p.lines = nil
	p.remember(text)
	p.answer(ctx, text)
	return nil
}

// isPrelude reports whether a text only prepares a query: let, set or declare.
func isPrelude(text string) bool {
	script, err := kql.Parse(text)
	if err != nil {
		return false
	}
	for _, s := range script.Statements {
		if _, ok := s.(*kql.QueryStmt); ok {
			return false
		}
	}
	return true
}

// answer runs a text and prints its rows or what is wrong.
func (p *prompt) answer(ctx context.Context, text string) {
	start := time.Now()
	var shown shownRows
	format, err := report.FindRowFormat(p.format)
	if err == nil {
		if format.Name == "table" {
			shown.most = promptRows
		}
		err = p.runAll(ctx, p.eng, p.clock, source{"query", text}, shown.wrap(format))
	}
	switch {
	case hunt.OutcomeOf(err) == hunt.Cancelled:
		fmt.Fprintf(p.err, "cancelled after %.3f s\n", time.Since(start).Seconds())
		return
	case err != nil:
		p.exit(err)
		return
	}
	more := ""
	if shown.cut {
		more = fmt.Sprintf(" (the first %d; .format jsonl prints all)", promptRows)
	}
	fmt.Fprintf(p.err, "%d rows%s, %.3f s\n", shown.seen, more, time.Since(start).Seconds())
}

// shownRows counts the rows that a format prints, and ends them after the most.
type shownRows struct {
	hunt.Rows
	most, seen int
	cut        bool
}

// wrap returns format, counted.
func (s *shownRows) wrap(format report.RowFormat) report.RowFormat {
	write := format.Write
	format.Write = func(w io.Writer, rows hunt.Rows) error {
		s.Rows = rows
		return write(w, s)
	}
	return format
}

// Next steps on until the most are shown.
func (s *shownRows) Next() bool {
	if !s.Rows.Next() {
		return false
	}
	if s.most > 0 && s.seen == s.most {
		s.cut = true
		return false
	}
	s.seen++
	return true
}

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/hunt365/hunt365/hunt"
	"github.com/hunt365/hunt365/hunt/kql"
	"github.com/hunt365/hunt365/hunt/report"
)

// queryOptions are the options of `hunt365 query`.
type queryOptions struct {
	*program
	caseFlag
	limits
	text   string
	file   string
	format string
	asOf   string

	noHistory bool
}

func newQuery(p *program) *cobra.Command {
	o := &queryOptions{program: p}
	cmd := &cobra.Command{
		Use:   "query [KQL] [-f FILE] [--case DIR]",
		Short: "Answer KQL over a case",
		Long: `Query runs KQL over a case, or over an empty one, and prints its rows. A query
reads the case's tables and nothing else. Where a text holds several queries,
each prints its rows in turn.

Without a query on a terminal it asks for queries: with completion by Tab,
history, and .help. A query ends with ; or with an empty line.

In JSON, datetimes are ISO 8601 with up to seven digits and Z, timespans are
d.hh:mm:ss.fffffff, dynamics are JSON, and NaN and the infinities are text.`,
		Example: `  hunt365 query 'OfficeActivity | summarize count() by Operation' --case acme
  hunt365 query -f spray.kql --case acme --format csv
  echo 'print now()' | hunt365 query -f -
  hunt365 query --case acme`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				o.text = args[0]
			}
			return o.run(cmd.Context())
		},
	}
	o.caseFlag.register(cmd)
	o.limits.register(cmd)
	f := cmd.Flags()
	f.StringVarP(&o.file, "file", "f", "", "read the query from a file, - for standard input")
	f.StringVar(&o.format, "format", "table", "table, json, jsonl, csv or parquet")
	f.StringVar(&o.asOf, "as-of", "", "what now() returns (default: the end of the data)")
	f.BoolVar(&o.noHistory, "no-history", os.Getenv("HUNT365_NO_HISTORY") != "", "keep no history of what is typed at the prompt; or set HUNT365_NO_HISTORY")
	complete(cmd, "format", "table", "json", "jsonl", "csv", "parquet")
	return cmd
}

func (o *queryOptions) run(ctx context.Context) error {
	format, err := report.FindRowFormat(o.format)
	if err != nil {
		return err
	}
	if o.format == "parquet" && isTerminal(o.out) {
		return hint(errors.New("parquet is binary and standard output is a terminal"), "redirect it: > rows.parquet")
	}
	src, err := o.source()
	if err != nil {
		return err
	}
	if o.dir == "" && isCase(".") {
		o.dir = "."
	}
	eng, err := openEngine(o.dir, o.limits)
	if err != nil {
		return err
	}
	defer eng.Close()
	eng.tolerant(func(text string) { fmt.Fprintf(o.err, "hunt365: %s\n", safeLines(text)) })
	clock, err := asOf(o.asOf, eng)
	if err != nil {
		return err
	}
	if src.text != "" {
		return o.runAll(ctx, eng, clock, src, format)
	}
	p := newPrompt(o, eng, clock)
	return errors.Join(p.run(ctx), p.close())
}

// runAll answers each query of a text in turn.
func (o *queryOptions) runAll(ctx context.Context, eng *engine, clock hunt.Clock, src source, format report.RowFormat) error {
	texts := eachQuery(src.text)
	if len(texts) > 1 && format.Name == "parquet" {
		return hint(fmt.Errorf("%d queries in %s, and a parquet file holds one result", len(texts), src.name), "run them one by one, or print jsonl")
	}
	for i, text := range texts {
		if i > 0 && format.Name != "jsonl" {
			fmt.Fprintln(o.out)
		}
		if err := o.runOne(ctx, eng, clock, source{src.name, text}, format); err != nil {
			return err
		}
	}
	return nil
}

// runOne answers one query.
func (o *queryOptions) runOne(ctx context.Context, eng *engine, clock hunt.Clock, src source, format report.RowFormat) error {
	if o.timeout > 0 {
		var stop context.CancelFunc
		ctx, stop = context.WithTimeout(ctx, o.timeout)
		defer stop()
	}
	rows, err := eng.Query(ctx, hunt.Request{Text: src.text, Now: clock.Now(), MaxRows: o.maxRows})
	if hunt.OutcomeOf(err) == hunt.Invalid {
		return o.badQuery(src.name, src.text, err)
	}
	if err != nil {
		return err
	}
	defer rows.Close()
	return format.Write(o.out, rows)
}

// eachQuery returns a text once for each query in it, with the others blanked:
// what stands before a query counts for it, and places in messages stay true.
func eachQuery(text string) []string {
	script, err := kql.Parse(text)
	if err != nil {
		return []string{text} // compiling it tells what is wrong
	}
	var queries []kql.Span // to the next statement, so that the semicolon is in
	for i, s := range script.Statements {
		if q, ok := s.(*kql.QueryStmt); ok {
			end := len(text)
			if i+1 < len(script.Statements) {
				end = script.Statements[i+1].Pos().Start
			}
			queries = append(queries, kql.Span{Start: q.Start, End: end})
		}
	}
	if len(queries) < 2 {
		return []string{text}
	}
	var out []string
	for i := range queries {
		only := text
		for j, q := range queries {
			if i != j {
				only = only[:q.Start] + blanked(only[q.Start:q.End]) + only[q.End:]
			}
		}
		out = append(out, only)
	}
	return out
}

// blanked returns s with spaces for everything but line ends.
func blanked(s string) string {
	b := []byte(s)
	for i, c := range b {
		if c != '\n' && c != '\r' {
			b[i] = ' '
		}
	}
	return string(b)
}

// source is a text and what to call it in messages.
type source struct{ name, text string }

// source returns the text to run; it is empty where the user is to be asked.
func (o *queryOptions) source() (src source, err error) {
	switch {
	case o.text != "" && o.file != "":
		return src, hint(errors.New("two queries: one as argument and one with -f"), "drop one of them")
	case o.file != "":
		src.name = o.file
		src.text, err = o.readFile(o.file)
	case o.text != "":
		src = source{"query", o.text}
	case isTerminal(o.in) && isTerminal(o.out):
		return src, nil
	default:
		return src, hint(errors.New("no query"), "write it as an argument, or read it with -f FILE (-f - for standard input)")
	}
	if err == nil && strings.TrimSpace(src.text) == "" {
		err = fmt.Errorf("the query in %s is empty", src.name)
	}
	return src, err
}

func isTerminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

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
}

func newQuery(p *program) *cobra.Command {
	o := &queryOptions{program: p}
	cmd := &cobra.Command{
		Use:   "query [KQL] [-f FILE] [--case DIR]",
		Short: "Answer KQL over a case",
		Long: `Query runs one KQL query over a case, or over an empty one without --case, and
prints its rows. A query reads the case's tables and nothing else.

In JSON, datetimes are ISO 8601 with up to seven digits and Z, timespans are
d.hh:mm:ss.fffffff, dynamics are JSON, and NaN and the infinities are text.`,
		Example: `  hunt365 query 'OfficeActivity | summarize count() by Operation' --case acme
  hunt365 query -f spray.kql --case acme --format csv
  echo 'print now()' | hunt365 query -f -`,
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
	complete(cmd, "format", "table", "json", "jsonl", "csv", "parquet")
	return cmd
}

func (o *queryOptions) run(ctx context.Context) error {
	format, err := report.FindRowFormat(o.format)
	if err != nil {
		return err
	}
	if f, ok := o.out.(*os.File); ok && o.format == "parquet" && term.IsTerminal(int(f.Fd())) {
		return hint(errors.New("parquet is binary and standard output is a terminal"), "redirect it: > rows.parquet")
	}
	name, text, err := o.source()
	if err != nil {
		return err
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
	if o.timeout > 0 {
		var stop context.CancelFunc
		ctx, stop = context.WithTimeout(ctx, o.timeout)
		defer stop()
	}
	rows, err := eng.Query(ctx, hunt.Request{Text: text, Now: clock.Now(), MaxRows: o.maxRows})
	if hunt.OutcomeOf(err) == hunt.Invalid {
		return o.badQuery(name, text, err)
	}
	if err != nil {
		return err
	}
	defer rows.Close()
	return format.Write(o.out, rows)
}

// source returns the query's text and what to call it in messages.
func (o *queryOptions) source() (name, text string, err error) {
	switch {
	case o.text != "" && o.file != "":
		return "", "", hint(errors.New("two queries: one as argument and one with -f"), "drop one of them")
	case o.file != "":
		name = o.file
		text, err = o.readFile(o.file)
	case o.text != "":
		name, text = "query", o.text
	default:
		return "", "", hint(errors.New("no query"), "write it as an argument, or read it with -f FILE (-f - for standard input)")
	}
	if err == nil && strings.TrimSpace(text) == "" {
		err = fmt.Errorf("the query in %s is empty", name)
	}
	return name, text, err
}

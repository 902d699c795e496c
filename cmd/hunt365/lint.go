package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/hunt365/hunt365/hunt"
	"github.com/hunt365/hunt365/hunt/kql"
	"github.com/hunt365/hunt365/hunt/report"
)

// lintOptions are the options of `hunt365 lint`.
type lintOptions struct {
	*program
	paths []string
}

func newLint(p *program) *cobra.Command {
	o := &lintOptions{program: p}
	cmd := &cobra.Command{
		Use:   "lint [PATH... | -]",
		Short: "Check query files without data",
		Long: `Lint checks queries against the tables and functions that hunt365 knows: folders
of <id>/query.yaml, Sentinel rules and .kql files, one of these, standard input
for -, or the built-in queries without a path. The exit code is 1 where it found
something, and 2 where there is nothing to check.` + exitStatus,
		Example: "  hunt365 lint ./my-kql\n  hunt365 lint spray.kql\n  pbpaste | hunt365 lint -",
		RunE: func(cmd *cobra.Command, args []string) error {
			o.paths = args
			return o.run(cmd.Context())
		},
	}
	return cmd
}

func (o *lintOptions) run(ctx context.Context) error {
	if len(o.paths) == 0 {
		o.paths = []string{""}
	}
	eng, err := openEngine("", limits{})
	if err != nil {
		return err
	}
	defer eng.Close()
	eng.external, eng.places = emptyExternal, true
	file := ""
	eng.tolerant(func(note string) { fmt.Fprintf(o.out, "%s: note: %s\n", report.Safe(file), safeLines(note)) }) // lists are data
	checked, bad := 0, 0
	for _, path := range o.paths {
		list, err := o.load(path)
		if list == nil {
			return err
		}
		if err != nil {
			fmt.Fprintln(o.out, safeLines(err.Error()))
			bad++
		}
		for _, q := range list {
			checked++
			file = q.File
			if problem := eng.lint(ctx, q); problem != "" {
				fmt.Fprint(o.out, problem)
				bad++
			}
		}
	}
	fmt.Fprintf(o.err, "%d queries, %d with problems\n", checked, bad)
	if bad > 0 {
		return exitError(exitFindings)
	}
	return nil
}

// load reads the queries of a path, or of standard input for "-".
func (o *lintOptions) load(path string) ([]*hunt.Query, error) {
	if path != "-" {
		list, _, err := loadQueries(path)
		return list, err
	}
	text, err := o.readFile(path)
	if err != nil {
		return nil, err
	}
	return []*hunt.Query{{ID: "stdin", File: "stdin", Text: text}}, nil
}

// lint returns what is wrong with a query, as text, or "".
func (e *engine) lint(ctx context.Context, q *hunt.Query) string {
	statement, err := e.compile(ctx, q.Text, e.Now())
	var one *kql.Error
	var list kql.ErrorList
	switch {
	case errors.As(err, &one), errors.As(err, &list):
		return kql.FormatError(report.Safe(q.File), q.Text, err)
	case err != nil:
		return fmt.Sprintf("%s: %s\n", report.Safe(q.File), safeLines(err.Error()))
	}
	var text string
	if n := len(eachQuery(q.Text)); n > 1 {
		text = fmt.Sprintf("%s: %d queries in one text, of which a hunt runs the last; put each into a file of its own\n", report.Safe(q.File), n)
	}
	has := map[string]bool{}
	for _, c := range statement.Columns {
		has[c.Name] = true
	}
	for _, name := range q.Columns() {
		if !has[name] {
			text += fmt.Sprintf("%s: the result has no column %q, which the query's other fields name\n", report.Safe(q.File), report.Safe(name))
		}
	}
	return text
}

// explainFailure says on standard error why a query gave no answer.
func (p *program) explainFailure(r hunt.Result) {
	if r.Outcome == hunt.Invalid {
		var one *kql.Error
		var list kql.ErrorList
		if errors.As(r.Err, &one) || errors.As(r.Err, &list) {
			fmt.Fprint(p.err, kql.FormatError(report.Safe(r.Query.File), r.Query.Text, r.Err))
			return
		}
	}
	fmt.Fprintf(p.err, "hunt365: %s\n", safeLines(r.Err.Error()))
}

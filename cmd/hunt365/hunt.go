package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/hunt365/hunt365/hunt"
	"github.com/hunt365/hunt365/hunt/report"
)

// huntOptions are the options of `hunt365 hunt`.
type huntOptions struct {
	*program
	caseFlag
	limits
	queries string
	format  string
	failOn  string
	asOf    string
	profile bool
}

func newHunt(p *program) *cobra.Command {
	o := &huntOptions{program: p}
	cmd := &cobra.Command{
		Use:   "hunt --case DIR",
		Short: "Run detection queries over a case and print the findings",
		Long: `Hunt runs every query over the whole history in the case and prints what it
found, worst first, with the records that prove it and the coverage that the
answer rests on. It changes nothing in the case.` + exitStatus,
		Example: `  hunt365 hunt --case acme
  hunt365 hunt --case acme --format jsonl > findings.jsonl
  hunt365 hunt --case acme --queries ./my-kql --fail-on high`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return o.run(cmd.Context()) },
	}
	o.caseFlag.register(cmd)
	o.limits.register(cmd)
	f := cmd.Flags()
	f.StringVar(&o.queries, "queries", "", "folder or file of queries instead of the built-in ones")
	f.StringVar(&o.format, "format", "table", "table, json or jsonl")
	f.StringVar(&o.failOn, "fail-on", "low", "least severity that makes the exit code 1")
	f.StringVar(&o.asOf, "as-of", "", "what now() returns, such as 2026-10-03T12:00:00Z (default: the end of the data)")
	f.BoolVar(&o.profile, "profile", false, "run one query after the other, and print the time and rows of each on standard error")
	complete(cmd, "format", "table", "json", "jsonl")
	complete(cmd, "fail-on", "informational", "low", "medium", "high", "critical")
	return cmd
}

func (o *huntOptions) run(ctx context.Context) error {
	format, err := report.FindFormat(o.format)
	if err != nil {
		return err
	}
	bar, err := hunt.ParseSeverity(o.failOn)
	if err != nil {
		return fmt.Errorf("--fail-on: %w", err)
	}
	inv, err := o.investigate(ctx, format.Name != "jsonl")
	if err != nil {
		return err
	}
	defer inv.Close()
	result := inv.report
	if err := format.Write(o.out, result); err != nil {
		return err
	}
	if o.profile {
		o.printProfile(result.Results)
	}
	return o.conclude(result, bar)
}

// printProfile lists the queries, slowest first.
func (p *program) printProfile(results []hunt.Result) {
	results = slices.Clone(results)
	slices.SortStableFunc(results, func(a, b hunt.Result) int { return cmp.Compare(b.Elapsed, a.Elapsed) })
	var total time.Duration
	for _, r := range results {
		total += r.Elapsed
		fmt.Fprintf(p.err, "%9.3f s  %6d rows  %s\n", r.Elapsed.Seconds(), r.Findings, report.Safe(r.Query.ID))
	}
	fmt.Fprintf(p.err, "%9.3f s  in all\n", total.Seconds())
}

// asOf is the clock that the user set, or else the case's own.
func asOf(text string, own hunt.Clock) (hunt.Clock, error) {
	if text == "" {
		return own, nil
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05", "2006-01-02"} {
		if t, err := time.Parse(layout, text); err == nil {
			return hunt.At(t.UTC()), nil
		}
	}
	return nil, hint(fmt.Errorf("--as-of: %q is not a time", text), "write it as 2026-10-03T12:00:00Z or 2026-10-03")
}

// conclude says on standard error what could not be answered, and picks the
// exit code.
func (p *program) conclude(r *hunt.Report, bar hunt.Severity) error {
	failed, silent := 0, map[string]int{}
	for _, q := range r.Results {
		switch {
		case q.Outcome != hunt.Answered:
			failed++
			p.explainFailure(q)
		case q.CannotTell():
			for _, g := range q.Coverage.Gaps {
				silent[g.Table+": "+string(g.State)]++
			}
		}
	}
	for _, gap := range sortedKeys(silent) {
		fmt.Fprintf(p.err, "gap: %s (%d queries found nothing and cannot tell)\n", gap, silent[gap])
	}
	fmt.Fprintf(p.err, "%d queries, %d findings, %d queries failed\n", len(r.Results), len(r.Findings), failed)
	for _, f := range r.Findings {
		if f.Severity >= bar {
			return exitError(exitFindings)
		}
	}
	switch {
	case failed > 0 && failed == len(r.Results):
		return exitError(exitFailed)
	case failed > 0 || len(silent) > 0:
		return exitError(exitIncomplete)
	}
	return nil
}

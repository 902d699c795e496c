package hunt

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// Runner asks an engine every query of a run. The zero Workers is one.
type Runner struct {
	Engine  Engine
	Clock   Clock
	Workers int
	MaxRows int           // per query; 0 is no limit
	Timeout time.Duration // per query; 0 is none
}

// Report is what one run found.
type Report struct {
	Now      time.Time
	Findings []Finding
	Results  []Result // one per query, in the order asked

	Conclusion *Conclusion // nil until [Conclude]
}

// Result tells how one query went.
type Result struct {
	Query    *Query
	Outcome  Outcome
	Err      error
	Findings int
	Coverage Answer
	Elapsed  time.Duration
}

// CannotTell reports whether the query's silence means nothing: it failed, or
// found nothing over incomplete data.
func (r Result) CannotTell() bool {
	return r.Outcome != Answered || r.Findings == 0 && r.Coverage.State != Complete
}

// Run asks all queries and returns their findings in the order of
// [SortFindings], each id once. A query that fails is told in its Result and
// does not stop the others; Run itself fails only where the coverage cannot be
// read or ctx ends.
func (r *Runner) Run(ctx context.Context, queries []*Query) (*Report, error) {
	known, err := r.Engine.Coverage(ctx)
	if err != nil {
		return nil, fmt.Errorf("read coverage: %w", err)
	}
	report := &Report{Now: r.Clock.Now(), Results: make([]Result, len(queries)), Findings: []Finding{}}
	found := make([][]Finding, len(queries))
	next := make(chan int)
	var workers sync.WaitGroup
	for range max(r.Workers, 1) {
		workers.Go(func() {
			for i := range next {
				answer := Inherit(queries[i].Tables, known)
				start := time.Now()
				var err error
				found[i], err = r.ask(ctx, queries[i], report.Now, answer)
				report.Results[i] = Result{
					Query: queries[i], Outcome: OutcomeOf(err), Err: err, Findings: len(found[i]), Coverage: answer, Elapsed: time.Since(start),
				}
			}
		})
	}
	for i := range queries {
		next <- i
	}
	close(next)
	workers.Wait()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	report.collect(found)
	return report, nil
}

// collect keeps each finding once: two rows may rest on the same evidence.
func (r *Report) collect(found [][]Finding) {
	seen := map[string]bool{}
	for _, findings := range found {
		for _, f := range findings {
			if !seen[f.ID] {
				seen[f.ID] = true
				r.Findings = append(r.Findings, f)
			}
		}
	}
	SortFindings(r.Findings)
}

func (r *Runner) ask(ctx context.Context, q *Query, now time.Time, answer Answer) (found []Finding, err error) {
	if r.Timeout > 0 {
		var stop context.CancelFunc
		ctx, stop = context.WithTimeout(ctx, r.Timeout)
		defer stop()
	}
	rows, err := r.Engine.Query(ctx, Request{Text: q.Text, Now: now, MaxRows: r.MaxRows})
	if err != nil {
		return nil, fmt.Errorf("query %s: %w", q.ID, err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		f, err := q.finding(row{rows.Columns(), rows.Row()}, answer)
		if err != nil {
			return nil, fmt.Errorf("query %s: %w", q.ID, err)
		}
		found = append(found, f)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("query %s: %w", q.ID, err)
	}
	return found, nil
}

package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/hunt365/hunt365/hunt"
	"github.com/hunt365/hunt365/hunt/kql"
	"github.com/hunt365/hunt365/hunt/kql/duck"
	"github.com/hunt365/hunt365/hunt/schema"
)

// Query compiles and runs a text.
func (e *engine) Query(ctx context.Context, req hunt.Request) (hunt.Rows, error) {
	statement, err := e.compile(ctx, req.Text, req.Now)
	if err != nil {
		return nil, err
	}
	rows, err := e.store.Query(ctx, statement)
	if err != nil {
		return nil, err
	}
	return bounded(rows, req.MaxRows), nil
}

func (e *engine) compile(ctx context.Context, text string, now time.Time) (*duck.Statement, error) {
	script, err := kql.Parse(text)
	if err != nil {
		return nil, err
	}
	env := e.env(ctx, now)
	var absent []string
	env.Watchlist = func(name string) (*kql.DataSet, error) {
		set, err := e.lists.dataSet(name)
		var none noWatchlist
		if errors.As(err, &none) {
			absent = append(absent, none.Error())
			return nil, nil
		}
		return set, err
	}
	plan, err := kql.Bind(script, env)
	if err != nil {
		return nil, err
	}
	if e.note == nil && len(absent) > 0 {
		return nil, &hunt.EngineError{Outcome: hunt.MissingTable, Detail: absent[0], Hint: "put the list into the case's watchlists folder as a CSV file"}
	}
	for _, n := range plan.Notes {
		if e.note != nil {
			e.note(n)
		}
	}
	return duck.Lower(plan)
}

// tolerant lets queries name watchlists that are not there, which are empty then,
// and tells note of them. A hunt is not tolerant: its silence would mean nothing.
func (e *engine) tolerant(note func(text string)) { e.note = note }

// env is what a query may know: the tables, the clock, the watchlists, and for
// plugins whose columns depend on data, the data.
func (e *engine) env(ctx context.Context, now time.Time) *kql.Env {
	return &kql.Env{
		Tables:     schema.Lookup,
		TableNames: schema.TableNames(),
		Now:        now,
		Empty:      e.emptiness(ctx),
		External:   e.external,
		Places:     e.places,
		Discover:   func(p *kql.Plan) ([][]string, error) { return e.discover(ctx, p) },
	}
}

// emptiness tells which tables are empty when a query first asks. Where that cannot
// be found out none is.
func (e *engine) emptiness(ctx context.Context) func(table string) bool {
	filled := sync.OnceValue(func() map[string]bool {
		found, err := e.store.Filled(ctx)
		if err != nil {
			return nil
		}
		return found
	})
	return func(table string) bool { return filled() != nil && !filled()[table] }
}

// mostDiscovered bounds what a query may read to find out its own columns.
const mostDiscovered = 100_000

func (e *engine) discover(ctx context.Context, plan *kql.Plan) (out [][]string, err error) {
	statement, err := duck.Lower(plan)
	if err != nil {
		return nil, err
	}
	all, err := e.store.Query(ctx, statement)
	if err != nil {
		return nil, err
	}
	rows := bounded(all, mostDiscovered)
	defer rows.Close()
	for rows.Next() {
		var line []string
		for _, v := range rows.Row() {
			s, ok := v.(string)
			if !ok && v != nil {
				return nil, fmt.Errorf("discover columns: %T where text was asked for", v)
			}
			line = append(line, s)
		}
		out = append(out, line)
	}
	return out, rows.Err()
}

// boundedRows turns one row too many into an error.
type boundedRows struct {
	hunt.Rows
	most, seen int
	err        error
}

// bounded ends rows with an error where there are more than most; 0 is no
// limit.
func bounded(rows hunt.Rows, most int) hunt.Rows {
	if most == 0 {
		return rows
	}
	return &boundedRows{Rows: rows, most: most}
}

// Next steps on until the bound is passed.
func (r *boundedRows) Next() bool {
	if r.err != nil || !r.Rows.Next() {
		return false
	}
	if r.seen++; r.seen > r.most {
		r.err = &hunt.EngineError{
			Outcome: hunt.TooManyRows, Detail: fmt.Sprintf("more than %d", r.most),
			Hint: "raise --max-rows, or let the query summarize or take fewer",
		}
		return false
	}
	return true
}

// Err returns what ended the rows.
func (r *boundedRows) Err() error {
	if r.err != nil {
		return r.err
	}
	return r.Rows.Err()
}

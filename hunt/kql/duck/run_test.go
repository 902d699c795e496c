package duck_test

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/hunt365/hunt365/hunt/kql"
	"github.com/hunt365/hunt365/hunt/kql/duck"
	"github.com/hunt365/hunt365/hunt/schema"
)

// clock is the time at which the tests' queries run.
var clock = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// compile takes a query text all the way to SQL.
func (e *engine) compile(query string) (*duck.Statement, error) {
	script, err := kql.Parse(query)
	if err != nil {
		return nil, fmt.Errorf("parse: %w", err)
	}
	plan, err := kql.Bind(script, e.env())
	if err != nil {
		return nil, fmt.Errorf("bind: %w", err)
	}
	st, err := duck.Lower(plan)
	if err != nil {
		return nil, fmt.Errorf("lower: %w", err)
	}
	return st, nil
}

// env lets queries read the engine's tables.
func (e *engine) env() *kql.Env {
	env := &kql.Env{Now: clock, Discover: e.discover, Tables: func(name string) (*schema.Table, bool) {
		t, ok := e.tables[name]
		return t, ok
	}}
	env.TableNames = slices.Sorted(maps.Keys(e.tables))
	return env
}

// discover runs a plan whose columns are strings, for plugins whose columns
// depend on data.
func (e *engine) discover(p *kql.Plan) ([][]string, error) {
	st, err := duck.Lower(p)
	if err != nil {
		return nil, err
	}
	rows, err := e.rows(st.SQL, st.Args...)
	if err != nil {
		return nil, err
	}
	var out [][]string
	for _, r := range rows {
		var line []string
		for _, v := range r {
			s, _ := v.(string)
			line = append(line, s)
		}
		out = append(out, line)
	}
	return out, nil
}

// run compiles and executes a query.
func run(e *engine, query string) ([][]cell, []kql.Column, error) {
	st, err := e.compile(query)
	if err != nil {
		return nil, nil, err
	}
	rows, err := e.rows(st.SQL, st.Args...)
	if err != nil {
		return nil, nil, fmt.Errorf("duckdb: %w\n%s", err, st.SQL)
	}
	out := make([][]cell, len(rows))
	for i, r := range rows {
		for j, v := range r {
			out[i] = append(out[i], cell{st.Columns[j].Type, normal(v)})
		}
	}
	return out, st.Columns, nil
}

// normal turns the driver's types into bool, int64, float64 and string.
func normal(v any) any {
	switch x := v.(type) {
	case int32:
		return int64(x)
	case []byte:
		return string(x)
	case fmt.Stringer:
		return x.String()
	}
	return v
}

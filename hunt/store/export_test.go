package store

import (
	"context"

	"github.com/hunt365/hunt365/hunt"
	"github.com/hunt365/hunt365/hunt/schema"
)

// WithFault returns opts in which fault is asked before each step.
func (o Options) WithFault(fault func(step string) error) Options {
	o.fault = fault
	return o
}

// WithSegments returns opts with segments of n records.
func (o Options) WithSegments(n int64) Options {
	o.rotate = n
	return o
}

// RunSQL runs text that an attacker might have got into a compiled query.
func (c *Case) RunSQL(ctx context.Context, text string, columns []schema.Column, args ...any) (hunt.Rows, error) {
	return c.run(ctx, statement{sql: text, args: args, columns: columns})
}

// CleanJSON is cleanJSON.
func CleanJSON(line string) string { return string(cleanJSON(nil, []byte(line))) }

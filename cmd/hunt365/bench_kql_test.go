package main

import (
	"testing"
	"time"

	"github.com/hunt365/hunt365/hunt"
	"github.com/hunt365/hunt365/hunt/schema"
)

// fixedRows is a result at hand, of one column of a type.
type fixedRows struct {
	kind schema.Type
	all  []any
	at   int
}

func (r *fixedRows) Columns() []schema.Column { return []schema.Column{{Name: "c", Type: r.kind}} }
func (r *fixedRows) Next() bool               { r.at++; return r.at <= len(r.all) }
func (r *fixedRows) Row() []any               { return r.all[r.at-1 : r.at] }
func (r *fixedRows) Err() error               { return nil }
func (r *fixedRows) Close() error             { return nil }

func TestSameRows(t *testing.T) {
	for _, c := range []struct {
		name      string
		kind      schema.Type
		got, want []any
		bags      bool
		err       string
	}{
		{"another order", schema.Long, []any{int64(1), int64(2)}, []any{int64(2), int64(1)}, false, ""},
		{"another value", schema.Long, []any{int64(1), int64(2)}, []any{int64(1), int64(3)}, false, "KQL gives the row 2\t, SQL 3\t"},
		{"twice and once", schema.Long, []any{int64(1), int64(1)}, []any{int64(1)}, false, "KQL gives 2 rows, SQL 1"},
		{"null is not nothing", schema.String, []any{""}, []any{nil}, false, "KQL gives the row \"\"\t, SQL null\t"},
		{"sums in another order", schema.Real, []any{0.1 + 0.2 + 0.3}, []any{0.3 + 0.2 + 0.1}, false, ""},
		{"lists keep their order", schema.Dynamic, []any{"[1,2]"}, []any{"[2,1]"}, false, "KQL gives the row [1,2]\t, SQL [2,1]\t"},
		{"bags have none", schema.Dynamic, []any{"[1,2]"}, []any{"[2,1]"}, true, ""},
		{"nothing proves nothing", schema.Long, nil, nil, false, "no rows to compare"},
	} {
		side := func(values []any) func() (hunt.Rows, error) {
			return func() (hunt.Rows, error) { return &fixedRows{kind: c.kind, all: values}, nil }
		}
		n, err := sameRows(side(c.got), side(c.want), c.bags)
		text := ""
		if err != nil {
			text = err.Error()
		}
		if text != c.err || err == nil && n != len(c.got) {
			t.Errorf("%s: %d, %q, want %q", c.name, n, text, c.err)
		}
	}
}

func TestMedian(t *testing.T) {
	if got := median([]time.Duration{9, 1, 4}); got != 4 {
		t.Errorf("median of 9, 1, 4: %d", got)
	}
	if got := median([]float64{4, 1, 2, 3}); got != 2.5 {
		t.Errorf("median of 4, 1, 2, 3: %g", got)
	}
}

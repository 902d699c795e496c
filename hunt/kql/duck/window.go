package duck

import (
	"fmt"
	"strings"

	"github.com/hunt365/hunt365/hunt/kql"
	"github.com/hunt365/hunt365/hunt/schema"
)

// windowRestart tells at which argument a window function takes its restart
// condition.
var windowRestart = map[string]int{"row_number": 1, "row_cumsum": 1, "row_rank_dense": 1, "row_rank_min": 1}

var windowFunctions = map[string]bool{"prev": true, "next": true, "row_number": true, "row_cumsum": true, "row_rank_dense": true, "row_rank_min": true, "row_window_session": true}

// windows lowers a projection that holds window functions: a step gives every
// row its place, another the segments that restarts make, and the last computes.
func (l *lowerer) windows(n *kql.ComputeRel) (*rel, error) {
	in, err := l.rel(n.Input, 1)
	if err != nil {
		return nil, err
	}
	var calls []*kql.Apply
	for _, it := range n.Items {
		if l.used[it.Col.ID] {
			findWindows(it.X, &calls)
		}
	}
	w := &windowPlan{sql: map[*kql.Apply]expr{}}
	if in.exact || l.ctx != nil || !oneSort(calls) {
		in = l.placed(in)
	}
	w.place = in.orderBy()
	if l.ctx != nil {
		w.part = strings.Join(l.ctx.part, ", ")
	}
	if in, err = l.segments(w, calls, in); err != nil {
		return nil, err
	}
	if in, err = l.ranks(w, calls, in); err != nil {
		return nil, err
	}
	if in, err = l.windowColumns(w, calls, in); err != nil {
		return nil, err
	}
	outer := l.windowSQL
	l.windowSQL = w.sql
	defer func() { l.windowSQL = outer }()
	return l.project(in, n.Items)
}

// oneSort reports whether the calls need no step before their own.
func oneSort(calls []*kql.Apply) bool {
	for _, c := range calls {
		if at, ok := windowRestart[c.Fn]; ok && len(c.Args) > at || strings.HasPrefix(c.Fn, "row_rank") {
			return false
		}
	}
	return true
}

// windowPlan is what one projection's window calls share.
type windowPlan struct {
	place, part string                // what the rows are ordered and divided by
	segment     map[*kql.Apply]string // column of the call's segment number
	first       map[*kql.Apply]string // column: the value differs from the row before
	sql         map[*kql.Apply]expr
}

// over spells a window within a call's segment, up to the current row.
func (w *windowPlan) over(c *kql.Apply) string {
	var part []string
	if w.part != "" {
		part = append(part, w.part)
	}
	if s := w.segment[c]; s != "" {
		part = append(part, s)
	}
	if len(part) == 0 {
		if w.place == "" {
			return ""
		}
		return "ORDER BY " + w.place
	}
	return "PARTITION BY " + strings.Join(part, ", ") + " ORDER BY " + w.place
}

// placed numbers the rows in their order, once.
func (l *lowerer) placed(in *rel) *rel {
	if in.exact {
		return in
	}
	place := l.fresh("o")
	over := ""
	if len(in.order) > 0 {
		over = "ORDER BY " + in.orderBy()
	}
	out := l.step(in, fmt.Sprintf("SELECT *, row_number() OVER (%s) AS %s FROM %s", over, place, in.name))
	out.order, out.exact = []orderTerm{{col: place}}, true
	return out
}

func findWindows(x kql.Scalar, out *[]*kql.Apply) {
	switch x := x.(type) {
	case *kql.Apply:
		if windowFunctions[x.Fn] {
			*out = append(*out, x)
			return
		}
		for _, a := range x.Args {
			findWindows(a, out)
		}
	case *kql.Cast:
		findWindows(x.X, out)
	case *kql.Path:
		findWindows(x.X, out)
		for _, s := range x.Steps {
			if s.Index != nil {
				findWindows(s.Index, out)
			}
		}
	case *kql.InList:
		findWindows(x.X, out)
		for _, a := range x.List {
			findWindows(a, out)
		}
	case *kql.InRel:
		findWindows(x.X, out)
	}
}

// segments numbers the runs between restarts.
func (l *lowerer) segments(w *windowPlan, calls []*kql.Apply, in *rel) (*rel, error) {
	w.segment = map[*kql.Apply]string{}
	var cols []string
	for _, c := range calls {
		at, ok := windowRestart[c.Fn]
		if !ok || len(c.Args) <= at {
			continue
		}
		cond, err := l.predicate(c.Args[at], in)
		if err != nil {
			return nil, err
		}
		name := l.fresh("g")
		cols = append(cols, fmt.Sprintf("coalesce(sum(CASE WHEN %s THEN 1 ELSE 0 END) OVER (%s ROWS UNBOUNDED PRECEDING), 0) AS %s", cond.sql, w.over(nil), name))
		w.segment[c] = name
	}
	if len(cols) == 0 {
		return in, nil
	}
	return l.step(in, "SELECT *, "+strings.Join(cols, ", ")+" FROM "+in.name), nil
}

// ranks marks where a ranked value changes.
func (l *lowerer) ranks(w *windowPlan, calls []*kql.Apply, in *rel) (*rel, error) {
	w.first = map[*kql.Apply]string{}
	var cols []string
	for _, c := range calls {
		if c.Fn != "row_rank_dense" && c.Fn != "row_rank_min" {
			continue
		}
		e, err := l.scalar(c.Args[0], in)
		if err != nil {
			return nil, err
		}
		name := l.fresh("g")
		over := w.over(c)
		cols = append(cols, fmt.Sprintf("CASE WHEN row_number() OVER (%[1]s) = 1 OR lag(%[2]s) OVER (%[1]s) IS DISTINCT FROM %[2]s THEN row_number() OVER (%[1]s) END AS %[3]s", over, e.sql, name))
		w.first[c] = name
	}
	if len(cols) == 0 {
		return in, nil
	}
	return l.step(in, "SELECT *, "+strings.Join(cols, ", ")+" FROM "+in.name), nil
}

// windowColumns computes the calls in a step of their own: DuckDB takes window
// functions in few places inside other expressions.
func (l *lowerer) windowColumns(w *windowPlan, calls []*kql.Apply, in *rel) (*rel, error) {
	var cols []string
	for _, c := range calls {
		e, err := l.windowCall(w, c, in)
		if err != nil {
			return nil, err
		}
		name := l.fresh("w")
		cols = append(cols, e.sql+" AS "+name)
		e.sql = name
		w.sql[c] = e
	}
	place := ""
	if !in.exact { // the sort that the calls share also numbers the rows
		place = l.fresh("o")
		cols = append(cols, "row_number() OVER ("+w.over(nil)+") AS "+place)
	}
	if len(cols) == 0 {
		return in, nil
	}
	out := l.step(in, "SELECT *, "+strings.Join(cols, ", ")+"\n  FROM "+in.name)
	if place != "" {
		out.order, out.exact = []orderTerm{{col: place}}, true
	}
	return out, nil
}

func (l *lowerer) windowCall(w *windowPlan, c *kql.Apply, in *rel) (expr, error) {
	out := expr{typ: c.T}
	args, err := l.scalars(c.Args, in)
	if err != nil {
		return out, err
	}
	over := w.over(c)
	switch c.Fn {
	case "row_number":
		out.sql = "row_number() OVER (" + over + ")"
		if len(args) > 0 {
			out.sql = fmt.Sprintf("(row_number() OVER (%s) - 1 + %s)", over, args[0].sql)
		}
	case "row_cumsum":
		sum := fmt.Sprintf("sum(%s) OVER (%s ROWS UNBOUNDED PRECEDING)", args[0].sql, over)
		out.sql = "coalesce(" + sum + ", 0)"
		if c.T != schema.Real && c.T != schema.Decimal {
			out.sql = "coalesce(kql_wrap(" + sum + "), 0)"
		}
	case "row_rank_dense":
		out.sql = fmt.Sprintf("count(%s) OVER (%s ROWS UNBOUNDED PRECEDING)", w.first[c], over)
	case "row_rank_min":
		out.sql = fmt.Sprintf("max(%s) OVER (%s ROWS UNBOUNDED PRECEDING)", w.first[c], over)
	case "prev", "next":
		return neighbour(c, args, over), nil
	default:
		return out, l.faultAt(fmt.Errorf("function %s() is not supported", c.Fn), c)
	}
	return out, nil
}

// neighbour lowers prev and next.
func neighbour(c *kql.Apply, args []expr, over string) expr {
	fn := map[string]string{"prev": "lag", "next": "lead"}[c.Fn]
	offset, missing := "1", literal(c.T, nil)
	if len(args) > 1 {
		offset = args[1].sql
	}
	if len(args) > 2 {
		missing = cast(args[2], c.T)
	}
	return expr{typ: c.T, null: c.T != schema.String, sql: fmt.Sprintf("%s(%s, %s, %s) OVER (%s)", fn, args[0].sql, offset, missing.sql, over)}
}

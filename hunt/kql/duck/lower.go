// Package duck turns bound KQL queries into DuckDB SQL. It knows no files, no
// network and no driver: the result is text.
package duck

import (
	"errors"
	"fmt"
	"strings"

	"github.com/hunt365/hunt365/hunt/kql"
)

// Statement is a query for DuckDB. Columns are the result's, in order; their
// values come as schema.Type says.
type Statement struct {
	SQL     string
	Args    []any
	Columns []kql.Column
	Ordered bool
}

// Lower compiles plan. The SQL has one common table expression per step. What
// cannot be compiled is a [kql.Error] where its place in the text is known.
func Lower(plan *kql.Plan) (*Statement, error) {
	l := &lowerer{plan: plan, used: map[int]bool{}, shared: map[*kql.Shared]*rel{}, refs: map[*kql.Shared]int{}}
	l.markPlan(plan)
	for _, s := range plan.Shared {
		if l.refs[s] == 0 {
			continue
		}
		if err := l.lowerShared(s); err != nil {
			return nil, err
		}
	}
	want := 0
	if plan.Ordered {
		want = 1
	}
	r, err := l.rel(plan.Root, want)
	if err != nil {
		return nil, err
	}
	st := &Statement{Columns: plan.Columns, Ordered: plan.Ordered}
	var cols []string
	for i, c := range plan.Root.Output() {
		name := plan.Columns[i].Name
		if name == "" {
			name = "_" // pivot can make a column of the empty string
		}
		cols = append(cols, colName(c)+" AS "+quoteName(name))
	}
	var b strings.Builder
	if len(l.steps) > 0 {
		with := "WITH "
		if l.recursive {
			with = "WITH RECURSIVE "
		}
		b.WriteString(with + strings.Join(l.steps, ",\n") + "\n")
	}
	b.WriteString("SELECT " + strings.Join(cols, ", ") + "\nFROM " + r.name)
	if len(r.order) > 0 && plan.Ordered {
		b.WriteString("\nORDER BY " + r.orderBy())
	}
	st.SQL = b.String()
	return st, nil
}

// lowerer carries what one compilation knows.
type lowerer struct {
	plan      *kql.Plan
	steps     []string // finished common table expressions
	next      int      // numbers steps and hidden columns
	used      map[int]bool
	shared    map[*kql.Shared]*rel
	refs      map[*kql.Shared]int
	ctx       *subquery           // innermost mv-apply or partition
	recursive bool                // some step reads itself
	scan      *scanState          // set while a step of scan is lowered
	plain     bool                // a null result counts as false just now
	windowSQL map[*kql.Apply]expr // window calls of the projection at hand
}

// subquery is what the body of mv-apply or partition runs under: every step
// works within the rows that share the part columns and passes on the carried ones.
type subquery struct {
	input *rel
	part  []string
	carry []int  // columns of the input that the result still needs
	base  string // relation with every part, for parts without rows
	outer *subquery
}

// rel is a lowered relation: a name that can stand after FROM, with a column
// c<ID> for every used output column.
type rel struct {
	name  string
	null  map[int]bool // columns that may be NULL
	order []orderTerm  // over hidden columns of the relation
	exact bool         // the order has no ties
}

type orderTerm struct {
	col        string
	desc       bool
	nullsFirst bool
}

func (t orderTerm) String() string {
	s := t.col
	if t.desc {
		s += " DESC"
	}
	if t.nullsFirst {
		return s + " NULLS FIRST"
	}
	return s + " NULLS LAST"
}

func (r *rel) orderBy() string {
	var parts []string
	for _, t := range r.order {
		parts = append(parts, t.String())
	}
	return strings.Join(parts, ", ")
}

// hidden lists the columns beside c<ID> that later steps must pass on.
func (r *rel) hidden(ctx *subquery) []string {
	var out []string
	if ctx != nil {
		out = append(out, ctx.part...)
	}
	for _, t := range r.order {
		out = append(out, t.col)
	}
	return out
}

func colName(c *kql.Col) string { return fmt.Sprintf("c%d", c.ID) }

// fresh returns a new name for a step or a hidden column.
func (l *lowerer) fresh(prefix string) string {
	l.next++
	return fmt.Sprintf("%s%d", prefix, l.next)
}

// step adds a common table expression and returns it as a relation that keeps
// from's order and nullability.
func (l *lowerer) step(from *rel, sql string) *rel {
	return l.named(l.fresh("t"), "NOT MATERIALIZED", from, sql)
}

// stored is step for a relation that must be computed once.
func (l *lowerer) stored(from *rel, sql string) *rel {
	return l.named(l.fresh("t"), "MATERIALIZED", from, sql)
}

func (l *lowerer) named(name, how string, from *rel, sql string) *rel {
	l.steps = append(l.steps, name+" AS "+how+" (\n  "+sql+"\n)")
	out := &rel{name: name, null: map[int]bool{}}
	if from != nil {
		out.null, out.order, out.exact = from.null, from.order, from.exact
	}
	return out
}

func (l *lowerer) lowerShared(s *kql.Shared) error {
	r, err := l.rel(s.Rel, 1)
	if err != nil {
		return err
	}
	how := "NOT MATERIALIZED"
	if s.Materialize || l.refs[s] > 1 && !cheap(s.Rel) {
		how = "MATERIALIZED"
	}
	cols := append(l.usedCols(s.Rel.Output()), r.hidden(nil)...)
	l.shared[s] = l.named(l.fresh("s"), how, r, "SELECT "+list(cols)+" FROM "+r.name)
	return nil
}

// cheap reports whether a relation is better read again than kept: filters and
// projections of a table, into which the readers' own filters sink.
func cheap(n kql.Rel) bool {
	switch n := n.(type) {
	case *kql.TableRel, *kql.RefRel, *kql.SequenceRel:
		return true
	case *kql.ValuesRel:
		return true
	case *kql.FilterRel:
		return cheap(n.Input)
	case *kql.ComputeRel:
		return !n.Window && cheap(n.Input)
	case *kql.UnionRel:
		for _, b := range n.Branches {
			if !cheap(b.Input) {
				return false
			}
		}
		return true
	}
	return false
}

// list joins select items; a relation with no needed column still has rows.
func list(items []string) string {
	if len(items) == 0 {
		return "1 AS one"
	}
	return strings.Join(items, ", ")
}

// usedCols returns the names of the columns that something reads.
func (l *lowerer) usedCols(cols []*kql.Col) []string {
	var out []string
	for _, c := range cols {
		if l.used[c.ID] {
			out = append(out, colName(c))
		}
	}
	return out
}

// faultAt gives an error the place of the innermost node that has one.
func (l *lowerer) faultAt(err error, node any) error {
	var known *kql.Error
	if err == nil || errors.As(err, &known) {
		return err
	}
	if at, ok := l.plan.Place(node); ok {
		return &kql.Error{Span: at, Msg: err.Error()}
	}
	return err
}

// rel lowers n. want asks for its row order: 0 does not matter, 1 does.
func (l *lowerer) rel(n kql.Rel, want int) (*rel, error) {
	out, err := l.anyRel(n, want)
	return out, l.faultAt(err, n)
}

func (l *lowerer) anyRel(n kql.Rel, want int) (*rel, error) {
	switch n := n.(type) {
	case *kql.TableRel:
		return l.table(n), nil
	case *kql.ValuesRel:
		return l.values(n)
	case *kql.RefRel:
		return l.ref(n)
	case *kql.SubInputRel:
		return l.ctx.input, nil
	case *kql.SequenceRel:
		return l.sequence(n)
	case *kql.FilterRel:
		return l.filter(n, want)
	case *kql.ComputeRel:
		return l.compute(n, want)
	case *kql.AggregateRel:
		return l.aggregate(n, want)
	case *kql.JoinRel:
		return l.join(n)
	case *kql.UnionRel:
		return l.union(n)
	case *kql.SortRel:
		return l.sort(n, want)
	case *kql.LimitRel:
		return l.limit(n)
	case *kql.SampleRel:
		return l.sample(n)
	case *kql.ExpandRel:
		return l.expand(n, want)
	case *kql.ApplyRel:
		return l.apply(n)
	case *kql.PartitionRel:
		return l.partition(n)
	case *kql.ParseRel:
		return l.parse(n, want)
	case *kql.KvRel:
		return l.parseKv(n, want)
	case *kql.SeriesRel:
		return l.series(n)
	case *kql.TopNestedRel:
		return l.topNested(n)
	case *kql.PluginRel:
		return l.plugin(n)
	case *kql.ScanRel:
		return l.scanRel(n)
	}
	return nil, fmt.Errorf("%T is not supported", n)
}

// pass lists the hidden and carried columns that a projection of in must keep,
// other than those it computes anyway.
// project computes items over in.

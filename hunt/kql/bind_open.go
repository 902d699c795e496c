package kql

import (
	"errors"
	"fmt"
	"slices"

	"github.com/hunt365/hunt365/hunt/schema"
)

// Some tables have columns that nobody can list: a watchlist that is not there,
// and what bag_unpack or pivot would make of no rows. They are open: a column that
// the query names and that only they can hold is added to them, empty, and the
// query is bound anew.

// guesses is what one attempt to bind a query leaves to the next.
type guesses struct {
	columns map[int][]string // of open tables, by the place in the text that makes them
	text    bool             // those of bags are strings, because dynamic ones did not fit
	bags    bool             // some are of bags
	answers [][][]string     // of Discover, in the order of the questions
}

// mostGuessed bounds how often a query is bound anew.
const mostGuessed = 300

// openFault asks for a column of an open table.
type openFault struct {
	fault *Error
	name  string
	at    int
}

func (e *openFault) Error() string { return e.fault.Error() }

// unknownColumn is the fault of a name that is no column of a table.
type unknownColumn struct {
	fault *Error
	name  string
	right bool // of a join's right side
}

func (e *unknownColumn) Error() string { return e.fault.Error() }

// unknownCol reports a name that is none of cols.
func unknownCol(n Node, side, name string, candidates []string) error {
	var e *Error
	errors.As(unknownName(n, "column"+side, name, candidates), &e)
	return &unknownColumn{fault: e, name: name, right: side == onRight}
}

// The sides of a join, in messages.
const (
	onLeft  = " on the left side"
	onRight = " on the right side"
)

// bindOpen binds a query as often as it names columns of open tables.
func bindOpen(script *Script, env *Env) (*Plan, error) {
	g := &guesses{columns: map[int][]string{}}
	var first error
	for range mostGuessed {
		plan, err := bindOnce(script, env, g)
		var fault *openFault
		switch {
		case errors.As(err, &fault) && !slices.Contains(g.columns[fault.at], fault.name):
			g.columns[fault.at] = append(g.columns[fault.at], fault.name)
		case err != nil && g.bags && !g.text:
			first, g.text = err, true
		case err != nil && first != nil:
			return nil, first
		case fault != nil:
			return nil, fault.fault
		default:
			return plan, err
		}
	}
	return nil, errAt(script, "", "the query names too many columns of tables that are not there")
}

// note adds to what the user may want to know.
func (b *binder) note(format string, args ...any) {
	if text := fmt.Sprintf(format, args...); !slices.Contains(b.notes, text) {
		b.notes = append(b.notes, text)
	}
}

// openTable marks rel as open; place is where the text makes it.
func (b *binder) openTable(rel Rel, place Node) { b.open[rel] = place.Pos().Start }

// settle decides what the fault of a step over rel is: a column missing from a
// table whose columns are known, or a wish to an open one.
func (b *binder) settle(err error, rel Rel) error {
	var u *unknownColumn
	if err == nil || !errors.As(err, &u) {
		return err
	}
	if at, ok := b.openSource(rel); ok {
		return &openFault{u.fault, u.name, at}
	}
	return u.fault
}

// openSource finds the open table that columns of rel pass through from.
func (b *binder) openSource(rel Rel) (at int, ok bool) {
	if rel == nil || b.closed[rel] {
		return 0, false
	}
	if at, ok = b.open[rel]; ok {
		return at, true
	}
	for _, input := range passedOn(rel) {
		if at, ok = b.openSource(input); ok {
			return at, true
		}
	}
	return 0, false
}

// passedOn lists the inputs whose columns may be rel's.
func passedOn(rel Rel) []Rel {
	switch r := rel.(type) {
	case *FilterRel:
		return []Rel{r.Input}
	case *SortRel:
		return []Rel{r.Input}
	case *LimitRel:
		return []Rel{r.Input}
	case *SampleRel:
		return []Rel{r.Input}
	case *ComputeRel:
		return []Rel{r.Input}
	case *AggregateRel:
		return []Rel{r.Input}
	case *RefRel:
		return []Rel{r.Shared.Rel}
	case *JoinRel:
		return joined(r)
	case *UnionRel:
		var out []Rel
		for _, branch := range r.Branches {
			out = append(out, branch.Input)
		}
		return out
	case *ExpandRel:
		return []Rel{r.Input}
	case *ApplyRel:
		return []Rel{r.Input}
	case *ParseRel:
		return []Rel{r.Input}
	case *KvRel:
		return []Rel{r.Input}
	case *PluginRel:
		return []Rel{r.Input, r.Right}
	}
	return nil
}

func joined(r *JoinRel) []Rel {
	switch r.Kind {
	case LeftSemi, LeftAnti:
		return []Rel{r.Left}
	case RightSemi, RightAnti:
		return []Rel{r.Right}
	}
	return []Rel{r.Left, r.Right}
}

// closes reports whether an operator has exactly the columns that it lists.
func closes(op Operator) bool {
	switch op := op.(type) {
	case *Project, *ProjectKeep, *Count, *MakeSeries, *GetSchema, *TopNested, *TopHitters, *SampleDistinct, *Reduce, *PrintOp, *Range:
		return true
	case *Summarize:
		return !takesAll(op.Aggs)
	case *Distinct:
		return !slices.ContainsFunc(op.Columns, func(it *NamedExpr) bool { _, star := it.X.(*Star); return star })
	}
	return false
}

// takesAll reports whether an aggregate such as arg_max(x, *) passes all columns on.
func takesAll(aggs []*NamedExpr) bool {
	return slices.ContainsFunc(aggs, func(it *NamedExpr) bool {
		call, ok := it.X.(*Call)
		return ok && slices.ContainsFunc(call.Args, func(a Expr) bool { _, star := a.(*Star); return star })
	})
}

// guessed returns the columns of the open table made at place.
func (b *binder) guessed(place Node) []string { return b.guess.columns[place.Pos().Start] }

// guessedBag returns the keys to assume in bags of which there are none.
func (b *binder) guessedBag(place Node) []Column {
	t := schema.Dynamic
	if b.guess.text {
		t = schema.String
	}
	var out []Column
	for _, name := range b.guessed(place) {
		out = append(out, Column{name, t})
		b.guess.bags = true
	}
	return out
}

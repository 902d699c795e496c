package kql

import (
	"errors"
	"fmt"

	"github.com/hunt365/hunt365/hunt/schema"
)

// Bind resolves the names and types of a query and returns the plan of its last
// tabular or scalar statement. Errors are an [*Error] with a place in the text; what
// is not supported is an error, never an approximation.
func Bind(script *Script, env *Env) (*Plan, error) {
	if env == nil {
		env = &Env{}
	}
	return bindOpen(script, env)
}

func bindOnce(script *Script, env *Env, g *guesses) (*Plan, error) {
	b := &binder{env: env, guess: g, open: map[Rel]int{}, closed: map[Rel]bool{}, places: map[any]Span{}, regexes: map[string]error{}}
	var deps []*Shared
	b.deps = &deps
	v, err := b.statements(script.Statements, newScope(nil))
	if err != nil {
		return nil, plainError(err)
	}
	if v.rel == nil && v.x == nil {
		return nil, errAt(script, "", "no query to run")
	}
	if v.rel == nil {
		v.rel = b.oneRow([]Item{{b.newCol("print_0", v.x.Type()), v.x}})
	}
	return b.plan(v.rel, deps), nil
}

// plan wraps a bound relation and the shared ones that it reads.
func (b *binder) plan(rel Rel, deps []*Shared) *Plan {
	p := &Plan{Root: rel, Shared: reachable(deps), Ordered: ordered(rel), Render: b.render, Notes: b.notes, places: b.places}
	for _, c := range rel.Output() {
		p.Columns = append(p.Columns, Column{c.Name, c.Type})
	}
	return p
}

// reachable lists the shared relations that roots need, the needed before the needy.
func reachable(roots []*Shared) []*Shared {
	var out []*Shared
	seen := map[*Shared]bool{}
	var visit func(list []*Shared)
	visit = func(list []*Shared) {
		for _, s := range list {
			if !seen[s] {
				seen[s] = true
				visit(s.deps)
				out = append(out, s)
			}
		}
	}
	visit(roots)
	return out
}

// binder is the state of one Bind.
type binder struct {
	env     *Env
	lastCol int
	lastRel int        // of Shared.ID
	deps    *[]*Shared // what is being bound reads these
	depth   int        // of nested expressions
	calls   int        // user functions being bound
	total   int        // user functions bound so far
	render  *RenderHint
	regexes map[string]error
	guess   *guesses
	asked   int          // questions to Discover so far
	open    map[Rel]int  // see [openFault]
	closed  map[Rel]bool // has just the columns that its operator lists
	places  map[any]Span // of calls and of operators' results
	notes   []string
}

// What a query may grow to when functions and lets are filled in.
const (
	maxCalls      = 100    // functions within functions
	maxTotalCalls = 5_000  // calls in all
	maxInlined    = 20_000 // nodes of one value
)

func (b *binder) newCol(name string, t schema.Type) *Col {
	b.lastCol++
	return &Col{ID: b.lastCol, Name: name, Type: t}
}

func (b *binder) newCols(like []*Col) []*Col {
	out := make([]*Col, len(like))
	for i, c := range like {
		out[i] = b.newCol(c.Name, c.Type)
	}
	return out
}

// share makes rel readable from several places.
func (b *binder) share(name string, rel Rel, deps []*Shared) *Shared {
	b.lastRel++
	return &Shared{ID: b.lastRel, Name: name, Rel: rel, deps: deps}
}

// ref reads s with columns of its own.
func (b *binder) ref(s *Shared) *RefRel {
	*b.deps = append(*b.deps, s)
	return &RefRel{Outputs: b.newCols(s.Rel.Output()), Shared: s}
}

// isolated runs f and returns what shared relations it read, without adding them
// to what is being bound.
func (b *binder) isolated(f func() error) ([]*Shared, error) {
	var deps []*Shared
	saved := b.deps
	b.deps = &deps
	err := f()
	b.deps = saved
	return deps, err
}

// value is what an expression stands for: rows or a scalar.
type value struct {
	rel Rel
	x   Scalar
}

// statements binds a list and returns the value of the last expression.
func (b *binder) statements(list []Statement, sc *scope) (value, error) {
	var out value
	for _, st := range list {
		var err error
		switch st := st.(type) {
		case *LetStmt:
			err = b.let(st, sc)
		case *QueryStmt:
			out, err = b.any(st.X, sc)
		case *SetStmt:
		case *DeclareStmt:
			err = b.declare(st, sc)
		default:
			err = errAt(st, "", "%s statements are not supported", stmtName(st))
		}
		if err != nil {
			return value{}, err
		}
	}
	return out, sc.unusedFault()
}

func stmtName(st Statement) string {
	switch st.(type) {
	case *AliasStmt:
		return "alias"
	case *RestrictStmt:
		return "restrict access"
	}
	return "such"
}

// declare binds query parameters to their defaults.
func (b *binder) declare(st *DeclareStmt, sc *scope) error {
	for _, p := range st.Params {
		if p.Default == nil || p.Type == nil {
			return errAt(p, "give it a default: name:type = value", "query parameter %q has no value", p.Name.Text)
		}
		x, err := b.constScope(sc).expr(p.Default)
		if err != nil {
			return err
		}
		if x, err = b.assign(x, p.Type.Type, p.Default); err != nil {
			return err
		}
		sc.declare(p.Name.Text, &binding{x: x})
	}
	return nil
}

// missing marks errors about names that fuzzy unions may skip.
type missing struct{ err *Error }

func (m missing) Error() string { return m.err.Error() }

func (m missing) Unwrap() error { return m.err }

func plainError(err error) error {
	var open *openFault
	if errors.As(err, &open) {
		return open
	}
	var column *unknownColumn
	if errors.As(err, &column) {
		return column.fault
	}
	var m missing
	if errors.As(err, &m) {
		return m.err
	}
	return err
}

func errAt(n Node, hint, format string, args ...any) error {
	return &Error{Span: n.Pos(), Msg: fmt.Sprintf(format, args...), Hint: hint}
}

// unknownName reports a name that nothing declares, with the nearest that exists.
func unknownName(n Node, kind, name string, candidates []string) error {
	hint := ""
	if near := Nearest(name, candidates); near != "" {
		hint = fmt.Sprintf("did you mean %s?", near)
	}
	return &Error{Span: n.Pos(), Msg: fmt.Sprintf("unknown %s %q", kind, name), Hint: hint}
}

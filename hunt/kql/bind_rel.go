package kql

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/hunt365/hunt365/hunt/schema"
)

// any binds an expression that may stand for rows or for a scalar.
func (b *binder) any(e Expr, sc *scope) (value, error) {
	switch e := e.(type) {
	case *Paren:
		return b.any(e.X, sc)
	case *PipeExpr:
		rel, err := b.pipe(e, nil, sc)
		return value{rel: rel}, err
	case *DataTable:
		rel, err := b.dataTable(e, sc)
		return value{rel: rel}, err
	case *ExternalData:
		rel, err := b.externalData(e, sc)
		return value{rel: rel}, err
	case *Ident:
		return b.anyName(e, sc)
	case *Call:
		if bind := sc.lookup(e.Func.Text); bind != nil && e.Target == nil {
			if bind.err != nil {
				return value{}, bind.err
			}
			if bind.fn != nil {
				return b.constScope(sc).userCall(e, bind)
			}
		}
		if b.callIsTabular(e, sc) {
			rel, err := b.tabularCall(e, sc)
			return value{rel: rel}, err
		}
	case *Member:
		if call, ok := e.X.(*Call); ok && b.callIsTabular(call, sc) {
			rel, err := b.tabularCall(call, sc)
			return value{rel: rel}, err
		}
	}
	x, err := b.constScope(sc).expr(e)
	return value{x: x}, err
}

// anyName resolves a name that may be a let or a table.
func (b *binder) anyName(e *Ident, sc *scope) (value, error) {
	if bind := sc.lookup(e.Text); bind != nil {
		switch {
		case bind.err != nil:
			return value{}, bind.err
		case bind.fn != nil:
			return b.constScope(sc).userCall(&Call{Span: e.Span, Func: e}, bind)
		case bind.x != nil:
			return value{x: b.constScope(sc).useScalar(bind)}, nil
		}
		return value{rel: b.ref(bind.shared)}, nil
	}
	if t, ok := b.table(e.Text); ok {
		return value{rel: b.scanTable(t)}, nil
	}
	return value{}, b.unknownTable(e, e.Text, sc)
}

func (b *binder) unknownTable(n Node, name string, sc *scope) error {
	candidates := append(sc.allNames(func(*binding) bool { return true }), b.env.TableNames...)
	err := unknownName(n, "table or let", name, candidates)
	var e *Error
	errors.As(err, &e)
	return missing{e}
}

// tabular binds an expression that must stand for rows.
func (b *binder) tabular(e Expr, sc *scope) (Rel, error) {
	v, err := b.any(e, sc)
	if err != nil {
		return nil, err
	}
	if v.rel == nil {
		return nil, errAt(e, "", "a table is expected here, not a scalar")
	}
	return v.rel, nil
}

func (b *binder) table(name string) (*schema.Table, bool) {
	if b.env.Tables == nil {
		return nil, false
	}
	return b.env.Tables(name)
}

func (b *binder) scanTable(t *schema.Table) Rel {
	out := &TableRel{Schema: t}
	for _, c := range t.Columns {
		out.Outputs = append(out.Outputs, b.newCol(c.Name, c.Type))
	}
	return out
}

// tabularCall binds table(), materialize(), _GetWatchlist() and what is refused.
func (b *binder) tabularCall(e *Call, sc *scope) (Rel, error) {
	name := e.Func.Text
	if e.Target != nil {
		return b.tabularCallOn(e, sc)
	}
	if hint, ok := refused[name]; ok {
		return nil, errAt(e, hint, "%s() is not supported", name)
	}
	switch name {
	case "table":
		if err := wantArgs(e, 1, 2); err != nil {
			return nil, err
		}
		s, err := b.constScope(sc).constString(e.Args[0])
		if err != nil {
			return nil, err
		}
		if t, ok := b.table(s); ok {
			return b.scanTable(t), nil
		}
		return nil, b.unknownTable(e.Args[0], s, newScope(nil))
	case "materialize":
		return b.materialize(e, sc)
	}
	return b.watchlist(e, sc)
}

func (b *binder) tabularCallOn(e *Call, sc *scope) (Rel, error) {
	if call, ok := e.Target.(*Call); ok {
		return b.tabularCall(call, sc)
	}
	return nil, errAt(e, "", "calls on another value are not supported")
}

func (b *binder) materialize(e *Call, sc *scope) (Rel, error) {
	if err := wantArgs(e, 1, 1); err != nil {
		return nil, err
	}
	var rel Rel
	deps, err := b.isolated(func() (err error) {
		rel, err = b.tabular(e.Args[0], sc)
		return err
	})
	if err != nil {
		return nil, err
	}
	s := b.share("", rel, deps)
	s.Materialize = true
	return b.ref(s), nil
}

// watchlist reads a list as constant rows.
func (b *binder) watchlist(e *Call, sc *scope) (Rel, error) {
	if err := wantArgs(e, 1, 2); err != nil {
		return nil, err
	}
	arg := e.Args[0]
	if n, ok := arg.(*NamedExpr); ok {
		arg = n.X
	}
	alias, err := b.constScope(sc).constString(arg)
	if err != nil {
		return nil, err
	}
	if b.env.Watchlist == nil {
		return nil, missingAt(arg, "put a CSV file into the case's watchlists folder", "there is no watchlist %q", alias)
	}
	data, err := b.env.Watchlist(alias)
	if err != nil {
		return nil, missingAt(arg, "", "watchlist %q: %s", alias, err)
	}
	if data == nil {
		return b.assumedList(alias, e), nil
	}
	return b.values(data), nil
}

// assumedList stands for a watchlist that is not there: no rows, and the columns
// that every list has and those that the query names.
func (b *binder) assumedList(alias string, place Node) Rel {
	b.note("there is no watchlist %q: it is taken as empty", alias)
	set := &DataSet{Columns: []Column{{"_DTItemId", schema.String}, {"LastUpdatedTimeUTC", schema.DateTime}, {"SearchKey", schema.String}}}
	for _, name := range b.guessed(place) {
		set.Columns = append(set.Columns, Column{name, schema.String})
	}
	out := b.values(set)
	b.openTable(out, place)
	return out
}

func missingAt(n Node, hint, format string, args ...any) error {
	return missing{&Error{Span: n.Pos(), Msg: fmt.Sprintf(format, args...), Hint: hint}}
}

// values makes a relation of constants.
func (b *binder) values(data *DataSet) Rel {
	out := &ValuesRel{}
	for _, c := range data.Columns {
		out.Outputs = append(out.Outputs, b.newCol(c.Name, c.Type))
	}
	for _, r := range data.Rows {
		row := make([]Scalar, len(r))
		for i, v := range r {
			row[i] = &Lit{data.Columns[i].Type, v}
		}
		out.Rows = append(out.Rows, row)
	}
	return out
}

// oneRow computes items over a single row.
func (b *binder) oneRow(items []Item) Rel {
	return &ComputeRel{Input: &ValuesRel{Rows: [][]Scalar{{}}}, Items: items}
}

// columnDecls makes columns of declarations.
func (b *binder) columnDecls(list []*ColumnDecl) ([]*Col, error) {
	var out []*Col
	for _, d := range list {
		if findCol(out, d.Name.Text) != nil {
			return nil, errAt(d.Name, "", "column %q is declared twice", d.Name.Text)
		}
		t := schema.String
		if d.Type != nil {
			t = d.Type.Type
		}
		out = append(out, b.newCol(d.Name.Text, t))
	}
	return out, nil
}

// dataTable binds datatable(...)[...].
func (b *binder) dataTable(e *DataTable, sc *scope) (Rel, error) {
	cols, err := b.columnDecls(e.Columns)
	if err != nil {
		return nil, err
	}
	if len(cols) == 0 || len(e.Values)%len(cols) != 0 {
		return nil, errAt(e, "", "%s for %s: rows are incomplete", count(len(e.Values), "value"), count(len(cols), "column"))
	}
	c := b.constScope(sc)
	out := &ValuesRel{Outputs: cols}
	var row []Scalar
	for i, v := range e.Values {
		if !isConstant(v) {
			return nil, errAt(v, "", "a datatable holds constants only")
		}
		x, err := c.expr(v)
		if err != nil {
			return nil, err
		}
		row = append(row, cell(x, cols[i%len(cols)].Type))
		if len(row) == len(cols) {
			out.Rows, row = append(out.Rows, row), nil
		}
	}
	return out, nil
}

func isConstant(e Expr) bool {
	switch e := e.(type) {
	case *Literal, *DynamicLit:
		return true
	case *Unary:
		return isConstant(e.X)
	}
	return false
}

// cell converts a value of a datatable to its column's type; what does not
// convert becomes null.
func cell(x Scalar, t schema.Type) Scalar {
	if t == schema.Dynamic && x.Type() != schema.Dynamic {
		if l, ok := x.(*Lit); ok {
			return &Lit{t, literalJSON(&Literal{Type: l.T, Value: l.Value})}
		}
	}
	if isNull(x) {
		return nullOf(t)
	}
	return convert(x, t)
}

// externalData reads a file, if the user allowed it.
func (b *binder) externalData(e *ExternalData, sc *scope) (Rel, error) {
	if b.env.External == nil {
		return nil, errAt(e, "allow a folder with --allow-file and name a file in it", "externaldata is not allowed here")
	}
	cols, err := b.columnDecls(e.Columns)
	if err != nil {
		return nil, err
	}
	src := External{Props: map[string]string{}}
	for _, c := range cols {
		src.Columns = append(src.Columns, Column{c.Name, c.Type})
	}
	c := b.constScope(sc)
	for _, u := range e.URIs {
		s, err := c.constString(u)
		if err != nil {
			return nil, err
		}
		src.URIs = append(src.URIs, s)
	}
	for _, o := range e.With {
		src.Props[strings.ToLower(o.Name)] = optionText(o.Value)
	}
	data, err := b.env.External(src)
	if err != nil {
		return nil, errAt(e, "", "externaldata: %s", err)
	}
	return b.values(data), nil
}

// wildcardTables expands a pattern over tables and lets.
func (b *binder) wildcardTables(w *Wildcard, sc *scope) []string {
	var out []string
	lets := sc.allNames(func(bd *binding) bool { return bd.shared != nil || bd.fn != nil && bd.fn.View })
	for _, n := range append(slices.Clone(b.env.TableNames), lets...) {
		if matchWildcard(w.Pattern, n) {
			out = append(out, n)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func matchWildcard(pattern, name string) bool {
	ok, err := path.Match(strings.NewReplacer(`\`, `\\`, `[`, `\[`, `?`, `\?`).Replace(pattern), strings.ReplaceAll(name, "/", "_"))
	return err == nil && ok
}

// pipe binds a pipeline; input is what the first step reads where the text has no
// source.
func (b *binder) pipe(e *PipeExpr, input Rel, sc *scope) (Rel, error) {
	rel := input
	sc = newScope(sc)
	if e.Source != nil {
		var err error
		if rel, err = b.tabular(e.Source, sc); err != nil {
			return nil, err
		}
	}
	for _, op := range e.Ops {
		var err error
		if rel, err = b.step(op, rel, sc); err != nil {
			return nil, err
		}
	}
	if rel == nil {
		return nil, errAt(e, "", "there is no table to read")
	}
	return rel, nil
}

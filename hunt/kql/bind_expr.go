package kql

import (
	"github.com/hunt365/hunt365/hunt/schema"
)

// row binds scalar expressions over the columns of one relation.
type row struct {
	*binder
	sc          *scope
	rel         Rel     // what the columns come from; grows by hidden columns
	cols        []*Col  // those that names may mean
	left, right []*Col  // $left and $right
	aggs        *[]*Agg // nil where no aggregate is allowed
	aggsOut     *[]*Agg // where bound aggregates go
	by          []Item  // group keys that an aggregated expression may read
	scan        *ScanRel
	hoist       bool // window calls must become columns first
	hoisted     bool // rel has more columns than cols
}

// constScope binds expressions without columns.
func (b *binder) constScope(sc *scope) *row { return &row{binder: b, sc: sc} }

// over binds expressions over rel's columns.
func (b *binder) over(rel Rel, sc *scope) *row {
	return &row{binder: b, sc: sc, rel: rel, cols: rel.Output()}
}

// addColumn makes x a hidden column of the input and returns a reference to it.
func (c *row) addColumn(x Scalar) Scalar {
	col := c.newCol("", x.Type())
	items := append(keep(c.rel.Output()), Item{col, x})
	c.rel = &ComputeRel{Input: c.rel, Items: items, Window: hasWindow(x)}
	c.hoisted = true
	return &ColRef{col}
}

// keep passes columns on.
func keep(cols []*Col) []Item {
	out := make([]Item, len(cols), len(cols)+1)
	for i, c := range cols {
		out[i] = Item{c, &ColRef{c}}
	}
	return out
}

// visible drops the hidden columns of rel, if there are any.
func (c *row) visible(rel Rel) Rel {
	if !c.hoisted {
		return rel
	}
	return &ComputeRel{Input: rel, Items: keep(c.cols)}
}

// expr binds a scalar expression.
func (c *row) expr(e Expr) (Scalar, error) {
	c.depth++
	defer func() { c.depth-- }()
	if c.depth > 4*maxDepth {
		return nil, errAt(e, "", "expression is nested too deeply")
	}
	switch e := e.(type) {
	case *Paren:
		return c.expr(e.X)
	case *Literal:
		if e.Value == nil {
			return nullOf(e.Type), nil
		}
		return &Lit{e.Type, e.Value}, nil
	case *DynamicLit:
		return dynamicLit(e.Value), nil
	case *Ident:
		return c.name(e)
	case *Unary:
		return c.unary(e)
	case *Binary:
		return c.binary(e)
	case *In:
		return c.in(e)
	case *Between:
		return c.between(e)
	case *Member:
		return c.member(e)
	case *Index:
		return c.index(e)
	case *Call:
		return c.call(e)
	case *NamedExpr:
		return c.expr(e.X) // the language lets arguments have names, and ignores them
	case *Star, *Wildcard:
		return nil, errAt(e, "", "* is not allowed here")
	case *TypeOf:
		return nil, errAt(e, "", "typeof is not allowed here")
	case *PipeExpr, *DataTable, *ExternalData:
		return nil, errAt(e, "wrap it in toscalar(...)", "a table cannot be used as a scalar")
	}
	return nil, errAt(e, "", "this expression is not supported here")
}

// boolean binds a condition.
func (c *row) boolean(e Expr) (Scalar, error) {
	x, err := c.expr(e)
	if err != nil {
		return nil, err
	}
	if x.Type() != schema.Bool {
		return nil, errAt(e, boolHint(e, x), "a bool is expected, not %s", x.Type())
	}
	return x, nil
}

func boolHint(e Expr, x Scalar) string {
	if _, named := e.(*NamedExpr); named {
		return "write == to compare"
	}
	if x.Type() == schema.Dynamic {
		return "use tobool(...)"
	}
	return ""
}

func findCol(cols []*Col, name string) *Col {
	for _, c := range cols {
		if c.Name == name {
			return c
		}
	}
	return nil
}

// name resolves a bare name: a column, else a let.
func (c *row) name(e *Ident) (Scalar, error) {
	if col := findCol(c.cols, e.Text); col != nil {
		return &ColRef{col}, nil
	}
	bind := c.sc.lookup(e.Text)
	switch {
	case bind == nil:
	case bind.err != nil:
		return nil, bind.err
	case bind.x != nil:
		return c.useScalar(bind), nil
	case bind.fn != nil:
		return c.userScalar(&Call{Span: e.Span, Func: e}, bind)
	case bind.shared != nil:
		return nil, errAt(e, "use toscalar(...) for its first value", "%q is a table, not a scalar", e.Text)
	}
	switch e.Text {
	case "True", "TRUE":
		return &Lit{schema.Bool, true}, nil
	case "False", "FALSE":
		return &Lit{schema.Bool, false}, nil
	}
	if e.Text == "$left" || e.Text == "$right" {
		return nil, errAt(e, "", "%s is allowed in a join condition only", e.Text)
	}
	candidates := c.sc.allNames(func(b *binding) bool { return b.shared == nil })
	return nil, unknownCol(e, "", e.Text, append(columnNames(c.cols), candidates...))
}

func columnNames(cols []*Col) []string {
	var out []string
	for _, c := range cols {
		if c.Name != "" {
			out = append(out, c.Name)
		}
	}
	return out
}

// member binds X.Name: a property, a side's column in a join, or a step's in scan.
func (c *row) member(e *Member) (Scalar, error) {
	if id, ok := e.X.(*Ident); ok {
		if x, ok, err := c.qualified(id, e.Name); ok {
			return x, err
		}
	}
	x, err := c.expr(e.X)
	if err != nil {
		return nil, err
	}
	return c.path(x, Step{Name: e.Name.Text}, e)
}

// qualified resolves $left.x, $right.x and step.x.
func (c *row) qualified(side, name *Ident) (Scalar, bool, error) {
	var cols []*Col
	step := -1
	switch {
	case side.Text == "$left" && c.left != nil:
		cols = c.left
	case side.Text == "$right" && c.right != nil:
		cols = c.right
	case c.scan != nil:
		step = c.scan.step(side.Text)
		cols = c.cols
	}
	if cols == nil || c.scan != nil && step < 0 {
		return nil, false, nil
	}
	col := findCol(cols, name.Text)
	if col == nil {
		return nil, true, unknownName(name, "column", name.Text, columnNames(cols))
	}
	if step >= 0 {
		return &StateRef{step, col}, true, nil
	}
	return &ColRef{col}, true, nil
}

// index binds X["name"], X[number] and X[expression].
func (c *row) index(e *Index) (Scalar, error) {
	if x, err := c.resultAt(e); x != nil || err != nil {
		return x, err
	}
	x, err := c.expr(e.X)
	if err != nil {
		return nil, err
	}
	i, err := c.expr(e.Index)
	if err != nil {
		return nil, err
	}
	if l, ok := i.(*Lit); ok && l.T == schema.String {
		return c.path(x, Step{Name: l.Value.(string)}, e)
	}
	switch i.Type() {
	case schema.Int:
		i = convert(i, schema.Long)
	case schema.Long, schema.String, schema.Dynamic:
	default:
		return nil, errAt(e.Index, "", "an index is a number or a string, not %s", i.Type())
	}
	return c.path(x, Step{Index: i}, e)
}

// resultAt is f(...)[n] where f has several results: its n-th one. It is nil for
// anything else.
func (c *row) resultAt(e *Index) (Scalar, error) {
	call, ok := Unparen(e.X).(*Call)
	l, isLit := Unparen(e.Index).(*Literal)
	if !ok || !isLit || c.sc.lookup(call.Func.Text) != nil {
		return nil, nil
	}
	n, isInt := l.Value.(int64)
	parts := multiResults(call)
	if !isInt || len(parts) < 2 || n < 0 || n >= int64(len(parts)) {
		return nil, nil
	}
	x, err := c.itemValue(call)
	if err != nil {
		return nil, err
	}
	return parts[n].take(x), nil
}

// path adds a step to a dynamic value.
func (c *row) path(x Scalar, s Step, n Node) (Scalar, error) {
	if x.Type() != schema.Dynamic {
		hint := ""
		if x.Type() == schema.String {
			hint = "use parse_json(...) first"
		}
		return nil, errAt(n, hint, "a value of type %s has no parts", x.Type())
	}
	if p, ok := x.(*Path); ok {
		return &Path{p.X, append(p.Steps[:len(p.Steps):len(p.Steps)], s)}, nil
	}
	return &Path{x, []Step{s}}, nil
}

// in binds in, !in, in~, !in~, has_any and has_all.
func (c *row) in(e *In) (Scalar, error) {
	x, err := c.expr(e.X)
	if err != nil {
		return nil, err
	}
	textual := e.Op != "in" && e.Op != "!in"
	if t := x.Type(); textual && t != schema.String && t != schema.Dynamic {
		return nil, errAt(e.X, "use tostring(...)", "%s needs a string, not %s", e.Op, t)
	}
	if len(e.List) == 1 {
		rel, err := c.tableOperand(e.List[0])
		if err != nil {
			return nil, err
		}
		if rel != nil {
			return c.inRel(e, x, rel, textual)
		}
	}
	out := &InList{Op: e.Op, X: x}
	for _, item := range e.List {
		y, err := c.expr(item)
		if err != nil {
			return nil, err
		}
		if t := y.Type(); t == schema.String && x.Type().IsNumeric() {
			x, out.X = convert(x, schema.String), convert(x, schema.String)
			for i, z := range out.List {
				if z.Type() != schema.Dynamic {
					out.List[i] = convert(z, schema.String)
				}
			}
		}
		if y, err = c.element(e, x, y, textual, item); err != nil {
			return nil, err
		}
		out.List = append(out.List, y)
	}
	if lifted := liftNumber(x, out.List); lifted != schema.Unknown {
		out.X = convert(x, lifted)
		for i, y := range out.List {
			if y.Type() != schema.Dynamic {
				out.List[i] = convert(y, lifted)
			}
		}
	}
	return out, nil
}

// element gives an element of a list the type in which it is compared.
func (c *row) element(e *In, x, y Scalar, textual bool, n Node) (Scalar, error) {
	switch tx, ty := x.Type(), y.Type(); {
	case ty == schema.Dynamic:
		return y, nil
	case textual, tx == schema.String && ty.IsNumeric():
		return convert(y, schema.String), nil
	case tx == ty || tx == schema.Dynamic || tx.IsNumeric() && ty.IsNumeric():
		return y, nil
	default:
		_, z, err := c.comparable(e.Op, x, y, n)
		if err == nil && z.Type() != tx {
			err = errAt(n, "", "cannot compare %s with %s", tx, ty)
		}
		return z, err
	}
}

// liftNumber returns the widest numeric type of x and list, if x must be widened.
func liftNumber(x Scalar, list []Scalar) schema.Type {
	if !x.Type().IsNumeric() {
		return schema.Unknown
	}
	t, mixed := x.Type(), false
	for _, y := range list {
		if y.Type().IsNumeric() && y.Type() != x.Type() {
			t, mixed = max(t, y.Type()), true
		}
	}
	if !mixed {
		return schema.Unknown
	}
	return t
}

// tableOperand binds e as rows if it stands for rows, else returns nil.
func (c *row) tableOperand(e Expr) (Rel, error) {
	e = Unparen(e)
	switch e := e.(type) {
	case *PipeExpr, *DataTable, *ExternalData:
		return c.tabular(e, c.sc)
	case *Ident:
		if findCol(c.cols, e.Text) != nil {
			return nil, nil
		}
		if b := c.sc.lookup(e.Text); b != nil {
			if b.shared == nil && b.fn == nil {
				return nil, b.err
			}
		} else if _, ok := c.table(e.Text); !ok {
			return nil, nil
		}
	case *Call:
		if !c.isTabularCall(e) {
			return nil, nil
		}
	default:
		return nil, nil
	}
	v, err := c.any(e, c.sc)
	return v.rel, err
}

func (c *row) inRel(e *In, x Scalar, rel Rel, textual bool) (Scalar, error) {
	cols := rel.Output()
	if len(cols) == 0 {
		return nil, errAt(e.List[0], "", "the table has no columns")
	}
	first := cols[0]
	tx, ty := x.Type(), first.Type
	switch {
	case tx == ty || ty == schema.Dynamic:
	case tx == schema.Dynamic && !textual:
	case tx.IsNumeric() && ty.IsNumeric():
		wide := max(tx, ty)
		x = convert(x, wide)
		rel = c.castFirst(rel, wide)
	case tx == schema.String || textual:
		rel = c.castFirst(rel, schema.String)
	default:
		return nil, errAt(e.List[0], "", "cannot compare %s with %s", tx, ty)
	}
	return &InRel{e.Op, x, rel}, nil
}

// castFirst reduces rel to its first column, converted.
func (c *row) castFirst(rel Rel, t schema.Type) Rel {
	first := rel.Output()[0]
	if first.Type == t {
		return rel
	}
	return &ComputeRel{Input: rel, Items: []Item{{c.newCol(first.Name, t), convert(&ColRef{first}, t)}}}
}

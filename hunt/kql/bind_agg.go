package kql

import (
	"slices"
	"strings"

	"github.com/hunt365/hunt365/hunt/schema"
)

// aggregate binds an aggregate call inside an aggregated expression: the call
// joins the list of aggregates, and what remains is a reference to its result.
func (c *row) aggregate(fn *Func, e *Call) (Scalar, error) {
	if c.aggs == nil {
		return nil, errAt(e.Func, "", "the aggregate %s is allowed in summarize only", fn.Name)
	}
	outs, err := c.aggOutputs(fn, e)
	if err != nil {
		return nil, err
	}
	return outs[0].x, nil
}

// inside runs f with the input's columns visible and no aggregates allowed.
func (c *row) inside(f func() error) error {
	aggs, hoist := c.aggs, c.hoist
	c.aggs, c.hoist = nil, true
	defer func() { c.aggs, c.hoist = aggs, hoist }()
	return f()
}

// aggOutputs binds an aggregate and returns its results.
func (c *row) aggOutputs(fn *Func, e *Call) ([]output, error) {
	var outs []output
	err := c.inside(func() (err error) {
		switch fn.Canonical {
		case "arg_max", "arg_min":
			outs, err = c.argExtreme(fn, e)
		case "take_any":
			outs, err = c.takeAny(fn, e)
		case "percentiles":
			outs, err = c.percentiles(fn, e)
		default:
			outs, err = c.plainAgg(fn, e)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return outs, nil
}

func (c *row) addAgg(a *Agg) { *c.aggsOut = append(*c.aggsOut, a) }

// result makes a's next result column.
func (c *row) result(a *Agg, n Node, name string, t schema.Type) output {
	col := c.newCol("", t)
	a.Cols = append(a.Cols, col)
	return output{node: n, name: name, x: &ColRef{col}}
}

// plainAgg binds an aggregate with one result by its signature. A predicate
// becomes the filter.
func (c *row) plainAgg(fn *Func, e *Call) ([]output, error) {
	args, _, err := c.args(e)
	if err != nil {
		return nil, err
	}
	if fn.Canonical == "count" {
		if len(args) == 1 && args[0].Type() == schema.Bool {
			return nil, errAt(e, "use countif(...)", "count takes no condition")
		}
		args = nil
	}
	sig, args, err := c.fitAgg(fn, args, e)
	if err != nil {
		return nil, err
	}
	t := resultType(sig, args)
	if fn.Canonical == "percentile" || fn.Canonical == "percentilew" {
		t = args[0].Type()
	}
	a := &Agg{Fn: fn.Canonical}
	for i, x := range args {
		if p := sig.param(i, len(args)); p.Name == "predicate" {
			a.Filter = x
		} else {
			a.Args = append(a.Args, x)
		}
	}
	if a.Filter != nil {
		a.Fn = strings.TrimSuffix(strings.TrimSuffix(fn.Canonical, "if"), "_")
		if a.Fn == "any" {
			a.Fn = "take_any"
		}
	}
	c.addAgg(a)
	return []output{c.result(a, e, c.callNameAgg(fn, e), t)}, nil
}

// callNameAgg names an aggregate's result even where aggregates are not allowed.
func (c *row) callNameAgg(fn *Func, e *Call) string {
	aggs := c.aggs
	c.aggs = c.aggsOut
	defer func() { c.aggs = aggs }()
	return c.callName(e)
}

func (c *row) fitAgg(fn *Func, args []Scalar, e *Call) (*Sig, []Scalar, error) {
	var first error
	for i := range fn.Sigs {
		sig := &fn.Sigs[i]
		if !sig.takes(len(args)) {
			continue
		}
		out, err := c.fit(sig, fn.Name, args, e)
		if err == nil {
			return sig, out, nil
		}
		if first == nil {
			first = err
		}
	}
	if first == nil {
		first = errAt(e, fn.hint(), "%s does not take %s", fn.Name, count(len(args), "argument"))
	}
	return nil, nil, first
}

// argExtreme binds arg_max and arg_min.
func (c *row) argExtreme(fn *Func, e *Call) ([]output, error) {
	if len(e.Args) == 0 {
		return nil, errAt(e, "", "%s takes at least 1 argument", fn.Name)
	}
	what, err := c.expr(e.Args[0])
	if err != nil {
		return nil, err
	}
	if t := what.Type(); t == schema.Dynamic || t == schema.GUID {
		return nil, errAt(e.Args[0], "convert it first, for example with tostring(...)", "%s cannot order values of type %s", fn.Name, t)
	}
	a := &Agg{Fn: fn.Canonical, Args: []Scalar{what}}
	prefix := fn.Canonical[len("arg_"):] + "_"
	name := c.autoName(e.Args[0])
	old := fn.Name != fn.Canonical // argmax prefixes all its columns
	if old {
		prefix, name = prefix+name, ""
	}
	first := name
	if first == "" {
		first = prefix
	}
	c.addAgg(a)
	outs := []output{c.result(a, e.Args[0], first, what.Type())}
	rest, err := c.returned(e.Args[1:], what)
	if err != nil {
		return nil, err
	}
	for _, o := range rest {
		a.Args = append(a.Args, o.x)
		n := o.name
		if old {
			n = prefix + "_" + o.name
		}
		r := c.result(a, o.node, n, o.x.Type())
		r.given = o.given && len(o.node.(*NamedExpr).Names) > 0
		outs = append(outs, r)
	}
	return outs, nil
}

// returned binds what arg_max and take_any return; * stands for all columns that are
// neither keys nor listed.
func (c *row) returned(args []Expr, what Scalar) ([]output, error) {
	var outs []output
	for _, a := range args {
		if _, ok := a.(*Star); ok {
			outs = append(outs, c.allBut(what, outs, a)...)
			continue
		}
		it, ok := a.(*NamedExpr)
		if !ok {
			it = &NamedExpr{Span: a.Pos(), X: a}
		}
		got, err := c.item(it)
		if err != nil {
			return nil, err
		}
		for i := range got {
			got[i].node = it
		}
		outs = append(outs, got...)
	}
	return outs, nil
}

func (c *row) allBut(what Scalar, listed []output, n Node) []output {
	skip := map[*Col]bool{}
	mark := func(x Scalar) {
		if ref, ok := x.(*ColRef); ok {
			skip[ref.Col] = true
		}
	}
	if what != nil {
		mark(what)
	}
	for _, o := range listed {
		mark(o.x)
	}
	for _, it := range c.by {
		mark(it.X)
	}
	var outs []output
	for _, col := range c.cols {
		if !skip[col] {
			outs = append(outs, output{node: &NamedExpr{Span: n.Pos()}, name: col.Name, x: &ColRef{col}})
		}
	}
	return outs
}

// takeAny binds take_any with its lists and stars.
func (c *row) takeAny(fn *Func, e *Call) ([]output, error) {
	list, err := c.returned(e.Args, nil)
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, errAt(e, "", "%s needs something to take", fn.Name)
	}
	a := &Agg{Fn: "take_any"}
	c.addAgg(a)
	var outs []output
	for _, o := range list {
		a.Args = append(a.Args, o.x)
		name := o.name
		if fn.Name == "any" {
			name = "any_" + name
		}
		outs = append(outs, c.result(a, o.node, name, o.x.Type()))
	}
	return outs, nil
}

// percentiles has a result per percentage.
func (c *row) percentiles(fn *Func, e *Call) ([]output, error) {
	args, _, err := c.args(e)
	if err != nil {
		return nil, err
	}
	if _, args, err = c.fitAgg(fn, args, e); err != nil {
		return nil, err
	}
	a := &Agg{Fn: fn.Canonical, Args: args}
	c.addAgg(a)
	var outs []output
	for _, p := range e.Args[1:] {
		name := "percentile_" + c.autoName(e.Args[0]) + "_" + percentText(p)
		outs = append(outs, c.result(a, p, name, args[0].Type()))
	}
	return outs, nil
}

// aggItem binds one item of summarize. An aggregate alone may have several results.
func (c *row) aggItem(it *NamedExpr) ([]output, error) {
	if call, ok := Unparen(it.X).(*Call); ok && c.sc.lookup(call.Func.Text) == nil {
		if fn := LookupFunc(AggregateFunc, call.Func.Text); fn != nil {
			outs, err := c.aggOutputs(fn, call)
			if err != nil {
				return nil, err
			}
			if len(it.Names) > len(outs) {
				return nil, errAt(it.Names[len(outs)], "", "there are %d names for %s", len(it.Names), count(len(outs), "value"))
			}
			for i, n := range it.Names {
				outs[i].node, outs[i].name, outs[i].given = n, n.Text, true
			}
			return outs, nil
		}
	}
	return c.item(it)
}

// summarize binds the operator: keys, then aggregates, then expressions over them.
func (b *binder) summarize(op *Summarize, rel Rel, sc *scope) (Rel, error) {
	c := b.over(rel, sc)
	names := newNamer(c.cols...)
	by, err := c.keys(op.By, names, "summarize by")
	if err != nil {
		return nil, err
	}
	var aggs []*Agg
	c.by, c.aggs, c.aggsOut = by, &aggs, &aggs
	var outs []output
	for _, it := range op.Aggs {
		got, err := c.aggItem(it)
		if err != nil {
			return nil, err
		}
		outs = append(outs, got...)
	}
	return c.aggregated(by, aggs, outs, names)
}

// keys binds group keys.
func (c *row) keys(list []*NamedExpr, names *namer, what string) ([]Item, error) {
	c.hoist = true
	var by []Item
	for _, it := range list {
		outs, err := c.item(it)
		if err != nil {
			return nil, err
		}
		for _, o := range outs {
			if o.x.Type() == schema.Dynamic {
				return nil, errAt(it, "use tostring(...)", "%s takes no dynamic values", what)
			}
			name, err := names.pick(o)
			if err != nil {
				return nil, err
			}
			by = append(by, c.column(name, o.x))
		}
	}
	return by, nil
}

// aggregated puts the aggregates and, where an item is more than an aggregate,
// the expressions over them into nodes.
func (c *row) aggregated(by []Item, aggs []*Agg, outs []output, names *namer) (Rel, error) {
	agg := &AggregateRel{Input: c.rel, By: by, Aggs: aggs}
	items := keep(itemCols(nil, by))
	for _, o := range outs {
		if bad := strayColumn(o.x, agg.Output()); bad != nil {
			return nil, errAt(o.node, "wrap it in an aggregate such as take_any(...)", "column %q is neither a key nor aggregated", bad.Name)
		}
		name, err := names.pick(o)
		if err != nil {
			return nil, err
		}
		if ref, ok := o.x.(*ColRef); ok && ref.Col.Name == "" {
			ref.Col.Name = name
		}
		items = append(items, c.column(name, o.x))
	}
	if slices.Equal(itemCols(nil, items), agg.Output()) {
		return agg, nil
	}
	return &ComputeRel{Input: agg, Items: items}, nil
}

// strayColumn returns a column that x reads and cols does not have.
func strayColumn(x Scalar, cols []*Col) *Col {
	var bad *Col
	walkScalar(x, func(x Scalar) {
		switch x := x.(type) {
		case *ColRef:
			if !slices.Contains(cols, x.Col) {
				bad = x.Col
			}
		case *PackCols:
			for _, col := range x.Cols {
				if !slices.Contains(cols, col) {
					bad = col
				}
			}
		}
	})
	return bad
}

// walkScalar visits x and what it is made of, but not the tables inside it.
func walkScalar(x Scalar, visit func(Scalar)) {
	visit(x)
	switch x := x.(type) {
	case *Apply:
		for _, a := range x.Args {
			walkScalar(a, visit)
		}
	case *Cast:
		walkScalar(x.X, visit)
	case *Path:
		walkScalar(x.X, visit)
		for _, s := range x.Steps {
			if s.Index != nil {
				walkScalar(s.Index, visit)
			}
		}
	case *InList:
		walkScalar(x.X, visit)
		for _, a := range x.List {
			walkScalar(a, visit)
		}
	case *InRel:
		walkScalar(x.X, visit)
	}
}

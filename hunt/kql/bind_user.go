package kql

import (
	"github.com/hunt365/hunt365/hunt/schema"
)

// userCall binds the body of a lambda with its parameters bound to arguments.
func (c *row) userCall(e *Call, bind *binding) (value, error) {
	if c.total++; c.total > maxTotalCalls {
		return value{}, errAt(e, "", "functions are called too often")
	}
	if c.calls++; c.calls > maxCalls {
		return value{}, errAt(e, "", "functions are nested too deeply")
	}
	defer func() { c.calls-- }()
	fn := bind.fn
	inner := newScope(bind.home)
	if err := c.parameters(e, fn, bind.home, inner); err != nil {
		return value{}, err
	}
	v, err := c.statements(fn.Body, inner)
	if err != nil {
		return value{}, err
	}
	if fn.Result != nil {
		if v, err = c.any(fn.Result, inner); err != nil {
			return value{}, err
		}
	}
	if v.rel == nil && v.x == nil {
		return value{}, errAt(e, "", "function %q has no result", e.Func.Text)
	}
	return v, nil
}

// parameters declares the parameters in inner.
func (c *row) parameters(e *Call, fn *FuncLit, home, inner *scope) error {
	given := map[string]Expr{}
	positional := 0
	for _, a := range e.Args {
		if n, ok := a.(*NamedExpr); ok && len(n.Names) == 1 {
			given[n.Names[0].Text] = n.X
			continue
		}
		for positional < len(fn.Params) && given[fn.Params[positional].Name.Text] != nil {
			positional++
		}
		if positional >= len(fn.Params) {
			return errAt(a, "", "function %q takes %s, not %d", e.Func.Text, count(len(fn.Params), "argument"), len(e.Args))
		}
		given[fn.Params[positional].Name.Text] = a
		positional++
	}
	for _, p := range fn.Params {
		arg, ok := given[p.Name.Text]
		delete(given, p.Name.Text)
		bind, err := c.parameter(p, arg, ok, home, e)
		if err != nil {
			return err
		}
		inner.declare(p.Name.Text, bind)
	}
	for name, x := range given {
		return errAt(x, "", "function %q has no parameter %q", e.Func.Text, name)
	}
	return nil
}

func (c *row) parameter(p *Param, arg Expr, given bool, home *scope, e *Call) (*binding, error) {
	if !given && p.Default == nil {
		return nil, errAt(e, "", "function %q needs a value for %q", e.Func.Text, p.Name.Text)
	}
	if p.Tabular {
		return c.tableParameter(p, arg)
	}
	from := c
	if !given {
		arg, from = p.Default, c.constScope(home)
	}
	x, err := from.expr(arg)
	if err != nil {
		return nil, err
	}
	if p.Type != nil {
		if x, err = c.assign(x, p.Type.Type, arg); err != nil {
			return nil, err
		}
	}
	return &binding{x: x}, checkSize(x, arg)
}

// checkSize refuses values that have grown out of hand by being used many times.
func checkSize(x Scalar, n Node) error {
	size := 0
	walkScalar(x, func(Scalar) { size++ })
	if size > maxInlined {
		return errAt(n, "", "this expression grows too large when what it names is filled in")
	}
	return nil
}

// tableParameter shares a table argument; one with declared columns must have them.
func (c *row) tableParameter(p *Param, arg Expr) (*binding, error) {
	var rel Rel
	deps, err := c.isolated(func() (err error) {
		if rel, err = c.tabular(arg, c.sc); err != nil || p.AnyCols {
			return err
		}
		rel, err = c.narrow(rel, p, arg)
		return err
	})
	if err != nil {
		return nil, err
	}
	return &binding{shared: c.shareNamed(p.Name.Text, rel, deps)}, nil
}

func (c *row) narrow(rel Rel, p *Param, n Node) (Rel, error) {
	for _, d := range p.Columns {
		col := findCol(rel.Output(), d.Name.Text)
		if col == nil {
			return nil, errAt(n, "", "the table for %q has no column %q", p.Name.Text, d.Name.Text)
		}
		if d.Type != nil && col.Type != d.Type.Type {
			return nil, errAt(n, "", "column %q must be %s, not %s", col.Name, d.Type.Type, col.Type)
		}
	}
	return rel, nil
}

// userScalar binds a call of a lambda that gives a scalar.
func (c *row) userScalar(e *Call, bind *binding) (Scalar, error) {
	v, err := c.userCall(e, bind)
	if err != nil {
		return nil, err
	}
	if v.x == nil {
		return nil, errAt(e, "wrap it in toscalar(...)", "%q gives a table, not a scalar", e.Func.Text)
	}
	return v.x, nil
}

// isTabularCall reports whether a call of that name gives rows.
func (c *row) isTabularCall(e *Call) bool {
	return c.callIsTabular(e, c.sc)
}

func (b *binder) callIsTabular(e *Call, sc *scope) bool {
	if e.Target != nil {
		return true
	}
	name := e.Func.Text
	if bind := sc.lookup(name); bind != nil {
		return bind.fn != nil && b.isTabular(bind.fn.Result, b.paramScope(bind))
	}
	switch name {
	case "table", "materialize", "_GetWatchlist":
		return true
	}
	_, ok := refused[name]
	return ok
}

// paramScope is the scope of a lambda's body as far as telling rows from scalars
// needs it.
func (b *binder) paramScope(bind *binding) *scope {
	inner := newScope(bind.home)
	for _, p := range bind.fn.Params {
		if p.Tabular {
			inner.declare(p.Name.Text, &binding{shared: &Shared{}})
		} else {
			inner.declare(p.Name.Text, &binding{x: &Lit{T: schema.Dynamic}})
		}
	}
	for _, st := range bind.fn.Body {
		if let, ok := st.(*LetStmt); ok {
			if fn, ok := let.Value.(*FuncLit); ok {
				inner.declare(let.Name.Text, &binding{fn: fn, home: inner})
			} else if b.isTabular(let.Value, inner) {
				inner.declare(let.Name.Text, &binding{shared: &Shared{}})
			} else {
				inner.declare(let.Name.Text, &binding{x: &Lit{T: schema.Dynamic}})
			}
		}
	}
	return inner
}

// isTabular tells by its form whether e stands for rows.
func (b *binder) isTabular(e Expr, sc *scope) bool {
	if b.depth > 200 {
		return false
	}
	b.depth++
	defer func() { b.depth-- }()
	switch e := Unparen(e).(type) {
	case *PipeExpr, *DataTable, *ExternalData, *Wildcard:
		return true
	case *Ident:
		if bind := sc.lookup(e.Text); bind != nil {
			return bind.shared != nil || bind.fn != nil && b.isTabular(bind.fn.Result, b.paramScope(bind))
		}
		_, ok := b.table(e.Text)
		return ok
	case *Call:
		return b.callIsTabular(e, sc)
	}
	return false
}

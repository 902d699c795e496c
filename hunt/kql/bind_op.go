package kql

import (
	"regexp"
	"strings"

	"github.com/hunt365/hunt365/hunt/schema"
)

// convert casts x to t; constants where nothing can be lost are converted at once.
func convert(x Scalar, t schema.Type) Scalar {
	if x.Type() == t {
		return x
	}
	if l, ok := x.(*Lit); ok {
		if y, ok := foldCast(l, t); ok {
			return y
		}
	}
	return &Cast{x, t}
}

// assign converts a value to the type of a parameter or column that takes it.
func (b *binder) assign(x Scalar, t schema.Type, n Node) (Scalar, error) {
	from := x.Type()
	l, isLit := x.(*Lit)
	switch {
	case from == t, t == schema.Dynamic:
	case from.IsNumeric() && t.IsNumeric():
	case from == schema.Dynamic:
	case isLit && l.Value == nil:
		return nullOf(t), nil
	default:
		return nil, errAt(n, "", "a value of type %s is expected, not %s", t, from)
	}
	return convert(x, t), nil
}

func nullOf(t schema.Type) *Lit {
	if t == schema.String {
		return &Lit{t, ""}
	}
	return &Lit{T: t}
}

func (c *row) unary(e *Unary) (Scalar, error) {
	x, err := c.expr(e.X)
	if err != nil {
		return nil, err
	}
	t := x.Type()
	if t == schema.Dynamic {
		return nil, errAt(e, "convert it first, for example with tolong(...)", "%s is not defined for dynamic values", e.Op)
	}
	if !t.IsNumeric() && t != schema.TimeSpan {
		return nil, errAt(e, "", "%s is not defined for type %s", e.Op, t)
	}
	if e.Op == "+" {
		return x, nil
	}
	if t == schema.Int {
		t, x = schema.Long, convert(x, schema.Long)
	}
	return c.apply("neg", []Scalar{x}, t, e)
}

func isStringOp(op string) bool {
	op = strings.TrimSuffix(strings.TrimPrefix(op, "!"), "_cs")
	switch op {
	case "=~", "~", "has", "contains", "startswith", "endswith", "hasprefix", "hassuffix", "like", "matches regex":
		return true
	}
	return false
}

func (c *row) binary(e *Binary) (Scalar, error) {
	if _, ok := Unparen(e.X).(*Star); ok {
		return c.anyColumn(e)
	}
	if e.Op == "and" || e.Op == "or" {
		return c.logical(e)
	}
	x, err := c.expr(e.X)
	if err != nil {
		return nil, err
	}
	y, err := c.expr(e.Y)
	if err != nil {
		return nil, err
	}
	return c.operate(e.Op, x, y, e)
}

// logical binds a chain of one operator without recursion on its left spine.
func (c *row) logical(e *Binary) (Scalar, error) {
	var spine []*Binary
	var x Expr = e
	for {
		b, ok := x.(*Binary)
		if !ok || b.Op != e.Op {
			break
		}
		spine, x = append(spine, b), b.X
	}
	left, err := c.truth(x)
	if err != nil {
		return nil, err
	}
	for i := len(spine) - 1; i >= 0; i-- {
		right, err := c.truth(spine[i].Y)
		if err != nil {
			return nil, err
		}
		if left, err = c.apply(e.Op, []Scalar{left, right}, schema.Bool, spine[i]); err != nil {
			return nil, err
		}
	}
	return left, nil
}

// truth binds an operand of and, or: a bool, or a dynamic that holds one.
func (c *row) truth(e Expr) (Scalar, error) {
	x, err := c.expr(e)
	if err != nil {
		return nil, err
	}
	if x.Type() == schema.Dynamic {
		return convert(x, schema.Bool), nil
	}
	if x.Type() != schema.Bool {
		return nil, errAt(e, "", "a bool is expected, not %s", x.Type())
	}
	return x, nil
}

// operate applies a binary operator other than and, or.
func (c *row) operate(op string, x, y Scalar, n *Binary) (Scalar, error) {
	var err error
	switch {
	case isStringOp(op):
		return c.stringOp(op, x, y, n)
	case op == "==" || op == "!=":
		if x, y, err = c.comparable(op, x, y, n); err != nil {
			return nil, err
		}
		return c.apply(op, []Scalar{x, y}, schema.Bool, n)
	case op == "<" || op == "<=" || op == ">" || op == ">=":
		if x, y, err = c.orderable(op, x, y, n); err != nil {
			return nil, err
		}
		return c.apply(op, []Scalar{x, y}, schema.Bool, n)
	case op == ":":
		return nil, errAt(n, "", "a colon is allowed in search only")
	}
	return c.arithmetic(op, x, y, n)
}

func opError(op string, x, y Scalar, n Node) error {
	hint := ""
	switch {
	case op == "+" && (x.Type() == schema.String || y.Type() == schema.String):
		hint = "use strcat(...)"
	case x.Type() == schema.Dynamic || y.Type() == schema.Dynamic:
		hint = "convert the dynamic value first, for example with tostring(...)"
	case x.Type() == schema.String && (op == "<" || op == ">" || op == "<=" || op == ">="):
		hint = "convert to a number or use strcmp(...)"
	case isStringOp(op):
		hint = "use tostring(...)"
	}
	return errAt(n, hint, "%s is not defined for types %s and %s", op, x.Type(), y.Type())
}

func (c *row) stringOp(op string, x, y Scalar, n *Binary) (Scalar, error) {
	textual := func(s Scalar) bool { return s.Type() == schema.String || s.Type() == schema.Dynamic }
	if !textual(x) || !textual(y) {
		return nil, opError(op, x, y, n)
	}
	y = convert(y, schema.String)
	if op == "matches regex" {
		if err := c.checkRegex(y, n.Y); err != nil {
			return nil, err
		}
	}
	return c.apply(op, []Scalar{convert(x, schema.String), y}, schema.Bool, n)
}

// comparable gives the operands of == and its kin the types in which they are
// compared.
func (c *row) comparable(op string, x, y Scalar, n Node) (Scalar, Scalar, error) {
	tx, ty := x.Type(), y.Type()
	switch {
	case tx == schema.Dynamic && ty == schema.Dynamic && !isNull(x) && !isNull(y):
		return nil, nil, opError(op, x, y, n)
	case tx == ty || tx == schema.Dynamic || ty == schema.Dynamic:
		return x, y, nil
	case tx.IsNumeric() && ty.IsNumeric():
		t := max(tx, ty)
		return convert(x, t), convert(y, t), nil
	case tx == schema.Bool && ty.IsNumeric():
		return convert(x, ty), y, nil
	case ty == schema.Bool && tx.IsNumeric():
		return x, convert(y, tx), nil
	case tx == schema.String && (ty.IsNumeric() || ty == schema.Bool || ty == schema.GUID):
		return c.textual(x, y, false)
	case ty == schema.String && (tx.IsNumeric() || tx == schema.Bool || tx == schema.GUID):
		return c.textual(y, x, true)
	case tx == schema.String && (ty == schema.DateTime || ty == schema.TimeSpan):
		return convert(x, ty), y, nil
	case ty == schema.String && (tx == schema.DateTime || tx == schema.TimeSpan):
		return x, convert(y, tx), nil
	}
	return nil, nil, opError(op, x, y, n)
}

// textual compares a string with something else: numbers as text, bools and
// guids by value.
func (c *row) textual(s, v Scalar, swapped bool) (Scalar, Scalar, error) {
	if v.Type().IsNumeric() {
		v = convert(v, schema.String)
	} else {
		s = convert(s, v.Type())
	}
	if swapped {
		return v, s, nil
	}
	return s, v, nil
}

func isNull(x Scalar) bool {
	l, ok := x.(*Lit)
	return ok && l.Value == nil
}

// orderable does the same for < and its kin.
func (c *row) orderable(op string, x, y Scalar, n Node) (Scalar, Scalar, error) {
	tx, ty := x.Type(), y.Type()
	number := func(t schema.Type) bool { return t.IsNumeric() || t == schema.Bool }
	switch {
	case tx == schema.Dynamic && ty.IsNumeric():
		return convert(x, max(ty, schema.Real)), convert(y, max(ty, schema.Real)), nil
	case ty == schema.Dynamic && tx.IsNumeric():
		return convert(x, max(tx, schema.Real)), convert(y, max(tx, schema.Real)), nil
	case number(tx) && number(ty):
		t := max(tx, ty, schema.Int)
		return convert(x, t), convert(y, t), nil
	case tx == ty && (tx == schema.DateTime || tx == schema.TimeSpan):
		return x, y, nil
	}
	return nil, nil, opError(op, x, y, n)
}

// arithmetic types + - * / %.
func (c *row) arithmetic(op string, x, y Scalar, n *Binary) (Scalar, error) {
	tx, ty := x.Type(), y.Type()
	switch {
	case tx.IsNumeric() && ty.IsNumeric():
		t := max(tx, ty, schema.Long)
		return c.apply(op, []Scalar{convert(x, t), convert(y, t)}, t, n)
	case tx == schema.Dynamic && ty != schema.Dynamic, ty == schema.Dynamic && tx != schema.Dynamic:
		return c.dynamicArithmetic(op, x, y, n)
	case isTime(tx) || isTime(ty):
		return c.timeArithmetic(op, x, y, n)
	}
	return nil, opError(op, x, y, n)
}

func isTime(t schema.Type) bool { return t == schema.DateTime || t == schema.TimeSpan }

// dynamicArithmetic casts the dynamic operand to what the other one asks for.
func (c *row) dynamicArithmetic(op string, x, y Scalar, n *Binary) (Scalar, error) {
	other := x.Type()
	if other == schema.Dynamic {
		other = y.Type()
	}
	switch {
	case other == schema.Int:
		other = schema.Long
	case other.IsNumeric():
	case (op == "+" || op == "-") && isTime(other):
	default:
		return nil, opError(op, x, y, n)
	}
	x, y = convert(x, other), convert(y, other)
	if other == schema.DateTime {
		if op == "+" {
			return nil, opError(op, x, y, n)
		}
		return c.apply(op, []Scalar{x, y}, schema.TimeSpan, n)
	}
	return c.apply(op, []Scalar{x, y}, other, n)
}

// timeArithmetic types operations on datetimes and timespans; see [Apply].
func (c *row) timeArithmetic(op string, x, y Scalar, n *Binary) (Scalar, error) {
	tx, ty := x.Type(), y.Type()
	num := func(s Scalar) Scalar {
		if s.Type() == schema.Int {
			return convert(s, schema.Long)
		}
		if s.Type() == schema.Decimal {
			return convert(s, schema.Real)
		}
		return s
	}
	var t schema.Type
	switch k := tx.String() + op + ty.String(); {
	case k == "timespan+timespan", k == "timespan-timespan", k == "timespan%timespan":
		t = schema.TimeSpan
	case k == "timespan/timespan":
		t = schema.Real
	case k == "datetime+timespan", k == "timespan+datetime", k == "datetime-timespan":
		t = schema.DateTime
	case k == "datetime-datetime", k == "datetime%timespan":
		t = schema.TimeSpan
	case tx == schema.TimeSpan && ty.IsNumeric() && (op == "*" || op == "/" || op == "%"):
		t = schema.TimeSpan
	case ty == schema.TimeSpan && tx.IsNumeric() && op == "*":
		t = schema.TimeSpan
	default:
		return nil, opError(op, x, y, n)
	}
	return c.apply(op, []Scalar{num(x), num(y)}, t, n)
}

// between is two comparisons; a timespan as the upper bound of a datetime counts
// from the lower bound.
func (c *row) between(e *Between) (Scalar, error) {
	x, err := c.expr(e.X)
	if err != nil {
		return nil, err
	}
	lo, err := c.expr(e.Lo)
	if err != nil {
		return nil, err
	}
	hi, err := c.expr(e.Hi)
	if err != nil {
		return nil, err
	}
	if x.Type() == schema.DateTime && hi.Type() == schema.TimeSpan {
		if hi, err = c.apply("+", []Scalar{lo, hi}, schema.DateTime, e); err != nil {
			return nil, err
		}
	}
	x1, lo, err := c.orderable("between", x, lo, e)
	if err != nil {
		return nil, err
	}
	x2, hi, err := c.orderable("between", x, hi, e)
	if err != nil {
		return nil, err
	}
	ops := [3]string{">=", "<=", "and"}
	if e.Not {
		ops = [3]string{"<", ">", "or"}
	}
	left, err := c.apply(ops[0], []Scalar{x1, lo}, schema.Bool, e)
	if err != nil {
		return nil, err
	}
	right, err := c.apply(ops[1], []Scalar{x2, hi}, schema.Bool, e)
	if err != nil {
		return nil, err
	}
	return c.apply(ops[2], []Scalar{left, right}, schema.Bool, e)
}

// anyColumn binds `* op x`: true where some string or dynamic column matches.
func (c *row) anyColumn(e *Binary) (Scalar, error) {
	y, err := c.expr(e.Y)
	if err != nil {
		return nil, err
	}
	var out Scalar
	for _, col := range c.cols {
		if col.Type != schema.String && col.Type != schema.Dynamic {
			if isStringOp(e.Op) || col.Type != y.Type() {
				continue
			}
		}
		x, err := c.operate(e.Op, &ColRef{col}, y, e)
		if err != nil {
			return nil, err
		}
		out = orElse(out, x)
	}
	if out == nil {
		return &Lit{schema.Bool, false}, nil
	}
	return out, nil
}

func orElse(a, b Scalar) Scalar {
	if a == nil {
		return b
	}
	return &Apply{"or", []Scalar{a, b}, schema.Bool}
}

func andAlso(a, b Scalar) Scalar {
	if a == nil {
		return b
	}
	return &Apply{"and", []Scalar{a, b}, schema.Bool}
}

// checkRegex refuses constant regular expressions that do not compile.
func (b *binder) checkRegex(x Scalar, n Node) error {
	l, ok := x.(*Lit)
	if !ok || l.T != schema.String {
		return nil
	}
	s := l.Value.(string)
	err, seen := b.regexes[s]
	if !seen {
		_, err = regexp.Compile(s)
		b.regexes[s] = err
	}
	if err != nil {
		return errAt(n, "", "%s", strings.TrimPrefix(err.Error(), "error parsing regexp: "))
	}
	return nil
}

// apply builds a call, folding it if all arguments are constants.
func (c *row) apply(fn string, args []Scalar, t schema.Type, n Node) (Scalar, error) {
	if lits, ok := literals(args); ok {
		l, ok, err := foldApply(fn, lits, t)
		if err != nil {
			return nil, errAt(n, "", "%s", err)
		}
		if ok {
			return l, nil
		}
	}
	out := &Apply{fn, args, t}
	c.places[out] = n.Pos()
	return out, nil
}

func literals(args []Scalar) ([]*Lit, bool) {
	out := make([]*Lit, len(args))
	for i, a := range args {
		l, ok := a.(*Lit)
		if !ok {
			return nil, false
		}
		out[i] = l
	}
	return out, true
}

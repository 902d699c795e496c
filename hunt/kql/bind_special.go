package kql

import (
	"regexp"
	"strings"

	"github.com/hunt365/hunt365/hunt/schema"
)

// checkFunc looks at constant arguments that the engine would stumble over.
func (c *row) checkFunc(fn *Func, args []Scalar, e *Call) error {
	if fn.Name == "format_datetime" || fn.Name == "format_timespan" {
		return checkTimeFormat(fn.Name, args[1], e.Args[1])
	}
	at := map[string]int{"extract": 0, "extract_all": 0, "replace_regex": 1, "trim": 0, "trim_start": 0, "trim_end": 0, "indexof_regex": 1}
	i, ok := at[fn.Canonical]
	if !ok || i >= len(args) || i >= len(e.Args) {
		return nil
	}
	if err := c.checkRegex(args[i], e.Args[i]); err != nil {
		return err
	}
	if l, ok := args[i].(*Lit); ok && fn.Canonical == "extract_all" {
		if re, err := regexp.Compile(l.Value.(string)); err == nil && re.NumSubexp() == 0 {
			return errAt(e.Args[i], "put parentheses around what to extract", "extract_all: the regular expression has no capture group")
		}
	}
	return nil
}

// checkTimeFormat refuses format letters that the language does not know.
func checkTimeFormat(fn string, x Scalar, n Node) error {
	known := "dfFhHmMsyt /-:,._[]"
	if fn == "format_timespan" {
		known = "dfFhHms /-:,._[]"
	}
	l, ok := x.(*Lit)
	if !ok {
		return nil
	}
	s, _ := l.Value.(string)
	if i := strings.IndexFunc(s, func(r rune) bool { return !strings.ContainsRune(known, r) }); i >= 0 {
		return errAt(n, "known are "+known, "%s: unknown format character %q", fn, []rune(s[i:])[0])
	}
	return nil
}

func wantArgs(e *Call, lo, hi int) error {
	if n := len(e.Args); n < lo || n > hi {
		fn := e.Func.Text
		if lo == hi {
			return errAt(e, "", "%s takes %s, not %d", fn, count(lo, "argument"), n)
		}
		return errAt(e, "", "%s takes %d to %s, not %d", fn, lo, count(hi, "argument"), n)
	}
	return nil
}

// toScalar is the first cell of a table. The table is shared, so that a let used
// many times is computed once.
func (c *row) toScalar(e *Call) (Scalar, error) {
	if err := wantArgs(e, 1, 1); err != nil {
		return nil, err
	}
	var v value
	deps, err := c.isolated(func() (err error) {
		v, err = c.any(e.Args[0], c.sc)
		return err
	})
	if err != nil {
		return nil, err
	}
	if v.rel == nil {
		*c.deps = append(*c.deps, deps...)
		return v.x, nil
	}
	if len(v.rel.Output()) == 0 {
		return nil, errAt(e.Args[0], "", "the table has no columns")
	}
	return &ToScalar{c.ref(c.shareNamed("", v.rel, deps))}, nil
}

// now is the run's clock, moved by an optional timespan.
func (c *row) now(e *Call) (Scalar, error) {
	if err := wantArgs(e, 0, 1); err != nil {
		return nil, err
	}
	t := &Lit{schema.DateTime, Ticks(c.env.Now)}
	if len(e.Args) == 0 {
		return t, nil
	}
	return c.offset("+", t, e)
}

func (c *row) ago(e *Call) (Scalar, error) {
	if err := wantArgs(e, 1, 1); err != nil {
		return nil, err
	}
	return c.offset("-", &Lit{schema.DateTime, Ticks(c.env.Now)}, e)
}

func (c *row) offset(op string, t Scalar, e *Call) (Scalar, error) {
	x, err := c.expr(e.Args[0])
	if err != nil {
		return nil, err
	}
	if x, err = c.assign(x, schema.TimeSpan, e.Args[0]); err != nil {
		return nil, err
	}
	return c.apply(op, []Scalar{t, x}, schema.DateTime, e)
}

// ingestionTime is TimeGenerated, the nearest thing that a case knows.
func (c *row) ingestionTime(e *Call) (Scalar, error) {
	if err := wantArgs(e, 0, 0); err != nil {
		return nil, err
	}
	if col := findCol(c.cols, "TimeGenerated"); col != nil && col.Type == schema.DateTime {
		return &ColRef{col}, nil
	}
	return &Lit{T: schema.DateTime}, nil
}

// columnIfExists is the column called by a constant name, else the default.
func (c *row) columnIfExists(e *Call) (Scalar, error) {
	if err := wantArgs(e, 2, 2); err != nil {
		return nil, err
	}
	name, err := c.constString(e.Args[0])
	if err != nil {
		return nil, err
	}
	if col := findCol(c.cols, name); col != nil {
		return &ColRef{col}, nil
	}
	return c.expr(e.Args[1])
}

// constString binds an expression that must be a constant string.
func (c *row) constString(e Expr) (string, error) {
	x, err := c.expr(e)
	if err != nil {
		return "", err
	}
	if l, ok := x.(*Lit); ok && l.T == schema.String {
		return l.Value.(string), nil
	}
	return "", errAt(e, "", "a constant string is expected")
}

// packAll is a bag of all columns.
func (c *row) packAll(e *Call) (Scalar, error) {
	if err := wantArgs(e, 0, 1); err != nil {
		return nil, err
	}
	out := &PackCols{Cols: c.cols, Names: columnNames(c.cols)}
	if len(e.Args) == 1 {
		x, err := c.expr(e.Args[0])
		if err != nil {
			return nil, err
		}
		l, ok := x.(*Lit)
		if !ok || l.T != schema.Bool {
			return nil, errAt(e.Args[0], "", "pack_all takes true or false")
		}
		out.SkipNull, _ = l.Value.(bool)
	}
	return out, nil
}

// packColumns is a bag of the columns named.
func (c *row) packColumns(e *Call) (Scalar, error) {
	out := &PackCols{}
	for _, a := range e.Args {
		x, err := c.expr(a)
		if err != nil {
			return nil, err
		}
		ref, ok := x.(*ColRef)
		if !ok {
			return nil, errAt(a, "", "bag_pack_columns takes columns")
		}
		out.Cols, out.Names = append(out.Cols, ref.Col), append(out.Names, ref.Col.Name)
	}
	return out, nil
}

// packArray takes any values, or * for all columns.
func (c *row) packArray(e *Call) (Scalar, error) {
	out := &Apply{Fn: "pack_array", T: schema.Dynamic}
	for _, a := range e.Args {
		if _, ok := a.(*Star); ok {
			for _, col := range c.cols {
				out.Args = append(out.Args, &ColRef{col})
			}
			continue
		}
		x, err := c.expr(a)
		if err != nil {
			return nil, err
		}
		out.Args = append(out.Args, x)
	}
	return out, nil
}

// caseCall is case(bool, value, bool, value, …, else).
func (c *row) caseCall(e *Call) (Scalar, error) {
	if n := len(e.Args); n < 3 || n%2 == 0 {
		return nil, errAt(e, "case(condition, value, ..., otherwise)", "case takes an odd number of arguments, at least 3")
	}
	args := make([]Scalar, len(e.Args))
	t := schema.Unknown
	var err error
	for i, a := range e.Args {
		isCond := i%2 == 0 && i < len(e.Args)-1
		if isCond {
			args[i], err = c.boolean(a)
		} else {
			args[i], err = c.expr(a)
		}
		if err != nil {
			return nil, err
		}
		if !isCond {
			t = commonType(t, args[i], true)
		}
	}
	for i := range args {
		if i%2 == 1 || i == len(args)-1 {
			args[i] = convert(args[i], t)
		}
	}
	return &Apply{"case", args, t}, nil
}

// bagPack takes pairs of a name and a value.
func (c *row) bagPack(e *Call) (Scalar, error) {
	if len(e.Args)%2 != 0 {
		return nil, errAt(e, "", "%s takes pairs of a name and a value", e.Func.Text)
	}
	out := &Apply{Fn: "bag_pack", T: schema.Dynamic}
	for i, a := range e.Args {
		x, err := c.expr(a)
		if err != nil {
			return nil, err
		}
		if i%2 == 0 {
			if t := x.Type(); t != schema.String && t != schema.Dynamic {
				return nil, errAt(a, "use tostring(...)", "a name is a string, not %s", t)
			}
			x = convert(x, schema.String)
		}
		out.Args = append(out.Args, x)
	}
	return out, nil
}

// arraySort sorts the first array; with several the result is an array of arrays
// for multi to take apart.
func (c *row) arraySort(e *Call) (Scalar, error) {
	fn := LookupFunc(ScalarFunc, e.Func.Text)
	out := &Apply{Fn: fn.Canonical, T: schema.Dynamic}
	for i, a := range e.Args {
		x, err := c.expr(a)
		if err != nil {
			return nil, err
		}
		if last := i > 0 && i == len(e.Args)-1; x.Type() != schema.Dynamic && !(last && x.Type() == schema.Bool) {
			return nil, errAt(a, "", "%s takes dynamic arrays, not %s", fn.Name, x.Type())
		}
		out.Args = append(out.Args, x)
	}
	if len(out.Args) == 0 {
		return nil, errAt(e, "", "%s takes at least 1 argument", fn.Name)
	}
	return out, nil
}

package kql

import (
	"fmt"
	"strings"

	"github.com/hunt365/hunt365/hunt/schema"
)

// conversions are the functions that are nothing but a cast.
var conversions = map[string]schema.Type{
	"tostring": schema.String, "toint": schema.Int, "tolong": schema.Long, "todouble": schema.Real,
	"todecimal": schema.Decimal, "tobool": schema.Bool, "todatetime": schema.DateTime,
	"totimespan": schema.TimeSpan, "toguid": schema.GUID,
}

// special returns the binder of a function that needs more than its signature.
func (c *row) special(name string) func(*Call) (Scalar, error) {
	switch name {
	case "toscalar":
		return c.toScalar
	case "now":
		return c.now
	case "ago":
		return c.ago
	case "ingestion_time":
		return c.ingestionTime
	case "column_ifexists":
		return c.columnIfExists
	case "pack_all":
		return c.packAll
	case "bag_pack_columns":
		return c.packColumns
	case "pack_array":
		return c.packArray
	case "case":
		return c.caseCall
	case "bag_pack":
		return c.bagPack
	case "array_sort_asc", "array_sort_desc":
		return c.arraySort
	}
	return nil
}

// refused are functions that reach outside the case.
var refused = map[string]string{
	"cluster": "a case has one database; name the table alone", "database": "a case has one database; name the table alone",
	"workspace": "a case is one workspace; name the table alone", "app": "a case is one workspace; name the table alone",
	"arg": "Azure Resource Graph is out of reach; export what you need into a watchlist", "adx": "other clusters are out of reach",
	"resource": "name the table alone", "external_table": "use externaldata with a file that is allowed", "materialized_view": "name the table alone",
}

// call binds a function call.
func (c *row) call(e *Call) (Scalar, error) {
	name := e.Func.Text
	if e.Target != nil {
		return nil, errAt(e, "", "calls on %s are not supported", "another value")
	}
	if bind := c.sc.lookup(name); bind != nil {
		if bind.err != nil {
			return nil, bind.err
		}
		if bind.fn == nil {
			return nil, errAt(e.Func, "", "%q is not a function", name)
		}
		return c.userScalar(e, bind)
	}
	if c.isTabularCall(e) {
		return nil, errAt(e, "wrap it in toscalar(...)", "a table cannot be used as a scalar")
	}
	if hint, ok := refused[name]; ok {
		return nil, errAt(e, hint, "%s() is not supported", name)
	}
	if fn := LookupFunc(AggregateFunc, name); fn != nil && (c.aggs != nil || LookupFunc(ScalarFunc, name) == nil) {
		return c.aggregate(fn, e)
	}
	if fn := LookupFunc(WindowFunc, name); fn != nil {
		return c.window(fn, e)
	}
	fn := LookupFunc(ScalarFunc, name)
	if fn == nil && LookupFunc(Unsupported, name) != nil {
		return nil, errAt(e.Func, "", "%s is not supported", name)
	}
	if fn == nil {
		return nil, unknownName(e.Func, "function", name, c.functionNames())
	}
	return c.builtin(fn, e)
}

func (c *row) functionNames() []string {
	out := c.sc.allNames(func(b *binding) bool { return b.fn != nil })
	for _, k := range []FuncKind{ScalarFunc, AggregateFunc, WindowFunc} {
		for n := range Functions(k) {
			out = append(out, n)
		}
	}
	return out
}

func (c *row) builtin(fn *Func, e *Call) (Scalar, error) {
	if f := c.special(fn.Canonical); f != nil {
		x, err := f(e)
		return c.first(x, e), err
	}
	args, typeArg, err := c.args(e)
	if err != nil {
		return nil, err
	}
	if fn.Name == "replace" && len(args) == 3 {
		args[0], args[1], args[2] = args[2], args[0], args[1]
		e = &Call{Span: e.Span, Func: e.Func, Args: []Expr{e.Args[2], e.Args[0], e.Args[1]}}
		fn = LookupFunc(ScalarFunc, "replace_regex")
	}
	if fn.Canonical == "geo_info_from_ip_address" && !c.env.Places {
		c.note("there is no address database: geo_info_from_ip_address gives null (name one with --geo)")
	}
	if to, ok := conversions[fn.Canonical]; ok && len(args) == 1 {
		return c.conversion(fn, args[0], to, e)
	}
	if fn.Canonical == "parse_json" && len(args) == 1 && args[0].Type() == schema.Dynamic {
		return args[0], nil
	}
	x, err := c.applyFunc(fn, args, typeArg != schema.Unknown, e)
	if err != nil || typeArg == schema.Unknown {
		return c.first(x, e), err
	}
	return convert(x, typeArg), nil
}

// conversion casts; a value that already has the type stays.
func (c *row) conversion(fn *Func, x Scalar, to schema.Type, e *Call) (Scalar, error) {
	if x.Type() == to {
		return x, nil
	}
	if fn.Canonical == "toguid" && x.Type() != schema.String && x.Type() != schema.Dynamic {
		return nil, errAt(e, "", "toguid needs a string, not %s", x.Type())
	}
	return convert(x, to), nil
}

// args binds the arguments; a typeof(...) at the end is returned apart.
func (c *row) args(e *Call) ([]Scalar, schema.Type, error) {
	var out []Scalar
	typeArg := schema.Unknown
	for i, a := range e.Args {
		if t, ok := a.(*TypeOf); ok && i == len(e.Args)-1 {
			typeArg = t.Type.Type
			continue
		}
		x, err := c.expr(a)
		if err != nil {
			return nil, typeArg, err
		}
		out = append(out, x)
	}
	return out, typeArg, nil
}

// applyFunc checks args against the overloads of fn and builds the call.
func (c *row) applyFunc(fn *Func, args []Scalar, typed bool, e *Call) (Scalar, error) {
	var first error
	for i := range fn.Sigs {
		sig := &fn.Sigs[i]
		n := len(args)
		if typed {
			n++
		}
		if !sig.takes(n) {
			continue
		}
		bound, err := c.fit(sig, fn.Name, args, e)
		if err == nil {
			t := resultType(sig, bound)
			if err := c.checkFunc(fn, bound, e); err != nil {
				return nil, err
			}
			return c.apply(fn.Canonical, bound, t, e)
		}
		if first == nil {
			first = err
		}
	}
	if first == nil {
		first = errAt(e, fn.hint(), "%s does not take %s", fn.Name, count(len(args), "argument"))
	}
	return nil, first
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// takes reports whether n arguments can be given.
func (s *Sig) takes(n int) bool {
	lo, hi := 0, 0
	for _, p := range s.Params {
		lo, hi = lo+p.Min, hi+p.Max
	}
	return n >= lo && n <= hi
}

// param returns the parameter that argument i of n goes to: repeated ones take
// all that the ones after them can spare.
func (s *Sig) param(i, n int) *SigParam {
	for k := range s.Params {
		p := &s.Params[k]
		after := 0
		for _, q := range s.Params[k+1:] {
			after += q.Min
		}
		have := p.Max
		if p.Max > 1 {
			have = min(p.Max, n-after)
		}
		if i < have {
			return p
		}
		i, n = i-have, n-have
	}
	return &s.Params[len(s.Params)-1]
}

// fit converts args to what sig asks for, or says which does not fit.
func (c *row) fit(sig *Sig, name string, args []Scalar, e *Call) ([]Scalar, error) {
	out := make([]Scalar, len(args))
	common := commonOf(sig, args)
	for i, a := range args {
		p := sig.param(i, len(args))
		node := Node(e)
		if i < len(e.Args) {
			node = e.Args[i]
		}
		x, ok := fitOne(p, a, out, common)
		if !ok {
			return nil, errAt(node, fitHint(p, a), "%s: %s takes %s, not %s", name, p.Name, p.describe(), a.Type())
		}
		l, isLit := x.(*Lit)
		if !isLit && (p.Arg == "Literal" || p.Arg == "LiteralNotEmpty") {
			return nil, errAt(node, "", "%s: %s must be a constant", name, p.Name)
		}
		if p.Arg == "Constant" && readsColumns(x) {
			return nil, errAt(node, "", "%s: %s must not depend on columns", name, p.Name)
		}
		if isLit && p.Values != nil && !p.allows(l) {
			return nil, errAt(node, "one of "+strings.Join(p.Values, ", "), "%s: unknown %s", name, p.Name)
		}
		out[i] = x
	}
	return out, nil
}

// readsColumns reports whether x depends on the row.
func readsColumns(x Scalar) bool { return strayColumn(x, nil) != nil }

func (p *SigParam) allows(l *Lit) bool {
	s, ok := l.Value.(string)
	for _, v := range p.Values {
		if ok && strings.EqualFold(v, s) {
			return true
		}
	}
	return false
}

func fitHint(p *SigParam, x Scalar) string {
	if len(p.Types) > 0 {
		return "use to" + p.Types[0].String() + "(...)"
	}
	if x.Type() == schema.String && (p.Kind == "DynamicArray" || p.Kind == "DynamicBag") {
		return "use parse_json(...)"
	}
	return ""
}

func (p *SigParam) describe() string {
	if p.Kind == "" {
		names := make([]string, len(p.Types))
		for i, t := range p.Types {
			names[i] = t.String()
		}
		return strings.Join(names, " or ")
	}
	switch p.Kind {
	case "DynamicArray":
		return "a dynamic array"
	case "DynamicBag":
		return "a dynamic bag"
	case "StringOrDynamic", "StringOrArray":
		return "string or dynamic"
	case "Number", "CommonNumber":
		return "a number"
	case "Integer":
		return "a whole number"
	case "Summable", "CommonSummable":
		return "a number, datetime or timespan"
	case "Orderable", "CommonOrderable":
		return "a value that has an order"
	}
	return "another type"
}

// fitOne fits one argument; before are the fitted ones to its left.
func fitOne(p *SigParam, x Scalar, before []Scalar, common schema.Type) (Scalar, bool) {
	t := x.Type()
	switch p.Kind {
	case "":
		return fitTypes(p.Types, x)
	case "Integer":
		return x, t == schema.Int || t == schema.Long
	case "IntegerOrArray":
		return x, t == schema.Int || t == schema.Long || t == schema.Dynamic
	case "RealOrDecimal":
		return x, t == schema.Real || t == schema.Decimal
	case "StringOrDynamic", "StringOrArray":
		return x, t == schema.String || t == schema.Dynamic
	case "DynamicArray", "DynamicBag":
		return x, t == schema.Dynamic
	case "Number":
		return x, t.IsNumeric()
	case "NumberOrBool":
		return x, t.IsNumeric() || t == schema.Bool
	case "Summable":
		return x, t.IsNumeric() || isTime(t)
	case "Orderable":
		return x, t != schema.Dynamic && t != schema.GUID
	case "NotDynamic":
		return x, t != schema.Dynamic
	case "NotBool":
		return x, t != schema.Bool
	case "NotRealOrBool":
		return x, t != schema.Real && t != schema.Bool
	case "Parameter0", "Parameter1", "Parameter2":
		to := before[p.Kind[len(p.Kind)-1]-'0'].Type()
		return convert(x, to), t == to || t.IsNumeric() && to.IsNumeric()
	case "CommonScalar", "CommonOrderable", "CommonNumber", "CommonSummable", "CommonScalarOrDynamic":
		if common == schema.Unknown || p.Kind == "CommonNumber" && !common.IsNumeric() {
			return nil, false
		}
		return convert(x, common), true
	}
	return x, true
}

// fitTypes fits one of the listed types: exactly, by widening a number, or by
// unwrapping a dynamic into a string.
func fitTypes(types []schema.Type, x Scalar) (Scalar, bool) {
	t := x.Type()
	for _, want := range types {
		if want == t {
			return x, true
		}
	}
	for _, want := range types {
		switch {
		case t.IsNumeric() && want.IsNumeric() && (t < want || want == schema.Long):
			return convert(x, want), true
		case t == schema.Dynamic && want == schema.String, isNull(x):
			return convert(x, want), true
		}
	}
	return nil, false
}

// commonOf is the type that the arguments of Common… parameters share.
func commonOf(sig *Sig, args []Scalar) schema.Type {
	t := schema.Unknown
	for i, a := range args {
		p := sig.param(i, len(args))
		if !strings.HasPrefix(p.Kind, "Common") {
			continue
		}
		t = commonType(t, a, p.Kind == "CommonScalarOrDynamic")
		if t == schema.Unknown {
			return t
		}
	}
	return t
}

// commonType joins t with x's type. With loose, dynamic gives way to another type, and
// two that differ become dynamic.
func commonType(t schema.Type, x Scalar, loose bool) schema.Type {
	u := x.Type()
	switch {
	case t == schema.Unknown || t == u:
		return u
	case t.IsNumeric() && u.IsNumeric():
		return max(t, u)
	case loose && t == schema.Dynamic:
		return u
	case loose && u == schema.Dynamic:
		return t
	case loose:
		return schema.Dynamic
	case t == schema.Dynamic || u == schema.Dynamic:
		return schema.Dynamic
	}
	return schema.Unknown
}

// resultType applies the overload's rule to the fitted arguments.
func resultType(sig *Sig, args []Scalar) schema.Type {
	if t, err := schema.ParseType(sig.Result); err == nil {
		return t
	}
	at := func(i int) schema.Type {
		if i < len(args) {
			return args[i].Type()
		}
		return schema.Dynamic
	}
	switch sig.Result {
	case "Parameter0":
		return at(0)
	case "Parameter1":
		return at(1)
	case "Parameter2":
		return at(2)
	case "ParameterN":
		return at(len(args) - 1)
	case "Parameter0Promoted":
		if at(0) == schema.Int {
			return schema.Long
		}
		return at(0)
	case "Widest":
		t := schema.Int
		for _, a := range args {
			if a.Type().IsNumeric() {
				t = max(t, a.Type())
			}
		}
		return t
	case "Common", "CommonNonDynamic":
		return commonOf(sig, args)
	case "ParameterNLiteral":
		return schema.String
	}
	return schema.Dynamic
}

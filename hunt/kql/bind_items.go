package kql

import (
	"strconv"
	"strings"

	"github.com/hunt365/hunt365/hunt/schema"
)

// output is a bound item of a list: its value and the name that the text or the
// language gives it; name is "" where it gives none.
type output struct {
	node  Node
	name  string
	given bool // the text names it, or it is a bare column
	x     Scalar
}

// item binds one item of a list. Functions with several results give several
// outputs.
func (c *row) item(it *NamedExpr) ([]output, error) {
	x, err := c.itemValue(it.X)
	if err != nil {
		return nil, err
	}
	outs := c.spread(it.X, x)
	if len(it.Names) > len(outs) {
		return nil, errAt(it.Names[len(outs)], "", "there are %d names for %s", len(it.Names), count(len(outs), "value"))
	}
	for i, n := range it.Names {
		outs[i].name, outs[i].given = n.Text, true
	}
	if n := len(it.Names); n > 0 {
		outs = outs[:n] // the engine leaves out what has no name then
	}
	return outs, nil
}

// itemValue binds an item's expression; at its top, functions with several results
// keep them all.
func (c *row) itemValue(e Expr) (Scalar, error) {
	call, ok := Unparen(e).(*Call)
	if !ok || multiResults(call) == nil {
		return c.expr(e)
	}
	x, err := c.expr(e)
	if p, ok := x.(*Path); ok && err == nil {
		return p.X, nil
	}
	if cast, ok := x.(*Cast); ok && err == nil {
		return cast.X.(*Path).X, nil
	}
	return x, err
}

// spread takes a value with several results apart.
func (c *row) spread(e Expr, x Scalar) []output {
	name := c.autoName(e)
	_, bare := Unparen(e).(*Ident)
	call, ok := Unparen(e).(*Call)
	if !ok || multiResults(call) == nil {
		return []output{{e, name, bare, x}}
	}
	parts := multiResults(call)
	if len(parts) > 1 && c.aggs == nil {
		x = c.addColumn(x)
	}
	var outs []output
	for i, p := range parts {
		outs = append(outs, output{e, p.columnName(call, c, i), false, p.take(x)})
	}
	return outs
}

// result is one result of a function that has several. The function itself gives
// a bag (Key) or an array of them.
type result struct {
	Key    string
	Index  int // where Key is ""
	Suffix string
	Type   schema.Type
}

func (r result) take(x Scalar) Scalar {
	if r.Key == "" && r.Index < 0 {
		return x
	}
	step := Step{Name: r.Key}
	if r.Key == "" {
		step = Step{Index: &Lit{schema.Long, int64(r.Index)}}
	}
	return convert(&Path{x, []Step{step}}, r.Type)
}

func (r result) columnName(e *Call, c *row, i int) string {
	arg := ""
	if r.Suffix == "sorted" {
		if arg = c.autoName(e.Args[i]); arg == "" {
			arg = "array" + strconv.Itoa(i)
		}
		return arg + "_sorted"
	}
	if len(e.Args) > 0 {
		arg = c.autoName(e.Args[0])
	}
	return e.Func.Text + "_" + arg + "_" + r.Suffix
}

// multiNames lists the results: name:type, in order. A leading # says array, not bag.
var multiNames = map[string]string{
	"series_fit_line":            "rsquare:real slope:real variance:real rvariance:real interception:real line_fit:dynamic",
	"series_fit_2lines":          "rsquare:real split_idx:long variance:real rvariance:real line_fit:dynamic right_rsquare:real right_slope:real right_interception:real right_variance:real right_rvariance:real left_rsquare:real left_slope:real left_interception:real left_variance:real left_rvariance:real",
	"series_stats":               "min:real min_idx:long max:real max_idx:long avg:real stdev:real variance:real",
	"series_decompose":           "# baseline:dynamic seasonal:dynamic trend:dynamic residual:dynamic",
	"series_decompose_forecast":  "# baseline:dynamic seasonal:dynamic trend:dynamic residual:dynamic",
	"series_decompose_anomalies": "# ad_flag:dynamic ad_score:dynamic baseline:dynamic",
	"series_periods_detect":      "# periods:dynamic scores:dynamic",
	"series_periods_validate":    "# periods:dynamic scores:dynamic",
}

// multiResults returns the results of a call with several, else nil.
func multiResults(e *Call) []result {
	name := e.Func.Text
	if name == "array_sort_asc" || name == "array_sort_desc" {
		return sortResults(e)
	}
	spec, ok := multiNames[name]
	if !ok {
		return nil
	}
	var out []result
	array := strings.HasPrefix(spec, "#")
	for i, f := range strings.Fields(strings.TrimPrefix(spec, "#")) {
		suffix, typ, _ := strings.Cut(f, ":")
		t, _ := schema.ParseType(typ)
		r := result{Key: suffix, Suffix: suffix, Type: t}
		if array {
			r.Key, r.Index = "", i
		}
		out = append(out, r)
	}
	return out
}

// sortResults are the arrays of array_sort; a flag at the end is none.
func sortResults(e *Call) []result {
	n := len(e.Args)
	if n > 1 {
		if l, ok := Unparen(e.Args[n-1]).(*Literal); ok && l.Type == schema.Bool {
			n--
		}
	}
	if n == 1 {
		return []result{{Index: -1, Suffix: "sorted", Type: schema.Dynamic}}
	}
	var out []result
	for i := range n {
		out = append(out, result{Index: i, Suffix: "sorted", Type: schema.Dynamic})
	}
	return out
}

// first is the first result of a function with several, and x for others.
func (c *row) first(x Scalar, e *Call) Scalar {
	if x == nil || c.sc.lookup(e.Func.Text) != nil {
		return x
	}
	if parts := multiResults(e); parts != nil {
		return parts[0].take(x)
	}
	return x
}

// autoName is the column name that the language gives an expression, or "".
func (c *row) autoName(e Expr) string {
	switch e := e.(type) {
	case *Paren:
		return c.autoName(e.X)
	case *Ident:
		return e.Text
	case *Member:
		if id, ok := e.X.(*Ident); ok && (id.Text == "$left" || id.Text == "$right") {
			return e.Name.Text
		}
		return joinName(c.autoName(e.X), e.Name.Text)
	case *Index:
		return joinName(c.autoName(e.X), indexName(e.Index))
	case *Call:
		return c.callName(e)
	case *NamedExpr: // an argument that the text names
		if len(e.Names) == 1 {
			return e.Names[0].Text
		}
	}
	return ""
}

func joinName(a, b string) string {
	if a == "" {
		return b
	}
	return a + "_" + b
}

func indexName(e Expr) string {
	l, ok := Unparen(e).(*Literal)
	if !ok {
		return ""
	}
	switch v := l.Value.(type) {
	case string:
		return v
	case int64:
		return strconv.FormatInt(v, 10)
	}
	return ""
}

func (c *row) callName(e *Call) string {
	name := e.Func.Text
	if c.sc.lookup(name) != nil {
		return ""
	}
	fn := LookupFunc(ScalarFunc, name)
	if agg := LookupFunc(AggregateFunc, name); agg != nil && (c.aggs != nil || fn == nil) {
		fn = agg
	}
	if fn == nil {
		fn = LookupFunc(WindowFunc, name)
	}
	if fn == nil {
		return ""
	}
	if fn.Canonical == "percentile" {
		return c.percentileName(e)
	}
	first := ""
	if len(e.Args) > 0 {
		first = c.autoName(e.Args[0])
	}
	switch fn.Naming {
	case "FirstArgument":
		return first
	case "OnlyArgument":
		if len(e.Args) == 1 {
			return first
		}
	case "NameAndFirstArgument":
		return name + "_" + first
	case "PrefixAndFirstArgument":
		return fn.Prefix + "_" + first
	case "PrefixOnly":
		return fn.Prefix
	case "FirstArgumentValueIfColumn":
		if n, err := c.constString(e.Args[0]); err == nil && findCol(c.cols, n) != nil {
			return n
		}
	case "Default":
		return fn.Prefix + "_" + first
	}
	return ""
}

// percentileName is percentile_x_95 for percentile(x, 95).
func (c *row) percentileName(e *Call) string {
	if len(e.Args) < 2 {
		return ""
	}
	return "percentile_" + c.autoName(e.Args[0]) + "_" + percentText(e.Args[1])
}

func percentText(e Expr) string {
	if l, ok := Unparen(e).(*Literal); ok {
		switch v := l.Value.(type) {
		case int64:
			return strconv.FormatInt(v, 10)
		case float64:
			return strings.ReplaceAll(strconv.FormatFloat(v, 'f', -1, 64), ".", "_")
		}
	}
	return ""
}

// namer hands out the column names of one list.
type namer struct {
	used    map[string]bool // by value: given in the text
	input   []*Col          // whose names Column1, Column2, … avoid
	unnamed int
}

func newNamer(input ...*Col) *namer { return &namer{used: map[string]bool{}, input: input} }

// reserve marks the names of columns that are there already.
func (n *namer) reserve(cols []*Col) {
	for _, c := range cols {
		if _, ok := n.used[c.Name]; !ok {
			n.used[c.Name] = false
		}
	}
}

// unique returns name, with the next free number at its end if it is taken.
func (n *namer) unique(name string, given bool) string {
	if _, taken := n.used[name]; taken {
		for i := 1; ; i++ {
			try := name + strconv.Itoa(i)
			if _, taken := n.used[try]; !taken {
				name = try
				break
			}
		}
	}
	n.used[name] = given
	return name
}

// pick names an output. Two that the text calls the same are a fault.
func (n *namer) pick(o output) (string, error) {
	if o.given && n.used[o.name] {
		return "", errAt(o.node, "", "column %q is declared twice", o.name)
	}
	if o.name != "" {
		return n.unique(o.name, o.given), nil
	}
	for {
		n.unnamed++
		name := "Column" + strconv.Itoa(n.unnamed)
		if _, taken := n.used[name]; !taken && findCol(n.input, name) == nil {
			return n.unique(name, false), nil
		}
	}
}

// column makes the column for an output; a column that keeps its name stays the
// same.
func (c *row) column(name string, x Scalar) Item {
	if ref, ok := x.(*ColRef); ok && ref.Col.Name == name {
		return Item{ref.Col, x}
	}
	return Item{c.newCol(name, x.Type()), x}
}

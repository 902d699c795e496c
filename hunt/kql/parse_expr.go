package kql

import "github.com/hunt365/hunt365/hunt/schema"

// binaryOp is how a binary operator parses: its level, and the spelling the
// tree keeps. Higher levels bind tighter; only some levels repeat.
type binaryOp struct {
	level int
	op    string
}

const (
	levelOr = 1 + iota
	levelAnd
	levelEqual   // == != in between: does not repeat
	levelCompare // < > <= >=: does not repeat
	levelAdd
	levelMultiply
	levelString // has contains =~: binds tighter than *, does not repeat
)

var binaryOps = map[string]binaryOp{
	"or": {levelOr, "or"}, "and": {levelAnd, "and"},
	"==": {levelEqual, "=="}, "!=": {levelEqual, "!="}, "<>": {levelEqual, "!="},
	"<": {levelCompare, "<"}, "<=": {levelCompare, "<="}, ">": {levelCompare, ">"}, ">=": {levelCompare, ">="},
	"+": {levelAdd, "+"}, "-": {levelAdd, "-"},
	"*": {levelMultiply, "*"}, "/": {levelMultiply, "/"}, "%": {levelMultiply, "%"},
	"=~": {levelString, "=~"}, "!~": {levelString, "!~"}, "matches": {levelString, "matches regex"},
	"has": {levelString, "has"}, "!has": {levelString, "!has"}, "has_cs": {levelString, "has_cs"}, "!has_cs": {levelString, "!has_cs"},
	"hasprefix": {levelString, "hasprefix"}, "!hasprefix": {levelString, "!hasprefix"},
	"hasprefix_cs": {levelString, "hasprefix_cs"}, "!hasprefix_cs": {levelString, "!hasprefix_cs"},
	"hassuffix": {levelString, "hassuffix"}, "!hassuffix": {levelString, "!hassuffix"},
	"hassuffix_cs": {levelString, "hassuffix_cs"}, "!hassuffix_cs": {levelString, "!hassuffix_cs"},
	"contains": {levelString, "contains"}, "!contains": {levelString, "!contains"}, "notcontains": {levelString, "!contains"},
	"contains_cs": {levelString, "contains_cs"}, "!contains_cs": {levelString, "!contains_cs"},
	"containscs": {levelString, "contains_cs"}, "notcontainscs": {levelString, "!contains_cs"},
	"startswith": {levelString, "startswith"}, "!startswith": {levelString, "!startswith"},
	"startswith_cs": {levelString, "startswith_cs"}, "!startswith_cs": {levelString, "!startswith_cs"},
	"endswith": {levelString, "endswith"}, "!endswith": {levelString, "!endswith"},
	"endswith_cs": {levelString, "endswith_cs"}, "!endswith_cs": {levelString, "!endswith_cs"},
	"like": {levelString, "like"}, "notlike": {levelString, "notlike"}, "likecs": {levelString, "likecs"}, "notlikecs": {levelString, "notlikecs"},
}

// setOps take a list in parentheses.
var setOps = map[string]string{
	"in": "in", "!in": "!in", "in~": "in~", "!in~": "!in~", "has_any": "has_any", "has_all": "has_all",
}

// expr reads a scalar expression, or a tabular one without operators.
func (p *parser) expr() Expr {
	p.enter()
	e := p.binary(levelOr)
	p.depth--
	return e
}

// operatorHere returns the binary operator at the current token.
func (p *parser) operatorHere() binaryOp {
	t := p.tok()
	if t.kind != tIdent && t.kind != tPunct {
		return binaryOp{}
	}
	if t.text == ":" && t.kind == tPunct && p.search {
		return binaryOp{levelString, ":"}
	}
	return binaryOps[t.text]
}

func (p *parser) binary(level int) Expr {
	if level > levelString {
		return p.unary()
	}
	start := p.tok().Start
	x := p.binary(level + 1)
	for {
		if level == levelEqual {
			if y := p.setOrBetween(x, start); y != nil {
				return y
			}
		}
		op := p.operatorHere()
		if op.level != level {
			return x
		}
		at := p.take()
		if op.op == "matches regex" {
			if at.End = p.tok().End; !p.word("regex") {
				p.expected("'regex' after matches")
			}
		}
		b := &Binary{Op: op.op, OpPos: at.Span, X: x, Y: p.binary(level + 1)}
		b.Span = p.from(start)
		x = b
		if level == levelEqual || level == levelCompare || level == levelString {
			p.rejectChain(level, op.op)
			return x
		}
	}
}

// rejectChain fails on a == b == c, which KQL does not have.
func (p *parser) rejectChain(level int, op string) {
	t := p.tok()
	next := p.operatorHere()
	if next.level == level || level == levelEqual && (setOps[t.text] != "" || t.text == "between") && t.kind != tString {
		p.fail(t.Span, quote(next.op)+" cannot follow "+quote(op)+" without parentheses", "put one of the two comparisons in parentheses")
	}
}

// setOrBetween reads `in (...)`, `between (a .. b)` and the like after x.
func (p *parser) setOrBetween(x Expr, start int) Expr {
	t := p.tok()
	if t.kind != tIdent && t.kind != tPunct {
		return nil
	}
	switch {
	case setOps[t.text] != "":
		p.take()
		in := &In{Op: setOps[t.text], OpPos: t.Span, X: x}
		in.List = p.args("a list in parentheses after " + t.text)
		if len(in.List) == 0 && p.err == nil {
			p.fail(p.from(t.Start), "the list of "+quote(t.text)+" is empty", "")
		}
		in.Span = p.from(start)
		p.rejectChain(levelEqual, in.Op)
		return in
	case t.text == "between" || t.text == "!between":
		p.take()
		return p.between(x, start, t.text == "!between")
	}
	return nil
}

func (p *parser) between(x Expr, start int, not bool) Expr {
	open := p.tok()
	p.needPunct("(", "after between")
	b := &Between{Not: not, X: x, Lo: p.expr()}
	if !p.punct("..") {
		p.expectedHint("'..'", "between (low .. high)")
	}
	b.Hi = p.expr()
	p.closing(")", open)
	b.Span = p.from(start)
	p.rejectChain(levelEqual, "between")
	return b
}

func (p *parser) unary() Expr {
	t := p.tok()
	if t.kind != tPunct || t.text != "-" && t.text != "+" {
		return p.postfix()
	}
	p.take()
	if n := p.tok(); t.text == "-" && n.kind == tInt && n.text == "9223372036854775808" {
		p.take() // the one long whose positive does not fit
		return &Literal{Span: p.from(t.Start), Type: schema.Long, Value: int64(-1 << 63), Raw: "long(-9223372036854775808)"}
	}
	u := &Unary{Op: t.text, X: p.postfix()}
	u.Span = p.from(t.Start)
	return u
}

// postfix reads a primary and its .name, [index] and .call(...) parts.
func (p *parser) postfix() Expr {
	p.enter()
	defer func() { p.depth-- }()
	start := p.tok().Start
	x := p.primary()
	for {
		switch {
		case p.isPunct("."):
			p.take()
			if p.isPunct("[") && !p.isBracketName(0) && indexable(x) { // a.[0] is a[0]
				continue
			}
			name := p.anyName("a property's name after '.'")
			if p.isPunct("(") {
				c := &Call{Target: x, Func: name, Args: p.args("arguments")}
				c.Span = p.from(start)
				x = c
				continue
			}
			x = &Member{p.from(start), x, name}
		case p.isPunct("[") && indexable(x):
			open := p.take()
			ix := &Index{X: x, Index: p.expr()}
			p.closing("]", open)
			ix.Span = p.from(start)
			x = ix
		default:
			return x
		}
	}
}

// indexable reports whether [...] after x is an index: in [1, 2] ["a"] of a
// datatable's values it is not.
func indexable(x Expr) bool {
	switch x.(type) {
	case *Ident, *Member, *Index, *Call, *Paren, *DynamicLit:
		return true
	}
	return false
}

func (p *parser) primary() Expr {
	t := p.tok()
	switch t.kind {
	case tString:
		return p.stringLiteral()
	case tInt, tReal, tTimeSpan:
		return p.number()
	case tIdent:
		return p.nameOrCall()
	case tPunct:
		switch {
		case t.text == "(":
			return p.paren()
		case t.text == "*":
			return &Star{p.take().Span}
		case p.isBracketName(0):
			name := p.bracketName()
			if p.isPunct("(") {
				return p.call(name)
			}
			return name
		}
	}
	p.expected("an expression")
	return &Star{t.Span}
}

// paren reads (expression) or (pipeline).
func (p *parser) paren() Expr {
	open := p.take()
	search := p.search
	x := p.pipe()
	p.search = search
	p.closing(")", open)
	switch x := x.(type) {
	case *PipeExpr:
		x.Span = p.from(open.Start)
		return x
	case *Paren:
		x.Span = p.from(open.Start)
		return x
	}
	return &Paren{p.from(open.Start), x}
}

func (p *parser) call(name *Ident) *Call {
	c := &Call{Func: name, Args: p.args("arguments")}
	c.Span = p.from(name.Start)
	return c
}

// args reads (a, b); each may be a pipeline, * or name = value.
func (p *parser) args(what string) []Expr {
	open := p.tok()
	if !p.punct("(") {
		p.expected(what)
		return nil
	}
	search := p.search
	p.search = false
	var list []Expr
	if !p.isPunct(")") {
		list = commaList(p, p.arg)
	}
	p.search = search
	p.closing(")", open)
	return list
}

func (p *parser) arg() Expr {
	start := p.tok().Start
	if p.isAssign() {
		n := &NamedExpr{Names: []*Ident{p.anyName("a name")}}
		p.take()
		n.X = p.pipe()
		n.Span = p.from(start)
		return n
	}
	if n, star := p.patternEnd(); star && n > 1 && (p.punctAt(0, "*") || p.punctAt(n-1, "*")) && (p.punctAt(n, ",") || p.punctAt(n, ")")) {
		return p.columnPattern("an argument")
	}
	return p.pipe()
}

// nameOrCall reads what may begin with a word: a literal such as
// datetime(2024-01-01), a call, a datatable, true, or a name.
func (p *parser) nameOrCall() Expr {
	t := p.tok()
	if t.text == "true" || t.text == "false" {
		p.take()
		return &Literal{Span: t.Span, Type: schema.Bool, Value: t.text == "true", Raw: t.text}
	}
	if !p.punctAt(1, "(") {
		return p.refName("an expression")
	}
	if parse := literalForms[t.text]; parse != nil {
		return p.typedLiteral(parse)
	}
	switch t.text {
	case "dynamic":
		return p.dynamicLit()
	case "typeof":
		return p.typeOf()
	case "datatable":
		return p.dataTable()
	case "externaldata", "external_data":
		return p.externalData()
	}
	if op := binaryOps[t.text]; op.level != 0 || t.text == "in" || t.text == "between" {
		p.checkWord(refWords)
	}
	p.take()
	return p.call(&Ident{t.Span, t.text})
}

func (p *parser) typeOf() Expr {
	start := p.take().Start
	open := p.take()
	x := &TypeOf{Type: p.typeRef()}
	p.closing(")", open)
	x.Span = p.from(start)
	return x
}

// namedExpr reads X, name = X or (a, b) = X.
func (p *parser) namedExpr() *NamedExpr {
	n := &NamedExpr{}
	start := p.tok().Start
	if k := p.tupleLen(); k > 0 {
		n.Tuple = true
		p.take()
		n.Names = commaList(p, func() *Ident { return p.declName("a column's name") })
		p.take()
		p.take()
	} else if p.isAssign() {
		n.Names = []*Ident{p.declName("a column's name")}
		p.take()
	}
	n.X = p.expr()
	n.Span = p.from(start)
	return n
}

// tupleLen returns how many tokens (a, b) takes if `=` follows it, else 0.
func (p *parser) tupleLen() int {
	if !p.isPunct("(") {
		return 0
	}
	for n := 1; ; n++ {
		switch {
		case p.isBracketName(n):
			n += 2
		case p.at(n).kind != tIdent:
			return 0
		}
		n++
		if p.punctAt(n, ")") {
			if p.punctAt(n+1, "=") {
				return n + 2
			}
			return 0
		}
		if !p.punctAt(n, ",") {
			return 0
		}
	}
}

func (p *parser) namedExprs() []*NamedExpr { return commaList(p, p.namedExpr) }

package kql

import (
	"sort"
	"strings"
)

// operators are the keywords that may follow a '|'.
var operators = wordSet(`as consume count distinct evaluate extend facet filter find fork getschema invoke join limit lookup
	make-series mv-apply mv-expand mvexpand mvapply order parse parse-kv parse-where partition print project project-away
	project-keep project-rename project-reorder range reduce render sample sample-distinct scan search serialize sort
	summarize take top top-hitters top-nested union where`)

// unsupportedOps are operators of Microsoft's engine that hunt365 does not have.
var unsupportedOps = wordSet(`assert-schema execute-and-cache graph-mark-components graph-match graph-merge
	graph-shortest-paths graph-to-table graph-where-edges graph-where-nodes macro-expand make-graph project-by-names
	project-smart shard-by`)

// sourceOps make rows themselves and so begin a pipeline.
var sourceOps = wordSet("print range union search find evaluate")

// sourceOperator reads print, range, union, search, find or evaluate where one
// begins a pipeline, else nil. The words are names too: `search | take 5`.
func (p *parser) sourceOperator() Operator {
	t, next := p.tok(), p.at(1)
	if t.kind != tIdent || !sourceOps[t.text] {
		return nil
	}
	switch {
	case t.text == "range":
		if next.kind != tIdent && !p.isBracketName(1) || binaryOps[next.text].level != 0 && !p.wordAt(2, "from") {
			return nil
		}
	case t.text == "evaluate" && next.kind != tIdent:
		return nil
	case next.kind == tEOF:
		return nil
	case next.kind == tPunct && (strings.Contains("|),;.=", next.text) || binaryOps[next.text].level != 0 && next.text != "-" && next.text != "*"):
		return nil
	}
	return p.operator()
}

// operator reads one step, from its keyword on.
func (p *parser) operator() Operator {
	p.enter()
	defer func() { p.depth-- }()
	word, n := p.operatorWord()
	t := p.tok()
	at := Span{t.Start, p.at(max(n-1, 0)).End}
	switch {
	case n == 0:
		p.expected("an operator such as where or project")
		return &Take{}
	case unsupportedOps[word]:
		p.fail(at, "the operator "+word+" is not supported", "")
		return &Take{}
	case !operators[word]:
		p.fail(at, "unknown operator "+quote(word), suggest(word, operatorNames()))
		return &Take{}
	}
	p.i += n
	return p.dispatch(word, t.Start)
}

func operatorNames() []string {
	names := make([]string, 0, len(operators))
	for n := range operators {
		names = append(names, n)
	}
	sort.Strings(names)
	return names
}

// dispatch reads what follows the keyword of an operator. It is a switch and
// not a table because the readers call each other.
func (p *parser) dispatch(word string, start int) Operator {
	switch word {
	case "where", "filter":
		o := &Where{Options: p.options("hint.")}
		if p.isAssign() {
			o.Pred = p.namedExpr()
		} else {
			o.Pred = p.expr()
		}
		o.Span = p.from(start)
		return o
	case "extend":
		items := p.namedExprs()
		return &Extend{p.from(start), items}
	case "project":
		items := p.optionalExprs()
		return &Project{p.from(start), items}
	case "project-away":
		cols := p.columnPatterns()
		return &ProjectAway{p.from(start), cols}
	case "project-keep":
		cols := p.columnPatterns()
		return &ProjectKeep{p.from(start), cols}
	case "project-rename":
		return p.projectRename(start)
	case "project-reorder":
		items := commaList(p, p.reorderKey)
		return &ProjectReorder{p.from(start), items}
	case "summarize":
		return p.summarize(start)
	case "join":
		o := &Join{Options: p.options("kind hint.")}
		o.Right, o.On = p.joinTail()
		o.Span = p.from(start)
		return o
	case "lookup":
		o := &Lookup{Options: p.options("kind hint.")}
		o.Right, o.On = p.joinTail()
		o.Span = p.from(start)
		return o
	case "union":
		o := &Union{Options: p.options("kind withsource with_source isfuzzy hint.")}
		o.Tables = commaList(p, p.tableItem)
		o.Span = p.from(start)
		return o
	case "sort", "order":
		o := &Sort{Options: p.options("hint.")}
		p.needWord("by", "after "+word)
		o.Keys = commaList(p, p.sortKey)
		o.Span = p.from(start)
		return o
	case "take", "limit":
		n := p.expr()
		return &Take{p.from(start), n}
	case "sample":
		n := p.expr()
		return &Sample{p.from(start), n}
	case "count":
		o := &Count{}
		if p.word("as") {
			o.As = p.declName("a name")
		}
		o.Span = p.from(start)
		return o
	case "distinct":
		o := &Distinct{Options: p.options("hint.")}
		o.Columns = commaList(p, p.distinctItem)
		o.Span = p.from(start)
		return o
	}
	return p.dispatchRare(word, start)
}

func (p *parser) dispatchRare(word string, start int) Operator {
	switch word {
	case "top":
		return p.top(start)
	case "top-nested":
		return p.topNested(start)
	case "top-hitters":
		return p.topHitters(start)
	case "sample-distinct":
		o := &SampleDistinct{N: p.expr()}
		p.needWord("of", "after the number")
		o.Of = p.namedExpr()
		o.Span = p.from(start)
		return o
	case "mv-expand", "mvexpand":
		return p.mvExpand(start)
	case "mv-apply", "mvapply":
		return p.mvApply(start)
	case "parse", "parse-where":
		return p.parseOp(start, word == "parse-where")
	case "parse-kv":
		return p.parseKv(start)
	case "make-series":
		return p.makeSeries(start)
	case "serialize":
		o := &Serialize{Options: p.options("hint."), Items: p.optionalExprs()}
		o.Span = p.from(start)
		return o
	case "render":
		return p.render(start)
	case "as":
		o := &As{Options: p.options("hint."), Name: p.anyName("a name")}
		o.Span = p.from(start)
		return o
	case "getschema":
		return &GetSchema{p.from(start)}
	case "consume":
		o := &Consume{Options: p.options("decodeblocks hint.")}
		o.Span = p.from(start)
		return o
	case "invoke":
		return p.invoke(start)
	case "evaluate":
		return p.evaluate(start)
	case "search":
		return p.searchOp(start)
	case "find":
		return p.find(start)
	case "partition":
		return p.partition(start)
	case "reduce":
		return p.reduce(start)
	case "scan":
		return p.scan(start)
	case "fork":
		return p.fork(start)
	case "facet":
		return p.facet(start)
	case "print":
		items := p.namedExprs()
		return &PrintOp{p.from(start), items}
	}
	return p.rangeOp(start)
}

// options reads name=value pairs whose name is in allowed; "hint." there allows
// every hint. A column may have an option's name: `mv-expand kind=f(x)`.
func (p *parser) options(allowed string) Options {
	var list Options
	for p.tok().kind == tIdent {
		name, n := p.dottedName()
		if !p.punctAt(n, "=") || !optionAllowed(allowed, name) || !p.isOptionValue(n+1, name) {
			return list
		}
		o := &Option{Name: name}
		start := p.tok().Start
		p.i += n + 1
		o.Value = p.optionValue()
		o.Span = p.from(start)
		list = append(list, o)
	}
	return list
}

func (p *parser) dottedName() (string, int) {
	name, n := p.tok().text, 1
	for p.punctAt(n, ".") && p.at(n+1).kind == tIdent {
		name += "." + p.at(n+1).text
		n += 2
	}
	return name, n
}

func optionAllowed(allowed, name string) bool {
	for _, a := range strings.Fields(allowed) {
		if a == name || strings.HasSuffix(a, ".") && strings.HasPrefix(name, a) {
			return true
		}
	}
	return false
}

// isOptionValue reports whether the token n ahead is a whole value, that is,
// whether no expression goes on after it.
func (p *parser) isOptionValue(n int, name string) bool {
	v, next := p.at(n), p.at(n+1)
	if strings.HasPrefix(name, "hint.") || v.kind != tIdent || v.text == "true" || v.text == "false" {
		return true
	}
	if name == "kind" && joinKinds[v.text] != "" { // join kind=inner(T)
		return true
	}
	return !(next.kind == tPunct && (next.text == "(" && next.Start == v.End || next.text == "." || next.text == "[" && next.Start == v.End || next.text == "," || next.text == "|"))
}

func (p *parser) optionValue() Expr {
	switch t := p.tok(); {
	case t.kind == tIdent && t.text != "true" && t.text != "false" && !(p.punctAt(1, "(") && literalForms[t.text] != nil && p.at(1).Start == t.End):
		return p.anyName("a value")
	case p.isBracketName(0):
		return p.anyName("a value")
	case t.kind == tIdent || t.kind == tString || t.kind == tInt || t.kind == tReal || t.kind == tTimeSpan:
		return p.primary()
	case p.isPunct("-"):
		return p.unary()
	}
	p.expected("a value")
	return &Star{}
}

// withOptions reads with (a=1, b=x) or with a=1, b=x.
func (p *parser) withOptions() Options {
	p.take()
	open := p.tok()
	if !p.punct("(") {
		return p.propertyList()
	}
	var list Options
	if !p.isPunct(")") {
		list = p.propertyList()
	}
	p.closing(")", open)
	return list
}

// propertyList reads a=1, b=x, y; a value list such as x, y becomes a DynArray.
func (p *parser) propertyList() Options {
	return commaList(p, func() *Option {
		start := p.tok().Start
		if p.tok().kind != tIdent {
			p.expected("a property's name")
		}
		name, n := p.dottedName()
		p.i = min(p.i+n, len(p.toks)-1)
		p.needPunct("=", "after the property's name")
		o := &Option{Name: name, Value: p.optionValue()}
		for p.isPunct(",") && !p.punctAt(2, "=") && !(p.isBracketName(1) && p.punctAt(4, "=")) {
			list, ok := o.Value.(*DynArray)
			if !ok {
				list = &DynArray{o.Value.Pos(), []Expr{o.Value}}
				o.Value = list
			}
			p.take()
			list.Items = append(list.Items, p.optionValue())
			list.Span = p.from(start)
		}
		o.Span = p.from(start)
		return o
	})
}

// atOperatorEnd reports whether the current operator has ended.
func (p *parser) atOperatorEnd() bool {
	t := p.tok()
	return t.kind == tEOF || t.kind == tPunct && (t.text == "|" || t.text == ")" || t.text == ";" || t.text == "}")
}

func (p *parser) optionalExprs() []*NamedExpr {
	if p.atOperatorEnd() {
		return nil
	}
	return p.namedExprs()
}

func (p *parser) projectRename(start int) Operator {
	o := &ProjectRename{Items: p.namedExprs()}
	o.Span = p.from(start)
	for _, it := range o.Items {
		if len(it.Names) == 0 && p.err == nil {
			p.fail(it.Span, "expected new = old in project-rename", "")
		}
	}
	return o
}

func (p *parser) reorderKey() *SortKey {
	k := &SortKey{X: p.columnPattern("a column name")}
	start := k.X.Pos().Start
	switch {
	case p.isWord("granny") && p.punctAt(1, "-") && (p.wordAt(2, "asc") || p.wordAt(2, "desc")):
		k.Dir = "granny-" + p.at(2).text
		p.i += 3
	case p.word("asc"):
		k.Dir = "asc"
	case p.word("desc"):
		k.Dir = "desc"
	}
	k.Span = p.from(start)
	return k
}

func (p *parser) sortKey() *SortKey {
	start := p.tok().Start
	k := &SortKey{X: p.expr()}
	if p.isWord("asc") || p.isWord("desc") {
		k.Dir = p.take().text
	}
	if p.word("nulls") {
		if !p.isWord("first") && !p.isWord("last") {
			p.expected("'first' or 'last' after nulls")
		}
		k.Nulls = p.take().text
	}
	k.Span = p.from(start)
	return k
}

func (p *parser) summarize(start int) Operator {
	o := &Summarize{Options: p.options("hint.")}
	if !p.isWord("by") && !p.atOperatorEnd() {
		o.Aggs = p.namedExprs()
	}
	if p.word("by") {
		o.By = p.namedExprs()
	}
	o.Span = p.from(start)
	return o
}

// joinTail reads the right side and the conditions of join and lookup.
func (p *parser) joinTail() (Expr, []Expr) {
	right := p.postfix()
	if !p.word("on") {
		if p.tok().kind == tIdent && p.punctAt(1, "=") {
			p.fail(p.tok().Span, "expected 'on' and the columns to join", "options such as kind=inner stand before the right side")
		}
		p.expectedHint("'on' and the columns to join", "join kind=inner (Right) on Column")
	}
	return right, commaList(p, p.expr)
}

// tableItem reads a table in a list: a name, a pattern such as Security*, a call
// or a pipeline in parentheses.
func (p *parser) tableItem() Expr {
	if n, star := p.patternEnd(); star && n > 0 {
		return p.columnPattern("a table")
	}
	x := p.postfix()
	if n, star := p.patternEnd(); star && n > 0 && p.tok().Start == p.prevEnd() {
		tail := p.columnPattern("a table") // database("d").Tab*
		s := Cover(x.Pos(), tail.Pos())
		return &Wildcard{s, p.src[s.Start:s.End]}
	}
	return x
}

func (p *parser) distinctItem() *NamedExpr {
	if n, star := p.patternEnd(); star && n > 0 && !p.punctAt(n, "(") {
		x := p.columnPattern("a column")
		return &NamedExpr{Span: x.Pos(), X: x}
	}
	return p.namedExpr()
}

func (p *parser) rangeOp(start int) Operator {
	o := &Range{Column: p.declName("a column's name")}
	p.needWord("from", "after the column's name")
	o.From = p.expr()
	p.needWord("to", "after the first value")
	o.To = p.expr()
	p.needWord("step", "after the last value")
	o.Step = p.expr()
	o.Span = p.from(start)
	return o
}

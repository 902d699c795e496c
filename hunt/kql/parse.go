// Package kql is the language front end: it lexes, parses, binds and prints
// queries in the Kusto Query Language as Log Analytics and Defender run it. It
// knows the tables' schema and no engine; package duck gives a bound plan to
// DuckDB.
package kql

import (
	"strings"

	"github.com/hunt365/hunt365/hunt/schema"
)

// maxDepth bounds how deep expressions and pipelines nest, so that no query can
// exhaust the stack.
const maxDepth = 1500

// parser holds the tokens of one text. The first error sticks: from then on
// every token is the end of input, which unwinds all loops.
type parser struct {
	src    string
	toks   []token
	i      int
	depth  int
	search bool // col:"x" is an operator
	err    *Error
}

// Parse reads a whole query text. Its error is an *[Error].
func Parse(src string) (*Script, error) {
	toks, comments := lex(src)
	p := &parser{src: src, toks: toks}
	s := &Script{Span: Span{0, len(src)}, Comments: comments, src: src}
	s.Statements = p.statements(tEOF, "")
	if p.err == nil && len(s.Statements) == 0 {
		p.fail(p.tok().Span, "the query is empty", "")
	}
	if p.err != nil {
		return nil, p.err
	}
	return s, nil
}

func (p *parser) tok() token { return p.toks[p.i] }

// at returns the token n ahead; beyond the end it is the end token.
func (p *parser) at(n int) token { return p.toks[min(p.i+n, len(p.toks)-1)] }

func (p *parser) take() token {
	t := p.toks[p.i]
	if t.kind == tBad {
		p.fail(t.Span, t.err.Msg, t.err.Hint)
		return t
	}
	if p.i < len(p.toks)-1 {
		p.i++
	}
	return t
}

// prevEnd is where the last token read ended.
func (p *parser) prevEnd() int {
	if p.i == 0 {
		return 0
	}
	return p.toks[p.i-1].End
}

// from returns the span from start to the last token read.
func (p *parser) from(start int) Span { return Span{start, max(start, p.prevEnd())} }

func (p *parser) fail(s Span, msg, hint string) {
	if p.err == nil {
		p.err = &Error{s, msg, hint}
	}
	p.i = len(p.toks) - 1
}

// expected fails at the current token.
func (p *parser) expected(what string) { p.expectedHint(what, "") }

func (p *parser) expectedHint(what, hint string) {
	t := p.tok()
	switch {
	case t.kind == tBad:
		p.fail(t.Span, t.err.Msg, t.err.Hint)
	case t.kind == tEOF:
		end := max(p.prevEnd(), 1)
		p.fail(Span{end - 1, end}, "expected "+what+" after this, found the end of the query", hint)
	default:
		p.fail(t.Span, "expected "+what+", found "+quote(t.text), hint)
	}
}

func (p *parser) isPunct(text string) bool { return p.punctAt(0, text) }

func (p *parser) punctAt(n int, text string) bool {
	t := p.at(n)
	return t.kind == tPunct && t.text == text
}

func (p *parser) isWord(word string) bool { return p.wordAt(0, word) }

func (p *parser) wordAt(n int, word string) bool {
	t := p.at(n)
	return t.kind == tIdent && t.text == word
}

// punct reads text if it comes next.
func (p *parser) punct(text string) bool {
	if p.isPunct(text) {
		p.i++
		return true
	}
	return false
}

// word reads the keyword if it comes next.
func (p *parser) word(word string) bool {
	if p.isWord(word) {
		p.i++
		return true
	}
	return false
}

func (p *parser) needPunct(text, what string) {
	if !p.punct(text) {
		p.expected("'" + text + "' " + what)
	}
}

func (p *parser) needWord(word, what string) {
	if !p.word(word) {
		p.expected("'" + word + "' " + what)
	}
}

// closing reads the bracket that closes the one at open.
func (p *parser) closing(text string, open token) {
	if p.punct(text) || p.err != nil {
		return
	}
	line, col := LineCol(p.src, open.Start)
	what := "',' or '"
	if p.isPunct(",") {
		what = "'"
	}
	p.expected(what + text + "' to close the '" + open.text + "' of " + itoa(line) + ":" + itoa(col))
}

// enter counts a level of nesting; leave with p.depth--.
func (p *parser) enter() {
	if p.depth++; p.depth > maxDepth {
		p.fail(p.tok().Span, "the query nests too deeply", "")
	}
}

// commaList reads one or more items with commas between them.
func commaList[T any](p *parser, item func() T) []T {
	list := []T{item()}
	for p.punct(",") {
		list = append(list, item())
	}
	return list
}

// statements reads statements up to the end of input or the given bracket.
func (p *parser) statements(endKind tokenKind, end string) []Statement {
	var list []Statement
	atEnd := func() bool {
		return p.tok().kind == tEOF || endKind == tPunct && p.isPunct(end)
	}
	for !atEnd() {
		list = append(list, p.statement())
		if atEnd() {
			break
		}
		if !p.punct(";") {
			p.missingSeparator()
		}
	}
	return list
}

// missingSeparator fails at what follows a complete statement, with a guess at
// what was meant.
func (p *parser) missingSeparator() {
	t := p.tok()
	prev := Span{max(p.prevEnd()-1, 0), p.prevEnd()}
	line, _ := LineCol(p.src, p.prevEnd())
	here, _ := LineCol(p.src, t.Start)
	word, _ := p.operatorWord()
	switch {
	case t.kind == tIdent && operators[word]:
		p.fail(t.Span, "expected '|' before "+quote(word), "every operator follows a '|'")
	case t.kind == tIdent && t.text == "let" && here > line:
		p.fail(prev, "expected ';' after this statement", "a let statement ends with ';'")
	case p.i > 0 && p.toks[p.i-1].text == "not" && t.kind == tIdent:
		p.expectedHint("'(' after not", "write not(a contains b) or a !contains b")
	case t.kind == tIdent && t.text == "not":
		p.expectedHint("an operator", "write a !contains b, or not(a contains b)")
	case p.isPunct("="):
		p.expectedHint("an operator", "write == to compare")
	case t.kind == tIdent && here > line:
		p.expectedHint("'|' or ';'", "statements are separated with ';'")
	default:
		p.expected("'|', ';' or an operator")
	}
}

func (p *parser) statement() Statement {
	t, next := p.tok(), p.at(1)
	if t.kind == tIdent && (next.kind == tIdent || p.isBracketName(1)) {
		switch t.text {
		case "let":
			return p.letStmt()
		case "set":
			return p.setStmt()
		case "declare":
			return p.declareStmt()
		case "alias":
			return p.aliasStmt()
		case "restrict":
			return p.restrictStmt()
		}
	}
	if p.isPunct(".") {
		p.fail(t.Span, "management commands are not supported", "a query begins with a table's name")
	}
	q := &QueryStmt{X: p.pipe()}
	q.Span = p.from(t.Start)
	return q
}

func (p *parser) letStmt() Statement {
	start := p.take().Start
	s := &LetStmt{Name: p.refName("a name")}
	if !p.punct("=") {
		p.expectedHint("'='", "let name = value;")
	}
	if p.isFuncLit() {
		s.Value = p.funcLit()
	} else {
		s.Value = p.pipe()
	}
	s.Span = p.from(start)
	return s
}

// isFuncLit reports whether (params) { comes next.
func (p *parser) isFuncLit() bool {
	n := 0
	if p.isWord("view") {
		n = 1
	}
	if !p.punctAt(n, "(") {
		return false
	}
	depth := 0
	for ; p.at(n).kind != tEOF; n++ {
		switch t := p.at(n); {
		case t.kind != tPunct:
		case t.text == "(":
			depth++
		case t.text == ")":
			if depth--; depth == 0 {
				return p.punctAt(n+1, "{")
			}
		case t.text == ";" || t.text == "|":
			return false
		}
	}
	return false
}

func (p *parser) funcLit() *FuncLit {
	p.enter()
	start := p.tok().Start
	f := &FuncLit{View: p.word("view")}
	f.Params = p.params()
	open := p.take()
	body := p.statements(tPunct, "}")
	if n := len(body); n > 0 {
		if q, ok := body[n-1].(*QueryStmt); ok {
			f.Result, body = q.X, body[:n-1]
		}
	}
	f.Body = body
	p.closing("}", open)
	f.Span = p.from(start)
	p.depth--
	return f
}

func (p *parser) params() []*Param {
	open := p.tok()
	p.needPunct("(", "before the parameters")
	var list []*Param
	if !p.isPunct(")") {
		list = commaList(p, p.param)
	}
	p.closing(")", open)
	return list
}

func (p *parser) param() *Param {
	start := p.tok().Start
	a := &Param{Name: p.anyName("a parameter's name")}
	p.needPunct(":", "and a type after the parameter's name")
	if open := p.tok(); p.punct("(") {
		a.Tabular = true
		if p.punct("*") {
			a.AnyCols = true
		} else if !p.isPunct(")") {
			a.Columns = commaList(p, p.columnDecl)
		}
		p.closing(")", open)
	} else {
		a.Type = p.typeRef()
	}
	if p.punct("=") {
		a.Default = p.expr()
	}
	a.Span = p.from(start)
	return a
}

func (p *parser) typeRef() *TypeRef {
	t := p.tok()
	typ := schema.Unknown
	if t.kind == tIdent {
		var err error
		if typ, err = schema.ParseType(t.text); err != nil {
			p.fail(t.Span, "unknown type "+quote(t.text), suggest(t.text, typeWords))
		}
		p.take()
	} else {
		p.expected("a type")
	}
	return &TypeRef{t.Span, typ}
}

var typeWords = []string{"bool", "int", "long", "real", "decimal", "string", "datetime", "timespan", "guid", "dynamic"}

// suggest words a hint that names the nearest candidate.
func suggest(name string, candidates []string) string {
	if near := Nearest(name, candidates); near != "" {
		return "did you mean " + near + "?"
	}
	return ""
}

func (p *parser) columnDecl() *ColumnDecl {
	c := &ColumnDecl{Name: p.anyName("a column's name")}
	p.needPunct(":", "and a type after the column's name")
	c.Type = p.typeRef()
	c.Span = p.from(c.Name.Start)
	return c
}

// columnDecls reads (a:string, b:long), with an optional comma at the end.
func (p *parser) columnDecls() []*ColumnDecl {
	open := p.tok()
	p.needPunct("(", "before the columns")
	var list []*ColumnDecl
	for !p.isPunct(")") && p.tok().kind != tEOF {
		list = append(list, p.columnDecl())
		if !p.punct(",") {
			break
		}
	}
	p.closing(")", open)
	return list
}

func (p *parser) setStmt() Statement {
	start := p.take().Start
	s := &SetStmt{Name: p.anyName("an option's name")}
	if p.punct("=") {
		s.Value = p.expr()
	}
	s.Span = p.from(start)
	return s
}

func (p *parser) declareStmt() Statement {
	start := p.take().Start
	if p.isWord("pattern") {
		p.fail(p.tok().Span, "declare pattern is not supported", "")
	}
	p.needWord("query_parameters", "after declare")
	s := &DeclareStmt{Params: p.params()}
	s.Span = p.from(start)
	return s
}

func (p *parser) aliasStmt() Statement {
	start := p.take().Start
	p.needWord("database", "after alias")
	s := &AliasStmt{Name: p.anyName("a name")}
	p.needPunct("=", "after the name")
	s.Value = p.expr()
	s.Span = p.from(start)
	return s
}

func (p *parser) restrictStmt() Statement {
	start := p.take().Start
	p.needWord("access", "after restrict")
	p.needWord("to", "after restrict access")
	open := p.tok()
	p.needPunct("(", "after restrict access to")
	s := &RestrictStmt{Items: commaList(p, p.tableItem)}
	p.closing(")", open)
	s.Span = p.from(start)
	return s
}

// pipe reads a tabular or scalar expression and the operators piped to it.
func (p *parser) pipe() Expr {
	p.enter()
	defer func() { p.depth-- }()
	start := p.tok().Start
	pe := &PipeExpr{}
	if op := p.sourceOperator(); op != nil {
		pe.Ops = append(pe.Ops, op)
	} else {
		pe.Source = p.expr()
	}
	p.pipeTail(pe)
	if len(pe.Ops) == 0 {
		return pe.Source
	}
	pe.Span = p.from(start)
	return pe
}

func (p *parser) pipeTail(pe *PipeExpr) {
	for p.punct("|") {
		pe.Ops = append(pe.Ops, p.operator())
	}
}

// subPipe reads (operators), the body of mv-apply, partition, fork and facet.
func (p *parser) subPipe() *PipeExpr {
	open := p.tok()
	p.needPunct("(", "before the sub-query")
	p.enter()
	pe := &PipeExpr{Ops: []Operator{p.operator()}}
	p.pipeTail(pe)
	p.depth--
	p.closing(")", open)
	pe.Span = p.from(open.Start)
	return pe
}

func itoa(n int) string {
	if n < 10 {
		return string(rune('0' + n))
	}
	return itoa(n/10) + string(rune('0'+n%10))
}

// operatorWord returns the operator keyword that starts at the current token,
// such as mv-expand, and how many tokens make it up.
func (p *parser) operatorWord() (string, int) {
	t := p.tok()
	if t.kind != tIdent {
		return "", 0
	}
	n, end := 1, t.End
	var b strings.Builder
	b.WriteString(t.text)
	for p.punctAt(n, "-") && p.at(n).Start == end && p.at(n+1).kind == tIdent && p.at(n+1).Start == p.at(n).End {
		b.WriteString("-" + p.at(n+1).text)
		end = p.at(n + 1).End
		n += 2
	}
	if !operators[b.String()] && !unsupportedOps[b.String()] && operators[t.text] {
		return t.text, 1 // take-1 is not an operator, take is
	}
	return b.String(), n
}

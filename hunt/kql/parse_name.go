package kql

import "strings"

// refWords may not be used as a bare name where a value is read: write ['to'].
// The list, like declWords, follows Microsoft's parser so that a query that
// passes here also passes in Log Analytics.
var refWords = wordSet(`accumulate and anomalychart areachart as asc bagexpansion barchart between boolean by byte
	callout cancel card char columnchart contains contains_cs containscs cycles dataexport datascope datatable date
	datetime decimal decodeblocks desc double dynamic earliest endswith endswith_cs expandoutput external_data
	externaldata find first flags float has has_all has_any has_cs hasprefix hasprefix_cs hassuffix hassuffix_cs in int
	invoke isfuzzy journal ladderchart last latest like likecs linechart long materialize missing notcontains
	notcontainscs notlike notlikecs of or others pathformat piechart pivotchart print project queries query_results real
	relaxed sample scatterchart search set shards simple stackedareachart startswith startswith_cs statistics string time
	timechart timeline timepivot timespan to toscalar totable treemap uint ulong union uniqueid verbose views where
	with_itemindex with_match_id with_step_name`)

// declWords may not be used as a bare name where a column is named: x = ....
var declWords = wordSet(`and anomalychart areachart asc bagexpansion barchart between boolean byte callout cancel card char
	columnchart contains_cs containscs cycles dataexport datascope date datetime decimal decodeblocks desc double dynamic
	endswith endswith_cs expandoutput external_data first flags float has_all has_any has_cs hasprefix hasprefix_cs
	hassuffix hassuffix_cs int isfuzzy journal ladderchart last like likecs linechart long missing notcontains
	notcontainscs notlike notlikecs or others pathformat piechart pivotchart project queries query_results real relaxed
	scatterchart shards simple stackedareachart startswith startswith_cs statistics string time timechart timeline
	timepivot timespan treemap uint ulong union uniqueid views with_itemindex with_match_id with_source with_step_name
	withsource`)

func wordSet(s string) map[string]bool {
	out := map[string]bool{}
	for _, w := range strings.Fields(s) {
		out[w] = true
	}
	return out
}

// isBareName reports whether name can be written without brackets wherever a
// name stands.
func isBareName(name string) bool {
	rest := strings.TrimPrefix(name, "$")
	if rest == "" || rest[0] >= '0' && rest[0] <= '9' || identLen(rest) != len(rest) || rest != name && name != "$left" && name != "$right" {
		return false
	}
	switch name {
	case "true", "false", "let", "evaluate", "range", "view", "alias", "declare", "restrict":
		return false
	}
	return !refWords[name] && !declWords[name]
}

// isBracketName reports whether a bracketed name, ['x'] or ["x"], starts at the
// token n ahead.
func (p *parser) isBracketName(n int) bool {
	return p.at(n).text == "[" && p.at(n+1).kind == tString && p.at(n+2).text == "]" && p.at(n+2).kind == tPunct
}

// isAssign reports whether name = comes next.
func (p *parser) isAssign() bool {
	return p.tok().kind == tIdent && p.punctAt(1, "=") || p.isBracketName(0) && p.punctAt(3, "=")
}

// bracketName reads ['x'].
func (p *parser) bracketName() *Ident {
	start := p.take()
	lit := p.stringToken(p.take())
	id := &Ident{Span{start.Start, p.take().End}, lit}
	if id.Text == "" {
		p.fail(id.Span, "a name cannot be empty", "")
	}
	return id
}

// anyName reads a name, bracketed or not, where no keyword can be meant.
func (p *parser) anyName(what string) *Ident {
	if p.isBracketName(0) {
		return p.bracketName()
	}
	if p.tok().kind != tIdent {
		p.expected(what)
		return &Ident{Span: p.tok().Span}
	}
	t := p.take()
	return &Ident{t.Span, t.text}
}

// declName reads the name of a new column, variable or parameter.
func (p *parser) declName(what string) *Ident {
	p.checkWord(declWords)
	return p.anyName(what)
}

// refName reads a name that must exist already.
func (p *parser) refName(what string) *Ident {
	p.checkWord(refWords)
	return p.anyName(what)
}

// checkWord fails if the current token is a bare word of the set.
func (p *parser) checkWord(words map[string]bool) {
	if t := p.tok(); t.kind == tIdent && words[t.text] {
		p.fail(t.Span, "the keyword "+quote(t.text)+" cannot be a name here", "if it is a name, write ['"+t.text+"']")
	}
}

// columnPattern reads a column or table name that may hold *: a, a*, *_x, *.
func (p *parser) columnPattern(what string) Expr {
	t := p.tok()
	end, star := p.patternEnd()
	switch {
	case star && end == 1:
		return &Star{p.take().Span}
	case star:
		first, last := p.tok(), p.at(end-1)
		p.i += end
		s := Span{first.Start, last.End}
		return &Wildcard{s, p.src[s.Start:s.End]}
	case p.isBracketName(0):
		return p.bracketName()
	case t.kind == tIdent:
		return p.refName(what)
	}
	p.expected(what)
	return &Star{t.Span}
}

// patternEnd counts the adjacent tokens that make up a name with *.
func (p *parser) patternEnd() (n int, star bool) {
	for {
		t := p.at(n)
		isStar := t.kind == tPunct && t.text == "*"
		if !isStar && t.kind != tIdent && t.kind != tInt || n > 0 && t.Start != p.at(n-1).End {
			return n, star
		}
		star = star || isStar
		n++
	}
}

// columnPatterns reads a list of columnPattern.
func (p *parser) columnPatterns() []Expr {
	return commaList(p, func() Expr { return p.columnPattern("a column name") })
}

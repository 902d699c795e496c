package kql

func (p *parser) top(start int) Operator {
	o := &Top{Options: p.options("hint."), N: p.expr()}
	p.needWord("by", "after the number")
	o.By = p.sortKey()
	o.Span = p.from(start)
	return o
}

func (p *parser) topNested(start int) Operator {
	o := &TopNested{}
	o.Clauses = commaList(p, func() *TopNestedClause {
		if len(o.Clauses) > 0 || p.isWord("top") {
			if w, n := p.operatorWord(); w == "top-nested" {
				p.i += n
			}
		}
		c := p.topNestedClause()
		o.Clauses = append(o.Clauses, c)
		return c
	})
	o.Span = p.from(start)
	return o
}

func (p *parser) topNestedClause() *TopNestedClause {
	c := &TopNestedClause{}
	start := p.tok().Start
	if !p.isWord("of") {
		c.N = p.expr()
	}
	p.needWord("of", "before the column")
	c.Of = p.namedExpr()
	if p.word("with") {
		p.needWord("others", "after with")
		p.needPunct("=", "after others")
		c.Others = p.expr()
	}
	p.needWord("by", "before the aggregate")
	c.By = p.namedExpr()
	if p.isWord("asc") || p.isWord("desc") {
		c.Dir = p.take().text
	}
	c.Span = p.from(start)
	return c
}

func (p *parser) topHitters(start int) Operator {
	o := &TopHitters{N: p.expr()}
	p.needWord("of", "after the number")
	o.Of = p.namedExpr()
	if p.word("by") {
		o.By = p.expr()
	}
	o.Span = p.from(start)
	return o
}

const mvOptions = "kind bagexpansion with_itemindex hint."

func (p *parser) mvItem() *MvItem {
	m := &MvItem{Item: p.namedExpr()}
	if p.word("to") {
		p.needWord("typeof", "after to")
		open := p.tok()
		p.needPunct("(", "after typeof")
		m.To = p.typeRef()
		p.closing(")", open)
	}
	m.Span = p.from(m.Item.Start)
	return m
}

func (p *parser) mvExpand(start int) Operator {
	o := &MvExpand{Options: p.options(mvOptions)}
	o.Items = commaList(p, p.mvItem)
	if p.word("limit") {
		o.Limit = p.expr()
	}
	o.Span = p.from(start)
	return o
}

func (p *parser) mvApply(start int) Operator {
	o := &MvApply{Options: p.options(mvOptions)}
	o.Items = commaList(p, p.mvItem)
	if p.word("limit") {
		o.Limit = p.expr()
	}
	p.needWord("on", "and the sub-query in parentheses")
	o.Sub = p.subPipe()
	o.Span = p.from(start)
	return o
}

func (p *parser) parseOp(start int, where bool) Operator {
	o := &ParseOp{Where: where, Options: p.options("kind flags hint.")}
	o.X = p.expr()
	p.needWord("with", "and a pattern")
	for !p.atOperatorEnd() {
		o.Pattern = append(o.Pattern, p.parsePart())
	}
	if len(o.Pattern) == 0 {
		p.expected("a pattern")
	}
	o.Span = p.from(start)
	return o
}

func (p *parser) parsePart() *ParsePart {
	t := p.tok()
	part := &ParsePart{}
	switch {
	case p.punct("*"):
		part.Star = true
	case t.kind == tString:
		part.Text = p.stringLiteral()
	default:
		part.Col = p.anyName("*, a text or a column's name")
		if p.punct(":") {
			part.Type = p.typeRef()
		}
	}
	part.Span = p.from(t.Start)
	return part
}

func (p *parser) parseKv(start int) Operator {
	o := &ParseKv{X: p.expr()}
	p.needWord("as", "and the columns in parentheses")
	o.Columns = p.columnDecls()
	if p.isWord("with") {
		o.With = p.withOptions()
	}
	o.Span = p.from(start)
	return o
}

func (p *parser) makeSeries(start int) Operator {
	o := &MakeSeries{Options: p.options("kind hint.")}
	o.Items = commaList(p, p.seriesItem)
	p.needWord("on", "and the axis column")
	axis := p.tok().Start
	o.On = &NamedExpr{}
	if p.isAssign() {
		o.On.Names = []*Ident{p.declName("a column's name")}
		p.take()
	}
	o.On.X = p.binary(levelAdd) // not levelEqual: `in range(...)` may follow
	o.On.Span = p.from(axis)
	if p.isWord("in") {
		p.seriesRange(o)
	} else {
		if p.word("from") {
			o.From = p.expr()
		}
		if p.word("to") {
			o.To = p.expr()
		}
		p.needWord("step", "and the size of a step")
		o.Step = p.expr()
	}
	if p.word("by") {
		o.By = p.namedExprs()
	}
	o.Span = p.from(start)
	return o
}

func (p *parser) seriesRange(o *MakeSeries) {
	p.take()
	p.needWord("range", "after in")
	args := p.args("(start, stop, step)")
	if len(args) != 3 {
		p.fail(p.from(o.On.Start), "expected range(start, stop, step)", "")
		return
	}
	o.InRange, o.From, o.To, o.Step = true, args[0], args[1], args[2]
}

func (p *parser) seriesItem() *SeriesItem {
	s := &SeriesItem{Item: p.namedExpr()}
	if p.word("default") {
		p.needPunct("=", "after default")
		s.Default = p.expr()
	}
	s.Span = p.from(s.Item.Start)
	return s
}

func (p *parser) render(start int) Operator {
	o := &Render{Chart: p.anyName("a kind of chart")}
	switch {
	case p.isWord("with"):
		o.With = p.withOptions()
	case p.tok().kind == tIdent && p.punctAt(1, "="):
		o.With = p.renderProperties()
	}
	o.Span = p.from(start)
	return o
}

// renderProperties reads the older form: a=1 b=2, without parentheses.
func (p *parser) renderProperties() Options {
	list := p.propertyList()
	for p.tok().kind == tIdent && p.punctAt(1, "=") {
		list = append(list, p.propertyList()...)
	}
	return list
}

func (p *parser) invoke(start int) Operator {
	o := &Invoke{}
	x := p.postfix()
	call, ok := x.(*Call)
	if !ok {
		p.fail(x.Pos(), "expected a function call after invoke", "invoke name(arguments)")
	}
	o.Call, o.Span = call, p.from(start)
	return o
}

func (p *parser) evaluate(start int) Operator {
	o := &Evaluate{Options: p.options("hint.")}
	name := p.anyName("a plugin's name")
	if !p.isPunct("(") {
		p.expectedHint("'(' and the plugin's arguments", "evaluate bag_unpack(Column)")
	}
	o.Call = p.call(name)
	if p.punct(":") {
		open := p.tok()
		p.needPunct("(", "before the columns")
		o.Schema = commaList(p, p.schemaColumn)
		p.closing(")", open)
	}
	o.Span = p.from(start)
	return o
}

func (p *parser) schemaColumn() *ColumnDecl {
	if t := p.tok(); p.punct("*") {
		return &ColumnDecl{Span: t.Span, Name: &Ident{t.Span, "*"}}
	}
	return p.columnDecl()
}

// inTables reads in (T1, T2*).
func (p *parser) inTables() []Expr {
	if !p.isWord("in") || !p.punctAt(1, "(") {
		return nil
	}
	p.take()
	open := p.take()
	list := commaList(p, p.tableItem)
	p.closing(")", open)
	return list
}

// searchPred reads a predicate in which col:"x" is a term.
func (p *parser) searchPred() Expr {
	saved := p.search
	p.search = true
	x := p.expr()
	p.search = saved
	return x
}

func (p *parser) searchOp(start int) Operator {
	o := &Search{Options: p.options("kind hint.")}
	o.Tables = p.inTables()
	o.Pred = p.searchPred()
	o.Span = p.from(start)
	return o
}

func (p *parser) find(start int) Operator {
	o := &Find{Options: p.options("withsource with_source datascope hint.")}
	o.Tables = p.inTables()
	p.word("where")
	o.Pred = p.searchPred()
	for w, n := p.operatorWord(); n > 0; w, n = p.operatorWord() {
		switch w {
		case "project":
			p.i += n
			p.findColumns(o)
		case "project-smart":
			p.i += n
			o.Smart = true
		case "project-away":
			p.i += n
			o.Away = p.columnPatterns()
		default:
			o.Span = p.from(start)
			return o
		}
	}
	o.Span = p.from(start)
	return o
}

func (p *parser) findColumns(o *Find) {
	commaList(p, func() bool {
		if p.isWord("pack") && p.punctAt(1, "(") && p.punctAt(2, "*") && p.punctAt(3, ")") {
			p.i += 4
			o.Pack = true
			return true
		}
		c := &ColumnDecl{Name: p.refName("a column's name")}
		if p.punct(":") {
			c.Type = p.typeRef()
		}
		c.Span = p.from(c.Name.Start)
		o.Columns = append(o.Columns, c)
		return false
	})
}

func (p *parser) partition(start int) Operator {
	o := &Partition{Options: p.options("hint.")}
	p.needWord("by", "after partition")
	o.By = p.refName("a column")
	if open := p.tok(); p.punct("{") {
		o.Braces = true
		o.Sub = p.pipe()
		p.closing("}", open)
	} else {
		o.Sub = p.subPipe()
	}
	o.Span = p.from(start)
	return o
}

func (p *parser) reduce(start int) Operator {
	o := &Reduce{Options: p.options("kind hint.")}
	p.needWord("by", "after reduce")
	o.By = p.expr()
	if p.isWord("with") {
		o.With = p.withOptions()
	}
	o.Span = p.from(start)
	return o
}

func (p *parser) scan(start int) Operator {
	o := &Scan{Options: p.options("with_match_id with_step_name hint.")}
	if p.word("order") {
		p.needWord("by", "after order")
		o.OrderBy = commaList(p, p.sortKey)
	}
	if p.word("partition") {
		p.needWord("by", "after partition")
		o.PartitionBy = commaList(p, p.expr)
	}
	if p.word("declare") {
		open := p.tok()
		p.needPunct("(", "after declare")
		o.Declare = commaList(p, p.scanDecl)
		p.closing(")", open)
	}
	p.needWord("with", "and the steps in parentheses")
	open := p.tok()
	p.needPunct("(", "before the steps")
	for p.isWord("step") {
		o.Steps = append(o.Steps, p.scanStep())
	}
	if len(o.Steps) == 0 {
		p.expected("a step")
	}
	p.closing(")", open)
	o.Span = p.from(start)
	return o
}

func (p *parser) scanDecl() *ScanDecl {
	d := &ScanDecl{Column: p.columnDecl()}
	if p.punct("=") {
		d.Default = p.expr()
	}
	d.Span = p.from(d.Column.Start)
	return d
}

func (p *parser) scanStep() *ScanStep {
	start := p.take().Start
	s := &ScanStep{Name: p.anyName("a step's name")}
	s.Optional = p.word("optional")
	if p.word("output") {
		p.needPunct("=", "after output")
		if !p.isWord("all") && !p.isWord("last") && !p.isWord("none") {
			p.expected("all, last or none")
		}
		s.Output = p.take().text
	}
	p.needPunct(":", "before the condition of the step")
	s.Cond = p.expr()
	if p.punct("=>") {
		s.Assign = p.namedExprs()
	}
	p.needPunct(";", "after the step")
	s.Span = p.from(start)
	return s
}

func (p *parser) fork(start int) Operator {
	o := &Fork{}
	for {
		at := p.tok().Start
		b := &ForkBranch{}
		if p.isAssign() {
			b.Name = p.anyName("a name")
			p.take()
		}
		b.Sub = p.subPipe()
		b.Span = p.from(at)
		o.Branches = append(o.Branches, b)
		if !p.isPunct("(") && !p.isAssign() {
			break
		}
	}
	o.Span = p.from(start)
	return o
}

func (p *parser) facet(start int) Operator {
	o := &Facet{}
	p.needWord("by", "after facet")
	o.By = commaList(p, p.expr)
	if p.word("with") {
		o.Sub = p.subPipe()
	}
	o.Span = p.from(start)
	return o
}

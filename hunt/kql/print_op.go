package kql

// items prints an operator and its list: on one line, or one item a line.
func items[T Node](pr *printer, head string, opts *doc, nodes []T, show func(T) *doc) *doc {
	if len(nodes) == 0 {
		return concat(text(head), opts)
	}
	return group(text(head), opts, nest(line, list(pr, nodes, show)))
}

// inline prints a list that begins in the middle of a line.
func inline[T Node](pr *printer, nodes []T, show func(T) *doc) *doc {
	return group(nest(list(pr, nodes, show)))
}

// options prints " name=value" for each.
func (pr *printer) options(o Options) *doc {
	var kids []*doc
	for _, opt := range o {
		kids = append(kids, text(" "), pr.option(opt))
	}
	return concat(kids...)
}

func (pr *printer) option(o *Option) *doc {
	switch v := o.Value.(type) {
	case *Ident:
		return text(o.Name + "=" + optionWord(v))
	case *DynArray:
		return concat(text(o.Name+"="), list(pr, v.Items, func(e Expr) *doc {
			if id, ok := e.(*Ident); ok {
				return text(optionWord(id))
			}
			return pr.expr(e)
		}))
	}
	return concat(text(o.Name+"="), pr.expr(o.Value))
}

func optionWord(id *Ident) string {
	if id.Text == "true" || id.Text == "false" {
		return bracket(id.Text)
	}
	return word(id.Text)
}

// with prints " with (a=1, b=2)" or nothing.
func (pr *printer) with(o Options) *doc {
	if len(o) == 0 {
		return concat()
	}
	return concat(text(" with "), block("(", list(pr, o, pr.option), ")"))
}

func (pr *printer) opt(prefix string, e Expr) *doc {
	if e == nil {
		return concat()
	}
	return concat(text(prefix), pr.expr(e))
}

// operator prints one step. It is a flat switch over the tree's node types.
func (pr *printer) operator(op Operator) *doc {
	none := concat()
	switch o := op.(type) {
	case *Where:
		return concat(text("where"), pr.options(o.Options), text(" "), pr.expr(o.Pred))
	case *Extend:
		return items(pr, "extend", none, o.Items, pr.named)
	case *Project:
		return items(pr, "project", none, o.Items, pr.named)
	case *ProjectAway:
		return items(pr, "project-away", none, o.Columns, pr.expr)
	case *ProjectKeep:
		return items(pr, "project-keep", none, o.Columns, pr.expr)
	case *ProjectRename:
		return items(pr, "project-rename", none, o.Items, pr.named)
	case *ProjectReorder:
		return items(pr, "project-reorder", none, o.Items, pr.sortKey)
	case *Summarize:
		return pr.summarize(o)
	case *Join:
		return pr.join("join", o.Options, o.Right, o.On)
	case *Lookup:
		return pr.join("lookup", o.Options, o.Right, o.On)
	case *Union:
		return items(pr, "union", pr.options(o.Options), o.Tables, pr.expr)
	case *Sort:
		return items(pr, "sort", concat(pr.options(o.Options), text(" by")), o.Keys, pr.sortKey)
	case *Top:
		return concat(text("top"), pr.options(o.Options), text(" "), pr.expr(o.N), text(" by "), pr.sortKey(o.By))
	case *Take:
		return pr.opt("take ", o.N)
	case *Sample:
		return pr.opt("sample ", o.N)
	case *SampleDistinct:
		return concat(text("sample-distinct "), pr.expr(o.N), text(" of "), pr.named(o.Of))
	case *Distinct:
		return items(pr, "distinct", pr.options(o.Options), o.Columns, pr.named)
	case *Count:
		if o.As == nil {
			return text("count")
		}
		return text("count as " + name(o.As))
	case *As:
		return concat(text("as"), pr.options(o.Options), text(" "+name(o.Name)))
	case *Serialize:
		return items(pr, "serialize", pr.options(o.Options), o.Items, pr.named)
	case *PrintOp:
		return items(pr, "print", none, o.Items, pr.named)
	case *Range:
		return concat(text("range "+name(o.Column)+" from "), pr.expr(o.From), text(" to "), pr.expr(o.To), text(" step "), pr.expr(o.Step))
	}
	return pr.rareOperator(op)
}

func (pr *printer) rareOperator(op Operator) *doc {
	switch o := op.(type) {
	case *TopNested:
		return pr.topNested(o)
	case *TopHitters:
		return concat(text("top-hitters "), pr.expr(o.N), text(" of "), pr.named(o.Of), pr.opt(" by ", o.By))
	case *MvExpand:
		return concat(items(pr, "mv-expand", pr.options(o.Options), o.Items, pr.mvItem), pr.opt(" limit ", o.Limit))
	case *MvApply:
		head := concat(items(pr, "mv-apply", pr.options(o.Options), o.Items, pr.mvItem), pr.opt(" limit ", o.Limit))
		return concat(head, text(" on "), pr.sub(o.Sub))
	case *ParseOp:
		return pr.parseOp(o)
	case *ParseKv:
		return concat(text("parse-kv "), pr.expr(o.X), text(" as "), block("(", list(pr, o.Columns, pr.column), ")"), pr.with(o.With))
	case *MakeSeries:
		return pr.makeSeries(o)
	case *Render:
		return concat(text("render "+word(o.Chart.Text)), pr.with(o.With))
	case *Invoke:
		return concat(text("invoke "), pr.call(o.Call))
	case *Evaluate:
		head := concat(text("evaluate"), pr.options(o.Options), text(" "), pr.plugin(o.Call))
		if o.Schema == nil {
			return head
		}
		return concat(head, text(" : "), block("(", list(pr, o.Schema, pr.column), ")"))
	case *GetSchema:
		return text("getschema")
	case *Consume:
		return concat(text("consume"), pr.options(o.Options))
	case *Search:
		return concat(text("search"), pr.options(o.Options), pr.inTables(o.Tables), text(" "), pr.expr(o.Pred))
	case *Find:
		return pr.find(o)
	case *Partition:
		head := concat(text("partition"), pr.options(o.Options), text(" by "+name(o.By.(*Ident))+" "))
		if o.Braces {
			return concat(head, group(text("{"), nest(line, pr.bare(o.Sub)), line, text("}")))
		}
		return concat(head, pr.sub(o.Sub.(*PipeExpr)))
	case *Reduce:
		return concat(text("reduce"), pr.options(o.Options), text(" by "), pr.expr(o.By), pr.with(o.With))
	case *Scan:
		return pr.scan(o)
	case *Fork:
		return pr.fork(o)
	}
	f := op.(*Facet)
	head := concat(text("facet by "), inline(pr, f.By, pr.expr))
	if f.Sub == nil {
		return head
	}
	return concat(head, text(" with "), pr.sub(f.Sub))
}

func (pr *printer) sub(p *PipeExpr) *doc { return block("(", pr.inner(p), ")") }

func (pr *printer) fork(o *Fork) *doc {
	kids := []*doc{text("fork")}
	for _, b := range o.Branches {
		kids = append(kids, text(" "))
		if b.Name != nil {
			kids = append(kids, text(word(b.Name.Text)+" = "))
		}
		kids = append(kids, pr.sub(b.Sub))
	}
	return concat(kids...)
}

func (pr *printer) plugin(c *Call) *doc {
	return concat(text(word(c.Func.Text)), block("(", list(pr, c.Args, pr.arg), ")"))
}

func (pr *printer) sortKey(k *SortKey) *doc {
	d := pr.expr(k.X)
	if k.Dir != "" {
		d = concat(d, text(" "+k.Dir))
	}
	if k.Nulls != "" {
		d = concat(d, text(" nulls "+k.Nulls))
	}
	return d
}

func (pr *printer) summarize(o *Summarize) *doc {
	kids := []*doc{text("summarize"), pr.options(o.Options)}
	if len(o.Aggs) > 0 {
		kids = append(kids, nest(line, list(pr, o.Aggs, pr.named)))
	}
	if len(o.By) > 0 {
		kids = append(kids, nest(line, group(text("by"), nest(line, list(pr, o.By, pr.named)))))
	}
	return group(kids...)
}

func (pr *printer) join(head string, opts Options, right Expr, on []Expr) *doc {
	return concat(text(head), pr.options(opts), text(" "), pr.expr(right), text(" on "), inline(pr, on, pr.expr))
}

func (pr *printer) topNested(o *TopNested) *doc {
	return group(nest(list(pr, o.Clauses, func(c *TopNestedClause) *doc {
		d := concat(text("top-nested"), pr.opt(" ", c.N), text(" of "), pr.named(c.Of), pr.opt(" with others = ", c.Others), text(" by "), pr.named(c.By))
		if c.Dir != "" {
			d = concat(d, text(" "+c.Dir))
		}
		return d
	})))
}

func (pr *printer) mvItem(m *MvItem) *doc {
	if m.To == nil {
		return pr.named(m.Item)
	}
	return concat(pr.named(m.Item), text(" to typeof("+m.To.Type.String()+")"))
}

func (pr *printer) parseOp(o *ParseOp) *doc {
	head := "parse"
	if o.Where {
		head = "parse-where"
	}
	kids := []*doc{text(head), pr.options(o.Options), text(" "), pr.expr(o.X), text(" with")}
	for _, p := range o.Pattern {
		switch {
		case p.Star:
			kids = append(kids, text(" *"))
		case p.Text != nil:
			kids = append(kids, text(" "), pr.expr(p.Text))
		case p.Type != nil:
			kids = append(kids, text(" "+word(p.Col.Text)+":"+p.Type.Type.String()))
		default:
			kids = append(kids, text(" "+word(p.Col.Text)))
		}
	}
	return concat(kids...)
}

func (pr *printer) makeSeries(o *MakeSeries) *doc {
	kids := []*doc{text("make-series"), pr.options(o.Options), nest(line, list(pr, o.Items, func(s *SeriesItem) *doc {
		return concat(pr.named(s.Item), pr.opt(" default=", s.Default))
	}))}
	on := concat(text("on "), pr.named(o.On))
	if o.InRange {
		on = concat(on, text(" in range("), pr.expr(o.From), text(", "), pr.expr(o.To), text(", "), pr.expr(o.Step), text(")"))
	} else {
		on = concat(on, pr.opt(" from ", o.From), pr.opt(" to ", o.To), pr.opt(" step ", o.Step))
	}
	kids = append(kids, nest(line, on))
	if len(o.By) > 0 {
		kids = append(kids, nest(line, text("by "), inline(pr, o.By, pr.named)))
	}
	return group(kids...)
}

func (pr *printer) inTables(tables []Expr) *doc {
	if len(tables) == 0 {
		return concat()
	}
	return concat(text(" in "), block("(", list(pr, tables, pr.expr), ")"))
}

func (pr *printer) find(o *Find) *doc {
	kids := []*doc{text("find"), pr.options(o.Options), pr.inTables(o.Tables), text(" where "), pr.expr(o.Pred)}
	if len(o.Columns) > 0 || o.Pack {
		kids = append(kids, text(" project "), inline(pr, o.Columns, pr.column))
		switch {
		case o.Pack && len(o.Columns) > 0:
			kids = append(kids, text(", pack(*)"))
		case o.Pack:
			kids = append(kids, text("pack(*)"))
		}
	}
	if o.Smart {
		kids = append(kids, text(" project-smart"))
	}
	if len(o.Away) > 0 {
		kids = append(kids, text(" project-away "), inline(pr, o.Away, pr.expr))
	}
	return concat(kids...)
}

func (pr *printer) scan(o *Scan) *doc {
	kids := []*doc{text("scan"), pr.options(o.Options)}
	if len(o.OrderBy) > 0 {
		kids = append(kids, text(" order by "), inline(pr, o.OrderBy, pr.sortKey))
	}
	if len(o.PartitionBy) > 0 {
		kids = append(kids, text(" partition by "), inline(pr, o.PartitionBy, pr.expr))
	}
	if len(o.Declare) > 0 {
		kids = append(kids, text(" declare "), block("(", list(pr, o.Declare, func(d *ScanDecl) *doc {
			return concat(pr.column(d.Column), pr.opt("=", d.Default))
		}), ")"))
	}
	kids = append(kids, text(" with ("))
	var steps []*doc
	for _, s := range o.Steps {
		steps = append(steps, hard, pr.lead(s.Start), pr.scanStep(s), pr.trail(s.End))
	}
	return concat(append(kids, nest(steps...), hard, text(")"))...)
}

func (pr *printer) scanStep(s *ScanStep) *doc {
	head := "step " + word(s.Name.Text)
	if s.Optional {
		head += " optional"
	}
	if s.Output != "" {
		head += " output=" + s.Output
	}
	d := concat(text(head+": "), pr.expr(s.Cond))
	if len(s.Assign) > 0 {
		d = concat(d, text(" => "), inline(pr, s.Assign, pr.named))
	}
	return concat(d, text(";"))
}

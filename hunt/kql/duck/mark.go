package duck

import "github.com/hunt365/hunt365/hunt/kql"

// markPlan finds the columns that something reads, from the result down, and
// how often each shared table is read.
func (l *lowerer) markPlan(p *kql.Plan) {
	for _, c := range p.Root.Output() {
		l.used[c.ID] = true
	}
	l.markRel(p.Root)
	for i := len(p.Shared) - 1; i >= 0; i-- {
		if l.refs[p.Shared[i]] > 0 {
			l.markRel(p.Shared[i].Rel)
		}
	}
}

func (l *lowerer) markRel(n kql.Rel) {
	switch n := n.(type) {
	case *kql.RefRel:
		l.refs[n.Shared]++
		for i, c := range n.Shared.Rel.Output() {
			if l.used[n.Outputs[i].ID] {
				l.used[c.ID] = true
			}
		}
	case *kql.ValuesRel:
		for _, row := range n.Rows {
			l.mark(row...)
		}
	case *kql.SequenceRel:
		l.mark(n.From, n.To, n.Step)
	case *kql.FilterRel:
		l.mark(n.Pred)
		l.markRel(n.Input)
	case *kql.ComputeRel:
		l.markItems(n.Items, false)
		l.markRel(n.Input)
	case *kql.AggregateRel:
		l.markItems(n.By, true)
		for _, a := range n.Aggs {
			l.markAgg(a)
		}
		l.markRel(n.Input)
	case *kql.JoinRel:
		l.markItems(n.Items, false)
		for _, k := range n.On {
			l.mark(k.Left, k.Right)
		}
		l.markRel(n.Left)
		l.markRel(n.Right)
	case *kql.UnionRel:
		for _, b := range n.Branches {
			for i, x := range b.Exprs {
				if l.used[n.Outputs[i].ID] {
					l.mark(x)
				}
			}
			l.markRel(b.Input)
		}
	case *kql.SortRel:
		l.markOrder(n.Keys)
		l.markRel(n.Input)
	case *kql.LimitRel:
		l.mark(n.N)
		l.markRel(n.Input)
	case *kql.SampleRel:
		l.mark(n.N)
		l.markRel(n.Input)
	default:
		l.markRare(n)
	}
}

func (l *lowerer) markRare(n kql.Rel) {
	switch n := n.(type) {
	case *kql.TopNestedRel:
		for _, lv := range n.Levels {
			l.mark(lv.N, lv.Of.X, lv.Others)
			l.markAgg(lv.By)
		}
		l.markRel(n.Input)
	case *kql.ExpandRel:
		l.markItems(n.Items, true)
		l.mark(n.Limit)
		l.markRel(n.Input)
	case *kql.ApplyRel:
		l.markItems(n.Items, true)
		l.mark(n.Limit)
		l.markRel(n.Sub)
		l.markRel(n.Input)
	case *kql.ParseRel:
		l.mark(n.X)
		l.markRel(n.Input)
	case *kql.KvRel:
		l.mark(n.X)
		l.markRel(n.Input)
	case *kql.SeriesRel:
		l.markItems(n.By, true)
		for _, a := range n.Aggs {
			l.used[a.Agg.Cols[0].ID] = true
			l.markAgg(a.Agg)
			l.mark(a.Default)
		}
		l.mark(n.On, n.From, n.To, n.Step)
		l.markRel(n.Input)
	case *kql.PluginRel:
		l.mark(n.Args...)
		for _, in := range []kql.Rel{n.Input, n.Right} {
			if in == nil {
				continue
			}
			for _, c := range in.Output() {
				l.used[c.ID] = true
			}
			l.markRel(in)
		}
	case *kql.PartitionRel:
		l.mark(n.By)
		l.markRel(n.Sub)
		l.markRel(n.Input)
	case *kql.ScanRel:
		l.markScan(n)
		l.markRel(n.Input)
	}
}

func (l *lowerer) markScan(n *kql.ScanRel) {
	for _, c := range n.Input.Output() {
		l.used[c.ID] = true
	}
	for _, c := range n.Outputs {
		l.used[c.ID] = true
	}
	l.markOrder(n.OrderBy)
	l.mark(n.By...)
	l.markItems(n.Declare, true)
	for _, s := range n.Steps {
		l.mark(s.Cond)
		l.markItems(s.Assign, true)
	}
}

func (l *lowerer) markItems(items []kql.Item, all bool) {
	for _, it := range items {
		if all {
			l.used[it.Col.ID] = true
		}
		if all || l.used[it.Col.ID] {
			l.mark(it.X)
		}
	}
}

func (l *lowerer) markOrder(keys []kql.Order) {
	for _, k := range keys {
		l.mark(k.X)
	}
}

func (l *lowerer) markAgg(a *kql.Agg) {
	if a == nil {
		return
	}
	l.mark(a.Filter)
	for i, x := range a.Args {
		// The values beside arg_max and take_any are needed only if read.
		if beside(a) && i < len(a.Cols) && i > 0 && (a.Cols[i] == nil || !l.used[a.Cols[i].ID]) {
			continue
		}
		l.mark(x)
	}
}

// beside reports whether an aggregate's results are its arguments in one row.
func beside(a *kql.Agg) bool { return a.Fn == "arg_max" || a.Fn == "arg_min" || a.Fn == "take_any" }

func (l *lowerer) mark(xs ...kql.Scalar) {
	for _, x := range xs {
		switch x := x.(type) {
		case *kql.ColRef:
			l.used[x.Col.ID] = true
		case *kql.Apply:
			l.mark(x.Args...)
		case *kql.Cast:
			l.mark(x.X)
		case *kql.Path:
			l.mark(x.X)
			for _, s := range x.Steps {
				if s.Index != nil {
					l.mark(s.Index)
				}
			}
		case *kql.InList:
			l.mark(x.X)
			l.mark(x.List...)
		case *kql.InRel:
			l.mark(x.X)
			l.markFirst(x.Rel)
		case *kql.ToScalar:
			l.markFirst(x.Rel)
		case *kql.PackCols:
			for _, c := range x.Cols {
				l.used[c.ID] = true
			}
		case *kql.StateRef:
			l.used[x.Col.ID] = true
		}
	}
}

// markFirst marks a relation of which only the first column is read.
func (l *lowerer) markFirst(n kql.Rel) {
	l.used[n.Output()[0].ID] = true
	l.markRel(n)
}

package kql

// window binds a window function. The rows must have an order, and no window call stands inside
// another.
func (c *row) window(fn *Func, e *Call) (Scalar, error) {
	switch {
	case c.aggs != nil:
		return nil, errAt(e.Func, "", "%s is not allowed over aggregates", fn.Name)
	case c.scan != nil:
		return nil, errAt(e.Func, "", "%s is not allowed in scan", fn.Name)
	case c.rel == nil:
		return nil, errAt(e.Func, "", "%s needs rows", fn.Name)
	case !serialized(c.rel):
		return nil, errAt(e.Func, "sort the rows or use serialize first", "%s needs rows that have an order", fn.Name)
	}
	args, _, err := c.args(e)
	if err != nil {
		return nil, err
	}
	for i, a := range args {
		if hasWindow(a) {
			args[i] = c.addColumn(a)
		}
	}
	sig, args, err := c.fitAgg(fn, args, e)
	if err != nil {
		return nil, err
	}
	if (fn.Name == "prev" || fn.Name == "next") && len(args) == 3 {
		if args[2], err = c.assign(args[2], args[0].Type(), e.Args[2]); err != nil {
			return nil, err
		}
	}
	x := &Apply{fn.Canonical, args, resultType(sig, args)}
	c.places[x] = e.Pos()
	if c.hoist {
		return c.addColumn(x), nil
	}
	return x, nil
}

// hasWindow reports whether x holds a window call.
func hasWindow(x Scalar) bool {
	found := false
	walkScalar(x, func(x Scalar) {
		if a, ok := x.(*Apply); ok {
			found = found || LookupFunc(WindowFunc, a.Fn) != nil
		}
	})
	return found
}

// serialized reports whether rel's rows have an order that window functions may
// rely on.
func serialized(rel Rel) bool {
	switch n := rel.(type) {
	case *SortRel, *SequenceRel, *SubInputRel, *ScanRel, *TopNestedRel:
		return true
	case *ComputeRel:
		return n.Serialize || serialized(n.Input)
	case *RefRel:
		return n.Shared.Rel != nil && serialized(n.Shared.Rel)
	}
	if in := passes(rel); in != nil {
		return serialized(in)
	}
	return false
}

// passes returns the input whose row order rel keeps, or nil.
func passes(rel Rel) Rel {
	switch n := rel.(type) {
	case *FilterRel:
		return n.Input
	case *ComputeRel:
		return n.Input
	case *LimitRel:
		return n.Input
	case *ExpandRel:
		return n.Input
	case *ParseRel:
		return n.Input
	case *KvRel:
		return n.Input
	case *ApplyRel:
		return n.Input
	}
	return nil
}

// ordered reports whether the order of the result's rows means something.
func ordered(rel Rel) bool {
	switch n := rel.(type) {
	case *SortRel, *SequenceRel:
		return true
	case *RefRel:
		return ordered(n.Shared.Rel)
	case *ExpandRel:
		return false
	case *ApplyRel:
		return false
	}
	if in := passes(rel); in != nil {
		return ordered(in)
	}
	return false
}

// step returns the place of the step called name, or -1.
func (n *ScanRel) step(name string) int {
	for i, s := range n.Steps {
		if s.Name == name {
			return i
		}
	}
	return -1
}

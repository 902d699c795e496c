package duck

import "github.com/hunt365/hunt365/hunt/schema"

var setFunctions = []Function{
	{Name: "kql_go_set_union", Params: []schema.Type{schema.Dynamic}, Variadic: true, Result: schema.Dynamic, Nulls: true, Eval: evalSetUnion},
	{Name: "kql_go_set_intersect", Params: []schema.Type{schema.Dynamic}, Variadic: true, Result: schema.Dynamic, Nulls: true, Eval: evalSetIntersect},
	{Name: "kql_go_set_difference", Params: []schema.Type{schema.Dynamic}, Variadic: true, Result: schema.Dynamic, Nulls: true, Eval: evalSetDifference},
	{Name: "kql_go_set_has_element", Params: []schema.Type{schema.Dynamic, schema.Dynamic}, Result: schema.Bool, Nulls: true, Eval: evalSetHasElement},
	{Name: "kql_go_set_equals", Params: []schema.Type{schema.Dynamic, schema.Dynamic}, Result: schema.Bool, Nulls: true, Eval: evalSetEquals},
	{Name: "kql_go_jaccard", Params: []schema.Type{schema.Dynamic, schema.Dynamic}, Result: schema.Real, Nulls: true, Eval: evalJaccard},
	{Name: "kql_go_distinct", Params: []schema.Type{schema.Dynamic, schema.Long}, Result: schema.Dynamic, Eval: evalDistinct},
}

// orderedSet keeps the first of equal values, in order.
type orderedSet struct {
	items []any
	has   map[string]bool
}

func newSet(l []any) *orderedSet {
	s := &orderedSet{items: []any{}, has: map[string]bool{}}
	for _, v := range l {
		s.add(v)
	}
	return s
}

func (s *orderedSet) add(v any) {
	if k := dynKey(v); !s.has[k] {
		s.has[k] = true
		s.items = append(s.items, v)
	}
}

func evalSetUnion(args []any) (any, error) {
	out := newSet(nil)
	for _, a := range args {
		l, ok := listArg(a)
		if !ok {
			return nil, nil
		}
		for _, v := range l {
			out.add(v)
		}
	}
	return writeDynamic(out.items), nil
}

// keepWhere returns the first set's items whose presence in all others is want.
func keepWhere(args []any, keep func(others []*orderedSet, key string) bool) (any, error) {
	var sets []*orderedSet
	for _, a := range args {
		l, ok := listArg(a)
		if !ok {
			return nil, nil
		}
		sets = append(sets, newSet(l))
	}
	out := []any{}
	for _, v := range sets[0].items {
		if keep(sets[1:], dynKey(v)) {
			out = append(out, v)
		}
	}
	return writeDynamic(out), nil
}

func evalSetIntersect(args []any) (any, error) {
	return keepWhere(args, func(others []*orderedSet, key string) bool {
		for _, o := range others {
			if !o.has[key] {
				return false
			}
		}
		return true
	})
}

func evalSetDifference(args []any) (any, error) {
	return keepWhere(args, func(others []*orderedSet, key string) bool {
		for _, o := range others {
			if o.has[key] {
				return false
			}
		}
		return true
	})
}

func evalSetHasElement(args []any) (any, error) {
	l, ok := listArg(args[0])
	if !ok {
		return nil, nil
	}
	want := dynArg(args[1])
	for _, v := range l {
		if dynEqual(v, want) {
			return true, nil
		}
	}
	return false, nil
}

func evalSetEquals(args []any) (any, error) {
	a, aok := listArg(args[0])
	b, bok := listArg(args[1])
	if !aok || !bok {
		return nil, nil
	}
	x, y := newSet(a), newSet(b)
	for k := range x.has {
		if !y.has[k] {
			return false, nil
		}
	}
	return len(x.items) == len(y.items), nil
}

func evalJaccard(args []any) (any, error) {
	a, aok := listArg(args[0])
	b, bok := listArg(args[1])
	if !aok || !bok {
		return nil, nil
	}
	x, y := newSet(a), newSet(b)
	common := 0
	for k := range x.has {
		if y.has[k] {
			common++
		}
	}
	all := len(x.items) + len(y.items) - common
	if all == 0 {
		return nil, nil
	}
	return float64(common) / float64(all), nil
}

// evalDistinct drops repeated values of a list and cuts it.
func evalDistinct(args []any) (any, error) {
	l, ok := listArg(args[0])
	if !ok {
		return args[0], nil
	}
	items := newSet(l).items
	if n := args[1].(int64); n >= 0 && int64(len(items)) > n {
		items = items[:n]
	}
	return writeDynamic(items), nil
}

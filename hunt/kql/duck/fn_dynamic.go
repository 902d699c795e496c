package duck

import (
	"sort"
	"strconv"
	"strings"

	"github.com/hunt365/hunt365/hunt/schema"
)

var dynamicFunctions = []Function{
	{Name: "kql_go_parse_json", Params: []schema.Type{schema.String}, Result: schema.Dynamic, Eval: evalParseJSON},
	{Name: "kql_go_dyn_key", Params: []schema.Type{schema.Dynamic, schema.String}, Result: schema.Dynamic, Eval: evalDynKey},
	{Name: "kql_go_dyn_item", Params: []schema.Type{schema.Dynamic, schema.Long}, Result: schema.Dynamic, Eval: evalDynItem},
	{Name: "kql_go_extractjson", Params: []schema.Type{schema.String, schema.Dynamic}, Result: schema.Dynamic, Eval: evalExtractJSON},
	{Name: "kql_go_to_json", Params: []schema.Type{schema.Dynamic}, Result: schema.String, Nulls: true, Eval: evalToJSON},
	{Name: "kql_go_array_concat", Params: []schema.Type{schema.Dynamic}, Variadic: true, Result: schema.Dynamic, Nulls: true, Eval: evalArrayConcat},
	{Name: "kql_go_array_slice", Params: []schema.Type{schema.Dynamic, schema.Long, schema.Long}, Result: schema.Dynamic, Eval: evalArraySlice},
	{Name: "kql_go_array_sort", Params: []schema.Type{schema.Bool, schema.Bool, schema.Dynamic}, Variadic: true, Result: schema.Dynamic, Nulls: true, Eval: evalArraySort},
	{Name: "kql_go_array_reverse", Params: []schema.Type{schema.Dynamic}, Result: schema.Dynamic, Eval: evalArrayReverse},
	{Name: "kql_go_array_rotate", Params: []schema.Type{schema.Dynamic, schema.Long}, Result: schema.Dynamic, Eval: evalArrayRotate},
	{Name: "kql_go_array_shift", Params: []schema.Type{schema.Dynamic, schema.Long, schema.Dynamic}, Result: schema.Dynamic, Nulls: true, Eval: evalArrayShift},
	{Name: "kql_go_array_split", Params: []schema.Type{schema.Dynamic, schema.Dynamic}, Result: schema.Dynamic, Eval: evalArraySplit},
	{Name: "kql_go_array_iff", Params: []schema.Type{schema.Dynamic, schema.Dynamic, schema.Dynamic}, Result: schema.Dynamic, Nulls: true, Eval: evalArrayIff},
	{Name: "kql_go_array_sum", Params: []schema.Type{schema.Dynamic}, Result: schema.Real, Eval: evalArraySum},
	{Name: "kql_go_array_index_of", Params: []schema.Type{schema.Dynamic, schema.Dynamic, schema.Long, schema.Long, schema.Long}, Result: schema.Long, Nulls: true, Eval: evalArrayIndexOf},
	{Name: "kql_go_strcat_array", Params: []schema.Type{schema.Dynamic, schema.String}, Result: schema.String, Nulls: true, Eval: evalStrcatArray},
	{Name: "kql_go_repeat", Params: []schema.Type{schema.Dynamic, schema.Long}, Result: schema.Dynamic, Nulls: true, Eval: evalRepeat},
	{Name: "kql_go_zip", Params: []schema.Type{schema.Dynamic}, Variadic: true, Result: schema.Dynamic, Nulls: true, Eval: evalZip},
	{Name: "kql_go_treepath", Params: []schema.Type{schema.Dynamic}, Result: schema.Dynamic, Eval: evalTreePath},
	{Name: "kql_go_bag_merge", Params: []schema.Type{schema.Dynamic}, Variadic: true, Result: schema.Dynamic, Nulls: true, Eval: evalBagMerge},
	{Name: "kql_go_bag_merge_list", Params: []schema.Type{schema.Dynamic}, Result: schema.Dynamic, Nulls: true, Eval: evalBagMergeList},
	{Name: "kql_go_bag_remove_keys", Params: []schema.Type{schema.Dynamic, schema.Dynamic}, Result: schema.Dynamic, Eval: evalBagRemoveKeys},
	{Name: "kql_go_bag_set_key", Params: []schema.Type{schema.Dynamic, schema.String, schema.Dynamic}, Result: schema.Dynamic, Nulls: true, Eval: evalBagSetKey},
	{Name: "kql_go_bag_has_key", Params: []schema.Type{schema.Dynamic, schema.String}, Result: schema.Bool, Eval: evalBagHasKey},
	{Name: "kql_go_bag_zip", Params: []schema.Type{schema.Dynamic, schema.Dynamic}, Result: schema.Dynamic, Nulls: true, Eval: evalBagZip},
	{Name: "kql_go_bag_items", Params: []schema.Type{schema.Dynamic, schema.Bool}, Result: schema.Dynamic, Eval: evalBagItems},
	{Name: "kql_go_flatten", Params: []schema.Type{schema.Dynamic}, Result: schema.Dynamic, Eval: evalFlatten},
}

func evalParseJSON(args []any) (any, error) {
	s := args[0].(string)
	v, ok := readDynamic(s)
	if !ok {
		if strings.TrimSpace(s) == "" {
			return nil, nil
		}
		v = s
	}
	return dynResult(v)
}

func evalDynKey(args []any) (any, error) {
	if b, ok := bagArg(args[0]); ok {
		return dynResult(b.vals[args[1].(string)])
	}
	return nil, nil
}

func evalDynItem(args []any) (any, error) {
	l, ok := listArg(args[0])
	i := args[1].(int64)
	if i < 0 {
		i += int64(len(l))
	}
	if !ok || i < 0 || i >= int64(len(l)) {
		return nil, nil
	}
	return dynResult(l[i])
}

// evalExtractJSON follows a JSONPath of dots, ['names'] and [numbers].
func evalExtractJSON(args []any) (any, error) {
	v := dynArg(args[1])
	path := strings.TrimPrefix(args[0].(string), "$")
	for path != "" {
		var name string
		var rest string
		switch {
		case path[0] == '.':
			end := strings.IndexAny(path[1:], ".[")
			if end < 0 {
				end = len(path) - 1
			}
			name, rest = path[1:1+end], path[1+end:]
		case path[0] == '[':
			end := strings.IndexByte(path, ']')
			if end < 0 {
				return nil, nil
			}
			name, rest = path[1:end], path[end+1:]
		default:
			return nil, nil
		}
		path = rest
		v = stepInto(v, name)
	}
	return dynResult(v)
}

func stepInto(v any, name string) any {
	if n := len(name); n > 1 && (name[0] == '\'' || name[0] == '"') && name[n-1] == name[0] {
		name = name[1 : n-1]
	} else if l, ok := v.([]any); ok {
		i, err := strconv.Atoi(name)
		if err != nil || i < 0 || i >= len(l) {
			return nil
		}
		return l[i]
	}
	if b, ok := v.(*bag); ok {
		return b.vals[name]
	}
	return nil
}

// evalToJSON writes a value with its keys in order, as dynamic_to_json does.
func evalArrayConcat(args []any) (any, error) {
	var out []any
	found := false
	for _, a := range args {
		if l, ok := listArg(a); ok {
			found = true
			out = append(out, l...)
		}
	}
	if !found {
		return nil, nil
	}
	return writeDynamic(append([]any{}, out...)), nil
}

func evalArraySlice(args []any) (any, error) {
	l, ok := listArg(args[0])
	if !ok {
		return nil, nil
	}
	n, from, to := int64(len(l)), args[1].(int64), args[2].(int64)
	if from < 0 {
		from = max(0, from+n)
	}
	if to < 0 {
		to += n
	}
	to = min(to, n-1)
	if from > to {
		return "[]", nil
	}
	return writeDynamic(l[from : to+1]), nil
}

// dynLess orders numbers by value, then text; other kinds follow.
func dynLess(a, b any) bool {
	x, xok := dynReal(a)
	y, yok := dynReal(b)
	if xok && yok {
		return x < y
	}
	if xok != yok {
		return xok
	}
	s, sok := a.(string)
	t, tok := b.(string)
	if sok && tok {
		return s < t
	}
	if sok != tok {
		return sok
	}
	return writeDynamic(a) < writeDynamic(b)
}

// evalArraySort sorts the first array and carries the others along. Nulls go
// last unless the second argument is false.
func evalArraySort(args []any) (any, error) {
	desc, _ := args[0].(bool)
	nullsLast := args[1] != false
	first, ok := listArg(args[2])
	if !ok {
		return nil, nil
	}
	order := make([]int, len(first))
	for i := range order {
		order[i] = i
	}
	sort.SliceStable(order, func(i, j int) bool {
		a, b := first[order[i]], first[order[j]]
		if a == nil || b == nil {
			return (a == nil) != (b == nil) && (b == nil) == nullsLast
		}
		if desc {
			return dynLess(b, a)
		}
		return dynLess(a, b)
	})
	var results []any
	for _, a := range args[2:] {
		l, ok := listArg(a)
		if !ok || len(l) != len(first) {
			results = append(results, nil)
			continue
		}
		sorted := make([]any, len(l))
		for i, from := range order {
			sorted[i] = l[from]
		}
		results = append(results, sorted)
	}
	return writeDynamic(results), nil
}

func evalArrayReverse(args []any) (any, error) {
	l, ok := listArg(args[0])
	if !ok {
		return nil, nil
	}
	out := make([]any, len(l))
	for i, v := range l {
		out[len(l)-1-i] = v
	}
	return writeDynamic(out), nil
}

// evalArrayRotate rotates to the left by n, to the right where n is negative.
func evalArrayRotate(args []any) (any, error) {
	l, ok := listArg(args[0])
	if !ok {
		return nil, nil
	}
	out := make([]any, len(l))
	for i := range l {
		n := int64(len(l))
		out[i] = l[((int64(i)+args[1].(int64))%n+n)%n]
	}
	return writeDynamic(out), nil
}

func evalArrayShift(args []any) (any, error) {
	l, ok := listArg(args[0])
	by, isLong := args[1].(int64)
	if !ok || !isLong {
		return nil, nil
	}
	fill := dynArg(args[2])
	out := make([]any, len(l))
	for i := range l {
		out[i] = fill
		if from := int64(i) + by; from >= 0 && from < int64(len(l)) {
			out[i] = l[from]
		}
	}
	return writeDynamic(out), nil
}

func evalArraySplit(args []any) (any, error) {
	l, ok := listArg(args[0])
	if !ok {
		return nil, nil
	}
	cuts, ok := listArg(args[1])
	if !ok {
		cuts = []any{dynArg(args[1])}
	}
	out, last := []any{}, 0
	for _, c := range cuts {
		n, ok := c.(int64)
		if !ok {
			return nil, nil
		}
		if n < 0 {
			n += int64(len(l))
		}
		at := int(min(max(n, int64(last)), int64(len(l))))
		out = append(out, append([]any{}, l[last:at]...))
		last = at
	}
	return writeDynamic(append(out, append([]any{}, l[last:]...))), nil
}

func evalArrayIff(args []any) (any, error) {
	conds, ok := listArg(args[0])
	if !ok {
		return nil, nil
	}
	pick := func(a any, i int) any {
		v := dynArg(a)
		if l, ok := v.([]any); ok {
			if i < len(l) {
				return l[i]
			}
			return nil
		}
		return v
	}
	out := make([]any, len(conds))
	for i, c := range conds {
		truth, known := c.(bool)
		if n, ok := dynReal(c); ok {
			truth, known = n != 0, true
		}
		switch {
		case !known:
			out[i] = nil
		case truth:
			out[i] = pick(args[1], i)
		default:
			out[i] = pick(args[2], i)
		}
	}
	return writeDynamic(out), nil
}

func evalArraySum(args []any) (any, error) {
	l, ok := listArg(args[0])
	if !ok {
		return nil, nil
	}
	sum, n := 0.0, 0
	for _, v := range l {
		if f, ok := dynReal(v); ok {
			sum += f
			n++
		} else if b, ok := v.(bool); ok {
			if b {
				sum++
			}
			n++
		} else if v != nil {
			return nil, nil
		}
	}
	if n == 0 {
		return nil, nil
	}
	return sum, nil
}

func evalArrayIndexOf(args []any) (any, error) {
	l, ok := listArg(args[0])
	if !ok {
		return nil, nil
	}
	want := dynArg(args[1])
	n := int64(len(l))
	start, length, occurrence := int64(0), int64(-1), int64(1)
	for i, p := range []*int64{&start, &length, &occurrence} {
		if v, ok := args[2+i].(int64); ok {
			*p = v
		}
	}
	if start < 0 {
		start = max(0, start+n)
	}
	end := n
	if length >= 0 {
		end = min(n, start+length)
	}
	for i := start; i < end; i++ {
		if dynEqual(l[i], want) {
			if occurrence--; occurrence == 0 {
				return i, nil
			}
		}
	}
	return int64(-1), nil
}

func evalStrcatArray(args []any) (any, error) {
	l, ok := listArg(args[0])
	sep, _ := args[1].(string)
	if !ok {
		return "", nil
	}
	parts := make([]string, len(l))
	for i, v := range l {
		parts[i] = dynString(v)
	}
	return strings.Join(parts, sep), nil
}

func evalRepeat(args []any) (any, error) {
	n, ok := args[1].(int64)
	if !ok || n < 0 || n > 1<<20 {
		return nil, nil
	}
	v, out := dynArg(args[0]), make([]any, n)
	for i := range out {
		out[i] = v
	}
	return writeDynamic(out), nil
}

func evalZip(args []any) (any, error) {
	lists, longest := make([][]any, len(args)), 0
	for i, a := range args {
		l, ok := listArg(a)
		if !ok {
			l = []any{}
		}
		lists[i], longest = l, max(longest, len(l))
	}
	out := make([]any, longest)
	for i := range out {
		row := make([]any, len(lists))
		for j, l := range lists {
			if i < len(l) {
				row[j] = l[i]
			}
		}
		out[i] = row
	}
	return writeDynamic(out), nil
}

// evalBagMerge keeps the first value of each key.
// evalBagMergeList merges an array of bags, the body of make_bag().
// evalBagItems takes a bag apart: into bags of one property, or [key, value].
// evalFlatten takes the arrays in a list apart, as make_list and make_set do
// with arrays that they collect.
func evalFlatten(args []any) (any, error) {
	l, ok := listArg(args[0])
	if !ok {
		return args[0], nil
	}
	out := []any{}
	for _, v := range l {
		if inner, ok := v.([]any); ok {
			out = append(out, inner...)
			continue
		}
		out = append(out, v)
	}
	return writeDynamic(out), nil
}

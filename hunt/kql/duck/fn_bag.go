package duck

import (
	"sort"
	"strconv"
	"strings"
)

func evalToJSON(args []any) (any, error) {
	if args[0] == nil {
		return "null", nil
	}
	return writeDynamic(sortKeys(dynArg(args[0]))), nil
}

func sortKeys(v any) any {
	switch x := v.(type) {
	case []any:
		out := make([]any, len(x))
		for i, e := range x {
			out[i] = sortKeys(e)
		}
		return out
	case *bag:
		keys := append([]string(nil), x.keys...)
		sort.Strings(keys)
		out := newBag()
		for _, k := range keys {
			out.set(k, sortKeys(x.vals[k]))
		}
		return out
	}
	return v
}

func evalTreePath(args []any) (any, error) {
	out := []any{}
	addPaths(&out, "", dynArg(args[0]))
	return writeDynamic(out), nil
}

func addPaths(out *[]any, prefix string, v any) {
	switch x := v.(type) {
	case *bag:
		for _, k := range x.keys {
			p := prefix + "['" + k + "']"
			*out = append(*out, p)
			addPaths(out, p, x.vals[k])
		}
	case []any:
		p := prefix + "[0]"
		*out = append(*out, p)
		if len(x) > 0 {
			addPaths(out, p, x[0])
		}
	}
}

func evalBagMerge(args []any) (any, error) {
	out := newBag()
	found := false
	for _, a := range args {
		if b, ok := bagArg(a); ok {
			found = true
			mergeBag(out, b)
		}
	}
	if !found {
		return nil, nil
	}
	return writeDynamic(out), nil
}

func mergeBag(into, from *bag) {
	for _, k := range from.keys {
		if _, dup := into.vals[k]; !dup {
			into.set(k, from.vals[k])
		}
	}
}

func evalBagMergeList(args []any) (any, error) {
	out := newBag()
	l, _ := listArg(args[0])
	for _, v := range l {
		if b, ok := v.(*bag); ok {
			mergeBag(out, b)
		}
	}
	return writeDynamic(out), nil
}

func evalBagRemoveKeys(args []any) (any, error) {
	b, ok := bagArg(args[0])
	keys, okKeys := listArg(args[1])
	if !ok || !okKeys {
		return nil, nil
	}
	for _, k := range keys {
		path := dynString(k)
		b = removePath(b, path)
	}
	return writeDynamic(b), nil
}

func removePath(b *bag, path string) *bag {
	head, rest := path, ""
	if strings.HasPrefix(path, "$.") {
		head = path[2:]
		if i := strings.IndexByte(head, '.'); i >= 0 {
			head, rest = head[:i], "$."+head[i+1:]
		}
	}
	out := newBag()
	for _, k := range b.keys {
		v := b.vals[k]
		if k == head {
			inner, ok := v.(*bag)
			if rest == "" {
				continue
			}
			if ok {
				v = removePath(inner, rest)
			}
		}
		out.set(k, v)
	}
	return out
}

func evalBagSetKey(args []any) (any, error) {
	b, ok := bagArg(args[0])
	key, okKey := args[1].(string)
	if !ok && args[0] != nil || !okKey {
		return nil, nil
	}
	if b == nil {
		b = newBag()
	}
	parts := []string{key}
	if strings.HasPrefix(key, "$.") {
		parts = strings.Split(key[2:], ".")
	}
	at := b
	for _, p := range parts[:len(parts)-1] {
		next, ok := at.vals[p].(*bag)
		if !ok {
			next = newBag()
			at.set(p, next)
		}
		at = next
	}
	at.set(parts[len(parts)-1], dynArg(args[2]))
	return writeDynamic(b), nil
}

func evalBagHasKey(args []any) (any, error) {
	v := dynArg(args[0])
	if _, ok := v.(*bag); !ok {
		return nil, nil
	}
	key := args[1].(string)
	parts := []string{key}
	if strings.HasPrefix(key, "$.") {
		parts = strings.Split(strings.NewReplacer("['", ".", "']", "", "[", ".", "]", "").Replace(key[2:]), ".")
	}
	for _, p := range parts {
		switch x := v.(type) {
		case *bag:
			inner, ok := x.vals[p]
			if !ok {
				return false, nil
			}
			v = inner
		case []any:
			i, err := strconv.Atoi(p)
			if err != nil || i < 0 || i >= len(x) {
				return false, nil
			}
			v = x[i]
		default:
			return false, nil
		}
	}
	return true, nil
}

func evalBagZip(args []any) (any, error) {
	keys, ok := listArg(args[0])
	vals, okVals := listArg(args[1])
	if !ok || !okVals {
		return nil, nil
	}
	out := newBag()
	for i, k := range keys {
		var v any
		if i < len(vals) {
			v = vals[i]
		}
		if s, ok := k.(string); ok {
			out.set(s, v)
		}
	}
	return writeDynamic(out), nil
}

func evalBagItems(args []any) (any, error) {
	b, ok := bagArg(args[0])
	if !ok {
		return nil, nil
	}
	out := []any{}
	for _, k := range b.keys {
		if args[1] == true {
			out = append(out, []any{k, b.vals[k]})
			continue
		}
		one := newBag()
		one.set(k, b.vals[k])
		out = append(out, one)
	}
	return writeDynamic(out), nil
}

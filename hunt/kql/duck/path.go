package duck

import (
	"fmt"
	"strings"

	"github.com/hunt365/hunt365/hunt/kql"
	"github.com/hunt365/hunt365/hunt/schema"
)

func (l *lowerer) path(x *kql.Path, in *rel) (expr, error) {
	if e, ok, err := l.splitPart(x, in); ok || err != nil {
		return e, err
	}
	e, err := l.scalar(x.X, in)
	if err != nil {
		return e, err
	}
	for i := 0; i < len(x.Steps); {
		text, n := constantPath(x.Steps[i:])
		if n > 0 {
			e = extend(e, text)
			i += n
			continue
		}
		if e, err = l.step1(e, x.Steps[i], in); err != nil {
			return e, err
		}
		i++
	}
	return e, nil
}

func (l *lowerer) splitPart(x *kql.Path, in *rel) (expr, bool, error) {
	call, ok := x.X.(*kql.Apply)
	if !ok || call.Fn != "split" || len(call.Args) != 2 || len(x.Steps) != 1 || x.Steps[0].Index == nil {
		return expr{}, false, nil
	}
	lit, ok := x.Steps[0].Index.(*kql.Lit)
	if !ok {
		return expr{}, false, nil
	}
	n, ok := lit.Value.(int64)
	if !ok {
		return expr{}, false, nil
	}
	args, err := l.scalars(call.Args, in)
	if err != nil {
		return expr{}, false, err
	}
	d, ok := args[1].lit.(string)
	if !ok || d == "" {
		return expr{}, false, nil
	}
	if n >= 0 {
		n++
	}
	part := fmt.Sprintf("string_split(%s, %s)[%d]", asText(args[0]).sql, args[1].sql, n)
	return expr{typ: schema.Dynamic, null: true, sql: "to_json(" + part + ")::VARCHAR", text: "coalesce(" + part + ", '')"}, true, nil
}

func extend(e expr, path string) expr {
	out := expr{typ: schema.Dynamic, null: true, base: e.rawText(), try: e.try}
	if e.path != "" {
		out.base = e.base
		path = strings.ReplaceAll(e.path[2:len(e.path)-1], "''", "'") + path
	}
	out.path = quote("$" + path)
	out.sql = "nullif(" + out.json("json_extract") + "::VARCHAR, 'null')"
	return out
}

func constantPath(steps []kql.Step) (path string, n int) {
	var b strings.Builder
	for _, s := range steps {
		name := s.Name
		if s.Index != nil {
			lit, ok := s.Index.(*kql.Lit)
			if !ok {
				break
			}
			if i, ok := lit.Value.(int64); ok {
				if i < 0 {
					fmt.Fprintf(&b, "[#%d]", i)
				} else {
					fmt.Fprintf(&b, "[%d]", i)
				}
				n++
				continue
			}
			if name, ok = lit.Value.(string); !ok || lit.T == schema.Dynamic {
				break
			}
		}
		if !plainKey(name) {
			break
		}
		b.WriteString(`."` + name + `"`)
		n++
	}
	return b.String(), n
}

func plainKey(name string) bool {
	return name != "" && !strings.ContainsAny(name, "\"*\\\x00")
}

func (l *lowerer) step1(e expr, s kql.Step, in *rel) (expr, error) {
	index := literal(schema.String, s.Name)
	if s.Index != nil {
		var err error
		if index, err = l.scalar(s.Index, in); err != nil {
			return e, err
		}
	}
	out := expr{typ: schema.Dynamic, null: true}
	switch {
	case index.typ.IsNumeric():
		out.sql = fmt.Sprintf("kql_item(%s, %s)", e.sql, cast(index, schema.Long).sql)
	case index.typ == schema.Dynamic:
		out.sql = fmt.Sprintf("CASE WHEN kql_is_array(%[1]s) THEN kql_item(%[1]s, kql_long_of_dyn(%[2]s)) ELSE kql_go_dyn_key(%[1]s, kql_text_dyn(%[2]s)) END", e.sql, index.sql)
	default:
		out.sql = fmt.Sprintf("kql_go_dyn_key(%s, %s)", e.sql, asText(index).sql)
	}
	return out, nil
}

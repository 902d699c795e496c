package duck

import (
	"fmt"
	"math"

	"github.com/hunt365/hunt365/hunt/schema"
)

func comparison(op string, a, b expr, loose bool) (expr, error) {
	a, b, err := meet(a, b, op)
	if err != nil {
		return expr{}, err
	}
	out := expr{typ: schema.Bool}
	nulls := a.null || b.null
	sqlOp := map[string]string{"==": "=", "!=": "<>", "<": "<", "<=": "<=", ">": ">", ">=": ">="}[op]
	plain := fmt.Sprintf("%s %s %s", a.sql, sqlOp, b.sql)
	if a.typ == schema.Real {
		plain = withoutNaN(op, a, b, plain)
	}
	out.sql = "(" + plain + ")"
	if !nulls {
		return out, nil
	}
	switch op {
	case "==":
		if !loose {
			out.sql = fmt.Sprintf("coalesce(%s, CASE WHEN %s IS NULL AND %s IS NULL THEN NULL ELSE false END)", plain, a.sql, b.sql)
			out.null = a.null && b.null
		} else {
			out.null = true
		}
	case "!=":
		out.sql = fmt.Sprintf("coalesce(%s, CASE WHEN %s IS NULL AND %s IS NULL THEN NULL ELSE true END)", plain, a.sql, b.sql)
		if !(a.null && b.null) {
			out.sql = fmt.Sprintf("coalesce(%s, true)", plain)
		}
		out.null = a.null && b.null
	default:
		out.null = true
	}
	if op == "==" && !loose && !(a.null && b.null) {
		out.sql = fmt.Sprintf("coalesce(%s, false)", plain)
	}
	return out, nil
}

func withoutNaN(op string, a, b expr, plain string) string {
	x, aConst := a.lit.(float64)
	y, bConst := b.lit.(float64)
	aConst, bConst = aConst && !math.IsNaN(x), bConst && !math.IsNaN(y)
	switch op {
	case "==":
		if aConst || bConst {
			return plain
		}
		return fmt.Sprintf("(%s AND NOT isnan(%s))", plain, a.sql)
	case "!=":
		if aConst || bConst {
			return plain
		}
		return fmt.Sprintf("(%s OR isnan(%s))", plain, a.sql)
	case ">", ">=":
		if aConst {
			return plain
		}
		return fmt.Sprintf("(%s AND NOT isnan(%s))", plain, a.sql)
	}
	if bConst {
		return plain
	}
	return fmt.Sprintf("(%s AND NOT isnan(%s))", plain, b.sql)
}

func meet(a, b expr, op string) (expr, expr, error) {
	at, bt := a.typ, b.typ
	switch {
	case at == bt && at != schema.Dynamic:
		return a, b, nil
	case at == schema.Dynamic && bt == schema.Dynamic:
		return a, b, nil
	case at == schema.Dynamic:
		a = fromDynamic(a, b)
		return a, sameKind(b, a), nil
	case bt == schema.Dynamic:
		b = fromDynamic(b, a)
		return sameKind(a, b), b, nil
	case at.IsNumeric() && bt.IsNumeric():
		t := wider(at, bt)
		return cast(a, t), cast(b, t), nil
	case at == schema.String || bt == schema.String:
		return asText(a), asText(b), nil
	case at == schema.Bool && bt.IsNumeric():
		return cast(a, bt), b, nil
	case bt == schema.Bool && at.IsNumeric():
		return a, cast(b, at), nil
	case SQLType(at) == SQLType(bt):
		return a, b, nil
	}
	return a, b, fmt.Errorf("operator %s is not supported between %s and %s", op, at, bt)
}

func sameKind(e, read expr) expr {
	if e.typ.IsNumeric() && read.typ.IsNumeric() && e.typ < read.typ {
		return cast(e, read.typ)
	}
	return e
}

func fromDynamic(d, other expr) expr {
	switch other.typ {
	case schema.String, schema.GUID:
		if d.path != "" {
			return expr{typ: schema.String, null: true, sql: d.json("json_extract_string")}
		}
		return expr{typ: schema.String, null: true, sql: "json_extract_string(" + d.sql + ", '$')"}
	case schema.Int, schema.Long, schema.Real:
		if n, ok := other.lit.(int64); d.path != "" && (other.typ == schema.Real || ok && n < 1<<53 && n > -1<<53) {
			return expr{typ: schema.Real, null: true, sql: "TRY_CAST(" + d.json("json_extract_string") + " AS DOUBLE)"}
		}
		return cast(d, wider(other.typ, schema.Long))
	}
	return cast(d, other.typ)
}

// textOperator describes a string operator: how it is spelled in SQL for a
// constant and for any other right side.
// termOperator is an operator on whole terms: what must not be a letter or
// digit beside the term.
// textCompare lowers the string operators. Both sides are text already.
// match looks for any of the constant terms. A cheap substring search comes
// first; then one regular expression takes ASCII edges, for which nearly all
// terms are told. Only a term beside a character beyond ASCII goes to Go: a
// class of all letters takes RE2 milliseconds to build.
// edges spells the terms with what must stand beside each. A term that begins
// or ends with a delimiter, such as ".exe", has its edge already.
// anyText looks for a term that only the row knows.
// lowerText folds case; a constant is folded at once.
// regexArg rewrites a constant regular expression where RE2 differs from
// Kusto's engine: the spelling of named groups, and classes such as \d and \s,
// which mean all of Unicode there.
// perlClasses are the members of the Unicode classes that the Perl ones mean.

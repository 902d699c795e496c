package duck

import (
	"fmt"
	"strings"

	"github.com/hunt365/hunt365/hunt/schema"
)

// wider returns the type in which two numbers meet.
func wider(a, b schema.Type) schema.Type { return max(a, b) }

// arithmetic lowers + - * / % on values of the types KQL allows.
func arithmetic(op string, a, b expr, result schema.Type) (expr, error) {
	if a.typ == schema.Dynamic {
		a = cast(a, numberLike(b.typ))
	}
	if b.typ == schema.Dynamic {
		b = cast(b, numberLike(a.typ))
	}
	out := expr{typ: result, null: true}
	at, bt := a.typ, b.typ
	isTime := func(t schema.Type) bool { return t == schema.DateTime || t == schema.TimeSpan }
	switch {
	case isTime(at) || isTime(bt):
		sql, err := timeArithmetic(op, a, b)
		out.sql = sql
		return foldTicks(op, a, b, out), err
	case at.IsNumeric() && bt.IsNumeric():
		t := wider(at, bt)
		if t == schema.Int {
			t = schema.Long
		}
		if t == schema.Long {
			return cast(wholeArithmetic(op, cast(a, t), cast(b, t), t, at == schema.Int && bt == schema.Int), result), nil
		}
		out.sql = numberArithmetic(op, cast(a, t), cast(b, t), t)
		out.null = a.null || b.null || op == "/" || op == "%"
		out.typ = t
		return cast(out, result), nil
	}
	return out, fmt.Errorf("operator %s is not supported between %s and %s", op, at, bt)
}

func numberLike(t schema.Type) schema.Type {
	switch t {
	case schema.Dynamic, schema.String, schema.Bool:
		return schema.Real
	case schema.Int:
		return schema.Long
	}
	return t
}

var longMacros = map[string]string{"/": "kql_div", "%": "kql_mod"}

// wholeArithmetic lowers operators on whole numbers, which wrap around. A chain
// of + - * is computed as it stands; only where that overflows, again with room
// and then cut. small says that 32-bit operands cannot overflow.
func wholeArithmetic(op string, a, b expr, t schema.Type, small bool) expr {
	out := expr{typ: t, null: a.null || b.null}
	if n, ok := b.lit.(int64); ok && n > 0 && n < 1<<62 && (op == "/" || op == "%") {
		if op == "/" {
			out.sql = fmt.Sprintf("(%s // %s)", a.sql, b.sql)
		} else {
			out.sql = fmt.Sprintf("((%[1]s %% %[2]s + %[2]s) %% %[2]s)", a.sql, b.sql)
		}
		return out
	}
	if op == "/" || op == "%" {
		out.null = true
		out.sql = fmt.Sprintf("%s(%s, %s)", longMacros[op], a.sql, b.sql)
		return out
	}
	x, y := a.plain, b.plain
	hx, hy := a.huge, b.huge
	if x == "" {
		x, hx = a.sql, a.sql+"::HUGEINT"
	}
	if y == "" {
		y, hy = b.sql, b.sql+"::HUGEINT"
	}
	if op == "*" { // products of more than two would leave no room
		if a.huge != "" {
			hx = "kql_wrap(" + hx + ")::HUGEINT"
		}
		if b.huge != "" {
			hy = "kql_wrap(" + hy + ")::HUGEINT"
		}
	}
	out.plain = fmt.Sprintf("(%s %s %s)", x, op, y)
	out.huge = fmt.Sprintf("(%s %s %s)", hx, op, hy)
	switch {
	case small && a.plain == "" && b.plain == "":
		out.sql = out.plain
	case strings.Contains(out.plain, "SELECT "): // TRY takes no subqueries
		out.sql = "kql_wrap(" + out.huge + ")"
	default:
		out.sql = fmt.Sprintf("coalesce(TRY%s, kql_wrap%s)", out.plain, out.huge)
	}
	return out
}

func numberArithmetic(op string, a, b expr, t schema.Type) string {
	if t == schema.Decimal {
		switch op {
		case "/":
			return fmt.Sprintf("TRY_CAST(CASE WHEN %[2]s <> 0 THEN %[1]s::DOUBLE / %[2]s::DOUBLE END AS DECIMAL(38,18))", a.sql, b.sql)
		case "*":
			return fmt.Sprintf("TRY_CAST(%s::DOUBLE * %s::DOUBLE AS DECIMAL(38,18))", a.sql, b.sql)
		}
		return fmt.Sprintf("TRY(%s %s %s)", a.sql, op, b.sql)
	}
	if op == "%" {
		return fmt.Sprintf("kql_rmod(%s, %s)", a.sql, b.sql)
	}
	return fmt.Sprintf("(%s %s %s)", a.sql, op, b.sql)
}

// timeArithmetic lowers arithmetic with a datetime or timespan. Numbers stand
// for themselves in products and quotients.
func timeArithmetic(op string, a, b expr) (string, error) {
	at, bt := a.typ, b.typ
	whole := bt == schema.TimeSpan && at == schema.TimeSpan
	switch {
	case at == schema.DateTime && bt == schema.DateTime && op == "-":
		return fmt.Sprintf("(%s - %s)", a.sql, b.sql), nil
	case at == schema.DateTime && (op == "+" || op == "-"):
		return moveDate(op, a, cast(b, schema.TimeSpan)), nil
	case bt == schema.DateTime && op == "+":
		return moveDate(op, b, cast(a, schema.TimeSpan)), nil
	case whole && op == "/":
		return fmt.Sprintf("(%s::DOUBLE / %s::DOUBLE)", a.sql, b.sql), nil
	case (whole || at == schema.DateTime && bt == schema.TimeSpan) && op == "%":
		return fmt.Sprintf("kql_mod(%s, %s)", a.sql, b.sql), nil
	case whole && (op == "+" || op == "-"):
		return wholeArithmetic(op, a, b, schema.TimeSpan, false).sql, nil
	case at == schema.TimeSpan && bt.IsNumeric() && op == "*":
		return spanTimes(a, b), nil
	case at.IsNumeric() && bt == schema.TimeSpan && op == "*":
		return spanTimes(b, a), nil
	case at == schema.TimeSpan && bt.IsNumeric() && op == "/":
		return fmt.Sprintf("kql_span_div(%s, %s)", a.sql, cast(b, schema.Real).sql), nil
	}
	return "", fmt.Errorf("operator %s is not supported between %s and %s", op, at, bt)
}

// moveDate adds a timespan to a datetime; beyond the calendar is null.
func moveDate(op string, date, span expr) string {
	sum := fmt.Sprintf("%s %s %s", date.sql, op, span.sql)
	if n, ok := span.lit.(int64); ok && n < 1<<61 && n > -1<<61 {
		return once("kql_date", "("+sum+")")
	}
	if strings.Contains(sum, "SELECT ") {
		return fmt.Sprintf("%s(%s, %s)", map[string]string{"+": "kql_date_add", "-": "kql_date_sub"}[op], date.sql, span.sql)
	}
	return once("kql_date", "TRY("+sum+")")
}

func spanTimes(span, n expr) string {
	if n.typ == schema.Int || n.typ == schema.Long {
		return wholeArithmetic("*", span, cast(n, schema.Long), schema.TimeSpan, false).sql
	}
	return fmt.Sprintf("kql_span_mul(%s, %s)", span.sql, cast(n, schema.Real).sql)
}

// foldTicks computes constant dates and timespans at once, so that time filters
// are plain comparisons that prune row groups.
func foldTicks(op string, a, b, out expr) expr {
	x, ok := a.lit.(int64)
	y, okY := b.lit.(int64)
	if !ok || !okY || SQLType(a.typ) != "BIGINT" || SQLType(b.typ) != "BIGINT" || out.typ != schema.DateTime && out.typ != schema.TimeSpan {
		return out
	}
	var v int64
	switch {
	case op == "+":
		v = x + y
	case op == "-":
		v = x - y
	case op == "*" && x < 1<<31 && x > -1<<31 && y < 1<<62 && y > -1<<62:
		v = x * y
		if x != 0 && v/x != y {
			return out
		}
	default:
		return out
	}
	if out.typ == schema.DateTime && (v < 0 || v > maxTicks) {
		return literal(out.typ, nil)
	}
	return literal(out.typ, v)
}

// comparison lowers == != < <= > >=. loose is set where a null result counts
// as false, as in a filter.
// withoutNaN makes comparisons with NaN false, and != true; DuckDB orders NaN
// above all numbers and equal to itself.
// meet brings two operands of a comparison to one type.
// sameKind widens a number to what a dynamic number was read as.
// fromDynamic turns a dynamic value into the type of what it is compared with;
// a value of another kind is null, which is equal to nothing.

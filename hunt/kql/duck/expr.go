package duck

import (
	"strconv"
	"strings"

	"github.com/hunt365/hunt365/hunt/schema"
)

// expr is a lowered scalar expression.
type expr struct {
	sql  string
	typ  schema.Type
	null bool // may be SQL NULL
	// lit is the value of a constant other than a null one: bool, int64, float64
	// or string (dynamic: JSON text).
	lit any
	// base and path are set where sql reads a path of a dynamic value, so that
	// longer paths and tostring() can reach through to the value itself. With
	// try, base is unchecked text, on which JSON functions may fail.
	base string
	path string
	try  bool
	// text is tostring() of a dynamic value where that is simpler than sql.
	text string
	// raw is a dynamic value in which JSON null may still be 'null'.
	raw string
	// unread is the text that sql reads as JSON, where sql does only that.
	unread string
	// plain and huge are whole-number arithmetic without and with room for
	// overflow, from which a chain of operators makes one expression.
	plain, huge string
}

// simple reports whether sql may be repeated at no cost.
func simple(sql string) bool { return !strings.ContainsAny(sql, "( ") }

// once applies a macro that reads its argument several times. DuckDB computes a
// repeated expression again in filters, so it is bound by a lambda first.
func once(macro, sql string) string {
	if simple(sql) || strings.Contains(sql, "SELECT ") {
		return macro + "(" + sql + ")"
	}
	return "list_transform([" + sql + "], lambda v: " + macro + "(v))[1]"
}

// rawText returns a dynamic value's text in its cheapest form.
func (e expr) rawText() string {
	switch {
	case e.raw != "":
		return e.raw
	case e.path != "":
		return e.json("json_extract") + "::VARCHAR"
	}
	return e.sql
}

// json calls a JSON function on the path.
func (e expr) json(fn string) string {
	call := fn + "(" + e.base + ", " + e.path + ")"
	if e.try {
		return "TRY(" + call + ")"
	}
	return call
}

// quote returns s as a SQL string literal. It is the only way in which text
// from a query gets into SQL.
func quote(s string) string {
	if strings.IndexByte(s, 0) >= 0 {
		// DuckDB's parser stops at a zero byte.
		return "(" + strings.ReplaceAll(quoteText(s), "\x00", "' || chr(0) || '") + ")"
	}
	return quoteText(s)
}

func quoteText(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

var identifierEscapes = strings.NewReplacer(`"`, `""`, "\x00", "\u2400")

// quoteName returns s as a SQL identifier, which cannot hold a zero byte.
func quoteName(s string) string { return `"` + identifierEscapes.Replace(s) + `"` }

// literal returns a constant of type t; nil is null.
func literal(t schema.Type, v any) expr {
	e := expr{typ: t, lit: v, null: v == nil}
	switch x := v.(type) {
	case nil:
		e.sql = "NULL::" + SQLType(t)
		if t == schema.String {
			e.sql, e.lit, e.null = "''", "", false
		}
	case bool:
		e.sql = strconv.FormatBool(x)
	case int64:
		e.sql = longLiteral(x)
		if t == schema.Int {
			e.sql += "::INTEGER"
		}
	case float64:
		e.sql = quote(strconv.FormatFloat(x, 'g', -1, 64)) + "::DOUBLE"
	case string:
		e.sql = quote(x)
		if t == schema.Decimal {
			e.sql += "::DECIMAL(38,18)"
		}
	}
	return e
}

// longLiteral spells x so that DuckDB takes it for a BIGINT.
func longLiteral(x int64) string {
	s := strconv.FormatInt(x, 10)
	if x == -1<<63 {
		return "(-9223372036854775807::BIGINT - 1)"
	}
	if x < 0 {
		s = "(" + s + ")"
	}
	return s + "::BIGINT"
}

// jsonMacro names the macro that turns a value of a type into JSON text.
var jsonMacro = map[schema.Type]string{
	schema.Bool: "kql_json_bool", schema.Int: "kql_json_long", schema.Long: "kql_json_long", schema.Decimal: "kql_json_long",
	schema.Real: "kql_json_real", schema.String: "kql_json_string", schema.GUID: "kql_json_string",
	schema.DateTime: "kql_json_date", schema.TimeSpan: "kql_json_span", schema.Dynamic: "kql_json_dyn",
}

// asJSON returns e as JSON text that is never NULL.
func asJSON(e expr) expr {
	out := expr{typ: schema.Dynamic, sql: jsonMacro[e.typ] + "(" + e.sql + ")"}
	if s, ok := e.lit.(string); ok && e.typ == schema.String {
		out.sql = quote(string(appendText(nil, s)))
	}
	return out
}

var textMacro = map[schema.Type]string{
	schema.Bool: "kql_text_bool", schema.Int: "kql_text_long", schema.Long: "kql_text_long", schema.Decimal: "kql_text_decimal",
	schema.Real: "kql_text_real", schema.GUID: "kql_text_long", schema.DateTime: "kql_text_date", schema.TimeSpan: "kql_text_span",
}

// asText returns e as tostring() gives it.
func asText(e expr) expr {
	out := expr{typ: schema.String}
	switch {
	case e.typ == schema.String:
		return e
	case e.text != "":
		out.sql = e.text
	case e.path != "":
		out.sql = "coalesce(" + e.json("json_extract_string") + ", '')"
	case e.typ == schema.Dynamic:
		out.sql = "kql_text_dyn(" + e.rawText() + ")"
	case e.typ == schema.Int || e.typ == schema.Long || e.typ == schema.GUID:
		out.sql = textMacro[e.typ] + "(" + e.sql + ")"
	default:
		out.sql = once(textMacro[e.typ], e.sql)
	}
	return out
}

// castMacro holds the conversions that are a macro or function of the value.
var castMacro = map[[2]schema.Type]string{
	{schema.String, schema.Long}: "kql_long_of_text", {schema.String, schema.Int}: "kql_int_of_text",
	{schema.String, schema.Real}: "kql_real_of_text", {schema.String, schema.Decimal}: "kql_decimal_of_text",
	{schema.String, schema.Bool}: "kql_bool_of_text", {schema.String, schema.DateTime}: "kql_date_of_text",
	{schema.String, schema.TimeSpan}: "kql_go_totimespan", {schema.String, schema.GUID}: "kql_go_toguid",
	{schema.Dynamic, schema.Long}: "kql_long_of_dyn", {schema.Dynamic, schema.Int}: "kql_int_of_dyn",
	{schema.Dynamic, schema.Real}: "kql_num_of_dyn", {schema.Dynamic, schema.Decimal}: "kql_decimal_of_dyn",
	{schema.Dynamic, schema.Bool}: "kql_bool_of_dyn", {schema.Dynamic, schema.DateTime}: "kql_date_of_dyn",
	{schema.Dynamic, schema.TimeSpan}: "kql_span_of_dyn", {schema.Dynamic, schema.GUID}: "kql_guid_of_dyn",
	{schema.Long, schema.Int}: "kql_int_of_long", {schema.TimeSpan, schema.Int}: "kql_int_of_long", {schema.DateTime, schema.Int}: "kql_int_of_long",
	{schema.Real, schema.Int}: "kql_int_of_real", {schema.Real, schema.Long}: "kql_long_of_real",
	{schema.Real, schema.TimeSpan}: "kql_long_of_real",
	{schema.Long, schema.DateTime}: "kql_date", {schema.Int, schema.DateTime}: "kql_date",
}

// castSQL holds the conversions that are a plain SQL expression of {0}.
var castSQL = map[[2]schema.Type]string{
	{schema.Bool, schema.Int}: "({0})::INTEGER", {schema.Bool, schema.Long}: "({0})::BIGINT", {schema.Bool, schema.Real}: "({0})::DOUBLE",
	{schema.Bool, schema.Decimal}: "({0})::INTEGER::DECIMAL(38,18)",
	{schema.Int, schema.Long}:     "({0})::BIGINT", {schema.Int, schema.Real}: "({0})::DOUBLE", {schema.Long, schema.Real}: "({0})::DOUBLE",
	{schema.Int, schema.Decimal}: "TRY_CAST({0} AS DECIMAL(38,18))", {schema.Long, schema.Decimal}: "TRY_CAST({0} AS DECIMAL(38,18))",
	{schema.Real, schema.Decimal}: "TRY_CAST({0} AS DECIMAL(38,18))", {schema.Decimal, schema.Real}: "({0})::DOUBLE",
	{schema.Decimal, schema.Long}: "TRY_CAST(trunc({0}) AS BIGINT)", {schema.Decimal, schema.Int}: "TRY_CAST(trunc({0}) AS INTEGER)",
	{schema.DateTime, schema.Real}: "({0})::DOUBLE", {schema.TimeSpan, schema.Real}: "({0})::DOUBLE",
	{schema.Int, schema.TimeSpan}: "({0})::BIGINT", {schema.Real, schema.DateTime}: "kql_date(kql_long_of_real({0}))",
	{schema.Int, schema.Bool}: "({0} <> 0)", {schema.Long, schema.Bool}: "({0} <> 0)", {schema.Real, schema.Bool}: "({0} <> 0)",
	{schema.Decimal, schema.Bool}: "({0} <> 0)",
}

// cast converts e to type t as KQL's conversion functions do: never an error,
// null where the value does not fit.
func cast(e expr, t schema.Type) expr {
	if e.typ == t || t == schema.Unknown {
		return e
	}
	if e.null && e.lit == nil && strings.HasPrefix(e.sql, "NULL::") {
		return literal(t, nil)
	}
	out := expr{typ: t, null: true}
	pair := [2]schema.Type{e.typ, t}
	switch {
	case t == schema.String:
		return asText(e)
	case t == schema.Dynamic:
		out = asDynamic(e)
	case castMacro[pair] != "" && e.typ == schema.Dynamic:
		out.sql = once(castMacro[pair], e.rawText())
	case castMacro[pair] != "":
		out.sql = once(castMacro[pair], e.sql)
	case castSQL[pair] != "":
		out.sql = strings.ReplaceAll(castSQL[pair], "{0}", e.sql)
		out.null = e.null || strings.Contains(castSQL[pair], "TRY")
	case SQLType(e.typ) == SQLType(t):
		out.sql, out.null, out.lit = e.sql, e.null, e.lit
	default:
		out = literal(t, nil)
	}
	return widenLiteral(e, out)
}

// widenLiteral keeps a constant a constant through a widening conversion.
func widenLiteral(e, out expr) expr {
	if n, ok := e.lit.(int64); ok {
		switch {
		case e.typ == schema.Int && out.typ == schema.Long:
			return literal(schema.Long, n)
		case (e.typ == schema.Int || e.typ == schema.Long) && out.typ == schema.Real:
			return literal(schema.Real, float64(n))
		}
	}
	return out
}

// asDynamic returns e as a dynamic value: JSON text, or NULL.
func asDynamic(e expr) expr {
	if e.typ == schema.Dynamic {
		return e
	}
	out := asJSON(e)
	out.null = e.null
	if e.null {
		out.sql = "kql_dyn(" + out.sql + ")"
	}
	return out
}

// isNull tests e for null; strings never are.
func isNull(e expr) expr {
	out := expr{typ: schema.Bool}
	switch {
	case e.path != "":
		out.sql = "(" + e.json("json_extract_string") + " IS NULL)"
	case !e.null || e.typ == schema.String:
		out.sql, out.lit = "false", false
	default:
		out.sql = "(" + e.sql + " IS NULL)"
	}
	return out
}

// isEmpty tests for the empty string or null.
func isEmpty(e expr) expr {
	switch e.typ {
	case schema.String:
		return expr{typ: schema.Bool, sql: "(" + e.sql + " = '')"}
	case schema.Dynamic:
		return expr{typ: schema.Bool, sql: "(" + asText(e).sql + " = '')"}
	}
	return isNull(e)
}

func negate(e expr) expr {
	out := expr{typ: schema.Bool, null: e.null, sql: "(NOT " + e.sql + ")"}
	if b, ok := e.lit.(bool); ok {
		return literal(schema.Bool, !b)
	}
	return out
}

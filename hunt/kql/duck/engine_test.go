package duck_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"testing"
	"time"

	"github.com/duckdb/duckdb-go/v2"

	"github.com/hunt365/hunt365/hunt/kql/duck"
	"github.com/hunt365/hunt365/hunt/schema"
)

// engine is an in-memory DuckDB with the macros and functions of package duck,
// registered as the store does it.
type engine struct {
	conn   *sql.Conn
	tables map[string]*schema.Table
}

func newEngine(t testing.TB) *engine {
	t.Helper()
	db, err := sql.Open("duckdb", "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	conn, err := db.Conn(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	for _, f := range duck.Functions(nil) {
		if err := duckdb.RegisterScalarUDF(conn, f.Name, udf{f}); err != nil {
			t.Fatalf("register %s: %v", f.Name, err)
		}
	}
	e := &engine{conn: conn}
	for _, m := range duck.Macros() {
		e.exec(t, m)
	}
	return e
}

func (e *engine) exec(t testing.TB, query string) {
	t.Helper()
	if _, err := e.conn.ExecContext(context.Background(), query); err != nil {
		t.Fatalf("%v\nin %s", err, query)
	}
}

// rows runs a query and returns its rows as Go values.
func (e *engine) rows(query string, args ...any) ([][]any, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	rs, err := e.conn.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rs.Close()
	cols, err := rs.Columns()
	if err != nil {
		return nil, err
	}
	var out [][]any
	for rs.Next() {
		row, ptrs := make([]any, len(cols)), make([]any, len(cols))
		for i := range row {
			ptrs[i] = &row[i]
		}
		if err := rs.Scan(ptrs...); err != nil {
			return nil, err
		}
		out = append(out, row)
	}
	return out, rs.Err()
}

// udf adapts a duck.Function to the driver.
type udf struct{ f duck.Function }

var driverTypes = map[string]duckdb.Type{
	"BOOLEAN": duckdb.TYPE_BOOLEAN, "INTEGER": duckdb.TYPE_INTEGER, "BIGINT": duckdb.TYPE_BIGINT,
	"DOUBLE": duckdb.TYPE_DOUBLE, "VARCHAR": duckdb.TYPE_VARCHAR, "DECIMAL(38,18)": duckdb.TYPE_VARCHAR,
}

func typeInfo(t schema.Type) duckdb.TypeInfo {
	info, err := duckdb.NewTypeInfo(driverTypes[duck.SQLType(t)])
	if err != nil {
		panic(err)
	}
	return info
}

func (u udf) Config() duckdb.ScalarFuncConfig {
	c := duckdb.ScalarFuncConfig{ResultTypeInfo: typeInfo(u.f.Result), SpecialNullHandling: u.f.Nulls}
	params := u.f.Params
	if u.f.Variadic {
		c.VariadicTypeInfo = typeInfo(params[len(params)-1])
		params = params[:len(params)-1]
	}
	for _, p := range params {
		c.InputTypeInfos = append(c.InputTypeInfos, typeInfo(p))
	}
	return c
}

func (u udf) Executor() duckdb.ScalarFuncExecutor {
	return duckdb.ScalarFuncExecutor{RowExecutor: func(values []driver.Value) (any, error) {
		args := make([]any, len(values))
		for i, v := range values {
			args[i] = goValue(v)
		}
		return u.f.Eval(args)
	}}
}

func goValue(v any) any {
	switch x := v.(type) {
	case int32:
		return int64(x)
	case []byte:
		return string(x)
	}
	return v
}

func TestMacrosAndFunctions(t *testing.T) {
	e := newEngine(t)
	for _, c := range macroCases {
		rows, err := e.rows("SELECT " + c.sql)
		if err != nil {
			t.Errorf("%s: %v", c.sql, err)
			continue
		}
		if got := fmt.Sprint(rows[0]...); got != c.want {
			t.Errorf("%s = %s, want %s", c.sql, got, c.want)
		}
	}
}

var macroCases = []struct{ sql, want string }{
	{"kql_mod(-7, 3)", "2"},
	{"kql_mod(7, 0)", "<nil>"},
	{"kql_bin_long(-5, 2)", "-6"},
	{"kql_text_date(637278255091234567)", "2020-06-15T13:45:09.1234567Z"},
	{"kql_text_date(3155378975999999999)", "9999-12-31T23:59:59.9999999Z"},
	{"kql_text_date(0)", "0001-01-01T00:00:00.0000000Z"},
	{"kql_text_span(-93784000000)", "-02:36:18.4000000"},
	{"kql_text_span(1563845000000)", "1.19:26:24.5000000"},
	{"kql_text_real(1e20::DOUBLE)", "1E+20"},
	{"kql_text_real(100000000000.0::DOUBLE)", "100000000000.0"},
	{"kql_date_of_text('2020-06-15T13:45:09.1234567Z')", "637278255091234567"},
	{"kql_date_of_text('2020-02-30T00:00:00Z')", "<nil>"},
	{"kql_date_of_text('2299-12-31')", "725493024000000000"},
	{"kql_item('[1,2,3]', -1)", "3"},
	{"kql_item('[1,2,3]', 5)", "<nil>"},
	{"kql_parse_json('not json')", `"not json"`},
	{"kql_parse_json('{\"a\" : [1, 2.0]}')", `{"a":[1,2.0]}`},
	{"kql_startofweek(637278255000000000, 0) = kql_date_of_text('2020-06-14T00:00:00')", "true"},
	{"kql_startofmonth(637278255000000000, -13) = kql_date_of_text('2019-05-01T00:00:00')", "true"},
	{"kql_endofyear(637278255000000000, 0) = kql_date_of_text('2020-12-31T23:59:59.9999999')", "true"},
	{"kql_startofday(864000000000, -1)", "0"},
	{"kql_long_of_text('0x1F'), kql_long_of_text(' +7 '), kql_long_of_text('1e3')", "31 7 <nil>"},
	{"kql_real_of_text('1e400'), kql_real_of_text('5.'), kql_real_of_text('INF')", "+Inf 5 <nil>"},
	{"kql_int_of_long(2147483648)", "-2147483648"},
	{"kql_substring('hello', -2, 2), kql_substring('hello', 2, 100)", "lollo"},
	{"kql_trim('[x_]', 'xxhelloxx')", "xhellox"},
	{"kql_go_array_concat('[1,2]', NULL, '[3]')", "[1,2,3]"},
	{"kql_go_array_concat('[1,2]')", "[1,2]"},
	{"kql_range_long(1, 8, 3)", "[1,4,7]"},
	{"kql_go_hash('string', 'World', 100)", "51"},
	{"kql_go_hash('long', '635556672000000000', 0)", "1380966698541616202"},
	{"kql_pow(2, 63), kql_exp(1000.0::DOUBLE), kql_log(-1.0::DOUBLE), kql_sqrt(-1.0::DOUBLE)", "9.223372036854776e+18 +Inf <nil> NaN"},
	{`kql_go_parse_url('https://u:p@h.example:8443/a/b?k=v%20w&z#f')`, `{"Scheme":"https","Host":"h.example","Port":"8443","Path":"/a/b","Username":"u","Password":"p","Query Parameters":{"k":"v w","z":""},"Fragment":"f"}`},
	{`kql_go_parse_xml('<e n="1"><d>x</d><d>y</d></e>')`, `{"e":{"@n":"1","d":["x","y"]}}`},
	{`kql_go_parse_user_agent('Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36', '"browser"')`, `{"Browser":{"Family":"Chrome","MajorVersion":"120","MinorVersion":"0","Patch":"0"}}`},
	{`kql_go_format_datetime(637278255091234567, 'yyyy-MM-dd HH:mm:ss.fff tt')`, "2020-06-15 13:45:09.123 PM"},
	{`kql_go_series_fit_line('[1,2,3]')`, `{"rsquare":1.0,"slope":1.0,"variance":1.0,"rvariance":0.0,"interception":1.0,"line_fit":[1.0,2.0,3.0]}`},
	{`kql_go_series_anomalies('[1,1,1,1,1,1,9,1,1,1]', 1.5, 0, 'avg', 0, 'ctukey', 0.6)::JSON->'$[0]'`, "[0 0 0 0 0 0 1 0 0 0]"},
	{`kql_go_ipv4_in_range('10.1.2.3', '10.0.0.0/8'), kql_go_ipv4_in_range('x', '10.0.0.0/8')`, "true <nil>"},
	{`kql_go_parse_ipv6('192.0.2.1', 128)`, "0000:0000:0000:0000:0000:ffff:c000:0201"},
	{`kql_go_inflate('zlib', 'eJwLSS0uUSguKcrMS1cwNDIGACxqBQ4='), kql_go_inflate('zlib', 'x')`, "Test string 123"},
	{`kql_go_terms('naïveterm', '["term"]', true, true, true), kql_go_terms('é term', '["term"]', true, true, true)`, "false true"},
	{`kql_elements_of_text('[1, {"a" : 2}, null]'), kql_elements_of_text('[]'), kql_elements_of_text('[1, ')`, `[1 {"a":2} null] [] ["[1, "]`},
	{`kql_elements_of_text('{"a":1,"b":2}'), kql_elements_of_text('x'), kql_elements_of_text('')`, `[{"a":1} {"b":2}] ["x"] [<nil>]`},
	{`kql_go_bag_remove_keys('{"a":{"b":1,"c":2},"d":3}', '["$.a.b","d"]')`, `{"a":{"c":2}}`},
	{`kql_go_geo_distance(-122.407628, 47.578557, -118.275287, 34.019056)::BIGINT`, "1546754"},
}

package store

import (
	"database/sql/driver"

	"github.com/duckdb/duckdb-go/v2"

	"github.com/hunt365/hunt365/hunt/kql/duck"
	"github.com/hunt365/hunt365/hunt/schema"
)

// scalar makes a function of package duck one of DuckDB's.
type scalar struct{ f duck.Function }

// Config says what goes in and what comes out.
func (s scalar) Config() duckdb.ScalarFuncConfig {
	cfg := duckdb.ScalarFuncConfig{ResultTypeInfo: typeInfo(s.f.Result), SpecialNullHandling: s.f.Nulls}
	params := s.f.Params
	if s.f.Variadic {
		cfg.VariadicTypeInfo = typeInfo(params[len(params)-1])
		params = params[:len(params)-1]
	}
	for _, p := range params {
		cfg.InputTypeInfos = append(cfg.InputTypeInfos, typeInfo(p))
	}
	return cfg
}

// Executor evaluates one row.
func (s scalar) Executor() duckdb.ScalarFuncExecutor {
	return duckdb.ScalarFuncExecutor{RowExecutor: func(values []driver.Value) (any, error) {
		args := make([]any, len(values))
		for i, v := range values {
			args[i] = goValue(v)
		}
		return s.f.Eval(args)
	}}
}

func typeInfo(t schema.Type) duckdb.TypeInfo {
	typ := duckdb.TYPE_VARCHAR
	switch t {
	case schema.Bool:
		typ = duckdb.TYPE_BOOLEAN
	case schema.Int:
		typ = duckdb.TYPE_INTEGER
	case schema.Long, schema.DateTime, schema.TimeSpan:
		typ = duckdb.TYPE_BIGINT
	case schema.Real:
		typ = duckdb.TYPE_DOUBLE
	}
	info, _ := duckdb.NewTypeInfo(typ) // these simple types always have one
	return info
}

// goValue turns a driver's value into one of hunt.Rows' kinds.
func goValue(v any) any {
	switch x := v.(type) {
	case int8:
		return int64(x)
	case int16:
		return int64(x)
	case int32:
		return int64(x)
	case uint8:
		return int64(x)
	case uint16:
		return int64(x)
	case uint32:
		return int64(x)
	case float32:
		return float64(x)
	case []byte:
		return string(x)
	}
	return v
}

package duck

import (
	"fmt"
	"net/netip"
	"strings"

	"github.com/hunt365/hunt365/hunt/schema"
)

// Function is a scalar function that DuckDB lacks, written in Go. The store
// registers every one on every connection under its Name.
//
// Eval gets one value per parameter: nil for SQL NULL, else bool, int64
// (int, long, datetime, timespan), float64 or string (string, guid, dynamic).
// It returns a value of the same kinds. It must be deterministic and safe for
// concurrent use.
type Function struct {
	Name     string
	Params   []schema.Type
	Variadic bool // the last parameter may be absent or repeat
	Result   schema.Type
	Nulls    bool // Eval wants to see nulls; else a null argument makes a null
	Eval     func(args []any) (any, error)
}

// SQLType returns the DuckDB type that holds t in expressions.
func SQLType(t schema.Type) string {
	switch t {
	case schema.Bool:
		return "BOOLEAN"
	case schema.Int:
		return "INTEGER"
	case schema.Long, schema.DateTime, schema.TimeSpan:
		return "BIGINT"
	case schema.Real:
		return "DOUBLE"
	case schema.Decimal:
		return "DECIMAL(38,18)"
	default:
		return "VARCHAR"
	}
}

// GeoLookup tells where an address is, as the JSON text of a bag with country,
// state, city, latitude and longitude; ok is false where it does not know.
type GeoLookup func(addr netip.Addr) (bag string, ok bool)

// Functions returns the Go functions that the lowered SQL may call. geo is what
// geo_info_from_ip_address() asks; it may be nil.
func Functions(geo GeoLookup) []Function {
	all := []Function{geoInfo(geo)}
	for _, group := range [][]Function{
		textFunctions(&regexCache{}), timeFunctions, dynamicFunctions, setFunctions,
		addressFunctions, encodeFunctions, seriesFunctions, parseFunctions,
	} {
		for _, f := range group {
			f.Eval = guarded(f.Name, f.Eval)
			all = append(all, f)
		}
	}
	return all
}

func geoInfo(geo GeoLookup) Function {
	return Function{Name: "kql_go_geo_info", Params: []schema.Type{schema.String}, Result: schema.Dynamic, Eval: func(args []any) (any, error) {
		addr, err := netip.ParseAddr(strings.TrimSpace(args[0].(string)))
		if err != nil || geo == nil {
			return nil, nil //nolint:nilerr // no address, no place: null, as Kusto has it
		}
		if text, ok := geo(addr.Unmap()); ok {
			return text, nil
		}
		return nil, nil
	}}
}

// guarded turns a panic into an error: one that crosses into DuckDB's C code
// would hang the process, and the arguments are attacker-controlled text.
func guarded(name string, eval func([]any) (any, error)) func([]any) (any, error) {
	return func(args []any) (v any, err error) {
		defer func() {
			if r := recover(); r != nil {
				v, err = nil, fmt.Errorf("%s: %v", name, r)
			}
		}()
		return eval(args)
	}
}

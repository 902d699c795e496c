package kql

import (
	"time"

	"github.com/hunt365/hunt365/hunt/schema"
)

// Env is what a query may know of the world. The zero value has no tables.
type Env struct {
	// Tables returns the table called name; TableNames lists all for wildcards,
	// search and suggestions.
	Tables     func(name string) (*schema.Table, bool)
	TableNames []string
	// Empty tells which tables hold no rows, so that search and unions of many can
	// leave them unread; nil: nobody knows.
	Empty func(name string) bool
	// Now is what now() and ago() mean: one clock for a run.
	Now time.Time
	// Watchlist reads the list behind _GetWatchlist(alias); nil: none. A nil set is
	// taken for an empty list with whatever columns the query names, and the plan
	// says so.
	Watchlist func(alias string) (*DataSet, error)
	// External reads what externaldata names; nil: refused. Missing columns are its
	// business: the result has the columns asked for.
	External func(src External) (*DataSet, error)
	// Places says that geo_info_from_ip_address has an address database to ask.
	Places bool
	// Discover runs a plan whose columns are all strings while binding, for plugins
	// whose columns depend on data (bag_unpack, pivot). Nil: those need a schema.
	Discover func(p *Plan) ([][]string, error)
}

// DataSet is a small table of constants. Cells are as in [Lit.Value].
type DataSet struct {
	Columns []Column
	Rows    [][]any
}

// External is an externaldata expression.
type External struct {
	Columns []Column
	URIs    []string
	Props   map[string]string // with(...): format, ignoreFirstRecord
}

// Ticks returns t as KQL keeps a datetime: 100 ns since the year 1.
func Ticks(t time.Time) int64 {
	return unixTicks + t.Unix()*ticksPerSecond + int64(t.Nanosecond())/100
}

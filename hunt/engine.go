package hunt

import (
	"context"
	"time"

	"github.com/hunt365/hunt365/hunt/schema"
)

// Engine answers KQL over one set of tables. It is safe for concurrent use.
type Engine interface {
	// Query compiles and starts a request. Errors in the text are *kql.Error (or
	// a list of them); everything that goes wrong while running is an
	// *EngineError, from Query or from Rows.Err.
	Query(ctx context.Context, req Request) (Rows, error)
	// Tables lists the tables that queries can name, sorted by name.
	Tables() []*schema.Table
	// Coverage tells what was collected, sorted by table, source and start.
	Coverage(ctx context.Context) ([]Coverage, error)
}

// Request is one KQL text to run.
type Request struct {
	Text    string
	Now     time.Time // what now() returns
	MaxRows int       // more rows than this is TooManyRows; 0 is no limit
}

// Rows streams a result. The caller closes it; Close after an early stop
// cancels what still runs.
type Rows interface {
	// Columns are the result's columns in order; only Name and Type are set.
	Columns() []schema.Column
	// Next steps to the next row and reports whether there is one.
	Next() bool
	// Row returns the current row's values, one per column, valid until Next.
	//
	// A value is nil for null, bool for bool, int64 for int and long, int64 ticks
	// for datetime and timespan (see schema.Type), float64 for real, and string
	// for string, guid, decimal (digits) and dynamic (compact JSON).
	Row() []any
	// Err returns what ended the rows early, if anything did.
	Err() error
	Close() error
}

// Clock says what time it is for a run. A case's clock is the end of its data.
type Clock interface {
	Now() time.Time
}

// At is the clock that always shows t.
func At(t time.Time) Clock { return fixedClock(t) }

type fixedClock time.Time

func (c fixedClock) Now() time.Time { return time.Time(c) }

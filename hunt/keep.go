package hunt

import (
	"context"

	"github.com/hunt365/hunt365/hunt/schema"
)

// Kept is a result that was computed once and is looked at in windows, so that
// ten million rows cost what a screen of them costs. It is safe for concurrent
// use until it is closed.
type Kept interface {
	// Columns are the result's columns in order; only Name and Type are set.
	Columns() []schema.Column
	// Len is how many rows there are.
	Len() int64
	// Window returns the n rows from offset on, fewer at the end, values as in
	// [Rows.Row]. Errors are *EngineError.
	Window(ctx context.Context, offset int64, n int) ([][]any, error)
	Close() error
}

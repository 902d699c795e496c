package hunt

import (
	"errors"
	"fmt"
)

// Outcome tells how the run of a query that compiled ended.
type Outcome string

// The ways a run ends. Answered means that all rows were read.
const (
	Answered     Outcome = "answered"
	Timeout      Outcome = "timeout"
	Cancelled    Outcome = "cancelled"
	TooManyRows  Outcome = "too-many-rows"
	MissingTable Outcome = "missing-table"
	StoreFailure Outcome = "store-failure"
	Invalid      Outcome = "invalid" // the text does not compile
)

// EngineError is what an [Engine] returns when a query cannot be answered.
type EngineError struct {
	Outcome Outcome
	Detail  string // what it was about: the limit, the table, the operation
	Hint    string // what the user can do, may be empty
	Err     error  // the cause, may be nil
}

// Error says the outcome, its subject and the cause.
func (e *EngineError) Error() string {
	msg := outcomeText[e.Outcome]
	if e.Detail != "" {
		msg += ": " + e.Detail
	}
	if e.Err != nil {
		msg = fmt.Sprintf("%s: %v", msg, e.Err)
	}
	return msg
}

// Unwrap returns the cause.
func (e *EngineError) Unwrap() error { return e.Err }

var outcomeText = map[Outcome]string{
	Timeout:      "query ran out of time",
	Cancelled:    "query cancelled",
	TooManyRows:  "too many rows",
	MissingTable: "no such table",
	StoreFailure: "case store failed",
	Invalid:      "query does not compile",
}

// OutcomeOf returns the outcome that err stands for: Answered for nil, the
// EngineError's own, else Invalid, since only the text can be at fault then.
func OutcomeOf(err error) Outcome {
	var engine *EngineError
	switch {
	case err == nil:
		return Answered
	case errors.As(err, &engine):
		return engine.Outcome
	}
	return Invalid
}

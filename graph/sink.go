package graph

import (
	"context"
	"time"

	"github.com/hunt365/hunt365/hunt"
)

// Record is one record exactly as the service sent it.
type Record struct {
	ID   string    // the source's own id; empty when it has none
	Time time.Time // zero when the record has none
	Raw  []byte    // one JSON object
}

// Batch is what a sink is given at once: records of one source.
type Batch struct {
	Source  string
	Format  string // what hunt/ingest calls such records
	Records []Record
}

// Sink keeps what is collected.
type Sink interface {
	// Append keeps b durably before it returns: what it has acknowledged is not
	// asked for again. A record that it already has, by id, is not kept twice.
	// It returns how many records were new.
	Append(ctx context.Context, b Batch) (int, error)
	// Coverage replaces all that is known about how complete the sources are that
	// entries name. It is called when a run begins, when nothing is collected
	// yet, and when it ends, so that a run that dies leaves no false claim.
	Coverage(ctx context.Context, entries []Entry) error
}

// Entry is one line of the coverage ledger: what is known of one source over
// one time window, or, for a snapshot, at one moment.
type Entry struct {
	Source     string             `json:"source"`
	Tables     []string           `json:"tables"`
	State      hunt.CoverageState `json:"state"`
	Start      time.Time          `json:"start,omitzero"`
	End        time.Time          `json:"end,omitzero"`
	Records    int64              `json:"records"`
	Duplicates int64              `json:"duplicates,omitempty"`
	Expected   int64              `json:"expected,omitempty"` // the service's own count, where it gives one
	Objects    int64              `json:"objects,omitempty"`  // mailboxes, apps, … that were read
	Reason     string             `json:"reason,omitempty"`   // one sentence
	Fix        string             `json:"fix,omitempty"`      // how to close the gap
}

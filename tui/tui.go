// Package tui is the terminal screen: one [tea.Model] that shows what the
// headless commands print, in the same words and figures, and lets a reader go
// from a verdict to the record that proves it.
//
// It knows no database and no network. A [Case] answers questions, always from a
// command, never from Update; each answer carries the number of its question,
// and one that nobody waits for any more is dropped. Texts from records pass
// [report.Safe] before they are drawn.
package tui

import (
	"context"
	"time"

	"github.com/hunt365/hunt365/hunt"
	"github.com/hunt365/hunt365/hunt/kql"
)

// Case is one open case. Its methods may be called concurrently and stop with
// their context.
type Case interface {
	Name() string
	Dir() string
	// Investigate asks all queries again and concludes.
	Investigate(ctx context.Context) (*Answer, error)
	// Keep runs a text and holds its result until it is closed.
	Keep(ctx context.Context, text string) (hunt.Kept, error)
	// Export writes the rows of a text to a file: .csv, .json, .jsonl or .parquet.
	Export(ctx context.Context, text, file string) error
	// Record finds a record by its id.
	Record(ctx context.Context, id string) (*Record, error)
	// Timeline lists the records that name an entity, in time order.
	Timeline(ctx context.Context, entity string) ([]hunt.Event, error)
	// Label keeps what the user decided about a finding or an incident.
	Label(ctx context.Context, id, verdict, why string) error
	// Env is what a query may name; it is read only.
	Env() *kql.Env
	// Stamp changes when evidence arrives.
	Stamp() (string, error)
	Close() error
}

// Record is one source record with its place in the evidence.
type Record struct {
	ID    string `json:"id"`
	Table string `json:"table"`
	File  string `json:"file"` // of the evidence
	Line  int64  `json:"line"`
	Raw   []byte `json:"raw"` // JSON on one line, as it came
}

// Answer is everything that a hunt came to.
type Answer struct {
	Now        time.Time        `json:"now"`
	Findings   []hunt.Finding   `json:"findings"`
	Incidents  []*hunt.Incident `json:"incidents"`
	Verdicts   []hunt.Verdict   `json:"verdicts"`
	Coverage   []hunt.Coverage  `json:"coverage"`
	Queries    []Query          `json:"queries"`
	Days       []Day            `json:"days"` // sorted by table and day
	Suppressed int              `json:"suppressed"`
}

// Query is one query of the hunt and how it went.
type Query struct {
	ID          string       `json:"id"`
	Name        string       `json:"name"`
	Description string       `json:"description"`
	Text        string       `json:"text"`
	Error       string       `json:"error,omitempty"`
	Findings    int          `json:"findings"`
	CannotTell  bool         `json:"cannotTell"`
	Outcome     hunt.Outcome `json:"outcome"`
	Coverage    hunt.Answer  `json:"coverage"`
}

// Day counts a table's records of one UTC day.
type Day struct {
	Table   string    `json:"table"`
	Day     time.Time `json:"day"`
	Records int64     `json:"records"`
}

// Starter opens and makes cases.
type Starter interface {
	// Cases lists the folders here that are cases.
	Cases() []string
	Open(ctx context.Context, dir string) (Case, error)
	// Import takes files into the case in dir, making it if there is none.
	Import(ctx context.Context, dir string, paths []string) (string, error)
	// Demo makes the demo case and returns its folder.
	Demo(ctx context.Context) (string, error)
	// Paths completes the start of a file name.
	Paths(prefix string) []string
	// Load and Save keep a session from one start to the next.
	Load() (Session, error)
	Save(Session) error
}

// Options say what to show and how.
type Options struct {
	Starter Starter
	Dir     string // the case to open; empty asks
	Colour  bool   // false: bold and reverse only, as NO_COLOR wants
	Watch   time.Duration
	Fresh   bool // do not restore the last session
}

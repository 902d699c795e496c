// Package ingest recognises audit exports by what is in them, never by their
// names, and cuts them into records. It decodes no record into maps: a record
// leaves as the bytes that came, without the white space between tokens. What
// the records mean in the tables of a case is data: SQL under mappings.
package ingest

import (
	"context"
	"io"
)

// Record is one source record. Its slices are valid until the next record.
type Record struct {
	Format string // name of a Format
	Kind   string // records of one kind with one ID are one event
	ID     string // the source's own id, else sha256:…; never empty
	Time   int64  // 100 ns ticks since 0001-01-01 UTC
	Timed  bool   // whether Time is known; a record without time has none
	Tenant string
	Raw    []byte // the record as compact JSON; a CSV row as an object of texts
	File   string // path as given, with ! before a name inside an archive
	Line   int64  // line on which the record starts
}

// Reject is something that could not be taken.
type Reject struct {
	File   string `json:"file"`
	Line   int64  `json:"line"`
	Reason string `json:"reason"`
	Raw    string `json:"raw"` // at most 4096 bytes of it
}

// State says how the import of one file went.
type State string

// The states of a file.
const (
	Taken   State = "taken"   // records were read
	Empty   State = "empty"   // nothing in it: no bytes, or a header and no rows
	Unknown State = "unknown" // no known format
	Skipped State = "skipped" // known, and not a log that belongs in a case
	Failed  State = "failed"  // could not be read to its end
)

// File is the summary of one file, or of one member of an archive.
type File struct {
	Name     string
	Format   string // formats found, most frequent first
	State    State
	Read     int64 // records passed on
	Rejected int64
	Timed    bool
	First    int64 // ticks
	Last     int64
	Notes    []string // what the user should know, in plain sentences
	Err      error    // why State is Failed or Unknown
}

// Options are the edges of an import. The zero value has the defaults.
type Options struct {
	Stdin    io.Reader        // what "-" reads
	MaxLine  int              // largest record in bytes; default 64 MB
	MaxTotal int64            // largest size of what one archive unpacks to; default 256 GB
	MaxRatio int64            // largest ratio of unpacked to packed; default 400
	TempDir  string           // where inner archives are unpacked; default the system's
	OnReject func(Reject)     // called for each reject
	OnFile   func(File)       // called when a file is done
	OnBytes  func(read int64) // called now and then with the bytes read from disk so far
}

func (o Options) withDefaults() Options {
	if o.MaxLine == 0 {
		o.MaxLine = 64 << 20
	}
	if o.MaxTotal == 0 {
		o.MaxTotal = 256 << 30
	}
	if o.MaxRatio == 0 {
		o.MaxRatio = 400
	}
	if o.OnReject == nil {
		o.OnReject = func(Reject) {}
	}
	if o.OnFile == nil {
		o.OnFile = func(File) {}
	}
	if o.OnBytes == nil {
		o.OnBytes = func(int64) {}
	}
	return o
}

// Walk reads files, folders (recursively, sorted) and "-", and passes every
// record to take. What goes wrong with one file is in its File and does not
// stop the others; Walk returns an error only when take does or ctx ends.
func Walk(ctx context.Context, paths []string, o Options, take func(*Record) error) error {
	w := &walker{ctx: ctx, opts: o.withDefaults(), take: take, rec: newRecognizer(Formats())}
	for _, p := range paths {
		if err := w.path(p); err != nil {
			return err
		}
	}
	return nil
}

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/hunt365/hunt365/hunt"
	"github.com/hunt365/hunt365/hunt/ingest"
	"github.com/hunt365/hunt365/hunt/kql"
	"github.com/hunt365/hunt365/hunt/schema"
	"github.com/hunt365/hunt365/hunt/store"
)

// engine answers KQL over a case: it compiles the text here, and the store runs
// what comes out.
type engine struct {
	store *store.Case
	lists watchlists
	temp  string // folder to remove at the end, for a case that is empty

	places   bool                                         // there is an address database
	files    *os.Root                                     // what externaldata may read; nil: nothing
	external func(src kql.External) (*kql.DataSet, error) // answers externaldata; nil: refused
	note     func(text string)                            // told what a query's author may want to know; see tolerant
}

// openEngine opens the case in dir for queries; without a dir, an empty one.
func openEngine(dir string, l limits) (*engine, error) {
	opts := storeOptions()
	opts.Command = "query"
	if l.memory > 0 {
		opts.Queries = fmt.Sprintf("%dB", int64(l.memory))
	}
	e := &engine{places: l.geo != ""}
	if e.places {
		var err error
		if opts.Geo, err = openGeo(l.geo); err != nil {
			return nil, err
		}
	}
	if dir == "" {
		var err error
		if e.temp, err = os.MkdirTemp("", "hunt365-"); err != nil {
			return nil, fmt.Errorf("make an empty case: %w", err)
		}
		dir = filepath.Join(e.temp, "empty")
		opts.Write, opts.Create = true, true
	}
	c, err := store.Open(dir, opts)
	if err != nil {
		return nil, errors.Join(caseError(dir, err), e.Close())
	}
	e.store = c
	e.lists = watchlists{dir: filepath.Join(dir, "watchlists")}
	if err := l.lookups.open(e); err != nil {
		return nil, errors.Join(err, e.Close())
	}
	return e, nil
}

// openForWriting opens the case in dir to add to it, making it if there is none.
func openForWriting(dir, command string, bar *progress) (*store.Case, error) {
	opts := storeOptions()
	opts.Write, opts.Create, opts.Command = true, true, command
	opts.Progress = bar.show
	c, err := store.Open(dir, opts)
	if err != nil {
		return nil, caseError(dir, err)
	}
	return c, nil
}

// storeOptions wires what ingest knows about formats into the store.
func storeOptions() store.Options {
	return store.Options{
		Tool:   "hunt365 " + version(),
		Macros: ingest.Macros(),
		Mappings: func(format string) []store.Mapping {
			var out []store.Mapping
			for _, m := range ingest.Mappings(format) {
				out = append(out, store.Mapping{Table: m.Table, SQL: m.SQL, Derived: m.Derived})
			}
			return out
		},
	}
}

// caseError adds what the user can do.
func caseError(dir string, err error) error {
	if errors.Is(err, store.ErrNoCase) {
		if known := casesIn("."); len(known) > 0 {
			return hint(err, "here are: %s", strings.Join(known, ", "))
		}
		return hint(err, "hunt365 import PATH --case %s makes one", dir)
	}
	return err
}

// Close ends what runs and removes an empty case.
func (e *engine) Close() error {
	var err error
	if e.store != nil {
		err = e.store.Close()
	}
	if e.files != nil {
		err = errors.Join(err, e.files.Close())
	}
	if e.temp != "" {
		err = errors.Join(err, os.RemoveAll(e.temp))
	}
	return err
}

// Now is the case's clock: the end of its data.
func (e *engine) Now() time.Time {
	if t := e.store.End(); !t.IsZero() {
		return t
	}
	return time.Now().UTC()
}

// Tables lists the tables that queries can name.
func (e *engine) Tables() []*schema.Table { return schema.Tables() }

// Coverage tells what the case holds.
func (e *engine) Coverage(ctx context.Context) ([]hunt.Coverage, error) { return e.store.Coverage(ctx) }

package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/hunt365/hunt365/hunt/kql/duck"
)

// Mapping fills one table from the records of one format.
type Mapping struct {
	Table string
	// SQL is a SELECT over the relation "segment" (n, id, t, r, _Segment). It
	// yields columns of the table by name, among them _Id, _Segment and _Line;
	// what it does not name is left empty.
	SQL string
	// Derived marks rows made from another log's record: they give way to the
	// log that the table is made for.
	Derived bool
}

// Options are what a case needs from outside.
type Options struct {
	Write    bool                                // take the writer's lock; Append and Rebuild need it
	Create   bool                                // make the case if there is none; needs Write
	Name     string                              // of a new case; default the folder's name
	Tool     string                              // name and version of the program, for the manifest
	Command  string                              // what holds the lock, for the error that others see
	Now      func() time.Time                    // when records were received; default time.Now
	Mappings func(format string) []Mapping       // default: none, evidence only
	Macros   []string                            // CREATE MACRO statements that mappings need
	Memory   string                              // DuckDB's memory limit while mapping; default 270MB
	Queries  string                              // DuckDB's memory limit while querying; default 1GB
	Threads  int                                 // of a query; default 2
	Geo      duck.GeoLookup                      // what geo_info_from_ip_address asks; default: nothing is known
	Progress func(phase string, done, all int64) // how far a long step is; may be nil
	fault    func(step string) error             // tests stop the case here
	rotate   int64                               // records per segment; tests want small ones
}

func (o Options) withDefaults(dir string) Options {
	if o.Name == "" {
		o.Name = filepath.Base(dir)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Mappings == nil {
		o.Mappings = func(string) []Mapping { return nil }
	}
	if o.Memory == "" {
		o.Memory = "270MB"
	}
	if o.Queries == "" {
		o.Queries = "1GB"
	}
	if o.Threads == 0 {
		o.Threads = 2
	}
	if o.Progress == nil {
		o.Progress = func(string, int64, int64) {}
	}
	if o.rotate == 0 {
		o.rotate = segmentRecords
	}
	if o.fault == nil {
		o.fault = func(string) error { return nil }
	}
	return o
}

// Info is what case.json holds.
type Info struct {
	Schema  string    `json:"schema"` // hunt365/case/1
	Name    string    `json:"name"`
	Tenants []string  `json:"tenants"`
	Created time.Time `json:"created"`
	Tool    string    `json:"tool"`
}

const caseSchema = "hunt365/case/1"

// Case is an open case. Queries may run concurrently; Append and Rebuild may
// not run beside anything else.
type Case struct {
	dir      string
	opts     Options
	info     Info
	lock     *lock
	manifest *manifest
	keys     *keySet // of every record in the case; nil until the first Append
	serial   int     // number of the last segment

	mu     sync.Mutex
	reader *database // for queries; nil until the first one
}

// ErrNoCase is returned for a folder that holds no case.
var ErrNoCase = errors.New("no case here")

// Open opens the case in dir, finishing what a crash interrupted: evidence
// that is not in the tables is mapped, files that no manifest line names are
// removed. A case that another process writes gives a *LockedError.
func Open(dir string, opts Options) (*Case, error) {
	c := &Case{dir: dir, opts: opts.withDefaults(dir)}
	if err := c.open(); err != nil {
		return nil, errors.Join(fmt.Errorf("open case %q: %w", dir, err), c.Close())
	}
	return c, nil
}

func (c *Case) open() error {
	if err := c.readInfo(); err != nil {
		return err
	}
	if err := c.take(c.opts.Write); err != nil {
		return err
	}
	fresh, err := c.isFresh()
	if err != nil || (fresh && !c.opts.Write) {
		return err
	}
	if !c.opts.Write { // upgrade for the time of the repair
		if err := c.take(true); err != nil {
			return err
		}
	}
	if err := c.repair(); err != nil {
		return err
	}
	if !c.opts.Write {
		return c.take(false)
	}
	return nil
}

// take swaps the lock that is held for another and reads the manifest again.
func (c *Case) take(write bool) error {
	err := c.lock.release()
	if c.lock = nil; err != nil {
		return err
	}
	if c.lock, err = acquire(filepath.Join(c.dir, "lock"), write, c.opts.Command, c.opts.Now()); err != nil {
		return err
	}
	c.manifest, err = readManifest(c.path("evidence", "manifest.ndjson"))
	return err
}

// Close ends queries and gives up the lock.
func (c *Case) Close() error {
	err := errors.Join(c.closeReader(), c.lock.release())
	c.lock = nil
	return err
}

func (c *Case) path(elem ...string) string {
	return filepath.Join(append([]string{c.dir}, elem...)...)
}

// Dir returns the case's folder.
func (c *Case) Dir() string { return c.dir }

// Info returns what case.json says.
func (c *Case) Info() Info { return c.info }

// Entries returns the manifest's lines.
func (c *Case) Entries() []Entry { return slices.Clone(c.manifest.entries) }

// End returns the time of the last record, which is the case's clock. It is
// zero for a case without timed records.
func (c *Case) End() time.Time {
	var end int64
	for _, e := range c.manifest.entries {
		end = max(end, int64(e.Last))
	}
	if end == 0 {
		return time.Time{}
	}
	return Ticks(end).Time()
}

func (c *Case) readInfo() error {
	data, err := os.ReadFile(c.path("case.json"))
	if errors.Is(err, fs.ErrNotExist) {
		if !c.opts.Create || !c.opts.Write {
			return ErrNoCase
		}
		return c.create()
	}
	if err != nil {
		return err
	}
	if err := json.Unmarshal(data, &c.info); err != nil {
		return fmt.Errorf("read case.json: %w", err)
	}
	if c.info.Schema != caseSchema {
		return fmt.Errorf("case.json: schema %q, want %q", c.info.Schema, caseSchema)
	}
	return nil
}

func (c *Case) create() error {
	if old, err := os.ReadDir(c.dir); err == nil && len(old) > 0 && !onlyLock(old) {
		return fmt.Errorf("folder is not empty and %w", ErrNoCase)
	}
	if err := os.MkdirAll(c.path("evidence"), 0o700); err != nil {
		return err
	}
	if err := os.Chmod(c.dir, 0o700); err != nil {
		return err
	}
	c.info = Info{Schema: caseSchema, Name: c.opts.Name, Tenants: []string{}, Created: c.opts.Now().UTC().Truncate(time.Second), Tool: c.opts.Tool}
	return c.writeInfo()
}

// onlyLock reports whether a folder holds no more than a start that a crash
// interrupted.
func onlyLock(files []fs.DirEntry) bool {
	return !slices.ContainsFunc(files, func(f fs.DirEntry) bool {
		return f.Name() != "lock" && f.Name() != "evidence" && f.Name() != "case.json.tmp"
	})
}

func (c *Case) writeInfo() error {
	data, err := json.MarshalIndent(c.info, "", "  ")
	if err != nil {
		return err
	}
	return writeFile(c.path("case.json"), append(data, '\n'))
}

// addTenants notes tenants that records named.
func (c *Case) addTenants(seen map[string]bool) error {
	before := len(c.info.Tenants)
	for t := range seen {
		if t != "" && !slices.Contains(c.info.Tenants, t) {
			c.info.Tenants = append(c.info.Tenants, t)
		}
	}
	if len(c.info.Tenants) == before {
		return nil
	}
	slices.Sort(c.info.Tenants)
	return c.writeInfo()
}

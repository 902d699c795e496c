package graph

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Kind says how a source is read.
type Kind string

// The kinds of source.
const (
	Log      Kind = "log"      // a list filtered by time windows
	Search   Kind = "search"   // an audit search: create, poll, page
	Hunt     Kind = "hunt"     // an advanced hunting table
	Feed     Kind = "feed"     // the Management Activity API
	Snapshot Kind = "snapshot" // state, read whole
)

// Source is one thing that can be collected, as data.
type Source struct {
	Name  string // as in --sources
	Title string
	Kind  Kind

	Path     string  // "{id}" is a parent object's id
	Version  string  // v1.0 or beta
	Filter   string  // fixed part of $filter
	Select   string  // $select
	Extra    []Param // other options
	Time     string  // member with the record's time; windows filter on it
	PageSize int     // $top; 0 sends none
	Class    Class
	Cost     float64 // units per request; 0 is 1
	Counted  bool    // $count=true is answered, so that the whole can be verified
	Single   bool    // the answer is one object, not a list
	ID       string  // member that identifies a record; "" is "id"

	Fallback *Fallback // another endpoint when the first does not exist

	Each  string // source whose objects this one is read for, in batches
	Where string // which of them: a key of parentRules

	Table    string   // hunting: the table to read; search: unused
	Types    []string // search: record types, none is all
	Permits  []string // least privileged permission first; any one suffices
	Also     []string // needed besides Permits, the same way
	AppOnly  bool     // a delegated token reads only the signed-in user's own
	UserOnly bool     // an application's own token reads nothing
	Plan     string   // service plan it needs, "" is none
	Serves   string   // what a hunt loses without it

	Retention time.Duration // how far back the service keeps it
	Window    time.Duration // first window's length
	Most      time.Duration // longest window
	Least     time.Duration // below this a window is not split any more
	Settle    time.Duration // how long after its time a record may still appear

	NotIn    []string // clouds that do not have it
	Format   string   // what hunt/ingest calls its records
	Tables   []string // case tables whose coverage it determines
	Optional bool     // only when named
}

// Fallback is an older endpoint of a source and what it cannot tell.
type Fallback struct {
	Version string
	Filter  string
	Loses   string // one sentence
}

// IsLog reports whether s is read by time windows.
func (s *Source) IsLog() bool { return s.Kind != Snapshot }

// In reports whether s exists in cloud.
func (s *Source) In(cloud string) bool { return !slices.Contains(s.NotIn, cloud) }

// idField is the member that identifies a record.
func (s *Source) idField() string {
	if s.ID != "" {
		return s.ID
	}
	return "id"
}

// Sources returns every source, logs first, in the order in which they are
// collected within a class.
func Sources() []*Source {
	var all []*Source
	for _, list := range [][]Source{logSources, snapshotSources} {
		for i := range list {
			all = append(all, withDefaults(list[i]))
		}
	}
	return all
}

// withDefaults fills what most sources share.
func withDefaults(s Source) *Source {
	if s.Version == "" {
		s.Version = "v1.0"
	}
	if s.Cost == 0 {
		s.Cost = 1
	}
	if s.Kind == Snapshot && s.Format == "" {
		s.Format = "graph-snapshot/" + s.Tables[0]
	}
	if s.IsLog() {
		orDuration(&s.Window, 24*time.Hour)
		orDuration(&s.Most, 7*24*time.Hour)
		orDuration(&s.Least, time.Second)
	}
	return &s
}

func orDuration(d *time.Duration, value time.Duration) {
	if *d == 0 {
		*d = value
	}
}

// Select returns the sources called by names, with the parents they need; no
// names, or "default", are all that are not optional, "all" is every one that
// cloud has. A name may be a group: "logs", "snapshots". What cloud lacks of the
// default is among them, so that the ledger says that it is missing: [Available]
// leaves it out.
func Select(names []string, cloud string) ([]*Source, error) {
	all := Sources()
	if len(names) == 0 {
		names = []string{"default"}
	}
	wanted := map[string]bool{}
	for _, name := range names {
		if err := pick(all, strings.TrimSpace(name), cloud, wanted); err != nil {
			return nil, err
		}
	}
	for _, s := range all {
		if wanted[s.Name] && s.Each != "" {
			wanted[s.Each] = true
		}
	}
	return slices.DeleteFunc(all, func(s *Source) bool { return !wanted[s.Name] }), nil
}

// Available returns those of sources that cloud has.
func Available(sources []*Source, cloud string) []*Source {
	return slices.DeleteFunc(slices.Clone(sources), func(s *Source) bool { return !s.In(cloud) })
}

func pick(all []*Source, name, cloud string, wanted map[string]bool) error {
	found := false
	for _, s := range all {
		group := name == "all" && s.In(cloud) || !s.Optional && (name == "default" || name == "all" ||
			name == "logs" && s.IsLog() || name == "snapshots" && !s.IsLog())
		if s.Name == name || group {
			wanted[s.Name] = true
			found = true
		}
	}
	if !found {
		return fmt.Errorf("unknown source %q", name)
	}
	return nil
}

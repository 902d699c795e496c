package graph

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// journalName is the checkpoint file in the case folder: one JSON line per
// event, appended and synced; a line that a crash cut off is ignored.
const journalName = "collect.ndjson"

// event is one line of the journal.
type event struct {
	Kind    string    `json:"k"`
	Source  string    `json:"s,omitempty"`
	Start   time.Time `json:"start,omitzero"`
	End     time.Time `json:"end,omitzero"`
	At      time.Time `json:"at,omitzero"`
	Records int64     `json:"n,omitempty"`
	Dups    int64     `json:"dup,omitempty"`
	Expect  *int64    `json:"expect,omitempty"`
	Sum     uint64    `json:"sum,omitempty"`
	OK      bool      `json:"ok,omitempty"`
	Note    string    `json:"note,omitempty"`
	Tenant  string    `json:"tenant,omitempty"`
	ID      string    `json:"id,omitempty"`
	Version string    `json:"v,omitempty"`
	Types   []string  `json:"types,omitempty"`
	Objects []string  `json:"objects,omitempty"`
	Absent  []string  `json:"absent,omitempty"`
	Reads   *tally    `json:"tally,omitempty"`
}

// The kinds of event.
const (
	evRun     = "run"     // a run begins: At is its snapshot time
	evEnd     = "end"     // it ended with nothing left to do
	evRead    = "read"    // a window was read and acknowledged
	evQuery   = "query"   // an audit search was created
	evClosed  = "closed"  // it was read, or given up
	evWhole   = "whole"   // a snapshot was read
	evObjects = "objects" // the objects that a source is read for
	evDone    = "done"    // so many of them are
	evVersion = "version" // the fallback endpoint is used
)

// tally is what reading objects one by one came to.
type tally struct {
	Done, Records, None, Refused, Failed, Hidden int64
	Dups                                         int64
}

// search is an audit search that the service works on.
type search struct {
	span
	ID, Version string
	Types       []string
	Created     time.Time
}

// progress is what the journal says about one source.
type progress struct {
	reads    []read
	searches []search
	version  string
	whole    *read // this run's snapshot
	objects  []string
	of       int64    // how many objects there were to choose from
	absent   []string // chosen ones that are not there
	listed   bool
	tally    tally
}

// journal is the checkpoint of a case. It is safe for concurrent use.
type journal struct {
	mu       sync.Mutex
	file     *os.File
	tenant   string
	snapshot time.Time // of the run that goes on
	choice   string    // of mailboxes in that run
	open     bool      // that run has not ended
	sources  map[string]*progress
}

// openJournal reads the checkpoint in dir, if there is one.
func openJournal(dir string) (*journal, error) {
	j := &journal{sources: map[string]*progress{}}
	name := filepath.Join(dir, journalName)
	data, err := os.ReadFile(name)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("read checkpoint: %w", err)
	}
	whole := j.replay(data)
	j.file, err = os.OpenFile(name, os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open checkpoint: %w", err)
	}
	// a cut-off line must not run into the next one
	if err = j.file.Truncate(int64(whole)); err == nil {
		_, err = j.file.Seek(int64(whole), 0)
	}
	if err != nil {
		_ = j.file.Close()
		return nil, fmt.Errorf("open checkpoint: %w", err)
	}
	return j, nil
}

// replay applies data's whole lines and returns their length.
func (j *journal) replay(data []byte) int {
	whole := 0
	sc := bufio.NewScanner(bytes.NewReader(data))
	sc.Buffer(nil, 1<<30)
	for sc.Scan() {
		var e event
		end := whole + len(sc.Bytes()) + 1
		if end > len(data) || json.Unmarshal(sc.Bytes(), &e) != nil {
			break
		}
		j.apply(e)
		whole = end
	}
	return whole
}

func (j *journal) close() error { return j.file.Close() }

// append makes events durable.
func (j *journal) append(events ...event) error {
	if len(events) == 0 {
		return nil
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	for _, e := range events {
		if err := enc.Encode(e); err != nil {
			return fmt.Errorf("write checkpoint: %w", err)
		}
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if _, err := j.file.Write(b.Bytes()); err != nil {
		return fmt.Errorf("write checkpoint: %w", err)
	}
	if err := j.file.Sync(); err != nil {
		return fmt.Errorf("write checkpoint: %w", err)
	}
	for _, e := range events {
		j.apply(e)
	}
	return nil
}

// of returns what is known about source; the caller owns it as long as only one
// goroutine works on that source.
func (j *journal) of(source string) *progress {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.progress(source)
}

func (j *journal) progress(source string) *progress {
	p := j.sources[source]
	if p == nil {
		p = &progress{}
		j.sources[source] = p
	}
	return p
}

func (j *journal) apply(e event) {
	switch e.Kind {
	case evRun:
		j.beginRun(e)
		return
	case evEnd:
		j.open = false
		return
	}
	p := j.progress(e.Source)
	switch e.Kind {
	case evRead:
		p.addRead(readOf(e))
	case evQuery:
		p.searches = append(p.searches, search{span{e.Start, e.End}, e.ID, e.Version, e.Types, e.At})
	case evClosed:
		p.closeSearch(e.ID)
	case evWhole:
		r := readOf(e)
		p.whole = &r
	case evObjects:
		p.objects, p.absent, p.of, p.listed, p.tally = e.Objects, e.Absent, e.Records, true, tally{}
	case evDone:
		p.tally = *e.Reads
	case evVersion:
		p.version = e.Version
	}
}

// beginRun forgets the last run's snapshots: a new run takes new ones.
func (j *journal) beginRun(e event) {
	j.tenant, j.snapshot, j.choice, j.open = e.Tenant, e.At, e.Note, true
	for _, p := range j.sources {
		p.whole, p.objects, p.absent, p.listed, p.tally = nil, nil, nil, false, tally{}
	}
}

// addRead notes a reading, which takes the place of older ones of the same time.
func (p *progress) addRead(r read) {
	reads := make([]read, 0, len(p.reads)+1)
	for _, old := range p.reads {
		reads = append(reads, old.without(r.span)...)
	}
	p.reads = append(reads, r)
}

func (p *progress) closeSearch(id string) {
	for i, q := range p.searches {
		if q.ID == id {
			p.searches = append(p.searches[:i:i], p.searches[i+1:]...)
			return
		}
	}
}

func readOf(e event) read {
	r := read{span: span{e.Start, e.End}, At: e.At, Records: e.Records, Duplicates: e.Dups, Expected: -1, Sum: e.Sum, Verified: e.OK, Note: e.Note}
	if e.Expect != nil {
		r.Expected = *e.Expect
	}
	return r
}

func (r read) event(kind, source string) event {
	e := event{
		Kind: kind, Source: source, Start: r.Start, End: r.End, At: r.At, Records: r.Records,
		Dups: r.Duplicates, Sum: r.Sum, OK: r.Verified, Note: r.Note,
	}
	if r.Expected >= 0 {
		e.Expect = &r.Expected
	}
	return e
}

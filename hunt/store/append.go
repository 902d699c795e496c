package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/hunt365/hunt365/hunt"
)

// Summary counts what an Append did.
type Summary struct {
	New       int64
	Duplicate int64 // already in the case, or twice in this append
	Segments  int
	Tables    map[string]int64 // rows added per table
	Unmapped  int64            // records that the database could not read; the evidence holds them
}

// AddFunc takes one record and reports whether it is new. The record's slices
// may be reused afterwards.
type AddFunc func(*Record) (bool, error)

// Append takes the records that feed adds, as coming from source. Records that
// the case holds already are left out. When it returns without an error all
// are acknowledged and in the tables; when feed or ctx ends it early, the
// segments that were finished are, and the rest never happened.
func (c *Case) Append(ctx context.Context, source string, feed func(AddFunc) error) (Summary, error) {
	sum, err := c.Keep(ctx, source, feed)
	if err != nil {
		return sum, err
	}
	mapped, err := c.Map(ctx)
	sum.Tables, sum.Unmapped = mapped.Tables, mapped.Unmapped
	return sum, err
}

// Keep is Append without the tables: it acknowledges the records as evidence,
// and [Case.Map], or opening the case again, brings them into the tables. It is
// for many small appends, each of which must be safe before the next.
func (c *Case) Keep(ctx context.Context, source string, feed func(AddFunc) error) (Summary, error) {
	if !c.opts.Write {
		return Summary{}, errors.New("append: case is open for reading")
	}
	if err := c.loadKeys(); err != nil {
		return Summary{}, fmt.Errorf("append: load record ids: %w", err)
	}
	a := &appender{c: c, ctx: ctx, source: source, tenants: map[string]bool{}}
	if err := a.run(feed); err != nil {
		c.keys = nil // it holds ids of records that were not kept
		return a.sum, fmt.Errorf("append: %w", errors.Join(err, a.abandon()))
	}
	if err := c.addTenants(a.tenants); err != nil {
		return a.sum, fmt.Errorf("append: %w", err)
	}
	return a.sum, nil
}

// Map brings all evidence into the tables. Of the summary only Tables and
// Unmapped are set.
func (c *Case) Map(ctx context.Context) (Summary, error) {
	if !c.opts.Write {
		return Summary{}, errors.New("map: case is open for reading")
	}
	c.keys = nil         // 25 bytes a record; the next Append loads them again
	debug.FreeOSMemory() // reading is over; what it used is DuckDB's now
	mapped, err := c.mapPending(ctx)
	sum := Summary{Tables: mapped.tables, Unmapped: mapped.unmapped}
	if err != nil {
		return sum, fmt.Errorf("append: %w", err)
	}
	return sum, nil
}

// appender is the state of one Append. Formats may alternate, so several
// segments can be open; the oldest is closed when they are too many.
type appender struct {
	c       *Case
	ctx     context.Context
	source  string
	open    []*segment // oldest first
	sum     Summary
	buf     []byte
	tenants map[string]bool
	last    string // the last record's file, and the same as JSON text
	file    []byte
	kept    int64 // records in finished segments
}

const maxOpenSegments = 8

func (a *appender) run(feed func(AddFunc) error) error {
	if err := feed(a.add); err != nil {
		return err
	}
	for len(a.open) > 0 {
		if err := a.seal(a.open[0]); err != nil {
			return err
		}
	}
	return nil
}

func (a *appender) add(r *Record) (bool, error) {
	if err := a.ctx.Err(); err != nil {
		return false, err
	}
	if r.ID == "" || r.Format == "" || len(r.Raw) == 0 {
		return false, errors.New("record without id, format or content")
	}
	if bytes.IndexByte(r.Raw, '\n') >= 0 {
		return false, fmt.Errorf("record %q is not on one line", r.ID)
	}
	var k key
	k, a.buf = keyOf(a.buf, r.Kind, r.ID)
	if !a.c.keys.add(k) {
		a.sum.Duplicate++
		return false, nil
	}
	s, err := a.segment(r)
	if err != nil {
		return false, err
	}
	if r.File != a.last || a.file == nil {
		a.last, a.file = r.File, quoted(r.File)
	}
	s.add(r, k, a.file)
	a.sum.New++
	if r.Tenant != "" && !a.tenants[r.Tenant] {
		a.tenants[strings.Clone(r.Tenant)] = true
	}
	if s.full(a.c.opts.rotate) {
		return true, a.seal(s)
	}
	return true, nil
}

// segment returns the open segment that r belongs in.
func (a *appender) segment(r *Record) (*segment, error) {
	for _, s := range a.open {
		if s.entry.Format == r.Format && s.entry.Scope == r.Kind {
			return s, nil
		}
	}
	if len(a.open) == maxOpenSegments {
		if err := a.seal(a.open[0]); err != nil {
			return nil, err
		}
	}
	e := Entry{
		Kind: kindSegment, Source: a.source, Format: strings.Clone(r.Format), Scope: strings.Clone(r.Kind),
		Received: TicksOf(a.c.opts.Now()), Tool: a.c.opts.Tool,
	}
	e.File = a.fileName(e)
	s, err := newSegment(a.c.path("evidence"), e)
	if err != nil {
		return nil, err
	}
	a.open = append(a.open, s)
	return s, nil
}

// fileName returns a name that no other segment has.
func (a *appender) fileName(e Entry) string {
	slug := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_' {
			return r
		}
		return '-'
	}, e.Source+"-"+e.Format)
	a.c.serial = max(a.c.serial, a.c.manifest.lines) + 1
	return fmt.Sprintf("%s/%s-%06d.ndjson.zst", e.Received.Time().Format("2006/01/02"), slug[:min(len(slug), 80)], a.c.serial)
}

// seal acknowledges what s holds.
func (a *appender) seal(s *segment) error {
	fault := a.c.opts.fault
	if err := fault("segment written"); err != nil {
		return err
	}
	a.open = slices.DeleteFunc(a.open, func(o *segment) bool { return o == s })
	if err := s.finish(); err != nil {
		return err
	}
	if err := fault("segment synced"); err != nil {
		return err
	}
	if err := s.publish(); err != nil {
		return err
	}
	if err := fault("segment renamed"); err != nil {
		return err
	}
	if err := a.c.manifest.append(s.entry); err != nil {
		return err
	}
	a.sum.Segments++
	a.kept += s.entry.Records
	a.c.opts.Progress("evidence", a.kept, 0)
	if err := fault("segment acknowledged"); err != nil {
		return err
	}
	return a.c.writeKeys(s.entry, s.keys)
}

func (a *appender) abandon() error {
	var err error
	for _, s := range a.open {
		err = errors.Join(err, s.abandon())
	}
	return err
}

// RecordCoverage states what was and was not collected. For each source that
// facts name, they replace what was stated before and what its records say. It
// brings all evidence into the tables, as [Case.Map] does.
func (c *Case) RecordCoverage(ctx context.Context, facts []hunt.Coverage) error {
	if !c.opts.Write {
		return errors.New("record coverage: case is open for reading")
	}
	received := TicksOf(c.opts.Now())
	for _, e := range c.manifest.entries { // a later statement must be told from an earlier one
		if e.Kind == kindCoverage {
			received = max(received, e.Received+1)
		}
	}
	for _, f := range facts {
		e := Entry{Kind: kindCoverage, Source: f.Source, Coverage: &f, Received: received, Tool: c.opts.Tool}
		if err := c.manifest.append(e); err != nil {
			return fmt.Errorf("record coverage: %w", err)
		}
	}
	_, err := c.mapPending(ctx)
	return err
}

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/hunt365/hunt365/hunt"
	"github.com/hunt365/hunt365/hunt/kql"
	"github.com/hunt365/hunt365/hunt/report"
	"github.com/hunt365/hunt365/hunt/schema"
	"github.com/hunt365/hunt365/tui"
)

// screenCase is a case as the screen sees it. What is open is counted: a case
// that is watched is closed while nobody reads it, so that an import can add to
// it.
type screenCase struct {
	options *huntOptions
	dir     string
	name    string

	mu       sync.Mutex
	engine   *engine
	users    int
	findings []hunt.Finding // of the last hunt, for timelines
}

// openScreenCase opens the case in dir; unless it is watched, it stays open.
func openScreenCase(o *huntOptions, dir string, watched bool) (*screenCase, error) {
	c := &screenCase{options: o, dir: dir}
	e, err := c.enter()
	if err != nil {
		return nil, err
	}
	c.name = e.store.Info().Name
	if watched {
		return c, c.leave()
	}
	return c, nil
}

// enter returns the engine, opening it if need be; leave gives it back.
func (c *screenCase) enter() (*engine, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.engine == nil {
		e, err := openEngine(c.dir, c.options.limits)
		if err != nil {
			return nil, err
		}
		e.tolerant(func(string) {}) // a missing watchlist is empty, as in hunt365 query
		c.engine = e
	}
	c.users++
	return c.engine, nil
}

func (c *screenCase) leave() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.users--; c.users > 0 || c.engine == nil {
		return nil
	}
	err := c.engine.Close()
	c.engine = nil
	return err
}

// Close closes the case whoever still reads it; what runs is cancelled first.
func (c *screenCase) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.engine == nil {
		return nil
	}
	err := c.engine.Close()
	c.engine = nil
	return err
}

func (c *screenCase) Name() string { return c.name }

func (c *screenCase) Dir() string { return c.dir }

// Investigate hunts as `hunt365 hunt` does, with the exposure of each incident.
func (c *screenCase) Investigate(ctx context.Context) (_ *tui.Answer, err error) {
	o := *c.options
	o.dir = c.dir
	inv, err := o.investigate(ctx, true)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, inv.Close()) }()
	conclusion := inv.report.Conclusion
	if err := conclusion.Expose(ctx, inv.engine, inv.clock.Now()); err != nil {
		return nil, err
	}
	a := &tui.Answer{
		Now: inv.report.Now, Findings: inv.report.Findings, Incidents: conclusion.Incidents, Verdicts: conclusion.Verdicts,
		Coverage: conclusion.Coverage, Suppressed: conclusion.Suppressed,
	}
	for _, r := range inv.report.Results {
		q := tui.Query{
			ID: r.Query.ID, Name: r.Query.Name, Description: r.Query.Description, Text: r.Query.Text,
			Findings: r.Findings, CannotTell: r.CannotTell(), Outcome: r.Outcome, Coverage: r.Coverage,
		}
		if r.Err != nil {
			q.Error = r.Err.Error()
		}
		a.Queries = append(a.Queries, q)
	}
	if a.Days, err = daysOf(ctx, inv.engine, conclusion.Coverage); err != nil {
		return nil, err
	}
	c.mu.Lock()
	c.findings = inv.report.Findings
	c.mu.Unlock()
	return a, nil
}

// daysOf counts each table's records by day.
func daysOf(ctx context.Context, e *engine, known []hunt.Coverage) ([]tui.Day, error) {
	var out []tui.Day
	seen := map[string]bool{}
	for _, k := range known {
		t, ok := schema.Lookup(k.Table)
		if !ok || k.Records == 0 || seen[k.Table] {
			continue
		}
		seen[k.Table] = true
		if _, timed := t.Column("TimeGenerated"); !timed {
			continue
		}
		rows, err := e.Query(ctx, hunt.Request{Now: e.Now(), Text: t.Name + " | where isnotnull(TimeGenerated) | summarize Records = count() by Day = bin(TimeGenerated, 1d) | sort by Day asc"})
		if err != nil {
			return nil, err
		}
		for rows.Next() {
			at, _ := rows.Row()[0].(int64)
			n, _ := rows.Row()[1].(int64)
			out = append(out, tui.Day{Table: t.Name, Day: schema.Time(at), Records: n})
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// Keep holds the result of a text.
func (c *screenCase) Keep(ctx context.Context, text string) (hunt.Kept, error) {
	e, err := c.enter()
	if err != nil {
		return nil, err
	}
	compiled, err := e.compile(ctx, text, e.Now())
	if err != nil {
		return nil, errors.Join(err, c.leave())
	}
	k, err := e.store.Hold(ctx, compiled)
	if err != nil {
		return nil, errors.Join(err, c.leave())
	}
	return &screenRows{Kept: k, leave: sync.OnceValue(c.leave)}, nil
}

// screenRows gives the engine back when they are closed.
type screenRows struct {
	hunt.Kept
	leave func() error
}

// Close drops the rows.
func (r *screenRows) Close() error { return errors.Join(r.Kept.Close(), r.leave()) }

// Export writes the rows of a text; the file's ending names the format.
func (c *screenCase) Export(ctx context.Context, text, file string) (err error) {
	format, err := report.FindRowFormat(strings.TrimPrefix(filepath.Ext(file), "."))
	if err != nil {
		return err
	}
	e, err := c.enter()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.leave()) }()
	rows, err := e.Query(ctx, hunt.Request{Text: text, Now: e.Now()})
	if err != nil {
		return err
	}
	defer rows.Close()
	return c.options.outputFile(file, func(f *os.File) error { return format.Write(f, rows) })
}

// Record looks for an id in the tables with records, the unified audit log last,
// and reads the evidence that it points to.
func (c *screenCase) Record(ctx context.Context, id string) (_ *tui.Record, err error) {
	e, err := c.enter()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, c.leave()) }()
	known, err := e.Coverage(ctx)
	if err != nil {
		return nil, err
	}
	for _, table := range tablesWithRecords(known) {
		r, err := findRecord(ctx, e, table, id)
		if r != nil || err != nil {
			return r, err
		}
	}
	return nil, fmt.Errorf("no record %q", id)
}

func tablesWithRecords(known []hunt.Coverage) []string {
	var first, last []string
	for _, k := range known {
		switch {
		case k.Records == 0:
		case k.Table == "UnifiedAuditLog":
			last = []string{k.Table}
		default:
			first = append(first, k.Table)
		}
	}
	return append(first, last...)
}

func findRecord(ctx context.Context, e *engine, table, id string) (*tui.Record, error) {
	t, ok := schema.Lookup(table)
	if !ok {
		return nil, nil
	}
	if _, has := t.Column("_Segment"); !has {
		return nil, nil
	}
	rows, err := e.Query(ctx, hunt.Request{Now: e.Now(), Text: table + " | where _Id == " + hunt.Quote(id) + " | project _Segment, _Line | take 1"})
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	if !rows.Next() {
		return nil, rows.Err()
	}
	file, _ := rows.Row()[0].(string)
	line, _ := rows.Row()[1].(int64)
	raw, err := e.store.Raw(ctx, file, line)
	if err != nil {
		return nil, err
	}
	return &tui.Record{ID: id, Table: table, File: file, Line: line, Raw: raw}, nil
}

// Timeline lists what names an entity, as `hunt365 timeline --entity` does.
func (c *screenCase) Timeline(ctx context.Context, entity string) (_ []hunt.Event, err error) {
	e, err := c.enter()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, c.leave()) }()
	c.mu.Lock()
	findings := c.findings
	c.mu.Unlock()
	return hunt.Timeline(ctx, e, e.Now(), findings, nil, entity)
}

// Label keeps a decision, as `hunt365 label` does.
func (c *screenCase) Label(ctx context.Context, id, verdict, why string) error {
	o := labelOptions{huntOptions: *c.options, why: why}
	o.dir = c.dir
	quiet := *c.options.program
	quiet.err = discardWriter{}
	o.program = &quiet
	return o.run(ctx, []string{id, verdict})
}

type discardWriter struct{}

func (discardWriter) Write(b []byte) (int, error) { return len(b), nil }

// Env is what a query may name.
func (c *screenCase) Env() *kql.Env {
	return &kql.Env{Tables: schema.Lookup, TableNames: schema.TableNames(), Now: time.Now().UTC()}
}

// Stamp is the size and time of the manifest, which grows with the evidence.
func (c *screenCase) Stamp() (string, error) {
	info, err := os.Stat(filepath.Join(c.dir, "evidence", "manifest.ndjson"))
	if err != nil {
		return "", fmt.Errorf("look for new evidence: %w", err)
	}
	return fmt.Sprint(info.Size(), info.ModTime().UnixNano()), nil
}

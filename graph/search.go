package graph

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Defaults of an audit search.
const (
	searchesAtOnce = 3
	pollFirst      = 30 * time.Second
	pollMost       = 2 * time.Minute
	searchLongest  = 6 * time.Hour
	searchTries    = 3 // how often the same window may fail before it is split
)

// searching collects an audit search source: several searches are open at once,
// because each takes the service minutes to hours.
type searching struct {
	run      *run
	src      *Source
	out      *spool
	plan     *planner
	open     []*pending
	failures breaker
	polls    int
}

// pending is a search that the service works on.
type pending struct {
	search
	task
	lost int // polls that did not find it
}

func (r *run) searches(ctx context.Context, s *Source, out *spool) error {
	for {
		q := &searching{run: r, src: s, out: out}
		if !q.resume() {
			return out.flush(ctx)
		}
		err := q.drain(ctx)
		if flushErr := out.flush(ctx); err == nil {
			err = flushErr
		}
		if err != nil {
			return err
		}
	}
}

// resume takes up the searches of a run that was interrupted and plans the rest.
// It reports whether there is anything to do.
func (q *searching) resume() bool {
	st := q.run.journal.of(q.src.Name)
	known := append([]read(nil), st.reads...)
	known = append(known, q.run.gapReads(q.src)...)
	for _, s := range st.searches {
		q.open = append(q.open, &pending{search: s, task: task{span: s.span}})
		known = append(known, read{span: s.span, At: s.End.Add(q.src.Settle)})
	}
	q.plan = newPlanner(q.src, q.run.whole(q.src), known, q.run.now(), q.run.until)
	return len(q.open)+len(q.plan.queue)+len(q.plan.left) > 0
}

func (q *searching) drain(ctx context.Context) error {
	for {
		stop, err := q.fill(ctx)
		if err != nil || stop {
			return err
		}
		if len(q.open) == 0 {
			return nil
		}
		if err := q.run.c.Clock.Sleep(ctx, q.pause()); err != nil {
			return err
		}
		if stop, err := q.poll(ctx); err != nil || stop {
			return err
		}
	}
}

// pause is the time between polls: short at first, for small tenants.
func (q *searching) pause() time.Duration {
	first := q.run.plan.PollEvery
	if first == 0 {
		first = pollFirst
	}
	q.polls++
	return min(first*time.Duration(1+q.polls/4), pollMost)
}

// fill opens searches until enough are open. It reports whether the source was
// given up.
func (q *searching) fill(ctx context.Context) (bool, error) {
	most := q.run.plan.Searches
	if most == 0 {
		most = searchesAtOnce
	}
	for len(q.open) < most {
		t, ok := q.plan.next()
		if !ok {
			return false, nil
		}
		created, err := q.create(ctx, t)
		if err == nil {
			q.open = append(q.open, &pending{search: created, task: t})
			q.polls = 0
			continue
		}
		if stop, err := q.failed(t, read{}, err); err != nil || stop {
			return stop, err
		}
	}
	return false, nil
}

// failed handles a window that could not be read. When the source is given up,
// its open searches are too.
func (q *searching) failed(t task, done read, err error) (bool, error) {
	if fatal(err) {
		return true, err
	}
	if !q.run.failed(q.src, q.plan, t, done, err, &q.failures) {
		return false, nil
	}
	for len(q.open) > 0 {
		p := q.open[0]
		q.close(p)
		q.run.addGap(q.src, gapFor(q.src, p.task.span, err))
	}
	return true, nil
}

// create starts a search. It asks for record types only: the service filter's
// name differs between versions of the API.
func (q *searching) create(ctx context.Context, t task) (search, error) {
	body, err := json.Marshal(map[string]any{
		"displayName":         "hunt365 " + stamp(t.Start),
		"filterStartDateTime": stamp(t.Start),
		"filterEndDateTime":   stamp(t.End),
		"recordTypeFilters":   append([]string{}, q.src.Types...),
	})
	if err != nil {
		return search{}, fmt.Errorf("make audit search: %w", err)
	}
	made := search{span: t.span, Version: q.run.version(q.src), Types: q.src.Types, Created: q.run.now()}
	res, err := q.run.c.Fetch.Fetch(ctx, &Request{
		Method: http.MethodPost, Version: made.Version, Path: q.src.Path, Header: headers(q.src), Body: body,
		Class: q.src.Class, Check: func(body []byte) error { _, err := parsePage(body, ""); return err },
	})
	if err != nil {
		return search{}, err
	}
	if made.ID = textField(res.Body, "id"); made.ID == "" {
		return search{}, &BodyError{Err: fmt.Errorf("the new audit search has no id")}
	}
	return made, q.run.journal.append(event{
		Kind: evQuery, Source: q.src.Name, Start: t.Start, End: t.End, ID: made.ID, Version: made.Version, Types: made.Types, At: made.Created,
	})
}

// poll asks how each open search stands and reads those that have succeeded. It
// reports whether the source was given up.
func (q *searching) poll(ctx context.Context) (bool, error) {
	for _, p := range slices.Clone(q.open) {
		if stop, err := q.step(ctx, p); err != nil || stop {
			return stop, err
		}
	}
	return false, nil
}

// step moves one search on.
func (q *searching) step(ctx context.Context, p *pending) (bool, error) {
	status, row, err := q.status(ctx, p)
	switch {
	case err != nil && fatal(err):
		return true, err
	case err != nil && faultOf(err) == FaultNotFound && p.lost < 3:
		p.lost++ // a new search is not always visible at once
		return false, nil
	case err == nil && (status == "notStarted" || status == "running") && !q.overdue(p):
		return false, nil
	case err == nil && status == "succeeded":
		return q.read(ctx, p, row)
	}
	q.close(p)
	if err != nil {
		return q.failed(p.task, read{}, lostSearch{err})
	}
	return q.replan(p, status)
}

// lostSearch is a failure about one search that says nothing about the source.
type lostSearch struct{ error }

func (e lostSearch) Unwrap() []error { return []error{errLoop, e.error} }

func (q *searching) overdue(p *pending) bool {
	longest := q.run.plan.SearchLimit
	if longest == 0 {
		longest = searchLongest
	}
	return q.run.now().Sub(p.Created) > longest
}

// status returns the search's status and the whole answer.
func (q *searching) status(ctx context.Context, p *pending) (string, []byte, error) {
	res, err := q.run.c.Fetch.Fetch(ctx, &Request{
		Method: http.MethodGet, Version: p.Version, Path: q.src.Path + "/" + escapeSegment(p.ID), Header: headers(q.src), Class: q.src.Class,
		Check: func(body []byte) error { _, err := parsePage(body, ""); return err },
	})
	if err != nil {
		return "", nil, err
	}
	status := textField(res.Body, "status")
	if status != "" {
		status = strings.ToLower(status[:1]) + status[1:] // the model says NotStarted, the documentation notStarted
	}
	return status, res.Body, nil
}

// replan tries a search that failed, was cancelled or hangs again, then narrower.
func (q *searching) replan(p *pending, status string) (bool, error) {
	t := p.task
	if t.tries++; t.tries < searchTries && status != "running" {
		q.plan.again(t)
		return false, nil
	}
	t.tries = 0
	if q.plan.split(t) {
		return false, nil
	}
	err := fmt.Errorf("the service ended the audit search as %q", status)
	return q.failed(t, read{}, err)
}

// read pages through a finished search and compares what came with what the
// service says there is.
func (q *searching) read(ctx context.Context, p *pending, row []byte) (bool, error) {
	if string(field(row, "isRecordCountLimitExceeded")) == "true" && q.plan.split(p.task) {
		q.close(p)
		return false, nil
	}
	done, err := q.page(ctx, p)
	expected := count(row, "approximateReturnedRecordCount")
	if err == nil && expected >= 0 && done.Records < expected {
		done, err = q.page(ctx, p) // the same search paged twice is known to differ
	}
	q.close(p)
	if err != nil {
		return q.failed(p.task, done, err)
	}
	q.failures = breaker{}
	if string(field(row, "isRecordCountLimitExceeded")) == "true" {
		return q.failed(p.task, done, &moreError{"its limit is " + string(field(row, "recordCountLimit"))})
	}
	done.Expected = expected
	done.Verified = expected == done.Records
	q.plan.learn(done.pages)
	if done.suspicious() {
		return q.failed(p.task, done, roundNumberError(done.Records))
	}
	return false, q.run.finish(ctx, q.src, q.out, p.task, done)
}

func (q *searching) page(ctx context.Context, p *pending) (read, error) {
	req := &Request{
		Method: http.MethodGet, Version: p.Version, Path: q.src.Path + "/" + escapeSegment(p.ID) + "/records",
		Query:  []Param{{"$top", strconv.Itoa(q.src.PageSize)}},
		Header: headers(q.src), Class: q.src.Class,
	}
	if p.depth > 0 {
		req.Attempts = narrowAttempts
	}
	l := q.run.listing(q.src, req)
	return q.run.take(ctx, q.src, l, p.task.span, q.out)
}

// close notes, behind what was read, that the search is not needed any more.
func (q *searching) close(p *pending) {
	q.open = slices.DeleteFunc(q.open, func(other *pending) bool { return other == p })
	q.out.mark(event{Kind: evClosed, Source: q.src.Name, ID: p.ID})
}

// count reads a number that may be absent.
func count(row []byte, key string) int64 {
	n, err := strconv.ParseInt(string(field(row, key)), 10, 64)
	if err != nil {
		return -1
	}
	return n
}

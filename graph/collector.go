package graph

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

// Collector collects one tenant into one case.
type Collector struct {
	Fetch Fetcher
	Root  string // of Graph: links to other hosts are not followed
	// Activity fetches from the Management Activity API, with paths below the
	// tenant; nil where it is not used. ActivityRoot is its host.
	Activity     Fetcher
	ActivityRoot string
	Sink         Sink
	Clock        Clock
	Dir          string // case folder; the checkpoint is kept there
	Tenant       string // id or domain; a case holds one
	Cloud        string
	Log          *slog.Logger
	Progress     func(Progress) // may be nil; called from several goroutines
}

// Plan says what to collect.
type Plan struct {
	Sources     []*Source // from [Select]
	Since       time.Time
	Mailboxes   Mailboxes
	Batch       int           // requests per $batch; 0 or 1 asks one by one
	Searches    int           // audit searches at once; 0 is 3
	Again       bool          // read every window a second time and compare
	Subscribe   bool          // start Management Activity subscriptions: this writes to the tenant
	PollEvery   time.Duration // audit search; 0 is 30 s
	SearchLimit time.Duration // how long a search may run; 0 is 6 h
}

// Mailboxes chooses whose mailboxes are swept.
type Mailboxes struct {
	All    bool
	Users  []string // user principal names or ids
	Groups []string // ids of groups whose members are swept
	Sample int      // without any of these; 0 is 25

	members []string // of Groups, ids in lower case
}

// Progress is where a source stands.
type Progress struct {
	Source  string
	Records int64 // acknowledged by the sink
	Fresh   int64 // of which new
	Until   time.Time
	Done    int64 // objects read, of Objects
	Objects int64
	State   string // "running", "done", "gap"
	Note    string
}

// run is one execution of a plan.
type run struct {
	c       *Collector
	plan    Plan
	journal *journal
	skew    time.Duration
	until   time.Time
	ready   map[string]chan struct{} // closed when a source has ended
	listers map[string][]*Source     // sources that are read for each object of another

	mu    sync.Mutex
	gaps  map[string][]gap
	stats map[string]*Progress
}

// Run collects plan's sources and returns the ledger, which it has also given to
// the sink. When the run is interrupted the ledger tells what is missing, and
// running again goes on. The error is about the run as a whole (no token, no
// network, sink full, cancelled); sources that fail are gaps in the ledger.
func (c *Collector) Run(ctx context.Context, plan Plan) ([]Entry, error) {
	j, err := openJournal(c.Dir)
	if err != nil {
		return nil, err
	}
	defer j.close()
	if j.tenant != "" && !strings.EqualFold(j.tenant, c.Tenant) {
		return nil, fmt.Errorf("case holds tenant %s, not %s: use another case folder", j.tenant, c.Tenant)
	}
	r := newRun(c, plan, j)
	if err := r.begin(ctx); err != nil {
		return nil, err
	}
	err = r.lanes(ctx)
	entries, coverErr := r.cover(context.WithoutCancel(ctx))
	if err == nil && coverErr == nil {
		err = j.append(event{Kind: evEnd, At: c.Clock.Now()})
	}
	return entries, errors.Join(err, coverErr)
}

func newRun(c *Collector, plan Plan, j *journal) *run {
	r := &run{
		c: c, plan: plan, journal: j, ready: map[string]chan struct{}{}, listers: map[string][]*Source{},
		gaps: map[string][]gap{}, stats: map[string]*Progress{},
	}
	for _, s := range plan.Sources {
		r.ready[s.Name] = make(chan struct{})
		r.stats[s.Name] = &Progress{Source: s.Name, State: "running"}
		if s.Each != "" {
			r.listers[s.Each] = append(r.listers[s.Each], s)
		}
	}
	return r
}

// begin asks the service for its time, so that a wrong local clock skips
// nothing, and opens the run in the journal.
func (r *run) begin(ctx context.Context) error {
	if err := r.measureSkew(ctx); err != nil {
		return err
	}
	if err := r.expandGroups(ctx); err != nil {
		return err
	}
	r.until = r.now().Truncate(time.Second)
	if choice := r.plan.Mailboxes.key(); !r.journal.open || r.journal.choice != choice {
		if err := r.journal.append(event{Kind: evRun, At: r.until, Tenant: r.c.Tenant, Note: choice}); err != nil {
			return err
		}
	}
	_, err := r.cover(ctx)
	return err
}

func (r *run) measureSkew(ctx context.Context) error {
	req := &Request{
		Method: http.MethodGet, Version: "v1.0", Path: "/organization", Class: Directory,
		Query: []Param{{"$select", "id,displayName"}},
	}
	res, err := r.c.Fetch.Fetch(ctx, req)
	var api *APIError
	var date time.Time
	switch {
	case errors.As(err, &api):
		date = api.Date
	case err != nil:
		return reachError(err)
	default:
		date, _ = http.ParseTime(res.Header.Get("Date"))
	}
	if skew := date.Sub(r.c.Clock.Now()); !date.IsZero() && skew.Abs() > 2*time.Second {
		r.skew = skew
		r.log().Warn("the local clock differs from the service's; using the service's", "difference", skew)
	}
	return nil
}

// ReachError means that Microsoft Graph gave no answer at all.
type ReachError struct{ Err error }

// Error says why, without the address, which is always the same.
func (e *ReachError) Error() string {
	err := e.Err
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err
	}
	return "Microsoft Graph cannot be reached: " + oneLine(err.Error())
}

// Unwrap returns the cause.
func (e *ReachError) Unwrap() error { return e.Err }

// reachError keeps what ends a run for another reason.
func reachError(err error) error {
	if fatal(err) {
		return err
	}
	return &ReachError{Err: err}
}

// now is the service's time.
func (r *run) now() time.Time { return r.c.Clock.Now().Add(r.skew) }

func (r *run) log() *slog.Logger {
	if r.c.Log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return r.c.Log
}

// lanes runs each throttle class's sources one after the other and the classes
// side by side. The first fatal error stops all.
func (r *run) lanes(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var wg sync.WaitGroup
	for _, class := range r.classes() {
		wg.Go(func() {
			for _, s := range r.plan.Sources {
				if s.Class != class {
					continue
				}
				if err := r.source(ctx, s); err != nil {
					cancel(err)
				}
				close(r.ready[s.Name])
			}
		})
	}
	wg.Wait()
	return context.Cause(ctx)
}

func (r *run) classes() []Class {
	var classes []Class
	for _, s := range r.plan.Sources {
		if !slices.Contains(classes, s.Class) {
			classes = append(classes, s.Class)
		}
	}
	return classes
}

// source collects s and returns only what ends the run.
func (r *run) source(ctx context.Context, s *Source) error {
	if err := r.await(ctx, s); err != nil {
		return err
	}
	out := &spool{run: r, src: s}
	var err error
	switch {
	case !s.In(r.c.Cloud):
		r.addGap(s, r.unavailable(s))
	case s.Each != "":
		err = r.sweep(ctx, s, out)
	case s.Kind == Snapshot:
		err = r.snapshot(ctx, s, out)
	case s.Kind == Search:
		err = r.searches(ctx, s, out)
	case s.Kind == Feed:
		err = r.feed(ctx, s, out)
	default:
		err = r.windows(ctx, s, out)
	}
	if flushErr := out.flush(ctx); err == nil || !fatal(err) {
		err = errors.Join(err, flushErr)
	}
	r.ended(s, err)
	return err
}

// await waits for the source whose objects s is read for.
func (r *run) await(ctx context.Context, s *Source) error {
	if ch := r.ready[s.Each]; ch != nil {
		select {
		case <-ch:
		case <-ctx.Done():
		}
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return nil
}

func (r *run) addGap(s *Source, g gap) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.gaps[s.Name] = append(r.gaps[s.Name], g)
}

// report tells the listener how far s is.
func (r *run) report(s *Source, records, fresh int64) {
	r.tell(s, func(p *Progress) { p.Records += records; p.Fresh += fresh })
}

func (r *run) tell(s *Source, change func(*Progress)) {
	r.mu.Lock()
	p := r.stats[s.Name]
	change(p)
	now := *p
	r.mu.Unlock()
	if r.c.Progress != nil {
		r.c.Progress(now)
	}
}

func (r *run) ended(s *Source, err error) {
	r.mu.Lock()
	gaps := len(r.gaps[s.Name])
	r.mu.Unlock()
	r.tell(s, func(p *Progress) {
		switch {
		case err != nil:
			p.State = "stopped"
		case gaps > 0:
			p.State = "gap"
		default:
			p.State = "done"
		}
	})
}

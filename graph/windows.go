package graph

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/hunt365/hunt365/hunt"
)

// failuresInRow is how many windows of a source may fail one after the other
// before the source is given up. Finding one bad record in a week by halving
// takes twenty.
const failuresInRow = 26

// networkFailures is the same for no answer at all, which halving cannot help.
const networkFailures = 3

// narrowAttempts is how often a request is tried once its window was split: the
// fault is then known to stay.
const narrowAttempts = 3

// reader reads one window of a log into the spool. On error what was read so
// far is already in the spool.
type reader func(ctx context.Context, t task) (read, error)

// windows collects a log: filtered lists and advanced hunting.
func (r *run) windows(ctx context.Context, s *Source, out *spool) error {
	one := r.window
	if s.Kind == Hunt {
		one = r.huntWindow
	}
	return r.eachWindow(ctx, s, out, func(ctx context.Context, t task) (read, error) { return one(ctx, s, t, out) })
}

// eachWindow reads window after window, splitting those that fail, until
// everything is read or is a gap. What became due for a second reading meanwhile
// is read again at the end.
func (r *run) eachWindow(ctx context.Context, s *Source, out *spool, one reader) error {
	for round := 0; ; round++ {
		p := r.planner(s, round)
		more := len(p.queue)+len(p.left) > 0
		if err := r.drain(ctx, s, out, p, one); err != nil {
			return err
		}
		if err := out.flush(ctx); err != nil || !more {
			return err
		}
	}
}

// drain reads all that p hands out.
func (r *run) drain(ctx context.Context, s *Source, out *spool, p *planner, one reader) error {
	failures := breaker{}
	for {
		t, ok := p.next()
		if !ok {
			return nil
		}
		done, err := one(ctx, t)
		if err != nil && fatal(err) {
			return err
		}
		if err == nil && done.suspicious() {
			err = roundNumberError(done.Records)
		}
		if err != nil {
			if r.failed(s, p, t, done, err, &failures) {
				return nil
			}
			continue
		}
		failures = breaker{}
		p.learn(done.pages)
		if err := r.finish(ctx, s, out, t, done); err != nil {
			return err
		}
	}
}

// moreError means that a window holds, or may hold, more than was given.
type moreError struct{ why string }

func (e *moreError) Error() string { return "the service cuts its answer: " + e.why }

// roundNumberError doubts a listing that ends on what may be a limit: only when
// its halves are read too is it sure that nothing was cut.
func roundNumberError(records int64) error {
	return &moreError{fmt.Sprintf("exactly %d came, which may be a limit", records)}
}

// planner plans what of s is missing, apart from what already failed in this
// run. With Again, the second round reads everything once more to compare.
func (r *run) planner(s *Source, round int) *planner {
	known := r.journal.of(s.Name).reads
	p := newPlanner(s, r.whole(s), slices.Concat(known, r.gapReads(s)), r.now(), r.until)
	for _, k := range known {
		if round == 1 && r.plan.Again && !k.Verified && k.Note == "" && !reread(s, k, r.now()) {
			p.queue = append(p.queue, task{span: k.span, before: &k})
		}
	}
	return p
}

// gapReads makes this run's gaps look read, so that they are not tried again
// and again.
func (r *run) gapReads(s *Source) []read {
	r.mu.Lock()
	defer r.mu.Unlock()
	var reads []read
	for _, g := range r.gaps[s.Name] {
		reads = append(reads, read{span: g.span, At: g.End.Add(s.Settle), Verified: true})
	}
	return reads
}

// whole is the time that s can be asked for.
func (r *run) whole(s *Source) span {
	start := r.plan.Since.Truncate(time.Second)
	if oldest := r.until.Add(-s.Retention); s.Retention > 0 && start.Before(oldest) {
		start = oldest
	}
	return span{start, r.until}
}

// finish notes that a window was read.
func (r *run) finish(ctx context.Context, s *Source, out *spool, t task, done read) error {
	if t.before != nil && t.before.Sum == done.Sum && t.before.Records == done.Records && done.settled(s.Settle) {
		done.Verified = true
	}
	if err := out.breathe(ctx); err != nil {
		return err
	}
	out.mark(done.event(evRead, s.Name))
	r.tell(s, func(p *Progress) { p.Until = t.End })
	return nil
}

// breaker counts failures in a row.
type breaker struct{ all, network int }

func (b *breaker) trip(f Fault) bool {
	b.all++
	if f == faultNetwork {
		b.network++
	}
	return b.all > failuresInRow || b.network >= networkFailures
}

// failed decides what a window's failure means: try narrower, try again, note a
// gap, or give the source up, which it reports.
func (r *run) failed(s *Source, p *planner, t task, done read, err error, b *breaker) bool {
	fault := faultOf(err)
	var more *moreError
	if errors.As(err, &more) {
		if !p.split(t) {
			r.addGap(s, truncated(s, t.span, done.Records, more.why))
		}
		return false
	}
	r.log().Warn("window failed", "source", s.Name, "start", t.Start, "end", t.End, "fault", string(fault), "error", oneLine(err.Error()))
	switch {
	case r.fallBack(s, fault):
		p.again(t)
		return false
	case ofSource(fault) || b.trip(fault):
		r.giveUp(s, append([]span{t.span}, p.rest()...), err)
		return true
	case fault == faultNetwork:
		p.again(t)
		return false
	case p.split(t):
		return false
	case fault == FaultSkipToken && t.tries < 2:
		t.tries++ // a link that was lost need not be lost again
		p.again(t)
		return false
	}
	g := gapFor(s, t.span, err)
	g.Records = done.Records
	r.addGap(s, g)
	return false
}

// ofSource tells faults that every window of the source would have.
func ofSource(f Fault) bool {
	switch f {
	case FaultLicence, FaultPermission, FaultRole, FaultMailbox, FaultNoTable, FaultNotLogged,
		FaultNotFound, FaultUnsupported, FaultRequest, FaultToken, FaultThrottled:
		return true
	}
	return false
}

// fallBack switches s to its other endpoint when the first is not offered.
func (r *run) fallBack(s *Source, f Fault) bool {
	missing := f == FaultNotFound || f == FaultUnsupported || f == FaultRequest
	if !missing || s.Fallback == nil || r.version(s) == s.Fallback.Version {
		return false
	}
	err := r.journal.append(event{Kind: evVersion, Source: s.Name, Version: s.Fallback.Version})
	return err == nil
}

func (r *run) giveUp(s *Source, spans []span, err error) {
	for _, w := range spans {
		r.addGap(s, gapFor(s, w, err))
	}
}

// window reads one window of a filtered list.
func (r *run) window(ctx context.Context, s *Source, t task, out *spool) (read, error) {
	req := r.request(s, t.span)
	if t.depth > 0 {
		req.Attempts = narrowAttempts
	}
	l := r.listing(s, req)
	done, err := r.take(ctx, s, l, t.span, out)
	if err != nil && l.inside() && faultOf(err) == FaultRequest {
		err = linkError{err}
	}
	return done, err
}

// linkError is a refusal of a link that the service itself gave.
type linkError struct{ error }

func (e linkError) Unwrap() []error { return []error{errLoop, e.error} }

// take reads a listing into the spool, each record once.
func (r *run) take(ctx context.Context, s *Source, l *listing, w span, out *spool) (read, error) {
	done := read{span: w, At: r.now(), Expected: -1}
	known := newSeen()
	err := l.each(ctx, func(p page) error {
		for _, row := range p.rows {
			rec := s.record(row)
			k := keyOf(rec)
			if !known.add(k) {
				done.Duplicates++
				continue
			}
			done.Records++
			done.Sum ^= k.hash64()
			out.add(rec)
		}
		if p.count >= 0 {
			done.Expected = p.count
		}
		return out.breathe(ctx)
	})
	done.pages = l.pages
	return done, err
}

// unavailable is the gap of a source that the cloud does not have.
func (r *run) unavailable(s *Source) gap {
	g := gap{
		State: hunt.NotCollected, Reason: "the " + r.c.Cloud + " cloud does not offer " + s.Title + " through Microsoft Graph",
		Fix: "import an export of it",
	}
	if s.Kind == Search {
		g.Fix = "collect the last seven days with --sources default,activity-feed, and import an export for the time before"
	}
	if s.IsLog() {
		g.span = r.whole(s)
	}
	return g
}

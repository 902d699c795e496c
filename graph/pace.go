package graph

import (
	"context"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// Pacer spaces requests so that each class stays within its limit. It is safe
// for concurrent use.
type Pacer struct {
	clock Clock
	mu    sync.Mutex
	lanes map[Class]*pace
}

// pace is one class's schedule: next is when the next unit may be spent if no
// allowance was saved up.
type pace struct {
	limit
	next   time.Time
	paused time.Time
}

// NewPacer returns a pacer for the documented limits.
func NewPacer(clock Clock) *Pacer {
	p := &Pacer{clock: clock, lanes: map[Class]*pace{}}
	for _, l := range limits {
		p.lanes[l.class] = &pace{limit: l}
	}
	return p
}

// Wait sleeps until class may spend cost units.
func (p *Pacer) Wait(ctx context.Context, class Class, cost float64) error {
	if err := p.clock.Sleep(ctx, p.reserve(class, cost)); err != nil {
		return err
	}
	p.woke(class, cost)
	return nil
}

// woke counts the gap to the next request from when this one really goes, where
// no allowance is saved: a late one must not bring two close together.
func (p *Pacer) woke(class Class, cost float64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	lane := p.lanes[class]
	if lane == nil || lane.burst > 1 {
		return
	}
	if next := p.clock.Now().Add(lane.span(cost)); next.After(lane.next) {
		lane.next = next
	}
}

func (p *Pacer) reserve(class Class, cost float64) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	lane := p.lanes[class]
	if lane == nil {
		return 0
	}
	now := p.clock.Now()
	if earliest := now.Add(-lane.span(lane.burst - 1)); lane.next.Before(earliest) {
		lane.next = earliest
	}
	start := lane.next
	if start.Before(lane.paused) {
		start = lane.paused
		lane.next = lane.paused
	}
	lane.next = lane.next.Add(lane.span(cost))
	return start.Sub(now)
}

func (l limit) span(units float64) time.Duration {
	return time.Duration(units / l.rate * float64(time.Second))
}

// Pause holds class back until the given time, for all who share the limit.
func (p *Pacer) Pause(class Class, until time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if lane := p.lanes[class]; lane != nil && lane.paused.Before(until) {
		lane.paused = until
	}
}

// slowDown doubles the next gap when the service says that its own limit is
// near (it does so from 80 percent on).
func (p *Pacer) slowDown(class Class, cost float64, header http.Header) {
	used, err := strconv.ParseFloat(header.Get("x-ms-throttle-limit-percentage"), 64)
	if err != nil || used < 0.8 {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if lane := p.lanes[class]; lane != nil {
		lane.next = lane.next.Add(lane.span(cost))
	}
}

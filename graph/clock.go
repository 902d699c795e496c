package graph

import (
	"context"
	"sync"
	"time"
)

// Clock tells time and waits. Everything that waits does so through one, so
// that tests and the demo run on simulated time.
type Clock interface {
	Now() time.Time
	// Sleep waits for d or until ctx ends, and returns ctx's error then.
	Sleep(ctx context.Context, d time.Duration) error
}

// SystemClock is the machine's clock.
type SystemClock struct{}

// Now returns the present time in UTC.
func (SystemClock) Now() time.Time { return time.Now().UTC() }

// Sleep waits for d.
func (SystemClock) Sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// SimClock is a clock that jumps: a sleep ends at once and leaves the clock at
// the time the sleeper wanted. Sleepers in different goroutines overlap, as
// they do in real time, when they start from the same moment.
type SimClock struct {
	mu  sync.Mutex
	now time.Time
}

// NewSimClock returns a clock that stands at now.
func NewSimClock(now time.Time) *SimClock { return &SimClock{now: now.UTC()} }

// Now returns the simulated time.
func (c *SimClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Sleep moves the clock to d from now.
func (c *SimClock) Sleep(ctx context.Context, d time.Duration) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	c.Advance(d)
	return nil
}

// Advance moves the clock on by d.
func (c *SimClock) Advance(d time.Duration) {
	if d <= 0 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

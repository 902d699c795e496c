package main

import (
	"fmt"
	"io"
	"time"
)

// progress draws one line on a terminal, a few times a second; elsewhere it
// does nothing.
type progress struct {
	w     io.Writer // nil where nothing is drawn
	last  time.Time
	shown bool
}

func (p *program) newProgress() *progress {
	if !p.tty {
		return &progress{}
	}
	return &progress{w: p.err}
}

// show says how far a step is; all is 0 where the end is not known.
func (b *progress) show(step string, done, all int64) {
	if b.w == nil || time.Since(b.last) < 100*time.Millisecond {
		return
	}
	b.last, b.shown = time.Now(), true
	if all > 0 {
		fmt.Fprintf(b.w, "\r\x1b[K%s %3d%%", step, min(100*done/all, 100))
		return
	}
	fmt.Fprintf(b.w, "\r\x1b[K%s %d", step, done)
}

// clear takes the line away.
func (b *progress) clear() {
	if b.shown {
		fmt.Fprint(b.w, "\r\x1b[K")
		b.shown = false
	}
}

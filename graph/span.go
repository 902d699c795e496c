package graph

import (
	"slices"
	"time"

	"github.com/hunt365/hunt365/hunt"
)

// span is a closed time window. Neighbours share their boundary instant; the
// records on it are told apart by id.
type span struct {
	Start, End time.Time
}

func (s span) length() time.Duration { return s.End.Sub(s.Start) }

// halves splits s on a whole second, or says that least is reached.
func (s span) halves(least time.Duration) (span, span, bool) {
	if s.length() < 2*least {
		return s, s, false
	}
	mid := s.Start.Add(s.length() / 2).Truncate(time.Second)
	return span{s.Start, mid}, span{mid, s.End}, mid.After(s.Start) && mid.Before(s.End)
}

// read is a span that was read to its end.
type read struct {
	span
	At         time.Time
	Records    int64
	Duplicates int64
	Expected   int64  // the service's count, or -1
	Sum        uint64 // of the record ids, to compare two readings
	Verified   bool
	Note       string // something a reader of the ledger should know
	pages      int
}

// settled reports whether nothing can appear in the span any more that was not
// there when it was read.
func (r read) settled(settle time.Duration) bool { return !r.At.Before(r.End.Add(settle)) }

// short reports whether the service counted more than it gave.
func (r read) short() bool { return !r.Verified && r.Expected > r.Records }

// roundNumber is what the known silent limits of audit services (5,000, 10,000,
// 50,000, …) are multiples of.
const roundNumber = 5000

// suspicious reports whether a listing may have been cut without a word: it ends
// on a limit, and nobody counted.
func (r read) suspicious() bool {
	return r.Expected < 0 && r.Records > 0 && r.Records%roundNumber == 0
}

// missing returns the parts of whole that reads does not cover.
func missing(whole span, reads []read) []span {
	sorted := slices.Clone(reads)
	slices.SortFunc(sorted, func(a, b read) int { return a.Start.Compare(b.Start) })
	var gaps []span
	at := whole.Start
	for _, r := range sorted {
		if r.Start.After(at) && at.Before(whole.End) {
			gaps = append(gaps, span{at, minTime(r.Start, whole.End)})
		}
		at = maxTime(at, r.End)
	}
	if at.Before(whole.End) {
		gaps = append(gaps, span{at, whole.End})
	}
	return gaps
}

func minTime(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

func maxTime(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// without returns what is left of r when the span other is read anew. What is
// left must be read again, so it counts nothing.
func (r read) without(other span) []read {
	if !other.Start.Before(r.End) || !r.Start.Before(other.End) {
		return []read{r}
	}
	var left []read
	for _, s := range []span{{r.Start, other.Start}, {other.End, r.End}} {
		if s.length() > 0 {
			left = append(left, read{span: s, At: r.At, Expected: -1})
		}
	}
	return left
}

// gap is a span that could not be read, or not wholly.
type gap struct {
	span
	State   hunt.CoverageState
	Records int64 // what was read of it all the same
	Reason  string
	Fix     string
}

// planner hands out the windows of one log, oldest first, cut to a size that
// follows how full they are.
type planner struct {
	src   *Source
	size  time.Duration
	queue []task // explicit windows, done before new ones are cut
	left  []span // not yet cut
}

// task is a window to read. depth counts how often it was split.
type task struct {
	span
	depth  int
	tries  int
	before *read // an earlier reading to compare with
}

// newPlanner plans what reads lacks of whole. began is when this run did: what an
// earlier one got only part of is read again.
func newPlanner(src *Source, whole span, reads []read, now, began time.Time) *planner {
	p := &planner{src: src, size: src.Window, left: missing(whole, reads)}
	for _, r := range reads {
		if reread(src, r, now) || r.short() && r.At.Before(began) {
			before := r
			p.queue = append(p.queue, task{span: r.span, before: &before})
		}
	}
	return p
}

// reread reports whether a window should be read once more: late records may
// have come, and it is long enough since the last time to be worth it.
func reread(src *Source, r read, now time.Time) bool {
	if r.settled(src.Settle) {
		return false
	}
	return !now.Before(r.End.Add(src.Settle)) || now.Sub(r.At) >= src.Settle/4
}

func (p *planner) next() (task, bool) {
	if len(p.queue) > 0 {
		t := p.queue[0]
		p.queue = p.queue[1:]
		return t, true
	}
	if len(p.left) == 0 {
		return task{}, false
	}
	whole := p.left[0]
	cut := span{whole.Start, minTime(whole.Start.Add(p.size), whole.End)}
	if rest := (span{cut.End, whole.End}); rest.length() > 0 {
		p.left[0] = rest
	} else {
		p.left = p.left[1:]
	}
	return task{span: cut}, true
}

// split puts t's halves back, or says that it cannot be split.
func (p *planner) split(t task) bool {
	a, b, ok := t.halves(p.src.Least)
	if ok {
		p.queue = append([]task{{span: a, depth: t.depth + 1}, {span: b, depth: t.depth + 1}}, p.queue...)
	}
	return ok
}

func (p *planner) again(t task) { p.queue = append([]task{t}, p.queue...) }

// learn makes the next windows longer after nearly empty ones and shorter after
// very long listings, which the service is known to break off.
func (p *planner) learn(pages int) {
	switch {
	case pages <= 20:
		p.size = min(p.size*2, p.src.Most)
	case pages > 80:
		p.size = max(p.size/2, time.Hour, p.src.Least)
	}
}

// rest returns everything that was not handed out.
func (p *planner) rest() []span {
	var spans []span
	for _, t := range p.queue {
		if t.before == nil {
			spans = append(spans, t.span)
		}
	}
	return append(spans, p.left...)
}

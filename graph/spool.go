package graph

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"sync"
)

// flushBytes is how much a source holds back before it goes to the sink. A
// batch becomes a segment of evidence, so it should not be tiny.
const flushBytes = 8 << 20

// spool gathers a source's records and, behind them, the journal events that
// may be written only when the sink has those records.
type spool struct {
	run     *run
	src     *Source
	mu      sync.Mutex
	records []Record
	bytes   int
	marks   []event
}

func (s *spool) add(r Record) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.records = append(s.records, r)
	s.bytes += len(r.Raw)
}

// mark queues e behind the records that were added before it.
func (s *spool) mark(e event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.marks = append(s.marks, e)
}

// breathe flushes when enough is held.
func (s *spool) breathe(ctx context.Context) error {
	s.mu.Lock()
	full := s.bytes >= flushBytes
	s.mu.Unlock()
	if !full {
		return nil
	}
	return s.flush(ctx)
}

// flush hands everything to the sink and then moves the checkpoint. It goes on
// when ctx has been cancelled: what was read should not be read again.
func (s *spool) flush(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	ctx = context.WithoutCancel(ctx)
	if len(s.records) > 0 {
		fresh, err := s.run.c.Sink.Append(ctx, Batch{Source: s.src.Name, Format: s.src.Format, Records: s.records})
		if err != nil {
			return &SinkError{Err: err}
		}
		s.run.report(s.src, int64(len(s.records)), int64(fresh))
		clear(s.records) // the records hold whole pages
		s.records, s.bytes = s.records[:0], 0
	}
	if err := s.run.journal.append(s.marks...); err != nil {
		return &SinkError{Err: err}
	}
	s.marks = s.marks[:0]
	return nil
}

// SinkError means that what was collected could not be kept: the run ends.
type SinkError struct{ Err error }

// Error says why.
func (e *SinkError) Error() string { return "keep records: " + e.Err.Error() }

// Unwrap returns the cause.
func (e *SinkError) Unwrap() error { return e.Err }

// key identifies a record while duplicates are looked for.
type key [16]byte

func keyOf(r Record) key {
	var k key
	text := []byte(r.ID)
	if len(text) == 0 {
		text = r.Raw
	}
	sum := sha256.Sum256(text)
	copy(k[:], sum[:])
	return k
}

// hash64 folds k for sums and page fingerprints.
func (k key) hash64() uint64 { return binary.LittleEndian.Uint64(k[:8]) }

// seenMax bounds each of the two generations of [seen], and so its memory.
const seenMax = 200_000

// seen remembers recent record keys, at least the last seenMax of them. What it
// has forgotten the sink drops by id.
type seen struct{ young, old map[key]struct{} }

func newSeen() *seen { return &seen{young: map[key]struct{}{}} }

// add reports whether k is new.
func (s *seen) add(k key) bool {
	if _, ok := s.young[k]; ok {
		return false
	}
	if _, ok := s.old[k]; ok {
		return false
	}
	if len(s.young) >= seenMax {
		s.old, s.young = s.young, map[key]struct{}{}
	}
	s.young[k] = struct{}{}
	return true
}

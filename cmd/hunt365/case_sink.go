package main

import (
	"context"
	"errors"
	"path/filepath"
	"sync"

	"github.com/hunt365/hunt365/graph"
	"github.com/hunt365/hunt365/hunt"
	"github.com/hunt365/hunt365/hunt/ingest"
	"github.com/hunt365/hunt365/hunt/schema"
	"github.com/hunt365/hunt365/hunt/store"
)

// caseSink keeps what a collector brings in a case. The collector's lanes call
// it side by side; the case takes one at a time.
type caseSink struct {
	mu       sync.Mutex
	store    *store.Case
	receiver *ingest.Receiver
	rejects  *rejects
	tenant   string
	rejected int64
}

func newCaseSink(c *store.Case, tenant string) (*caseSink, error) {
	rejects, err := openRejects(filepath.Join(c.Dir(), "rejects.ndjson"))
	if err != nil {
		return nil, err
	}
	return &caseSink{store: c, receiver: ingest.NewReceiver(), rejects: rejects, tenant: tenant}, nil
}

// graphSource is what the case calls a source of the collector.
func graphSource(name string) string { return "graph/" + name }

// Append keeps a batch as evidence. It reaches the tables with the next
// statement of coverage, at the latest when the run ends.
func (s *caseSink) Append(ctx context.Context, b graph.Batch) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	sum, err := s.store.Keep(ctx, graphSource(b.Source), func(add store.AddFunc) error {
		for _, r := range b.Records {
			if err := s.add(b, r, add); err != nil {
				return err
			}
		}
		return nil
	})
	return int(sum.New), err
}

// add keeps one record. What cannot be read goes to the rejects, as on import.
func (s *caseSink) add(b graph.Batch, r graph.Record, add store.AddFunc) error {
	rec, err := s.receiver.Record(b.Format, graphSource(b.Source), r.Raw)
	if err != nil {
		s.rejected++
		return s.rejects.add(ingest.Reject{File: graphSource(b.Source), Reason: err.Error(), Raw: string(r.Raw[:min(len(r.Raw), 4096)])})
	}
	out := &store.Record{
		Kind: rec.Kind, Format: rec.Format, ID: rec.ID, Time: rec.Time, Timed: rec.Timed, Tenant: rec.Tenant, Raw: rec.Raw, File: rec.File,
	}
	if rec.Kind == "snapshot" || !rec.Timed && !r.Time.IsZero() {
		// an object does not say of which moment it is, nor whose it is
		out.Time, out.Timed = schema.Ticks(r.Time), true
	}
	if rec.Kind == "snapshot" {
		out.ID = r.ID
	}
	if out.Tenant == "" {
		out.Tenant = s.tenant
	}
	_, err = add(out)
	return err
}

// Coverage states the ledger in the case.
func (s *caseSink) Coverage(ctx context.Context, entries []graph.Entry) error {
	var facts []hunt.Coverage
	for _, e := range entries {
		for _, table := range e.Tables {
			facts = append(facts, hunt.Coverage{
				Table: table, Source: graphSource(e.Source), State: e.State, Start: e.Start, End: e.End,
				Records: e.Records, Reason: e.Reason, Fix: e.Fix,
			})
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.store.RecordCoverage(ctx, facts)
}

func (s *caseSink) close() error { return errors.Join(s.rejects.close(), s.store.Close()) }

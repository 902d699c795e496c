package graph

import (
	"context"
	"time"
)

// listings is how often a snapshot is read before a fault in it is accepted.
const listings = 8

// snapshot reads the whole state of one kind of object.
func (r *run) snapshot(ctx context.Context, s *Source, out *spool) error {
	if r.journal.of(s.Name).whole != nil {
		return nil
	}
	var best read
	var last error
	for try := 0; try < listings; try++ {
		objects := r.newObjects(s)
		done, err := r.readSnapshot(ctx, s, out, objects)
		if err != nil && fatal(err) {
			return err
		}
		if err != nil && (r.fallBack(s, faultOf(err)) || !ofSource(faultOf(err))) {
			best, last = done, err
			continue
		}
		if err != nil {
			r.addGap(s, gapFor(s, span{}, err))
			return nil
		}
		best, last = done, nil
		if done.Expected < 0 || done.Records >= done.Expected {
			break
		}
	}
	if last != nil {
		g := gapFor(s, span{}, last)
		g.Records = best.Records
		r.addGap(s, g)
		return nil
	}
	best.Verified = best.Expected >= 0 && best.Records == best.Expected || s.Single
	out.mark(best.event(evWhole, s.Name))
	return nil
}

// readSnapshot reads s once. When it is whole, the objects that other sources
// need go to the journal with it.
func (r *run) readSnapshot(ctx context.Context, s *Source, out *spool, objects []*objects) (read, error) {
	req := r.request(s, span{})
	l := r.listing(s, req)
	if s.Single {
		l.rowsKey = ""
	}
	done := read{At: r.now(), Expected: -1}
	known := map[key]struct{}{}
	err := l.each(ctx, func(p page) error {
		if p.count >= 0 {
			done.Expected = p.count
		}
		for _, row := range p.rows {
			rec := r.snapshotRecord(s, "", row)
			k := keyOf(rec)
			if _, ok := known[k]; ok {
				done.Duplicates++
				continue
			}
			known[k] = struct{}{}
			done.Records++
			out.add(rec)
			for _, o := range objects {
				o.add(row)
			}
		}
		return out.breathe(ctx)
	})
	if err == nil {
		for _, o := range objects {
			out.mark(o.event())
		}
	}
	return done, err
}

// snapshotRecord names row by kind, parent, own id and the run's time, so that
// a later snapshot is kept beside it. The parent is not in the row.
func (r *run) snapshotRecord(s *Source, parent string, row []byte) Record {
	id := s.Name
	if parent != "" {
		id += "/" + parent
	}
	if own := textField(row, s.idField()); own != "" && !(s.Single && parent != "") {
		id += "/" + own
	}
	at := r.journal.snapshot
	return Record{ID: id + "@" + at.Format(time.RFC3339), Time: at, Raw: row}
}

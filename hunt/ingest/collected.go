package ingest

import (
	"fmt"
	"strings"

	"github.com/hunt365/hunt365/hunt/schema"
)

// Receiver takes records whose format is known because they were asked for. It
// is not safe for concurrent use.
type Receiver struct {
	reader *reader
	scan   scanner
	buf    []byte
	got    *Record
}

// NewReceiver returns a Receiver.
func NewReceiver() *Receiver {
	rc := &Receiver{}
	w := &walker{opts: Options{}.withDefaults(), rec: newRecognizer(Formats()), take: func(r *Record) error {
		rc.got = r
		return nil
	}}
	rc.reader = &reader{w: w, shape: JSON, found: map[*Format]int64{}, notes: map[string]int64{}}
	return rc
}

// Record turns raw, one JSON object of the format called format, into a Record
// that is valid until the next call. from is where it came from. Errors mean
// that it cannot be taken.
func (rc *Receiver) Record(format, from string, raw []byte) (*Record, error) {
	f := rc.reader.w.rec.byName[format]
	if f == nil {
		return nil, fmt.Errorf("no format %q", format)
	}
	end, err := rc.scan.scan(raw)
	if err != nil {
		return nil, fmt.Errorf("record of %s: %w", format, err)
	}
	if end != len(raw) || len(raw) == 0 || raw[0] != '{' {
		return nil, fmt.Errorf("record of %s: not one JSON object", format)
	}
	if rc.scan.space || rc.scan.lone {
		rc.buf = compact(rc.buf[:0], raw)
		raw = rc.buf
		if rc.scan.lone {
			mendSurrogates(raw)
		}
	}
	rc.reader.file.Name, rc.got = from, nil
	if err := rc.reader.emit(f, raw, 0, rc.scan.fields, nil); err != nil {
		return nil, err
	}
	return rc.got, nil
}

// collectedFormats are what only a collector asks for. They have no shape: they
// are never recognised in files. A snapshot's objects alone do not say of which
// moment they are.
var collectedFormats = func() []Format {
	all := []Format{
		{Name: "graph/GraphApiAuditEvents", Kind: "graphActivity", Doc: "advanced hunting rows of GraphApiAuditEvents", ID: []string{"RequestId"}, Time: []string{"Timestamp"}},
	}
	for _, t := range schema.Tables() {
		if strings.HasPrefix(t.Name, "Tenant") && t.Ours {
			all = append(all, Format{Name: "graph-snapshot/" + t.Name, Kind: "snapshot", Doc: "Graph objects for " + t.Name})
		}
	}
	return all
}()

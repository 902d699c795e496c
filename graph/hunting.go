package graph

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/hunt365/hunt365/hunt"
)

// huntingRows is what advanced hunting gives at most, without saying so.
const huntingRows = 100_000

// huntWindow reads one window of an advanced hunting table. It counts first, so
// that no question is asked whose answer would be cut.
func (r *run) huntWindow(ctx context.Context, s *Source, t task, out *spool) (read, error) {
	where := fmt.Sprintf("%s | where Timestamp between (datetime(%s) .. datetime(%s))", s.Table, stamp(t.Start), stamp(t.End))
	counted, err := r.hunting(ctx, s, t, where+" | count")
	if err != nil {
		return read{}, err
	}
	expected := int64(-1)
	if len(counted.rows) == 1 {
		expected = count(counted.rows[0], "Count")
	}
	more := &moreError{fmt.Sprintf("its limit is %d", huntingRows)}
	if expected > huntingRows && t.length() >= 2*s.Least {
		return read{}, more
	}
	p, err := r.hunting(ctx, s, t, where)
	if err == nil && int64(len(p.rows)) < expected {
		p, err = r.hunting(ctx, s, t, where)
	}
	done := read{span: t.span, At: r.now(), Expected: expected}
	known := newSeen()
	for _, row := range p.rows {
		k := keyOf(Record{Raw: row}) // report ids are not unique in every table
		if !known.add(k) {
			done.Duplicates++
			continue
		}
		done.Records++
		done.Sum ^= k.hash64()
		out.add(s.record(row))
	}
	if err == nil && len(p.rows) >= huntingRows && expected != int64(len(p.rows)) {
		return done, more
	}
	done.Verified = err == nil && expected == done.Records+done.Duplicates
	return done, err
}

func (r *run) hunting(ctx context.Context, s *Source, t task, query string) (page, error) {
	body, err := json.Marshal(map[string]string{"query": query, "timespan": stamp(t.Start) + "/" + stamp(t.End)})
	if err != nil {
		return page{}, fmt.Errorf("make hunting query: %w", err)
	}
	return r.page(ctx, &Request{
		Method: http.MethodPost, Version: r.version(s), Path: s.Path, Header: headers(s), Body: body, Class: s.Class,
	}, "results")
}

// truncated is the gap of a window that holds more than one question may ask for.
func truncated(s *Source, w span, records int64, why string) gap {
	g := gap{
		span: w, State: hunt.Truncated, Records: records,
		Reason: "this window holds more records than the service gives for one question (" + oneLine(why) + ")",
		Fix:    "import an export of this window",
	}
	if s.Kind == Search && len(s.Types) == 0 {
		g.Fix = "ask for record types one by one (--sources ual-exchange,ual-entra,ual-sharepoint), or import an export of this window"
	}
	return g
}

package graph

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"net/http"
	"strings"
	"time"
)

// errLoop means that a listing does not end: it leads back to where it was.
var errLoop = errors.New("the service's listing leads in a circle")

// repeatedPages is how many pages in a listing may be ones that were already
// seen before it counts as a circle.
const repeatedPages = 20

// listing follows one answer's pages to the end.
type listing struct {
	run     *run
	src     *Source
	req     *Request
	rowsKey string
	pages   int
	links   map[string]struct{}
	prints  map[uint64]struct{}
	repeats int
}

func (r *run) listing(src *Source, req *Request) *listing {
	return &listing{run: r, src: src, req: req, rowsKey: "value", links: map[string]struct{}{}, prints: map[uint64]struct{}{}}
}

// each calls visit for every page. A page that is broken off is visited too,
// with the rows before the break, and then the error is returned.
func (l *listing) each(ctx context.Context, visit func(page) error) error {
	for {
		p, err := l.run.page(ctx, l.req, l.rowsKey)
		if len(p.rows) > 0 || err == nil {
			if visitErr := visit(p); visitErr != nil {
				return visitErr
			}
		}
		if err != nil {
			return err
		}
		l.pages++
		if p.next == "" {
			return nil
		}
		if err := l.follow(p); err != nil {
			return err
		}
	}
}

// follow points the request at the next page. Headers are sent again with each.
func (l *listing) follow(p page) error {
	if !strings.HasPrefix(p.next, l.run.c.Root+"/") {
		return fmt.Errorf("%w: the next page is on another host", errLoop)
	}
	if _, ok := l.links[p.next]; ok {
		return errLoop
	}
	l.links[p.next] = struct{}{}
	if len(p.rows) > 0 {
		mark := fingerprint(p.rows)
		if _, ok := l.prints[mark]; ok {
			l.repeats++
		}
		l.prints[mark] = struct{}{}
	}
	if l.repeats > repeatedPages {
		return errLoop
	}
	next := *l.req
	next.URL = p.next
	l.req = &next
	return nil
}

// inside reports whether an error came from a followed link: a refusal there is
// about the link and not about the request.
func (l *listing) inside() bool { return l.req.URL != "" }

func fingerprint(rows [][]byte) uint64 {
	h := fnv.New64a()
	h.Write(rows[0])
	h.Write(rows[len(rows)-1])
	fmt.Fprint(h, len(rows))
	return h.Sum64()
}

// page fetches one page. The framing is the check of the body, so it runs once.
func (r *run) page(ctx context.Context, req *Request, rowsKey string) (page, error) {
	var p page
	one := *req
	one.Check = func(body []byte) error {
		var err error
		p, err = parsePage(body, rowsKey)
		return err
	}
	_, err := r.c.Fetch.Fetch(ctx, &one)
	return p, err
}

// headers are those that every request carries: without the first, values that
// are newer than the API's model are hidden.
func headers(s *Source) http.Header {
	h := http.Header{
		"Prefer":                   {"include-unknown-enum-members"},
		"X-Ms-Throttle-Priority":   {"low"},
		"Return-Client-Request-Id": {"true"},
	}
	if s.Counted {
		h.Set("ConsistencyLevel", "eventual")
	}
	return h
}

// version is where s is read: the fallback once it was needed.
func (r *run) version(s *Source) string {
	if v := r.journal.of(s.Name).version; v != "" {
		return v
	}
	return s.Version
}

// request is the first request of s for window w; w is zero for a snapshot.
func (r *run) request(s *Source, w span) *Request {
	version, filter := r.version(s), s.Filter
	if s.Fallback != nil && version == s.Fallback.Version {
		filter = s.Fallback.Filter
	}
	req := &Request{
		Method: http.MethodGet, Version: version, Path: s.Path,
		Header: headers(s), Class: s.Class, Cost: s.Cost,
	}
	if s.Select != "" {
		req.Query = append(req.Query, Param{"$select", s.Select})
	}
	if w.length() > 0 {
		filter = join(filter, s.Time+" ge "+stamp(w.Start)+" and "+s.Time+" le "+stamp(w.End))
	}
	if filter != "" {
		req.Query = append(req.Query, Param{"$filter", filter})
	}
	if s.PageSize > 0 {
		req.Query = append(req.Query, Param{"$top", fmt.Sprint(s.PageSize)})
	}
	req.Query = append(req.Query, s.Extra...)
	return req
}

func join(a, b string) string {
	if a == "" {
		return b
	}
	return a + " and " + b
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }

// record takes row's id and time out of it.
func (s *Source) record(row []byte) Record {
	rec := Record{ID: textField(row, s.idField()), Raw: row}
	if at, err := time.Parse(time.RFC3339Nano, textField(row, s.Time)); err == nil {
		rec.Time = at
	}
	return rec
}

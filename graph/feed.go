package graph

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/hunt365/hunt365/hunt"
)

// contentTypes are the parts of the Management Activity API's feed.
var contentTypes = []string{"Audit.Exchange", "Audit.AzureActiveDirectory", "Audit.SharePoint", "Audit.General"}

// feed collects the Management Activity API: seven days only, but the only audit
// log that GCC High and DoD give. Content exists from the moment on at which
// someone subscribed, and subscribing writes to the tenant, so that is done only
// when it was asked for.
func (r *run) feed(ctx context.Context, s *Source, out *spool) error {
	if r.c.Activity == nil {
		r.addGap(s, gap{span: r.whole(s), State: hunt.NotCollected, Reason: "the Management Activity API was not set up", Fix: "name the source with --sources activity-feed"})
		return nil
	}
	active, err := r.subscriptions(ctx, s)
	if err != nil {
		if fatal(err) {
			return err
		}
		r.addGap(s, gapFor(s, r.whole(s), err))
		return nil
	}
	if len(active) == 0 {
		r.addGap(s, gap{
			span: r.whole(s), State: hunt.NotLogged, Reason: "nobody has subscribed to the tenant's activity feed, so it holds nothing",
			Fix: "start it with --start-subscriptions (this writes to the tenant); content comes within 12 hours",
		})
		return nil
	}
	for _, missing := range contentTypes {
		if !slices.Contains(active, missing) {
			r.addGap(s, gap{span: r.whole(s), State: hunt.Partial, Reason: "nobody has subscribed to " + missing, Fix: "start it with --start-subscriptions (this writes to the tenant)"})
		}
	}
	return r.eachWindow(ctx, s, out, func(ctx context.Context, t task) (read, error) { return r.feedWindow(ctx, s, active, t, out) })
}

// subscriptions lists the content types that are subscribed to, after starting
// them all if that was asked for.
func (r *run) subscriptions(ctx context.Context, s *Source) ([]string, error) {
	var p page
	_, err := r.c.Activity.Fetch(ctx, &Request{Method: http.MethodGet, Path: s.Path + "/subscriptions/list", Class: s.Class, Check: arrayInto(&p)})
	if err != nil {
		return nil, err
	}
	var active []string
	for _, row := range p.rows {
		if textField(row, "status") == "enabled" {
			active = append(active, textField(row, "contentType"))
		}
	}
	for _, kind := range contentTypes {
		if !r.plan.Subscribe || slices.Contains(active, kind) {
			continue
		}
		_, err := r.c.Activity.Fetch(ctx, &Request{
			Method: http.MethodPost, Path: s.Path + "/subscriptions/start", Query: []Param{{"contentType", kind}}, Class: s.Class,
		})
		if err != nil {
			return nil, fmt.Errorf("subscribe to %s: %w", kind, err)
		}
		active = append(active, kind)
	}
	return active, nil
}

func arrayInto(p *page) func([]byte) error {
	return func(body []byte) error {
		var err error
		*p, err = parseArray(body)
		return err
	}
}

// feedWindow reads what became available in one window. Its times are those of
// availability; a record can be days older.
func (r *run) feedWindow(ctx context.Context, s *Source, active []string, t task, out *spool) (read, error) {
	done := read{span: t.span, At: r.now(), Expected: -1}
	known := newSeen()
	for _, kind := range active {
		blobs, err := r.blobs(ctx, s, kind, t.span)
		if err != nil {
			return done, err
		}
		for _, link := range blobs {
			var p page
			if _, err := r.c.Activity.Fetch(ctx, &Request{Method: http.MethodGet, URL: link, Class: s.Class, Check: arrayInto(&p)}); err != nil {
				return done, err
			}
			r.keepFeed(s, p.rows, known, &done, out)
			if err := out.breathe(ctx); err != nil {
				return done, err
			}
		}
		done.pages += len(blobs)
	}
	return done, nil
}

func (r *run) keepFeed(s *Source, rows [][]byte, known *seen, done *read, out *spool) {
	for _, row := range rows {
		rec := s.record(row)
		if at, err := time.Parse("2006-01-02T15:04:05", textField(row, s.Time)); err == nil {
			rec.Time = at
		}
		k := keyOf(rec)
		if !known.add(k) {
			done.Duplicates++
			continue
		}
		done.Records++
		done.Sum ^= k.hash64()
		out.add(rec)
	}
}

// blobs lists the content of a window. The next page is in a header.
func (r *run) blobs(ctx context.Context, s *Source, kind string, w span) ([]string, error) {
	const minute = "2006-01-02T15:04:05"
	req := &Request{
		Method: http.MethodGet, Path: s.Path + "/subscriptions/content", Class: s.Class,
		Query: []Param{{"contentType", kind}, {"startTime", w.Start.Format(minute)}, {"endTime", w.End.Format(minute)}},
	}
	var links []string
	for pages := map[string]bool{}; ; {
		var p page
		one := *req
		one.Check = arrayInto(&p)
		res, err := r.c.Activity.Fetch(ctx, &one)
		if err != nil {
			return nil, err
		}
		for _, row := range p.rows {
			links = append(links, textField(row, "contentUri"))
		}
		next := res.Header.Get("NextPageUri")
		if next == "" {
			return links, r.sameHost(links)
		}
		if pages[next] || r.sameHost([]string{next}) != nil {
			return nil, errLoop
		}
		pages[next] = true
		req = &Request{Method: http.MethodGet, URL: next, Class: s.Class}
	}
}

// sameHost refuses links that would carry the token elsewhere.
func (r *run) sameHost(links []string) error {
	for _, link := range links {
		if !strings.HasPrefix(link, r.c.ActivityRoot+"/") {
			return fmt.Errorf("%w: content on another host", errLoop)
		}
	}
	return nil
}

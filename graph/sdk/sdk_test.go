package sdk

import (
	"context"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hunt365/hunt365/graph"
	"github.com/hunt365/hunt365/graph/graphtest"
)

type token struct{}

func (token) Token(context.Context, string) (string, error) { return "test", nil }

type sink struct {
	mu  sync.Mutex
	ids map[string]int
}

func (s *sink) Append(_ context.Context, b graph.Batch) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ids[b.Source] += len(b.Records)
	return len(b.Records), nil
}

func (s *sink) Coverage(context.Context, []graph.Entry) error { return nil }

// collect runs all sources but hunting against the fake tenant over HTTPS.
func collect(t *testing.T, faults graphtest.Faults, open func(base string, o graph.ClientOptions) graph.Fetcher) (map[string]int, []string) {
	t.Helper()
	end := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	clock := graph.NewSimClock(end.Add(time.Minute))
	server := &graphtest.Server{
		Tenant: graphtest.NewTenant(graphtest.Config{Seed: 7, Days: 4, Users: 30, Now: end}), Faults: faults, Now: clock.Now,
	}
	srv := httptest.NewTLSServer(server)
	defer srv.Close()
	sources, err := graph.Select(nil, "global")
	if err != nil {
		t.Fatal(err)
	}
	sources = slices.DeleteFunc(sources, func(s *graph.Source) bool { return s.Name == "hunting-graphapi" })
	out := &sink{ids: map[string]int{}}
	c := &graph.Collector{
		Fetch: open(srv.URL, graph.ClientOptions{Base: srv.Client().Transport, Tokens: token{}, Clock: clock, Pacer: graph.NewPacer(clock)}),
		Root:  srv.URL, Sink: out, Clock: clock, Dir: t.TempDir(), Tenant: "t", Cloud: "global",
	}
	entries, err := c.Run(context.Background(), graph.Plan{Sources: sources, Since: end.AddDate(0, 0, -5), Batch: 20, Mailboxes: graph.Mailboxes{All: true}})
	if err != nil {
		t.Fatal(err)
	}
	var gaps []string
	for _, e := range entries {
		if e.State.IsGap() && !strings.Contains(e.Reason, "cannot be expressed") {
			gaps = append(gaps, e.Source+": "+e.Reason)
		}
	}
	return out.ids, gaps
}

// The SDK and plain HTTP bring the same records, also when the service
// misbehaves.
func TestSameAsPlainHTTP(t *testing.T) {
	plain, gaps := collect(t, graphtest.Faults{}, func(base string, o graph.ClientOptions) graph.Fetcher {
		return &graph.HTTPFetcher{Client: graph.NewClient(o), Base: base}
	})
	if gaps != nil {
		t.Fatal(gaps)
	}
	faults := map[string]graphtest.Faults{
		"calm":   {},
		"stormy": {Throttle: 0.05, ServerError: 0.05, Reset: 0.04, Truncate: 0.04, ExpireAuth: 0.03, Licence: 0.03},
	}
	for name, f := range faults {
		t.Run(name, func(t *testing.T) {
			got, gaps := collect(t, f, func(base string, o graph.ClientOptions) graph.Fetcher {
				fetcher, err := New(base, o)
				if err != nil {
					t.Fatal(err)
				}
				return fetcher
			})
			if gaps != nil {
				t.Error(gaps)
			}
			for source, n := range plain {
				if got[source] < n {
					t.Errorf("%s: %d records, want %d", source, got[source], n)
				}
			}
		})
	}
}

// Every v1.0 source is asked for through a builder, but for those that the SDK
// has none for.
func TestBuildersCoverTheSources(t *testing.T) {
	byHandOnly := []string{"/security/auditLog/queries", "/admin/exchange/tracing/messageTraces", "/security/runHuntingQuery"}
	for _, s := range graph.Sources() {
		if s.Version != "v1.0" || s.Kind == graph.Feed || slices.Contains(byHandOnly, s.Path) {
			continue
		}
		build, _ := builderFor(&graph.Request{Method: "GET", Version: "v1.0", Path: strings.Replace(s.Path, "{id}", "an-id", 1)})
		if build == nil {
			t.Errorf("%s: no builder for %s", s.Name, s.Path)
		}
	}
}

// Answers that the SDK would turn into errors of its own come back with status,
// code and request id.
func TestErrorsKeepTheirAnswer(t *testing.T) {
	server := &graphtest.Server{
		Tenant: graphtest.NewTenant(graphtest.Config{Seed: 7, Days: 1, Users: 5}), Now: time.Now,
		Faults: graphtest.Faults{Deny: map[string]int{"/domains": 403}},
	}
	srv := httptest.NewTLSServer(server)
	defer srv.Close()
	f, err := New(srv.URL, graph.ClientOptions{Base: srv.Client().Transport, Tokens: token{}})
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.Fetch(context.Background(), &graph.Request{Method: "GET", Version: "v1.0", Path: "/domains", Class: graph.Directory})
	api, ok := err.(*graph.APIError)
	if !ok || api.Status != 403 || api.Code != "Authorization_RequestDenied" || api.RequestID == "" || api.Fault != graph.FaultPermission {
		t.Errorf("error is %#v", err)
	}
}

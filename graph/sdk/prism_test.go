package sdk

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hunt365/hunt365/graph"
	"github.com/hunt365/hunt365/graph/graphtest"
)

// counter counts answers by status.
type counter struct {
	next http.RoundTripper
	mu   sync.Mutex
	n    map[int]int
}

func (c *counter) RoundTrip(req *http.Request) (*http.Response, error) {
	res, err := c.next.RoundTrip(req)
	if err == nil {
		c.mu.Lock()
		c.n[res.StatusCode]++
		c.mu.Unlock()
	}
	return res, err
}

// v1Sources are all sources as v1.0 has them.
func v1Sources() []*graph.Source {
	var all []*graph.Source
	for _, s := range graph.Sources() {
		if s.Version == "beta" && s.Fallback == nil || s.Kind == graph.Feed || s.Kind == graph.Search && len(s.Types) > 0 {
			continue
		}
		if s.Version == "beta" {
			s.Version, s.Filter, s.Fallback = "v1.0", s.Fallback.Filter, nil
		}
		all = append(all, s)
	}
	return all
}

// TestPrism collects every v1.0 source from a mock that Microsoft's own API
// description drives. .ci/graph-mock starts the mock and sets HUNT365_PRISM.
func TestPrism(t *testing.T) {
	base := os.Getenv("HUNT365_PRISM")
	if base == "" {
		t.Skip("no HUNT365_PRISM: .ci/graph-mock runs this")
	}
	count := &counter{next: http.DefaultTransport, n: map[int]int{}}
	clock := graph.NewSimClock(time.Now())
	fetcher, err := New(base, graph.ClientOptions{Base: count, Tokens: token{}, Clock: clock, Pacer: graph.NewPacer(clock)})
	if err != nil {
		t.Fatal(err)
	}
	out := &sink{ids: map[string]int{}}
	all := v1Sources()
	listed := slices.DeleteFunc(slices.Clone(all), func(s *graph.Source) bool {
		return s.Kind == graph.Search || strings.HasPrefix(s.Path, "/directory/deletedItems") // the mock has no deleted items
	})
	c := &graph.Collector{Fetch: fetcher, Root: base, Sink: out, Clock: clock, Dir: t.TempDir(), Tenant: "t", Cloud: "global"}
	entries, err := c.Run(context.Background(), graph.Plan{Sources: listed, Since: clock.Now().AddDate(0, 0, -2), Mailboxes: graph.Mailboxes{All: true}})
	if err != nil {
		t.Fatal(err)
	}
	whole := map[string]bool{}
	for _, e := range entries {
		if !e.State.IsGap() || e.State == "partial" {
			whole[e.Source] = true
			continue
		}
		t.Errorf("%s is %s: %s", e.Source, e.State, e.Reason)
	}
	searched := prismSearch(t, fetcher)
	records := 0
	for _, n := range out.ids {
		records += n
	}
	t.Logf("%d of %d v1.0 sources to the end, %d records; audit search: %d records; answers by status: %v", len(whole), len(listed), records, searched, count.n)
}

// prismSearch makes an audit search and reads it. The mock's never finish, so
// that is not waited for.
func prismSearch(t *testing.T, f *Fetcher) int {
	ctx := context.Background()
	path := "/security/auditLog/queries"
	res, err := f.Fetch(ctx, &graph.Request{
		Method: "POST", Version: "v1.0", Path: path, Class: graph.Audit,
		Body: []byte(`{"displayName":"hunt365","filterStartDateTime":"2026-11-01T00:00:00Z","filterEndDateTime":"2026-11-02T00:00:00Z","recordTypeFilters":[]}`),
	})
	if err != nil {
		t.Fatal(err)
	}
	var made struct{ ID string }
	if err := json.Unmarshal(res.Body, &made); err != nil || made.ID == "" {
		t.Fatalf("no id in %s", res.Body)
	}
	if _, err := f.Fetch(ctx, &graph.Request{Method: "GET", Version: "v1.0", Path: path + "/" + made.ID, Class: graph.Audit}); err != nil {
		t.Error(err)
	}
	res, err = f.Fetch(ctx, &graph.Request{Method: "GET", Version: "v1.0", Path: path + "/" + made.ID + "/records", Class: graph.Audit, Query: []graph.Param{{Name: "$top", Value: "5000"}}})
	if err != nil {
		t.Fatal(err)
	}
	var page struct{ Value []json.RawMessage }
	if err := json.Unmarshal(res.Body, &page); err != nil {
		t.Error(err)
	}
	return len(page.Value)
}

// TestFakeTenantOnPort serves the fake tenant over plain HTTP, without the
// version in its paths, for `prism proxy` to stand in front of, and asks for
// every path through it. .ci/graph-mock sets both addresses.
func TestFakeThroughPrism(t *testing.T) {
	port, proxy := os.Getenv("HUNT365_FAKE_PORT"), os.Getenv("HUNT365_PRISM_PROXY")
	if port == "" || proxy == "" {
		t.Skip("no HUNT365_PRISM_PROXY: .ci/graph-mock runs this")
	}
	now := time.Now()
	tenant := graphtest.NewTenant(graphtest.Config{Seed: 3, Days: 3, Users: 20, Now: now, Intrusions: graphtest.Intrusions()})
	clock := graph.NewSimClock(now)
	server := &graphtest.Server{Tenant: tenant, Now: clock.Now}
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		req.URL.Path = "/v1.0" + req.URL.Path
		server.ServeHTTP(w, req)
	}))
	srv.Listener.Close()
	listener, err := listen(port)
	if err != nil {
		t.Fatal(err)
	}
	srv.Listener = listener
	srv.Start()
	defer srv.Close()
	asked, bad := 0, 0
	ask := func(method, path, body string) []byte {
		asked++
		raw, status := through(t, method, proxy+path, body)
		if status/100 != 2 {
			bad++
			t.Errorf("%s %s: %d %.1500s", method, path, status, raw)
		}
		return raw
	}
	for _, s := range v1Sources() {
		switch {
		case strings.HasPrefix(s.Path, "/directory/"), s.Kind == graph.Search, s.Kind == graph.Hunt:
		case s.Each != "":
			parent := slices.IndexFunc(graph.Sources(), func(p *graph.Source) bool { return p.Name == s.Each })
			for _, o := range tenant.Lists[graph.Sources()[parent].Path] {
				path := strings.Replace(s.Path, "{id}", o.ID, 1)
				if tenant.Lists[path] != nil || tenant.Singles[path] != nil {
					ask("GET", path, "")
					break
				}
			}
		default:
			ask("GET", s.Path, "")
		}
	}
	var made struct{ ID string }
	raw := ask("POST", "/security/auditLog/queries", fmt.Sprintf(`{"displayName":"x","filterStartDateTime":%q,"filterEndDateTime":%q,"recordTypeFilters":[]}`,
		now.AddDate(0, 0, -2).UTC().Format(time.RFC3339), now.UTC().Format(time.RFC3339)))
	if err := json.Unmarshal(raw, &made); err != nil {
		t.Fatal(err)
	}
	clock.Advance(time.Hour)
	ask("GET", "/security/auditLog/queries/"+made.ID, "")
	ask("GET", "/security/auditLog/queries/"+made.ID+"/records", "")
	t.Logf("%d paths through prism proxy --errors, %d refused", asked, bad)
}

func through(t *testing.T, method, target, body string) ([]byte, int) {
	t.Helper()
	req, err := http.NewRequest(method, target, bytes.NewReader([]byte(body)))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer test")
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return raw, res.StatusCode
}

func listen(port string) (net.Listener, error) { return net.Listen("tcp", "127.0.0.1:"+port) }

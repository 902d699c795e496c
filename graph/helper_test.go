package graph_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hunt365/hunt365/graph"
	"github.com/hunt365/hunt365/graph/graphtest"
)

// end is the moment at which the fake tenants' history ends.
var end = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

const fakeRoot = "https://graph.test"

// memorySink keeps ids in memory, as a case does by id.
type memorySink struct {
	mu      sync.Mutex
	ids     map[string]map[string]bool // by source
	entries map[string][]graph.Entry
	onWrite func(n int) error
	n       int
}

func newMemorySink() *memorySink {
	return &memorySink{ids: map[string]map[string]bool{}, entries: map[string][]graph.Entry{}}
}

func (s *memorySink) Append(_ context.Context, b graph.Batch) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.onWrite != nil {
		if err := s.onWrite(s.n); err != nil {
			return 0, err
		}
	}
	s.n++
	have := s.ids[b.Source]
	if have == nil {
		have = map[string]bool{}
		s.ids[b.Source] = have
	}
	fresh := 0
	for _, r := range b.Records {
		if !json.Valid(r.Raw) {
			return 0, fmt.Errorf("record %s is not JSON", r.ID)
		}
		id := r.ID
		if at := strings.LastIndexByte(id, '@'); at > 0 && !strings.HasPrefix(b.Source, "signin") {
			id = id[:at]
		}
		if !have[id] {
			have[id] = true
			fresh++
		}
	}
	return fresh, nil
}

func (s *memorySink) Coverage(_ context.Context, entries []graph.Entry) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.entries = map[string][]graph.Entry{}
	for _, e := range entries {
		s.entries[e.Source] = append(s.entries[e.Source], e)
	}
	return nil
}

// rig is a collector in front of a fake tenant, on simulated time.
type rig struct {
	tenant *graphtest.Tenant
	server *graphtest.Server
	clock  *graph.SimClock
	sink   *memorySink
	dir    string
	plan   graph.Plan
}

func newRig(t *testing.T, cfg graphtest.Config, faults graphtest.Faults) *rig {
	t.Helper()
	if cfg.Now.IsZero() {
		cfg.Now = end
	}
	// a skewed service is one beside a wrong local clock: its own time is right
	clock := graph.NewSimClock(end.Add(time.Minute - faults.Skew))
	tenant := graphtest.NewTenant(cfg)
	sources, err := graph.Select([]string{"default", "provisioning", "message-trace"}, "global")
	if err != nil {
		t.Fatal(err)
	}
	sources = slices.DeleteFunc(sources, func(s *graph.Source) bool { return s.Name == "hunting-graphapi" }) // the tenant has no such table
	return &rig{
		tenant: tenant, clock: clock, sink: newMemorySink(), dir: t.TempDir(),
		server: &graphtest.Server{Tenant: tenant, Faults: faults, Now: clock.Now, Limits: true},
		plan: graph.Plan{
			Sources: sources, Since: end.AddDate(0, 0, -max(cfg.Days, 30)-1), Batch: 20, Mailboxes: graph.Mailboxes{All: true},
		},
	}
}

type fixedToken struct{}

func (fixedToken) Token(context.Context, string) (string, error) { return "test", nil }

func (r *rig) collector(seed uint64) *graph.Collector {
	client := graph.NewClient(graph.ClientOptions{
		Base: graphtest.Transport{Handler: r.server}, Tokens: fixedToken{}, Clock: r.clock,
		Pacer: graph.NewPacer(r.clock), Seed: seed,
	})
	return &graph.Collector{
		Fetch: &graph.HTTPFetcher{Client: client, Base: fakeRoot}, Root: fakeRoot, Sink: r.sink,
		Clock: r.clock, Dir: r.dir, Tenant: r.tenant.ID, Cloud: "global",
	}
}

// truth is what a perfect collection holds, by source.
func (r *rig) truth() map[string]map[string]bool {
	want := map[string]map[string]bool{}
	parents := map[string][]graphtest.Item{}
	for _, s := range r.plan.Sources {
		if s.Each == "" {
			parents[s.Name] = r.tenant.Lists[s.Path]
		}
	}
	for _, s := range r.plan.Sources {
		set := map[string]bool{}
		switch {
		case s.Each != "":
			for _, p := range parents[s.Each] {
				r.children(s, p, set)
			}
		case s.Kind == graph.Hunt:
			for _, i := range r.tenant.Lists["hunting/"+s.Table] {
				set[i.ID] = true
			}
		case s.IsLog():
			for _, i := range r.tenant.Lists[strings.Replace(s.Path, "/queries", "/records", 1)] {
				if kind := kindOf(s); kind == "" || kind == i.Kind {
					set[i.ID] = true
				}
			}
		case s.Single:
			set[singleID(s, r.tenant.Singles[s.Path])] = true
		default:
			for _, i := range r.tenant.Lists[s.Path] {
				set[s.Name+"/"+i.ID] = true
			}
		}
		want[s.Name] = set
	}
	return want
}

func singleID(s *graph.Source, raw []byte) string {
	var o struct{ ID string }
	_ = json.Unmarshal(raw, &o)
	if o.ID != "" {
		return s.Name + "/" + o.ID
	}
	return s.Name
}

func (r *rig) children(s *graph.Source, p graphtest.Item, set map[string]bool) {
	path := strings.Replace(s.Path, "{id}", p.ID, 1)
	if s.Single && r.tenant.Singles[path] != nil {
		set[s.Name+"/"+p.ID] = true
	}
	var o struct{ UserType, AuthenticationType string }
	_ = json.Unmarshal(p.Raw, &o)
	if o.UserType == "Guest" || s.Where == "federated" && o.AuthenticationType != "Federated" {
		return
	}
	for _, i := range r.tenant.Lists[path] {
		var row struct{ ID string }
		_ = json.Unmarshal(i.Raw, &row)
		set[s.Name+"/"+p.ID+"/"+row.ID] = true
	}
}

func kindOf(s *graph.Source) string {
	if _, kind, ok := strings.Cut(s.Filter, " eq '"); ok {
		return strings.TrimSuffix(kind, "')")
	}
	return ""
}

// differences compares what the sink has with the truth.
func (r *rig) differences() []string {
	var out []string
	for source, want := range r.truth() {
		have := r.sink.ids[source]
		lost, extra := 0, 0
		example := ""
		for id := range want {
			if !have[id] {
				lost++
				example = id
			}
		}
		for id := range have {
			if !want[id] {
				extra++
				example = id
			}
		}
		if lost+extra > 0 {
			out = append(out, fmt.Sprintf("%s: %d of %d lost, %d invented (%s)", source, lost, len(want), extra, example))
		}
	}
	slices.Sort(out)
	return out
}

// gaps lists the ledger's gaps as short lines.
func gaps(entries []graph.Entry) []string {
	var out []string
	for _, e := range entries {
		if e.State.IsGap() && e.State != "expired" {
			out = append(out, fmt.Sprintf("%s %s: %s", e.Source, e.State, e.Reason))
		}
	}
	return out
}

// fileSink keeps ids in files, synced, for tests that kill the process.
type fileSink struct {
	dir string
	mu  sync.Mutex
}

func (s *fileSink) Append(_ context.Context, b graph.Batch) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f, err := os.OpenFile(filepath.Join(s.dir, b.Source+".ids"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	var buf bytes.Buffer
	for _, r := range b.Records {
		fmt.Fprintln(&buf, r.ID)
	}
	if _, err := f.Write(buf.Bytes()); err != nil {
		return 0, err
	}
	return len(b.Records), f.Sync()
}

func (s *fileSink) Coverage(_ context.Context, entries []graph.Entry) error {
	for _, e := range entries {
		if err := os.WriteFile(filepath.Join(s.dir, e.Source+".coverage"), nil, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// load reads what file sinks wrote into a memory sink.
func (s *fileSink) load(t *testing.T, into *memorySink) {
	t.Helper()
	names, _ := filepath.Glob(filepath.Join(s.dir, "*.ids"))
	for _, name := range names {
		f, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		source := strings.TrimSuffix(filepath.Base(name), ".ids")
		b := graph.Batch{Source: source}
		for sc := bufio.NewScanner(f); sc.Scan(); {
			b.Records = append(b.Records, graph.Record{ID: sc.Text(), Raw: []byte("{}")})
		}
		f.Close()
		if _, err := into.Append(context.Background(), b); err != nil {
			t.Fatal(err)
		}
	}
}

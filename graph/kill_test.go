package graph_test

import (
	"context"
	"crypto/tls"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/hunt365/hunt365/graph"
	"github.com/hunt365/hunt365/graph/graphtest"
)

// fastClock runs many times faster than real time, the same in every process
// that shares its epoch.
type fastClock struct{ epoch, start time.Time }

const fast = 20_000

func (c fastClock) Now() time.Time { return c.start.Add(time.Since(c.epoch) * fast).UTC() }

func (c fastClock) Sleep(ctx context.Context, d time.Duration) error {
	return graph.SystemClock{}.Sleep(ctx, d/fast)
}

func killPlan(t *testing.T) graph.Plan {
	t.Helper()
	sources, err := graph.Select([]string{"signin-interactive", "signin-noninteractive", "directory-audits", "ual", "users", "message-rules", "app-role-assignments"}, "global")
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range sources {
		if s.PageSize > 0 {
			s.PageSize = 25
		}
	}
	return graph.Plan{Sources: sources, Since: end.AddDate(0, 0, -8), Batch: 20, Mailboxes: graph.Mailboxes{All: true}}
}

// TestCollectorProcess is not a test: it is the process that TestKill9 kills.
func TestCollectorProcess(t *testing.T) {
	dir := os.Getenv("HUNT365_CHILD_DIR")
	if dir == "" {
		t.Skip("only for TestKill9")
	}
	root := os.Getenv("HUNT365_CHILD_ROOT")
	nanos, _ := strconv.ParseInt(os.Getenv("HUNT365_CHILD_EPOCH"), 10, 64)
	clock := fastClock{time.Unix(0, nanos), end.Add(time.Minute)}
	base := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}
	client := graph.NewClient(graph.ClientOptions{Base: base, Tokens: fixedToken{}, Clock: clock, Pacer: graph.NewPacer(clock)})
	c := &graph.Collector{
		Fetch: &graph.HTTPFetcher{Client: client, Base: root}, Root: root, Sink: &fileSink{dir: dir}, Clock: clock, Dir: dir, Tenant: "t", Cloud: "global",
	}
	if _, err := c.Run(context.Background(), killPlan(t)); err != nil {
		t.Fatal(err)
	}
}

// TestKill9 kills the collecting process for real, again and again, while it
// talks HTTPS to the fake tenant.
func TestKill9(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Skip(err)
	}
	dead := 0
	defer func() {
		if t.Logf("%d kills", dead); dead == 0 {
			t.Error("no process was killed in time")
		}
	}()
	for seed := range uint64(runs(t, 10)/2 + 1) {
		epoch := time.Now()
		clock := fastClock{epoch, end.Add(time.Minute)}
		r := newRig(t, graphtest.Config{Seed: 50 + seed, Days: 6, Users: 24, Daily: 120, Audits: 90}, graphtest.Faults{
			Truncate: 0.05, Reset: 0.05, Duplicate: 0.1, Empty: 0.1, ServerError: 0.05, ExpireToken: 0.03,
		})
		r.server.Now, r.server.Limits = clock.Now, false
		srv := httptest.NewTLSServer(r.server)
		rng := rand.New(rand.NewPCG(seed, 3))
		for kills := 0; ; kills++ {
			cmd := exec.Command(self, "-test.run=^TestCollectorProcess$")
			cmd.Env = append(os.Environ(), "HUNT365_CHILD_DIR="+r.dir, "HUNT365_CHILD_ROOT="+srv.URL, "HUNT365_CHILD_EPOCH="+strconv.FormatInt(epoch.UnixNano(), 10))
			if kills < 6 {
				if err := cmd.Start(); err != nil {
					t.Fatal(err)
				}
				timer := time.AfterFunc(time.Duration(30+rng.IntN(70))*time.Millisecond, func() { _ = cmd.Process.Kill() })
				err := cmd.Wait()
				timer.Stop()
				if err == nil {
					t.Logf("seed %d: finished after %d kills", seed, kills)
					dead += kills
					break
				}
				continue
			}
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			dead += kills
			break
		}
		srv.Close()
		(&fileSink{dir: r.dir}).load(t, r.sink)
		r.plan = killPlan(t)
		if d := r.differences(); d != nil {
			t.Errorf("seed %d: %v", seed, d)
		}
		if covers, _ := filepath.Glob(filepath.Join(r.dir, "*.coverage")); len(covers) != len(r.plan.Sources) {
			t.Errorf("coverage of %d sources, want %d", len(covers), len(r.plan.Sources))
		}
	}
}

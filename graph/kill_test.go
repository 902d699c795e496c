package graph_test

import (
	"context"
	"crypto/tls"
	"io"
	"log"
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

// killed is a tenant whose collecting process is killed.
type killed struct {
	*rig
	root  string
	epoch time.Time
	rng   *rand.Rand
}

// TestKill9 kills the collecting process for real, again and again, while it
// talks HTTPS to the fake tenant. Only deaths by which the checkpoint had grown
// count. It goes on until forty were survived (ten with the race detector); with HUNT365_FULL=1, until forty
// tenants were.
func TestKill9(t *testing.T) {
	deaths, tenants := 0, 0
	enough := func() bool { return deaths >= runs(160)/slower }
	if os.Getenv("HUNT365_FULL") != "" {
		enough = func() bool { return tenants >= 40 }
	}
	for seed := uint64(0); !enough(); seed++ {
		if seed > 200 {
			t.Fatalf("only %d deaths of %d tenants in 200 tries", deaths, tenants)
		}
		n := killOne(t, seed)
		deaths += n
		tenants += min(n, 1)
	}
	t.Logf("%d kills, %d tenants", deaths, tenants)
}

// killOne collects a tenant and returns how many deaths that took.
func killOne(t *testing.T, seed uint64) int {
	k := &killed{epoch: time.Now(), rng: rand.New(rand.NewPCG(seed, 3))}
	k.rig = newRig(t, graphtest.Config{Seed: 50 + seed, Days: 6, Users: 24, Daily: 120, Audits: 90}, graphtest.Faults{
		Truncate: 0.05, Reset: 0.05, Duplicate: 0.1, Empty: 0.1, ServerError: 0.05, ExpireToken: 0.03,
	})
	k.server.Now, k.server.Limits = fastClock{k.epoch, end.Add(time.Minute)}.Now, false
	srv := httptest.NewUnstartedServer(k.server)
	srv.Config.ErrorLog = log.New(io.Discard, "", 0)
	srv.StartTLS()
	defer srv.Close()
	k.root = srv.URL
	deaths := 0
	for try := 0; try < 8; try++ {
		before := k.checkpoint()
		if k.process(time.Duration(25+k.rng.IntN(60))*time.Millisecond) == nil {
			break
		}
		if k.checkpoint() > before {
			deaths++
		}
	}
	if err := k.process(0); err != nil {
		t.Fatal(err)
	}
	(&fileSink{dir: k.dir}).load(t, k.sink)
	k.plan = killPlan(t)
	if d := k.differences(); d != nil {
		t.Errorf("seed %d: %v", seed, d)
	}
	if covers, _ := filepath.Glob(filepath.Join(k.dir, "*.coverage")); len(covers) != len(k.plan.Sources) {
		t.Errorf("coverage of %d sources, want %d", len(covers), len(k.plan.Sources))
	}
	return deaths
}

// process collects in a process of its own, which is killed after a while; a
// while of 0 is for ever.
func (k *killed) process(while time.Duration) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	cmd := exec.Command(self, "-test.run=^TestCollectorProcess$")
	cmd.Env = append(os.Environ(), "HUNT365_CHILD_DIR="+k.dir, "HUNT365_CHILD_ROOT="+k.root, "HUNT365_CHILD_EPOCH="+strconv.FormatInt(k.epoch.UnixNano(), 10))
	if err := cmd.Start(); err != nil {
		return err
	}
	if while > 0 {
		timer := time.AfterFunc(while, func() { _ = cmd.Process.Kill() })
		defer timer.Stop()
	}
	return cmd.Wait()
}

// checkpoint is how much the collector has noted.
func (k *killed) checkpoint() int64 {
	info, err := os.Stat(filepath.Join(k.dir, "collect.ndjson"))
	if err != nil {
		return 0
	}
	return info.Size()
}

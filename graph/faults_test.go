package graph_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hunt365/hunt365/graph"
	"github.com/hunt365/hunt365/graph/graphtest"
)

// everyFault is a bad day for the service: about one request in four fails.
func everyFault(seed uint64) graphtest.Faults {
	r := rand.New(rand.NewPCG(seed, 1))
	some := func(most float64) float64 { return r.Float64() * most }
	f := graphtest.Faults{
		Throttle: some(0.06), ThrottleBare: some(0.04), ServerError: some(0.06), Reset: some(0.05), Truncate: some(0.05),
		Duplicate: some(0.2), Reorder: some(0.5), Empty: some(0.2), ExpireToken: some(0.1), ExpireAuth: some(0.03), Licence: some(0.05), Loop: some(0.04),
		FailSearch: some(0.1), CancelSearch: some(0.1), MissInner: some(0.05), InnerError: some(0.1),
		Shortchange: r.IntN(2) == 0, Skew: time.Duration(r.IntN(7200)-3600) * time.Second,
	}
	if r.IntN(2) == 0 {
		f.RecordLimit = 60
	}
	return f
}

// runs is how many of n seeded tenants a test collects: a quarter, all of them
// with HUNT365_FULL=1, and a few with -short.
func runs(n int) int {
	switch {
	case os.Getenv("HUNT365_FULL") != "":
		return n
	case testing.Short():
		return n / 20
	}
	return n / 4
}

// seeded is a tenant for the fault tests: with HUNT365_FULL=1 a larger one.
func seeded(seed uint64) graphtest.Config {
	if os.Getenv("HUNT365_FULL") != "" {
		return graphtest.Config{Seed: seed, Days: 6, Users: 24, Daily: 120, Audits: 90}
	}
	return graphtest.Config{Seed: seed, Days: 3, Users: 18, Daily: 110, Audits: 80}
}

// TestFaultsLoseNothing collects tenants from a service that misbehaves in every
// way that still lets everything through, and expects the exact truth.
func TestFaultsLoseNothing(t *testing.T) {
	var mu sync.Mutex
	total := map[string]int{}
	t.Cleanup(func() { t.Log("faults:", total) })
	for seed := range uint64(runs(160)) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			r := newRig(t, seeded(seed), everyFault(seed))
			pageSmall(r)
			entries, err := r.collector(seed).Run(context.Background(), r.plan)
			if err != nil {
				t.Fatal(err)
			}
			check(t, r, entries)
			mu.Lock()
			defer mu.Unlock()
			for kind, n := range r.server.FaultCounts() {
				total[kind] += n
			}
		})
	}
}

// pageSmall makes pages small, so that small tenants have many.
func pageSmall(r *rig) {
	for _, s := range r.plan.Sources {
		if s.PageSize > 0 {
			s.PageSize = 25
		}
	}
}

// check expects the truth and no gap but those that belong to it.
func check(t *testing.T, r *rig, entries []graph.Entry) {
	t.Helper()
	if d := r.differences(); d != nil {
		t.Errorf("differences:\n%s\nfaults: %v", strings.Join(d, "\n"), r.server.FaultCounts())
	}
	for _, g := range gaps(entries) {
		if !strings.Contains(g, "cannot be expressed") {
			t.Errorf("gap: %s", g)
		}
	}
}

// errKilled stands for the death of the process.
var errKilled = errors.New("killed")

// TestKilledRunsGoOn ends runs at random writes, without any goodbye, and starts
// a fresh collector on the case folder until one comes through.
func TestKilledRunsGoOn(t *testing.T) {
	for seed := range uint64(runs(40)) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			r := newRig(t, seeded(1000+seed), everyFault(seed))
			pageSmall(r)
			rng := rand.New(rand.NewPCG(seed, 9))
			kills := 0
			for {
				if kills < 4 {
					at := r.sink.n + rng.IntN(12)
					r.sink.onWrite = func(n int) error {
						if n >= at {
							return errKilled
						}
						return nil
					}
				} else {
					r.sink.onWrite = nil
				}
				entries, err := r.collector(seed).Run(context.Background(), r.plan)
				if err == nil {
					check(t, r, entries)
					break
				}
				if !errors.Is(err, errKilled) {
					t.Fatal(err)
				}
				kills++
			}
			if kills == 0 {
				t.Error("the run was never killed")
			}
		})
	}
}

package graph_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/hunt365/hunt365/graph/graphtest"
)

func TestCollectsTheWholeTenant(t *testing.T) {
	r := newRig(t, graphtest.Config{Seed: 1, Days: 28, Intrusions: graphtest.Intrusions()}, graphtest.Faults{})
	start := r.clock.Now()
	entries, err := r.collector(1).Run(context.Background(), r.plan)
	if err != nil {
		t.Fatal(err)
	}
	if d := r.differences(); d != nil {
		t.Errorf("differences:\n%s", strings.Join(d, "\n"))
	}
	t.Log("took", r.clock.Now().Sub(start).Round(time.Second), "gaps:\n"+strings.Join(gaps(entries), "\n"))
	// lanes share one jumping clock, so a request can arrive a little after its turn
	if n := r.server.Exceeded(); n > 3 {
		t.Errorf("%d requests were faster than the documented limits", n)
	}
}

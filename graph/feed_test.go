package graph_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/hunt365/hunt365/graph"
	"github.com/hunt365/hunt365/graph/graphtest"
	"github.com/hunt365/hunt365/hunt"
)

func (r *rig) feedCollector(seed uint64) *graph.Collector {
	c := r.collector(seed)
	c.ActivityRoot = fakeRoot
	c.Activity = graph.NewHTTPFetcher(fakeRoot+"/api/v1.0/"+r.tenant.ID, graph.ClientOptions{
		Base: graphtest.Transport{Handler: r.server}, Tokens: fixedToken{}, Clock: r.clock, Pacer: graph.NewPacer(r.clock), Seed: seed,
	})
	return c
}

// The activity feed brings the last seven days, and subscriptions start only
// when that was asked for.
func TestActivityFeed(t *testing.T) {
	for name, subscribe := range map[string]bool{"not asked": false, "asked": true} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, graphtest.Config{Seed: 4, Days: 6}, graphtest.Faults{Truncate: 0.05, ServerError: 0.05, ThrottleBare: 0.05})
			r.only(t, "activity-feed")
			r.plan.Subscribe = subscribe
			entries, err := r.feedCollector(1).Run(t.Context(), r.plan)
			if err != nil {
				t.Fatal(err)
			}
			have, want := len(r.sink.ids["activity-feed"]), len(r.tenant.Lists[graphtest.AuditRecords])
			if subscribe && have != want || !subscribe && have != 0 {
				t.Errorf("%d of %d records", have, want)
			}
			if !subscribe && !slices.ContainsFunc(entries, func(e graph.Entry) bool {
				return e.State == hunt.NotLogged && strings.Contains(e.Fix, "--start-subscriptions")
			}) {
				t.Errorf("the ledger does not say that nobody subscribed: %v", gaps(entries))
			}
			if starts := r.server.Requests()["/activity/feed/subscriptions/start"]; subscribe == (starts == 0) {
				t.Errorf("%d subscriptions were started", starts)
			}
		})
	}
}

package graph_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hunt365/hunt365/graph"
	"github.com/hunt365/hunt365/graph/graphtest"
	"github.com/hunt365/hunt365/hunt"
)

// only keeps the named sources of a rig's plan.
func (r *rig) only(t *testing.T, names ...string) {
	t.Helper()
	sources, err := graph.Select(names, "global")
	if err != nil {
		t.Fatal(err)
	}
	r.plan.Sources = sources
}

func (r *rig) run(t *testing.T) []graph.Entry {
	t.Helper()
	entries, err := r.collector(1).Run(context.Background(), r.plan)
	if err != nil {
		t.Fatal(err)
	}
	return entries
}

func states(entries []graph.Entry) []hunt.CoverageState {
	var all []hunt.CoverageState
	for _, e := range entries {
		all = append(all, e.State)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// A fault that cannot be overcome must be in the ledger, with the right state.
func TestLedgerSaysWhatIsMissing(t *testing.T) {
	tests := []struct {
		name   string
		faults graphtest.Faults
		source string
		want   hunt.CoverageState
		reason string
	}{
		{"licence", graphtest.Faults{Unlicensed: map[string]bool{"/auditLogs/signIns": true}}, "signin-interactive", hunt.NotLicensed, "Microsoft Entra ID P1"},
		{"permission", graphtest.Faults{Deny: map[string]int{"/auditLogs": 403}}, "directory-audits", hunt.NotPermitted, "AuditLog.Read.All"},
		{"permission of objects", graphtest.Faults{Deny: map[string]int{"/users/": 403}}, "message-rules", hunt.NotPermitted, "MailboxSettings.Read"},
		{"no endpoint", graphtest.Faults{Deny: map[string]int{"/security/auditLog": 400}}, "ual", hunt.Failed, "does not offer"},
		{"no parent", graphtest.Faults{Deny: map[string]int{"/domains": 403}}, "federation", hunt.NotCollected, "domains could not be listed"},
		{"endless loop", graphtest.Faults{Loop: 1, MaxFaults: 1 << 30}, "users", hunt.Truncated, "circle"},
		{"lost links", graphtest.Faults{ExpireToken: 1, MaxFaults: 1 << 30}, "users", hunt.Truncated, "lost its place"},
		{"server errors", graphtest.Faults{ServerError: 1, MaxFaults: 1 << 30}, "users", hunt.Failed, "fails"},
		{"throttled out", graphtest.Faults{Throttle: 1, MaxFaults: 1 << 30}, "directory-audits", hunt.Throttled, "throttling"},
		{"broken searches", graphtest.Faults{FailSearch: 1, MaxFaults: 1 << 30}, "ual", hunt.Failed, `"failed"`},
		{"record limit", graphtest.Faults{RecordLimit: 1}, "ual", hunt.Truncated, "more records than"},
		{"empty audit log", graphtest.Faults{}, "ual-empty", hunt.NotLogged, "not one record"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			cfg := graphtest.Config{Seed: 5, Days: 3, Users: 80, Daily: 900, Audits: 60}
			if test.name == "record limit" {
				cfg.Audits = 400 // more than one in the same minute
			}
			r := newRig(t, cfg, test.faults)
			if test.source == "ual-empty" {
				test.source = "ual"
				r.tenant.Lists[graphtest.AuditRecords] = nil
			}
			r.only(t, test.source)
			pageSmall(r)
			r.plan.Since = end.AddDate(0, 0, -2)
			entries := r.run(t)
			i := slices.IndexFunc(entries, func(e graph.Entry) bool { return e.Source == test.source && e.State == test.want })
			if i < 0 {
				t.Fatalf("states are %v, want %s: %v", states(entries), test.want, gaps(entries))
			}
			if e := entries[i]; !strings.Contains(e.Reason, test.reason) || e.Fix == "" {
				t.Errorf("reason %q does not say %q, or fix is empty: %q", e.Reason, test.reason, e.Fix)
			}
			if got := r.sink.entries[test.source]; len(got) == 0 {
				t.Error("the sink was not told")
			}
		})
	}
}

// Listings that cannot be paged are asked for in windows of one page.
func TestUnusableLinksAreAvoided(t *testing.T) {
	for name, faults := range map[string]graphtest.Faults{
		"endless loop": {Loop: 1, MaxFaults: 1 << 30}, "lost links": {ExpireToken: 1, MaxFaults: 1 << 30},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, graphtest.Config{Seed: 5, Days: 3, Daily: 900}, faults)
			r.only(t, "signin-interactive", "signin-noninteractive", "directory-audits", "ual")
			pageSmall(r)
			check(t, r, r.run(t))
		})
	}
}

// Without any answer the run does not even start, and says so.
func TestNoNetwork(t *testing.T) {
	r := newRig(t, graphtest.Config{Seed: 5, Days: 1}, graphtest.Faults{Reset: 1, MaxFaults: 1 << 30})
	if _, err := r.collector(1).Run(context.Background(), r.plan); err == nil || !strings.Contains(err.Error(), "Microsoft Graph cannot be reached") {
		t.Errorf("error is %v", err)
	}
}

// One record that breaks every page it is on costs a window of seconds, and
// everything else is collected.
func TestPoisonedRecordIsCutOut(t *testing.T) {
	for _, source := range []struct{ name, path, kind string }{
		{"signin-noninteractive", graphtest.SignIns, "nonInteractiveUser"},
		{"directory-audits", graphtest.DirectoryAudits, ""},
		{"ual", graphtest.AuditRecords, ""},
	} {
		t.Run(source.name, func(t *testing.T) {
			cfg := graphtest.Config{Seed: 8, Days: 4, Users: 12, Daily: 200, Audits: 200}
			probe := graphtest.NewTenant(func() graphtest.Config { c := cfg; c.Now = end; return c }())
			var bad graphtest.Item
			for _, i := range probe.Lists[source.path] {
				if source.kind == "" || i.Kind == source.kind {
					bad = i
					if i.At.Before(end.Add(-50 * time.Hour)) {
						break
					}
				}
			}
			r := newRig(t, cfg, graphtest.Faults{Poison: map[string]bool{bad.ID: true}})
			r.only(t, source.name)
			entries := r.run(t)
			lost := 0
			for id := range r.truth()[source.name] {
				if !r.sink.ids[source.name][id] {
					lost++
				}
			}
			width := time.Duration(0)
			covered := false
			for _, e := range entries {
				if e.State == hunt.Failed {
					width += e.End.Sub(e.Start)
					covered = covered || !bad.At.Before(e.Start) && !bad.At.After(e.End)
				}
			}
			if lost > 3 || !covered || width > 5*time.Minute {
				t.Errorf("%d records lost, gap of %s, covers the bad record: %v\n%v", lost, width, covered, gaps(entries))
			}
		})
	}
}

// Records that appear late are found by running the same line again.
func TestLateRecordsAreReconciled(t *testing.T) {
	cfg := graphtest.Config{Seed: 3, Days: 5, LateShare: 0.3, LateBy: 11 * time.Hour}
	r := newRig(t, cfg, graphtest.Faults{})
	first := r.run(t)
	if r.differences() == nil {
		t.Fatal("nothing was late: the test tests nothing")
	}
	if !slices.ContainsFunc(first, func(e graph.Entry) bool { return strings.Contains(e.Reason, "may still arrive") }) {
		t.Error("the ledger does not say that records may be late")
	}
	r.clock.Advance(26 * time.Hour)
	check(t, r, r.run(t))
}

// A cloud or version that lacks an endpoint is served by the older one, and the
// ledger says what that loses.
func TestFallsBackToV1(t *testing.T) {
	r := newRig(t, graphtest.Config{Seed: 3, Days: 2}, graphtest.Faults{})
	r.server.NoBeta = true
	r.only(t, "signin-interactive", "signin-noninteractive", "ual")
	entries := r.run(t)
	want := map[string]hunt.CoverageState{"signin-interactive": hunt.Partial, "signin-noninteractive": hunt.Failed, "ual": hunt.Verified}
	for source, state := range want {
		if !slices.ContainsFunc(entries, func(e graph.Entry) bool { return e.Source == source && e.State == state }) {
			t.Errorf("%s is not %s: %v", source, state, gaps(entries))
		}
	}
	if d := r.differences(); len(d) != 1 || !strings.HasPrefix(d[0], "signin-noninteractive") {
		t.Errorf("differences: %v", d)
	}
}

// A cancelled run says what it did not read.
func TestCancelledRunIsHonest(t *testing.T) {
	r := newRig(t, graphtest.Config{Seed: 3, Days: 10}, graphtest.Faults{})
	ctx, cancel := context.WithCancel(context.Background())
	r.sink.onWrite = func(n int) error {
		if n == 6 {
			cancel()
		}
		return nil
	}
	entries, err := r.collector(1).Run(ctx, r.plan)
	if err == nil {
		t.Fatal("a cancelled run must say so")
	}
	for _, s := range r.plan.Sources {
		if !slices.ContainsFunc(entries, func(e graph.Entry) bool { return e.Source == s.Name }) {
			t.Errorf("%s is not in the ledger", s.Name)
		}
	}
	if !slices.ContainsFunc(entries, func(e graph.Entry) bool { return e.State == hunt.NotCollected }) {
		t.Error("nothing is marked as not collected")
	}
	r.sink.onWrite = nil
	check(t, r, r.run(t))
}

func TestSampleOfMailboxesIsSaid(t *testing.T) {
	r := newRig(t, graphtest.Config{Seed: 3, Days: 1, Users: 60}, graphtest.Faults{})
	r.only(t, "message-rules")
	r.plan.Mailboxes = graph.Mailboxes{Sample: 10}
	entries := r.run(t)
	if !slices.ContainsFunc(entries, func(e graph.Entry) bool {
		return e.Source == "message-rules" && e.State == hunt.Partial && strings.Contains(e.Reason, "were not read")
	}) {
		t.Errorf("the ledger does not say that only a sample was read: %v", gaps(entries))
	}
}

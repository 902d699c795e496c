package graph_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hunt365/hunt365/graph"
	"github.com/hunt365/hunt365/graph/graphtest"
	"github.com/hunt365/hunt365/hunt"
)

// busy puts n records into one second of a log, so that no window separates them.
func busy(t *testing.T, r *rig, path string, at time.Time, n int) {
	t.Helper()
	list := r.tenant.Lists[path]
	model := slices.IndexFunc(list, func(i graphtest.Item) bool { return !i.At.After(at) })
	for k := range n {
		i := list[model]
		old := i.ID
		i.ID = strings.Replace(old, old[:8], "busy"+string(rune('a'+k/676%26))+string(rune('a'+k/26%26))+string(rune('a'+k%26))+"0", 1)
		i.Raw = []byte(strings.ReplaceAll(string(i.Raw), old, i.ID))
		i.At, i.Visible = at, at
		var object map[string]any
		if err := json.Unmarshal(i.Raw, &object); err != nil {
			t.Fatal(err)
		}
		object["createdDateTime"] = at.Format(time.RFC3339)
		i.Raw, _ = json.Marshal(object)
		list = append(list, i)
	}
	slices.SortStableFunc(list, func(a, b graphtest.Item) int { return b.At.Compare(a.At) })
	r.tenant.Lists[path] = list
}

// More records in one minute than a search gives are a truncated minute in the
// ledger, in every run, and everything else is there.
func TestRecordLimitWithinAMinute(t *testing.T) {
	r := newRig(t, graphtest.Config{Seed: 6, Days: 4, Audits: 60}, graphtest.Faults{RecordLimit: 100})
	r.only(t, "ual")
	at := end.Add(-30 * time.Hour).Truncate(time.Minute).Add(20 * time.Second)
	busy(t, r, graphtest.AuditRecords, at, 150)
	for run := range 2 {
		entries := r.run(t)
		var cut []graph.Entry
		for _, e := range entries {
			if e.State == hunt.Truncated {
				cut = append(cut, e)
			} else if e.State.IsGap() {
				t.Errorf("run %d: %s: %s", run, e.State, e.Reason)
			}
		}
		if len(cut) != 1 || cut[0].Start.After(at) || cut[0].End.Before(at) || cut[0].End.Sub(cut[0].Start) > 2*time.Minute {
			t.Fatalf("run %d: the truncated windows are %+v", run, cut)
		}
		if e := cut[0]; e.Records != 100 || !strings.Contains(e.Reason, "its limit is 100") || !strings.Contains(e.Fix, "ual-exchange") {
			t.Errorf("run %d: the ledger says %+v", run, e)
		}
		lost := 0
		for id := range r.truth()["ual"] {
			if !r.sink.ids["ual"][id] {
				lost++
				if !strings.HasPrefix(id, "busy") {
					t.Errorf("run %d: %s is lost", run, id)
				}
			}
		}
		if lost != 50 && run == 0 {
			t.Errorf("%d records are lost, want those beyond the limit", lost)
		}
	}
}

// A service that stops at 5,000 records without a word is found out: its round
// number is doubted, and the window is read in halves.
func TestSilentLimitsAreFoundOut(t *testing.T) {
	t.Parallel()
	r := newRig(t, graphtest.Config{Seed: 6, Days: 1, Daily: 13_000, Audits: 8000}, graphtest.Faults{CutAt: 5000})
	r.only(t, "signin-noninteractive", "ual")
	if n := len(r.truth()["ual"]); n < 6000 {
		t.Fatalf("%d records do not test the limit", n)
	}
	check(t, r, r.run(t))
}

// A window that stays at a round number is a gap, because nobody can tell.
func TestRoundNumberThatCannotBeSplit(t *testing.T) {
	t.Parallel()
	r := newRig(t, graphtest.Config{Seed: 6, Days: 2, Audits: 60}, graphtest.Faults{CutAt: 5000})
	r.only(t, "ual")
	busy(t, r, graphtest.AuditRecords, end.Add(-20*time.Hour).Truncate(time.Minute).Add(10*time.Second), 5200)
	entries := r.run(t)
	if !slices.ContainsFunc(entries, func(e graph.Entry) bool {
		return e.State == hunt.Truncated && strings.Contains(e.Reason, "exactly 5000 came")
	}) {
		t.Errorf("the ledger says %v", gaps(entries))
	}
}

// An advanced hunting window that holds more rows than one answer is halved.
func TestHuntingBeyondItsLimit(t *testing.T) {
	t.Parallel()
	r := newRig(t, graphtest.Config{Seed: 6, Days: 2}, graphtest.Faults{})
	r.only(t, "hunting-email")
	model := r.tenant.Lists["hunting/EmailEvents"][0]
	var many []graphtest.Item
	const n = 150_000
	for i := range n {
		item := model
		item.At = end.Add(-time.Duration(i) * 500 * time.Millisecond)
		item.Visible = item.At
		item.ID = "r" + item.At.Format("150405.000")
		item.Raw = []byte(`{"Timestamp":"` + item.At.Format(time.RFC3339Nano) + `","ReportId":"` + item.ID + `"}`)
		many = append(many, item)
	}
	r.tenant.Lists["hunting/EmailEvents"] = many
	entries := r.run(t)
	if g := gaps(entries); g != nil {
		t.Errorf("gaps: %v", g)
	}
	if d := r.differences(); d != nil {
		t.Errorf("differences: %v", d)
	}
}

// What an earlier run got only part of, by the service's own count, is read again
// by a later one.
func TestPartialWindowsAreReadAgain(t *testing.T) {
	r := newRig(t, graphtest.Config{Seed: 6, Days: 4, Audits: 60}, graphtest.Faults{ShortAlways: true})
	r.only(t, "ual")
	if entries := r.run(t); !slices.Contains(states(entries), hunt.Partial) {
		t.Fatalf("states are %v, want a partial one", states(entries))
	}
	r.server.Faults.ShortAlways = false
	r.clock.Advance(48 * time.Hour)
	check(t, r, r.run(t))
}

package graph_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/hunt365/hunt365/graph"
	"github.com/hunt365/hunt365/graph/graphtest"
	"github.com/hunt365/hunt365/hunt"
)

// swept lists whose settings the sink has, sorted.
func swept(r *rig) []string {
	var ids []string
	for id := range r.sink.ids["mailbox-settings"] {
		ids = append(ids, strings.TrimPrefix(id, "mailbox-settings/"))
	}
	slices.Sort(ids)
	return ids
}

// mailboxes lists the ids of people who have one.
func mailboxes(people []graphtest.Person) []string {
	var ids []string
	for _, p := range people {
		if p.Mailbox && !p.Guest {
			ids = append(ids, p.ID)
		}
	}
	slices.Sort(ids)
	return ids
}

func newSweep(t *testing.T, choice graph.Mailboxes) *rig {
	t.Helper()
	r := newRig(t, graphtest.Config{Seed: 3, Days: 1, Users: 60}, graphtest.Faults{InnerError: 0.1, MissInner: 0.05})
	r.only(t, "mailbox-settings")
	r.plan.Mailboxes = choice
	return r
}

// A choice of mailboxes is exactly what is read, and the ledger says how many
// were not.
func TestChosenMailboxes(t *testing.T) {
	model := newSweep(t, graph.Mailboxes{})
	people, group := model.tenant.People(), model.tenant.Group
	members := people[:7]
	tests := []struct {
		name   string
		choice graph.Mailboxes
		want   []string
	}{
		{"all", graph.Mailboxes{All: true}, mailboxes(people)},
		{"users by name and id", graph.Mailboxes{Users: []string{strings.ToUpper(people[1].UPN), people[3].ID}}, mailboxes([]graphtest.Person{people[1], people[3]})},
		{"group", graph.Mailboxes{Groups: []string{group}}, mailboxes(members)},
		{"group and user", graph.Mailboxes{Groups: []string{group}, Users: []string{people[12].UPN, people[2].UPN}}, mailboxes(append(slices.Clone(members), people[12]))},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := newSweep(t, test.choice)
			entries := r.run(t)
			if got := swept(r); !slices.Equal(got, test.want) {
				t.Errorf("%d mailboxes were read, want %d", len(got), len(test.want))
			}
			said := slices.ContainsFunc(entries, func(e graph.Entry) bool {
				return e.State == hunt.Partial && strings.Contains(e.Reason, "mailboxes were not read") && strings.Contains(e.Fix, "--all-users")
			})
			if said == test.choice.All {
				t.Errorf("the ledger says that some were not read: %v", said)
			}
			for _, e := range entries {
				if e.State == hunt.NotCollected {
					t.Errorf("%s: %s", e.State, e.Reason)
				}
			}
		})
	}
}

// Nobody's name is passed over in silence.
func TestChosenUserWithoutMailbox(t *testing.T) {
	r := newSweep(t, graph.Mailboxes{})
	people := r.tenant.People()
	guest := people[slices.IndexFunc(people, func(p graphtest.Person) bool { return p.Guest })]
	r.plan.Mailboxes.Users = []string{people[1].UPN, "tpyo@kestrel.example", guest.UPN}
	i := 0
	entries := r.run(t)
	if i = slices.IndexFunc(entries, func(e graph.Entry) bool { return e.State == hunt.NotCollected }); i < 0 {
		t.Fatalf("the ledger says %v", gaps(entries))
	}
	if e := entries[i]; e.Objects != 2 || !strings.HasSuffix(e.Reason, "no mailbox of tpyo@kestrel.example, "+guest.UPN) || !strings.Contains(e.Fix, "--users") {
		t.Errorf("the ledger says %+v", e)
	}
}

// A sample is of the size asked for, the same every time, and not the alphabet's
// beginning; the whole can follow it.
func TestSampleFirst(t *testing.T) {
	one, two := newSweep(t, graph.Mailboxes{Sample: 10}), newSweep(t, graph.Mailboxes{Sample: 10})
	one.run(t)
	two.run(t)
	sample := swept(one)
	all := mailboxes(one.tenant.People())
	if len(sample) < 7 || len(sample) > 10 || !slices.Equal(sample, swept(two)) || slices.Equal(sample, all[:len(sample)]) {
		t.Errorf("the samples are %v and %v", sample, swept(two))
	}
	one.plan.Mailboxes = graph.Mailboxes{All: true}
	one.run(t)
	if got := swept(one); !slices.Equal(got, all) {
		t.Errorf("%d mailboxes after the whole, want %d", len(got), len(all))
	}
}

// Rules that Graph cannot express are reported as that and not as empty ones.
func TestInexpressibleRulesAreSaid(t *testing.T) {
	r := newRig(t, graphtest.Config{Seed: 3, Days: 1, Users: 60}, graphtest.Faults{})
	r.only(t, "message-rules")
	hidden := int64(0)
	for path, list := range r.tenant.Lists {
		for _, i := range list {
			var rule struct{ IsReadOnly bool }
			if strings.HasSuffix(path, "/messageRules") && json.Unmarshal(i.Raw, &rule) == nil && rule.IsReadOnly {
				hidden++
			}
		}
	}
	entries := r.run(t)
	if hidden == 0 || !slices.ContainsFunc(entries, func(e graph.Entry) bool {
		return e.State == hunt.Partial && e.Objects == hidden && strings.Contains(e.Reason, "cannot be expressed")
	}) {
		t.Errorf("%d rules are hidden, the ledger says %v", hidden, gaps(entries))
	}
}

package graph

import (
	"cmp"
	"context"
	"crypto/sha256"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// sampleSize is how many mailboxes are swept when nobody said which.
const sampleSize = 25

// key tells one choice from another: a run with a different one is a new run.
func (m Mailboxes) key() string {
	switch {
	case m.All:
		return "all"
	case len(m.Users)+len(m.Groups) > 0:
		return strings.ToLower(strings.Join(slices.Sorted(slices.Values(append(slices.Clone(m.Users), m.Groups...))), ","))
	}
	return fmt.Sprintf("sample %d", m.sample())
}

func (m Mailboxes) sample() int { return cmp.Or(m.Sample, sampleSize) }

func (m Mailboxes) sampled() bool { return !m.All && len(m.Users)+len(m.Groups) == 0 }

// objects gathers the ids of the objects that child is read for while their own
// listing is read.
type objects struct {
	child *Source
	take  parentRule
	pick  Mailboxes
	ids   []string
	of    int             // how many there were to choose from
	found map[string]bool // chosen users that are there, lower case
}

func (r *run) newObjects(s *Source) []*objects {
	var all []*objects
	for _, child := range r.listers[s.Name] {
		all = append(all, &objects{child: child, take: parentRules[child.Where], pick: r.plan.Mailboxes, found: map[string]bool{}})
	}
	return all
}

func (o *objects) add(row []byte) {
	if !o.take(row) {
		return
	}
	o.of++
	id := textField(row, "id")
	if o.child.Where == "mailbox" && !o.pick.All && !o.pick.sampled() && !o.named(id, textField(row, "userPrincipalName")) {
		return
	}
	o.ids = append(o.ids, id)
}

// named reports whether a user was chosen, by name, by id or through a group.
func (o *objects) named(id, upn string) bool {
	id, upn = strings.ToLower(id), strings.ToLower(upn)
	chosen := slices.Contains(o.pick.members, id)
	for _, u := range o.pick.Users {
		if u = strings.ToLower(u); u == id || u == upn {
			o.found[u] = true
			chosen = true
		}
	}
	return chosen
}

// absent lists the chosen users that the tenant has no mailbox of.
func (o *objects) absent() []string {
	var names []string
	if o.child.Where == "mailbox" && !o.pick.All {
		for _, u := range o.pick.Users {
			if !o.found[strings.ToLower(u)] {
				names = append(names, u)
			}
		}
	}
	return names
}

// event lists the objects in a stable order. A sample is drawn by hash, so that
// it is the same every time and not the alphabet's beginning.
func (o *objects) event() event {
	slices.Sort(o.ids)
	o.ids = slices.Compact(o.ids)
	if n := o.pick.sample(); o.child.Where == "mailbox" && o.pick.sampled() && len(o.ids) > n {
		slices.SortFunc(o.ids, func(a, b string) int {
			x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
			return slices.Compare(x[:], y[:])
		})
		o.ids = o.ids[:n]
		slices.Sort(o.ids)
	}
	return event{Kind: evObjects, Source: o.child.Name, Objects: o.ids, Absent: o.absent(), Records: int64(o.of)}
}

// GroupError means that the members of a chosen group are not to be had, and
// so not whose mailboxes to read.
type GroupError struct{ Sentence, Hint string }

// Error says which group and why.
func (e *GroupError) Error() string { return e.Sentence }

// expandGroups turns the chosen groups into their members.
func (r *run) expandGroups(ctx context.Context) error {
	for _, group := range r.plan.Mailboxes.Groups {
		before := len(r.plan.Mailboxes.members)
		err := r.listing(GroupMembers, r.members(group)).each(ctx, func(p page) error {
			for _, row := range p.rows {
				r.plan.Mailboxes.members = append(r.plan.Mailboxes.members, strings.ToLower(textField(row, "id")))
			}
			return nil
		})
		switch {
		case err != nil && fatal(err):
			return err
		case err != nil && faultOf(err) == FaultPermission:
			return &GroupError{"the sign-in may not read the members of group " + group, "grant and consent " + GroupMembers.Permits[0] + ", or name the people with --users"}
		case err != nil && (faultOf(err) == FaultNotFound || faultOf(err) == FaultRequest):
			return &GroupError{"the tenant has no group " + group, "--groups takes object ids, as the Entra portal shows them"}
		case err != nil:
			return fmt.Errorf("list members of group %s: %w", group, err)
		case len(r.plan.Mailboxes.members) == before:
			return &GroupError{"group " + group + " has no members", "check its id"}
		}
	}
	return nil
}

func (r *run) members(group string) *Request {
	return &Request{
		Method: http.MethodGet, Version: "v1.0", Path: strings.Replace(GroupMembers.Path, "{id}", escapeSegment(group), 1),
		Query: []Param{{"$select", "id,userPrincipalName"}, {"$top", "999"}}, Class: Directory,
	}
}

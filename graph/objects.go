package graph

import (
	"cmp"
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
	of    int // how many there were to choose from
}

func (r *run) newObjects(s *Source) []*objects {
	var all []*objects
	for _, child := range r.listers[s.Name] {
		all = append(all, &objects{child: child, take: parentRules[child.Where], pick: r.plan.Mailboxes})
	}
	return all
}

func (o *objects) add(row []byte) {
	if !o.take(row) {
		return
	}
	o.of++
	id := textField(row, "id")
	if o.child.Where == "mailbox" && !o.pick.All && !o.pick.sampled() && !o.pick.named(id, textField(row, "userPrincipalName")) {
		return
	}
	o.ids = append(o.ids, id)
}

func (m Mailboxes) named(id, upn string) bool {
	return slices.ContainsFunc(m.Users, func(u string) bool { return strings.EqualFold(u, id) || strings.EqualFold(u, upn) })
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
	return event{Kind: evObjects, Source: o.child.Name, Objects: o.ids, Records: int64(o.of)}
}

// members is the request for a group's people.
func (r *run) members(group string) *Request {
	return &Request{
		Method: http.MethodGet, Version: "v1.0", Path: "/groups/" + escapeSegment(group) + "/transitiveMembers",
		Query: []Param{{"$select", "id,userPrincipalName"}, {"$top", "999"}}, Class: Directory,
	}
}

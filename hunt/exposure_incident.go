package hunt

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// afterwards is how long after its last finding an incident's accesses still
// count as the intruder's.
const afterwards = 30 * day

// ScopeOf says by what an incident's own accesses are known: its applications,
// its sessions, and its addresses as far as they are not shared by many.
func ScopeOf(i *Incident, facts Facts) Scope {
	s := Scope{Any: true, Tenant: i.Tenant}
	for _, e := range i.Entities {
		if e.Role != Acted {
			continue
		}
		switch class(e.Type) {
		case App:
			for _, id := range facts.spellings(e) {
				if !facts.Own[id] && !slices.Contains(s.Apps, id) {
					s.Apps = append(s.Apps, id)
				}
			}
		case Session:
			s.Sessions = append(s.Sessions, e.ID)
		case IP:
			if facts.Users[e.ID] <= bonds[IP].hub && !facts.usedBefore(e.ID, i.Start) {
				s.IPs = append(s.IPs, e.ID)
			}
		}
	}
	if !i.Start.IsZero() {
		s.Start = i.Start.Add(-time.Hour)
		s.End = i.End.Add(afterwards)
	}
	return s
}

// usedBefore reports whether an address was in use more than a day before start.
func (f Facts) usedBefore(ip string, start time.Time) bool {
	since, ok := f.Since[ip]
	return ok && !start.IsZero() && since.Before(start.Add(-day))
}

// spellings lists the ids by which records may name an app.
func (f Facts) spellings(e Entity) []string {
	key := f.key(e)
	prefix := string(class(e.Type)) + ":"
	out := []string{strings.TrimPrefix(key, prefix), e.ID}
	for name, same := range f.Aliases {
		if prefix+same == key {
			out = append(out, strings.TrimPrefix(name, prefix))
		}
	}
	return slices.DeleteFunc(sortedUnique(out), func(id string) bool { return !guidPattern.MatchString(id) })
}

// Expose accounts for the mail that each incident touched.
func (c *Conclusion) Expose(ctx context.Context, engine Engine, now time.Time) error {
	for _, i := range c.Incidents {
		scope := ScopeOf(i, c.Facts)
		if scope.Empty() {
			scope.Any = false
			scope.Mailboxes = i.mailboxes(c.Facts)
		}
		e := newAccount().finish()
		if !scope.Empty() {
			var err error
			if e, err = ReadExposure(ctx, engine, now, scope, c.Facts, c.Coverage); err != nil {
				return err
			}
		}
		i.unseen(e, c.Facts)
		i.Exposure = e
		i.Blast.Messages = max(i.Blast.Messages, len(e.Messages))
		i.Blast.Mailboxes = max(i.Blast.Mailboxes, len(e.Mailboxes))
	}
	return nil
}

// mailboxes are those that the incident was in.
func (i *Incident) mailboxes(facts Facts) []string {
	var out []string
	for _, e := range i.Entities {
		if e.Type == Mailbox && e.Role != Tried || e.Type == Account && e.Role == Acted {
			out = append(out, strings.TrimPrefix(facts.key(e), string(Account)+":"))
		}
	}
	return sortedUnique(out)
}

// unseen adds the mailboxes of the incident whose reading is not recorded, and
// the mail that rules and forwarding sent away, which no record counts.
func (i *Incident) unseen(e *Exposure, facts Facts) {
	a := newAccount()
	for _, box := range i.mailboxes(facts) {
		a.boxes[box] = true
	}
	a.gaps(Scope{Start: i.Start, End: i.End}, facts, []Coverage{{Table: "OfficeActivity", State: Fetched, Records: 1}})
	for _, f := range i.findings {
		if hasTechnique(f, "T1114.003") {
			a.unknown[Unknown{
				Start: f.Start, Reason: "mail was forwarded (" + f.Rule + "): the audit log does not list what a rule sends away",
				Fix: "fetch the message trace for the destination from then on",
			}] = true
		}
	}
	if n := len(facts.Silent); n > 0 && slices.ContainsFunc(i.findings, opensMail) {
		a.unknown[Unknown{
			Start: i.Start, Reason: fmt.Sprintf("an application was given mail, and %d mailboxes of the case have audit records but none of what was read: %s", n, few(sortedKeys(facts.Silent))),
			Fix: "license them for MailItemsAccessed; the past stays unknown",
		}] = true
	}
	for _, u := range e.Unknown {
		a.unknown[u] = true
	}
	e.Unknown = a.finish().Unknown
}

// opensMail reports whether a finding gave an application more than its users'
// own mail: a permission for all mailboxes.
func opensMail(f *Finding) bool {
	return hasTechnique(f, "T1098.003") && hasTechnique(f, "T1114", "T1098.002") &&
		slices.ContainsFunc(f.Entities, func(e Entity) bool { return class(e.Type) == App })
}

// few names the first of a list.
func few(list []string) string {
	const most = 5
	if len(list) <= most {
		return strings.Join(list, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(list[:most], ", "), len(list)-most)
}

package hunt

import (
	"context"
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
		blind := scope.Empty()
		if blind {
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
		i.unseen(e, c.Facts, c.Coverage, blind)
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

// unseen adds what the logs do not tell of the incident's mailboxes: those whose
// reading is not recorded, the mail that rules and forwarding sent away, and
// whose accesses they were where nothing tells them from the owner's.
func (i *Incident) unseen(e *Exposure, facts Facts, known []Coverage, blind bool) {
	a := newAccount()
	for _, box := range i.mailboxes(facts) {
		a.boxes[box] = true
	}
	a.gaps(Scope{Start: i.Start, End: i.End, Tenant: i.Tenant}, facts, known)
	if blind && e.Records > 0 {
		a.unknown[Unknown{
			Start: i.Start, End: i.End, Reason: "the incident has no application, session or address of its own: the accesses listed are all of these mailboxes, the owner's among them",
			Fix: "ask the owners which are theirs",
		}] = true
	}
	for _, f := range i.findings {
		if hasTechnique(f, "T1114.003") {
			a.unknown[Unknown{
				Start: f.Start, Reason: "mail was forwarded (" + f.Rule + "): the audit log does not list what a rule sends away",
				Fix: "fetch the message trace for the destination from then on",
			}] = true
		}
	}
	if slices.ContainsFunc(i.findings, opensMail) {
		for _, box := range facts.silentMailboxes(i.Tenant) {
			a.unknown[Unknown{
				Mailbox: box, Start: i.Start, Reason: "an application was given all mail, and no record tells what is read in this mailbox",
				Fix: "license the mailbox for MailItemsAccessed; the past stays unknown",
			}] = true
		}
	}
	for _, u := range e.Unknown {
		a.unknown[u] = true
	}
	e.Unknown = a.finish().Unknown
}

// opensMail reports whether a finding gave an application all mailboxes. A
// consent (T1528) opens those of the people who gave it only.
func opensMail(f *Finding) bool {
	return hasTechnique(f, "T1098.003") && hasTechnique(f, "T1114", "T1098.002") && !hasTechnique(f, "T1528") &&
		slices.ContainsFunc(f.Entities, func(e Entity) bool { return class(e.Type) == App })
}

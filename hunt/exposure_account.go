package hunt

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// account adds records up.
type account struct {
	messages map[[2]string]*Message365
	sent     map[[2]string]*Message365
	folders  map[[2]string]*WholeFolder
	totals   map[Total]*Total
	unknown  map[Unknown]bool
	out      Exposure
	records  map[string]bool
	boxes    map[string]bool
}

func newAccount() *account {
	return &account{
		messages: map[[2]string]*Message365{}, sent: map[[2]string]*Message365{}, folders: map[[2]string]*WholeFolder{},
		totals: map[Total]*Total{}, unknown: map[Unknown]bool{}, records: map[string]bool{}, boxes: map[string]bool{},
		out: Exposure{Schema: ExposureSchema, Searches: []Search{}},
	}
}

type auditFolder struct {
	Path  string      `json:"Path"`
	Name  string      `json:"Name"`
	Items []auditItem `json:"FolderItems"`
}

type auditItem struct {
	MessageID   string      `json:"InternetMessageId"`
	Subject     string      `json:"Subject"`
	Size        json.Number `json:"SizeInBytes"`
	Attachments any         `json:"Attachments"`
	Parent      auditParent `json:"ParentFolder"`
}

type auditParent struct {
	Path string `json:"Path"`
	Name string `json:"Name"`
}

func (a *account) add(r accessRow) {
	if a.records[r.record] {
		return
	}
	a.records[r.record] = true
	a.boxes[r.mailbox] = true
	a.stretch(r.at)
	total := a.total(r)
	var item auditItem
	_ = json.Unmarshal([]byte(r.item), &item) // an item that is not there stays empty
	switch r.operation {
	case "SearchQueryInitiatedExchange":
		a.out.Searches = append(a.out.Searches, Search{r.at, r.actor, cmp.Or(property(r.extension, "Query"), property(r.properties, "Query"), r.extension), r.record})
		return
	case "Send", "SendAs", "SendOnBehalf":
		total.Sent++
		a.take(a.sent, r, item, "", total)
		return
	}
	total.Accesses += max(r.count, 1)
	a.out.Accesses += max(r.count, 1)
	var folders []auditFolder
	_ = json.Unmarshal([]byte(r.folders), &folders)
	if strings.EqualFold(property(r.properties, "IsThrottled"), "True") {
		a.unknown[Unknown{
			Mailbox: r.mailbox, Start: r.at, End: r.at.Add(day),
			Reason: "the service stopped recording single messages for 24 hours, because too many were read (IsThrottled)",
			Fix:    "none in the audit log; count every message that was in the mailbox as exposed",
		}] = true
	}
	if strings.EqualFold(property(r.properties, "MailAccessType"), "Sync") {
		a.sync(r, folders, item, total)
		return
	}
	a.bind(r, folders, item, total)
}

func (a *account) sync(r accessRow, folders []auditFolder, item auditItem, total *Total) {
	paths := []string{cmp.Or(item.Parent.Path, item.Parent.Name)}
	if len(folders) > 0 {
		paths = nil
	}
	for _, f := range folders {
		paths = append(paths, cmp.Or(f.Path, f.Name))
	}
	for _, path := range paths {
		path = cmp.Or(path, "(folder not named)")
		k := [2]string{r.mailbox, path}
		f := a.folders[k]
		if f == nil {
			f = &WholeFolder{Mailbox: r.mailbox, Folder: path, First: r.at}
			a.folders[k] = f
			total.Folders++
		}
		f.Times++
		f.Last = r.at
		f.Records = append(f.Records, r.record)
	}
}

func (a *account) bind(r accessRow, folders []auditFolder, item auditItem, total *Total) {
	named := 0
	for _, f := range folders {
		for _, it := range f.Items {
			if it.MessageID != "" {
				named++
				a.take(a.messages, r, it, cmp.Or(f.Path, f.Name), total)
			}
		}
	}
	if item.MessageID != "" {
		named++
		a.take(a.messages, r, item, "", total)
	}
	// OperationCount counts accesses, of which several may be of one message; a
	// record that names none hides all of them.
	if named == 0 {
		a.unknown[Unknown{Mailbox: r.mailbox, Start: r.at, End: r.at, Reason: "a record of messages being read names none of them (record " + r.record + ")"}] = true
	}
}

func (a *account) take(into map[[2]string]*Message365, r accessRow, item auditItem, folder string, total *Total) {
	k := [2]string{r.mailbox, cmp.Or(item.MessageID, r.record)}
	m := into[k]
	if m == nil {
		m = &Message365{ID: item.MessageID, Mailbox: r.mailbox, First: r.at}
		into[k] = m
		total.Messages++
	}
	m.Folder = cmp.Or(m.Folder, folder, item.Parent.Path, item.Parent.Name)
	m.Subject = cmp.Or(m.Subject, item.Subject)
	if n, err := strconv.ParseInt(string(item.Size), 10, 64); err == nil && n > m.Size {
		m.Size = n
	}
	if text, ok := item.Attachments.(string); ok {
		m.Attachments = cmp.Or(m.Attachments, text)
	}
	m.Times++
	m.Last = r.at
	if len(m.Records) == 0 || m.Records[len(m.Records)-1] != r.record {
		m.Records = append(m.Records, r.record)
	}
}

func (a *account) total(r accessRow) *Total {
	k := Total{Mailbox: r.mailbox, Actor: r.actor, App: r.app, Session: r.session, IP: r.ip}
	t := a.totals[k]
	if t == nil {
		t = &Total{Mailbox: r.mailbox, Actor: r.actor, App: r.app, Session: r.session, IP: r.ip}
		a.totals[k] = t
	}
	return t
}

func (a *account) stretch(at time.Time) {
	if at.IsZero() {
		return
	}
	if a.out.Start.IsZero() || at.Before(a.out.Start) {
		a.out.Start = at
	}
	if at.After(a.out.End) {
		a.out.End = at
	}
}

// property reads a value out of [{"Name":…,"Value":…}].
func property(list, name string) string {
	var pairs []struct {
		Name  string
		Value any
	}
	if json.Unmarshal([]byte(list), &pairs) != nil {
		return ""
	}
	for _, p := range pairs {
		if p.Name == name {
			return fmt.Sprint(p.Value)
		}
	}
	return ""
}

// gaps adds what the logs cannot tell about the mailboxes in scope.
func (a *account) gaps(scope Scope, facts Facts, known []Coverage) {
	boxes := slices.Clone(scope.Mailboxes)
	for box := range a.boxes {
		boxes = append(boxes, box)
	}
	if len(scope.Apps) == 0 {
		boxes = append(boxes, scope.Users...)
	}
	answer := facts.coverage(scope.Tenant, []string{"OfficeActivity"}, known)
	for _, g := range answer.Gaps {
		if scope.overlaps(g.Start, g.End) {
			a.unknown[Unknown{Start: g.Start, End: g.End, Reason: cmp.Or(g.Reason, "OfficeActivity is "+string(g.State)), Fix: g.Fix}] = true
		}
	}
	if answer.State == None { // then no mailbox can have a record
		return
	}
	for _, box := range sortedUnique(boxes) {
		if facts.silent(box, scope.Tenant) {
			a.unknown[Unknown{
				Mailbox: strings.ToLower(box), Start: scope.Start, End: scope.End, Reason: "no record tells what was read in this mailbox (MailItemsAccessed), not even by its owner",
				Fix: "license the mailbox for MailItemsAccessed and see that the owner's actions are audited; the past stays unknown",
			}] = true
		}
	}
}

// overlaps reports whether a stretch of time touches the scope; a bound that is
// zero is open.
func (s Scope) overlaps(start, end time.Time) bool {
	return (s.End.IsZero() || !start.After(s.End)) && (end.IsZero() || !end.Before(s.Start))
}

func (a *account) finish() *Exposure {
	e := &a.out
	e.Messages, e.Sent = sortMessages(a.messages), sortMessages(a.sent)
	e.Folders = []WholeFolder{}
	for _, f := range a.folders {
		f.Records = sortedUnique(f.Records)
		e.Folders = append(e.Folders, *f)
	}
	slices.SortFunc(e.Folders, func(x, y WholeFolder) int {
		return cmp.Or(cmp.Compare(x.Mailbox, y.Mailbox), cmp.Compare(x.Folder, y.Folder))
	})
	e.Unknown = a.merged()
	e.Totals = []Total{}
	for _, t := range a.totals {
		e.Totals = append(e.Totals, *t)
	}
	slices.SortFunc(e.Totals, func(x, y Total) int {
		return cmp.Or(cmp.Compare(x.Mailbox, y.Mailbox), cmp.Compare(x.Actor, y.Actor), cmp.Compare(x.App, y.App), cmp.Compare(x.IP, y.IP), cmp.Compare(x.Session, y.Session))
	})
	for _, m := range e.Messages {
		e.Bytes += m.Size
	}
	e.Records = len(a.records)
	e.Mailboxes = sortedKeys(a.boxes)
	return e
}

// merged are the unknowns in order; stretches of one mailbox and reason that
// overlap are one. An end that is open stays open.
func (a *account) merged() []Unknown {
	all := make([]Unknown, 0, len(a.unknown))
	for u := range a.unknown {
		all = append(all, u)
	}
	slices.SortFunc(all, func(x, y Unknown) int {
		return cmp.Or(cmp.Compare(x.Mailbox, y.Mailbox), cmp.Compare(x.Reason, y.Reason), cmp.Compare(x.Fix, y.Fix), x.Start.Compare(y.Start), x.End.Compare(y.End))
	})
	out := []Unknown{}
	for _, u := range all {
		if n := len(out) - 1; n >= 0 {
			m := &out[n]
			if m.Mailbox == u.Mailbox && m.Reason == u.Reason && m.Fix == u.Fix && (m.End.IsZero() || !u.Start.After(m.End)) {
				if u.End.IsZero() || !m.End.IsZero() && u.End.After(m.End) {
					m.End = u.End
				}
				continue
			}
		}
		out = append(out, u)
	}
	slices.SortStableFunc(out, func(x, y Unknown) int {
		return cmp.Or(cmp.Compare(x.Mailbox, y.Mailbox), x.Start.Compare(y.Start), cmp.Compare(x.Reason, y.Reason))
	})
	return out
}

func sortMessages(from map[[2]string]*Message365) []Message365 {
	out := make([]Message365, 0, len(from))
	for _, m := range from {
		m.Records = sortedUnique(m.Records)
		out = append(out, *m)
	}
	slices.SortFunc(out, func(x, y Message365) int {
		return cmp.Or(x.First.Compare(y.First), cmp.Compare(x.Mailbox, y.Mailbox), cmp.Compare(x.ID, y.ID))
	})
	return out
}

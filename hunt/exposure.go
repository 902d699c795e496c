package hunt

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// ExposureSchema names the version of the exposure contract; fields are only
// ever added to it.
const ExposureSchema = "hunt365/exposure/1"

// Exposure is the mail that an actor touched, as far as the logs tell.
type Exposure struct {
	Schema    string        `json:"schema"`
	Messages  []Message365  `json:"messages"` // each message once
	Folders   []WholeFolder `json:"folders"`  // synced: every message in them counts as read
	Sent      []Message365  `json:"sent"`
	Searches  []Search      `json:"searches"`
	Unknown   []Unknown     `json:"unknown"` // what the logs do not tell
	Totals    []Total       `json:"totals"`  // per mailbox, actor, app and address
	Accesses  int           `json:"accesses"`
	Records   int           `json:"records"`
	Bytes     int64         `json:"bytes"`
	Start     time.Time     `json:"start,omitzero"`
	End       time.Time     `json:"end,omitzero"`
	Mailboxes []string      `json:"mailboxes"`
}

// Message365 is one message that was touched or sent.
type Message365 struct {
	ID          string    `json:"internetMessageId"`
	Mailbox     string    `json:"mailbox"`
	Folder      string    `json:"folder,omitempty"`
	Subject     string    `json:"subject,omitempty"`
	Size        int64     `json:"size,omitempty"`
	Attachments string    `json:"attachments,omitempty"`
	First       time.Time `json:"first,omitzero"`
	Last        time.Time `json:"last,omitzero"`
	Times       int       `json:"times"`
	Records     []string  `json:"records"`
}

// WholeFolder is a folder that a client synchronised.
type WholeFolder struct {
	Mailbox string    `json:"mailbox"`
	Folder  string    `json:"folder"`
	First   time.Time `json:"first,omitzero"`
	Last    time.Time `json:"last,omitzero"`
	Times   int       `json:"times"`
	Records []string  `json:"records"`
}

// Search is a search that was made in mail.
type Search struct {
	At     time.Time `json:"at,omitzero"`
	Actor  string    `json:"actor"`
	Query  string    `json:"query"`
	Record string    `json:"record"`
}

// Unknown is exposure that the logs do not tell.
type Unknown struct {
	Mailbox string    `json:"mailbox,omitempty"`
	Start   time.Time `json:"start,omitzero"`
	End     time.Time `json:"end,omitzero"`
	Reason  string    `json:"reason"`
	Fix     string    `json:"fix,omitempty"`
}

// Total counts accesses of one actor with one app from one address.
type Total struct {
	Mailbox  string `json:"mailbox"`
	Actor    string `json:"actor"`
	App      string `json:"app"`
	Session  string `json:"session"`
	IP       string `json:"ip"`
	Messages int    `json:"messages"`
	Folders  int    `json:"folders"`
	Sent     int    `json:"sent"`
	Accesses int    `json:"accesses"`
}

// Scope says whose accesses count. Within a field one of the values has to
// match, and every field that is set has to. Any makes it enough that one does.
type Scope struct {
	Apps, Users, Mailboxes, Sessions, IPs []string
	Tenant                                string
	Start, End                            time.Time
	Any                                   bool
}

// Empty reports whether the scope names no one.
func (s Scope) Empty() bool {
	return len(s.Apps)+len(s.Users)+len(s.Mailboxes)+len(s.Sessions)+len(s.IPs) == 0
}

const exposureText = `OfficeActivity
| where Operation in ("MailItemsAccessed", "Send", "SendAs", "SendOnBehalf", "SearchQueryInitiatedExchange", "MessageBind")
| extend Mailbox = tolower(iff(isempty(MailboxOwnerUPN), UserId, MailboxOwnerUPN)), Actor = tolower(UserId),
         App = tolower(iff(isempty(ClientAppId), AppId, ClientAppId)), Address = iff(isempty(Client_IPAddress), ClientIP, Client_IPAddress)
`

// text is the KQL that reads what is in scope.
func (s Scope) text() string {
	var tests []string
	for _, t := range []struct {
		column string
		values []string
	}{{"App", s.Apps}, {"Actor", s.Users}, {"Mailbox", s.Mailboxes}, {"SessionId", s.Sessions}, {"Address", s.IPs}} {
		if len(t.values) == 0 {
			continue
		}
		values := slices.Clone(t.values)
		if t.column != "SessionId" {
			for i := range values {
				values[i] = strings.ToLower(values[i])
			}
		}
		tests = append(tests, fmt.Sprintf("%s in (%s)", t.column, quoteList(values)))
	}
	text := exposureText
	if len(tests) > 0 {
		word := " and "
		if s.Any {
			word = " or "
		}
		text += "| where " + strings.Join(tests, word) + "\n"
	}
	if s.Tenant != "" {
		text += "| where tolower(OrganizationId) in (" + Quote(s.Tenant) + `, "")` + "\n"
	}
	for _, t := range []struct {
		at time.Time
		op string
	}{{s.Start, ">="}, {s.End, "<="}} {
		if !t.at.IsZero() {
			text += fmt.Sprintf("| where TimeGenerated %s datetime(%s)\n", t.op, t.at.UTC().Format("2006-01-02T15:04:05.9999999Z"))
		}
	}
	return text + `| project At = TimeGenerated, Operation, Mailbox, Actor, App, Session = SessionId, Address, tostring(Folders), tostring(Item),
          tostring(OperationProperties), OperationCount, tostring(ExtendedProperties), Record = _Id, tostring(OfficeObjectId)
| order by At asc, Record asc`
}

// accessRow is one audit record of mail being touched.
type accessRow struct {
	at                                   time.Time
	operation, mailbox, actor, app       string
	session, ip, record                  string
	folders, item, properties, extension string
	count                                int
}

// ReadExposure accounts for the mail in scope. Coverage tells what is missing.
func ReadExposure(ctx context.Context, engine Engine, now time.Time, scope Scope, facts Facts, known []Coverage) (*Exposure, error) {
	r := &factReader{ctx: ctx, engine: engine, now: now}
	a := newAccount()
	r.each(scope.text(), func(v []string) {
		at, _ := time.Parse(time.RFC3339Nano, v[0]) // an empty time stays zero
		a.add(accessRow{
			at: at, operation: v[1], mailbox: v[2], actor: v[3], app: v[4], session: v[5], ip: v[6], folders: v[7], item: v[8],
			properties: v[9], count: atoi(v[10]), extension: v[11], record: v[12],
		})
	})
	if r.err != nil {
		return nil, r.err
	}
	a.gaps(scope, facts, known)
	return a.finish(), nil
}

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
	for _, box := range sortedUnique(boxes) {
		for _, op := range facts.Silent[strings.ToLower(box)] {
			a.unknown[Unknown{
				Mailbox: box, Start: scope.Start, End: scope.End, Reason: "the mailbox has audit records but no " + op + ": what was read is not recorded",
				Fix: "license the mailbox for " + op + " and see that the owner's actions are audited; the past stays unknown",
			}] = true
		}
	}
	for _, g := range Inherit([]string{"OfficeActivity"}, known).Gaps {
		a.unknown[Unknown{Start: g.Start, End: g.End, Reason: cmp.Or(g.Reason, "OfficeActivity is "+string(g.State)), Fix: g.Fix}] = true
	}
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
	e.Unknown = []Unknown{}
	for u := range a.unknown {
		e.Unknown = append(e.Unknown, u)
	}
	slices.SortFunc(e.Unknown, func(x, y Unknown) int {
		return cmp.Or(cmp.Compare(x.Mailbox, y.Mailbox), x.Start.Compare(y.Start), cmp.Compare(x.Reason, y.Reason))
	})
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

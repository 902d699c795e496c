package hunt

import (
	"context"
	"fmt"
	"slices"
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

	Resolution *Resolution `json:"resolution,omitempty"` // nil until [Exposure.Resolve]
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

	From        string    `json:"from,omitempty"` // these are from the mailbox itself, once resolved
	Received    time.Time `json:"received,omitzero"`
	Sensitivity string    `json:"sensitivity,omitempty"`
	Labels      string    `json:"labels,omitempty"`
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

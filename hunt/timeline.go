package hunt

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hunt365/hunt365/hunt/schema"
)

// Event is one record on a timeline, with the fields that Timesketch needs.
type Event struct {
	Message   string   `json:"message"`
	Datetime  string   `json:"datetime"`
	Desc      string   `json:"timestamp_desc"`
	Timestamp int64    `json:"timestamp"` // microseconds since 1970
	Table     string   `json:"table"`
	Record    string   `json:"record"`
	Operation string   `json:"operation,omitempty"`
	Actor     string   `json:"actor,omitempty"`
	IP        string   `json:"ip,omitempty"`
	App       string   `json:"app,omitempty"`
	Result    string   `json:"result,omitempty"`
	Target    string   `json:"target,omitempty"`
	Session   string   `json:"session,omitempty"`
	Findings  []string `json:"findings"`
	Tags      []string `json:"tag"` // the rules that found it
	at        time.Time
}

// eventFields says which column of a table tells what; the first that is not
// empty counts.
var eventFields = map[string][]string{
	"operation": {"Operation", "OperationName", "ActionType", "Activity", "RequestUri", "AlertName", "RiskEventType", "AppDisplayName"},
	"actor":     {"UserPrincipalName", "UserId", "ServicePrincipalName", "Account", "SubjectUserName", "AccountUpn", "Identity"},
	"ip":        {"Client_IPAddress", "ClientIP", "IPAddress", "IpAddress"},
	"app":       {"ClientAppId", "AppId", "AppDisplayName"},
	"result":    {"ResultStatus", "Result", "ResultType", "ResponseStatusCode"},
	"target":    {"OfficeObjectId", "ObjectId", "MailboxOwnerUPN", "ResourceDisplayName", "ObjectName", "Computer"},
	"session":   {"SessionId"},
}

// searched are the columns in which an entity's name is looked for.
var searched = []string{
	"UserId", "UserPrincipalName", "MailboxOwnerUPN", "ClientIP", "Client_IPAddress", "IPAddress", "IpAddress", "AppId", "ClientAppId",
	"ServicePrincipalId", "ServicePrincipalName", "SessionId", "UniqueTokenIdentifier", "Account", "Computer", "InitiatedBy", "TargetResources", "Parameters", "OfficeObjectId", "ObjectId",
}

// Timeline puts the records of an incident, or those that name an entity, in one
// order over all tables. The unified audit log is left out where a richer table
// tells the same record.
func Timeline(ctx context.Context, engine Engine, now time.Time, findings []Finding, i *Incident, entity string) ([]Event, error) {
	tables, err := filled(ctx, engine)
	if err != nil {
		return nil, err
	}
	t := &timeline{ctx: ctx, engine: engine, now: now, byRecord: map[string][]*Finding{}, seen: map[string]int{}}
	for n := range findings {
		for _, r := range findings[n].Records {
			t.byRecord[r] = append(t.byRecord[r], &findings[n])
		}
	}
	for _, table := range tables {
		if err := t.read(table, i, entity); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(t.events, func(a, b Event) int {
		return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.Table, b.Table), cmp.Compare(a.Record, b.Record))
	})
	return t.events, nil
}

// filled lists the tables with records, those with the fewest common fields last.
func filled(ctx context.Context, engine Engine) ([]*schema.Table, error) {
	known, err := engine.Coverage(ctx)
	if err != nil {
		return nil, fmt.Errorf("read coverage: %w", err)
	}
	var out []*schema.Table
	for _, t := range engine.Tables() {
		if t.Name != coverageTable && slices.ContainsFunc(known, func(c Coverage) bool { return c.Table == t.Name && c.Records > 0 }) {
			out = append(out, t)
		}
	}
	slices.SortStableFunc(out, func(a, b *schema.Table) int {
		return cmp.Compare(rank(a.Name), rank(b.Name))
	})
	return out, nil
}

func rank(table string) int {
	if table == "UnifiedAuditLog" {
		return 1
	}
	return 0
}

type timeline struct {
	ctx      context.Context
	engine   Engine
	now      time.Time
	byRecord map[string][]*Finding
	seen     map[string]int
	events   []Event
}

func (t *timeline) read(table *schema.Table, i *Incident, entity string) error {
	if !hasColumn(table, "TimeGenerated") || !hasColumn(table, "_Id") && !hasColumn(table, "Type") {
		return nil
	}
	if i == nil {
		return t.query(table, entityTest(table, entity))
	}
	var ids []string
	for _, e := range i.Evidence {
		ids = append(ids, e.Records...)
	}
	for chunk := range slices.Chunk(sortedUnique(ids), idsPerQuery) {
		if err := t.query(table, "_Id in ("+quoteList(chunk)+")"); err != nil {
			return err
		}
	}
	return nil
}

func hasColumn(table *schema.Table, name string) bool {
	return slices.ContainsFunc(table.Columns, func(c schema.Column) bool { return c.Name == name })
}

func entityTest(table *schema.Table, entity string) string {
	var tests []string
	for _, c := range searched {
		if hasColumn(table, c) {
			tests = append(tests, fmt.Sprintf("tostring(%s) contains %s", c, Quote(entity)))
		}
	}
	return strings.Join(tests, " or ")
}

func (t *timeline) query(table *schema.Table, test string) error {
	if test == "" {
		return nil
	}
	rows, err := t.engine.Query(t.ctx, Request{Text: table.Name + " | where " + test, Now: t.now})
	if OutcomeOf(err) == MissingTable {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read timeline of %s: %w", table.Name, err)
	}
	defer rows.Close()
	for rows.Next() {
		t.add(table.Name, row{rows.Columns(), rows.Row()})
	}
	if err := rows.Err(); err != nil && OutcomeOf(err) != MissingTable {
		return fmt.Errorf("read timeline of %s: %w", table.Name, err)
	}
	return nil
}

func (t *timeline) add(table string, r row) {
	id, _ := r.text("_Id")
	if n, ok := t.seen[id]; ok && id != "" && rank(table) > 0 && t.events[n].Record == id {
		return
	}
	e := Event{Table: table, Record: id, Findings: []string{}, Tags: []string{}}
	e.at = r.time("TimeGenerated")
	if !e.at.IsZero() {
		e.Datetime = e.at.UTC().Format("2006-01-02T15:04:05.000000Z")
		e.Timestamp = e.at.UnixMicro()
	}
	e.Desc = table
	for _, f := range t.byRecord[id] {
		e.Findings = append(e.Findings, f.ID)
		e.Tags = append(e.Tags, f.Rule)
	}
	e.Findings, e.Tags = sortedUnique(e.Findings), sortedUnique(e.Tags)
	for field, into := range map[string]*string{"operation": &e.Operation, "actor": &e.Actor, "ip": &e.IP, "app": &e.App, "result": &e.Result, "target": &e.Target, "session": &e.Session} {
		*into, _ = r.text(eventFields[field]...)
	}
	e.Message = e.sentence()
	t.seen[id] = len(t.events)
	t.events = append(t.events, e)
}

func (e Event) sentence() string {
	var b strings.Builder
	for _, part := range []struct{ before, text string }{{"", e.Operation}, {" by ", e.Actor}, {" on ", e.Target}, {" from ", e.IP}, {" with ", e.App}, {": ", e.Result}} {
		if part.text != "" {
			b.WriteString(part.before + part.text)
		}
	}
	return cmp.Or(b.String(), e.Table)
}

// text returns the first of the named columns that is not empty.
func (r row) text(names ...string) (string, bool) {
	for _, n := range names {
		if v, t, ok := r.find(n); ok {
			if s := Text(v, t); s != "" && s != "null" {
				return s, true
			}
		}
	}
	return "", false
}

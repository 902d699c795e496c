package hunt

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
)

type tenantColumn struct{ table, column string }

// tenantColumns says where each table keeps the tenant of a record.
var tenantColumns = []tenantColumn{
	{"UnifiedAuditLog", "OrganizationId"},
	{"OfficeActivity", "OrganizationId"},
	{"AuditLogs", "AADTenantId"},
	{"SigninLogs", "AADTenantId"},
	{"AADNonInteractiveUserSignInLogs", "AADTenantId"},
	{"AADServicePrincipalSignInLogs", "AADTenantId"},
	{"MicrosoftGraphActivityLogs", "AadTenantId"},
}

// idsPerQuery bounds how many record ids one text names.
const idsPerQuery = 2000

// ReadFacts reads what incidents and verdicts need to know besides the findings.
func ReadFacts(ctx context.Context, engine Engine, now time.Time, findings []Finding) (Facts, error) {
	r := &factReader{ctx: ctx, engine: engine, now: now}
	f := Facts{Users: map[string]int{}, Since: map[string]time.Time{}, Own: map[string]bool{}, Reading: map[string][]string{}}
	f.Held = r.held()
	f.Tenants, f.Only = r.tenants(findings, f.Held)
	r.each(addressText, func(v []string) {
		ip := entityID(IP, v[0])
		f.Users[ip] = atoi(v[1])
		if at, err := time.Parse(time.RFC3339Nano, v[2]); err == nil {
			f.Since[ip] = at
		}
	})
	r.each(`_GetWatchlist('MicrosoftApps') | project tolower(tostring(SearchKey))`, func(v []string) { f.Own[v[0]] = true })
	f.Aliases = r.aliases()
	f.Keys = r.keys(findings)
	f.Roster = r.roster(f.Reading, f.Only)
	return f, r.err
}

const addressText = `union (UnifiedAuditLog | where Operation != "UserLoginFailed" | project TimeGenerated, User = tolower(UserId), Address = ClientIP),
      (SigninLogs | where ResultType == "0" | project TimeGenerated, User = tolower(UserPrincipalName), Address = IPAddress)
| where isnotempty(Address) and isnotempty(User)
| summarize First = min(TimeGenerated) by User, Address
| summarize Users = count(), First = min(First) by Address`

// factReader asks small questions and keeps the first error. A table that the
// case does not have is an empty one.
type factReader struct {
	ctx    context.Context
	engine Engine
	now    time.Time
	err    error
}

// each calls visit with the texts of every row.
func (r *factReader) each(text string, visit func([]string)) {
	if r.err != nil {
		return
	}
	rows, err := r.engine.Query(r.ctx, Request{Text: text, Now: r.now})
	if OutcomeOf(err) == MissingTable {
		return
	}
	if err != nil {
		r.err = fmt.Errorf("read facts: %w", err)
		return
	}
	defer rows.Close()
	columns := rows.Columns()
	values := make([]string, len(columns))
	for rows.Next() {
		for i, v := range rows.Row() {
			values[i] = Text(v, columns[i].Type)
		}
		visit(values)
	}
	if err := rows.Err(); err != nil && OutcomeOf(err) != MissingTable {
		r.err = fmt.Errorf("read facts: %w", err)
	}
}

// tenants tells the tenant of each record that a finding cites; where the case
// has one tenant only, it is only named.
func (r *factReader) tenants(findings []Finding, held map[string]map[string]Span) (byRecord map[string]string, only string) {
	names := tenantsOf(held)
	byRecord = map[string]string{}
	if len(names) == 0 {
		return byRecord, ""
	}
	if len(names) == 1 { // then what names none is taken to be its
		return byRecord, names[0]
	}
	var ids []string
	for _, f := range findings {
		ids = append(ids, f.Records...)
	}
	for chunk := range slices.Chunk(sortedUnique(ids), idsPerQuery) {
		list := quoteList(chunk)
		for _, c := range tenantColumns {
			r.each(fmt.Sprintf("%s | where _Id in (%s) | project _Id, tolower(%s)", c.table, list, c.column), func(v []string) {
				if t := tenantID(v[1]); t != "" {
					byRecord[v[0]] = t
				}
			})
		}
	}
	return byRecord, ""
}

// Quote writes s as a KQL string literal.
func Quote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, c := range s {
		switch {
		case c == '"' || c == '\\':
			b.WriteByte('\\')
			b.WriteRune(c)
		case c == '\n':
			b.WriteString(`\n`)
		case c == '\r':
			b.WriteString(`\r`)
		case c == '\t':
			b.WriteString(`\t`)
		case c < ' ' || c == 0x7f:
			fmt.Fprintf(&b, `\u%04x`, c)
		default:
			b.WriteRune(c)
		}
	}
	b.WriteByte('"')
	return b.String()
}

func quoteList(list []string) string {
	quoted := make([]string, len(list))
	for i, s := range list {
		quoted[i] = Quote(s)
	}
	return strings.Join(quoted, ",")
}

func atoi(s string) (n int) {
	_, _ = fmt.Sscanf(s, "%d", &n)
	return n
}

var guidPattern = regexp.MustCompile(`[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}`)

// aliases finds which ids and names stand for the same app, and which for the
// same mailbox.
func (r *factReader) aliases() map[string]string {
	apps := newAliasSet()
	for _, text := range []string{
		`AADServicePrincipalSignInLogs | summarize by AppId, ServicePrincipalId, ServicePrincipalName`,
		`TenantServicePrincipals | summarize by AppId, Id, DisplayName`,
	} {
		r.each(text, func(v []string) { apps.join([]string{v[0], v[1]}, v[2]) })
	}
	r.each(`AuditLogs | mv-expand T = TargetResources | where tostring(T.type) in~ ("Application", "ServicePrincipal")
		| project tostring(T.id), tostring(T.displayName), tostring(T.modifiedProperties)`, func(v []string) { apps.fromAudit(v[0], v[1], v[2]) })
	boxes := newAliasSet()
	r.each(`OfficeActivity | where isnotempty(MailboxOwnerUPN) | summarize by tolower(MailboxOwnerUPN), MailboxGuid`, func(v []string) {
		local, _, _ := strings.Cut(v[0], "@")
		boxes.join([]string{v[0], v[1]}, local)
	})
	r.each(`UnifiedAuditLog | where UserId contains "@" | summarize by tolower(UserId)`, func(v []string) {
		local, _, _ := strings.Cut(v[0], "@")
		boxes.join([]string{v[0]}, local)
	})
	out := apps.names(App, func(ids []string) string { return ids[0] })
	for k, v := range boxes.names(Account, func(ids []string) string {
		for _, id := range ids {
			if strings.Contains(id, "@") {
				return id
			}
		}
		return ids[0]
	}) {
		out[k] = v
	}
	return out
}

// aliasSet joins ids that are known to be one thing. A name, which anyone may
// choose, joins what bears it only while few do.
type aliasSet struct {
	parent map[string]string
	named  map[string]map[string]bool
}

// idsPerName is how many ids one app has: its application, its service principal
// and its client id.
const idsPerName = 3

func newAliasSet() *aliasSet {
	return &aliasSet{map[string]string{}, map[string]map[string]bool{}}
}

func (a *aliasSet) root(id string) string {
	for a.parent[id] != "" && a.parent[id] != id {
		id = a.parent[id]
	}
	return id
}

func (a *aliasSet) join(ids []string, name string) {
	first := ""
	for _, id := range ids {
		id = strings.ToLower(strings.TrimSpace(id))
		if id == "" || id == noTenant {
			continue
		}
		if a.parent[id] == "" {
			a.parent[id] = id
		}
		if first == "" {
			first = id
		}
		x, y := a.root(first), a.root(id)
		a.parent[max(x, y)] = min(x, y)
		if name = strings.ToLower(strings.TrimSpace(name)); name != "" {
			if a.named[name] == nil {
				a.named[name] = map[string]bool{}
			}
			a.named[name][id] = true
		}
	}
}

// fromAudit reads one changed object of the directory log. Where the change is a
// grant, the object is the API, and the grantee is among the properties.
func (a *aliasSet) fromAudit(id, name, properties string) {
	var list []struct {
		Name     string `json:"displayName"`
		NewValue any    `json:"newValue"`
	}
	_ = json.Unmarshal([]byte(properties), &list) // what is not JSON names nothing
	var grantee, object []string
	granteeName := ""
	for _, p := range list {
		value, _ := p.NewValue.(string)
		switch p.Name {
		case "ServicePrincipal.ObjectID", "ServicePrincipal.AppId":
			grantee = append(grantee, guidPattern.FindString(value))
		case "ServicePrincipal.DisplayName":
			granteeName = strings.Trim(value, `"`)
		case "AppId", "TargetId.ServicePrincipalNames":
			object = append(object, guidPattern.FindString(value))
		}
	}
	if len(grantee) > 0 {
		a.join(grantee, granteeName)
		return
	}
	a.join(append(object, id), name)
}

func (a *aliasSet) names(kind EntityType, pick func([]string) string) map[string]string {
	for _, name := range sortedKeys(a.named) {
		ids := sortedKeys(a.named[name])
		roots := map[string]bool{}
		for _, id := range ids {
			roots[a.root(id)] = true
		}
		if len(roots) <= idsPerName && kind == App || len(roots) == 1 {
			a.parent[name] = name
			for _, id := range append(ids, name) {
				x, y := a.root(ids[0]), a.root(id)
				a.parent[max(x, y)] = min(x, y)
			}
		}
	}
	groups := map[string][]string{}
	for _, id := range sortedKeys(a.parent) {
		groups[a.root(id)] = append(groups[a.root(id)], id)
	}
	out := map[string]string{}
	for _, root := range sortedKeys(groups) {
		for _, id := range groups[root] {
			out[string(kind)+":"+id] = pick(groups[root])
		}
	}
	return out
}

// roster lists the identities that the logs name, and notes the mailboxes of
// which records tell what was read.
func (r *factReader) roster(reading map[string][]string, only string) []Identity {
	seen := map[Identity]bool{}
	add := func(kind EntityType, id, tenant string) {
		id = entityID(kind, id)
		if id != "" && (kind != Account || !systemAccount(id)) {
			seen[Identity{kind, id, cmp.Or(tenantID(tenant), only)}] = true
		}
	}
	r.each(`UnifiedAuditLog | where UserId contains "@" | summarize by tolower(UserId), tolower(OrganizationId)`, func(v []string) { add(Account, v[0], v[1]) })
	for _, table := range []string{"SigninLogs", "AADNonInteractiveUserSignInLogs"} {
		r.each(table+` | where UserPrincipalName contains "@" | summarize by tolower(UserPrincipalName), tolower(AADTenantId)`, func(v []string) { add(Account, v[0], v[1]) })
	}
	r.each(`AADServicePrincipalSignInLogs | summarize by tolower(AppId), tolower(AADTenantId)`, func(v []string) { add(App, v[0], v[1]) })
	r.each(`OfficeActivity | where OfficeWorkload == "Exchange" and isnotempty(MailboxOwnerUPN)
		| summarize by Mailbox = tolower(MailboxOwnerUPN), Tenant = tolower(OrganizationId)`, func(v []string) { add(Mailbox, v[0], v[1]) })
	r.each(`OfficeActivity | where Operation in ("MailItemsAccessed", "MessageBind")
		| summarize by Mailbox = tolower(iff(isempty(MailboxOwnerUPN), UserId, MailboxOwnerUPN)), Tenant = tolower(OrganizationId)`, func(v []string) {
		box := entityID(Mailbox, v[0])
		reading[box] = append(reading[box], cmp.Or(tenantID(v[1]), only))
	})
	out := make([]Identity, 0, len(seen))
	for id := range seen {
		out = append(out, id)
	}
	slices.SortFunc(out, compareIdentities)
	return out
}

func compareIdentities(a, b Identity) int {
	return strings.Compare(string(a.Type)+"\x00"+a.ID+"\x00"+a.Tenant, string(b.Type)+"\x00"+b.ID+"\x00"+b.Tenant)
}

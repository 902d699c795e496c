package graphtest

import (
	"fmt"
	"time"
)

// intrusions are stories that can be told of a tenant. Each leaves the traces
// that such an intrusion leaves, and nothing that says so.
var intrusions = map[string]func(*Tenant){
	"mailbox":    (*Tenant).mailboxTakeover,
	"app":        (*Tenant).appMailAccess,
	"federation": (*Tenant).federationChange,
}

// Intrusions names the stories that [Config] may ask for.
func Intrusions() []string { return sortedKeys(intrusions) }

const intruder = "203.0.113.66"

// mailboxTakeover: a spray, one success, device code, a forwarding rule that
// hides replies, and mail read.
func (t *Tenant) mailboxTakeover() {
	start := t.cfg.Now.AddDate(0, 0, -5).Truncate(time.Hour)
	for i := range min(len(t.people), 30) {
		p := t.people[i]
		at := start.Add(time.Duration(i*7) * time.Second)
		s := t.signIn("interactiveUser", at, p, intruder)
		s["status"] = map[string]any{"errorCode": 50126, "failureReason": "Error validating credentials due to invalid username or password.", "additionalDetails": nil}
		t.foreign(s)
		t.addSignIn("interactiveUser", at, s)
	}
	victim := t.people[3]
	at := start.Add(20 * time.Minute)
	s := t.signIn("interactiveUser", at, victim, intruder)
	t.foreign(s)
	s["authenticationProtocol"], s["originalTransferMethod"] = "deviceCode", "deviceCodeFlow"
	s["authenticationRequirement"] = "singleFactorAuthentication"
	t.addSignIn("interactiveUser", at, s)
	params := []any{
		map[string]any{"Name": "Name", "Value": ".."},
		map[string]any{"Name": "ForwardTo", "Value": "collector@inbox.example"},
		map[string]any{"Name": "SubjectOrBodyContainsWords", "Value": "invoice;payment"},
		map[string]any{"Name": "DeleteMessage", "Value": "True"},
	}
	t.addRecord(at.Add(9*time.Minute), victim, operation{"New-InboxRule", "ExchangeAdmin", "Exchange", 1, map[string]any{
		"Parameters": params, "ObjectId": victim.UPN + "\\..", "ExternalAccess": false, "ClientAppId": "", "AppId": "", "SessionId": s["sessionId"],
	}}, intruder+":40112")
	for i := range 25 {
		t.addRecord(at.Add(time.Duration(15+i)*time.Minute), victim, t.bind(victim, 40), intruder)
	}
	t.rule(victim, map[string]any{
		"displayName": "..", "isReadOnly": false, "conditions": map[string]any{"bodyOrSubjectContains": []any{"invoice", "payment"}},
		"actions": map[string]any{"forwardTo": []any{map[string]any{"emailAddress": map[string]any{"address": "collector@inbox.example", "name": ""}}}, "delete": true, "stopProcessingRules": true},
	})
}

func (t *Tenant) foreign(s map[string]any) {
	s["location"] = map[string]any{"city": "Lagos", "state": "Lagos", "countryOrRegion": "NG", "geoCoordinates": map[string]any{"altitude": nil, "latitude": 6.45, "longitude": 3.39}}
	s["autonomousSystemNumber"] = 64666
	s["userAgent"] = "python-requests/2.32"
	s["deviceDetail"] = map[string]any{"deviceId": "", "displayName": "", "operatingSystem": "", "browser": "Python Requests 2.32", "isCompliant": false, "isManaged": false, "trustType": ""}
}

func (t *Tenant) bind(p Person, n int) operation {
	var items []any
	for range n {
		items = append(items, map[string]any{"InternetMessageId": "<" + t.token() + "@kestrel.example>"})
	}
	return operation{"MailItemsAccessed", "ExchangeItemAggregated", "Exchange", 50, map[string]any{
		"MailboxOwnerUPN": p.UPN, "LogonType": 0, "ClientInfoString": "Client=REST;Client=RESTSystem;;", "OperationCount": n, "AppId": t.apps[2].AppID, "ClientAppId": t.apps[2].AppID,
		"OperationProperties": []any{map[string]any{"Name": "MailAccessType", "Value": "Bind"}, map[string]any{"Name": "IsThrottled", "Value": "False"}},
		"Folders":             []any{map[string]any{"Path": "\\Inbox", "FolderItems": items}},
	}}
}

// appMailAccess: a secret added to an app, Mail.Read granted to it, a sign-in
// from elsewhere, mail of many people read.
func (t *Tenant) appMailAccess() {
	admin, app := t.people[0], t.apps[4]
	at := t.cfg.Now.AddDate(0, 0, -9).Truncate(time.Hour)
	t.addAudit(at, t.directoryAudit(at, "Update application – Certificates and secrets management ", "ApplicationManagement", "Core Directory", admin, app.Name,
		"KeyDescription", fmt.Sprintf(`["[KeyIdentifier=%s,KeyType=Password,KeyUsage=Verify,DisplayName=x]"]`, t.guid()), "Included Updated Properties", `"KeyDescription"`))
	at = at.Add(4 * time.Minute)
	t.addAudit(at, t.directoryAudit(at, "Add app role assignment to service principal", "ApplicationManagement", "Core Directory", admin, "Microsoft Graph",
		"AppRole.Value", `"Mail.ReadWrite"`, "ServicePrincipal.DisplayName", `"`+app.Name+`"`, "ServicePrincipal.ObjectID", `"`+app.SPID+`"`))
	t.addSignIn("servicePrincipal", at.Add(time.Hour).Truncate(time.Second), t.appSignIn("servicePrincipal", at.Add(time.Hour), app, intruder))
	for i, p := range t.people {
		o := t.bind(p, 60)
		o.data["AppId"], o.data["ClientAppId"], o.data["LogonType"] = app.AppID, app.AppID, 0
		o.data["AppAccessContext"] = map[string]any{"ClientAppId": app.AppID, "APIId": "00000003-0000-0000-c000-000000000000"}
		t.addRecord(at.Add(2*time.Hour+time.Duration(i)*time.Minute), Person{ID: app.SPID, UPN: p.UPN}, o, intruder)
	}
}

// federationChange: the trust of a domain that nobody uses any more is replaced.
func (t *Tenant) federationChange() {
	admin, domain := t.people[0], "old."+t.Domain
	at := t.cfg.Now.AddDate(0, 0, -12).Truncate(time.Hour)
	for i, name := range []string{"Set domain authentication", "Set federation settings on domain"} {
		at := at.Add(time.Duration(i) * time.Minute)
		t.addAudit(at, t.directoryAudit(at, name, "DirectoryManagement", "Core Directory", admin, domain, "LiveType", `["Federated"]`, "IssuerUri", `["http://any.sts/A6B5C4"]`))
	}
	t.domain(domain, "Federated")
	t.federation(domain, "http://any.sts/A6B5C4", t.guid())
}

package graphtest

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Seeded is the truth about one intrusion that was put into a tenant.
type Seeded struct {
	Kind     string
	Records  []string // of what the intruder did
	Accounts []string // taken over
	Messages []string // internet message ids that were read
	Unknown  []string // mailboxes of which the logs do not tell all that was read
}

// seedKinds are the ways of the seeded intrusions, each told from public reports
// of such cases and not from the queries.
var seedKinds = []struct {
	name string
	tell func(*seeder)
}{
	{"spray", (*seeder).spray},
	{"consent", (*seeder).consent},
	{"app-credential", (*seeder).appCredential},
	{"golden-saml", (*seeder).goldenSAML},
	{"session-theft", (*seeder).sessionTheft},
	{"federation-backdoor", (*seeder).federationBackdoor},
}

// SeedKinds names the kinds of seeded intrusions.
func SeedKinds() []string {
	var out []string
	for _, k := range seedKinds {
		out = append(out, k.name)
	}
	return out
}

// Seed puts n intrusions into the tenant, of each kind in turn, each with people,
// addresses and an app of its own.
func (t *Tenant) Seed(n int) []Seeded {
	var out []Seeded
	for k := range n {
		kind := seedKinds[k%len(seedKinds)]
		s := &seeder{Tenant: t, number: k, ip: fmt.Sprintf("192.0.2.%d", 1+k), at: t.cfg.Now.AddDate(0, 0, -3-(k*7)%50).Truncate(time.Hour).Add(time.Duration(k*13) * time.Minute)}
		s.truth.Kind = kind.name
		for p := k * 6; len(s.people) < 5; p++ {
			if q := t.people[p%len(t.people)]; !q.Guest && q.Mailbox && !q.Disabled {
				s.people = append(s.people, q)
			}
		}
		s.app = App{ID: t.guid(), AppID: t.guid(), SPID: t.guid(), Name: fmt.Sprintf("Workspace Helper %d", k), Own: false}
		turn := (k/len(seedKinds)*5 + k%len(seedKinds)*2) % 9 // so that every kind has its turn
		s.throttled, s.unlicensed = turn == 1, turn == 4
		kind.tell(s)
		out = append(out, s.truth)
	}
	return out
}

type seeder struct {
	*Tenant
	number                int
	ip                    string
	at                    time.Time
	people                []Person
	app                   App
	throttled, unlicensed bool
	truth                 Seeded
}

func (s *seeder) note(id string) { s.truth.Records = append(s.truth.Records, id) }

// step moves the intruder's clock.
func (s *seeder) step(d time.Duration) time.Time {
	s.at = s.at.Add(d)
	return s.at
}

func (s *seeder) signInAs(p Person, code int, change func(map[string]any)) map[string]any {
	r := s.signIn("interactiveUser", s.at, p, s.ip)
	r["location"] = map[string]any{"city": "Quito", "state": "Pichincha", "countryOrRegion": "EC", "geoCoordinates": map[string]any{"altitude": nil, "latitude": -0.2, "longitude": -78.5}}
	r["autonomousSystemNumber"] = 64700
	r["deviceDetail"] = map[string]any{"deviceId": "", "displayName": "", "operatingSystem": "Linux", "browser": "Firefox 128", "isCompliant": false, "isManaged": false, "trustType": ""}
	if code != 0 {
		r["status"] = map[string]any{"errorCode": code, "failureReason": "Error validating credentials due to invalid username or password.", "additionalDetails": nil}
	}
	if change != nil {
		change(r)
	}
	s.addSignIn("interactiveUser", s.at, r)
	s.note(r["id"].(string))
	return r
}

// record adds a unified audit record and keeps its id.
func (s *seeder) record(p Person, o operation) {
	s.addRecord(s.at, p, o, s.ip)
	list := s.Lists[AuditRecords]
	s.note(list[len(list)-1].ID)
}

func (s *seeder) audit(name, category string, by Person, target App, kind string, changed ...string) {
	by.IP = s.ip
	a := s.directoryAudit(s.at, name, category, "Core Directory", by, target.Name, changed...)
	t := a["targetResources"].([]any)[0].(map[string]any)
	t["id"], t["type"] = target.SPID, kind
	s.addAudit(s.at, a)
	s.note(a["id"].(string))
}

// readMail reads a mailbox: batches of single messages, sometimes until the
// service stops recording them. Without the licence nothing is recorded, not
// even what the owner reads.
func (s *seeder) readMail(p Person, batches int, change func(map[string]any)) {
	if s.unlicensed {
		s.truth.Unknown = append(s.truth.Unknown, p.UPN)
		s.Lists[AuditRecords] = slices.DeleteFunc(s.Lists[AuditRecords], func(i Item) bool {
			return strings.Contains(string(i.Raw), `"MailItemsAccessed"`) && strings.Contains(string(i.Raw), p.UPN)
		})
		return
	}
	for b := range batches {
		s.step(2 * time.Minute)
		var items []any
		for range 3 + s.rand.IntN(12) {
			id := "<" + s.token() + "@" + s.Domain + ">"
			items = append(items, map[string]any{"InternetMessageId": id, "SizeInBytes": 2000 + s.rand.IntN(60000)})
			s.truth.Messages = append(s.truth.Messages, id)
		}
		throttled := s.throttled && b == batches-1
		if throttled {
			s.truth.Unknown = append(s.truth.Unknown, p.UPN)
		}
		data := map[string]any{
			"MailboxOwnerUPN": p.UPN, "LogonType": 0, "ClientInfoString": "Client=REST;;", "OperationCount": len(items), "ClientIPAddress": s.ip,
			"OperationProperties": []any{map[string]any{"Name": "MailAccessType", "Value": "Bind"}, map[string]any{"Name": "IsThrottled", "Value": map[bool]string{true: "True", false: "False"}[throttled]}},
			"Folders":             []any{map[string]any{"Path": "\\Inbox", "FolderItems": items}},
		}
		if change != nil {
			change(data)
		}
		s.record(p, operation{"MailItemsAccessed", "exchangeItemAggregated", "Exchange", 50, data})
	}
}

func (s *seeder) inboxRule(p Person, session any, params ...string) {
	var list []any
	for i := 0; i+1 < len(params); i += 2 {
		list = append(list, map[string]any{"Name": params[i], "Value": params[i+1]})
	}
	s.record(p, operation{"New-InboxRule", "exchangeAdmin", "Exchange", 1, map[string]any{
		"Parameters": list, "ObjectId": p.UPN + "\\rule", "ExternalAccess": false, "SessionId": session, "ResultStatus": "True",
	}})
}

// spray: passwords tried on many, one fits; a rule hides the answers; mail is
// read and a mail is sent in the owner's name.
func (s *seeder) spray() {
	for i := range 25 {
		s.step(8 * time.Second)
		s.signInAs(s.Tenant.people[(s.number*31+i*3)%len(s.Tenant.people)], 50126, nil)
	}
	victim := s.people[0]
	s.step(time.Minute)
	session := s.signInAs(victim, 0, nil)["sessionId"]
	s.truth.Accounts = []string{victim.UPN}
	s.step(10 * time.Minute)
	s.inboxRule(victim, session, "Name", "..", "SubjectOrBodyContainsWords", "password;invoice", "DeleteMessage", "True")
	bySession := func(d map[string]any) { d["SessionId"], d["ClientInfoString"] = session, "Client=OWA;Action=ViaProxy" }
	s.readMail(victim, 4, bySession)
	s.step(3 * time.Minute)
	s.record(victim, operation{"Send", "exchangeItem", "Exchange", 2, map[string]any{
		"MailboxOwnerUPN": victim.UPN, "LogonType": 0, "ClientInfoString": "Client=OWA;Action=ViaProxy", "SessionId": session,
		"ClientIPAddress": s.ip, "Item": map[string]any{"Subject": "Updated bank details", "InternetMessageId": "<" + s.token() + "@" + s.Domain + ">"},
	}})
}

// consent: people agree to an app that asks for their mail, and it reads it.
func (s *seeder) consent() {
	for _, p := range s.people[:2] {
		s.step(5 * time.Minute)
		s.audit("Add delegated permission grant", "ApplicationManagement", p, App{Name: "Microsoft Graph", SPID: s.apps[1].SPID}, "ServicePrincipal",
			"DelegatedPermissionGrant.Scope", `" Mail.Read offline_access User.Read"`, "DelegatedPermissionGrant.ConsentType", `"Principal"`, "ServicePrincipal.ObjectID", `"`+s.app.SPID+`"`,
			"ServicePrincipal.DisplayName", `"`+s.app.Name+`"`, "ServicePrincipal.AppId", `"`+s.app.AppID+`"`)
		s.audit("Consent to application", "ApplicationManagement", p, s.app, "ServicePrincipal",
			"ConsentContext.IsAdminConsent", `"False"`, "ConsentContext.OnBehalfOfAll", `"False"`, "ConsentAction.Permissions",
			fmt.Sprintf(`"[] => [[Id: x, ClientId: %s, PrincipalId: %s, ResourceId: %s, ConsentType: Principal, Scope:  Mail.Read offline_access User.Read, CreatedDateTime: , Conditions: , ExpiryTime: ]]; "`, s.app.SPID, p.ID, s.apps[1].SPID),
			"TargetId.ServicePrincipalNames", `"`+s.app.AppID+`"`)
		s.readMail(p, 3, s.byApp)
	}
}

func (s *seeder) byApp(d map[string]any) {
	d["ClientAppId"], d["AppId"] = s.app.AppID, "00000003-0000-0000-c000-000000000000"
}

// appCredential: an administrator's account adds a secret to an app and gives it
// mail; the app signs in with it and reads mailboxes.
func (s *seeder) appCredential() {
	admin, key := s.people[0], s.guid()
	s.truth.Accounts = []string{admin.UPN}
	s.signInAs(admin, 0, nil)
	s.step(6 * time.Minute)
	s.audit("Update application – Certificates and secrets management ", "ApplicationManagement", admin, s.app, "Application",
		"KeyDescription", fmt.Sprintf(`["[KeyIdentifier=%s,KeyType=Password,KeyUsage=Verify,DisplayName=main]"]`, key), "Included Updated Properties", `"KeyDescription"`)
	s.step(2 * time.Minute)
	s.audit("Add app role assignment to service principal", "ApplicationManagement", admin, App{Name: "Microsoft Graph", SPID: s.apps[1].SPID}, "ServicePrincipal",
		"AppRole.Id", `"`+mailReadRole+`"`, "AppRole.Value", `"Mail.Read"`, "ServicePrincipal.ObjectID", `"`+s.app.SPID+`"`, "ServicePrincipal.DisplayName", `"`+s.app.Name+`"`, "ServicePrincipal.AppId", `"`+s.app.AppID+`"`)
	s.step(20 * time.Minute)
	r := s.appSignIn("servicePrincipal", s.at, s.app, s.ip)
	r["servicePrincipalCredentialKeyId"] = key
	s.addSignIn("servicePrincipal", s.at, r)
	s.note(r["id"].(string))
	for _, p := range s.people[1:4] {
		s.readMail(p, 3, s.byApp)
	}
}

// goldenSAML: the AD FS keys are read, a token is made without AD FS, an app is
// changed with it, and mail is read by the app.
func (s *seeder) goldenSAML() {
	admin := s.people[0]
	s.truth.Accounts = []string{admin.UPN}
	account := strings.ToUpper(strings.Split(s.Domain, ".")[0]) + "\\" + fmt.Sprintf("svc-ops%d", s.number)
	s.windows(map[string]any{
		"EventID": 4662, "Computer": "DC01." + s.Domain, "Channel": "Security", "EventSourceName": "Microsoft-Windows-Security-Auditing",
		"Account": account, "SubjectAccount": account, "ObjectServer": "DS", "ObjectType": "%{5cb41ed0-0e4c-11d0-a286-00aa003049e2}", "ObjectName": "%{" + s.guid() + "}", "AccessMask": "0x10",
		"Properties": "%%7684 {77b5b886-944a-11d1-aebd-0000f80367c1} {8d3bca50-1d7e-11d0-a081-00aa006c33ed} {5cb41ed0-0e4c-11d0-a286-00aa003049e2}",
	})
	s.step(3 * time.Hour)
	s.signInAs(admin, 0, func(r map[string]any) {
		r["tokenIssuerType"], r["incomingTokenType"], r["authenticationProtocol"] = "ADFederationServices", "saml20", "wsFederation"
	})
	s.step(12 * time.Minute)
	s.audit("Update application – Certificates and secrets management ", "ApplicationManagement", admin, s.app, "Application",
		"KeyDescription", fmt.Sprintf(`["[KeyIdentifier=%s,KeyType=AsymmetricX509Cert,KeyUsage=Verify,DisplayName=CN=sync]"]`, s.guid()), "Included Updated Properties", `"KeyDescription"`)
	s.step(2 * time.Minute)
	s.audit("Add app role assignment to service principal", "ApplicationManagement", admin, App{Name: "Microsoft Graph", SPID: s.apps[1].SPID}, "ServicePrincipal",
		"AppRole.Id", `"`+mailReadRole+`"`, "AppRole.Value", `"Mail.Read"`, "ServicePrincipal.ObjectID", `"`+s.app.SPID+`"`, "ServicePrincipal.DisplayName", `"`+s.app.Name+`"`, "ServicePrincipal.AppId", `"`+s.app.AppID+`"`)
	for _, p := range s.people[1:3] {
		s.readMail(p, 3, s.byApp)
	}
}

// windowsEvents is where Windows events are kept; Graph does not serve them.
const windowsEvents = "windows"

func (s *seeder) windows(event map[string]any) {
	id := s.guid()
	event["TimeGenerated"], event["EventOriginId"], event["Type"], event["SourceSystem"] = fractions(s.at), id, "SecurityEvent", "OpsManager"
	s.add(windowsEvents, "", s.at, id, event)
	s.note(id)
}

// sessionTheft: a code typed for someone else, or a page between; then a rule
// that forwards and mail read in that session.
func (s *seeder) sessionTheft() {
	victim := s.people[0]
	s.truth.Accounts = []string{victim.UPN}
	session := s.signInAs(victim, 0, func(r map[string]any) {
		if s.number%2 == 0 {
			r["authenticationProtocol"], r["originalTransferMethod"] = "deviceCode", "deviceCodeFlow"
		} else {
			r["userAgent"], r["appDisplayName"], r["appId"] = "axios/1.7.2", "OfficeHome", "4765445b-32c6-49b0-83e6-1d93765276ca"
		}
	})["sessionId"]
	s.step(7 * time.Minute)
	s.inboxRule(victim, session, "Name", "sync", "ForwardTo", fmt.Sprintf("drop%d@outside.example", s.number))
	s.readMail(victim, 5, func(d map[string]any) { d["SessionId"] = session })
}

// federationBackdoor: a domain's trust is turned to the intruder's issuer, who
// signs in through it and opens a mailbox to the account that reads it.
func (s *seeder) federationBackdoor() {
	admin, owner, reader := s.people[0], s.people[1], s.people[2]
	domain := fmt.Sprintf("branch%d.%s", s.number, s.Domain)
	s.truth.Accounts = []string{admin.UPN}
	s.signInAs(admin, 0, nil)
	s.step(5 * time.Minute)
	s.audit("Set federation settings on domain", "DirectoryManagement", admin, App{Name: domain, SPID: domain}, "Other", "IssuerUri", fmt.Sprintf(`["http://sts%d.outside.example/trust"]`, s.number), "LiveType", `["Federated"]`)
	s.step(30 * time.Minute)
	s.signInAs(reader, 0, func(r map[string]any) {
		r["tokenIssuerType"], r["incomingTokenType"], r["tokenIssuerName"] = "ADFederationServices", "saml20", fmt.Sprintf("http://sts%d.outside.example/trust", s.number)
	})
	s.step(5 * time.Minute)
	s.record(admin, operation{"Add-MailboxPermission", "exchangeAdmin", "Exchange", 1, map[string]any{
		"ObjectId": owner.UPN, "ResultStatus": "True",
		"Parameters": []any{map[string]any{"Name": "Identity", "Value": owner.UPN}, map[string]any{"Name": "User", "Value": reader.UPN}, map[string]any{"Name": "AccessRights", "Value": "FullAccess"}},
	}})
	s.step(10 * time.Minute)
	s.readBy(reader, owner, 3)
}

// readBy reads owner's mailbox as reader.
func (s *seeder) readBy(reader, owner Person, batches int) {
	s.readMail(owner, batches, func(d map[string]any) {
		d["LogonType"], d["UserId"], d["UserKey"] = 2, reader.UPN, reader.ID
	})
}

// Export writes the tenant's logs as files that can be imported.
func (t *Tenant) Export(dir string) error {
	for name, path := range map[string]string{"sign-ins.json": SignIns, "directory.json": DirectoryAudits} {
		var list []json.RawMessage
		for _, i := range t.Lists[path] {
			list = append(list, i.Raw)
		}
		raw, err := json.Marshal(map[string]any{"value": list})
		if err != nil {
			return fmt.Errorf("export tenant: %w", err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), raw, 0o600); err != nil {
			return fmt.Errorf("export tenant: %w", err)
		}
	}
	if err := t.exportLines(filepath.Join(dir, "audit.jsonl"), AuditRecords, func(raw []byte) []byte {
		var record struct {
			Data json.RawMessage `json:"auditData"`
		}
		_ = json.Unmarshal(raw, &record) // made by us
		return record.Data
	}); err != nil {
		return err
	}
	return t.exportLines(filepath.Join(dir, "windows.jsonl"), windowsEvents, func(raw []byte) []byte { return raw })
}

func (t *Tenant) exportLines(name, path string, line func([]byte) []byte) (err error) {
	f, err := os.Create(name)
	if err != nil {
		return fmt.Errorf("export tenant: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	b := bufio.NewWriter(f)
	for _, i := range t.Lists[path] {
		b.Write(line(i.Raw))
		b.WriteByte('\n')
	}
	return b.Flush()
}

package graphtest

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"time"
)

// Paths of the logs.
const (
	SignIns         = "/auditLogs/signIns"
	DirectoryAudits = "/auditLogs/directoryAudits"
	Provisioning    = "/auditLogs/provisioning"
	AuditRecords    = "/security/auditLog/records" // reached through searches only
	RiskDetections  = "/identityProtection/riskDetections"
	SPDetections    = "/identityProtection/servicePrincipalRiskDetections"
	Alerts          = "/security/alerts_v2"
	MessageTraces   = "/admin/exchange/tracing/messageTraces"
)

// seconds writes a time as sign-ins carry it, fractions as audits do.
func seconds(at time.Time) string {
	return at.UTC().Truncate(time.Second).Format("2006-01-02T15:04:05Z")
}
func fractions(at time.Time) string { return at.UTC().Format("2006-01-02T15:04:05.0000000Z") }

var signInKinds = []string{"interactiveUser", "nonInteractiveUser", "nonInteractiveUser", "nonInteractiveUser", "servicePrincipal", "managedIdentity"}

func (t *Tenant) makeSignIns() {
	for range t.cfg.Daily * t.cfg.Days {
		kind := signInKinds[t.rand.IntN(len(signInKinds))]
		at := t.moment().Truncate(time.Second)
		if kind == "servicePrincipal" || kind == "managedIdentity" {
			t.workloadSignIn(kind, at)
			continue
		}
		p := t.person()
		s := t.signIn(kind, at, p, p.IP)
		if t.rand.IntN(40) == 0 {
			s["status"] = map[string]any{"errorCode": 50126, "failureReason": "Error validating credentials due to invalid username or password.", "additionalDetails": nil}
		}
		t.addSignIn(kind, at, s)
	}
}

func (t *Tenant) addSignIn(kind string, at time.Time, s map[string]any) {
	t.add(SignIns, kind, at, s["id"].(string), s)
}

// signIn is a user's sign-in as beta shows it.
func (t *Tenant) signIn(kind string, at time.Time, p Person, ip string) map[string]any {
	app := t.apps[t.rand.IntN(3)]
	return map[string]any{
		"id": t.guid(), "createdDateTime": seconds(at), "userDisplayName": p.Name, "userPrincipalName": lower(p.UPN), "userId": p.ID,
		"appId": app.AppID, "appDisplayName": app.Name, "ipAddress": ip, "clientAppUsed": "Browser",
		"userAgent":     "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36",
		"correlationId": t.guid(), "conditionalAccessStatus": "success", "isInteractive": kind == "interactiveUser",
		"tokenIssuerType": "AzureAD", "processingTimeInMilliseconds": 80 + t.rand.IntN(200),
		"riskDetail": "none", "riskLevelAggregated": "none", "riskLevelDuringSignIn": "none", "riskState": "none", "riskEventTypes_v2": []any{},
		"resourceDisplayName": "Office 365 Exchange Online", "resourceId": "00000002-0000-0ff1-ce00-000000000000", "resourceTenantId": t.ID, "homeTenantId": t.ID,
		"signInEventTypes": []any{kind}, "sessionId": t.guid(), "uniqueTokenIdentifier": t.token(), "incomingTokenType": "none",
		"authenticationProtocol": "none", "originalTransferMethod": "none", "autonomousSystemNumber": 64500 + t.rand.IntN(4),
		"authenticationRequirement": "multiFactorAuthentication", "crossTenantAccessType": "none", "userType": "member",
		"status":       map[string]any{"errorCode": 0, "failureReason": "Other.", "additionalDetails": nil},
		"deviceDetail": map[string]any{"deviceId": "", "displayName": "", "operatingSystem": "Windows10", "browser": "Chrome 130.0.0", "isCompliant": true, "isManaged": true, "trustType": "Azure AD joined"},
		"location":     map[string]any{"city": "Graz", "state": "Steiermark", "countryOrRegion": "AT", "geoCoordinates": map[string]any{"altitude": nil, "latitude": 47.07, "longitude": 15.44}},
		"appliedConditionalAccessPolicies": []any{map[string]any{
			"id": t.guid(), "displayName": "Require MFA", "enforcedGrantControls": []any{"Mfa"}, "enforcedSessionControls": []any{}, "result": "success",
		}},
		"authenticationDetails": []any{map[string]any{
			"authenticationStepDateTime": seconds(at), "authenticationMethod": "Password", "authenticationMethodDetail": "Password Hash Sync",
			"succeeded": true, "authenticationStepResultDetail": "Correct password", "authenticationStepRequirement": "Primary authentication",
		}},
		"authenticationProcessingDetails": []any{map[string]any{"key": "Is CAE Token", "value": "False"}},
	}
}

func (t *Tenant) token() string {
	return fmt.Sprintf("%016x%06xAA", t.rand.Uint64(), t.rand.IntN(1<<24))
}

func (t *Tenant) workloadSignIn(kind string, at time.Time) {
	app := t.apps[3+t.rand.IntN(len(t.apps)-3)]
	t.addSignIn(kind, at, t.appSignIn(kind, at, app, "203.0.113.20"))
}

func (t *Tenant) appSignIn(kind string, at time.Time, app App, ip string) map[string]any {
	return map[string]any{
		"id": t.guid(), "createdDateTime": seconds(at), "appId": app.AppID, "appDisplayName": app.Name, "ipAddress": ip,
		"servicePrincipalId": app.SPID, "servicePrincipalName": app.Name, "servicePrincipalCredentialKeyId": t.guid(),
		"clientCredentialType": "clientSecret", "correlationId": t.guid(), "uniqueTokenIdentifier": t.token(), "signInEventTypes": []any{kind},
		"resourceDisplayName": "Microsoft Graph", "resourceId": "00000003-0000-0000-c000-000000000000", "resourceTenantId": t.ID,
		"status":                 map[string]any{"errorCode": 0, "failureReason": nil, "additionalDetails": nil},
		"location":               map[string]any{"city": "Dublin", "state": "Dublin", "countryOrRegion": "IE", "geoCoordinates": map[string]any{}},
		"autonomousSystemNumber": 64510, "authenticationProcessingDetails": []any{},
	}
}

var auditActivities = []struct{ name, category, service string }{
	{"Update user", "UserManagement", "Core Directory"},
	{"Add member to group", "GroupManagement", "Core Directory"},
	{"Update device", "Device", "Core Directory"},
	{"User registered security info", "UserManagement", "Authentication Methods"},
	{"Change user password", "UserManagement", "Core Directory"},
}

func (t *Tenant) makeAudits() {
	for i := range t.cfg.Audits * t.cfg.Days {
		at := t.moment().Truncate(100 * time.Nanosecond)
		p := t.person()
		switch i % 5 {
		case 0:
			a := auditActivities[t.rand.IntN(len(auditActivities))]
			t.addAudit(at, t.directoryAudit(at, a.name, a.category, a.service, p, p.Name))
		default:
			t.addRecord(at, p, t.mailOperation(p), p.IP)
		}
		if i%50 == 0 {
			id := t.guid()
			t.add(Provisioning, "", at, id, t.provisioned(id, at, p))
		}
		if i%7 == 0 {
			id := t.guid()
			t.add(MessageTraces, "", at, id, map[string]any{"id": id, "receivedDateTime": fractions(at), "senderAddress": p.UPN, "recipientAddress": t.person().UPN, "subject": "Re: offer", "status": "delivered", "size": 4000 + t.rand.IntN(90000), "fromIP": p.IP})
		}
	}
}

// provisioned is one change that the directory synchronisation made.
func (t *Tenant) provisioned(id string, at time.Time, p Person) map[string]any {
	identity := map[string]any{"id": p.ID, "displayName": p.Name, "identityType": "User", "details": map[string]any{}}
	return map[string]any{
		"id": id, "activityDateTime": fractions(at), "tenantId": t.ID, "jobId": "AD2AAD", "cycleId": id, "changeId": id, "durationInMilliseconds": 312,
		"provisioningAction": "update", "provisioningStatusInfo": map[string]any{"status": "success"},
		"provisioningSteps": []any{map[string]any{
			"name": "EntryExportUpdate", "status": "success", "provisioningStepType": "export", "description": "", "details": map[string]any{},
		}},
		"modifiedProperties": []any{}, "sourceIdentity": identity, "targetIdentity": identity,
		"sourceSystem":     map[string]any{"id": t.ID, "displayName": "Active Directory", "details": map[string]any{}},
		"targetSystem":     map[string]any{"id": t.ID, "displayName": "Microsoft Entra ID", "details": map[string]any{}},
		"servicePrincipal": map[string]any{"id": t.apps[3].SPID, "displayName": "AD2AAD"},
		"initiatedBy":      map[string]any{"id": "", "displayName": "Azure AD Provisioning Service", "initiatorType": "system"},
	}
}

func (t *Tenant) addAudit(at time.Time, a map[string]any) {
	t.add(DirectoryAudits, "", at, a["id"].(string), a)
}

// directoryAudit is one change in the directory. changed are modified properties
// as name, new value pairs, whose values are JSON in strings.
func (t *Tenant) directoryAudit(at time.Time, name, category, service string, by Person, target string, changed ...string) map[string]any {
	props := []any{}
	for i := 0; i+1 < len(changed); i += 2 {
		props = append(props, map[string]any{"displayName": changed[i], "oldValue": "[]", "newValue": changed[i+1]})
	}
	id := "Directory_" + t.guid() + "_" + t.token()
	return map[string]any{
		"id": id, "category": category, "correlationId": t.guid(), "result": "success", "resultReason": "", "activityDisplayName": name,
		"activityDateTime": fractions(at), "loggedByService": service, "operationType": "Update", "additionalDetails": []any{map[string]any{"key": "User-Agent", "value": "Mozilla/5.0"}},
		"initiatedBy": map[string]any{"user": map[string]any{"id": by.ID, "displayName": nil, "userPrincipalName": by.UPN, "ipAddress": by.IP, "roles": []any{}}},
		"targetResources": []any{map[string]any{
			"id": t.guid(), "displayName": target, "type": "User", "userPrincipalName": nil, "modifiedProperties": props,
		}},
	}
}

// operation is the workload's part of an audit record.
type operation struct {
	name, kind, workload string
	typeID               int
	data                 map[string]any
}

func (t *Tenant) mailOperation(p Person) operation {
	kind := t.rand.IntN(4)
	if kind > 1 && (p.Guest || !p.Mailbox) {
		kind = 0 // without a mailbox there is no mail to send or read
	}
	switch kind {
	case 0:
		return operation{"FileAccessed", "SharePointFileOperation", "SharePoint", 6, map[string]any{
			"SiteUrl": "https://kestrel.sharepoint.example/sites/team/", "SourceFileName": fmt.Sprintf("plan-%d.docx", t.rand.IntN(500)), "EventSource": "SharePoint", "ItemType": "File",
		}}
	case 1:
		return operation{"UserLoggedIn", "AzureActiveDirectoryStsLogon", "AzureActiveDirectory", 15, map[string]any{"ApplicationId": t.apps[2].AppID, "ErrorNumber": "0", "ExtendedProperties": []any{map[string]any{"Name": "UserAgent", "Value": "Mozilla/5.0"}}}}
	case 2:
		return operation{"Send", "ExchangeItem", "Exchange", 2, map[string]any{"MailboxOwnerUPN": p.UPN, "LogonType": 0, "ClientInfoString": "Client=OWA;Action=ViaProxy", "Item": map[string]any{"Subject": "Re: offer"}}}
	}
	return t.ownRead(p)
}

// ownRead is an owner who opens mail in a browser.
func (t *Tenant) ownRead(p Person) operation {
	return operation{"MailItemsAccessed", "ExchangeItemAggregated", "Exchange", 50, map[string]any{
		"MailboxOwnerUPN": p.UPN, "LogonType": 0, "ClientInfoString": "Client=OWA;Action=ViaProxy", "OperationCount": 1 + t.rand.IntN(4),
		"OperationProperties": []any{map[string]any{"Name": "MailAccessType", "Value": "Bind"}, map[string]any{"Name": "IsThrottled", "Value": "False"}},
		"Folders":             []any{map[string]any{"Path": "\\Inbox", "FolderItems": []any{map[string]any{"InternetMessageId": "<" + t.token() + "@kestrel.example>"}}}},
	}}
}

// makeDailyReads lets everybody open mail on each day on which they sign in to
// Exchange: a mailbox in use that records no reads is a sign of an intrusion. It
// draws from a sequence of its own, so that the rest of the tenant stays as it is.
func (t *Tenant) makeDailyReads() {
	main := t.rand
	defer func() { t.rand = main }()
	t.rand = rand.New(rand.NewPCG(t.cfg.Seed, 5))
	byUPN := map[string]Person{}
	for _, p := range t.people {
		if p.Mailbox && !p.Guest {
			byUPN[lower(p.UPN)] = p
		}
	}
	done := map[string]bool{}
	for _, i := range t.Lists[SignIns] {
		var s struct{ UserPrincipalName string }
		_ = json.Unmarshal(i.Raw, &s) // made by us
		p, ok := byUPN[s.UserPrincipalName]
		if day := s.UserPrincipalName + i.At.Format(time.DateOnly); ok && !done[day] {
			done[day] = true
			t.addRecord(minTime(i.At.Add(time.Duration(1+t.rand.IntN(9))*time.Minute), t.cfg.Now), p, t.ownRead(p), p.IP)
		}
	}
}

func minTime(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// addRecord adds a unified audit record as the search gives it.
func (t *Tenant) addRecord(at time.Time, p Person, o operation, ip string) {
	id := t.guid()
	at = at.Truncate(time.Second)
	data := map[string]any{
		"Id": id, "CreationTime": at.UTC().Format("2006-01-02T15:04:05"), "Operation": o.name, "OrganizationId": t.ID, "RecordType": o.typeID,
		"UserType": 0, "UserKey": p.ID, "Workload": o.workload, "UserId": p.UPN, "ClientIP": ip, "ResultStatus": "Succeeded", "Version": 1,
	}
	for name, value := range o.data {
		data[name] = value
	}
	t.add(AuditRecords, o.kind, at, id, map[string]any{
		"id": id, "createdDateTime": seconds(at), "auditLogRecordType": o.kind, "operation": o.name, "organizationId": t.ID,
		"userType": "Regular", "userId": p.ID, "service": o.workload, "objectId": nil, "userPrincipalName": p.UPN, "clientIp": ip,
		"administrativeUnits": []any{""}, "auditData": data,
	})
}

func (t *Tenant) makeRisk() {
	at, app, id := t.moment().Truncate(time.Second), t.apps[5], t.guid()
	t.add(SPDetections, "", at, id, map[string]any{
		"id": id, "servicePrincipalId": app.SPID, "appId": app.AppID, "servicePrincipalDisplayName": app.Name, "riskEventType": "unlikelyTravel", "riskState": "dismissed", "riskLevel": "low",
		"riskDetail": "none", "source": "IdentityProtection", "detectionTimingType": "offline", "activity": "servicePrincipal", "detectedDateTime": fractions(at), "activityDateTime": fractions(at), "ipAddress": "203.0.113.20",
	})
	for i := range max(t.cfg.Days/2, 3) {
		at, p := t.moment().Truncate(time.Second), t.person()
		id := t.guid()
		t.add(RiskDetections, "", at, id, map[string]any{
			"id": id, "requestId": t.guid(), "correlationId": t.guid(), "riskEventType": "unfamiliarFeatures", "riskState": "dismissed", "riskLevel": "low", "riskDetail": "none",
			"source": "IdentityProtection", "detectionTimingType": "realtime", "activity": "signin", "ipAddress": p.IP, "activityDateTime": fractions(at), "detectedDateTime": fractions(at),
			"lastUpdatedDateTime": fractions(at), "userId": p.ID, "userDisplayName": p.Name, "userPrincipalName": p.UPN, "tokenIssuerType": "AzureAD",
		})
		if i%3 == 0 {
			id = t.guid()
			t.add(Alerts, "", at, id, map[string]any{
				"id": id, "providerAlertId": t.guid(), "incidentId": fmt.Sprint(i + 1), "status": "resolved", "severity": "low", "serviceSource": "microsoftDefenderForOffice365",
				"title": "Email reported by user as malware or phish", "category": "InitialAccess", "createdDateTime": fractions(at), "lastUpdateDateTime": fractions(at),
				"tenantId": t.ID, "evidence": []any{map[string]any{"@odata.type": "#microsoft.graph.security.userEvidence", "userAccount": map[string]any{"userPrincipalName": p.UPN}}},
			})
			t.onlyState("/identityProtection/riskyUsers", p.ID, map[string]any{"id": p.ID, "isDeleted": false, "isProcessing": false, "riskLevel": "low", "riskState": "dismissed", "riskDetail": "none", "riskLastUpdatedDateTime": fractions(at), "userPrincipalName": p.UPN, "userDisplayName": p.Name})
		}
	}
}

// makeHunting adds rows of advanced hunting tables for what the logs tell.
func (t *Tenant) makeHunting() {
	for i := range t.cfg.Daily * t.cfg.Days / 4 {
		at, p := t.moment().Truncate(time.Millisecond), t.person()
		id := fmt.Sprintf("%d_%s", i, t.token())
		t.add("hunting/CloudAppEvents", "", at, id, map[string]any{
			"Timestamp": fractions(at), "ReportId": id, "ActionType": "MailItemsAccessed", "Application": "Microsoft Exchange Online", "ApplicationId": 20893,
			"AccountObjectId": p.ID, "AccountId": p.ID, "AccountDisplayName": p.Name, "AccountType": "Regular", "IPAddress": p.IP, "CountryCode": "AT", "IsExternalUser": false, "RawEventData": map[string]any{"Operation": "MailItemsAccessed"},
		})
		if i%3 == 0 {
			t.add("hunting/EmailEvents", "", at, id, map[string]any{
				"Timestamp": fractions(at), "ReportId": id, "NetworkMessageId": t.guid(), "InternetMessageId": "<" + t.token() + "@kestrel.example>", "SenderFromAddress": p.UPN,
				"RecipientEmailAddress": t.person().UPN, "Subject": "Re: offer", "EmailDirection": "Outbound", "DeliveryAction": "Delivered",
			})
		}
	}
}

package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"maps"
	"time"
)

type record = map[string]any

func (w *world) put(to *bufio.Writer, id string, r record) {
	line, err := json.Marshal(r)
	if err == nil {
		_, err = to.Write(append(line, '\n'))
	}
	if err != nil && w.err == nil {
		w.err = err
	}
	w.records++
	w.noted = append(w.noted, id)
}

func stamp(at time.Time) string { return at.UTC().Format("2006-01-02T15:04:05Z") }

// signIn writes a sign-in as Graph's beta endpoint gives it; change overwrites
// properties. It returns the session and the token.
func (w *world) signIn(p *worker, from origin, at time.Time, kind string, change record) (session, token string) {
	id, token := w.guid(), w.tokenID()
	managed := from != (origin{}) && change["deviceDetail"] == nil
	r := record{
		"id": id, "createdDateTime": stamp(at), "userDisplayName": p.name, "userPrincipalName": p.upn, "userId": p.id,
		"appId": outlookApp, "appDisplayName": "Microsoft Office", "ipAddress": from.ip, "clientAppUsed": "Browser", "userAgent": p.agent,
		"correlationId": w.guid(), "conditionalAccessStatus": "success", "isInteractive": kind == "interactiveUser", "tokenIssuerType": "AzureAD",
		"riskDetail": "none", "riskLevelAggregated": "none", "riskLevelDuringSignIn": "none", "riskState": "none",
		"resourceDisplayName": "Office 365 Exchange Online", "resourceId": exchange, "resourceTenantId": w.tenant, "homeTenantId": w.tenant,
		"signInEventTypes": []string{kind}, "sessionId": p.session, "uniqueTokenIdentifier": token, "incomingTokenType": "none",
		"authenticationProtocol": "none", "originalTransferMethod": "none", "autonomousSystemNumber": from.asn,
		"authenticationRequirement": "multiFactorAuthentication", "crossTenantAccessType": "none", "userType": "member",
		"status":       record{"errorCode": 0, "failureReason": "Other.", "additionalDetails": nil},
		"deviceDetail": record{"deviceId": p.device, "displayName": "PC", "operatingSystem": "Windows10", "browser": "Edge 138.0.0", "isCompliant": managed, "isManaged": managed, "trustType": "Azure AD joined"},
		"location":     record{"city": "", "state": "", "countryOrRegion": from.country, "geoCoordinates": record{"latitude": from.lat, "longitude": from.lon}},
	}
	maps.Copy(r, change)
	w.put(w.signIns, id, r)
	return fmt.Sprint(r["sessionId"]), token
}

func failed(code int) record {
	return record{"status": record{"errorCode": code, "failureReason": "Error validating credentials.", "additionalDetails": nil}}
}

// appSignIn writes a service principal's sign-in.
func (w *world) appSignIn(s *service, at time.Time) {
	id := w.guid()
	w.put(w.signIns, id, record{
		"id": id, "createdDateTime": stamp(at), "appId": s.app, "appDisplayName": s.name, "ipAddress": s.at.ip, "servicePrincipalId": s.principal, "servicePrincipalName": s.name,
		"servicePrincipalCredentialKeyId": s.key, "clientCredentialType": "clientSecret", "correlationId": w.guid(), "uniqueTokenIdentifier": w.tokenID(),
		"signInEventTypes": []string{"servicePrincipal"}, "resourceDisplayName": "Microsoft Graph", "resourceId": graphAPI, "resourceTenantId": w.tenant, "homeTenantId": w.tenant, "appOwnerTenantId": w.tenant,
		"status": record{"errorCode": 0, "failureReason": nil, "additionalDetails": nil}, "autonomousSystemNumber": s.at.asn,
		"location": record{"city": "", "state": "", "countryOrRegion": s.at.country, "geoCoordinates": record{}},
	})
}

// target is what a directory audit was done to.
type target struct{ id, kind, name, upn string }

// direct writes a directory audit; changed are names and new values in turn.
func (w *world) direct(at time.Time, name, category string, by *worker, ip string, t target, changed ...string) {
	id := "Directory_" + w.guid()
	props := []record{}
	for i := 0; i+1 < len(changed); i += 2 {
		old := "[]"
		if changed[i] == "UserType" {
			old = `["Guest"]`
		}
		props = append(props, record{"displayName": changed[i], "oldValue": old, "newValue": changed[i+1]})
	}
	initiator := record{"user": record{"id": by.id, "displayName": nil, "userPrincipalName": by.upn, "ipAddress": ip, "roles": []any{}}}
	if by.upn == "" {
		initiator = record{"app": record{"appId": nil, "displayName": by.name, "servicePrincipalId": by.id, "servicePrincipalName": nil}}
	}
	w.put(w.directory, id, record{
		"id": id, "category": category, "correlationId": w.guid(), "result": "success", "resultReason": "", "activityDisplayName": name,
		"activityDateTime": stamp(at), "loggedByService": "Core Directory", "operationType": "Update", "additionalDetails": []record{{"key": "User-Agent", "value": by.agent}},
		"initiatedBy": initiator, "targetResources": []record{{"id": t.id, "displayName": t.name, "type": t.kind, "userPrincipalName": t.upn, "modifiedProperties": props}},
	})
}

// unified writes a unified audit record.
func (w *world) unified(at time.Time, operation, workload string, kind int, user *worker, ip string, change record) {
	id := w.guid()
	r := record{
		"Id": id, "CreationTime": at.UTC().Format("2006-01-02T15:04:05"), "Operation": operation, "OrganizationId": w.tenant, "RecordType": kind,
		"UserType": 0, "UserKey": user.id, "Workload": workload, "UserId": user.upn, "ClientIP": ip, "ResultStatus": "Succeeded", "Version": 1,
	}
	maps.Copy(r, change)
	w.put(w.audit, id, r)
}

// command writes an Exchange cmdlet; params are names and values in turn.
func (w *world) command(at time.Time, operation string, by *worker, ip, object string, params ...string) {
	list := []record{}
	for i := 0; i+1 < len(params); i += 2 {
		list = append(list, record{"Name": params[i], "Value": params[i+1]})
	}
	w.unified(at, operation, "Exchange", 1, by, ip+":4711", record{"Parameters": list, "ObjectId": object, "ExternalAccess": false, "ResultStatus": "True", "OrganizationName": "fabrikam.example", "SessionId": by.session})
}

// read writes one aggregated MailItemsAccessed record of n messages.
func (w *world) read(at time.Time, owner, by *worker, ip string, n int, change record) {
	items := []record{}
	for range min(n, 5) {
		items = append(items, record{"InternetMessageId": "<" + w.tokenID() + "@fabrikam.example>", "SizeInBytes": 2000 + w.IntN(60000)})
	}
	r := record{
		"MailboxOwnerUPN": owner.upn, "MailboxGuid": owner.id, "LogonType": 0, "InternalLogonType": 0, "ClientIPAddress": ip, "ClientInfoString": "Client=OWA;Action=ViaProxy", "OperationCount": n,
		"SessionId": by.session, "AppAccessContext": record{"AADSessionId": by.session, "UniqueTokenId": by.token}, "ExternalAccess": false, "OrganizationName": "fabrikam.example",
		"OperationProperties": []record{{"Name": "MailAccessType", "Value": "Bind"}, {"Name": "IsThrottled", "Value": "False"}},
		"Folders":             []record{{"Path": "\\Inbox", "FolderItems": items}},
	}
	maps.Copy(r, change)
	w.unified(at, "MailItemsAccessed", "Exchange", 50, by, ip, r)
}

package graphtest

import (
	"fmt"
	"math/rand/v2"
)

// microsoft owns the first-party applications.
const microsoft = "f8cdef31-a31e-4b4a-93e4-5f571e91255a"

const (
	mailReadRole  = "810c84a8-4a9e-49e6-bf7d-12d183f40d01" // Mail.Read, application
	globalAdmin   = "62e90394-69f5-4237-9190-012177145e10"
	reportsReader = "4a5d8f65-41da-4de4-8968-e035b65339cf"
)

func (t *Tenant) makeState() {
	t.makeOrganization()
	t.makeApplications()
	t.makeUsers()
	t.makeRoles()
	t.makeDomains()
	t.makePolicies()
}

func (t *Tenant) makeOrganization() {
	t.addState("/organization", t.ID, map[string]any{
		"id": t.ID, "displayName": t.Name, "onPremisesSyncEnabled": true, "createdDateTime": "2018-03-01T09:00:00Z",
		"verifiedDomains": []any{map[string]any{"name": t.Domain, "isDefault": true, "isInitial": false, "type": "Managed", "capabilities": "Email"}},
		"assignedPlans":   []any{},
	})
	var plans []any
	for _, p := range t.Plans {
		plans = append(plans, map[string]any{"servicePlanId": t.guid(), "servicePlanName": p, "provisioningStatus": "Success", "appliesTo": "User"})
	}
	id := t.ID + "_" + t.guid()
	t.addState("/subscribedSkus", id, map[string]any{
		"id": id, "skuId": t.guid(), "skuPartNumber": "ENTERPRISEPREMIUM", "capabilityStatus": "Enabled", "consumedUnits": t.cfg.Users, "appliesTo": "User",
		"prepaidUnits": map[string]any{"enabled": t.cfg.Users + 5, "suspended": 0, "warning": 0}, "servicePlans": plans,
	})
}

func (t *Tenant) makeApplications() {
	created := t.cfg.Now.AddDate(-1, 0, 0)
	for i, a := range t.apps {
		owner := microsoft
		if a.Own {
			owner = t.ID
			t.addState("/applications", a.ID, map[string]any{
				"id": a.ID, "appId": a.AppID, "displayName": a.Name, "createdDateTime": seconds(created), "signInAudience": "AzureADMyOrg", "publisherDomain": t.Domain,
				"keyCredentials": []any{}, "requiredResourceAccess": []any{}, "web": map[string]any{"redirectUris": []any{"https://intranet." + t.Domain + "/cb"}},
				"passwordCredentials": []any{map[string]any{"keyId": t.guid(), "displayName": "deploy", "hint": "abc", "startDateTime": seconds(created), "endDateTime": seconds(created.AddDate(2, 0, 0)), "customKeyIdentifier": nil, "secretText": nil}},
			})
			t.owner("/applications/"+a.ID+"/owners", t.people[i%len(t.people)])
			t.owner("/servicePrincipals/"+a.SPID+"/owners", t.people[i%len(t.people)])
			t.ensure("/applications/" + a.ID + "/federatedIdentityCredentials")
		}
		t.addState("/servicePrincipals", a.SPID, map[string]any{
			"id": a.SPID, "appId": a.AppID, "displayName": a.Name, "appOwnerOrganizationId": owner, "servicePrincipalType": "Application", "accountEnabled": true,
			"createdDateTime": seconds(created), "signInAudience": "AzureADMyOrg", "keyCredentials": []any{}, "passwordCredentials": []any{}, "tags": []any{"WindowsAzureActiveDirectoryIntegratedApp"},
			"appRoles": t.appRoles(a), "oauth2PermissionScopes": []any{}, "replyUrls": []any{}, "verifiedPublisher": map[string]any{"displayName": nil},
		})
		t.ensure("/servicePrincipals/" + a.SPID + "/owners")
		t.ensure("/servicePrincipals/" + a.SPID + "/appRoleAssignedTo")
		grant := t.guid()
		t.addState("/oauth2PermissionGrants", grant, map[string]any{
			"id": grant, "clientId": a.SPID, "consentType": "AllPrincipals", "principalId": nil, "resourceId": t.apps[1].SPID, "scope": "User.Read openid profile",
		})
	}
	t.assignRole(t.apps[4], mailReadRole)
	t.ensure("/directory/deletedItems/graph.application")
	t.ensure("/directory/deletedItems/graph.servicePrincipal")
}

// ensure makes an empty list, so that it is empty and not unknown.
func (t *Tenant) ensure(path string) {
	if _, ok := t.Lists[path]; !ok {
		t.Lists[path] = nil
	}
}

func (t *Tenant) appRoles(a App) []any {
	if a.Name != "Microsoft Graph" {
		return []any{}
	}
	return []any{map[string]any{"id": mailReadRole, "value": "Mail.Read", "displayName": "Read mail in all mailboxes", "isEnabled": true, "allowedMemberTypes": []any{"Application"}}}
}

func (t *Tenant) assignRole(a App, role string) {
	id, graph := t.token(), t.apps[1]
	t.addState("/servicePrincipals/"+graph.SPID+"/appRoleAssignedTo", id, map[string]any{
		"id": id, "appRoleId": role, "createdDateTime": seconds(t.cfg.Now.AddDate(0, -6, 0)), "principalDisplayName": a.Name, "principalId": a.SPID,
		"principalType": "ServicePrincipal", "resourceDisplayName": graph.Name, "resourceId": graph.SPID, "deletedDateTime": nil,
	})
}

func (t *Tenant) owner(path string, p Person) {
	t.addState(path, p.ID, map[string]any{"@odata.type": "#microsoft.graph.user", "id": p.ID, "displayName": p.Name, "userPrincipalName": p.UPN})
}

func (t *Tenant) makeUsers() {
	for i, p := range t.people {
		t.addState("/users", p.ID, t.userObject(i, p))
		id := t.guid()
		if i%3 == 0 {
			t.addState("/devices", id, map[string]any{
				"id": id, "deviceId": t.guid(), "displayName": fmt.Sprintf("KST-%04d", i), "operatingSystem": "Windows", "trustType": "AzureAd", "accountEnabled": true,
				"isCompliant": true, "isManaged": true, "registrationDateTime": seconds(t.cfg.Now.AddDate(0, -8, 0)), "approximateLastSignInDateTime": seconds(t.cfg.Now.AddDate(0, 0, -1)),
			})
		}
		t.addState("/reports/authenticationMethods/userRegistrationDetails", p.ID, map[string]any{
			"id": p.ID, "userPrincipalName": p.UPN, "userDisplayName": p.Name, "userType": "member", "isAdmin": i == 0, "isMfaRegistered": i%11 != 10, "isMfaCapable": i%11 != 10,
			"isPasswordlessCapable": false, "isSsprRegistered": true, "methodsRegistered": []any{"microsoftAuthenticatorPush", "mobilePhone"}, "lastUpdatedDateTime": fractions(t.cfg.Now.AddDate(0, 0, -2)),
		})
		t.addState("/users/"+p.ID+"/authentication/methods", t.guid(), map[string]any{"@odata.type": "#microsoft.graph.passwordAuthenticationMethod", "id": "28c10230-6103-485e-b985-444c60001490", "createdDateTime": "2024-01-01T00:00:00Z"})
		if !p.Mailbox || p.Guest {
			continue
		}
		t.single("/users/"+p.ID+"/mailboxSettings", map[string]any{
			"archiveFolder": "AQ" + t.token(), "timeZone": "W. Europe Standard Time", "userPurpose": "user", "delegateMeetingMessageDeliveryOptions": "sendToDelegateOnly",
			"automaticRepliesSetting": map[string]any{"status": "disabled", "externalAudience": "all", "internalReplyMessage": "", "externalReplyMessage": ""},
		})
		t.ensure("/users/" + p.ID + "/mailFolders/inbox/messageRules")
		if i%4 == 0 {
			t.rule(p, map[string]any{"displayName": "Newsletters", "isReadOnly": false, "conditions": map[string]any{"subjectContains": []any{"newsletter"}}, "actions": map[string]any{"moveToFolder": "AQ" + t.token(), "stopProcessingRules": true}})
		}
		if i%13 == 5 {
			t.rule(p, map[string]any{"displayName": "From Outlook", "isReadOnly": true})
		}
	}
}

func (t *Tenant) userObject(i int, p Person) map[string]any {
	mail, kind := any(p.UPN), "Member"
	if !p.Mailbox {
		mail = nil
	}
	if p.Guest {
		kind = "Guest"
	}
	return map[string]any{
		"id": p.ID, "displayName": p.Name, "userPrincipalName": p.UPN, "mail": mail, "accountEnabled": !p.Disabled, "userType": kind,
		"createdDateTime": seconds(t.cfg.Now.AddDate(-2, 0, -i)), "onPremisesImmutableId": nil, "onPremisesSyncEnabled": nil,
		"lastPasswordChangeDateTime": seconds(t.cfg.Now.AddDate(0, -3, 0)), "signInSessionsValidFromDateTime": seconds(t.cfg.Now.AddDate(0, -3, 0)),
		"proxyAddresses": []any{"SMTP:" + p.UPN}, "otherMails": []any{}, "externalUserState": nil, "department": "Sales", "jobTitle": nil, "assignedPlans": []any{},
		"signInActivity": map[string]any{"lastSignInDateTime": seconds(t.cfg.Now.AddDate(0, 0, -1)), "lastSignInRequestId": t.guid(), "lastNonInteractiveSignInDateTime": seconds(t.cfg.Now), "lastNonInteractiveSignInRequestId": t.guid()},
	}
}

func (t *Tenant) rule(p Person, r map[string]any) {
	id := "AQAAA" + t.token() + "="
	r["id"], r["sequence"], r["isEnabled"], r["hasError"] = id, 1, true, false
	t.addState("/users/"+p.ID+"/mailFolders/inbox/messageRules", id, r)
}

func (t *Tenant) makeRoles() {
	for i, role := range []struct{ template, name string }{{globalAdmin, "Global Administrator"}, {reportsReader, "Reports Reader"}} {
		id := t.guid()
		t.addState("/directoryRoles", id, map[string]any{"id": id, "displayName": role.name, "roleTemplateId": role.template, "description": "", "deletedDateTime": nil})
		t.owner("/directoryRoles/"+id+"/members", t.people[i])
		t.addState("/roleManagement/directory/roleDefinitions", role.template, map[string]any{"id": role.template, "displayName": role.name, "isBuiltIn": true, "isEnabled": true, "templateId": role.template, "rolePermissions": []any{}, "resourceScopes": []any{"/"}})
		id = t.token()
		t.addState("/roleManagement/directory/roleAssignments", id, map[string]any{"id": id, "principalId": t.people[i].ID, "roleDefinitionId": role.template, "directoryScopeId": "/"})
		id = t.guid()
		t.addState("/roleManagement/directory/roleEligibilitySchedules", id, map[string]any{"id": id, "principalId": t.people[i+2].ID, "roleDefinitionId": role.template, "directoryScopeId": "/", "memberType": "Direct", "status": "Provisioned", "scheduleInfo": map[string]any{"startDateTime": seconds(t.cfg.Now.AddDate(0, -1, 0))}})
		id = t.guid()
		t.addState("/roleManagement/directory/roleAssignmentSchedules", id, map[string]any{"id": id, "principalId": t.people[i].ID, "roleDefinitionId": role.template, "directoryScopeId": "/", "memberType": "Direct", "assignmentType": "Assigned", "status": "Provisioned", "scheduleInfo": map[string]any{"startDateTime": seconds(t.cfg.Now.AddDate(0, -9, 0))}})
	}
}

func (t *Tenant) makeDomains() {
	fed := "hq." + t.Domain
	t.domain(t.Domain, "Managed")
	t.domain(fed, "Federated")
	t.federation(fed, "http://sts."+t.Domain+"/adfs/services/trust", t.guid())
}

func (t *Tenant) domain(name, auth string) {
	t.addState("/domains", name, map[string]any{"id": name, "authenticationType": auth, "isDefault": name == t.Domain, "isVerified": true, "isRoot": true, "isAdminManaged": true, "isInitial": false, "supportedServices": []any{"Email"}, "availabilityStatus": nil, "passwordNotificationWindowInDays": 14, "passwordValidityPeriodInDays": 90})
}

func (t *Tenant) federation(domain, issuer, id string) {
	t.addState("/domains/"+domain+"/federationConfiguration", id, map[string]any{
		"id": id, "displayName": "Kestrel STS", "issuerUri": issuer, "passiveSignInUri": "https://sts." + t.Domain + "/adfs/ls", "activeSignInUri": "https://sts." + t.Domain + "/adfs/services/trust/2005/usernamemixed",
		"metadataExchangeUri": "https://sts." + t.Domain + "/adfs/services/trust/mex", "signOutUri": "https://sts." + t.Domain + "/adfs/ls", "preferredAuthenticationProtocol": "wsFed",
		"signingCertificate": "MIIC" + t.token(), "nextSigningCertificate": nil, "federatedIdpMfaBehavior": "acceptIfMfaDoneByFederatedIdp", "promptLoginBehavior": "nativeSupport",
		"signingCertificateUpdateStatus": map[string]any{"certificateUpdateResult": "Success", "lastRunDateTime": seconds(t.cfg.Now.AddDate(0, 0, -1))}, "isSignedAuthenticationRequestRequired": true,
	})
}

func (t *Tenant) makePolicies() {
	id := t.guid()
	t.addState("/identity/conditionalAccess/policies", id, map[string]any{
		"id": id, "displayName": "Require MFA", "state": "enabled", "createdDateTime": seconds(t.cfg.Now.AddDate(-1, 0, 0)), "modifiedDateTime": nil, "templateId": nil,
		"conditions":    map[string]any{"clientAppTypes": []any{"all"}, "users": map[string]any{"includeUsers": []any{"All"}, "excludeUsers": []any{}}, "applications": map[string]any{"includeApplications": []any{"All"}}},
		"grantControls": map[string]any{"operator": "OR", "builtInControls": []any{"mfa"}, "customAuthenticationFactors": []any{}, "termsOfUse": []any{}},
	})
	id = t.guid()
	t.addState("/identity/conditionalAccess/namedLocations", id, map[string]any{"@odata.type": "#microsoft.graph.ipNamedLocation", "id": id, "displayName": "Office", "isTrusted": true, "createdDateTime": seconds(t.cfg.Now.AddDate(-1, 0, 0)), "ipRanges": []any{map[string]any{"@odata.type": "#microsoft.graph.iPv4CidrRange", "cidrAddress": "198.51.100.0/24"}}})
	t.single("/policies/authorizationPolicy", map[string]any{
		"id": "authorizationPolicy", "displayName": "Authorization Policy", "allowInvitesFrom": "everyone", "allowedToUseSSPR": true, "blockMsolPowerShell": false, "guestUserRoleId": "10dae51f-b6af-4016-8d66-8c2a99b929b3",
		"defaultUserRolePermissions": map[string]any{"allowedToCreateApps": true, "allowedToCreateSecurityGroups": true, "allowedToReadOtherUsers": true, "permissionGrantPoliciesAssigned": []any{"ManagePermissionGrantsForSelf.microsoft-user-default-legacy"}},
	})
	t.single("/policies/adminConsentRequestPolicy", map[string]any{"isEnabled": false, "notifyReviewers": false, "remindersEnabled": false, "requestDurationInDays": 0, "version": 0, "reviewers": []any{}})
	t.single("/policies/authenticationMethodsPolicy", map[string]any{"id": "authenticationMethodsPolicy", "displayName": "Authentication Methods Policy", "policyVersion": "1.5", "authenticationMethodConfigurations": []any{map[string]any{"@odata.type": "#microsoft.graph.smsAuthenticationMethodConfiguration", "id": "Sms", "state": "enabled", "excludeTargets": []any{}}}})
	t.single("/policies/identitySecurityDefaultsEnforcementPolicy", map[string]any{"id": "00000000-0000-0000-0000-000000000005", "displayName": "Security Defaults", "description": "", "isEnabled": false})
	t.addState("/policies/permissionGrantPolicies", "microsoft-user-default-legacy", map[string]any{"id": "microsoft-user-default-legacy", "displayName": "All permissions", "description": "", "includes": []any{}, "excludes": []any{}})
	t.single("/policies/crossTenantAccessPolicy", map[string]any{"displayName": "CrossTenantAccessPolicy", "allowedCloudEndpoints": []any{}})
	t.single("/policies/crossTenantAccessPolicy/default", map[string]any{"isServiceDefault": true, "inboundTrust": map[string]any{"isMfaAccepted": false, "isCompliantDeviceAccepted": false, "isHybridAzureADJoinedDeviceAccepted": false}})
	partner := t.guid()
	t.addState("/policies/crossTenantAccessPolicy/partners", partner, map[string]any{"tenantId": partner, "isServiceProvider": false, "isInMultiTenantOrganization": false, "inboundTrust": map[string]any{"isMfaAccepted": true, "isCompliantDeviceAccepted": false, "isHybridAzureADJoinedDeviceAccepted": false}})
	id = t.guid()
	t.addState("/policies/tokenLifetimePolicies", id, map[string]any{"id": id, "displayName": "Short tokens", "isOrganizationDefault": false, "definition": []any{`{"TokenLifetimePolicy":{"Version":1,"AccessTokenLifetime":"00:30:00"}}`}})
	id = t.guid()
	t.addState("/policies/claimsMappingPolicies", id, map[string]any{"id": id, "displayName": "Employee id", "isOrganizationDefault": false, "definition": []any{`{"ClaimsMappingPolicy":{"Version":1,"IncludeBasicClaimSet":"true"}}`}})
	app := t.apps[5]
	t.addState("/identityProtection/riskyServicePrincipals", app.SPID, map[string]any{"id": app.SPID, "appId": app.AppID, "displayName": app.Name, "isEnabled": true, "isProcessing": false, "riskLevel": "low", "riskState": "dismissed", "riskDetail": "none", "servicePrincipalType": "Application", "riskLastUpdatedDateTime": seconds(t.cfg.Now.AddDate(0, 0, -3))})
	t.ensure("/identityProtection/riskyUsers")
	t.ensure("/identityProtection/riskyServicePrincipals")
	for _, path := range []string{Alerts, RiskDetections, SPDetections, Provisioning, MessageTraces, SignIns, DirectoryAudits, AuditRecords} {
		t.ensure(path)
	}
}

// makeGroups puts the first people into a group, beside a device. It draws from a sequence of its own.
func (t *Tenant) makeGroups() {
	main := t.rand
	defer func() { t.rand = main }()
	t.rand = rand.New(rand.NewPCG(t.cfg.Seed, 6))
	t.Group = t.guid()
	path := "/groups/" + t.Group + "/transitiveMembers"
	for _, p := range t.people[:min(len(t.people), 7)] {
		t.addState(path, p.ID, map[string]any{"@odata.type": "#microsoft.graph.user", "id": p.ID, "userPrincipalName": p.UPN})
	}
	device := t.guid()
	t.addState(path, device, map[string]any{"@odata.type": "#microsoft.graph.device", "id": device})
}

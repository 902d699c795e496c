package graph

const userProperties = "id,displayName,userPrincipalName,mail,accountEnabled,userType,createdDateTime,onPremisesImmutableId," +
	"onPremisesSyncEnabled,lastPasswordChangeDateTime,signInSessionsValidFromDateTime,proxyAddresses,otherMails,externalUserState," +
	"assignedPlans,department,jobTitle"

var (
	directoryRead   = []string{"Directory.Read.All"}
	applicationRead = []string{"Application.Read.All", "Directory.Read.All"}
	policyRead      = []string{"Policy.Read.All"}
	mailboxRead     = []string{"MailboxSettings.Read"}
	consistent      = []Param{{"$count", "true"}}
)

// snapshotSources are the state of the tenant, parents before those that are
// read per object.
var snapshotSources = []Source{
	// organization
	{
		Name: "organization", Title: "organization", Kind: Snapshot, Path: "/organization", Class: Directory,
		Permits: []string{"Organization.Read.All", "Directory.Read.All"}, Serves: "tenant facts", Tables: []string{"TenantOrganization"},
	},
	{
		Name: "subscribed-skus", Title: "licences", Kind: Snapshot, Path: "/subscribedSkus", Class: Directory, Cost: 3,
		Permits: []string{"LicenseAssignment.Read.All", "Organization.Read.All", "Directory.Read.All"}, Serves: "which logs the tenant can have", Tables: []string{"TenantSubscribedSkus"},
	},

	// applications
	{
		Name: "service-principals", Title: "service principals with credentials", Kind: Snapshot, Path: "/servicePrincipals", PageSize: 999, Counted: true, Extra: consistent, Class: Directory,
		Permits: applicationRead, Serves: "applications and their credentials", Tables: []string{"TenantServicePrincipals"},
	},
	{
		Name: "service-principal-owners", Title: "owners of service principals", Kind: Snapshot, Path: "/servicePrincipals/{id}/owners", Each: "service-principals", Where: "own-tenant", Class: Directory,
		Permits: applicationRead, Serves: "who can add credentials", Tables: []string{"TenantServicePrincipalOwners"},
	},
	{
		Name: "app-role-assignments", Title: "application permissions granted", Kind: Snapshot, Path: "/servicePrincipals/{id}/appRoleAssignedTo", Each: "service-principals", Where: "has-app-roles", PageSize: 999, Class: Directory, Cost: 2,
		Permits: applicationRead, Serves: "applications that read every mailbox", Tables: []string{"TenantAppRoleAssignments"},
	},
	{
		Name: "oauth2-grants", Title: "delegated permission grants", Kind: Snapshot, Path: "/oauth2PermissionGrants", PageSize: 999, Class: Directory, Cost: 2,
		Permits: directoryRead, Serves: "illicit consent", Tables: []string{"TenantOAuth2PermissionGrants"},
	},
	{
		Name: "applications", Title: "app registrations with credentials", Kind: Snapshot, Path: "/applications", PageSize: 999, Counted: true, Extra: consistent, Class: Directory, Cost: 2,
		Permits: applicationRead, Serves: "own applications and their credentials", Tables: []string{"TenantApplications"},
	},
	{
		Name: "application-owners", Title: "owners of app registrations", Kind: Snapshot, Path: "/applications/{id}/owners", Each: "applications", Class: Directory,
		Permits: applicationRead, Serves: "who can add credentials", Tables: []string{"TenantApplicationOwners"},
	},
	{
		Name: "federated-credentials", Title: "federated identity credentials", Kind: Snapshot, Path: "/applications/{id}/federatedIdentityCredentials", Each: "applications", Class: Directory,
		Permits: []string{"Application.Read.All"}, Serves: "sign-in to applications from outside", Tables: []string{"TenantFederatedIdentityCredentials"},
	},
	{
		Name: "deleted-applications", Title: "deleted app registrations", Kind: Snapshot, Path: "/directory/deletedItems/graph.application", PageSize: 999, Class: Directory,
		Permits: applicationRead, Serves: "rogue applications that were removed", Tables: []string{"TenantDeletedApplications"},
	},
	{
		Name: "deleted-service-principals", Title: "deleted service principals", Kind: Snapshot, Path: "/directory/deletedItems/graph.servicePrincipal", PageSize: 999, Class: Directory,
		Permits: applicationRead, Serves: "rogue applications that were removed", Tables: []string{"TenantDeletedServicePrincipals"},
	},

	// roles
	{
		Name: "directory-roles", Title: "activated directory roles", Kind: Snapshot, Path: "/directoryRoles", Class: Directory,
		Permits: []string{"RoleManagement.Read.Directory", "Directory.Read.All"}, Serves: "administrators", Tables: []string{"TenantDirectoryRoles"},
	},
	{
		Name: "directory-role-members", Title: "members of directory roles", Kind: Snapshot, Path: "/directoryRoles/{id}/members", Each: "directory-roles", Class: Directory,
		Permits: []string{"RoleManagement.Read.Directory", "Directory.Read.All"}, Serves: "administrators", Tables: []string{"TenantDirectoryRoleMembers"},
	},
	{
		Name: "role-assignments", Title: "role assignments", Kind: Snapshot, Path: "/roleManagement/directory/roleAssignments", PageSize: 999, Class: Directory,
		Permits: []string{"RoleManagement.Read.Directory", "Directory.Read.All"}, Serves: "administrators", Tables: []string{"TenantRoleAssignments"},
	},
	{
		Name: "role-definitions", Title: "role definitions", Kind: Snapshot, Path: "/roleManagement/directory/roleDefinitions", PageSize: 999, Class: Directory,
		Permits: []string{"RoleManagement.Read.Directory", "Directory.Read.All"}, Serves: "what roles may do", Tables: []string{"TenantRoleDefinitions"},
	},
	{
		Name: "role-eligibility", Title: "PIM eligible roles", Kind: Snapshot, Path: "/roleManagement/directory/roleEligibilitySchedules", PageSize: 999, Class: Directory, Plan: "AAD_PREMIUM_P2",
		Permits: []string{"RoleEligibilitySchedule.Read.Directory", "RoleManagement.Read.Directory"}, Serves: "dormant administrators", Tables: []string{"TenantRoleEligibilitySchedules"},
	},
	{
		Name: "role-schedules", Title: "PIM active roles", Kind: Snapshot, Path: "/roleManagement/directory/roleAssignmentSchedules", PageSize: 999, Class: Directory, Plan: "AAD_PREMIUM_P2",
		Permits: []string{"RoleAssignmentSchedule.Read.Directory", "RoleManagement.Read.Directory"}, Serves: "time-bound administrators", Tables: []string{"TenantRoleAssignmentSchedules"},
	},

	// federation
	{
		Name: "domains", Title: "domains", Kind: Snapshot, Path: "/domains", Class: Directory,
		Permits: []string{"Domain.Read.All", "Directory.Read.All"}, Serves: "federated domains", Tables: []string{"TenantDomains"},
	},
	{
		Name: "federation", Title: "federation trusts", Kind: Snapshot, Path: "/domains/{id}/federationConfiguration", Each: "domains", Where: "federated", Class: Directory,
		Permits: []string{"Domain-InternalFederation.Read.All"}, Serves: "forged tokens (Golden SAML)", Tables: []string{"TenantFederationConfigurations"},
	},
	{
		Name: "directory-sync", Title: "directory synchronisation", Kind: Snapshot, Path: "/directory/onPremisesSynchronization", Class: Directory,
		Permits: []string{"OnPremDirectorySynchronization.Read.All"}, UserOnly: true, Serves: "hard match and password hash sync", Tables: []string{"TenantOnPremisesSynchronization"}, Optional: true,
	},

	// policies
	{
		Name: "conditional-access", Title: "conditional access policies", Kind: Snapshot, Path: "/identity/conditionalAccess/policies", PageSize: 999, Class: Protect,
		Permits: policyRead, Serves: "who signs in without MFA", Tables: []string{"TenantConditionalAccessPolicies"},
	},
	{
		Name: "named-locations", Title: "named locations", Kind: Snapshot, Path: "/identity/conditionalAccess/namedLocations", PageSize: 999, Class: Protect,
		Permits: policyRead, Serves: "trusted networks", Tables: []string{"TenantNamedLocations"},
	},
	{
		Name: "authorization-policy", Title: "authorization policy", Kind: Snapshot, Path: "/policies/authorizationPolicy", Single: true, Class: Directory,
		Permits: policyRead, Serves: "user consent settings", Tables: []string{"TenantAuthorizationPolicy"},
	},
	{
		Name: "admin-consent-policy", Title: "admin consent request policy", Kind: Snapshot, Path: "/policies/adminConsentRequestPolicy", Single: true, Class: Directory,
		Permits: policyRead, Serves: "consent workflow", Tables: []string{"TenantAdminConsentRequestPolicy"},
	},
	{
		Name: "authentication-methods-policy", Title: "authentication methods policy", Kind: Snapshot, Path: "/policies/authenticationMethodsPolicy", Single: true, Class: Directory,
		Permits: []string{"Policy.Read.AuthenticationMethod", "Policy.Read.All"}, Serves: "weak second factors", NotIn: noSecurity, Tables: []string{"TenantAuthenticationMethodsPolicy"},
	},
	{
		Name: "security-defaults", Title: "security defaults", Kind: Snapshot, Path: "/policies/identitySecurityDefaultsEnforcementPolicy", Single: true, Class: Directory,
		Permits: policyRead, Serves: "baseline protection", Tables: []string{"TenantSecurityDefaults"},
	},
	{
		Name: "permission-grant-policies", Title: "permission grant policies", Kind: Snapshot, Path: "/policies/permissionGrantPolicies", PageSize: 999, Class: Directory,
		Permits: []string{"Policy.Read.PermissionGrant"}, Serves: "which consent users may give", Tables: []string{"TenantPermissionGrantPolicies"},
	},
	{
		Name: "cross-tenant-policy", Title: "cross-tenant access policy", Kind: Snapshot, Path: "/policies/crossTenantAccessPolicy", Single: true, Class: Directory,
		Permits: policyRead, Serves: "trust in other tenants", Tables: []string{"TenantCrossTenantAccessPolicy"},
	},
	{
		Name: "cross-tenant-default", Title: "cross-tenant access defaults", Kind: Snapshot, Path: "/policies/crossTenantAccessPolicy/default", Single: true, Class: Directory,
		Permits: policyRead, Serves: "trust in other tenants", Tables: []string{"TenantCrossTenantAccessDefault"},
	},
	{
		Name: "cross-tenant-partners", Title: "cross-tenant access partners", Kind: Snapshot, Path: "/policies/crossTenantAccessPolicy/partners", ID: "tenantId", PageSize: 999, Class: Directory,
		Permits: policyRead, Serves: "trust in other tenants", Tables: []string{"TenantCrossTenantAccessPartners"},
	},
	{
		Name: "token-lifetime-policies", Title: "token lifetime policies", Kind: Snapshot, Path: "/policies/tokenLifetimePolicies", PageSize: 999, Class: Directory,
		Permits: policyRead, Serves: "long-lived tokens", Tables: []string{"TenantTokenLifetimePolicies"},
	},
	{
		Name: "claims-mapping-policies", Title: "claims mapping policies", Kind: Snapshot, Path: "/policies/claimsMappingPolicies", PageSize: 999, Class: Directory,
		Permits: policyRead, Serves: "claims that impersonate others", Tables: []string{"TenantClaimsMappingPolicies"},
	},

	// risk
	{
		Name: "risky-users", Title: "risky users", Kind: Snapshot, Path: "/identityProtection/riskyUsers", PageSize: 500, Class: Protect, Plan: "AAD_PREMIUM_P2",
		Permits: []string{"IdentityRiskyUser.Read.All"}, Serves: "Microsoft's own verdicts on users", NotIn: noSecurity, Tables: []string{"AADRiskyUsers"}, Format: "graph/AADRiskyUsers",
	},
	{
		Name: "risky-service-principals", Title: "risky service principals", Kind: Snapshot, Path: "/identityProtection/riskyServicePrincipals", PageSize: 500, Class: Protect, Plan: "AAD_WRKLDID_P2",
		Permits: []string{"IdentityRiskyServicePrincipal.Read.All"}, Serves: "Microsoft's own verdicts on applications", NotIn: noSecurity, Tables: []string{"TenantRiskyServicePrincipals"},
	},

	// users and mailboxes
	{
		Name: "users", Title: "users", Kind: Snapshot, Path: "/users", Select: userProperties, PageSize: 999, Counted: true, Extra: consistent, Class: Directory, Cost: 2,
		Permits: []string{"User.Read.All", "Directory.Read.All"}, Serves: "who is who, guests, immutable ids", Tables: []string{"TenantUsers"},
	},
	{
		Name: "user-activity", Title: "last sign-in of users", Kind: Snapshot, Path: "/users", Select: "id,userPrincipalName,signInActivity", PageSize: 120, Class: Directory, Cost: 2, Plan: "AAD_PREMIUM",
		Permits: []string{"AuditLog.Read.All"}, Also: []string{"User.Read.All", "Directory.Read.All"}, Serves: "dormant accounts", Tables: []string{"TenantUserSignInActivity"},
	},
	{
		Name: "registration-details", Title: "registered authentication methods", Kind: Snapshot, Path: "/reports/authenticationMethods/userRegistrationDetails", PageSize: 999, Class: Reports, Plan: "AAD_PREMIUM",
		Permits: []string{"AuditLog.Read.All"}, Serves: "accounts without MFA", Tables: []string{"TenantUserRegistrationDetails"},
	},
	{
		Name: "authentication-methods", Title: "authentication methods per user", Kind: Snapshot, Path: "/users/{id}/authentication/methods", Each: "users", Where: "mailbox", Class: Reports,
		Permits: []string{"UserAuthenticationMethod.Read.All"}, Serves: "methods that an intruder added", Tables: []string{"TenantAuthenticationMethods"}, Optional: true,
	},
	{
		Name: "devices", Title: "devices", Kind: Snapshot, Path: "/devices", PageSize: 999, Counted: true, Extra: consistent, Class: Directory,
		Permits: []string{"Device.Read.All", "Directory.Read.All"}, Serves: "devices that an intruder registered", Tables: []string{"TenantDevices"},
	},
	{
		Name: "mailbox-settings", Title: "mailbox settings", Kind: Snapshot, Path: "/users/{id}/mailboxSettings", Each: "users", Where: "mailbox", Single: true, Class: Outlook,
		Permits: mailboxRead, AppOnly: true, Serves: "automatic replies", Tables: []string{"TenantMailboxSettings"},
	},
	{
		Name: "message-rules", Title: "inbox rules", Kind: Snapshot, Path: "/users/{id}/mailFolders/inbox/messageRules", Each: "users", Where: "mailbox", Class: Outlook,
		Permits: mailboxRead, AppOnly: true, Serves: "rules that hide, delete or forward", Tables: []string{"TenantMessageRules"},
	},
}

// parentRule says which objects of a parent source a source is read for. It
// looks at the raw object.
type parentRule func(row []byte) bool

var parentRules = map[string]parentRule{
	"": func([]byte) bool { return true },
	"mailbox": func(row []byte) bool {
		return textField(row, "mail") != "" && textField(row, "userType") != "Guest"
	},
	"federated":     func(row []byte) bool { return textField(row, "authenticationType") == "Federated" },
	"has-app-roles": func(row []byte) bool { return len(field(row, "appRoles")) > len("[]") },
	// Microsoft's own applications have no owners here, and there are hundreds
	"own-tenant": func(row []byte) bool {
		return textField(row, "appOwnerOrganizationId") != "f8cdef31-a31e-4b4a-93e4-5f571e91255a" &&
			textField(row, "servicePrincipalType") != "ManagedIdentity"
	},
}

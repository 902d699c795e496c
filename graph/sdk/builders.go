package sdk

import (
	"context"
	"net/http"
	"net/url"
	"regexp"

	abstractions "github.com/microsoft/kiota-abstractions-go"
	msgraph "github.com/microsoftgraph/msgraph-sdk-go"

	"github.com/hunt365/hunt365/graph"
)

// builder makes the request of one endpoint; id is the object in its path.
type builder func(ctx context.Context, c *msgraph.GraphServiceClient, id string) (*abstractions.RequestInformation, error)

// objectID finds the object in a path: the segment behind one of these.
var objectID = regexp.MustCompile(`^/(servicePrincipals|applications|directoryRoles|domains|users|groups)/([^/]+)/`)

// builderFor returns the builder of a v1.0 request, if the SDK has one, and the
// object that it is about.
func builderFor(req *graph.Request) (builder, string) {
	if req.Method != http.MethodGet || req.URL != "" || req.Version != "v1.0" {
		return nil, ""
	}
	path, id := req.Path, ""
	if m := objectID.FindStringSubmatch(path); m != nil {
		decoded, err := url.PathUnescape(m[2])
		if err != nil {
			return nil, ""
		}
		id = decoded
		path = "/" + m[1] + "/{id}/" + path[len(m[0]):]
	}
	return builders[path], id
}

type (
	request = *abstractions.RequestInformation
	service = *msgraph.GraphServiceClient
)

// builders by path.
var builders = map[string]builder{
	"/auditLogs/signIns": func(ctx context.Context, c service, _ string) (request, error) {
		return c.AuditLogs().SignIns().ToGetRequestInformation(ctx, nil)
	},
	"/auditLogs/directoryAudits": func(ctx context.Context, c service, _ string) (request, error) {
		return c.AuditLogs().DirectoryAudits().ToGetRequestInformation(ctx, nil)
	},
	"/auditLogs/provisioning": func(ctx context.Context, c service, _ string) (request, error) {
		return c.AuditLogs().Provisioning().ToGetRequestInformation(ctx, nil)
	},
	"/identityProtection/riskDetections": func(ctx context.Context, c service, _ string) (request, error) {
		return c.IdentityProtection().RiskDetections().ToGetRequestInformation(ctx, nil)
	},
	"/identityProtection/servicePrincipalRiskDetections": func(ctx context.Context, c service, _ string) (request, error) {
		return c.IdentityProtection().ServicePrincipalRiskDetections().ToGetRequestInformation(ctx, nil)
	},
	"/identityProtection/riskyUsers": func(ctx context.Context, c service, _ string) (request, error) {
		return c.IdentityProtection().RiskyUsers().ToGetRequestInformation(ctx, nil)
	},
	"/identityProtection/riskyServicePrincipals": func(ctx context.Context, c service, _ string) (request, error) {
		return c.IdentityProtection().RiskyServicePrincipals().ToGetRequestInformation(ctx, nil)
	},
	"/security/alerts_v2": func(ctx context.Context, c service, _ string) (request, error) {
		return c.Security().Alerts_v2().ToGetRequestInformation(ctx, nil)
	},
	"/organization": func(ctx context.Context, c service, _ string) (request, error) {
		return c.Organization().ToGetRequestInformation(ctx, nil)
	},
	"/subscribedSkus": func(ctx context.Context, c service, _ string) (request, error) {
		return c.SubscribedSkus().ToGetRequestInformation(ctx, nil)
	},
	"/servicePrincipals": func(ctx context.Context, c service, _ string) (request, error) {
		return c.ServicePrincipals().ToGetRequestInformation(ctx, nil)
	},
	"/servicePrincipals/{id}/owners": func(ctx context.Context, c service, id string) (request, error) {
		return c.ServicePrincipals().ByServicePrincipalId(id).Owners().ToGetRequestInformation(ctx, nil)
	},
	"/servicePrincipals/{id}/appRoleAssignedTo": func(ctx context.Context, c service, id string) (request, error) {
		return c.ServicePrincipals().ByServicePrincipalId(id).AppRoleAssignedTo().ToGetRequestInformation(ctx, nil)
	},
	"/oauth2PermissionGrants": func(ctx context.Context, c service, _ string) (request, error) {
		return c.Oauth2PermissionGrants().ToGetRequestInformation(ctx, nil)
	},
	"/applications": func(ctx context.Context, c service, _ string) (request, error) {
		return c.Applications().ToGetRequestInformation(ctx, nil)
	},
	"/applications/{id}/owners": func(ctx context.Context, c service, id string) (request, error) {
		return c.Applications().ByApplicationId(id).Owners().ToGetRequestInformation(ctx, nil)
	},
	"/applications/{id}/federatedIdentityCredentials": func(ctx context.Context, c service, id string) (request, error) {
		return c.Applications().ByApplicationId(id).FederatedIdentityCredentials().ToGetRequestInformation(ctx, nil)
	},
	"/directory/deletedItems/graph.application": func(ctx context.Context, c service, _ string) (request, error) {
		return c.Directory().DeletedItems().GraphApplication().ToGetRequestInformation(ctx, nil)
	},
	"/directory/deletedItems/graph.servicePrincipal": func(ctx context.Context, c service, _ string) (request, error) {
		return c.Directory().DeletedItems().GraphServicePrincipal().ToGetRequestInformation(ctx, nil)
	},
	"/directory/onPremisesSynchronization": func(ctx context.Context, c service, _ string) (request, error) {
		return c.Directory().OnPremisesSynchronization().ToGetRequestInformation(ctx, nil)
	},
	"/directoryRoles": func(ctx context.Context, c service, _ string) (request, error) {
		return c.DirectoryRoles().ToGetRequestInformation(ctx, nil)
	},
	"/directoryRoles/{id}/members": func(ctx context.Context, c service, id string) (request, error) {
		return c.DirectoryRoles().ByDirectoryRoleId(id).Members().ToGetRequestInformation(ctx, nil)
	},
	"/roleManagement/directory/roleAssignments": func(ctx context.Context, c service, _ string) (request, error) {
		return c.RoleManagement().Directory().RoleAssignments().ToGetRequestInformation(ctx, nil)
	},
	"/roleManagement/directory/roleDefinitions": func(ctx context.Context, c service, _ string) (request, error) {
		return c.RoleManagement().Directory().RoleDefinitions().ToGetRequestInformation(ctx, nil)
	},
	"/roleManagement/directory/roleEligibilitySchedules": func(ctx context.Context, c service, _ string) (request, error) {
		return c.RoleManagement().Directory().RoleEligibilitySchedules().ToGetRequestInformation(ctx, nil)
	},
	"/roleManagement/directory/roleAssignmentSchedules": func(ctx context.Context, c service, _ string) (request, error) {
		return c.RoleManagement().Directory().RoleAssignmentSchedules().ToGetRequestInformation(ctx, nil)
	},
	"/domains": func(ctx context.Context, c service, _ string) (request, error) {
		return c.Domains().ToGetRequestInformation(ctx, nil)
	},
	"/domains/{id}/federationConfiguration": func(ctx context.Context, c service, id string) (request, error) {
		return c.Domains().ByDomainId(id).FederationConfiguration().ToGetRequestInformation(ctx, nil)
	},
	"/identity/conditionalAccess/policies": func(ctx context.Context, c service, _ string) (request, error) {
		return c.Identity().ConditionalAccess().Policies().ToGetRequestInformation(ctx, nil)
	},
	"/identity/conditionalAccess/namedLocations": func(ctx context.Context, c service, _ string) (request, error) {
		return c.Identity().ConditionalAccess().NamedLocations().ToGetRequestInformation(ctx, nil)
	},
	"/policies/authorizationPolicy": func(ctx context.Context, c service, _ string) (request, error) {
		return c.Policies().AuthorizationPolicy().ToGetRequestInformation(ctx, nil)
	},
	"/policies/adminConsentRequestPolicy": func(ctx context.Context, c service, _ string) (request, error) {
		return c.Policies().AdminConsentRequestPolicy().ToGetRequestInformation(ctx, nil)
	},
	"/policies/authenticationMethodsPolicy": func(ctx context.Context, c service, _ string) (request, error) {
		return c.Policies().AuthenticationMethodsPolicy().ToGetRequestInformation(ctx, nil)
	},
	"/policies/identitySecurityDefaultsEnforcementPolicy": func(ctx context.Context, c service, _ string) (request, error) {
		return c.Policies().IdentitySecurityDefaultsEnforcementPolicy().ToGetRequestInformation(ctx, nil)
	},
	"/policies/permissionGrantPolicies": func(ctx context.Context, c service, _ string) (request, error) {
		return c.Policies().PermissionGrantPolicies().ToGetRequestInformation(ctx, nil)
	},
	"/policies/crossTenantAccessPolicy": func(ctx context.Context, c service, _ string) (request, error) {
		return c.Policies().CrossTenantAccessPolicy().ToGetRequestInformation(ctx, nil)
	},
	"/policies/crossTenantAccessPolicy/default": func(ctx context.Context, c service, _ string) (request, error) {
		return c.Policies().CrossTenantAccessPolicy().DefaultEscaped().ToGetRequestInformation(ctx, nil)
	},
	"/policies/crossTenantAccessPolicy/partners": func(ctx context.Context, c service, _ string) (request, error) {
		return c.Policies().CrossTenantAccessPolicy().Partners().ToGetRequestInformation(ctx, nil)
	},
	"/policies/tokenLifetimePolicies": func(ctx context.Context, c service, _ string) (request, error) {
		return c.Policies().TokenLifetimePolicies().ToGetRequestInformation(ctx, nil)
	},
	"/policies/claimsMappingPolicies": func(ctx context.Context, c service, _ string) (request, error) {
		return c.Policies().ClaimsMappingPolicies().ToGetRequestInformation(ctx, nil)
	},
	"/users": func(ctx context.Context, c service, _ string) (request, error) {
		return c.Users().ToGetRequestInformation(ctx, nil)
	},
	"/users/{id}/mailboxSettings": func(ctx context.Context, c service, id string) (request, error) {
		return c.Users().ByUserId(id).MailboxSettings().ToGetRequestInformation(ctx, nil)
	},
	"/users/{id}/mailFolders/inbox/messageRules": func(ctx context.Context, c service, id string) (request, error) {
		return c.Users().ByUserId(id).MailFolders().ByMailFolderId("inbox").MessageRules().ToGetRequestInformation(ctx, nil)
	},
	"/users/{id}/authentication/methods": func(ctx context.Context, c service, id string) (request, error) {
		return c.Users().ByUserId(id).Authentication().Methods().ToGetRequestInformation(ctx, nil)
	},
	"/groups/{id}/transitiveMembers": func(ctx context.Context, c service, id string) (request, error) {
		return c.Groups().ByGroupId(id).TransitiveMembers().ToGetRequestInformation(ctx, nil)
	},
	"/reports/authenticationMethods/userRegistrationDetails": func(ctx context.Context, c service, _ string) (request, error) {
		return c.Reports().AuthenticationMethods().UserRegistrationDetails().ToGetRequestInformation(ctx, nil)
	},
	"/devices": func(ctx context.Context, c service, _ string) (request, error) {
		return c.Devices().ToGetRequestInformation(ctx, nil)
	},
}

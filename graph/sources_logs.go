package graph

import "time"

const day = 24 * time.Hour

var (
	noSecurity = []string{"china"}
	noAudit    = []string{"gcch", "dod", "china"}
)

const signInLoss = "sessions, token ids, authentication protocol and device code use (sessionId, uniqueTokenIdentifier, incomingTokenType, originalTransferMethod) exist only in beta"

// The record types that the narrower audit searches ask for, spelled as in the
// service's model.
var (
	exchangeTypes   = []string{"ExchangeAdmin", "ExchangeItem", "ExchangeItemGroup", "ExchangeItemAggregated", "ExchangeAggregatedOperation"}
	entraTypes      = []string{"AzureActiveDirectory", "AzureActiveDirectoryAccountLogon", "AzureActiveDirectoryStsLogon"}
	sharePointTypes = []string{"SharePoint", "SharePointFileOperation", "SharePointSharingOperation", "SharePointListOperation", "OneDrive"}
)

// logSources are the logs, those that expire first first.
var logSources = []Source{
	{
		Name: "signin-interactive", Title: "interactive sign-ins", Kind: Log,
		Path: "/auditLogs/signIns", Version: "beta", Filter: "signInEventTypes/any(t: t eq 'interactiveUser')",
		Fallback: &Fallback{Version: "v1.0", Loses: signInLoss},
		Time:     "createdDateTime", PageSize: 1000, Class: Reports, Retention: 30 * day, Settle: day,
		Permits: []string{"AuditLog.Read.All"}, Plan: "AAD_PREMIUM",
		Serves: "password spray, impossible travel, device code phishing, AiTM", Format: "graph/SigninLogs", Tables: []string{"SigninLogs"},
	},
	{
		Name: "signin-noninteractive", Title: "non-interactive sign-ins", Kind: Log,
		Path: "/auditLogs/signIns", Version: "beta", Filter: "signInEventTypes/any(t: t eq 'nonInteractiveUser')",
		Time: "createdDateTime", PageSize: 1000, Class: Reports, Retention: 30 * day, Settle: day, Window: 12 * time.Hour,
		Permits: []string{"AuditLog.Read.All"}, Plan: "AAD_PREMIUM",
		Serves: "token theft and replay", Format: "graph/AADNonInteractiveUserSignInLogs", Tables: []string{"AADNonInteractiveUserSignInLogs"},
	},
	{
		Name: "signin-serviceprincipal", Title: "service principal sign-ins", Kind: Log,
		Path: "/auditLogs/signIns", Version: "beta", Filter: "signInEventTypes/any(t: t eq 'servicePrincipal')",
		Time: "createdDateTime", PageSize: 1000, Class: Reports, Retention: 30 * day, Settle: day,
		Permits: []string{"AuditLog.Read.All"}, Plan: "AAD_PREMIUM",
		Serves: "abuse of application credentials", Format: "graph/AADServicePrincipalSignInLogs", Tables: []string{"AADServicePrincipalSignInLogs"},
	},
	{
		Name: "signin-managedidentity", Title: "managed identity sign-ins", Kind: Log,
		Path: "/auditLogs/signIns", Version: "beta", Filter: "signInEventTypes/any(t: t eq 'managedIdentity')",
		Time: "createdDateTime", PageSize: 1000, Class: Reports, Retention: 30 * day, Settle: day,
		Permits: []string{"AuditLog.Read.All"}, Plan: "AAD_PREMIUM",
		Serves: "abuse of Azure workloads", Format: "graph/AADManagedIdentitySignInLogs", Tables: []string{"AADManagedIdentitySignInLogs"},
	},
	{
		Name: "directory-audits", Title: "directory audit log", Kind: Log,
		Path: "/auditLogs/directoryAudits", Time: "activityDateTime", PageSize: 999,
		Class: Reports, Retention: 30 * day, Settle: day,
		Permits: []string{"AuditLog.Read.All", "Directory.Read.All"},
		Serves:  "consent, credentials, roles, federation and policy changes", Format: "graph/AuditLogs", Tables: []string{"AuditLogs"},
	},
	{
		Name: "provisioning", Title: "provisioning log", Kind: Log,
		Path: "/auditLogs/provisioning", Time: "activityDateTime", PageSize: 999,
		Class: Reports, Retention: 30 * day, Settle: day, Most: 30 * day, Window: 7 * day,
		Permits: []string{"ProvisioningLog.Read.All", "AuditLog.Read.All"}, Plan: "AAD_PREMIUM",
		Serves: "accounts made through synchronisation", Format: "graph/AADProvisioningLogs", Tables: []string{"AADProvisioningLogs"}, Optional: true,
	},
	{
		Name: "ual", Title: "unified audit log", Kind: Search,
		Path: "/security/auditLog/queries", Fallback: &Fallback{Version: "beta"},
		Time: "createdDateTime", PageSize: 5000, Class: Audit, Retention: 180 * day, Settle: 12 * time.Hour, Least: time.Minute, Most: day,
		Permits: []string{"AuditLogsQuery.Read.All"},
		Serves:  "inbox rules, forwarding, mailbox permissions, mail access", Format: "ual-graph", Tables: []string{"UnifiedAuditLog", "OfficeActivity"}, NotIn: noAudit,
	},
	{
		Name: "ual-exchange", Title: "unified audit log, Exchange records only", Kind: Search, Types: exchangeTypes,
		Path: "/security/auditLog/queries", Fallback: &Fallback{Version: "beta"},
		Time: "createdDateTime", PageSize: 5000, Class: Audit, Retention: 180 * day, Settle: 12 * time.Hour, Least: time.Minute, Most: day,
		Permits: []string{"AuditLogsQuery-Exchange.Read.All", "AuditLogsQuery.Read.All"}, Optional: true,
		Serves: "inbox rules, forwarding, mailbox permissions, mail access", Format: "ual-graph", Tables: []string{"OfficeActivity"}, NotIn: noAudit,
	},
	{
		Name: "ual-entra", Title: "unified audit log, Entra records only", Kind: Search, Types: entraTypes,
		Path: "/security/auditLog/queries", Fallback: &Fallback{Version: "beta"},
		Time: "createdDateTime", PageSize: 5000, Class: Audit, Retention: 180 * day, Settle: 12 * time.Hour, Least: time.Minute, Most: day,
		Permits: []string{"AuditLogsQuery-Entra.Read.All", "AuditLogsQuery.Read.All"}, Optional: true,
		Serves: "directory changes older than Entra keeps them", Format: "ual-graph", Tables: []string{"UnifiedAuditLog"}, NotIn: noAudit,
	},
	{
		Name: "ual-sharepoint", Title: "unified audit log, SharePoint and OneDrive records only", Kind: Search, Types: sharePointTypes,
		Path: "/security/auditLog/queries", Fallback: &Fallback{Version: "beta"},
		Time: "createdDateTime", PageSize: 5000, Class: Audit, Retention: 180 * day, Settle: 12 * time.Hour, Least: time.Minute, Most: day,
		Permits: []string{"AuditLogsQuery-SharePoint.Read.All", "AuditLogsQuery.Read.All"}, Optional: true,
		Serves: "files read and shared", Format: "ual-graph", Tables: []string{"OfficeActivity"}, NotIn: noAudit,
	},
	{
		Name: "activity-feed", Title: "Office 365 Management Activity API", Kind: Feed,
		Path: "/activity/feed", Class: Activity, Retention: 7 * day, Settle: day, Most: day, Least: time.Hour, Time: "CreationTime", ID: "Id",
		Permits: []string{"ActivityFeed.Read"}, Optional: true,
		Serves: "the audit log where Graph has none", Format: "ual-api", Tables: []string{"UnifiedAuditLog", "OfficeActivity"},
	},
	{
		Name: "risk-detections", Title: "risk detections", Kind: Log,
		Path: "/identityProtection/riskDetections", Time: "detectedDateTime", PageSize: 500,
		Class: Protect, Retention: 90 * day, Settle: day, Window: 7 * day, Most: 30 * day,
		Permits: []string{"IdentityRiskEvent.Read.All"}, Plan: "AAD_PREMIUM",
		Serves: "Microsoft's own verdicts on sign-ins", Format: "graph/AADUserRiskEvents", Tables: []string{"AADUserRiskEvents"}, NotIn: noSecurity,
	},
	{
		Name: "risk-detections-serviceprincipal", Title: "risk detections of service principals", Kind: Log,
		Path: "/identityProtection/servicePrincipalRiskDetections", Time: "detectedDateTime", PageSize: 500,
		Class: Protect, Retention: 90 * day, Settle: day, Window: 30 * day, Most: 90 * day,
		Permits: []string{"IdentityRiskEvent.Read.All"}, Plan: "AAD_WRKLDID_P2", Optional: true,
		Serves: "Microsoft's own verdicts on applications", Format: "graph/AADServicePrincipalRiskEvents", Tables: []string{"AADServicePrincipalRiskEvents"}, NotIn: noSecurity,
	},
	{
		Name: "alerts", Title: "security alerts", Kind: Log,
		Path: "/security/alerts_v2", Time: "createdDateTime", PageSize: 2000,
		Class: Alerts, Retention: 180 * day, Settle: day, Window: 7 * day, Most: 30 * day,
		Permits: []string{"SecurityAlert.Read.All"},
		Serves:  "what Defender already said", Format: "graph/SecurityAlert", Tables: []string{"SecurityAlert"}, NotIn: noSecurity,
	},
	{
		Name: "hunting-cloudapp", Title: "advanced hunting: CloudAppEvents", Kind: Hunt, Table: "CloudAppEvents",
		Path: "/security/runHuntingQuery", Time: "Timestamp", ID: "ReportId", Class: Hunting, Retention: 30 * day, Settle: 12 * time.Hour, Least: time.Minute,
		Permits: []string{"ThreatHunting.Read.All"}, Plan: "ADALLOM_S_STANDALONE",
		Serves: "Exchange and Graph activity with session ids", Format: "la/CloudAppEvents", Tables: []string{"CloudAppEvents"}, NotIn: noSecurity,
	},
	{
		Name: "hunting-email", Title: "advanced hunting: EmailEvents", Kind: Hunt, Table: "EmailEvents",
		Path: "/security/runHuntingQuery", Time: "Timestamp", ID: "ReportId", Class: Hunting, Retention: 30 * day, Settle: 12 * time.Hour, Least: time.Minute,
		Permits: []string{"ThreatHunting.Read.All"}, Plan: "ATP_ENTERPRISE",
		Serves: "mail sent and received", Format: "la/EmailEvents", Tables: []string{"EmailEvents"}, NotIn: noSecurity,
	},
	{
		Name: "hunting-graphapi", Title: "advanced hunting: GraphApiAuditEvents", Kind: Hunt, Table: "GraphApiAuditEvents",
		Path: "/security/runHuntingQuery", Time: "Timestamp", ID: "RequestId", Class: Hunting, Retention: 30 * day, Settle: 12 * time.Hour, Least: time.Minute,
		Permits: []string{"ThreatHunting.Read.All"}, Plan: "MTP",
		Serves: "calls of applications to Graph", Format: "graph/GraphApiAuditEvents", Tables: []string{"MicrosoftGraphActivityLogs"}, NotIn: noSecurity,
	},
	{
		Name: "message-trace", Title: "message trace", Kind: Log,
		Path: "/admin/exchange/tracing/messageTraces", Time: "receivedDateTime", PageSize: 5000,
		Class: Trace, Retention: 90 * day, Settle: 4 * time.Hour, Window: 5 * day, Most: 10 * day,
		Permits: []string{"ExchangeMessageTrace.Read.All"}, Optional: true,
		Serves: "mail sent in bulk", Format: "messagetrace/EmailEvents", Tables: []string{"EmailEvents"}, NotIn: noAudit,
	},
}

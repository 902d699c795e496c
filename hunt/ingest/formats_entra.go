package ingest

// graph builds a format of Microsoft Graph objects.
func graph(name, kind, doc string, id, when []string, need ...string) Format {
	return Format{
		Name: name, Kind: kind, Doc: doc, Shape: JSON, Need: need, Not: []string{"timegenerated"}, ID: id, Time: when,
		Tenant: []string{"homeTenantId", "resourceTenantId", "tenantId"},
	}
}

func when(f Format, key string, values ...string) Format {
	f.When = map[string][]string{key: values}
	return f
}

var (
	graphID      = []string{"id"}
	graphCreated = []string{"createdDateTime"}
)

// signins lists the sign-in formats of Graph. The event types tell the tables
// apart; v1.0, which lacks them, returns interactive sign-ins.
func signins() []Format {
	sign := func(table string, need ...string) Format {
		return graph("graph/"+table, "signin", "Graph sign-ins for "+table, graphID, graphCreated, need...)
	}
	return []Format{
		when(sign("AADNonInteractiveUserSignInLogs", "createddatetime", "appid"), "signineventtypes", "noninteractiveuser*"),
		when(sign("AADServicePrincipalSignInLogs", "createddatetime", "appid"), "signineventtypes", "serviceprincipal*"),
		when(sign("AADManagedIdentitySignInLogs", "createddatetime", "appid"), "signineventtypes", "managedidentity*"),
		when(sign("SigninLogs", "createddatetime", "appid"), "signineventtypes", "interactiveuser*"),
		when(sign("AADNonInteractiveUserSignInLogs", "createddatetime", "userprincipalname", "status"), "isinteractive", "false"),
		sign("SigninLogs", "createddatetime", "userprincipalname", "appid", "ipaddress"),
		sign("SigninLogs", "createddatetime", "userprincipalname", "status", "ipaddress"),
		sign("AADServicePrincipalSignInLogs", "createddatetime", "serviceprincipalid", "appid"),
	}
}

var graphFormats = append(signins(),
	graph("graph/AuditLogs", "directoryAudit", "Graph directory audits", graphID, []string{"activityDateTime"}, "activitydisplayname", "activitydatetime", "targetresources"),
	graph("graph/AuditLogs", "directoryAudit", "Graph directory audits", graphID, []string{"activityDateTime"}, "activitydisplayname", "activitydatetime", "initiatedby"),
	graph("graph/AADProvisioningLogs", "provisioning", "Graph provisioning log", graphID, []string{"activityDateTime"}, "provisioningaction", "activitydatetime", "provisioningsteps"),
	graph("graph/AADServicePrincipalRiskEvents", "riskEvent", "Graph risk detections of service principals", graphID, []string{"detectedDateTime", "activityDateTime"}, "riskeventtype", "detecteddatetime", "serviceprincipalid"),
	graph("graph/AADUserRiskEvents", "riskEvent", "Graph risk detections", graphID, []string{"detectedDateTime", "activityDateTime"}, "riskeventtype", "detecteddatetime"),
	graph("graph/AADRiskyUsers", "riskyUser", "Graph risky users", nil, []string{"riskLastUpdatedDateTime"}, "risklastupdateddatetime", "userprincipalname", "risklevel"),
	graph("graph/SecurityAlert", "alert", "Graph security alerts", graphID, []string{"createdDateTime"}, "provideralertid", "servicesource", "severity"),
	Format{
		Name: "graph/MicrosoftGraphActivityLogs", Kind: "graphActivity", Doc: "Graph activity records without an envelope", Shape: JSON,
		Need: []string{"requesturi", "requestmethod", "requestid"}, Not: []string{"category"}, ID: []string{"requestId"}, Time: []string{"timeGenerated", "time"}, Tenant: []string{"tenantId"},
	},
)

func entra(table, kind, doc string, id []string, need ...string) Format {
	return Format{
		Name: "entra-csv/" + table, Kind: kind, Doc: doc, Shape: CSV, Need: need, ID: id,
		Time: []string{"date(utc)", "createddatetime", "date"}, Tenant: []string{"hometenantid", "resourcetenantid", "actorhometenantid"},
	}
}

var requestID = []string{"requestid", "id"}

// entraFormats are the CSV downloads of the Entra portal. Their paths are in
// normal form, because column names vary in case, spaces and language.
var entraFormats = []Format{
	entra("AuditLogs", "directoryAudit", "Entra audit log download", nil, "date(utc)", "activity", "category"),
	entra("AuditLogs", "directoryAudit", "Entra audit log download", nil, "date(utc)", "activity", "service"),
	{
		Name: "entra-csv/authdetails", Kind: "state", Doc: "authentication details beside an Entra sign-in download", Shape: CSV, Need: []string{"requestid", "authenticationmethod", "succeeded"},
		Time: []string{"date(utc)", "date"}, Note: "authentication details of sign-ins: kept as evidence, the sign-ins themselves are in the other file",
	},
	entra("AADManagedIdentitySignInLogs", "signin", "Entra managed identity sign-ins download", requestID, "date(utc)", "requestid", "managedidentitytype", "serviceprincipalid"),
	entra("SigninLogs", "signin", "Entra sign-ins download", requestID, "date(utc)", "username", "ipaddress"),
	entra("SigninLogs", "signin", "Entra sign-ins download", requestID, "date(utc)", "requestid", "user"),
	entra("AADServicePrincipalSignInLogs", "signin", "Entra application sign-ins download", requestID, "date(utc)", "requestid", "serviceprincipalid"),
	entra("SigninLogs", "signin", "older Entra sign-ins download", requestID, "createddatetime", "userprincipalname", "conditionalaccessstatus"),
	{
		Name: "messagetrace/EmailEvents", Kind: "email", Doc: "Exchange message trace download", Shape: CSV, Need: []string{"origin_timestamp_utc", "sender_address", "message_id"},
		Time: []string{"origin_timestamp_utc"},
	},
	{
		Name: "messagetrace/EmailEvents", Kind: "email", Doc: "Get-MessageTrace output", Shape: CSV | JSON, Need: []string{"received", "senderaddress", "recipientaddress", "messageid"},
		Time: []string{"Received"}, Tenant: []string{"Organization"},
	},
}

func windows(doc string, id, when []string, need ...string) Format {
	return Format{Name: "windows/SecurityEvent", Kind: "securityEvent", Doc: doc, Shape: JSON | CSV, Need: need, ID: id, Time: when}
}

// windowsFormats are Windows, AD FS and Sysmon events.
var windowsFormats = []Format{
	when(windows("Log Analytics rows of Event", eventID, []string{"TimeGenerated"}, "eventid", "source"), "type", "event"),
	la("SecurityEvent", "securityEvent", eventID, "timegenerated", "eventid", "computer"),
	windows("Windows events from winlogbeat", nil, []string{"@timestamp"}, "winlog", "@timestamp"),
	windows("Windows events from evtx_dump or chainsaw", nil, []string{"Event.System.TimeCreated.#attributes.SystemTime", "Event.System.TimeCreated_attributes.SystemTime"}, "event"),
	windows("Windows events from EvtxECmd", nil, []string{"TimeCreated"}, "eventid", "channel", "timecreated"),
	windows("Windows events from nxlog", nil, []string{"EventTime", "@timestamp", "TimeCreated"}, "eventid", "channel"),
	windows("Windows events from nxlog", nil, []string{"EventTime", "@timestamp", "TimeCreated"}, "eventid", "sourcename"),
	windows("Windows events from Get-WinEvent", nil, []string{"TimeCreated"}, "providername", "timecreated", "logname"),
}

// state builds the format of a peer tool's snapshot of settings.
func state(doc string, need ...string) Format {
	return Format{
		Name: "peer-state", Kind: "state", Doc: doc, Shape: JSON | CSV, Need: need,
		Note: doc + ": settings, not events; kept as evidence",
	}
}

// stateFormats are recognised so that nothing is reported as unknown that
// responders often have beside the logs.
var stateFormats = []Format{
	state("OAuth permissions (Extractor Suite)", "permissiontype", "clientobjectid", "consenttype"),
	state("inbox rules", "mailboxownerid", "rulename"),
	state("inbox rules", "ruleidentity", "enabled", "priority"),
	state("inbox rules (Graph)", "displayname", "sequence", "isenabled", "actions"),
	state("transport rules", "name", "priority", "mode", "conditions"),
	state("transport rules", "name", "priority", "ruleversion"),
	state("mailbox permissions", "accessrights", "user", "isinherited"),
	state("mailbox permissions", "identity", "trustee", "accessrights"),
	state("mailbox forwarding", "forwardingsmtpaddress", "delivertomailboxandforward"),
	state("mailbox sessions (Extractor Suite)", "timestamp", "user", "action", "sessionid", "mailaccesstype"),
	state("message ids (Extractor Suite)", "timestamp", "user", "internetmessageid", "sizeinbytes"),
	state("users", "userprincipalname", "displayname", "id"),
	state("users", "userprincipalname", "displayname", "accountenabled"),
	state("users", "userprincipalname", "isadmin", "isregistered"),
	state("service principals", "appid", "serviceprincipaltype"),
	state("applications", "appid", "passwordcredentials"),
	state("applications", "appid", "signinaudience"),
	state("conditional access policies", "displayname", "state", "grantcontrols"),
	state("audit configuration", "unifiedauditlogingestionenabled"),
	state("mailbox audit settings", "auditenabled", "userprincipalname"),
}

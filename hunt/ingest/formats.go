package ingest

import (
	_ "embed"
	"strings"
)

//go:embed headers.tsv
var headersTSV string

// headerAliases maps localised portal columns to the English ones, both in
// normal form.
func headerAliases() map[string]string {
	m := map[string]string{}
	for line := range strings.Lines(headersTSV) {
		if from, to, ok := strings.Cut(strings.TrimSpace(line), "\t"); ok && !strings.HasPrefix(line, "#") {
			m[normal(from)] = normal(to)
		}
	}
	return m
}

// Formats returns every format, in the order in which they are tried.
func Formats() []Format {
	var all []Format
	for _, list := range [][]Format{ownFormats, streamFormats, ualFormats, laFormats, entraFormats, graphFormats, windowsFormats, stateFormats, collectedFormats} {
		all = append(all, list...)
	}
	return all
}

var ownFormats = []Format{
	{
		Name: "hunt365/evidence", Doc: "a segment of a hunt365 case", Shape: JSON, Need: []string{"n", "id", "src", "r"},
		Skip: "evidence of a hunt365 case: use the case itself",
	},
	{
		Name: "hunt365/finding", Doc: "findings of hunt365", Shape: JSON, Need: []string{"schema", "rule", "records"},
		Skip: "findings of hunt365, not a log",
	},
	{
		Name: "management-api/content", Doc: "list of Management Activity API blobs", Shape: JSON, Need: []string{"contenttype", "contentid", "contenturi"},
		Skip: "a list of content blobs, not the records in them",
	},
}

var (
	ualIDs     = []string{".Id", "Identity", "RecordId", "id", "Id"}
	ualTimes   = []string{".CreationTime", "CreationTime", "createdDateTime", "CreationDate"}
	ualTenants = []string{".OrganizationId", "OrganizationId", "organizationId"}
)

// ualFormats are the shapes of the unified audit log.
var ualFormats = []Format{
	{
		Name: "ual-graph", Kind: "ual", Doc: "Graph audit log query records", Shape: JSON | CSV, Need: []string{"auditdata", "auditlogrecordtype"},
		Payload: "auditData", Fallback: "ual-partial", ID: ualIDs, Time: ualTimes, Tenant: ualTenants,
	},
	{
		Name: "ual-json", Kind: "ual", Doc: "Search-UnifiedAuditLog as JSON", Shape: JSON, Need: []string{"auditdata", "operations"},
		Payload: "AuditData", Fallback: "ual-partial", ID: ualIDs, Time: ualTimes, Tenant: ualTenants,
	},
	{
		Name: "ual-json", Kind: "ual", Doc: "audit log search as JSON", Shape: JSON, Need: []string{"auditdata", "recordtype"},
		Payload: "AuditData", Fallback: "ual-partial", ID: ualIDs, Time: ualTimes, Tenant: ualTenants,
	},
	{
		Name: "ual-csv", Kind: "ual", Doc: "audit log search as CSV: Purview, Search-UnifiedAuditLog, Splunk", Shape: CSV, Need: []string{"auditdata"},
		Payload: "AuditData", Fallback: "ual-partial", ID: ualIDs, Time: ualTimes, Tenant: ualTenants,
	},
	{
		Name: "ual-api", Kind: "ual", Doc: "Management Activity API records", Shape: JSON, Need: []string{"creationtime", "operation", "recordtype"}, Not: []string{"timegenerated", "auditdata"},
		ID: []string{"Id"}, Time: []string{"CreationTime"}, Tenant: []string{"OrganizationId"},
	},
	{
		Name: "ual-api", Kind: "ual", Doc: "Management Activity API records", Shape: JSON, Need: []string{"creationtime", "operation", "workload"}, Not: []string{"timegenerated", "auditdata"},
		ID: []string{"Id"}, Time: []string{"CreationTime"}, Tenant: []string{"OrganizationId"},
	},
	{
		Name: "ual-flat", Kind: "ual", Doc: "AuditData flattened to columns: Hawk, Sparrow, Extractor Suite", Shape: CSV | JSON, Need: []string{"creationtime", "operation"}, Not: []string{"timegenerated", "auditdata"},
		ID: []string{"Id"}, Time: []string{"CreationTime"}, Tenant: []string{"OrganizationId", "Organization"},
	},
	{Name: "ual-loose", Kind: "ual", Doc: "audit log search as CSV with columns in another spelling", Need: []string{"auditdata"}, Payload: "AuditData"},
	{
		Name: "ual-partial", Kind: "ual", Doc: "audit log rows whose AuditData is missing or cut off", Need: []string{"auditdata"},
		GUID: true, ID: []string{"Identity", "RecordId", "id"}, Time: []string{"CreationDate", "createdDateTime"}, Tenant: []string{"organizationId"},
	},
}

// diagnostic builds the format of one category of diagnostic settings records.
func diagnostic(category, table, kind string, id, when []string) Format {
	return Format{
		Name: "diagnostic/" + table, Kind: kind, Doc: "diagnostic settings records of " + category, Shape: JSON,
		Need: []string{"category", "time"}, When: map[string][]string{"category": {strings.ToLower(category)}}, Payload: "properties",
		ID: id, Time: append(when, "time"), Tenant: []string{"tenantId", "tenantid"},
	}
}

// stream builds the format of one table of Defender XDR's streaming API.
func stream(table, kind string, id []string) Format {
	return Format{
		Name: "xdr-stream/" + table, Kind: kind, Doc: "Defender XDR streaming records of " + table, Shape: JSON,
		Need: []string{"category", "properties"}, When: map[string][]string{"category": {"advancedhunting-" + strings.ToLower(table)}}, Payload: "properties",
		ID: id, Time: []string{".Timestamp", "time"}, Tenant: []string{"tenantId", "tenantid"},
	}
}

var (
	created  = []string{".createdDateTime"}
	ownID    = []string{".id"}
	detected = []string{".detectedDateTime", ".activityDateTime"}
)

// streamFormats are envelopes with a category and properties.
var streamFormats = []Format{
	diagnostic("SignInLogs", "SigninLogs", "signin", ownID, created),
	diagnostic("NonInteractiveUserSignInLogs", "AADNonInteractiveUserSignInLogs", "signin", ownID, created),
	diagnostic("ServicePrincipalSignInLogs", "AADServicePrincipalSignInLogs", "signin", ownID, created),
	diagnostic("ManagedIdentitySignInLogs", "AADManagedIdentitySignInLogs", "signin", ownID, created),
	diagnostic("ADFSSignInLogs", "ADFSSignInLogs", "signin", ownID, created),
	diagnostic("AuditLogs", "AuditLogs", "directoryAudit", ownID, []string{".activityDateTime"}),
	diagnostic("UserRiskEvents", "AADUserRiskEvents", "riskEvent", ownID, detected),
	diagnostic("RiskyUsers", "AADRiskyUsers", "riskyUser", nil, []string{".riskLastUpdatedDateTime"}),
	diagnostic("ServicePrincipalRiskEvents", "AADServicePrincipalRiskEvents", "riskEvent", ownID, detected),
	diagnostic("ProvisioningLogs", "AADProvisioningLogs", "provisioning", ownID, []string{".activityDateTime"}),
	diagnostic("MicrosoftGraphActivityLogs", "MicrosoftGraphActivityLogs", "graphActivity", []string{".requestId"}, []string{".timeGenerated"}),
	stream("CloudAppEvents", "cloudApp", []string{".ReportId"}),
	stream("EmailEvents", "email", []string{".ReportId"}),
	stream("IdentityInfo", "identity", nil),
	{
		Name: "xdr-stream/other", Kind: "other", Doc: "Defender XDR streaming records of other tables", Shape: JSON, Need: []string{"category", "properties"},
		When: map[string][]string{"category": {"advancedhunting-*"}}, Payload: "properties", Time: []string{".Timestamp", "time"}, Tenant: []string{"tenantId"},
		Table: "category", Prefix: "advancedhunting-", Note: "a Defender table that hunt365 has no table for: kept as evidence",
	},
	{
		Name: "diagnostic/other", Kind: "other", Doc: "diagnostic settings records of other categories", Shape: JSON, Need: []string{"category", "time", "resourceid"},
		Payload: "properties", ID: ownID, Time: []string{".createdDateTime", ".activityDateTime", "time"}, Tenant: []string{"tenantId", "tenantid"},
		Note: "a diagnostic category that hunt365 has no table for: kept as evidence",
	},
}

// la builds a format of Log Analytics rows: by the Type column, or, where need
// is given, by columns that only this table has.
func la(table, kind string, id []string, need ...string) Format {
	f := Format{
		Name: "la/" + table, Kind: kind, Doc: "Log Analytics or Advanced Hunting rows of " + table, Shape: JSON | CSV, Need: need,
		ID: id, Time: []string{"TimeGenerated", "Timestamp", "CreatedDateTime", "ActivityDateTime", "Start_Time", "StartTime", "DetectedDateTime"},
		Tenant: []string{"AADTenantId", "AadTenantId", "OrganizationId", "TenantId"},
	}
	if need == nil {
		f.When = map[string][]string{"type": {strings.ToLower(table)}}
	}
	return f
}

var (
	office   = []string{"OfficeId", "SourceRecordId"}
	laID     = []string{"Id"}
	reportID = []string{"ReportId"}
	alertID  = []string{"SystemAlertId"}
	eventID  = []string{"EventOriginId"}
	reqID    = []string{"RequestId"}
)

func category(f Format, value string) Format {
	f.When = map[string][]string{"category": {value}}
	return f
}

// laFormats are rows of Log Analytics and Advanced Hunting. Queries can rename
// Type, so the columns decide where it does not name a table.
var laFormats = []Format{
	la("OfficeActivity", "officeActivity", office),
	la("SigninLogs", "signin", laID),
	la("AADNonInteractiveUserSignInLogs", "signin", laID),
	la("AADServicePrincipalSignInLogs", "signin", laID),
	la("AADManagedIdentitySignInLogs", "signin", laID),
	la("ADFSSignInLogs", "signin", laID),
	la("AuditLogs", "directoryAudit", laID),
	la("MicrosoftGraphActivityLogs", "graphActivity", reqID),
	la("AADUserRiskEvents", "riskEvent", laID),
	la("AADRiskyUsers", "riskyUser", nil),
	la("AADServicePrincipalRiskEvents", "riskEvent", laID),
	la("AADProvisioningLogs", "provisioning", laID),
	la("SecurityAlert", "alert", alertID),
	la("CloudAppEvents", "cloudApp", reportID),
	la("EmailEvents", "email", reportID),
	la("SecurityEvent", "securityEvent", eventID),
	la("IdentityInfo", "identity", nil),
	la("OfficeActivity", "officeActivity", office, "officeworkload", "operation"),
	la("OfficeActivity", "officeActivity", office, "officeid", "operation"),
	la("AuditLogs", "directoryAudit", laID, "operationname", "targetresources", "initiatedby", "loggedbyservice"),
	la("AuditLogs", "directoryAudit", laID, "timegenerated", "targetresources", "initiatedby", "operationname"),
	category(la("AADNonInteractiveUserSignInLogs", "signin", laID, "timegenerated", "appid", "resulttype"), "noninteractiveusersigninlogs"),
	category(la("AADServicePrincipalSignInLogs", "signin", laID, "timegenerated", "appid", "resulttype"), "serviceprincipalsigninlogs"),
	category(la("AADManagedIdentitySignInLogs", "signin", laID, "timegenerated", "appid", "resulttype"), "managedidentitysigninlogs"),
	category(la("ADFSSignInLogs", "signin", laID, "timegenerated", "resulttype"), "adfssigninlogs"),
	la("AADManagedIdentitySignInLogs", "signin", laID, "timegenerated", "managedserviceidentity", "serviceprincipalid"),
	la("SigninLogs", "signin", laID, "timegenerated", "userprincipalname", "resulttype", "appdisplayname"),
	la("SigninLogs", "signin", laID, "createddatetime", "userprincipalname", "resulttype", "appdisplayname"),
	la("AADServicePrincipalSignInLogs", "signin", laID, "timegenerated", "serviceprincipalname", "resulttype"),
	la("MicrosoftGraphActivityLogs", "graphActivity", reqID, "timegenerated", "requesturi", "requestmethod"),
	la("AADUserRiskEvents", "riskEvent", laID, "timegenerated", "riskeventtype", "detecteddatetime"),
	la("AADRiskyUsers", "riskyUser", nil, "timegenerated", "risklastupdateddatetime", "userprincipalname"),
	la("SecurityAlert", "alert", alertID, "timegenerated", "systemalertid", "alertname"),
	la("CloudAppEvents", "cloudApp", reportID, "raweventdata", "actiontype"),
	la("CloudAppEvents", "cloudApp", reportID, "timestamp", "actiontype", "application", "applicationid", "activitytype"),
	la("EmailEvents", "email", reportID, "networkmessageid", "senderfromaddress", "recipientemailaddress", "deliveryaction"),
	la("IdentityInfo", "identity", nil, "accountupn", "accountobjectid", "assignedroles"),
	la("IdentityInfo", "identity", nil, "timestamp", "accountupn", "accountobjectid", "accountname", "accountdomain", "department"),
	{
		Name: "la/other", Kind: "other", Doc: "Log Analytics or Advanced Hunting rows of other tables", Shape: JSON | CSV, Need: []string{"timegenerated", "type"}, Not: []string{"eventid"},
		Time: []string{"TimeGenerated"}, Tenant: []string{"TenantId"}, Table: "type", Note: "rows of a table that hunt365 does not know: kept as evidence",
	},
	{
		Name: "la-custom/OfficeActivity", Kind: "officeActivity", Doc: "OfficeActivity in a custom Log Analytics table", Shape: JSON | CSV,
		Need: []string{"operation_s", "officeworkload_s"}, ID: []string{"OfficeId_g", "OfficeId_s", "SourceRecordId_g", "SourceRecordId_s"}, Time: []string{"TimeGenerated", "TimeGenerated_t", "Start_Time_t"}, Tenant: []string{"OrganizationId_g", "OrganizationId_s"},
	},
	{
		Name: "la-custom/OfficeActivity", Kind: "officeActivity", Doc: "OfficeActivity in a custom Log Analytics table", Shape: JSON | CSV,
		Need: []string{"operation_s", "userid__s"}, ID: []string{"OfficeId_g", "OfficeId_s", "SourceRecordId_g", "SourceRecordId_s"}, Time: []string{"TimeGenerated", "TimeGenerated_t", "Start_Time_t"}, Tenant: []string{"OrganizationId_g", "OrganizationId_s"},
	},
}

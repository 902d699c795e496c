-- Logons of the unified audit log in the shape of SigninLogs.
pre regexp_matches(a, '"Workload"\s*:\s*"AzureActiveDirectory"') AND json_extract_string(a, '$.Workload') = 'AzureActiveDirectory' AND (m_record_number(json_extract_string(a, '$.RecordType')) IN (9, 15) OR json_extract_string(a, '$.Operation') IN ('UserLoggedIn', 'UserLoginFailed'))
type Actor [{"ID":"VARCHAR","Type":"VARCHAR"}]
type Target [{"ID":"VARCHAR","Type":"VARCHAR"}]
type ExtendedProperties [{"Name":"VARCHAR","Value":"VARCHAR"}]
type DeviceProperties [{"Name":"VARCHAR","Value":"VARCHAR"}]
let code = coalesce(nullif(j.ErrorNumber, ''), CASE WHEN j.Operation = 'UserLoggedIn' THEN '0' ELSE '' END)
let upn = CASE WHEN contains(coalesce(j.UserId, ''), '@') THEN j.UserId ELSE coalesce(list_filter(j.Actor, lambda e: e.Type = '5')[1].ID, j.UserId) END
let address = m_ip(coalesce(nullif(j.ClientIP, ''), j.ActorIpAddress))
OperationName = 'Sign-in activity'
OperationVersion = '1.0'
Category = 'SignInLogs'
ResultType = code
ResultSignature = CASE WHEN j.Operation = 'UserLoggedIn' THEN 'SUCCESS' WHEN j.Operation = 'UserLoginFailed' THEN 'FAILURE' ELSE j.ResultStatus END
ResultDescription = j.LogonError
CorrelationId = j.InterSystemsId
Resource = 'Microsoft.aadiam'
ResourceGroup = 'Microsoft.aadiam'
AppId = j.ApplicationId
CreatedDateTime := t
DeviceDetail := json_object('deviceId', m_named(j.DeviceProperties, 'Id'), 'displayName', m_named(j.DeviceProperties, 'DisplayName'), 'operatingSystem', m_named(j.DeviceProperties, 'OS'), 'browser', m_named(j.DeviceProperties, 'BrowserType'), 'isCompliant', m_bool(coalesce(nullif(m_named(j.DeviceProperties, 'IsCompliant'), ''), nullif(m_named(j.DeviceProperties, 'IsCompliantAndManaged'), ''))), 'isManaged', m_bool(coalesce(nullif(m_named(j.DeviceProperties, 'IsManaged'), ''), nullif(m_named(j.DeviceProperties, 'IsCompliantAndManaged'), ''))), 'trustType', m_named(j.DeviceProperties, 'TrustType'))
Id = id
IPAddress = address
OriginalRequestId = j.IntraSystemId
ResourceIdentity = coalesce(nullif(j.ObjectId, ''), list_filter(j.Target, lambda e: e.Type = '0')[1].ID)
Status := json_object('errorCode', m_long(code), 'failureReason', coalesce(j.LogonError, ''), 'additionalDetails', m_named(j.ExtendedProperties, 'ResultStatusDetail'))
AuthenticationProcessingDetails = CAST(to_json(j.ExtendedProperties) AS VARCHAR)
UserAgent = m_named(j.ExtendedProperties, 'UserAgent')
UserId = CASE WHEN regexp_full_match(j.UserKey, '[0-9a-fA-F-]{36}') THEN j.UserKey ELSE coalesce(list_filter(j.Actor, lambda e: regexp_full_match(e.ID, '[0-9a-fA-F-]{36}'))[1].ID, j.UserKey) END
UserPrincipalName = upn
SignInIdentifier = upn
AlternateSignInName = upn
AADTenantId = j.OrganizationId
TenantId = j.OrganizationId
HomeTenantId = j.ActorContextId
ResourceTenantId = j.TargetContextId
SessionId = coalesce(nullif(m_named(j.DeviceProperties, 'SessionId'), ''), m_get(j.AppAccessContext, '$.AADSessionId'))
UniqueTokenIdentifier = m_get(j.AppAccessContext, '$.UniqueTokenId')
UserType = CASE WHEN m_user_number(j.UserType) = 10 THEN 'Guest' ELSE 'Member' END
SourceSystem = 'UnifiedAuditLog'

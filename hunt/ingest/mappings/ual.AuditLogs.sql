-- Directory changes of the unified audit log in the shape of AuditLogs.
pre regexp_matches(a, '"Workload"\s*:\s*"AzureActiveDirectory"') AND json_extract_string(a, '$.Workload') = 'AzureActiveDirectory' AND m_record_number(json_extract_string(a, '$.RecordType')) NOT IN (9, 15) AND coalesce(json_extract_string(a, '$.Operation'), '') NOT IN ('UserLoggedIn', 'UserLoginFailed')
type Actor [{"ID":"VARCHAR","Type":"VARCHAR"}]
type Target [{"ID":"VARCHAR","Type":"VARCHAR"}]
type ExtendedProperties [{"Name":"VARCHAR","Value":"VARCHAR"}]
type ModifiedProperties [{"Name":"VARCHAR","NewValue":"VARCHAR","OldValue":"VARCHAR"}]
let op_name = regexp_replace(coalesce(j.Operation, ''), '\.$', '')
let actor_upn = list_filter(j.Actor, lambda e: e.Type = '5')[1].ID
let actor_name = list_filter(j.Actor, lambda e: e.Type = '1')[1].ID
let actor_user = substr(list_filter(j.Actor, lambda e: starts_with(e.ID, 'User_'))[1].ID, 6)
let actor_sp = substr(list_filter(j.Actor, lambda e: starts_with(e.ID, 'ServicePrincipal_'))[1].ID, 18)
let actor_app = list_filter(j.Actor, lambda e: e.Type = '2' AND regexp_full_match(e.ID, '[0-9a-fA-F-]{36}') AND e.ID <> coalesce(actor_sp, '') AND e.ID <> coalesce(actor_user, ''))[1].ID
let is_user = actor_upn IS NOT NULL OR actor_user IS NOT NULL OR (actor_name IS NULL AND contains(coalesce(j.UserId, ''), '@'))
let target_ref = list_filter(j.Target, lambda e: regexp_matches(e.ID, '^[A-Za-z]+_[0-9a-fA-F-]{36}$'))[1].ID
let target_kind = coalesce(list_filter(j.Target, lambda e: e.Type = '2' AND regexp_full_match(e.ID, '[A-Za-z]+'))[1].ID, regexp_extract(target_ref, '^([A-Za-z]+)_', 1), '')
let details = m_map(m_named(j.ExtendedProperties, 'additionalDetails'))
let category = m_named(j.ExtendedProperties, 'extendedAuditEventCategory')
let address = nullif(m_ip(coalesce(nullif(j.ClientIP, ''), j.ActorIpAddress)), '')
OperationName = op_name
OperationVersion = '1.0'
Category = CASE category WHEN 'Application' THEN 'ApplicationManagement' WHEN 'ServicePrincipal' THEN 'ApplicationManagement' WHEN 'User' THEN 'UserManagement' WHEN 'Role' THEN 'RoleManagement' WHEN 'Group' THEN 'GroupManagement' WHEN 'Company' THEN 'DirectoryManagement' WHEN 'Directory' THEN 'DirectoryManagement' ELSE category END
ResultSignature = 'None'
ResultDescription = j.ResultStatusDetail
CorrelationId = j.InterSystemsId
Resource = 'Microsoft.aadiam'
ResourceGroup = 'Microsoft.aadiam'
Identity = CASE WHEN is_user THEN NULL ELSE actor_name END
Level = '4'
AdditionalDetails := to_json(list_transform(map_entries(details), lambda e: struct_pack("key" := e.key, "value" := e.value)))
Id = id
InitiatedBy := CASE WHEN is_user THEN to_json(struct_pack("user" := struct_pack(id := coalesce(actor_user, ''), displayName := CAST(NULL AS VARCHAR), userPrincipalName := coalesce(actor_upn, j.UserId), ipAddress := address, roles := CAST([] AS VARCHAR[])))) ELSE to_json(struct_pack(app := struct_pack(appId := actor_app, displayName := coalesce(actor_name, j.UserId), servicePrincipalId := actor_sp, servicePrincipalName := CAST(NULL AS VARCHAR)))) END
LoggedByService = 'Core Directory'
Result = CASE lower(j.ResultStatus) WHEN 'success' THEN 'success' WHEN 'succeeded' THEN 'success' WHEN 'true' THEN 'success' WHEN 'failure' THEN 'failure' WHEN 'failed' THEN 'failure' WHEN 'false' THEN 'failure' ELSE lower(j.ResultStatus) END
ResultReason = coalesce(m_named(j.ExtendedProperties, 'resultDescription'), '')
TargetResources := to_json([struct_pack(id := regexp_extract(target_ref, '_(.*)$', 1), displayName := list_filter(j.Target, lambda e: e.Type = '1')[1].ID, "type" := CASE target_kind WHEN 'Company' THEN 'Directory' ELSE target_kind END, userPrincipalName := list_filter(j.Target, lambda e: e.Type = '5')[1].ID, modifiedProperties := coalesce(m_properties(j.ModifiedProperties), []), administrativeUnits := CAST([] AS VARCHAR[]))])
AADTenantId = j.OrganizationId
TenantId = j.OrganizationId
ActivityDisplayName = op_name
ActivityDateTime := t
AADOperationType = CASE WHEN starts_with(op_name, 'Add member') OR starts_with(op_name, 'Add owner') OR starts_with(op_name, 'Add app role') OR starts_with(op_name, 'Add delegated') OR starts_with(op_name, 'Consent') THEN 'Assign' WHEN starts_with(op_name, 'Remove') THEN 'Unassign' WHEN starts_with(op_name, 'Add') THEN 'Add' WHEN starts_with(op_name, 'Update') OR starts_with(op_name, 'Set') OR starts_with(op_name, 'Change') OR starts_with(op_name, 'Reset') OR starts_with(op_name, 'Disable') OR starts_with(op_name, 'Enable') THEN 'Update' WHEN contains(op_name, 'elete') THEN 'Delete' ELSE '' END
SourceSystem = 'UnifiedAuditLog'

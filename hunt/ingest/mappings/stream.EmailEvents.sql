-- Defender for Office 365, streamed: the properties have the table's names.
generic j
TenantId = json_extract_string(env, '$.tenantId')
SourceSystem = 'Microsoft Defender'

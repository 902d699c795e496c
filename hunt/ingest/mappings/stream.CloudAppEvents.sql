-- Defender for Cloud Apps, streamed: the properties have the table's names.
generic j
TenantId = json_extract_string(env, '$.tenantId')
SourceSystem = 'Microsoft Defender'
IPAddress = m_ip(j.IPAddress)

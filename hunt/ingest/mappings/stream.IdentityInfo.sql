-- Identities, streamed: the properties have Defender's names.
generic j
TenantId = json_extract_string(env, '$.tenantId')
AccountUPN = coalesce(j.AccountUpn, j.AccountUPN)
MailAddress = coalesce(j.EmailAddress, j.MailAddress)
AccountSID = coalesce(j.OnPremSid, j.AccountSID)
AccountCloudSID = coalesce(j.CloudSid, j.AccountCloudSID)
SourceSystem = 'Microsoft Defender'

-- IdentityInfo of Log Analytics or of Defender, whose names differ.
generic j
AccountUPN = coalesce(j.AccountUPN, j.AccountUpn)
MailAddress = coalesce(j.MailAddress, j.EmailAddress)
AccountSID = coalesce(j.AccountSID, j.OnPremSid)
AccountCloudSID = coalesce(j.AccountCloudSID, j.CloudSid)

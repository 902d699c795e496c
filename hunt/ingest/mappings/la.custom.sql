-- A custom Log Analytics table (name_CL), whose columns carry their type as a suffix.
generic custom
UserId = coalesce(j.UserId__s, j.UserId_s)
OfficeId = coalesce(j.OfficeId_g, j.OfficeId_s, j.SourceRecordId_g, j.SourceRecordId_s)
ClientIP = m_ip(coalesce(j.ClientIP_s, j.ClientIP__s))
Client_IPAddress = m_ip(j.Client_IPAddress_s)

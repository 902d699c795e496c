-- OfficeActivity as exported.
generic j
OfficeId = coalesce(nullif(j.OfficeId, ''), j.SourceRecordId)
UserId = coalesce(nullif(j.UserId, ''), j.UserId_)
ClientIP = m_ip(coalesce(nullif(j.ClientIP, ''), j.ClientIP_))
Site_Url = coalesce(nullif(j.Site_Url, ''), j.Site_Url_)
SourceRelativeUrl = coalesce(nullif(j.SourceRelativeUrl, ''), j.SourceRelativeUrl_)
SourceFileName = coalesce(nullif(j.SourceFileName, ''), j.SourceFileName_)
OrganizationId = coalesce(nullif(j.OrganizationId, ''), j.OrganizationId_)
Client_IPAddress = m_ip(j.Client_IPAddress)
ActorIpAddress = m_ip(j.ActorIpAddress)
OriginatingServer = rtrim(j.OriginatingServer, chr(13) || chr(10) || ' ')
AuditRecordType := m_record_number(j.RecordType)

-- Risk detections of Identity Protection.
envelope time tenantId operationName correlationId tenantid
TenantId = coalesce(nullif(k.tenantId, ''), k.tenantid)
Activity = j.activity
ActivityDateTime = j.activityDateTime
AdditionalInfo = j.additionalInfo
CorrelationId = coalesce(j.correlationId, k.correlationId)
DetectedDateTime = j.detectedDateTime
DetectionTimingType = j.detectionTimingType
Id = coalesce(nullif(j.id, ''), id)
IpAddress = m_ip(j.ipAddress)
LastUpdatedDateTime = j.lastUpdatedDateTime
Location = j.location
RequestId = j.requestId
RiskDetail = j.riskDetail
RiskEventType = coalesce(j.riskEventType, j.riskType)
RiskLevel = j.riskLevel
RiskState = j.riskState
Source = j.source
TokenIssuerType = j.tokenIssuerType
UserDisplayName = j.userDisplayName
UserId = j.userId
UserPrincipalName = j.userPrincipalName
OperationName = coalesce(k.operationName, 'User Risk Detection')
SourceSystem = 'Azure AD'

-- Risk detections of Identity Protection about applications.
envelope time tenantId operationName correlationId tenantid
TenantId = coalesce(nullif(k.tenantId, ''), k.tenantid)
Activity = j.activity
ActivityDateTime = j.activityDateTime
AdditionalInfo = j.additionalInfo
AppId = j.appId
CorrelationId = coalesce(j.correlationId, k.correlationId)
DetectedDateTime = j.detectedDateTime
DetectionTimingType = j.detectionTimingType
Id = coalesce(nullif(j.id, ''), id)
IpAddress = m_ip(j.ipAddress)
KeyIds = j.keyIds
LastUpdatedDateTime = j.lastUpdatedDateTime
Location = j.location
RequestId = j.requestId
RiskDetail = j.riskDetail
RiskEventType = coalesce(j.riskEventType, j.riskType)
RiskLevel = j.riskLevel
RiskState = j.riskState
ServicePrincipalDisplayName = j.servicePrincipalDisplayName
ServicePrincipalId = j.servicePrincipalId
Source = j.source
TokenIssuerType = j.tokenIssuerType
OperationName = coalesce(k.operationName, 'Service Principal Risk Detection')
SourceSystem = 'Azure AD'

-- States of users at risk.
envelope time tenantId operationName correlationId tenantid
TenantId = coalesce(nullif(k.tenantId, ''), k.tenantid)
Id = j.id
IsDeleted = j.isDeleted
IsProcessing = j.isProcessing
RiskDetail = j.riskDetail
RiskLastUpdatedDateTime = j.riskLastUpdatedDateTime
RiskLevel = j.riskLevel
RiskState = j.riskState
UserDisplayName = j.userDisplayName
UserPrincipalName = j.userPrincipalName
OperationName = coalesce(k.operationName, 'Risky User')
CorrelationId = k.correlationId
SourceSystem = 'Azure AD'

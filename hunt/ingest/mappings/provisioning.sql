-- Objects that Entra's provisioning service made, changed or removed in another system.
envelope time tenantId operationName correlationId tenantid
TenantId = coalesce(nullif(k.tenantId, ''), k.tenantid, j.tenantId)
AADTenantId = coalesce(nullif(k.tenantId, ''), k.tenantid, j.tenantId)
OperationName = coalesce(k.operationName, 'Provisioning activity')
Category = 'ProvisioningLogs'
ResultType = coalesce(m_get(j.provisioningStatusInfo, '$.status'), m_get(j.statusInfo, '$.status'))
ResultDescription = coalesce(m_get(j.provisioningStatusInfo, '$.errorInformation.reason'), m_get(j.statusInfo, '$.reason'))
DurationMs = coalesce(j.durationInMilliseconds, j.durationInMs)
CorrelationId = k.correlationId
ChangeId = j.changeId
CycleId = j.cycleId
Id = coalesce(nullif(j.id, ''), id)
InitiatedBy = j.initiatedBy
JobId = j.jobId
ModifiedProperties = j.modifiedProperties
ProvisioningSteps = j.provisioningSteps
ServicePrincipal = j.servicePrincipal
SourceIdentity = j.sourceIdentity
SourceSystem = j.sourceSystem
TargetIdentity = j.targetIdentity
TargetSystem = j.targetSystem
ProvisioningAction = coalesce(j.provisioningAction, j.action)
ProvisioningStatusInfo = coalesce(j.provisioningStatusInfo, j.statusInfo)

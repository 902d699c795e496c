-- Made-up activities and sign-ins of March 2026, in the order of time, as a case
-- holds them. $activities and $signins are how many; every value comes from
-- hash(), so that two runs measure on the same rows. Ticks are 100 ns since the
-- year 1, and no two rows of a table share one.
CREATE TEMP MACRO pick(i, salt, n) AS (hash(i * 100 + salt) % n::UBIGINT)::BIGINT;
-- Few users do most of the work.
CREATE TEMP MACRO member(i, salt) AS printf('user%04d@fabrikam.example', (2000 * pow(pick(i, salt, 1000000) / 1000000.0, 2))::INTEGER);
CREATE TEMP MACRO address(i, salt) AS printf('198.51.%d.%d', pick(i, salt, 4), pick(i, salt + 1, 250) + 1);
CREATE TEMP MACRO moment(i, n) AS 639079200000000000 + i * (25920000000000 // n) + pick(i, 1, 1000);
CREATE TEMP MACRO guid(i, salt) AS format('{:08x}-{:04x}-4{:03x}-a{:03x}-{:012x}',
  pick(i, salt, 4294967296), pick(i, salt + 1, 65536), pick(i, salt + 2, 4096), pick(i, salt + 3, 4096), pick(i, salt + 4, 281474976710656));
CREATE TEMP MACRO agent(i, salt) AS (['Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/139.0.0.0 Safari/537.36',
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36 Edg/138.0.0.0',
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Safari/605.1.15',
  'Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0.17328; Pro)', 'python-requests/2.31.0', 'axios/1.7.9'])[1 + least(5, pick(i, salt, 12)) ];

INSERT INTO OfficeActivity BY NAME
WITH kinds AS (
  SELECT i, CASE
    WHEN k < 400 THEN 'MailItemsAccessed' WHEN k < 500 THEN 'Send' WHEN k < 620 THEN 'FileAccessed' WHEN k < 700 THEN 'FileModified'
    WHEN k < 760 THEN 'FileDownloaded' WHEN k < 820 THEN 'FilePreviewed' WHEN k < 900 THEN 'MessageSent' WHEN k < 980 THEN 'HardDelete'
    WHEN k < 988 THEN 'Set-Mailbox' WHEN k < 994 THEN 'New-InboxRule' WHEN k < 997 THEN 'Set-InboxRule' ELSE 'SharingSet' END AS Operation
  FROM (SELECT range AS i, pick(range, 2, 1000) AS k FROM range($activities)))
SELECT moment(i, $activities) AS TimeGenerated, Operation, guid(i, 10) AS _Id, guid(i, 10) AS OfficeId, i AS _Line, 'OfficeActivity' AS Type,
  '3f1d0b9e-2c44-4c1e-9a51-0c7a4a6f1e10' AS OrganizationId, 'Office 365' AS SourceSystem,
  CASE WHEN starts_with(Operation, 'File') OR Operation = 'SharingSet' THEN 'SharePoint' WHEN Operation = 'MessageSent' THEN 'MicrosoftTeams' ELSE 'Exchange' END AS OfficeWorkload,
  CASE WHEN starts_with(Operation, 'File') THEN 'SharePointFileOperation' WHEN Operation = 'MailItemsAccessed' THEN 'ExchangeItemAggregated' ELSE 'ExchangeItem' END AS RecordType,
  member(i, 20) AS UserId, printf('1003%012X', pick(i, 20, 1000000)) AS UserKey, 'Regular' AS UserType,
  CASE WHEN pick(i, 23, 50) = 0 THEN 'Failed' ELSE 'Succeeded' END AS ResultStatus,
  address(i, 21) AS ClientIP, address(i, 21) AS Client_IPAddress, agent(i, 25) AS UserAgent,
  CASE WHEN NOT starts_with(Operation, 'File') THEN member(i, 20) ELSE '' END AS MailboxOwnerUPN,
  CASE WHEN Operation = 'MailItemsAccessed' THEN 'Client=OWA;Action=ViaProxy' ELSE '' END AS ClientInfoString,
  CASE WHEN Operation = 'MailItemsAccessed' THEN guid(i, 30) ELSE '' END AS SessionId,
  CASE WHEN Operation = 'MailItemsAccessed' THEN 1 + pick(i, 36, 500) END AS OperationCount,
  CASE WHEN starts_with(Operation, 'File') THEN printf('https://fabrikam.sharepoint.example/sites/team%d/Shared Documents/%s-%d.%s', pick(i, 40, 200),
    (['report', 'Minutes', 'budget', 'Invoice'])[1 + pick(i, 41, 4)], pick(i, 42, 50000), (['docx', 'xlsx', 'pdf'])[1 + pick(i, 43, 3)]) ELSE '' END AS OfficeObjectId,
  CASE WHEN starts_with(Operation, 'File') THEN printf('https://fabrikam.sharepoint.example/sites/team%d/', pick(i, 40, 200)) ELSE '' END AS Site_Url,
  CASE WHEN starts_with(Operation, 'File') THEN printf('%s-%d.%s',
    (['report', 'Minutes', 'budget', 'Invoice'])[1 + pick(i, 41, 4)], pick(i, 42, 50000), (['docx', 'xlsx', 'pdf'])[1 + pick(i, 43, 3)]) ELSE '' END AS SourceFileName,
  CASE WHEN starts_with(Operation, 'File') THEN (['docx', 'xlsx', 'pdf'])[1 + pick(i, 43, 3)] ELSE '' END AS SourceFileExtension,
  CASE WHEN ends_with(Operation, 'InboxRule') THEN printf('[{"Name":"Name","Value":"rule %d"},{"Name":"%s","Value":"%s"},{"Name":"StopProcessingRules","Value":"True"}]', pick(i, 50, 100),
      (['ForwardTo', 'MoveToFolder', 'DeleteMessage'])[1 + pick(i, 51, 3)], (['box@mail.example', 'RSS Feeds', 'True'])[1 + pick(i, 51, 3)])
    WHEN Operation = 'Set-Mailbox' THEN printf('[{"Name":"Identity","Value":"%s"},{"Name":"DeliverToMailboxAndForward","Value":"True"}]', member(i, 20)) ELSE '' END AS Parameters,
  CASE WHEN Operation = 'MailItemsAccessed' THEN printf('[{"Name":"MailAccessType","Value":"%s"},{"Name":"IsThrottled","Value":"False"}]', (['Bind', 'Sync'])[1 + pick(i, 52, 2)]) END AS OperationProperties
FROM kinds;

INSERT INTO SigninLogs BY NAME
SELECT moment(i, $signins) AS TimeGenerated, moment(i, $signins) AS CreatedDateTime, guid(i, 60) AS _Id, guid(i, 60) AS Id, i AS _Line, 'SigninLogs' AS Type,
  'Sign-in activity' AS OperationName, 'SignInLogs' AS Category, '3f1d0b9e-2c44-4c1e-9a51-0c7a4a6f1e10' AS AADTenantId,
  member(i, 65) AS UserPrincipalName, guid(pick(i, 65, 1000000), 1) AS UserId,
  CASE WHEN pick(i, 66, 100) = 0 THEN printf('203.0.113.%d', pick(i, 67, 200)) ELSE address(i, 67) END AS IPAddress,
  (['DE', 'DE', 'DE', 'DE', 'NL', 'FR', 'US', 'GB'])[1 + pick(i, 69, 8)] AS Location,
  CASE WHEN k < 90 THEN '0' WHEN k < 95 THEN '50126' WHEN k < 96 THEN '50053' ELSE '50074' END AS ResultType,
  (['Office 365 Exchange Online', 'Microsoft Teams', 'Azure Portal', 'SharePoint Online', 'Microsoft Graph', 'One Outlook Web'])[1 + pick(i, 71, 6)] AS AppDisplayName,
  (['Browser', 'Mobile Apps and Desktop clients', 'IMAP4', 'Exchange ActiveSync'])[1 + least(3, pick(i, 72, 40) // 12)] AS ClientAppUsed,
  (['success', 'notApplied', 'failure'])[1 + least(2, pick(i, 73, 20) // 9)] AS ConditionalAccessStatus,
  (['singleFactorAuthentication', 'multiFactorAuthentication'])[1 + pick(i, 74, 2)] AS AuthenticationRequirement,
  (['none', 'low', 'medium', 'high'])[1 + greatest(0, pick(i, 75, 103) - 99)] AS RiskLevelDuringSignIn,
  agent(i, 76) AS UserAgent, guid(i, 77) AS CorrelationId, 'Member' AS UserType, 20 + pick(i, 82, 3000) AS DurationMs,
  printf('{"city":"%s","state":"","countryOrRegion":"%s","geoCoordinates":{"latitude":%d.5,"longitude":%d.25}}', (['Kiel', 'Bonn', 'Ulm', 'Trier'])[1 + pick(i, 83, 4)],
    (['DE', 'DE', 'DE', 'DE', 'NL', 'FR', 'US', 'GB'])[1 + pick(i, 69, 8)], 40 + pick(i, 83, 20), pick(i, 84, 40)) AS LocationDetails,
  printf('{"deviceId":"%s","displayName":"","operatingSystem":"%s","browser":"%s","trustType":""}', CASE WHEN pick(i, 85, 3) = 0 THEN guid(pick(i, 86, 3000), 2) ELSE '' END,
    (['Windows10', 'MacOs', 'Ios 18', 'Android'])[1 + pick(i, 87, 4)], (['Chrome 139.0.0', 'Edge 138.0.0', 'Safari 17.4'])[1 + pick(i, 88, 3)]) AS DeviceDetail,
  printf('{"errorCode":%d,"additionalDetails":"%s"}', CASE WHEN k < 90 THEN 0 WHEN k < 95 THEN 50126 WHEN k < 96 THEN 50053 ELSE 50074 END,
    (['MFA requirement satisfied by claim in the token', ''])[1 + pick(i, 89, 2)]) AS Status
FROM (SELECT range AS i, pick(range, 70, 100) AS k FROM range($signins));

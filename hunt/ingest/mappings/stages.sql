-- Where each format keeps its records. A stage is a SELECT over the relation
-- `segment` that yields n, id, t, _Segment, the record a and, for envelopes,
-- the whole env. Stages are separated by lines "stage <name>".

stage record
SELECT n, id, t, _Segment, r AS a, CAST(NULL AS JSON) AS env FROM segment

stage auditdata
SELECT n, id, t, _Segment, r->>'AuditData' AS a, CAST(NULL AS JSON) AS env FROM segment

stage graph-auditdata
SELECT n, id, t, _Segment, coalesce(r->>'auditData', r->>'AuditData') AS a, CAST(NULL AS JSON) AS env FROM segment

stage properties
SELECT n, id, t, _Segment, coalesce(r->'properties', '{}') AS a, r AS env FROM segment

-- the UAL record inside a row of CloudAppEvents
stage raw-event
SELECT n, m_get(a0, '$.Id') AS id, t, _Segment, a0 AS a, CAST(NULL AS JSON) AS env
FROM (SELECT n, t, _Segment, coalesce(r->>'RawEventData', r->>'RawEventData_dynamic', r->>'RawEventData_string') AS a0 FROM segment)
WHERE json_valid(a0) AND m_get(a0, '$.Operation') IS NOT NULL AND m_get(a0, '$.Id') IS NOT NULL

stage stream-raw-event
SELECT n, m_get(a0, '$.Id') AS id, t, _Segment, a0 AS a, CAST(NULL AS JSON) AS env
FROM (SELECT n, t, _Segment, json_extract_string(r, '$.properties.RawEventData') AS a0 FROM segment)
WHERE json_valid(a0) AND m_get(a0, '$.Operation') IS NOT NULL AND m_get(a0, '$.Id') IS NOT NULL

-- rows whose AuditData is missing or cut off: what the outer columns and the readable start of AuditData or _raw say;
-- also rows whose columns are spelt in another way
stage partial
SELECT n, id, t, _Segment, CASE WHEN json_valid(m['auditdata']) THEN m['auditdata'] ELSE CAST(json_object(
    'Id', id,
    'CreationTime', coalesce(m['creationdate'], m['createddatetime']),
    'Operation', coalesce(m['operations'], m['operation'], regexp_extract(head, '"Operation":"([^"]*)"', 1)),
    'UserId', coalesce(m['userids'], m['userid'], m['userprincipalname']),
    'RecordType', m_record_number(coalesce(nullif(regexp_extract(head, '"RecordType":([0-9]+)', 1), ''), m['recordtype'], m['auditlogrecordtype'])),
    'OrganizationId', nullif(regexp_extract(head, '"OrganizationId":"([^"]*)"', 1), ''),
    'Workload', coalesce(nullif(regexp_extract(head, '"Workload":"([^"]*)"', 1), ''), m['service'],
       CASE WHEN m['recordtype'] LIKE 'AzureActiveDirectory%' THEN 'AzureActiveDirectory' WHEN m['recordtype'] LIKE 'Exchange%' THEN 'Exchange'
            WHEN m['recordtype'] LIKE 'SharePoint%' THEN 'SharePoint' WHEN m['recordtype'] LIKE 'MicrosoftTeams%' THEN 'MicrosoftTeams' END),
    'ResultStatus', nullif(regexp_extract(head, '"ResultStatus":"([^"]*)"', 1), ''),
    'UserType', m_long(regexp_extract(head, '"UserType":([0-9]+)', 1)),
    'UserKey', nullif(regexp_extract(head, '"UserKey":"([^"]*)"', 1), ''),
    'ObjectId', coalesce(nullif(regexp_extract(head, '"ObjectId":"([^"]*)"', 1), ''), m['objectid']),
    'ClientIP', coalesce(nullif(regexp_extract(head, '"ClientIP":"([^"]*)"', 1), ''), m['clientip']),
    'Partial', true) AS VARCHAR) END AS a, CAST(NULL AS JSON) AS env
FROM (SELECT *, coalesce(nullif(m['auditdata'], ''), replace(m['_raw'], '""', '"'), '') AS head FROM (SELECT n, id, t, _Segment, m_row(r) AS m FROM segment))

-- AuditData spread over columns (Hawk, Sparrow, the Extractor Suite): nested cells are JSON text, @{…}, or lost to System.Object[]
stage flat
SELECT n, id, t, _Segment, json_merge_patch(CAST(to_json(m) AS JSON), json_object(
    'RecordType', m_record_number(m['RecordType']), 'UserType', m_user_number(m['UserType']),
    'ExtendedProperties', m_any_dyn(nullif(m['ExtendedProperties'], 'System.Object[]')), 'ModifiedProperties', m_any_dyn(nullif(replace(m['ModifiedProperties'], '\r\n', ''), 'System.Object[]')),
    'Actor', m_any_dyn(nullif(m['Actor'], 'System.Object[]')), 'Target', m_any_dyn(nullif(m['Target'], 'System.Object[]')),
    'DeviceProperties', m_any_dyn(nullif(m['DeviceProperties'], 'System.Object[]')), 'OperationProperties', m_any_dyn(nullif(m['OperationProperties'], 'System.Object[]')),
    'Folders', m_any_dyn(nullif(m['Folders'], 'System.Object[]')), 'AppAccessContext', m_any_dyn(nullif(m['AppAccessContext'], 'System.Object[]')),
    'Parameters', coalesce(m_any_dyn(nullif(m['Parameters'], 'System.Object[]')), params, m_any_dyn(m['ParameterString'])))) AS a, CAST(NULL AS JSON) AS env
FROM (SELECT n, id, t, _Segment, m, CASE WHEN len(p) > 0 THEN to_json(list_transform(p, lambda x: struct_pack("Name" := substr(x.key, 7), "Value" := x.value))) END AS params
  FROM (SELECT *, list_filter(map_entries(m), lambda x: starts_with(x.key, 'Param_') AND x.value <> '') AS p
    FROM (SELECT n, id, t, _Segment, json_transform(r, '"MAP(VARCHAR,VARCHAR)"') AS m FROM segment)))

-- a CSV row by the normal names of its columns
stage row
SELECT n, id, t, _Segment, m_row(r) AS m, r AS a, CAST(NULL AS JSON) AS env FROM segment

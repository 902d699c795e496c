-- Windows events as exported. What the table has no column for stays readable in EventData.
generic j
EventData = coalesce(nullif(j.EventData, ''), nullif(j.EventData_dynamic, ''), nullif(j.EventData_string, ''), CAST(a AS VARCHAR))

-- Macros that the mappings use. The store creates them once per connection;
-- statements end with a semicolon at the end of a line. Names in {braces} are
-- filled in from hunt/schema's enumerations.

-- text of a JSON value that may be null
CREATE OR REPLACE MACRO m_text(s) AS coalesce(CAST(s AS VARCHAR), '');

-- ticks of an ISO or US time text, of /Date(ms)/ or of an epoch; without zone it is UTC
CREATE OR REPLACE MACRO m_iso_ticks(s) AS
  epoch_us(TRY_CAST(replace(substr(s, 1, 19), 'T', ' ') AS TIMESTAMP)) * 10 + 621355968000000000
  + CASE WHEN substr(s, 20, 1) = '.' THEN TRY_CAST(rpad(substr(regexp_extract(s, '\.([0-9]+)', 1), 1, 7), 7, '0') AS BIGINT) ELSE 0 END
  - CASE WHEN regexp_matches(s, '[+-][0-9]{2}:?[0-9]{2}$') THEN
      TRY_CAST(regexp_extract(s, '([+-][0-9]{2}):?[0-9]{2}$', 1) AS BIGINT) * 36000000000
      + TRY_CAST(regexp_extract(s, '[+-][0-9]{2}:?([0-9]{2})$', 1) AS BIGINT) * 600000000 * CASE WHEN regexp_matches(s, '-[0-9]{2}:?[0-9]{2}$') THEN -1 ELSE 1 END
    ELSE 0 END;

CREATE OR REPLACE MACRO m_us_ticks(s) AS
  epoch_us(coalesce(
    TRY_STRPTIME(regexp_replace(s, '\.[0-9]+', ''), '%m/%d/%Y %I:%M:%S %p'),
    TRY_STRPTIME(regexp_replace(s, '\.[0-9]+', ''), '%m/%d/%Y %H:%M:%S'),
    TRY_STRPTIME(regexp_replace(s, '\.[0-9]+', ''), '%m/%d/%Y %I:%M %p'),
    TRY_STRPTIME(s, '%m/%d/%Y'))) * 10 + 621355968000000000
  + CASE WHEN contains(s, '.') THEN TRY_CAST(rpad(substr(regexp_extract(s, '\.([0-9]+)', 1), 1, 7), 7, '0') AS BIGINT) ELSE 0 END;

-- ticks of an ISO time text. DuckDB keeps the intermediate vectors of every part of an expression, so what many
-- columns use is kept small, and the forms of the portals' CSV are in a macro of their own.
CREATE OR REPLACE MACRO m_ticks(s) AS epoch_us(TRY_CAST(s AS TIMESTAMP)) * 10 + 621355968000000000
  + coalesce(TRY_CAST(regexp_extract(s, '\.[0-9]{6}([0-9])', 1) AS BIGINT), 0);

CREATE OR REPLACE MACRO m_any_ticks(s) AS CASE
  WHEN s IS NULL OR s = '' THEN NULL
  WHEN regexp_matches(s, '^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}') THEN m_iso_ticks(trim(s))
  WHEN regexp_matches(s, '^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]:') THEN m_iso_ticks(trim(regexp_replace(s, '([T ])([0-9]):', '\10\2:')))
  WHEN regexp_matches(s, '^[0-9]{4}-[0-9]{2}-[0-9]{2}$') THEN m_iso_ticks(s || 'T00:00:00')
  WHEN regexp_matches(s, '^[0-9]{1,2}/[0-9]{1,2}/[0-9]{4}') THEN m_us_ticks(trim(replace(s, ',', '')))
  WHEN regexp_matches(s, '^.?/Date\([0-9]+') THEN TRY_CAST(regexp_extract(s, '\(([0-9]+)', 1) AS BIGINT) * 10000 + 621355968000000000
  WHEN regexp_matches(s, '^[0-9]{13}$') THEN TRY_CAST(s AS BIGINT) * 10000 + 621355968000000000
  WHEN regexp_matches(s, '^[0-9]{10}$') THEN TRY_CAST(s AS BIGINT) * 10000000 + 621355968000000000
  END;

-- bool of true, True, TRUE, 1, Yes and their opposites; anything else is null
CREATE OR REPLACE MACRO m_bool(s) AS CASE lower(s) WHEN 'true' THEN true WHEN '1' THEN true WHEN 'yes' THEN true
  WHEN 'false' THEN false WHEN '0' THEN false WHEN 'no' THEN false END;

-- bool the way .NET writes it, for columns that are strings
CREATE OR REPLACE MACRO m_net_bool(s) AS CASE lower(s) WHEN 'true' THEN 'True' WHEN 'false' THEN 'False' ELSE coalesce(s, '') END;

-- number of a text such as 3, 3.0 or "3"
CREATE OR REPLACE MACRO m_long(s) AS coalesce(TRY_CAST(s AS BIGINT), CAST(TRY_CAST(s AS DOUBLE) AS BIGINT));

-- address without port, brackets and the v4-in-v6 prefix
CREATE OR REPLACE MACRO m_ip(s) AS CASE
  WHEN s IS NULL OR s = '' THEN ''
  WHEN starts_with(s, '[') THEN regexp_replace(regexp_extract(s, '^\[([^\]]*)\]', 1), '^::ffff:([0-9.]+)$', '\1')
  WHEN starts_with(s, '::ffff:') THEN regexp_replace(s, '^::ffff:([0-9]+(?:\.[0-9]+){3})(?::[0-9]+)?$', '\1')
  WHEN contains(s, '.') THEN regexp_replace(s, '^([0-9]+\.[0-9]+\.[0-9]+\.[0-9]+):[0-9]+$', '\1')
  ELSE s END;

-- @{Name=x; Value=y} of PowerShell as an object of texts
CREATE OR REPLACE MACRO m_ps_object(s) AS coalesce(CAST(TRY(map_from_entries(list_transform(string_split(substr(s, 3, length(s) - 3), '; '),
  lambda p: struct_pack(k := split_part(p, '=', 1), v := substr(p, length(split_part(p, '=', 1)) + 2))))) AS JSON), to_json(s));

CREATE OR REPLACE MACRO m_ps_list(j) AS to_json(list_transform(json_transform(j, '["VARCHAR"]'), lambda x: m_ps_object(x)));

-- JSON of a member that may be JSON, text of JSON or plain text
CREATE OR REPLACE MACRO m_dyn(s) AS CASE WHEN s = '' OR s = 'null' THEN NULL WHEN json_valid(s) THEN TRY_CAST(s AS JSON) ELSE to_json(s) END;

-- the same, also of PowerShell's @{…} and lists of them
CREATE OR REPLACE MACRO m_any_dyn(s) AS CASE WHEN starts_with(s, '@{') THEN m_ps_object(s) WHEN starts_with(s, '["@{') THEN m_ps_list(TRY_CAST(s AS JSON)) ELSE m_dyn(s) END;

-- value of the entry called name in a list of {Name, Value}
CREATE OR REPLACE MACRO m_named(list, wanted) AS coalesce(list_filter(list, lambda e: e.Name = wanted)[1].Value, '');

-- text of a member of JSON text; nothing if it is not JSON
CREATE OR REPLACE MACRO m_get(s, path) AS json_extract_string(CASE WHEN starts_with(s, '{') OR starts_with(s, '[') THEN TRY_CAST(s AS JSON) END, path);

-- a member's text of JSON, as an object of texts
CREATE OR REPLACE MACRO m_map(s) AS json_transform(CASE WHEN starts_with(s, '{') THEN TRY_CAST(s AS JSON) END, '"MAP(VARCHAR,VARCHAR)"');

-- the audit log's text of a property value the way AuditLogs shows it: JSON
CREATE OR REPLACE MACRO m_property(v) AS CASE
  WHEN v IS NULL OR v = '' THEN NULL
  WHEN (starts_with(v, '[') OR starts_with(v, '{') OR starts_with(v, '"')) AND json_valid(v) THEN CAST(json(TRY_CAST(v AS JSON)) AS VARCHAR)
  ELSE CAST(to_json(v) AS VARCHAR) END;

CREATE OR REPLACE MACRO m_properties(list) AS list_transform(list, lambda e: struct_pack(displayName := e.Name, oldValue := m_property(e.OldValue), newValue := m_property(e.NewValue)));

-- names of the numbers in audit records
CREATE OR REPLACE MACRO m_record_type(n) AS coalesce({RecordType}[n + 1], CAST(n AS VARCHAR), '');
CREATE OR REPLACE MACRO m_record_number(name) AS coalesce(m_long(name), list_position({RecordType}, name) - 1);
CREATE OR REPLACE MACRO m_user_type(n) AS coalesce({UserType}[n + 1], CAST(n AS VARCHAR), '');
CREATE OR REPLACE MACRO m_user_number(name) AS coalesce(m_long(name), list_position({UserType}, name) - 1);
CREATE OR REPLACE MACRO m_logon_type(n) AS coalesce({LogonType}[n + 1], CAST(n AS VARCHAR), '');
CREATE OR REPLACE MACRO m_item_type(n) AS coalesce({ItemType}[n + 1], CAST(n AS VARCHAR), '');

-- a CSV row by the normal names of its columns: lower case, no spaces, English
CREATE OR REPLACE MACRO m_normal(k) AS replace(replace(replace(lower(trim(k)), '[utc]', ''), ' ', ''), chr(160), '');
CREATE OR REPLACE MACRO m_row(r) AS list_transform([json_transform(r, '"MAP(VARCHAR,VARCHAR)"')], lambda cells: coalesce(
  TRY(map(list_transform(list_transform(map_keys(cells), lambda c: m_normal(c)), lambda c: CASE c {headers} ELSE c END), map_values(cells))), cells))[1];

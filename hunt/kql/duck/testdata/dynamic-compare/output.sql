WITH t1 AS NOT MATERIALIZED (
  SELECT "User" AS c2, "Detail"::VARCHAR AS c6, "odd "" 'name" AS c8
  FROM "Events"
),
t2 AS NOT MATERIALIZED (
  SELECT * FROM t1
  WHERE ((TRY_CAST(json_extract_string(c6, '$."n"') AS DOUBLE) = '5'::DOUBLE) OR (coalesce(json_extract_string(c6, '$."a"."b"') = 'x', false) OR coalesce(json_extract_string(c6, '$."a"."b"') = 'z', false)) OR (TRY_CAST(json_extract_string(c6, '$[0]') AS DOUBLE) = '5'::DOUBLE))
),
t3 AS NOT MATERIALIZED (
  SELECT c2, nullif(json_extract(c6, '$."n"')::VARCHAR, 'null') AS c9, nullif(json_extract(c6, '$[#-1]."a"')::VARCHAR, 'null') AS c10, c8 AS c11
  FROM t2
),
t5 AS NOT MATERIALIZED (
  SELECT *, c2 AS k4 FROM t3
)
SELECT c2 AS "User", c9 AS "n", c10 AS "final", c11 AS "name"
FROM t5
ORDER BY k4 NULLS FIRST

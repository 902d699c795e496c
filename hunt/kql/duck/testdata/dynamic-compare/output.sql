WITH t1 AS NOT MATERIALIZED (
  SELECT "User" AS c2, "Detail"::VARCHAR AS c6, "odd "" 'name" AS c8
  FROM "Events"
),
t2 AS NOT MATERIALIZED (
  SELECT * FROM t1
  WHERE ((kql_long_of_dyn(kql_path(c6, '$."n"')) = 5::BIGINT) OR (coalesce(json_extract_string(c6, '$."a"."b"') = 'x', false) OR coalesce(json_extract_string(c6, '$."a"."b"') = 'z', false)) OR (kql_long_of_dyn(kql_path(c6, '$[0]')) = 5::BIGINT))
),
t3 AS NOT MATERIALIZED (
  SELECT c2, kql_path(c6, '$."n"') AS c9, kql_path(c6, '$[#-1]."a"') AS c10, c8 AS c11
  FROM t2
),
t5 AS NOT MATERIALIZED (
  SELECT *, c2 AS k4 FROM t3
)
SELECT c2 AS "User", c9 AS "n", c10 AS "final", c11 AS "name"
FROM t5
ORDER BY k4 NULLS FIRST

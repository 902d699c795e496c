WITH t1 AS NOT MATERIALIZED (
  SELECT "User" AS c2, "Action" AS c3, "Detail"::VARCHAR AS c6
  FROM "Events"
),
t3 AS MATERIALIZED (
  SELECT *, row_number() OVER () AS r2 FROM t1
),
t5 AS NOT MATERIALIZED (
  SELECT c2, c3, c6, r2, kql_elements(nullif(json_extract(c6, '$."list"')::VARCHAR, 'null')) AS l4
  FROM t3
),
t6 AS NOT MATERIALIZED (
  SELECT c2, c3, c6, r2, unnest(l4) AS l4
  FROM t5
),
t7 AS NOT MATERIALIZED (
  SELECT c2, c3, c6, r2, kql_dyn(l4) AS c9
  FROM t6
),
t8 AS NOT MATERIALIZED (
  SELECT r2, count(*) AS c10, CASE WHEN coalesce(bool_or(starts_with(c9, '[')), false) THEN kql_go_flatten(('[' || coalesce(array_to_string(list_slice(list(kql_json_dyn(c9)), 1, 1048576), ','), '') || ']')) ELSE ('[' || coalesce(array_to_string(list_slice(list(kql_json_dyn(c9)), 1, 1048576), ','), '') || ']') END AS c11
  FROM t7
  GROUP BY 1
),
t9 AS NOT MATERIALIZED (
  SELECT count(*) AS c10, CASE WHEN coalesce(bool_or(starts_with(c9, '[')), false) THEN kql_go_flatten(('[' || coalesce(array_to_string(list_slice(list(kql_json_dyn(c9)), 1, 1048576), ','), '') || ']')) ELSE ('[' || coalesce(array_to_string(list_slice(list(kql_json_dyn(c9)), 1, 1048576), ','), '') || ']') END AS c11
  FROM t7 WHERE false
),
t10 AS NOT MATERIALIZED (
  SELECT * FROM t8
  UNION ALL
  SELECT b.*, n.* FROM (SELECT r2 FROM t3) AS b ANTI JOIN t8 USING (r2), t9 AS n
),
t11 AS NOT MATERIALIZED (
  SELECT b.c2, b.c3, b.c6, s.c10, s.c11
  FROM t3 AS b JOIN t10 AS s ON b.r2 = s.r2
),
t12 AS NOT MATERIALIZED (
  SELECT c2, c3, c10, c11
  FROM t11
),
t15 AS NOT MATERIALIZED (
  SELECT *, c2 AS k13, c3 AS k14 FROM t12
)
SELECT c2 AS "User", c3 AS "Action", c10 AS "n", c11 AS "all"
FROM t15
ORDER BY k13 NULLS FIRST, k14 NULLS FIRST

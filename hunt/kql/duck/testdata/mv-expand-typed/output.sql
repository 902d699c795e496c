WITH t1 AS NOT MATERIALIZED (
  SELECT "User" AS c2, "Detail"::VARCHAR AS c6
  FROM "Events"
),
t3 AS NOT MATERIALIZED (
  SELECT c2, c6, kql_elements(nullif(json_extract(c6, '$."list"')::VARCHAR, 'null')) AS l2
  FROM t1
),
t5 AS NOT MATERIALIZED (
  SELECT c2, c6, unnest(l2) AS l2, unnest(range(len(l2))) AS i4
  FROM t3
),
t6 AS NOT MATERIALIZED (
  SELECT c2, c6, kql_long_of_dyn(l2) AS c9, i4 AS c10
  FROM t5
),
t7 AS NOT MATERIALIZED (
  SELECT c2, c10, c9
  FROM t6
),
t10 AS NOT MATERIALIZED (
  SELECT *, c2 AS k8, c10 AS k9 FROM t7
)
SELECT c2 AS "User", c10 AS "i", c9 AS "item"
FROM t10
ORDER BY k8 NULLS FIRST, k9 NULLS FIRST

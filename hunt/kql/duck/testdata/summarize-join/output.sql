WITH t1 AS NOT MATERIALIZED (
  SELECT "Time" AS c1, "User" AS c2, "Action" AS c3, "Bytes" AS c4, "Score" AS c7
  FROM "Events"
),
t2 AS NOT MATERIALIZED (
  SELECT * FROM t1
  WHERE (c4 > 5::BIGINT)
),
s3 AS NOT MATERIALIZED (
  SELECT c1, c2, c3, c4, c7 FROM t2
),
t4 AS NOT MATERIALIZED (
  SELECT c1 AS c9, c2 AS c10, c3 AS c11, c4 AS c12, c7 AS c15 FROM s3
),
t6 AS NOT MATERIALIZED (
  SELECT c10, count(*) AS c17, coalesce(to_json(list_slice(list_sort(list(DISTINCT c11)), 1, 1048576))::VARCHAR, '[]') AS c18, coalesce(kql_wrap(sum(c12)), 0) AS c19, coalesce(arg_max(struct_pack(c20 := c9, c21 := c11, c22 := c15), c9), first(struct_pack(c20 := c9, c21 := c11, c22 := c15))) AS s5
  FROM t4
  GROUP BY 1
),
t7 AS NOT MATERIALIZED (
  SELECT c10, c17, c18, c19, s5.c20 AS c20, coalesce(s5.c21, '') AS c21, s5.c22 AS c22 FROM t6
),
t8 AS NOT MATERIALIZED (
  SELECT c1 AS c23, c2 AS c24 FROM s3
),
t9 AS NOT MATERIALIZED (
  SELECT c24, max(c23) AS c31
  FROM t8
  GROUP BY 1
),
t10 AS NOT MATERIALIZED (
  SELECT c10, c17, c18, c19, c20, c21, c22, c31
  FROM t7 LEFT JOIN t9
  ON c10 = c24
),
t11 AS NOT MATERIALIZED (
  SELECT c10, c17, c18, c19, c20, c21, c22, c31
  FROM t10
),
t14 AS NOT MATERIALIZED (
  SELECT *, c17 AS k12, c10 AS k13 FROM t11
)
SELECT c10 AS "User", c17 AS "Count", c18 AS "Actions", c19 AS "Total", c20 AS "Time", c21 AS "Action", c22 AS "Score", c31 AS "Last"
FROM t14
ORDER BY k12 DESC NULLS LAST, k13 NULLS FIRST

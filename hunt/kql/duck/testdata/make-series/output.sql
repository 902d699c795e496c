WITH t1 AS NOT MATERIALIZED (
  SELECT "Time" AS c1, "User" AS c2
  FROM "Events"
),
t2 AS NOT MATERIALIZED (
  SELECT * FROM t1
  WHERE (NOT (c1 IS NULL))
),
t3 AS MATERIALIZED (
  SELECT lo, step, greatest(coalesce(CASE WHEN step > 0 THEN ceil((hi - lo)::DOUBLE / step)::BIGINT END, 0), 0) AS n
  FROM (SELECT 639002304000000000::BIGINT AS lo, 639005760000000000::BIGINT AS hi, 864000000000::BIGINT::BIGINT AS step)
),
t4 AS MATERIALIZED (
  SELECT c2, ((c1) - a.lo) // a.step::BIGINT AS bin, count(*) AS c9
  FROM t2, t3 AS a
  WHERE c1 >= a.lo AND c1 < a.lo + a.n * a.step
  GROUP BY 1, 2
),
t5 AS NOT MATERIALIZED (
  SELECT DISTINCT c2 FROM t4
),
t6 AS NOT MATERIALIZED (
  SELECT lo, step, unnest(range(n)) AS i FROM t3
),
t7 AS NOT MATERIALIZED (
  SELECT g.c2, '[' || string_agg(kql_json_long(CASE WHEN b.bin IS NULL THEN 0::BIGINT ELSE b.c9 END), ',' ORDER BY p.i) || ']' AS c10, '[' || string_agg(kql_json_date((p.lo + p.i * p.step)), ',' ORDER BY p.i) || ']' AS c11
  FROM t5 AS g CROSS JOIN t6 AS p LEFT JOIN t4 AS b ON g.c2 IS NOT DISTINCT FROM b.c2 AND p.i = b.bin
  GROUP BY 1
),
t9 AS NOT MATERIALIZED (
  SELECT *, c2 AS k8 FROM t7
)
SELECT c2 AS "User", c10 AS "n", c11 AS "Time"
FROM t9
ORDER BY k8 NULLS FIRST

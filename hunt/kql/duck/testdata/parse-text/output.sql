WITH t1 AS NOT MATERIALIZED (
  SELECT 1 AS one FROM range(1)
),
t2 AS NOT MATERIALIZED (
  SELECT 'user=ana id=42 rest of it' AS c1
  FROM t1
),
t4 AS NOT MATERIALIZED (
  SELECT *, regexp_extract(c1, '(?s)^(user=(.*?) id=\s*([+-]?(?:0[xX][0-9a-fA-F]+|\d+))\s* (.*))$', ['w', 'g0', 'g1', 'g2']) AS m3, c1 AS m3x
  FROM t2
),
t5 AS NOT MATERIALIZED (
  SELECT *, m3.g0 AS vm3_0, kql_long_of_text(m3.g1) AS vm3_1, m3.g2 AS vm3_2 FROM t4
),
t6 AS NOT MATERIALIZED (
  SELECT CASE WHEN vm3_1 IS NOT NULL THEN vm3_0 ELSE '' END AS c2, vm3_1 AS c3, CASE WHEN vm3_1 IS NOT NULL THEN vm3_2 ELSE '' END AS c4, c1
  FROM t5
),
t7 AS NOT MATERIALIZED (
  SELECT c2, c3, c4
  FROM t6
)
SELECT c2 AS "user", c3 AS "id", c4 AS "rest"
FROM t7

WITH t1 AS NOT MATERIALIZED (
  SELECT "Time" AS c1, "User" AS c2, "Action" AS c3, "Detail"::VARCHAR AS c6
  FROM "Events"
),
t2 AS NOT MATERIALIZED (
  SELECT * FROM t1
  WHERE ((c1 >= 639001440000000000::BIGINT) AND (c1 <= 639347040000000000::BIGINT))
),
t3 AS NOT MATERIALIZED (
  SELECT * FROM t2
  WHERE ((lower(c3) = 'new-inboxrule') OR (contains(lower(c3), 'inboxrule') AND CASE WHEN regexp_matches(lower(c3), '(?s)(?:^|[\x00-/:-@\[-\x60{-\x7f])inboxrule(?:$|[\x00-/:-@\[-\x60{-\x7f])') THEN true WHEN regexp_matches(lower(c3), '(?s)(?:^|[^0-9A-Za-z])inboxrule(?:$|[^0-9A-Za-z])') THEN kql_go_terms(lower(c3), '["inboxrule"]', false, true, true) ELSE false END))
),
t4 AS NOT MATERIALIZED (
  SELECT c1, c2, c3, c6, coalesce(json_extract_string(c6, '$."a"."b"'), '') AS c9
  FROM t3
),
t5 AS NOT MATERIALIZED (
  SELECT c1, c2, c9
  FROM t4
),
t7 AS NOT MATERIALIZED (
  SELECT *, c1 AS k6 FROM t5
)
SELECT c1 AS "Time", c2 AS "User", c9 AS "Target"
FROM t7
ORDER BY k6 NULLS FIRST

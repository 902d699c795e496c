WITH t1 AS NOT MATERIALIZED (
  SELECT "User" AS c2, "Action" AS c3, "Detail"::VARCHAR AS c6
  FROM "Events"
),
t2 AS NOT MATERIALIZED (
  SELECT * FROM t1
  WHERE (contains(lower(c3), 'inboxrule') AND CASE WHEN regexp_matches(lower(c3), '(?s)(?:^|[\x00-/:-@\[-\x60{-\x7f])inboxrule(?:$|[\x00-/:-@\[-\x60{-\x7f])') THEN true WHEN regexp_matches(lower(c3), '(?s)(?:^|[^0-9A-Za-z])inboxrule(?:$|[^0-9A-Za-z])') THEN kql_go_terms(lower(c3), '["inboxrule"]', false, true, true) ELSE false END)
),
t4 AS NOT MATERIALIZED (
  SELECT *, row_number() OVER () AS r3 FROM t2
),
t6 AS NOT MATERIALIZED (
  SELECT c2, c3, c6, r3, kql_elements(nullif(json_extract(c6, '$."list"')::VARCHAR, 'null')) AS l5
  FROM t4
),
t7 AS NOT MATERIALIZED (
  SELECT c2, c3, c6, r3, unnest(l5) AS l5
  FROM t6
),
t8 AS NOT MATERIALIZED (
  SELECT c2, c3, c6, r3, kql_dyn(l5) AS c9
  FROM t7
),
t9 AS NOT MATERIALIZED (
  SELECT * FROM t8
  WHERE (coalesce(json_extract_string(c9, '$."k"'), '') = 'w')
),
t10 AS NOT MATERIALIZED (
  SELECT c2, c3, c6, c9, nullif(json_extract(c9, '$."k"')::VARCHAR, 'null') AS c10, r3
  FROM t9
),
t11 AS NOT MATERIALIZED (
  SELECT c2, c10
  FROM t10
)
SELECT c2 AS "User", c10 AS "k"
FROM t11

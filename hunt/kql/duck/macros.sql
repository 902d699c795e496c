-- Macros that lowered queries call. One statement each; `-- ` comments and blank
-- lines separate. Ticks are 100 ns; dynamic values are compact JSON text and SQL
-- NULL is dynamic(null); strings are never NULL.

-- Whole numbers wrap around as in Kusto instead of failing.
CREATE OR REPLACE TEMP MACRO kql_wrap(x) AS CASE WHEN x BETWEEN -9223372036854775808::HUGEINT AND 9223372036854775807::HUGEINT THEN x::BIGINT ELSE (((x::HUGEINT + 9223372036854775808::HUGEINT) % 18446744073709551616::HUGEINT + 18446744073709551616::HUGEINT) % 18446744073709551616::HUGEINT - 9223372036854775808::HUGEINT)::BIGINT END;
CREATE OR REPLACE TEMP MACRO kql_neg(a) AS CASE WHEN a = (-9223372036854775807 - 1) THEN a::BIGINT ELSE -(a::BIGINT) END;
CREATE OR REPLACE TEMP MACRO kql_div(a, b) AS CASE WHEN b = -1 THEN kql_neg(a) ELSE a::BIGINT // b::BIGINT END;
CREATE OR REPLACE TEMP MACRO kql_mod(a, b) AS CASE WHEN b BETWEEN 1 AND 4611686018427387904 THEN ((a::BIGINT % b::BIGINT) + b::BIGINT) % b::BIGINT WHEN b <> 0 THEN (((a::HUGEINT % b::HUGEINT) + abs(b::HUGEINT)) % abs(b::HUGEINT))::BIGINT END;
CREATE OR REPLACE TEMP MACRO kql_rmod(a, b) AS ((a::DOUBLE % b::DOUBLE) + abs(b::DOUBLE)) % abs(b::DOUBLE);
CREATE OR REPLACE TEMP MACRO kql_abs(a) AS CASE WHEN a < 0 THEN kql_neg(a) ELSE a END;

-- Dates end with the year 9999.
CREATE OR REPLACE TEMP MACRO kql_date(x) AS CASE WHEN x BETWEEN 0 AND 3155378975999999999 THEN x END;
CREATE OR REPLACE TEMP MACRO kql_date_add(t, s) AS kql_date(CASE WHEN t BETWEEN -3155378975999999999 AND 3155378975999999999 AND s BETWEEN -3155378975999999999 AND 3155378975999999999 THEN t + s END);
CREATE OR REPLACE TEMP MACRO kql_date_sub(t, s) AS kql_date(CASE WHEN t BETWEEN -3155378975999999999 AND 3155378975999999999 AND s BETWEEN -3155378975999999999 AND 3155378975999999999 THEN t - s END);
CREATE OR REPLACE TEMP MACRO kql_span_mul(s, x) AS TRY_CAST(trunc(s::DOUBLE * x) AS BIGINT);
CREATE OR REPLACE TEMP MACRO kql_span_div(s, x) AS TRY_CAST(trunc(s::DOUBLE / x) AS BIGINT);

-- bin: down to a multiple from zero, never toward it.
CREATE OR REPLACE TEMP MACRO kql_bin_long(x, n) AS CASE WHEN n > 0 AND x >= -4611686018427387904 THEN x::BIGINT - ((x::BIGINT % n::BIGINT) + n::BIGINT) % n::BIGINT WHEN n > 0 THEN kql_wrap(x::HUGEINT - kql_mod(x, n)) END;
CREATE OR REPLACE TEMP MACRO kql_bin_date(x, n) AS CASE WHEN n > 0 THEN x - x % n END;
CREATE OR REPLACE TEMP MACRO kql_bin_real(x, n) AS CASE WHEN n > 0 THEN floor(x::DOUBLE / n::DOUBLE) * n::DOUBLE END;
CREATE OR REPLACE TEMP MACRO kql_bin_at(x, n, o) AS CASE WHEN n > 0 THEN o + kql_bin_long(x - o, n) END;
CREATE OR REPLACE TEMP MACRO kql_bin_at_real(x, n, o) AS CASE WHEN n > 0 THEN o + floor((x::DOUBLE - o) / n::DOUBLE) * n::DOUBLE END;

-- tostring, one per type.
CREATE OR REPLACE TEMP MACRO kql_text_bool(x) AS CASE WHEN x THEN 'True' WHEN NOT x THEN 'False' ELSE '' END;
CREATE OR REPLACE TEMP MACRO kql_text_long(x) AS coalesce(x::VARCHAR, '');
CREATE OR REPLACE TEMP MACRO kql_text_real(x) AS CASE WHEN x IS NULL THEN '' WHEN isfinite(x) AND (abs(x) BETWEEN 0.0001::DOUBLE AND 999999999999999::DOUBLE OR x = 0) THEN x::VARCHAR ELSE kql_go_real_text(x) END;
CREATE OR REPLACE TEMP MACRO kql_text_decimal(x) AS CASE WHEN x IS NULL THEN '' WHEN contains(x::VARCHAR, '.') THEN rtrim(rtrim(x::VARCHAR, '0'), '.') ELSE x::VARCHAR END;
CREATE OR REPLACE TEMP MACRO kql_text_date_raw(x) AS strftime(make_timestamp(x // 10 - 62135596800000000), '%Y-%m-%dT%H:%M:%S.%f') || (x % 10)::VARCHAR || 'Z';
CREATE OR REPLACE TEMP MACRO kql_text_date(x) AS coalesce(kql_text_date_raw(x), '');
CREATE OR REPLACE TEMP MACRO kql_text_span_pos(x) AS CASE WHEN x >= 864000000000 THEN (x // 864000000000)::VARCHAR || '.' ELSE '' END || lpad((x // 36000000000 % 24)::VARCHAR, 2, '0') || ':' || lpad((x // 600000000 % 60)::VARCHAR, 2, '0') || ':' || lpad((x // 10000000 % 60)::VARCHAR, 2, '0') || CASE WHEN x % 10000000 <> 0 THEN '.' || lpad((x % 10000000)::VARCHAR, 7, '0') ELSE '' END;
CREATE OR REPLACE TEMP MACRO kql_text_span_raw(x) AS CASE WHEN x < 0 THEN '-' || kql_text_span_pos(-(x::HUGEINT)) ELSE kql_text_span_pos(x::HUGEINT) END;
CREATE OR REPLACE TEMP MACRO kql_text_span(x) AS coalesce(kql_text_span_raw(x), '');
CREATE OR REPLACE TEMP MACRO kql_text_dyn(x) AS coalesce(json_extract_string(x, '$'), '');

-- Values as JSON text, for dynamic results; never NULL.
CREATE OR REPLACE TEMP MACRO kql_json_bool(x) AS coalesce(x::VARCHAR, 'null');
CREATE OR REPLACE TEMP MACRO kql_json_long(x) AS coalesce(x::VARCHAR, 'null');
CREATE OR REPLACE TEMP MACRO kql_json_real(x) AS CASE WHEN x IS NULL THEN 'null' WHEN isfinite(x) THEN to_json(x)::VARCHAR ELSE '"' || kql_go_real_text(x) || '"' END;
CREATE OR REPLACE TEMP MACRO kql_json_string(x) AS coalesce(to_json(x::VARCHAR)::VARCHAR, 'null');
CREATE OR REPLACE TEMP MACRO kql_json_date(x) AS coalesce('"' || kql_text_date_raw(x) || '"', 'null');
CREATE OR REPLACE TEMP MACRO kql_json_span(x) AS coalesce('"' || kql_text_span_raw(x) || '"', 'null');
CREATE OR REPLACE TEMP MACRO kql_json_dyn(x) AS coalesce(x, 'null');

-- Conversions never fail. Text may carry white space and signs; whole numbers may be hexadecimal.
CREATE OR REPLACE TEMP MACRO kql_int_of_real(x) AS CASE WHEN isnan(x) THEN NULL WHEN x >= '2147483647'::DOUBLE THEN 2147483647 WHEN x <= '-2147483648'::DOUBLE THEN (-2147483647 - 1)::INTEGER ELSE TRY_CAST(trunc(x) AS INTEGER) END;
CREATE OR REPLACE TEMP MACRO kql_long_of_real(x) AS CASE WHEN isnan(x) THEN NULL WHEN x >= '9223372036854775807'::DOUBLE THEN 9223372036854775807 WHEN x <= '-9223372036854775808'::DOUBLE THEN (-9223372036854775807 - 1) ELSE TRY_CAST(trunc(x) AS BIGINT) END;
CREATE OR REPLACE TEMP MACRO kql_int_of_long(x) AS CASE WHEN x BETWEEN -2147483648 AND 2147483647 THEN x::INTEGER ELSE ((((x::BIGINT::HUGEINT + 2147483648) % 4294967296) + 4294967296) % 4294967296 - 2147483648)::INTEGER END;
CREATE OR REPLACE TEMP MACRO kql_long_of_text(s) AS CASE WHEN regexp_full_match(s, '\s*[+-]?\d+\s*') THEN TRY_CAST(s AS BIGINT) WHEN regexp_full_match(s, '\s*0[xX][0-9a-fA-F]{1,16}\s*') THEN kql_go_hex(s) END;
CREATE OR REPLACE TEMP MACRO kql_int_of_text(s) AS CASE WHEN regexp_full_match(s, '\s*[+-]?\d+\s*') THEN TRY_CAST(s AS INTEGER) WHEN regexp_full_match(s, '\s*0[xX][0-9a-fA-F]{1,8}\s*') THEN kql_int_of_long(kql_go_hex(s)) END;
CREATE OR REPLACE TEMP MACRO kql_real_of_text(s) AS CASE WHEN regexp_full_match(s, '\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*') THEN coalesce(TRY_CAST(s AS DOUBLE), CASE WHEN starts_with(trim(s), '-') THEN '-inf'::DOUBLE ELSE 'inf'::DOUBLE END) WHEN trim(s) IN ('NaN', 'nan') THEN 'nan'::DOUBLE WHEN trim(s) IN ('inf', '+inf', 'Infinity', '+Infinity') THEN 'inf'::DOUBLE WHEN trim(s) IN ('-inf', '-Infinity') THEN '-inf'::DOUBLE END;
CREATE OR REPLACE TEMP MACRO kql_decimal_of_text(s) AS CASE WHEN regexp_full_match(s, '\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*') THEN TRY_CAST(s AS DECIMAL(38,18)) END;
CREATE OR REPLACE TEMP MACRO kql_bool_of_text(s) AS CASE lower(s) WHEN 'true' THEN true WHEN 'false' THEN false ELSE kql_long_of_text(s) <> 0 END;
CREATE OR REPLACE TEMP MACRO kql_date_of_text(s) AS CASE WHEN regexp_full_match(s, '\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d{1,7})?Z?') THEN kql_date((epoch_us(TRY_CAST(s[1:19] AS TIMESTAMP)) * 10 + 621355968000000000) + rpad(regexp_extract(s, '\.(\d+)', 1), 7, '0')::BIGINT) ELSE kql_go_todatetime(s) END;

-- Dynamic values: text of known first character. A path that leads nowhere and JSON null are both NULL.
CREATE OR REPLACE TEMP MACRO kql_dyn(x) AS nullif(x::VARCHAR, 'null');
CREATE OR REPLACE TEMP MACRO kql_item(x, i) AS CASE WHEN starts_with(x, '[') THEN nullif((json_extract(x, '$[*]')[CASE WHEN i < 0 THEN i ELSE i + 1 END])::VARCHAR, 'null') END;
CREATE OR REPLACE TEMP MACRO kql_is_array(x) AS coalesce(starts_with(x, '['), false);
CREATE OR REPLACE TEMP MACRO kql_is_bag(x) AS coalesce(starts_with(x, '{'), false);
CREATE OR REPLACE TEMP MACRO kql_is_text(x) AS coalesce(starts_with(x, '"'), false);
CREATE OR REPLACE TEMP MACRO kql_parse_json(s) AS CASE WHEN s = '' THEN NULL WHEN starts_with(s, '{') OR starts_with(s, '[') THEN CASE WHEN json_valid(s) THEN json(s)::VARCHAR ELSE kql_go_parse_json(s) END ELSE kql_go_parse_json(s) END;
CREATE OR REPLACE TEMP MACRO kql_num_of_dyn(x) AS CASE WHEN starts_with(x, '"') THEN kql_real_of_text(json_extract_string(x, '$')) WHEN x = 'true' THEN 1 WHEN x = 'false' THEN 0 ELSE TRY_CAST(x AS DOUBLE) END;
CREATE OR REPLACE TEMP MACRO kql_long_of_dyn(x) AS CASE WHEN starts_with(x, '"') THEN kql_long_of_text(json_extract_string(x, '$')) WHEN x = 'true' THEN 1 WHEN x = 'false' THEN 0 WHEN regexp_full_match(x, '-?\d+') THEN coalesce(TRY_CAST(x AS BIGINT), kql_long_of_real(TRY_CAST(x AS DOUBLE))) ELSE kql_long_of_real(TRY_CAST(x AS DOUBLE)) END;
CREATE OR REPLACE TEMP MACRO kql_int_of_dyn(x) AS CASE WHEN starts_with(x, '"') THEN kql_int_of_text(json_extract_string(x, '$')) WHEN x = 'true' THEN 1 WHEN x = 'false' THEN 0 WHEN regexp_full_match(x, '-?\d+') THEN kql_int_of_long(TRY_CAST(x AS BIGINT)) ELSE kql_int_of_real(TRY_CAST(x AS DOUBLE)) END;
CREATE OR REPLACE TEMP MACRO kql_bool_of_dyn(x) AS CASE WHEN x = 'true' THEN true WHEN x = 'false' THEN false WHEN starts_with(x, '"') THEN kql_bool_of_text(json_extract_string(x, '$')) ELSE TRY_CAST(x AS DOUBLE) <> 0 END;
CREATE OR REPLACE TEMP MACRO kql_date_of_dyn(x) AS CASE WHEN starts_with(x, '"') THEN kql_date_of_text(json_extract_string(x, '$')) ELSE kql_date(TRY_CAST(x AS BIGINT)) END;
CREATE OR REPLACE TEMP MACRO kql_span_of_dyn(x) AS CASE WHEN starts_with(x, '"') THEN kql_go_totimespan(json_extract_string(x, '$')) ELSE TRY_CAST(x AS BIGINT) END;
CREATE OR REPLACE TEMP MACRO kql_guid_of_dyn(x) AS kql_go_toguid(json_extract_string(x, '$'));
CREATE OR REPLACE TEMP MACRO kql_decimal_of_dyn(x) AS TRY_CAST(json_extract_string(x, '$') AS DECIMAL(38,18));
CREATE OR REPLACE TEMP MACRO kql_gettype(x) AS CASE WHEN x IS NULL OR x = 'null' THEN 'null' WHEN x[1] = '{' THEN 'dictionary' WHEN x[1] = '[' THEN 'array' WHEN x[1] = '"' THEN 'string' WHEN x IN ('true', 'false') THEN 'bool' WHEN TRY_CAST(x AS BIGINT) IS NOT NULL AND regexp_full_match(x, '-?\d+') THEN 'long' ELSE 'double' END;
CREATE OR REPLACE TEMP MACRO kql_array_length(x) AS CASE WHEN starts_with(x, '[') THEN json_array_length(x)::BIGINT END;
CREATE OR REPLACE TEMP MACRO kql_bag_keys(x) AS CASE WHEN starts_with(x, '{') THEN to_json(json_keys(x))::VARCHAR END;


-- Text.
CREATE OR REPLACE TEMP MACRO kql_substring(s, start, len) AS CASE WHEN len <= 0 THEN '' WHEN start >= 0 THEN substring(s, start + 1, len) ELSE substring(s, greatest(length(s) + start, 0) + 1, len) END;
CREATE OR REPLACE TEMP MACRO kql_split(s, d) AS to_json(CASE WHEN d = '' THEN [s] ELSE string_split(s, d) END)::VARCHAR;
CREATE OR REPLACE TEMP MACRO kql_split_at(s, d, i) AS CASE WHEN i >= 0 AND i < len(string_split(s, d)) THEN to_json([string_split(s, d)[i + 1]])::VARCHAR END;
CREATE OR REPLACE TEMP MACRO kql_trim_start(re, s) AS regexp_replace(s, '^(?:' || re || ')', '');
CREATE OR REPLACE TEMP MACRO kql_trim_end(re, s) AS regexp_replace(s, '(?:' || re || ')$', '');
CREATE OR REPLACE TEMP MACRO kql_trim(re, s) AS kql_trim_end(re, kql_trim_start(re, s));
CREATE OR REPLACE TEMP MACRO kql_indexof(s, t) AS CASE WHEN t = '' THEN 0 ELSE instr(s, t) - 1 END;
CREATE OR REPLACE TEMP MACRO kql_translate(a, b, s) AS CASE WHEN b = '' THEN translate(s, a, '') ELSE translate(s, a, b || CASE WHEN length(b) < length(a) THEN repeat(right(b, 1), length(a) - length(b)) ELSE '' END) END;
CREATE OR REPLACE TEMP MACRO kql_strcmp(a, b) AS CASE WHEN a < b THEN -1 WHEN a > b THEN 1 ELSE 0 END;
CREATE OR REPLACE TEMP MACRO kql_repeat(s, n) AS CASE WHEN n > 0 THEN repeat(s, least(n, 1024)) ELSE '' END;

-- Dates.
CREATE OR REPLACE TEMP MACRO kql_day(x) AS DATE '0001-01-01' + (x // 864000000000)::INTEGER;
CREATE OR REPLACE TEMP MACRO kql_ticks_of_date(d) AS (epoch_us(CAST(d AS TIMESTAMP)) * 10 + 621355968000000000);
CREATE OR REPLACE TEMP MACRO kql_startofday(x, n) AS kql_date(x - x % 864000000000 + least(greatest(n, -4000000), 4000000) * 864000000000);
CREATE OR REPLACE TEMP MACRO kql_startofweek(x, n) AS kql_date(x - (x + 864000000000) % 6048000000000 + least(greatest(n, -4000000), 4000000) * 6048000000000);
CREATE OR REPLACE TEMP MACRO kql_startofmonth(x, n) AS kql_date(kql_ticks_of_date(date_trunc('month', kql_day(x)) + to_months(least(greatest(n, -120000), 120000)::INTEGER)));
CREATE OR REPLACE TEMP MACRO kql_startofyear(x, n) AS kql_date(kql_ticks_of_date(date_trunc('year', kql_day(x)) + to_months(12 * least(greatest(n, -10000), 10000)::INTEGER)));
CREATE OR REPLACE TEMP MACRO kql_endofday(x, n) AS kql_date(x - x % 864000000000 + (least(greatest(n, -4000000), 4000000) + 1) * 864000000000 - 1);
CREATE OR REPLACE TEMP MACRO kql_endofweek(x, n) AS kql_date(x - (x + 864000000000) % 6048000000000 + (least(greatest(n, -4000000), 4000000) + 1) * 6048000000000 - 1);
CREATE OR REPLACE TEMP MACRO kql_endofmonth(x, n) AS kql_date(kql_ticks_of_date(date_trunc('month', kql_day(x)) + to_months(least(greatest(n, -120000), 120000)::INTEGER + 1)) - 1);
CREATE OR REPLACE TEMP MACRO kql_endofyear(x, n) AS kql_date(kql_ticks_of_date(date_trunc('year', kql_day(x)) + to_months(12 * (least(greatest(n, -10000), 10000)::INTEGER + 1))) - 1);
CREATE OR REPLACE TEMP MACRO kql_dayofweek(x) AS (x // 864000000000 + 1) % 7 * 864000000000;
CREATE OR REPLACE TEMP MACRO kql_months(x) AS year(kql_day(x)) * 12 + month(kql_day(x)) - 1;
CREATE OR REPLACE TEMP MACRO kql_unix_date(x, unit) AS kql_date(621355968000000000 + CASE WHEN abs(x::DOUBLE * unit) < 4e18 THEN trunc(x::DOUBLE * unit)::BIGINT END);
CREATE OR REPLACE TEMP MACRO kql_unix_date_long(x, unit) AS kql_date(621355968000000000 + CASE WHEN x BETWEEN -4000000000000000000 // unit AND 4000000000000000000 // unit THEN x::BIGINT * unit END);

-- Numbers.
CREATE OR REPLACE TEMP MACRO kql_log(x) AS CASE WHEN x > 0 THEN ln(x) WHEN x = 0 THEN '-inf'::DOUBLE WHEN isnan(x) THEN x END;
CREATE OR REPLACE TEMP MACRO kql_log2(x) AS CASE WHEN x > 0 THEN log2(x) WHEN x = 0 THEN '-inf'::DOUBLE WHEN isnan(x) THEN x END;
CREATE OR REPLACE TEMP MACRO kql_log10(x) AS CASE WHEN x > 0 THEN log10(x) WHEN x = 0 THEN '-inf'::DOUBLE WHEN isnan(x) THEN x END;
CREATE OR REPLACE TEMP MACRO kql_sqrt(x) AS CASE WHEN x < 0 THEN 'nan'::DOUBLE ELSE sqrt(x) END;
CREATE OR REPLACE TEMP MACRO kql_pow(x, y) AS pow(x::DOUBLE, y::DOUBLE);
CREATE OR REPLACE TEMP MACRO kql_exp(x) AS exp(x);
CREATE OR REPLACE TEMP MACRO kql_round(x, n) AS CASE WHEN NOT isfinite(x) THEN x ELSE round(x, least(greatest(n, -20), 20)::INTEGER) END;
CREATE OR REPLACE TEMP MACRO kql_shift_left(a, n) AS CASE WHEN n >= 0 THEN kql_wrap((a::BIGINT::HUGEINT * pow(2, n % 64)::HUGEINT)) END;
CREATE OR REPLACE TEMP MACRO kql_range_cap() AS 1048576;
CREATE OR REPLACE TEMP MACRO kql_range_end(a, b, s) AS (CASE WHEN s > 0 THEN least(b::HUGEINT, a::HUGEINT + s::HUGEINT * 1048575) ELSE greatest(b::HUGEINT, a::HUGEINT + s::HUGEINT * 1048575) END)::BIGINT;
CREATE OR REPLACE TEMP MACRO kql_range_long(a, b, s) AS CASE WHEN s <> 0 AND a IS NOT NULL AND b IS NOT NULL THEN to_json(generate_series(a::BIGINT, kql_range_end(a, b, s), s::BIGINT))::VARCHAR END;
CREATE OR REPLACE TEMP MACRO kql_range_real(a, b, s) AS CASE WHEN s <> 0 AND a IS NOT NULL AND b IS NOT NULL THEN to_json(list_transform(generate_series(0::BIGINT, least(floor((b - a) / s + 1e-9)::BIGINT, kql_range_cap() - 1), 1::BIGINT), lambda i: (a + i * s)::DOUBLE))::VARCHAR END;
CREATE OR REPLACE TEMP MACRO kql_range_date(a, b, s) AS CASE WHEN s <> 0 AND a IS NOT NULL AND b IS NOT NULL THEN to_json(list_transform(generate_series(a::BIGINT, kql_range_end(a, b, s), s::BIGINT), lambda i: kql_text_date_raw(i)))::VARCHAR END;
CREATE OR REPLACE TEMP MACRO kql_range_span(a, b, s) AS CASE WHEN s <> 0 AND a IS NOT NULL AND b IS NOT NULL THEN to_json(list_transform(generate_series(a::BIGINT, kql_range_end(a, b, s), s::BIGINT), lambda i: kql_text_span_raw(i)))::VARCHAR END;
CREATE OR REPLACE TEMP MACRO kql_texts(x) AS CASE WHEN starts_with(x, '[') THEN json_extract_string(x, '$[*]') WHEN x IS NOT NULL THEN [json_extract_string(x, '$')] ELSE [] END;
CREATE OR REPLACE TEMP MACRO kql_elements(x) AS CASE WHEN starts_with(x, '[') THEN json_extract(x, '$[*]')::VARCHAR[] WHEN starts_with(x, '{') THEN json_extract(kql_go_bag_items(x, false), '$[*]')::VARCHAR[] ELSE [x] END;
CREATE OR REPLACE TEMP MACRO kql_elements_of_text(s) AS CASE WHEN starts_with(s, '[') AND json_valid(s) THEN json_extract(s, '$[*]')::VARCHAR[] ELSE kql_elements(kql_parse_json(s)) END;
CREATE OR REPLACE TEMP MACRO kql_element_pairs(x) AS CASE WHEN starts_with(x, '[') THEN json_extract(x, '$[*]')::VARCHAR[] WHEN starts_with(x, '{') THEN json_extract(kql_go_bag_items(x, true), '$[*]')::VARCHAR[] ELSE [x] END;

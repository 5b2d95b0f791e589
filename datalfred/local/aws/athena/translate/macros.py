"""What DuckDB is taught once, for Trino's functions that need more than a line."""

# Java's white space, which Trino's trim removes.
WHITE_SPACE = (
    "chr(9)||chr(10)||chr(11)||chr(12)||chr(13)||chr(28)||chr(29)||chr(30)||chr(31)||' '"
    "||chr(5760)||chr(8192)||chr(8193)||chr(8194)||chr(8195)||chr(8196)||chr(8197)||chr(8198)"
    "||chr(8200)||chr(8201)||chr(8202)||chr(8232)||chr(8233)||chr(8287)||chr(12288)"
)

MACROS = r"""
CREATE MACRO trino_decimal_digits(t) AS
    regexp_replace(replace(split_part(t, 'e', 1), '.', ''), '^0+', '');
CREATE MACRO trino_decimal_exponent(t) AS
    (CASE WHEN contains(t, 'e') THEN CAST(split_part(t, 'e', 2) AS INTEGER) ELSE 0 END)
    + length(split_part(split_part(t, 'e', 1), '.', 1))
    - (length(replace(split_part(t, 'e', 1), '.', '')) - length(trino_decimal_digits(t))) - 1;
CREATE MACRO trino_scientific(t) AS
    left(trino_decimal_digits(t), 1) || '.'
    || coalesce(nullif(rtrim(substr(trino_decimal_digits(t), 2), '0'), ''), '0')
    || 'E' || trino_decimal_exponent(t);
CREATE MACRO trino_double_text(x) AS CASE
    WHEN x IS NULL THEN NULL WHEN isnan(x) THEN 'NaN'
    WHEN isinf(x) THEN CASE WHEN x > 0 THEN 'Infinity' ELSE '-Infinity' END
    WHEN x = 0 THEN CASE WHEN signbit(x) THEN '-0E0' ELSE '0E0' END
    ELSE (CASE WHEN x < 0 THEN '-' ELSE '' END) || trino_scientific(CAST(abs(x) AS VARCHAR)) END;
CREATE MACRO trino_real_text(x) AS CASE
    WHEN x = 0 OR isnan(x) OR isinf(x) THEN trino_double_text(CAST(x AS DOUBLE))
    ELSE (CASE WHEN x < 0 THEN '-' ELSE '' END)
        || trino_scientific(printf('%.6e', CAST(abs(x) AS DOUBLE))) END;
CREATE MACRO trino_round_moment(t, step) AS
    make_timestamp(CAST(floor((epoch_us(t) + step // 2) / step) AS BIGINT) * step);
CREATE MACRO trino_interval_text(i) AS (
    CASE WHEN i < INTERVAL 0 SECOND THEN '-' ELSE '' END
    || abs(epoch_ms(i)) // 86400000 || ' '
    || lpad(CAST(abs(epoch_ms(i)) // 3600000 % 24 AS VARCHAR), 2, '0') || ':'
    || lpad(CAST(abs(epoch_ms(i)) // 60000 % 60 AS VARCHAR), 2, '0') || ':'
    || lpad(CAST(abs(epoch_ms(i)) // 1000 % 60 AS VARCHAR), 2, '0') || '.'
    || lpad(CAST(abs(epoch_ms(i)) % 1000 AS VARCHAR), 3, '0'));
CREATE MACRO trino_divide_whole(n, d) AS
    n // d + CASE WHEN 2 * abs(n % d) >= abs(d)
                  THEN (CASE WHEN (n < 0) = (d < 0) THEN 1 ELSE -1 END) ELSE 0 END;
CREATE MACRO trino_substr(s, start) AS CASE
    WHEN start > 0 THEN substring(s, start)
    WHEN start < 0 AND -start <= length(s) THEN substring(s, start)
    WHEN start IS NULL OR s IS NULL THEN NULL ELSE '' END;
CREATE MACRO trino_substr_of(s, start, size) AS CASE
    WHEN s IS NULL OR start IS NULL OR size IS NULL THEN NULL
    WHEN size <= 0 OR start = 0 OR -start > length(s) THEN ''
    WHEN start > 0 THEN substring(s, start, size)
    ELSE substring(s, length(s) + start + 1, size) END;
CREATE MACRO trino_upper(s) AS CASE
    WHEN NOT contains(s, 'ß') THEN upper(s)
    ELSE array_to_string(list_transform(string_split(s, 'ß'), LAMBDA _p : upper(_p)), 'ß') END;
CREATE MACRO trino_escapes(pattern, mark) AS NOT contains(replace(replace(replace(
    pattern, mark || mark, ''), mark || '%', ''), mark || '_', ''), mark);
CREATE MACRO trino_slice(a, start, size) AS CASE
    WHEN a IS NULL OR start IS NULL OR size IS NULL THEN NULL
    WHEN start > 0 THEN list_slice(a, start, start + size - 1)
    WHEN start < 0 AND -start > len(a) THEN a[1:0]
    ELSE list_slice(a, len(a) + start + 1, len(a) + start + size) END;
CREATE MACRO trino_positions(s, part) AS list_filter(
    range(1, greatest(length(s) - length(part) + 2, 1)),
    LAMBDA _i : substring(s, _i, length(part)) = part);
CREATE MACRO trino_nth_position(s, part, nth) AS CASE
    WHEN s IS NULL OR part IS NULL OR nth IS NULL THEN NULL WHEN part = '' THEN 1
    ELSE coalesce(trino_positions(s, part)[nth], 0) END;
CREATE MACRO trino_renamed(s, letters) AS array_to_string(list_transform(string_split(s, ''),
    LAMBDA _c : chr(CAST(33 + list_position(letters, _c) AS INTEGER))), '');
CREATE MACRO trino_levenshtein(a, b) AS levenshtein(
    trino_renamed(a, list_distinct(string_split(a || b, ''))),
    trino_renamed(b, list_distinct(string_split(a || b, ''))));
CREATE MACRO trino_entries(s, delimiter) AS CASE
    WHEN s = '' THEN CAST([] AS VARCHAR[])
    WHEN ends_with(s, delimiter)
    THEN string_split(left(s, length(s) - length(delimiter)), delimiter)
    ELSE string_split(s, delimiter) END;
CREATE MACRO trino_map_of(s, delimiter, equals) AS map_from_entries(list_transform(
    trino_entries(s, delimiter),
    LAMBDA _p : {'key': split_part(_p, equals, 1), 'value': split_part(_p, equals, 2)}));
CREATE MACRO trino_keys(s, delimiter, equals) AS
    list_transform(trino_entries(s, delimiter), LAMBDA _p : split_part(_p, equals, 1));
CREATE MACRO trino_multimap(s, delimiter, equals) AS map_from_entries(list_transform(list_filter(
    range(1, len(trino_keys(s, delimiter, equals)) + 1), LAMBDA _i : list_position(
        trino_keys(s, delimiter, equals), trino_keys(s, delimiter, equals)[_i]) = _i),
    LAMBDA _i : {'key': trino_keys(s, delimiter, equals)[_i], 'value': list_transform(list_filter(
        trino_entries(s, delimiter),
        LAMBDA _p : split_part(_p, equals, 1) = trino_keys(s, delimiter, equals)[_i]),
        LAMBDA _p : split_part(_p, equals, 2))}));
CREATE MACRO trino_pad_left(s, width) AS
    repeat(' ', greatest(width - length(s), 0)) || s;
CREATE MACRO trino_pad_right(s, width) AS
    s || repeat(' ', greatest(width - length(s), 0));
CREATE MACRO trino_pad_zeros(s, negative, width) AS
    repeat('0', greatest(width - length(s) - CAST(negative AS INTEGER), 0)) || s;
CREATE MACRO trino_java_double(x) AS CASE
    WHEN x = 0 THEN CASE WHEN signbit(x) THEN '-0.0' ELSE '0.0' END
    WHEN abs(x) >= 1e-3 AND abs(x) < 1e7 THEN CAST(x AS VARCHAR) ELSE trino_double_text(x) END;
CREATE MACRO trino_digits(n, size) AS
    repeat('0', greatest(size - length(CAST(n AS VARCHAR)), 0)) || CAST(n AS VARCHAR);
CREATE MACRO trino_offset_text(minutes) AS
    CASE WHEN minutes < 0 THEN '-' ELSE '+' END
    || lpad(CAST(abs(minutes) // 60 AS VARCHAR), 2, '0') || ':'
    || lpad(CAST(abs(minutes) % 60 AS VARCHAR), 2, '0');
CREATE MACRO trino_some(n, unit) AS CASE
    WHEN n = 1 THEN '1 ' || unit WHEN n > 0 THEN CAST(n AS VARCHAR) || ' ' || unit || 's' END;
CREATE MACRO trino_human_seconds(n) AS CASE
    WHEN n = 0 THEN '0 seconds' ELSE array_to_string([
        trino_some(n // 604800, 'week'), trino_some(n // 86400 % 7, 'day'),
        trino_some(n // 3600 % 24, 'hour'), trino_some(n // 60 % 60, 'minute'),
        trino_some(n % 60, 'second')], ', ') END;
CREATE MACRO trino_months(i) AS 12 * date_part('year', i) + date_part('month', i);
CREATE MACRO trino_months_text(i) AS
    CASE WHEN trino_months(i) < 0 THEN '-' ELSE '' END
    || abs(trino_months(i)) // 12 || '-' || abs(trino_months(i)) % 12;
CREATE MACRO trino_floor_divide(n, d) AS
    CASE WHEN n < 0 AND n % d <> 0 THEN n // d - 1 ELSE n // d END;
CREATE MACRO trino_power_of_two(n) AS CAST(pow(2, n) AS HUGEINT);
CREATE MACRO trino_dot(a, b) AS coalesce(list_sum(list_transform(
    map_keys(a), LAMBDA _k : coalesce(a[_k] * b[_k], CAST(0 AS DOUBLE)))), CAST(0 AS DOUBLE));
CREATE MACRO trino_cosine(a, b) AS CASE
    WHEN a IS NOT NULL AND b IS NOT NULL
        AND len(list_filter(map_values(a) || map_values(b), LAMBDA _v : _v IS NULL)) = 0
    THEN trino_dot(a, b) / (sqrt(trino_dot(a, a)) * sqrt(trino_dot(b, b))) END;
CREATE MACRO trino_json_valid(s) AS json_valid(s) AND NOT regexp_matches(
    regexp_replace(s, '"(?:\\.|[^"\\])*"', '0', 'g'), '(?i)nan|inf|,\s*[\]}]');
CREATE MACRO trino_instant(zone, clock) AS CASE
    WHEN timezone(zone, timezone(zone, clock) - INTERVAL 1 HOUR) = clock
    THEN timezone(zone, clock) - INTERVAL 1 HOUR
    WHEN timezone(zone, timezone(zone, clock) - INTERVAL 30 MINUTE) = clock
    THEN timezone(zone, clock) - INTERVAL 30 MINUTE ELSE timezone(zone, clock) END;
"""

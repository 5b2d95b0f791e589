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
CREATE MACRO trino_slice(a, start, size) AS CASE
    WHEN start > 0 THEN list_slice(a, start, start + size - 1)
    WHEN start < 0 AND -start > len(a) THEN a[1:0]
    ELSE list_slice(a, len(a) + start + 1, len(a) + start + size) END;
CREATE MACRO trino_utf8_position(s, part, nth) AS CASE
    WHEN len(string_split(s, part)) > nth
    THEN length(array_to_string(list_slice(string_split(s, part), 1, nth), part)) + 1
    ELSE 0 END;
"""

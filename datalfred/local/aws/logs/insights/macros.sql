-- What compiled queries call.

-- A number as results show it: without a point where it is whole.
CREATE MACRO number_text(x) AS
    CASE WHEN x = trunc(x) AND abs(x) < 1e15 THEN CAST(CAST(x AS BIGINT) AS VARCHAR)
    ELSE CAST(x AS VARCHAR) END;

-- A leaf of the JSON in a message: booleans are 1 and 0, objects and lists are no values.
CREATE MACRO json_field(document, path) AS CASE json_type(document, path)
    WHEN 'OBJECT' THEN NULL WHEN 'ARRAY' THEN NULL
    WHEN 'BOOLEAN' THEN CASE WHEN json_extract_string(document, path) = 'true' THEN '1' ELSE '0' END
    ELSE json_extract_string(document, path) END;

-- Maps and lists. What is null in JSON is missing.
CREATE MACRO json_structure(x) AS CASE WHEN json_valid(x) AND json_type(x) IN ('OBJECT', 'ARRAY')
    THEN CAST(x AS JSON) END;
CREATE MACRO json_part(x, path) AS
    CASE WHEN json_type(x, path) <> 'NULL' THEN json_extract(x, path) END;
CREATE MACRO json_items(x) AS CASE WHEN x IS NULL OR json_type(x) = 'NULL' THEN CAST([] AS JSON[])
    WHEN json_type(x) = 'ARRAY' THEN CAST(x AS JSON[]) ELSE [x] END;
CREATE MACRO json_list(x) AS
    CASE WHEN json_valid(x) AND json_type(x) = 'ARRAY' THEN CAST(x AS JSON[]) END;

-- Addresses as numbers; null for what is none.
CREATE MACRO ipv4(x) AS CASE
    WHEN regexp_full_match(x, '(25[0-5]|2[0-4]\d|1?\d?\d)(\.(25[0-5]|2[0-4]\d|1?\d?\d)){3}')
    THEN list_reduce(list_transform(string_split(x, '.'), lambda p: CAST(p AS UHUGEINT)),
        lambda a, b: a * 256 + b) END;
CREATE MACRO ipv6_groups(x) AS CASE WHEN x = '' THEN CAST([] AS VARCHAR[]) ELSE string_split(x, ':') END;
CREATE MACRO ipv6_filled(head, tail) AS head || list_resize(CAST([] AS VARCHAR[]),
    greatest(0, 8 - len(head) - len(tail)), '0') || tail;
CREATE MACRO ipv6_number(groups) AS CASE
    WHEN regexp_full_match(array_to_string(groups, ':'), '[0-9a-fA-F]{1,4}(:[0-9a-fA-F]{1,4}){7}')
    THEN list_reduce(list_transform(groups, lambda g: CAST(CAST('0x' || g AS BIGINT) AS UHUGEINT)),
        lambda a, b: a * 65536 + b) END;
-- The last four bytes may be written as those of IPv4.
CREATE MACRO ipv6_tail(n) AS
    format('{:x}:{:x}', CAST(n // 65536 AS BIGINT), CAST(n % 65536 AS BIGINT));
CREATE MACRO ipv6_plain(x) AS CASE WHEN contains(x, '.')
    THEN regexp_extract(x, '^(.*:)[0-9.]+$', 1) || ipv6_tail(ipv4(regexp_extract(x, '[0-9.]+$')))
    ELSE x END;
CREATE MACRO ipv6(x) AS list_transform([string_split(ipv6_plain(x), '::')], lambda halves: CASE
    WHEN len(halves) = 1 THEN ipv6_number(string_split(halves[1], ':'))
    WHEN len(halves) = 2 AND NOT starts_with(halves[2], ':') THEN
        list_transform([[ipv6_groups(halves[1]), ipv6_groups(halves[2])]], lambda sides:
            CASE WHEN len(sides[1]) + len(sides[2]) < 8
            THEN ipv6_number(ipv6_filled(sides[1], sides[2])) END)[1] END)[1];
CREATE MACRO same_network(a, b, bits, size) AS
    a IS NOT NULL AND b IS NOT NULL AND bits BETWEEN 0 AND size
    AND left(lpad(bin(a), size, '0'), bits) = left(lpad(bin(b), size, '0'), bits);
CREATE MACRO in_network4(x, network) AS coalesce(same_network(ipv4(x),
    ipv4(split_part(network, '/', 1)), TRY_CAST(split_part(network, '/', 2) AS INTEGER), 32), false);
CREATE MACRO in_network6(x, network) AS coalesce(same_network(ipv6(x),
    ipv6(split_part(network, '/', 1)), TRY_CAST(split_part(network, '/', 2) AS INTEGER), 128), false);

-- The natural order of CloudWatch: texts before numbers; in a text, runs of digits by their length
-- and then their value, other signs by their code point.
CREATE MACRO is_number(x) AS regexp_full_match(x, '[+-]?\d+(\.\d+)?([eE][+-]?\d+)?');
CREATE MACRO natural_key(x) AS {
    'number': coalesce(is_number(x), false),
    'value': CASE WHEN is_number(x) THEN CAST(x AS DOUBLE) ELSE 0 END,
    'chunks': CASE WHEN NOT is_number(x) THEN list_transform(regexp_extract_all(x, '\d+|\D'),
        lambda c: CASE WHEN regexp_full_match(c, '\d+')
        THEN '0' || lpad(CAST(length(c) AS VARCHAR), 6, '0') || c ELSE c END) END};

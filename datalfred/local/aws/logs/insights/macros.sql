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

-- The natural order of CloudWatch: texts before numbers; in a text, runs of digits by their length
-- and then their value, other signs by their code point.
CREATE MACRO is_number(x) AS regexp_full_match(x, '[+-]?\d+(\.\d+)?([eE][+-]?\d+)?');
CREATE MACRO natural_key(x) AS {
    'number': coalesce(is_number(x), false),
    'value': CASE WHEN is_number(x) THEN CAST(x AS DOUBLE) ELSE 0 END,
    'chunks': list_transform(regexp_extract_all(x, '\d+|\D'), lambda c:
        CASE WHEN regexp_full_match(c, '\d+')
        THEN '0' || lpad(CAST(length(c) AS VARCHAR), 6, '0') || c ELSE c END)};

CREATE TABLE raw (
    logged BIGINT, ingested BIGINT, message VARCHAR, log_stream VARCHAR, log VARCHAR, pointer VARCHAR);

-- Messages are searched for JSON once: Lambda writes it behind a time and a request id.
CREATE VIEW events AS
SELECT make_timestamp(logged * 1000) AS event_time, make_timestamp(raw.ingested * 1000) AS ingested,
    message, log_stream, log, pointer,
    CASE WHEN json_valid(found) THEN CAST(found AS JSON) END AS document
FROM (SELECT *, regexp_extract(message, '(?s)\{.*\}') AS found FROM raw) AS raw;

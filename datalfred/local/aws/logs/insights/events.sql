-- The events of one query, seen by its connection alone.
CREATE TEMP TABLE raw (
    logged BIGINT, ingested BIGINT, message VARCHAR, log_stream VARCHAR, log VARCHAR, pointer VARCHAR,
    found VARCHAR);

CREATE TEMP VIEW events AS
SELECT make_timestamp(logged * 1000) AS event_time, make_timestamp(raw.ingested * 1000) AS ingested,
    message, log_stream, log, pointer,
    CASE WHEN json_valid(found) THEN CAST(found AS JSON) END AS document
FROM raw;

-- Every value of the lake is drawn from the MD5 digest of a key that names its row and its day, so
-- that a day's rows never change: not with `today`, not with the machine, not with DuckDB's version.
-- Variable `last_day`: the day before `today`.

-- Four independent draws (n = 0..3) of 16 bits each hide in one digest.
CREATE MACRO digest(k) AS md5_number_lower(k);
CREATE MACRO draw(h, n) AS CAST((h >> (16 * n)) & 65535 AS DOUBLE) / 65536;
CREATE MACRO pick(h, n, choices) AS choices[1 + CAST(floor(draw(h, n) * len(choices)) AS INTEGER)];
-- The value of the first interval that holds the draw; `bounds` ascend and end above 1.
CREATE MACRO weighed(u, choices, bounds) AS
    choices[1 + len(list_filter(bounds, lambda b: b <= u))];
-- A time of day, rarely at night: the sum of two draws is a triangle around a quarter past one.
CREATE MACRO time_of_day(h, n) AS
    to_seconds(CAST(floor(86400 * (0.13 + 0.42 * (draw(h, n) + draw(h, n + 1)))) AS BIGINT));

-- The Friday after the fourth Thursday of November is one of the 23rd to the 29th.
CREATE MACRO black_friday(d) AS
    make_date(year(d), 11, 23) + ((12 - isodow(make_date(year(d), 11, 23))) % 7)::INTEGER;
CREATE MACRO season(d) AS CASE
    WHEN d = black_friday(d) THEN 3.2
    WHEN d = black_friday(d) + 3 THEN 2.4
    WHEN d BETWEEN black_friday(d) - 4 AND black_friday(d) + 2 THEN 1.6
    WHEN month(d) = 12 AND day(d) <= 21 THEN 1.35
    WHEN month(d) = 12 AND day(d) IN (24, 25, 26, 31) THEN 0.45
    WHEN month(d) = 1 AND day(d) BETWEEN 7 AND 28 THEN 1.12
    WHEN month(d) = 8 THEN 0.86
    ELSE 1.0 END;
-- Monday to Sunday.
CREATE MACRO weekday_factor(d) AS [0.98, 0.93, 0.95, 0.99, 1.08, 1.16, 0.91][isodow(d)];
CREATE MACRO years_since(d) AS (d - DATE '2025-01-01') / 365.25;

-- Orders a day at the start of 2025, growth a year, sign-ups a day. Spain grows fastest.
CREATE TABLE country AS SELECT * FROM (VALUES
    ('FR', 42.0, 0.14, 3.0), ('DE', 36.0, 0.12, 2.6), ('IT', 20.0, 0.10, 1.5),
    ('ES', 14.0, 0.95, 1.6), ('NL', 12.0, 0.16, 0.9), ('BE', 9.0, 0.08, 0.7), ('PT', 6.0, 0.18, 0.5)
) AS t(country, daily_orders, growth, daily_signups);

CREATE TABLE calendar AS
SELECT CAST(d AS DATE) AS day, strftime(d, '%Y-%m-%d') AS name, strftime(d, '%Y-%m') AS month
FROM range(DATE '2025-01-01', getvariable('last_day') + 1, INTERVAL 1 DAY) AS t(d);

CREATE TABLE city AS SELECT * FROM (VALUES
    ('FR', ['Paris', 'Lyon', 'Marseille', 'Toulouse', 'Nantes', 'Lille']),
    ('DE', ['Berlin', 'Hamburg', 'Munich', 'Cologne', 'Frankfurt', 'Leipzig']),
    ('IT', ['Rome', 'Milan', 'Turin', 'Naples', 'Bologna']),
    ('ES', ['Madrid', 'Barcelona', 'Valencia', 'Seville', 'Bilbao']),
    ('NL', ['Amsterdam', 'Rotterdam', 'Utrecht', 'Eindhoven']),
    ('BE', ['Brussels', 'Antwerp', 'Ghent', 'Bruges']),
    ('PT', ['Lisbon', 'Porto', 'Braga', 'Coimbra'])
) AS t(country, cities);

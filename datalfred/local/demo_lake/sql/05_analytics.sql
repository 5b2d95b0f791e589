-- Every twentieth visit of the web shop and the app.
CREATE TABLE web_sessions AS
WITH counted AS (
    SELECT day, name, country, CAST(round(1.18 * daily_orders * (1 + growth * years_since(day))
        * weekday_factor(day) * (0.25 + 0.75 * season(day))
        * (0.88 + 0.24 * draw(digest('sessions|' || name || country), 0))) AS INTEGER) AS n
    FROM calendar CROSS JOIN country
), drawn AS (
    SELECT day, country, digest('session|' || name || country || i) AS h,
        digest('session again|' || name || country || i) AS g
    FROM counted CROSS JOIN LATERAL range(n) AS t(i)
), started AS (
    SELECT *, CAST(day + time_of_day(h, 0) AS TIMESTAMP) AS started_at,
        weighed(draw(h, 2), ['mobile', 'desktop', 'tablet'],
            [0.52 + 0.04 * years_since(day), 0.93, 2]) AS device,
        weighed(draw(h, 3), ['search', 'direct', 'ads', 'email', 'social'],
            [0.38, 0.62, 0.79, 0.91, 2]) AS source
    FROM drawn
), weighed_visits AS (
    SELECT *, draw(g, 0) < 0.031 * CASE device WHEN 'desktop' THEN 1.4 WHEN 'tablet' THEN 1.1 ELSE 0.7 END
        * CASE source WHEN 'email' THEN 1.6 WHEN 'search' THEN 1.1 WHEN 'social' THEN 0.5 ELSE 1 END
        * CASE WHEN day BETWEEN black_friday(day) - 4 AND black_friday(day) + 3 THEN 1.6 ELSE 1 END
        AS converted
    FROM started
), numbered AS (
    SELECT *, row_number() OVER (PARTITION BY day ORDER BY started_at, h) AS n_of_day,
        CASE WHEN converted THEN 4 + CAST(floor(14 * draw(g, 1)) AS INTEGER)
            ELSE 1 + CAST(floor(11 * pow(draw(g, 1), 2.2)) AS INTEGER) END AS pages
    FROM weighed_visits
)
SELECT strftime(day, 'S%Y%m%d-') || lpad(CAST(n_of_day AS VARCHAR), 5, '0') AS session_id,
    -- Who orders has logged in; of the others three of ten.
    customer_id, started_at, device, source, numbered.country, pages,
    CASE WHEN pages = 1 THEN CAST(floor(12 * draw(g, 3)) AS INTEGER)
        ELSE CAST(floor(pages * (14 + 46 * draw(g, 3))) AS INTEGER) END AS duration_seconds,
    converted, strftime(day, '%Y-%m') AS month
FROM numbered JOIN signed_up USING (day, country)
LEFT JOIN (SELECT customer_id, country, place FROM signup) AS signup
    ON signup.country = numbered.country
    AND signup.place = 1 + CAST(floor(signed_up.n * draw(g, 2)) AS BIGINT)
    AND (converted OR draw(numbered.g, 3) * 97 % 1 < 0.3)
ORDER BY started_at, session_id;

CREATE TABLE daily_sales AS
SELECT CAST(ordered_at AS DATE) AS day, country, count(*) AS orders,
    CAST(sum(amount) AS DECIMAL(14, 2)) AS revenue,
    CAST(round(sum(amount) / count(*), 2) AS DECIMAL(12, 2)) AS average_order
FROM orders GROUP BY ALL ORDER BY day, country;

-- From and until are months; a campaign whose months span the new year wraps around.
CREATE TABLE campaign AS SELECT * FROM (VALUES
    ('always_on_search', 'google', 1, 12, 210.0, 0.62, 0.045),
    ('brand_search', 'google', 1, 12, 60.0, 0.31, 0.110),
    ('social_retargeting', 'meta', 1, 12, 120.0, 0.48, 0.012),
    ('spring_garden', 'meta', 3, 5, 95.0, 0.55, 0.010),
    ('summer_sale', 'tiktok', 6, 7, 150.0, 0.22, 0.009),
    ('back_to_school', 'google', 8, 9, 80.0, 0.66, 0.038),
    ('black_friday', 'meta', 11, 11, 420.0, 0.71, 0.021),
    ('gift_guide', 'tiktok', 12, 12, 180.0, 0.27, 0.011),
    ('b2b_office', 'linkedin', 1, 12, 45.0, 2.40, 0.006)
) AS t(campaign, platform, first_month, last_month, budget, click_price, click_rate);
CREATE TABLE campaign_costs AS
WITH paid AS (
    SELECT *, digest('campaign|' || name || campaign) AS h FROM calendar CROSS JOIN campaign
    WHERE month(day) BETWEEN first_month AND last_month
), spent AS (
    SELECT *, CAST(round(budget * (1 + 0.2 * years_since(day)) * weekday_factor(day)
        * (0.25 + 0.75 * season(day)) * (0.85 + 0.3 * draw(h, 0)), 2) AS DECIMAL(12, 2)) AS spend
    FROM paid
), clicked AS (
    SELECT *, CAST(floor(spend / (click_price * (0.9 + 0.2 * draw(h, 1)))) AS INTEGER) AS clicks FROM spent
)
SELECT campaign, platform, day, spend, clicks,
    CAST(ceil(clicks / (click_rate * (0.9 + 0.2 * draw(h, 2)))) AS INTEGER) AS impressions
FROM clicked ORDER BY day, campaign;

-- The support desk closes a ticket on its day or leaves it open for a specialist.
CREATE TABLE support_tickets AS
WITH counted AS (
    SELECT day, name, CAST(floor((5 + 2 * years_since(day)) * weekday_factor(day) * season(day)
        + 3 * draw(digest('tickets|' || name), 0)) AS INTEGER) AS n
    FROM calendar
), drawn AS (
    SELECT day, digest('ticket|' || name || i) AS h, digest('ticket again|' || name || i) AS g
    FROM counted CROSS JOIN LATERAL range(n) AS t(i)
), opened AS (
    SELECT *, day + to_seconds(CAST(floor(3600 * (7 + 10 * draw(h, 0))) AS BIGINT)) AS opened_at,
        weighed(draw(h, 1), ['low', 'normal', 'high', 'urgent'], [0.28, 0.80, 0.95, 2]) AS priority,
        draw(h, 2) < 0.04 AS is_open
    FROM drawn
), handled AS (
    SELECT *, CASE WHEN NOT is_open THEN least(opened_at + to_seconds(CAST(floor(3600 * draw(h, 3)
        * CASE priority WHEN 'urgent' THEN 2 WHEN 'high' THEN 4 WHEN 'normal' THEN 8 ELSE 12 END
        + 300) AS BIGINT)), day + to_seconds(86399)) END AS closed_at
    FROM opened
), everyone AS (SELECT day, sum(n) AS n FROM signed_up GROUP BY day)
SELECT row_number() OVER (ORDER BY opened_at, h) AS ticket_id,
    1 + CAST(floor(everyone.n * draw(g, 0)) AS BIGINT) AS customer_id, opened_at, closed_at, priority,
    weighed(draw(g, 1), ['delivery', 'return', 'payment', 'product', 'account'],
        [0.36, 0.58, 0.74, 0.91, 2]) AS topic,
    CASE WHEN is_open THEN 'open' ELSE 'closed' END AS status,
    -- Two of five who were helped say how well.
    CASE WHEN NOT is_open AND draw(g, 2) < 0.40
        THEN weighed(draw(g, 3), [1, 2, 3, 4, 5], [0.05, 0.13, 0.30, 0.66, 2]) END AS satisfaction
FROM handled JOIN everyone USING (day)
ORDER BY ticket_id;

-- Customers signed up from 2023 on, so that the first orders of 2025 have someone to place them.
CREATE TABLE first_names AS SELECT * FROM (VALUES
    ('FR', ['Camille', 'Louis', 'Chloé', 'Jules', 'Manon', 'Hugo', 'Inès', 'Théo', 'Zoé', 'Adrien']),
    ('DE', ['Anna', 'Lukas', 'Lena', 'Jonas', 'Mia', 'Felix', 'Greta', 'Jürgen', 'Karin', 'Paul']),
    ('IT', ['Giulia', 'Marco', 'Sofia', 'Luca', 'Chiara', 'Matteo', 'Elena', 'Paolo', 'Sara', 'Nico']),
    ('ES', ['Lucía', 'Hugo', 'María', 'Pablo', 'Carmen', 'Diego', 'Elena', 'Javier', 'Nuria', 'Iker']),
    ('NL', ['Sanne', 'Daan', 'Emma', 'Bram', 'Lotte', 'Sem', 'Fleur', 'Niels', 'Anouk', 'Joris']),
    ('BE', ['Marie', 'Arthur', 'Louise', 'Noah', 'Elise', 'Jef', 'Juliette', 'Wout', 'Nora', 'Victor']),
    ('PT', ['Maria', 'João', 'Inês', 'Tiago', 'Beatriz', 'Rui', 'Marta', 'Duarte', 'Rita', 'Miguel'])
) AS t(country, names);
CREATE TABLE last_names AS SELECT * FROM (VALUES
    ('FR', ['Moreau', 'Lefèvre', 'Girard', 'Mercier', 'Fontaine', 'Roussel', 'Chevalier', 'Gauthier',
        'Perrin', 'Marchand', 'Renaud', 'Carpentier']),
    ('DE', ['Schneider', 'Fischer', 'Krüger', 'Hoffmann', 'Lehmann', 'Vogel', 'Brandt', 'Winkler',
        'Schäfer', 'Lorenz', 'Engel', 'Pohl']),
    ('IT', ['Ferrari', 'Romano', 'Colombo', 'Ricci', 'Marino', 'Greco', 'Conti', 'Gallo', 'Costa',
        'Fontana', 'Moretti', 'Barbieri']),
    ('ES', ['García', 'Navarro', 'Torres', 'Molina', 'Ortega', 'Delgado', 'Castro', 'Iglesias',
        'Vidal', 'Serrano', 'Núñez', 'Fuentes']),
    ('NL', ['de Vries', 'Jansen', 'Bakker', 'Visser', 'Smit', 'Meijer', 'de Boer', 'Mulder', 'Kuipers',
        'Dekker', 'Vos', 'Hendriks']),
    ('BE', ['Peeters', 'Janssens', 'Maes', 'Willems', 'Claes', 'Dubois', 'Lambert', 'Dupont', 'Wouters',
        'De Smet', 'Martens', 'Leroy']),
    ('PT', ['Silva', 'Ferreira', 'Pereira', 'Oliveira', 'Almeida', 'Carvalho', 'Teixeira', 'Moreira',
        'Correia', 'Mendes', 'Nunes', 'Lopes'])
) AS t(country, names);

CREATE TABLE signup AS
WITH days AS (
    SELECT CAST(d AS DATE) AS day, strftime(d, '%Y-%m-%d') AS name
    FROM range(DATE '2023-01-01', getvariable('last_day') + 1, INTERVAL 1 DAY) AS t(d)
), counted AS (
    SELECT *, CAST(floor(daily_signups * (1 + 0.35 * growth * greatest(years_since(day), -1))
        * weekday_factor(day) * season(day) * 0.7
        + 1.3 * draw(digest('signups|' || name || country), 0)) AS INTEGER) AS n
    FROM days CROSS JOIN country
), numbered AS (
    SELECT day, country, digest('customer|' || name || country || i) AS h,
        digest('customer again|' || name || country || i) AS g
    FROM counted CROSS JOIN LATERAL range(n) AS t(i)
)
SELECT row_number() OVER (ORDER BY day, h) AS customer_id, day AS signed_up_on, country, h, g,
    row_number() OVER (PARTITION BY country ORDER BY day, h) AS place,
    weighed(draw(h, 3), ['consumer', 'business', 'vip'], [0.78, 0.92, 2]) AS segment
FROM numbered;

CREATE TABLE customers AS
WITH named AS (
    SELECT signup.*, pick(h, 0, f.names) || ' ' || pick(h, 1, l.names) AS full_name
    FROM signup JOIN first_names AS f USING (country) JOIN last_names AS l USING (country)
)
SELECT customer_id, full_name,
    -- example.com and its sisters belong to nobody (RFC 2606).
    lower(replace(replace(strip_accents(full_name), ' ', '.'), '''', '')) || customer_id
        || pick(h, 2, ['@example.com', '@example.org', '@example.net']) AS email,
    country,
    -- Some never told their city.
    CASE WHEN draw(g, 0) < 0.015 THEN '' ELSE pick(g, 1, cities) END AS city,
    segment, signed_up_on,
    CASE WHEN draw(g, 2) >= 0.08 THEN 1948 + CAST(floor(58 * draw(g, 3)) AS INTEGER) END AS birth_year,
    draw(h, 2) * 7 % 1 < 0.42 AS marketing_opt_in
FROM named JOIN city USING (country)
ORDER BY customer_id;

CREATE TABLE addresses AS
WITH counted AS (
    SELECT customer_id, country, city, n, digest('address|' || customer_id || '|' || n) AS h
    FROM customers CROSS JOIN range(2) AS t(n)
    WHERE n = 0 OR draw(digest('moved|' || customer_id), 0) < 0.22
)
SELECT row_number() OVER (ORDER BY customer_id, n) AS address_id, customer_id,
    (1 + CAST(floor(140 * draw(h, 0)) AS INTEGER)) || ' '
        || pick(h, 1, ['Station Road', 'Garden Street', 'Mill Lane', 'Harbour Quay', 'Market Square',
            'Church Street', 'Park Avenue', 'School Lane', 'Bridge Street', 'Orchard Way']) AS street,
    CASE WHEN draw(h, 2) >= 0.01 THEN lpad(CAST(1000 + CAST(floor(88999 * draw(h, 3)) AS INTEGER)
        AS VARCHAR), 5, '0') END AS postal_code,
    city, country, n = 0 AS is_primary
FROM counted
ORDER BY address_id;

CREATE TABLE segments AS SELECT * FROM (VALUES
    ('consumer', 'Private customers', CAST(0 AS DOUBLE)),
    ('business', 'Companies with an invoice account', 0.05),
    ('vip', 'Private customers invited for their loyalty', 0.1)
) AS t(segment, description, discount_rate);

-- How many of each country had signed up by the end of a day.
CREATE TABLE signed_up AS
WITH daily AS (
    SELECT day, country.country, count(customer_id) AS n
    FROM (SELECT day FROM calendar UNION ALL SELECT DATE '2024-12-31') CROSS JOIN country
    LEFT JOIN signup ON signup.country = country.country
        AND greatest(signed_up_on, DATE '2024-12-31') = day
    GROUP BY ALL
)
SELECT day, country, CAST(sum(n) OVER (PARTITION BY country ORDER BY day) AS BIGINT) AS n FROM daily;

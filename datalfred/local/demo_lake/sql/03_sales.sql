-- Products, orders with their lines, and what came back.
CREATE TABLE assortment AS SELECT * FROM (VALUES
    ('Electronics', ['Nordlys', 'Kestrel', 'Ohmly'], 1.9,
        ['Wireless Headphones', 'Bluetooth Speaker', 'Smart Watch', 'Power Bank', 'E-Reader', 'Webcam',
        'USB-C Charger', 'Desk Lamp']),
    ('Home', ['Casa Lume', 'Hearthside', 'Brume'], 1.0,
        ['Linen Duvet Cover', 'Stoneware Mug', 'Wool Blanket', 'Scented Candle', 'Oak Tray', 'Wall Clock',
        'Bath Towel Set', 'Glass Vase']),
    ('Fashion', ['Atelier Nord', 'Marlowe', 'Costa Azul'], 1.2,
        ['Cotton T-Shirt', 'Denim Jacket', 'Leather Belt', 'Running Jacket', 'Wool Scarf', 'Canvas Tote',
        'Linen Shirt', 'Rain Coat']),
    ('Beauty', ['Verveine', 'Petal & Stone', 'Rosalind'], 0.6,
        ['Hand Cream', 'Face Serum', 'Lip Balm', 'Bath Salt', 'Shampoo Bar', 'Body Oil', 'Clay Mask',
        'Beard Oil']),
    ('Sports', ['Pikkö', 'Stride', 'Alpenglow'], 1.3,
        ['Yoga Mat', 'Running Shoes', 'Water Bottle', 'Resistance Bands', 'Hiking Backpack',
        'Cycling Gloves', 'Kettlebell', 'Swim Goggles']),
    ('Toys', ['Tumble', 'Papagei', 'Klik'], 0.7,
        ['Wooden Train', 'Building Blocks', 'Plush Fox', 'Puzzle 500 Pieces', 'Kite', 'Card Game',
        'Paint Set', 'Marble Run']),
    ('Garden', ['Rootwell', 'Fernby', 'Soleil'], 1.1,
        ['Watering Can', 'Herb Planter', 'Pruning Shears', 'Garden Gloves', 'Solar Lantern', 'Bird Feeder',
        'Folding Chair', 'Compost Bin']),
    ('Books', ['Inkwell Press', 'Harbour Books', 'Quarto'], 0.5,
        ['Mediterranean Cookbook', 'City Walks Guide', 'Crime Novel', 'Poetry Collection',
        'Gardening Almanac', 'Travel Atlas', 'Comic Album', 'Science Primer'])
) AS t(category, brands, dear, things);

CREATE TABLE products AS
WITH launches AS (
    -- 96 products open the shop, then two a month follow.
    SELECT 1 + i AS product_id, CASE WHEN i < 96 THEN DATE '2022-03-01' + CAST(i * 10 AS INTEGER)
        ELSE DATE '2025-01-10' + CAST((i - 96) * 15 AS INTEGER) END AS launched_on
    FROM range(96 + 2000) AS t(i)
), described AS (
    SELECT product_id, launched_on, category, dear, digest('product|' || product_id) AS h,
        things[1 + ((product_id - 1) // 8) % 8] AS thing, brands[1 + ((product_id - 1) // 64) % 3] AS brand,
        (product_id - 1) // 192 AS series
    FROM launches JOIN (SELECT *, row_number() OVER () - 1 AS n FROM assortment) AS a
        ON a.n = (product_id - 1) % 8
    WHERE launched_on <= getvariable('last_day')
)
SELECT product_id, brand || ' ' || thing || CASE WHEN series > 0 THEN ' ' || (series + 1) ELSE '' END
        AS product_name,
    category,
    -- Some are sold under no brand.
    CASE WHEN draw(h, 2) < 0.06 THEN '' ELSE brand END AS brand,
    CAST(floor(6 + 62 * dear * (0.25 + draw(h, 0) * draw(h, 0))) + 0.90 AS DECIMAL(12, 2)) AS list_price,
    launched_on
FROM described
ORDER BY product_id;

CREATE TABLE stores AS
SELECT 1 + i AS store_id, 'Casa ' || names[1 + i] AS store_name, names[1 + i] AS city,
    countries[1 + i] AS country, DATE '2014-04-01' + CAST(i * 205 AS INTEGER) AS opened_on
FROM (SELECT ['Paris', 'Lyon', 'Berlin', 'Milan', 'Madrid', 'Amsterdam', 'Hamburg', 'Brussels', 'Lille',
        'Munich', 'Barcelona', 'Rome', 'Lisbon', 'Nantes', 'Cologne', 'Valencia', 'Antwerp', 'Porto',
        'Toulouse', 'Seville', 'Rotterdam', 'Bilbao'] AS names,
    ['FR', 'FR', 'DE', 'IT', 'ES', 'NL', 'DE', 'BE', 'FR', 'DE', 'ES', 'IT', 'PT', 'FR', 'DE', 'ES', 'BE',
        'PT', 'FR', 'ES', 'NL', 'ES'] AS countries), range(22) AS t(i)
WHERE DATE '2014-04-01' + CAST(i * 205 AS INTEGER) <= getvariable('last_day');

CREATE TABLE placed AS
WITH counted AS (
    SELECT day, name, country, CAST(round(daily_orders * (1 + growth * years_since(day))
        * weekday_factor(day) * season(day)
        * (0.9 + 0.2 * draw(digest('orders|' || name || country), 0))) AS INTEGER) AS n
    FROM calendar CROSS JOIN country
), drawn AS (
    SELECT day, country, digest('order|' || name || country || i) AS h,
        digest('order again|' || name || country || i) AS g
    FROM counted CROSS JOIN LATERAL range(n) AS t(i)
), dated AS (
    SELECT drawn.*, day + time_of_day(h, 0) AS ordered_at,
        -- Those who came early order more often.
        1 + CAST(floor(signed_up.n * pow(draw(h, 2), 1.25)) AS BIGINT) AS place
    FROM drawn JOIN signed_up USING (day, country)
), numbered AS (
    SELECT *, 100000 + row_number() OVER (ORDER BY ordered_at, h) AS order_id FROM dated
)
SELECT order_id, customer_id, segment, ordered_at, day, country, h, g,
    weighed(draw(h, 3), ['web', 'app', 'store'],
        [0.48 - 0.03 * years_since(day), 0.74 + 0.02 * years_since(day), 2]) AS channel,
    weighed(draw(g, 0), ['completed', 'cancelled', 'returned', 'pending'], [0.92, 0.96, 0.99, 2])
        AS status,
    CASE
        WHEN day BETWEEN black_friday(day) - 4 AND black_friday(day) + 3 AND draw(g, 1) < 0.45
            THEN 'BLACKFRIDAY20'
        WHEN segment = 'vip' AND draw(g, 1) < 0.30 THEN 'VIP10'
        WHEN month(day) IN (6, 7) AND draw(g, 1) < 0.10 THEN 'SUMMER15'
        WHEN signed_up_on > day - 14 AND draw(g, 1) < 0.60 THEN 'WELCOME10'
    END AS coupon
FROM numbered JOIN (SELECT customer_id, segment, signed_up_on, country, place FROM signup)
    USING (country, place);

CREATE TABLE order_items AS
WITH launched AS (
    SELECT day, count(*) AS n FROM calendar JOIN products ON launched_on <= day GROUP BY day
), lines AS (
    SELECT order_id, line, segment, coupon, ordered_at, day,
        digest('line|' || order_id || '|' || line) AS h
    FROM placed CROSS JOIN LATERAL
        range(weighed(draw(g, 2), [1, 2, 3, 4, 5], [0.46, 0.76, 0.90, 0.97, 2])) AS t(line)
)
SELECT order_id, CAST(line + 1 AS INTEGER) AS line_number, product_id,
    CAST(weighed(draw(h, 1), [1, 2, 3, 4], [0.68, 0.90, 0.97, 2])
        + CASE WHEN segment = 'business' THEN floor(4 * draw(h, 2)) ELSE 0 END AS INTEGER) AS quantity,
    CAST(round(list_price * CASE right(coupon, 2) WHEN '20' THEN 0.80 WHEN '15' THEN 0.85
        WHEN '10' THEN 0.90 ELSE 1 END, 2) AS DECIMAL(12, 2)) AS unit_price,
    ordered_at, strftime(day, '%Y-%m') AS month
FROM lines JOIN launched USING (day)
JOIN products ON product_id = 1 + CAST(floor(launched.n * pow(draw(h, 0), 1.3)) AS BIGINT)
ORDER BY order_id, line_number;

CREATE TABLE orders AS
WITH summed AS (
    SELECT order_id, CAST(sum(quantity * unit_price) AS DECIMAL(12, 2)) AS amount
    FROM order_items GROUP BY order_id
)
SELECT order_id, customer_id, CAST(ordered_at AS TIMESTAMP) AS ordered_at, status, channel, country, amount,
    CAST(CASE WHEN channel = 'store' OR amount >= 60 THEN 0 ELSE 4.90 END AS DECIMAL(12, 2))
        AS shipping_fee,
    coupon, strftime(day, '%Y-%m') AS month
FROM placed JOIN summed USING (order_id)
ORDER BY order_id;

CREATE TABLE returns AS
WITH sent_back AS (
    SELECT order_id, amount, digest('return|' || order_id) AS h, ordered_at FROM orders
    WHERE status = 'returned'
), arrived AS (
    SELECT *, ordered_at + to_seconds(CAST(floor(86400 * (3 + 21 * draw(h, 0))) AS BIGINT)) AS returned_at
    FROM sent_back
)
SELECT row_number() OVER (ORDER BY returned_at, order_id) AS return_id, order_id, returned_at,
    weighed(draw(h, 1), ['wrong size', 'changed my mind', 'damaged', 'not as described', 'late delivery', ''],
        [0.30, 0.55, 0.72, 0.86, 0.96, 2]) AS reason,
    CASE WHEN draw(h, 2) < 0.82 THEN amount ELSE CAST(round(amount * 0.5, 2) AS DECIMAL(12, 2)) END
        AS refund_amount
FROM arrived
-- A parcel that is still on its way has no row yet.
WHERE returned_at < getvariable('last_day') + 1
ORDER BY return_id;

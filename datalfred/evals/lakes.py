"""Lakes that the evals generate: another team's data, of which no other part of Datalfred knows."""

from pathlib import Path

from datalfred.errors import NotFoundError

_BIKES = (
    """CREATE TABLE stations AS
    SELECT i AS station_id, ['Harbour', 'Museum', 'Old Town', 'University', 'Airport', 'Park'][i]
             || ' Station' AS station_name,
           ['north', 'south', 'east'][1 + i % 3] AS district, 10 + 7 * i AS docks
    FROM range(1, 7) t(i)""",
    """CREATE TABLE bikes AS
    SELECT i AS bike_id, ['classic', 'electric', 'cargo'][1 + i % 3] AS model,
           DATE '2024-01-01' + CAST(i * 3 AS INTEGER) AS bought_on, i % 17 = 0 AS retired
    FROM range(1, 121) t(i)""",
    """CREATE TABLE trips AS
    SELECT i AS trip_id, 1 + i * 31 % 120 AS bike_id, 1 + i * 7 % 6 AS start_station_id,
           1 + i * 13 % 6 AS end_station_id,
           TIMESTAMP '2026-01-01 05:00:00' + to_minutes(CAST(i * 29 AS INTEGER)) AS started_at,
           4 + i * 37 % 86 AS minutes, CAST(1.5 + (i * 53 % 400) / 100.0 AS DECIMAL(8, 2)) AS fare,
           CASE WHEN i % 5 = 0 THEN 'casual' ELSE 'member' END AS rider_type
    FROM range(1, 15001) t(i)""",
    """CREATE TABLE repairs AS
    SELECT i AS repair_id, 1 + i * 11 % 120 AS bike_id,
           ['brakes', 'battery', 'tyre'][1 + i % 3] AS part,
           DATE '2026-01-05' + CAST(i % 280 AS INTEGER) AS repaired_on,
           CAST(12 + i * 17 % 90 AS DECIMAL(8, 2)) AS cost
    FROM range(1, 601) t(i)""",
)
_BIKE_FILES = (
    ("mobility/trips/trips.parquet", "trips", "FORMAT parquet"),
    ("mobility/stations.csv", "stations", "FORMAT csv, HEADER"),
    ("workshop/bikes.json", "bikes", "FORMAT json"),
    ("workshop/repairs.parquet", "repairs", "FORMAT parquet"),
)

_LOGISTICS = (
    # Sixteen bits of a digest: the same draw on every machine and with every version of DuckDB.
    """CREATE MACRO draw(what, i) AS
    CAST(md5_number_lower(what || '|' || i) & 65535 AS DOUBLE) / 65536""",
    """CREATE MACRO pick(what, i, choices) AS
    choices[1 + CAST(floor(draw(what, i) * len(choices)) AS INTEGER)]""",
    """CREATE TABLE carriers AS SELECT * FROM (VALUES
    (1, 'Nordfracht', 'road', 'Germany', DATE '2027-03-31', true),
    (2, 'Via Rapida', 'road', 'Spain', DATE '2026-12-31', true),
    (3, 'Blue Arrow', 'air', 'France', DATE '2027-06-30', true),
    (4, 'Harbour Line', 'sea', 'Netherlands', DATE '2028-01-31', true),
    (5, 'Alpenbahn', 'rail', 'Austria', DATE '2026-06-30', false),
    (6, 'Sky Parcel', 'air', 'Germany', DATE '2026-11-30', true),
    (7, 'Lusitrans', 'road', 'Portugal', DATE '2025-12-31', false)
    ) AS t(carrier_id, carrier_name, mode, country, contract_until, active)""",
    """CREATE TABLE warehouses AS SELECT * FROM (VALUES
    (1, 'Hamburg North', 'Hamburg', 'Germany', 5200, DATE '2016-04-01', false),
    (2, 'Rotterdam Quay', 'Rotterdam', 'Netherlands', 8800, DATE '2014-09-15', true),
    (3, 'Lyon East', 'Lyon', 'France', 3100, DATE '2019-02-01', false),
    (4, 'Madrid Dry Port', 'Madrid', 'Spain', 4400, DATE '2020-10-05', true),
    (5, 'Munich Airport', 'Munich', 'Germany', 1900, DATE '2022-05-20', true)
    ) AS t(warehouse_id, warehouse_name, city, country, capacity_pallets, opened_on,
        refrigerated)""",
    """CREATE TABLE shipments AS
    WITH drawn AS (
        SELECT i AS shipment_id, pick('carrier', i, [1, 1, 1, 2, 2, 3, 4, 4, 5, 6]) AS carrier_id,
            pick('warehouse', i, [1, 1, 2, 2, 2, 3, 4, 4, 5]) AS warehouse_id,
            pick('destination', i, ['Germany', 'Germany', 'France', 'France', 'Spain', 'Italy',
                'Netherlands', 'Poland', 'Sweden']) AS destination_country,
            TIMESTAMP '2026-01-01 00:20:00'
                + to_seconds(CAST(i * 4716 + floor(4000 * draw('hour', i)) AS BIGINT)) AS shipped_at
        FROM range(5000) AS t(i)
    ), carried AS (
        SELECT drawn.*, CASE mode WHEN 'road' THEN 20 + 70 * draw('transit', shipment_id)
                WHEN 'air' THEN 8 + 30 * draw('transit', shipment_id)
                WHEN 'rail' THEN 60 + 110 * draw('transit', shipment_id)
                ELSE 150 + 300 * draw('transit', shipment_id) END AS hours,
            CASE WHEN shipped_at >= '2026-09-24' AND draw('fate', shipment_id) < 0.55
                    THEN 'in transit'
                WHEN draw('fate', shipment_id) > 0.99 THEN 'lost'
                WHEN draw('fate', shipment_id) > 0.95 THEN 'returned'
                ELSE 'delivered' END AS status
        FROM drawn JOIN carriers USING (carrier_id)
    )
    SELECT 700001 + shipment_id AS shipment_id, carrier_id, warehouse_id, destination_country,
        status, shipped_at,
        CASE WHEN status IN ('delivered', 'returned')
            THEN shipped_at + to_minutes(CAST(floor(hours * 60) AS BIGINT)) END AS delivered_at,
        CAST(0.5 + 950 * pow(draw('weight', shipment_id), 3) AS DECIMAL(8, 2)) AS weight_kg,
        CAST(1 + floor(11 * pow(draw('parcels', shipment_id), 2)) AS INTEGER) AS parcels,
        draw('express', shipment_id) < 0.18 AS express, strftime(shipped_at, '%Y-%m') AS month
    FROM carried ORDER BY shipment_id""",
    """CREATE TABLE incidents AS
    WITH hit AS (
        SELECT *, row_number() OVER (ORDER BY shipped_at) AS i FROM shipments
        WHERE status = 'lost' OR draw('incident', shipment_id) < 0.085
    )
    SELECT 100 + i AS incident_id, shipment_id,
        shipped_at + to_minutes(CAST(300 + floor(2400 * draw('reported', i)) AS BIGINT))
            AS reported_at,
        CASE WHEN status = 'lost' THEN 'loss' ELSE pick('kind', i, ['delay', 'delay', 'delay',
            'damage', 'damage', 'customs hold', 'wrong address']) END AS incident_type,
        CASE WHEN status = 'lost' THEN 'critical'
            ELSE pick('severity', i, ['minor', 'minor', 'minor', 'major', 'major', 'critical']) END
            AS severity,
        CAST(15 + 600 * pow(draw('cost', i), 2) AS DECIMAL(8, 2)) AS cost,
        CASE WHEN draw('resolved', i) < 0.87
            THEN CAST(shipped_at AS DATE) + CAST(3 + floor(20 * draw('after', i)) AS INTEGER) END
            AS resolved_on
    FROM hit ORDER BY incident_id""",
    """CREATE TABLE invoices AS
    WITH billed AS (
        SELECT *, row_number() OVER (ORDER BY shipped_at) AS i FROM shipments WHERE status <> 'lost'
    )
    SELECT 30000 + i AS invoice_id, shipment_id,
        CAST(shipped_at AS DATE) + CAST(1 + floor(5 * draw('issued', i)) AS INTEGER) AS issued_on,
        issued_on + 30 AS due_on,
        CAST(6 + weight_kg * (0.35 + 0.3 * draw('rate', i)) * CASE WHEN express THEN 1.6 ELSE 1 END
            AS DECIMAL(10, 2)) AS amount,
        CASE WHEN issued_on < '2026-08-20' THEN CASE WHEN draw('paid', i) < 0.94 THEN 'paid'
                ELSE 'overdue' END
            WHEN draw('paid', i) < 0.4 THEN 'paid' ELSE 'open' END AS invoice_status
    FROM billed ORDER BY invoice_id""",
    """CREATE TABLE payments AS
    SELECT 90000 + row_number() OVER (ORDER BY invoice_id) AS payment_id, invoice_id,
        issued_on + CAST(2 + floor(27 * draw('payment', invoice_id)) AS INTEGER) AS paid_on,
        amount AS paid_amount,
        pick('method', invoice_id, ['bank transfer', 'bank transfer', 'direct debit', 'card'])
            AS payment_method
    FROM invoices WHERE invoice_status = 'paid' ORDER BY payment_id""",
)
_LOGISTICS_FILES = (
    ("freight/shipments", "shipments", "FORMAT parquet, PARTITION_BY (month)"),
    ("freight/carriers.csv", "carriers", "FORMAT csv, HEADER"),
    ("freight/warehouses.json", "warehouses", "FORMAT json"),
    ("freight/incidents.json", "incidents", "FORMAT json"),
    ("finance/invoices.csv", "invoices", "FORMAT csv, HEADER"),
    ("finance/payments.parquet", "payments", "FORMAT parquet"),
)

_LAKES = {
    "bike_sharing": (_BIKES, _BIKE_FILES),
    "logistics": (_LOGISTICS, _LOGISTICS_FILES),
}
"""By name: the statements that make the tables, and each file or folder with its table and how it
is written."""


def generate(name: str, folder: Path) -> Path:
    """Writes the files of the lake ``name`` and returns their folder.

    The files are the same in every process, byte for byte.

    Raises:
        NotFoundError: there is no such lake.
    """
    if name not in _LAKES:
        raise NotFoundError("lake", name, near=("demo", *_LAKES))
    import duckdb  # noqa: PLC0415 -- only these lakes need it

    statements, files = _LAKES[name]
    with duckdb.connect() as database:
        # One thread: rows and files are then in the same order on every machine.
        database.execute("SET threads = 1")
        for statement in statements:
            database.execute(statement)
        for file, table, options in files:
            path = folder / file
            path.parent.mkdir(parents=True, exist_ok=True)
            database.execute(f"COPY {table} TO '{path}' ({options})")
    return folder

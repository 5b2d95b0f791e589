"""The TPC-H schema and its data as Parquet files, for a scale factor.

Columns, keys, value domains and distributions follow the TPC-H specification, revision 3.0.1:
1.4.1 (tables), 4.2.2.13 (lists of strings), 4.2.3 (population). Not DBGEN's bytes: the random
numbers are DuckDB's ``hash`` of a row's key, so the same version writes the same rows. Two
distributions are bent so that small scale factors answer queries 16 and 18 at all: one supplier has
complaints whatever the scale, and one order of 500 is a large one.
"""

from pathlib import Path

import duckdb

COLUMNS: dict[str, tuple[tuple[str, str], ...]] = {
    "region": (("r_regionkey", "bigint"), ("r_name", "string"), ("r_comment", "string")),
    "nation": (
        ("n_nationkey", "bigint"),
        ("n_name", "string"),
        ("n_regionkey", "bigint"),
        ("n_comment", "string"),
    ),
    "supplier": (
        ("s_suppkey", "bigint"),
        ("s_name", "string"),
        ("s_address", "string"),
        ("s_nationkey", "bigint"),
        ("s_phone", "string"),
        ("s_acctbal", "decimal(15,2)"),
        ("s_comment", "string"),
    ),
    "part": (
        ("p_partkey", "bigint"),
        ("p_name", "string"),
        ("p_mfgr", "string"),
        ("p_brand", "string"),
        ("p_type", "string"),
        ("p_size", "int"),
        ("p_container", "string"),
        ("p_retailprice", "decimal(15,2)"),
        ("p_comment", "string"),
    ),
    "partsupp": (
        ("ps_partkey", "bigint"),
        ("ps_suppkey", "bigint"),
        ("ps_availqty", "int"),
        ("ps_supplycost", "decimal(15,2)"),
        ("ps_comment", "string"),
    ),
    "customer": (
        ("c_custkey", "bigint"),
        ("c_name", "string"),
        ("c_address", "string"),
        ("c_nationkey", "bigint"),
        ("c_phone", "string"),
        ("c_acctbal", "decimal(15,2)"),
        ("c_mktsegment", "string"),
        ("c_comment", "string"),
    ),
    "orders": (
        ("o_orderkey", "bigint"),
        ("o_custkey", "bigint"),
        ("o_orderstatus", "string"),
        ("o_totalprice", "decimal(15,2)"),
        ("o_orderdate", "date"),
        ("o_orderpriority", "string"),
        ("o_clerk", "string"),
        ("o_shippriority", "int"),
        ("o_comment", "string"),
    ),
    "lineitem": (
        ("l_orderkey", "bigint"),
        ("l_partkey", "bigint"),
        ("l_suppkey", "bigint"),
        ("l_linenumber", "int"),
        ("l_quantity", "decimal(15,2)"),
        ("l_extendedprice", "decimal(15,2)"),
        ("l_discount", "decimal(15,2)"),
        ("l_tax", "decimal(15,2)"),
        ("l_returnflag", "string"),
        ("l_linestatus", "string"),
        ("l_shipdate", "date"),
        ("l_commitdate", "date"),
        ("l_receiptdate", "date"),
        ("l_shipinstruct", "string"),
        ("l_shipmode", "string"),
        ("l_comment", "string"),
    ),
}
"""The columns of each table with their types in Glue (1.4.1; identifiers are bigint)."""

_LISTS = {
    "regions": "AFRICA AMERICA ASIA EUROPE MIDDLE_EAST",
    "nations": "ALGERIA ARGENTINA BRAZIL CANADA EGYPT ETHIOPIA FRANCE GERMANY INDIA INDONESIA IRAN "
    "IRAQ JAPAN JORDAN KENYA MOROCCO MOZAMBIQUE PERU CHINA ROMANIA SAUDI_ARABIA VIETNAM RUSSIA "
    "UNITED_KINGDOM UNITED_STATES",
    "segments": "AUTOMOBILE BUILDING FURNITURE MACHINERY HOUSEHOLD",
    "priorities": "1-URGENT 2-HIGH 3-MEDIUM 4-NOT_SPECIFIED 5-LOW",
    "instructions": "DELIVER_IN_PERSON COLLECT_COD NONE TAKE_BACK_RETURN",
    "modes": "REG_AIR AIR RAIL SHIP TRUCK MAIL FOB",
    "types1": "STANDARD SMALL MEDIUM LARGE ECONOMY PROMO",
    "types2": "ANODIZED BURNISHED PLATED POLISHED BRUSHED",
    "types3": "TIN NICKEL BRASS STEEL COPPER",
    "containers1": "SM LG MED JUMBO WRAP",
    "containers2": "CASE BOX BAG JAR PKG PACK CAN DRUM",
    "colors": "almond antique aquamarine azure beige bisque black blanched blue blush brown "
    "burlywood burnished chartreuse chiffon chocolate coral cornflower cornsilk cream cyan dark "
    "deep dim dodger drab firebrick floral forest frosted gainsboro ghost goldenrod green grey "
    "honeydew hot indian ivory khaki lace lavender lawn lemon light lime linen magenta maroon "
    "medium metallic midnight mint misty moccasin navajo navy olive orange orchid pale papaya "
    "peach peru pink plum powder puff purple red rose rosy royal saddle salmon sandy seashell "
    "sienna sky slate smoke snow spring steel tan thistle tomato turquoise violet wheat white "
    "yellow",
    "words": "furiously quickly carefully blithely special pending regular express final ironic "
    "even bold silent unusual requests deposits packages accounts foxes theodolites instructions "
    "pinto_beans dependencies excuses platelets asymptotes courts dolphins sleep wake are cajole",
}
_REGION_OF_NATION = (0, 1, 1, 1, 4, 0, 3, 3, 2, 2, 4, 4, 2, 4, 0, 0, 0, 1, 2, 3, 4, 2, 3, 3, 1)
_ORDER_DAYS = 2406  # from 1992-01-01 to 151 days before 1998-12-31
_CUSTOMERS, _PARTS, _SUPPLIERS = 150_000, 200_000, 10_000  # at scale factor 1


def _statements(scale: float) -> dict[str, str]:
    suppliers = round(_SUPPLIERS * scale)
    parts = round(_PARTS * scale)
    customers = round(_CUSTOMERS * scale)
    complaints = max(1, round(5 * scale))
    clerks = max(1, round(1000 * scale))
    regions = ", ".join(map(str, _REGION_OF_NATION))
    return {
        "region": "SELECT range AS r_regionkey, item('regions', range) AS r_name, "
        "words(range, 'r', 5) AS r_comment FROM range(5)",
        "nation": "SELECT range AS n_nationkey, item('nations', range) AS n_name, "
        f"CAST([{regions}][range + 1] AS BIGINT) AS n_regionkey, "
        "words(range, 'n', 5) AS n_comment FROM range(25)",
        "supplier": "SELECT range AS s_suppkey, printf('Supplier#%09d', range) AS s_name, "
        "words(range, 'sa', 2) AS s_address, pick(range, 'sn', 25) AS s_nationkey, "
        "phone(range, 's', s_nationkey) AS s_phone, "
        "cents(pick(range, 'sb', 1099999) - 99999) AS s_acctbal, "
        f"words(range, 's', 6) || CASE WHEN range <= {complaints} "
        "THEN ' Customer slyly Complaints' ELSE '' END AS s_comment "
        f"FROM range(1, {suppliers} + 1)",
        "part": "SELECT range AS p_partkey, "
        "array_to_string(list_transform(range(5), LAMBDA i : "
        "item('colors', pick(range * 5 + i, 'pn', 92))), ' ') AS p_name, "
        "printf('Manufacturer#%d', pick(range, 'pm', 5) + 1) AS p_mfgr, "
        "printf('Brand#%d%d', pick(range, 'pm', 5) + 1, pick(range, 'pb', 5) + 1) AS p_brand, "
        "item('types1', pick(range, 'p1', 6)) || ' ' || item('types2', pick(range, 'p2', 5)) "
        "|| ' ' || item('types3', pick(range, 'p3', 5)) AS p_type, "
        "CAST(pick(range, 'ps', 50) + 1 AS INTEGER) AS p_size, "
        "item('containers1', pick(range, 'pc', 5)) || ' ' || "
        "item('containers2', pick(range, 'pd', 8)) AS p_container, "
        "price(range) AS p_retailprice, words(range, 'p', 3) AS p_comment "
        f"FROM range(1, {parts} + 1)",
        "partsupp": f"SELECT part AS ps_partkey, seller(part, place, {suppliers}) AS ps_suppkey, "
        "CAST(pick(part * 4 + place, 'pq', 9999) + 1 AS INTEGER) AS ps_availqty, "
        "cents(pick(part * 4 + place, 'pk', 99901) + 100) AS ps_supplycost, "
        "words(part * 4 + place, 'ps', 10) AS ps_comment "
        f"FROM range(1, {parts} + 1) AS p(part), range(4) AS i(place)",
        "customer": "SELECT range AS c_custkey, printf('Customer#%09d', range) AS c_name, "
        "words(range, 'ca', 2) AS c_address, pick(range, 'cn', 25) AS c_nationkey, "
        "phone(range, 'c', c_nationkey) AS c_phone, "
        "cents(pick(range, 'cb', 1099999) - 99999) AS c_acctbal, "
        "item('segments', pick(range, 'cs', 5)) AS c_mktsegment, "
        f"words(range, 'c', 8) AS c_comment FROM range(1, {customers} + 1)",
        "lineitem": _lineitem(parts, suppliers),
        "orders": _orders(clerks),
    }


def _base_orders(customers: int) -> str:
    """Ten orders a customer, none for each third customer (4.2.3); keys leave gaps of 24 in 32."""
    return (
        "CREATE TABLE base AS SELECT (n // 8) * 32 + n % 8 + 1 AS orderkey, "
        f"3 * pick(n, 'oc', {customers} // 3) + 1 + pick(n, 'od', 2) AS custkey, "
        f"DATE '1992-01-01' + CAST(pick(n, 'ot', {_ORDER_DAYS}) AS INTEGER) AS orderdate, "
        "pick(n, 'on', 500) = 0 AS large, "
        "CASE WHEN large THEN 7 ELSE pick(n, 'ol', 7) + 1 END AS lines "
        f"FROM range({customers * 10}) AS r(n)"
    )


def _lineitem(parts: int, suppliers: int) -> str:
    return (
        "SELECT l_orderkey, l_partkey, l_suppkey, l_linenumber, "
        "CAST(quantity AS DECIMAL(15,2)) AS l_quantity, "
        "CAST(quantity * price(l_partkey) AS DECIMAL(15,2)) AS l_extendedprice, "
        "cents(pick(n, 'ld', 11)) AS l_discount, cents(pick(n, 'lt', 9)) AS l_tax, "
        "CASE WHEN l_receiptdate > DATE '1995-06-17' THEN 'N' "
        "ELSE ['R', 'A'][pick(n, 'lr', 2) + 1] END AS l_returnflag, "
        "CASE WHEN l_shipdate > DATE '1995-06-17' THEN 'O' ELSE 'F' END AS l_linestatus, "
        "l_shipdate, orderdate + CAST(pick(n, 'lc', 61) + 30 AS INTEGER) AS l_commitdate, "
        "l_receiptdate, item('instructions', pick(n, 'li', 4)) AS l_shipinstruct, "
        "item('modes', pick(n, 'lm', 7)) AS l_shipmode, words(n, 'l', 4) AS l_comment FROM ("
        "SELECT orderkey * 8 + line AS n, orderkey AS l_orderkey, orderdate, "
        f"pick(n, 'lp', {parts}) + 1 AS l_partkey, "
        f"seller(l_partkey, pick(n, 'ls', 4), {suppliers}) AS l_suppkey, "
        "CAST(line AS INTEGER) AS l_linenumber, "
        "CASE WHEN large THEN 44 + pick(n, 'lq', 7) ELSE pick(n, 'lq', 50) + 1 END AS quantity, "
        "orderdate + CAST(pick(n, 'lz', 121) + 1 AS INTEGER) AS l_shipdate, "
        "l_shipdate + CAST(pick(n, 'ly', 30) + 1 AS INTEGER) AS l_receiptdate "
        "FROM base, LATERAL (SELECT unnest(range(1, base.lines + 1)) AS line))"
    )


def _orders(clerks: int) -> str:
    return (
        "SELECT orderkey AS o_orderkey, custkey AS o_custkey, status AS o_orderstatus, "
        "total AS o_totalprice, orderdate AS o_orderdate, "
        "item('priorities', pick(orderkey, 'op', 5)) AS o_orderpriority, "
        f"printf('Clerk#%09d', pick(orderkey, 'ok', {clerks}) + 1) AS o_clerk, "
        "CAST(0 AS INTEGER) AS o_shippriority, words(orderkey, 'o', 8) AS o_comment "
        "FROM base JOIN (SELECT l_orderkey, CAST(sum(l_extendedprice * (1 + l_tax) "
        "* (1 - l_discount)) AS DECIMAL(15,2)) AS total, CASE min(l_linestatus) || "
        "max(l_linestatus) WHEN 'FF' THEN 'F' WHEN 'OO' THEN 'O' ELSE 'P' END AS status "
        "FROM lineitem GROUP BY l_orderkey) ON l_orderkey = orderkey"
    )


def _macros() -> str:
    """What the statements are written with: lists of strings, random numbers, formulas of 4.2.3."""
    arms = " ".join(
        f"WHEN '{name}' THEN {[word.replace('_', ' ') for word in text.split()]}[place + 1]"
        for name, text in _LISTS.items()
    )
    return (
        f"CREATE MACRO item(list, place) AS CASE list {arms} END;"
        "CREATE MACRO pick(key, seed, size) AS CAST(hash(key, seed) % size AS BIGINT);"
        "CREATE MACRO cents(value) AS CAST(value * 0.01 AS DECIMAL(15,2));"
        "CREATE MACRO price(part) AS cents(90000 + (part // 10) % 20001 + 100 * (part % 1000));"
        "CREATE MACRO seller(part, place, count) AS "
        "(part + place * (count // 4 + (part - 1) // count)) % count + 1;"
        "CREATE MACRO phone(key, seed, nation) AS printf('%d-%03d-%03d-%04d', nation + 10, "
        "pick(key, seed || 1, 900) + 100, pick(key, seed || 2, 900) + 100, "
        "pick(key, seed || 3, 9000) + 1000);"
        "CREATE MACRO words(key, seed, count) AS array_to_string(list_transform(range(count), "
        "LAMBDA i : item('words', pick(key * 16 + i, seed, 32))), ' ');"
    )


def write(folder: Path, scale: float) -> dict[str, Path]:
    """Writes a Parquet file for each table.

    Args:
        folder: exists; the files are called ``<table>.parquet``.
        scale: scale factor; 1 makes six million rows of lineitem.
    """
    files = {table: folder / f"{table}.parquet" for table in COLUMNS}
    with duckdb.connect() as database:
        database.execute(_macros())
        database.execute(_base_orders(round(_CUSTOMERS * scale)))
        for table, statement in _statements(scale).items():
            database.execute(f"CREATE TABLE {table} AS {statement}")
            database.table(table).write_parquet(str(files[table]))
    return files


def views(database: duckdb.DuckDBPyConnection, files: dict[str, Path]) -> None:
    """Gives the files their tables' names in a database of DuckDB's own."""
    for table, file in files.items():
        database.execute(f"CREATE VIEW {table} AS SELECT * FROM read_parquet('{file}')")

"""What must hold for the rows of the demo lake, recomputed from its files with plain DuckDB."""

from datetime import date, datetime
from decimal import Decimal

import pytest

from datalfred.local.demo_lake.cache import CachedLake
from datalfred.local.demo_lake.definition import table_definitions

TIME_COLUMNS = {
    "sales.orders": "ordered_at",
    "sales.order_items": "ordered_at",
    "sales.returns": "returned_at",
    "sales.products": "launched_on",
    "customer.customers": "signed_up_on",
    "customer.support_tickets": "opened_at",
    "analytics.web_sessions": "started_at",
    "analytics.daily_sales": "day",
    "analytics.campaign_costs": "day",
}
ALL_TABLES = [f"{table.database}.{table.name}" for table in table_definitions()]


def test_the_largest_tables_hold_a_hundred_thousand_rows(sql):
    assert sql("SELECT count(*) FROM sales.orders")[0][0] >= 100_000
    assert sql("SELECT count(*) FROM analytics.web_sessions")[0][0] >= 100_000


def test_the_lake_takes_less_than_fifteen_megabytes(lake: CachedLake):
    assert sum(path.stat().st_size for path in lake.folder.rglob("*")) < 15_000_000


def test_each_month_of_a_partitioned_table_is_one_file(lake: CachedLake):
    assert len(list((lake.folder / "sales" / "orders").rglob("*.parquet"))) == 23


@pytest.mark.parametrize("table", ALL_TABLES)
def test_the_manifest_counts_the_rows_of_each_table(lake: CachedLake, sql, table):
    assert lake.rows[table] == sql(f"SELECT count(*) FROM {table}")[0][0] > 0


@pytest.mark.parametrize(("table", "column"), TIME_COLUMNS.items())
def test_rows_end_the_day_before_today(sql, table, column):
    last = sql(f"SELECT max(CAST({column} AS DATE)) FROM {table}")[0][0]

    assert last <= date(2026, 11, 19)


@pytest.mark.parametrize(
    "table", ["sales.orders", "analytics.web_sessions", "analytics.daily_sales"]
)
def test_no_day_is_missing(sql, table):
    column = TIME_COLUMNS[table]

    days = sql(f"SELECT count(DISTINCT CAST({column} AS DATE)), min({column}) FROM {table}")[0]

    assert days[0] == (date(2026, 11, 20) - date(2025, 1, 1)).days
    assert f"{days[1]:%Y-%m-%d}" == "2025-01-01"


@pytest.mark.parametrize("table", TIME_COLUMNS)
def test_history_is_the_same_whatever_today_is(sql, table):
    column = TIME_COLUMNS[table]
    before = f"FROM {{}}{table} WHERE {column} < DATE '2025-04-01'"

    here, there = f"SELECT * {before.format('')}", f"SELECT * {before.format('earlier_')}"

    assert sql(f"SELECT count(*) {before.format('earlier_')}")[0][0] > 0
    assert sql(f"({here}) EXCEPT ALL ({there})") == []
    assert sql(f"({there}) EXCEPT ALL ({here})") == []


def test_addresses_of_those_who_had_signed_up_stay(sql):
    assert sql("FROM earlier_customer.addresses EXCEPT ALL FROM customer.addresses") == []


def test_a_row_of_a_day_is_pinned(sql):
    row = sql(
        "SELECT customer_id, ordered_at, status, channel, country, amount, coupon"
        " FROM sales.orders WHERE order_id = 112345"
    )

    placed = datetime(2025, 3, 26, 10, 13, 38)  # noqa: DTZ001 -- Athena's timestamps have no zone
    assert row == [(6194, placed, "completed", "store", "DE", Decimal("155.80"), None)]


@pytest.mark.parametrize(
    ("table", "key"),
    [
        ("sales.orders", "order_id"),
        ("sales.order_items", "(order_id, line_number)"),
        ("sales.products", "product_id"),
        ("sales.products", "product_name"),
        ("sales.returns", "return_id"),
        ("sales.returns", "order_id"),
        ("sales.stores", "store_id"),
        ("customer.customers", "customer_id"),
        ("customer.customers", "email"),
        ("customer.addresses", "address_id"),
        ("customer.support_tickets", "ticket_id"),
        ("customer.segments", "segment"),
        ("analytics.web_sessions", "session_id"),
        ("analytics.daily_sales", "(day, country)"),
        ("analytics.campaign_costs", "(day, campaign)"),
    ],
)
def test_a_key_names_one_row(sql, table, key):
    assert sql(f"SELECT {key} FROM {table} GROUP BY ALL HAVING count(*) > 1 LIMIT 3") == []


@pytest.mark.parametrize(
    ("table", "column", "other"),
    [
        ("sales.orders", "customer_id", "customer.customers"),
        ("sales.order_items", "order_id", "sales.orders"),
        ("sales.order_items", "product_id", "sales.products"),
        ("sales.returns", "order_id", "sales.orders"),
        ("customer.customers", "segment", "customer.segments"),
        ("customer.addresses", "customer_id", "customer.customers"),
        ("customer.support_tickets", "customer_id", "customer.customers"),
        ("analytics.web_sessions", "customer_id", "customer.customers"),
    ],
)
def test_no_row_is_an_orphan(sql, table, column, other):
    orphans = sql(
        f"SELECT {column} FROM {table} ANTI JOIN {other} USING ({column})"
        f" WHERE {column} IS NOT NULL LIMIT 3"
    )

    assert orphans == []


def test_nobody_acts_before_signing_up(sql):
    for table, column in (
        ("sales.orders", "ordered_at"),
        ("customer.support_tickets", "opened_at"),
        ("analytics.web_sessions", "started_at"),
    ):
        early = sql(
            f"SELECT 1 FROM {table} AS t JOIN customer.customers AS c USING (customer_id)"
            f" WHERE t.{column} < c.signed_up_on LIMIT 1"
        )

        assert early == [], table


def test_nothing_is_sold_before_its_launch(sql):
    assert (
        sql(
            "SELECT 1 FROM sales.order_items JOIN sales.products USING (product_id)"
            " WHERE CAST(ordered_at AS DATE) < launched_on LIMIT 1"
        )
        == []
    )


def test_an_order_is_delivered_where_its_customer_lives(sql):
    assert (
        sql(
            "SELECT 1 FROM sales.orders AS o JOIN customer.customers AS c USING (customer_id)"
            " WHERE o.country <> c.country LIMIT 1"
        )
        == []
    )


def test_the_amount_of_an_order_is_the_sum_of_its_lines(sql):
    assert (
        sql("""SELECT order_id FROM sales.orders LEFT JOIN (
                    SELECT order_id, sum(quantity * unit_price) AS lines
                    FROM sales.order_items GROUP BY 1) USING (order_id)
                  WHERE lines IS DISTINCT FROM amount LIMIT 3""")
        == []
    )


def test_partitions_repeat_the_month_of_their_rows(sql):
    for table, column in (
        ("sales.orders", "ordered_at"),
        ("sales.order_items", "ordered_at"),
        ("analytics.web_sessions", "started_at"),
    ):
        assert (
            sql(f"SELECT 1 FROM {table} WHERE month <> strftime({column}, '%Y-%m') LIMIT 1") == []
        )


def test_a_refund_belongs_to_a_returned_order_and_never_exceeds_it(sql):
    assert (
        sql("""SELECT return_id FROM sales.returns JOIN sales.orders USING (order_id)
                  WHERE status <> 'returned' OR refund_amount > amount OR refund_amount <= 0
                     OR returned_at < ordered_at + INTERVAL 3 DAY LIMIT 3""")
        == []
    )


def test_every_returned_order_that_had_time_to_arrive_was_refunded(sql):
    assert (
        sql("""SELECT order_id FROM sales.orders ANTI JOIN sales.returns USING (order_id)
                  WHERE status = 'returned' AND ordered_at < DATE '2026-10-25' LIMIT 3""")
        == []
    )


def test_about_four_percent_are_cancelled_and_three_returned(sql):
    shares = dict(
        sql("""SELECT status, 100.0 * count(*) / (SELECT count(*) FROM sales.orders)
                         FROM sales.orders GROUP BY 1""")
    )

    assert set(shares) == {"completed", "cancelled", "returned", "pending"}
    assert shares["cancelled"] == pytest.approx(4, abs=0.3)
    assert shares["returned"] == pytest.approx(3, abs=0.3)


def test_black_friday_is_the_peak_of_the_year(sql):
    peak = sql("""SELECT day FROM analytics.daily_sales WHERE year(day) = 2025
                  GROUP BY day ORDER BY sum(orders) DESC LIMIT 1""")

    assert peak == [(date(2025, 11, 28),)]


def test_saturday_sells_more_than_tuesday(sql):
    orders = dict(sql("SELECT isodow(day), sum(orders) FROM analytics.daily_sales GROUP BY 1"))

    assert orders[6] > 1.15 * orders[2]


def test_spain_grows_fastest_and_everybody_grows(sql):
    growth = dict(
        sql("""SELECT country, sum(orders) FILTER (year(day) = 2026) * 1.0
                           / sum(orders) FILTER (year(day) = 2025)
                         FROM analytics.daily_sales WHERE month(day) BETWEEN 1 AND 10 GROUP BY 1""")
    )

    spain = growth.pop("ES")
    assert spain > 1.5 > max(growth.values()) > min(growth.values()) > 1


def test_daily_sales_are_the_sums_of_the_orders(sql):
    recomputed = """SELECT CAST(ordered_at AS DATE) AS day, country, count(*) AS orders,
                      sum(amount)::DECIMAL(14,2) AS revenue,
                      round(sum(amount) / count(*), 2)::DECIMAL(12,2) AS average_order
                    FROM sales.orders GROUP BY ALL"""

    assert sql(f"({recomputed}) EXCEPT ALL FROM analytics.daily_sales") == []
    assert sql(f"FROM analytics.daily_sales EXCEPT ALL ({recomputed})") == []


def test_conversions_fit_the_orders_of_which_sessions_are_a_sample(sql):
    converted, sessions = sql("SELECT count_if(converted), count(*) FROM analytics.web_sessions")[0]
    online = sql("SELECT count(*) FROM sales.orders WHERE channel <> 'store'")[0][0]

    assert 0.02 < converted / sessions < 0.05
    assert converted * 20 == pytest.approx(online, rel=0.25)


def test_who_converts_was_logged_in_and_most_visitors_are_not(sql):
    assert sql("SELECT 1 FROM analytics.web_sessions WHERE converted AND customer_id IS NULL") == []
    assert (
        0.6 < sql("SELECT avg((customer_id IS NULL)::INT) FROM analytics.web_sessions")[0][0] < 0.8
    )


def test_a_ticket_is_closed_on_its_day_or_open(sql):
    assert (
        sql("""SELECT ticket_id FROM customer.support_tickets
                  WHERE (status = 'open') <> (closed_at IS NULL) OR closed_at < opened_at
                     OR CAST(closed_at AS DATE) <> CAST(opened_at AS DATE)
                     OR (status = 'open' AND satisfaction IS NOT NULL) LIMIT 3""")
        == []
    )


def test_urgent_tickets_are_closed_sooner(sql):
    hours = dict(
        sql("""SELECT priority, avg(date_diff('minute', opened_at, closed_at))
                        FROM customer.support_tickets GROUP BY 1""")
    )

    assert hours["urgent"] < hours["high"] < hours["normal"] < hours["low"]


def test_each_customer_has_one_primary_address(sql):
    assert (
        sql("""SELECT customer_id FROM customer.customers LEFT JOIN customer.addresses
                  USING (customer_id) GROUP BY 1 HAVING count_if(is_primary) <> 1 LIMIT 3""")
        == []
    )


def test_mail_addresses_belong_to_nobody(sql):
    assert (
        sql(r"""SELECT email FROM customer.customers
                   WHERE NOT regexp_full_match(email, '[a-z.]+\d+@example\.(com|org|net)')""")
        == []
    )


@pytest.mark.parametrize(
    ("table", "condition"),
    [
        ("sales.orders", "coupon IS NULL"),
        ("sales.products", "brand = ''"),
        ("sales.returns", "reason = ''"),
        ("customer.customers", "city = ''"),
        ("customer.customers", "birth_year IS NULL"),
        ("customer.addresses", "postal_code IS NULL"),
        ("customer.support_tickets", "satisfaction IS NULL"),
        ("analytics.web_sessions", "customer_id IS NULL"),
    ],
)
def test_the_lake_has_gaps_as_real_ones_have(sql, table, condition):
    assert sql(f"SELECT 1 FROM {table} WHERE {condition} LIMIT 1") == [(1,)]


@pytest.mark.parametrize("table", table_definitions(), ids=lambda t: f"{t.database}.{t.name}")
def test_every_table_and_column_has_a_comment_worth_reading(table):
    assert len(table.description) > 20
    for column in (*table.columns, *table.partition_keys):
        assert len(column.comment) > 12, column.name
        assert column.comment.endswith("."), column.name


@pytest.mark.parametrize("table", table_definitions(), ids=lambda t: f"{t.database}.{t.name}")
def test_text_files_hold_no_sign_that_hive_would_split(lake: CachedLake, table):
    if table.format != "csv":
        return
    path = lake.folder / table.database / table.name / f"{table.name}.csv"

    lines = path.read_text(encoding="utf-8").splitlines()

    assert lines[0] == ",".join(column.name for column in table.columns)
    assert {line.count(",") for line in lines} == {len(table.columns) - 1}
    assert '"' not in "".join(lines)

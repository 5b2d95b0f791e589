"""What stands behind a name is what a query reads: views, links, tables of other systems."""

import base64
import json

import pytest

from datalfred import settings
from datalfred.errors import RefusedError
from datalfred.lake.sql.checked import TableName
from datalfred.lake.sql.guard import check
from datalfred.lake.sql.prepare import prepare
from datalfred.lake.sql.views import definition, open_views
from tests.support import small_lake


@pytest.fixture
def made(lake):
    """Makes entries of the catalog that are gone after the test."""
    glue, names = lake.client("glue"), []

    def make(name, **entry):
        glue.create_table(DatabaseName="sales", TableInput={"Name": name, **entry})
        names.append(name)

    yield make
    for name in names:
        glue.delete_table(DatabaseName="sales", Name=name)


@pytest.fixture
def view(made):
    """Makes views of database sales."""
    return lambda name, sql: made(
        name, TableType="VIRTUAL_VIEW", ViewOriginalText=small_lake.view_text(sql, "sales")
    )


def test_views_on_views_are_opened_to_their_tables(view):
    view("inner_v", "SELECT order_id FROM orders")
    view(
        "outer_v",
        "WITH a AS (SELECT * FROM inner_v) SELECT * FROM a JOIN customer.customers ON true",
    )

    opened = open_views(check("SELECT * FROM sales.outer_v"))

    assert {str(name) for name in opened.tables} == {
        "sales.outer_v",
        "sales.inner_v",
        "sales.orders",
        "customer.customers",
    }
    assert len(opened.trees) == 2


@pytest.mark.parametrize(
    ("sql", "says"),
    [
        ("DELETE FROM orders", "'DELETE' is not the start of a read"),
        ("SELECT 1; DROP TABLE orders", "second statement"),
        ("WITH a AS (INSERT INTO orders VALUES (1)) SELECT 1", "INSERT is not a read"),
        ('SELECT * FROM "lambda:evil".sales.orders', "catalog 'lambda:evil'"),
        ("SELECT * FROM TABLE(mysql.system.query('x'))", "'query' may not be called"),
        ('SELECT "lambda:evil".sales.f(1)', "Functions of other catalogs"),
        ("USING EXTERNAL FUNCTION f(x int) RETURNS int LAMBDA 'f' SELECT f(1)", "'USING'"),
        ("SELECT * FROM hidden", "reads itself"),
        ("SELECT 1" + "+1" * 2_000, "4,002 tokens"),
    ],
)
def test_a_view_hides_nothing_even_where_everything_may_be_read(small_aws, view, sql, says):
    view("hidden", sql)
    environment = small_lake.environment(
        small_aws, DATALFRED_DATABASES="", DATALFRED_SEMANTICS_URI=""
    )

    with (
        settings.using(environment),
        pytest.raises(RefusedError, match=r"sales\.hidden") as refused,
    ):
        prepare("SELECT * FROM sales.hidden")

    assert says in refused.value.message


def test_views_that_read_each_other_are_refused(view):
    view("one", "SELECT * FROM orders, two")
    view("two", "SELECT * FROM one")

    with pytest.raises(RefusedError, match=r"The view sales.one and sales.two reads itself"):
        prepare("SELECT * FROM sales.one")


def test_a_view_over_a_refused_table_is_refused_and_says_what_may_be_read(small_aws, view):
    view("pretty", 'SELECT * FROM customer."customers"')
    environment = small_lake.environment(
        small_aws, DATALFRED_DATABASES="", DATALFRED_TABLES="sales.*,!customer.customers"
    )

    with settings.using(environment), pytest.raises(RefusedError) as refused:
        prepare("EXPLAIN SELECT * FROM sales.pretty")

    assert "The view sales.pretty may not be read: The database 'customer'" in refused.value.message
    assert "sales.*" in refused.value.hint


@pytest.mark.parametrize(
    "place",
    [
        {"TargetTable": {"DatabaseName": "hr", "Name": "pay"}},
        {"TargetTable": {"CatalogId": "1", "DatabaseName": "HR", "Name": "pay"}},
        {"DatabaseName": "hr", "Name": "pay"},
    ],
)
def test_a_link_to_a_refused_table_is_refused(monkeypatch, place):
    entry = {"Name": "loan", "DatabaseName": "sales", "CatalogId": "1", **place}
    monkeypatch.setattr("datalfred.lake.sql.views.glue.table", lambda *_: entry)

    with pytest.raises(RefusedError, match=r"'hr' may not be read \(to which sales.loan is a link"):
        open_views(check("SELECT * FROM sales.loan"), databases=["sales"])


def test_a_link_to_another_account_is_opened_by_its_own_name(monkeypatch):
    target = {"CatalogId": "210987654321", "DatabaseName": "hr", "Name": "pay"}
    entry = {"Name": "loan", "DatabaseName": "sales", "CatalogId": "1", "TargetTable": target}
    monkeypatch.setattr("datalfred.lake.sql.views.glue.table", lambda *_: entry)

    opened = open_views(check("SELECT * FROM sales.loan"), databases=["sales"])

    assert opened.tables == {TableName("sales", "loan")}


def test_a_table_of_another_system_is_refused(monkeypatch):
    entry = {"Name": "orders", "FederatedTable": {"ConnectionName": "warehouse"}}
    monkeypatch.setattr("datalfred.lake.sql.views.glue.table", lambda *_: entry)

    with pytest.raises(RefusedError, match=r"sales\.orders is a table of another system"):
        open_views(check("SELECT * FROM sales.orders"))


def test_the_tables_of_a_catalog_that_is_opened_by_name_are_not_looked_up_in_athenas(lake):
    checked = check('SELECT * FROM "s3tables/b".sales.salaries', tables=["s3tables/b.sales.*"])

    opened = open_views(checked, tables=["s3tables/b.sales.*"])

    assert opened.trees == ()
    assert [name.catalog for name in opened.tables] == ["s3tables/b"]


def test_more_tables_than_anybody_reads_are_not_looked_up():
    many = ", ".join(f"t{number}" for number in range(201))

    with pytest.raises(RefusedError, match="more than 200 tables"):
        open_views(check(f"SELECT 1 FROM {many}", database="sales"))


@pytest.mark.parametrize(
    "text",
    [
        "SELECT 1",
        "/* Presto View: bm8ganNvbg== */",
        "/* Presto View: W10= */",
        small_lake.view_text("SELECT 1", "a") + small_lake.view_text("SELECT 2", "a"),
    ],
)
def test_a_view_in_another_form_than_athenas_is_not_guessed_at(text):
    with pytest.raises(ValueError, match="not kept in Athena's form"):
        definition({"ViewOriginalText": text})


def test_a_view_of_another_catalog_is_not_opened_as_one_of_this():
    view = {"originalSql": "SELECT 1", "catalog": "hive", "schema": "a"}
    encoded = base64.b64encode(json.dumps(view).encode()).decode()

    with pytest.raises(ValueError, match="the catalog 'hive'"):
        definition({"ViewOriginalText": f"/* Presto View: {encoded} */"})

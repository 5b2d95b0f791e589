import pytest
from botocore.exceptions import ClientError

from datalfred import settings
from datalfred.errors import NotFoundError
from datalfred.lake.calls import Gaps
from datalfred.lake.catalog import describe, glue, listing, partitions
from datalfred.lake.catalog.models import DeclaredValue, Join
from datalfred.lake.catalog.search import search_tables
from datalfred.lake.catalog.words import singular
from tests.support import small_lake


def names(hits):
    return [f"{hit.database}.{hit.name}" for hit in hits]


def why(hit):
    return {(match.word, match.kind, match.name) for match in hit.matches}


def test_only_the_databases_that_may_be_read_are_listed(lake):
    assert [(each.name, each.tables) for each in listing.databases(Gaps())] == [
        ("customer", 1),
        ("sales", 4),
    ]


def test_without_an_allow_list_all_are_listed(small_aws):
    with settings.using(small_lake.environment(small_aws, DATALFRED_DATABASES="")):
        assert [each.name for each in listing.databases(Gaps())] == ["customer", "hr", "sales"]


def test_a_table_is_described_with_its_meaning(lake):
    table = describe.describe_table("SALES", "Orders")

    assert (table.database, table.name, table.format) == ("sales", "orders", "csv")
    assert [column.name for column in table.columns][-1] == "month"
    status = next(column for column in table.columns if column.name == "status")
    assert status.values[0] == DeclaredValue(value="completed", synonyms=("delivered",))
    assert table.time_partition.column == "month"
    assert table.measures[0].expression == "sum(amount)"
    assert table.joins == (
        Join(database="customer", table="customers", columns={"customer_id": "customer_id"}),
    )
    assert (table.partitions, table.first_partition, table.last_partition) == (
        3,
        "2026-08",
        "2026-10",
    )
    assert table.bytes == sum(len(text.encode()) for text in small_lake.ORDERS.values())
    assert table.as_of.endswith("Z")


def test_what_nobody_declared_is_seen_from_the_catalog(lake):
    table = describe.describe_table("sales", "returns")

    assert table.time_column == "returned_on"
    assert table.label_columns == ("reason_name",)
    assert table.joins == (
        Join(database="sales", table="orders", columns={"order_id": "order_id"}),
    )
    assert (table.rows, table.bytes) == (7, 99)


def test_a_view_has_no_size(lake):
    table = describe.describe_table("sales", "contacts")

    assert (table.format, table.bytes, table.rows) == ("view", None, None)


def test_values_of_a_personal_column_are_never_told(lake):
    table = describe.describe_table("customer", "customers")

    email = next(column for column in table.columns if column.name == "email")
    assert (email.personal, email.values) == (True, ())


def test_a_missing_table_is_answered_with_near_ones(lake):
    with pytest.raises(NotFoundError) as missing:
        describe.describe_table("sales", "order")

    assert missing.value.near == ("sales.orders",)


@pytest.mark.parametrize("database", ["hr", "sale"])
def test_a_database_that_may_not_be_read_is_as_if_it_were_not_there(lake, database):
    with pytest.raises(NotFoundError, match="There is no database"):
        glue.table(database, "pay")
    with pytest.raises(NotFoundError, match="There is no database"):
        search_tables("pay", database)


def test_without_an_allow_list_a_missing_database_is_still_missing(small_aws):
    with (
        settings.using(small_lake.environment(small_aws, DATALFRED_DATABASES="")),
        pytest.raises(NotFoundError) as missing,
    ):
        glue.tables("sale")

    assert missing.value.near == ("sales",)


def test_partitions_come_newest_first(lake):
    found = partitions.of_table(glue.table("sales", "orders"))

    newest = partitions.summary(found.keys, found.entries[0])
    assert newest.values == {"month": "2026-10"}
    assert newest.location.endswith("month=2026-10/")
    assert newest.created_at


def test_no_words_find_all_tables_by_name(lake):
    assert names(search_tables()) == [
        "customer.customers",
        "sales.contacts",
        "sales.orders",
        "sales.returns",
        "sales.salaries",
    ]
    assert names(search_tables(database="customer")) == ["customer.customers"]


@pytest.mark.parametrize(
    ("text", "best", "reason"),
    [
        ("orders", "sales.orders", ("orders", "table", "orders")),
        ("order", "sales.orders", ("order", "table", "orders")),
        ("ordres", "sales.orders", ("ordres", "table", "orders")),
        ("how much turnover", "sales.orders", ("turnover", "measure", "revenue")),
        ("purchases", "sales.orders", ("purchases", "synonym", "orders")),
        ("delivered", "sales.orders", ("delivered", "value", "status=completed")),
        ("which were called off", "sales.orders", ("called", "value", "status=cancelled")),
        ("amounts", "sales.orders", ("amounts", "column", "amount")),
        ("placed", "sales.orders", ("placed", "comment", "ordered_at")),
        ("emails of customers", "customer.customers", ("emails", "column", "email")),
        ("reason", "sales.returns", ("reason", "column", "reason_name")),
        ("orderId", "sales.orders", ("order", "table", "orders")),
    ],
)
def test_words_find_tables_and_say_why(lake, text, best, reason):
    hit = search_tables(text)[0]

    assert f"{hit.database}.{hit.name}" == best
    assert reason in why(hit)


def test_one_word_of_a_synonym_of_two_finds_nothing(lake):
    assert list(search_tables("web")) == []


def test_values_of_people_are_not_searched(lake):
    assert "customer.customers" not in names(search_tables("ana@example.org"))


def test_the_table_that_more_words_name_stands_first(lake):
    hits = search_tables("city of the customers")

    assert names(hits)[0] == "customer.customers"
    assert hits[0].score > hits[1].score


def test_words_that_mean_nothing_are_kept_when_there_are_no_others(lake):
    assert list(search_tables("what is it")) == []


def test_what_glue_refuses_is_told_as_it_is(lake, monkeypatch):
    def refuse(**_):
        raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, "Get")

    client = glue.clients.client("glue")
    monkeypatch.setattr(client, "get_table", refuse)
    monkeypatch.setattr(client, "get_tables", refuse)

    with pytest.raises(ClientError):
        glue.table("sales", "orders")
    with pytest.raises(ClientError):
        glue.tables("sales")


@pytest.mark.parametrize(
    ("entry", "kind"),
    [
        ({"TableType": "VIRTUAL_VIEW"}, "view"),
        ({"Parameters": {"table_type": "ICEBERG"}}, "iceberg"),
        ({"Parameters": {"classification": "Parquet"}}, "parquet"),
        (
            {"StorageDescriptor": {"SerdeInfo": {"SerializationLibrary": "x.ParquetSerDe"}}},
            "parquet",
        ),
        ({"StorageDescriptor": {"InputFormat": "org.TextInputFormat"}}, "csv"),
        ({}, ""),
    ],
)
def test_the_format_is_read_from_what_the_catalog_has(entry, kind):
    assert glue.format_of(entry) == kind


def test_partitions_are_listed_as_far_as_time_carries(lake, monkeypatch):
    monkeypatch.setattr(partitions, "_SECONDS", -1.0)

    found = describe.describe_table("sales", "orders")

    assert found.partitions == 1
    assert found.gaps == ("Only 1 partitions were listed in -1 s.",)


@pytest.mark.parametrize(
    ("typed", "known"),
    [("category", "categories"), ("address", "addresses"), ("status", "status"), ("box", "boxes")],
)
def test_plurals_are_the_same_word(typed, known):
    assert singular(known) == singular(typed) == typed

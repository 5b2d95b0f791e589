import pytest

from datalfred import settings
from datalfred.lake.catalog import documents
from datalfred.lake.catalog.models import WordMatch
from datalfred.lake.catalog.search import search_tables
from tests.support import small_lake


def test_tables_that_may_not_be_read_are_not_found(small_aws):
    lists = {"DATALFRED_DATABASES": "", "DATALFRED_TABLES": "sales.*,!sales.orders"}
    with settings.using(small_lake.environment(small_aws, **lists)):
        found = {f"{hit.database}.{hit.name}" for hit in search_tables()}
        near = search_tables("orders")

    assert found == {"sales.contacts", "sales.returns", "sales.salaries"}
    assert "orders" not in {hit.name for hit in near}


@pytest.fixture
def projected(lake):
    glue = lake.client("glue")
    entry = {
        "Name": "readings",
        "PartitionKeys": [{"Name": "Plant", "Type": "string"}, {"Name": "day", "Type": "string"}],
        "StorageDescriptor": {"Columns": [{"Name": "level", "Type": "int"}]},
        "Parameters": {
            "projection.enabled": "true",
            "projection.Plant.type": "enum",
            "projection.Plant.values": "lisbon, porto",
            "projection.day.type": "date",
        },
    }
    glue.create_table(DatabaseName="sales", TableInput=entry)
    yield
    glue.delete_table(DatabaseName="sales", Name="readings")


def test_values_that_a_partition_key_is_declared_to_have_are_found(projected):
    hit = search_tables("porto")[0]

    assert hit.matches == (WordMatch(word="porto", kind="value", name="plant=porto"),)


def test_a_large_catalog_is_kept_for_a_while_for_whoever_read_it(lake, small_aws, monkeypatch):
    monkeypatch.setattr(documents, "_WORTH_KEEPING_SECONDS", -1.0)
    monkeypatch.setattr(documents, "_kept", {})
    kept = documents.of_database("sales").documents

    assert documents.of_database("sales").documents is kept
    lists = {"DATALFRED_TABLES": "sales.returns"}
    with settings.using(small_lake.environment(small_aws, **lists)):
        assert [one.name for one in documents.of_database("sales").documents] == ["returns"]

    monkeypatch.setattr(documents, "_KEPT_SECONDS", 0.0)
    assert documents.of_database("sales").documents is not kept


def test_no_more_is_kept_than_a_process_has_room_for(lake, monkeypatch):
    monkeypatch.setattr(documents, "_WORTH_KEEPING_SECONDS", -1.0)
    monkeypatch.setattr(documents, "_MOST_KEPT_COLUMNS", 3)
    monkeypatch.setattr(documents, "_kept", {})
    documents.of_database("sales")

    assert documents._kept == {}

import contextlib
import time

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


@pytest.fixture
def large(monkeypatch):
    """Every catalog is large enough to be kept."""
    monkeypatch.setattr(documents, "_WORTH_KEEPING_TABLES", 1)
    documents.forget()
    yield
    documents.forget()


@pytest.fixture
def newer(lake):
    """Makes a table that a kept catalog does not know."""
    glue = lake.client("glue")
    yield lambda: glue.create_table(DatabaseName="sales", TableInput={"Name": "voyages"})
    with contextlib.suppress(glue.exceptions.EntityNotFoundException):
        glue.delete_table(DatabaseName="sales", Name="voyages")


def names(text="", database=""):
    return [hit.name for hit in search_tables(text, database)]


def test_a_large_catalog_is_kept_for_whoever_read_it(large, newer, small_aws):
    everything = names()
    newer()

    assert names() == everything
    lists = {"DATALFRED_TABLES": "sales.voyages"}
    with settings.using(small_lake.environment(small_aws, **lists)):
        assert names() == ["voyages"]


def test_what_is_kept_is_large_in_all_not_in_each_database(large, newer, monkeypatch):
    tables = [len(names(database=each)) for each in ("sales", "customer")]
    documents.forget()
    monkeypatch.setattr(documents, "_WORTH_KEEPING_TABLES", max(tables) + 1)
    everything = names()
    newer()

    assert sum(tables) > max(tables)
    assert names() == everything


def test_a_small_catalog_is_read_anew_by_every_search(lake, newer):
    names()
    newer()

    assert "voyages" in names()


def test_a_kept_catalog_is_read_anew_after_a_while(large, newer, monkeypatch):
    names()
    newer()
    monkeypatch.setattr(documents, "_KEPT_SECONDS", 0.0)

    assert "voyages" in names()


def test_nothing_is_only_said_to_be_found_of_a_catalog_as_it_is_now(large, newer):
    assert names("voyages") == []
    newer()

    assert names("voyages") == ["voyages"]


def test_a_search_says_how_old_the_catalog_is_that_it_read(large, lake, monkeypatch):
    assert search_tables("orders").seconds_old == 0
    passed = time.monotonic() + 30
    monkeypatch.setattr(time, "monotonic", lambda: passed)

    assert search_tables("orders").seconds_old == 30


def test_no_more_is_kept_than_a_process_has_room_for(large, newer, monkeypatch):
    monkeypatch.setattr(documents, "_MOST_KEPT_COLUMNS", 3)
    names()
    newer()

    assert "voyages" in names()

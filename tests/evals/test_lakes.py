"""The lakes of the evals: the same every time, served like any folder, with truths that hold."""

import hashlib
from contextlib import contextmanager

import pytest

from datalfred import clients, settings
from datalfred.errors import NotFoundError
from datalfred.evals import lakes
from datalfred.evals.cases import load_suite
from datalfred.evals.reference import Reference
from datalfred.local.aws.embedded import EmbeddedAws
from datalfred.local.lakes import DEMO, lake_named

GENERATED = ("bike_sharing", "logistics")
SHOWN_ROWS = 50
"""Rows of a result that an answer shows; a longer truth could never be matched."""


@contextmanager
def served(name, folder):
    """The lake in an embedded AWS of its own, in whose environment the block runs."""
    wanted = DEMO if name == DEMO else str(lakes.generate(name, folder / "lake"))
    with EmbeddedAws() as aws, settings.using({**settings.environment(), **aws.environment()}):
        lake_named(wanted, folder / "cache").seed(aws, lambda *_: None)
        yield


def digests(folder):
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


def truths(lake):
    """The SQL of every case over the lake, by file and case."""
    return {
        f"{stem}/{case.id}": case.expect.sql
        for stem, file in load_suite("questions").items()
        if file.lake == lake
        for case in file.cases
        if case.expect.sql
    }


def problem(sql, rows):
    """What keeps the rows from being a truth; nothing when they are one."""
    if not rows:
        return "no row"
    if len(rows) > SHOWN_ROWS:
        return f"{len(rows)} rows"
    if "today" in sql:
        return ""  # on the first day of a year, this year holds nothing
    if any(value is None for row in rows for value in row):
        return "a null"
    return "nothing but zero" if all(not value for row in rows for value in row) else ""


@pytest.mark.parametrize("name", GENERATED)
def test_a_lake_is_the_same_in_every_run_byte_for_byte(name, tmp_path):
    first, second = (digests(lakes.generate(name, tmp_path / each)) for each in ("a", "b"))

    assert first == second


@pytest.mark.parametrize("name", GENERATED)
def test_a_lake_is_small_mixes_formats_and_brings_no_semantic_layer(name, tmp_path):
    files = [path for path in lakes.generate(name, tmp_path).rglob("*") if path.is_file()]

    assert sum(path.stat().st_size for path in files) < 1_000_000
    assert {path.suffix for path in files} == {".parquet", ".csv", ".json"}


@pytest.mark.parametrize("name", [*GENERATED, pytest.param(DEMO, marks=pytest.mark.slow)])
def test_every_truth_about_a_lake_runs_and_is_not_empty_by_accident(name, tmp_path):
    asked = truths(name)
    with served(name, tmp_path), Reference() as reference:
        problems = {case: problem(sql, reference.rows(sql)) for case, sql in asked.items()}

    assert asked
    assert {case: said for case, said in problems.items() if said} == {}


def test_the_logistics_lake_is_served_with_partitions_and_two_databases(tmp_path):
    with served("logistics", tmp_path):
        glue = clients.client("glue")
        tables = {
            database: {
                table["Name"]: [key["Name"] for key in table["PartitionKeys"]]
                for table in glue.get_tables(DatabaseName=database)["TableList"]
            }
            for database in ("freight", "finance")
        }
        partitions = glue.get_partitions(DatabaseName="freight", TableName="shipments")

    assert tables == {
        "freight": {"shipments": ["month"], "carriers": [], "warehouses": [], "incidents": []},
        "finance": {"invoices": [], "payments": []},
    }
    months = [partition["Values"] for partition in partitions["Partitions"]]
    assert sorted(months) == [[f"2026-0{month}"] for month in range(1, 10)]


def test_every_key_of_the_logistics_lake_leads_to_a_row(tmp_path):
    with served("logistics", tmp_path), Reference() as reference:
        loose = reference.rows(
            "SELECT count(*) FROM finance.payments FULL JOIN finance.invoices USING (invoice_id)"
            " LEFT JOIN freight.shipments USING (shipment_id)"
            " LEFT JOIN freight.carriers USING (carrier_id)"
            " LEFT JOIN freight.warehouses USING (warehouse_id)"
            " WHERE invoice_id IS NULL OR carrier_name IS NULL OR warehouse_name IS NULL"
        )

    assert loose == [(0,)]


def test_an_unknown_lake_names_those_that_there_are(tmp_path):
    with pytest.raises(NotFoundError) as caught:
        lakes.generate("atlantis", tmp_path)

    assert caught.value.near == (DEMO, *GENERATED)

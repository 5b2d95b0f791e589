"""The semantic layer speaks of the lake as it is: its columns, its values, its keys."""

from datetime import datetime

import pytest
import sqlglot
import yaml
from sqlglot import exp

from datalfred.lake.catalog.semantics import parse
from datalfred.local.demo_lake.definition import DATABASES, SEMANTICS, table_definitions

TABLES = {f"{t.database}.{t.name}": t for t in table_definitions()}
LAYER = {
    f"{database}.{name}": table
    for database in DATABASES
    for name, table in yaml.safe_load((SEMANTICS / f"{database}.yaml").read_text())[
        "tables"
    ].items()
}
MEASURES = [(table, name) for table, layer in LAYER.items() for name in layer.get("measures", {})]
JOINS = [(table, join) for table, layer in LAYER.items() for join in layer.get("joins", [])]
VALUES = [
    (table, column)
    for table, layer in LAYER.items()
    for column, described in layer.get("columns", {}).items()
    if "values" in described
]


def columns(table: str) -> dict[str, str]:
    described = TABLES[table]
    return {c.name: c.type for c in (*described.columns, *described.partition_keys)}


def test_every_table_is_described():
    assert set(LAYER) == set(TABLES)


@pytest.mark.parametrize("table", LAYER)
def test_only_columns_that_exist_are_named(table):
    layer, known = LAYER[table], set(columns(table))

    assert set(layer) <= {
        "synonyms",
        "time_column",
        "time_partition",
        "label_columns",
        "columns",
        "measures",
        "joins",
    }
    assert set(layer.get("columns", {})) <= known
    assert set(layer["label_columns"]) <= known
    assert layer.get("time_column") in {None, *known}
    assert layer["synonyms"]


@pytest.mark.parametrize(("table", "name"), MEASURES)
def test_a_measure_is_one_aggregate_over_columns_of_its_table(connection, table, name):
    measure = LAYER[table]["measures"][name]
    tree = sqlglot.parse_one(measure["expression"], dialect="athena")

    assert {column.name for column in tree.find_all(exp.Column)} <= set(columns(table))
    assert list(tree.find_all(exp.AggFunc))
    assert measure["description"]
    translated = tree.sql("duckdb")
    (value,) = connection.execute(f"SELECT {translated} FROM {table}").fetchall()[0]
    assert value is not None
    assert value > 0


@pytest.mark.parametrize(("table", "column"), VALUES)
def test_the_declared_values_are_those_that_the_column_holds(sql, table, column):
    declared = set(LAYER[table]["columns"][column]["values"])

    held = {row[0] for row in sql(f"SELECT DISTINCT CAST({column} AS VARCHAR) FROM {table}")}

    assert held - {None, ""} == declared


@pytest.mark.parametrize("table", LAYER)
def test_every_text_column_of_few_values_declares_them(sql, table):
    declared = LAYER[table].get("columns", {})
    free = {"description", "city", "store_name", "brand", "month"}
    for column, kind in columns(table).items():
        if kind != "string" or column in free:
            continue
        (distinct,) = sql(f"SELECT count(DISTINCT {column}) FROM {table}")[0]
        assert distinct > 20 or "values" in declared.get(column, {}), column


@pytest.mark.parametrize(("table", "join"), JOINS)
def test_a_join_is_many_to_one(sql, table, join):
    here, there = list(join["columns"]), list(join["columns"].values())

    assert set(here) <= set(columns(table))
    keys = ", ".join(there)
    assert sql(f"SELECT {keys} FROM {join['table']} GROUP BY ALL HAVING count(*) > 1 LIMIT 1") == []


@pytest.mark.parametrize("table", [t for t, layer in LAYER.items() if "time_partition" in layer])
def test_a_time_partition_repeats_its_time_column(sql, table):
    layer = LAYER[table]
    partition = layer["time_partition"]
    sample = sql(f"SELECT {layer['time_column']}, {partition['column']} FROM {table} LIMIT 50")

    assert isinstance(sample[0][0], datetime)
    assert all(time.strftime(partition["pattern"]) == value for time, value in sample)


def test_personal_columns_are_marked():
    marked = {
        f"{table}.{column}"
        for table, layer in LAYER.items()
        for column, described in layer.get("columns", {}).items()
        if described.get("personal")
    }

    assert marked == {
        "customer.customers.full_name",
        "customer.customers.email",
        "customer.addresses.street",
    }


def test_words_of_measures_are_not_shared_within_a_table():
    for table, layer in LAYER.items():
        words = [w for m in layer.get("measures", {}).values() for w in m.get("synonyms", [])]
        assert len(words) == len(set(words)), table


@pytest.mark.parametrize("database", DATABASES)
def test_the_catalog_reads_the_layer(database):
    source = SEMANTICS / f"{database}.yaml"

    found = parse(source.read_text(), str(source))

    assert {f"{database}.{name}" for name in found.tables} <= set(LAYER)
    assert all(table.measures for table in found.tables.values())

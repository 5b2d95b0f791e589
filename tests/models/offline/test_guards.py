"""A follow-up that drops something says so; SQL is found inside a sentence."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from datalfred.models.offline.catalog_view import Column, Table
from datalfred.models.offline.ir import ColumnRef, Condition, Dimension, Metric, Query
from datalfred.models.offline.keeping import lost
from datalfred.models.offline.statements import asks_price, statement_of
from datalfred.models.offline.time_span import TimeRange

START = datetime(2026, 1, 1, tzinfo=UTC).replace(tzinfo=None)
COLOUR = ColumnRef("farm.sheep", Column("colour", "string"))
BEFORE = Query(
    Table("farm", "sheep"),
    metrics=(Metric("count", table="farm.sheep", name="sheep"),),
    groups=(Dimension(COLOUR, name="colour"),),
    conditions=(Condition(COLOUR, "in", ("black",), words="black"),),
    times=(TimeRange(START, None),),
    limit=3,
)


def test_a_follow_up_that_keeps_everything_loses_nothing() -> None:
    assert list(lost(BEFORE, BEFORE, [])) == []


@pytest.mark.parametrize(
    ("after", "word"),
    [
        (replace(BEFORE, times=()), "period"),
        (replace(BEFORE, shape="values"), "only the rows"),
        (replace(BEFORE, conditions=(), groups=()), "black"),
        (replace(BEFORE, groups=()), "split by colour"),
        (replace(BEFORE, metrics=(Metric("avg", name="wool"),)), "sheep is still asked for"),
    ],
)
def test_what_a_follow_up_drops_is_named(after: Query, word: str) -> None:
    assert any(word in sentence for sentence in lost(BEFORE, after, []))


@pytest.mark.parametrize(
    ("question", "sql"),
    [
        ("What would SELECT a FROM b.c cost me?", "SELECT a FROM b.c"),
        ("run this: ```sql\nselect 1\n```", "select 1"),
        ("with s as (select 1 as a) select a from s", "with s as (select 1 as a) select a from s"),
        ("with customers from France, how many orders?", ""),
        ("select the orders from Germany", ""),
        ("explain select a from b", "explain select a from b"),
    ],
)
def test_sql_is_told_from_english(question: str, sql: str) -> None:
    assert statement_of(question) == sql


def test_the_words_around_a_statement_ask_for_its_price_or_its_rows() -> None:
    assert asks_price("what would select cost from x cost?", "select cost from x")
    assert not asks_price("run select cost from x", "select cost from x")

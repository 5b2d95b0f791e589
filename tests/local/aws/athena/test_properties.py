"""Random queries answer as the reference evaluates them, and random text breaks nothing.

``ATHENA_EXAMPLES=20000 pytest tests/local/aws/athena/test_properties.py`` looks further.
"""

import random
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from datalfred import settings as datalfred_settings
from datalfred.local.aws.athena.failures import RequestError, StatementError
from datalfred.local.aws.athena.translate.dialect import Source, parse_query
from datalfred.local.aws.athena.translate.statement import translate
from tests.local.aws.athena.conftest import NOW, NoTables
from tests.support.trino_reference.draws import Draws
from tests.support.trino_reference.verdicts import (
    FAILED,
    REFUSED,
    RIGHT,
    UNDECIDED,
    Answer,
    verdict,
)

_EXAMPLES = int(datalfred_settings.environment().get("ATHENA_EXAMPLES", "300"))
_REFUSED_AT_MOST = 0.02
_UNDECIDED_AT_MOST = 0.03
_PATIENCE_SECONDS = 2.0
_MEASURED = 6  # measuring coverage takes five times as long


@pytest.fixture(scope="module")
def judged(evaluate):
    """What the reference says of Athena's answer to a query."""

    def judge(query):
        try:
            rows, columns = evaluate(query.sql)
        except StatementError as error:
            answer = Answer([], [], str(error))
        else:
            answer = Answer(rows, [str(kind) for _, kind in columns])
        return verdict(query, answer)

    return judge


def test_a_random_query_answers_as_the_reference_does_or_is_refused(judged):
    verdicts = Counter()

    @settings(
        max_examples=max(100, _EXAMPLES // 20),
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.data())
    def answers_alike(data):
        query = Draws(lambda low, high: data.draw(st.integers(low, high))).query()
        said = judged(query)
        verdicts[said] += 1
        assert said in {RIGHT, REFUSED, FAILED, UNDECIDED}, f"{said}\n{query.sql}"

    answers_alike()

    total = sum(verdicts.values())
    assert total >= 100
    assert verdicts[RIGHT] >= total / 2
    assert verdicts[REFUSED] <= total * _REFUSED_AT_MOST, verdicts
    assert verdicts[UNDECIDED] <= total * _UNDECIDED_AT_MOST, verdicts


def test_many_more_random_queries_answer_alike(judged):
    """Without Hypothesis, which takes most of the time of an example."""
    wrong = []
    for seed in range(_EXAMPLES):
        query = Draws(random.Random(seed).randint).query()
        said = judged(query)
        if said not in {RIGHT, REFUSED, FAILED, UNDECIDED}:
            wrong.append(f"seed {seed}: {said}\n{query.sql}")

    assert wrong == []


_WORDS = (Path(__file__).parent / "cases" / "words.txt").read_text(encoding="utf-8").split()


def _translated(sql):
    """Translates a text; only the modelled failures may come out of it."""
    began = time.thread_time()
    try:
        source = Source(sql)
        translate(parse_query(source), source, NoTables(), "default", NOW)
    except (StatementError, RequestError):
        pass
    patience = _PATIENCE_SECONDS * (1 if sys.gettrace() is None else _MEASURED)
    assert time.thread_time() - began < patience, sql[:200]


def test_no_soup_of_words_makes_the_translator_stumble():
    for seed in range(_EXAMPLES * 5):
        chosen = random.Random(seed)
        words = chosen.choices(_WORDS, k=chosen.randint(1, 30))
        start = chosen.choice(("SELECT ", "SELECT x FROM (VALUES 1) t(x) ", "", "VALUES ", "WITH "))
        _translated(start + " ".join(words))


def test_no_mutilated_query_makes_the_translator_stumble():
    for seed in range(_EXAMPLES):
        chosen = random.Random(seed)
        words = Draws(chosen.randint).query().sql.split(" ")
        for _ in range(chosen.randint(1, 4)):
            place = chosen.randrange(len(words))
            words[place : place + chosen.randint(0, 2)] = chosen.choices(_WORDS, k=1)
        _translated(" ".join(words))


@pytest.mark.parametrize(
    "sql",
    [
        f"SELECT {'(' * 5000}1{')' * 5000}",
        f"SELECT {'NOT ' * 5000}true",
        f"SELECT {'-' * 1}{' -' * 5000}1",
        f"SELECT {' + '.join(['1'] * 10000)}",
        f"SELECT {' || '.join(['x'] * 10000)} FROM (VALUES 'a') t(x)",
        f"SELECT x FROM (VALUES 1) t(x) WHERE {' OR '.join(['x = 1'] * 5000)}",
        f"SELECT x IN ({', '.join(['1'] * 10000)}) FROM (VALUES 1) t(x)",
        f"SELECT {'coalesce(' * 3000}1{')' * 3000}",
        f"SELECT {'CASE WHEN true THEN ' * 2000}1{' END' * 2000}",
        f"SELECT 1{' UNION ALL SELECT 1' * 3000}",
        f"{'SELECT * FROM (' * 1000}SELECT 1{')' * 1000}",
        f"SELECT {', '.join(['x'] * 10000)} FROM (VALUES 1) t(x)",
        f"VALUES {', '.join(['1'] * 10000)}",
        f"SELECT * FROM {', '.join(f'(VALUES 1) t{i}(x{i})' for i in range(2000))}",
        f"SELECT {'ARRAY[' * 3000}1{']' * 3000}",
        f"SELECT x{'[1]' * 5000} FROM (VALUES ARRAY[1]) t(x)",
        f"SELECT CAST(NULL AS {'array(' * 3000}integer{')' * 3000})",
        "".join(f"WITH a{i} AS (" for i in range(300)) + "SELECT 1" + ") SELECT 1" * 300,
        "WITH "
        + ", ".join(
            f"a{i} AS (SELECT * FROM a{i - 1}, a{i - 1} AS b)" if i else "a0 AS (SELECT 1 x)"
            for i in range(30)
        )
        + " SELECT 1 FROM a29",
    ],
    ids=lambda sql: f"{sql[:40]} of {len(sql)}",
)
@pytest.mark.parametrize("recursion", [1_000, 10_000])
def test_a_long_or_deep_statement_is_translated_or_refused_in_time(sql, recursion):
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(recursion)  # whoever evaluates JSONata has it at 10,000 from then on
    try:
        _translated(sql)
    finally:
        sys.setrecursionlimit(before)

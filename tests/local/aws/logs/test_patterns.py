"""Filter patterns, case by case; the cases are data: ``filter_patterns.yaml``."""

import contextlib
import json
import re
import time
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from datalfred.local.aws.logs.patterns import PatternError, compile_pattern

CASES = yaml.safe_load((Path(__file__).parent / "filter_patterns.yaml").read_text())
GROUPS = ("terms", "regular expressions", "json", "delimited", "documentation", "edges")
MATCHING = [case for group in GROUPS for case in CASES[group]]


def named(cases: list[dict]) -> list:
    """The cases, with names that tell even equal patterns apart."""
    return [pytest.param(case, id=f"{n} {case['pattern'][:60]}") for n, case in enumerate(cases)]


@pytest.mark.parametrize("case", named(MATCHING))
def test_a_pattern_matches_what_it_should_and_nothing_else(case):
    matches = compile_pattern(case["pattern"])

    assert [m for m in case.get("matches", []) if not matches(m)] == []
    assert [m for m in case.get("misses", []) if matches(m)] == []


@pytest.mark.parametrize("case", named(CASES["invalid"]))
def test_a_pattern_that_cloudwatch_would_refuse_is_refused(case):
    with pytest.raises(PatternError) as caught:
        compile_pattern(case["pattern"])

    assert str(caught.value)


def test_every_case_names_the_page_that_it_follows():
    assert [
        c for c in [*MATCHING, *CASES["invalid"]] if c.get("source") not in CASES["pages"]
    ] == []
    assert len(MATCHING) >= 70


def test_a_pattern_longer_than_the_limit_is_refused():
    compile_pattern("a" * 1024)

    with pytest.raises(PatternError, match="1024"):
        compile_pattern("a" * 1025)


@pytest.mark.parametrize(
    ("pattern", "place"),
    [
        ("ERROR two-words", 7),
        ("{ $.a = 1 && b = 2 }", 14),
        ("{ $.a = 1 && $.b > x }", 14),
        ("  { $.a = %a(b)% }", 5),
        ("[a, b = 1 ||, c]", 13),
        ("[a, ..., b, ...]", 12),
        ("[a, %x]", 5),
        ("{ $.a", 1),
    ],
)
def test_a_refusal_says_where_the_pattern_is_wrong(pattern, place):
    with pytest.raises(PatternError, match=f"at character {place}$"):
        compile_pattern(pattern)


@pytest.mark.parametrize(
    ("pattern", "message", "values"),
    [
        (
            '{ $.eventType = "*" && $.objectList[1].id = 2 }',
            '{"eventType": "UpdateTrail", "objectList": [{"id": 1}, {"id": 2}]}',
            {"$.eventType": "UpdateTrail", "$.objectList[1].id": "2"},
        ),
        (
            "[ip, user, ..., status = 4*, bytes]",
            '127.0.0.1 Prod frank [10/Oct/2000:13:25:15 -0700] "GET / HTTP/1.0" 404 1534',
            {"$ip": "127.0.0.1", "$user": "Prod", "$status": "404", "$bytes": "1534"},
        ),
        ("[a, b = 5]", "1 2", {}),
        ("{ $.a = 1 }", "no document", {}),
        ("ERROR", "an ERROR", {}),
        ("", "anything", {}),
    ],
)
def test_a_pattern_gives_the_values_that_it_names(pattern, message, values):
    assert compile_pattern(pattern).extracted(message) == values


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("%" + "a*" * 40 + "b%", "a" * 20_000 + "c"),
        ("%[ab]*a[ab]{9}c%", "ab" * 10_000),
        ("%a*b%", "a" * 200_000),
        ("%.*.*.*.*.*=.*%", "x" * 20_000),
        ('{ $.a = "' + "*a" * 40 + '*b" }', json.dumps({"a": "a" * 100_000})),
        ("[a, b = 9]", "[ " * 100_000),
        ("{ $.a = 1 }", "[" * 100_000),
        ("{ $.a = 1 }", '{"a": ' + "9" * 5000 + "}"),
    ],
    ids=range(8),
)
def test_no_message_makes_a_pattern_search_for_long(pattern, message):
    matches = compile_pattern(pattern)
    began = time.perf_counter()

    assert not matches(message)

    assert time.perf_counter() - began < 2


def test_nested_parentheses_have_a_limit():
    compile_pattern("{" + "(" * 50 + "$.a = 1" + ")" * 50 + "}")

    with pytest.raises(PatternError, match="more than 50 deep"):
        compile_pattern("{" + "(" * 400 + "$.a = 1" + ")" * 400 + "}")


def test_an_expression_that_repeats_too_much_is_refused():
    with pytest.raises(PatternError, match="repeats too much"):
        compile_pattern("%a{90000}%")


PIECES = st.sampled_from(
    [*'{}[]()$.*?-%"\\=<>!&|, ', "$.a", "...", "IS NULL", "NOT EXISTS", "&&", "||", "1e5", "w1"]
)


@settings(max_examples=150, deadline=None)
@given(st.one_of(st.text(max_size=40), st.lists(PIECES, max_size=20).map("".join)), st.text())
def test_any_text_compiles_or_is_refused(pattern, message):
    with contextlib.suppress(PatternError):
        compile_pattern(pattern)(message)


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet='ab c"\\', min_size=1, max_size=4), st.text(alphabet='ab c"\\'))
def test_a_quoted_phrase_matches_where_it_stands_in_the_message(phrase, message):
    quoted = phrase.replace("\\", "\\\\").replace('"', '\\"')

    assert compile_pattern(f'"{quoted}"')(message) == (not phrase.strip() or phrase in message)


LEAVES = st.one_of(
    st.integers(-3, 3), st.sampled_from(["x", "y", "1", ""]), st.booleans(), st.none()
)
DOCUMENTS = st.dictionaries(
    st.sampled_from("abc"),
    st.one_of(LEAVES, st.dictionaries(st.sampled_from("abc"), LEAVES), st.lists(LEAVES)),
)


@settings(max_examples=150, deadline=None)
@given(DOCUMENTS, st.sampled_from("abc"), st.sampled_from(["x", "1", "", "true"]))
def test_equality_in_json_is_what_python_says(document, key, text):
    matches = compile_pattern(f'{{ $.{key} = "{text}" }}')

    value = document.get(key)
    shown = str(value).lower() if isinstance(value, bool) else str(value)
    assert matches(json.dumps(document)) == (isinstance(value, str | int | bool) and shown == text)


@settings(max_examples=150, deadline=None)
@given(DOCUMENTS, st.sampled_from("abc"), st.integers(-3, 3), st.sampled_from(["<", ">=", "="]))
def test_the_order_of_numbers_in_json_is_what_python_says(document, key, number, sign):
    matches = compile_pattern(f"{{ $.{key} {sign} {number} }}")

    value = document.get(key)
    if isinstance(value, str) and value:
        value = int(value) if value.isdigit() else None
    holds = {"<": int.__lt__, ">=": int.__ge__, "=": int.__eq__}[sign]
    comparable = isinstance(value, int) and not isinstance(value, bool)
    assert matches(json.dumps(document)) == bool(comparable and holds(value, number))


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [
                r"a",
                r"b",
                r".",
                r"[ab]",
                r"[^a]",
                r"\d",
                r"\S",
                r"a*",
                r"b+",
                r".?",
                r"a{1,2}",
                r"b{2}",
                r"|",
                r"^",
                r"$",
            ]
        ),
        min_size=1,
        max_size=6,
    ).map("".join),
    st.sampled_from(["", "^"]),
    st.sampled_from(["", "$"]),
    st.text(alphabet="ab1 \né", max_size=8),
)
def test_expressions_mean_what_they_mean_in_python(middle, start, end, message):
    expression = start + middle + end

    assert compile_pattern(f"%{expression}%")(message) == bool(
        re.search(expression, message, re.ASCII)
    )

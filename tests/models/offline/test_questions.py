"""Every question of ``cases/`` is answered with the value that its reference statement gives.

A case is ``ask`` (or ``turns``, the last one counting) with ``sql`` (the statement whose rows the
answer must hold), ``says`` (words of the answer), ``abstain: true`` (there must be no answer) or
``abstain_or: true`` (no answer is as good as the right one, a wrong one is not).
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

CASES = Path(__file__).parent / "cases"
SHOP = (
    "shop_numbers",
    "shop_voices",
    "shop_traps",
    "shop_more",
    "shop_last",
    "shop_corners",
    "shop_talks",
    "shop_catalog",
    "shop_people",
    "shop_people_more",
    "shop_third",
    "shop_fourth",
    "shop_fifth",
    "shop_sixth",
    "shop_guards",
)
PLAIN = ("clinic", "erp", "school", "gym", "gym_more", "airport", "library")
LONGEST_ANSWER = 2_000


def cases(*names: str) -> list[Any]:
    return [
        pytest.param(case, id=f"{name}-{number}")
        for name in names
        for number, case in enumerate(yaml.safe_load((CASES / f"{name}.yaml").read_text("utf-8")))
    ]


def same_value(one: str | None, other: str | None) -> bool:
    if one is None or other is None:
        return one == other
    try:
        a, b = float(one), float(other)
    except ValueError:
        return one.removesuffix(" 00:00:00") == other.removesuffix(" 00:00:00")
    return abs(a - b) <= max(0.011, 1e-4 * abs(a))


def holds(rows: Sequence[Sequence[str | None]], wanted: Sequence[Sequence[str | None]]) -> bool:
    """Whether each wanted row lies in a row of its own, whatever else that row shows."""
    if len(wanted) > 40:  # a result shows a model its first rows only
        return len(rows) == 40
    left = list(rows)
    for row in wanted:
        match = next((r for r in left if all(any(same_value(v, x) for x in r) for v in row)), None)
        if match is None:
            return False
        left.remove(match)
    return not left


def check(talks: Any, lake: Any, case: dict[str, Any]) -> None:
    talk = talks(lake)
    for question in case.get("turns") or [case["ask"]]:
        answer = talk.ask(question)

    assert len(answer.text) <= LONGEST_ANSWER
    if case.get("abstain"):
        assert answer.abstained, answer.text
        return
    if answer.abstained and case.get("abstain_or"):
        return
    for words in case.get("says", ()):
        assert words.lower() in answer.text.lower(), answer.text
    if "says" in case:
        return
    assert not answer.abstained, answer.text
    if case.get("rows") == "ten":
        assert len(answer.rows) == 10
    else:
        assert holds(answer.rows, lake.query(case["sql"])), answer.sql


@pytest.mark.parametrize("case", cases(*SHOP))
def test_a_question_to_the_shop_is_answered_by_value(
    case: dict[str, Any], shop: Any, talks: Any
) -> None:
    check(talks, shop, case)


@pytest.mark.parametrize("case", cases("clinic"))
def test_a_question_to_a_hospital_without_semantics_is_answered_by_value(
    case: dict[str, Any], clinic: Any, talks: Any
) -> None:
    check(talks, clinic, case)


@pytest.mark.parametrize("case", cases("erp"))
def test_a_question_to_abbreviated_names_is_answered_by_value(
    case: dict[str, Any], erp: Any, talks: Any
) -> None:
    check(talks, erp, case)


@pytest.mark.parametrize("case", cases("school"))
def test_a_question_to_a_school_without_semantics_is_answered_by_value(
    case: dict[str, Any], school: Any, talks: Any
) -> None:
    check(talks, school, case)


@pytest.mark.parametrize("case", cases("gym", "gym_more"))
def test_a_question_to_a_gym_without_semantics_is_answered_by_value(
    case: dict[str, Any], gym: Any, talks: Any
) -> None:
    check(talks, gym, case)


@pytest.mark.parametrize("case", cases("airport"))
def test_a_question_to_an_airport_without_semantics_is_answered_by_value(
    case: dict[str, Any], airport: Any, talks: Any
) -> None:
    check(talks, airport, case)


@pytest.mark.parametrize("case", cases("library"))
def test_a_question_to_a_library_without_semantics_is_answered_by_value(
    case: dict[str, Any], library: Any, talks: Any
) -> None:
    check(talks, library, case)


def test_there_are_at_least_250_questions() -> None:
    assert len(cases(*SHOP, *PLAIN)) >= 250

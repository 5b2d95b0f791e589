"""Conversations on operations, end to end: the supervisor, and run guy over a recorded night."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

HERE = Path(__file__).parent / "cases"
CASES = [
    pytest.param(case, id=f"{path.stem}-{number}")
    for path in sorted(HERE.glob("talks_*.yaml"))
    for number, case in enumerate(yaml.safe_load(path.read_text("utf-8")))
]


class Crew:
    """The supervisor's tool: run guy answers for himself, the analyst says that it was asked."""

    def __init__(self, run_guy: Callable[[], Any]) -> None:
        self.run_guy = run_guy
        self.asked: list[str] = []
        self.calls: list[tuple[str, dict[str, Any]]] = []

    def call(self, _operation: str, given: dict[str, Any]) -> dict[str, Any]:
        self.asked.append(given["recipient"])
        if given["recipient"] != "run_guy":
            return {"text": "The data analyst was asked."}
        answer = self.run_guy().ask(given["content"])
        self.calls += answer.calls
        return {"text": answer.text}


@pytest.mark.parametrize("case", CASES)
def test_a_conversation_reaches_the_operation_and_the_words(
    case: dict[str, Any], run_guy_talks: Any, supervisor_talks: Any
) -> None:
    talk = supervisor_talks()
    talk.lake = crew = Crew(run_guy_talks)
    for earlier in case.get("before", ()):
        talk.ask(earlier)
    crew.asked, crew.calls = [], []

    answer = talk.ask(case["ask"])

    operations = [name.rsplit("__", 1)[-1] for name, _ in crew.calls]
    assert crew.asked == case.get("to", crew.asked), answer.text
    assert not set(case.get("not", ())) & set(operations), answer.text
    if "redriven" in case:
        asked = [i["pipeline"] for n, i in crew.calls if n.endswith("request_redrive")]
        assert asked == case["redriven"], answer.text
    if "calls" in case:
        assert case["calls"] in operations, answer.text
        given = [i for n, i in crew.calls if n.endswith(case["calls"])]
        assert any(case.get("with", {}).items() <= i.items() for i in given), given
    for words in case.get("says", ()):
        assert any(w.lower() in answer.text.lower() for w in words.split("|")), answer.text

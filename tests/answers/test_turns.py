import json

import pytest

from datalfred.answers.turns import Moment, PastTurn, read, written
from datalfred.bedrock.runtime import (
    AgentAnswered,
    AgentAsked,
    Citation,
    ConfirmationRequested,
    Failed,
    GuardrailActed,
    ModelUsed,
    OperationCalled,
    OperationReturned,
    Retrieved,
    Text,
    Thought,
)

EVENTS = (
    AgentAsked("run_guy", "supervisor", "why?"),
    OperationCalled("run_guy", "compute", "list_jobs", {"hours": "24"}, "t-1"),
    OperationReturned("run_guy", "compute", "list_jobs", '{"jobs": []}', "t-1"),
    Retrieved("run_guy", "oom", (Citation("Give it more.", "runbooks/oom.md"),)),
    ModelUsed("run_guy", "offline", 10, 2, 5),
    AgentAnswered("run_guy", "memory"),
    GuardrailActed("NONE"),
    Citation("Give it more.", "runbooks/oom.md"),
    Text("It had too little. \ud800 😀"),
    Failed("X", "It broke.", retryable=True, hint="Wait."),
)


def turn(*events, **named):
    moments = tuple(Moment(f"2026-11-20T10:00:0{at % 10}Z", each) for at, each in enumerate(events))
    return PastTurn(
        "why?\x00", "2026-11-20T10:00:00Z", "local:ana", "local: demo lake", moments, **named
    )


def test_a_turn_is_read_as_it_was_written():
    for past in (turn(*EVENTS), turn(), turn(finished=False, traced=False)):
        assert read(written(past)) == past


def test_what_an_agent_thought_and_what_another_team_asked_is_not_kept():
    past = turn(Thought("supervisor", "secret plan"), ConfirmationRequested("i", ()), Text("a"))

    assert "secret plan" not in written(past)
    assert read(written(past)).events == (Text("a"),)


def test_of_a_turn_in_which_the_guardrail_intervened_only_words_and_tokens_are_kept():
    past = turn(*EVENTS[:5], GuardrailActed("INTERVENED"), Text("Sorry."))

    kept = read(written(past)).events

    assert kept == (EVENTS[4], GuardrailActed("INTERVENED"), Text("Sorry."))
    assert "list_jobs" not in written(past)


def test_what_a_later_version_wrote_is_read_as_far_as_it_is_known():
    later = json.loads(written(turn(Text("a"))))
    later["mood"] = "good"
    later["moments"].append(["2026-11-20T10:00:01Z", "Sang", {"song": "la"}])

    assert read(json.dumps(later)) == turn(Text("a"))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        "7",
        '{"moments": 3}',
        '{"moments": [["", "Text", {"words": 1}]]}',
        '{"moments": []}',
    ],
)
def test_what_is_no_turn_is_refused(text):
    with pytest.raises(ValueError, match="no turn"):
        read(text)

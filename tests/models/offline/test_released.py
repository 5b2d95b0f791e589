"""Who says that a waiting query is approved gets it run: by the same question, asked again."""

from typing import Any

import pytest

WAITING = (
    "The query waits for approval 0123456789abcdef0123456789abcdef until 2026-03-18T10:15:00Z; "
    "nothing ran. Run one query that reads at most 2.0 GB ($0.01). A person approves the price "
    'with `datalfred approvals approve 0123456789abcdef0123456789abcdef`; then say "run it".'
)


@pytest.fixture
def talk(supervisor_talks: Any) -> Any:
    talk = supervisor_talks(data_analyst=WAITING)
    talk.ask("revenue by country")
    return talk


@pytest.mark.parametrize(
    "words",
    [
        "run it",
        "Run it now, please",
        "now run the query",
        "yes, it is approved",
        "it's approved",
        "It has been approved now.",
        "the query is approved, run it",
        "approved",
        "I approved it",
        "I've just approved it, please run it",
        "Ben has approved the query",
        "ok, done, try it again",
        "approval 0123456789abcdef0123456789abcdef is approved",
    ],
)
def test_the_question_is_asked_again_with_its_own_words(talk: Any, words: str) -> None:
    talk.ask(words)

    assert talk.lake.sent[1:] == [("data_analyst", "revenue by country")]


@pytest.mark.parametrize("words", ["yes", "approve it", "approve 0123456789abcdef", "go ahead"])
def test_a_wish_to_approve_approves_nothing_and_runs_nothing(talk: Any, words: str) -> None:
    answer = talk.ask(words)

    assert talk.lake.sent[1:] == []
    assert "datalfred approvals" in answer.text


@pytest.mark.parametrize(
    "words", ["which campaigns were approved?", "orders approved last month", "run it by Ben first"]
)
def test_other_words_of_approval_are_questions_of_their_own(talk: Any, words: str) -> None:
    talk.ask(words)

    assert ("data_analyst", "revenue by country") not in talk.lake.sent[1:]


def test_between_the_two_something_else_may_be_said(talk: Any) -> None:
    talk.ask("thanks")
    talk.ask("is it approved?")

    talk.ask("now it is approved")

    assert talk.lake.sent[-1] == ("data_analyst", "revenue by country")


def test_what_the_question_leaned_on_is_sent_along(supervisor_talks: Any) -> None:
    talk = supervisor_talks(data_analyst=WAITING)
    talk.ask("revenue by country")
    talk.ask("and only for France?")

    talk.ask("run it")

    assert talk.lake.sent[-1][1].startswith("and only for France?")
    assert '"revenue by country"' in talk.lake.sent[-1][1]


def test_without_a_waiting_query_the_words_are_read_as_before(supervisor_talks: Any) -> None:
    talk = supervisor_talks()
    talk.ask("revenue by country")

    talk.ask("it is approved")

    assert ("data_analyst", "revenue by country") not in talk.lake.sent[1:]

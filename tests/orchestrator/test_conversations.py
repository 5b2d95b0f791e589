"""Turn after turn: what a session remembers, relays, forgets and refuses."""

import threading

import pytest

from datalfred.bedrock.service_error import ServiceError
from datalfred.models.scripted import Call, Say
from datalfred.orchestrator.sessions import SqliteSessions

QUERY = "post__athena__run_query"


def ask(recipient, content):
    return Call("AgentCommunication__sendMessage", {"recipient": recipient, "content": content})


def echo(heard):
    return Say(f"re {heard.messages[-1]['content'][0]['text']}")


def test_a_turn_sees_the_one_before(stage):
    here = stage(echo)

    here.answer("one")
    here.answer("two")

    assert here.heard() == ["user: one", "assistant: re one", "user: two"]


def test_two_sessions_share_nothing(stage):
    here = stage(echo)

    here.answer("one", "s-1", sessionState={"sessionAttributes": {"user": "local:ana"}})
    here.answer("two", "s-2")

    assert here.heard() == ["user: two"]


def test_two_agents_share_no_session(stage):
    here = stage(echo)

    here.answer("one")
    here.answer("two", agent="data_analyst")

    assert here.heard() == ["user: two"]


def test_tool_calls_are_remembered_with_their_results(stage):
    here = stage([Say(calls=(Call(QUERY, {"sql": "x"}),)), Say("42."), Say("As I said.")])

    here.answer("one", agent="data_analyst")
    here.answer("two", agent="data_analyst")

    assert here.heard() == [
        "user: one",
        "assistant: <toolUse>",
        "user: <toolResult>",
        "assistant: 42.",
        "user: two",
    ]


def test_the_twenty_first_message_leaves(stage):
    here = stage(echo)
    for number in range(10):
        here.answer(f"q{number}")
    assert len(here.heard()) == 19

    here.answer("q10")

    assert "user: q0" not in here.heard()
    assert here.heard()[0] == "user: q1"
    assert len(here.heard()) == 19


def test_the_window_is_a_setting(stage):
    here = stage(echo, window_messages=3)
    for number in range(4):
        here.answer(f"q{number}")

    assert here.heard() == ["user: q2", "assistant: re q2", "user: q3"]


@pytest.mark.parametrize(("turns", "seen"), [(0, 1), (1, 3), (10, 7)])
def test_a_turn_may_ask_for_fewer_earlier_turns(stage, turns, seen):
    here = stage(echo)
    for number in range(3):
        here.answer(f"q{number}")
    wanted = {"previousConversationTurnsToInclude": turns}

    here.answer("last", promptCreationConfigurations=wanted)
    assert len(here.heard()) == seen

    here.answer("after")
    assert len(here.heard()) == 9


def test_questions_and_answers_are_relayed_to_whom_they_shall_be(stage):
    def script(heard):
        last = heard.messages[-1]["content"][0]
        if "toolResult" in last:
            return Say("done")
        if heard.system[0]["text"].startswith("supervisor"):
            return Say(calls=(ask("data_analyst", "look"), ask("run_guy", "see")))
        return Say("found")

    here = stage(script)
    here.answer("one")
    here.answer("two")

    _, to_analyst, to_run_guy, _ = here.model.heard[4:]
    assert [message["content"][0].get("text") for message in to_analyst.messages] == [
        "one",
        "done",
        "look",
    ]
    assert [message["content"][0].get("text") for message in to_run_guy.messages] == ["see"]


def test_an_idle_session_begins_anew(stage):
    here = stage(echo)
    here.answer("one")

    here.clock.now += 599
    here.answer("two")
    here.clock.now += 600
    here.answer("three")

    assert here.heard(1) == ["user: one", "assistant: re one", "user: two"]
    assert here.heard(2) == ["user: three"]


def test_session_attributes_persist_until_they_are_set_again(stage):
    here = stage(lambda heard: Say("x") if len(heard.messages) % 2 == 0 else called(heard))

    def called(heard):
        last = heard.messages[-1]["content"][0]
        return Say("x") if "toolResult" in last else Say(calls=(Call(QUERY, {"sql": "x"}),))

    for state in (
        {"sessionAttributes": {"user": "local:ana", "channel": "cli"}},
        {},
        {"sessionAttributes": {"user": "local:bob"}},
    ):
        here.answer(agent="data_analyst", sessionState=state)

    assert [event["sessionAttributes"] for _, event in here.calls] == [
        {"user": "local:ana", "channel": "cli"},
        {"user": "local:ana", "channel": "cli"},
        {"user": "local:bob"},
    ]


def test_an_ended_session_is_forgotten(stage):
    here = stage(echo)
    here.answer("one")

    assert "terminated" in here.answer("", endSession=True)
    here.answer("two")

    assert here.heard() == ["user: two"]


def test_a_conversation_from_elsewhere_is_taken_up_once(stage):
    here = stage(echo)
    said = [
        {"role": "assistant", "content": [{"text": "cut off"}]},
        {"role": "user", "content": [{"text": "before"}]},
        {"role": "assistant", "content": [{"text": "then"}]},
    ]
    state = {"conversationHistory": {"messages": said}}

    here.answer("one", sessionState=state)
    here.answer("two", sessionState=state)

    assert here.heard() == [
        "user: before",
        "assistant: then",
        "user: one",
        "assistant: re one",
        "user: two",
    ]


def test_a_session_is_kept_before_its_answer_is_sent(stage, tmp_path):
    sessions = SqliteSessions(tmp_path / "journal.sqlite", lambda: 0.0)
    here = stage(echo, sessions=sessions)
    parts = here.turn("one")

    assert "chunk" in next(parts)

    identity = here.orchestrator.directory.supervisor
    kept = sessions.load(f"{identity.agent_id}/{identity.alias_id}/session-1")
    parts.close()
    sessions.close()
    assert [message["content"][0]["text"] for message in kept.messages] == ["one", "re one"]


def test_a_second_turn_of_a_session_waits_for_the_first(stage):
    here = stage(echo, patience_seconds=10)
    first = here.turn("one", enableTrace=True)
    next(first)
    answers = []
    second = threading.Thread(target=lambda: answers.append(here.answer("two")))
    second.start()

    list(first)
    second.join()

    assert answers == ["re two"]
    assert here.heard() == ["user: one", "assistant: re one", "user: two"]


def test_a_second_turn_is_refused_when_the_first_takes_too_long(stage):
    here = stage(echo, patience_seconds=0)
    first = here.turn("one", enableTrace=True)

    with pytest.raises(ServiceError, match="earlier turn") as raised:
        here.turn("two")

    assert raised.value.code == "ConflictException"
    list(first)
    assert here.answer("three") == "re three"


def test_a_turn_that_nobody_reads_frees_its_session(stage):
    here = stage(echo, patience_seconds=0)

    here.turn("one")  # dropped unread

    assert here.answer("two") == "re two"


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        ({"inputText": "  "}, "inputText is empty"),
        ({"sessionState": {"invocationId": "i-1"}}, "no agent here returns control"),
        ({"sessionState": {"files": []}}, "not supported by these agents"),
    ],
)
def test_what_cannot_be_done_is_refused_before_the_stream(stage, request_, words):
    here = stage(echo)

    with pytest.raises(ServiceError, match=words) as raised:
        here.turn(**{"text": "x", **request_})

    assert raised.value.code == "ValidationException"


@pytest.mark.parametrize("wrong", ["agentId", "agentAliasId"])
def test_an_unknown_agent_or_alias_is_not_found(stage, wrong):
    here = stage(echo)

    with pytest.raises(ServiceError, match="NOSUCHID") as raised:
        here.turn("one", **{wrong: "NOSUCHID"})

    assert raised.value.code == "ResourceNotFoundException"


def test_ids_are_the_same_on_every_start_and_differ_by_stage(stage):
    ids = [
        [each.agent_id for each in stage([], stage=name).orchestrator.directory]
        for name in ("local", "local", "prod")
    ]

    assert ids[0] == ids[1]
    assert not set(ids[0]) & set(ids[2])
    assert all(len(each) == 10 and each.isalnum() for each in ids[0])

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datalfred.orchestrator import window


def question(text="q"):
    return {"role": "user", "content": [{"text": text}]}


def answer(text="a"):
    return {"role": "assistant", "content": [{"text": text}]}


def call(number=0):
    use = {"toolUseId": f"t-{number}", "name": "x", "input": {}}
    return {"role": "assistant", "content": [{"toolUse": use}]}


def result(number=0):
    done = {"toolUseId": f"t-{number}", "content": [{"text": "r"}]}
    return {"role": "user", "content": [{"toolResult": done}]}


def turn(calls=0):
    pairs = [message for number in range(calls) for message in (call(number), result(number))]
    return [question(), *pairs, answer()]


def test_the_twenty_first_message_leaves():
    talk = [message for number in range(10) for message in (question(f"q{number}"), answer())]

    assert window.newest(talk, 20) == talk
    kept = window.newest([*talk, question("last")], 20)

    assert question("q0") not in kept
    assert kept[0] == question("q1")
    assert kept[-1] == question("last")


def test_a_turn_longer_than_the_window_keeps_its_question_and_its_end():
    kept = window.newest(turn(calls=30), 20)

    assert kept[0] == question()
    assert kept[-1] == answer()
    assert kept[1]["role"] == "assistant"
    assert len(kept) <= 20


@pytest.mark.parametrize("size", [0, 1])
def test_a_window_too_small_for_a_question_and_its_answer_is_empty(size):
    assert window.newest(turn(calls=3), size) == []


def test_messages_without_a_question_are_dropped():
    assert window.newest([answer()] * 5, 3) == []


@given(st.lists(st.integers(0, 12), max_size=12), st.integers(2, 25))
def test_no_tool_result_is_without_its_call_and_a_question_comes_first(turns, size):
    messages = [message for calls in turns for message in turn(calls)]

    kept = window.newest(messages, size)

    assert len(kept) <= size
    if messages:
        assert kept[-1] == messages[-1]
        assert window.is_question(kept[0])
    for before, after in pairwise(kept):
        assert before["role"] != after["role"]
        if "toolResult" in after["content"][0]:
            use = before["content"][0]["toolUse"]
            assert use["toolUseId"] == after["content"][0]["toolResult"]["toolUseId"]


@pytest.mark.parametrize(("turns", "count"), [(0, 0), (1, 2), (2, 6), (9, 6)])
def test_the_newest_turns_are_whole(turns, count):
    assert len(window.newest_turns(turn(calls=1) + turn(), turns)) == count


def test_only_words_are_relayed():
    assert window.words_only(turn(calls=2) + turn()) == [question(), answer()] * 2

import contextlib
import json
import socket
import threading

import pytest

from datalfred.errors import ModelUnavailableError, ThrottledError, TimedOutError
from datalfred.models import openai
from datalfred.models.openai import OpenAiModel
from datalfred.models.sse import data_lines
from datalfred.orchestrator.reply import ToolUse, collect

ASKED = [{"role": "user", "content": [{"text": "How many?"}]}]
USAGE = {"choices": [], "usage": {"prompt_tokens": 12, "completion_tokens": 4}}
DONE = b"data: [DONE]\n\n"


def delta(*, finish=None, **content):
    return {"choices": [{"index": 0, "delta": content, "finish_reason": finish}]}


def call(index, *, name=None, call_id=None, arguments=None):
    function = {"name": name, "arguments": arguments}
    given = {key: value for key, value in function.items() if value is not None}
    return {"index": index, "function": given, **({"id": call_id} if call_id else {})}


@pytest.fixture(autouse=True)
def pauses(monkeypatch):
    """The pauses between attempts, which nobody waits for."""
    waited = []
    monkeypatch.setattr(openai, "_pause", waited.append)
    return waited


@pytest.fixture
def model(chat_server):
    return OpenAiModel(chat_server.endpoint, "qwen3", api_key="k-1", read_timeout=10)


def ask(model, messages=None, **more):
    return list(model.converse_stream(messages=messages or ASKED, **more))


def test_words_stream_as_converse_events(chat_server, model):
    chat_server.says(
        delta(role="assistant", content=""),
        delta(content="There "),
        delta(content="are 42."),
        delta(finish="stop"),
        USAGE,
        DONE,
    )

    assert ask(model) == [
        {"messageStart": {"role": "assistant"}},
        {"contentBlockDelta": {"delta": {"text": "There "}, "contentBlockIndex": 0}},
        {"contentBlockDelta": {"delta": {"text": "are 42."}, "contentBlockIndex": 0}},
        {"contentBlockStop": {"contentBlockIndex": 0}},
        {"messageStop": {"stopReason": "end_turn"}},
        {"metadata": {"usage": {"inputTokens": 12, "outputTokens": 4, "totalTokens": 16}}},
    ]


def test_tool_calls_come_together_from_their_pieces(chat_server, model):
    chat_server.says(
        delta(content="Let me look."),
        delta(tool_calls=[call(0, name="a", call_id="c-1", arguments="")]),
        delta(tool_calls=[call(0, arguments='{"sql": "SELE')]),
        delta(tool_calls=[call(0, arguments='CT 1"}')]),
        delta(tool_calls=[call(1, name="b", call_id="c-2", arguments="{}")]),
        delta(finish="tool_calls"),
        USAGE,
        DONE,
    )

    events = ask(model)
    reply = collect(iter(events))

    assert reply.text == "Let me look."
    assert reply.tool_uses == [ToolUse("c-1", "a", {"sql": "SELECT 1"}), ToolUse("c-2", "b", {})]
    assert {"messageStop": {"stopReason": "tool_use"}} in events
    assert (reply.input_tokens, reply.output_tokens) == (12, 4)


def test_calls_that_all_have_number_0_stay_apart(chat_server, model):
    whole = [call(0, name="a", arguments={"x": 1}), call(0, name="b", arguments='{"y": 2}')]
    chat_server.says(delta(tool_calls=whole), delta(finish="stop"), DONE)

    events = ask(model)
    uses = collect(iter(events)).tool_uses

    assert [(use.name, use.input) for use in uses] == [("a", {"x": 1}), ("b", {"y": 2})]
    assert uses[0].id != uses[1].id
    assert {"messageStop": {"stopReason": "tool_use"}} in events


@pytest.mark.parametrize(
    ("finish", "reason"),
    [("stop", "end_turn"), ("length", "max_tokens"), ("content_filter", "content_filtered")],
)
def test_a_stop_has_converses_reason(chat_server, model, finish, reason):
    chat_server.says(delta(content="x"), delta(finish=finish), DONE)

    assert {"messageStop": {"stopReason": reason}} in ask(model)


def test_a_conversation_goes_out_as_chat_messages(chat_server, model):
    chat_server.says(delta(content="x", finish="stop"), DONE)
    use = {"toolUseId": "c-1", "name": "a", "input": {"x": 1}}
    other = {**use, "toolUseId": "c-2"}
    messages = [
        {"role": "user", "content": [{"text": "one"}, {"text": "two"}]},
        {"role": "assistant", "content": [{"text": "hm"}, {"toolUse": use}, {"toolUse": other}]},
        {
            "role": "user",
            "content": [
                {"toolResult": {"toolUseId": "c-1", "content": [{"text": "r"}, {"text": "s"}]}},
                {"toolResult": {"toolUseId": "c-2", "content": [{"json": {"n": 1}}]}},
            ],
        },
        {"role": "assistant", "content": [{"toolUse": use}]},
    ]
    spec = {"name": "a", "description": "Does a.", "inputSchema": {"json": {"type": "object"}}}

    ask(
        model, messages, system=[{"text": "Be brief."}], tool_config={"tools": [{"toolSpec": spec}]}
    )

    (request,) = chat_server.requests
    assert request["path"] == "/v1/chat/completions"
    assert request["headers"]["Authorization"] == "Bearer k-1"
    function = {"name": "a", "arguments": json.dumps({"x": 1})}
    first = {"id": "c-1", "type": "function", "function": function}
    assert request["body"] == {
        "model": "qwen3",
        "stream": True,
        "stream_options": {"include_usage": True},
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "one\ntwo"},
            {"role": "assistant", "content": "hm", "tool_calls": [first, {**first, "id": "c-2"}]},
            {"role": "tool", "tool_call_id": "c-1", "content": "r\ns"},
            {"role": "tool", "tool_call_id": "c-2", "content": '{"n": 1}'},
            {"role": "assistant", "content": None, "tool_calls": [first]},
        ],
        "tools": [
            {
                "type": "function",
                "function": {
                    "name": "a",
                    "description": "Does a.",
                    "parameters": {"type": "object"},
                },
            }
        ],
    }


def test_a_server_without_a_key_is_given_none(chat_server):
    chat_server.says(delta(content="x", finish="stop"))

    ask(OpenAiModel(chat_server.endpoint + "/", "qwen3"))

    assert "Authorization" not in chat_server.requests[0]["headers"]
    assert "tools" not in chat_server.requests[0]["body"]


def test_a_server_that_is_not_there_is_named_with_the_way_out():
    with contextlib.closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        endpoint = f"http://127.0.0.1:{free.getsockname()[1]}/v1"

    with pytest.raises(ModelUnavailableError) as raised:
        ask(OpenAiModel(endpoint, "qwen3"))

    assert endpoint in raised.value.message
    assert "DATALFRED_MODEL=offline" in raised.value.hint


@pytest.mark.parametrize(
    ("status", "body", "error", "words"),
    [
        (429, b'{"error": {"message": "rate limit"}}', ThrottledError, "rate limit"),
        (404, b'{"error": "model qwen3 not found"}', ModelUnavailableError, "not found"),
        (401, b'{"detail": "no key"}', ModelUnavailableError, "no key"),
        (400, b'["odd"]', ModelUnavailableError, "odd"),
        (502, b"<html>Bad gateway</html>", ModelUnavailableError, "Bad gateway"),
    ],
)
def test_an_error_of_the_server_is_told(chat_server, status, body, error, words):
    chat_server.says(body, status=status)

    with pytest.raises(error, match=words):
        ask(OpenAiModel(chat_server.endpoint, "qwen3"))


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ((b"<html>Hello</html>",), "nothing that a chat server gives"),
        ((), "nothing that a chat server gives"),
        ((b"data: {broken\n\n",), "no JSON"),
        ((b"data: [1]\n\n",), "no JSON"),
        (({"error": {"message": "out of memory"}},), "out of memory"),
        ((delta(content="There"),), "broke off"),
        (({"choices": "x"},), "no chat server answers"),
        (({"choices": [{"delta": "x"}]},), "no chat server answers"),
        (({"choices": [{"delta": {"tool_calls": [{"function": "x"}]}}]},), "no chat server"),
        ((delta(content="x", finish="stop"), {"choices": [], "usage": "much"}, DONE), "no chat"),
    ],
    ids=[
        "a web page",
        "nothing",
        "half a line",
        "a list",
        "an error",
        "half an answer",
        "no choices",
        "no delta",
        "no function",
        "no usage",
    ],
)
def test_garbage_is_told_from_an_answer(chat_server, model, said, words):
    chat_server.says(*said)

    with pytest.raises(ModelUnavailableError, match=words):
        ask(model)


def test_a_server_that_falls_silent_is_given_up(chat_server):
    silence = threading.Event()
    chat_server.says(delta(content="x"), silence)
    try:
        with pytest.raises(TimedOutError, match="fell silent"):
            ask(OpenAiModel(chat_server.endpoint, "qwen3", read_timeout=0.2))
    finally:
        silence.set()


@pytest.mark.parametrize(("most", "seconds"), [(100, 900), (10_000, -1)])
def test_an_answer_without_an_end_is_given_up(chat_server, monkeypatch, most, seconds):
    monkeypatch.setattr("datalfred.models.openai._MOST_BYTES", most)
    chat_server.says(*[delta(content="and ")] * 50, DONE)

    with pytest.raises(ModelUnavailableError, match="does not come to an end"):
        ask(OpenAiModel(chat_server.endpoint, "qwen3", longest_seconds=seconds))


@pytest.mark.parametrize(
    ("status", "setting"),
    [(401, "API_KEY"), (403, "API_KEY"), (404, "MODEL_NAME"), (500, "offline")],
)
def test_each_refusal_has_its_own_way_out(chat_server, model, status, setting):
    chat_server.says(b"no", status=status)

    with pytest.raises(ModelUnavailableError) as raised:
        ask(model)

    assert setting in raised.value.hint


def test_a_reader_that_leaves_closes_the_connection(chat_server, model):
    go_on = threading.Event()
    chat_server.says(delta(content="x"), go_on, *[b"y" * 1_000_000] * 50)
    events = model.converse_stream(messages=ASKED)
    next(events)
    next(events)

    events.close()
    go_on.set()

    assert chat_server.left.wait(10)


def test_the_models_name_is_its_id(model):
    assert model.model_id == "qwen3"


@pytest.mark.parametrize("size", [1, 3, 100])
def test_lines_are_whole_whatever_their_pieces(size):
    stream = b": note\ndata: {1}\r\n\ndata:{2}\nevent: x\ndata: {3}"

    pieces = [stream[at : at + size] for at in range(0, len(stream), size)]

    assert list(data_lines(pieces)) == ["{1}", "{2}", "{3}"]


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_a_server_that_is_busy_is_asked_again(chat_server, model, pauses, monkeypatch, status):
    def pause(seconds):
        pauses.append(seconds)
        if len(pauses) == 2:
            chat_server.says(delta(content="There are 42."), delta(finish="stop"), DONE)

    monkeypatch.setattr(openai, "_pause", pause)
    chat_server.says(b"Loading model", status=status)

    assert collect(iter(ask(model))).text == "There are 42."
    assert len(chat_server.requests) == 3


def test_a_server_that_stays_busy_is_asked_so_often(chat_server, model, pauses, monkeypatch):
    monkeypatch.setattr(openai, "_jitter", lambda _least, most: most)
    chat_server.says(b"slower", status=429)

    with pytest.raises(ThrottledError):
        ask(model)

    assert pauses == [1.0, 2.0, 4.0]
    assert len(chat_server.requests) == 4


def test_a_refusal_is_not_asked_again(chat_server, model, pauses):
    chat_server.says(b"no key", status=401)

    with pytest.raises(ModelUnavailableError):
        ask(model)

    assert pauses == []
    assert len(chat_server.requests) == 1

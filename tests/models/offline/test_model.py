"""The built-in model keeps the rules of a model: Converse in, Converse out, nothing else."""

import json
import subprocess
import sys
from typing import Any

import pytest

from datalfred.models.offline.model import OfflineModel


def user(text: str) -> dict[str, Any]:
    return {"role": "user", "content": [{"text": text}]}


def test_it_is_a_model_called_offline() -> None:
    assert OfflineModel().model_id == "offline"


def test_text_streams_in_pieces_and_usage_comes_last(supervisor_config: Any) -> None:
    events = list(
        OfflineModel().converse_stream(messages=[user("hi")], tool_config=supervisor_config)
    )

    pieces = [e["contentBlockDelta"]["delta"]["text"] for e in events if "contentBlockDelta" in e]
    assert events[0] == {"messageStart": {"role": "assistant"}}
    assert len(pieces) > 5
    assert "".join(pieces).startswith("Hello.")
    assert events[-2] == {"messageStop": {"stopReason": "end_turn"}}
    usage = events[-1]["metadata"]["usage"]
    assert usage["inputTokens"] + usage["outputTokens"] == usage["totalTokens"] > 0


def test_tool_calls_stream_as_json_with_unique_ids(analyst_config: Any) -> None:
    events = list(
        OfflineModel().converse_stream(
            messages=[user("orders by channel")], tool_config=analyst_config
        )
    )

    starts = [
        e["contentBlockStart"]["start"]["toolUse"] for e in events if "contentBlockStart" in e
    ]
    inputs = [
        json.loads(e["contentBlockDelta"]["delta"]["toolUse"]["input"])
        for e in events
        if "contentBlockDelta" in e
    ]
    assert [s["name"] for s in starts] == ["post__glue__search_tables"] * 2
    assert len({s["toolUseId"] for s in starts}) == 2
    assert inputs == [{"text": "orders by channel"}, {"text": ""}]
    assert {"messageStop": {"stopReason": "tool_use"}} in events


def test_the_same_call_gives_the_same_events(analyst_config: Any) -> None:
    first, second = (
        list(
            OfflineModel().converse_stream(
                messages=[user("revenue by month")], tool_config=analyst_config
            )
        )
        for _ in range(2)
    )

    assert first == second


@pytest.mark.parametrize("question", ["hi", "what is 2 + 2", "how many orders"])
def test_without_tools_it_invents_nothing(question: str) -> None:
    events = list(
        OfflineModel().converse_stream(messages=[user(question)], system=[{"text": "You help."}])
    )

    text = "".join(
        e["contentBlockDelta"]["delta"]["text"] for e in events if "contentBlockDelta" in e
    )
    assert "I cannot answer that" in text or "no tools" in text


def test_no_messages_at_all_is_no_question(supervisor_config: Any) -> None:
    events = list(OfflineModel().converse_stream(messages=[], tool_config=supervisor_config))

    text = "".join(
        e["contentBlockDelta"]["delta"]["text"] for e in events if "contentBlockDelta" in e
    )
    assert text.startswith("I cannot answer that")


def test_it_needs_neither_a_lake_nor_a_library_on_the_machine() -> None:
    code = (
        "import sys\n"
        "from datalfred.models.offline.model import OfflineModel\n"
        "list(OfflineModel().converse_stream(messages=[{'role': 'user', 'content': "
        "[{'text': 'hi'}]}]))\n"
        "bad = {'boto3', 'botocore', 'duckdb', 'sqlglot', 'moto', 'pydantic', "
        "'datalfred.lake', 'urllib3', 'socket'}\n"
        "print(sorted(bad & set(sys.modules)))\n"
    )

    done = subprocess.run(
        [sys.executable, "-S", "-c", code], capture_output=True, text=True, check=True
    )

    assert done.stdout.strip() == "[]"

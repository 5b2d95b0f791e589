import pytest

from datalfred.models.scripted import Call, Say, ScriptedModel
from datalfred.orchestrator.reply import collect

ASKED = [{"role": "user", "content": [{"text": "How many?"}]}]


def test_a_script_is_played_in_order_and_remembers_what_it_heard():
    model = ScriptedModel([Say("One."), Say("Two.", (Call("a", {"x": 1}), Call("b", "{}")))])

    first = collect(model.converse_stream(messages=ASKED))
    second = collect(model.converse_stream(messages=ASKED, system=[{"text": "Be brief."}]))

    assert first.text == "One."
    assert [(use.name, use.input) for use in second.tool_uses] == [("a", {"x": 1}), ("b", {})]
    assert (second.input_tokens, second.output_tokens) == (10, 5)
    assert model.heard[1].system == ({"text": "Be brief."},)
    assert model.model_id == "scripted"


def test_a_script_may_be_a_function_and_may_fail():
    model = ScriptedModel(lambda _heard: ValueError("broken"))

    with pytest.raises(ValueError, match="broken"):
        model.converse_stream(messages=ASKED)


def test_a_script_ends():
    with pytest.raises(IndexError):
        ScriptedModel([]).converse_stream(messages=ASKED)

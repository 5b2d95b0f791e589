import pytest

from datalfred.answers.assemble import AnswerBuilder
from datalfred.answers.saving import suggestion
from datalfred.bedrock.runtime import ModelUsed, Text
from datalfred.definitions.sizes import default_models

SONNET = "anthropic.claude-sonnet-4-6"
HAIKU = "anthropic.claude-haiku-4-5-20251001-v1:0"
NOVA = "amazon.nova-pro-v1:0"
SIZES = {"large": SONNET, "medium": HAIKU, "small": NOVA}


def answered(model, tokens=100_000):
    builder = AnswerBuilder("prod", "session-1")
    builder.feed(ModelUsed("supervisor", model, tokens, 0, 1))
    builder.feed(Text("42."))
    return builder.build()


def test_the_saving_with_the_next_smaller_size_is_named():
    assert suggestion(answered(SONNET), SIZES) == (
        "This answer cost $0.30; with the size medium the same tokens would have cost $0.10, "
        "67 % less."
    )


@pytest.mark.parametrize(
    ("answer", "sizes"),
    [
        (answered(SONNET, 1_000), SIZES),
        (answered("qwen3:8b"), SIZES),
        (answered(NOVA), SIZES),
        (answered(SONNET), {"large": SONNET}),
        (answered(SONNET), {"large": SONNET, "small": "unknown"}),
        (answered(HAIKU), {"medium": HAIKU, "small": SONNET}),
    ],
    ids=[
        "cheap",
        "no price",
        "smallest",
        "only size",
        "smaller without price",
        "smaller is dearer",
    ],
)
def test_nothing_is_said_without_a_real_saving(answer, sizes):
    assert suggestion(answer, sizes) == ""


def test_a_saving_is_found_behind_the_prefix_of_a_profile():
    words = suggestion(answered(f"eu.{SONNET}"), default_models())

    assert "with the size medium the same tokens would have cost $0.11" in words

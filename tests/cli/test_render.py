import pytest
from rich.cells import cell_len

from datalfred.answers.models import ChartWithData, Table
from datalfred.bedrock.runtime import (
    AgentAnswered,
    AgentAsked,
    ModelUsed,
    OperationCalled,
    OperationReturned,
    Retrieved,
    Text,
    Thought,
)
from datalfred.cli.render.bars import bars, drawn
from datalfred.cli.render.steps import step_line

CALLED = OperationCalled("data_analyst", "glue", "search_tables", {"text": "orders"}, "t1")


def test_the_longest_bar_fills_the_width_and_the_others_keep_their_share():
    lines = bars(["FR", "DE"], [4.0, 2.0], width=8)

    assert lines == ["FR  ████████  4", "DE  ████      2"]


def test_eighths_of_a_column_show_small_differences():
    assert "▌" in bars(["a", "b"], [8.0, 4.5], width=8)[1]


@pytest.mark.parametrize("values", [[0.0, -3.0], [0.0, 0.0]])
def test_nothing_and_less_than_nothing_get_no_bar(values):
    assert not any("█" in line for line in bars(["a", "b"], values))


def test_a_long_label_is_cut():
    assert "x" * 23 + "…" in bars(["x" * 40], [1.0])[0]


def test_no_values_make_no_lines():
    assert bars([], []) == []


def test_a_step_is_one_short_line():
    assert step_line(CALLED, traced=False) == "  · glue.search_tables(text='orders')"
    asked = step_line(AgentAsked("run_guy", "supervisor", "why\ndid it " + "x" * 200), traced=False)
    assert asked.startswith("→ run_guy: why did it x")
    assert asked.endswith("…")
    assert "\n" not in asked


@pytest.mark.parametrize(
    "event",
    [
        OperationReturned("data_analyst", "glue", "search_tables", '{"tables": []}', "t1"),
        AgentAnswered("data_analyst", "Four tables."),
        Thought("supervisor", "I should ask."),
        ModelUsed("supervisor", "offline", 1200, 30, 4),
    ],
)
def test_details_show_only_when_they_are_traced(event):
    assert step_line(event, traced=False) == ""
    assert step_line(event, traced=True)


def test_a_look_up_is_a_step_and_words_are_none():
    assert "knowledge base: how to" in step_line(Retrieved("run_guy", "how to", ()), traced=False)
    assert step_line(Text("words"), traced=True) == ""


def test_bars_shrink_with_the_terminal_and_stay_bars():
    data = Table(title="", columns=("country", "n"), rows=(("FR", "1200"), ("DE", "600")))
    chart = ChartWithData(kind="bar", x="country", y=("n",), data=data)

    def longest(columns):
        return max(len(line) for line in drawn(chart, columns).splitlines())

    assert longest(20) == 20
    assert longest(200) == len("FR    1,200") + 40
    assert "████" in drawn(chart, 1)


def test_labels_of_wide_letters_and_of_several_lines_keep_the_bars_in_line():
    lines = bars(["FR", "漢字漢字", "a\nb", "e\u0301te", "漢" * 30], [1.0] * 5, width=8)

    assert {cell_len(line.partition("█")[0]) for line in lines} == {26}
    assert lines[2].startswith("a b ")

import pytest

from datalfred.answers.assemble import AnswerBuilder
from datalfred.bedrock.runtime import OperationCalled, Text
from datalfred.cli.render.screen import LiveScreen, PlainScreen, closing_line
from datalfred.cli.render.steps import step_line
from datalfred.cli.render.words import printable

HOSTILE = "\x1b[2J\x1b]0;owned\x07 red\u202eder \x9b31m"


@pytest.mark.parametrize("words", ["Müller & Söhne 🙂 日本", "a\tb\nc", ""])
def test_words_of_every_language_stay_as_they_are(words):
    assert printable(words) == words


def test_what_moves_a_cursor_or_turns_the_direction_is_left_out():
    assert printable(HOSTILE) == "[2J]0;owned redder 31m"


def answer(words):
    builder = AnswerBuilder(target="local: \x1bdemo", session_id="s1")
    builder.feed(Text(words))
    return builder.build()


@pytest.mark.parametrize("screen", [PlainScreen, LiveScreen])
def test_no_screen_lets_an_answer_write_to_the_terminal_itself(screen, capsys):
    screen(traced=False, steps=False).finish(answer(HOSTILE))

    shown = capsys.readouterr().out
    assert "redder" in shown
    assert not set(shown) & set("\x1b\x07\x9b\u202e")


def test_steps_and_the_closing_line_are_as_harmless():
    step = step_line(OperationCalled("a", "g", "o", {"x": HOSTILE}, "t"), traced=True)
    assert not set(step) & set("\x1b\x07")
    assert "\x1b" not in closing_line(answer("words"))

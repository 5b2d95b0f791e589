"""A conversation in a terminal, and through a pipe."""

import contextlib
import threading

import pytest

from tests.scenarios.chat_model import chat_model, says
from tests.scenarios.commands import run_datalfred, running_datalfred
from tests.scenarios.terminal import terminal


def test_a_person_sees_steps_a_table_bars_sql_evidence_and_cost_in_colour(served, state):
    with terminal("chat", state=state) as screen:
        screen.wait_for("> ")
        screen.type("top 3 countries by revenue in March 2026\n")
        shown = screen.wait_for("session cli-")
        assert "athena.run_query(" in shown
        for part in ("FR", "███", "GROUP BY", "Athena ", "local: demo lake", "$0.0000"):
            assert part in shown
        assert "\x1b[36m" in screen.raw  # the bars' colour
        screen.type("and in April?\n")
        assert "2026-04-30" in screen.wait_for("session cli-")
        screen.type("exit\n")
        assert screen.leave() == 0


def test_bars_fit_a_narrow_terminal(served, state):
    question = "top 3 countries by revenue in March 2026"
    with terminal("ask", question, state=state, columns=44) as screen:
        shown = screen.wait_for("cli-")
        assert screen.leave() == 0

    drawn = [line for line in shown.splitlines() if "██" in line]
    assert len(drawn) == 3
    assert all(len(line) <= 44 and line[-1].isdigit() for line in drawn)


def test_no_colour_is_no_colour(served, state):
    with terminal(
        "ask", "how many orders are there?", state=state, environment={"NO_COLOR": "1"}
    ) as screen:
        screen.wait_for("session cli-")
        assert screen.leave() == 0

    assert not [code for code in ("\x1b[3", "\x1b[4", "\x1b[9") if code in screen.raw]


def test_a_pipe_gets_nothing_but_answers(served, state):
    lines = "how many orders are there?\r\n\r\nand in March 2026?\r\nexit\r\nnever asked\r\n"

    finished = run_datalfred("chat", state=state, stdin=lines)

    assert (finished.returncode, finished.stderr) == (0, "")
    assert finished.stdout.count("** orders.\n") == 2
    assert finished.stdout.startswith("**")
    assert "2026-03-31" in finished.stdout
    assert "\n> " not in finished.stdout
    assert not set(finished.stdout) & {"\x1b", "\r"}


def test_a_pipe_with_a_wrong_question_goes_on_and_exits_1(served, state):
    finished = run_datalfred("chat", state=state, stdin="x" * 10_001 + "\nhello\n")

    assert finished.returncode == 1
    assert finished.stderr == "datalfred: The question has 10,001 characters; at most 10,000 fit.\n"
    assert finished.stdout.startswith("Hello.")


@pytest.fixture
def slow_model():
    with chat_model() as server:
        yield server


def stop(screen):
    """Presses Ctrl-C, as people do: one that falls just before a read is noticed at the next."""
    with contextlib.suppress(AssertionError):
        screen.type("\x03")
        return screen.wait_for("Stopped; the session goes on.", seconds=5)
    screen.type("\x03")
    return screen.wait_for("Stopped; the session goes on.")


def test_ctrl_c_stops_the_turn_and_the_session_lives(served, state, slow_model):
    silence = threading.Event()
    with (
        running_datalfred(
            "local", "--port", "0", "-p", "slow", state=state, environment=slow_model.environment
        ),
        terminal("chat", "-p", "slow", "--target", "local", state=state) as screen,
    ):
        slow_model.reply = says("Forty-two.")
        screen.wait_for("> ")
        screen.type("How many orders?\n")
        screen.wait_for("session cli-")
        screen.wait_for("> ")

        slow_model.reply = (200, [silence])
        slow_model.asked.clear()
        screen.type("Why?\n")
        assert slow_model.asked.wait(30)
        stop(screen)
        screen.wait_for("> ")

        slow_model.reply = says("You asked how many.")
        screen.type("What did I ask?\n")
        screen.wait_for("You asked how many.")
        assert {"How many orders?", "Forty-two."} <= set(slow_model.heard[-1])
        screen.wait_for("> ")

        screen.type("\x03")
        screen.wait_for("Type exit, or Ctrl-D, to leave.")
        screen.wait_for("> ")
        screen.type("\x04")
        assert screen.leave() == 0
        silence.set()

"""What a person gets for input that cannot be served: a line, the way out, an exit code."""

import contextlib
import json
import signal
import socket
import subprocess
import sys
import threading

import pytest

from datalfred import settings
from tests.scenarios.chat_model import calls, chat_model, says
from tests.scenarios.commands import CHILD, run_datalfred, running_datalfred

AT_HOME = ("-p", "scripted", "--target", "local")


@pytest.fixture(scope="module")
def model():
    with chat_model() as server:
        yield server


@pytest.fixture(scope="module")
def scripted(model, served, state):
    """Asks a stack whose language model is the scripted one; ``served`` has made its lake."""
    with running_datalfred(
        "local", "--port", "0", "-p", "scripted", state=state, environment=model.environment
    ):
        yield lambda *words: run_datalfred("ask", *AT_HOME, *words, state=state)


def failed(finished, cause, way_out):
    """Exit 1, one line with the cause, one with the way out, nothing on stdout."""
    first, *more = [line for line in finished.stderr.splitlines() if not line.endswith("...")]
    assert finished.returncode == 1, finished.stderr
    assert finished.stdout == ""
    assert first.startswith("datalfred: ")
    assert cause in first
    assert len(more) == 1
    assert way_out in more[0]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("ask", "--colour", "how many orders?"), "No such option"),
        (("ask", ""), "empty"),
        (("ask", "x" * 10_001), "10,001 characters"),
        (("ask", "-id", "a b", "how many orders?"), "no session id"),
    ],
)
def test_wrong_usage_is_one_line_and_exit_2(tmp_path, arguments, words):
    finished = run_datalfred(*arguments, state=tmp_path)

    assert (finished.returncode, finished.stdout) == (2, "")
    (line,) = finished.stderr.splitlines()
    assert words in line


def test_a_busy_port_is_named(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = str(busy.getsockname()[1])
        finished = run_datalfred("local", "--port", port, state=tmp_path)

    failed(finished, f"Port {port}", "--port")


def test_a_missing_lake_is_named(tmp_path):
    finished = run_datalfred("local", "--lake", str(tmp_path / "pond"), state=tmp_path)

    failed(finished, str(tmp_path / "pond"), "--lake demo")


def test_a_broken_file_ends_the_service_of_its_lake(tmp_path):
    broken = tmp_path / "lake" / "orders.parquet"
    broken.parent.mkdir()
    broken.write_text("no parquet", "utf-8")

    finished = run_datalfred(
        "local", "--port", "0", "--lake", str(broken.parent), state=tmp_path / "state"
    )

    last_two = finished.stderr.splitlines()[-2:]
    assert finished.returncode == 1
    assert f"{broken} cannot be read as parquet" in last_two[0]
    assert "Mend the file" in last_two[1]
    assert "Traceback" not in finished.stderr


def test_a_second_service_of_a_stack_names_the_first(served, state):
    failed(run_datalfred("local", state=state), served.endpoint, "--stage-name")


def test_a_model_that_cannot_be_reached_is_named(served, state):
    nobody = {
        "DATALFRED_MODEL": "openai",
        "DATALFRED_MODEL_NAME": "x",
        "DATALFRED_MODEL_ENDPOINT": "http://127.0.0.1:9/v1",
    }

    finished = run_datalfred(
        "ask", "-p", "unreachable", "--target", "local", "hello", state=state, environment=nobody
    )

    failed(finished, "http://127.0.0.1:9/v1 cannot be reached", "DATALFRED_MODEL_ENDPOINT")


def loop(body):
    """The supervisor asks the analyst, who lists databases, again and again."""
    if any("AgentCommunication" in tool["function"]["name"] for tool in body["tools"]):
        message = {"recipient": "data_analyst", "content": "Once more."}
        return calls("AgentCommunication__sendMessage", json.dumps(message))
    return calls("post__glue__list_databases", "{}")


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        ((401, [b"who are you?"]), ("status 401: who are you?", "DATALFRED_MODEL_API_KEY")),
        ((500, [b"out of memory"]), ("status 500: out of memory", "DATALFRED_MODEL_ENDPOINT")),
        ((200, [b"<html>Sign in</html>"]), ("nothing that a chat server gives", "offline")),
        ((200, [b"data: {half\n\n"]), ("no JSON", "offline")),
        (calls("rm_rf", "{{{"), ("tools that do not exist", "DATALFRED_MODEL_NAME")),
        (loop, ("ceiling of one turn", "narrower")),
    ],
    ids=["stranger", "broken server", "web page", "garbage", "nonsense calls", "loop"],
)
def test_a_misbehaving_model_is_told_and_costs_no_session(scripted, model, reply, said, request):
    session = request.node.callspec.id.replace(" ", "-")
    model.reply = says("Forty-two orders.")
    assert scripted("-id", session, "How many?").stdout.startswith("Forty-two orders.")

    model.reply = reply
    failed(scripted("-id", session, "And now?"), *said)

    model.reply = says("You asked how many.")
    assert scripted("-id", session, "What did I ask?").returncode == 0
    assert {"How many?", "Forty-two orders."} <= set(model.heard[-1])


def interrupted(child, presses=3):
    """What it said after Ctrl-C; one that falls just before a read is noticed at the next."""
    for _ in range(presses - 1):
        child.send_signal(signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            return child.communicate(timeout=5)
    child.send_signal(signal.SIGINT)
    return child.communicate(timeout=5)


def test_ctrl_c_ends_an_answer_that_does_not_come(scripted, model, state):
    silence = threading.Event()
    model.reply = (200, [silence])
    model.asked.clear()
    environment = {**settings.environment(), **CHILD, "DATALFRED_STATE": str(state)}
    command = [sys.executable, "-m", "datalfred", "ask", *AT_HOME, "How many?"]
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as child:
        assert model.asked.wait(30)
        _, said = interrupted(child)
    silence.set()

    assert (child.returncode, said.split()) == (1, ["Stopped."])


def test_hostile_words_of_a_model_do_not_reach_the_terminal(scripted, model):
    model.reply = says("\x1b[2J\x1b]0;owned\x07red")

    assert scripted("Hello?").stdout.startswith("red\n")


def test_a_terminal_without_the_letters_gets_what_it_can_show(served, state):
    finished = run_datalfred(
        "ask",
        "top 3 countries by revenue in March 2026",
        state=state,
        environment={"PYTHONIOENCODING": "latin-1"},
    )

    assert (finished.returncode, finished.stderr) == (0, "")
    assert "FR  ????" in finished.stdout


def test_a_reader_that_has_seen_enough_is_no_error(served, state):
    environment = {**settings.environment(), **CHILD, "DATALFRED_STATE": str(state)}
    command = [sys.executable, "-m", "datalfred", "ask", "show me 10 rows of sales.orders"]
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as child:
        child.stdout.close()
        said = child.stderr.read()

    assert (child.returncode, said) == (1, b"")


def test_two_questions_at_once_share_a_stack_and_a_session(served, state):
    environment = {**settings.environment(), **CHILD, "DATALFRED_STATE": str(state)}
    command = [sys.executable, "-m", "datalfred", "ask", "--json", "-id", "twins"]
    both = [
        subprocess.Popen([*command, question], env=environment, stdout=subprocess.PIPE)
        for question in ("how many orders are there?", "which tables hold customers?")
    ]

    answers = [json.loads(each.communicate(timeout=60)[0]) for each in both]

    assert [each.returncode for each in both] == [0, 0]
    assert "orders" in answers[0]["answer"]
    assert "customer.customers" in answers[1]["answer"]


def test_a_killed_service_is_in_nobodys_way(served, state):
    with running_datalfred("local", "--port", "0", "-p", "killed", state=state) as child:
        child.kill()
        child.wait()

        finished = run_datalfred(
            "approvals", "list", "-p", "killed", "--target", "local", state=state
        )

    assert (finished.returncode, finished.stdout) == (0, "Nothing waits for approval.\n")


@pytest.mark.parametrize(
    ("approval", "words"),
    [("nonsense", "no id of an approval"), ("0" * 32, "There is no approval")],
)
def test_an_approval_that_is_none_is_told(served, state, approval, words):
    finished = run_datalfred("approvals", "approve", approval, state=state)

    assert (finished.returncode, finished.stdout) == (1, "")
    assert words in finished.stderr

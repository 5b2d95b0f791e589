import json
import sqlite3
import stat
import threading
from contextlib import contextmanager

import pytest
from click.testing import CliRunner

from datalfred import settings
from datalfred.answers.turns import Moment, PastTurn
from datalfred.bedrock.runtime import Failed, OperationReturned, Text, Turn
from datalfred.cli import cli, connection
from datalfred.cli.connection import Connection
from datalfred.cli.past_turns import FILE, PastTurns, keeping
from datalfred.definitions.agents import load_team
from datalfred.errors import UnavailableError
from datalfred.local.aws.message import ACCOUNT
from datalfred.orchestrator.directory import Directory
from datalfred.orchestrator.sessions import Session, SqliteSessions
from tests.answers.rendered import active, headings
from tests.answers.test_markdown import HOSTILE
from tests.scenarios.commands import run_datalfred

ASKED = Turn(text="how many?", session_id="talk-1", request_id="r", user="local:ana")


@pytest.fixture
def directory(tmp_path):
    made = tmp_path / "demo-local"
    made.mkdir()
    return made


def past(question="how many?", *events):
    moments = tuple(Moment("2026-11-20T10:00:00Z", each) for each in events)
    return PastTurn(question, "2026-11-20T10:00:00Z", "local:ana", "local: demo lake", moments)


def converse(directory, session, *messages, ttl=3600):
    """What the stack itself keeps of a conversation, with the smallest team."""
    place = ("demo", "local", settings.DEFAULT_REGION, ACCOUNT)
    agent = Directory(load_team(), *place, size="small").supervisor
    store = SqliteSessions(directory / "journal.sqlite", clock=lambda: 4e9)
    said = [{"role": role, "content": content} for role, content in messages]
    store.save(
        f"{agent.agent_id}/{agent.alias_id}/{session}",
        Session(said, {"user": "http:ben"}, 4e9 + ttl),
    )
    store.close()


def report(tmp_path, *arguments):
    return run_datalfred("report", *arguments, state=tmp_path)


def test_a_session_is_told_without_a_stack(tmp_path, directory):
    PastTurns(directory).keep("talk-1", past("how many?", Text("42.")))
    PastTurns(directory).keep("talk-2", past("another", Text("no")))

    told = report(tmp_path, "--session", "talk-1")

    assert told.returncode == 0, told.stderr
    assert told.stdout.startswith("# Session `talk-1`: how many?\n")
    assert "cannot be continued" in told.stdout
    assert "another" not in told.stdout
    assert {each.name for each in directory.iterdir()} == {FILE}


def test_hostile_words_of_a_session_are_only_read(tmp_path, directory):
    for text in HOSTILE:
        failure = json.dumps({"error": {"message": text}})
        looked = json.dumps(
            {"evidence": text, "run": {"query_id": text, "sql": text, "state": text}}
        )
        events = (
            OperationReturned(text, text, text, failure, "t"),
            OperationReturned(text, text, text, looked, "t"),
            Text(text),
            Failed("X", text),
        )
        PastTurns(directory).keep("talk-1", past(text, *events))

    told = report(tmp_path, "--session", "talk-1")

    assert told.returncode == 0, told.stderr
    assert active(told.stdout) == set()
    assert len(headings(told.stdout)) == 10 + len(HOSTILE)
    assert "\x1b" not in told.stdout


def test_a_session_that_nobody_knows_is_said_to_be_unknown(tmp_path, directory):
    PastTurns(directory).keep("talk-one", past())

    near, far = report(tmp_path, "--session", "talk-on"), report(tmp_path, "--session", "zzz")

    assert (near.returncode, near.stdout) == (1, "")
    assert "There is no session named 'talk-on'." in near.stderr
    assert "Did you mean talk-one?" in near.stderr
    assert "The newest: talk-one." in far.stderr
    assert "until their session ends or expires" in far.stderr


def test_a_machine_on_which_nothing_was_asked_knows_no_session(tmp_path):
    told = report(tmp_path, "--session", "talk-1")

    assert told.returncode == 1
    assert "There is no session named 'talk-1'." in told.stderr


@pytest.mark.parametrize("where", [("--target", "aws"), ("-p", "shop")])
def test_a_session_on_aws_cannot_be_had_and_the_way_out_is_said(tmp_path, where):
    told = report(tmp_path, "--session", "talk-1", *where)

    assert told.returncode == 1
    assert "Bedrock streams the trace with the answer and keeps none." in told.stderr
    assert "ask --json" in told.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("orders", "--session", "talk-1"), "name no pipeline or execution"),
        (("--execution", "arn:x", "--session", "talk-1"), "name no pipeline or execution"),
        (("--session", "no/id"), "is no session id"),
    ],
)
def test_what_makes_no_sense_is_wrong_usage(tmp_path, arguments, said):
    told = report(tmp_path, *arguments)

    assert told.returncode == 2
    assert said in told.stderr


def test_of_what_another_client_asked_the_words_are_told_while_the_session_is_open(
    tmp_path, directory
):
    converse(
        directory,
        "talk-3",
        ("user", [{"text": "how many orders?"}]),
        ("assistant", [{"text": "Let me see."}, {"toolUse": {"name": "x"}}]),
        ("user", [{"toolResult": {"content": []}}]),
        ("assistant", [{"text": "42 orders."}]),
        ("user", [{"text": "and returns?"}]),
        ("assistant", [{"text": "3 returns."}]),
    )

    told = report(tmp_path, "--session", "talk-3").stdout

    assert "2 questions by http:ben: 2 answered. The session is open" in told
    assert "42 orders." in told
    assert "Let me see" not in told
    assert "No trace was kept" in told
    assert "What this session cost was not kept." in told


def test_an_expired_conversation_of_another_client_is_unknown(tmp_path, directory):
    converse(directory, "talk-3", ("user", [{"text": "hello"}]), ttl=-4e9)

    assert "no session named 'talk-3'" in report(tmp_path, "--session", "talk-3").stderr


def test_what_other_clients_asked_in_a_kept_session_is_said_to_be_missing(tmp_path, directory):
    PastTurns(directory).keep("talk-1", past("how many?", Text("42.")))
    converse(
        directory,
        "talk-1",
        ("user", [{"text": "how many?"}]),
        ("assistant", [{"text": "42."}]),
        ("user", [{"text": "from elsewhere"}]),
        ("assistant", [{"text": "yes"}]),
    )

    told = report(tmp_path, "--session", "talk-1").stdout

    assert "1 of the questions that its record holds are not told here." in told
    assert "can be continued" in told


def test_a_broken_record_is_said_and_no_stack_is_shown(tmp_path, directory):
    (directory / FILE).write_bytes(b"this is no database" * 100)

    told = report(tmp_path, "--session", "talk-1")

    assert told.returncode == 1
    assert "cannot be read" in told.stderr
    assert "Traceback" not in told.stderr


def test_a_report_of_a_session_goes_to_the_file_that_is_named(tmp_path, directory):
    PastTurns(directory).keep("talk-1", past("how many 😀?", Text("42.")))

    told = report(tmp_path, "--session", "talk-1", "-o", str(tmp_path / "talk.md"))

    assert told.stdout == f"wrote {tmp_path / 'talk.md'}\n"
    assert "how many 😀?" in (tmp_path / "talk.md").read_text("utf-8")


def test_turns_are_kept_in_order_for_their_owner_alone(directory):
    turns = PastTurns(directory)
    for question in ("one", "two"):
        turns.keep("talk-1", past(question))
    turns.keep("talk-2", past("three"))

    assert [each.question for each in turns.of("talk-1")] == ["one", "two"]
    assert turns.sessions() == ["talk-2", "talk-1"]
    assert stat.S_IMODE((directory / FILE).stat().st_mode) == 0o600


def test_the_oldest_turns_give_way(directory):
    turns = PastTurns(directory, most=3)
    for number in range(5):
        turns.keep("talk-1", past(str(number)))

    assert [each.question for each in turns.of("talk-1")] == ["2", "3", "4"]


def test_nothing_is_known_where_nothing_was_kept(directory):
    assert (PastTurns(directory).of("talk-1"), PastTurns(directory).sessions()) == ([], [])
    assert not (directory / FILE).exists()


def interrupted(directory):
    with keeping(directory, ASKED, "local: demo lake") as keep:
        keep(Text("half"))
        raise KeyboardInterrupt


def test_a_turn_that_is_interrupted_is_kept_as_far_as_it_came(directory):
    with pytest.raises(KeyboardInterrupt):
        interrupted(directory)

    (kept,) = PastTurns(directory).of("talk-1")
    assert (kept.events, kept.finished, kept.user) == ((Text("half"),), False, "local:ana")


def test_a_turn_that_ends_is_kept_with_its_moments(directory):
    with keeping(directory, ASKED, "local: demo lake") as keep:
        keep(Text("42."))

    (kept,) = PastTurns(directory).of("talk-1")
    assert (kept.question, kept.target, kept.finished) == ("how many?", "local: demo lake", True)
    assert kept.asked_at <= kept.moments[0].at


def test_where_no_state_is_kept_no_turn_is(tmp_path):
    with keeping(None, ASKED, "aws: shop/prod") as keep:
        keep(Text("42."))

    assert list(tmp_path.iterdir()) == []


def test_a_turn_that_cannot_be_kept_costs_no_answer(directory, capsys):
    (directory / FILE).mkdir()

    with keeping(directory, ASKED, "local: demo lake") as keep:
        keep(Text("42."))

    assert "This turn cannot be kept for a report: unable to open" in capsys.readouterr().err


def test_while_another_process_writes_a_turn_waits(directory):
    turns = PastTurns(directory)
    turns.keep("talk-1", past("one"))
    other = sqlite3.connect(directory / FILE, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    release = threading.Timer(0.2, other.rollback)
    release.start()

    turns.keep("talk-1", past("two"))

    release.join()
    other.close()
    assert [each.question for each in turns.of("talk-1")] == ["one", "two"]


ASKS = {
    "pending_approval": {
        "id": "ab" * 16,
        "action": "redrive",
        "target": "arn:x",
        "summary": "Runs Load again.",
        "requester": "local:ana",
        "created_at": "2026-11-20T10:00:00Z",
        "expires_at": "2026-11-20T10:15:00Z",
    }
}


class Approver:
    """Knows two approvals that are over."""

    def send(self, body):
        known = [
            {**ASKS["pending_approval"], "id": each * 16, "state": "DENIED"}
            for each in ("ab", "cd")
        ]
        return {"history": known if body["action"] == "history" else [], "approvals": []}


@pytest.fixture
def asked(tmp_path, directory):
    """The report of a session that asked for an approval, in this process."""
    returned = OperationReturned("run_guy", "step_functions", "redrive", json.dumps(ASKS), "t")
    PastTurns(directory).keep("talk-1", past("again!", returned, Text("It waits.")))

    def telling():
        with settings.using({**settings.environment(), "DATALFRED_STATE": str(tmp_path)}):
            return CliRunner().invoke(cli, ["report", "--session", "talk-1"])

    return telling


def test_the_approver_says_what_became_of_an_approval(asked, monkeypatch):
    environment = {"DATALFRED_APPROVER_URL": "http://127.0.0.1:1"}

    @contextmanager
    def connect(_target):
        yield Connection("local: test", environment, "local:ana", lambda *_: {}, "large")

    monkeypatch.setattr(connection, "connect", connect)
    monkeypatch.setattr(Connection, "approvals", lambda _: Approver())

    told = asked().stdout

    assert f"`{'ab' * 16}`: **DENIED**" in told
    assert "cd" * 16 not in told


def test_an_approver_that_cannot_be_asked_is_a_gap_and_costs_no_report(asked, monkeypatch):
    def connect(_target):
        raise UnavailableError("The stack is not there.")

    monkeypatch.setattr(connection, "connect", connect)

    told = asked()

    assert told.exit_code == 0
    assert "- The approver could not be asked: The stack is not there." in told.stdout
    assert "what became of it is not known here" in told.stdout

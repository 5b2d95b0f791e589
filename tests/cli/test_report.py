from contextlib import contextmanager

import pytest
from click.testing import CliRunner

from datalfred.cli import cli, connection
from datalfred.cli.connection import Connection
from tests.pipelines_stack import pipelines_stack


class Door:
    """An approver that knows one redrive of each execution that it was told of."""

    def __init__(self, *targets):
        self.known = [
            {
                "id": f"{number:032x}",
                "action": "redrive",
                "target": target,
                "state": "PENDING",
                "requester": "local:ana",
            }
            for number, target in enumerate(targets)
        ]

    def send(self, body):
        assert body["action"] in {"list", "history"}
        return {"history": [], "approvals": self.known}


@pytest.fixture
def stack(monkeypatch):
    with pipelines_stack() as stack:
        stack.machine("nightly", {"Type": "Fail", "Error": "Broken", "Cause": "It broke."})

        @contextmanager
        def connect(_target):
            yield Connection("local: test", stack.environment, "ana", lambda *_: "", "large")

        monkeypatch.setattr(connection, "connect", connect)
        yield stack


def test_the_newest_failure_of_a_pipeline_is_written(stack):
    stack.run("nightly")

    told = CliRunner().invoke(cli, ["report", "nightly"])

    assert told.exit_code == 0
    assert told.stdout.startswith("# nightly: failed in Only\n")
    assert "from the records of local: test" in told.stdout


def test_a_report_goes_to_the_file_that_is_named(stack, tmp_path):
    arn = stack.run("nightly")

    told = CliRunner().invoke(
        cli, ["report", "--execution", arn, "-o", str(tmp_path / "incident.md")]
    )

    assert told.stdout == f"wrote {tmp_path / 'incident.md'}\n"
    assert arn in (tmp_path / "incident.md").read_text("utf-8")


def test_only_the_approvals_of_the_execution_are_told(stack, monkeypatch):
    arn = stack.run("nightly")
    stack.environment["DATALFRED_APPROVER_URL"] = "http://127.0.0.1:1"
    monkeypatch.setattr(Connection, "approvals", lambda _: Door(arn, "arn:of:another"))

    told = CliRunner().invoke(cli, ["report", "nightly"])

    assert told.stdout.count("**PENDING**, asked by local:ana") == 1

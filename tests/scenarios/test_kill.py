"""`kill -9` in the middle of the work: what was acknowledged is there at the next start."""

import json
import os
import signal
import threading
from contextlib import suppress

import botocore.exceptions
import pytest

from datalfred import clients, settings
from datalfred.local import stack
from tests.scenarios.commands import run_datalfred, running_datalfred

_WRITERS = 6
_ENOUGH = 120
_APPROVALS = "datalfred_demo_local_approvals"


class Writer(threading.Thread):
    """Adds approvals until the server is gone, and remembers which were acknowledged."""

    def __init__(self, number, environment, enough):
        super().__init__()
        self.acknowledged = []
        self._name = number
        self._enough = enough
        with settings.using(environment):
            self._dynamodb = clients.client("dynamodb", retries=0)

    def run(self):
        with suppress(botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError):
            while True:
                row = f"{self._name}-{len(self.acknowledged)}"
                item = {"id": {"S": row}, "state": {"S": "KILLED"}, "created_at": {"S": "2026"}}
                self._dynamodb.put_item(TableName=_APPROVALS, Item=item)
                self.acknowledged.append(row)
                self._enough.release()


def command(*arguments, state):
    finished = run_datalfred(*arguments, state=state)
    assert finished.returncode == 0, finished.stderr
    return json.loads(finished.stdout)


def rows_of(environment):
    with settings.using(environment):
        pages = clients.client("dynamodb").get_paginator("scan").paginate(TableName=_APPROVALS)
        return {row["id"]["S"] for page in pages for row in page["Items"]}


@pytest.mark.slow
def test_sessions_approvals_and_redrives_survive_a_kill_under_load(tmp_path):
    with running_datalfred("local", "--port", "0", state=tmp_path) as child:
        with stack.attach_or_start("demo", "local", state=tmp_path) as attached:
            environment = {**settings.environment(), **attached.environment()}
        asked = command("ask", "--json", "-id", "night", "redrive orders-ingestion", state=tmp_path)
        (pending,) = asked["pending_approvals"]
        done = command("approvals", "approve", pending["id"], "--json", state=tmp_path)
        waiting = command("ask", "--json", "-id", "two", "redrive customer-sync", state=tmp_path)
        enough = threading.Semaphore(0)
        writers = [Writer(number, environment, enough) for number in range(_WRITERS)]
        for writer in writers:
            writer.start()
        for _ in range(_ENOUGH):
            assert enough.acquire(timeout=20)
        os.kill(child.pid, signal.SIGKILL)
        for writer in writers:
            writer.join(20)
    acknowledged = {row for writer in writers for row in writer.acknowledged}
    assert len(acknowledged) >= _ENOUGH

    with (
        running_datalfred("local", "--port", "0", state=tmp_path),
        stack.attach_or_start("demo", "local", state=tmp_path) as attached,
    ):
        environment = {**settings.environment(), **attached.environment()}
        again = command("approvals", "approve", pending["id"], "--json", state=tmp_path)
        listed = command("approvals", "list", "--json", state=tmp_path)
        followed = command("ask", "--json", "-id", "night", "did it work?", state=tmp_path)
        kept = rows_of(environment)
        with settings.using(environment):
            execution = clients.client("stepfunctions").describe_execution(
                executionArn=pending["target"]
            )

    assert acknowledged <= kept
    assert (again["state"], again["outcome"]) == (done["state"], done["outcome"])
    assert execution["redriveCount"] == 1
    assert waiting["pending_approvals"][0]["id"] in {row["id"] for row in listed}
    assert "orders-ingestion" in followed["answer"]

"""Stacks as processes share them: one runs, others attach, and what was agreed outlives a crash."""

import json
import os
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager
from pathlib import Path

import botocore.exceptions
import pytest

from datalfred import clients, settings
from datalfred.approvals.door import ApprovalsDoor
from datalfred.approvals.store import open_store
from datalfred.approvals.terms import redrive_summary
from datalfred.errors import ConfigurationError, LocalStackError, RefusedError
from datalfred.local import host, stack
from datalfred.local.lakes import Lake
from datalfred.local.state import Announcement, StateDirectory

CHILD = """
import pathlib, sys
from datalfred.local import host, lakes, stack
from tests.local.test_stack import tiny_lake
lakes.lake_named = stack.lake_named = host.lake_named = tiny_lake
with stack.start(lake=sys.argv[2], state=pathlib.Path(sys.argv[1])) as running:
    running.seeding.wait(30)
    print(running.endpoint, flush=True)
    sys.stdin.read()
"""


def tiny_lake(name, _cache):
    """A lake that is quick to make: one database of that name."""

    def seed(aws, progress):
        progress("Making the lake", 0.5)
        if name == "broken":
            raise LocalStackError("no space is left.")
        aws.client("glue").create_database(DatabaseInput={"Name": name})

    return Lake(f"{name} lake", "", seed, has_pipelines=False)


@pytest.fixture(autouse=True)
def _tiny_lakes(monkeypatch):
    monkeypatch.setattr(host, "lake_named", tiny_lake)
    monkeypatch.setattr(stack, "lake_named", tiny_lake)


@contextmanager
def served(state, lake="demo"):
    """A stack that another process runs."""
    with subprocess.Popen(
        [sys.executable, "-c", CHILD, str(state), lake],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    ) as child:
        try:
            assert child.stdout.readline().startswith("http://127.0.0.1:")
            yield child
        finally:
            child.kill()


@pytest.fixture(scope="module")
def other_process(tmp_path_factory):
    """A stack of another process, and its state directory."""
    state = tmp_path_factory.mktemp("state")
    with served(state, "other") as child:
        yield child, state


def using(running):
    return settings.using({**running.environment(), "DATALFRED_STAGE_NAME": "local"})


def databases(running):
    with using(running):
        found = clients.client("glue").get_databases()["DatabaseList"]
    return [database["Name"] for database in found]


def test_a_stack_serves_its_lake_and_names_its_agents(tmp_path):
    said = []
    with stack.start(state=tmp_path, progress=lambda *step: said.append(step)) as running:
        environment = running.environment()

        assert databases(running) == ["demo"]
        assert running.lake == "demo lake"
        assert environment["AWS_ENDPOINT_URL"] == running.endpoint
        assert environment["AWS_REGION"] == "eu-west-1"
        assert environment["DATALFRED_AGENT_ID"]
        assert environment["DATALFRED_AGENT_ALIAS_ID"]
        assert said == [("Making the lake", 0.5)]
        with using(running):
            functions = clients.client("lambda").list_functions()["Functions"]
            names = {function["FunctionName"] for function in functions}
            agent = clients.client("bedrock-agent").get_agent(
                agentId=environment["DATALFRED_AGENT_ID"]
            )

        assert "datalfred_demo_local_approver" in names
        assert "datalfred_demo_local_glue" in names
        assert agent["agent"]["agentName"] == "datalfred_demo_local_supervisor_large"


@pytest.mark.parametrize("size", ["medium", "small"])
def test_each_size_is_a_team_of_its_own_with_sessions_of_its_own(tmp_path, size):
    with stack.start(state=tmp_path) as running, using(running):
        environment = running.environment()
        agent_id = environment[f"DATALFRED_AGENT_ID_{size.upper()}"]
        alias_id = environment[f"DATALFRED_AGENT_ALIAS_ID_{size.upper()}"]
        described = clients.client("bedrock-agent").get_agent(agentId=agent_id)["agent"]
        answer = clients.client("bedrock-agent-runtime").invoke_agent(
            agentId=agent_id, agentAliasId=alias_id, sessionId="one", inputText="hello"
        )
        words = b"".join(event["chunk"]["bytes"] for event in answer["completion"])

    assert described["agentName"] == f"datalfred_demo_local_supervisor_{size}"
    assert agent_id != environment["DATALFRED_AGENT_ID"]
    assert words


def test_what_nobody_implements_of_bedrock_is_said(tmp_path):
    with stack.start(state=tmp_path) as running, using(running):
        with pytest.raises(botocore.exceptions.ClientError) as caught:
            clients.client("bedrock-runtime").invoke_model(modelId="m", body=b"{}")

        assert caught.value.response["Error"]["Code"] == "NotImplementedException"


def test_a_second_command_attaches_to_the_stack_that_runs(other_process):
    _, state = other_process
    with stack.attach_or_start(state=state) as attached:
        assert attached.aws is None
        assert attached.lake == "other lake"
        assert databases(attached) == ["other"]
        with stack.attach_or_start(state=state, lake="other") as again:
            assert again.endpoint == attached.endpoint


def test_the_first_command_runs_the_stack_and_leaves_nothing(tmp_path):
    with stack.attach_or_start(state=tmp_path) as running:
        assert running.aws is not None
        announced = json.loads((tmp_path / "demo-local" / "stack.json").read_text())
        assert announced["pid"] == os.getpid()
        assert announced["endpoint"] == running.endpoint

    assert not (tmp_path / "demo-local" / "stack.json").exists()
    with stack.start(state=tmp_path) as again:
        assert databases(again) == ["demo"]


def test_a_stack_that_is_used_by_another_ends_after_it(tmp_path):
    directory = StateDirectory("demo", "local", tmp_path)
    running = stack.attach_or_start(state=tmp_path)
    mark = directory.use()
    closing = threading.Thread(target=running.close)
    closing.start()
    closing.join(0.3)

    assert databases(running) == ["demo"]
    assert directory.announced() is None  # nobody new comes
    mark.close()
    closing.join(10)
    assert not closing.is_alive()


def test_another_lake_than_the_one_that_is_served_is_refused(other_process):
    child, state = other_process
    with pytest.raises(LocalStackError, match="serves other lake, not demo lake") as caught:
        stack.attach_or_start(state=state, lake="demo")

    assert str(child.pid) in caught.value.hint


def test_a_stack_runs_once(other_process):
    child, state = other_process
    with pytest.raises(LocalStackError, match=rf"runs already at .*{child.pid}"):
        stack.start(state=state)


def test_stages_have_stacks_of_their_own(other_process):
    _, state = other_process
    with stack.start("demo", "dev", state=state) as running:
        assert databases(running) == ["demo"]


def test_two_stacks_on_two_ports_do_not_see_each_other(other_process, tmp_path):
    _, state = other_process

    def buckets(running):
        with using(running):
            return [each["Name"] for each in clients.client("s3").list_buckets()["Buckets"]]

    def approvals(running):
        with using(running):
            return [each.id for each in open_store().pending()]

    with (
        stack.attach_or_start(state=state, lake="other") as other,
        stack.start(state=tmp_path) as mine,
    ):
        assert other.endpoint != mine.endpoint
        before = buckets(other), approvals(other)
        with using(mine):
            clients.client("s3", retries=0).create_bucket(
                Bucket="mine", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
            )
            made = open_store().create(
                action="redrive",
                target="arn",
                summary=redrive_summary("arn", "", ""),
                requester="local:ana",
                details={},
            )

        assert (buckets(other), approvals(other)) == before
        assert "mine" in buckets(mine)
        assert made.id in approvals(mine)


def test_a_stack_that_was_killed_is_started_anew_with_what_it_had_acknowledged(tmp_path):
    with served(tmp_path) as child:
        with stack.attach_or_start(state=tmp_path) as attached, using(attached):
            made = open_store().create(
                action="redrive",
                target="arn",
                summary=redrive_summary("arn", "", ""),
                requester="local:ana",
                details={"pipeline": "orders-ingestion"},
            )
        os.kill(child.pid, signal.SIGKILL)
        child.wait(10)
        assert (tmp_path / "demo-local" / "stack.json").exists()

    with stack.attach_or_start(state=tmp_path) as running, using(running):
        assert running.aws is not None
        assert open_store().get(made.id) == made


def test_the_user_of_this_machine_decides_through_the_door(tmp_path):
    with stack.start(state=tmp_path) as running:
        url = running.environment()["DATALFRED_APPROVER_URL"]

        assert ApprovalsDoor(url, lambda *_: running.proof()).send({"action": "list"}) == {
            "approvals": []
        }
        with pytest.raises(RefusedError, match="does not accept who you say") as refused:
            ApprovalsDoor(url, lambda *_: {}).send({"action": "list"})
        assert "restart it" in refused.value.hint


def test_a_lake_that_cannot_be_made_is_said_to_whoever_asks_for_it(tmp_path, caplog):
    with stack.start(lake="broken", state=tmp_path) as running, using(running):
        with pytest.raises(botocore.exceptions.ClientError, match="the lake: no space is left"):
            clients.client("glue", retries=0).get_databases()
        assert clients.client("sts").get_caller_identity()
        assert running.seeding.wait(20)

    assert [record.levelname for record in caplog.records] == ["ERROR"]


def test_a_busy_port_leaves_nothing_locked(tmp_path):
    with stack.start("demo", "one", state=tmp_path) as running:
        port = int(running.endpoint.rpartition(":")[2])
        for _ in range(2):
            with pytest.raises(LocalStackError, match=f"Port {port}"):
                stack.attach_or_start("demo", "two", state=tmp_path, port=port)


def test_a_model_that_does_not_exist_is_named_before_anything_is_served(tmp_path):
    with (
        settings.using({"DATALFRED_MODEL": "oracle"}),
        pytest.raises(ConfigurationError, match="'oracle' is no model"),
    ):
        stack.start(state=tmp_path)
    assert not (tmp_path / "demo-local" / "stack.json").exists()


def test_a_state_directory_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("")

    with pytest.raises(LocalStackError, match="cannot be made") as caught:
        stack.start(state=tmp_path / "file")

    assert "--state" in caught.value.hint


def test_a_lock_without_an_answering_stack_is_explained(tmp_path, monkeypatch):
    monkeypatch.setattr(stack, "_ATTACH_SECONDS", 0.1)
    directory = StateDirectory("demo", "local", tmp_path)
    with directory.acquire():
        directory.announce(Announcement("http://127.0.0.1:1", 1, "demo lake", "1", {}))
        with pytest.raises(LocalStackError, match="no stack answers"):
            stack.attach_or_start(state=tmp_path)
        (directory.path / "stack.json").write_text("{")
        with pytest.raises(LocalStackError, match="no stack answers"):
            stack.attach_or_start(state=tmp_path)
        with pytest.raises(LocalStackError, match="runs already"):
            stack.start(state=tmp_path)


def test_who_takes_the_lock_clears_what_a_killed_process_announced(tmp_path):
    directory = StateDirectory("demo", "local", tmp_path)
    directory.announce(Announcement("http://127.0.0.1:1", 1, "demo lake", "1", {}))
    with directory.acquire():
        assert not (directory.path / "stack.json").exists()


def test_waiting_for_users_has_an_end(tmp_path):
    directory = StateDirectory("demo", "local", tmp_path)
    with directory.use():
        assert directory.wait_until_unused(0.05) is False
    assert directory.wait_until_unused(0.05) is True


def test_state_lies_in_the_directory_of_the_settings(tmp_path):
    with settings.using({"DATALFRED_STATE": str(tmp_path)}):
        assert StateDirectory("p", "s").path == tmp_path / "p-s"

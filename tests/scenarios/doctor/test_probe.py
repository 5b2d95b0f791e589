"""The probe makes one agent and leaves none, whatever comes in between."""

import json
import signal
import subprocess
import sys
import threading

from click.testing import CliRunner

from datalfred import cli, clients, settings
from datalfred.cli.doctor import probe
from datalfred.local.aws.faults import FaultError, fault_response
from datalfred.local.aws.operations import operation_of
from tests.scenarios.commands import CHILD
from tests.scenarios.doctor.answers import DEPLOYED, answering, guide_policy, refused


def test_a_probe_makes_one_agent_and_leaves_none(doctor, aws):
    code, found = doctor("--account", "-m", "small", "--probe", "--yes")

    assert (code, found["probe"]["status"]) == (0, "ok")
    assert "was made and deleted" in found["probe"]["detail"]
    assert left(aws) == []
    made = [call.operation for call in aws.door.calls if call.operation == "CreateAgent"]
    assert made[-1:] == ["CreateAgent"]


def left(aws):
    """The throw-away agents that are there."""
    listed = aws.client("bedrock-agent").list_agents()["agentSummaries"]
    return [each["agentName"] for each in listed if each["agentName"].startswith(probe.PREFIX)]


def test_a_probe_asks_first_and_makes_nothing_of_a_no(aws):
    asked = ["doctor", *DEPLOYED, "--account", "-m", "small", "--probe"]
    before = [call.operation for call in aws.door.calls].count("CreateAgent")

    said_no = CliRunner().invoke(cli.cli, asked, input="n\n")
    said_yes = CliRunner().invoke(cli.cli, asked, input="y\n")

    assert said_no.exit_code == 1
    assert "makes one agent in account 123456789012, eu-west-1" in said_no.output
    assert "probe:" not in said_no.stdout
    assert (said_yes.exit_code, "ok       probe:" in said_yes.stdout) == (0, True)
    made = [call.operation for call in aws.door.calls].count("CreateAgent")
    assert made == before + 1


def test_a_closed_account_is_told_what_the_refusal_was_and_where_to_go(doctor, aws):
    said = "Amazon Bedrock Agents is no longer available to new customers."
    with answering(aws, "CreateAgent", closed("AccessDeniedException", said)):
        code, found = doctor("--account", "-m", "small", "--probe", "--yes")

    assert (code, found["probe"]["status"]) == (1, "FAIL")
    assert said in found["probe"]["detail"]
    assert "AccessDeniedException" in found["probe"]["detail"]
    assert "2026-07-30" in found["probe"]["detail"]
    assert "datalfred local" in found["probe"]["way_out"]


def closed(code, message):
    """A refusal in place of the agent, which is taken back."""

    def other(request, response):
        agent = json.loads(response.body)["agent"]["agentId"]
        forget(agent)
        return fault_response(request, code, message, 403)

    return other


def forget(agent_id):
    clients.client("bedrock-agent").delete_agent(agentId=agent_id)


def test_nobody_probes_an_account_that_nobody_knows(doctor, aws):
    expired = refused("ExpiredToken", "The token is expired", 403)
    with answering(aws, "GetCallerIdentity", expired):
        code, found = doctor("--probe", "--yes")

    assert (code, found["probe"]["status"]) == (1, "unknown")


def test_who_may_not_make_agents_is_no_proof_of_a_closed_account(doctor, person, aws):
    person(guide_policy())

    code, found = doctor("--account", "-m", "small", "--probe", "--yes")

    assert (code, found["probe"]["status"]) == (0, "unknown")
    assert found["probe"]["fix"] == {
        "Effect": "Allow", "Action": "bedrock:CreateAgent", "Resource": "*",
    }  # fmt: skip
    assert left(aws) == []


def test_a_probe_whose_answer_is_lost_is_cleaned_up_by_its_name(doctor, aws, monkeypatch):
    monkeypatch.setattr(clients, "_pause", lambda _seconds: None)
    lost = refused("InternalServerException", "Try again.", 500)
    with answering(aws, "CreateAgent", lost):
        _, found = doctor("--account", "-m", "small", "--probe", "--yes")

    assert found["probe"]["status"] == "unknown"
    assert left(aws) == []


def test_a_busy_agent_is_deleted_in_the_end(doctor, aws, monkeypatch):
    monkeypatch.setattr(probe, "_PAUSE_SECONDS", 0)
    times = []

    def busy(request):
        if operation_of(request) == "DeleteAgent" and len(times) < 3:
            times.append(request)
            raise FaultError("ConflictException", "The agent is CREATING.", 409)

    before = aws.door.authorize
    aws.door.authorize = lambda request: (before(request), busy(request))
    try:
        code, _ = doctor("--account", "-m", "small", "--probe", "--yes")
    finally:
        aws.door.authorize = before

    assert (code, len(times)) == (0, 3)
    assert left(aws) == []


def test_an_agent_that_cannot_be_deleted_is_named(doctor, person, aws):
    allowed = {"Effect": "Allow", "Action": "bedrock:CreateAgent", "Resource": "*"}
    policy = guide_policy()
    person({**policy, "Statement": [*policy["Statement"], allowed]})

    code, found = doctor("--account", "-m", "small", "--probe", "--yes")

    (name,) = left(aws)
    agent = aws.client("bedrock-agent")
    for each in agent.list_agents()["agentSummaries"]:
        if each["agentName"] == name:
            agent.delete_agent(agentId=each["agentId"])
    assert (code, found["probe"]["status"]) == (1, "FAIL")
    assert name in found["probe"]["detail"]
    assert "bedrock:DeleteAgent" in found["probe"]["detail"]
    assert "> Delete" in found["probe"]["way_out"]


def test_a_ctrl_c_in_a_probe_leaves_no_agent(stage, state):
    aws, made, over = stage.aws, threading.Event(), threading.Event()

    def slowly(_request, response):
        made.set()
        over.wait(20)
        return response

    own = {k: v for k, v in stage.environment().items() if k.startswith("AWS_")}
    command = [sys.executable, "-m", "datalfred", "doctor", *DEPLOYED, "--account", "--probe"]
    with (
        answering(aws, "CreateAgent", slowly),
        subprocess.Popen(
            [*command, "--yes"],
            env={**settings.environment(), **CHILD, **own},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd="/",
        ) as child,
    ):
        assert made.wait(60)
        assert len(left(aws)) == 1
        child.send_signal(signal.SIGINT)
        _, err = child.communicate(timeout=60)
        over.set()

    assert child.returncode == 1
    assert "Stopped." in err
    assert "Traceback" not in err
    assert left(aws) == []

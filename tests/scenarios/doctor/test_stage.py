"""A stage that is healthy, and one that is broken in each way that is looked for.

What can be broken through its own APIs is broken so; the rest is put into its answers.
"""

import json
from dataclasses import replace

import pytest

from datalfred.errors import LocalStackError
from datalfred.local import stack
from tests.scenarios.commands import run_datalfred
from tests.scenarios.doctor.answers import DEPLOYED, NAME, answering, edited, problems, refused


def test_a_healthy_stage_has_nothing_wrong_and_the_process_ends_with_0(stage, state):
    finished = run_datalfred("doctor", "--json", state=state)

    found = {each["what"]: each for each in json.loads(finished.stdout)}
    assert finished.returncode == 0, finished.stderr
    assert problems(found) == {}
    assert found["making agents"]["detail"].startswith("likely: 9 agents")
    assert found["approver"]["detail"].endswith("and may approve")
    expected = {"credentials", "clock", "deployment", "workgroup", "results", "approval tables"}
    assert expected <= set(found)
    for size in ("large", "medium", "small"):
        assert f"agents of {size}" in found
        assert f"model of {size}" in found
        assert f"inference profile of {size}" in found
        assert "those of this checkout" in found[f"definitions of {size}"]["detail"]


def test_a_process_finds_a_stage_by_its_name_as_on_aws(stage, state):
    only_aws = {k: v for k, v in stage.environment().items() if k.startswith("AWS_")}

    finished = run_datalfred("doctor", *DEPLOYED, state=state, environment=only_aws)

    assert finished.returncode == 0, finished.stdout
    assert "Traceback" not in finished.stderr
    lines = finished.stdout.splitlines()
    assert lines[-1].startswith("Nothing is wrong of ")
    # A laptop's approver is opened by its user's token, which is for the local target.
    assert [each for each in lines if each.startswith("unknown")] == [
        (
            "unknown  approver: The approver of a laptop hears its own user, by a token that this"
            " target does not bring."
        )
    ]


def test_a_size_that_is_chosen_is_the_only_one_that_is_looked_at(doctor):
    _, found = doctor("-m", "medium")

    sizes = {what for what in found if " of " in what}
    assert sizes == {
        "agents of medium", "definitions of medium", "inference profile of medium",
        "model of medium", "quotas of medium",
    }  # fmt: skip


def test_a_size_that_is_not_deployed_is_answered_with_those_that_are(doctor, aws):
    def without_medium(_request, response):
        body = response.body.replace(b"DatalfredAgentIdMedium", b"Other")
        return replace(response, body=body)

    with answering(aws, "DescribeStacks", without_medium):
        code, found = doctor("-m", "medium")
        _, all_sizes = doctor()

    assert code == 1
    said = found["agents of medium"]
    assert said["detail"] == "There is no team of the size medium. There is: large, small."
    assert "agents of medium" not in all_sizes


def test_a_stack_that_failed_or_is_missing_is_named(doctor, aws):
    def broken(request, response):
        if b"demo-local-channels" in request.body:
            return refused("ValidationError", "Stack with id x does not exist")(request, response)
        body = response.body.replace(b"CREATE_COMPLETE", b"ROLLBACK_COMPLETE")
        return replace(response, body=body)

    def missing(request, response):
        return response if b"channels" not in request.body else broken(request, response)

    with answering(aws, "DescribeStacks", broken):
        code, found = doctor("-m", "small")
    with answering(aws, "DescribeStacks", missing):
        _, in_part = doctor("-m", "small")

    assert code == 1
    assert "channels is missing, data is ROLLBACK_COMPLETE" in found["deployment"]["detail"]
    assert in_part["deployment"]["status"] == "FAIL"
    assert in_part["deployment"]["detail"].endswith("eu-west-1: channels is missing.")


def of_agent(name, **values):
    """An answer of GetAgent that differs for the agents of a name."""

    def change(body):
        if body["agent"]["agentName"] == NAME(name):
            body["agent"] |= values

    return edited(change)


def of_alias(**values):
    return edited(lambda body: body["agentAlias"].update(values))


def without_run_guy(body):
    body["agentCollaboratorSummaries"].pop()


def other_size(body):
    """The data analyst of another size in place of one's own."""
    first, second = body["agentCollaboratorSummaries"]
    first["agentDescriptor"] = second["agentDescriptor"]


def gone_alias(body):
    arn = body["agentCollaboratorSummaries"][0]["agentDescriptor"]["aliasArn"]
    body["agentCollaboratorSummaries"][0]["agentDescriptor"]["aliasArn"] = f"{arn[:-10]}NOSUCHALIA"


BROKEN_ANSWERS = [
    ("GetAgent", of_agent("run_guy_small", agentStatus="FAILED", failureReasons=["No role."]),
     "agents of small", "The agent datalfred_demo_local_run_guy_small is FAILED. No role."),
    ("GetAgent", of_agent("supervisor_small", agentStatus="NOT_PREPARED"),
     "agents of small", "supervisor_small is NOT_PREPARED."),
    ("GetAgent", refused("ResourceNotFoundException", "no", 404),
     "agents of small", "which should be supervisor."),
    ("GetAgentAlias", of_alias(agentAliasStatus="FAILED"), "agents of small", "is FAILED."),
    ("GetAgentAlias", of_alias(aliasInvocationState="REJECT_INVOCATIONS"),
     "agents of small", "rejects questions"),
    ("GetAgentAlias", of_alias(routingConfiguration=[{"agentVersion": "DRAFT"}]),
     "agents of small", "routes to no version"),
    ("ListAgentCollaborators", edited(without_run_guy),
     "agents of small", "knows nobody called run_guy"),
    ("ListAgentCollaborators", edited(other_size),
     "agents of small", "asks datalfred_demo_local_run_guy_small where it should ask"),
    ("ListAgentCollaborators", edited(gone_alias),
     "agents of small", "There is no alias NOSUCHALIA of the agent"),
    ("GetFoundationModelAvailability",
     edited(lambda body: body.update(agreementAvailability={"status": "NOT_AVAILABLE"})),
     "model of small", "amazon.nova-pro-v1:0 is not enabled in eu-west-1: the agreement is NOT_A"),
    ("GetFoundationModelAvailability",
     edited(lambda body: body.update(authorizationStatus="NOT_AUTHORIZED")),
     "model of small", "the authorisation is NOT_AUTHORIZED"),
    ("GetFoundationModelAvailability",
     edited(lambda body: body.update(entitlementAvailability="NOT_AVAILABLE")),
     "model of small", "the entitlement is NOT_AVAILABLE"),
    ("GetFoundationModelAvailability",
     edited(lambda body: body.update(regionAvailability="NOT_AVAILABLE")),
     "model of small", "Bedrock does not offer amazon.nova-pro-v1:0 in eu-west-1."),
    ("GetFoundationModelAvailability", refused("ValidationException", "no such model"),
     "model of small", "does not offer"),
    ("GetInferenceProfile", refused("ResourceNotFoundException", "no", 404),
     "inference profile of small", "does not exist."),
    ("GetInferenceProfile", edited(lambda body: body.update(models=[{"modelArn": "a/other"}])),
     "inference profile of small", "reaches other, not amazon.nova-pro-v1:0"),
    ("GetGuardrail", edited(lambda body: body.update(status="FAILED")),
     "guardrail", "is FAILED."),
    ("GetGuardrail", refused("ResourceNotFoundException", "no", 404),
     "guardrail", "does not exist."),
    ("GetFunctionConfiguration", refused("ResourceNotFoundException", "no", 404),
     "function glue", "There is no function datalfred_demo_local_glue in eu-west-1."),
    ("GetFunctionConfiguration",
     edited(lambda body: body.update(State="Failed", StateReason="No subnet.")),
     "function glue", "is out of order. No subnet."),
    ("GetFunctionConfiguration", edited(lambda body: body.update(Role="arn:aws:iam::1:role/admin")),
     "function glue", "has the role arn:aws:iam::1:role/admin"),
    ("DescribeTable", edited(lambda body: body["Table"].update(TableStatus="CREATING")),
     "approval tables", "datalfred_demo_local_requests is CREATING."),
    ("DescribeTable", edited(lambda body: body["Table"].pop("GlobalSecondaryIndexes", None)),
     "approval tables", "lacks the index by_created"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("operation", "other", "what", "words"),
    BROKEN_ANSWERS,
    ids=[f"{each[2]}: {each[3]}" for each in BROKEN_ANSWERS],
)
def test_what_is_broken_is_named_with_a_way_out(*, doctor, aws, operation, other, what, words):
    with answering(aws, operation, other):
        code, found = doctor("-m", "small")

    assert code == 1
    assert found[what]["status"] == "FAIL"
    assert words in found[what]["detail"]
    assert found[what]["way_out"]


def test_a_stack_of_the_laptop_that_cannot_be_had_is_a_finding(at_the_laptop, monkeypatch):
    def broken(*_names, **_options):
        raise LocalStackError("The demo lake could not be made.", hint="Free some space.")

    monkeypatch.setattr(stack, "attach_or_start", broken)

    code, found = at_the_laptop()

    assert (code, found["stack"]["status"]) == (1, "FAIL")
    assert found["stack"]["way_out"] == "Free some space."
    assert found["model"]["status"] == "ok"

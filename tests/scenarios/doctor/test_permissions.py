"""A person with a policy: for what the guide's suffices, and what is told where one is missing."""

import re

import pytest

from tests.scenarios.doctor.answers import guide_policy, problems, without


def test_the_policy_of_the_guide_is_all_that_it_needs(doctor, person):
    person(guide_policy())

    code, found = doctor()

    assert code == 0
    assert set(problems(found)) == {"approver"}


ACTIONS = {
    "bedrock:GetFoundationModelAvailability": {"model of small"},
    "bedrock:ListAgents": {"making agents"},
    "bedrock:ListFoundationModels": {"quotas of small"},
    "servicequotas:ListServiceQuotas": {"quotas of small"},
    "bedrock:GetAgent": {"agents of small", "definitions of small"},
    "bedrock:GetAgentActionGroup": {"definitions of small"},
    "bedrock:GetAgentAlias": {"agents of small", "definitions of small"},
    "bedrock:GetAgentVersion": {"definitions of small"},
    "bedrock:GetGuardrail": {"guardrail"},
    "bedrock:GetInferenceProfile": {"inference profile of small"},
    "bedrock:ListAgentActionGroups": {"definitions of small"},
    "bedrock:ListAgentCollaborators": {"agents of small", "definitions of small"},
    "athena:GetWorkGroup": {"workgroup"},
    "dynamodb:DescribeTable": {"approval tables"},
    "s3:GetBucketPolicy": {"results"},
    "s3:GetLifecycleConfiguration": {"results"},
    "s3:ListBucket": {"results"},
}


@pytest.mark.parametrize(("action", "hidden"), ACTIONS.items(), ids=ACTIONS)
def test_a_missing_permission_is_named_and_its_statement_is_the_fix(doctor, person, action, hidden):
    policy = without(guide_policy(), action)
    person(policy)
    code, found = doctor("-m", "small")

    assert code == 0
    unseen = {what: each for what, each in problems(found).items() if what != "approver"}
    assert set(unseen) == hidden
    assert {each["fix"]["Action"] for each in unseen.values()} == {action}

    fixes = [each["fix"] for each in unseen.values()]
    wider = [{**fix, "Resource": re.sub(r"(agent|agent-alias)/.*", r"\1/*", fix["Resource"])}
             for fix in fixes]  # fmt: skip
    wider = [{**fix, "Resource": re.sub("_requests$", "_*", fix["Resource"])} for fix in wider]
    person({**policy, "Statement": [*policy["Statement"], *wider]})
    _, mended = doctor("-m", "small")
    assert set(problems(mended)) == {"approver"}


def test_stacks_that_one_may_not_see_hide_nothing_that_has_a_name(doctor, person):
    person(without(guide_policy(), "cloudformation:DescribeStacks"))

    code, found = doctor("-m", "small")

    assert code == 0, found
    assert "DATALFRED_AGENT_ID_SMALL" in found["agents of small"]["way_out"]
    assert "DATALFRED_APPROVER_URL" in found["approver"]["way_out"]
    said = found["deployment"]
    assert said["status"] == "unknown"
    assert said["fix"]["Action"] == "cloudformation:DescribeStacks"
    assert ":stack/datalfred-demo-local-data/" in said["fix"]["Resource"]
    assert found["workgroup"]["status"] == "ok"
    assert found["function glue"]["status"] == "ok"


def test_functions_that_one_may_not_see_leave_the_budget_unknown(doctor, person):
    person(without(guide_policy(), "lambda:GetFunctionConfiguration"))

    code, found = doctor("-m", "small")

    assert code == 0
    functions = {what for what in problems(found) if what.startswith("function ")}
    assert len(functions) == 6
    assert "Whether that is the budget is unknown" in found["workgroup"]["way_out"]

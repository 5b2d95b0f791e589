"""What an operator sets in a running stage, as its functions see it under their roles."""

import json
import uuid

import pytest

from datalfred import parameters, settings
from datalfred.definitions.action_groups import action_group_names
from datalfred.definitions.naming import resource_name, role_name, settings_parameter
from datalfred.definitions.permissions import APPROVER, functions
from datalfred.local.deployment import Deployment

NAME = settings_parameter("demo", "local")
READ = "ssm:GetParameter"


@pytest.fixture(scope="module")
def stage(embedded_aws):
    Deployment(embedded_aws, "demo", "local").deploy_functions()
    with settings.using(embedded_aws.environment()):
        yield embedded_aws


@pytest.fixture(autouse=True)
def nothing_kept(monkeypatch):
    monkeypatch.setattr(parameters, "_kept", {})


def put(stage, **values):
    stage.client("ssm").put_parameter(Name=NAME, Value=json.dumps(values), Overwrite=True)


def called(stage, group):
    event = {
        "actionGroup": group,
        "apiPath": "/unheard_of",
        "httpMethod": "POST",
        "sessionAttributes": {"request_id": uuid.uuid4().hex, "user": "local:ana"},
    }
    answer = stage.functions.invoke(resource_name("demo", "local", group), event)["response"]
    return json.loads(answer["responseBody"]["application/json"]["body"])["error"]


def readers(stage, since):
    calls = list(stage.door.calls)[since:]
    return [each.role for each in calls if f"{each.service}:{each.operation}" == READ]


def test_a_stage_begins_with_a_parameter_that_says_nothing(stage):
    assert stage.client("ssm").get_parameter(Name=NAME)["Parameter"]["Value"] == "{}"


@pytest.mark.parametrize("group", action_group_names())
def test_a_limit_that_an_operator_lowers_counts_at_the_next_call(stage, group):
    assert called(stage, group)["code"] == "NOT_FOUND"
    put(stage, DATALFRED_CALLS_PER_TURN=0)
    parameters._kept.clear()

    error = called(stage, group)

    assert error["code"] == "CEILING_REACHED"
    assert "0 operations" in error["message"]
    put(stage)


def test_every_function_reads_it_once_by_its_own_role(stage):
    before = len(stage.door.calls)
    for _ in range(2):
        for group in action_group_names():
            called(stage, group)
        body = {"requestContext": {"authorizer": {"local": {"user": "ben"}}}, "body": "{}"}
        stage.functions.invoke(resource_name("demo", "local", APPROVER), body)

    assert sorted(readers(stage, before)) == sorted(
        role_name("demo", "local", each) for each in functions()
    )


def test_no_function_may_change_what_it_is_limited_by(stage):
    with settings.using(stage.environment(role_name("demo", "local", "athena"))):
        ssm = parameters.clients.client("ssm", retries=0)
        with pytest.raises(ssm.exceptions.ClientError, match="AccessDenied"):
            ssm.put_parameter(Name=NAME, Value="{}", Overwrite=True)
        with pytest.raises(ssm.exceptions.ClientError, match="AccessDenied"):
            ssm.get_parameter(Name=settings_parameter("demo", "other"))

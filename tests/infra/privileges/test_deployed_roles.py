"""The synthesised roles: word for word what the definitions say, and enough for every operation."""

import pytest
from policy_sentry.querying.actions import get_action_data

from datalfred.definitions.naming import role_name
from datalfred.definitions.permissions import functions, policy_of
from datalfred.local.aws.message import ACCOUNT
from infra.configuration import Configuration, load
from infra.stage import Stage
from tests.infra.privileges.reading import (
    as_written,
    inline_policies,
    listed,
    resolved,
    statements,
)
from tests.support.privileges.operations import PLACE
from tests.support.privileges.proof import Proof

NETWORK = {"vpc_id": "vpc-1", "subnet_ids": ["subnet-1"], "security_group_ids": ["sg-1"]}
LOOKS_AROUND = ("step_functions", "athena:GetQueryExecution")
"""Queries of pipelines run in workgroups of their own."""


@pytest.mark.parametrize("stage", ["dev", "staging", "prod"])
def test_each_function_of_a_stage_has_exactly_the_policy_of_its_definition(synthesised, stage):
    configuration = load(stage)
    names = configuration.project, configuration.stage
    account = configuration.account or ACCOUNT
    place = Stage(configuration.model_copy(update={"account": account})).place

    roles = inline_policies(synthesised(configuration))

    for function in functions():
        made = roles[role_name(*names, function)]
        assert set(made) == {"operations"}
        assert as_written(made["operations"]) == as_written(policy_of(function, place).document())


def test_the_demos_deployment_has_the_policies_of_the_demo_stack(deployed):
    for function in functions():
        assert deployed[function] == as_written(policy_of(function, PLACE).document())


def test_nothing_but_the_definitions_gives_a_function_a_policy(templates):
    attached = [
        resolved(each["Properties"])
        for template in templates.values()
        for each in template["Resources"].values()
        if each["Type"] == "AWS::IAM::Policy"
        or (each["Type"] == "AWS::IAM::Role" and "ManagedPolicyArns" in each["Properties"])
    ]

    assert attached == []


def test_every_operation_works_under_the_synthesised_roles(operations):
    operations.use_everything()

    assert list(Proof().missing(operations.calls)) == []
    assert list(Proof().unneeded(operations.calls)) == []


def level_of(action):
    service, _, name = action.partition(":")
    (found,) = get_action_data(service, name)[service][:1]
    return found["access_level"]


CONFIGURED = {
    "as production": {},
    "in a network": {"network": NETWORK},
}


@pytest.mark.parametrize("fields", CONFIGURED.values(), ids=CONFIGURED)
def test_nobody_may_write_everywhere(synthesised, fields):
    configuration = Configuration(**{**load("prod").model_dump(), **fields})
    found = list(statements(synthesised(configuration)))

    assert {place.partition("/")[0] for place, _ in found} >= {"agents", "channels"}
    everywhere = {
        action
        for _, statement in found
        if "*" in listed(statement["Resource"]) and statement["Effect"] == "Allow"
        for action in listed(statement["Action"])
    }
    assert not any("*" in action for action in everywhere)
    assert {action for action in everywhere if level_of(action) not in {"List", "Read"}} == set()


def test_lake_formation_alone_is_asked_for_everything_at_once(synthesised):
    decided = load("prod")
    lake = decided.lake.model_copy(update={"lake_formation": True})
    found = statements(synthesised(decided.model_copy(update={"lake": lake})))

    governed = [each for _, each in found if "lakeformation" in str(each["Action"])]
    assert governed == [
        {
            "Sid": "ReadGovernedLake",
            "Effect": "Allow",
            "Action": "lakeformation:GetDataAccess",
            "Resource": "*",
        }
    ]


def test_redrives_belong_to_the_approver_alone(templates):
    able = {
        place
        for place, statement in statements(templates)
        if any(each.startswith("states:Redrive") for each in listed(statement["Action"]))
    }

    assert len(able) == 1
    (place,) = able
    assert place.startswith("channels/Approv")


def test_queries_run_in_the_workgroup_of_the_stage_alone(deployed):
    workgroups = {
        (function, action): set(statement["Resource"])
        for function, document in deployed.items()
        for statement in document["Statement"]
        for action in statement["Action"]
        if action.startswith("athena:") and (function, action) != LOOKS_AROUND
    }

    assert {function for function, _ in workgroups} == {"athena"}
    assert all(where == {PLACE.workgroup} for where in workgroups.values())


def test_objects_are_read_and_written_below_the_prefixes_of_the_stage_alone(deployed):
    objects = {
        (function, action): set()
        for function in deployed
        for action in ("s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload")
    }
    for function, document in deployed.items():
        for statement in document["Statement"]:
            for action in statement["Action"]:
                if (function, action) in objects:
                    objects[function, action] |= set(statement["Resource"])

    lake = "arn:aws:s3:::demo-lake"
    assert {grant: where for grant, where in objects.items() if where} == {
        ("athena", "s3:GetObject"): {f"{lake}/*", f"{lake}/_semantics/*", f"{PLACE.results}/*"},
        ("athena", "s3:PutObject"): {f"{PLACE.results}/*"},
        ("athena", "s3:AbortMultipartUpload"): {f"{PLACE.results}/*"},
        ("compute", "s3:GetObject"): {f"{lake}/emr-logs/*"},
        ("glue", "s3:GetObject"): {f"{lake}/_semantics/*"},
        ("step_functions", "s3:GetObject"): {f"{lake}/emr-logs/*"},
    }

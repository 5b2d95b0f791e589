"""The policies as documents: scoped, complete, and nothing in them that belongs to another."""

import dataclasses
import json

import pytest

from datalfred.definitions.action_groups import action_group_names
from datalfred.definitions.permissions import (
    APPROVER,
    Allow,
    Place,
    Policy,
    Reach,
    functions,
    policy_of,
)
from datalfred.errors import NotFoundError

PLACE = Place(
    "demo",
    "prod",
    "210987654321",
    "eu-central-1",
    lake_buckets=("lake", "archive"),
    semantics_uri="s3://lake/_semantics",
    job_log_uris=("s3://lake/logs/",),
)
S3 = "arn:aws:s3:::"
READS = ("Get", "List", "Describe", "Filter", "BatchGet", "Query")
WITHOUT_RESOURCE = {
    "ecs:DescribeTaskDefinition", "ecs:ListClusters", "ecs:ListTasks",
    "elasticmapreduce:ListClusters", "emr-serverless:ListApplications", "glue:ListJobs",
    "logs:GetQueryResults", "logs:StopQuery",
}  # fmt: skip
"""Actions for which the Service Authorization Reference lists no resource type."""


def statements():
    return [
        pytest.param(function, statement, id=f"{function}-{statement.sid}")
        for function in functions()
        for statement in policy_of(function, PLACE).statements
    ]


def test_each_function_that_is_deployed_has_a_policy():
    assert set(functions()) == {*action_group_names(), APPROVER}


def test_a_function_without_a_policy_is_named():
    with pytest.raises(NotFoundError, match="policy"):
        policy_of("unheard_of", PLACE)


def test_a_document_is_what_iam_takes():
    conditions = {
        "Bool": {"aws:SecureTransport": "true"},
        "StringEquals": {"aws:RequestedRegion": ("a", "b")},
    }
    policy = Policy((Allow("Read", ("s3:GetObject",), ("arn:aws:s3:::b/*",), conditions),))

    assert policy.document() == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "Read",
                "Effect": "Allow",
                "Action": ["s3:GetObject"],
                "Resource": ["arn:aws:s3:::b/*"],
                "Condition": {
                    "Bool": {"aws:SecureTransport": "true"},
                    "StringEquals": {"aws:RequestedRegion": ["a", "b"]},
                },
            }
        ],
    }
    assert policy.actions == ("s3:GetObject",)


@pytest.mark.parametrize("function", functions())
def test_a_policy_fits_into_a_role(function):
    document = json.dumps(policy_of(function, PLACE).document(), separators=(",", ":"))

    assert len(document) <= 10_240  # all inline policies of a role
    sids = [statement.sid for statement in policy_of(function, PLACE).statements]
    assert len(set(sids)) == len(sids)
    assert all(sid.isalnum() for sid in sids)


@pytest.mark.parametrize(("function", "statement"), statements())
def test_every_resource_stands_only_where_iam_knows_none(function, statement):
    assert not any("*" in action for action in statement.actions)
    if "*" in statement.resources:
        assert set(statement.actions) <= WITHOUT_RESOURCE
    else:
        assert WITHOUT_RESOURCE.isdisjoint(statement.actions)
        assert all(PLACE.account in each or S3 in each for each in statement.resources)


@pytest.mark.parametrize(("function", "statement"), statements())
def test_what_writes_names_a_resource_of_the_stage(function, statement):
    writes = [action for action in statement.actions if not action.split(":")[1].startswith(READS)]
    if not writes or set(writes) <= {"logs:StartQuery", "logs:StopQuery"}:
        return  # IAM calls both reading
    if statement.sid == "Redrive":
        assert function == APPROVER
        return
    own = ("datalfred_demo_prod_", "datalfred-demo-prod-")
    assert all(any(name in each for name in own) for each in statement.resources)


@pytest.mark.parametrize(("function", "statement"), statements())
def test_buckets_of_others_are_out_of_reach(function, statement):
    buckets = [each for each in statement.resources if each.startswith(S3)]
    account = statement.conditions.get("StringEquals", {}).get("aws:ResourceAccount")

    # Our own names, too, belong to whoever makes the bucket first.
    assert not buckets or account == PLACE.account


def test_a_lake_without_buckets_or_semantics_leaves_nothing_behind():
    bare = Place("demo", "prod", "210987654321", "eu-central-1")

    sids = {each.sid for name in functions() for each in policy_of(name, bare).statements}
    assert sids.isdisjoint({"ListLake", "ReadSemantics", "ReadJobLogs", "ReadLakeByAthena"})
    assert all(each.resources for name in functions() for each in policy_of(name, bare).statements)


def test_an_encrypted_lake_is_decrypted_through_s3_alone():
    key = "arn:aws:kms:eu-central-1:210987654321:key/1"
    encrypted = Place("demo", "prod", "210987654321", "eu-central-1", ("lake",), lake_keys=(key,))

    decrypting = {
        name: each
        for name in functions()
        for each in policy_of(name, encrypted).statements
        if "kms:Decrypt" in each.actions
    }
    assert set(decrypting) == {"athena", "compute", "glue", "step_functions"}
    for statement in decrypting.values():
        assert statement.resources == (key,)
        assert statement.conditions == {
            "StringEquals": {"kms:ViaService": "s3.eu-central-1.amazonaws.com"}
        }


HERE = "arn:aws:{}:eu-central-1:210987654321:{}"
NAMED = {
    "pipelines": ("sales-*", "crm"),
    "functions": ("crm-*",),
    "workgroups": ("etl",),
    "log_groups": ("/ecs/*",),
}
NARROWED = {
    ("step_functions", "ReadPipelines"): [("states", "stateMachine:{}", "pipelines")],
    ("step_functions", "ReadMapRuns"): [("states", "mapRun:{}/*", "pipelines")],
    ("step_functions", "ReadExecutions"): [
        ("states", "execution:{}:*", "pipelines"),
        ("states", "execution:{}/*", "pipelines"),
    ],
    ("step_functions", "ReadFunctions"): [("lambda", "function:{}", "functions")],
    ("step_functions", "ReadQueries"): [("athena", "workgroup/{}", "workgroups")],
    ("step_functions", "ReadLogs"): [("logs", "log-group:{}:*", "log_groups")],
    ("cloudwatch", "ReadLogs"): [("logs", "log-group:{}:*", "log_groups")],
    ("compute", "ReadLogs"): [("logs", "log-group:{}:*", "log_groups")],
    (APPROVER, "Redrive"): [("states", "execution:{}:*", "pipelines")],
}


def resources(place):
    return {
        (function, each.sid): each.resources
        for function in functions()
        for each in policy_of(function, place).statements
    }


def test_what_a_diagnosis_may_read_is_narrowed_by_names():
    wide = resources(PLACE)
    narrow = resources(dataclasses.replace(PLACE, reach=Reach(**NAMED)))

    changed = {each for each in wide if wide[each] != narrow[each]}
    assert changed == set(NARROWED)
    for each, forms in NARROWED.items():
        assert narrow[each] == tuple(
            HERE.format(service, form.format(name))
            for service, form, kind in forms
            for name in NAMED[kind]
        )
        assert [text.endswith(("*", ":*")) for text in wide[each]] == [True]


def test_a_lake_that_lake_formation_governs_is_read_with_its_credentials_by_queries_alone():
    governed = dataclasses.replace(PLACE, lake_formation=True)

    assert set(resources(governed)) - set(resources(PLACE)) == {("athena", "ReadGovernedLake")}
    (statement,) = (
        each for each in policy_of("athena", governed).statements if each.sid == "ReadGovernedLake"
    )
    assert statement.actions == ("lakeformation:GetDataAccess",)

"""What requests ask for that no client of AWS writes, but somebody may, to have what it may not."""

import json

import pytest

from datalfred.local.aws.cloudwatch.protocols import cbor
from datalfred.local.aws.iam.asked import Called, asks_of
from datalfred.local.aws.iam.evaluation import Scope
from datalfred.local.aws.message import ACCOUNT, Caller, Request

HERE = f"eu-west-1:{ACCOUNT}"
FORM = {"content-type": "application/x-www-form-urlencoded"}


def asked(service, method="POST", path="/", query="", *, body=b"", headers=None):
    caller = Caller("AK", "role", "arn", "eu-west-1", service)
    request = Request(method, path, query, headers or {}, body, caller)
    asks = asks_of(Called(request, lambda *_: {}))
    return [(ask.action, "?" if ask.scope is Scope.UNKNOWN else ask.resource) for ask in asks]


def asked_in_json(service, target, kind="application/x-amz-json-1.1", **given):
    headers = {"x-amz-target": target, "content-type": kind}
    return asked(service, body=json.dumps(given).encode(), headers=headers)


def test_a_json_request_is_read_as_json_whatever_it_calls_itself():
    found = asked_in_json(
        "states",
        "AWSStepFunctions.StartExecution",
        kind=FORM["content-type"],
        stateMachineArn="arn:secret",
        x="&stateMachineArn=arn:own&",
    )

    assert found == [("states:StartExecution", "arn:secret")]


@pytest.mark.parametrize(
    ("service", "target", "given", "resource"),
    [
        (
            "dynamodb",
            "DynamoDB_20120810.TagResource",
            {"TableName": "own", "ResourceArn": f"arn:aws:dynamodb:{HERE}:table/secret"},
            f"arn:aws:dynamodb:{HERE}:table/secret",
        ),
        ("dynamodb", "DynamoDB_20120810.ExecuteStatement", {"TableName": "own"}, "?"),
        (
            "dynamodb",
            "DynamoDB_20120810.GetItem",
            {"TableName": "secret", "IndexName": "own"},
            f"arn:aws:dynamodb:{HERE}:table/secret",
        ),
        (
            "athena",
            "AmazonAthena.TagResource",
            {"WorkGroup": "own", "ResourceARN": "arn:secret"},
            "arn:secret",
        ),
    ],
)
def test_members_that_an_operation_does_not_have_do_not_count(service, target, given, resource):
    assert [where for _, where in asked_in_json(service, target, **given)] == [resource]


def test_every_log_group_that_is_named_counts():
    found = asked_in_json(
        "logs",
        "Logs_20140328.FilterLogEvents",
        logGroupName="own",
        logGroupIdentifier=f"arn:aws:logs:eu-west-1:999999999999:log-group:{'secret'}",
    )

    assert [where for _, where in found] == [
        f"arn:aws:logs:{HERE}:log-group:own:log-stream:",
        f"arn:aws:logs:{HERE}:log-group:secret:log-stream:",
        "arn:aws:logs:eu-west-1:999999999999:log-group:secret:log-stream:",
    ]


@pytest.mark.parametrize(
    ("fields", "resource"),
    [
        ("Action=CreateUser&RoleName=own&UserName=evil", "user/evil"),
        ("Action=ListUsers&RoleName=own", ""),
        ("Action=AddUserToGroup&UserName=me&GroupName=admins", "group/admins"),
    ],
)
def test_iam_is_asked_about_what_its_operation_is_about(fields, resource):
    found = asked("iam", body=fields.encode(), headers=FORM)

    assert [where for _, where in found] == [
        f"arn:aws:iam::{ACCOUNT}:{resource}" if resource else "*"
    ]


def test_a_role_in_an_instance_profile_is_passed():
    fields = b"Action=AddRoleToInstanceProfile&InstanceProfileName=p&RoleName=admin"

    assert asked("iam", body=fields, headers=FORM) == [
        ("iam:AddRoleToInstanceProfile", f"arn:aws:iam::{ACCOUNT}:instance-profile/p"),
        ("iam:PassRole", f"arn:aws:iam::{ACCOUNT}:role/admin"),
    ]


GRANITE = "GraniteServiceVersion20100801"
ALARMS = [f"arn:aws:cloudwatch:{HERE}:alarm:{name}" for name in ("a", "b")]


def test_alarms_are_named_in_all_three_protocols():
    names = {"AlarmNames": ["a", "b"]}
    by_cbor = asked(
        "monitoring",
        path=f"/service/{GRANITE}/operation/DeleteAlarms",
        body=cbor.encode(names),
        headers={"smithy-protocol": "rpc-v2-cbor"},
    )
    fields = b"Action=DeleteAlarms&AlarmNames.member.1=a&AlarmNames.member.2=b"
    by_form = asked("monitoring", body=fields, headers=FORM)

    assert asked_in_json("monitoring", f"{GRANITE}.DeleteAlarms", **names) == by_cbor == by_form
    assert by_cbor == [("cloudwatch:DeleteAlarms", alarm) for alarm in ALARMS]


@pytest.mark.parametrize(
    ("name", "resources"),
    [
        ("f", ["f"]),
        ("f:live", ["f:live"]),
        (f"{ACCOUNT}:function:f", ["f"]),
        ("function:secret:function:own", ["secret:function"]),
        (f"arn:aws:lambda:{HERE}:function:f:2", ["f:2"]),
        ("arn:aws:lambda:us-east-1:999999999999:function:f", ["f", "us-east-1:999999999999"]),
        ("function:", [""]),
        ("function", [""]),
    ],
)
def test_a_function_is_judged_by_what_its_name_means_here(name, resources):
    found = asked("lambda", path=f"/2015-03-31/functions/{name}/invocations")

    here, *elsewhere = resources
    assert found[0] == ("lambda:InvokeFunction", f"arn:aws:lambda:{HERE}:function:{here}")
    assert [where for _, where in found[1:]] == [
        f"arn:aws:lambda:{place}:function:f" for place in elsewhere
    ]


def test_a_function_that_is_given_another_role_needs_leave_to_pass_it():
    path = "/2015-03-31/functions/f/configuration"

    found = asked("lambda", "PUT", path, body=b'{"Role": "admin"}')

    assert ("iam:PassRole", f"arn:aws:iam::{ACCOUNT}:role/admin") in found


@pytest.mark.parametrize(
    ("method", "target", "asks"),
    [
        ("GET", "/b?location&uploads", {"GetBucketLocation", "ListBucketMultipartUploads"}),
        ("GET", "/b?tagging&policy", {"GetBucketTagging", "GetBucketPolicy"}),
        ("GET", "/b/k?tagging&acl", {"GetObjectTagging", "GetObjectAcl"}),
        ("POST", "/b/k?restore&tagging", {"PostObjectTagging", "RestoreObject"}),
        ("GET", "/b%2Fk", {"GetObject"}),
    ],
)
def test_s3_is_asked_for_everything_that_an_address_may_mean(method, target, asks):
    path, _, query = target.partition("?")

    assert {action for action, _ in asked("s3", method, path, query)} == {f"s3:{a}" for a in asks}


@pytest.mark.parametrize(
    "body",
    [
        "<Delete><Object><Key>own/x</Key></Object><Object><Key >secret</Key></Object></Delete>",
        "<a:Delete xmlns:a='u'><a:Object><a:Key>secret</a:Key></a:Object></a:Delete>",
        "<Delete><Object><Key>s<!-- own/ -->ecret</Key></Object></Delete>",
        "<Delete><Object><Key>&#115;ecret</Key></Object></Delete>",
        "<Delete><Object><Key><![CDATA[secret]]></Key></Object></Delete>",
        "<Delete><Object><Key>own/x</Key><Key>secret</Key></Object></Delete>",
    ],
)
def test_every_object_that_is_to_be_deleted_counts(body):
    found = asked("s3", "POST", "/b", "delete", body=body.encode())

    assert ("s3:DeleteObject", "arn:aws:s3:::b/secret") in found


@pytest.mark.parametrize("body", [b"", b"<Delete>", b"<Delete/>"])
def test_a_deletion_that_cannot_be_read_needs_leave_for_everything(body):
    assert asked("s3", "POST", "/b", "delete", body=body) == [("s3:DeleteObject", "?")]


def test_a_version_is_deleted_with_a_permission_of_its_own():
    body = b"<Delete><Object><Key>k</Key><VersionId>1</VersionId></Object></Delete>"

    assert asked("s3", "POST", "/b", "delete", body=body) == [
        ("s3:DeleteObjectVersion", "arn:aws:s3:::b/k")
    ]


def test_glue_keeps_names_in_lower_case_and_so_are_they_judged():
    found = asked_in_json("glue", "AWSGlue.GetTable", DatabaseName="Sales", Name="ORDERS")

    assert [where.rpartition(":")[2] for _, where in found] == [
        "catalog",
        "database/sales",
        "table/sales/orders",
    ]


def test_every_secret_of_a_batch_counts():
    named = asked_in_json(
        "secretsmanager", "secretsmanager.BatchGetSecretValue", SecretIdList=["a"]
    )
    found = asked_in_json("secretsmanager", "secretsmanager.BatchGetSecretValue", Filters=[])

    secret = f"arn:aws:secretsmanager:{HERE}:secret:a-??????"
    assert named[1:] == [("secretsmanager:GetSecretValue", secret)]
    assert found[1:] == [("secretsmanager:GetSecretValue", "?")]


@pytest.mark.parametrize(
    ("service", "target", "given"),
    [
        ("events", "AWSEvents.PutTargets", {"Rule": "r", "Targets": [{"RoleArn": "admin"}]}),
        ("events", "AWSEvents.PutRule", {"Name": "r", "RoleArn": "admin"}),
        ("logs", "Logs_20140328.PutSubscriptionFilter", {"logGroupName": "g", "roleArn": "admin"}),
    ],
)
def test_a_role_that_is_handed_to_a_service_is_passed(service, target, given):
    found = asked_in_json(service, target, **given)

    assert ("iam:PassRole", f"arn:aws:iam::{ACCOUNT}:role/admin") in found

"""What the design forbids is denied at the door, to real boto3 clients with the deployed roles."""

import pytest
from botocore import xform_name
from botocore.exceptions import ClientError

from datalfred import clients, settings
from datalfred.definitions.naming import resource_name, role_name
from datalfred.definitions.permissions import APPROVER, functions
from datalfred.local.aws import athena
from datalfred.local.aws.embedded import EmbeddedAws
from tests.support.privileges.operations import PLACE, PROJECT, ROLE, STAGE
from tests.support.privileges.writes import request_for, writing_operations

DENIALS = {"AccessDenied", "AccessDeniedException", "AuthorizationError", "UnauthorizedOperation"}
ELSEWHERE = {"s3:CreateSession"}
"""Of directory buckets, which have actions of a service of their own."""


@pytest.fixture(scope="module")
def door(deployed):
    """An embedded AWS with no data in it, and the synthesised roles."""
    with EmbeddedAws() as aws:
        athena.install(aws)  # the door asks it which workgroup a query is in
        for function, document in deployed.items():
            aws.permissions.grant(role_name(PROJECT, STAGE, function), document)
        yield aws


@pytest.fixture(params=functions())
def function(request):
    return request.param


@pytest.fixture
def answer(door, function):
    """A function of service, operation and input: the code with which a call is refused."""

    def called(service, operation, given):
        role = door.environment(role_name(PROJECT, STAGE, function))
        with settings.using({**role, "AWS_REGION": PLACE.region}):
            client = clients.client(service, retries=0)
        try:
            getattr(client, operation)(**given)
        except ClientError as error:
            return error.response["Error"]["Code"]
        return "done"

    return called


def test_every_write_that_a_role_lacks_is_denied(answer, deployed, function):
    lacks = sorted(
        each
        for each in writing_operations()
        if each[2] not in ELSEWHERE
        and not any(each[2] in said["Action"] for said in deployed[function]["Statement"])
    )
    mine = lacks[functions().index(function) :: len(functions())]  # all of them, among all roles

    refused = {
        action: answer(service, xform_name(operation), request_for(service, operation))
        for service, operation, action in mine
    }

    assert len(mine) > 100
    assert {action: code for action, code in refused.items() if code not in DENIALS} == {}


MACHINE = PLACE.arn("states", "stateMachine:orders-ingestion")
EXECUTION = PLACE.arn("states", "execution:orders-ingestion:x")
TABLE = {"Name": "orders", "StorageDescriptor": {}}
ITEM = {"id": {"S": "1"}}
RESULTS = "datalfred-demo-local-results"
FORBIDDEN = {
    "start a pipeline": ("stepfunctions", "start_execution", {"stateMachineArn": MACHINE}),
    "stop a pipeline": ("stepfunctions", "stop_execution", {"executionArn": EXECUTION}),
    "redrive": ("stepfunctions", "redrive_execution", {"executionArn": EXECUTION}),
    "change a pipeline": (
        "stepfunctions", "update_state_machine", {"stateMachineArn": MACHINE, "definition": "{}"},
    ),
    "delete a pipeline": ("stepfunctions", "delete_state_machine", {"stateMachineArn": MACHINE}),
    "change a table": ("glue", "update_table", {"DatabaseName": "sales", "TableInput": TABLE}),
    "delete a table": ("glue", "delete_table", {"DatabaseName": "sales", "Name": "orders"}),
    "start a Glue job": ("glue", "start_job_run", {"JobName": "customer-sync"}),
    "query outside of the workgroup": (
        "athena", "start_query_execution", {"QueryString": "SELECT 1", "WorkGroup": "primary"},
    ),
    "lift the budget": (
        "athena", "update_work_group",
        {"WorkGroup": resource_name(PROJECT, STAGE, "queries"), "State": "DISABLED"},
    ),
    "write into the lake": ("s3", "put_object", {"Bucket": "demo-lake", "Key": "a", "Body": b""}),
    "delete from the lake": ("s3", "delete_object", {"Bucket": "demo-lake", "Key": "a"}),
    "write a result": ("s3", "put_object", {"Bucket": RESULTS, "Key": "a.csv", "Body": b""}),
    "delete a result": ("s3", "delete_object", {"Bucket": RESULTS, "Key": "a.csv"}),
    "open the lake": ("s3", "put_bucket_policy", {"Bucket": "demo-lake", "Policy": "{}"}),
    "write a decision": (
        "dynamodb", "put_item",
        {"TableName": resource_name(PROJECT, STAGE, "approvals"), "Item": ITEM},
    ),
    "change the audit trail": (
        "dynamodb", "update_item",
        {"TableName": resource_name(PROJECT, STAGE, "audit"), "Key": {**ITEM, "at": {"S": "1"}}},
    ),
    "shorten the audit trail": (
        "dynamodb", "delete_item",
        {"TableName": resource_name(PROJECT, STAGE, "audit"), "Key": {**ITEM, "at": {"S": "1"}}},
    ),
    "run a task": ("ecs", "run_task", {"taskDefinition": "orders-loader"}),
    "end a cluster": ("emr", "terminate_job_flows", {"JobFlowIds": ["j-X"]}),
    "delete a log": ("logs", "delete_log_group", {"logGroupName": "/ecs/orders-loader"}),
    "silence an alarm": ("cloudwatch", "delete_alarms", {"AlarmNames": ["customer-sync-failed"]}),
    "approve as nobody": (
        "lambda", "invoke", {"FunctionName": resource_name(PROJECT, STAGE, APPROVER)},
    ),
    "change a function": (
        "lambda", "update_function_code",
        {"FunctionName": resource_name(PROJECT, STAGE, APPROVER), "ZipFile": b"x"},
    ),
    "give itself more": (
        "iam", "put_role_policy",
        {"RoleName": "r", "PolicyName": "p", "PolicyDocument": "{}"},
    ),
    "become another": ("sts", "assume_role", {"RoleArn": ROLE, "RoleSessionName": "other"}),
    "read a secret": ("secretsmanager", "get_secret_value", {"SecretId": "crm"}),
    "change its settings": (
        "ssm", "put_parameter", {"Name": "/datalfred/demo/local", "Value": "x"},
    ),
}  # fmt: skip
MAY = {(APPROVER, "redrive"), (APPROVER, "write a decision")}


@pytest.mark.parametrize("what", FORBIDDEN)
def test_what_the_design_forbids_is_denied_to_every_function_but_those_named(
    answer, function, what
):
    refused = answer(*FORBIDDEN[what])

    assert (refused in DENIALS) == ((function, what) not in MAY), refused

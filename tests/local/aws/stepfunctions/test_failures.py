"""Which errors a retrier or catcher fits, and how errors of services are named.

Source: https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html.
"""

import importlib
import json

import pytest


@pytest.mark.parametrize(
    ("error", "named", "fits"),
    [
        ("Mine", {"Mine"}, True),
        ("Mine", {"Other"}, False),
        ("Mine", {"States.ALL"}, True),
        ("Mine", {"States.TaskFailed"}, True),
        ("States.Timeout", {"States.TaskFailed"}, False),
        ("States.Timeout", {"States.ALL"}, True),
        ("States.HeartbeatTimeout", {"States.Timeout"}, True),
        ("States.HeartbeatTimeout", {"States.TaskFailed"}, False),
        ("States.Timeout", {"States.HeartbeatTimeout"}, False),
        ("States.Runtime", {"States.ALL"}, False),
        ("States.Runtime", {"States.Runtime"}, False),
        ("States.DataLimitExceeded", {"States.ALL"}, False),
        ("States.DataLimitExceeded", {"States.TaskFailed"}, False),
        ("States.DataLimitExceeded", {"States.DataLimitExceeded"}, True),
        ("States.ItemReaderFailed", {"States.TaskFailed"}, True),
        (None, {"States.ALL"}, True),
    ],
)
def test_a_catcher_fits_as_the_guide_says(machines, one, error, named, fits):
    machines.create(one({"Type": "Pass"}))  # loads the interpreter, the service's own way
    failures = importlib.import_module("datalfred.local.aws.stepfunctions.failures")

    assert failures.matches(error, named) is fits


def test_a_function_that_is_not_there_is_an_error_of_lambda(machines, one):
    resource = "arn:aws:lambda:eu-west-1:123456789012:function:nobody-has-it"

    ended = machines.run(one({"Type": "Task", "Resource": resource}))

    assert ended["error"] == "Lambda.ResourceNotFoundException"
    assert "Service: Lambda, Status Code: 404" in ended["cause"]


def test_an_error_of_jsonata_in_a_task_is_told_once(machines, one):
    state = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Arguments": {"FunctionName": "{% $sum('x') %}"},
        "Catch": [{"ErrorEquals": ["States.QueryEvaluationError"], "Next": "Caught"}],
    }
    definition = {**one(state, Caught={"Type": "Succeed"}), "QueryLanguage": "JSONata"}

    arn = machines.start(definition)

    assert machines.end(arn)["status"] == "SUCCEEDED"
    assert machines.types(arn).count("EvaluationFailed") == 1


def test_a_role_without_the_permission_gets_the_error_of_the_service(machines, one):
    def error_of(resource, parameters):
        state = {
            "Type": "Task",
            "Resource": f"arn:aws:states:::{resource}",
            "Parameters": parameters,
        }
        arn = machines.client.create_state_machine(
            name=f"denied-{resource.partition(':')[0]}",
            definition=json.dumps(one(state)),
            roleArn="arn:aws:iam::123456789012:role/may-do-nothing",
        )["stateMachineArn"]
        begun = machines.client.start_execution(stateMachineArn=arn)["executionArn"]
        ended = machines.end(begun)
        assert "is not authorized to perform" in ended["cause"]
        return ended["error"]

    step = {"ClusterId": "j-1", "Step": {"Name": "s", "HadoopJarStep": {"Jar": "j"}}}
    assert error_of("glue:startJobRun", {"JobName": "x"}) == "Glue.AccessDeniedException"
    general = "ElasticMapReduce.AmazonElasticMapReduceException"
    assert error_of("elasticmapreduce:addStep", step) == general
    assert error_of("lambda:invoke", {"FunctionName": "x"}).startswith("Lambda.")


@pytest.mark.parametrize(
    ("operation", "parameters", "error"),
    [
        ("s3:getObject", {"Bucket": "nobody-has-it", "Key": "k"}, "S3.NoSuchBucketException"),
        ("secretsmanager:getSecretValue", {"SecretId": "x"}, "SecretsManager.ResourceNotFound"),
        ("cloudwatchlogs:deleteLogGroup", {"LogGroupName": "x"}, "CloudWatchLogs.ResourceNot"),
        ("eventbridge:describeRule", {"Name": "x"}, "EventBridge.ResourceNotFoundException"),
        ("emrserverless:getApplication", {"ApplicationId": "x"}, "EmrServerless."),
        ("comprehend:detectSentiment", {}, "Comprehend."),
    ],
)
def test_a_call_of_the_sdk_names_the_service_as_the_sdk_for_java_does(
    machines, one, operation, parameters, error
):
    resource = f"arn:aws:states:::aws-sdk:{operation}"

    ended = machines.run(one({"Type": "Task", "Resource": resource, "Parameters": parameters}))

    assert ended["error"].startswith(error)


def test_a_fail_state_may_invent_an_error_that_begins_with_states(machines, one):
    branch = one({"Type": "Fail", "Error": "States.QuorumMet"})
    del branch["States"]["Only"]["End"]
    state = {
        "Type": "Parallel",
        "Branches": [branch],
        "Catch": [{"ErrorEquals": ["States.QuorumMet"], "Next": "Caught"}],
    }

    ended = machines.run(one(state, Caught={"Type": "Succeed"}))

    assert ended["status"] == "SUCCEEDED"


@pytest.mark.parametrize(
    ("resource", "parameters", "field"),
    [
        ("arn:aws:states:::dynamodb:getItem", {"Key": {"id": {"S.$": "$.nobody"}}}, "S.$"),
        ("arn:aws:states:::lambda:invoke", {"FunctionName.$": "$.nobody"}, "FunctionName.$"),
        ("arn:aws:states:::athena:getQueryExecution", {"Id.$": "$.nobody"}, "Id.$"),
    ],
)
def test_a_path_of_a_task_that_selects_nothing_names_its_field(
    machines, one, resource, parameters, field
):
    ended = machines.run(one({"Type": "Task", "Resource": resource, "Parameters": parameters}))

    assert ended["error"] == "States.Runtime"
    assert f"The JSONPath '$.nobody' specified for the field '{field}'" in ended["cause"]


@pytest.mark.parametrize(
    ("given", "cause"),
    [
        ({"items": {"a": 1}}, 'Reference path "$.items" must point to array.'),
        ({}, "The JSONPath '$.items' specified for the field 'ItemsPath'"),
    ],
)
def test_items_that_are_no_array_are_an_error_of_the_definition(machines, one, given, cause):
    inner = one({"Type": "Pass"})
    state = {"Type": "Map", "ItemsPath": "$.items", "ItemProcessor": inner}

    ended = machines.run(one(state), given)

    assert ended["error"] == "States.Runtime"
    assert cause in ended["cause"]


def test_a_bus_that_is_not_there_can_be_caught(machines, one):
    entry = {"EventBusName": "nobody-has-it", "Source": "s", "DetailType": "d", "Detail": {}}
    state = {
        "Type": "Task",
        "Resource": "arn:aws:states:::events:putEvents",
        "Parameters": {"Entries": [entry]},
        "Catch": [{"ErrorEquals": ["EventBridge.ResourceNotFoundException"], "Next": "Caught"}],
    }

    ended = machines.run(one(state, Caught={"Type": "Succeed"}))

    assert ended["status"] == "SUCCEEDED"

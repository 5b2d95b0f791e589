"""Step Functions, as far as moto answers: state machines as resources, and callbacks."""

import json
import threading

import pytest

contract = pytest.mark.contract

ROLE = "arn:aws:iam::123456789012:role/pipelines"


def passing(words):
    return json.dumps({"StartAt": "P", "States": {"P": {"Type": "Pass", "Result": words,
                                                        "End": True}}})  # fmt: skip


@pytest.fixture(scope="module")
def sfn(client):
    iam = client("iam")
    trusted = {"Effect": "Allow", "Principal": {"Service": "states.amazonaws.com"}}
    trust = {"Version": "2012-10-17", "Statement": [{**trusted, "Action": "sts:AssumeRole"}]}
    iam.create_role(RoleName="pipelines", AssumeRolePolicyDocument=json.dumps(trust))
    may = {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*"}
    iam.put_role_policy(
        RoleName="pipelines", PolicyName="send",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [may]}),
    )  # fmt: skip
    return client("stepfunctions")


def ended(sfn, execution):
    """The execution, once it runs no more."""
    for _ in range(400):
        read = sfn.describe_execution(executionArn=execution)
        if read["status"] != "RUNNING":
            return read
        threading.Event().wait(0.02)
    raise AssertionError(read)


@contract("stepfunctions:CreateStateMachine", "stepfunctions:DescribeStateMachine",
          "stepfunctions:UpdateStateMachine", "stepfunctions:ListStateMachines",
          "stepfunctions:DeleteStateMachine", "stepfunctions:StartExecution",
          "stepfunctions:DescribeExecution",
          "stepfunctions:DescribeStateMachineForExecution")  # fmt: skip
def test_an_execution_keeps_the_definition_that_it_was_started_with(sfn, refusal):
    made = {"name": "short", "roleArn": ROLE}
    machine = sfn.create_state_machine(**made, definition=passing("one"))["stateMachineArn"]
    assert machine == "arn:aws:states:eu-west-1:123456789012:stateMachine:short"
    wrong = refusal(sfn.create_state_machine, name="wrong", roleArn=ROLE, definition="{}")
    assert wrong == "InvalidDefinition"
    execution = sfn.start_execution(stateMachineArn=machine)["executionArn"]
    assert ended(sfn, execution)["output"] == '"one"'

    sfn.update_state_machine(stateMachineArn=machine, definition=passing("two"))

    read = sfn.describe_state_machine(stateMachineArn=machine)
    assert (json.loads(read["definition"]), read["status"]) == (
        json.loads(passing("two")), "ACTIVE",
    )  # fmt: skip
    kept = sfn.describe_state_machine_for_execution(executionArn=execution)["definition"]
    assert json.loads(kept) == json.loads(passing("one"))
    assert "short" in [each["name"] for each in sfn.list_state_machines()["stateMachines"]]
    sfn.delete_state_machine(stateMachineArn=machine)
    gone = refusal(sfn.describe_state_machine, stateMachineArn=machine)
    assert gone == "StateMachineDoesNotExist"


@contract("stepfunctions:TagResource", "stepfunctions:ListTagsForResource",
          "stepfunctions:UntagResource")  # fmt: skip
def test_a_state_machine_keeps_its_tags(sfn):
    made = {"name": "tagged", "roleArn": ROLE, "definition": passing("x")}
    arn = sfn.create_state_machine(**made)["stateMachineArn"]

    sfn.tag_resource(resourceArn=arn, tags=[{"key": "a", "value": "1"}])
    kept = sfn.list_tags_for_resource(resourceArn=arn)["tags"]
    sfn.untag_resource(resourceArn=arn, tagKeys=["a"])

    assert (kept, sfn.list_tags_for_resource(resourceArn=arn)["tags"]) == (
        [{"key": "a", "value": "1"}], [],
    )  # fmt: skip


@contract("stepfunctions:SendTaskSuccess", "stepfunctions:SendTaskFailure",
          "stepfunctions:SendTaskHeartbeat")  # fmt: skip
def test_a_callback_ends_the_state_that_waits_for_its_token(sfn, client, aws, refusal):
    queue = client("sqs").create_queue(QueueName="tokens")["QueueUrl"]
    waiting = {
        "Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
        "Parameters": {"QueueUrl": queue, "MessageBody": {"token.$": "$$.Task.Token"}},
        "HeartbeatSeconds": 60, "End": True,
    }  # fmt: skip
    definition = json.dumps({"StartAt": "W", "States": {"W": waiting}})
    made = {"name": "waits", "roleArn": ROLE, "definition": definition}
    machine = sfn.create_state_machine(**made)["stateMachineArn"]

    def begun():
        execution = sfn.start_execution(stateMachineArn=machine)["executionArn"]
        answer = client("sqs").receive_message(QueueUrl=queue, WaitTimeSeconds=10)
        return execution, json.loads(answer["Messages"][0]["Body"])["token"]

    execution, token = begun()
    sfn.send_task_heartbeat(taskToken=token)
    sfn.send_task_success(taskToken=token, output='{"rows": 3}')
    assert json.loads(ended(sfn, execution)["output"]) == {"rows": 3}

    execution, token = begun()
    sfn.send_task_failure(taskToken=token, error="NoRows", cause="nothing came")
    failed = ended(sfn, execution)
    assert (failed["status"], failed["error"], failed["cause"]) == (
        "FAILED", "NoRows", "nothing came",
    )  # fmt: skip
    unknown = refusal(sfn.send_task_success, taskToken="none", output="{}")
    assert unknown in {"InvalidToken", "TaskDoesNotExist", "TaskTimedOut"}


@pytest.mark.parametrize("operation", ["create_activity", "list_activities"])
def test_activities_are_refused(sfn, refusal, operation):
    parameters = {"name": "a"} if operation == "create_activity" else {}
    assert refusal(getattr(sfn, operation), **parameters) == "NotImplementedException"

import base64
import json

import pytest
from botocore.exceptions import ClientError

from datalfred import clients
from datalfred.approvals.handler import handler, identity
from datalfred.errors import RefusedError

ARN = "arn:aws:sts::123456789012:assumed-role/DataOps/ana"


def door(authorizer, body=None, **changes):
    """A function URL's event, payload format 2.0."""
    return {
        "version": "2.0",
        "requestContext": {"authorizer": authorizer, "http": {"method": "POST"}},
        "body": json.dumps(body or {"action": "list"}),
        "isBase64Encoded": False,
        **changes,
    }


def local(body=None, **changes):
    return door({"local": {"user": "ana"}}, body, **changes)


def answer(event):
    response = handler(event, None)
    assert response["headers"] == {"content-type": "application/json"}
    return response["statusCode"], json.loads(response["body"])


@pytest.fixture
def stage(stack, project):
    """The environment of the approver's function."""
    with stack.using(
        approvers=f"local:ana,iam:{ARN},slack:T:U",
        approval_channels="slack,http",
        project_name=project,
    ):
        yield


@pytest.mark.parametrize(
    ("authorizer", "who"),
    [
        ({"iam": {"userArn": ARN}}, f"iam:{ARN}"),
        ({"channel": {"user": "slack:T:U"}}, "slack:T:U"),
        ({"channel": {"user": "http:ana@example.org"}}, "http:ana@example.org"),
        ({"local": {"user": "ana"}}, "local:ana"),
        ({"iam": {"userArn": ARN}, "local": {"user": "ana"}}, f"iam:{ARN}"),
    ],
)
def test_a_door_proves_its_person(stage, authorizer, who):
    assert identity(door(authorizer)) == who


@pytest.mark.parametrize(
    "authorizer",
    [
        {},
        {"iam": {"userArn": ""}},
        {"channel": {"user": "local:ana"}},
        {"channel": {"user": "slack:T:U local:ana"}},
        {"channel": {"user": f"iam:{ARN}"}},
        {"channel": {"user": "slack:"}},
        {"local": {}},
    ],
)
def test_an_event_that_proves_nobody_is_refused(stage, authorizer):
    with pytest.raises(RefusedError):
        identity(door(authorizer))
    assert answer(door(authorizer))[0] == 403


@pytest.mark.parametrize("channels", ["", "http"])
def test_a_channel_that_is_not_deployed_proves_nobody(stack, channels):
    with stack.using(approval_channels=channels), pytest.raises(RefusedError):
        identity(door({"channel": {"user": "slack:T:U"}}))


def test_a_schedule_that_fails_rings_the_alarm_of_its_function(stack, project):
    with stack.using(project_name=f"{project}-gone"), pytest.raises(ClientError):
        handler({"source": "aws.events"}, None)


def test_a_laptops_user_counts_on_the_laptop_alone(stack):
    with stack.using(stage_name="prod"), pytest.raises(RefusedError):
        identity(local())


def test_a_body_cannot_say_who_asks(stage, pending):
    record = pending()

    status, said = answer(
        door({}, {"action": "approve", "id": record.id, "user": "local:ana", "who": "local:ana"})
    )

    assert (status, said["error"]["code"]) == (403, "REFUSED")


def test_what_waits_is_listed(stage, pending):
    record = pending()

    assert answer(local()) == (200, {"approvals": [record.model_dump(mode="json")]})


def test_a_request_is_read_approved_and_carried_out(stage, pending):
    record = pending()

    read = answer(local({"action": "get", "id": record.id}))
    done = answer(door({"iam": {"userArn": ARN}}, {"action": "approve", "id": record.id}))

    assert read[1]["approval"]["state"] == "PENDING"
    assert (done[0], done[1]["approval"]["state"]) == (200, "EXECUTED")
    assert done[1]["approval"]["decided_by"] == f"iam:{ARN}"
    stepfunctions = clients.client("stepfunctions")
    described = stepfunctions.describe_execution(executionArn=record.target)
    assert described["redriveCount"] == 1


def test_a_request_is_denied(stage, pending):
    record = pending()

    status, said = answer(
        door({"channel": {"user": "slack:T:U"}}, {"action": "deny", "id": record.id})
    )

    assert (status, said["approval"]["state"]) == (200, "DENIED")


def test_what_became_of_requests_is_told_with_the_trail_of_each(stage, pending):
    over, waiting = pending(), pending()
    answer(local({"action": "approve", "id": over.id}))
    answer(local({"action": "list"}))

    (told,) = answer(local({"action": "history"}))[1]["history"]
    (asked,) = answer(local({"action": "history", "id": waiting.id}))[1]["history"]

    assert (told["id"], told["state"]) == (over.id, "EXECUTED")
    assert [row["event"] for row in told["trail"]] == ["asked", "approved", "executed"]
    assert told["trail"][1]["who"] == "local:ana"
    assert (asked["state"], [row["event"] for row in asked["trail"]]) == ("PENDING", ["asked"])


def test_the_history_of_what_is_no_id_is_refused(stage):
    status, said = answer(local({"action": "history", "id": "open#redrive"}))

    assert (status, said["error"]["code"]) == (400, "INVALID_INPUT")


def test_who_is_not_on_the_list_is_told_so(stage, pending):
    record = pending()

    status, said = answer(door({"local": {"user": "eve"}}, {"action": "approve", "id": record.id}))

    assert status == 403
    assert "local:eve is not on the list" in said["error"]["message"]


def test_a_body_may_be_base64(stage, pending):
    record = pending()
    body = json.dumps({"action": "get", "id": record.id}).encode()

    status, _ = answer(
        local(body=None)
        | {
            "body": base64.b64encode(body).decode(),
            "isBase64Encoded": True,
        }
    )

    assert status == 200


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"action": "explode"}, "action"),
        ({"action": "approve"}, "id"),
        ({"action": "approve", "id": "open#redrive#x"}, "id"),
        ({"action": "approve", "id": "A" * 32}, "id"),
    ],
)
def test_a_wrong_body_is_told_what_is_allowed(stage, body, field):
    status, said = answer(local(body))

    assert (status, said["error"]["code"]) == (400, "INVALID_INPUT")
    assert said["error"]["message"].startswith(field)


@pytest.mark.parametrize("body", ["no json", "[1]", '"text"', "%%%"])
@pytest.mark.parametrize("encoded", [False, True])
def test_a_body_that_is_no_object_is_refused(stage, body, encoded):
    status, said = answer(local() | {"body": body, "isBase64Encoded": encoded})

    assert (status, said["error"]["code"]) == (400, "INVALID_INPUT")


def test_an_unknown_request_is_not_found(stage):
    status, said = answer(local({"action": "get", "id": "0" * 32}))

    assert (status, said["error"]["code"]) == (404, "NOT_FOUND")


@pytest.mark.parametrize("source", ["aws.events", "aws.scheduler"])
def test_a_schedule_finishes_what_a_crash_left(stage, store, pending, clock, source):
    record = pending()
    clock.ahead = -60
    store.approve(record.id, "local:ana")

    status, said = answer({"source": source, "detail-type": "Scheduled Event"})

    assert status == 200
    assert [each["state"] for each in said["approvals"]] == ["EXECUTED"]


def test_an_event_of_another_source_is_no_schedule(stage):
    status, said = answer({"source": "aws.s3", "detail-type": "Object Created"})

    assert (status, said["error"]["code"]) == (403, "REFUSED")


def test_more_than_an_id_is_no_id(stage):
    status, said = answer(local({"action": "get", "id": "0" * 33}))

    assert status == 400
    assert "is no id of an approval" in said["error"]["message"]


def test_a_defect_of_ours_answers_without_its_details(stage, monkeypatch, caplog):
    def broken(**_):
        raise KeyError("secret detail")

    monkeypatch.setattr(clients.client("dynamodb"), "query", broken)

    status, said = answer(local())

    assert (status, said["error"]["code"]) == (500, "INTERNAL_ERROR")
    assert "secret detail" not in json.dumps(said)
    assert "the approver failed" in caplog.text


def test_aws_own_refusal_is_told(stack):
    with stack.using(project_name="nowhere"):
        status, said = answer(local())

    assert status == 400
    assert "ResourceNotFoundException" in said["error"]["message"]

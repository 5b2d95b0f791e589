"""A redrive that the journal kept is made again, and its token is still known."""

import importlib
from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import ClientError


@pytest.fixture
def past(failed):  # imported when the service has loaded the interpreter its own way
    return importlib.import_module("datalfred.local.aws.stepfunctions.past")


@pytest.fixture
def failed(machines):
    arn = machines.start({"StartAt": "F", "States": {"F": {"Type": "Fail"}}})
    machines.end(arn)
    return arn


def test_a_repeated_click_after_a_restart_changes_nothing(machines, past, failed):
    at = datetime.now(UTC) - timedelta(minutes=5)
    assert past.redrive(failed, at, "click")

    again = machines.client.redrive_execution(executionArn=failed, clientToken="click")

    described = machines.client.describe_execution(executionArn=failed)
    assert described["redriveCount"] == 1
    assert abs(again["redriveDate"] - at) < timedelta(milliseconds=2)
    assert again["redriveDate"] == described["redriveDate"]


def test_a_token_is_known_for_a_quarter_of_an_hour(machines, past, failed):
    past.redrive(failed, datetime.now(UTC) - timedelta(minutes=16), "click")

    machines.client.redrive_execution(executionArn=failed, clientToken="click")

    assert machines.end(failed)["redriveCount"] == 2


def test_what_is_gone_or_did_not_fail_is_not_redriven_again(machines, past, one):
    arn = machines.start(one({"Type": "Pass"}))
    machines.end(arn)

    assert past.redrive(arn, datetime.now(UTC), "") is False
    assert past.redrive(f"{arn}-gone", datetime.now(UTC), "") is False
    with pytest.raises(ClientError):
        machines.client.describe_execution(executionArn=f"{arn}-gone")

"""CloudWatch alarms through boto3."""

import pytest
from botocore.exceptions import ClientError

from datalfred.local.aws.cloudwatch import install

TOPIC = "arn:aws:sns:eu-west-1:123456789012:on-call"


def put(client, name: str, **more) -> None:
    client.put_metric_alarm(
        **{
            "AlarmName": name,
            "MetricName": "ExecutionsFailed",
            "Namespace": "AWS/States",
            "Period": 60,
            "EvaluationPeriods": 1,
            "Threshold": 1,
            "ComparisonOperator": "GreaterThanOrEqualToThreshold",
            "Statistic": "Sum",
        }
        | more
    )


@pytest.fixture(scope="module")
def alarms(embedded_aws):
    install(embedded_aws)
    client = embedded_aws.client("cloudwatch")
    for name in ("orders-failed", "orders-late", "returns-failed"):
        put(client, name)
    put(client, "paged", AlarmActions=[TOPIC])
    client.set_alarm_state(AlarmName="orders-failed", StateValue="ALARM", StateReason="1 failed")
    client.set_alarm_state(AlarmName="returns-failed", StateValue="ALARM", StateReason="2 failed")
    client.set_alarm_state(AlarmName="orders-late", StateValue="OK", StateReason="in time")
    return client


def names(found) -> list[str]:
    return [alarm["AlarmName"] for alarm in found["MetricAlarms"]]


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({}, ["orders-failed", "orders-late", "paged", "returns-failed"]),
        ({"StateValue": "ALARM"}, ["orders-failed", "returns-failed"]),
        ({"AlarmNamePrefix": "orders"}, ["orders-failed", "orders-late"]),
        ({"AlarmNamePrefix": "orders", "StateValue": "ALARM"}, ["orders-failed"]),
        ({"AlarmNames": ["paged", "none"]}, ["paged"]),
        ({"AlarmNames": ["orders-late"], "StateValue": "ALARM"}, []),
        ({"ActionPrefix": "arn:aws:sns"}, ["paged"]),
        ({"AlarmTypes": ["CompositeAlarm"]}, []),
    ],
)
def test_filters_narrow_together(alarms, filters, found):
    assert names(alarms.describe_alarms(**filters)) == found


def test_alarms_come_in_pages(alarms):
    pages = list(alarms.get_paginator("describe_alarms").paginate(PaginationConfig={"PageSize": 3}))

    assert [names(page) for page in pages] == [
        ["orders-failed", "orders-late", "paged"],
        ["returns-failed"],
    ]


def test_a_new_alarm_has_no_data_and_a_changed_one_keeps_its_state(alarms):
    put(alarms, "fresh")
    (fresh,) = alarms.describe_alarms(AlarmNames=["fresh"])["MetricAlarms"]
    assert fresh["StateValue"] == "INSUFFICIENT_DATA"

    alarms.set_alarm_state(AlarmName="fresh", StateValue="ALARM", StateReason="3 failed")
    put(alarms, "fresh", Threshold=5)

    (changed,) = alarms.describe_alarms(AlarmNames=["fresh"])["MetricAlarms"]
    assert (changed["StateValue"], changed["StateReason"]) == ("ALARM", "3 failed")
    assert changed["Threshold"] == 5
    alarms.delete_alarms(AlarmNames=["fresh"])


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ({"NextToken": "nonsense"}, "InvalidNextToken"),
        ({"AlarmNames": ["paged"], "AlarmNamePrefix": "p"}, "ValidationError"),
        ({"MaxRecords": 101}, "ValidationError"),
    ],
)
def test_a_listing_that_cannot_be_is_refused(alarms, parameters, code):
    with pytest.raises(ClientError) as caught:
        alarms.describe_alarms(**parameters)

    assert caught.value.response["Error"]["Code"] == code


def test_other_services_are_left_alone(alarms, embedded_aws):
    assert embedded_aws.client("sts").get_caller_identity()["Account"] == "123456789012"

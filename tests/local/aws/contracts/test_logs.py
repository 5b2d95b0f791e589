"""CloudWatch Logs, as far as moto answers: groups, streams, events and what is only kept."""

import time

import pytest

contract = pytest.mark.contract

EVENTS = [{"timestamp": 1, "message": "m"}]


@pytest.fixture(scope="module")
def logs(client):
    return client("logs")


@contract("logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogStreams",
          "logs:DeleteLogStream", "logs:DeleteLogGroup", "logs:DescribeLogGroups")  # fmt: skip
def test_groups_and_streams_are_made_and_deleted(logs, refusal):
    group = {"logGroupName": "/lake/short"}
    logs.create_log_group(**group)
    assert refusal(logs.create_log_group, **group) == "ResourceAlreadyExistsException"
    for name in ("a", "b"):
        logs.create_log_stream(**group, logStreamName=name)

    streams = logs.describe_log_streams(**group, logStreamNamePrefix="b")["logStreams"]

    assert [each["logStreamName"] for each in streams] == ["b"]
    logs.delete_log_stream(**group, logStreamName="b")
    assert len(logs.describe_log_streams(**group)["logStreams"]) == 1
    logs.delete_log_group(**group)
    assert logs.describe_log_groups(logGroupNamePrefix="/lake/short")["logGroups"] == []


@contract("logs:PutLogEvents", "logs:GetLogEvents", "logs:FilterLogEvents")
def test_events_come_back_by_time_and_in_pages(logs):
    stream = {"logGroupName": "/lake/events", "logStreamName": "s"}
    logs.create_log_group(logGroupName="/lake/events")
    logs.create_log_stream(**stream)
    from_ = round(time.time() * 1000) - 60_000
    written = [{"timestamp": from_ + n, "message": f"line {n}"} for n in range(4)]
    logs.put_log_events(**stream, logEvents=written)

    def messages(answer):
        return [each["message"] for each in answer["events"]]

    first = logs.get_log_events(**stream, limit=2, startFromHead=True)
    second = logs.get_log_events(**stream, limit=2, nextToken=first["nextForwardToken"])
    some = logs.filter_log_events(
        logGroupName="/lake/events", startTime=from_ + 1, endTime=from_ + 2
    )

    assert (messages(first), messages(second)) == (["line 0", "line 1"], ["line 2", "line 3"])
    assert messages(some) == ["line 1", "line 2"]


@contract("logs:TagResource", "logs:ListTagsForResource", "logs:UntagResource",
          "logs:TagLogGroup", "logs:ListTagsLogGroup", "logs:UntagLogGroup")  # fmt: skip
def test_a_group_keeps_its_tags(logs):
    logs.create_log_group(logGroupName="/lake/tags")
    arn = "arn:aws:logs:eu-west-1:123456789012:log-group:/lake/tags"

    logs.tag_resource(resourceArn=arn, tags={"a": "1"})
    logs.tag_log_group(logGroupName="/lake/tags", tags={"b": "2"})

    assert logs.list_tags_for_resource(resourceArn=arn)["tags"] == {"a": "1", "b": "2"}
    logs.untag_resource(resourceArn=arn, tagKeys=["a"])
    assert logs.list_tags_log_group(logGroupName="/lake/tags")["tags"] == {"b": "2"}
    logs.untag_log_group(logGroupName="/lake/tags", tags=["b"])
    assert logs.list_tags_for_resource(resourceArn=arn)["tags"] == {}


@contract("logs:PutRetentionPolicy", "logs:DeleteRetentionPolicy")
def test_a_retention_is_kept_and_removes_nothing(logs):
    group = {"logGroupName": "/lake/retention"}
    logs.create_log_group(**group)

    logs.put_retention_policy(**group, retentionInDays=1)

    found = logs.describe_log_groups(logGroupNamePrefix="/lake/retention")["logGroups"][0]
    assert found["retentionInDays"] == 1
    logs.delete_retention_policy(**group)
    found = logs.describe_log_groups(logGroupNamePrefix="/lake/retention")["logGroups"][0]
    assert "retentionInDays" not in found


@pytest.mark.parametrize(
    ("operation", "parameters", "parameter"),
    [
        ("create_log_group", {"logGroupName": "x", "logGroupClass": "INFREQUENT_ACCESS"},
         "logGroupClass"),
        ("put_log_events", {"logGroupName": "x", "logStreamName": "s", "logEvents": EVENTS,
                            "entity": {"keyAttributes": {"a": "b"}}}, "entity"),
    ],
)  # fmt: skip
def test_a_parameter_that_moto_ignores_is_refused(
    *, logs, refusal, operation, parameters, parameter
):
    said = f"does not evaluate parameter {parameter} of logs:"
    assert refusal(getattr(logs, operation), said=said, **parameters) == "NotImplementedException"


@contract("logs:PutMetricFilter", "logs:DescribeMetricFilters", "logs:TestMetricFilter",
          "logs:DeleteMetricFilter")  # fmt: skip
def test_a_metric_filter_is_tried_kept_and_deleted(logs):
    group = {"logGroupName": "/lake/filters"}
    logs.create_log_group(**group)
    pattern = {"filterPattern": "ERROR"}
    tried = logs.test_metric_filter(**pattern, logEventMessages=["ERROR one", "INFO two"])
    assert [each["eventMessage"] for each in tried["matches"]] == ["ERROR one"]
    counted = {"metricName": "errors", "metricNamespace": "lake", "metricValue": "1"}
    named = {**group, "filterName": "errors"}

    logs.put_metric_filter(**named, **pattern, metricTransformations=[counted])

    def listed():
        found = logs.describe_metric_filters(**group)["metricFilters"]
        return [each["filterName"] for each in found]

    assert listed() == ["errors"]
    logs.delete_metric_filter(**named)
    assert listed() == []


@pytest.mark.parametrize(
    "destination",
    [
        "arn:aws:lambda:eu-west-1:123456789012:function:ship",
        "arn:aws:firehose:eu-west-1:123456789012:deliverystream/ship",
    ],
)
def test_a_destination_that_nobody_here_is_is_refused(logs, refusal, destination):
    given = {"logGroupName": "/lake/any", "filterName": "ship", "filterPattern": ""}
    filter_to = {**given, "destinationArn": destination}

    said = "destination is a log group"
    assert (
        refusal(logs.put_subscription_filter, said=said, **filter_to) == "NotImplementedException"
    )

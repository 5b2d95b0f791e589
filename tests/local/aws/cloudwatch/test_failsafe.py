"""The chain that tells people of failures without any code of the product in between."""

import json
from datetime import timedelta

import pytest

from datalfred.local.aws.message import ACCOUNT

GROUP = "/aws/lambda/slack-worker"


@pytest.fixture(scope="module")
def chain(stage):
    """A log group whose errors are counted, and an alarm on the count."""
    logs, cloudwatch = stage.aws.client("logs"), stage.aws.client("cloudwatch")
    logs.create_log_group(logGroupName=GROUP)
    logs.create_log_stream(logGroupName=GROUP, logStreamName="one")
    logs.put_metric_filter(
        logGroupName=GROUP,
        filterName="errors",
        filterPattern='{ $.level = "ERROR" }',
        metricTransformations=[
            {"metricName": "Errors", "metricNamespace": "Slack", "metricValue": "1"}
        ],
    )
    topic = stage.aws.client("sns").create_topic(Name="on-call")["TopicArn"]
    stage.aws.client("sns").subscribe(
        TopicArn=topic, Protocol="sqs", Endpoint=stage.queue("on-call")
    )
    return topic, cloudwatch


def test_an_error_in_a_log_reaches_a_queue_and_a_function(stage, chain, function):
    topic, cloudwatch = chain
    stage.aws.client("sns").subscribe(TopicArn=topic, Protocol="lambda", Endpoint=function.arn)
    cloudwatch.put_metric_alarm(
        AlarmName="slack-errors",
        AlarmDescription="The Slack worker fails.",
        Namespace="Slack",
        MetricName="Errors",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        DatapointsToAlarm=1,
        Threshold=1,
        ComparisonOperator="GreaterThanOrEqualToThreshold",
        TreatMissingData="notBreaching",
        AlarmActions=[topic, function.arn],
    )
    at = stage.clock.now - timedelta(minutes=1)
    stage.aws.client("logs").put_log_events(
        logGroupName=GROUP,
        logStreamName="one",
        logEvents=[
            {"timestamp": int(at.timestamp() * 1000) + n, "message": json.dumps({"level": level})}
            for n, level in enumerate(["ERROR", "INFO", "ERROR", "ERROR"])
        ],
    )

    (envelope,) = stage.bodies("on-call")
    assert envelope["Subject"] == 'ALARM: "slack-errors" in EU (Ireland)'
    assert envelope["TopicArn"] == topic
    message = json.loads(envelope["Message"])
    assert message["NewStateReason"] == (
        f"Threshold Crossed: 1 out of the last 1 datapoints [3.0 ({at:%d/%m/%y %H:%M:%S})] was"
        " greater than or equal to the threshold (1.0) (minimum 1 datapoint for OK -> ALARM"
        " transition)."
    )
    assert message["OldStateValue"] == "INSUFFICIENT_DATA"
    assert message["Trigger"]["Statistic"] == "SUM"
    came = [function.event(), function.event()]
    (direct,) = [event for event in came if "alarmData" in event]
    (notified,) = [event["Records"][0] for event in came if "Records" in event]
    assert direct["alarmArn"] == f"arn:aws:cloudwatch:eu-west-1:{ACCOUNT}:alarm:slack-errors"
    assert direct["alarmData"]["state"]["value"] == "ALARM"
    assert json.loads(notified["Sns"]["Message"])["AlarmName"] == "slack-errors"

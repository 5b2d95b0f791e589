"""JSON, CBOR and Query: three ways to say the same."""

import gzip
import re
import urllib.error
import urllib.request
from datetime import UTC, datetime
from urllib.parse import urlencode

import pytest

from datalfred.local.aws.cloudwatch.protocols import cbor

_SIGNED = (
    "AWS4-HMAC-SHA256 Credential=datalfred/20260101/eu-west-1/monitoring/aws4_request, Signature=0"
)


def sent(stage, path, body, **headers):
    """Status, headers and body of a request over the socket."""
    request = urllib.request.Request(
        stage.aws.endpoint + path,
        data=body,
        headers={"authorization": _SIGNED, **headers},
        method="POST",
    )
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, refused.headers, refused.read()


def by_cbor(stage, operation, parameters):
    path = f"/service/GraniteServiceVersion20100801/operation/{operation}"
    headers = {"content-type": "application/cbor", "smithy-protocol": "rpc-v2-cbor"}
    status, answered, body = sent(stage, path, cbor.encode(parameters), **headers)
    assert answered["smithy-protocol"] == "rpc-v2-cbor"
    return status, answered, cbor.decode(body)


def by_query(stage, operation, **parameters):
    form = urlencode({"Action": operation, "Version": "2010-08-01", **parameters})
    headers = {"content-type": "application/x-www-form-urlencoded"}
    status, _, body = sent(stage, "/", form.encode(), **headers)
    return status, body.decode()


def test_what_one_protocol_puts_the_others_read(stage):
    at = stage.clock.now
    status, _, _ = by_cbor(
        stage,
        "PutMetricData",
        {"Namespace": "Three", "MetricData": [{"MetricName": "m", "Value": 2.5, "Timestamp": at}]},
    )
    assert status == 200
    status, body = by_query(
        stage,
        "PutMetricData",
        **{
            "Namespace": "Three",
            "MetricData.member.1.MetricName": "m",
            "MetricData.member.1.Values.member.1": "1.5",
            "MetricData.member.1.Values.member.2": "3",
            "MetricData.member.1.Timestamp": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        },
    )
    assert (status, "<PutMetricDataResponse" in body) == (200, True)

    asked = {"Namespace": "Three", "MetricName": "m", "Period": 60, "Statistics": ["Sum"]}
    span = {"StartTime": at, "EndTime": at.replace(second=59)}
    _, _, in_cbor = by_cbor(stage, "GetMetricStatistics", asked | span)
    (in_json,) = stage.aws.client("cloudwatch").get_metric_statistics(**asked, **span)["Datapoints"]
    (point,) = in_cbor["Datapoints"]

    assert (point["Sum"], point["Timestamp"]) == (7.0, at)
    assert (in_json["Sum"], in_json["Timestamp"]) == (7.0, at)
    _, in_xml = by_query(
        stage,
        "GetMetricStatistics",
        **{
            "Namespace": "Three", "MetricName": "m", "Period": "60",
            "Statistics.member.1": "Sum",
            "StartTime": at.isoformat(), "EndTime": at.replace(second=59).isoformat(),
        },
    )  # fmt: skip
    assert "<Sum>7.0</Sum>" in in_xml
    assert f"<Timestamp>{at:%Y-%m-%dT%H:%M:%S}.000Z</Timestamp>" in in_xml


def test_alarms_are_the_same_in_xml_and_cbor(stage):
    by_query(
        stage,
        "PutMetricAlarm",
        **{
            "AlarmName": "a<b", "Namespace": "N", "MetricName": "m", "Statistic": "Sum",
            "Period": "60", "EvaluationPeriods": "2", "Threshold": "1.5", "ActionsEnabled": "false",
            "ComparisonOperator": "LessThanThreshold",
            "Dimensions.member.1.Name": "D", "Dimensions.member.1.Value": "v",
        },
    )  # fmt: skip
    _, xml = by_query(stage, "DescribeAlarms", **{"AlarmNames.member.1": "a<b"})
    _, _, found = by_cbor(stage, "DescribeAlarms", {"AlarmNames": ["a<b"]})
    (alarm,) = found["MetricAlarms"]

    assert "<AlarmName>a&lt;b</AlarmName>" in xml
    assert "<ActionsEnabled>false</ActionsEnabled>" in xml
    assert re.search(r"<Dimensions><member><Name>D</Name><Value>v</Value></member></Dim", xml)
    assert (alarm["Threshold"], alarm["ActionsEnabled"]) == (1.5, False)
    assert alarm["StateUpdatedTimestamp"].tzinfo is not None


def test_an_error_has_the_code_of_each_protocol(stage):
    parameters = {"AlarmName": "none", "StateValue": "OK", "StateReason": "x"}
    status, headers, body = by_cbor(stage, "PutMetricData", {"Namespace": "N"})
    xml_status, xml = by_query(stage, "SetAlarmState", **parameters)

    assert (status, body["__type"]) == (400, "MissingRequiredParameterException")
    assert headers["x-amzn-query-error"] == "MissingParameter;Sender"
    assert (xml_status, "<Code>ResourceNotFound</Code>" in xml) == (404, True)
    with pytest.raises(stage.aws.client("cloudwatch").exceptions.ResourceNotFound):
        stage.aws.client("cloudwatch").set_alarm_state(**parameters)


def test_what_is_not_there_is_refused_in_each_protocol(stage):
    status, _, body = by_cbor(stage, "PutDashboard", {"DashboardName": "d", "DashboardBody": "{}"})
    assert (status, body["__type"]) == (400, "NotImplementedException")
    assert "NotImplementedException" in by_query(stage, "DescribeAnomalyDetectors")[1]
    assert "InvalidAction" in by_query(stage, "Nonsense")[1]


@pytest.mark.parametrize(
    ("headers", "path", "body"),
    [
        ({"x-amz-target": "GraniteServiceVersion20100801.ListMetrics"}, "/", b"{"),
        (
            {"x-amz-target": "GraniteServiceVersion20100801.DescribeAlarms"},
            "/",
            b'{"MaxRecords": "many"}',
        ),
        (
            {"smithy-protocol": "rpc-v2-cbor"},
            "/service/GraniteServiceVersion20100801/operation/ListMetrics",
            b"\xa1",
        ),
        (
            {
                "x-amz-target": "GraniteServiceVersion20100801.ListMetrics",
                "content-encoding": "gzip",
            },
            "/",
            b"{}",
        ),
    ],
)
def test_a_body_that_cannot_be_read_is_refused(stage, headers, path, body):
    status, answered, _ = sent(stage, path, body, **headers)

    assert (status, answered["x-amzn-query-error"]) == (400, "SerializationException;Sender")


@pytest.mark.parametrize(
    "value",
    [
        0, 23, 24, 255, 256, 65_536, 2**40, -1, -500, 1.5, True, False, "", "é" * 300,
        [1, [2, "x"]], {"a": {"b": [1.0]}}, datetime(2026, 11, 20, 10, 0, 0, 500_000, UTC),
    ],
)  # fmt: skip
def test_a_value_survives_cbor(value):
    assert cbor.decode(cbor.encode(value)) == value


@pytest.mark.parametrize(
    ("data", "value"),
    [
        (b"", {}),
        (b"\x9f\x01\x02\xff", [1, 2]),
        (b"\xbf\x61a\x01\xff", {"a": 1}),
        (b"\x7f\x61a\x61b\xff", "ab"),
        (b"\x5f\x41a\xff", b"a"),
        (b"\xf9\x3c\x00", 1.0),
        (b"\xfa\x3f\x80\x00\x00", 1.0),
        (b"\xf6", None),
        (b"\xc1\x00", datetime(1970, 1, 1, tzinfo=UTC)),
        (b"\xc2\x41a", b"a"),
    ],
)
def test_other_forms_of_cbor_are_read(data, value):
    assert cbor.decode(data) == value


@pytest.mark.parametrize(
    "data", [b"\x18", b"\x01\x01", b"\x1c", b"\xf8\x20", b"\x81" * 40 + b"\x01", b"\x62a"]
)
def test_what_is_no_cbor_is_refused(data):
    with pytest.raises(cbor.CborError):
        cbor.decode(data)


@pytest.mark.parametrize("value", [object(), 2**70])
def test_what_has_no_form_in_cbor_is_refused(value):
    with pytest.raises(TypeError):
        cbor.encode(value)


def test_a_body_that_unpacks_to_too_much_is_refused(stage):
    body = gzip.compress(b" " * (9 * 1024 * 1024))
    headers = {
        "x-amz-target": "GraniteServiceVersion20100801.ListMetrics",
        "content-encoding": "gzip",
    }

    assert sent(stage, "/", body, **headers)[0] == 413

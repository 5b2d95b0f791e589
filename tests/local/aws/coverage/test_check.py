"""What nobody vouches for is refused, in every protocol, before a service acts on it."""

import json
import logging
import sys
import timeit

import pytest
from botocore.exceptions import ClientError

from datalfred import clients, settings
from datalfred.local.aws.coverage.check import refuse_unevaluated, refuse_unlisted
from datalfred.local.aws.coverage.parameters import given
from datalfred.local.aws.faults import FaultError
from datalfred.local.aws.message import Caller, Request, Response

LOGGER = "datalfred.local.aws.coverage.check"


def request(service="glue", body=b"{}", headers=None, **line):
    caller = Caller("key", "", "arn", "eu-west-1", service)
    line = {"method": "POST", "path": "/", "query": ""} | line
    return Request(**line, headers=headers or {}, body=body, caller=caller)


def called(operation, parameters, service="glue"):
    headers = {"x-amz-target": f"Any.{operation}", "content-type": "application/x-amz-json-1.1"}
    return request(service, json.dumps(parameters).encode(), headers)


def message_of(check, asked):
    with pytest.raises(FaultError) as caught:
        check(asked)
    assert caught.value.code == "NotImplementedException"
    return caught.value.message


@pytest.fixture
def client(embedded_aws):
    def make(name):
        with settings.using(embedded_aws.environment()):
            return clients.client(name, retries=0)

    return make


def test_an_operation_that_no_file_lists_is_refused_with_one_line_in_the_log(caplog):
    with caplog.at_level(logging.WARNING, LOGGER):
        said = message_of(refuse_unlisted, called("StartCrawler", {}))

    assert said == "The embedded AWS does not implement glue:StartCrawler."
    assert caplog.messages == ["operation=<glue:StartCrawler> | not implemented"]


@pytest.mark.parametrize("service", ["appflow", "ce", "../../secrets", "", "bedrock"])
def test_a_service_that_has_no_file_is_refused_as_a_whole(service):
    said = message_of(refuse_unlisted, called("DoThings", {}, service))

    assert said == f"The embedded AWS does not implement {service or 'unsigned'}:DoThings."


def test_what_a_file_lists_passes_both_checks():
    asked = called("GetTables", {"DatabaseName": "sales", "MaxResults": 10})

    refuse_unevaluated(asked)
    refuse_unlisted(asked)


def test_a_parameter_that_nobody_evaluates_is_refused_with_one_line_in_the_log(caplog):
    asked = called("GetTables", {"DatabaseName": "sales", "AttributesToGet": ["NAME"]})

    with caplog.at_level(logging.WARNING, LOGGER):
        said = message_of(refuse_unevaluated, asked)

    assert said == "The embedded AWS does not evaluate parameter AttributesToGet of glue:GetTables."
    assert caplog.messages == [
        "operation=<glue:GetTables>, parameter=<AttributesToGet> | not evaluated"
    ]


@pytest.mark.parametrize(
    "parameters",
    [
        {"DatabaseName": "AttributesToGet"},
        {"DatabaseName": "sales", "AttributesToGet": []},
        {"DatabaseName": "sales", "AttributesToGet": None},
        {"DatabaseName": "sales", "CatalogId": "123456789012"},
    ],
    ids=["its name as a value", "empty", "null", "what happens anyway"],
)
def test_what_changes_nothing_is_not_refused(parameters):
    refuse_unevaluated(called("GetTables", parameters))


def test_a_body_that_is_no_json_is_left_to_its_service():
    asked = request(body=b'{"AttributesToGet"', headers={"x-amz-target": "AWSGlue.GetTables"})

    refuse_unevaluated(asked)


@pytest.mark.parametrize(
    ("parameter", "body", "found"),
    [
        ("A.B", {"A": {"B": 1}}, True),
        ("A.B", {"A": [{"C": 1}, {"B": 1}]}, True),
        ("A.*.B", {"A": {"x": {"C": 1}, "y": {"B": 1}}}, True),
        ("A.B", {"B": {"A": 1}}, False),
        ("A.B", {"A": "B"}, False),
        ("A.B", {"A": {"B": False}}, False),
    ],
)
def test_a_parameter_is_found_through_structures_lists_and_maps(parameter, body, found):
    assert list(given(called("X", body), {parameter: ()}, {})) == ([parameter] if found else [])


def test_a_value_that_is_fine_is_no_refusal_and_every_other_is():
    refused = {"Mode": ("FAST",), "Flag": ("true",)}

    assert list(given(called("X", {"Mode": "FAST", "Flag": True}), refused, {})) == []
    assert list(given(called("X", {"Mode": "SLOW", "Flag": True}), refused, {})) == ["Mode"]
    assert list(given(called("X", {"Mode": "", "Flag": False}), refused, {})) == ["Flag"]


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (b"Action=Do&Version=1&Tags.entry.1.key=a&Tags.entry.1.value=b", ["Tags"]),
        (b"Action=Do&Tag=Tags", []),
        (b"Action=Do&Tags=", []),
    ],
)
def test_a_parameter_is_found_in_a_form(body, found):
    form = {"content-type": "application/x-www-form-urlencoded; charset=utf-8"}

    assert list(given(request("iam", body, form), {"Tags": ()}, {})) == found


def test_a_key_of_a_map_is_found_in_a_form():
    form = {"content-type": "application/x-www-form-urlencoded"}
    body = b"Action=Do&Attributes.entry.1.key=Policy&Attributes.entry.1.value=x"

    found = list(given(request("sns", body, form), {"Attributes.Policy": ()}, {}))

    assert found == ["Attributes.Policy"]


def test_a_parameter_is_found_by_its_name_in_cbor_and_xml():
    cbor = b"\xa1" + bytes([0x60 | 10]) + b"LabelStyle" + b"\xf5"
    long = b"\xa1\x78\x1c" + b"EvaluationIntervalOfTheAlarm" + b"\xf5"
    xml = b"<Input><LabelStyle>x</LabelStyle></Input>"
    kinds = {"content-type": "application/cbor"}, {"content-type": "application/xml"}
    wanted = {"LabelStyle": (), "EvaluationIntervalOfTheAlarm": ()}

    assert list(given(request(body=cbor, headers=kinds[0]), wanted, {})) == ["LabelStyle"]
    assert list(given(request(body=long, headers=kinds[0]), wanted, {})) == [
        "EvaluationIntervalOfTheAlarm"
    ]
    assert list(given(request(body=xml, headers=kinds[1]), wanted, {})) == ["LabelStyle"]


def test_a_parameter_is_found_in_headers_and_in_the_query_string():
    asked = request(headers={"x-amz-acl": "public-read"}, query="marker=5&other=")
    wire = {"ACL": "header x-amz-acl", "Marker": "query marker", "Other": "query other"}

    assert list(given(asked, {"ACL": (), "Marker": ("6",), "Other": ()}, wire)) == ["ACL", "Marker"]


def test_a_copy_is_told_from_an_upload_by_its_header():
    headers = {"x-amz-copy-source": "b/k", "x-amz-object-annotation-directive": "COPY"}
    asked = request("s3", b"", headers, method="PUT", path="/bucket/key")

    said = message_of(refuse_unevaluated, asked)

    assert said.endswith("AnnotationDirective of s3:CopyObject.")


@pytest.mark.parametrize(
    ("service", "operation", "parameters"),
    [
        ("dynamodb", "execute_statement", {"Statement": "SELECT * FROM t"}),
        ("sns", "create_platform_endpoint", {"PlatformApplicationArn": "a", "Token": "t"}),
        ("cloudwatch", "list_dashboards", {}),
        ("s3", "list_bucket_metrics_configurations", {"Bucket": "b"}),
        ("lambda", "list_layers", {}),
    ],
    ids=["json", "query", "cbor", "rest-xml", "rest-json"],
)
def test_boto3_reads_a_refusal_in_every_protocol(*, client, service, operation, parameters):
    with pytest.raises(ClientError) as caught:
        getattr(client(service), operation)(**parameters)

    error = caught.value.response["Error"]
    assert error["Code"] == "NotImplementedException"
    assert error["Message"].startswith(f"The embedded AWS does not implement {service}:")


def test_a_parameter_is_refused_before_a_service_of_ours_sees_the_request(embedded_aws, client):
    asked = []

    class Ours:
        def handle(self, request):
            asked.append(request.target[1])
            return Response(200, {"content-type": "application/x-amz-json-1.1"}, b"{}")

    embedded_aws.register(Ours())
    with pytest.raises(ClientError):
        client("glue").get_tables(DatabaseName="d", AttributesToGet=["NAME"])
    assert asked == []

    client("glue").get_tables(DatabaseName="d")
    assert asked == ["GetTables"]


@pytest.mark.parametrize("operation", ["GetTables", "StartExecution", "FilterLogEvents"])
def test_a_call_without_refused_parameters_costs_next_to_nothing(operation):
    service = {"GetTables": "glue", "StartExecution": "states"}.get(operation, "logs")
    asked = called(operation, {"DatabaseName": "sales", "Expression": "orders*"}, service)
    refuse_unevaluated(asked)

    def both():
        refuse_unevaluated(asked)
        refuse_unlisted(asked)

    tracing = sys.gettrace()
    sys.settrace(None)  # what measures the lines would be measured, too
    try:
        seconds = min(timeit.repeat(both, number=200, repeat=5)) / 200
    finally:
        sys.settrace(tracing)
    assert seconds < 10e-6

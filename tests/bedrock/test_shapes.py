import json
from datetime import UTC, datetime, timedelta, timezone

import botocore.session
import pytest

from datalfred.bedrock import shapes
from datalfred.bedrock.service_error import ServiceError

NOON = datetime(2026, 11, 20, 12, 0, 0, 5000, tzinfo=UTC)


@pytest.fixture(scope="module")
def shape():
    model = botocore.session.get_session().get_service_model("bedrock-agent-runtime")
    return model.shape_for


def test_a_shape_that_holds_itself_is_written(shape):
    inner = {"equals": {"key": "severity", "value": 2}}
    condition = {"andAll": [inner, {"orAll": [inner, inner]}]}

    assert json.loads(shapes.to_json(shape("RetrievalFilter"), condition)) == condition


def test_maps_hold_shapes(shape):
    properties = {"properties": [{"name": "sql", "type": "string", "value": "SELECT 1"}]}
    body = {"content": {"application/json": properties}}

    assert json.loads(shapes.to_json(shape("ApiRequestBody"), body)) == body
    assert json.loads(shapes.to_json(shape("SessionAttributesMap"), {"a": "b"})) == {"a": "b"}


@pytest.mark.parametrize("zone", [UTC, timezone(timedelta(hours=2))])
def test_times_are_written_as_their_shape_says(shape, zone):
    part = json.loads(shapes.to_json(shape("TracePart"), {"eventTime": NOON.astimezone(zone)}))

    assert part == {"eventTime": "2026-11-20T12:00:00.005Z"}


def test_times_without_a_format_are_seconds():
    model = botocore.session.get_session().get_service_model("athena")
    status = model.shape_for("QueryExecutionStatus")

    written = json.loads(shapes.to_json(status, {"SubmissionDateTime": NOON}))

    assert written == {"SubmissionDateTime": NOON.timestamp()}


def test_a_member_that_aws_does_not_define_is_refused(shape):
    with pytest.raises(ValueError, match="no member 'agentName' in TracePart"):
        shapes.to_json(shape("TracePart"), {"agentName": "supervisor"})


def test_the_strings_of_a_map_are_checked(shape):
    body = {"application/json": {"body": "x", "images": [{"format": "bmp", "source": {}}]}}

    with pytest.raises(ServiceError, match="enum value set"):
        shapes.check(shape("ResponseBody"), body)


def test_a_pattern_that_python_cannot_read_lets_everything_pass(shape):
    shapes.check(shape("DocumentId"), "whatever \x00")

"""Whatever arrives at the port, the server lives on and answers in a protocol's own words."""

import contextlib
import json
import socket
import struct
from urllib.parse import urlencode

import botocore.session
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from datalfred.local.aws import (
    athena,
    cloudwatch,
    compute,
    glue,
    logs,
    stepfunctions,
)
from datalfred.local.aws.embedded import EmbeddedAws

_SCOPE = "AWS4-HMAC-SHA256 Credential=datalfred/20260101/eu-west-1/{}/aws4_request, Signature=0"
_JSON_SERVICES = (
    "athena", "dynamodb", "ecs", "emr", "events", "glue", "kms", "logs", "secretsmanager", "sqs",
    "ssm", "stepfunctions",
)  # fmt: skip
_QUERY_SERVICES = ("cloudwatch", "iam", "sns", "sts")
_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_FIVES = 500
_LOOSE = settings(
    max_examples=120,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.fixture(scope="module")
def port():
    with EmbeddedAws() as aws:
        for service in (athena, compute, logs, stepfunctions, glue, cloudwatch):
            service.install(aws)
        aws.warm()
        yield aws.port


def _exchange(port, data):
    """All that the server says to ``data``, to which nothing is added."""
    answer = b""
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        with contextlib.suppress(ConnectionError):
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
        with contextlib.suppress(ConnectionError):
            while piece := connection.recv(65536):
                answer += piece
    return answer


def _lives(port):
    """Whether the server answers an ordinary call; its status and body."""
    body = b"Action=GetCallerIdentity&Version=2011-06-15"
    answer = _exchange(port, _request("sts", {"content-type": _FORM}, body))
    return answer.startswith(b"HTTP/1.1 200") and b"GetCallerIdentityResult" in answer


_FORM = "application/x-www-form-urlencoded"


def _request(signing_name, headers, body, target="/", method="POST"):
    lines = [
        f"{method} {target} HTTP/1.1",
        "host: 127.0.0.1",
        "connection: close",
        f"authorization: {_SCOPE.format(signing_name)}",
        f"content-length: {len(body)}",
        *(f"{name}: {value}" for name, value in headers.items()),
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def _status(answer):
    assert answer.startswith(b"HTTP/1.1 "), answer[:200]
    return int(answer[9:12])


def _body(answer):
    return answer.partition(b"\r\n\r\n")[2]


@_LOOSE
@given(data=st.binary(max_size=400))
def test_random_bytes_leave_the_server_alive(port, data):
    answer = _exchange(port, data)

    assert answer == b"" or not answer.startswith(b"HTTP/1.1 5")
    assert _lives(port)


@_LOOSE
@given(
    frames=st.lists(
        st.tuples(
            st.integers(0, 12),
            st.integers(0, 255),
            st.integers(0, 2**31 - 1),
            st.binary(max_size=80),
        ),
        max_size=8,
    ),
    tail=st.binary(max_size=40),
)
def test_random_frames_of_http2_leave_the_server_alive(port, frames, tail):
    data = _PREFACE
    for kind, flags, stream, payload in frames:
        data += struct.pack(">I", len(payload))[1:] + bytes([kind, flags])
        data += struct.pack(">I", stream) + payload

    _exchange(port, data + tail)

    assert _lives(port)


def _operations(services):
    session = botocore.session.Session()
    for name in services:
        model = session.get_service_model(name)
        for operation in model.operation_names:
            yield model, operation


_JSON_OPERATIONS = list(_operations(_JSON_SERVICES))
_QUERY_OPERATIONS = list(_operations(_QUERY_SERVICES))
_scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**63),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=20),
)
_values = st.recursive(
    _scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=6,
)


@st.composite
def _json_calls(draw):
    """An operation, with a body that may be what it takes, or anything."""
    model, operation = draw(st.sampled_from(_JSON_OPERATIONS))
    shape = model.operation_model(operation).input_shape
    names = list(shape.members) if shape else ["x"]
    known = st.dictionaries(st.sampled_from(names or ["x"]), _values, max_size=4)
    body = draw(
        st.one_of(
            known.map(lambda fields: json.dumps(fields).encode()),
            _values.map(lambda value: json.dumps(value).encode()),
            st.binary(max_size=60),
        )
    )
    return model, operation, body


def _unmodelled(answer, status):
    """Why a failure is not in the words of its protocol; empty when it is."""
    if status < _FIVES:
        return ""
    return answer[:600].decode("utf-8", "replace")


@_LOOSE
@given(call=_json_calls())
def test_any_body_of_any_json_operation_is_answered_without_a_failure_inside(port, call):
    model, operation, body = call
    headers = {
        "x-amz-target": f"{model.metadata['targetPrefix']}.{operation}",
        "content-type": f"application/x-amz-json-{model.metadata['jsonVersion']}",
    }

    answer = _exchange(port, _request(model.signing_name, headers, body))

    status = _status(answer)
    assert _unmodelled(answer, status) == ""
    assert isinstance(json.loads(_body(answer) or b"{}"), dict)


@_LOOSE
@given(
    call=st.sampled_from(_QUERY_OPERATIONS),
    fields=st.dictionaries(
        st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1, max_size=12),
        st.text(max_size=12),
        max_size=4,
    ),
)
def test_any_form_of_any_query_operation_is_answered_without_a_failure_inside(port, call, fields):
    model, operation = call
    form = {"Action": operation, "Version": model.api_version, **fields}

    answer = _exchange(
        port, _request(model.signing_name, {"content-type": _FORM}, urlencode(form).encode())
    )

    assert _unmodelled(answer, _status(answer)) == ""


@_LOOSE
@given(
    service=st.sampled_from(["s3", "lambda", "bedrock", "emr-serverless", "glue", "", "nothing"]),
    method=st.sampled_from(["GET", "POST", "PUT", "DELETE", "HEAD", "PATCH", "OPTIONS"]),
    path=st.text(st.characters(codec="ascii", min_codepoint=33, max_codepoint=126), max_size=40),
    body=st.binary(max_size=60),
)
def test_any_path_is_answered_without_a_failure_inside(port, service, method, path, body):
    target = "/" + path.replace("#", "")

    answer = _exchange(port, _request(service, {}, body, target, method))

    assert _unmodelled(answer, _status(answer)) == ""

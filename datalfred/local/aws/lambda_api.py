"""The HTTP side of the Lambda host: Invoke, GetFunction, ListFunctions and function URLs."""

import base64
import hmac
import json
import re
import time
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote

from datalfred import settings
from datalfred.local.aws.faults import FaultError
from datalfred.local.aws.lambda_host import Function, Invocation, LambdaHost
from datalfred.local.aws.message import ACCOUNT, Request, Response, bare_name
from datalfred.local.token import TOKEN_HEADER

_FUNCTIONS = re.compile(r"/2015-03-31/functions/?")
_FUNCTION = re.compile(r"/2015-03-31/functions/([^/]+)")
_CONFIGURATION = re.compile(r"/2015-03-31/functions/([^/]+)/configuration")
_INVOCATIONS = re.compile(r"/2015-03-31/functions/([^/]+)/invocations")
_URL = re.compile(r"/lambda-url/([^/]+)(/.*)?")
_PAGE = 50
_JSON = {"content-type": "application/json"}


class LambdaApi:
    """Answers Lambda's requests for the functions of a host; moto answers for all others."""

    def __init__(self, host: LambdaHost, token: str) -> None:
        """An API of ``host``.

        Args:
            host: where the functions are.
            token: what :data:`TOKEN_HEADER` must hold to call a function's URL.
        """
        self._host = host
        self._token = token

    def handle(self, request: Request) -> Response | None:
        """The response, or None when the request is none of Lambda's that we answer."""
        service = request.caller.service
        # A function's URL may be called unsigned: there the token proves who calls.
        if service in {"", "lambda"} and (found := _URL.fullmatch(request.path)):
            return self._answer_url(request, unquote(found[1]), found[2] or "/")
        return self._answer(request) if service == "lambda" else None

    def _answer(self, request: Request) -> Response | None:
        if request.method == "POST" and (found := _INVOCATIONS.fullmatch(request.path)):
            return self._invoke(request, unquote(found[1]))
        if request.method == "GET" and _FUNCTIONS.fullmatch(request.path):
            return self._list(request.parameters())
        if request.method == "GET" and (found := _FUNCTION.fullmatch(request.path)):
            function = self._find(unquote(found[1]))
            body = {"Configuration": _configuration(function), "Code": {"RepositoryType": "local"}}
            return Response(200, _JSON, json.dumps(body).encode())
        if request.method == "GET" and (found := _CONFIGURATION.fullmatch(request.path)):
            body = _configuration(self._find(unquote(found[1])))
            return Response(200, _JSON, json.dumps(body).encode())
        return None

    def _list(self, parameters: Mapping[str, str]) -> Response:
        marker, most = parameters.get("Marker", "0"), int(parameters.get("MaxItems", _PAGE))
        if not marker.isdigit():
            raise FaultError("InvalidParameterValueException", "Marker is not one of this listing.")
        first, size = int(marker), min(most, _PAGE)
        functions = sorted(self._host.functions(), key=lambda function: function.name)
        page = functions[first : first + size]
        body: dict[str, Any] = {"Functions": [_configuration(function) for function in page]}
        if first + size < len(functions):
            body["NextMarker"] = str(first + size)
        return Response(200, _JSON, json.dumps(body).encode())

    def _find(self, name: str) -> Function:
        function = self._host.find(name)
        if function is None:
            arn = f"arn:aws:lambda:{{}}:{ACCOUNT}:function:{bare_name(name)}"
            raise FaultError(
                "ResourceNotFoundException", f"Function not found: {arn.format('*')}", status=404
            )
        return function

    def _invoke(self, request: Request, name: str) -> Response:
        function = self._find(name)
        event = _event(request.body)
        kind = request.headers.get("x-amz-invocation-type", "RequestResponse")
        if kind == "DryRun":
            return Response(204)
        if kind == "Event":
            self._host.run_later(function.name, event)
            return Response(202, {"x-amzn-requestid": str(uuid.uuid4())})
        return _invoked(self._host.run(function.name, event))

    def _answer_url(self, request: Request, name: str, path: str) -> Response:
        function = self._find(name)
        if not hmac.compare_digest(
            request.headers.get(TOKEN_HEADER, "").encode(), self._token.encode()
        ):
            return Response(403, _JSON, b'{"Message":"Forbidden"}')
        answered = self._host.run(function.name, _url_event(request, function.name, path))
        if answered.failed:
            return Response(502, _JSON, b'{"Message":"Internal Server Error"}')
        return _url_response(answered.payload)


def _event(body: bytes) -> Any:
    try:
        return json.loads(body or b"{}")
    except ValueError as problem:
        raise FaultError(
            "InvalidRequestContentException", f"Could not parse request body into json: {problem}"
        ) from problem


def _invoked(invocation: Invocation) -> Response:
    headers = {
        **_JSON,
        "x-amzn-requestid": invocation.request_id,
        "x-amz-executed-version": "$LATEST",
    }
    if invocation.failed:
        headers["x-amz-function-error"] = "Unhandled"
    return Response(200, headers, json.dumps(invocation.payload).encode())


def _configuration(function: Function) -> dict[str, Any]:
    handler = function.handler if isinstance(function.handler, str) else function.handler.__name__
    return {
        "FunctionName": function.name,
        "FunctionArn": function.arn,
        "Role": f"arn:aws:iam::{ACCOUNT}:role/{function.role}",
        "Handler": handler,
        "Runtime": "python3.13",
        "Timeout": int(function.timeout_seconds),
        "MemorySize": function.memory_megabytes,
        "Version": "$LATEST",
        "State": "Active",
        "Environment": {"Variables": dict(function.environment)},
    }


def _url_event(request: Request, name: str, path: str) -> dict[str, Any]:
    """A function URL's event, payload format 2.0, whose caller is the user of this machine.

    ``authorizer`` is the host's own word: nothing that a client sends gets into it.
    """
    now = time.time()
    headers = {key: value for key, value in request.headers.items() if key != TOKEN_HEADER}
    return {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": request.query,
        "headers": headers,
        "queryStringParameters": request.parameters(),
        "requestContext": {
            "accountId": ACCOUNT,
            "apiId": name,
            "authorizer": {"local": {"user": _user()}},
            "domainName": headers.get("host", ""),
            "http": {
                "method": request.method,
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": "127.0.0.1",
                "userAgent": headers.get("user-agent", ""),
            },
            "requestId": str(uuid.uuid4()),
            "routeKey": "$default",
            "stage": "$default",
            "time": datetime.fromtimestamp(now, UTC).strftime("%d/%b/%Y:%H:%M:%S +0000"),
            "timeEpoch": int(now * 1000),
        },
        **_url_body(request.body),
    }


def _user() -> str:
    return settings.operating_system_user().removeprefix("local:")


def _url_body(body: bytes) -> dict[str, Any]:
    try:
        return {"body": body.decode(), "isBase64Encoded": False}
    except UnicodeDecodeError:
        return {"body": base64.b64encode(body).decode(), "isBase64Encoded": True}


def _url_response(payload: Any) -> Response:
    """What a function URL answers for a handler's return value (payload format 2.0)."""
    if not isinstance(payload, Mapping) or "statusCode" not in payload:
        return Response(200, _JSON, json.dumps(payload).encode())
    body = payload.get("body", "")
    data = base64.b64decode(body) if payload.get("isBase64Encoded") else str(body).encode()
    headers = {name.lower(): str(value) for name, value in payload.get("headers", {}).items()}
    return Response(int(payload["statusCode"]), {**_JSON, **headers}, data)

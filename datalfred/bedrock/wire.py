"""The server side of AWS's ``rest-json`` protocol, driven by botocore's own service models.

A request finds its operation by method and path, is parsed by the operation's input shape and
validated, patterns and enums too: boto3 checks neither, the service does. A response is serialised
by the output shape, which refuses a member that AWS does not define.
"""

import json
import re
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, unquote

import botocore.session
from botocore.model import OperationModel
from botocore.validate import ParamValidator

from datalfred.bedrock import eventstream, failure_log, shapes
from datalfred.bedrock.service_error import ServiceError
from datalfred.errors import DatalfredError

Operation = Callable[[dict[str, Any]], Mapping[str, Any]]
"""Takes the parsed input, gives the output's members; a stream is an iterator of its events."""

_STATUS = {"NotImplemented": 501, "InternalServerException": 500}
_JSON = "application/json"
_PLACE = re.compile(r"\{(\w+)(\+?)\}")


@dataclass(frozen=True)
class Answer:
    """What goes back over HTTP. A ``body`` that is no bytes is sent as it comes."""

    status: int
    headers: Mapping[str, str]
    body: bytes | Iterator[bytes]


@dataclass(frozen=True)
class Route:
    """An operation and the part of its input that stands in the path."""

    service: str
    model: OperationModel
    path: Mapping[str, str]


class WireService:
    """Answers the operations of one or more services that share the ``rest-json`` protocol.

    Args:
        services: botocore's names, such as ``bedrock-agent-runtime``.
        operations: the operations that are implemented, by name. All others answer
            ``NotImplemented`` with status 501, never an empty success.
    """

    def __init__(self, services: Iterable[str], operations: Mapping[str, Operation]) -> None:
        self._operations = dict(operations)
        self._routes = [
            (model.http["method"], _path_pattern(model.http["requestUri"]), service, model)
            for service in services
            for model in _operation_models(service)
        ]
        self._validator = ParamValidator()

    def route(self, method: str, path: str) -> Route | None:
        """The operation of ``method`` and ``path``; None when these services have none there."""
        # A slash at the end tells PrepareAgent from InvokeInlineAgent; elsewhere clients differ.
        other = path.removesuffix("/") if path.endswith("/") else f"{path}/"
        return self._exact_route(method, path) or self._exact_route(method, other)

    def _exact_route(self, method: str, path: str) -> Route | None:
        for verb, pattern, service, model in self._routes:
            if verb == method and (match := pattern.fullmatch(path)):
                parts = {name: unquote(value) for name, value in match.groupdict().items()}
                return Route(service, model, parts)
        return None

    def answer(self, route: Route, query: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Runs the operation.

        Args:
            route: what :meth:`route` found.
            query: the query string.
            headers: of the request, names in lower case.
            body: of the request.
        """
        try:
            operation = self._operations.get(route.model.name)
            if operation is None:
                return _failure(route.model, _NOT_IMPLEMENTED)
            given = self._parse(route, query, headers, body)
            return _success(route.model, operation(given))
        except ServiceError as error:
            return _failure(route.model, error)
        except DatalfredError as error:
            return _failure(route.model, _said(error))
        except Exception as error:  # noqa: BLE001 -- a service answers every request, with a 500 at worst
            failure_log.write_defect(route.model.name, error)
            return _failure(route.model, _INTERNAL)

    def _parse(
        self, route: Route, query: str, headers: Mapping[str, str], body: bytes
    ) -> dict[str, Any]:
        shape = route.model.input_shape
        if shape is None:
            return {}
        arguments = {name: values[-1] for name, values in parse_qs(query).items()}
        places = {"uri": route.path, "header": headers, "querystring": arguments}
        document = _document(body)
        given: dict[str, Any] = {}
        for name, member in shape.members.items():
            key = member.serialization.get("name", name)
            location = member.serialization.get("location")
            source = places[location] if location else document
            key = key.lower() if location == "header" else key
            if source.get(key) is not None:
                given[name] = shapes.parse(member, source[key], in_body=location is None)
        report = self._validator.validate(given, shape)
        if report.has_errors():
            raise ServiceError("ValidationException", report.generate_report())
        shapes.check(shape, given)
        return given


_NOT_IMPLEMENTED = ServiceError("NotImplemented", "This operation is not implemented here.")
_INTERNAL = ServiceError(
    "InternalServerException", "The server failed. Its log says why. Try again later."
)


def _said(error: DatalfredError) -> ServiceError:
    """An error of ours speaks for itself: it tells whoever runs the server what to do."""
    return ServiceError("InternalServerException", f"{error.message}\n{error.hint}".strip())


def _operation_models(service: str) -> Iterator[OperationModel]:
    # Sorted, so that a longer literal path stands before a parameter that would swallow it.
    model = botocore.session.get_session().get_service_model(service)
    models = [model.operation_model(name) for name in model.operation_names]
    return iter(sorted(models, key=lambda each: each.http["requestUri"].count("{")))


def _path_pattern(uri: str) -> re.Pattern[str]:
    parts = []
    end = 0
    path = uri.split("?", maxsplit=1)[0]
    for place in _PLACE.finditer(path):
        parts.append(re.escape(path[end : place.start()]))
        parts.append(f"(?P<{place[1]}>{'.+' if place[2] else '[^/]+'})")
        end = place.end()
    return re.compile("".join(parts) + re.escape(path[end:]))


def _document(body: bytes) -> Mapping[str, Any]:
    try:
        document = json.loads(body) if body else {}
    except ValueError:
        document = None
    if not isinstance(document, dict):
        raise ServiceError("ValidationException", "The body is no JSON object.")
    return document


def _success(model: OperationModel, result: Mapping[str, Any]) -> Answer:
    shape = model.output_shape
    headers = {"x-amzn-RequestId": str(uuid.uuid4())}
    for name, member in (shape.members if shape else {}).items():
        if member.serialization.get("location") == "header" and name in result:
            headers[member.serialization["name"]] = str(result[name])
    status = int(model.http.get("responseCode", 200))
    stream = model.get_event_stream_output()
    if shape is not None and stream is not None:
        (name,) = (key for key, member in shape.members.items() if member is stream)
        headers["Content-Type"] = eventstream.CONTENT_TYPE
        return Answer(status, headers, _stream(stream, result[name]))
    headers["Content-Type"] = _JSON
    return Answer(status, headers, shapes.to_json(shape, result) if shape else b"{}")


def _failure(model: OperationModel, error: ServiceError) -> Answer:
    shape = next((each for each in model.error_shapes if each.name == error.code), None)
    unmodelled = _STATUS.get(error.code, 400)
    status = shape.metadata["error"]["httpStatusCode"] if shape else unmodelled
    headers = {
        "x-amzn-RequestId": str(uuid.uuid4()),
        "x-amzn-ErrorType": error.code,
        "Content-Type": _JSON,
    }
    return Answer(status, headers, _error_body(error))


def _stream(shape: Any, events: Iterator[Mapping[str, Any]]) -> Iterator[bytes]:
    """Each event as it comes. Closing this closes ``events``, so that a lost client stops work."""
    try:
        for each in events:
            ((name, value),) = each.items()
            yield eventstream.event(name, shapes.to_json(shape.members[name], value))
    except ServiceError as error:
        yield _exception(shape, error)
    except DatalfredError as error:
        yield _exception(shape, _said(error))
    except Exception as error:  # noqa: BLE001 -- the client is told in the stream, since 200 was sent
        failure_log.write_defect(shape.name, error)
        yield _exception(shape, _INTERNAL)
    finally:
        if close := getattr(events, "close", None):
            close()


def _exception(shape: Any, error: ServiceError) -> bytes:
    name = error.code[0].lower() + error.code[1:]
    known = error if name in shape.members else _INTERNAL
    name = known.code[0].lower() + known.code[1:]
    return eventstream.exception(name, _error_body(known))


def _error_body(error: ServiceError) -> bytes:
    return json.dumps({"message": error.message, **error.members}).encode()

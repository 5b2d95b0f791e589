"""Which operation a call is, whatever the protocol of its service."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from datalfred.local.aws.message import Request

if TYPE_CHECKING:
    from botocore.model import OperationModel, ServiceModel

_CLIENT_NAMES = {
    "monitoring": "cloudwatch",
    "elasticmapreduce": "emr",
    "servicequotas": "service-quotas",
    "states": "stepfunctions",
}
"""Services whose name in botocore is not the one that they sign with."""

_SHARED_NAMES = {
    "bedrock": ("bedrock-agent-runtime", "bedrock-agent", "bedrock-runtime", "bedrock"),
}
"""Services that sign under one name; every other is called as it signs."""

_REMEMBERED = 4096
_PLACEHOLDER = re.compile(r"\{([^}+]+)(\+?)\}")


@dataclass(frozen=True)
class _Route:
    operation: str
    method: str
    path: re.Pattern[str]
    query: Mapping[str, str]
    particular: tuple[int, int, int, bool]
    """Sorts a route before those that fit more requests, then what only a header tells apart
    (CopyObject is taken for PutObject, whose permission it needs), and last what AWS has replaced:
    PutBucketLifecycle has the very route of PutBucketLifecycleConfiguration."""

    def fits(self, method: str, path: str, query: Mapping[str, str]) -> bool:
        return (
            method == self.method
            and self.path.fullmatch(path) is not None
            and all(
                name in query and value in {"", query[name]} for name, value in self.query.items()
            )
        )


def operation_of(request: Request) -> str:
    """The operation that a request calls, such as ``StartExecution``.

    What a REST request calls follows from its method, path and query string.
    """
    return named_operation(request) or rest_operation(
        request.caller.service, request.method, request.path, request.query
    )


def named_operation(request: Request) -> str:
    """The operation that a request names; empty for a REST request, which names none.

    It stands in ``X-Amz-Target`` (JSON), in the path (RPC v2 CBOR) or in ``Action`` (query
    protocol).
    """
    if name := request.target[1]:
        return name
    if request.headers.get("smithy-protocol"):
        return request.path.rpartition("/")[2]
    kind = request.headers.get("content-type", "")
    is_form = kind.startswith("application/x-www-form-urlencoded") or "Action=" in request.query
    return request.form().get("Action", "") if is_form else ""


@lru_cache(maxsize=_REMEMBERED)
def rest_operation(signing_name: str, method: str, path: str, query: str) -> str:
    """The operation of a REST service that a method, a path and a query string call.

    Source: botocore's service models; method and path where none knows them.
    """
    given = dict(parse_qsl(query, keep_blank_values=True))
    for route in _routes(signing_name):
        if route.fits(method, path, given):
            return route.operation
    return f"{method} {path}"


def operation_model(signing_name: str, operation: str) -> "OperationModel | None":
    """The model that botocore has of an operation; None where it has none."""
    model = _service_model(signing_name)
    if model is None or operation not in model.operation_names:
        return None
    return model.operation_model(operation)


def members_of(signing_name: str, operation: str) -> frozenset[str] | None:
    """What the input of an operation may hold at its top; None where botocore knows no such one."""
    model = operation_model(signing_name, operation)
    if model is None:
        return None
    return frozenset(model.input_shape.members if model.input_shape else ())


@lru_cache(maxsize=32)
def _service_model(signing_name: str) -> "ServiceModel | None":
    import botocore.exceptions
    import botocore.session

    try:
        return botocore.session.Session().get_service_model(
            _CLIENT_NAMES.get(signing_name, signing_name)
        )
    except (botocore.exceptions.UnknownServiceError, botocore.exceptions.DataNotFoundError):
        return None


@lru_cache(maxsize=64)
def _routes(signing_name: str) -> tuple[_Route, ...]:
    import botocore.exceptions
    import botocore.session

    session = botocore.session.Session()
    routes = []
    for service in _SHARED_NAMES.get(signing_name, (signing_name,)):
        try:
            model = session.get_service_model(service)
        except botocore.exceptions.UnknownServiceError:
            continue
        if str(model.metadata["protocol"]).startswith("rest"):
            routes += [_route(model.operation_model(name)) for name in model.operation_names]
    return tuple(sorted(routes, key=lambda route: route.particular, reverse=True))


def _route(operation: Any) -> _Route:
    path, _, query = operation.http["requestUri"].partition("?")
    required = {
        name: operation.input_shape.members[name].serialization
        for name in (operation.input_shape.required_members if operation.input_shape else ())
    }
    literals = dict(parse_qsl(query, keep_blank_values=True)) | {
        place["name"]: "" for place in required.values() if place.get("location") == "querystring"
    }
    headers = sum(place.get("location") == "header" for place in required.values())
    pattern, end = "", 0
    for found in _PLACEHOLDER.finditer(path):
        pattern += re.escape(path[end : found.start()]) + (".+" if found[2] else "[^/]+")
        end = found.end()
    pattern += re.escape(path[end:].rstrip("/")) + "/?"
    return _Route(
        operation=operation.name,
        method=operation.http["method"],
        path=re.compile(pattern),
        query=literals,
        particular=(
            len(literals),
            len(_PLACEHOLDER.sub("", path)),
            -headers,
            not operation.deprecated,
        ),
    )

"""Refuses what nobody vouches for, before any service acts on it."""

import logging
from functools import lru_cache

from datalfred.local.aws.coverage.manifest import Operation, ServiceCoverage, coverage_of
from datalfred.local.aws.coverage.parameters import given
from datalfred.local.aws.faults import FaultError
from datalfred.local.aws.message import Request, Response
from datalfred.local.aws.operations import rest_operation

logger = logging.getLogger(__name__)

_OWN_ROUTES = {"", "bedrock"}
"""Who signs so is told apart by path: by the Lambda host's URLs, and by the agents' services."""


class Coverage:
    """Stands before all services; whatever it lets through is in the manifest."""

    def handle(self, request: Request) -> Response | None:
        """None: another one answers.

        Raises:
            FaultError: ``NotImplementedException``, for an operation that the manifest does not
                list, or a parameter that nobody evaluates.
        """
        signed = request.caller.service
        if signed in _OWN_ROUTES:
            return None
        name = request.target[1] or _named(request)
        covered = _find(signed, name)
        if covered is None:
            raise _refused(signed, name)
        service, operation = covered
        for refused in (operation.refuses, service.everywhere.refuses):
            if not refused:
                continue
            for parameter in given(request, refused, service.wire):
                raise _not_evaluated(parameter, service, operation)
        return None


def refuse_unlisted(request: Request) -> None:
    """The last word before moto: only what the manifest lists may reach it.

    Raises:
        FaultError: ``NotImplementedException``.
    """
    signed, name = request.caller.service, request.target[1] or _named(request)
    if _find(signed, name) is None:
        raise _refused(signed, name)


def _named(request: Request) -> str:
    """The operation of a request without ``X-Amz-Target``."""
    if request.headers.get("smithy-protocol"):
        return request.path.rpartition("/")[2]
    if action := request.form().get("Action"):
        return action
    return rest_operation(request.caller.service, request.method, request.path, request.query)


@lru_cache(maxsize=2048)
def _find(signed: str, name: str) -> tuple[ServiceCoverage, Operation] | None:
    for service in coverage_of(signed):
        if name in service.operations:
            return service, service.operations[name]
    return None


def _refused(signed: str, name: str) -> FaultError:
    services = coverage_of(signed)
    what = f"{services[0].name if len(services) == 1 else signed or 'unsigned'}:{name}"
    logger.warning("operation=<%s> | not in the coverage manifest", what)
    return FaultError(
        "NotImplementedException",
        f"The embedded AWS does not implement {what}.",
    )


def _not_evaluated(parameter: str, service: ServiceCoverage, operation: Operation) -> FaultError:
    what = f"{service.name}:{operation.name}"
    logger.warning("operation=<%s>, parameter=<%s> | not evaluated", what, parameter)
    return FaultError(
        "NotImplementedException",
        f"The embedded AWS does not evaluate parameter {parameter} of {what}.",
    )

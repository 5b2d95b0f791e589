"""Refuses what nobody vouches for: parameters before all services, operations before moto.

A service of ours answers what it implements and says so for the rest; moto answers more than it
does, so only what the manifest lists may reach it. No service is asked with a parameter that it
would not evaluate.
"""

import logging
from dataclasses import dataclass
from functools import lru_cache

from datalfred.local.aws.coverage.manifest import Operation, ServiceCoverage, coverage_of
from datalfred.local.aws.coverage.parameters import given
from datalfred.local.aws.faults import FaultError
from datalfred.local.aws.message import Request, Response
from datalfred.local.aws.operations import operation_of

logger = logging.getLogger(__name__)

_COPY = "x-amz-copy-source"
_COPIES = {"PutObject": "CopyObject", "UploadPart": "UploadPartCopy"}
"""Operations of S3 that only a header tells apart."""


class Coverage:
    """Stands before all services, and answers nothing itself."""

    def handle(self, request: Request) -> Response | None:
        """None: another service answers.

        Raises:
            FaultError: ``NotImplementedException``: a parameter is given that nobody evaluates.
        """
        refuse_unevaluated(request)
        return None


def refuse_unevaluated(request: Request) -> None:
    """Refuses a parameter that the manifest says nobody evaluates.

    Raises:
        FaultError: ``NotImplementedException``.
    """
    if not _suspicions(request.caller.service).fit(request):
        return
    name = operation_of(request)
    if _COPY in request.headers:
        name = _COPIES.get(name, name)
    covered = _find(request.caller.service, name)
    if covered is None:
        return
    service, operation = covered
    for said in (operation, service.everywhere):
        if not said.refuses:
            continue
        for parameter in given(request, said.refuses, said.wire):
            what = f"{service.name}:{operation.name}"
            logger.warning("operation=<%s>, parameter=<%s> | not evaluated", what, parameter)
            message = f"The embedded AWS does not evaluate parameter {parameter} of {what}."
            raise FaultError("NotImplementedException", message)


def refuse_unlisted(request: Request) -> None:
    """Refuses an operation that no service of ours has answered and the manifest does not list.

    Raises:
        FaultError: ``NotImplementedException``.
    """
    signed, name = request.caller.service, operation_of(request)
    if _find(signed, name) is None:
        services = coverage_of(signed)
        what = f"{services[0].name if len(services) == 1 else signed or 'unsigned'}:{name}"
        logger.warning("operation=<%s> | not implemented", what)
        message = f"The embedded AWS does not implement {what}."
        raise FaultError("NotImplementedException", message)


@dataclass(frozen=True)
class _Suspicions:
    """What a request must hold to give any refused parameter of a service, whatever it calls.

    To find out the operation costs time where only a path tells it; most requests need not.
    """

    headers: frozenset[str]
    queries: frozenset[str]
    names: tuple[bytes, ...]

    def fit(self, request: Request) -> bool:
        """Whether it is worth a closer look."""
        return (
            not self.headers.isdisjoint(request.headers)
            or (bool(request.query) and not self.queries.isdisjoint(request.parameters()))
            or any(name in request.body for name in self.names)
        )


@lru_cache(maxsize=256)
def _suspicions(signed: str) -> _Suspicions:
    places: dict[str, set[str]] = {"header": set(), "query": set(), "": set()}
    for service in coverage_of(signed):
        for said in (service.everywhere, *service.operations.values()):
            for parameter in said.refuses:
                place, _, name = said.wire[parameter].partition(" ")
                places[place].add(name or parameter.rpartition(".")[2])
    names = tuple(name.encode() for name in sorted(places[""]))
    return _Suspicions(frozenset(places["header"]), frozenset(places["query"]), names)


@lru_cache(maxsize=2048)
def _find(signed: str, name: str) -> tuple[ServiceCoverage, Operation] | None:
    for service in coverage_of(signed):
        if name in service.operations:
            return service, service.operations[name]
    return None

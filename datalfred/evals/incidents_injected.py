"""What a case injects into the embedded AWS besides faults, and whether anything asked for it.

A refusal of a call that nobody makes has no effect: the case would play a night in which all went
well, or a fault that is not its own, and pass or fail for the wrong reason.
"""

import json
from collections.abc import Iterable, Mapping

from datalfred.errors import ConfigurationError
from datalfred.evals.incidents import Refusal
from datalfred.local.aws.faults import FaultError
from datalfred.local.aws.message import ACCOUNT, Request, Response
from datalfred.local.aws.operations import operation_of

ROLE = "incident-pipelines"
_NOT_ALLOWED = (
    f"User: arn:aws:sts::{ACCOUNT}:assumed-role/datalfred/diagnosis is not authorized to perform: "
    "{} because no identity-based policy allows the {} action"
)


def never_asked(who: str, does: str, names: Iterable[str]) -> ConfigurationError:
    """The error of a case whose injection had no effect.

    Args:
        who: the case, or the diagnosis.
        does: what is done with the names, such as ``injects``.
        names: what nothing asked for.
    """
    listed = ", ".join(sorted(names))
    return ConfigurationError(
        "evals/incidents",
        f"{who} {does} {listed}, and nothing asked for it: it had no effect.",
        hint="Name a job, function, task or call that the pipeline reaches in this case.",
    )


class Refusals:
    """Refuses the calls of pipelines, and of whoever diagnoses them, that a case says.

    Attributes:
        wanted: the refusals of the pipeline's calls, by call.
        denied: the calls that whoever diagnoses may not make.
        asked: which of these were made.
    """

    def __init__(self) -> None:
        self.wanted: Mapping[str, Refusal] = {}
        self.denied: frozenset[str] = frozenset()
        self.asked: set[str] = set()

    def begin(self, wanted: Mapping[str, Refusal], denied: frozenset[str] = frozenset()) -> None:
        """Refuses these calls from now on, and counts from now on which of them were made."""
        self.wanted, self.denied, self.asked = wanted, denied, set()

    def judge(self, request: Request) -> None:
        """Raises the error with which a call is refused.

        Raises:
            FaultError: the case refuses it.
        """
        call = _call_of(request)
        if call in self.denied and request.caller.role != ROLE:
            self.asked.add(call)
            raise FaultError("AccessDeniedException", _NOT_ALLOWED.format(call, call), 400)
        refusal = self._of(request)
        if refusal:
            self.asked.add(call)
        if refusal and refusal.code:
            raise FaultError(refusal.code, refusal.message, refusal.status)

    def handle(self, request: Request) -> Response | None:
        """The answer that a case gives instead of the service's; None for everything else."""
        refusal = self._of(request)
        if refusal is None:
            return None
        kind = request.headers.get("content-type", "application/json")
        return Response(200, {"content-type": kind}, json.dumps(refusal.answer).encode())

    def _of(self, request: Request) -> Refusal | None:
        if not self.wanted or request.caller.role != ROLE:
            return None
        return self.wanted.get(_call_of(request))


def _call_of(request: Request) -> str:
    return f"{request.caller.service}:{operation_of(request)}"

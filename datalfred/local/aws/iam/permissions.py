"""May this caller do this: what stands before every service.

A role is judged by its policies, from the first call on; a role without any may do nothing. The
person at the laptop, who has no role, may do everything.
"""

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any
from urllib.parse import unquote

from datalfred.local.aws.faults import FaultError
from datalfred.local.aws.iam.denials import BOUNDARY, IDENTITY, denial
from datalfred.local.aws.iam.evaluation import Ask, Verdict, decide, statements_about
from datalfred.local.aws.iam.grants import Grants, RoleGrants
from datalfred.local.aws.iam.keys import STABLE, RequestContext
from datalfred.local.aws.iam.policies import Statement
from datalfred.local.aws.iam.variables import Context
from datalfred.local.aws.message import Caller, Request, Response
from datalfred.local.aws.operations import operation_of

logger = logging.getLogger(__name__)

Answer = Callable[[Request], Response]

_OK, _NOT_FOUND = 200, 404
_REMEMBERED = 20_000
_READING = ("Get", "List", "Simulate")


@dataclass(frozen=True)
class _Known:
    """What was found out since policies changed last; who is late writes into an old one."""

    grants: dict[str, Grants] = field(default_factory=dict)
    statements: dict[tuple[str, str], tuple[tuple[Statement, ...], ...]] = field(
        default_factory=dict
    )
    decided: dict[tuple[str, str, Ask], tuple[Verdict, str]] = field(default_factory=dict)


class Permissions:
    """Judges requests by the policies of their callers.

    Attributes:
        grants: who was given what.
    """

    def __init__(self, grants: RoleGrants, operator: Caller, ask: Answer) -> None:
        """Nobody has been given anything yet.

        Args:
            grants: the policies of roles.
            operator: the person at the laptop, in whose name facts are looked up.
            ask: answers a request without judging it.
        """
        self.grants = grants
        self._operator = operator
        self._ask = ask
        self._known = _Known()

    def grant(self, role: str, *documents: Mapping[str, Any]) -> None:
        """Gives a role these policies, in place of what the stack gave it earlier.

        Args:
            role: the role's name.
            documents: identity-based policies, as the JSON of IAM.

        Raises:
            MalformedPolicyError: IAM would not take one of them.
        """
        self.grants.grant(role, *documents)
        self.forget()

    def forget(self) -> None:
        """Reads the policies anew from now on."""
        self._known = _Known()

    def authorize(self, request: Request) -> None:
        """Returns when the caller may do what the request asks for.

        Raises:
            FaultError: the caller may not; in the words and with the code of the service.
        """
        if not request.caller.role:
            return
        from datalfred.local.aws.iam.asked import Called, asks_of

        called = Called(request, partial(self._look_up, request.caller.region))
        for ask in asks_of(called):
            verdict, kind = self.judge(request, ask, called.keys)
            if verdict is not Verdict.ALLOWED:
                refused = denial(request, ask, verdict, kind)
                logger.warning("via=<%s>, denial=<%s> | denied", request.via, refused.message)
                raise refused

    def judge(
        self, request: Request, ask: Ask, keys: Mapping[str, Any] | None = None
    ) -> tuple[Verdict, str]:
        """The verdict on one ask of a role, and which kind of policy it comes from."""
        known, caller = self._known, request.caller
        place = (caller.role, request.via, ask)
        if (found := known.decided.get(place)) is not None:
            return found
        identity, *boundary = self._about(known, caller.role, ask.action)
        context = RequestContext(request, keys or {})
        verdict, depends, kind = *_decided(identity, ask, context), IDENTITY
        if verdict is Verdict.ALLOWED and boundary:
            verdict, more = _decided(boundary[0], ask, context)
            depends, kind = depends | more, BOUNDARY
        if depends <= STABLE:
            if len(known.decided) >= _REMEMBERED:
                known.decided.clear()
            known.decided[place] = verdict, kind
        return verdict, kind

    def answered(self, request: Request, response: Response) -> Response:
        """The answer as the caller may see it.

        Without permission to list a bucket, an object that is not there looks forbidden. Source:
        https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
        """
        caller = request.caller
        if caller.service == "iam" and not operation_of(request).startswith(_READING):
            self.forget()
        if not caller.role or caller.service != "s3" or response.status != _NOT_FOUND:
            return response
        bucket, _, key = request.path.lstrip("/").partition("/")
        if not key or request.method not in {"GET", "HEAD"}:
            return response
        ask = Ask("s3:ListBucket", f"arn:aws:s3:::{unquote(bucket)}")
        verdict, kind = self.judge(request, ask)
        if verdict is Verdict.ALLOWED:
            return response
        return denial(request, ask, verdict, kind).response_to(request)

    def _about(self, known: _Known, role: str, action: str) -> tuple[tuple[Statement, ...], ...]:
        """The statements about an action: of the role's policies, and of its boundary if any."""
        place = (role, action)
        if place not in known.statements:
            if role not in known.grants:
                known.grants[role] = self.grants.of(role)
            given = known.grants[role]
            found = [statements_about(given.policies, action)]
            if given.boundary is not None:
                found.append(statements_about(given.boundary, action))
            known.statements[place] = tuple(found)
        return known.statements[place]

    def _look_up(
        self, region: str, target: str, operation: str, parameters: Mapping[str, Any]
    ) -> Mapping[str, Any]:
        caller = replace(self._operator, service=_SIGNING_NAMES[target], region=region)
        # moto finds the service by the scope of the signature.
        scope = f"{caller.access_key}/19700101/{caller.region}/{caller.service}/aws4_request"
        headers = {
            "authorization": f"AWS4-HMAC-SHA256 Credential={scope}",
            "content-type": "application/x-amz-json-1.1",
            "x-amz-target": f"{target}.{operation}",
        }
        body = json.dumps(parameters).encode()
        try:
            response = self._ask(Request("POST", "/", "", headers, body, caller))
        except FaultError:
            return {}
        if response.status != _OK:
            return {}
        content: Mapping[str, Any] = json.loads(b"".join(response.pieces()))
        return content


_SIGNING_NAMES = {
    "AmazonAthena": "athena",
    "AmazonEC2ContainerServiceV20141113": "ecs",
    "TrentService": "kms",
    "secretsmanager": "secretsmanager",
}


def _decided(
    statements: tuple[Statement, ...], ask: Ask, context: Context
) -> tuple[Verdict, frozenset[str]]:
    decision = decide(statements, ask, context)
    return decision.verdict, decision.keys

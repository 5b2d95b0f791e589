"""Who one is, and who one may become: ``GetCallerIdentity`` and ``AssumeRole``.

A role can be assumed if the stack has it or somebody made it through IAM. The person at the laptop
may try any role of the stack; on AWS those trust Lambda and Step Functions alone.
"""

import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from xml.sax.saxutils import escape

from datalfred.local.aws.callers import Callers
from datalfred.local.aws.faults import FaultError
from datalfred.local.aws.iam.grants import RoleGrants
from datalfred.local.aws.iam.keys import RequestContext
from datalfred.local.aws.iam.trust import may_assume
from datalfred.local.aws.message import ACCOUNT, Request, Response

_NAMESPACE = "https://sts.amazonaws.com/doc/2011-06-15/"
_AN_HOUR = "3600"


class Sts:
    """Answers these two operations; everything else of STS is moto's."""

    def __init__(self, callers: Callers, grants: RoleGrants) -> None:
        """An STS of a stack.

        Args:
            callers: where sessions of roles are registered.
            grants: which roles there are.
        """
        self._callers = callers
        self._grants = grants

    def handle(self, request: Request) -> Response | None:
        """The answer, or None for another operation.

        Raises:
            FaultError: ``AccessDenied`` for a role that does not exist or does not trust the
                caller; both look the same, as on AWS.
        """
        if request.caller.service != "sts":
            return None
        given = request.form()
        operations: Mapping[str, Callable[[Request, Mapping[str, str]], Response]] = {
            "AssumeRole": self._assume,
            "GetCallerIdentity": self._identity,
        }
        if given.get("Action") == "GetSessionToken" and request.caller.role:
            said = "Cannot call GetSessionToken with session credentials"
            raise FaultError("AccessDenied", said, 403)  # its new keys would be nobody's role
        operation = operations.get(given.get("Action", ""))
        return operation(request, given) if operation else None

    def _identity(self, request: Request, _given: Mapping[str, str]) -> Response:
        caller = request.caller
        who = f"<Arn>{caller.arn}</Arn><UserId>{caller.access_key}</UserId>"
        return _answer("GetCallerIdentity", f"{who}<Account>{ACCOUNT}</Account>")

    def _assume(self, request: Request, given: Mapping[str, str]) -> Response:
        arn, session = given.get("RoleArn", ""), given.get("RoleSessionName", "")
        role = arn.rpartition("/")[2]
        here = arn.startswith(f"arn:aws:iam::{ACCOUNT}:role/")
        if not here or not self._is_trusted(request, role, given):
            raise FaultError(
                "AccessDenied",
                f"User: {request.caller.arn} is not authorized to perform: sts:AssumeRole "
                f"on resource: {arn}",
                status=403,
            )
        credentials = self._callers.assume(role, session)
        lasts = timedelta(seconds=int(given.get("DurationSeconds", _AN_HOUR)))
        until = (datetime.now(UTC) + lasts).strftime("%Y-%m-%dT%H:%M:%SZ")
        assumed = f"arn:aws:sts::{ACCOUNT}:assumed-role/{role}/{escape(session)}"
        return _answer(
            "AssumeRole",
            f"<Credentials><AccessKeyId>{credentials.access_key}</AccessKeyId>"
            f"<SecretAccessKey>{credentials.secret_key}</SecretAccessKey>"
            f"<SessionToken>{escape(credentials.session_token)}</SessionToken>"
            f"<Expiration>{until}</Expiration></Credentials><AssumedRoleUser>"
            f"<AssumedRoleId>{credentials.access_key}:{escape(session)}</AssumedRoleId>"
            f"<Arn>{assumed}</Arn></AssumedRoleUser>",
        )

    def _is_trusted(self, request: Request, role: str, given: Mapping[str, str]) -> bool:
        made = self._grants.created(role)
        if made is None:
            return self._grants.knows(role) and not request.caller.role
        keys = {
            "sts:externalid": given.get("ExternalId", ""),
            "sts:rolesessionname": given.get("RoleSessionName", ""),
        }
        context = RequestContext(request, {key: (text,) for key, text in keys.items() if text})
        trust = str(made.assume_role_policy_document)
        return may_assume(trust, request.caller, "sts:AssumeRole", context)


def _answer(operation: str, result: str) -> Response:
    body = (
        f'<{operation}Response xmlns="{_NAMESPACE}"><{operation}Result>{result}'
        f"</{operation}Result><ResponseMetadata><RequestId>{uuid.uuid4()}</RequestId>"
        f"</ResponseMetadata></{operation}Response>"
    )
    return Response(200, {"content-type": "text/xml"}, body.encode())

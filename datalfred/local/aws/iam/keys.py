"""The condition keys that requests have here, and their values.

What a service does on behalf of its caller with the caller's own permissions (a forward access
session) carries ``aws:CalledVia``: Athena's calls of Glue, S3 and KMS. A state machine instead
assumes its role: its calls carry none, here as on AWS.

Sources: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html and
https://docs.aws.amazon.com/IAM/latest/UserGuide/access_forward_access_sessions.html
"""

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from types import MappingProxyType

from datalfred.local.aws.message import ACCOUNT, Request

FORWARDING = MappingProxyType(
    {
        "athena": "athena.amazonaws.com",
        "cloudformation": "cloudformation.amazonaws.com",
        "dynamodb": "dynamodb.amazonaws.com",
        "kms": "kms.amazonaws.com",
    }
)
"""The services, as a request's ``via`` names them, whose calls carry ``aws:CalledVia``."""

_LOOPBACK = "127.0.0.1"


def _called_via(request: Request) -> tuple[str, ...]:
    principal = FORWARDING.get(request.via)
    return (principal,) if principal else ()


def _source_ip(request: Request) -> tuple[str, ...]:
    return () if request.via else (_LOOPBACK,)


def _user_id(request: Request) -> tuple[str, ...]:
    return (f"{request.caller.role}:{request.caller.arn.rpartition('/')[2]}",)


def _now(_request: Request) -> tuple[str, ...]:
    return (datetime.now(UTC).isoformat(timespec="seconds"),)


_Value = Callable[[Request], tuple[str, ...]]

_GLOBAL: dict[str, _Value] = {
    "aws:calledvia": _called_via,
    "aws:calledviafirst": _called_via,
    "aws:calledvialast": _called_via,
    "aws:viaawsservice": lambda request: (str(request.via in FORWARDING).lower(),),
    "aws:principalisawsservice": lambda _: ("false",),
    "aws:principalarn": lambda request: (f"arn:aws:iam::{ACCOUNT}:role/{request.caller.role}",),
    "aws:principalaccount": lambda _: (ACCOUNT,),
    "aws:principaltype": lambda _: ("AssumedRole",),
    "aws:userid": _user_id,
    "aws:resourceaccount": lambda _: (ACCOUNT,),
    "aws:requestedregion": lambda request: (request.caller.region,),
    "aws:sourceip": _source_ip,
    # The same client talks TLS to AWS; here it talks to its own machine.
    "aws:securetransport": lambda _: ("true",),
    "aws:currenttime": _now,
    "aws:epochtime": lambda _: (str(int(time.time())),),
    "aws:useragent": lambda request: tuple(filter(None, [request.headers.get("user-agent", "")])),
}
"""Each key that every request may have, and how its values are found."""

_PARTICULAR = frozenset(
    {
        "ecs:cluster", "iam:passedtoservice", "kms:viaservice",
        "s3:delimiter", "s3:max-keys", "s3:prefix", "sts:externalid", "sts:rolesessionname",
    }
)  # fmt: skip
"""Keys that only some operations have; whoever reads the request fills them in."""

STABLE = frozenset(
    {
        "aws:calledvia", "aws:calledviafirst", "aws:calledvialast", "aws:viaawsservice",
        "aws:principalisawsservice", "aws:principalarn", "aws:principalaccount",
        "aws:principaltype", "aws:resourceaccount", "aws:securetransport",
    }
)  # fmt: skip
"""Keys whose values are the same in all requests of a role through the same service."""


def is_known(key: str) -> bool:
    """Whether requests can have a key, in lower case; others are always absent."""
    return key in _GLOBAL or key in _PARTICULAR


class RequestContext:
    """The values of one request's keys, found when a condition asks for them."""

    def __init__(self, request: Request, particular: Mapping[str, Sequence[str]]) -> None:
        """The keys of ``request``, and those that only its operation has."""
        self._request = request
        self._particular = particular

    def get(self, key: str, default: Sequence[str] = (), /) -> Sequence[str]:
        """The values of a key, ``default`` where the request lacks it."""
        found = _GLOBAL.get(key)
        if found is not None:
            return found(self._request) or default
        return self._particular.get(key) or default

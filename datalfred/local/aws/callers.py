"""Who signed a request: access key -> role.

Each role of the stack has an access key of its own, derived from its name, so that a key read in a
log is the same tomorrow. Any other key is the person at the laptop, who may do everything: the
port is on loopback, and credentials there tell callers apart rather than keep them out.
"""

import base64
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qs

from datalfred import settings
from datalfred.local.aws.message import ACCOUNT, Caller

LAPTOP_KEY = "datalfred"
"""Access key and secret of whoever brings none."""

_CREDENTIAL = re.compile(r"Credential=([^,\s]+)")
_SCOPE_PARTS = 5


@dataclass(frozen=True)
class Credentials:
    """What a role signs with."""

    access_key: str
    secret_key: str
    session_token: str

    def environment(self) -> dict[str, str]:
        """The variables in which Lambda gives a function its credentials."""
        return {
            "AWS_ACCESS_KEY_ID": self.access_key,
            "AWS_SECRET_ACCESS_KEY": self.secret_key,
            "AWS_SESSION_TOKEN": self.session_token,
        }


class Callers:
    """The roles of a stack and their keys."""

    def __init__(self) -> None:
        self._roles: dict[str, tuple[str, str]] = {}
        person = settings.operating_system_user().partition(":")[2]
        self._person = f"arn:aws:iam::{ACCOUNT}:user/{person}"

    def register(self, role: str, session: str = "datalfred") -> Credentials:
        """Makes ``role`` known and gives its credentials; the same ones each time.

        Args:
            role: the role's name.
            session: name of the assumed session, on AWS the function's name.
        """
        credentials = credentials_of(role)
        self._roles[credentials.access_key] = (role, session)
        return credentials

    def assume(self, role: str, session: str) -> Credentials:
        """The credentials of a session of ``role``; the same ones for the same name."""
        credentials = credentials_of(role, session)
        self._roles[credentials.access_key] = (role, session)
        return credentials

    def caller(self, role: str = "", *, service: str = "", region: str = "") -> Caller:
        """The caller that a request of ``role`` has; empty for the person at the laptop."""
        key = self.register(role, self._session_of(role)).access_key if role else LAPTOP_KEY
        return self._caller(key, region or settings.DEFAULT_REGION, service)

    def identify(self, headers: Mapping[str, str], query: str) -> Caller:
        """The caller of a request, from its signature's scope; the signature is not checked.

        The scope stands in the header ``Authorization`` or, presigned, in ``X-Amz-Credential``:
        ``<key>/<date>/<region>/<service>/aws4_request``. URLs that boto3 presigns for S3 have no
        scope but ``AWSAccessKeyId`` (signature version 2).
        """
        found = _CREDENTIAL.search(headers.get("authorization", ""))
        signed = {name: values[-1] for name, values in parse_qs(query).items()}
        scope = found[1] if found else signed.get("X-Amz-Credential", "")
        parts = scope.rsplit("/", _SCOPE_PARTS - 1)
        if len(parts) == _SCOPE_PARTS:
            key, _date, region, service, _end = parts
            return self._caller(key, region, service.lower())
        key = signed.get("AWSAccessKeyId", "")
        return self._caller(key, settings.DEFAULT_REGION, "s3" if key else "")

    def _session_of(self, role: str) -> str:
        known = self._roles.get(credentials_of(role).access_key)
        return known[1] if known else "datalfred"

    def _caller(self, key: str, region: str, service: str) -> Caller:
        role, session = self._roles.get(key, ("", ""))
        assumed = f"arn:aws:sts::{ACCOUNT}:assumed-role/{role}/{session}"
        return Caller(key, role, assumed if role else self._person, region, service)


def credentials_of(role: str, session: str = "") -> Credentials:
    """The credentials of ``role``: a key in IAM's form for temporary ones, secret and token.

    Args:
        role: the role's name.
        session: of a session that somebody assumed; empty for the stack's own.
    """
    named = f"role:{role}:{session}" if session else f"role:{role}"
    digest = hashlib.sha256(named.encode()).digest()
    key = "ASIA" + base64.b32encode(digest[:10]).decode()
    return Credentials(key, digest.hex(), f"session-of-{role}")

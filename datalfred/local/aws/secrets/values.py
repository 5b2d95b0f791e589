"""Secrets Manager: secrets that are marked for deletion, stages that are missing, and versions.

See https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html.
"""

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from datalfred.local.aws.compute.wire import Call, answer, page
from datalfred.local.aws.faults import FaultError
from datalfred.local.aws.message import ACCOUNT, Request, Response

if TYPE_CHECKING:
    from moto.secretsmanager.models import FakeSecret, ReplicaSecret

_JSON = "application/x-amz-json-1.1"
_NOT_WHEN_DELETED = {
    "GetSecretValue", "PutSecretValue", "UpdateSecret", "UpdateSecretVersionStage",
    "TagResource", "UntagResource",
}  # fmt: skip
_PAGE = 100


class Secrets:
    """Looks at a request before moto does; answers only for the versions of a secret."""

    def __init__(self, warm: Callable[[], None]) -> None:
        """Makes the service; loads nothing.

        Args:
            warm: loads moto, which empties its store, before the store is used.
        """
        self._warm = warm

    def handle(self, request: Request) -> Response | None:
        """The versions of a secret; None for everything that moto may answer.

        Raises:
            FaultError: Secrets Manager would refuse the request.
        """
        service, operation = request.target
        if service != "secretsmanager":
            return None
        self._warm()
        call = Call(json.loads(request.body or b"{}"), request.caller.region)
        _point_at_current(call.region)
        secret = _find(call)
        if secret is None:
            return None
        if operation in _NOT_WHEN_DELETED and secret.is_deleted():
            raise FaultError(
                "InvalidRequestException",
                "You can't perform this operation on the secret because it was marked for "
                "deletion.",
            )
        if operation == "GetSecretValue":
            _check_stage(secret, call)
        if operation == "ListSecretVersionIds":
            return answer(_versions(secret, call), _JSON)
        return None


def _point_at_current(region: str) -> None:
    """Makes AWSCURRENT the version that moto gives; it forgets to when the label is moved."""
    from moto.secretsmanager.models import FakeSecret, secretsmanager_backends

    for secret in secretsmanager_backends[ACCOUNT][region].secrets.values():
        for name, version in secret.versions.items():
            if isinstance(secret, FakeSecret) and "AWSCURRENT" in version["version_stages"]:
                secret.default_version_id = name


def _find(call: Call) -> "FakeSecret | ReplicaSecret | None":
    from moto.secretsmanager.models import secretsmanager_backends

    wanted = call.get("SecretId")
    secrets = secretsmanager_backends[ACCOUNT][call.region].secrets
    return secrets[wanted] if wanted and wanted in secrets else None


def _check_stage(secret: "FakeSecret | ReplicaSecret", call: Call) -> None:
    stage = call.get("VersionStage", "AWSCURRENT")
    staged = any(stage in version["version_stages"] for version in secret.versions.values())
    if not staged and not call.get("VersionId"):
        raise FaultError(
            "ResourceNotFoundException",
            f"Secrets Manager can't find the specified secret value for staging label: {stage}",
        )


def _versions(secret: "FakeSecret | ReplicaSecret", call: Call) -> Mapping[str, Any]:
    versions = [
        {
            "VersionId": name,
            "VersionStages": version["version_stages"],
            "CreatedDate": version["createdate"],
        }
        for name, version in secret.versions.items()
        if version["version_stages"] or call.get("IncludeDeprecated", False)
    ]
    some, more = page(versions, call, _PAGE)
    return {"ARN": secret.arn, "Name": secret.name, "Versions": some, **more}

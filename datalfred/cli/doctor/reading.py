"""Reads AWS in the name of whoever asks; a call that is denied names what would allow it."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from datalfred import clients, settings
from datalfred.bedrock.failures import DENIED, error_code, error_message
from datalfred.errors import PermissionMissingError

_PERFORM = re.compile(
    r"perform:? (?P<action>[\w-]+:\w+)(?: on resource:? \"?(?P<resource>[^\s,\"]+)\"?)?"
)
"""S3 puts the resource in quotes."""
_PREFIXES = {"bedrock-agent": "bedrock", "service-quotas": "servicequotas"}
_ACTIONS = {
    "s3:GetBucketLifecycleConfiguration": "s3:GetLifecycleConfiguration",
    "s3:HeadBucket": "s3:ListBucket",
}
"""Actions that are not called as their operations are."""
_BESIDE_THE_AGENTS = {"bedrock", "bedrock-agent", "lambda", "service-quotas"}
_READ_TIMEOUT_SECONDS = 8.0


@dataclass(frozen=True)
class Account:
    """An AWS account as somebody may see it.

    Attributes:
        who: the ARN of whoever asks.
        number: twelve digits.
        region: where the data is.
        bedrock_region: where agents, functions and models are.
    """

    who: str
    number: str
    region: str
    bedrock_region: str

    def arn(self, service: str, resource: str, *, region: str = "") -> str:
        """The ARN of a resource of this account, by default in the region of its service."""
        where = region or self._home(service)
        return f"arn:aws:{service}:{where}:{self.number}:{resource}"

    def read(
        self, service: str, operation: str, resource: str = "*", *, region: str = "", **given: Any
    ) -> dict[str, Any]:
        """What AWS answers.

        Args:
            service: boto3's name of it.
            operation: the client's method.
            resource: the ARN that the call is about, where AWS's refusal does not say it.
            region: where, if not where such things of a stage are.
            **given: the call's parameters.

        Raises:
            PermissionMissingError: AWS denied it.
            botocore.exceptions.ClientError: AWS refused it for another reason.
        """
        import botocore.exceptions

        client = client_of(service, region or self._home(service))
        try:
            answer: dict[str, Any] = getattr(client, operation)(**given)
        except botocore.exceptions.ClientError as error:
            if error_code(error) in DENIED:
                raise _denied(error, service, resource) from error
            raise
        return answer

    def find(
        self, service: str, operation: str, resource: str, absent: tuple[str, ...], **given: Any
    ) -> dict[str, Any] | None:
        """As :meth:`read`; None where AWS answers with one of the codes ``absent``."""
        import botocore.exceptions

        try:
            return self.read(service, operation, resource, **given)
        except botocore.exceptions.ClientError as error:
            if error_code(error) in absent:
                return None
            raise

    def all_of(
        self, service: str, operation: str, member: str, resource: str = "*", **given: Any
    ) -> Iterator[Mapping[str, Any]]:
        """Each entry of a list that AWS gives in pages."""
        token: dict[str, str] = {}
        while True:
            answer = self.read(service, operation, resource, **given, **token)
            yield from answer[member]
            if not answer.get("nextToken"):
                return
            token = {"nextToken": answer["nextToken"]}

    def _home(self, service: str) -> str:
        return self.bedrock_region if service in _BESIDE_THE_AGENTS else self.region


def client_of(service: str, region: str) -> Any:
    """A client of a region that does not wait longer than a check may take."""
    there = {"DATALFRED_REGION": region, "DATALFRED_BEDROCK_REGION": region}
    with settings.using({**settings.environment(), **there}):
        return clients.client(service, read_timeout=_READ_TIMEOUT_SECONDS, retries=2)


def _denied(error: Any, service: str, resource: str) -> PermissionMissingError:
    said = error_message(error)
    action = f"{_PREFIXES.get(service, service)}:{error.operation_name}"
    action = _ACTIONS.get(action, action)
    if (found := _PERFORM.search(said)) is not None:
        action, resource = found["action"], found["resource"] or resource
    return PermissionMissingError(action, resource, said=said)

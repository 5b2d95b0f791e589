"""How Athena reaches other services: always for a caller, always through the front door."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from datalfred.local.aws.athena.reasons import is_denial, read_denied
from datalfred.local.aws.faults import FaultError
from datalfred.local.aws.message import Caller, Request


class Access:
    """Clients that act for a caller, and what the caller may read."""

    def __init__(
        self,
        client: Callable[[str, Caller], Any],
        authorize: Callable[[Request], None] | None = None,
    ) -> None:
        """Keeps the ways to other services.

        Args:
            client: a boto3 client of a service that acts for a caller.
            authorize: judges a request as the front door does, without making it; None to make it.
        """
        self._client = client
        self._authorize = authorize

    def __call__(self, service: str, caller: Caller) -> Any:
        """The boto3 client of a service that acts for a caller."""
        return self._client(service, caller)

    def reading(self, caller: Caller) -> Callable[[str, str], None]:
        """Fails for bucket and key of an object that the caller may not read.

        The door judges the HEAD that S3 would be asked; an answer of S3 itself, two milliseconds
        for each file of each query, would say no more, since the object was listed just now.
        """
        if not caller.role:  # the person at the laptop may read everything
            return lambda _bucket, _key: None
        if self._authorize is None:
            return self._asking(caller)
        authorize, reader = self._authorize, replace(caller, service="s3")

        def judged(bucket: str, key: str) -> None:
            path = quote(f"/{bucket}/{key}")
            try:
                authorize(Request("HEAD", path, "", {}, b"", reader, via="athena"))
            except FaultError as fault:
                raise read_denied(f"s3://{bucket}/{key}") from fault

        return judged

    def _asking(self, caller: Caller) -> Callable[[str, str], None]:
        from botocore.exceptions import ClientError

        s3 = self._client("s3", caller)

        def asked(bucket: str, key: str) -> None:
            try:
                s3.head_object(Bucket=bucket, Key=key)
            except ClientError as error:
                uri = f"s3://{bucket}/{key}"
                raise (read_denied(uri) if is_denial(error) else error) from error

        return asked

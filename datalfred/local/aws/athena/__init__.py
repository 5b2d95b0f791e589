"""Athena on a laptop: Trino's SQL over Glue's catalog and S3's files, run by DuckDB."""

from typing import TYPE_CHECKING, Any

from datalfred.local.aws.athena.lookups import Lookups
from datalfred.local.aws.athena.service import AthenaService

if TYPE_CHECKING:
    from datalfred.local.aws.embedded import EmbeddedAws
    from datalfred.local.aws.message import Caller, Request


def install(aws: "EmbeddedAws", timeout: float | None = None) -> AthenaService:
    """Puts Athena behind the front door of ``aws``; it ends when ``aws`` closes.

    Athena acts for its callers: what it asks of Glue, S3 and KMS, it asks under the caller's role.

    Args:
        aws: the embedded AWS.
        timeout: seconds that a query may run; None for Athena's 30 minutes.
    """
    lookups = Lookups(aws.door.changes, aws.door.judge)

    def client(name: str, caller: "Caller") -> Any:
        return lookups.client(name, aws.client(name, caller, via="athena"), caller)

    def judge(request: "Request") -> None:
        aws.door.authorize(request)  # whoever judges by then

    service = AthenaService(client, timeout, judge)
    aws.register(service)
    aws.on_close(service.close)
    return service

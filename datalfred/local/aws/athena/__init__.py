"""Athena on a laptop: Trino's SQL over Glue's catalog and S3's files, run by DuckDB."""

from typing import TYPE_CHECKING

from datalfred.local.aws.athena.service import AthenaService

if TYPE_CHECKING:
    from datalfred.local.aws.embedded import EmbeddedAws


def install(aws: "EmbeddedAws", timeout: float | None = None) -> AthenaService:
    """Puts Athena behind the front door of ``aws``; it ends when ``aws`` closes.

    Athena acts for its callers: what it asks of Glue, S3 and KMS, it asks under the caller's role.

    Args:
        aws: the embedded AWS.
        timeout: seconds that a query may run; None for Athena's 30 minutes.
    """
    service = AthenaService(lambda name, caller: aws.client(name, caller, via="athena"), timeout)
    aws.register(service)
    aws.on_close(service.close)
    return service

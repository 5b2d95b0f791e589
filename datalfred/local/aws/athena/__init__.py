"""Athena on a laptop: Trino's SQL over Glue's catalog and S3's files, run by DuckDB."""

from typing import TYPE_CHECKING

from datalfred.local.aws.athena.service import AthenaService

if TYPE_CHECKING:
    from datalfred.local.aws.embedded import EmbeddedAws


def install(aws: "EmbeddedAws") -> AthenaService:
    """Puts Athena behind the front door of ``aws``; it ends when ``aws`` closes.

    Athena acts for its callers: what it asks of Glue and S3, it asks under the caller's role.
    """
    service = AthenaService(lambda name, caller: aws.client(name, caller, via="athena"))
    aws.register(service)
    aws.on_close(service.close)
    return service

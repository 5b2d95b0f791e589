"""CloudWatch Logs: what moto gets wrong or lacks, answered right."""

from typing import Protocol

from datalfred.local.aws.logs.service import LogsService
from datalfred.local.aws.message import Service


class Registers(Protocol):
    """An embedded AWS."""

    def register(self, service: Service) -> None:
        """Puts a service before moto."""
        ...


def install(aws: Registers) -> None:
    """Lets an embedded AWS search and query logs; moto keeps them."""
    aws.register(LogsService())

"""The Glue catalog: searches, pages and partition expressions that moto lacks or ignores."""

from typing import Protocol

from datalfred.local.aws.glue.service import GlueCatalog
from datalfred.local.aws.message import Service


class Registers(Protocol):
    """An embedded AWS."""

    def register(self, service: Service) -> None:
        """Puts a service before moto."""
        ...

    def warm(self) -> None:
        """Loads moto."""
        ...


def install(aws: Registers) -> None:
    """Lets an embedded AWS list and search its catalog as Glue does; moto keeps it."""
    aws.register(GlueCatalog(aws.warm))

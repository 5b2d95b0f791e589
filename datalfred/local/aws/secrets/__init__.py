"""Secrets Manager and KMS: what moto lets pass, refused as the services do."""

from collections.abc import Callable
from typing import Protocol

from datalfred.local.aws.message import Service
from datalfred.local.aws.secrets.keys import Keys
from datalfred.local.aws.secrets.values import Secrets


class Registers(Protocol):
    """An embedded AWS."""

    def register(self, service: Service) -> None:
        """Puts a service before moto."""
        ...

    @property
    def warm(self) -> Callable[[], None]:
        """Loads moto."""
        ...


def install(aws: Registers) -> None:
    """Puts the refusals of Secrets Manager and KMS before moto, which keeps secrets and keys."""
    aws.register(Secrets(aws.warm))
    aws.register(Keys(aws.warm))

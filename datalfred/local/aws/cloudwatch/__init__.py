"""CloudWatch alarms: filters, pages and states that moto ignores."""

from typing import Protocol

from datalfred.local.aws.cloudwatch.service import AlarmsService
from datalfred.local.aws.message import Service


class Registers(Protocol):
    """An embedded AWS."""

    def register(self, service: Service) -> None:
        """Puts a service before moto."""
        ...


def install(aws: Registers) -> None:
    """Lets an embedded AWS list its alarms as CloudWatch does; moto keeps them."""
    aws.register(AlarmsService())

"""What this room needs of the embedded AWS that it is installed in."""

from collections.abc import Mapping
from typing import Any, Protocol

from datalfred.local.aws.compute.workload import Workload
from datalfred.local.aws.message import Service
from datalfred.local.aws.meter import Meter


class Host(Protocol):
    """The embedded AWS."""

    @property
    def workloads(self) -> Mapping[tuple[str, str], Workload]:
        """What a container, job or step does, by (kind, name)."""
        ...

    @property
    def meter(self) -> Meter:
        """Takes what a service measures of itself."""
        ...

    def register(self, service: Service) -> None:
        """Puts a service of ours before moto."""
        ...

    def client(self, name: str) -> Any:
        """A boto3 client that enters the front door without a socket."""
        ...

"""What the seed needs of the embedded AWS."""

from typing import Any, Protocol

from datalfred.local.aws.compute.workload import Workload
from datalfred.local.aws.iam.permissions import Permissions
from datalfred.local.aws.journal import Journal
from datalfred.local.aws.lambda_host import LambdaHost
from datalfred.local.aws.meter import Meter


class Host(Protocol):
    """The embedded AWS, with compute and Step Functions installed."""

    functions: LambdaHost
    journal: Journal
    meter: Meter
    permissions: Permissions
    workloads: dict[tuple[str, str], Workload]

    def client(self, name: str) -> Any:
        """A boto3 client that enters the front door without a socket."""
        ...

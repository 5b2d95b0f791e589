"""SNS and SQS: topics reach queues and functions, dead letters move back. moto keeps the rest."""

from collections.abc import Callable
from typing import Any, Protocol

from datalfred.local.aws.message import Caller, Service
from datalfred.local.aws.messaging.moves import MessageMoves
from datalfred.local.aws.messaging.topics import Topics


class Host(Protocol):
    """An embedded AWS."""

    def register(self, service: Service) -> None:
        """Puts a service before moto."""
        ...

    def client(
        self, name: str, caller: Caller | None = None, via: str = "", *, region: str = ""
    ) -> Any:
        """A boto3 client that enters the front door without a socket."""
        ...

    def on_close(self, closing: Callable[[], None]) -> None:
        """Calls ``closing`` while the door still answers."""
        ...


def install(aws: Host) -> None:
    """Lets an embedded AWS deliver notifications and redrive dead letters."""

    def client_of(via: str) -> Callable[[str, str], Any]:
        return lambda service, region: aws.client(service, via=via, region=region)

    topics = Topics(client_of("sns"))
    aws.register(topics)
    aws.on_close(topics.close)
    aws.register(MessageMoves(client_of("sqs")))

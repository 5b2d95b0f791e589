"""What goes through the front door: one request, its caller, one response."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import parse_qs

ACCOUNT = "123456789012"


@dataclass(frozen=True)
class Caller:
    """Who signed a request: the role behind its access key.

    Attributes:
        access_key: the key that signed.
        role: the role's name; empty for a person at the laptop, who may do everything.
        arn: as ``sts:GetCallerIdentity`` says it.
        region: of the signature's scope.
        service: signing name of the signature's scope.
    """

    access_key: str
    role: str
    arn: str
    region: str
    service: str


@dataclass(frozen=True)
class Request:
    """One HTTP request.

    Header names are lower case; ``path`` and ``query`` are as on the wire, percent-encoded.
    """

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    caller: Caller
    via: str = ""
    """The service that acts for the caller, such as ``athena``; empty for the caller itself."""

    @property
    def target(self) -> tuple[str, str]:
        """Service and operation of ``X-Amz-Target``; empty strings when there is none."""
        service, _, operation = self.headers.get("x-amz-target", "").rpartition(".")
        return service, operation

    def parameters(self) -> dict[str, str]:
        """The query string, last value of each name."""
        return {
            name: values[-1]
            for name, values in parse_qs(self.query, keep_blank_values=True).items()
        }

    def form(self) -> dict[str, str]:
        """The fields of a query-protocol request, from the body or else the query string."""
        if self.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
            fields = parse_qs(self.body.decode("utf-8", "replace"), keep_blank_values=True)
            return {name: values[-1] for name, values in fields.items()}
        return self.parameters()


@dataclass(frozen=True)
class Response:
    """One HTTP response. A ``body`` that is no bytes is sent piece by piece as it comes."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | Iterable[bytes] = b""

    def pieces(self) -> Iterator[bytes]:
        """The body piece by piece, however it was given."""
        if isinstance(self.body, bytes):
            yield self.body
        else:
            yield from self.body


class Service(Protocol):
    """A service that we answer ourselves."""

    def handle(self, request: Request) -> Response | None:
        """The response, or None to let moto answer."""
        ...


def bare_name(name: str) -> str:
    """A function's name out of a name, a partial or a full ARN, each with or without qualifier."""
    parts = name.split(":")
    if "function" in parts:
        return "".join(parts[parts.index("function") + 1 :][:1])
    return parts[0]

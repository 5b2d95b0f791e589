"""The only maker of boto3 clients.

A client belongs to the credentials, region and endpoint of the environment that asks for it, and
is made once for each: on a laptop every function has a role of its own and so clients of its own.
"""

import contextlib
import io
import threading
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from datalfred import settings
from datalfred.errors import ConfigurationError

if TYPE_CHECKING:
    import botocore.awsrequest
    import botocore.loaders

Transport = Callable[
    [str, str, Mapping[str, str], bytes], tuple[int, Mapping[str, str], Iterator[bytes]]
]
"""Answers one HTTP request in this process: method, URL, headers, body -> status, headers, body."""

_lock = threading.Lock()
_clients: dict[tuple[str | None, ...], Any] = {}
_loader: "botocore.loaders.Loader | None" = None
_shared: Any = None

# A local endpoint needs some credentials, or boto3 looks for real ones.
_NOBODY = ("datalfred", "datalfred")


def client(service: str, *, read_timeout: int = 60, retries: int = 3) -> Any:
    """The boto3 client of ``service`` for the current environment.

    Args:
        service: boto3's name of the service, such as ``"athena"``.
        read_timeout: seconds to wait for the next bytes of an answer.
        retries: attempts after the first; boto3's standard mode retries transient errors only.
    """
    source = settings.environment()
    region = source.get("AWS_REGION") or source.get("AWS_DEFAULT_REGION") or settings.DEFAULT_REGION
    if service.startswith("bedrock"):
        region = source.get("DATALFRED_BEDROCK_REGION", region)
    endpoint = source.get("AWS_ENDPOINT_URL")
    key = source.get("AWS_ACCESS_KEY_ID")
    identity = (
        service,
        region,
        endpoint,
        key,
        source.get("AWS_SESSION_TOKEN"),
        str(read_timeout),
        str(retries),
    )
    with _lock:
        if identity not in _clients:
            _clients[identity] = _make(service, region, endpoint, read_timeout, retries)
        return _clients[identity]


def in_process(
    service: str,
    transport: Transport,
    environment: Mapping[str, str],
    *,
    validate: bool = True,
) -> Any:
    """A boto3 client whose requests go to ``transport`` and never to a socket; not cached.

    Args:
        service: boto3's name of the service.
        transport: answers the requests.
        environment: region, endpoint and credentials, by the names of their variables.
        validate: whether boto3 checks parameters before it sends them.
    """
    region = environment.get("AWS_REGION", settings.DEFAULT_REGION)
    endpoint = environment.get("AWS_ENDPOINT_URL")
    with settings.using(environment), _lock:
        made = _make(service, region, endpoint, 60, 0, validate=validate)
    made.meta.events.register("before-send", _sender(transport))
    return made


def _make(
    service: str,
    region: str,
    endpoint: str | None,
    read_timeout: int,
    retries: int,
    *,
    validate: bool = True,
) -> Any:
    import botocore.config

    source = settings.environment()
    key, secret = source.get("AWS_ACCESS_KEY_ID"), source.get("AWS_SECRET_ACCESS_KEY")
    if endpoint and not key:
        key, secret = _NOBODY
    return _session(shared=key is not None).client(
        service,
        region_name=region,
        endpoint_url=endpoint,
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        aws_session_token=source.get("AWS_SESSION_TOKEN"),
        config=botocore.config.Config(
            read_timeout=read_timeout,
            parameter_validation=validate,
            retries={"total_max_attempts": retries + 1, "mode": "standard"},
            # The embedded AWS answers on one host: no "sync-" or account prefix before it.
            inject_host_prefix=endpoint is None,
            s3={"addressing_style": "path"} if endpoint else None,
        ),
    )


def _timestamp(value: Any) -> datetime:
    """A time of a response. botocore's own parser takes most of the reading of a trace."""
    import botocore.utils

    if isinstance(value, str) and "T" in value:
        with contextlib.suppress(ValueError):
            return datetime.fromisoformat(value)
    return botocore.utils.parse_timestamp(value)


def _session(*, shared: bool) -> Any:
    """A boto3 session; all share one cache of service models, which is most of a client's price.

    Args:
        shared: for clients that bring their credentials; others look for them anew.
    """
    global _loader, _shared  # noqa: PLW0603 -- caches for the life of the process
    import boto3
    import botocore.session

    if shared and _shared is not None:
        return _shared
    core = botocore.session.Session()
    if _loader is None:
        _loader = core.get_component("data_loader")
    core.register_component("data_loader", _loader)
    core.get_component("response_parser_factory").set_parser_defaults(timestamp_parser=_timestamp)
    session = boto3.Session(botocore_session=core)
    if shared:
        _shared = session
    return session


def _sender(transport: Transport) -> Callable[..., "botocore.awsrequest.AWSResponse"]:
    """The ``before-send`` of botocore: whatever it returns is taken for the response."""

    def send(
        request: "botocore.awsrequest.AWSPreparedRequest", **_: object
    ) -> "botocore.awsrequest.AWSResponse":
        from botocore.awsrequest import AWSResponse

        headers = {name.lower(): _text(value) for name, value in dict(request.headers).items()}
        status, answered, body = transport(
            request.method, request.url, headers, _body_bytes(request.body)
        )
        return AWSResponse(request.url, status, dict(answered), _RawBody(body))  # type: ignore[arg-type]  # it copies any mapping

    return send


def _text(header: object) -> str:
    return header.decode("latin-1") if isinstance(header, bytes) else str(header)


def _body_bytes(body: Any) -> bytes:
    if hasattr(body, "read"):
        body = body.read()
    return body.encode() if isinstance(body, str) else bytes(body or b"")


class _RawBody(io.RawIOBase):
    """A response body as botocore expects it of urllib3: by size, and by piece."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        super().__init__()
        self._pieces = pieces
        self._rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._rest:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._rest = piece
        size = min(len(buffer), len(self._rest))
        buffer[:size], self._rest = self._rest[:size], self._rest[size:]
        return size

    def read(self, amt: int | None = None) -> bytes:
        """At most ``amt`` bytes; all that is left without a number."""
        if amt is None or amt < 0:
            return b"".join(self.stream())
        return super().read(amt) or b""

    def stream(self, _size: int = 0, **_: object) -> Iterator[bytes]:
        """What is left, piece by piece as it comes."""
        rest, self._rest = self._rest, b""
        if rest:
            yield rest
        yield from self._pieces

    def close(self) -> None:
        """Tells the sender that nobody reads on."""
        if not self.closed and hasattr(self._pieces, "close"):
            self._pieces.close()
        super().close()


def signed_headers(service: str, url: str, body: bytes) -> Mapping[str, str]:
    """Headers that sign a POST of ``body`` to ``url`` with the current credentials (SigV4).

    Args:
        service: signing name, such as ``lambda`` for a function URL.
        url: where the request goes.
        body: what it carries, as JSON.

    Raises:
        ConfigurationError: there are no credentials.
    """
    import botocore.auth
    import botocore.awsrequest
    import botocore.session

    source = settings.environment()
    credentials = botocore.session.Session().get_credentials()
    if credentials is None:
        hint = "Sign in, or set AWS_PROFILE."
        raise ConfigurationError("AWS credentials", "are not to be found.", hint=hint)
    region = source.get("AWS_REGION") or source.get("AWS_DEFAULT_REGION") or settings.DEFAULT_REGION
    headers = {"content-type": "application/json"}
    request = botocore.awsrequest.AWSRequest("POST", url, headers=headers, data=body)
    botocore.auth.SigV4Auth(credentials, service, region).add_auth(request)
    return dict(request.headers.items())

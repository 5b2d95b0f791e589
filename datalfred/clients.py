"""The only maker of boto3 clients.

A client belongs to the credentials, region and endpoint of the environment that asks for it, and
is made once for each: on a laptop every function has a role of its own and so clients of its own.

**Retries happen in one layer, which is here.** botocore's own are off (one attempt); in their
place, on the same hook, stands a policy that knows what botocore's cannot: how long the operation
has left, over all its calls and in all its threads (:func:`within`). A transient failure is tried
again after a pause that grows exponentially, with full jitter [1]_, at most as often as the client
was made for and never beyond that deadline; anything else is never tried again. A request that is
sent again is the same request, token included, so that Athena and Step Functions take two starts
for one.

.. [1] https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
"""

import contextlib
import io
import random
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from datalfred import settings
from datalfred.errors import TimedOutError, UnavailableError

if TYPE_CHECKING:
    import botocore.awsrequest
    import botocore.loaders

Transport = Callable[
    [str, str, Mapping[str, str], bytes], tuple[int, Mapping[str, str], Iterator[bytes]]
]
"""Answers one HTTP request in this process: method, URL, headers, body -> status, headers, body."""

READ_TIMEOUT_SECONDS = 20
"""Without a byte of an answer; every call of an operation is answered at once or not at all."""

THROTTLED = frozenset(
    {
        "LimitExceededException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "SlowDown",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)
"""The codes by which AWS asks for slower calls."""

CALL = "Call"
"""Where a failure names its call (``glue:GetTables``): in ResponseMetadata, else an attribute."""

_TRANSIENT_CODES = THROTTLED | {"RequestTimeout", "RequestTimeoutException"}
_OK, _TRANSIENT_STATUSES = 200, {429, 500, 502, 503, 504}
_TRANSIENT_EXCEPTIONS = {"ConnectionError", "HTTPClientError"}
_PERMANENT_EXCEPTIONS = {"SSLError", "ProxyConnectionError", "InvalidProxiesConfigError"}
_NEVER_SENT = {"EndpointConnectionError", "ConnectTimeoutError"}
_STARTS_ANEW = {"StartQuery"}  # knows no token: if its fate is unknown, it may run already
_CONNECT_TIMEOUT_SECONDS = 5
_FIRST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 0.2, 5.0

_now: Callable[[], float] = time.monotonic
_pause: Callable[[float], object] = threading.Event().wait
_jitter = random.SystemRandom().uniform

_lock = threading.Lock()
_clients: dict[tuple[str | None, ...], Any] = {}
_loader: "botocore.loaders.Loader | None" = None
_shared: Any = None


# A local endpoint needs some credentials, or boto3 looks for real ones.
_NOBODY = ("datalfred", "datalfred")


@dataclass
class Patience:
    """How long the calls of one operation may take together.

    Attributes:
        ends: when, by the monotonic clock.
        retries: how many attempts were not the first of their call, so far.
    """

    ends: float
    retries: int = 0

    @property
    def seconds_left(self) -> float:
        """Until the end; negative after it."""
        return self.ends - _now()


_patience: ContextVar[Patience | None] = ContextVar("patience", default=None)


@contextlib.contextmanager
def within(seconds: float) -> Iterator[Patience]:
    """Gives all AWS calls of the current context one deadline together.

    No call is tried again after it, nor begun: that raises a ``TimedOutError``.
    """
    granted = Patience(_now() + seconds)
    token = _patience.set(granted)
    try:
        yield granted
    finally:
        _patience.reset(token)


def patience() -> Patience | None:
    """The deadline of the operation that runs here; None outside of one."""
    return _patience.get()


def client(service: str, *, read_timeout: float | None = None, retries: int = 3) -> Any:
    """The boto3 client of ``service`` for the current environment.

    Args:
        service: boto3's name of the service, such as ``"athena"``.
        read_timeout: seconds to wait for the next bytes of an answer.
        retries: attempts after the first; transient failures alone are tried again.
    """
    read_timeout = READ_TIMEOUT_SECONDS if read_timeout is None else read_timeout
    source = settings.environment()
    region = settings.region_of(source)
    if service.startswith("bedrock"):
        region = source.get("DATALFRED_BEDROCK_REGION", region)
    endpoint = source.get("AWS_ENDPOINT_URL")
    key = source.get("AWS_ACCESS_KEY_ID")
    token = source.get("AWS_SESSION_TOKEN")
    identity = (service, region, endpoint, key, token, str(read_timeout), str(retries))
    with _lock:
        if identity not in _clients:
            made = _make(service, region, endpoint, read_timeout)
            made.meta.events.register("before-send", _limit)
            made.meta.events.register("before-parse", _check_whole)
            made.meta.events.register("needs-retry", _retrier(retries))
            _clients[identity] = made
        return _clients[identity]


def in_process(
    service: str, transport: Transport, environment: Mapping[str, str], *, validate: bool = True
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
        made = _make(service, region, endpoint, 60, validate=validate)
    made.meta.events.register("before-send", _sender(transport))
    return made


def _make(
    service: str, region: str, endpoint: str | None, read_timeout: float, *, validate: bool = True
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
            connect_timeout=_CONNECT_TIMEOUT_SECONDS,
            retries={"total_max_attempts": 1, "mode": "standard"},
            # The embedded AWS answers on one host: no "sync-" or account prefix before it.
            inject_host_prefix=endpoint is None,
            s3={"addressing_style": "path"} if endpoint else None,
        ),
    )


def _limit(request: Any, event_name: str, **_: object) -> None:
    """The ``before-send`` of botocore: no attempt waits beyond the end of its operation."""
    granted = patience()
    if granted is None:
        return
    if (left := granted.seconds_left) <= 0:
        called = event_name.partition(".")[2].replace(".", ":")
        raise TimedOutError(
            f"The operation ran out of time before {called}.",
            hint="Ask for less at once, such as one table, one pipeline or fewer hours.",
        )
    if context := getattr(request, "context", None):  # before botocore 1.43.72 there is none
        context["read_timeout"] = min(left, context["client_config"].read_timeout)


def _check_whole(operation_model: Any, response_dict: Mapping[str, Any], **_: object) -> None:
    """The ``before-parse`` of botocore, which reads no JSON at all as an empty answer."""
    service = operation_model.service_model
    streamed = operation_model.has_streaming_output or operation_model.has_event_stream_output
    if streamed or not operation_model.output_shape or "json" not in service.resolved_protocol:
        return
    body = response_dict["body"].strip()
    if response_dict["status_code"] == _OK and body and body[:1] + body[-1:] != b"{}":
        raise UnavailableError(
            f"{service.signing_name}:{operation_model.name} gave an answer that cannot be read.",
            hint="Try again later.",
        )


def _retrier(retries: int) -> Callable[..., float | None]:
    """The ``needs-retry`` of botocore: None, or how long it shall still wait before the next."""

    def decide(
        *, response: Any, operation: Any, attempts: int, caught_exception: Any, **_: object
    ) -> float | None:
        _name_call(operation, response, caught_exception)
        if attempts > retries or not _is_transient(operation.name, response, caught_exception):
            return None
        longest = min(_LONGEST_PAUSE_SECONDS, _FIRST_PAUSE_SECONDS * 2**attempts)
        pause = _jitter(0, longest)
        granted = patience() or Patience(float("inf"))
        if granted.seconds_left <= pause:
            return None
        granted.retries += 1
        _pause(pause)
        return 0.0

    return decide


def _name_call(operation: Any, response: Any, caught: Exception | None) -> None:
    """Has a failure say which call it was: botocore's own say it in part, or not at all."""
    call = f"{operation.service_model.signing_name}:{operation.name}"
    if caught is not None:
        setattr(caught, CALL, call)
    elif "Error" in response[1]:
        response[1].setdefault("ResponseMetadata", {})[CALL] = call


def _is_transient(operation: str, response: Any, caught: Exception | None) -> bool:
    """Whether the same request may be answered if it is sent again."""
    if caught is not None:
        names = {kind.__name__ for kind in type(caught).__mro__}
        if names & _PERMANENT_EXCEPTIONS or not names & _TRANSIENT_EXCEPTIONS:
            return False
        return operation not in _STARTS_ANEW or bool(names & _NEVER_SENT)
    answered, parsed = response
    code = parsed.get("Error", {}).get("Code")
    if code in THROTTLED:
        return True
    if code not in _TRANSIENT_CODES and answered.status_code not in _TRANSIENT_STATUSES:
        return False
    return operation not in _STARTS_ANEW


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

"""moto behind the front door: imported when first needed, asked without a socket.

What moto lacks comes back as an error in the caller's own protocol, with one log line: never as
HTML, never as an empty success. What it breaks on is the front door's to word.
"""

import io
import logging
import threading
from collections import defaultdict
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_to_bytes

from datalfred.errors import LocalStackError
from datalfred.local.aws.coverage.check import refuse_unlisted
from datalfred.local.aws.faults import FaultError, not_implemented
from datalfred.local.aws.message import Request, Response
from datalfred.local.aws.s3_conditions import check_copy_source
from datalfred.local.aws.transaction_tokens import TransactionTokens

if TYPE_CHECKING:
    from collections.abc import Callable

logger = logging.getLogger(__name__)

# These block for seconds by design (long polls), or guard themselves; all others are not made for
# threads: two conditional updates at once would both succeed.
_UNLOCKED = {"sqs", "states"}
_ERROR_STATUS = 400

# Subresources of S3 that moto does not know: it would list the bucket, or read or write the object.
_S3_GAPS = {
    "abac", "analytics", "annotation", "intelligent-tiering", "metadataAnnotationTable",
    "metadataConfiguration", "metadataInventoryTable", "metadataJournalTable", "metadataTable",
    "metrics", "renameObject", "requestPayment", "session", "torrent",
}  # fmt: skip

_in_use = threading.Lock()


class MotoApp:
    """moto's own dispatcher, one instance a process: its backends are global."""

    def __init__(self) -> None:
        self._loading = threading.Lock()
        self._application: Callable[..., Any] | None = None
        self._closed = False
        self._locks: defaultdict[str, threading.RLock] = defaultdict(threading.RLock)
        self._tokens = TransactionTokens()

    def load(self) -> "Callable[..., Any]":
        """The application, for which moto is imported and emptied the first time.

        Raises:
            LocalStackError: another embedded AWS uses moto in this process.
            FaultError: this one is closed.
        """
        with self._loading:
            if self._closed:
                raise FaultError("ServiceUnavailable", "The embedded AWS is closed.", status=503)
            if self._application is None:
                if not _in_use.acquire(blocking=False):
                    raise LocalStackError(
                        "Another embedded AWS runs in this process.",
                        hint="Close it first: both would share their resources.",
                    )
                self._application = _application()
            return self._application

    def close(self) -> None:
        """Empties the backends and lets another instance use them."""
        with self._loading:
            self._closed = True
            if self._application is not None:
                self._application = None
                _reset()
                _in_use.release()

    def handle(self, request: Request) -> Response:
        """What moto answers to ``request``.

        Raises:
            FaultError: the manifest does not list the operation, a condition does not hold, or a
                transaction comes with the token of another.
        """
        refuse_unlisted(request)
        application = self.load()
        service = request.caller.service
        if service == "s3" and not _S3_GAPS.isdisjoint(request.parameters()):
            return not_implemented(request, _what(request))
        if service == "s3":
            check_copy_source(request)
        try:
            if service in _UNLOCKED:
                return _call(application, request)
            with self._locks[service]:
                return self._tokens.answer(request, partial(_call, application))
        except NotImplementedError as gap:
            logger.warning("service=<%s>, gap=<%s> | not implemented", service, gap)
            return not_implemented(request, _what(request))


def _call(application: "Callable[..., Any]", request: Request) -> Response:
    answered: list[tuple[int, dict[str, str]]] = []

    def start_response(status: str, headers: list[tuple[str, str]], _: object = None) -> None:
        answered.append((int(status[:3]), {name.lower(): value for name, value in headers}))

    pieces = application(_environ(request), start_response)
    try:
        body = b"".join(pieces)
    finally:
        if hasattr(pieces, "close"):
            pieces.close()
    status, headers = answered[-1]
    if status >= _ERROR_STATUS and body.lstrip().lower().startswith(b"<!doctype html"):
        # No route of moto fits: that page is Werkzeug's. An empty body answers a HEAD of S3.
        return not_implemented(request, _what(request))
    return Response(status, headers, body)


def _what(request: Request) -> str:
    operation = request.target[1] or request.form().get("Action", "")
    where = f"{request.path}?{request.query}" if request.query else request.path
    return f"{request.caller.service or 'an unsigned'} {operation or request.method} {where}"


def _environ(request: Request) -> dict[str, Any]:
    """The WSGI environment (PEP 3333) of ``request``, with the raw target for S3's odd keys."""
    from moto.core.request import (
        PRESERVED_HEADER_NAMES_ENVIRON_KEY,
        environ_key_for_header,
        should_preserve_original_header_name,
    )

    kept = {
        environ_key_for_header(name): name
        for name in request.headers
        if should_preserve_original_header_name(name)
    }
    environ: dict[str, Any] = {
        environ_key_for_header(name): value
        for name, value in request.headers.items()
        if "_" not in name or name in kept.values()
    }
    host = _host(request)
    name, _, port = host.partition(":")
    return (
        environ
        | _signed(request)
        | {
            PRESERVED_HEADER_NAMES_ENVIRON_KEY: kept,
            "REQUEST_METHOD": request.method,
            "SCRIPT_NAME": "",
            "PATH_INFO": unquote_to_bytes(request.path).decode("latin-1"),
            "RAW_URI": request.path + (f"?{request.query}" if request.query else ""),
            "QUERY_STRING": request.query,
            "CONTENT_LENGTH": str(len(request.body)),
            "HTTP_HOST": host,
            "SERVER_NAME": name,
            "SERVER_PORT": port or "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "127.0.0.1",
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(request.body),
            "wsgi.errors": io.StringIO(),
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
        }
    )


def _signed(request: Request) -> dict[str, str]:
    """The signature as the door has read it: moto takes service and region from nothing else."""
    caller = request.caller
    if not caller.service or (caller.service == "s3" and "authorization" not in request.headers):
        return {}  # what S3's presigned URLs say stands in the query string
    key = caller.access_key.replace("/", "-") or "nobody"
    scope = f"{key}/19700101/{caller.region}/{caller.service}/aws4_request"
    signature = f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"
    return {"HTTP_AUTHORIZATION": signature}


def _host(request: Request) -> str:
    """EMR alone takes its region from the host's name, so it is given the name it has on AWS."""
    if request.caller.service == "elasticmapreduce":
        return f"elasticmapreduce.{request.caller.region}.amazonaws.com"
    return request.headers.get("host", "127.0.0.1")


def _application() -> "Callable[..., Any]":
    import moto.backends
    from moto.core.config import default_user_config
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

    default_user_config["stepfunctions"] = {"execute_state_machine": True}
    default_user_config["lambda"] = {"use_docker": False}
    default_user_config["batch"] = {"use_docker": False}
    modules = {"moto_api", *moto.backends.list_of_moto_modules()}

    class Dispatcher(DomainDispatcherApplication):
        """Says that a service is unknown by an error, where moto prints to standard output."""

        def get_backend_for_host(self, host: str | None) -> Any:
            if host is None or host in modules:
                return host
            for backend, pattern in self.backend_url_patterns:
                if pattern.match(f"http://{host}"):
                    return backend
            raise NotImplementedError(host)

    def create(backend: Any) -> Any:
        app = create_backend_app(backend)
        if backend == "s3":
            app.before_request(_keep_body)
            _ignore_bucket_policies()
        if backend == "kms":
            _ignore_key_policies()
        return app

    _reset()
    _let_models_go()
    return Dispatcher(create)


def _ignore_bucket_policies() -> None:
    """A policy is stored and decides nothing: moto reads it without its conditions.

    The usual one, which denies whatever comes without TLS, would deny every read and write.
    """
    from moto.iam.access_control import PermissionResult
    from moto.s3.models import FakeBucket

    def neutral(*_: Any) -> PermissionResult:
        return PermissionResult.NEUTRAL

    FakeBucket.get_permission = neutral  # type: ignore[method-assign, assignment]  # a patch of moto


def _ignore_key_policies() -> None:
    """As those of buckets: of the operations on a key, moto would deny DescribeKey alone."""
    from moto.kms import responses

    responses.validate_policy = lambda *_: None  # type: ignore[attr-defined]  # a patch of moto


def _keep_body() -> None:
    """Reads an object before anything takes it for a form: curl and urllib say that it is one."""
    from flask import request

    request.get_data()


def _reset() -> None:
    from moto.moto_api._internal.models import moto_api_backend

    moto_api_backend.reset()


def _let_models_go() -> None:
    """Makes moto's models collectable: it holds all that were ever made, for a dashboard.

    A number that DynamoDB added up, or a message that was received, would stay until the end. The
    objects of S3 stay listed: its reset closes their buffers by that list.
    """
    from moto.core.common_models import BaseModel

    def made(cls: Any, *_args: Any, **_keywords: Any) -> BaseModel:
        instance: BaseModel = super(BaseModel, cls).__new__(cls)
        if cls.__module__ == "moto.s3.models":
            cls.instances_tracked.append(instance)
        return instance

    BaseModel.__new__ = made  # type: ignore[method-assign]  # a patch of moto

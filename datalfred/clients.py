"""The only maker of boto3 clients.

A client belongs to the credentials, region and endpoint of the environment that asks for it, and
is made once for each: on a laptop every function has a role of its own and so clients of its own.
"""

import threading
from typing import TYPE_CHECKING, Any

from datalfred import settings

if TYPE_CHECKING:
    import botocore.loaders

_lock = threading.Lock()
_clients: dict[tuple[str | None, ...], Any] = {}
_loader: "botocore.loaders.Loader | None" = None

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


def _make(service: str, region: str, endpoint: str | None, read_timeout: int, retries: int) -> Any:
    import boto3
    import botocore.config
    import botocore.session

    source = settings.environment()
    key, secret = source.get("AWS_ACCESS_KEY_ID"), source.get("AWS_SECRET_ACCESS_KEY")
    if endpoint and not key:
        key, secret = _NOBODY
    core = botocore.session.Session()
    core.register_component("data_loader", _shared_loader(core))
    return boto3.Session(botocore_session=core).client(  # type: ignore[call-overload]  # the service is a variable
        service,
        region_name=region,
        endpoint_url=endpoint,
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        aws_session_token=source.get("AWS_SESSION_TOKEN"),
        config=botocore.config.Config(
            read_timeout=read_timeout,
            retries={"total_max_attempts": retries + 1, "mode": "standard"},
            # The embedded AWS answers on one host: no "sync-" or account prefix before it.
            inject_host_prefix=endpoint is None,
            s3={"addressing_style": "path"} if endpoint else None,
        ),
    )


def _shared_loader(core: Any) -> Any:
    """One cache of service models for all clients: reading them is most of a client's price."""
    global _loader  # noqa: PLW0603 -- a cache for the life of the process
    if _loader is None:
        _loader = core.get_component("data_loader")
    return _loader

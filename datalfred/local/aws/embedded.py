"""The embedded AWS as a whole: one port, one door, the functions behind it and a journal."""

import secrets
import threading
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

from datalfred import clients, settings
from datalfred.local.aws.callers import LAPTOP_KEY, Callers
from datalfred.local.aws.coverage.check import Coverage
from datalfred.local.aws.front_door import FrontDoor
from datalfred.local.aws.holds import Release
from datalfred.local.aws.iam.documents import PolicyDocuments
from datalfred.local.aws.iam.grants import RoleGrants
from datalfred.local.aws.iam.permissions import Permissions
from datalfred.local.aws.interpreter_clients import InterpreterClients
from datalfred.local.aws.journal import Journal
from datalfred.local.aws.keeper import Keeper
from datalfred.local.aws.lambda_api import LambdaApi
from datalfred.local.aws.lambda_host import LambdaHost
from datalfred.local.aws.lambda_logs import FunctionLogs
from datalfred.local.aws.message import Caller, Request, Service
from datalfred.local.aws.meter import Meter
from datalfred.local.aws.moto_app import MotoApp
from datalfred.local.aws.parameter_store import ParameterStore
from datalfred.local.aws.server import HOST, Server
from datalfred.local.aws.sts import Sts
from datalfred.local.token import read_token

if TYPE_CHECKING:
    from datalfred.local.aws.compute.workload import Workload


class EmbeddedAws:
    """A context manager; the port listens from its first line on.

    Attributes:
        journal: what outlives the process.
        callers: the roles and their keys.
        permissions: what each role may do; a role that was granted nothing may do nothing.
        door: where every request comes in.
        meter: what the services measure of themselves.
        function_logs: what functions wrote.
        functions: the Lambda host.
        parameters: texts by name, such as the settings of an operator.
        workloads: what a container, job or step does, by (kind, name).
        token: proves to a function's URL that the caller is the user of this machine.
    """

    def __init__(self, state: Path | None = None, port: int = 0) -> None:
        """Binds the port and opens the journal.

        Args:
            state: the directory of ``journal.sqlite`` and ``token``; None keeps nothing.
            port: 0 for any free one.

        Raises:
            LocalStackError: the port is busy, or the journal cannot be opened.
        """
        self._server = Server(self._receive, port)
        try:
            self.journal = Journal(state / "journal.sqlite" if state else None)
            self.token = read_token(state) if state else secrets.token_urlsafe(32)
        except BaseException:
            self._server.close()
            raise
        self.callers = Callers()
        self._moto = MotoApp()
        self._keeper = Keeper(self.journal)
        self.door = FrontDoor(self.callers, self._moto, self._keeper)
        self.permissions = Permissions(
            RoleGrants(lambda: "iam" in self.door.used), self.callers.caller(), self.door.look_up
        )
        self.door.authorize = self.permissions.authorize
        self.door.answered = self.permissions.answered
        self.meter = Meter()
        self.function_logs = FunctionLogs()
        self.functions = LambdaHost(
            self.callers, self._base_environment, self.meter, self.function_logs
        )
        self.parameters = ParameterStore()
        self.workloads: dict[tuple[str, str], Workload] = {}
        self._interpreter = InterpreterClients(self._interpreter_client)
        self._clients: dict[tuple[str, ...], Any] = {}
        self._clients_lock = threading.Lock()
        self._closings = ExitStack()
        services = (
            Coverage(),
            Sts(self.callers, self.permissions.grants),
            PolicyDocuments(),
            LambdaApi(self.functions, self.token),
            self.parameters,
            self._interpreter,
        )
        for service in services:
            self.door.register(service)

    def __enter__(self) -> Self:
        self._server.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stops listening and forgets everything but the journal."""
        with ExitStack() as last_first:
            last_first.callback(self.journal.close)
            last_first.callback(self._moto.close)
            last_first.callback(self._interpreter.uninstall)
            last_first.callback(self.door.close)
            last_first.callback(self._closings.close)
            last_first.callback(self._server.close)
            last_first.callback(self.door.holds.release_all)

    @property
    def port(self) -> int:
        """The port that listens."""
        return self._server.port

    @property
    def endpoint(self) -> str:
        """The URL for ``AWS_ENDPOINT_URL``."""
        return f"http://{HOST}:{self.port}"

    def warm(self) -> None:
        """Imports moto now, where the first request would have to wait for it."""
        self._moto.load()

    def register(self, service: Service) -> None:
        """Puts a service of ours before moto."""
        self.door.register(service)

    def on_close(self, closing: Callable[[], None]) -> None:
        """Calls ``closing`` while the door still answers calls from inside the process."""
        self._closings.callback(closing)

    def hold(self, names: Iterable[str]) -> Release:
        """Lets requests of these services wait until the result is called.

        Args:
            names: signing names, such as ``states``; or ``service:Operation``.
        """
        return self.door.holds.hold(names)

    def keep_tables(self, names: Iterable[str]) -> None:
        """Keeps these DynamoDB tables in the journal; what it kept earlier is put back."""
        self._keeper.keep_tables(names)
        self.door.restore()

    def environment(self, role: str = "", region: str = settings.DEFAULT_REGION) -> dict[str, str]:
        """The variables with which an unchanged boto3 client reaches this port.

        Args:
            role: whose credentials; empty for the person at the laptop.
            region: of the client.
        """
        keys = {"AWS_ACCESS_KEY_ID": LAPTOP_KEY, "AWS_SECRET_ACCESS_KEY": LAPTOP_KEY}
        if role:
            keys = self.callers.register(role).environment()
        # Version 1 of the aws CLI reads the second name only.
        regions = {"AWS_REGION": region, "AWS_DEFAULT_REGION": region}
        return {**self._base_environment(), **keys, **regions}

    def client(
        self, name: str, caller: Caller | None = None, via: str = "", *, region: str = ""
    ) -> Any:
        """A boto3 client that enters the front door without a socket.

        Args:
            name: boto3's name of the service, such as ``"s3"``.
            caller: on whose behalf it calls; None for the person at the laptop.
            via: the service that acts for the caller, such as ``athena``.
            region: where; that of the caller, else the default region.
        """
        role = caller.role if caller else ""
        where = region or (caller.region if caller else "") or settings.DEFAULT_REGION
        return self._client(name, where, role, via, validate=True)

    def _client(self, name: str, region: str, role: str, via: str, *, validate: bool) -> Any:
        wanted = (name, region, role, via, str(validate))
        with self._clients_lock:
            if wanted not in self._clients:
                self._clients[wanted] = clients.in_process(
                    name, self._transport(via), self.environment(role, region), validate=validate
                )
            return self._clients[wanted]

    def _interpreter_client(self, service: str, region: str, role: str) -> Any:
        # The interpreter sends what the definition says; the service is to judge it, as on AWS.
        return self._client(service, region, role, "states", validate=False)

    def _transport(self, via: str) -> clients.Transport:
        def carry(method: str, url: str, headers: Mapping[str, str], body: bytes) -> Any:
            parts = urlsplit(url)
            response = self.door.handle(
                Request(
                    method=method,
                    path=parts.path or "/",
                    query=parts.query,
                    headers={"host": parts.netloc, **headers},
                    body=body,
                    caller=self.callers.identify(headers, parts.query),
                    via=via,
                )
            )
            return response.status, response.headers, response.pieces()

        return carry

    def _receive(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Any:
        return self.door.receive(method, target, headers, body)

    def _base_environment(self) -> dict[str, str]:
        return {"AWS_ENDPOINT_URL": self.endpoint}

"""The calls that a running state machine makes, brought back through our front door.

moto's interpreter makes boto3 clients for ``http://localhost:$MOTO_PORT`` with keys of nobody.
Instead it gets clients of this process that call as the state machine's role: no socket, no
variable of the environment, and each call is seen as that role's.
"""

import sys
import threading
from collections.abc import Callable
from typing import Any

from datalfred.local.aws.message import Request, Response

Make = Callable[[str, str, str], Any]
"""Makes a client: boto3's service name, region, role."""

_INTERPRETER = "moto.stepfunctions.parser"
_MAKER = "boto_client_for"


class InterpreterClients:
    """Replaces the interpreter's maker of clients before the first state machine runs."""

    def __init__(self, make: Make) -> None:
        self._make = make
        self._lock = threading.Lock()
        self._clients: dict[tuple[str, str, str], Any] = {}
        self._replaced: Any = None

    def handle(self, request: Request) -> Response | None:
        """Sees to it that the interpreter has our clients; answers nothing."""
        if request.caller.service == "states" and self._replaced is None:
            self.install()
        return None

    def install(self) -> None:
        """Replaces the maker in its own module and wherever it was imported already."""
        with self._lock:
            if self._replaced is None:
                from moto.stepfunctions.parser.asl.utils import boto_client

                self._replaced = boto_client.boto_client_for
                _replace(self._replaced, self._client_for)

    def uninstall(self) -> None:
        """Gives the interpreter its own maker back."""
        with self._lock:
            if self._replaced is not None:
                _replace(self._client_for, self._replaced)
                self._replaced = None

    def _client_for(self, region: str, service: str, state_credentials: Any = None) -> Any:
        role = getattr(state_credentials, "role_arn", "").rpartition("/")[2]
        wanted = (service, region, role)
        with self._lock:
            if wanted not in self._clients:
                self._clients[wanted] = self._make(*wanted)
            return self._clients[wanted]


def _replace(old: Any, new: Any) -> None:
    for name, module in list(sys.modules.items()):
        if name.startswith(_INTERPRETER) and getattr(module, _MAKER, None) == old:
            setattr(module, _MAKER, new)

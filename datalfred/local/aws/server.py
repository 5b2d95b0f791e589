"""The server of the embedded AWS: one loopback port, HTTP/1.1 and cleartext HTTP/2, a thread each.

h11 and h2 keep the protocols' rules and never touch a socket; this module owns sockets and threads.
"""

import contextlib
import errno
import logging
import selectors
import socket
import threading
import time

from datalfred.errors import LocalStackError
from datalfred.local.aws.exchange import Receive
from datalfred.local.aws.server_http1 import Http1Connection

logger = logging.getLogger(__name__)

HOST = "127.0.0.1"

_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_BACKLOG = 128
_CLOSING_SECONDS = 2.0


class Server:
    """Listens from the moment it exists; answers between :meth:`start` and :meth:`close`.

    Attributes:
        port: the one that is bound.
    """

    def __init__(self, receive: Receive, port: int = 0) -> None:
        """Binds the port.

        Args:
            receive: answers a request; called in a thread of the request's own.
            port: 0 for any free one.

        Raises:
            LocalStackError: another program listens on the port.
        """
        self._receive = receive
        self._listener = _listen(port)
        self.port: int = self._listener.getsockname()[1]
        self._wake, self._waker = socket.socketpair()
        self._lock = threading.Lock()
        self._connections: dict[socket.socket, threading.Thread] = {}
        self._closing = False
        self._acceptor = threading.Thread(target=self._accept, name="server", daemon=True)

    def start(self) -> None:
        """Begins to accept connections."""
        self._acceptor.start()

    def close(self) -> None:
        """Stops listening, lets running answers end for two seconds, then cuts them."""
        if self._closing:
            return
        self._closing = True
        self._waker.sendall(b"!")
        if self._acceptor.is_alive():
            self._acceptor.join()
        for one in (self._listener, self._wake, self._waker):
            one.close()
        self._drain()

    def _drain(self) -> None:
        with self._lock:
            left = dict(self._connections)
        deadline = time.monotonic() + _CLOSING_SECONDS
        for sock in left:
            _shut(sock, socket.SHUT_RD)
        for thread in left.values():
            thread.join(max(0.0, deadline - time.monotonic()))
        for sock, thread in left.items():
            _shut(sock, socket.SHUT_RDWR)
            thread.join(0.1)
            sock.close()

    def _accept(self) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(self._listener, selectors.EVENT_READ)
            selector.register(self._wake, selectors.EVENT_READ)
            while not self._closing:
                for key, _ in selector.select():
                    if key.fileobj is self._listener:
                        self._welcome()

    def _welcome(self) -> None:
        try:
            sock, _ = self._listener.accept()
        except OSError as problem:
            # The client left at once, or no file descriptor is free: the next one may be luckier.
            logger.warning("problem=<%s> | a connection was not accepted", problem)
            threading.Event().wait(0.05)
            return
        sock.setblocking(True)  # noqa: FBT003 -- the standard library takes it by position
        # Without it each small piece of a stream waits 40 ms for the client's acknowledgement.
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        thread = threading.Thread(target=self._serve, args=(sock,), name="connection", daemon=True)
        with self._lock:
            self._connections[sock] = thread
        try:
            thread.start()
        except (
            RuntimeError
        ) as problem:  # the system gives no more threads: one who leaves frees one
            logger.warning("problem=<%s> | a connection was not accepted", problem)
            with self._lock:
                self._connections.pop(sock, None)
            sock.close()

    def _serve(self, sock: socket.socket) -> None:
        try:
            with contextlib.suppress(OSError):  # the client left, or close() cut the connection
                self._converse(sock)
        except Exception as problem:
            kind = type(problem).__name__
            logger.error("problem=<%s> | a connection broke off", kind)  # noqa: TRY400 -- one line
            logger.debug("where a connection broke off", exc_info=True)
        finally:
            sock.close()
            with self._lock:
                self._connections.pop(sock, None)

    def _converse(self, sock: socket.socket) -> None:
        first = sock.recv(65536)
        while first and len(first) < len(_PREFACE) and _PREFACE.startswith(first):
            more = sock.recv(65536)
            if not more:
                break
            first += more
        if first.startswith(_PREFACE):
            from datalfred.local.aws.server_http2 import Http2Connection

            Http2Connection(sock, self._receive).run(first)
        elif first:
            Http1Connection(sock, self._receive).run(first)


def _listen(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((HOST, port))
        listener.listen(_BACKLOG)
        listener.setblocking(False)  # noqa: FBT003 -- the standard library takes it by position
    except OSError as problem:
        listener.close()
        raise _cannot_listen(port, problem) from problem
    return listener


def _cannot_listen(port: int, problem: OSError) -> LocalStackError:
    if problem.errno == errno.EADDRINUSE:
        return LocalStackError(
            f"Port {port} of {HOST} is in use by another program.",
            hint="Choose another one with --port, or --port 0 for any free one.",
        )
    return LocalStackError(
        f"Port {port} of {HOST} cannot be opened: {problem.strerror}.",
        hint="Choose another one with --port, or --port 0 for any free one.",
    )


def _shut(sock: socket.socket, how: int) -> None:
    with contextlib.suppress(OSError):  # it may be closed already
        sock.shutdown(how)

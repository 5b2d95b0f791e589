"""One connection that speaks HTTP/1.1, on h11."""

import socket

import h11

from datalfred.bedrock.listener import listening
from datalfred.local.aws import exchange
from datalfred.local.aws.message import Response

_MAX_HEAD = 64 * 1024
_READ = 64 * 1024
_LINGER_SECONDS = 1.0


class Http1Connection:
    """Serves one request after the other until either side is done."""

    def __init__(self, sock: socket.socket, receive: exchange.Receive) -> None:
        self._sock = sock
        self._receive = receive
        self._machine = h11.Connection(h11.SERVER, max_incomplete_event_size=_MAX_HEAD)

    def run(self, first: bytes) -> None:
        """Serves the connection, whose first bytes were read already."""
        self._machine.receive_data(first)
        while self._serve_one():
            self._machine.start_next_cycle()

    def _serve_one(self) -> bool:
        """Serves one request; whether another may follow."""
        try:
            request = self._next_head()
            if request is None:
                return False
            headers = exchange.join_headers(
                [
                    (name.decode("latin-1"), value.decode("latin-1"))
                    for name, value in request.headers
                ]
            )
            method, target = request.method.decode("ascii"), request.target.decode("latin-1")
            refused = exchange.refusal(target, headers)
            if refused is not None:
                return self._refuse(refused)
            # Also before an empty body: boto3 misreads a final answer that comes instead (RFC 9110,
            # 10.1.1 lets a server send both).
            if headers.get("expect", "").lower() == "100-continue":
                self._send(h11.InformationalResponse(status_code=100, headers=[]))
            body = self._read_body()
        except h11.RemoteProtocolError as problem:
            return self._refuse(exchange.plain(problem.error_status_hint, f"{problem}"))
        except exchange.BodyTooLargeError:
            return self._refuse(exchange.too_large())
        headers.pop("transfer-encoding", None)
        self._respond(method, self._receive(method, target, headers, body))
        return self._machine.our_state is h11.DONE and self._machine.their_state is h11.DONE

    def _next_head(self) -> h11.Request | None:
        while True:
            event = self._machine.next_event()
            if event is h11.NEED_DATA:
                self._machine.receive_data(self._sock.recv(_READ))
            elif isinstance(event, h11.Request):
                return event
            else:
                return None

    def _read_body(self) -> bytes:
        body = bytearray()
        while True:
            event = self._machine.next_event()
            if event is h11.NEED_DATA:
                self._machine.receive_data(self._sock.recv(_READ))
            elif isinstance(event, h11.Data):
                body += event.data
                if len(body) > exchange.MAX_BODY:
                    raise exchange.BodyTooLargeError
            else:
                return bytes(body)

    def _respond(self, method: str, response: Response, *, last: bool = False) -> None:
        headers = exchange.header_items(response)
        if last:
            headers.append(("connection", "close"))
        silent = method == "HEAD" or response.status in exchange.NO_BODY_STATUSES
        if isinstance(response.body, bytes) and not silent:
            headers = [item for item in headers if item[0] != "content-length"]
            headers.append(("content-length", str(len(response.body))))
        head = h11.Response(
            status_code=response.status,
            headers=[
                (name.encode("ascii"), value.encode("latin-1", "replace"))
                for name, value in headers
            ],
        )
        try:
            if isinstance(response.body, bytes):
                body = b"" if silent else response.body
                self._send(head, h11.Data(data=body), h11.EndOfMessage())
            else:
                self._send(head)
                self._stream(response, silent=silent)
        finally:
            exchange.close_body(response)

    def _stream(self, response: Response, *, silent: bool) -> None:
        if not silent:
            with listening(self._client_listens):
                for piece in response.pieces():
                    self._send(h11.Data(data=piece))
        self._send(h11.EndOfMessage())

    def _client_listens(self) -> bool:
        """Whether the client has not closed its side; it does so when it leaves an answer."""
        try:
            return self._sock.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) != b""
        except BlockingIOError:
            return True
        except OSError:
            return False

    def _send(self, *events: h11.Event) -> None:
        data = b"".join(self._machine.send(event) or b"" for event in events)
        if data:
            self._sock.sendall(data)

    def _refuse(self, response: Response) -> bool:
        """Answers, then closes: what else the client sends has no known meaning."""
        if self._machine.our_state in {h11.IDLE, h11.SEND_RESPONSE}:
            self._respond("POST", response, last=True)
            self._linger()
        return False

    def _linger(self) -> None:
        """Reads on for a while: closing on unread bytes would reset the answer away."""
        self._sock.shutdown(socket.SHUT_WR)
        self._sock.settimeout(_LINGER_SECONDS)
        left = exchange.MAX_BODY
        while left > 0:
            data = self._sock.recv(_READ)
            if not data:
                return
            left -= len(data)

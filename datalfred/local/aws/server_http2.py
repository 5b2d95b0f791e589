"""One connection that speaks cleartext HTTP/2 by prior knowledge, on h2.

The JavaScript SDK opens both bedrock runtimes this way. Three kinds of thread serve a connection:
this one reads frames, one sends what is due, and one per stream answers a request. Only the state
machine is shared, under one lock that nobody holds while the network makes them wait: so a client
that writes before it reads cannot bring both sides to a stop.
"""

import logging
import socket
import threading
from dataclasses import dataclass, field

import h2.config
import h2.connection
import h2.errors
import h2.events
import h2.exceptions
import h2.settings
import hyperframe.frame

from datalfred.local.aws import exchange
from datalfred.local.aws.message import Response

logger = logging.getLogger(__name__)

_READ = 64 * 1024
_STREAM_WINDOW = 1 << 20
_CONNECTION_WINDOW = 1 << 24
_STREAMS = 128
_MOST_ANSWERS = 2 * _STREAMS
"""At once on one connection: a client that resets its streams may open others meanwhile."""


class _StreamGoneError(Exception):
    """The client closed the stream, or the connection."""


@dataclass
class _Stream:
    headers: list[tuple[str, str]]
    body: bytearray = field(default_factory=bytearray)
    answered: bool = False


class _Machine(h2.connection.H2Connection):
    """A GOAWAY without error forbids new streams and ends none (RFC 9113, section 6.8).

    The JavaScript SDK sends one after each response head; h2 would close the connection and drop
    what waits to be sent (python-hyper/h2#1181).
    """

    def _receive_goaway_frame(
        self, frame: hyperframe.frame.GoAwayFrame
    ) -> tuple[list[hyperframe.frame.Frame], list[h2.events.Event]]:
        if frame.error_code == h2.errors.ErrorCodes.NO_ERROR:
            return [], []
        return super()._receive_goaway_frame(frame)


class Http2Connection:
    """Serves the streams of one connection until either side ends it."""

    def __init__(self, sock: socket.socket, receive: exchange.Receive) -> None:
        self._sock = sock
        self._receive = receive
        self._machine = _Machine(h2.config.H2Configuration(client_side=False, header_encoding=None))
        self._changed = threading.Condition()
        self._streams: dict[int, _Stream] = {}
        self._over = False
        self._answering = 0

    def run(self, first: bytes) -> None:
        """Serves the connection, whose first bytes were read already."""
        with self._changed:
            self._machine.initiate_connection()
            self._machine.update_settings(
                {
                    h2.settings.SettingCodes.INITIAL_WINDOW_SIZE: _STREAM_WINDOW,
                    h2.settings.SettingCodes.MAX_CONCURRENT_STREAMS: _STREAMS,
                }
            )
            self._machine.increment_flow_control_window(_CONNECTION_WINDOW - 65535)
        sender = threading.Thread(target=self._send_what_is_due, name="http2-sender", daemon=True)
        sender.start()
        try:
            data = first
            while data and not self._over:
                self._take(data)
                data = self._sock.recv(_READ)
        except h2.exceptions.ProtocolError as problem:
            logger.debug("problem=<%s> | an HTTP/2 client broke the protocol", problem)
        finally:
            self._end()
            sender.join()

    def _end(self) -> None:
        with self._changed:
            self._over = True
            self._changed.notify_all()

    def _send_what_is_due(self) -> None:
        """The only thread that writes: frames leave in the order in which they were made."""
        try:
            while True:
                with self._changed:
                    while not (data := self._machine.data_to_send()) and not self._over:
                        self._changed.wait()
                if not data:
                    return
                self._sock.sendall(data)
        except OSError:
            self._end()

    def _take(self, data: bytes) -> None:
        with self._changed:
            for event in self._machine.receive_data(data):
                self._on(event)
            self._changed.notify_all()

    def _on(self, event: h2.events.Event) -> None:
        if isinstance(event, h2.events.RequestReceived):
            self._streams[event.stream_id] = _Stream(_decoded(event.headers))
        elif isinstance(event, h2.events.DataReceived):
            self._on_data(event)
        elif isinstance(event, h2.events.StreamEnded):
            self._on_request(event.stream_id)
        elif isinstance(event, h2.events.StreamReset):
            self._streams.pop(event.stream_id, None)
        elif isinstance(event, h2.events.ConnectionTerminated):
            self._over = True

    def _on_data(self, event: h2.events.DataReceived) -> None:
        stream = self._streams.get(event.stream_id)
        if stream is not None and not stream.answered:
            stream.body += event.data
            if len(stream.body) > exchange.MAX_BODY:
                stream.body.clear()
                self._answer_in_thread(event.stream_id, exchange.too_large())
        self._machine.acknowledge_received_data(event.flow_controlled_length, event.stream_id)

    def _on_request(self, stream_id: int) -> None:
        stream = self._streams.get(stream_id)
        if stream is not None and not stream.answered:
            self._answer_in_thread(stream_id, None)

    def _answer_in_thread(self, stream_id: int, refused: Response | None) -> None:
        if self._over:
            return
        if self._answering >= _MOST_ANSWERS:
            # It opens and resets streams faster than they are answered (CVE-2023-44487).
            self._machine.close_connection(h2.errors.ErrorCodes.ENHANCE_YOUR_CALM)
            self._over = True
            return
        stream = self._streams[stream_id]
        stream.answered = True
        self._answering += 1
        threading.Thread(
            target=self._answer,
            args=(stream_id, stream, refused),
            name=f"http2-stream-{stream_id}",
            daemon=True,
        ).start()

    def _answer(self, stream_id: int, stream: _Stream, refused: Response | None) -> None:
        response = refused or self._response_to(stream)
        try:
            self._send_response(stream_id, dict(stream.headers).get(":method", ""), response)
        except (_StreamGoneError, h2.exceptions.ProtocolError):
            logger.debug("stream=<%s> | the client left before the answer's end", stream_id)
        except Exception as problem:
            kind = type(problem).__name__
            logger.error("problem=<%s> | an answer broke off", kind)  # noqa: TRY400 -- one line
            logger.debug("where an answer broke off", exc_info=True)
            self._reset(stream_id)
        finally:
            exchange.close_body(response)
            with self._changed:
                self._answering -= 1
                self._streams.pop(stream_id, None)

    def _response_to(self, stream: _Stream) -> Response:
        pseudo = {name: value for name, value in stream.headers if name.startswith(":")}
        headers = exchange.join_headers(
            [(name, value) for name, value in stream.headers if not name.startswith(":")]
        )
        headers["host"] = pseudo.get(":authority") or headers.get("host", "")
        target = pseudo.get(":path", "")
        refused = exchange.refusal(target, headers)
        if refused is not None:
            return refused
        return self._receive(pseudo.get(":method", ""), target, headers, bytes(stream.body))

    def _send_response(self, stream_id: int, method: str, response: Response) -> None:
        headers = [(":status", str(response.status)), *exchange.header_items(response)]
        silent = method == "HEAD" or response.status in exchange.NO_BODY_STATUSES
        self._send_headers(stream_id, headers)
        if not silent:
            for piece in response.pieces():
                self._send_piece(stream_id, piece)
        with self._changed:
            self._check_alive(stream_id)
            self._machine.end_stream(stream_id)
            self._changed.notify_all()

    def _send_headers(self, stream_id: int, headers: list[tuple[str, str]]) -> None:
        with self._changed:
            self._check_alive(stream_id)
            self._machine.send_headers(
                stream_id,
                [(name, value.encode("latin-1", "replace")) for name, value in headers],
            )
            self._changed.notify_all()

    def _send_piece(self, stream_id: int, piece: bytes) -> None:
        rest = memoryview(piece)
        while rest:
            with self._changed:
                size = self._wait_for_window(stream_id, len(rest))
                self._machine.send_data(stream_id, bytes(rest[:size]))
                self._changed.notify_all()
            rest = rest[size:]

    def _wait_for_window(self, stream_id: int, wanted: int) -> int:
        """Waits until the client takes more bytes of the stream; how many it takes now."""
        while True:
            self._check_alive(stream_id)
            size = min(
                wanted,
                self._machine.local_flow_control_window(stream_id),
                self._machine.max_outbound_frame_size,
            )
            if size > 0:
                return size
            self._changed.wait()

    def _check_alive(self, stream_id: int) -> None:
        if self._over or stream_id not in self._streams:
            raise _StreamGoneError

    def _reset(self, stream_id: int) -> None:
        with self._changed:
            if not self._over and stream_id in self._streams:
                self._machine.reset_stream(stream_id, h2.errors.ErrorCodes.INTERNAL_ERROR)
                self._changed.notify_all()


def _decoded(headers: object) -> list[tuple[str, str]]:
    """Header names and values as text; HTTP knows bytes alone."""
    return [(name.decode("latin-1"), value.decode("latin-1")) for name, value in headers]  # type: ignore[attr-defined]  # h2 types them as optional

"""HTTP/2 by prior knowledge, spoken frame by frame as the JavaScript SDK speaks it."""

import json
import socket
import threading
from contextlib import contextmanager

import h2.config
import h2.connection
import h2.errors
import h2.events
import h2.settings
import pytest

from datalfred.local.aws import exchange, server_http2
from datalfred.local.aws.message import Response
from datalfred.local.aws.server import Server

BIG = b"0123456789" * 50_000


class Answers:
    """Answers by path; streams wait until the test lets them go on."""

    def __init__(self):
        self.more = threading.Event()
        self.closed = threading.Event()
        self.started = threading.Event()

    def __call__(self, method, target, headers, body):
        if target == "/held":
            self.more.wait(10)
        if target == "/stream":
            return Response(200, {"content-type": "text/plain"}, self.stream())
        if target == "/endless":
            return Response(200, {}, self.endless())
        if target == "/broken":
            return Response(200, {}, self.broken())
        if target == "/big":
            return Response(200, {"connection": "close"}, BIG)
        if target == "/empty":
            return Response(204)
        said = {"method": method, "target": target, "headers": headers, "size": len(body)}
        return Response(200, {"Content-Type": "application/json"}, json.dumps(said).encode())

    def stream(self):
        yield b"one "
        self.more.wait(10)
        yield b"two"

    def endless(self):
        try:
            while True:
                self.started.set()
                yield b"more " * 4000
        finally:
            self.closed.set()

    def broken(self):
        yield b"one"
        raise ValueError("a piece cannot be made")


class Client:
    """One connection; remembers what came on each stream."""

    def __init__(self, sock):
        self.sock = sock
        self.machine = h2.connection.H2Connection(
            h2.config.H2Configuration(client_side=True, header_encoding="latin-1")
        )
        self.headers, self.data, self.ended, self.resets = {}, {}, set(), {}
        self.goaways = []
        self.machine.initiate_connection()
        self.flush()

    def flush(self):
        self.sock.sendall(self.machine.data_to_send())

    def request(self, path, body=None, method="POST", authority="localhost", extra=()):
        stream = self.machine.get_next_available_stream_id()
        head = [(":method", method), (":path", path), (":scheme", "http")]
        head += [(":authority", authority), *extra]
        self.machine.send_headers(stream, head, end_stream=body is None)
        self.flush()
        if body is not None:
            self.send_body(stream, body)
        return stream

    def send_body(self, stream, body):
        while body:
            size = min(
                len(body),
                self.machine.local_flow_control_window(stream),
                self.machine.max_outbound_frame_size,
            )
            if size <= 0:
                self.read()
                continue
            self.machine.send_data(stream, body[:size])
            body = body[size:]
            self.flush()
        self.machine.end_stream(stream)
        self.flush()

    def read(self):
        data = self.sock.recv(65536)
        if not data:
            raise EOFError
        for event in self.machine.receive_data(data):
            if isinstance(event, h2.events.ResponseReceived):
                self.headers[event.stream_id] = dict(event.headers)
            elif isinstance(event, h2.events.DataReceived):
                self.data[event.stream_id] = self.data.get(event.stream_id, b"") + event.data
                self.machine.acknowledge_received_data(
                    event.flow_controlled_length, event.stream_id
                )
            elif isinstance(event, h2.events.StreamEnded):
                self.ended.add(event.stream_id)
            elif isinstance(event, h2.events.StreamReset):
                self.resets[event.stream_id] = event.error_code
            elif isinstance(event, h2.events.ConnectionTerminated):
                self.goaways.append(event.error_code)
        self.flush()

    def answer(self, stream):
        while stream not in self.ended and stream not in self.resets:
            self.read()
        return int(self.headers[stream][":status"]), self.data.get(stream, b"")


@pytest.fixture
def answers():
    return Answers()


@pytest.fixture
def server(answers):
    running = Server(answers)
    running.start()
    yield running
    answers.more.set()
    running.close()


@contextmanager
def connected(server):
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as sock:
        yield Client(sock)


def test_a_request_is_answered_with_its_headers(server):
    with connected(server) as client:
        stream = client.request("/a?b=c", b"hello", extra=[("x-a", "1"), ("x-a", "2")])
        status, body = client.answer(stream)

        said = json.loads(body)
        assert status == 200
        assert (said["method"], said["target"], said["size"]) == ("POST", "/a?b=c", 5)
        assert said["headers"]["host"] == "localhost"
        assert said["headers"]["x-a"] == "1, 2"
        assert client.headers[stream]["content-type"] == "application/json"


def test_the_preface_may_come_in_pieces(server):
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as sock:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.sendall(b"PRI * HTT")
        threading.Event().wait(0.02)
        machine = h2.connection.H2Connection()
        machine.initiate_connection()
        sock.sendall(machine.data_to_send()[9:])

        assert sock.recv(9)[3] == 4  # a SETTINGS frame


def test_a_client_that_leaves_in_its_preface_harms_nobody(server):
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as sock:
        sock.sendall(b"PRI * HTT")
    with connected(server) as client:
        assert client.answer(client.request("/"))[0] == 200


def test_streams_of_one_connection_are_answered_side_by_side(server, answers):
    with connected(server) as client:
        slow = client.request("/stream")
        quick = client.request("/quick")

        assert client.answer(quick)[0] == 200
        assert slow not in client.ended
        answers.more.set()
        assert client.answer(slow) == (200, b"one two")


def test_a_big_body_waits_for_the_window_of_the_client(server):
    with connected(server) as client:
        stream = client.request("/big", method="GET")

        assert client.answer(stream) == (200, BIG)
        assert "connection" not in client.headers[stream]


def test_a_big_upload_is_taken(server):
    with connected(server) as client:
        status, body = client.answer(client.request("/", b"x" * 3_000_000))

        assert status == 200
        assert json.loads(body)["size"] == 3_000_000


def test_a_client_that_writes_before_it_reads_is_served(server):
    with connected(server) as client:
        client.machine.update_settings({h2.settings.SettingCodes.INITIAL_WINDOW_SIZE: 2**30})
        client.machine.increment_flow_control_window(2**30)
        streams = [client.request("/big", method="GET") for _ in range(20)]
        upload = client.request("/", b"x" * 2_000_000)

        assert client.answer(upload)[0] == 200
        assert {client.answer(stream) for stream in streams} == {(200, BIG)}


def test_a_goaway_without_error_ends_no_stream(server, answers):
    with connected(server) as client:
        stream = client.request("/stream")
        while stream not in client.data:
            client.read()
        client.sock.sendall(b"\0\0\x08\x07\0\0\0\0\0" + b"\0" * 8)  # what the JavaScript SDK sends
        answers.more.set()

        assert client.answer(stream) == (200, b"one two")


def test_a_goaway_with_an_error_ends_the_connection(server, answers):
    with connected(server) as client:
        client.request("/endless")
        assert answers.started.wait(10)
        client.machine.close_connection(h2.errors.ErrorCodes.PROTOCOL_ERROR)
        client.flush()

        assert answers.closed.wait(10)


def test_a_reset_closes_the_stream_that_nobody_reads(server, answers):
    with connected(server) as client:
        stream = client.request("/endless")
        assert answers.started.wait(10)
        client.machine.reset_stream(stream)
        client.flush()

        assert answers.closed.wait(10)
        assert client.answer(client.request("/after"))[0] == 200


def test_a_client_that_resets_its_streams_and_opens_others_is_told_to_calm_down(
    server, answers, monkeypatch
):
    monkeypatch.setattr(server_http2, "_MOST_ANSWERS", 3)
    with connected(server) as client:
        for _ in range(5):  # in one piece: the client learns of its end only when it reads
            stream = client.machine.get_next_available_stream_id()
            head = [(":method", "GET"), (":path", "/held"), (":scheme", "http")]
            client.machine.send_headers(
                stream, [*head, (":authority", "localhost")], end_stream=True
            )
            client.machine.reset_stream(stream)
        client.flush()
        while not client.goaways:
            client.read()
        assert client.goaways == [h2.errors.ErrorCodes.ENHANCE_YOUR_CALM]
    answers.more.set()

    with connected(server) as client:
        assert client.answer(client.request("/next"))


def test_a_client_that_leaves_closes_its_streams(server, answers):
    with connected(server) as client:
        client.request("/endless")
        assert answers.started.wait(10)

    assert answers.closed.wait(10)


def test_an_answer_that_breaks_off_resets_its_stream_alone(server):
    with connected(server) as client:
        broken = client.request("/broken")
        client.answer(broken)

        assert client.resets == {broken: h2.errors.ErrorCodes.INTERNAL_ERROR}
        assert client.answer(client.request("/after"))[0] == 200


@pytest.mark.parametrize("path", ["/", "/stream"])
def test_head_has_no_body(server, answers, path):
    answers.more.set()
    with connected(server) as client:
        assert client.answer(client.request(path, method="HEAD")) == (200, b"")


def test_no_content_has_no_body(server):
    with connected(server) as client:
        assert client.answer(client.request("/empty")) == (204, b"")


@pytest.mark.parametrize(
    ("authority", "extra", "status"),
    [
        ("evil.org", (), 403),
        ("localhost", [("origin", "https://evil.org")], 403),
    ],
)
def test_what_http_1_refuses_is_refused(server, authority, extra, status):
    with connected(server) as client:
        stream = client.request("/", authority=authority, extra=extra, method="GET")
        assert client.answer(stream)[0] == status


def test_a_body_that_grows_too_large_is_refused(server, monkeypatch):
    monkeypatch.setattr(exchange, "MAX_BODY", 1000)
    with connected(server) as client:
        stream = client.request("/", b"x" * 40_000)

        assert client.answer(stream)[0] == 413
        assert client.answer(client.request("/after"))[0] == 200


@pytest.mark.parametrize(
    "junk",
    [
        b"\0\0\x04\x08\0\0\0\0\0" + b"\0" * 4,  # a window update of nothing
        b"\0\0\x05\x01\x04\0\0\0\x01" + b"\xff" * 5,  # headers that no table can decode
        b"\0\0\0\x09\0\0\0\0\x01",  # a continuation of nothing
    ],
    ids=["window", "headers", "continuation"],
)
def test_a_broken_frame_ends_the_connection_and_nothing_else(server, junk):
    with connected(server) as client:
        client.sock.sendall(junk)
        with pytest.raises((EOFError, ConnectionError)):
            client.answer(client.request("/"))
    with connected(server) as client:
        assert client.answer(client.request("/"))[0] == 200


def test_closing_the_server_ends_the_streams(server, answers):
    with connected(server) as client:
        client.request("/endless")
        assert answers.started.wait(10)
        server.close()

        assert answers.closed.wait(10)

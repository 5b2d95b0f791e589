"""The server as sockets see it: both dialects of HTTP, who may talk to it, how it ends."""

import http.client
import json
import socket
import threading
from contextlib import contextmanager

import pytest

from datalfred.errors import LocalStackError
from datalfred.local.aws import exchange
from datalfred.local.aws.message import Response
from datalfred.local.aws.server import Server


class Pieces:
    """A streamed body that nothing but its server closes."""

    def __init__(self):
        self.closed = threading.Event()

    def __iter__(self):
        return iter([b"one"])

    def close(self):
        self.closed.set()


class Echo:
    """Answers with what it was asked; some paths answer in their own way."""

    def __init__(self):
        self.closed = threading.Event()
        self.more = threading.Event()
        self.entered = threading.Event()
        self.pieces = Pieces()

    def __call__(self, method, target, headers, body):
        answer = {
            "/stream": lambda: Response(200, {"content-type": "text/plain"}, self.stream()),
            "/pieces": lambda: Response(200, {}, self.pieces),
            "/broken-stream": lambda: Response(200, {}, self.broken()),
            "/empty": lambda: Response(204),
            "/odd": lambda: Response(200, {"X-Odd": "one\r\ntwo ü", "Connection": "close"}, b"odd"),
            "/slow": self.slow,
        }.get(target)
        if answer is not None:
            return answer()
        said = {"method": method, "target": target, "headers": headers, "size": len(body)}
        return Response(200, {"content-type": "application/json"}, json.dumps(said).encode())

    def slow(self):
        self.entered.set()
        self.more.wait(10)
        return Response(200, {}, b"slow")

    def stream(self):
        try:
            yield b"one "
            self.more.wait(10)
            while True:
                yield b"more " * 2000
        finally:
            self.closed.set()

    def broken(self):
        yield b"one"
        raise ValueError("a piece cannot be made")


@contextmanager
def serving(receive):
    server = Server(receive)
    server.start()
    try:
        yield server
    finally:
        server.close()


@pytest.fixture
def echo():
    return Echo()


@pytest.fixture
def server(echo):
    with serving(echo) as running:
        yield running
        echo.more.set()


@contextmanager
def connected(server):
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as sock:
        yield sock


@contextmanager
def client(server):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    try:
        yield connection
    finally:
        connection.close()


def exchange_raw(server, data):
    """What the server says to ``data``, until it closes."""
    with connected(server) as sock:
        sock.sendall(data)
        answer = b""
        while piece := sock.recv(65536):
            answer += piece
        return answer


def asked(connection, method, target, body=None, headers=None):
    connection.request(method, target, body, headers or {})
    response = connection.getresponse()
    return response, response.read()


def status_of(raw):
    return int(raw.split(b" ", 2)[1])


def test_one_connection_answers_several_requests(server):
    with client(server) as connection:
        for number in range(3):
            response, body = asked(connection, "POST", f"/{number}?a=b", b"x" * number)

            assert response.status == 200
            assert json.loads(body)["target"] == f"/{number}?a=b"
            assert json.loads(body)["size"] == number


def test_pipelined_requests_are_answered_in_order(server):
    one = b"GET /1 HTTP/1.1\r\nHost: localhost\r\n\r\n"
    two = b"GET /2 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"

    answer = exchange_raw(server, one + two)

    assert answer.index(b'"/1"') < answer.index(b'"/2"')


def test_header_names_are_lower_case_and_repeated_ones_joined(server):
    raw = b"GET / HTTP/1.1\r\nHost: localhost\r\nX-A: 1\r\nx-a: 2\r\nConnection: close\r\n\r\n"

    answer = exchange_raw(server, raw)

    assert json.loads(answer.split(b"\r\n\r\n")[1])["headers"]["x-a"] == "1, 2"


def test_a_chunked_body_is_read_whole(server):
    with client(server) as connection:
        _, body = asked(connection, "PUT", "/", iter([b"abc", b"de"]), {"x": "y"})

        said = json.loads(body)
        assert said["size"] == 5
        assert "transfer-encoding" not in said["headers"]


def test_a_client_that_waits_for_100_continue_is_told_to_go_on(server):
    head = b"PUT / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n"
    with connected(server) as sock:
        sock.sendall(head)
        assert sock.recv(100).startswith(b"HTTP/1.1 100 ")
        sock.sendall(b"abc")
        assert b'"size": 3' in sock.recv(65536)


def test_a_client_that_expects_100_continue_is_told_so_before_an_empty_body_too(server):
    head = b"PUT / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\nExpect: 100-continue\r\n\r\n"
    with connected(server) as sock:
        sock.sendall(head)

        assert sock.recv(17) == b"HTTP/1.1 100 \r\n\r\n"
        assert sock.recv(65536).startswith(b"HTTP/1.1 200 ")


def test_head_sends_the_length_and_no_body(server):
    with client(server) as connection:
        response, body = asked(connection, "HEAD", "/")
        again, _ = asked(connection, "HEAD", "/stream")

        assert response.status == 200
        assert body == b""
        assert again.status == 200


def test_no_content_has_no_body(server):
    with client(server) as connection:
        response, body = asked(connection, "GET", "/empty")
        after, _ = asked(connection, "GET", "/")

        assert (response.status, body) == (204, b"")
        assert after.status == 200


def test_a_header_cannot_break_the_response(server):
    with client(server) as connection:
        response, body = asked(connection, "GET", "/odd")

        assert response.headers["x-odd"] == "one  two ü"
        assert body == b"odd"


def test_an_old_client_gets_a_stream_that_ends_with_the_connection(server, echo):
    with connected(server) as sock:
        sock.sendall(b"GET /stream HTTP/1.0\r\nHost: localhost\r\n\r\n")
        data = sock.recv(65536)
        while b"one " not in data:
            data += sock.recv(65536)

        assert b"chunked" not in data


def test_a_piece_leaves_before_the_next_one_is_made(server, echo):
    with client(server) as connection:
        connection.request("GET", "/stream")
        response = connection.getresponse()

        assert response.read(4) == b"one "
        assert not echo.more.is_set()


def test_a_stream_is_closed_when_its_client_leaves(server, echo):
    with client(server) as connection:
        connection.request("GET", "/stream")
        connection.getresponse().close()
        connection.close()
    echo.more.set()

    assert echo.closed.wait(10)


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_stream_is_closed_when_it_was_sent(server, echo, method):
    with client(server) as connection:
        asked(connection, method, "/pieces")

    assert echo.pieces.closed.wait(10)


def test_a_stream_that_breaks_off_ends_the_connection(server, caplog):
    answer = exchange_raw(server, b"GET /broken-stream HTTP/1.1\r\nHost: localhost\r\n\r\n")

    assert answer.endswith(b"one\r\n")
    assert not answer.endswith(b"0\r\n\r\n")


@pytest.mark.parametrize(
    "raw",
    [
        b"nonsense\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost : localhost\r\n\r\n",
        b"CONNECT example.org:443 HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET http://example.org/ HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    ],
)
def test_a_malformed_request_is_answered_with_400(server, raw):
    assert status_of(exchange_raw(server, raw)) == 400


def test_an_endless_head_is_refused(server):
    raw = b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * 100_000

    assert status_of(exchange_raw(server, raw)) == 431


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost:4566", "[::1]:80", "LOCALHOST"])
def test_names_of_this_machine_are_served(server, host):
    with client(server) as connection:
        response, _ = asked(connection, "GET", "/", headers={"Host": host})

        assert response.status == 200


@pytest.mark.parametrize(
    "host",
    ["example.org", "bucket.localhost", "bucket.s3.127.0.0.1", "127.0.0.1.evil.org", "", "["],
)
def test_any_other_name_is_refused(server, host):
    with client(server) as connection:
        response, _ = asked(connection, "GET", "/", headers={"Host": host})

        assert response.status == 403


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("http://localhost:3000", 200),
        ("http://127.0.0.1", 200),
        ("https://evil.org", 403),
        ("http://localhost.evil.org", 403),
        ("http://localhost@evil.org", 403),
        ("null", 403),
        ("http://[", 403),
    ],
)
def test_only_pages_of_this_machine_may_call(server, origin, status):
    with client(server) as connection:
        response, _ = asked(connection, "POST", "/", b"x", {"Origin": origin})

        assert response.status == status


def test_a_body_that_announces_too_much_is_refused_before_it_is_read(server):
    length = exchange.MAX_BODY + 1
    raw = f"PUT / HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\n\r\n".encode()

    assert status_of(exchange_raw(server, raw)) == 413


def test_a_client_that_sends_on_still_reads_why_it_was_refused(server):
    length = exchange.MAX_BODY + 1
    head = f"PUT / HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\n\r\n".encode()
    with connected(server) as sock:
        sock.sendall(head + b"x" * 1_000_000)
        threading.Event().wait(0.05)
        sock.sendall(b"x" * 1_000_000)
        sock.shutdown(socket.SHUT_WR)

        assert sock.recv(12) == b"HTTP/1.1 413"


def test_a_connection_without_a_thread_is_closed_and_the_next_one_is_served(server, monkeypatch):
    start = threading.Thread.start

    def exhausted(thread):
        if thread.name == "connection":
            raise RuntimeError("can't start new thread")
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", exhausted)
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as refused:
        assert refused.recv(1) == b""
    monkeypatch.undo()

    with client(server) as connection:
        assert asked(connection, "GET", "/next")[0].status == 200


def test_small_pieces_do_not_wait_for_the_acknowledgement_of_earlier_ones(server):
    with client(server) as connection:
        asked(connection, "GET", "/")

        (sock,) = server._connections
        assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_a_chunked_body_that_grows_too_large_is_refused(server, monkeypatch):
    monkeypatch.setattr(exchange, "MAX_BODY", 1000)
    with client(server) as connection:
        response, _ = asked(connection, "PUT", "/", iter([b"x" * 600, b"x" * 600]))

        assert response.status == 413
        assert response.headers["connection"] == "close"


def test_thirty_two_clients_are_answered_at_once(server, echo):
    answers = []

    def ask():
        with client(server) as connection:
            response, body = asked(connection, "GET", "/slow")
            answers.append((response.status, body))

    threads = [threading.Thread(target=ask) for _ in range(32)]
    for thread in threads:
        thread.start()
    assert echo.entered.wait(10)
    echo.more.set()
    for thread in threads:
        thread.join(10)

    assert answers == [(200, b"slow")] * 32


def test_closing_lets_a_running_answer_end(echo):
    with serving(echo) as server, client(server) as connection:
        connection.request("GET", "/slow")
        assert echo.entered.wait(10)
        closing = threading.Thread(target=server.close)
        closing.start()
        echo.more.set()

        assert connection.getresponse().read() == b"slow"
        closing.join(10)


def test_closing_ends_idle_connections_and_the_port(server):
    with connected(server) as sock:
        sock.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        sock.recv(65536)
        server.close()

        assert sock.recv(10) == b""
    with pytest.raises(ConnectionRefusedError), connected(server):
        pass


def test_a_server_that_never_started_can_be_closed(echo):
    server = Server(echo)
    port = server.port
    server.close()

    Server(echo, port).close()


def test_a_busy_port_is_named_with_the_way_out(server, echo):
    with pytest.raises(LocalStackError, match=rf"Port {server.port} .* in use") as caught:
        Server(echo, server.port)

    assert "--port 0" in caught.value.hint


def test_a_port_that_may_not_be_opened_is_named(echo, monkeypatch):
    def refuse(*_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(socket.socket, "listen", refuse)

    with pytest.raises(LocalStackError, match=r"Port 0 .*: Permission denied"):
        Server(echo)

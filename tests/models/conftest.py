import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def _respond(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.requests.append(
            {"path": self.path, "headers": dict(self.headers), "body": json.loads(body)}
        )
        status, pieces = self.server.answer
        self.send_response(status)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        try:
            for piece in pieces:
                if isinstance(piece, threading.Event):
                    piece.wait(10)
                else:
                    self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece))
            self.wfile.write(b"0\r\n\r\n")
        except ConnectionError:
            self.server.left.set()

    do_POST = _respond  # noqa: N815 -- http.server finds a method by this name

    def log_message(self, *_args):
        pass


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.requests = []
        self.answer = (200, ())
        self.left = threading.Event()

    @property
    def endpoint(self):
        return f"http://127.0.0.1:{self.server_address[1]}/v1"

    def says(self, *chunks, status=200):
        """Streams these chunks: objects as data lines, bytes as they are."""
        pieces = [
            piece if isinstance(piece, bytes | threading.Event) else _line(piece)
            for piece in chunks
        ]
        self.answer = (status, pieces)

    def handle_error(self, *_args):
        """A client that leaves is no error."""


def _line(value):
    return b"data: " + json.dumps(value).encode() + b"\n\n"


@pytest.fixture
def chat_server():
    """An OpenAI-compatible server that says what it is told to."""
    server = _Server()
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()

"""An OpenAI-compatible server that behaves as badly as a test wants."""

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def says(words):
    """A reply of words."""
    return 200, [_line({"content": words}), b"data: [DONE]\n\n"]


def calls(tool, arguments):
    """A reply that calls a tool; ``arguments`` is sent as it is."""
    function = {"name": tool, "arguments": arguments}
    tool_call = {"index": 0, "id": "c1", "function": function}
    return 200, [_line({"tool_calls": [tool_call]}), b"data: [DONE]\n\n"]


def _line(delta):
    choice = {"index": 0, "delta": delta}
    return b"data: " + json.dumps({"choices": [choice]}).encode() + b"\n\n"


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.heard.append([each.get("content") for each in body["messages"]])
        self.server.asked.set()
        reply = self.server.reply
        status, pieces = reply(body) if callable(reply) else reply
        self.send_response(status)
        self.end_headers()
        for piece in pieces:
            if isinstance(piece, threading.Event):
                piece.wait(60)
            else:
                self.wfile.write(piece)

    def log_message(self, *_args):
        pass


class ChatModel(ThreadingHTTPServer):
    """Give it a ``reply``, or what makes one of a request; ``heard`` is what it was sent."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.reply = says("Yes.")
        self.heard = []
        self.asked = threading.Event()

    @property
    def environment(self):
        return {
            "DATALFRED_MODEL": "openai",
            "DATALFRED_MODEL_NAME": "scripted",
            "DATALFRED_MODEL_ENDPOINT": f"http://127.0.0.1:{self.server_address[1]}/v1",
        }

    def handle_error(self, *_args):
        """A client that leaves is no error."""


@contextmanager
def chat_model():
    server = ChatModel()
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()

"""CloudFormation over loopback: answers DescribeStacks in the query protocol's XML."""

import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

_STACK = """<DescribeStacksResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/">
<DescribeStacksResult><Stacks><member><StackName>{name}</StackName><StackStatus>{status}</StackStatus>
<CreationTime>2026-11-20T08:00:00Z</CreationTime><Outputs>{outputs}</Outputs></member></Stacks>
</DescribeStacksResult></DescribeStacksResponse>"""
_OUTPUT = "<member><OutputKey>{}</OutputKey><OutputValue>{}</OutputValue></member>"
_ERROR = """<ErrorResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/">
<Error><Type>Sender</Type><Code>{}</Code><Message>{}</Message></Error></ErrorResponse>"""


@dataclass
class CloudFormation:
    """Stacks by name; what was asked.

    Attributes:
        stacks: name to outputs by key.
        statuses: name to status, where it is not ``CREATE_COMPLETE``.
        refusal: code and message with which every call is refused.
        asked: region and name of every call, in order.
    """

    stacks: dict = field(default_factory=dict)
    statuses: dict = field(default_factory=dict)
    refusal: tuple[str, str] | None = None
    asked: list = field(default_factory=list)
    endpoint: str = ""

    def answer(self, name):
        if self.refusal:
            return 403, _ERROR.format(*self.refusal)
        if name not in self.stacks:
            return 400, _ERROR.format("ValidationError", f"Stack with id {name} does not exist")
        outputs = "".join(
            _OUTPUT.format(key, escape(value)) for key, value in self.stacks[name].items()
        )
        status = self.statuses.get(name, "CREATE_COMPLETE")
        return 200, _STACK.format(name=name, status=status, outputs=outputs)


@contextmanager
def cloudformation():
    """A CloudFormation that listens."""
    standing_in = CloudFormation()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["content-length"])).decode()
            (name,) = parse_qs(body)["StackName"]
            region = self.headers["authorization"].split("/")[2]
            standing_in.asked.append((region, name))
            status, text = standing_in.answer(name)
            self.send_response(status)
            self.send_header("content-length", str(len(text.encode())))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        standing_in.endpoint = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield standing_in
        finally:
            server.shutdown()
            thread.join()

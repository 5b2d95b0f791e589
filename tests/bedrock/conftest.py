import contextlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import botocore.config
import botocore.session
import pytest

from datalfred.bedrock.wire import WireService

SERVICES = ("bedrock-agent-runtime", "bedrock-agent")


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def _respond(self):
        path, _, query = self.path.partition("?")
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        service = self.server.service
        route = service.route(self.command, path)
        answer = service.answer(route, query, headers, body)
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if isinstance(answer.body, bytes):
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)
            return
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        with contextlib.closing(answer.body) as pieces, contextlib.suppress(ConnectionError):
            for piece in pieces:
                self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece))
            self.wfile.write(b"0\r\n\r\n")

    do_GET = _respond  # noqa: N815 -- http.server finds a method by this name
    do_POST = _respond  # noqa: N815 -- as above

    def log_message(self, *_args):
        pass


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_args):
        """A client that leaves is no error."""


@pytest.fixture
def serve():
    """Serves operations on loopback; gives an endpoint that boto3 can call."""
    servers = []

    def start(operations):
        server = _Server(("127.0.0.1", 0), _Handler)
        server.service = WireService(SERVICES, operations)
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        servers.append((server, thread))
        return f"http://127.0.0.1:{server.server_address[1]}"

    yield start
    for server, thread in servers:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(scope="session")
def botocore_session():
    return botocore.session.get_session()


@pytest.fixture
def client_of(botocore_session):
    """A botocore client of an endpoint, as anybody would make it."""
    made = []

    def make(endpoint, service="bedrock-agent-runtime", **config):
        client = botocore_session.create_client(
            service,
            region_name="eu-west-1",
            endpoint_url=endpoint,
            aws_access_key_id="key",
            aws_secret_access_key="secret",
            config=botocore.config.Config(retries={"total_max_attempts": 1}, **config),
        )
        made.append(client)
        return client

    yield make
    for client in made:
        client.close()

import json
import struct
import threading
import zlib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import botocore.config
import botocore.session
import pytest
from botocore.stub import Stubber

from datalfred.bedrock import eventstream
from datalfred.errors import (
    CorrectableError,
    DatalfredError,
    ModelUnavailableError,
    ThrottledError,
    UnavailableError,
)
from datalfred.models.bedrock import BedrockModel
from datalfred.orchestrator.reply import ToolUse, collect

ASKED = [{"role": "user", "content": [{"text": "How many?"}]}]
PROFILE = "arn:aws:bedrock:eu-west-1:123456789012:application-inference-profile/abc"

# Recorded from Claude on Bedrock's ConverseStream; `p` is its padding, which boto3 passes over.
RECORDED = (
    ("messageStart", {"p": "abcdefgh", "role": "assistant"}),
    ("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": "Let me"}, "p": "ab"}),
    ("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": " look."}, "p": "abc"}),
    ("contentBlockStop", {"contentBlockIndex": 0, "p": "abcdefg"}),
    (
        "contentBlockStart",
        {
            "contentBlockIndex": 1,
            "start": {"toolUse": {"name": "post__glue__list_databases", "toolUseId": "tooluse_1"}},
        },
    ),
    ("contentBlockDelta", {"contentBlockIndex": 1, "delta": {"toolUse": {"input": ""}}}),
    ("contentBlockDelta", {"contentBlockIndex": 1, "delta": {"toolUse": {"input": '{"a": '}}}),
    ("contentBlockDelta", {"contentBlockIndex": 1, "delta": {"toolUse": {"input": "1}"}}}),
    ("contentBlockStop", {"contentBlockIndex": 1}),
    ("messageStop", {"stopReason": "tool_use"}),
    (
        "metadata",
        {
            "metrics": {"latencyMs": 1275},
            "usage": {"inputTokens": 2310, "outputTokens": 91, "totalTokens": 2401},
        },
    ),
)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def _respond(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.requests.append((self.path, json.loads(body)))
        data, end = self.server.answer
        self.send_response(200)
        self.send_header("Content-Type", eventstream.CONTENT_TYPE)
        self.send_header("Transfer-Encoding", "chunked")
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True
        self.wfile.write(b"%x\r\n%b\r\n%b" % (len(data), data, end))

    do_POST = _respond  # noqa: N815 -- http.server finds a method by this name

    def log_message(self, *_args):
        pass


@pytest.fixture(scope="module")
def client_of():
    session = botocore.session.get_session()

    def make(endpoint):
        return session.create_client(
            "bedrock-runtime",
            region_name="eu-west-1",
            endpoint_url=endpoint,
            aws_access_key_id="key",
            aws_secret_access_key="secret",
            config=botocore.config.Config(retries={"total_max_attempts": 1}),
        )

    return make


@pytest.fixture
def played(client_of):
    """A model whose Bedrock plays a recorded stream."""
    servers = []

    def play(*messages, end=b"0\r\n\r\n"):
        server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        server.requests = []
        server.answer = (b"".join(messages), end)
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        client = client_of(f"http://127.0.0.1:{server.server_address[1]}")
        servers.append((server, thread, client))
        return BedrockModel(client, PROFILE, name="anthropic.claude-sonnet-4-6"), server.requests

    yield play
    for server, thread, client in servers:
        client.close()
        server.shutdown()
        thread.join()
        server.server_close()


def recorded(*more):
    return [
        *(eventstream.event(name, json.dumps(value).encode()) for name, value in RECORDED),
        *more,
    ]


def test_a_recorded_stream_passes_through(played):
    model, requests = played(*recorded())
    spec = {"name": "a", "description": "b", "inputSchema": {"json": {"type": "object"}}}

    events = list(
        model.converse_stream(
            messages=ASKED,
            system=[{"text": "Be brief."}],
            tool_config={"tools": [{"toolSpec": spec}]},
        )
    )

    reply = collect(iter(events))
    assert events[-1]["metadata"]["usage"]["totalTokens"] == 2401
    assert reply.text == "Let me look."
    assert reply.tool_uses == [ToolUse("tooluse_1", "post__glue__list_databases", {"a": 1})]
    assert (reply.input_tokens, reply.output_tokens) == (2310, 91)
    ((path, body),) = requests
    assert path.endswith("/converse-stream")
    assert body == {
        "messages": ASKED,
        "system": [{"text": "Be brief."}],
        "toolConfig": {"tools": [{"toolSpec": spec}]},
    }


def test_what_was_not_given_is_not_sent(played):
    model, requests = played(*recorded())

    list(model.converse_stream(messages=ASKED))

    assert requests[0][1] == {"messages": ASKED}


def test_answers_carry_the_models_own_name(played):
    model, _ = played()

    assert model.model_id == "anthropic.claude-sonnet-4-6"
    assert BedrockModel(None, "amazon.nova-pro-v1:0").model_id == "amazon.nova-pro-v1:0"


def test_an_error_amid_the_stream_is_ours(played):
    slower = eventstream.exception("throttlingException", b'{"message": "Too many tokens"}')
    model, _ = played(*recorded(slower))

    with pytest.raises(ThrottledError, match="slower calls"):
        list(model.converse_stream(messages=ASKED))


@pytest.mark.parametrize("end", [b"0\r\n\r\n", b"ff\r\n"], ids=["early", "amid a chunk"])
def test_a_stream_that_breaks_off_is_ours(played, end):
    model, _ = played(*recorded()[:4], end=end)

    with pytest.raises(UnavailableError, match="broke off"):
        list(model.converse_stream(messages=ASKED))


@pytest.mark.parametrize(
    ("code", "status", "error"),
    [
        ("AccessDeniedException", 403, ModelUnavailableError),
        ("ResourceNotFoundException", 404, ModelUnavailableError),
        ("ModelNotReadyException", 429, ModelUnavailableError),
        ("ThrottlingException", 429, ThrottledError),
        ("ServiceQuotaExceededException", 400, ThrottledError),
        ("ServiceUnavailableException", 503, UnavailableError),
        ("ValidationException", 400, CorrectableError),
    ],
)
def test_an_error_of_bedrock_is_ours(client_of, code, status, error):
    client = client_of("http://127.0.0.1:1")
    with Stubber(client) as stubber:
        stubber.add_client_error("converse_stream", code, "It said no.", http_status_code=status)

        with pytest.raises(error) as raised:
            list(BedrockModel(client, "amazon.nova-pro-v1:0").converse_stream(messages=ASKED))

    if error is ModelUnavailableError:
        assert "amazon.nova-pro-v1:0" in raised.value.message
        assert "Enable the model" in raised.value.hint


def test_a_request_that_boto3_refuses_is_ours(client_of):
    client = client_of("http://127.0.0.1:1")

    with pytest.raises(DatalfredError, match="failed to run m"):
        list(BedrockModel(client, "m").converse_stream(messages=[{"role": 1, "content": []}]))


def test_the_recording_is_framed_as_aws_frames_it():
    (message, *_) = recorded()

    total, headers = struct.unpack("!II", message[:8])
    assert total == len(message)
    assert headers < total
    assert struct.unpack("!I", message[-4:])[0] == zlib.crc32(message[:-4])


@pytest.mark.parametrize("code", ["ThrottlingException", "ServiceQuotaExceededException"])
def test_a_quota_is_explained(client_of, code):
    client = client_of("http://127.0.0.1:1")
    with Stubber(client) as stubber:
        stubber.add_client_error("converse_stream", code, "Too many tokens.", http_status_code=429)

        with pytest.raises(ThrottledError) as raised:
            list(BedrockModel(client, "amazon.nova-pro-v1:0").converse_stream(messages=ASKED))

    assert "Service Quotas, Amazon Bedrock" in raised.value.hint

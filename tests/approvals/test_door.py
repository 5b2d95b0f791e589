"""What the approver's door says, as the client's side words it."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace

import pytest

from datalfred.approvals.door import ApprovalsDoor
from datalfred.errors import (
    CorrectableError,
    DatalfredError,
    OperatorError,
    RefusedError,
    UnavailableError,
)


@pytest.fixture
def approver():
    """A server that answers as it is told, and keeps what it was asked."""
    told = SimpleNamespace(status=200, body=b"{}", asked=[])

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["content-length"]))
            told.asked.append((dict(self.headers), body))
            self.send_response(told.status)
            self.send_header("location", "/")
            self.end_headers()
            self.wfile.write(told.body)

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        told.url = f"http://127.0.0.1:{server.server_port}/"
        told.door = ApprovalsDoor(told.url, lambda url, body: {"proof": f"{url} {body.decode()}"})
        yield told
        server.shutdown()
        thread.join()


def said(message, hint=""):
    return json.dumps({"error": {"code": "X", "message": message, "hint": hint}}).encode()


def test_what_is_sent_is_signed_and_answered(approver):
    approver.body = b'{"approvals": []}'

    assert approver.door.send({"action": "list"}) == {"approvals": []}

    ((headers, body),) = approver.asked
    assert json.loads(body) == {"action": "list"}
    assert headers["content-type"] == "application/json"
    assert headers["proof"] == f"{approver.url} {body.decode()}"


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, CorrectableError),
        (403, RefusedError),
        (404, CorrectableError),
        (499, CorrectableError),
        (500, OperatorError),
        (502, OperatorError),
        (503, UnavailableError),
        (504, UnavailableError),
    ],
)
def test_an_error_comes_back_as_its_kind_in_the_approver_s_words(approver, status, kind):
    approver.status, approver.body = status, said("It expired.", "Ask again.")

    with pytest.raises(DatalfredError) as caught:
        approver.door.send({"action": "list"})

    assert type(caught.value) is kind
    assert (caught.value.message, caught.value.hint) == ("It expired.", "Ask again.")


def test_an_error_without_words_says_its_status(approver):
    approver.status, approver.body = 500, b"{}"

    with pytest.raises(OperatorError, match="The approver answered 500"):
        approver.door.send({"action": "list"})


def test_who_is_not_proved_is_told_how_to_prove_it(approver):
    approver.status, approver.body = 403, b'{"Message": "Forbidden"}'

    with pytest.raises(RefusedError, match="does not accept who you say you are") as caught:
        approver.door.send({"action": "list"})

    assert "lambda:InvokeFunctionUrl" in caught.value.hint


def test_what_is_no_json_is_no_answer(approver):
    approver.body = b"<html>"

    with pytest.raises(UnavailableError, match=r"did not answer: JSONDecodeError\."):
        approver.door.send({"action": "list"})


def test_nobody_who_listens_is_unavailable(approver):
    nowhere = ApprovalsDoor("http://127.0.0.1:9/", lambda *_: {})

    with pytest.raises(UnavailableError, match=r"The approver at http://127.0.0.1:9/ did not"):
        nowhere.send({"action": "approve", "id": "0" * 32})


def test_a_decision_is_sent_once_wherever_the_answer_points(approver):
    approver.status, approver.body = 307, b"{}"

    approver.door.send({"action": "approve", "id": "0" * 32})

    assert len(approver.asked) == 1

"""Every failure of a turn as its clients meet it: boto3's class, one line on stderr, no stdout."""

import io
import json
import threading

import pytest
from botocore.exceptions import ClientError, EventStreamError

from datalfred import cli, clients, settings
from datalfred.bedrock.service_error import ServiceError
from datalfred.bedrock.wire import WireService
from datalfred.definitions.naming import SIZES, agent_variables
from datalfred.errors import (
    ConfigurationError,
    ModelUnavailableError,
    PermissionMissingError,
    ThrottledError,
    TimedOutError,
)
from datalfred.local import host, stack
from datalfred.local.aws.embedded import EmbeddedAws
from datalfred.local.aws.message import Response
from datalfred.local.lakes import Lake
from datalfred.models import choice
from datalfred.models.scripted import Say, ScriptedModel
from tests.scenarios.chat_model import chat_model
from tests.scenarios.commands import run_datalfred, running_datalfred

MODELLED = {
    "AccessDeniedException": 403,
    "BadGatewayException": 502,
    "ConflictException": 409,
    "DependencyFailedException": 424,
    "InternalServerException": 500,
    "ModelNotReadyException": 424,
    "ResourceNotFoundException": 404,
    "ServiceQuotaExceededException": 400,
    "ThrottlingException": 429,
    "ValidationException": 400,
}
"""Every exception of InvokeAgent, with its HTTP status.

Source: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_agent-runtime_InvokeAgent.html
"""
SAID = "It did not work for arn:aws:iam::123456789012:role/secret."


class Agents:
    """A deployed stack's agents, which fail as a test says."""

    def __init__(self):
        self.raises, self.amid = None, False
        self._wire = WireService(("bedrock-agent-runtime",), {"InvokeAgent": self._invoke})

    def handle(self, request):
        route = self._wire.route(request.method, request.path)
        if request.caller.service != "bedrock" or route is None:
            return None
        answer = self._wire.answer(route, request.query, request.headers, request.body)
        return Response(answer.status, answer.headers, answer.body)

    def _invoke(self, given):
        if not self.amid and not given.get("endSession"):
            raise self.raises
        return {"contentType": "a", "sessionId": given["sessionId"], "completion": self._events()}

    def _events(self):
        yield {"chunk": {"bytes": b"Half an answer"}}
        raise self.raises


@pytest.fixture(scope="module")
def deployed():
    with EmbeddedAws() as aws:
        agents = Agents()
        aws.register(agents)
        agent, alias = agent_variables(SIZES[0])
        named = {agent: "AGENT12345", alias: "ALIAS12345"}
        with settings.using({**settings.environment(), **aws.environment(), **named}):
            yield agents


@pytest.fixture
def runtime(deployed):
    return clients.client("bedrock-agent-runtime", retries=0)


def read(runtime):
    answer = runtime.invoke_agent(
        agentId="AGENT12345", agentAliasId="ALIAS12345", sessionId="s-1", inputText="How many?"
    )
    stream = answer["completion"]
    try:
        return list(stream)
    finally:
        stream.close()


def test_no_exception_of_the_operation_is_forgotten(runtime):
    operation = runtime.meta.service_model.operation_model("InvokeAgent")
    stream = operation.get_event_stream_output().members

    assert {shape.name for shape in operation.error_shapes} == set(MODELLED)
    assert {name for name, shape in stream.items() if shape.metadata.get("exception")} == {
        name[0].lower() + name[1:] for name in MODELLED
    }


@pytest.mark.parametrize("code", MODELLED)
def test_an_exception_before_the_answer_is_boto3s_own_class(deployed, runtime, code):
    deployed.raises, deployed.amid = ServiceError(code, "It did not work."), False

    with pytest.raises(getattr(runtime.exceptions, code), match="It did not work") as raised:
        read(runtime)

    assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] == MODELLED[code]


@pytest.mark.parametrize("code", MODELLED)
def test_an_exception_amid_the_answer_is_boto3s_of_the_stream(deployed, runtime, code):
    deployed.raises, deployed.amid = ServiceError(code, "It did not work."), True

    with pytest.raises(EventStreamError, match="It did not work") as raised:
        read(runtime)

    assert raised.value.response["Error"]["Code"] == code[0].lower() + code[1:]


class Left(BaseException):
    """The process would have ended here."""


def leave(code):
    raise Left(code)


@pytest.fixture
def ask(monkeypatch, capsys):
    """``datalfred ask --json`` in this process: exit code, stdout, stderr."""

    def asking(*words):
        monkeypatch.setattr("sys.argv", ["datalfred", "ask", "--json", *words])
        monkeypatch.setattr("sys.stdin", io.StringIO(""))
        monkeypatch.setattr("os._exit", leave)
        with pytest.raises(Left) as left:
            cli.main()
        out, err = capsys.readouterr()
        return left.value.args[0], out, err

    return asking


@pytest.mark.parametrize("amid", [False, True], ids=["before", "amid"])
@pytest.mark.parametrize("code", MODELLED)
def test_a_question_in_json_that_fails_prints_no_json_and_says_why(deployed, ask, code, amid):
    deployed.raises, deployed.amid = ServiceError(code, SAID), amid

    exit_code, out, err = ask("--target", "aws", "How many?")

    assert (exit_code, out) == (1, "")
    first, way_out = err.splitlines()
    assert first.startswith("datalfred: ")
    assert len(first) > len("datalfred: Bedrock")
    assert "orrelation id" in way_out
    assert not any(hidden in err for hidden in ("arn:", "123456789012", "Traceback", "Half an"))


def test_a_defect_of_the_server_prints_no_json_either(deployed, ask):
    deployed.raises, deployed.amid = RuntimeError("How many?"), False

    exit_code, out, err = ask("--target", "aws", "How many?")

    assert (exit_code, out) == (1, "")
    assert "How many?" not in err


def test_an_endpoint_that_is_not_there_prints_no_json_either(deployed, ask):
    nobody = {**settings.environment(), "AWS_ENDPOINT_URL": "http://127.0.0.1:9"}

    with settings.using(nobody):
        exit_code, out, err = ask("--target", "aws", "How many?")

    assert (exit_code, out) == (1, "")
    assert "Bedrock could not be reached" in err


def small(_name, _cache):
    """A lake that is quick to make."""
    return Lake("small lake", "", lambda _aws, _progress: None, has_pipelines=False)


@pytest.fixture(scope="module")
def real(tmp_path_factory):
    """A whole stack whose model does what a test says."""
    with pytest.MonkeyPatch.context() as patch:
        plays = []

        def play(heard):
            return plays[0](heard)

        model = ScriptedModel(play)
        patch.setattr(choice, "from_settings", lambda _settings, _size: model)
        patch.setattr(host, "lake_named", small)
        with (
            stack.start(state=tmp_path_factory.mktemp("state")) as running,
            settings.using({**settings.environment(), **running.environment()}),
        ):
            yield plays


def turn(text="How many?", session="session-1", **more):
    environment = settings.environment()
    answer = clients.client("bedrock-agent-runtime", retries=0).invoke_agent(
        agentId=more.get("agentId", environment["DATALFRED_AGENT_ID"]),
        agentAliasId=environment["DATALFRED_AGENT_ALIAS_ID"],
        sessionId=session,
        inputText=text,
    )
    stream = answer["completion"]
    try:
        return b"".join(event.get("chunk", {}).get("bytes", b"") for event in stream).decode()
    finally:
        stream.close()


@pytest.mark.parametrize(
    ("raised", "code"),
    [
        (ThrottledError("Bedrock asked for slower calls."), "throttlingException"),
        (ModelUnavailableError("It is not enabled."), "modelNotReadyException"),
        (TimedOutError("It fell silent."), "dependencyFailedException"),
        (PermissionMissingError("bedrock:InvokeModel"), "dependencyFailedException"),
        (ConfigurationError("DATALFRED_MODEL", "'x' is none."), "dependencyFailedException"),
        (RuntimeError("a secret prompt"), "dependencyFailedException"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_a_failure_of_the_model_keeps_its_class_through_the_whole_stack(real, raised, code):
    def fails(_heard):
        raise raised

    real[:] = [fails]

    with pytest.raises(EventStreamError) as told:
        turn(session=f"s-{type(raised).__name__}")

    assert told.value.response["Error"]["Code"] == code
    assert "secret" not in str(told.value)


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"agentId": "NOBODY1234"}, "ResourceNotFoundException"),
        ({"text": " "}, "ValidationException"),
    ],
)
def test_a_turn_that_cannot_begin_is_refused_by_its_class(real, asked, code):
    with pytest.raises(ClientError) as told:
        turn(**asked)

    assert told.value.response["Error"]["Code"].lower() == code.lower()


@pytest.mark.slow
def test_a_session_that_is_busy_is_a_conflict(real):
    here, go_on = threading.Event(), threading.Event()

    def slow(_heard):
        here.set()
        go_on.wait(10)
        return Say("Done.")

    real[:] = [slow]
    first = threading.Thread(target=in_context(lambda: turn(session="busy")))
    first.start()
    assert here.wait(10)
    with pytest.raises(ClientError) as told:
        turn(session="busy")
    go_on.set()
    first.join()

    assert told.value.response["Error"]["Code"].lower() == "conflictexception"


def in_context(call):
    environment = settings.environment()

    def within():
        with settings.using(environment):
            call()

    return within


@pytest.mark.slow
def test_a_process_that_fails_leaves_its_stdout_empty(served, state):
    replies = {
        "slower calls": (429, [b"slow down"]),
        "status 401": (401, [b"who are you?"]),
        "status 500": (500, [b"out of memory"]),
    }
    serving = ("local", "--port", "0", "-p", "failing")
    asking = ("ask", "--json", "-p", "failing", "--target", "local", "How many?")
    with (
        chat_model() as model,
        running_datalfred(*serving, state=state, environment=model.environment),
    ):
        for words, reply in replies.items():
            model.reply = reply
            finished = run_datalfred(*asking, state=state)

            assert (finished.returncode, finished.stdout) == (1, "")
            assert words in finished.stderr


@pytest.mark.slow
def test_a_process_that_answers_prints_one_object(served, state):
    finished = run_datalfred("ask", "--json", "how many orders are there?", state=state)

    assert finished.returncode == 0
    assert json.loads(finished.stdout)["answer"]

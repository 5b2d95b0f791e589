import json
import logging
import subprocess
import sys
import threading
import uuid
from pathlib import Path
from types import SimpleNamespace
from typing import Annotated, Any

import pytest
from aws_lambda_powertools.event_handler.api_gateway import Route
from botocore.exceptions import (
    ClientError,
    EndpointConnectionError,
    IncompleteReadError,
    NoCredentialsError,
    ReadTimeoutError,
)

from datalfred import clients, settings
from datalfred.bedrock import action_group
from datalfred.bedrock.resolver import ActionGroupResolver, parameter
from datalfred.definitions.result import Result
from datalfred.errors import (
    AlreadyFailedError,
    CeilingReachedError,
    ConfigurationError,
    CorrectableError,
    DatalfredError,
    InvalidInputError,
    LocalStackError,
    ModelUnavailableError,
    NotFoundError,
    OperatorError,
    PermissionMissingError,
    QueryFailedError,
    RefusedError,
    ThrottledError,
    TimedOutError,
    UnavailableError,
)
from tests.support.action_groups import without_notice

EVENTS = Path(__file__).parents[1] / "events"


class Echo(Result):
    text: str = ""
    page: int = 1
    items: tuple[str, ...] = ()
    user: str = ""


class Kitchen:
    """A resolver with operations that do what a test asks of them."""

    def __init__(self) -> None:
        self.app = ActionGroupResolver()
        self.act: Any = lambda: None
        self.app.operation(self.search_tables)
        self.app.operation(self.list_databases)

    def search_tables(
        self,
        text: Annotated[str, parameter("Words to find; empty finds all.")] = "",
        database: Annotated[str, parameter("Only this database.")] = "",
        page: Annotated[int, parameter("A whole number, 1 or more; default 1.", ge=1)] = 1,
    ) -> Echo:
        """Find tables.

        By their words.
        """
        acted = self.act()
        user = action_group.requester().user
        return acted or Echo(evidence=f"in {database}", text=text, page=page, user=user)

    def list_databases(self) -> Echo:
        """List the databases."""
        return Echo(evidence=self.app.lambda_context or "none")


@pytest.fixture
def kitchen():
    return Kitchen()


@pytest.fixture
def event():
    recorded = json.loads((EVENTS / "bedrock_search_tables.json").read_text())
    return turn(recorded, uuid.uuid4().hex)


def changed(event, **values):
    properties = [{"name": k, "type": "string", "value": v} for k, v in values.items()]
    return {**event, "requestBody": {"content": {"application/json": {"properties": properties}}}}


def turn(event, request_id):
    attributes = {**event["sessionAttributes"], "request_id": request_id}
    return {**event, "sessionAttributes": attributes}


def answer(app, event, context=None):
    response = app.resolve(event, context)["response"]
    body = response["responseBody"]["application/json"]["body"]
    return response["httpStatusCode"], without_notice(json.loads(body))


def fail_with(error):
    def act():
        raise error

    return act


def test_a_call_is_answered_in_bedrocks_envelope(kitchen, event):
    reply = kitchen.app.resolve(event, None)

    assert reply["messageVersion"] == "1.0"
    assert reply["response"]["actionGroup"] == "glue"
    assert reply["response"]["apiPath"] == "/search_tables"
    assert reply["response"]["httpMethod"] == "POST"
    body = reply["response"]["responseBody"]["application/json"]["body"]
    assert json.loads(body)["text"] == "customers"


def test_the_method_is_matched_in_any_case_and_echoed_as_it_came(kitchen, event):
    reply = kitchen.app.resolve({**event, "httpMethod": "post"}, None)

    assert reply["response"]["httpStatusCode"] == 200
    assert reply["response"]["httpMethod"] == "post"


def test_strings_become_the_types_of_their_parameters(kitchen, event):
    status, body = answer(kitchen.app, changed(event, text="a, 'b'", page="3"))

    assert (status, body["text"], body["page"]) == (200, "a, 'b'", 3)


def test_an_absent_body_means_the_defaults(kitchen, event):
    del event["requestBody"]

    assert answer(kitchen.app, event)[1]["page"] == 1


def test_an_operation_without_parameters_needs_no_body(kitchen):
    event = json.loads((EVENTS / "bedrock_list_databases.json").read_text())

    assert answer(kitchen.app, turn(event, "turn-d"), "the context") == (
        200,
        {"evidence": "the context", "text": "", "page": 1, "items": [], "user": ""},
    )


def test_a_wrong_value_is_named_with_what_is_allowed(kitchen, event):
    status, body = answer(kitchen.app, changed(event, page="first"))

    assert status == 400
    assert body["error"]["code"] == "INVALID_INPUT"
    assert body["error"]["message"].startswith("page: 'first' is refused: ")
    assert body["error"]["hint"] == "Allowed: A whole number, 1 or more; default 1."


def test_an_unknown_parameter_is_named_with_those_that_exist(kitchen, event):
    status, body = answer(kitchen.app, changed(event, table="orders"))

    assert status == 400
    assert body["error"] == {
        "code": "INVALID_INPUT",
        "message": "table: search_tables has no such parameter.",
        "hint": "Allowed: text, database, page.",
    }


def test_an_unknown_parameter_of_an_operation_without_any_is_refused(kitchen, event):
    status, body = answer(kitchen.app, {**changed(event, a="b"), "apiPath": "/list_databases"})

    assert (status, body["error"]["hint"]) == (400, "Allowed: none.")


def test_a_missing_parameter_is_named_beside_a_wrong_one(event):
    app = ActionGroupResolver()

    @app.operation
    def search_tables(
        text: Annotated[str, parameter("Some words.")], page: Annotated[int, parameter("A page.")]
    ) -> Echo:
        """Find tables."""
        return Echo(evidence="", text=text, page=page)

    status, body = answer(app, changed(event, page="x"))

    assert status == 400
    assert body["error"]["message"].startswith(
        "text: It is required, but was not given. page: 'x' is refused:"
    )


def test_an_unknown_operation_is_answered_with_those_that_exist(kitchen, event):
    status, body = answer(kitchen.app, {**event, "apiPath": "/drop_tables"})

    assert status == 404
    assert body["error"]["message"] == "There is no operation named 'drop_tables'."
    assert "list_databases, search_tables" in body["error"]["hint"]


def test_an_event_that_is_none_is_answered_too(kitchen):
    assert answer(kitchen.app, {})[0] == 404


def test_an_error_of_ours_keeps_its_status_code_and_hint(kitchen, event):
    kitchen.act = fail_with(NotFoundError("table", "order", near=["orders"]))

    status, body = answer(kitchen.app, event)

    assert status == 404
    assert body["error"]["hint"] == "Did you mean orders?"


def test_a_failed_query_keeps_athenas_words(kitchen, event):
    kitchen.act = fail_with(QueryFailedError("COLUMN_NOT_FOUND: x", sql="SELECT x"))

    status, body = answer(kitchen.app, event)

    assert (status, body["error"]["message"]) == (400, "COLUMN_NOT_FOUND: x")


def client_error(code, message, status=400):
    return ClientError(
        {
            "Error": {"Code": code, "Message": message},
            "ResponseMetadata": {"HTTPStatusCode": status},
        },
        "GetTables",
    )


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (
            client_error(
                "AccessDeniedException",
                "User: x is not authorized to perform: glue:GetTables on resource: arn:aws:glue:x",
            ),
            (403, "PERMISSION_MISSING", "AWS denied glue:GetTables on arn:aws:glue:x."),
        ),
        (
            client_error("AccessDenied", "Access Denied"),
            (403, "PERMISSION_MISSING", "AWS denied GetTables on *. It said: Access Denied"),
        ),
        (
            client_error("ThrottlingException", "Rate exceeded"),
            (429, "THROTTLED", "AWS asked for slower calls of GetTables (ThrottlingException)."),
        ),
        (
            client_error("InvalidInputException", "Bad name"),
            (400, "BAD_REQUEST", "AWS refused GetTables with InvalidInputException: Bad name"),
        ),
        (
            client_error("InternalServiceException", "Oh", 500),
            (503, "UNAVAILABLE", "AWS failed at GetTables with InternalServiceException: Oh"),
        ),
        (
            EndpointConnectionError(endpoint_url="http://x"),
            (503, "UNAVAILABLE", "AWS could not be reached: Could not connect"),
        ),
        (
            ReadTimeoutError(endpoint_url="http://x"),
            (504, "TIMED_OUT", "AWS did not answer in time."),
        ),
        (
            IncompleteReadError(actual_bytes=1, expected_bytes=2),
            (503, "UNAVAILABLE", "AWS gave an answer that cannot be read."),
        ),
        (NoCredentialsError(), (500, "OPERATOR_ACTION_NEEDED", "There are no AWS credentials.")),
    ],
)
def test_an_error_of_aws_says_who_can_act(kitchen, event, error, expected):
    kitchen.act = fail_with(error)

    answered, body = answer(kitchen.app, event)

    status, code, words = expected
    assert (answered, body["error"]["code"]) == (status, code)
    assert body["error"]["message"].startswith(words)


def test_a_defect_leaks_nothing_and_can_be_found_in_the_log(kitchen, event, caplog):
    kitchen.act = fail_with(RuntimeError("password=hunter2"))

    with caplog.at_level(logging.ERROR):
        status, body = answer(kitchen.app, event)

    assert status == 500
    assert "hunter2" not in json.dumps(body) + caplog.text
    (record,) = caplog.records
    correlation = record.getMessage().split("correlation_id=<")[1].split(">")[0]
    assert correlation in body["error"]["message"]
    assert "operation=<search_tables>, error=<RuntimeError>, at=<act:" in record.getMessage()


def test_a_result_that_breaks_its_own_shape_is_a_defect_and_no_wrong_input(kitchen, event, caplog):
    kitchen.act = lambda: {"evidence": 7}

    assert answer(kitchen.app, event)[0] == 500


def test_a_turn_may_call_only_so_many_operations(kitchen, event):
    with settings.using({"DATALFRED_CALLS_PER_TURN": "2"}):
        first = [answer(kitchen.app, turn(event, "turn-a"))[0] for _ in range(3)]
        other = answer(kitchen.app, turn(event, "turn-b"))[0]
        unnamed = {answer(kitchen.app, turn(event, ""))[0] for _ in range(4)}

    assert first == [200, 200, 429]
    assert other == 200
    assert unnamed == {200}


def test_wrong_calls_count_as_well(kitchen, event):
    wrong = changed(turn(event, "turn-c"), page="x")

    with settings.using({"DATALFRED_CALLS_PER_TURN": "1"}):
        assert [answer(kitchen.app, wrong)[0] for _ in range(2)] == [400, 429]


def test_only_the_last_thousand_turns_are_remembered():
    counter = action_group.CallCounter()

    for number in range(1_001):
        counter.count(f"turn-{number}", 1)

    counter.count("turn-0", 1)


def test_calls_in_two_threads_do_not_mix(kitchen, event):
    both_inside = threading.Barrier(2)
    kitchen.act = lambda: both_inside.wait(5) and None
    answers = {}

    def call(name):
        mine = changed(event, text=name)
        mine["sessionAttributes"] = {"user": f"local:{name}", "request_id": name}
        mine["actionGroup"] = name
        reply = kitchen.app.resolve(mine, name)["response"]
        body = json.loads(reply["responseBody"]["application/json"]["body"])
        answers[name] = (reply["actionGroup"], body["text"], body["user"])

    threads = [threading.Thread(target=call, args=(name,)) for name in ("ana", "ben")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert answers == {name: (name, name, f"local:{name}") for name in ("ana", "ben")}


def test_the_first_calls_of_many_threads_build_a_route_once(kitchen, event, monkeypatch):
    builds, start, statuses = [], threading.Barrier(4), []
    build = Route._build_middleware_stack

    def slow_build(route, *arguments):
        builds.append(route)
        threading.Event().wait(0.02)
        build(route, *arguments)

    def call():
        start.wait(5)
        statuses.append(answer(kitchen.app, turn(event, ""))[0])

    monkeypatch.setattr(Route, "_build_middleware_stack", slow_build)
    threads = [threading.Thread(target=call) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert statuses == [200] * 4
    assert len(builds) == 1


def test_the_requester_is_read_from_the_session_attributes(kitchen, event):
    seen = []
    kitchen.act = lambda: seen.append(action_group.requester())

    kitchen.app.resolve(event, None)

    turn_id = event["sessionAttributes"]["request_id"]
    assert seen == [action_group.Requester("local:ana", turn_id, "cli", "local.ana.1")]
    assert action_group.requester() == action_group.Requester()


def test_without_attributes_the_requester_is_nobody_in_bedrocks_session():
    assert action_group.requester_of({"sessionId": "s-1"}) == action_group.Requester(
        session_id="s-1"
    )


@pytest.mark.rule("lambda:body")
def test_a_body_of_many_bytes_is_shortened_to_valid_json_that_says_so(kitchen, event):
    items = [f"é{number:06}" for number in range(20_000)]
    kitchen.act = lambda: Echo(evidence="read it all", items=items)

    reply = kitchen.app.resolve(event, None)["response"]
    body = reply["responseBody"]["application/json"]["body"]

    assert 10_000 < len(body.encode()) <= 25_000
    assert json.loads(body)["items"][0] == "é000000"
    assert json.loads(body)["evidence"] == "read it all [shortened to fit 25,000 bytes]"


def test_a_long_text_loses_its_end(kitchen, event):
    kitchen.act = lambda: Echo(evidence="one text", text="x" * 60_000, items=["y"])

    body = answer(kitchen.app, event)[1]

    assert body["text"].endswith("x…")
    assert body["items"] == ["y"]


def test_what_cannot_be_shortened_is_given_up_in_valid_json():
    lost = action_group.as_body({str(number): number for number in range(10_000)})

    assert json.loads(lost)["evidence"].startswith("The result was lost.")


def test_the_schema_has_one_flat_body_of_scalars_with_defaults(kitchen):
    schema = json.loads(kitchen.app.get_openapi_json_schema(title="glue"))

    operation = schema["paths"]["/search_tables"]["post"]
    body = schema["components"]["schemas"]["Body_search_tables"]["properties"]
    assert operation["operationId"] == "search_tables"
    assert operation["description"] == "Find tables. By their words."
    assert body["page"]["type"] == "integer"
    assert body["page"]["default"] == 1
    assert body["page"]["description"] == "A whole number, 1 or more; default 1."


def test_importing_the_resolver_loads_no_client():
    code = "import sys, datalfred.bedrock.resolver; print(' '.join(sys.modules))"

    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout

    assert not {"boto3", "botocore.session", "sqlglot", "yaml"} & set(loaded.decode().split())


EVERY_ERROR = [
    DatalfredError("It broke.", hint="Wait."),
    CorrectableError("It broke."),
    InvalidInputError("page", "There is no page 9.", "1 to 2"),
    NotFoundError("table", "order", near=["orders"]),
    RefusedError("No writes."),
    QueryFailedError("COLUMN_NOT_FOUND: x", sql="SELECT x FROM secret"),
    AlreadyFailedError(RefusedError("No writes."), hint="Stop."),
    CeilingReachedError("Enough."),
    OperatorError("Nobody set it up."),
    PermissionMissingError("glue:GetTables", "table/x"),
    ConfigurationError("DATALFRED_X", "is missing."),
    ModelUnavailableError("No model."),
    LocalStackError("The port is busy."),
    UnavailableError("Later."),
    ThrottledError("Slower."),
    TimedOutError("Silent."),
]


def test_the_list_of_errors_is_whole():
    def below(kind):
        return {kind}.union(*(below(each) for each in kind.__subclasses__()))

    kinds = {kind for kind in below(DatalfredError) if kind.__module__ == "datalfred.errors"}

    assert {type(error) for error in EVERY_ERROR} == kinds


@pytest.mark.parametrize("error", EVERY_ERROR, ids=lambda error: type(error).__name__)
def test_every_error_is_told_in_one_shape_and_logged_in_one_line(kitchen, event, caplog, error):
    kitchen.act = fail_with(error)

    status, body = answer(kitchen.app, changed(event, text="private"))

    assert (status, body) == (error.status, {"error": error.as_dict()})
    (record,) = caplog.records
    line = record.getMessage()
    turn_id = event["sessionAttributes"]["request_id"]
    assert line.startswith(f"correlation_id=<{turn_id}>, session=<local.ana.1>, ")
    assert "action_group=<glue>, operation=<search_tables>, " in line
    assert f"code=<{error.code}>, aws_code=<>, status=<{error.status}>, duration_ms=<" in line
    assert not any(said in line for said in ("private", "secret", error.message, "\n"))


def test_the_same_call_is_made_once_when_it_failed(kitchen, event):
    made = []

    def act():
        made.append(1)
        raise UnavailableError("AWS failed with InternalFailure: Oh.")

    kitchen.act = act

    answers = [answer(kitchen.app, event) for _ in range(3)]

    assert len(made) == 1
    assert [status for status, _ in answers] == [503, 409, 409]
    assert answers[2][1]["error"]["code"] == "ALREADY_FAILED"
    assert answers[2][1]["error"]["message"].endswith(
        "It said: AWS failed with InternalFailure: Oh."
    )
    kitchen.act = lambda: None
    assert answer(kitchen.app, changed(event, text="other"))[0] == 200
    assert answer(kitchen.app, turn(event, uuid.uuid4().hex))[0] == 200


def test_a_call_that_succeeded_may_be_made_again(kitchen, event):
    assert [answer(kitchen.app, event)[0] for _ in range(2)] == [200, 200]


def test_a_model_corrects_its_sql_twice_and_then_reports(event):
    app, ran = ActionGroupResolver(), []

    @app.operation
    def run_query(sql: Annotated[str, parameter("One statement.")]) -> Echo:
        """Run a statement."""
        ran.append(sql)
        raise QueryFailedError(f"line 1: mismatched input {sql!r}", sql=sql, hint="Correct it.")

    asked = {**event, "apiPath": "/run_query"}
    answers = [answer(app, changed(asked, sql=f"SELEC {number}")) for number in range(6)]

    assert len(ran) == 3
    assert [status for status, _ in answers] == [400, 400, 400, 409, 409, 409]
    hints = [body["error"]["hint"] for _, body in answers]
    assert hints[:2] == ["Correct it."] * 2
    assert all("do not retry" in hint for hint in hints[2:])
    assert "mismatched input 'SELEC 2'" in answers[-1][1]["error"]["message"]


@pytest.mark.parametrize(("left", "granted"), [(60_000, 58.0), (1_000, 0.5), (None, 58.0)])
def test_the_calls_of_an_operation_share_what_its_function_has_left(kitchen, event, left, granted):
    seen = []
    kitchen.act = lambda: seen.append(clients.patience().seconds_left)
    context = SimpleNamespace(get_remaining_time_in_millis=lambda: left) if left else None

    answer(kitchen.app, event, context)

    assert seen == [pytest.approx(granted, abs=0.4)]
    assert clients.patience() is None

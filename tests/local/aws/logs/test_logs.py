"""CloudWatch Logs through boto3."""

import json
import threading
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from datalfred.local.aws.logs import install, queries

NOW = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)
START = int(NOW.timestamp())
GROUP = "/aws/lambda/loads"


def millis(second: int) -> int:
    return (START + second) * 1000


@pytest.fixture(scope="module")
def logs(embedded_aws):
    install(embedded_aws)
    client = embedded_aws.client("logs")
    for name in (GROUP, "/ecs/orders", "/ecs/returns"):
        client.create_log_group(logGroupName=name)
    for number, stream in enumerate(("a", "b", "c")):
        client.create_log_stream(logGroupName=GROUP, logStreamName=stream)
        client.put_log_events(
            logGroupName=GROUP,
            logStreamName=stream,
            logEvents=[
                {"timestamp": millis(10 * i + number), "message": f'{{"n": {i}, "s": "{stream}"}}'}
                for i in range(10)
            ],
        )
    return client


def refused(call, **parameters) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def test_events_come_interleaved_by_time_across_streams(logs):
    found = logs.filter_log_events(logGroupName=GROUP, limit=4)

    assert [event["logStreamName"] for event in found["events"]] == ["a", "b", "c", "a"]
    assert [event["timestamp"] for event in found["events"]] == [millis(s) for s in (0, 1, 2, 10)]
    assert found["nextToken"]


def test_pages_hold_every_event_once_and_the_last_has_no_token(logs):
    pages = list(
        logs.get_paginator("filter_log_events").paginate(
            logGroupName=GROUP, PaginationConfig={"PageSize": 7}
        )
    )

    ids = [event["eventId"] for page in pages for event in page["events"]]
    assert [len(page["events"]) for page in pages] == [7, 7, 7, 7, 2]
    assert len(set(ids)) == 30


def test_no_token_promises_a_page_without_events(logs):
    found = logs.filter_log_events(logGroupName=GROUP, filterPattern="{ $.n = 3 }", limit=3)

    assert len(found["events"]) == 3
    assert "nextToken" not in found


def test_a_page_ends_at_a_megabyte(logs):
    logs.create_log_stream(logGroupName="/ecs/returns", logStreamName="big")
    for second in range(3):
        event = {"timestamp": millis(second), "message": "x" * 200_000}
        logs.put_log_events(logGroupName="/ecs/returns", logStreamName="big", logEvents=[event] * 2)

    found = logs.filter_log_events(logGroupName="/ecs/returns")

    assert len(found["events"]) == 5
    assert found["nextToken"]


def test_a_pattern_a_window_and_streams_narrow_a_search(logs):
    found = logs.filter_log_events(
        logGroupIdentifier=f"arn:aws:logs:eu-west-1:123456789012:log-group:{GROUP}:*",
        filterPattern='{ $.n > 4 && $.s = "b" }',
        startTime=millis(61),
        endTime=millis(81),
        logStreamNamePrefix="b",
    )

    assert [event["message"] for event in found["events"]] == [
        '{"n": 6, "s": "b"}',
        '{"n": 7, "s": "b"}',
        '{"n": 8, "s": "b"}',
    ]


def test_named_streams_are_searched_alone(logs):
    found = logs.filter_log_events(logGroupName=GROUP, logStreamNames=["c"])

    assert {event["logStreamName"] for event in found["events"]} == {"c"}


@pytest.mark.parametrize(
    ("parameters", "code", "words"),
    [
        ({"logGroupName": "none"}, "ResourceNotFoundException", "log group does not exist"),
        (
            {"logGroupName": GROUP, "filterPattern": "two-words"},
            "InvalidParameterException",
            "Invalid filter pattern: invalid character(s) in term 'two-words'",
        ),
        (
            {"logGroupName": GROUP, "nextToken": "nonsense"},
            "InvalidParameterException",
            "nextToken",
        ),
        (
            {"logGroupName": GROUP, "logGroupIdentifier": GROUP},
            "InvalidParameterException",
            "either",
        ),
        (
            {"logGroupName": GROUP, "logStreamNames": ["a"], "logStreamNamePrefix": "a"},
            "InvalidParameterException",
            "mutually exclusive",
        ),
    ],
)
def test_a_search_that_cannot_be_is_refused(logs, parameters, code, words):
    found = refused(logs.filter_log_events, **parameters)

    assert found[0] == code
    assert words in found[1]


def test_a_token_of_another_search_is_refused(logs):
    token = logs.filter_log_events(logGroupName=GROUP, limit=1)["nextToken"]

    code, _ = refused(
        logs.filter_log_events, logGroupName=GROUP, filterPattern="n", nextToken=token
    )

    assert code == "InvalidParameterException"


def test_log_groups_are_found_by_prefix_or_by_a_part_of_the_name(logs):
    def names(**parameters):
        found = logs.describe_log_groups(**parameters)["logGroups"]
        return [group["logGroupName"] for group in found]

    assert names(logGroupNamePrefix="/ecs") == ["/ecs/orders", "/ecs/returns"]
    assert names(logGroupNamePattern="orders") == ["/ecs/orders"]
    assert names(logGroupNamePattern="oad") == [GROUP]
    assert names(logGroupNamePattern="OAD") == []
    code, _ = refused(
        logs.describe_log_groups, logGroupNamePrefix="/ecs", logGroupNamePattern="ecs"
    )
    assert code == "InvalidParameterException"


def test_log_groups_come_in_pages(logs):
    first = logs.describe_log_groups(limit=2)
    second = logs.describe_log_groups(limit=2, nextToken=first["nextToken"])

    names = [group["logGroupName"] for group in first["logGroups"] + second["logGroups"]]
    assert names == [GROUP, "/ecs/orders", "/ecs/returns"]
    assert "nextToken" not in second
    assert refused(logs.describe_log_groups, limit=51)[0] == "InvalidParameterException"


def start(logs, query: str, **parameters) -> str:
    return logs.start_query(
        **{"logGroupName": GROUP} | parameters,
        startTime=START,
        endTime=START + 3600,
        queryString=query,
    )["queryId"]


def ended(logs, query_id: str) -> dict:
    """The results of a query, once it has ended."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        found = logs.get_query_results(queryId=query_id)
        if found["status"] not in {"Scheduled", "Running"}:
            return found
    raise AssertionError(query_id)


def test_a_query_answers_with_what_it_read(logs):
    found = ended(logs, start(logs, "filter n >= 8 | stats count(*) as c by s | sort s desc"))

    assert found["status"] == "Complete"
    assert [{f["field"]: f["value"] for f in row} for row in found["results"]] == [
        {"s": "c", "c": "2"}, {"s": "b", "c": "2"}, {"s": "a", "c": "2"}
    ]  # fmt: skip
    assert found["statistics"] == {
        "recordsMatched": 6.0,
        "recordsScanned": 30.0,
        "bytesScanned": 30.0 * len('{"n": 0, "s": "a"}'),
    }


def test_rows_of_events_carry_a_pointer_and_the_limit_holds(logs):
    found = ended(logs, start(logs, "fields n | sort @timestamp desc | limit 20", limit=3))

    assert [row[0]["value"] for row in found["results"]] == ["9", "9", "9"]
    assert {row[-1]["field"] for row in found["results"]} == {"@ptr"}
    assert found["statistics"]["recordsMatched"] == 30.0


def test_a_query_reads_several_groups_by_name_or_arn(logs):
    arn = "arn:aws:logs:eu-west-1:123456789012:log-group:/ecs/orders"

    found = ended(
        logs,
        logs.start_query(
            logGroupIdentifiers=[GROUP, arn, GROUP],
            startTime=START,
            endTime=START + 60,
            queryString="stats count(*) as n by @log",
        )["queryId"],
    )

    assert [[f["value"] for f in row] for row in found["results"]] == [
        [f"123456789012:{GROUP}", "19"]
    ]


def test_past_queries_are_listed_newest_first_in_pages(logs):
    ids = [start(logs, f"limit {n}") for n in (1, 2)]
    assert {ended(logs, one)["status"] for one in ids} == {"Complete"}

    first = logs.describe_queries(logGroupName=GROUP, maxResults=1)
    second = logs.describe_queries(logGroupName=GROUP, maxResults=1, nextToken=first["nextToken"])

    assert [first["queries"][0]["queryId"], second["queries"][0]["queryId"]] == ids[::-1]
    assert first["queries"][0]["queryString"] == "limit 2"
    assert logs.describe_queries(status="Running")["queries"] == []
    assert logs.describe_queries(logGroupName="/ecs/orders")["queries"][-1:] != ids
    assert "nextToken" not in logs.describe_queries()


def test_a_query_that_has_ended_cannot_be_stopped(logs):
    query_id = start(logs, "limit 1")
    ended(logs, query_id)

    code, message = refused(logs.stop_query, queryId=query_id)

    assert code == "InvalidParameterException"
    assert "is not running" in message


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"queryString": "fields @message | nonsense"}, "MalformedQueryException"),
        ({"startTime": START + 7200}, "InvalidParameterException"),
        ({"logGroupName": "none"}, "ResourceNotFoundException"),
        ({"logGroupNames": [GROUP]}, "InvalidParameterException"),
        ({"queryLanguage": "SQL"}, "NotImplementedException"),
    ],
)
def test_a_query_that_cannot_run_is_refused(logs, changed, code):
    asked = {
        "logGroupName": GROUP,
        "startTime": START,
        "endTime": START + 3600,
        "queryString": "limit 1",
    }

    assert refused(logs.start_query, **asked | changed)[0] == code


def test_more_groups_than_a_query_may_read_are_refused(logs):
    found = refused(
        logs.start_query,
        logGroupNames=[GROUP] * 51,
        startTime=START,
        endTime=START + 1,
        queryString="limit 1",
    )

    assert "at most 50" in found[1]


def test_an_unknown_query_has_no_results(logs):
    assert refused(logs.get_query_results, queryId="x")[0] == "ResourceNotFoundException"


def test_metric_filters_take_the_same_patterns(logs):
    transformation = {"metricName": "m", "metricNamespace": "n", "metricValue": "1"}
    parameters = {
        "logGroupName": GROUP,
        "filterName": "f",
        "metricTransformations": [transformation],
    }

    logs.put_metric_filter(**parameters, filterPattern="{ $.n = 1 }")

    code, _ = refused(logs.put_metric_filter, **parameters, filterPattern="{ $.n = }")
    assert code == "InvalidParameterException"
    assert logs.describe_metric_filters(logGroupName=GROUP)["metricFilters"]


def test_a_subscription_filter_takes_the_same_patterns(logs):
    code, message = refused(
        logs.put_subscription_filter,
        logGroupName=GROUP,
        filterName="f",
        filterPattern="two-words",
        destinationArn="arn:aws:lambda:eu-west-1:123456789012:function:f",
    )

    assert code == "InvalidParameterException"
    assert "at character 1" in message


def test_a_live_tail_is_refused(logs):
    code, _ = refused(logs.start_live_tail, logGroupIdentifiers=[GROUP])

    assert code == "NotImplementedException"


@pytest.mark.parametrize(
    ("operation", "parameters"),
    [
        ("describe_queries", {"nextToken": "nonsense"}),
        ("describe_queries", {"maxResults": 1001}),
        ("describe_query_definitions", {"nextToken": "nonsense"}),
        ("describe_query_definitions", {"maxResults": 1001}),
        (
            "start_query",
            {
                "logGroupName": GROUP,
                "startTime": START,
                "endTime": START,
                "queryString": "limit 1 " + "#" * 10_000,
            },
        ),
        ("filter_log_events", {"logGroupName": GROUP, "limit": 10_001}),
        (
            "start_query",
            {
                "logGroupName": GROUP,
                "startTime": START,
                "endTime": START,
                "queryString": "limit 1",
                "limit": 10_001,
            },
        ),
    ],
)
def test_numbers_out_of_range_are_refused(logs, operation, parameters):
    assert refused(getattr(logs, operation), **parameters)[0] == "InvalidParameterException"


def test_what_is_not_ours_stays_with_moto(logs, embedded_aws):
    assert logs.describe_log_streams(logGroupName=GROUP)["logStreams"]
    assert embedded_aws.client("sts").get_caller_identity()["Account"] == "123456789012"


@pytest.fixture
def held(monkeypatch):
    """Queries that start wait to read their events until the signal is set."""
    released = threading.Event()
    read = queries.events_between

    def wait(*arguments):
        released.wait(20)
        return read(*arguments)

    monkeypatch.setattr(queries, "events_between", wait)
    yield released
    released.set()


def test_a_query_runs_before_it_is_complete(logs, held):
    query_id = start(logs, "stats count(*) as n")

    before = logs.get_query_results(queryId=query_id)
    listed = logs.describe_queries(status="Running")["queries"]
    held.set()
    after = ended(logs, query_id)

    assert (before["status"], before["results"]) == ("Running", [])
    assert [query["queryId"] for query in listed] == [query_id]
    assert (after["status"], after["results"]) == ("Complete", [[{"field": "n", "value": "30"}]])


def test_a_query_that_runs_can_be_stopped(logs, held):
    query_id = start(logs, "stats count(*) as n")

    assert logs.stop_query(queryId=query_id)["success"] is True
    held.set()

    assert (ended(logs, query_id)["status"], ended(logs, query_id)["results"]) == ("Cancelled", [])
    assert refused(logs.stop_query, queryId=query_id)[0] == "InvalidParameterException"


def test_a_query_that_takes_too_long_times_out(logs, held, monkeypatch):
    monkeypatch.setattr(queries, "_LONGEST_RUN", 0.01)
    query_id = start(logs, "stats count(*) as n")

    assert ended(logs, query_id)["status"] == "Timeout"


def test_a_query_whose_numbers_leave_their_range_fails(logs):
    query_id = start(logs, "fields decToHex(n * 1000000000000000000 + 100000000000000000000) as x")

    assert ended(logs, query_id)["status"] == "Failed"


def test_no_more_than_a_hundred_queries_run_at_once(logs, held, monkeypatch):
    monkeypatch.setattr(queries, "_MOST_AT_ONCE", 2)
    for _ in range(2):
        start(logs, "limit 1")

    code, _ = refused(start, logs=logs, query="limit 1")

    assert code == "LimitExceededException"


def test_old_queries_are_forgotten(logs, monkeypatch):
    monkeypatch.setattr(queries, "_MOST_KEPT", 2)
    ids = [start(logs, "limit 1") for _ in range(4)]
    for one in ids[1:]:
        with suppress(ClientError):
            ended(logs, one)

    last = start(logs, "limit 1")

    assert ended(logs, last)["status"] == "Complete"
    assert refused(logs.get_query_results, queryId=ids[0])[0] == "ResourceNotFoundException"


def test_a_malformed_query_is_refused_with_its_place(logs):
    with pytest.raises(ClientError) as caught:
        start(logs, "fields @message | nonsense")

    assert caught.value.response["Error"]["Code"] == "MalformedQueryException"
    found = caught.value.response["queryCompileError"]
    assert found["location"] == {"startCharOffset": 18, "endCharOffset": 26}
    assert "unexpected symbol found nonsense" in found["message"]


def test_a_query_that_nothing_here_can_answer_is_not_called_malformed(logs):
    code, message = refused(start, logs=logs, query="pattern @message")

    assert code == "NotImplementedException"
    assert "pattern is not supported by the embedded AWS" in message


def test_a_pointer_of_a_result_gives_the_whole_record(logs):
    found = ended(logs, start(logs, "filter n = 3 and s = 'b' | fields n"))
    pointer = found["results"][0][-1]["value"]

    record = logs.get_log_record(logRecordPointer=pointer)["logRecord"]

    assert record["@message"] == '{"n": 3, "s": "b"}'
    assert (record["n"], record["s"], record["@logStream"]) == ("3", "b", "b")
    assert (record["@log"], record["@ptr"]) == (f"123456789012:{GROUP}", pointer)
    assert record["@timestamp"] == str(millis(31))
    code, _ = refused(logs.get_log_record, logRecordPointer="nothing")
    assert code == "ResourceNotFoundException"


def test_the_fields_of_a_group_come_with_their_share(logs):
    logs.create_log_group(logGroupName="/fields")
    logs.create_log_stream(logGroupName="/fields", logStreamName="s")
    messages = [
        '{"a": {"b": [1, true]}, "@c": null, "d": 1}',
        '{"d": 2}',
        "text",
        '{"x": 1} {',
        "{",
    ]
    now = int(time.time() * 1000) - 1000
    logs.put_log_events(
        logGroupName="/fields",
        logStreamName="s",
        logEvents=[{"timestamp": now, "message": message} for message in messages],
    )

    found = logs.get_log_group_fields(logGroupName="/fields")["logGroupFields"]
    before = logs.get_log_group_fields(logGroupIdentifier="/fields", time=START)["logGroupFields"]

    assert {one["name"]: one["percent"] for one in found} == {
        "@timestamp": 100, "@message": 100, "@logStream": 100, "@log": 100, "@ingestionTime": 100,
        "d": 40, "a.b.0": 20, "a.b.1": 20, "x": 20,
    }  # fmt: skip
    assert before == []
    assert refused(logs.get_log_group_fields)[0] == "InvalidParameterException"


def test_a_query_is_saved_found_changed_and_forgotten(logs):
    first = logs.put_query_definition(name="errors", queryString="limit 1", logGroupNames=[GROUP])
    second = logs.put_query_definition(name="errors of a", queryString="limit 2")
    logs.put_query_definition(name="other", queryString="limit 3")
    changed = logs.put_query_definition(
        name="errors", queryString="limit 9", queryDefinitionId=first["queryDefinitionId"]
    )

    page = logs.describe_query_definitions(queryDefinitionNamePrefix="err", maxResults=1)
    rest = logs.describe_query_definitions(
        queryDefinitionNamePrefix="err", maxResults=1, nextToken=page["nextToken"]
    )

    assert changed == first | {"ResponseMetadata": changed["ResponseMetadata"]}
    assert page["queryDefinitions"][0]["queryString"] == "limit 9"
    assert page["queryDefinitions"][0]["logGroupNames"] == []
    assert rest["queryDefinitions"][0]["queryDefinitionId"] == second["queryDefinitionId"]
    assert "nextToken" not in rest
    assert logs.delete_query_definition(queryDefinitionId=first["queryDefinitionId"])["success"]
    for call in (logs.delete_query_definition, logs.put_query_definition):
        asked = {"name": "x", "queryString": "y"} if call == logs.put_query_definition else {}
        code, _ = refused(call, queryDefinitionId=first["queryDefinitionId"], **asked)
        assert code == "ResourceNotFoundException"


def test_the_same_client_token_saves_a_query_once(logs):
    asked = {"name": "once", "queryString": "limit 1", "clientToken": "t" * 36}

    ids = {logs.put_query_definition(**asked)["queryDefinitionId"] for _ in range(2)}

    assert len(ids) == 1
    code, _ = refused(logs.put_query_definition, **asked, queryLanguage="SQL")
    assert code == "NotImplementedException"


def put(logs, *times: int, message: str = "m", **parameters) -> dict:
    return logs.put_log_events(
        **{"logGroupName": "/writes", "logStreamName": "s"} | parameters,
        logEvents=[{"timestamp": at, "message": message} for at in times],
    )


HOUR = 3_600_000


@pytest.fixture
def written(logs):
    logs.create_log_group(logGroupName="/writes")
    logs.create_log_stream(logGroupName="/writes", logStreamName="s")
    yield lambda: [e["timestamp"] for e in logs.filter_log_events(logGroupName="/writes")["events"]]
    logs.delete_log_group(logGroupName="/writes")


def test_events_too_old_or_too_new_are_rejected_and_the_others_kept(logs, written):
    now = int(time.time() * 1000)
    times = [now - 400 * HOUR, now - 350 * HOUR, now - HOUR, now, now + 3 * HOUR, now + 4 * HOUR]

    found = put(logs, *times)

    assert found["rejectedLogEventsInfo"] == {
        "tooOldLogEventEndIndex": 2,
        "tooNewLogEventStartIndex": 4,
    }
    assert written() == times[2:4]


def test_events_before_the_retention_of_their_group_are_rejected(logs, written):
    now = int(time.time() * 1000)
    logs.put_retention_policy(logGroupName="/writes", retentionInDays=1)

    found = put(logs, now - 30 * HOUR, now)

    assert found["rejectedLogEventsInfo"] == {"expiredLogEventEndIndex": 1}
    assert written() == [now]


@pytest.mark.parametrize(
    ("hours", "message", "words"),
    [
        ([-1, -2], "m", "chronological order"),
        ([-30, -1], "m", "24 hours"),
        ([-1, -1], "x" * 600_000, "Upload too large"),
    ],
)
def test_a_batch_that_breaks_a_rule_is_refused_as_a_whole(logs, written, hours, message, words):
    now = int(time.time() * 1000)

    code, told = _refused_put(logs, [now + hour * HOUR for hour in hours], message)

    assert code == "InvalidParameterException"
    assert words in told
    assert written() == []


def _refused_put(logs, times: list[int], message: str) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        put(logs, *times, message=message)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def test_events_go_to_groups_and_streams_that_exist(logs, written):
    now = int(time.time() * 1000)

    for missing in ({"logGroupName": "/none"}, {"logStreamName": "none"}):
        with pytest.raises(ClientError) as caught:
            put(logs, now, **missing)
        assert caught.value.response["Error"]["Code"] == "ResourceNotFoundException"


def test_events_of_a_stream_are_read_forward_and_backward_to_their_ends(logs):
    def walk(**first) -> list[int]:
        asked = {"logGroupName": GROUP, "logStreamName": "a", "limit": 4}
        direction = "nextForwardToken" if first["startFromHead"] else "nextBackwardToken"
        seen, page = [], logs.get_log_events(**asked, **first)
        while page["events"]:
            seen.append([json.loads(event["message"])["n"] for event in page["events"]])
            page = logs.get_log_events(**asked, nextToken=page[direction], startFromHead=True)
        assert logs.get_log_events(**asked, nextToken=page[direction])[direction] == page[direction]
        return seen

    assert walk(startFromHead=True) == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]
    assert walk(startFromHead=False) == [[6, 7, 8, 9], [2, 3, 4, 5], [0, 1]]


def test_streams_are_listed_by_name_or_by_their_last_event(logs):
    def names(**asked) -> list[str]:
        found = logs.describe_log_streams(logGroupName=GROUP, **asked)
        return [stream["logStreamName"] for stream in found["logStreams"]]

    assert names() == ["a", "b", "c"]
    assert names(descending=True, limit=2) == ["c", "b"]
    assert names(orderBy="LastEventTime", descending=True) == ["c", "b", "a"]
    assert names(logStreamNamePrefix="b") == ["b"]
    code, _ = refused(
        logs.describe_log_streams,
        logGroupName=GROUP,
        orderBy="LastEventTime",
        logStreamNamePrefix="b",
    )
    assert code == "InvalidParameterException"


REFUSALS = {
    "InvalidParameterException", "MalformedQueryException", "NotImplementedException",
}  # fmt: skip


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.one_of(st.text(max_size=20), st.text("{}[]()$.*%?-\"'\\|=/`@# ab1", max_size=30)))
def test_any_text_is_a_pattern_and_a_query_or_refused_by_name(logs, text):
    refusals = set()
    for ask in (
        lambda: logs.filter_log_events(logGroupName=GROUP, filterPattern=text, limit=1),
        lambda: ended(logs, start(logs, text)),
    ):
        try:
            ask()
        except ClientError as error:
            refusals.add(error.response["Error"]["Code"])

    assert refusals <= REFUSALS


def test_signs_that_are_no_unicode_neither_break_a_query_nor_a_search(logs, embedded_aws):
    logs.create_log_group(logGroupName="/signs")
    logs.create_log_stream(logGroupName="/signs", logStreamName="s")
    logs.put_log_events(
        logGroupName="/signs",
        logStreamName="s",
        logEvents=[{"timestamp": millis(0), "message": "half a pair \ud800"}],
    )

    found = ended(logs, start(logs, "fields @message", logGroupName="/signs"))

    assert found["results"][0][0]["value"] == "half a pair ?"
    assert len(logs.filter_log_events(logGroupName="/signs")["events"]) == 1

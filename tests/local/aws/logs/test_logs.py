"""CloudWatch Logs through boto3."""

import time
from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import ClientError

from datalfred.local.aws.logs import install
from datalfred.local.aws.logs.insights import Event, Window, run_query

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


def test_a_query_answers_with_what_it_read(logs):
    found = logs.get_query_results(
        queryId=start(logs, "filter n >= 8 | stats count(*) as c by s | sort s desc")
    )

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
    found = logs.get_query_results(
        queryId=start(logs, "fields n | sort @timestamp desc | limit 20", limit=3)
    )

    assert [row[0]["value"] for row in found["results"]] == ["9", "9", "9"]
    assert {row[-1]["field"] for row in found["results"]} == {"@ptr"}
    assert found["statistics"]["recordsMatched"] == 30.0


def test_a_query_reads_several_groups_by_name_or_arn(logs):
    arn = "arn:aws:logs:eu-west-1:123456789012:log-group:/ecs/orders"

    found = logs.get_query_results(
        queryId=logs.start_query(
            logGroupIdentifiers=[GROUP, arn, GROUP],
            startTime=START,
            endTime=START + 60,
            queryString="stats count(*) as n by @log",
        )["queryId"]
    )

    assert [[f["value"] for f in row] for row in found["results"]] == [
        [f"123456789012:{GROUP}", "19"]
    ]


def test_past_queries_are_listed_newest_first_in_pages(logs):
    ids = [start(logs, f"limit {n}") for n in (1, 2)]

    first = logs.describe_queries(logGroupName=GROUP, maxResults=1)
    second = logs.describe_queries(logGroupName=GROUP, maxResults=1, nextToken=first["nextToken"])

    assert [first["queries"][0]["queryId"], second["queries"][0]["queryId"]] == ids[::-1]
    assert first["queries"][0]["queryString"] == "limit 2"
    assert logs.describe_queries(status="Running")["queries"] == []
    assert logs.describe_queries(logGroupName="/ecs/orders")["queries"][-1:] != ids
    assert "nextToken" not in logs.describe_queries()


def test_a_query_that_has_ended_cannot_be_stopped(logs):
    code, message = refused(logs.stop_query, queryId=start(logs, "limit 1"))

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


def test_a_live_tail_is_refused(logs):
    code, _ = refused(logs.start_live_tail, logGroupIdentifiers=[GROUP])

    assert code == "NotImplementedException"


@pytest.mark.parametrize(
    ("operation", "parameters"),
    [
        ("describe_queries", {"nextToken": "nonsense"}),
        ("describe_queries", {"maxResults": 1001}),
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


def test_twenty_thousand_events_are_queried_in_two_seconds():
    message = '{"level": "ERROR", "n": 5, "text": "' + "x" * 60 + '"}'
    events = [Event(i, i, message, "s", "g", str(i)) for i in range(20_000)]
    began = time.perf_counter()

    answer = run_query("filter n > 4 | stats count(*) as n by level", events, Window(0, 1, 1), 10)

    assert dict(answer.rows[0])["n"] == "20000"
    assert time.perf_counter() - began < 2

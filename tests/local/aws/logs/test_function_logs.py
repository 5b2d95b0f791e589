"""What functions write, in CloudWatch Logs."""

import logging
import sys
import threading
import time
from itertools import count

import pytest

from datalfred.local.aws import cloudwatch, lambda_logs
from datalfred.local.aws.lambda_lines import Recorded
from datalfred.local.aws.logs import install

_numbers = count(1)


@pytest.fixture(scope="module")
def aws(embedded_aws):
    cloudwatch.install(embedded_aws)
    install(embedded_aws)
    return embedded_aws


@pytest.fixture
def deploy(aws):
    """Deploys a handler under a name of its own; the name."""

    def deploy(handler, **more):
        name = f"writes-{next(_numbers)}"
        aws.functions.register(name, handler, **more)
        return name

    return deploy


def lines(aws, name):
    found = aws.client("logs").filter_log_events(logGroupName=f"/aws/lambda/{name}")
    return [event["message"] for event in found["events"]]


def test_what_a_function_prints_and_logs_stands_between_the_lines_of_lambda(aws, deploy, capsys):
    def handler(_event, context):
        sys.stdout.write("half ")
        sys.stdout.write("a line\nanother\n")
        logging.getLogger("mine").warning("careful, %s", "Ana")
        logging.getLogger("lambda.mine").info("fine")
        sys.stdout.write("no line break")
        return context.aws_request_id

    name = deploy(handler)
    request = aws.functions.run(name, {}).payload

    start, *between, end, report = lines(aws, name)
    assert start == f"START RequestId: {request} Version: $LATEST"
    assert between == [
        "half a line",
        "another",
        f"[WARNING] {request} careful, Ana",
        f"[INFO] {request} fine",
        "no line break",
    ]
    assert end == f"END RequestId: {request}"
    assert report.startswith(f"REPORT RequestId: {request} Duration: ")
    assert report.endswith(" Memory Size: 512 MB")
    assert "half" not in capsys.readouterr().out


def test_a_failure_is_logged_with_its_traceback_and_a_timeout_as_lambda_says_it(aws, deploy):
    def fails(_event, _context):
        raise ValueError("no such day")

    def waits(_event, _context):
        released.wait(5)

    def exits(_event, _context):
        sys.exit(3)

    released = threading.Event()
    failing, waiting = deploy(fails), deploy(waits, timeout_seconds=0.01)
    exiting = deploy(exits)
    for name in (failing, waiting, exiting):
        aws.functions.run(name, {})
    released.set()

    (error,) = lines(aws, failing)[1:-2]
    assert error.startswith("[ERROR] ValueError: no such day\nTraceback (most recent call last):\n")
    assert 'raise ValueError("no such day")' in error
    assert lines(aws, waiting)[1].endswith("Task timed out after 0.01 seconds")
    assert "exit status 3" in lines(aws, exiting)[1]


def test_an_exception_that_is_logged_brings_its_traceback(aws, deploy):
    def handler(_event, _context):
        try:
            {}["day"]
        except KeyError:
            logging.getLogger("mine").exception("mended")

    name = deploy(handler)
    aws.functions.run(name, {})

    (line,) = lines(aws, name)[1:-2]
    assert "mended\nTraceback" in line
    assert "KeyError: 'day'" in line


def test_the_stream_is_the_one_that_the_context_names(aws, deploy):
    name = deploy(lambda _event, context: context.log_stream_name)
    streams = {aws.functions.run(name, {}).payload for _ in range(2)}

    found = aws.client("logs").describe_log_streams(logGroupName=f"/aws/lambda/{name}")
    assert {stream["logStreamName"] for stream in found["logStreams"]} == streams
    assert len(streams) == 1
    assert len(lines(aws, name)) == 6


def test_a_function_that_another_invokes_has_a_log_of_its_own(aws, deploy):
    def inner(_event, _context):
        sys.stdout.write("inside\n")

    name = deploy(inner)

    def outer(_event, _context):
        sys.stdout.write("before\n")
        aws.functions.run(name, {})
        sys.stdout.write("after\n")

    calls = deploy(outer)
    aws.functions.run(calls, {})

    assert lines(aws, name)[1:-2] == ["inside"]
    assert lines(aws, calls)[1:-2] == ["before", "after"]


def test_a_metric_filter_sees_the_lines_without_anybody_reading_them(aws, deploy):
    def handler(_event, _context):
        sys.stdout.write("ERROR\n")

    name = deploy(handler)
    aws.functions.run(name, {})
    aws.client("logs").put_metric_filter(
        logGroupName=f"/aws/lambda/{name}",
        filterName="errors",
        filterPattern="ERROR",
        metricTransformations=[
            {"metricName": "errors", "metricNamespace": name, "metricValue": "1"}
        ],
    )
    aws.functions.run(name, {})

    for _ in range(500):
        if aws.client("cloudwatch").list_metrics(Namespace=name)["Metrics"]:
            return
        threading.Event().wait(0.01)
    raise AssertionError("the filter saw nothing")


def test_what_is_printed_elsewhere_goes_where_it_went(aws, deploy, capsys):
    name = deploy(lambda _event, _context: started.set() or released.wait(5))
    started, released = threading.Event(), threading.Event()
    thread = threading.Thread(target=aws.functions.run, args=(name, {}))
    before = sys.stdout
    thread.start()
    assert started.wait(5)
    sys.stdout.write("elsewhere\n")
    assert sys.stdout is not before
    assert sys.stdout.isatty() is before.isatty()
    released.set()
    thread.join(5)

    assert sys.stdout is before
    assert capsys.readouterr().out == "elsewhere\n"
    assert len(lines(aws, name)) == 3


def test_logs_that_nobody_reads_are_bounded(monkeypatch):
    monkeypatch.setattr(lambda_logs, "_KEPT", 2)
    monkeypatch.setattr(lambda_logs, "_MOST_CHARACTERS", 10)
    logs = lambda_logs.FunctionLogs()
    for text in ("one", "two", "three", "much too long a line", "four"):
        logs.add(lambda_logs.FunctionLog("eu-west-1", "g", "s", ((1, text),)))

    assert [log.lines[0][1] for log in logs.take()] == ["four"]
    assert len(logs) == 0


def test_an_invocation_keeps_a_bounded_number_of_lines():
    recorded = Recorded("f", "id")
    for _ in range(6000):
        recorded.add("x")

    assert len(recorded.lines()) == 5000


def test_a_log_costs_an_invocation_little(aws, deploy):
    name = deploy(lambda _event, _context: None)
    aws.functions.run(name, {})
    (log,) = [each for each in aws.function_logs.take() if each.group.endswith(name)]
    before = time.process_time()
    for _ in range(1000):
        aws.function_logs.add(log)

    assert time.process_time() - before < 0.1  # 0.1 ms each
    aws.function_logs.take()

"""Rules, events and targets through boto3."""

import json
import threading
from datetime import UTC, datetime

import pytest
from botocore.exceptions import ClientError

from datalfred.local.aws.message import ACCOUNT


def test_an_event_reaches_the_rules_that_match_it(bus):
    bus.rule({"detail": {"count": [{"numeric": [">", 5]}]}})
    answer = bus.put({"count": 6}, Resources=["arn:x"], Time=datetime(2026, 1, 2, tzinfo=UTC))
    bus.put({"count": 5})

    (event,) = bus.events()
    assert event == {
        "version": "0",
        "id": answer["Entries"][0]["EventId"],
        "detail-type": "tested",
        "source": bus.source,
        "account": ACCOUNT,
        "time": "2026-01-02T00:00:00Z",
        "region": "eu-west-1",
        "resources": ["arn:x"],
        "detail": {"count": 6},
    }


def test_a_disabled_rule_and_a_schedule_take_no_events(bus):
    bus.rule(State="DISABLED")
    bus.rule(name="scheduled", ScheduleExpression="rate(1 day)")
    bus.put()

    assert bus.events() == []


def test_a_function_gets_the_event(bus, function):
    bus.rule(target={"Arn": function.arn, "InputPath": "$.detail"})
    bus.put({"a": 1})

    assert function.event() == {"a": 1}


def test_a_topic_a_log_group_and_another_bus_get_the_event(bus):
    topic = bus.aws.client("sns").create_topic(Name=bus.queue)["TopicArn"]
    bus.aws.client("sns").subscribe(
        TopicArn=topic, Protocol="sqs", Endpoint=bus.arn, Attributes={"RawMessageDelivery": "true"}
    )
    logs = bus.aws.client("logs")
    logs.create_log_group(logGroupName=f"/events/{bus.queue}")
    other = bus.rules.create_event_bus(Name=bus.queue)["EventBusArn"]
    group = f"arn:aws:logs:eu-west-1:{ACCOUNT}:log-group:/events/{bus.queue}"
    bus.rule(target={"Arn": topic})
    targets = [{"Id": "logs", "Arn": group}, {"Id": "bus", "Arn": other}]
    bus.rules.put_targets(Rule=f"rule-{bus.source}", Targets=targets)
    pattern = json.dumps({"source": [bus.source]})
    bus.rules.put_rule(Name="on-the-other", EventBusName=bus.queue, EventPattern=pattern)
    bus.rules.put_targets(
        Rule="on-the-other", EventBusName=bus.queue,
        Targets=[{"Id": "q", "Arn": bus.arn, "Input": '"from the other bus"'}],
    )  # fmt: skip
    bus.put({"a": 1})

    found = bus.events()
    assert "from the other bus" in found
    assert [one["detail"] for one in found if isinstance(one, dict)] == [{"a": 1}]
    (logged,) = logs.filter_log_events(logGroupName=f"/events/{bus.queue}")["events"]
    assert json.loads(logged["message"])["detail"] == {"a": 1}


def test_a_state_machine_is_started_by_its_role(bus, monkeypatch):
    started = threading.Event()
    asked = {}

    class Machines:
        def start_execution(self, **parameters):
            asked.update(parameters)
            started.set()

    real = bus.service._delivery._clients

    def clients(service, region, role=""):
        asked["role"] = role
        return Machines() if service == "stepfunctions" else real(service, region, role)

    monkeypatch.setattr(bus.service._delivery, "_clients", clients)
    machine = f"arn:aws:states:eu-west-1:{ACCOUNT}:stateMachine:load"
    role = f"arn:aws:iam::{ACCOUNT}:role/starter"
    bus.rule(target={"Arn": machine, "RoleArn": role, "Input": '{"day": 1}'})
    bus.put()

    assert started.wait(5)
    assert asked == {"stateMachineArn": machine, "input": '{"day": 1}', "role": "starter"}


def test_what_cannot_be_delivered_goes_to_the_dead_letter_queue(bus):
    gone = f"arn:aws:lambda:eu-west-1:{ACCOUNT}:function:gone"
    bus.rule(target={"Arn": gone, "DeadLetterConfig": {"Arn": bus.arn}})
    bus.put({"a": 1})

    (message,) = bus.bodies()
    assert json.loads(message["Body"])["detail"] == {"a": 1}
    said = {name: one["StringValue"] for name, one in message["MessageAttributes"].items()}
    assert (said["TARGET_ARN"], said["ERROR_CODE"]) == (gone, "ResourceNotFoundException")


def test_without_a_dead_letter_queue_a_failure_is_logged(bus, caplog):
    gone = f"arn:aws:sqs:eu-west-1:{ACCOUNT}:gone"
    bus.rule(target={"Arn": gone})
    bus.rule(name="buried", target={"Arn": gone, "DeadLetterConfig": {"Arn": gone}})
    bus.put()

    assert "not delivered" in caplog.text
    assert "an event is lost" in caplog.text


@pytest.mark.parametrize(
    ("entry", "code"),
    [
        ({"Source": ""}, "InvalidArgument"),
        ({"DetailType": ""}, "InvalidArgument"),
        ({"Detail": ""}, "InvalidArgument"),
        ({"Detail": "{"}, "MalformedDetail"),
        ({"Detail": "[]"}, "MalformedDetail"),
        ({"Source": "aws.states"}, "NotAuthorizedForSourceException"),
    ],
)
def test_an_event_that_cannot_be_is_told_by_its_entry(bus, entry, code):
    answer = bus.put({}, **entry)

    assert answer["FailedEntryCount"] == 1
    assert answer["Entries"][0]["ErrorCode"] == code


def test_a_service_may_speak_for_itself(bus):
    bus.rule({"source": ["aws.states"], "detail-type": [bus.source]})
    entry = {"Source": "aws.states", "DetailType": bus.source, "Detail": "{}"}
    answer = bus.aws.client("events", via="states").put_events(Entries=[entry])

    assert answer["FailedEntryCount"] == 0
    assert [event["source"] for event in bus.events()] == ["aws.states"]


def test_a_bus_that_does_not_exist_takes_nothing(bus):
    with pytest.raises(bus.rules.exceptions.ResourceNotFoundException):
        bus.put({}, EventBusName="none")


def test_ten_events_go_at_once(bus):
    entry = {"Source": bus.source, "DetailType": "t", "Detail": "{}"}
    with pytest.raises(ClientError, match="from 1 to 10"):
        bus.rules.put_events(Entries=[entry] * 11)
    large = {**entry, "Detail": json.dumps({"a": "x" * 300_000})}
    with pytest.raises(ClientError, match="over the limit"):
        bus.rules.put_events(Entries=[large])


def test_a_rule_that_cannot_be_is_refused(bus):
    with pytest.raises(bus.rules.exceptions.InvalidEventPatternException, match="sounds-like"):
        bus.rule({"detail": {"a": [{"sounds-like": "b"}]}})
    with pytest.raises(ClientError, match="ScheduleExpression is not valid"):
        bus.rule(ScheduleExpression="rate(1 minutes)")


@pytest.mark.parametrize(
    ("target", "says"),
    [
        ({"Arn": "arn:aws:kinesis:eu-west-1:1:stream/a"}, "not emulated"),
        ({"Arn": "arn:aws:events:eu-west-1:1:api-destination/a/b"}, "not emulated"),
        ({"Arn": f"arn:aws:states:eu-west-1:{ACCOUNT}:stateMachine:a"}, "RoleArn"),
        ({"EcsParameters": {"TaskDefinitionArn": "a"}}, "not emulated"),
        ({"Input": "{}", "InputPath": "$.a"}, "Only one of"),
    ],
)
def test_a_target_that_cannot_be_called_is_refused(bus, target, says):
    with pytest.raises(ClientError, match=says):
        bus.rule(target=target)


def test_a_pattern_can_be_tried(bus):
    event = {
        "id": "1", "detail-type": "t", "source": "s", "account": "1",
        "time": "2026-11-20T10:00:00Z", "region": "r", "resources": [], "detail": {"a": [1, 2]},
    }  # fmt: skip

    def tried(pattern, one):
        return bus.rules.test_event_pattern(
            EventPattern=json.dumps(pattern), Event=json.dumps(one)
        )["Result"]

    assert tried({"detail": {"a": [2]}}, event) is True
    assert tried({"detail": {"a": [3]}}, event) is False
    for wrong in ({"id": "1"}, 5):
        with pytest.raises(ClientError, match="Event is not valid"):
            tried({"source": ["s"]}, wrong)


def test_a_schedule_calls_its_function(bus, function):
    bus.rule(name="resume", ScheduleExpression="rate(5 minutes)", target={"Arn": function.arn})
    bus.passes(minutes=4)
    bus.passes(minutes=1)
    event = function.event()
    assert (event["detail-type"], event["source"]) == ("Scheduled Event", "aws.events")
    assert event["resources"] == [f"arn:aws:events:eu-west-1:{ACCOUNT}:rule/resume"]
    assert event["time"] == bus.clock.now.strftime("%Y-%m-%dT%H:%M:%SZ")


def test_a_schedule_that_was_late_fires_once(bus):
    bus.rule(name="late", ScheduleExpression="rate(1 minute)")
    bus.passes(hours=1)

    assert len(bus.events()) == 1
    assert bus.service.next_due() == bus.clock.now.timestamp() + 60


def test_a_schedule_can_be_paused_changed_and_ended(bus):
    bus.rule(name="paused", ScheduleExpression="rate(1 minute)")
    bus.rules.disable_rule(Name="paused")
    bus.passes(minutes=2)
    assert bus.events() == []
    bus.rules.enable_rule(Name="paused")
    bus.passes(minutes=1)
    assert len(bus.events()) == 1
    bus.rule(name="paused")
    bus.passes(minutes=5)
    assert bus.events() == []
    bus.rule(name="paused", ScheduleExpression="rate(1 minute)")
    bus.rules.remove_targets(Rule="paused", Ids=["t"])
    bus.rules.delete_rule(Name="paused")

    bus.passes(minutes=5)

    assert bus.events() == []


def test_archives_are_refused(bus):
    arn = f"arn:aws:events:eu-west-1:{ACCOUNT}:event-bus/default"
    with pytest.raises(ClientError, match="does not implement"):
        bus.rules.create_archive(ArchiveName="a", EventSourceArn=arn)

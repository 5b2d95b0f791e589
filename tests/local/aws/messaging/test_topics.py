"""SNS: topics that deliver to queues and functions."""

import json
import threading
from itertools import count

import pytest
from botocore.exceptions import ClientError

from datalfred.local.aws import messaging
from datalfred.local.aws.message import ACCOUNT

_numbers = count(1)


class Talk:
    """A topic and a queue that is subscribed to it."""

    def __init__(self, aws, suffix="") -> None:
        self.aws = aws
        self.sns, self.sqs = aws.client("sns"), aws.client("sqs")
        self.name = f"talk-{next(_numbers)}{suffix}"
        fifo = {"FifoQueue": "true"} if suffix else {}
        self.url = self.sqs.create_queue(QueueName=self.name, Attributes=fifo)["QueueUrl"]
        self.queue = f"arn:aws:sqs:eu-west-1:{ACCOUNT}:{self.name}"
        fifo = {"FifoTopic": "true"} if suffix else {}
        self.topic = self.sns.create_topic(Name=self.name, Attributes=fifo)["TopicArn"]

    def subscribe(self, endpoint="", protocol="sqs", **attributes):
        return self.sns.subscribe(
            TopicArn=self.topic,
            Protocol=protocol,
            Endpoint=endpoint or self.queue,
            Attributes=attributes,
            ReturnSubscriptionArn=True,
        )["SubscriptionArn"]

    def publish(self, message="hello", **more):
        return self.sns.publish(TopicArn=self.topic, Message=message, **more)["MessageId"]

    def got(self):
        found = []
        while True:
            messages = self.sqs.receive_message(
                QueueUrl=self.url,
                MaxNumberOfMessages=10,
                MessageAttributeNames=["All"],
                AttributeNames=["All"],
            ).get("Messages", [])
            if not messages:
                return found
            for one in messages:
                found.append(one)
                self.sqs.delete_message(QueueUrl=self.url, ReceiptHandle=one["ReceiptHandle"])


@pytest.fixture(scope="module")
def installed(embedded_aws):
    messaging.install(embedded_aws)
    return embedded_aws


@pytest.fixture
def talk(installed):
    return Talk(installed)


def text(value):
    return {"DataType": "String", "StringValue": value}


def number(value):
    return {"DataType": "Number", "StringValue": value}


def test_a_queue_gets_an_envelope(talk):
    subscription = talk.subscribe()
    identity = talk.publish(Subject="greeting", MessageAttributes={"kind": text("a")})

    (message,) = talk.got()
    envelope = json.loads(message["Body"])
    assert (envelope["Type"], envelope["MessageId"]) == ("Notification", identity)
    assert (envelope["Message"], envelope["Subject"]) == ("hello", "greeting")
    assert envelope["TopicArn"] == talk.topic
    assert envelope["MessageAttributes"] == {"kind": {"Type": "String", "Value": "a"}}
    assert envelope["UnsubscribeURL"].endswith(subscription)


def test_raw_delivery_has_the_message_and_its_attributes(talk):
    talk.subscribe(RawMessageDelivery="true")
    binary = {"DataType": "Binary", "BinaryValue": b"\x01"}
    talk.publish(MessageAttributes={"kind": text("a"), "n": number("5"), "b": binary})

    (message,) = talk.got()
    assert message["Body"] == "hello"
    attributes = message["MessageAttributes"]
    assert attributes["kind"]["StringValue"] == "a"
    assert attributes["n"] == {"StringValue": "5", "DataType": "Number"}


def test_a_function_gets_a_record(talk):
    came, events = threading.Event(), []

    def handle(event, _context):
        events.append(event)
        came.set()

    arn = talk.aws.functions.register(talk.name, handle).arn
    subscription = talk.subscribe(arn, "lambda")
    talk.publish(Subject="greeting", MessageAttributes={"kind": text("a")})

    assert came.wait(5)
    (record,) = events[0]["Records"]
    assert (record["EventSource"], record["EventSubscriptionArn"]) == ("aws:sns", subscription)
    assert (record["Sns"]["Message"], record["Sns"]["Subject"]) == ("hello", "greeting")
    assert record["Sns"]["MessageAttributes"] == {"kind": {"Type": "String", "Value": "a"}}
    assert "SigningCertUrl" in record["Sns"]


@pytest.mark.parametrize(
    ("policy", "attributes", "found"),
    [
        ({"kind": ["a"]}, {"kind": text("a")}, True),
        ({"kind": ["a"]}, {"kind": text("b")}, False),
        ({"kind": ["a"]}, {}, False),
        ({"kind": [{"prefix": "ab"}]}, {"kind": text("abc")}, True),
        ({"kind": [{"suffix": "bc"}]}, {"kind": text("abc")}, True),
        ({"kind": [{"anything-but": ["a"]}]}, {"kind": text("b")}, True),
        ({"kind": [{"anything-but": ["a"]}]}, {"kind": text("a")}, False),
        ({"kind": [{"anything-but": {"prefix": "a"}}]}, {"kind": text("abc")}, False),
        ({"kind": [{"equals-ignore-case": "AbC"}]}, {"kind": text("aBc")}, True),
        ({"kind": [{"exists": False}]}, {}, True),
        ({"n": [{"numeric": [">", 4, "<=", 5]}]}, {"n": number("5")}, True),
        ({"n": [5]}, {"n": number("5.0")}, True),
        ({"n": ["5"]}, {"n": number("5")}, False),
        (
            {"tags": ["b"]},
            {"tags": {"DataType": "String.Array", "StringValue": '["a", "b"]'}},
            True,
        ),
        ({"kind": ["a"], "n": [1]}, {"kind": text("a"), "n": number("2")}, False),
    ],
)
def test_a_filter_policy_looks_at_attributes(talk, policy, attributes, found):
    talk.subscribe(FilterPolicy=json.dumps(policy))
    talk.publish(MessageAttributes=attributes)

    assert bool(talk.got()) is found


@pytest.mark.parametrize(
    ("body", "found"),
    [('{"a": {"b": [1, 2]}}', True), ('{"a": {"b": 3}}', False), ("no json", False), ("[]", False)],
)
def test_a_filter_policy_can_look_at_the_body(talk, body, found):
    talk.subscribe(FilterPolicy='{"a": {"b": [2]}}', FilterPolicyScope="MessageBody")
    talk.publish(body)

    assert bool(talk.got()) is found


def test_a_policy_can_be_set_and_taken_back(talk):
    subscription = talk.subscribe()
    for policy in ('{"kind": ["a"]}', "{}"):
        talk.sns.set_subscription_attributes(
            SubscriptionArn=subscription, AttributeName="FilterPolicy", AttributeValue=policy
        )
        talk.publish()

    assert len(talk.got()) == 1


def test_a_policy_that_cannot_be_is_refused(talk):
    subscription = talk.subscribe()
    with pytest.raises(ClientError, match="FilterPolicy"):
        talk.sns.set_subscription_attributes(
            SubscriptionArn=subscription,
            AttributeName="FilterPolicy",
            AttributeValue='{"kind": [{"sounds-like": "a"}]}',
        )
    with pytest.raises(ClientError, match="FilterPolicy"):
        talk.subscribe(FilterPolicy='{"kind": "a"}')


def test_a_message_can_differ_by_protocol(talk):
    talk.subscribe(RawMessageDelivery="true")
    talk.publish(json.dumps({"default": "d", "sqs": "for queues"}), MessageStructure="json")
    talk.publish(json.dumps({"default": "d"}), MessageStructure="json")

    assert [one["Body"] for one in talk.got()] == ["for queues", "d"]


def test_a_batch_is_published_one_by_one(talk):
    talk.subscribe(RawMessageDelivery="true")
    entries = [{"Id": str(n), "Message": f"m{n}"} for n in range(3)]
    talk.sns.publish_batch(TopicArn=talk.topic, PublishBatchRequestEntries=entries)

    assert [one["Body"] for one in talk.got()] == ["m0", "m1", "m2"]


def test_a_fifo_topic_keeps_groups_and_drops_repetitions(installed):
    talk = Talk(installed, ".fifo")
    talk.subscribe(RawMessageDelivery="true")
    for text_, number_ in (("a", "1"), ("a again", "1"), ("b", "2")):
        talk.publish(text_, MessageGroupId="g", MessageDeduplicationId=number_)
    # A group waits until what was received of it is deleted.
    got = talk.got()

    assert [one["Body"] for one in got] == ["a", "b"]
    assert {one["Attributes"]["MessageGroupId"] for one in got} == {"g"}


def test_what_cannot_be_delivered_goes_to_the_dead_letter_queue(talk, caplog):
    gone = f"arn:aws:sqs:eu-west-1:{ACCOUNT}:gone"
    talk.subscribe(gone, RedrivePolicy=json.dumps({"deadLetterTargetArn": talk.queue}))
    talk.publish("lost?")

    assert [json.loads(one["Body"])["Message"] for one in talk.got()] == ["lost?"]
    assert "not delivered" in caplog.text


def test_without_a_dead_letter_queue_the_publisher_is_answered_all_the_same(talk, caplog):
    gone = f"arn:aws:sqs:eu-west-1:{ACCOUNT}:gone"
    talk.subscribe(gone)
    talk.subscribe(f"arn:aws:lambda:eu-west-1:{ACCOUNT}:function:gone", "lambda")
    other = Talk(talk.aws)
    other.subscribe(gone, RedrivePolicy=json.dumps({"deadLetterTargetArn": gone}))

    assert talk.publish()
    assert other.publish()
    assert caplog.text.count("not delivered") == 3
    assert "a notice is lost" in caplog.text


@pytest.mark.parametrize(
    ("protocol", "endpoint"),
    [("email", "a@example.com"), ("https", "https://example.com"), ("sms", "+491700000000")],
)
def test_other_protocols_are_refused(talk, protocol, endpoint):
    with pytest.raises(ClientError, match="does not implement SNS subscriptions"):
        talk.subscribe(endpoint, protocol)


def test_phones_are_refused(talk):
    with pytest.raises(ClientError, match="does not implement SNS messages to phones"):
        talk.sns.publish(PhoneNumber="+491700000000", Message="x")


def test_a_topic_that_does_not_exist_is_told(talk):
    with pytest.raises(talk.sns.exceptions.NotFoundException):
        talk.sns.publish(TopicArn=talk.topic + "x", Message="m")

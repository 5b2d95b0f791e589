"""SQS: what moto does right, and the message move tasks that it lacks."""

import json
import threading
from itertools import count

import pytest
from botocore.exceptions import ClientError

from datalfred.local.aws import messaging
from datalfred.local.aws.message import ACCOUNT

_numbers = count(1)


@pytest.fixture(scope="module")
def sqs(embedded_aws):
    messaging.install(embedded_aws)
    return embedded_aws.client("sqs")


class Queue:
    """A queue of its own."""

    def __init__(self, sqs, name="", **attributes) -> None:
        self.sqs = sqs
        self.name = name or f"queue-{next(_numbers)}"
        self.arn = f"arn:aws:sqs:eu-west-1:{ACCOUNT}:{self.name}"
        self.url = sqs.create_queue(QueueName=self.name, Attributes=attributes)["QueueUrl"]

    def send(self, body, **more):
        return self.sqs.send_message(QueueUrl=self.url, MessageBody=body, **more)

    def receive(self, **more):
        asked = {"QueueUrl": self.url, "MaxNumberOfMessages": 10, "AttributeNames": ["All"]}
        return self.sqs.receive_message(**asked | more).get("Messages", [])

    def count(self):
        """How many messages it has, visible or not."""
        found = self.sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=["All"])
        names = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")
        return sum(int(found["Attributes"][name]) for name in names)


@pytest.fixture
def dead(sqs):
    """A dead-letter queue and the queue that sends there after one attempt."""
    letters = Queue(sqs)
    policy = json.dumps({"deadLetterTargetArn": letters.arn, "maxReceiveCount": 1})
    return letters, Queue(sqs, RedrivePolicy=policy, VisibilityTimeout="0")


def test_a_message_that_is_not_deleted_comes_back_when_its_time_is_over(sqs):
    queue = Queue(sqs)
    queue.send("a")
    (first,) = queue.receive(VisibilityTimeout=30)
    assert queue.receive() == []

    handle = first["ReceiptHandle"]
    sqs.change_message_visibility(QueueUrl=queue.url, ReceiptHandle=handle, VisibilityTimeout=0)
    (second,) = queue.receive()

    assert second["Attributes"]["ApproximateReceiveCount"] == "2"
    sqs.delete_message(QueueUrl=queue.url, ReceiptHandle=second["ReceiptHandle"])
    assert queue.receive(WaitTimeSeconds=0) == []


def test_a_long_poll_ends_with_the_first_message(sqs):
    queue, got = Queue(sqs), []
    waiting = threading.Thread(target=lambda: got.extend(queue.receive(WaitTimeSeconds=20)))
    waiting.start()
    queue.send("a")
    waiting.join(10)

    assert [one["Body"] for one in got] == ["a"]


def test_a_fifo_queue_drops_repetitions_and_holds_a_group(sqs):
    queue = Queue(sqs, f"fifo-{next(_numbers)}.fifo", FifoQueue="true")
    for body, group, identity in (
        ("a", "g", "1"),
        ("a", "g", "1"),
        ("b", "g", "2"),
        ("c", "h", "3"),
    ):
        queue.send(body, MessageGroupId=group, MessageDeduplicationId=identity)
    first = queue.receive(MaxNumberOfMessages=1)
    others = queue.receive()

    assert [one["Body"] for one in first] == ["a"]
    assert [one["Body"] for one in others] == ["c"]


def test_a_message_that_fails_too_often_is_a_dead_letter(dead):
    letters, source = dead
    source.send("a")
    source.receive()
    assert source.receive() == []

    assert [one["Body"] for one in letters.receive()] == ["a"]


def test_dead_letters_move_back_to_where_they_came_from(sqs, dead):
    letters, source = dead
    for number in range(12):
        attributes = {"n": {"DataType": "Number", "StringValue": str(number)}}
        letters.send(f"m{number}", MessageAttributes=attributes)
    handle = sqs.start_message_move_task(SourceArn=letters.arn)["TaskHandle"]

    moved = source.receive(MessageAttributeNames=["All"])
    assert len(moved) == 10
    assert moved[0]["MessageAttributes"]["n"]["StringValue"] == moved[0]["Body"][1:]
    assert letters.receive() == []
    assert letters.count() == 0
    (task,) = sqs.list_message_move_tasks(SourceArn=letters.arn)["Results"]
    assert (task["Status"], task["ApproximateNumberOfMessagesMoved"]) == ("COMPLETED", 12)
    assert "TaskHandle" not in task
    with pytest.raises(sqs.exceptions.ResourceNotFoundException, match="not running"):
        sqs.cancel_message_move_task(TaskHandle=handle)
    with pytest.raises(sqs.exceptions.ResourceNotFoundException, match="does not exist"):
        sqs.cancel_message_move_task(TaskHandle="x")


def test_dead_letters_can_move_elsewhere(sqs, dead):
    letters, source = dead
    elsewhere = Queue(sqs)
    letters.send("a")
    sqs.start_message_move_task(
        SourceArn=letters.arn, DestinationArn=elsewhere.arn, MaxNumberOfMessagesPerSecond=5
    )

    assert source.receive() == []
    assert [one["Body"] for one in elsewhere.receive()] == ["a"]


def test_dead_letters_of_a_fifo_queue_keep_their_group(sqs):
    letters = Queue(sqs, f"letters-{next(_numbers)}.fifo", FifoQueue="true")
    policy = json.dumps({"deadLetterTargetArn": letters.arn, "maxReceiveCount": 1})
    source = Queue(sqs, f"source-{next(_numbers)}.fifo", FifoQueue="true", RedrivePolicy=policy)
    letters.send("a", MessageGroupId="g", MessageDeduplicationId="1")
    sqs.start_message_move_task(SourceArn=letters.arn)

    (moved,) = source.receive()
    assert moved["Attributes"]["MessageGroupId"] == "g"


def test_letters_of_several_queues_need_a_destination(sqs, dead):
    letters, _ = dead
    Queue(sqs, RedrivePolicy=json.dumps({"deadLetterTargetArn": letters.arn, "maxReceiveCount": 1}))
    with pytest.raises(ClientError, match="name the DestinationArn"):
        sqs.start_message_move_task(SourceArn=letters.arn)


def test_only_a_dead_letter_queue_can_be_moved(sqs):
    with pytest.raises(ClientError, match="Dead Letter Queue"):
        sqs.start_message_move_task(SourceArn=Queue(sqs).arn)
    with pytest.raises(sqs.exceptions.ResourceNotFoundException):
        sqs.start_message_move_task(SourceArn=f"arn:aws:sqs:eu-west-1:{ACCOUNT}:gone")

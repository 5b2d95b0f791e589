"""SQS: moves the messages of a dead-letter queue back to where they came from.

Source: StartMessageMoveTask in the API reference of SQS. A task is done before its start is
answered: the queues of a laptop are small.
"""

import base64
import json
import threading
import uuid
from collections import deque
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from datalfred.local.aws.compute.wire import Call, JsonApi
from datalfred.local.aws.faults import FaultError
from datalfred.local.aws.message import Request, Response

Client = Callable[[str, str], Any]
"""A boto3 client of a service in a region, that calls on behalf of SQS."""

_BATCH = 10
_TASKS_KEPT = 100
_LISTED, _MOST_LISTED = 1, 10


class MessageMoves:
    """Answers the three operations on message move tasks; moto does all others."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._lock = threading.Lock()
        self._tasks: deque[dict[str, Any]] = deque(maxlen=_TASKS_KEPT)
        self._api = JsonApi(
            "AmazonSQS",
            {
                "StartMessageMoveTask": self._start,
                "ListMessageMoveTasks": self._list,
                "CancelMessageMoveTask": self._cancel,
            },
            version="1.0",
        )

    def handle(self, request: Request) -> Response | None:
        """The answer to an operation of ours; None for every other."""
        return self._api.handle(request)

    def _start(self, call: Call) -> Mapping[str, Any]:
        source = str(call.get("SourceArn", ""))
        sqs = self._client("sqs", call.region)
        url = _url(sqs, source)
        sources = sqs.list_dead_letter_source_queues(QueueUrl=url).get("queueUrls", [])
        if not sources:
            raise FaultError(
                "InvalidParameterValue", "Source queue must be configured as a Dead Letter Queue."
            )
        destination = call.get("DestinationArn")
        if destination is None and len(sources) > 1:
            raise FaultError(
                "InvalidParameterValue",
                "Several queues send their dead letters there, and the embedded AWS does not know"
                " which message came from which: name the DestinationArn.",
            )
        target = _url(sqs, destination) if destination else sources[0]
        task: dict[str, Any] = {
            "TaskHandle": base64.b64encode(
                json.dumps({"taskId": str(uuid.uuid4()), "sourceArn": source}).encode()
            ).decode(),
            "Status": "COMPLETED",
            "SourceArn": source,
            "StartedTimestamp": int(datetime.now(UTC).timestamp() * 1000),
            "DestinationArn": destination,
            "MaxNumberOfMessagesPerSecond": call.get("MaxNumberOfMessagesPerSecond"),
            "ApproximateNumberOfMessagesToMove": 0,
        }
        with self._lock:
            moved = _move(sqs, url, target)
            task |= dict.fromkeys(
                ("ApproximateNumberOfMessagesMoved", "ApproximateNumberOfMessagesToMove"), moved
            )
            self._tasks.appendleft({name: v for name, v in task.items() if v is not None})
        return {"TaskHandle": task["TaskHandle"]}

    def _list(self, call: Call) -> Mapping[str, Any]:
        source = str(call.get("SourceArn", ""))
        _url(self._client("sqs", call.region), source)
        size = min(int(call.get("MaxResults", _LISTED)), _MOST_LISTED)
        found = [task for task in self._tasks if task["SourceArn"] == source][:size]
        # Only a running task has a handle.
        return {"Results": [{k: v for k, v in task.items() if k != "TaskHandle"} for task in found]}

    def _cancel(self, call: Call) -> Mapping[str, Any]:
        known = any(task["TaskHandle"] == call.get("TaskHandle") for task in self._tasks)
        what = "is not running any more" if known else "does not exist"
        raise FaultError("ResourceNotFoundException", f"The message movement task {what}.")


def _url(sqs: Any, arn: str) -> str:
    name = arn.rpartition(":")[2]
    try:
        return str(sqs.get_queue_url(QueueName=name)["QueueUrl"])
    except sqs.exceptions.QueueDoesNotExist:
        raise FaultError(
            "ResourceNotFoundException", f"The resource {arn} does not exist."
        ) from None


def _move(sqs: Any, source: str, target: str) -> int:
    """Moves all visible messages; how many those were."""
    moved = 0
    while True:
        batch = sqs.receive_message(
            QueueUrl=source,
            MaxNumberOfMessages=_BATCH,
            AttributeNames=["All"],
            MessageAttributeNames=["All"],
            WaitTimeSeconds=0,
        ).get("Messages", [])
        if not batch:
            return moved
        for message in batch:
            attributes = message.get("Attributes", {})
            grouped = {
                name: attributes[name]
                for name in ("MessageGroupId", "MessageDeduplicationId")
                if name in attributes
            }
            sqs.send_message(
                QueueUrl=target,
                MessageBody=message["Body"],
                MessageAttributes=message.get("MessageAttributes", {}),
                **grouped,
            )
            sqs.delete_message(QueueUrl=source, ReceiptHandle=message["ReceiptHandle"])
            moved += 1

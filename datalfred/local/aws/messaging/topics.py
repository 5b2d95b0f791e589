"""SNS: what is published reaches queues and our own functions.

moto keeps topics and subscriptions; its delivery is replaced, because it knows neither the
functions of the Lambda host nor all operators of filter policies. Subscriptions of other protocols
than ``sqs`` and ``lambda`` are refused.
"""

import json
import logging
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from datalfred.local.aws.events.patterns import (
    Matches,
    PatternError,
    Written,
    compile_pattern,
    read_json,
)
from datalfred.local.aws.faults import FaultError, not_implemented
from datalfred.local.aws.message import Request, Response

if TYPE_CHECKING:
    from moto.sns.models import Subscription

logger = logging.getLogger(__name__)

Client = Callable[[str, str], Any]
"""A boto3 client of a service in a region, that calls on behalf of SNS."""

Attributes = Mapping[str, Mapping[str, Any]]
"""Message attributes as moto hands them on: ``Type`` and ``Value`` by name."""

_PROTOCOLS = {"sqs", "lambda"}
_NO_POLICY = {None, "", "{}"}
_UNSIGNED = "EXAMPLE"
"""In place of a signature: the certificate's URL of a laptop could prove nothing."""


class Topics:
    """Never answers but to refuse: it makes sure that moto delivers through it."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._stock: Any = None

    def handle(self, request: Request) -> Response | None:
        """None, once moto delivers through this; or a refusal."""
        if request.caller.service != "sns":
            return None
        form = request.form()
        action = form.get("Action", "")
        if action == "Subscribe" and form.get("Protocol") not in _PROTOCOLS:
            return not_implemented(request, f"SNS subscriptions of {form.get('Protocol')!r}")
        if action == "Publish" and (
            "PhoneNumber" in form or ":endpoint/" in form.get("TargetArn", "")
        ):
            return not_implemented(request, "SNS messages to phones and devices")
        if action in {"Subscribe", "SetSubscriptionAttributes"}:
            _check_policies(form)
        self._take_over()
        return None

    def _take_over(self) -> None:
        # One embedded AWS at a time has moto, and gives it back as it was.
        if self._stock is None:
            from moto.sns.models import Subscription

            self._stock = Subscription.publish
            Subscription.publish = _published(self)  # type: ignore[method-assign]  # moto has no hook

    def close(self) -> None:
        """Gives moto its own delivery back."""
        if self._stock is not None:
            from moto.sns.models import Subscription

            Subscription.publish = self._stock  # type: ignore[method-assign]  # as above

    def deliver(self, subscription: "Subscription", notice: "Notice") -> None:
        """Brings a notice to a subscription that wants it; a failure goes to its queue, if any."""
        if not _wants(subscription, notice):
            return
        try:
            if subscription.protocol == "sqs":
                raw = str(subscription.attributes.get("RawMessageDelivery", "")).lower() == "true"
                self._to_queue(subscription.endpoint, notice, subscription, raw=raw)
            else:
                self._to_function(subscription, notice)
        except Exception as problem:  # noqa: BLE001 -- the publisher has its answer, whatever a subscriber says
            logger.warning(
                "subscription=<%s>, problem=<%s> | not delivered", subscription.arn, problem
            )
            self._bury(subscription, notice)

    def _to_queue(
        self, arn: str, notice: "Notice", subscription: "Subscription", *, raw: bool
    ) -> None:
        sqs = self._client("sqs", arn.split(":")[3])
        url = sqs.get_queue_url(QueueName=arn.rpartition(":")[2])["QueueUrl"]
        message: dict[str, Any] = {"MessageBody": json.dumps(notice.envelope(subscription))}
        if raw:
            attributes = {name: _for_queue(one) for name, one in notice.attributes.items()}
            message = {"MessageBody": notice.message, "MessageAttributes": attributes}
        if arn.endswith(".fifo") and notice.group:
            message |= {
                "MessageGroupId": notice.group,
                "MessageDeduplicationId": notice.deduplication or notice.number,
            }
        sqs.send_message(QueueUrl=url, **message)

    def _to_function(self, subscription: "Subscription", notice: "Notice") -> None:
        arn = subscription.endpoint
        envelope = notice.envelope(subscription)
        sns = {_LAMBDA_NAMES.get(name, name): value for name, value in envelope.items()} | {
            "Subject": notice.subject,
            "MessageAttributes": notice.attributes,
        }
        record = {
            "EventSource": "aws:sns",
            "EventVersion": "1.0",
            "EventSubscriptionArn": subscription.arn,
            "Sns": sns,
        }
        self._client("lambda", arn.split(":")[3]).invoke(
            FunctionName=arn,
            InvocationType="Event",
            Payload=json.dumps({"Records": [record]}).encode(),
        )

    def _bury(self, subscription: "Subscription", notice: "Notice") -> None:
        policy = subscription.attributes.get("RedrivePolicy")
        if not policy:
            return
        arn = json.loads(policy)["deadLetterTargetArn"]
        try:
            self._to_queue(arn, notice, subscription, raw=False)
        except Exception as problem:  # noqa: BLE001 -- there is no further place for the message
            logger.warning("queue=<%s>, problem=<%s> | a notice is lost", arn, problem)


_LAMBDA_NAMES = {"SigningCertURL": "SigningCertUrl", "UnsubscribeURL": "UnsubscribeUrl"}


class Notice:
    """One message that was published, as one subscription gets it."""

    def __init__(self, subscription: "Subscription", given: Mapping[str, Any]) -> None:
        self.number = str(given["message_id"])
        self.message = str(given["message"])
        if given.get("message_structure") == "json":
            texts = json.loads(self.message)
            self.message = str(texts.get(subscription.protocol, texts["default"]))
        self.subject = given.get("subject")
        self.attributes: Attributes = given.get("message_attributes") or {}
        self.group = str(given.get("group_id") or "")
        self.deduplication = str(given.get("deduplication_id") or "")
        self.at = datetime.now(UTC)

    def envelope(self, subscription: "Subscription") -> dict[str, Any]:
        """The JSON document that a queue gets."""
        region = subscription.topic.arn.split(":")[3]
        host = f"https://sns.{region}.amazonaws.com"
        found: dict[str, Any] = {
            "Type": "Notification",
            "MessageId": self.number,
            "TopicArn": subscription.topic.arn,
            "Subject": self.subject,
            "Message": self.message,
            "Timestamp": self.at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "SignatureVersion": "1",
            "Signature": _UNSIGNED,
            "SigningCertURL": f"{host}/SimpleNotificationService-{_UNSIGNED}.pem",
            "UnsubscribeURL": f"{host}/?Action=Unsubscribe&SubscriptionArn={subscription.arn}",
            "MessageAttributes": self.attributes or None,
        }
        return {name: value for name, value in found.items() if value is not None}


def _published(topics: Topics) -> Callable[..., None]:
    def publish(subscription: "Subscription", message: str, message_id: str, **more: Any) -> None:
        given = {"message": message, "message_id": message_id or str(uuid.uuid4()), **more}
        topics.deliver(subscription, Notice(subscription, given))

    return publish


def _for_queue(attribute: Mapping[str, Any]) -> dict[str, Any]:
    if str(attribute["Type"]).startswith("Binary"):
        return {"DataType": attribute["Type"], "BinaryValue": attribute["Value"]}
    return {"DataType": attribute["Type"], "StringValue": str(attribute["Value"])}


def _wants(subscription: "Subscription", notice: Notice) -> bool:
    """Whether a notice passes the filter policy of a subscription."""
    policy = subscription.attributes.get("FilterPolicy")
    if policy in _NO_POLICY:
        return True
    matches = _policy(policy)
    if subscription.attributes.get("FilterPolicyScope") == "MessageBody":
        try:
            body = read_json(notice.message)
        except ValueError:
            return False
        return isinstance(body, dict) and matches(body)
    return matches({name: _value(one) for name, one in notice.attributes.items()})


def _value(attribute: Mapping[str, Any]) -> Any:
    text = str(attribute["Value"])
    if attribute["Type"] == "Number":
        return Written(text)
    return read_json(text) if attribute["Type"] == "String.Array" else text


@lru_cache(maxsize=256)
def _policy(text: str) -> Matches:
    try:
        return compile_pattern(text, by_value=True)
    except PatternError as problem:
        raise FaultError(
            "InvalidParameter", f"Invalid parameter: FilterPolicy: {problem}"
        ) from None


def _check_policies(form: Mapping[str, str]) -> None:
    """Looks at the filter policy that a subscription is given."""
    if form.get("AttributeName") == "FilterPolicy" and form.get("AttributeValue") not in _NO_POLICY:
        _policy(form["AttributeValue"])
    for name, value in form.items():
        if name.endswith(".key") and value == "FilterPolicy":
            _policy(form[name.removesuffix("key") + "value"])

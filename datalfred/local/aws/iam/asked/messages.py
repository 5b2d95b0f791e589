"""What a call of SQS, SNS, EventBridge, Secrets Manager or KMS asks for.

Sources, of https://docs.aws.amazon.com/service-authorization/latest/reference/:
list_amazonsqs.html, list_amazonsns.html, list_amazoneventbridge.html,
list_awssecretsmanager.html and list_awskeymanagementservice.html.
"""

from types import MappingProxyType

from datalfred.local.aws.iam.asked.called import (
    Asks,
    Called,
    everything,
    named,
    passed,
    unknown,
)
from datalfred.local.aws.iam.evaluation import Ask

_SQS_BATCHES = MappingProxyType(
    {
        "ChangeMessageVisibilityBatch": "ChangeMessageVisibility",
        "DeleteMessageBatch": "DeleteMessage",
        "SendMessageBatch": "SendMessage",
    }
)
_SNS_LISTS = {"ListSubscriptions", "ListTopics", "Unsubscribe"}
_EVENTS_LISTS = {"ListEventBuses", "ListEventSources", "ListArchives", "ListConnections"}
_SECRETS_LISTS = {"GetRandomPassword", "ListSecrets"}
_KMS_LISTS = {"CreateKey", "GenerateRandom", "ListAliases", "ListKeys"}


def asks_of_sqs(called: Called) -> Asks:
    """The asks of one call of SQS; a queue's URL ends in its name."""
    action = f"sqs:{_SQS_BATCHES.get(called.operation, called.operation)}"
    name = called.text("QueueName") or called.text("QueueUrl").rpartition("/")[2]
    if called.operation == "ListQueues":
        return [Ask(action, called.arn("sqs", f"{called.text('QueueNamePrefix')}*"))]
    return [Ask(action, called.arn("sqs", name))] if name else [unknown(action)]


def asks_of_sns(called: Called) -> Asks:
    """The asks of one call of SNS; publishing a batch is publishing."""
    action = f"sns:{'Publish' if called.operation == 'PublishBatch' else called.operation}"
    if called.operation in _SNS_LISTS:
        return [everything(action)]
    arn = called.text("TopicArn", "TargetArn", "ResourceArn")
    if not arn and called.operation == "CreateTopic":
        arn = called.arn("sns", called.text("Name"))
    if not arn and called.text("SubscriptionArn"):
        arn = called.text("SubscriptionArn").rpartition(":")[0]
    if not arn and called.operation == "Publish":
        return [everything(action)]  # to a telephone number
    return [Ask(action, arn)] if arn else [unknown(action)]


def asks_of_events(called: Called) -> Asks:
    """The asks of one call of EventBridge."""
    action = f"events:{called.operation}"
    if called.operation in _EVENTS_LISTS:
        return [everything(action)]
    if called.operation == "PutEvents":
        entries = called.input.get("Entries")
        listed = entries if isinstance(entries, list) else []
        buses = {str(each.get("EventBusName") or "default") for each in listed}
        return [Ask(action, _bus(called, bus)) for bus in sorted(buses)] or [unknown(action)]
    if called.operation in {"CreateEventBus", "DeleteEventBus", "DescribeEventBus"}:
        return [Ask(action, _bus(called, called.text("Name") or "default"))]
    if called.operation in {"ListRules", "ListRuleNamesByTarget"}:
        return [Ask(action, called.arn("events", "rule/*"))]
    rule = called.text("Rule", "Name")
    if not rule:
        return [unknown(action)]
    bus = called.text("EventBusName").rpartition("/")[2]
    path = f"{bus}/{rule}" if bus and bus != "default" else rule
    asked = Ask(action, called.arn("events", f"rule/{path}"))
    targets = called.input.get("Targets")
    listed = targets if isinstance(targets, list) else []
    roles = [each.get("RoleArn") for each in listed if isinstance(each, dict)]
    roles.append(called.input.get("RoleArn"))
    return [asked, *(ask for role in roles for ask in passed(called, role, "events"))]


def _bus(called: Called, name: str) -> str:
    return named(called, "events", "event-bus/", name)


def asks_of_secrets(called: Called) -> Asks:
    """The asks of one call of Secrets Manager.

    A secret's ARN ends in six random characters; by its name it is judged with ``-??????`` in
    their place.
    """
    action = f"secretsmanager:{called.operation}"
    if called.operation in _SECRETS_LISTS:
        return [everything(action)]
    if called.operation == "BatchGetSecretValue":  # which ones a filter means is not known here
        read = "secretsmanager:GetSecretValue"
        each = [_secret(called, read, name) for name in called.texts("SecretIdList")]
        return [everything(action), *(each or [unknown(read)])]
    secret = called.text("SecretId", "Name")
    return [_secret(called, action, secret)] if secret else [unknown(action)]


def _secret(called: Called, action: str, secret: str) -> Ask:
    found = called.look_up("secretsmanager", "DescribeSecret", {"SecretId": secret})
    arn = found.get("ARN") or named(called, "secretsmanager", "secret:", f"{secret}-??????")
    return Ask(action, str(arn))


def asks_of_kms(called: Called) -> Asks:
    """The asks of one call of KMS; an alias is judged as its key."""
    action = f"kms:{called.operation}"
    if called.request.via:
        where = f"{called.request.via}.{called.request.caller.region}.amazonaws.com"
        called.keys["kms:viaservice"] = (where,)
    if called.operation in _KMS_LISTS:
        return [everything(action)]
    key = called.text("KeyId", "TargetKeyId")
    if not key:
        return [unknown(action)]  # Decrypt without a key: the ciphertext says which
    found = called.look_up("TrentService", "DescribeKey", {"KeyId": key})
    arn = found.get("KeyMetadata", {}).get("Arn") or named(called, "kms", "key/", key)
    return [Ask(action, str(arn))]

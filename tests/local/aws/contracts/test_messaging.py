"""SQS, SNS and EventBridge: what reaches a queue, and what does not."""

import json

import pytest

contract = pytest.mark.contract


@pytest.fixture(scope="module")
def sqs(client):
    return client("sqs")


@pytest.fixture(scope="module")
def sns(client):
    return client("sns")


@pytest.fixture(scope="module")
def events(client):
    return client("events")


@pytest.fixture
def queue(sqs, request):
    name = f"q-{abs(hash(request.node.name))}"
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    yield url
    sqs.delete_queue(QueueUrl=url)


def arn_of(sqs, url):
    answer = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    return answer["Attributes"]["QueueArn"]


def bodies(sqs, url, **how):
    answer = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, **how)
    return [each["Body"] for each in answer.get("Messages", [])]


@contract("sqs:CreateQueue", "sqs:GetQueueUrl", "sqs:ListQueues", "sqs:DeleteQueue",
          "sqs:SetQueueAttributes", "sqs:GetQueueAttributes", "sqs:TagQueue",
          "sqs:ListQueueTags", "sqs:UntagQueue")  # fmt: skip
def test_a_queue_has_a_url_attributes_and_tags_until_it_is_deleted(sqs, refusal):
    url = sqs.create_queue(QueueName="short", Attributes={"VisibilityTimeout": "5"})["QueueUrl"]
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"DelaySeconds": "1"})
    sqs.tag_queue(QueueUrl=url, Tags={"a": "1", "b": "2"})
    sqs.untag_queue(QueueUrl=url, TagKeys=["b"])

    asked = {"QueueUrl": url, "AttributeNames": ["VisibilityTimeout", "DelaySeconds"]}
    read = sqs.get_queue_attributes(**asked)["Attributes"]

    assert read == {"VisibilityTimeout": "5", "DelaySeconds": "1"}
    assert sqs.list_queue_tags(QueueUrl=url)["Tags"] == {"a": "1"}
    assert sqs.get_queue_url(QueueName="short")["QueueUrl"] == url
    assert url in sqs.list_queues(QueueNamePrefix="sh")["QueueUrls"]
    sqs.delete_queue(QueueUrl=url)
    code = refusal(sqs.get_queue_url, QueueName="short")
    assert code == "AWS.SimpleQueueService.NonExistentQueue"


@contract("sqs:SendMessage", "sqs:ReceiveMessage", "sqs:DeleteMessage",
          "sqs:ChangeMessageVisibility")  # fmt: skip
def test_a_message_hides_while_it_is_worked_on_and_goes_when_deleted(sqs, queue):
    kind = {"kind": {"DataType": "String", "StringValue": "load"}}
    sqs.send_message(QueueUrl=queue, MessageBody="work", MessageAttributes=kind)

    taken = sqs.receive_message(QueueUrl=queue, MessageAttributeNames=["All"])["Messages"][0]
    assert (taken["Body"], taken["MessageAttributes"]) == ("work", kind)
    assert bodies(sqs, queue) == []
    handle = {"QueueUrl": queue, "ReceiptHandle": taken["ReceiptHandle"]}
    sqs.change_message_visibility(**handle, VisibilityTimeout=0)
    again = sqs.receive_message(QueueUrl=queue)["Messages"][0]
    sqs.delete_message(QueueUrl=queue, ReceiptHandle=again["ReceiptHandle"])

    assert bodies(sqs, queue) == []


@contract("sqs:SendMessageBatch", "sqs:ReceiveMessage", "sqs:ChangeMessageVisibilityBatch",
          "sqs:DeleteMessageBatch", "sqs:PurgeQueue")  # fmt: skip
def test_a_batch_is_sent_hidden_and_deleted_together(sqs, queue):
    entries = [{"Id": str(n), "MessageBody": f"m{n}"} for n in range(3)]
    assert len(sqs.send_message_batch(QueueUrl=queue, Entries=entries)["Successful"]) == 3
    taken = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)["Messages"]
    handles = [
        {"Id": str(n), "ReceiptHandle": each["ReceiptHandle"]} for n, each in enumerate(taken)
    ]

    shown = [{**each, "VisibilityTimeout": 0} for each in handles]
    changed = sqs.change_message_visibility_batch(QueueUrl=queue, Entries=shown)
    again = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)["Messages"]
    handles = [
        {"Id": str(n), "ReceiptHandle": each["ReceiptHandle"]} for n, each in enumerate(again)
    ]
    gone = sqs.delete_message_batch(QueueUrl=queue, Entries=handles[:2])

    assert (len(changed["Successful"]), len(gone["Successful"])) == (3, 2)
    sqs.purge_queue(QueueUrl=queue)
    count = "ApproximateNumberOfMessages"
    read = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=[count])
    assert read["Attributes"][count] == "0"


@contract("sqs:ListDeadLetterSourceQueues", "sqs:ReceiveMessage")
def test_a_message_that_nobody_finishes_ends_in_the_dead_letter_queue(sqs, queue):
    policy = {"deadLetterTargetArn": arn_of(sqs, queue), "maxReceiveCount": 1}
    attributes = {"RedrivePolicy": json.dumps(policy), "VisibilityTimeout": "0"}
    source = sqs.create_queue(QueueName="source", Attributes=attributes)["QueueUrl"]
    sqs.send_message(QueueUrl=source, MessageBody="poison")

    assert bodies(sqs, source) == ["poison"]
    assert bodies(sqs, source) == []

    assert bodies(sqs, queue) == ["poison"]
    assert sqs.list_dead_letter_source_queues(QueueUrl=queue)["queueUrls"] == [source]
    sqs.delete_queue(QueueUrl=source)


@contract("sqs:SendMessage")
def test_a_fifo_queue_keeps_order_and_drops_repetitions(sqs, refusal):
    attributes = {"FifoQueue": "true", "ContentBasedDeduplication": "true"}
    url = sqs.create_queue(QueueName="line.fifo", Attributes=attributes)["QueueUrl"]
    for body in ("one", "two", "one"):
        sqs.send_message(QueueUrl=url, MessageBody=body, MessageGroupId="g")

    assert bodies(sqs, url) == ["one", "two"]
    said = "MessageGroupId"
    assert refusal(sqs.send_message, said=said, QueueUrl=url, MessageBody="x")
    sqs.delete_queue(QueueUrl=url)


@contract("sns:CreateTopic", "sns:Subscribe", "sns:SetSubscriptionAttributes", "sns:Publish",
          "sns:PublishBatch", "sns:GetSubscriptionAttributes", "sns:Unsubscribe")  # fmt: skip
def test_a_topic_delivers_what_passes_the_filter(sns, sqs, queue):
    topic = sns.create_topic(Name="alarms")["TopicArn"]
    subscription = sns.subscribe(
        TopicArn=topic, Protocol="sqs", Endpoint=arn_of(sqs, queue),
        Attributes={"RawMessageDelivery": "true"},
    )["SubscriptionArn"]  # fmt: skip
    sns.set_subscription_attributes(
        SubscriptionArn=subscription, AttributeName="FilterPolicy",
        AttributeValue=json.dumps({"level": ["high"]}),
    )  # fmt: skip

    def level(value):
        return {"level": {"DataType": "String", "StringValue": value}}

    sns.publish(TopicArn=topic, Message="heard", MessageAttributes=level("high"))
    sns.publish(TopicArn=topic, Message="unheard", MessageAttributes=level("low"))
    entry = {"Id": "1", "Message": "heard too", "MessageAttributes": level("high")}
    assert sns.publish_batch(TopicArn=topic, PublishBatchRequestEntries=[entry])["Successful"]

    assert sorted(bodies(sqs, queue)) == ["heard", "heard too"]
    read = sns.get_subscription_attributes(SubscriptionArn=subscription)["Attributes"]
    assert read["RawMessageDelivery"] == "true"
    sns.unsubscribe(SubscriptionArn=subscription)
    sns.publish(TopicArn=topic, Message="late", MessageAttributes=level("high"))
    assert bodies(sqs, queue) == []


@contract("sns:ListTopics", "sns:GetTopicAttributes", "sns:SetTopicAttributes",
          "sns:ListSubscriptions", "sns:ListSubscriptionsByTopic", "sns:TagResource",
          "sns:ListTagsForResource", "sns:UntagResource", "sns:DeleteTopic")  # fmt: skip
def test_a_topic_has_attributes_tags_and_subscriptions_until_it_is_deleted(sns, refusal):
    topic = sns.create_topic(Name="short")["TopicArn"]
    sns.set_topic_attributes(TopicArn=topic, AttributeName="DisplayName", AttributeValue="Short")
    queue = "arn:aws:sqs:eu-west-1:123456789012:short"
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue)
    sns.tag_resource(ResourceArn=topic, Tags=[{"Key": "a", "Value": "1"}])

    assert topic in [each["TopicArn"] for each in sns.list_topics()["Topics"]]
    assert sns.get_topic_attributes(TopicArn=topic)["Attributes"]["DisplayName"] == "Short"
    listed = sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    assert [each["Endpoint"] for each in listed] == [queue]
    assert queue in [each["Endpoint"] for each in sns.list_subscriptions()["Subscriptions"]]
    assert sns.list_tags_for_resource(ResourceArn=topic)["Tags"] == [{"Key": "a", "Value": "1"}]
    sns.untag_resource(ResourceArn=topic, TagKeys=["a"])
    sns.delete_topic(TopicArn=topic)
    assert refusal(sns.get_topic_attributes, TopicArn=topic) == "NotFound"


@contract("events:PutRule", "events:PutTargets", "events:PutEvents", "events:DisableRule",
          "events:EnableRule", "events:RemoveTargets", "events:DeleteRule",
          "events:ListTargetsByRule", "events:ListRuleNamesByTarget",
          "events:DescribeRule", "events:ListRules")  # fmt: skip
def test_a_rule_delivers_the_events_that_its_pattern_matches_while_it_is_enabled(
    events, sqs, queue
):
    pattern = {"source": ["lake"], "detail": {"state": ["FAILED"]}}
    events.put_rule(Name="failures", EventPattern=json.dumps(pattern))
    target = {"Id": "1", "Arn": arn_of(sqs, queue)}
    events.put_targets(Rule="failures", Targets=[target])

    def put(state):
        entry = {"Source": "lake", "DetailType": "run", "Detail": json.dumps({"state": state})}
        assert events.put_events(Entries=[entry])["FailedEntryCount"] == 0
        return [json.loads(body)["detail"]["state"] for body in bodies(sqs, queue)]

    assert (put("FAILED"), put("SUCCEEDED")) == (["FAILED"], [])
    events.disable_rule(Name="failures")
    assert put("FAILED") == []
    events.enable_rule(Name="failures")
    assert events.describe_rule(Name="failures")["State"] == "ENABLED"
    assert [each["Name"] for each in events.list_rules(NamePrefix="fail")["Rules"]] == ["failures"]
    assert events.list_targets_by_rule(Rule="failures")["Targets"] == [target]
    assert events.list_rule_names_by_target(TargetArn=target["Arn"])["RuleNames"] == ["failures"]
    events.remove_targets(Rule="failures", Ids=["1"])
    events.delete_rule(Name="failures")


@contract("events:CreateEventBus", "events:DescribeEventBus", "events:ListEventBuses",
          "events:DeleteEventBus", "events:TagResource", "events:ListTagsForResource",
          "events:UntagResource")  # fmt: skip
def test_a_bus_is_listed_and_tagged_until_it_is_deleted(events, refusal):
    arn = events.create_event_bus(Name="lake")["EventBusArn"]
    events.put_rule(Name="tagged", EventPattern='{"source": ["x"]}')
    rule = events.describe_rule(Name="tagged")["Arn"]
    events.tag_resource(ResourceARN=rule, Tags=[{"Key": "a", "Value": "1"}])

    assert events.describe_event_bus(Name="lake")["Arn"] == arn
    names = {each["Name"] for each in events.list_event_buses()["EventBuses"]}
    assert names == {"default", "lake"}
    kept = events.list_tags_for_resource(ResourceARN=rule)["Tags"]
    events.untag_resource(ResourceARN=rule, TagKeys=["a"])
    assert (kept, events.list_tags_for_resource(ResourceARN=rule)["Tags"]) == (
        [{"Key": "a", "Value": "1"}], [],
    )  # fmt: skip
    events.delete_event_bus(Name="lake")
    events.delete_rule(Name="tagged")
    assert refusal(events.describe_event_bus, Name="lake") == "ResourceNotFoundException"

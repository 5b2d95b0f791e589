import pytest

from action_groups.cloudwatch.handler import handler
from action_groups.cloudwatch.models import Alarms, LogGroups, QueriedLogs, SearchedLogs
from datalfred.lake import moments
from datalfred.lake.logs import insights
from tests.bedrock_events import call


@pytest.fixture(scope="module")
def lines(stack):
    logs = stack.client("logs")
    for group in ("/ecs/orders", "/ecs/customers"):
        logs.create_log_group(logGroupName=group)
        logs.create_log_stream(logGroupName=group, logStreamName="one")
    now = moments.milliseconds(moments.now())
    events = [
        {"timestamp": now - 1000 * (60 - number), "message": f"ERROR {number} ana@example.org"}
        for number in range(60)
    ]
    logs.put_log_events(logGroupName="/ecs/orders", logStreamName="one", logEvents=events)
    return stack


def alarm(stack, name, state="ALARM", reason="because"):
    cloudwatch = stack.client("cloudwatch")
    cloudwatch.put_metric_alarm(
        AlarmName=name,
        Namespace="AWS/States",
        MetricName="ExecutionsFailed",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanOrEqualToThreshold",
        Statistic="Sum",
        TreatMissingData="ignore",
    )
    cloudwatch.set_alarm_state(AlarmName=name, StateValue=state, StateReason=reason)


def test_log_groups_are_listed(lines):
    _, said = call(handler, "list_log_groups", name="orders")

    found = LogGroups.model_validate(said)
    assert [each.name for each in found.log_groups] == ["/ecs/orders"]
    assert found.evidence == "CloudWatch Logs has 1 log group like 'orders'."


def test_lines_are_searched_and_redacted(lines):
    status, said = call(handler, "search_logs", log_group="orders", pattern="ERROR", limit=2)

    found = SearchedLogs.model_validate(said).search
    assert status == 200
    assert [event.message for event in found.events] == ["ERROR 59 {EMAIL}", "ERROR 58 {EMAIL}"]
    assert (found.count, found.complete) == (60, True)
    assert said["evidence"].startswith("CloudWatch found 60 lines matching ERROR in /ecs/orders")


def test_several_groups_are_searched(lines):
    _, said = call(handler, "search_logs", log_group="orders, customers")

    assert said["search"]["log_groups"] == ["/ecs/orders", "/ecs/customers"]


def test_as_many_lines_as_may_be_asked_for_fit(lines):
    _, said = call(handler, "search_logs", log_group="/ecs/orders", limit=50)

    assert len(said["search"]["events"]) == 50


def test_insights_is_asked(lines):
    status, said = call(
        handler, "query_logs", log_groups="orders", query="fields @message | limit 3", hours=2
    )

    found = QueriedLogs.model_validate(said).query
    assert status == 200
    assert len(found.rows) == 3
    assert "Logs Insights read" in said["evidence"]
    assert "3 rows, $0.000000" in said["evidence"]


def test_a_query_of_unknown_price_names_none(lines, monkeypatch):
    real = insights.query

    def without_price(*asked, **options):
        return real(*asked, **options).model_copy(update={"cost_usd": None})

    monkeypatch.setattr(insights, "query", without_price)

    _, said = call(handler, "query_logs", log_groups="orders", query="fields @message")

    assert "$" not in said["evidence"]


def test_alarms_are_listed_with_their_count(lines):
    for number in range(60):
        alarm(lines, f"{'orders' if number else 'stock'}-{number}", reason="r" * 900)
    alarm(lines, "quiet", state="OK")

    _, said = call(handler, "list_alarms")

    found = Alarms.model_validate(said)
    assert (found.total, found.in_alarm) == (61, 60)
    assert 20 <= len(found.alarms) <= 40
    assert found.evidence == "CloudWatch has 61 such alarms, 60 in ALARM."


def test_an_alarm_is_found_by_a_fragment(lines):
    _, said = call(handler, "list_alarms", name="stock", state="alarm")

    assert [each["name"] for each in said["alarms"]] == ["stock-0"]


@pytest.mark.parametrize(
    ("operation", "values", "status"),
    [
        ("search_logs", {"log_group": "ecs"}, 404),
        ("search_logs", {}, 400),
        ("search_logs", {"log_group": "orders", "limit": "51"}, 400),
        ("search_logs", {"log_group": "orders", "hours": "721"}, 400),
        ("query_logs", {"log_groups": "a,b,c,d,e,f", "query": "fields @message"}, 400),
        ("list_alarms", {"state": "loud"}, 400),
    ],
)
def test_a_wrong_call_is_told_the_way_out(lines, operation, values, status):
    answered, said = call(handler, operation, **values)

    assert answered == status
    assert said["error"]["message"]
    assert said["error"]["hint"]

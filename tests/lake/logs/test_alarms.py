import pytest

from datalfred.errors import InvalidInputError
from datalfred.lake.logs import alarms


@pytest.fixture(scope="module")
def ringing(stack):
    cloudwatch = stack.client("cloudwatch")
    for name, state in (("orders-late", "OK"), ("orders-failed", "ALARM"), ("disk", "ALARM")):
        cloudwatch.put_metric_alarm(
            AlarmName=name,
            AlarmDescription="Call ana@example.org",
            Namespace="AWS/States",
            MetricName="ExecutionsFailed",
            Dimensions=[{"Name": "StateMachine", "Value": "orders"}],
            Period=60,
            EvaluationPeriods=1,
            Threshold=1,
            ComparisonOperator="GreaterThanOrEqualToThreshold",
            Statistic="Sum",
            TreatMissingData="ignore",
        )
        cloudwatch.set_alarm_state(AlarmName=name, StateValue=state, StateReason="because")
    return stack


def names(found):
    return [alarm.name for alarm in found]


def test_ringing_alarms_come_first_the_newest_change_before_the_older(ringing):
    found = alarms.list_alarms()

    assert names(found)[2] == "orders-late"
    assert set(names(found)[:2]) == {"disk", "orders-failed"}


def test_an_alarm_says_its_metric_and_reason(ringing):
    (found,) = alarms.list_alarms("alarm", "ORDERS FAILED")

    assert found.metric == "AWS/States ExecutionsFailed (StateMachine=orders)"
    assert found.reason == "because"
    assert found.updated_at
    assert found.description == "Call {EMAIL}"


def test_alarms_are_listed_by_state(ringing):
    assert names(alarms.list_alarms("ok")) == ["orders-late"]
    assert alarms.list_alarms("insufficient data") == ()


def test_every_page_of_alarms_is_read(ringing, monkeypatch):
    cloudwatch = ringing.client("cloudwatch")
    real = cloudwatch.describe_alarms
    pages = [{"MetricAlarms": [], "NextToken": "more"}]

    def paged(**request):
        return pages.pop() if pages else real(AlarmTypes=request["AlarmTypes"])

    monkeypatch.setattr(cloudwatch, "describe_alarms", paged)

    assert len(alarms.list_alarms()) == 3


def test_an_unknown_state_is_refused(ringing):
    with pytest.raises(InvalidInputError, match="'loud' is no state"):
        alarms.list_alarms("loud")

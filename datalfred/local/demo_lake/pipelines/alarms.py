"""The alarms of the data team: two of them in alarm because of last night."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from datalfred.local.aws.message import ACCOUNT
from datalfred.local.aws.meter import BYTES, PERCENT, UNITLESS, Measurement
from datalfred.local.demo_lake.pipelines.host import Host
from datalfred.settings import DEFAULT_REGION

_TOPIC = f"arn:aws:sns:{DEFAULT_REGION}:{ACCOUNT}:data-platform-alarms"


@dataclass(frozen=True)
class Alarm:
    """One alarm.

    Attributes:
        name: of the alarm.
        description: what it means.
        metric: namespace and name.
        dimension: name and value.
        threshold: above it the alarm rings.
        value: what was measured last.
        at: when, after the night's midnight UTC.
        unit: of what was measured; empty where its service measured it in earnest.
    """

    name: str
    description: str
    metric: tuple[str, str]
    dimension: tuple[str, str]
    threshold: float
    value: float
    at: timedelta
    unit: str = ""

    @property
    def state(self) -> str:
        """``ALARM`` or ``OK``."""
        return "ALARM" if self.value > self.threshold else "OK"

    def measured(self, night: date) -> datetime:
        """When its metric was measured last."""
        return datetime.combine(night, time(0), UTC) + self.at

    def reason(self, night: date) -> str:
        """CloudWatch's words for the state."""
        measured = self.measured(night)
        relation = "was" if self.state == "ALARM" else "was not"
        return (
            f"Threshold Crossed: 1 datapoint [{self.value} ({measured:%d/%m/%y %H:%M:%S})] "
            f"{relation} greater than the threshold ({self.threshold})."
        )


def _machine(pipeline: str) -> tuple[str, str]:
    arn = f"arn:aws:states:{DEFAULT_REGION}:{ACCOUNT}:stateMachine:{pipeline}"
    return "StateMachineArn", arn


ALARMS = (
    Alarm(
        "orders-ingest-memory",
        "The container of orders-ingestion is about to run out of memory.",
        ("AWS/ECS", "MemoryUtilization"),
        ("TaskDefinitionFamily", "orders-loader"),
        90.0,
        99.6,
        timedelta(hours=2, minutes=9),
        PERCENT,
    ),
    Alarm(
        "customer-sync-failed",
        "customer-sync failed: customers of the lake are a day old.",
        ("AWS/States", "ExecutionsFailed"),
        _machine("customer-sync"),
        0.0,
        1.0,
        timedelta(hours=2, minutes=22),
    ),
    Alarm(
        "product-catalog-refresh-failed",
        "product-catalog-refresh failed: products of the lake are a day old.",
        ("AWS/States", "ExecutionsFailed"),
        _machine("product-catalog-refresh"),
        0.0,
        0.0,
        timedelta(hours=1, minutes=2),
    ),
    Alarm(
        "athena-bytes-scanned",
        "Queries of the workgroup primary read more than 50 GB within an hour.",
        ("AWS/Athena", "ProcessedBytes"),
        ("WorkGroup", "primary"),
        50e9,
        2.1e9,
        timedelta(hours=4),
        BYTES,
    ),
    Alarm(
        "analytics-cluster-idle",
        "The EMR cluster analytics has been idle for six hours.",
        ("AWS/ElasticMapReduce", "IsIdle"),
        ("JobFlowName", "analytics"),
        0.5,
        0.0,
        timedelta(hours=4, minutes=30),
        UNITLESS,
    ),
)


def create_alarms(aws: Host, night: date) -> None:
    """Creates the alarms and puts each into the state that ``night`` left it in.

    They keep it until their metrics say otherwise. What no service here measures of itself is
    given to CloudWatch as it was measured that night.
    """
    cloudwatch: Any = aws.client("cloudwatch")
    for alarm in ALARMS:
        (namespace, metric), (dimension, value) = alarm.metric, alarm.dimension
        if alarm.unit:
            at, values = alarm.measured(night).timestamp(), ((metric, alarm.value, alarm.unit),)
            aws.meter.record(Measurement(DEFAULT_REGION, namespace, alarm.dimension, at, values))
        cloudwatch.put_metric_alarm(
            AlarmName=alarm.name,
            AlarmDescription=alarm.description,
            Namespace=namespace,
            MetricName=metric,
            Dimensions=[{"Name": dimension, "Value": value}],
            Statistic="Maximum",
            Period=300,
            EvaluationPeriods=1,
            Threshold=alarm.threshold,
            ComparisonOperator="GreaterThanThreshold",
            TreatMissingData="ignore",
            ActionsEnabled=False,
            AlarmActions=[_TOPIC],
        )
        cloudwatch.set_alarm_state(
            AlarmName=alarm.name, StateValue=alarm.state, StateReason=alarm.reason(night)
        )

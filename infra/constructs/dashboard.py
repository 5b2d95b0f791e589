"""One page that shows how a stage does."""

from collections.abc import Sequence

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra.constructs.alarms import FIVE_MINUTES, processed_bytes
from infra.stage import Stage

HALF = 12
"""Columns of the page's 24."""


class Dashboard(cloudwatch.Dashboard):
    """Calls, failures and durations of the functions; what queries read."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        stage: Stage,
        functions: Sequence[lambda_.IFunction],
    ) -> None:
        """Makes the dashboard of the stage's functions."""
        super().__init__(
            scope,
            construct_id,
            dashboard_name=stage.name("overview"),
            widgets=[
                [
                    _graph("Calls", [_sum(each, "Invocations") for each in functions], HALF),
                    _graph(
                        "Crashes, timeouts and throttles",
                        [
                            _sum(each, name)
                            for name in ("Errors", "Throttles")
                            for each in functions
                        ],
                        HALF,
                    ),
                ],
                [
                    _graph("Duration, p95", [_p95(each) for each in functions], HALF),
                    _graph("Bytes that queries read in a day", [processed_bytes(stage)], HALF),
                ],
            ],
        )


def _graph(title: str, metrics: Sequence[cloudwatch.IMetric], width: int) -> cloudwatch.GraphWidget:
    return cloudwatch.GraphWidget(title=title, left=list(metrics), width=width)


def _sum(function: lambda_.IFunction, name: str) -> cloudwatch.Metric:
    return function.metric(name, period=FIVE_MINUTES, statistic="Sum")


def _p95(function: lambda_.IFunction) -> cloudwatch.Metric:
    return function.metric_duration(period=FIVE_MINUTES, statistic="p95")
